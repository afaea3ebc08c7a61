//! From the selections and conditions of a document to one tree.
//!
//! Several conditions are alternatives. `them` leaves out selections whose name starts with `_`. A
//! pattern that names no selection is refused: it would be always true or never, by accident.

use super::Lists;
use super::item::{item, words};
use super::refusal::Refusal;
use super::tree::Node;
use rsigma_parser::{ConditionExpr, Detection, Detections, Quantifier, SelectorPattern};
use std::collections::BTreeMap;

/// The tree of a document's detection section.
pub(crate) fn tree(detections: &Detections, lists: &Lists) -> Result<Node<String>, Refusal> {
    let selections = detections
        .named
        .iter()
        .map(|(name, detection)| Ok((name.as_str(), selection(detection, lists)?)))
        .collect::<Result<BTreeMap<_, _>, Refusal>>()?;
    let mut conditions =
        detections.conditions.iter().map(|condition| expression(condition, &selections)).collect::<Result<Vec<_>, _>>()?;
    match conditions.len() {
        0 => Err(Refusal::EmptySelection),
        1 => conditions.pop().ok_or(Refusal::EmptySelection),
        _ => Ok(Node::Any(conditions)),
    }
}

fn selection(detection: &Detection, lists: &Lists) -> Result<Node<String>, Refusal> {
    match detection {
        Detection::AllOf(items) => {
            all(items.iter().map(|written| item(written, lists).map(Node::Item)).collect::<Result<_, _>>()?)
        }
        Detection::AnyOf(parts) => any(parts.iter().map(|part| selection(part, lists)).collect::<Result<_, _>>()?),
        Detection::And(parts) => all(parts.iter().map(|part| selection(part, lists)).collect::<Result<_, _>>()?),
        Detection::Keywords(values) => words(values, lists).map(Node::Item),
        Detection::ArrayMatch { field, quantifier, .. } => Err(Refusal::Beyond { what: format!("{field}[{quantifier}]") }),
        Detection::Conditional { .. } => Err(Refusal::Beyond { what: "condition within an array".to_owned() }),
    }
}

fn expression(condition: &ConditionExpr, selections: &BTreeMap<&str, Node<String>>) -> Result<Node<String>, Refusal> {
    let parts = |parts: &[ConditionExpr]| parts.iter().map(|part| expression(part, selections)).collect::<Result<Vec<_>, _>>();
    match condition {
        ConditionExpr::And(conditions) => all(parts(conditions)?),
        ConditionExpr::Or(conditions) => any(parts(conditions)?),
        ConditionExpr::Not(condition) => Ok(Node::Not(Box::new(expression(condition, selections)?))),
        ConditionExpr::Identifier(name) => {
            selections.get(name.as_str()).cloned().ok_or_else(|| Refusal::NoSelection { name: name.clone() })
        }
        ConditionExpr::Selector { quantifier, pattern } => {
            let named = selections.iter().filter(|(name, _)| matches(pattern, name));
            let named: Vec<_> = named.map(|(_, node)| node.clone()).collect();
            if named.is_empty() {
                return Err(Refusal::NoSelection { name: pattern.to_string() });
            }
            match quantifier {
                Quantifier::Any => any(named),
                Quantifier::All => all(named),
                Quantifier::Count(count) => Ok(Node::AtLeast(usize::try_from(*count).unwrap_or(usize::MAX), named)),
            }
        }
    }
}

/// `*` stands for any number of characters, at any place and as often as it is written.
fn matches(pattern: &SelectorPattern, name: &str) -> bool {
    match pattern {
        SelectorPattern::Them => !name.starts_with('_'),
        SelectorPattern::Pattern(pattern) => {
            let mut pieces = pattern.split('*');
            let Some(mut rest) = pieces.next().and_then(|start| name.strip_prefix(start)) else { return false };
            let Some(end) = pieces.next_back() else { return rest.is_empty() };
            for piece in pieces {
                let Some((_, behind)) = rest.split_once(piece) else { return false };
                rest = behind;
            }
            rest.ends_with(end)
        }
    }
}

fn all(parts: Vec<Node<String>>) -> Result<Node<String>, Refusal> {
    one_or(parts, Node::All)
}

fn any(parts: Vec<Node<String>>) -> Result<Node<String>, Refusal> {
    one_or(parts, Node::Any)
}

fn one_or(mut parts: Vec<Node<String>>, many: fn(Vec<Node<String>>) -> Node<String>) -> Result<Node<String>, Refusal> {
    match parts.len() {
        1 => parts.pop().ok_or(Refusal::EmptySelection),
        0 => Err(Refusal::EmptySelection),
        _ => Ok(many(parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_by_pattern() {
        let named = |pattern: &str, name: &str| matches(&SelectorPattern::Pattern(pattern.to_owned()), name);
        assert!(named("selection_*", "selection_main") && !named("selection_*", "filter_main"));
        assert!(named("*_main", "selection_main") && named("sel*_*n", "selection_main") && named("*", "x"));
        assert!(named("selection", "selection") && !named("selection", "selection1"));
        assert!(!named("ab*ba", "aba") && named("ab*ba", "abba"));
        assert!(!matches(&SelectorPattern::Them, "_helper") && matches(&SelectorPattern::Them, "helper"));
    }

    fn refused(detection: &str) -> Refusal {
        let yaml = format!("title: t\nlogsource: {{product: linux}}\ndetection:\n{detection}");
        let parsed = rsigma_parser::parse_sigma_yaml(&yaml).unwrap();
        tree(&parsed.rules[0].detection, &Lists::default()).unwrap_err()
    }

    #[test]
    fn what_cannot_work_is_refused() {
        assert_eq!(refused("  a:\n    f: x\n  condition: b\n"), Refusal::NoSelection { name: "b".into() });
        assert_eq!(
            refused("  a:\n    f: x\n  condition: a and not 1 of filter*\n"),
            Refusal::NoSelection { name: "filter*".into() }
        );
        assert_eq!(refused("  a: {}\n  condition: a\n"), Refusal::EmptySelection);
        assert_eq!(refused("  a: []\n  condition: a\n"), Refusal::EmptySelection);
    }
}

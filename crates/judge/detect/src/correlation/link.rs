//! Which rules a correlation looks at: names become numbers, circles are refused.

use super::CHAIN_MAX;
use super::definition::Definition;
use crate::rule::{Refusal, Refused, Rule, RuleInfo};
use std::collections::{HashMap, HashSet};

/// Correlations with the rules they look at.
#[derive(Debug, Default)]
pub(crate) struct Linked {
    pub(crate) definitions: Vec<Definition>,
    /// For each correlation, what each of its names means.
    pub(crate) rules: Vec<Vec<RuleRef>>,
}

/// What a correlation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RuleRef {
    /// The number of a rule.
    Rule(usize),
    /// The number of a correlation.
    Correlation(usize),
}

/// Links correlations to rules and to each other, and marks the rules that are only parts. What
/// cannot be linked is refused, and with it what looks at it.
pub(crate) fn link(rules: &mut [Rule], mut definitions: Vec<Definition>, refused: &mut Vec<Refused>) -> Linked {
    loop {
        let names = names(rules, &definitions);
        let resolved: Vec<_> = definitions.iter().map(|definition| resolve(definition, &names)).collect();
        let links: Vec<Vec<RuleRef>> = resolved.iter().map(|rules| rules.as_ref().cloned().unwrap_or_default()).collect();
        let mut faults: HashMap<usize, Refusal> = HashMap::new();
        for (number, rules) in resolved.iter().enumerate() {
            if let Err(name) = rules {
                faults.insert(number, Refusal::NoRule { name: name.clone() });
            } else if depth(number, &links, 0).is_none() {
                faults.insert(number, Refusal::Circle);
            }
        }
        if faults.is_empty() {
            mark_parts(rules, &mut definitions, &links);
            return Linked { definitions, rules: links };
        }
        let mut number = 0;
        definitions.retain(|definition| {
            let fault = faults.remove(&number);
            number += 1;
            let whole = fault.is_none();
            refused.extend(fault.map(|why| definition.info.refused(why)));
            whole
        });
    }
}

fn names(rules: &[Rule], definitions: &[Definition]) -> HashMap<String, RuleRef> {
    let rules = rules.iter().enumerate().map(|(number, rule)| (&rule.info, RuleRef::Rule(number)));
    let correlations = definitions.iter().enumerate();
    let correlations = correlations.map(|(number, definition)| (&definition.info, RuleRef::Correlation(number)));
    let named = |(info, number): (&RuleInfo, RuleRef)| info.names().map(|name| (name.to_owned(), number)).collect::<Vec<_>>();
    rules.chain(correlations).flat_map(named).collect()
}

fn resolve(definition: &Definition, names: &HashMap<String, RuleRef>) -> Result<Vec<RuleRef>, String> {
    definition.rules.iter().map(|name| names.get(name).copied().ok_or_else(|| name.clone())).collect()
}

/// How deep the chain below a correlation is; `None` when it does not end.
fn depth(number: usize, links: &[Vec<RuleRef>], above: usize) -> Option<usize> {
    if above >= CHAIN_MAX {
        return None;
    }
    let mut deepest = 0;
    // The same correlation named twice is one way down.
    let below: HashSet<_> = links.get(number)?.iter().collect();
    for rule in below {
        if let RuleRef::Correlation(below) = rule {
            deepest = deepest.max(depth(*below, links, above + 1)? + 1);
        }
    }
    Some(deepest)
}

/// Unless a correlation says `generate`, what it looks at does not report by itself.
fn mark_parts(rules: &mut [Rule], definitions: &mut [Definition], links: &[Vec<RuleRef>]) {
    let quiet = definitions.iter().map(|definition| !definition.generate).collect::<Vec<_>>();
    for (_, linked) in quiet.iter().zip(links).filter(|(quiet, _)| **quiet) {
        for rule in linked {
            let info = match rule {
                RuleRef::Rule(number) => rules.get_mut(*number).map(|rule| &mut rule.info),
                RuleRef::Correlation(number) => definitions.get_mut(*number).map(|definition| &mut definition.info),
            };
            if let Some(info) = info {
                info.part_only = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rule::{Refusal, RuleSet};

    fn refusals(correlations: &[(&str, &[&str])]) -> Vec<(String, Refusal)> {
        let base = "title: base\nname: base\nlogsource: {product: linux}\ndetection: {a: {f: x}, condition: a}\n";
        let mut set = RuleSet::default();
        set.add("test", base);
        for (name, rules) in correlations {
            let rules = rules.join(", ");
            set.add(
                "test",
                &format!(
                    "title: {name}\nname: {name}\ncorrelation:\n  type: event_count\n  rules: [{rules}]\n  \
                     group-by: [g]\n  timespan: 1m\n  condition: {{gte: 2}}\n"
                ),
            );
        }
        set.settle();
        let mut refused = set.take_refused();
        super::link(&mut set.rules, set.correlations, &mut refused);
        refused.into_iter().map(|refused| (refused.title, refused.why)).collect()
    }

    #[test]
    fn chains_end() {
        assert_eq!(refusals(&[("a", &["base"]), ("b", &["a", "base"])]), []);
        let circle = refusals(&[("a", &["b"]), ("b", &["a"]), ("c", &["c"])]);
        assert!(circle.len() == 3 && circle.iter().all(|(_, why)| *why == Refusal::Circle), "{circle:?}");
    }

    #[test]
    fn what_looks_at_a_missing_rule_goes_with_it() {
        let refused = refusals(&[("a", &["missing"]), ("b", &["a"]), ("c", &["base"])]);
        let missing = |name: &str| Refusal::NoRule { name: name.into() };
        assert_eq!(refused, [("a".to_owned(), missing("missing")), ("b".to_owned(), missing("a"))]);
    }

    #[test]
    fn names_are_given_once() {
        let refused = refusals(&[("a", &["base"]), ("a", &["base"])]);
        assert_eq!(refused, [("a".to_owned(), Refusal::SameName { name: "a".into() })]);
    }
}

//! What became of each rule: no rule is silent for ever without saying so.
//!
//! A rule that asks for a field its log sources never have cannot match through them; whether the
//! rest of its condition still can, [`super::outlook`] says.

use super::Engine;
use super::outlook::can_match;
use crate::correlation::{Condition, Linked, RuleRef};
use crate::rule::{Refusal, Refused, Rule, RuleInfo};
use std::collections::BTreeSet;
use vigie_model::lang::Text;
use vigie_model::text;

/// A rule and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleReport {
    /// What the rule says about itself; of a refused one, where it stands and its title.
    pub info: RuleInfo,
    /// What became of it.
    pub state: RuleState,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleState {
    /// It sees events. Fields it names and never gets are listed; the rest of it works.
    Live {
        /// What is missing.
        gaps: Vec<FieldGap>,
    },
    /// No log source shows it events.
    NoSource {
        /// The log source it asks for: `product: linux, service: auditd`.
        wanted: String,
    },
    /// It sees events and can match none, because of these fields.
    CannotMatch {
        /// What is missing.
        gaps: Vec<FieldGap>,
    },
    /// A correlation of rules that can never match.
    NeedsOthers {
        /// Those rules, by the correlation's names for them.
        rules: Vec<String>,
    },
    /// It could not be used.
    Refused(Refusal),
}

/// A field that a log source never has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldGap {
    /// The field, by the rule's name for it.
    pub field: String,
    /// The parser whose events lack it.
    pub format: String,
}

impl RuleState {
    /// What is wrong, in a sentence; nothing for a rule that is whole.
    #[must_use]
    pub fn said(&self) -> Option<Text> {
        match self {
            Self::Live { gaps } if gaps.is_empty() => None,
            Self::Live { gaps } => {
                let fields = listed(gaps);
                Some(text!(
                    en "Parts of it never match: there is no {fields}.",
                    fr "Certaines de ses parties ne correspondent jamais : il n'existe pas de {fields}.",
                    de "Teile davon treffen nie zu: Es gibt kein {fields}.",
                ))
            }
            Self::NoSource { wanted } => Some(text!(
                en "No log source is collected for {wanted}.",
                fr "Aucune source de journaux n'est collectée pour {wanted}.",
                de "Für {wanted} wird keine Protokollquelle gesammelt.",
            )),
            Self::CannotMatch { gaps } => {
                let fields = listed(gaps);
                Some(text!(
                    en "It can never match: there is no {fields}.",
                    fr "Elle ne peut jamais correspondre : il n'existe pas de {fields}.",
                    de "Sie kann nie zutreffen: Es gibt kein {fields}.",
                ))
            }
            Self::NeedsOthers { rules } => {
                let rules = rules.join(", ");
                Some(text!(
                    en "It can never match, because these rules cannot: {rules}.",
                    fr "Elle ne peut jamais correspondre, faute de ces règles : {rules}.",
                    de "Sie kann nie zutreffen, weil diese Regeln es nicht können: {rules}.",
                ))
            }
            Self::Refused(why) => Some(why.said()),
        }
    }

    /// Whether the rule can match.
    #[must_use]
    pub const fn lives(&self) -> bool {
        matches!(self, Self::Live { .. })
    }
}

fn listed(gaps: &[FieldGap]) -> String {
    let gaps = gaps.iter().map(|gap| format!("`{}` ({})", gap.field, gap.format));
    gaps.collect::<Vec<_>>().join(", ")
}

/// What became of every rule and correlation, refused ones last.
pub(crate) fn report_all(engine: &Engine, linked: &Linked, refused: &[Refused]) -> Vec<RuleReport> {
    let rules: Vec<_> = engine.rules().iter().enumerate().map(|(number, rule)| of_rule(engine, number, rule)).collect();
    let correlations = (0..linked.definitions.len()).filter_map(|number| of_correlation(engine, linked, &rules, number));
    let correlations: Vec<_> = correlations.collect();
    let refused = refused.iter().cloned().map(|refused| RuleReport {
        info: RuleInfo::unread(refused.origin, refused.title),
        state: RuleState::Refused(refused.why),
    });
    rules.into_iter().chain(correlations).chain(refused).collect()
}

/// What became of a correlation: it lives as long as enough of what it looks at does, and the
/// fields that make its groups are there.
fn of_correlation(engine: &Engine, linked: &Linked, rules: &[RuleReport], number: usize) -> Option<RuleReport> {
    let (definition, links) = (linked.definitions.get(number)?, linked.rules.get(number)?);
    let lives = |link: &RuleRef| match link {
        RuleRef::Rule(rule) => rules.get(*rule).is_some_and(|report| report.state.lives()),
        RuleRef::Correlation(below) => of_correlation(engine, linked, rules, *below).is_some_and(|report| report.state.lives()),
    };
    let dead = |(link, name): (&RuleRef, &String)| (!lives(link)).then(|| name.clone());
    let dead: Vec<String> = links.iter().zip(&definition.rules).filter_map(dead).collect();
    let all_needed = definition.condition == Condition::AllRules;
    let mut gaps = BTreeSet::new();
    let mut grouped = links.len() - dead.len();
    for link in links {
        let RuleRef::Rule(rule) = link else { continue };
        let sources = engine.partitions().iter().filter(|(_, partition)| partition.rules().any(|own| own == *rule));
        let Some(info) = engine.rules().get(*rule).map(|rule| &rule.info) else { continue };
        let names: Vec<&str> = info.names().collect();
        let fields: Vec<&str> = definition
            .group
            .iter()
            .map(|field| field.of_rule(&names))
            .chain(definition.fields.iter().map(String::as_str))
            .collect();
        let before = gaps.len();
        let mut whole = false;
        for (source, _) in sources {
            let missing: Vec<_> = fields.iter().filter(|field| !source.can_set(&source.places(field))).collect();
            whole |= missing.is_empty();
            let gap = |field: &&&str| FieldGap { field: (**field).to_owned(), format: source.name().to_owned() };
            gaps.extend(missing.iter().map(gap));
        }
        if !whole && gaps.len() > before {
            grouped = grouped.saturating_sub(1);
        }
    }
    let gaps: Vec<_> = gaps.into_iter().collect();
    let state = if dead.len() == links.len() || all_needed && !dead.is_empty() {
        RuleState::NeedsOthers { rules: dead }
    } else if grouped == 0 || all_needed && grouped < links.len() {
        RuleState::CannotMatch { gaps }
    } else {
        RuleState::Live { gaps }
    };
    Some(RuleReport { info: definition.info.clone(), state })
}

/// What became of a detection rule.
fn of_rule(engine: &Engine, number: usize, rule: &Rule) -> RuleReport {
    let sources = engine.partitions().iter().filter(|(_, partition)| partition.rules().any(|own| own == number));
    let (mut gaps, mut seen, mut can) = (BTreeSet::new(), false, false);
    for (source, _) in sources {
        seen = true;
        can |= can_match(&rule.tree, source, &mut gaps);
    }
    let gaps = gaps.into_iter().collect();
    let state = match (seen, can) {
        (false, _) => RuleState::NoSource { wanted: wanted(rule) },
        (true, true) => RuleState::Live { gaps },
        (true, false) => RuleState::CannotMatch { gaps },
    };
    RuleReport { info: rule.info.clone(), state }
}

fn wanted(rule: &Rule) -> String {
    let source = &rule.source;
    let parts = [("product", &source.product), ("category", &source.category), ("service", &source.service)];
    let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?)));
    parts.collect::<Vec<_>>().join(", ")
}

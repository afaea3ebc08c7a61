//! What became of each rule: no rule is silent for ever without saying so.
//!
//! A rule that asks for a field its log sources never have cannot match through them; whether the
//! rest of its condition still can, [`super::outlook`] says.

use super::Engine;
use super::outlook::can_match;
use crate::correlation::{Condition, Linked, RuleRef};
use crate::rule::{Refusal, Refused, Rule, RuleInfo};
use std::collections::{BTreeMap, BTreeSet};
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
    /// It sees events. Fields that it names and that none of its log sources has are listed; the rest
    /// of it works.
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

/// A field that log sources never have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldGap {
    /// The field, by the rule's name for it.
    pub field: String,
    /// The parsers whose events lack it.
    pub formats: Vec<String>,
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
    let gaps = gaps.iter().map(|gap| format!("`{}` ({})", gap.field, gap.formats.join(", ")));
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
    let (mut missing, mut grouped) = (Missing::default(), links.len() - dead.len());
    for link in links {
        let RuleRef::Rule(rule) = link else { continue };
        let Some(info) = engine.rules().get(*rule).map(|rule| &rule.info) else { continue };
        let names: Vec<&str> = info.names().collect();
        let own = definition.group.iter().map(|field| field.of_rule(&names));
        let fields: Vec<&str> = own.chain(definition.fields.iter().map(String::as_str)).collect();
        let whole =
            engine.partitions().iter().filter(|(_, partition)| partition.rules().any(|own| own == *rule)).any(|(source, _)| {
                let lacking = fields.iter().filter(|field| !source.can_set(&source.places(field)));
                missing.add(source.name(), lacking.map(|field| (*field).to_owned()).collect())
            });
        if !whole && lives(link) {
            grouped = grouped.saturating_sub(1);
        }
    }
    let state = if dead.len() == links.len() || all_needed && !dead.is_empty() {
        RuleState::NeedsOthers { rules: dead }
    } else if grouped == 0 || all_needed && grouped < links.len() {
        RuleState::CannotMatch { gaps: missing.somewhere() }
    } else {
        RuleState::Live { gaps: missing.everywhere() }
    };
    Some(RuleReport { info: definition.info.clone(), state })
}

/// What became of a detection rule.
fn of_rule(engine: &Engine, number: usize, rule: &Rule) -> RuleReport {
    let sources = engine.partitions().iter().filter(|(_, partition)| partition.rules().any(|own| own == number));
    let (mut missing, mut can) = (Missing::default(), false);
    for (source, _) in sources {
        let mut lacking = BTreeSet::new();
        can |= can_match(&rule.tree, source, &mut lacking);
        missing.add(source.name(), lacking);
    }
    let state = match (missing.sources, can) {
        (0, _) => RuleState::NoSource { wanted: wanted(rule) },
        (_, true) => RuleState::Live { gaps: missing.everywhere() },
        (_, false) => RuleState::CannotMatch { gaps: missing.somewhere() },
    };
    RuleReport { info: rule.info.clone(), state }
}

/// The fields that log sources lack.
#[derive(Default)]
struct Missing {
    sources: usize,
    fields: BTreeMap<String, (usize, BTreeSet<String>)>,
}

impl Missing {
    /// Adds a log source; says whether it lacks nothing.
    fn add(&mut self, source: &str, lacking: BTreeSet<String>) -> bool {
        let whole = lacking.is_empty();
        self.sources += 1;
        for field in lacking {
            let (sources, names) = self.fields.entry(field).or_default();
            *sources += 1;
            names.insert(source.to_owned());
        }
        whole
    }

    /// What at least one source lacks.
    fn somewhere(self) -> Vec<FieldGap> {
        let gap = |(field, (_, formats)): (String, (usize, BTreeSet<String>))| FieldGap {
            field,
            formats: formats.into_iter().collect(),
        };
        self.fields.into_iter().map(gap).collect()
    }

    /// What every source lacks.
    fn everywhere(mut self) -> Vec<FieldGap> {
        let all = self.sources;
        self.fields.retain(|_, (sources, _)| *sources == all);
        self.somewhere()
    }
}

fn wanted(rule: &Rule) -> String {
    let source = &rule.source;
    let parts = [("product", &source.product), ("category", &source.category), ("service", &source.service)];
    let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}: {}", value.as_ref()?)));
    parts.collect::<Vec<_>>().join(", ")
}

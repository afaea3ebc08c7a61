//! Rules as they are written: Sigma documents read, checked and told apart.
//!
//! `rsigma-parser` reads the YAML; everything after that is ours. A document that cannot be used is
//! refused with a reason and the rest of the folder goes on. Nothing here knows log sources or
//! events: fields are names until [`crate::engine`] binds them.
//!
//! Specification: <https://github.com/SigmaHQ/sigma-specification>, version 2.1.0. Where it leaves a
//! choice, this is ours:
//!
//! - A comparison needs a value: `neq`, `lt`, … on a field that an event lacks do not hold.
//! - Words without a field are looked for in the record and in each value taken out of it.
//! - A filter's condition is added with *and*, as pySigma does and as filters in the wild are
//!   written (`condition: not selection`).
//! - `null` within a list of values stands for the missing field.
//! - Array quantifiers (proposed for Sigma 3) are refused.

mod calendar;
mod condition;
mod encode;
mod info;
mod item;
mod modifiers;
pub(crate) mod pattern;
mod refusal;
pub(crate) mod tree;

pub use info::RuleInfo;
pub use refusal::{ModifierFault, Refusal};

use crate::correlation::Definition;
use rsigma_parser::{FilterRule, FilterRuleTarget, LogSource, SigmaCollection, parse_sigma_yaml};
use std::collections::BTreeMap;
use tree::Node;
use vigie_catalogue::{Entry, Family};

/// Largest rule file; the largest public one, a list of hashes, has 295 kB.
pub const RULE_BYTES_MAX: usize = 1024 * 1024;
/// Most forms that one value may have after placeholders and encodings.
pub const VARIANTS_MAX: usize = 10_000;
/// Largest compiled regular expression.
pub const REGEX_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Values for the placeholders of `expand`, by name without percent signs. Values may hold wildcards.
pub type Lists = BTreeMap<String, Vec<String>>;

/// Rules, correlations and filters, read but not yet bound to log sources.
#[derive(Debug, Default)]
pub struct RuleSet {
    pub(crate) rules: Vec<Rule>,
    pub(crate) correlations: Vec<Definition>,
    filters: Vec<Filter>,
    refused: Vec<Refused>,
    lists: Lists,
}

/// A detection rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) info: RuleInfo,
    pub(crate) source: LogSource,
    pub(crate) tree: Node<String>,
}

/// A filter: a condition that is added to other rules.
#[derive(Debug)]
struct Filter {
    origin: String,
    title: String,
    source: LogSource,
    rules: FilterRuleTarget,
    tree: Node<String>,
}

/// A document that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where it stands: a file, or the id of a catalogue entry.
    pub origin: String,
    /// Its title, as far as it could be read.
    pub title: String,
    /// Why.
    pub why: Refusal,
}

impl RuleSet {
    /// An empty set with values for placeholders.
    #[must_use]
    pub fn with_lists(lists: Lists) -> Self {
        Self { lists, ..Self::default() }
    }

    /// The detections that Vigie ships: every rule of the catalogue.
    #[must_use]
    pub fn shipped() -> Self {
        let mut rules = Self::default();
        for entry in vigie_catalogue::of(Family::Detections) {
            rules.add_entry(entry);
        }
        rules
    }

    /// Adds the rule of a catalogue entry; an entry without one adds nothing.
    pub fn add_entry(&mut self, entry: &Entry) {
        if let Some(text) = entry.rule {
            self.add_shipped(&entry.id, text);
        }
    }

    /// Adds a file of ours: its outermost document reports under the entry's id.
    pub(crate) fn add_shipped(&mut self, id: &str, text: &str) {
        let (rules, correlations) = (self.rules.len(), self.correlations.len());
        self.add(id, text);
        let correlation = self.correlations.get_mut(correlations..).unwrap_or_default().first_mut();
        let rule = self.rules.get_mut(rules..).unwrap_or_default().first_mut();
        if let Some(info) = correlation.map(|correlation| &mut correlation.info).or(rule.map(|rule| &mut rule.info)) {
            info.subject = id.to_owned();
        }
    }

    /// Adds the documents of a file. `origin` names it in reports.
    pub fn add(&mut self, origin: &str, text: &str) {
        let refuse = |why| Refused { origin: origin.to_owned(), title: String::new(), why };
        if text.len() > RULE_BYTES_MAX {
            self.refused.push(refuse(Refusal::TooLarge { bytes: text.len() }));
            return;
        }
        match parse_sigma_yaml(text) {
            Ok(documents) => self.add_documents(origin, documents),
            Err(error) => self.refused.push(refuse(Refusal::NotSigma(error.to_string()))),
        }
    }

    fn add_documents(&mut self, origin: &str, documents: SigmaCollection) {
        for why in documents.errors {
            let why = Refusal::NotSigma(why.trim_end_matches('.').to_owned());
            self.refused.push(Refused { origin: origin.to_owned(), title: String::new(), why });
        }
        for rule in documents.rules {
            let info = RuleInfo::of_rule(origin, &rule);
            match condition::tree(&rule.detection, &self.lists) {
                Ok(tree) => self.rules.push(Rule { info, source: rule.logsource, tree }),
                Err(why) => self.refused.push(info.refused(why)),
            }
        }
        for correlation in documents.correlations {
            let info = RuleInfo::of_correlation(origin, &correlation);
            match Definition::read(info.clone(), &correlation) {
                Ok(definition) => self.correlations.push(definition),
                Err(why) => self.refused.push(info.refused(why)),
            }
        }
        for filter in documents.filters {
            self.add_filter(origin, filter);
        }
    }

    fn add_filter(&mut self, origin: &str, filter: FilterRule) {
        match condition::tree(&filter.detection, &self.lists) {
            Ok(tree) => self.filters.push(Filter {
                origin: origin.to_owned(),
                title: filter.title,
                source: filter.logsource.unwrap_or_default(),
                rules: filter.rules,
                tree,
            }),
            Err(why) => self.refused.push(Refused { origin: origin.to_owned(), title: filter.title, why }),
        }
    }

    /// What could not be used so far.
    #[must_use]
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// How many rules and correlations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len() + self.correlations.len()
    }

    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses second rules of the same name, and adds the filters to the rules they name.
    pub(crate) fn settle(&mut self) {
        self.drop_namesakes();
        for filter in std::mem::take(&mut self.filters) {
            self.apply(filter);
        }
    }

    pub(crate) fn take_refused(&mut self) -> Vec<Refused> {
        std::mem::take(&mut self.refused)
    }

    fn drop_namesakes(&mut self) {
        let mut taken = std::collections::HashSet::new();
        let refused = &mut self.refused;
        let mut first = |info: &RuleInfo| {
            let double = info.names().find(|name| taken.contains(*name)).map(str::to_owned);
            match double {
                Some(name) => refused.push(info.refused(Refusal::SameName { name })),
                None => {
                    taken.extend(info.names().map(str::to_owned));
                    return true;
                }
            }
            false
        };
        self.rules.retain(|rule| first(&rule.info));
        self.correlations.retain(|correlation| first(&correlation.info));
    }

    fn apply(&mut self, filter: Filter) {
        let named = |info: &RuleInfo| match &filter.rules {
            FilterRuleTarget::Any => true,
            FilterRuleTarget::Specific(names) => names.iter().any(|name| info.is_called(name)),
        };
        let mut used = false;
        for rule in self.rules.iter_mut().filter(|rule| named(&rule.info) && covers(&filter.source, &rule.source)) {
            let tree = std::mem::replace(&mut rule.tree, Node::All(Vec::new()));
            rule.tree = Node::All(vec![tree, filter.tree.clone()]);
            used = true;
        }
        if let (false, FilterRuleTarget::Specific(names)) = (used, filter.rules) {
            let why = Refusal::NoRule { name: names.join(", ") };
            self.refused.push(Refused { origin: filter.origin, title: filter.title, why });
        }
    }
}

/// Whether a filter's log source takes in a rule's: what the filter names, the rule has.
fn covers(filter: &LogSource, rule: &LogSource) -> bool {
    let pairs = [(&filter.product, &rule.product), (&filter.category, &rule.category), (&filter.service, &rule.service)];
    pairs.into_iter().all(|(filter, rule)| match (filter, rule) {
        (None, _) => true,
        (Some(filter), Some(rule)) => filter.eq_ignore_ascii_case(rule),
        (Some(_), None) => false,
    })
}

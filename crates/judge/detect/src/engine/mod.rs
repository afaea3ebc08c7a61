//! Which rules match an event: stateless, the same answer whatever came before.
//!
//! Rules are sorted by log source once ([`source`]); for each source they are bound to its fields
//! ([`view`]) and picked by what an event must contain ([`literal`], [`partition`]).

mod literal;
mod outlook;
mod partition;
mod report;
pub(crate) mod source;
pub(crate) mod view;

pub use partition::Index;
pub(crate) use report::report_all;
pub use report::{FieldGap, RuleReport, RuleState};
pub use source::{Sources, TableError};

use crate::rule::Rule;
use partition::Partition;
use source::Source;
use std::collections::HashMap;
use view::View;
use vigie_model::event::Event;

/// Rules, ready for events.
#[derive(Debug)]
pub(crate) struct Engine {
    rules: Vec<Rule>,
    partitions: Vec<(Source, Partition)>,
    /// The partitions of a parser's events.
    by_format: HashMap<String, Vec<usize>>,
    /// The partitions that take every event.
    of_all: Vec<usize>,
    index: Index,
}

/// Memory that is used again for each event.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    candidates: Vec<u64>,
    matched: Vec<usize>,
}

/// A rule that matched, with the event as the rule's log source shows it.
#[derive(Debug)]
pub(crate) struct Match<'a, 'e> {
    /// The rule's number.
    pub(crate) rule: usize,
    /// The number of the log source.
    pub(crate) source: usize,
    /// The event.
    pub(crate) view: &'a View<'e>,
}

impl Engine {
    /// Binds rules to log sources.
    pub(crate) fn new(rules: Vec<Rule>, sources: &Sources) -> Self {
        let mut engine = Self { rules, partitions: Vec::new(), by_format: HashMap::new(), of_all: Vec::new(), index: Index::On };
        for source in &sources.rows {
            let partition = Partition::new(source, &engine.rules);
            if partition.is_empty() {
                continue;
            }
            let number = engine.partitions.len();
            match &source.format {
                Some(format) => engine.by_format.entry(format.clone()).or_default().push(number),
                None => engine.of_all.push(number),
            }
            engine.partitions.push((source.clone(), partition));
        }
        engine
    }

    /// Switches the index, for tests.
    pub(crate) fn set_index(&mut self, index: Index) {
        self.index = index;
    }

    /// All rules, by number.
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The log sources that show something, with the rules that see them.
    pub(crate) fn partitions(&self) -> &[(Source, Partition)] {
        &self.partitions
    }

    /// The slot of a field for the rules of a log source.
    pub(crate) fn slot(&mut self, source: usize, name: &str) -> Option<view::Slot> {
        let (source, partition) = self.partitions.get_mut(source)?;
        Some(partition.layout.slot(name, || source.places(name)))
    }

    /// Tells of each rule that matches an event, in the order of their numbers within a log source;
    /// of a rule that sees the event through several sources once.
    pub(crate) fn matches(&self, event: &Event, scratch: &mut Scratch, mut matched: impl FnMut(Match<'_, '_>)) {
        scratch.matched.clear();
        let own = self.by_format.get(&*event.origin.format).map(Vec::as_slice).unwrap_or_default();
        for number in own.iter().chain(&self.of_all) {
            let Some((source, partition)) = self.partitions.get(*number) else { continue };
            if !source.takes(event) {
                continue;
            }
            let view = partition.layout.view(event);
            let seen = &mut scratch.matched;
            partition.matches(&view, self.index, &mut scratch.candidates, |rule| {
                if !seen.contains(&rule) {
                    seen.push(rule);
                    matched(Match { rule, source: *number, view: &view });
                }
            });
        }
    }
}

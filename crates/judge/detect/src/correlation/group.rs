//! The events of one group within its window.
//!
//! Entries are in the order of their times, those of one time in the order of arrival. The window is
//! closed at both ends: from `timespan` before an event up to the event. It is measured at each event
//! that arrives in order, by a tally that is kept up to date; an event that comes late is put in its
//! place and every window that it belongs to is measured again.
//!
//! Entries stay for `timespan + late`, so that a window may still be measured that ends as early as
//! a late event is allowed to come.

use super::definition::{Condition, Definition, Kind, satisfies};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// From this many entries on, runs of one rule are kept by their ends.
const RUNS_FROM: usize = 256;

/// One event that counts in a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// When it happened, in microseconds.
    pub(crate) time: i64,
    /// Its number.
    pub(crate) event: u64,
    /// Which of the correlation's rules it matched.
    pub(crate) rule: u16,
    /// How many events it stands for: more than one where the source summed up repetitions.
    pub(crate) weight: u32,
    /// The value that is counted or summed.
    pub(crate) value: Counted,
    /// The events behind a correlation that was met, newest last.
    pub(crate) trail: Option<Arc<[u64]>>,
    /// Whether it was counted in a report.
    pub(crate) told: bool,
}

/// The value of an entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Counted {
    Nothing,
    Text(Box<str>),
    Number(f64),
}

/// A group of events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    entries: VecDeque<Entry>,
    /// The first entry within the window of the newest.
    start: usize,
    tally: Tally,
    /// When an event was last taken in, by the receiver's clock.
    pub(crate) touched: i64,
    /// What was last reported.
    pub(crate) reported: Option<Reported>,
}

/// What was last reported of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    /// The time of the newest event.
    pub(crate) time: i64,
    /// How many events counted.
    pub(crate) count: u64,
}

/// A condition that is met, and by what.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Met {
    /// How many events count.
    pub(crate) count: u64,
    /// How many of them were not counted in an earlier report.
    pub(crate) fresh: u64,
    /// The time of the first.
    pub(crate) first: i64,
    /// The time of the last.
    pub(crate) last: i64,
    /// Their numbers, newest last, at most [`Group::TRAIL_MAX`].
    pub(crate) events: Vec<u64>,
    /// How many entries that is.
    entries: usize,
}

/// How often each value, or each rule, is in the window, and how many events there are.
#[derive(Clone, Debug, Default)]
struct Tally {
    values: HashMap<Box<str>, u32>,
    rules: Vec<u32>,
    events: u64,
}

impl Group {
    /// How many event numbers travel with a detection.
    pub(crate) const TRAIL_MAX: usize = vigie_model::occurrence::DetectionDetail::EVENTS_MAX;

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The time of the newest entry.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.entries.back().map(|entry| entry.time)
    }

    /// The newest entry.
    pub(crate) fn newest_entry(&self) -> Option<&Entry> {
        self.entries.back()
    }

    /// All entries, oldest first.
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// A group read back from storage; entries out of order are put in order.
    pub(crate) fn restored(mut entries: Vec<Entry>, touched: i64, reported: Option<Reported>, definition: &Definition) -> Self {
        entries.sort_by_key(|entry| entry.time);
        let mut group = Self { entries: entries.into(), touched, reported, ..Self::default() };
        group.recount(definition);
        group
    }

    /// Takes in an event. Says by what the condition is met, if it is in one of the windows that the
    /// event belongs to.
    pub(crate) fn take(&mut self, entry: Entry, definition: &Definition, late: i64) -> Option<Met> {
        let met = if self.newest().is_none_or(|newest| newest <= entry.time) {
            self.take_newest(entry, definition)
        } else {
            self.take_late(entry, definition)
        };
        let keep = self.newest().unwrap_or_default().saturating_sub(definition.timespan).saturating_sub(late);
        while self.entries.front().is_some_and(|entry| entry.time < keep) {
            self.forget_oldest(definition);
        }
        met
    }

    /// Remembers what was reported, and that its entries have been counted.
    pub(crate) fn report(&mut self, met: &Met) {
        self.reported = Some(Reported { time: met.last, count: met.count });
        let start = self.entries.partition_point(|entry| entry.time < met.first);
        self.entries.iter_mut().skip(start).take(met.entries).for_each(|entry| entry.told = true);
    }

    /// Lets go of the oldest entry.
    pub(crate) fn forget_oldest(&mut self, definition: &Definition) {
        let Some(entry) = self.entries.pop_front() else { return };
        if self.start == 0 {
            self.tally.remove(&entry, definition.kind);
        } else {
            self.start -= 1;
        }
    }

    fn take_newest(&mut self, entry: Entry, definition: &Definition) -> Option<Met> {
        let from = entry.time.saturating_sub(definition.timespan);
        self.tally.add(&entry, definition.kind);
        if self.ends_a_run(&entry, definition.kind) {
            // The last of a run stands for its end; only its number and time matter.
            if let Some(last) = self.entries.back_mut() {
                self.tally.remove(last, definition.kind);
                let weight = last.weight.saturating_add(entry.weight);
                *last = Entry { weight, ..entry };
            }
        } else {
            self.entries.push_back(entry);
        }
        while let Some(oldest) = self.entries.get(self.start).filter(|oldest| oldest.time < from) {
            self.tally.remove(oldest, definition.kind);
            self.start += 1;
        }
        let holds = holds(definition, self.entries.range(self.start..), &self.tally);
        holds.then(|| met(self.entries.range(self.start..)))
    }

    /// Whether a large group's two newest entries are of the same rule as this one, where order is
    /// all that matters. The first and the last of such a run then stand for all of it, so that a
    /// flood of one step does not push out the other; an event that comes late into the middle of
    /// the run may miss its neighbour.
    fn ends_a_run(&self, entry: &Entry, kind: Kind) -> bool {
        let about_rules = matches!(kind, Kind::Rules | Kind::RulesInOrder) && self.len() >= RUNS_FROM;
        let mut newest = self.entries.iter().rev();
        let same = |old: Option<&Entry>| old.is_some_and(|old| old.rule == entry.rule);
        let open = self.newest_entry().is_some_and(|newest| !newest.told);
        about_rules && open && same(newest.next()) && same(newest.next())
    }

    fn take_late(&mut self, entry: Entry, definition: &Definition) -> Option<Met> {
        let (time, order) = (entry.time, (entry.time, entry.event));
        let place = self.entries.partition_point(|old| (old.time, old.event) <= order);
        self.entries.insert(place, entry);
        let met = self.measure_windows(place, time, definition);
        self.recount(definition);
        met
    }

    /// Measures every window that ends at or behind `place` and reaches back to `time`.
    fn measure_windows(&self, place: usize, time: i64, definition: &Definition) -> Option<Met> {
        let until = time.saturating_add(definition.timespan);
        let mut tally = Tally::default();
        let mut start = 0;
        for (end, entry) in self.entries.iter().enumerate().take_while(|(_, entry)| entry.time <= until) {
            tally.add(entry, definition.kind);
            let from = entry.time.saturating_sub(definition.timespan);
            while let Some(oldest) = self.entries.get(start).filter(|oldest| oldest.time < from) {
                tally.remove(oldest, definition.kind);
                start += 1;
            }
            if end >= place && holds(definition, self.entries.range(start..=end), &tally) {
                return Some(met(self.entries.range(start..=end)));
            }
        }
        None
    }

    fn recount(&mut self, definition: &Definition) {
        let from = self.newest().unwrap_or_default().saturating_sub(definition.timespan);
        self.start = self.entries.partition_point(|entry| entry.time < from);
        self.tally = Tally::default();
        for entry in self.entries.range(self.start..) {
            self.tally.add(entry, definition.kind);
        }
    }
}

impl Tally {
    fn add(&mut self, entry: &Entry, kind: Kind) {
        self.events += u64::from(entry.weight);
        match (kind, &entry.value) {
            (Kind::Values, Counted::Text(value)) => *self.values.entry(value.clone()).or_default() += 1,
            (Kind::Rules | Kind::RulesInOrder, _) => {
                let rule = usize::from(entry.rule);
                if self.rules.len() <= rule {
                    self.rules.resize(rule + 1, 0);
                }
                self.rules[rule] += 1;
            }
            _ => {}
        }
    }

    fn remove(&mut self, entry: &Entry, kind: Kind) {
        self.events = self.events.saturating_sub(entry.weight.into());
        match (kind, &entry.value) {
            (Kind::Values, Counted::Text(value)) => {
                if let Some(count) = self.values.get_mut(value) {
                    *count -= 1;
                    if *count == 0 {
                        self.values.remove(value);
                    }
                }
            }
            (Kind::Rules | Kind::RulesInOrder, _) => {
                if let Some(count) = self.rules.get_mut(usize::from(entry.rule)) {
                    *count = count.saturating_sub(1);
                }
            }
            _ => {}
        }
    }

    fn matched(&self, rule: usize) -> bool {
        self.rules.get(rule).is_some_and(|count| *count > 0)
    }

    fn rules(&self) -> usize {
        self.rules.iter().filter(|count| **count > 0).count()
    }
}

type Window<'a> = std::collections::vec_deque::Iter<'a, Entry>;

fn holds(definition: &Definition, window: Window<'_>, tally: &Tally) -> bool {
    let ordered = definition.kind == Kind::RulesInOrder;
    match &definition.condition {
        Condition::AllRules if ordered => tally.rules() == distinct(definition) && in_order(definition, window),
        Condition::AllRules => tally.rules() == distinct(definition),
        Condition::Rules(expression) => {
            let first_of = |rule: usize| first_of(definition, rule);
            expression.holds(&|rule| tally.matched(first_of(rule))) && (!ordered || in_order(definition, window))
        }
        Condition::Measure(bounds) if ordered => {
            // In order means all of them: the measure is their number or nothing.
            let measure = if in_order(definition, window) { definition.rules.len() } else { 0 };
            measure > 0 && satisfies(measure as f64, bounds)
        }
        Condition::Measure(bounds) => measure(definition.kind, window, tally).is_some_and(|measure| satisfies(measure, bounds)),
    }
}

/// A rule that is named twice is one rule: the number of its first mention.
fn first_of(definition: &Definition, rule: usize) -> usize {
    let name = definition.rules.get(rule);
    definition.rules.iter().position(|other| Some(other) == name).unwrap_or(rule)
}

fn distinct(definition: &Definition) -> usize {
    (0..definition.rules.len()).filter(|rule| first_of(definition, *rule) == *rule).count()
}

/// Whether the rules matched one after the other: the latest match for the last rule, the latest
/// before it for the one before, and so on.
fn in_order(definition: &Definition, window: Window<'_>) -> bool {
    let mut open = (0..definition.rules.len()).rev().map(|rule| first_of(definition, rule)).peekable();
    for entry in window.rev() {
        if open.peek() == Some(&usize::from(entry.rule)) {
            open.next();
        }
    }
    open.peek().is_none()
}

fn measure(kind: Kind, window: Window<'_>, tally: &Tally) -> Option<f64> {
    let numbers = |window: Window<'_>| {
        let number = |entry: &Entry| match entry.value {
            Counted::Number(number) => Some(number),
            Counted::Nothing | Counted::Text(_) => None,
        };
        window.filter_map(number).collect::<Vec<_>>()
    };
    match kind {
        Kind::Events => Some(tally.events as f64),
        Kind::Values => Some(tally.values.len() as f64),
        Kind::Rules | Kind::RulesInOrder => Some(tally.rules() as f64),
        Kind::Sum => Some(numbers(window).iter().sum()),
        Kind::Average => {
            let numbers = numbers(window);
            (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
        }
        Kind::Percentile(percent) => percentile(numbers(window), percent),
    }
}

/// The percentile with linear interpolation between its neighbours.
fn percentile(mut numbers: Vec<f64>, percent: f64) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let last = numbers.len().checked_sub(1)?;
    let rank = percent / 100.0 * last as f64;
    let low = *numbers.get(rank.floor() as usize)?;
    let high = *numbers.get(rank.ceil() as usize)?;
    Some(low + (rank - rank.floor()) * (high - low))
}

fn met(window: Window<'_>) -> Met {
    let first = window.clone().next().map_or(0, |entry| entry.time);
    let last = window.clone().next_back().map_or(0, |entry| entry.time);
    let (mut count, mut fresh) = (0, 0);
    for entry in window.clone() {
        count += u64::from(entry.weight);
        fresh += if entry.told { 0 } else { u64::from(entry.weight) };
    }
    let (mut events, mut told, entries) = (Vec::new(), HashSet::new(), window.len());
    for entry in window.rev() {
        let behind = entry.trail.iter().flat_map(|trail| trail.iter().rev());
        let own = std::iter::once(&entry.event).chain(behind).copied();
        if entry.told {
            told.extend(own.clone());
        }
        events.extend(own);
        if events.len() >= Group::TRAIL_MAX {
            break;
        }
    }
    // The same event may stand for itself and in the trail of what it completed.
    let mut seen = HashSet::new();
    events.retain(|event| seen.insert(*event));
    events.truncate(Group::TRAIL_MAX);
    events.reverse();
    // An entry that stands for a correlation below is one here; the events behind it are more.
    let count = count.max(events.len() as u64);
    let fresh = fresh.max(events.iter().filter(|event| !told.contains(event)).count() as u64);
    Met { count, fresh, first, last, events, entries }
}

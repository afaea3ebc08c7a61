//! Finding sequences: events that follow each other within a span.
//!
//! Each step is a scan of its own, so that it skips whatever its query can skip; what it finds is held as time, number and
//! key, and at most [`HELD_MAX`] of them. A window with more is halved, the newer half first, each with the
//! span before it; so memory does not depend on the window. Holds: a sequence ends in exactly one of the pieces.
//!
//! As in EQL, an event goes on with the latest sequence that waits for it, an event of the first step begins one anew, and
//! what is found uses up its events. A window in which a single span has too many events is left out, and the answer says so.

use super::keyed::{Gathering, Keys, Match};
use super::{Cancel, Cursor, Key, Newest, Question, Scan, SearchError, Window, fetch};
use crate::query::{Expr, Sequence, Target, Term, Test};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// Most events that are held at once, each once for every stage of the sequence: about 100 MB, and their keys.
const HELD_MAX: usize = 2_000_000;
/// A piece narrower than this part of the span is not halved any more: most of it would be the span before it.
const NARROWEST: i64 = 4;

/// Sequences that were found.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Sequences {
    /// The sequences, by falling time of their last events.
    pub found: Vec<FoundSequence>,
    /// Whether there are more.
    pub more: bool,
    /// Where to read on: behind what was found, and behind what was gone through when it was ended early.
    pub next: Option<Cursor>,
    /// Files and records that could not be read.
    pub unreadable: u64,
    /// Whether it was ended early, or parts of the window had too many events: sequences may be missing.
    pub partial: bool,
}

/// Events that follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundSequence {
    /// The values that they have in common, in the order of [`Sequence::by`].
    pub by: Vec<String>,
    /// When the first was.
    pub first: Timestamp,
    /// When the last was.
    pub last: Timestamp,
    /// The events, in their order; empty when only the sequences were asked for.
    pub events: Vec<StoredEvent>,
}

/// A search for sequences.
pub(crate) struct SequenceSearch<'s> {
    pub(crate) scan: Scan<'s>,
    pub(crate) sequence: &'s Sequence,
    pub(crate) window: Window,
    pub(crate) limit: usize,
    /// Only sequences that end behind this place.
    pub(crate) before: Option<Key>,
    /// Whether the events are wanted, too.
    pub(crate) with_events: bool,
    pub(crate) cancel: &'s Cancel,
    /// How many events may be held.
    pub(crate) room: usize,
}

/// A sequence by its matches.
struct Chain {
    key: u32,
    matches: Vec<Match>,
}

/// A sequence where it ends.
pub(crate) struct Ending<'e> {
    chain: &'e Chain,
    keys: &'e Keys,
}

impl Ending<'_> {
    /// The place of its last event.
    pub(crate) fn at(&self) -> Key {
        let place = |it: &Match| Key { time: Timestamp::from_micros(it.time), id: EventId(it.id) };
        self.chain.matches.last().map_or(Key { time: Timestamp::MIN, id: EventId(0) }, place)
    }

    /// The values that its events have in common.
    pub(crate) fn values(&self) -> Vec<String> {
        self.keys.values(self.chain.key)
    }

    fn first(&self) -> Timestamp {
        self.chain.matches.first().map_or(Timestamp::MIN, |it| Timestamp::from_micros(it.time))
    }
}

/// What was gone through.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    pub(crate) unreadable: u64,
    /// Whether it was ended early, or parts had too many events.
    pub(crate) partial: bool,
    /// Of what was ended early: whatever ends here or later was shown.
    shown_from: Option<Key>,
}

/// What the steps matched in a piece of the window.
struct Piece {
    keys: Keys,
    /// Of each event and key, the steps that it matches as bits; `until` is the highest.
    matches: Vec<(Match, u32)>,
}

/// What became of a piece.
enum Gathered {
    Whole(Piece),
    TooMany,
    Ended,
}

impl<'s> SequenceSearch<'s> {
    /// A search over these.
    pub(crate) fn new(scan: Scan<'s>, sequence: &'s Sequence, window: Window, limit: usize, cancel: &'s Cancel) -> Self {
        let stages = stages(sequence).len().max(1);
        Self { scan, sequence, window, limit, before: None, with_events: true, cancel, room: HELD_MAX / stages }
    }

    /// Finds them, newest first: at most as many as are wanted, and those that end with the same event as the last of them.
    pub(crate) fn run(&self) -> Result<Sequences, SearchError> {
        let (mut found, mut more, mut shown) = (Vec::new(), false, None);
        let gone = self.each(&mut |ending| {
            if found.len() >= self.limit && shown != Some(ending.at()) {
                more = true;
                return Ok(false);
            }
            let events = if self.with_events { self.events(ending.chain)? } else { Vec::new() };
            let by = if self.sequence.by().is_empty() { Vec::new() } else { ending.values() };
            shown = Some(ending.at());
            found.push(FoundSequence { by, first: ending.first(), last: ending.at().time, events });
            Ok(true)
        })?;
        let next = if more { shown } else { gone.shown_from };
        Ok(Sequences { found, more, next: next.map(Cursor), unreadable: gone.unreadable, partial: gone.partial })
    }

    /// Shows each sequence, newest first, until `show` has enough.
    pub(crate) fn each(&self, show: &mut dyn FnMut(&Ending<'_>) -> Result<bool, SearchError>) -> Result<Gone, SearchError> {
        let mut gone = Gone::default();
        // Halving goes by time, so the time in which there is nothing is left out first.
        let Some((first, last)) = self.scan.times(&self.window)? else { return Ok(gone) };
        let last = self.before.map_or(last, |before| before.time.min(last));
        let all = Window { from: self.window.from.max(first), to: self.window.to.min(last.plus_micros(1)) };
        let mut pieces = if all.is_empty() { Vec::new() } else { vec![all] };
        while let Some(piece) = pieces.pop() {
            match self.gather(piece, &mut gone)? {
                Gathered::Whole(found) => {
                    if !self.follow(piece, &found, show)? {
                        break;
                    }
                }
                Gathered::TooMany => match halved(piece, self.sequence.span_micros() / NARROWEST) {
                    Some((older, newer)) => pieces.extend([older, newer]),
                    None => gone.partial = true,
                },
                Gathered::Ended => {
                    gone.partial = true;
                    let behind = Key { time: piece.to, id: EventId(0) };
                    gone.shown_from = Some(self.before.map_or(behind, |before| before.min(behind)));
                    break;
                }
            }
        }
        Ok(gone)
    }

    /// Holds what the steps match in a piece and in the span before it.
    fn gather(&self, piece: Window, gone: &mut Gone) -> Result<Gathered, SearchError> {
        let from = piece.from.plus_micros(-self.sequence.span_micros()).max(self.window.from);
        let window = Window { from, to: piece.to };
        let room = Arc::new(AtomicUsize::new(self.room));
        let mut keys = Keys::default();
        let mut matches: Vec<(Match, u32)> = Vec::new();
        let steps = self.sequence.steps().iter().chain(self.sequence.until());
        let required = self.sequence.steps().len();
        for (step, place) in steps.zip(0_usize..) {
            let mut gathering = Gathering::new(&step.by, Arc::clone(&room));
            let question = Question { expr: step.query.expr(), window, before: None, cancel: self.cancel };
            let scanned = self.scan.run(&question, &mut gathering)?;
            gone.unreadable += scanned.unreadable;
            if scanned.partial {
                return Ok(Gathered::Ended);
            }
            if gathering.full {
                return Ok(Gathered::TooMany);
            }
            if gathering.matches.is_empty() && place < required {
                return Ok(Gathered::Whole(Piece { keys, matches: Vec::new() }));
            }
            // Keys that the step before has not seen lead nowhere; those that it has keep their numbers.
            let first = place == 0;
            let before: HashSet<u32> = if first { HashSet::new() } else { matches.iter().map(|(it, _)| it.key).collect() };
            let numbers: Vec<u32> = gathering.keys.all().map(|written| keys.number(written)).collect();
            let renumbered = gathering.matches.into_iter().filter_map(|it| {
                let key = numbers.get(it.key as usize).copied().filter(|key| first || before.contains(key))?;
                Some((Match { key, ..it }, 1_u32 << place))
            });
            matches.extend(renumbered);
        }
        matches.sort_unstable_by_key(|(it, _)| *it);
        matches.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 |= if same { next.1 } else { 0 };
            same
        });
        Ok(Gathered::Whole(Piece { keys, matches }))
    }

    /// Shows the sequences that end in a piece, newest first; tells whether more are wanted.
    fn follow(
        &self,
        piece: Window,
        found: &Piece,
        show: &mut dyn FnMut(&Ending<'_>) -> Result<bool, SearchError>,
    ) -> Result<bool, SearchError> {
        let chains = chains(self.sequence, found);
        let endings = chains.iter().map(|chain| Ending { chain, keys: &found.keys });
        let is_asked = |at: Key| piece.holds(at.time) && self.before.is_none_or(|before| at < before);
        let mut ending: Vec<Ending<'_>> = endings.filter(|ending| is_asked(ending.at())).collect();
        ending.sort_by_key(|ending| Reverse(ending.at()));
        for ending in &ending {
            if !show(ending)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The events of a chain, in its order.
    fn events(&self, chain: &Chain) -> Result<Vec<StoredEvent>, SearchError> {
        let (Some(first), Some(last)) = (chain.matches.first(), chain.matches.last()) else { return Ok(Vec::new()) };
        let number = |it: &Match| {
            let id = it.id.cast_signed();
            Expr::Term(Term { target: Target::Id, test: Test::Integer(id, id) })
        };
        let expr = Expr::Or(chain.matches.iter().map(number).collect());
        let window = Window { from: Timestamp::from_micros(first.time), to: Timestamp::from_micros(last.time).plus_micros(1) };
        let mut newest = Newest::new(chain.matches.len());
        // What was found is shown, also when the search was told meanwhile that it is enough; and it is not counted again.
        let cancel = Cancel::new();
        self.scan.run(&Question { expr: &expr, window, before: None, cancel: &cancel }, &mut newest)?;
        let (found, _) = newest.page(chain.matches.len());
        let mut events = fetch(&found)?;
        events.reverse();
        Ok(events)
    }
}

/// The older half of a window and the newer one, unless they get too narrow.
fn halved(window: Window, narrowest_micros: i64) -> Option<(Window, Window)> {
    let half = window.last().since(window.from) / 2;
    let middle = window.from.plus_micros(half);
    (half > narrowest_micros.max(1)).then_some((Window { to: middle, ..window }, Window { from: middle, ..window }))
}

/// The sequences, in the order in which they end.
fn chains(sequence: &Sequence, piece: &Piece) -> Vec<Chain> {
    let mut follower = Follower::new(sequence);
    let until = 1_u32 << sequence.steps().len();
    for (at, steps) in &piece.matches {
        if steps & until != 0 {
            follower.waiting.remove(&at.key);
        } else {
            follower.see(*at, *steps);
        }
    }
    follower.done
}

/// Follows events in the order of time.
struct Follower {
    /// The step of each stage: runs spelt out.
    stages: Vec<usize>,
    span_micros: i64,
    links: Vec<Link>,
    /// By key, the latest link that waits behind each stage.
    waiting: HashMap<u32, Box<[Option<usize>]>>,
    done: Vec<Chain>,
}

/// One event of a sequence that has begun, and the one before it.
struct Link {
    at: Match,
    before: Option<usize>,
    /// When the sequence began.
    began: i64,
}

impl Follower {
    fn new(sequence: &Sequence) -> Self {
        let stages = stages(sequence);
        let span_micros = sequence.span_micros();
        Self { stages, span_micros, links: Vec::new(), waiting: HashMap::new(), done: Vec::new() }
    }

    /// Takes an event that matches these steps.
    fn see(&mut self, at: Match, steps: u32) {
        // From the last stage down, so that no event takes two places of one sequence.
        for stage in (0..self.stages.len()).rev() {
            if self.stages.get(stage).is_none_or(|step| steps & (1 << step) == 0) {
                continue;
            }
            match stage.checked_sub(1) {
                Some(previous) => self.go_on(at, previous),
                None => {
                    let link = self.link(at, None, at.time);
                    self.wait(at.key, 0, link);
                }
            }
        }
    }

    /// Goes on with what waits behind a stage, unless that began too long ago.
    fn go_on(&mut self, at: Match, previous: usize) {
        let waits = self.waiting.get_mut(&at.key).and_then(|waits| waits.get_mut(previous));
        let Some(before) = waits.and_then(Option::take) else { return };
        let began = self.links.get(before).map_or(i64::MIN, |link| link.began);
        if at.time.saturating_sub(began) > self.span_micros {
            return;
        }
        let link = self.link(at, Some(before), began);
        let stage = previous + 1;
        if stage + 1 == self.stages.len() {
            let chain = self.chain(link);
            self.done.push(chain);
        } else {
            self.wait(at.key, stage, link);
        }
    }

    fn link(&mut self, at: Match, before: Option<usize>, began: i64) -> usize {
        self.links.push(Link { at, before, began });
        self.links.len() - 1
    }

    fn wait(&mut self, key: u32, stage: usize, link: usize) {
        let stages = self.stages.len();
        let waits = self.waiting.entry(key).or_insert_with(|| vec![None; stages].into());
        if let Some(place) = waits.get_mut(stage) {
            *place = Some(link);
        }
    }

    fn chain(&self, last: usize) -> Chain {
        let mut matches = Vec::with_capacity(self.stages.len());
        let mut next = Some(last);
        while let Some(link) = next.and_then(|number| self.links.get(number)) {
            matches.push(link.at);
            next = link.before;
        }
        matches.reverse();
        Chain { key: matches.first().map_or(0, |first| first.key), matches }
    }
}

fn stages(sequence: &Sequence) -> Vec<usize> {
    sequence.steps().iter().zip(0..).flat_map(|(step, place)| vec![place; step.runs]).collect()
}

#[cfg(test)]
#[path = "sequence_tests.rs"]
mod tests;

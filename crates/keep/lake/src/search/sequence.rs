//! Finding sequences: events that follow each other within a span.
//!
//! Each step is a scan of its own, so that it skips whatever its query can skip; what it finds is held as time, number and
//! key, and at most [`HELD_MAX`] of them. A window with more is halved, the newer half first, each with the
//! span before it; so memory does not depend on the window. Holds: a sequence ends in exactly one of the pieces.
//!
//! As in EQL, an event goes on with the latest sequence that waits for it, an event of the first step begins one anew, and
//! what is found uses up its events. A window in which a single span has too many events is left out, and the answer says so.

use super::keyed::{Gathering, Keys, Match};
use super::{Cancel, Newest, Question, Scan, SearchError, Window, fetch};
use crate::query::{Expr, Sequence, Target, Term, Test};
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use vigie_model::event::StoredEvent;
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
        Self { scan, sequence, window, limit, with_events: true, cancel, room: HELD_MAX / stages }
    }

    /// Finds them, newest first.
    pub(crate) fn run(&self) -> Result<Sequences, SearchError> {
        let mut answer = Sequences::default();
        // Halving goes by time, so the time in which there is nothing is left out first.
        let Some((first, last)) = self.scan.times(&self.window)? else { return Ok(answer) };
        let all = Window { from: self.window.from.max(first), to: self.window.to.min(last.plus_micros(1)) };
        let mut pieces = vec![all];
        while let Some(piece) = pieces.pop().filter(|_| answer.found.len() <= self.limit) {
            match self.gather(piece, &mut answer)? {
                Gathered::Whole(found) => self.follow(piece, &found, &mut answer)?,
                Gathered::TooMany => match halved(piece, self.sequence.span_micros() / NARROWEST) {
                    Some((older, newer)) => pieces.extend([older, newer]),
                    None => answer.partial = true,
                },
                Gathered::Ended => {
                    answer.partial = true;
                    break;
                }
            }
        }
        answer.more = answer.found.len() > self.limit;
        answer.found.truncate(self.limit);
        Ok(answer)
    }

    /// Holds what the steps match in a piece and in the span before it.
    fn gather(&self, piece: Window, answer: &mut Sequences) -> Result<Gathered, SearchError> {
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
            answer.unreadable += scanned.unreadable;
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

    /// Follows the matches of a piece in the order of time.
    fn follow(&self, piece: Window, found: &Piece, answer: &mut Sequences) -> Result<(), SearchError> {
        let chains = chains(self.sequence, found);
        let mut ending: Vec<Chain> = chains
            .into_iter()
            .filter(|chain| chain.matches.last().is_some_and(|last| piece.holds(Timestamp::from_micros(last.time))))
            .collect();
        ending.sort_by_key(|chain| Reverse(chain.matches.last().map(|last| (last.time, last.id))));
        for chain in ending {
            if answer.found.len() > self.limit {
                break;
            }
            let time = |it: Option<&Match>| Timestamp::from_micros(it.map_or(0, |it| it.time));
            let events = if self.with_events && answer.found.len() < self.limit { self.events(&chain)? } else { Vec::new() };
            let by = if self.sequence.by().is_empty() { Vec::new() } else { found.keys.values(chain.key) };
            let (first, last) = (time(chain.matches.first()), time(chain.matches.last()));
            answer.found.push(FoundSequence { by, first, last, events });
        }
        Ok(())
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
mod tests {
    use super::*;
    use crate::testing::{batch, sign_in};
    use crate::tests::{noon_plus, open};
    use crate::{Lake, Query};
    use proptest::prelude::*;
    use vigie_model::event::Event;
    use vigie_model::event::ocsf::field;

    /// An event of a user: a letter at a second.
    fn event(letter: char, second: i64, user: &str) -> Event {
        let mut event = sign_in(noon_plus(second), "web-1", user, "10.0.0.1");
        event.set(field::SERVICE_NAME, letter.to_string());
        event.raw = format!("{letter}{letter}").into_bytes();
        event
    }

    /// Letters of users at seconds: `a1@5` is letter a of user 1 at second 5.
    fn events(text: &str) -> Vec<Event> {
        let read = |word: &str| {
            let (what, second) = word.split_once('@').unwrap();
            event(what.chars().next().unwrap(), second.parse().unwrap(), &format!("User{}", &what[1..]))
        };
        text.split_whitespace().map(read).collect()
    }

    fn asked(text: &str) -> Sequence {
        Sequence::parse(text).unwrap()
    }

    /// What is found: the user, and the seconds of the events.
    fn found(lake: &Lake, sequence: &str, room: usize) -> (Vec<String>, bool) {
        let (sequence, cancel) = (asked(sequence), Cancel::new());
        let mut search = SequenceSearch::new(lake.core().scan(), &sequence, Window::all(), 100, &cancel);
        search.room = room;
        let answer = search.run().unwrap();
        let told = |it: &FoundSequence| {
            let seconds: Vec<String> =
                it.events.iter().map(|event| (event.event.time.since(noon_plus(0)) / 1_000_000).to_string()).collect();
            format!("{} {}", it.by.join("+"), seconds.join(",")).trim().to_owned()
        };
        (answer.found.iter().map(told).collect(), answer.partial)
    }

    fn check(events_text: &str, sequence: &str, expected: &[&str]) {
        for seals in [0, 1, usize::MAX] {
            let directory = tempfile::tempdir().unwrap();
            let lake = open(directory.path());
            for (place, event) in events(events_text).into_iter().enumerate() {
                lake.append(&batch(vec![event])).unwrap();
                if place < seals {
                    lake.seal().unwrap();
                }
            }
            assert_eq!(found(&lake, sequence, 1000), (expected.iter().map(|it| (*it).to_owned()).collect(), false), "{sequence}");
        }
    }

    #[test]
    fn events_that_follow_each_other_are_found_by_what_they_have_in_common() {
        let two = "sequence by user with maxspan=10s [service:a] [service:b]";
        check("a1@0 b2@1 b1@5", two, &["User1 0,5"]);
        check("a1@0 b1@11 a1@20 b1@30", two, &["User1 20,30"]);
        check("b1@0 a1@1", two, &[]);
        check("a1@0 a1@3 b1@12", two, &["User1 3,12"]);
        check("a1@0 b1@1 b1@2", two, &["User1 0,1"]);
        check("a1@0 a2@1 b2@2 b1@3", two, &["User1 0,3", "User2 1,2"]);
        check("a1@0 b2@1", "sequence with maxspan=10s [service:a] [bb]", &["0,1"]);
    }

    #[test]
    fn steps_may_run_be_of_three_and_be_broken_off() {
        let guessed = "sequence by user with maxspan=1m [service:a] with runs=3 [service:b]";
        check("a1@0 a1@1 b1@2", guessed, &[]);
        check("a1@0 a1@1 a1@2 a1@3 b1@4 b1@5", guessed, &["User1 1,2,3,4"]);
        let three = "sequence by user with maxspan=9s [service:a] [service:b] [service:c] until [service:x]";
        check("a1@0 b1@1 c1@2 a2@0 b2@1 x2@2 c2@3", three, &["User1 0,1,2"]);
        check("a1@0 b1@5 c1@10", three, &[]);
        check("a1@0 a1@1 b1@2", "sequence by user with maxspan=9s [service:a] [service:a] [service:b]", &["User1 0,1,2"]);
        check("a1@0", "sequence by user with maxspan=9s [service:a] [service:*]", &[]);
    }

    #[test]
    fn values_are_joined_whatever_their_case_and_by_several_names() {
        let directory = tempfile::tempdir().unwrap();
        let lake = open(directory.path());
        lake.append(&batch(vec![event('a', 0, "EVA"), event('b', 1, "eva"), event('b', 2, "otto")])).unwrap();
        lake.seal().unwrap();
        let joined = "sequence by user, src_endpoint.port with maxspan=9s [service:a] [service:b]";
        assert_eq!(found(&lake, joined, 1000), (vec!["EVA+50122 0,1".to_owned()], false));
        let other = "sequence with maxspan=9s [service:a] by user [service:b] by user.name";
        assert_eq!(found(&lake, other, 1000).0, ["EVA 0,1"]);
    }

    #[test]
    fn what_is_too_much_for_the_memory_is_halved_and_then_told() {
        let directory = tempfile::tempdir().unwrap();
        let lake = open(directory.path());
        let pairs: Vec<Event> = (0..200).flat_map(|n| [event('a', n * 30, "eva"), event('b', n * 30 + 5, "eva")]).collect();
        lake.append(&batch(pairs)).unwrap();
        lake.seal().unwrap();
        let two = "sequence by user with maxspan=10s [service:a] [service:b]";
        let whole = found(&lake, two, 1000);
        assert_eq!((whole.0.len(), whole.0[0].as_str()), (100, "eva 5970,5975"));
        assert_eq!(found(&lake, two, 16), whole, "in pieces");
        assert_eq!(found(&lake, two, 1), (Vec::new(), true));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if crate::testing::long_tier() { 200 } else { 12 }))]

        #[test]
        fn pieces_and_places_change_nothing(
            letters in proptest::collection::vec((proptest::sample::select(&['a', 'b', 'c'][..]), 0..60_i64, 0..3_u8), 1..40),
            seal_at in 0..40_usize,
            room in 8..200_usize,
        ) {
            let directory = tempfile::tempdir().unwrap();
            let lake = open(directory.path());
            for (place, (letter, second, user)) in letters.iter().enumerate() {
                lake.append(&batch(vec![event(*letter, *second, &format!("u{user}"))])).unwrap();
                if place == seal_at {
                    lake.seal().unwrap();
                }
            }
            for text in ["sequence by user with maxspan=7s [service:a] [service:b]", "sequence with maxspan=20s [service:a] [bb] [service:c]"] {
                let whole = found(&lake, text, 100_000);
                let pieces = found(&lake, text, room);
                prop_assert!(pieces.1 || pieces.0 == whole.0, "{} {:?} {:?}", text, pieces, whole);
                for (first, last) in plain_pairs(&letters, text) {
                    let ends = format!("{first},{last}");
                    prop_assert!(whole.0.iter().any(|it| it.ends_with(&ends)), "{} lacks {} of {:?}", text, ends, whole);
                }
            }
        }
    }

    /// Of the first text, the pairs that nothing of that user stands between, each at a second of its own.
    fn plain_pairs(letters: &[(char, i64, u8)], text: &str) -> Vec<(i64, i64)> {
        if !text.contains("by user") {
            return Vec::new();
        }
        let mut pairs = Vec::new();
        for user in 0..3 {
            let mut own: Vec<(i64, char)> = letters
                .iter()
                .filter(|(letter, _, of)| *of == user && *letter != 'c')
                .map(|(letter, at, _)| (*at, *letter))
                .collect();
            own.sort_unstable();
            if own.windows(2).any(|two| two[0].0 == two[1].0) {
                continue;
            }
            let follows = |two: &&[(i64, char)]| two[0].1 == 'a' && two[1].1 == 'b' && two[1].0 - two[0].0 <= 7;
            pairs.extend(own.windows(2).filter(follows).map(|two| (two[0].0, two[1].0)));
        }
        pairs
    }

    #[test]
    fn a_window_bounds_all_events_and_an_end_gives_what_there_is() {
        let directory = tempfile::tempdir().unwrap();
        let lake = open(directory.path());
        lake.append(&batch(events("a1@0 b1@5 a1@6 b1@7"))).unwrap();
        let two = asked("sequence by user with maxspan=10s [service:a] [service:b]");
        let window = Window { from: noon_plus(1), to: noon_plus(8) };
        let answer = lake.sequences(&two, &window, 1, &Cancel::new()).unwrap();
        assert_eq!((answer.found.len(), answer.more, answer.partial), (1, false, false));
        assert_eq!((answer.found[0].first, answer.found[0].last), (noon_plus(6), noon_plus(7)));
        let answer = lake.sequences(&two, &Window::all(), 1, &Cancel::new()).unwrap();
        assert!(answer.more && answer.found.len() == 1);
        let ended = Cancel::new();
        ended.enough();
        assert!(lake.sequences(&two, &Window::all(), 1, &ended).unwrap().partial);
        assert_eq!(lake.count(&Query::all(), &Window::all(), &Cancel::new()).unwrap().count, 4);
    }
}

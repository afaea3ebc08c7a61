//! Sequences over the log, over files and over both.

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
    let answer = lake.sequences(&two, &window, 1, None, &Cancel::new()).unwrap();
    assert_eq!((answer.found.len(), answer.more, answer.partial), (1, false, false));
    assert_eq!((answer.found[0].first, answer.found[0].last), (noon_plus(6), noon_plus(7)));
    let answer = lake.sequences(&two, &Window::all(), 1, None, &Cancel::new()).unwrap();
    assert!(answer.more && answer.found.len() == 1);
    let ended = Cancel::new();
    ended.enough();
    assert!(lake.sequences(&two, &Window::all(), 1, None, &ended).unwrap().partial);
    assert_eq!(lake.count(&Query::all(), &Window::all(), &Cancel::new()).unwrap().count, 4);
}

#[test]
fn pages_go_on_behind_each_other_also_where_one_was_ended_early() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let pairs: Vec<Event> = (0..50)
        .flat_map(|n| {
            [event('a', n * 30, "eva"), event('a', n * 30, "otto"), event('b', n * 30 + 5, "eva"), event('b', n * 30 + 5, "otto")]
        })
        .collect();
    lake.append(&batch(pairs)).unwrap();
    lake.seal().unwrap();
    let two = asked("sequence by user with maxspan=10s [service:a] [service:b]");
    let all = lake.sequences(&two, &Window::all(), 1000, None, &Cancel::new()).unwrap();
    assert_eq!((all.found.len(), all.next), (100, None));
    for limit in [1, 3, 7, 99, 100] {
        let (mut told, mut before) = (Vec::new(), None);
        loop {
            let page = lake.sequences(&two, &Window::all(), limit, before, &Cancel::new()).unwrap();
            assert!(page.found.len() == limit || page.next.is_none());
            told.extend(page.found);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(told, all.found, "{limit}");
    }
    // What was ended before anything was gone through goes on from the beginning.
    let ended = Cancel::new();
    ended.enough();
    let page = lake.sequences(&two, &Window::all(), 1000, None, &ended).unwrap();
    assert!(page.partial && page.found.is_empty());
    assert_eq!(lake.sequences(&two, &Window::all(), 1000, page.next, &Cancel::new()).unwrap().found, all.found);
    let page = lake
        .sequences(&two, &Window::all(), 1000, Some(Cursor(Key { time: all.found[9].last, id: EventId(0) })), &ended)
        .unwrap();
    assert_eq!(lake.sequences(&two, &Window::all(), 1000, page.next, &Cancel::new()).unwrap().found, all.found[10..]);
}

#[test]
fn sequences_are_counted_by_time_and_by_what_they_have_in_common() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    lake.append(&batch(events("a1@0 b1@1 a2@2 b2@3 a1@10 b1@11 a1@20 b3@21"))).unwrap();
    let two = asked("sequence by user with maxspan=9s [service:a] [service:b]");
    let window = Window { from: noon_plus(0), to: noon_plus(20) };
    let cancel = Cancel::new();
    assert_eq!(lake.count_sequences(&two, &window, &cancel).unwrap().count, 3);
    assert_eq!(lake.sequence_histogram(&two, &window, 4, &cancel).unwrap().counts, [2, 0, 1, 0]);
    let top = lake.top_of_sequences(&two, &window, 0, 1, &cancel).unwrap();
    let values: Vec<(&str, u64)> = top.values.iter().map(|it| (&*it.value, it.count)).collect();
    assert_eq!((values, top.different, top.others), (vec![("User1", 2)], 2, 1));
    let ended = Cancel::new();
    ended.enough();
    assert!(lake.count_sequences(&two, &window, &ended).unwrap().partial);
}

//! Giving it events and asking for them.

use super::{noon_plus, open};
use crate::testing::{at, batch, marked, sign_in, unparsed};
use crate::{AppendError, Batch, Cancel, Cursor, Lake, Query, ReadError, Values, Window};
use std::time::Duration;
use vigie_kit::problem::Explain;
use vigie_model::event::{Event, StoredEvent};
use vigie_model::ids::EventId;
use vigie_model::lang::Lang;
use vigie_model::time::Timestamp;

fn events(count: i64) -> Vec<Event> {
    (0..count).map(|n| sign_in(noon_plus(n), &format!("web-{}", n % 3), &format!("user{n}"), "10.0.0.1")).collect()
}

fn ids(events: &[StoredEvent]) -> Vec<u64> {
    events.iter().map(|event| event.id.0).collect()
}

fn found(lake: &Lake, query: &str) -> Vec<u64> {
    ids(&lake.search(&Query::parse(query).unwrap(), &Window::all(), 100, None).unwrap().events)
}

/// Once over the log, once over files, once over both.
fn in_every_state(check: impl Fn(&Lake)) {
    for seals in [vec![], vec![4, 7], vec![10]] {
        let directory = tempfile::tempdir().unwrap();
        let lake = open(directory.path());
        for (n, event) in (1..).zip(events(10)) {
            lake.append(&batch(vec![event])).unwrap();
            if seals.contains(&n) {
                lake.seal().unwrap();
            }
        }
        check(&lake);
    }
}

#[test]
fn events_are_found_newest_first() {
    in_every_state(|lake| {
        assert_eq!(found(lake, ""), (1..=10).rev().collect::<Vec<_>>());
        assert_eq!(found(lake, "host:web-1"), [8, 5, 2]);
        assert_eq!(found(lake, "user3 OR user:user7"), [8, 4]);
        assert_eq!(found(lake, "NOT host:web-1 NOT host:web-2"), [10, 7, 4, 1]);
        assert_eq!(found(lake, "nothing such"), Vec::<u64>::new());
    });
}

#[test]
fn pages_hold_still_while_events_come_in() {
    in_every_state(|lake| {
        let all = Query::all();
        let first = lake.search(&all, &Window::all(), 4, None).unwrap();
        assert_eq!(ids(&first.events), [10, 9, 8, 7]);
        // One newer and one older than what is shown.
        lake.append(&batch(vec![unparsed(noon_plus(60), b"new"), unparsed(noon_plus(-60), b"late")])).unwrap();
        let cursor: Cursor = first.next.unwrap().to_string().parse().unwrap();
        let second = lake.search(&all, &Window::all(), 4, Some(cursor)).unwrap();
        assert_eq!(ids(&second.events), [6, 5, 4, 3]);
        let third = lake.search(&all, &Window::all(), 4, second.next).unwrap();
        assert_eq!((ids(&third.events), third.next), (vec![2, 1, 12], None));
    });
}

#[test]
fn windows_counts_and_histograms_agree() {
    in_every_state(|lake| {
        let window = Window { from: noon_plus(2), to: noon_plus(8) };
        let (all, cancel) = (Query::all(), Cancel::new());
        assert_eq!(lake.count(&all, &Window::all(), &cancel).unwrap().count, 10);
        assert_eq!(lake.count(&all, &window, &cancel).unwrap().count, 6);
        assert_eq!(lake.count(&Query::parse("host:web-1").unwrap(), &window, &cancel).unwrap().count, 2);
        let histogram = lake.histogram(&all, &window, 3, &cancel).unwrap();
        assert_eq!((histogram.width_micros, histogram.counts.as_slice()), (2_000_000, &[2, 2, 2][..]));
        let backwards = Window { from: window.to, to: window.from };
        assert_eq!(lake.count(&all, &backwards, &cancel).unwrap().count, 0);
    });
}

#[test]
fn events_come_by_their_numbers() {
    in_every_state(|lake| {
        for id in 1..=10 {
            assert_eq!(lake.get(EventId(id)).unwrap().unwrap().id.0, id);
        }
        assert_eq!(lake.get(EventId(11)).unwrap(), None);
        let mut reached = EventId(2);
        let mut seen = Vec::new();
        loop {
            let page = lake.events_after(reached, 3).unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 3);
            reached = last.id;
            seen.extend(ids(&page));
        }
        assert_eq!(seen, (3..=10).collect::<Vec<_>>());
        assert!(lake.wait_after(EventId(9), Duration::from_secs(60)));
        assert!(!lake.wait_after(EventId(10), Duration::ZERO));
    });
}

#[test]
fn an_event_is_the_same_before_and_after() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let mut odd = sign_in(noon_plus(0), "web-1", "eva", "10.0.0.1");
    odd.raw = vec![0xff, 0, b'x'];
    odd.unmapped.extend([("key", "value"), ("key", "again")]);
    let id = lake.append(&batch(vec![odd.clone()])).unwrap()[0];
    assert_eq!(lake.get(id).unwrap().unwrap().event, odd);
    lake.seal().unwrap();
    assert_eq!(lake.get(id).unwrap().unwrap().event, odd);
    assert_eq!(found(&lake, "unmapped.key:again"), [id.0]);
}

#[test]
fn a_source_goes_on_from_its_last_position() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    assert_eq!(lake.checkpoint("journald"), None);
    lake.append(&marked(noon_plus(0), "a", "journald", b"one")).unwrap();
    lake.append(&marked(noon_plus(0), "b", "files", b"x")).unwrap();
    lake.seal().unwrap();
    lake.append(&marked(noon_plus(1), "c", "journald", b"two")).unwrap();
    assert_eq!(lake.checkpoint("journald"), Some(b"two".to_vec()));
    drop(lake);
    let lake = open(directory.path());
    assert_eq!(lake.checkpoint("journald"), Some(b"two".to_vec()));
    assert_eq!(lake.checkpoint("files"), Some(b"x".to_vec()));
    assert_eq!(lake.append(&Batch::default()).unwrap(), []);
    assert_eq!(lake.append(&batch(events(2))).unwrap(), [EventId(4), EventId(5)]);
}

#[test]
fn a_watcher_sees_what_comes_and_is_told_what_it_missed() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let watch = lake.subscribe();
    lake.append(&batch(events(2))).unwrap();
    assert_eq!(ids(&watch.next(Duration::from_secs(60)).unwrap()), [1, 2]);
    for _ in 0..300 {
        lake.append(&batch(events(1))).unwrap();
    }
    assert_eq!(watch.missed(), 300 - 256);
    drop(lake);
    while watch.try_next().is_ok() {}
    assert_eq!(watch.try_next(), Err(crate::NoEvents::Closed));
}

#[test]
fn a_cancelled_search_ends() {
    in_every_state(|lake| {
        let cancel = Cancel::new();
        cancel.cancel();
        let search = lake.search_until(&Query::parse("user3").unwrap(), &Window::all(), 10, None, &cancel);
        assert!(matches!(search, Err(ReadError::Cancelled)));
    });
}

#[test]
fn a_search_that_is_ended_gives_what_it_has_and_tells_how_far_it_came() {
    in_every_state(|lake| {
        let ended = Cancel::new();
        ended.enough();
        let page = lake.search_until(&Query::all(), &Window::all(), 3, None, &ended).unwrap();
        assert!(page.partial && page.next.is_none() && page.events.is_empty());
        assert!(lake.count(&Query::all(), &Window::all(), &ended).unwrap().partial);
        let come = ended.progress();
        assert_eq!((come.events, come.events_total, come.files), (0, 20, 0), "of two searches");

        let whole = Cancel::new();
        let page = lake.search_until(&Query::all(), &Window::all(), 3, None, &whole).unwrap();
        assert!(!page.partial && page.next.is_some() && page.events.len() == 3);
        let come = whole.progress();
        assert_eq!((come.events, come.files), (10, come.files_total), "what is not wanted is gone through");
    });
}

#[test]
fn what_is_typed_is_completed_by_what_occurs() {
    in_every_state(|lake| {
        let complete = |name: &str, prefix: &str, limit| {
            let found = lake.complete(&Window::all(), &Values::of(name).unwrap(), prefix, limit, &Cancel::new()).unwrap();
            assert!(!found.partial);
            found.values.into_iter().map(|value| format!("{} {}", value.value, value.count)).collect::<Vec<_>>()
        };
        assert_eq!(complete("user", "USER1", 10), ["user1 1"]);
        assert_eq!(complete("user", "user", 2).len(), 2);
        assert_eq!(complete("class", "auth", 10), ["authentication 10"]);
        assert!(complete("src_endpoint.port", "9", 10).is_empty());
        assert_eq!(complete("src_endpoint.port", "50", 10), ["50122 10"]);
        let ended = Cancel::new();
        ended.enough();
        assert!(lake.complete(&Window::all(), &Values::of("user").unwrap(), "", 5, &ended).unwrap().partial);
    });
}

#[test]
fn names_of_the_sources_own_values_are_completed() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let own = |name: &str| {
        let mut event = unparsed(noon_plus(0), b"x");
        event.unmapped.push(name, "1");
        event
    };
    lake.append(&batch(vec![own("seqNo"), own("seqNo"), own("sequence")])).unwrap();
    lake.seal().unwrap();
    lake.append(&batch(vec![own("SeqMode"), own("other")])).unwrap();
    let found = lake.complete_unmapped(&Window::all(), "seq", 9, &Cancel::new()).unwrap();
    let names: Vec<(&str, u64)> = found.values.iter().map(|it| (it.value.as_str(), it.count)).collect();
    assert_eq!(names, [("seqNo", 2), ("SeqMode", 1), ("sequence", 1)]);
}

#[test]
fn a_clock_that_jumps_breaks_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let times = [Timestamp::MIN, at("1970-01-01T00:00:00Z"), noon_plus(0), at("2106-02-07T06:28:15Z"), Timestamp::MAX];
    for (n, time) in times.into_iter().enumerate() {
        let mut event = unparsed(time, format!("n{n}").as_bytes());
        event.received = noon_plus(0);
        lake.append(&batch(vec![event])).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(found(&lake, ""), [5, 4, 3, 2, 1]);
        assert_eq!(found(&lake, "time:<1971-01-01"), [2, 1]);
        assert_eq!(lake.get(EventId(5)).unwrap().unwrap().event.time, Timestamp::MAX);
        lake.seal().unwrap();
    }
}

#[test]
fn a_batch_that_is_too_large_is_refused_and_explained() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let error = lake.append(&batch(vec![unparsed(noon_plus(0), &vec![b'x'; 33 << 20])])).unwrap_err();
    assert!(matches!(error, AppendError::TooLarge { .. }));
    assert!(error.explain().told(Lang::De).contains("zu viel"));
    assert_eq!(lake.append(&batch(events(1))).unwrap(), [EventId(1)]);
}

#[test]
fn a_nearly_full_disk_is_said_and_taken_up_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = super::by_hand();
    settings.reserve_bytes = u64::MAX / 2;
    let lake = super::open_with(directory.path(), super::clock(), settings);
    let error = lake.append(&batch(events(1))).unwrap_err();
    assert!(matches!(error, AppendError::Full { .. }), "{error}");
    drop(lake);
    assert_eq!(open(directory.path()).append(&batch(events(1))).unwrap(), [EventId(1)]);
}

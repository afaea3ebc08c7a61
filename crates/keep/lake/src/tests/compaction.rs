//! Merging files: the same answers before, during and after, and after a stop between any two steps.

use super::{by_hand, clock, noon_plus, open_with};
use crate::keep::{MergeStep, RewriteError};
use crate::testing::{batch, sign_in, unparsed};
use crate::{Cancel, Compaction, Lake, Query, Settings, Window};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use vigie_model::event::Event;
use vigie_model::ids::EventId;

/// Sealings of a few events of two classes each, from three hosts, and a clock of the next week.
fn filled(directory: &Path, sealings: i64) -> Lake {
    let clock = clock();
    let lake = open_with(directory, clock.clone(), by_hand());
    for sealing in 0..sealings {
        let event = |n: i64| -> Event {
            let time = noon_plus(sealing * 60 + n * 7 % 5);
            if n % 2 == 0 {
                sign_in(time, &format!("web-{}", n % 3), &format!("user{n}"), "10.0.0.1")
            } else {
                unparsed(time, format!("line {n} of {sealing}").as_bytes())
            }
        };
        lake.append(&batch((0..10).map(event).collect())).unwrap();
        lake.seal().unwrap();
    }
    clock.advance(7 * 86_400);
    lake
}

fn ids(lake: &Lake, query: &str) -> Vec<u64> {
    let page = lake.search(&Query::parse(query).unwrap(), &Window::all(), 1000, None).unwrap();
    assert_eq!(page.unreadable, 0);
    page.events.iter().map(|event| event.id.0).collect()
}

fn files_below(directory: &Path) -> usize {
    let count = |entry: std::fs::DirEntry| if entry.file_type().unwrap().is_dir() { files_below(&entry.path()) } else { 1 };
    std::fs::read_dir(directory).unwrap().map(|entry| count(entry.unwrap())).sum()
}

#[test]
fn many_files_become_one_of_each_class_and_every_answer_stays() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path(), 12);
    let questions = ["", "host:web-1", "user:user4", "line", "NOT host:web-0", "class:base_event time:>2026-11-21T12:05"];
    let before: Vec<Vec<u64>> = questions.iter().map(|query| ids(&lake, query)).collect();
    let stats = lake.stats().unwrap();
    assert_eq!(stats.files, 24);
    let compacted = lake.compact().unwrap();
    assert_eq!((compacted.files, compacted.into, compacted.events), (24, 2, 120));
    assert!(compacted.bytes_after < compacted.bytes_before);
    assert_eq!(lake.compact().unwrap().files, 0, "nothing is left to do");
    for (query, before) in questions.iter().zip(before) {
        assert_eq!(ids(&lake, query), before, "{query}");
    }
    for limit in [1, 3, 7] {
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = lake.search(&Query::all(), &Window::all(), limit, cursor).unwrap();
            found.extend(page.events.iter().map(|event| event.id.0));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, ids(&lake, ""));
    }
    let followed: Vec<u64> = lake.events_after(EventId(7), 50).unwrap().iter().map(|event| event.id.0).collect();
    assert_eq!(followed, (8..58).collect::<Vec<_>>());
    for id in 1..=120 {
        assert_eq!(lake.get(EventId(id)).unwrap().unwrap().id.0, id);
    }
    let now = lake.stats().unwrap();
    assert_eq!((now.files, now.events, now.oldest, now.newest), (2, stats.events, stats.oldest, stats.newest));
    assert_eq!(files_below(&directory.path().join("lake")), 2, "nothing lies about");
    let verified = lake.verify().unwrap();
    assert_eq!((verified.files, verified.dropped, verified.acts, verified.faults), (2, 24, 2, vec![]));
}

#[test]
fn a_stop_before_any_step_loses_and_doubles_nothing() {
    for stop in [MergeStep::Announce, MergeStep::Write, MergeStep::Commit, MergeStep::Remove] {
        let directory = tempfile::tempdir().unwrap();
        let lake = filled(directory.path(), 12);
        let stopped = lake.core().compact_next(&|step| step != stop);
        assert!(matches!(stopped, Err(RewriteError::Stopped)), "{stop:?}");
        assert_eq!(ids(&lake, "").len(), 120, "{stop:?}");
        drop(lake);
        let clock = clock();
        clock.advance(7 * 86_400);
        let lake = open_with(directory.path(), clock, by_hand());
        assert_eq!(ids(&lake, "").len(), 120, "{stop:?}");
        assert_eq!(files_below(&directory.path().join("lake")) as u64, lake.stats().unwrap().files, "{stop:?}");
        assert!(lake.verify().unwrap().faults.is_empty(), "{stop:?}");
        lake.compact().unwrap();
        assert_eq!((ids(&lake, "").len(), lake.stats().unwrap().files), (120, 2), "{stop:?}");
    }
}

#[test]
fn a_search_goes_on_with_the_files_it_began_with() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path(), 12);
    // What a search has from its first to its last step.
    let files = lake.core().catalogue.files().unwrap();
    lake.compact().unwrap();
    for row in files.all() {
        assert!(directory.path().join("lake").join(&row.path).exists());
    }
    assert_eq!(lake.core().sweep().unwrap().read, 24);
    lake.core().clean_up();
    assert_eq!(files_below(&directory.path().join("lake")), 26);
    drop(files);
    assert_eq!(lake.core().sweep().unwrap().read, 0);
    assert_eq!(files_below(&directory.path().join("lake")), 2);
}

#[test]
fn searches_beside_sealing_and_merging_see_each_event_once() {
    let directory = tempfile::tempdir().unwrap();
    let compaction = Compaction { after_seconds: 0, every_seconds: 0, ..Compaction::default() };
    let clock = clock();
    let lake = open_with(directory.path(), clock.clone(), Settings { compaction, ..by_hand() });
    let events = || (0..20).map(|n| unparsed(noon_plus(n), b"a line")).collect::<Vec<_>>();
    lake.append(&batch(events())).unwrap();
    clock.advance(2 * 86_400);
    let done = AtomicBool::new(false);
    let searched = std::thread::scope(|scope| {
        let searcher = scope.spawn(|| {
            let mut searched = 0;
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let counted = lake.count(&Query::parse("line").unwrap(), &Window::all(), &Cancel::new()).unwrap();
                assert!(
                    counted.count.is_multiple_of(20) && counted.count >= last && counted.unreadable == 0,
                    "{counted:?} {last}"
                );
                last = counted.count;
                let found = lake.events_after(EventId(0), 10_000).unwrap();
                assert!(found.iter().map(|event| event.id.0).eq(1..=found.len() as u64));
                searched += 1;
            }
            searched
        });
        for _ in 0..15 {
            lake.append(&batch(events())).unwrap();
            lake.seal().unwrap();
            lake.compact().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        searcher.join().unwrap()
    });
    assert!(searched > 0);
    assert_eq!(lake.core().sweep().unwrap().read, 0);
    assert_eq!(lake.stats().unwrap().events, 320);
    assert_eq!(files_below(&directory.path().join("lake")) as u64, lake.stats().unwrap().files);
    assert!(lake.verify().unwrap().faults.is_empty());
}

#[test]
fn what_nobody_who_follows_has_seen_is_not_merged() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path(), 12);
    lake.events_after(EventId(30), 1).unwrap();
    assert_eq!(lake.compact().unwrap().events, 30);
    lake.events_after(EventId(120), 1).unwrap();
    lake.compact().unwrap();
    assert_eq!(lake.stats().unwrap().files, 4);
}

#[test]
fn merging_begins_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    drop(filled(directory.path(), 12));
    let clock = clock();
    clock.advance(7 * 86_400);
    let compaction = Compaction { every_seconds: 1, ..Compaction::default() };
    let lake = open_with(directory.path(), clock, Settings { compaction, ..by_hand() });
    for _ in 0..600 {
        if lake.stats().unwrap().files == 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(lake.stats().unwrap().files, 2);
    assert_eq!(ids(&lake, "").len(), 120);
}

#[test]
fn a_damaged_file_is_not_merged_and_nothing_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let lake = filled(directory.path(), 4);
    let row = lake.core().catalogue.files().unwrap().all()[0].clone();
    std::fs::write(directory.path().join("lake").join(&row.path), b"PAR1 nonsense PAR1").unwrap();
    drop(lake.compact().unwrap_err());
    let page = lake.search(&Query::all(), &Window::all(), 100, None).unwrap();
    assert_eq!((page.events.len() as u64, page.unreadable), (40 - row.facts.rows, 1));
}

//! Sealing, stopped between any two of its steps.

use super::{by_hand, clock, noon_plus, open, open_with};
use crate::seal::{SealError, Step};
use crate::testing::{batch, marked, sign_in, unparsed};
use crate::{Lake, Query, Settings, Window};
use std::path::Path;
use vigie_model::ids::EventId;

fn fill(lake: &Lake) {
    for n in 0..20 {
        let events = vec![sign_in(noon_plus(n), "web-1", "eva", "10.0.0.1"), unparsed(noon_plus(-86_400 * n), b"a line")];
        lake.append(&batch(events)).unwrap();
    }
    lake.append(&marked(noon_plus(0), "last", "journald", b"here")).unwrap();
}

fn all_ids(lake: &Lake) -> Vec<u64> {
    let mut ids: Vec<u64> =
        lake.search(&Query::all(), &Window::all(), 1000, None).unwrap().events.iter().map(|event| event.id.0).collect();
    ids.sort_unstable();
    ids
}

fn files_below(directory: &Path) -> usize {
    let count = |entry: std::fs::DirEntry| if entry.file_type().unwrap().is_dir() { files_below(&entry.path()) } else { 1 };
    std::fs::read_dir(directory).unwrap().map(|entry| count(entry.unwrap())).sum()
}

#[test]
fn a_stop_before_any_step_loses_and_doubles_nothing() {
    let steps = [Step::Announce, Step::WriteFile(0), Step::WriteFile(5), Step::Commit, Step::Forget, Step::Remove];
    for stop in steps {
        let directory = tempfile::tempdir().unwrap();
        let lake = open(directory.path());
        fill(&lake);
        let stopped = lake.core().seal(&|step| step != stop);
        assert!(matches!(stopped, Err(SealError::Stopped(step)) if step == stop), "{stop:?}");
        drop(lake);

        let lake = open(directory.path());
        assert_eq!(all_ids(&lake), (1..=41).collect::<Vec<_>>(), "{stop:?}");
        assert_eq!(lake.checkpoint("journald"), Some(b"here".to_vec()), "{stop:?}");
        lake.seal().unwrap();
        assert_eq!(all_ids(&lake), (1..=41).collect::<Vec<_>>(), "{stop:?}");
        let stats = lake.stats().unwrap();
        assert_eq!((stats.events, stats.unsealed), (41, 0), "{stop:?}");
        // Nothing lies about beside the files of the catalogue.
        assert_eq!(files_below(&directory.path().join("lake")) as u64, stats.files, "{stop:?}");
        assert_eq!(lake.append(&batch(vec![unparsed(noon_plus(0), b"next")])).unwrap(), [EventId(42)], "{stop:?}");
    }
}

#[test]
fn a_search_during_the_change_over_sees_each_event_once() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    fill(&lake);
    let sealed = lake.core().seal(&|step| {
        assert_eq!(all_ids(&lake).len(), 41, "{step:?}");
        assert_eq!(lake.events_after(EventId(0), 100).unwrap().len(), 41, "{step:?}");
        true
    });
    assert_eq!(sealed.unwrap().events, 41);
}

#[test]
fn events_of_one_class_and_day_share_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    fill(&lake);
    lake.seal().unwrap();
    let day = directory.path().join("lake/class=3002/tenant=default/eventDay=20261121");
    assert_eq!(files_below(&day), 1);
    assert_eq!(lake.stats().unwrap().files, 21);
}

#[test]
fn segments_fill_and_are_sealed_by_themselves() {
    let directory = tempfile::tempdir().unwrap();
    let settings = Settings { segment_bytes: 100_000, seal_events: 500, ..by_hand() };
    let lake = open_with(directory.path(), clock(), settings);
    let mut watch = 0;
    for n in 0..100 {
        let events = (0..20).map(|m| sign_in(noon_plus(n * 20 + m), "web-1", "eva", "10.0.0.1")).collect();
        watch = lake.append(&batch(events)).unwrap().last().unwrap().0;
    }
    assert_eq!(watch, 2000);
    // The sealer works beside; sealing by hand waits for it.
    lake.seal().unwrap();
    assert_eq!(all_ids(&lake).len(), 1000, "a page is a page");
    assert_eq!(lake.stats().unwrap().events, 2000);
    assert_eq!(lake.stats().unwrap().unsealed, 0);
}

#[test]
fn age_counts_by_the_clock() {
    let directory = tempfile::tempdir().unwrap();
    let clock = clock();
    let settings = Settings { seal_after_seconds: 300, ..by_hand() };
    let lake = open_with(directory.path(), clock.clone(), settings);
    assert!(!lake.core().is_due());
    fill(&lake);
    assert!(!lake.core().is_due());
    clock.advance(301);
    assert!(!lake.core().is_due(), "too few to be worth a file");
    clock.advance(300 * 12);
    assert!(lake.core().is_due());
    clock.advance(-100_000);
    assert!(!lake.core().is_due());
}

#[test]
fn an_event_that_breaks_an_encoder_is_put_aside_and_the_others_are_sealed() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    for n in 0..20 {
        let raw = if n == 7 || n == 13 { format!("poison: {n}") } else { format!("a line {n}") };
        lake.append(&batch(vec![unparsed(noon_plus(n), raw.as_bytes())])).unwrap();
    }
    lake.seal().unwrap();
    let stats = lake.stats().unwrap();
    assert_eq!((stats.events, stats.unsealed, stats.files), (18, 0, 1));
    let aside = std::fs::read_dir(directory.path().join("lake/log/damaged")).unwrap();
    let aside: Vec<Vec<u8>> = aside.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    assert_eq!(aside.len(), 2);
    assert!(aside.iter().all(|bytes| bytes.windows(7).any(|window| window == b"poison:")));
    assert_eq!(lake.verify().unwrap().faults, []);
}

//! Retention, verification, damage.

use super::{by_hand, clock, noon_plus, open, open_with};
use crate::testing::{batch, sign_in, unparsed};
use crate::{Cancel, Lake, OpenError, Query, Retention, Settings, VerifyFault, Window};
use std::path::{Path, PathBuf};
use vigie_db::Db;
use vigie_kit::problem::Explain;
use vigie_model::lang::Lang;

fn days(days: u32, classes: &[(&str, u32)]) -> Settings {
    let classes = classes.iter().map(|(name, days)| ((*name).to_owned(), *days)).collect();
    Settings { retention: Retention { days, classes, ..Retention::default() }, ..by_hand() }
}

fn count(lake: &Lake) -> u64 {
    lake.count(&Query::all(), &Window::all(), &Cancel::new()).unwrap().count
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.retain(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    found.sort();
    found
}

#[test]
fn files_go_when_everything_in_them_is_old_enough() {
    let directory = tempfile::tempdir().unwrap();
    let clock = clock();
    let lake = open_with(directory.path(), clock.clone(), days(10, &[("authentication", 100), ("api_activity", 0)]));
    let mut old = unparsed(noon_plus(-86_400 * 30), b"an old line, received today");
    old.received = noon_plus(0);
    lake.append(&batch(vec![old, sign_in(noon_plus(0), "web-1", "eva", "10.0.0.1")])).unwrap();
    lake.seal().unwrap();
    assert_eq!(lake.expire().unwrap().files, 0);
    for day in 1..=120 {
        clock.advance(86_400);
        let expired = lake.expire().unwrap();
        let expected = match day {
            11 => (1, 1),
            101 => (1, 1),
            _ => (0, 0),
        };
        assert_eq!((expired.files, expired.events), expected, "day {day}");
    }
    assert_eq!((count(&lake), files(directory.path()).len()), (0, 0));
    let verified = lake.verify().unwrap();
    assert_eq!((verified.dropped, verified.faults.len()), (2, 0), "the chain remembers what was dropped");
}

#[test]
fn a_clock_that_jumps_far_ahead_does_not_empty_the_lake() {
    let directory = tempfile::tempdir().unwrap();
    let clock = clock();
    let lake = open_with(directory.path(), clock.clone(), days(10, &[]));
    lake.append(&batch(vec![unparsed(noon_plus(0), b"a line")])).unwrap();
    lake.seal().unwrap();
    lake.expire().unwrap();
    clock.advance(86_400 * 3650);
    assert!(lake.expire().unwrap().postponed);
    clock.advance(-86_400 * 3650);
    assert!(lake.expire().unwrap().postponed);
    assert_eq!(lake.expire().unwrap().files, 0);
    assert_eq!(count(&lake), 1);
}

#[test]
fn what_others_did_to_files_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    for n in 0..4 {
        lake.append(&batch(vec![unparsed(noon_plus(86_400 * -n), b"a line")])).unwrap();
    }
    lake.seal().unwrap();
    assert_eq!(lake.verify().unwrap().files, 4);
    let files = files(directory.path());
    std::fs::remove_file(&files[0]).unwrap();
    let mut bytes = std::fs::read(&files[1]).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&files[1], bytes).unwrap();
    let db = Db::open(&directory.path().join("state.db")).unwrap();
    db.write(|w| w.execute("UPDATE lake_file SET row_count = 7 WHERE number = 3", vigie_db::params![])).unwrap();
    let faults = lake.verify().unwrap().faults;
    assert!(matches!(&faults[..], [VerifyFault::Chain(3), _, _]), "{faults:?}");
    assert!(faults.iter().any(|fault| matches!(fault, VerifyFault::Missing(path) if files[0].ends_with(path))));
    assert!(faults.iter().any(|fault| matches!(fault, VerifyFault::Changed(path) if files[1].ends_with(path))));
}

#[test]
fn a_damaged_file_is_counted_and_the_rest_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    for n in 0..3 {
        lake.append(&batch(vec![unparsed(noon_plus(86_400 * -n), b"a line")])).unwrap();
    }
    lake.seal().unwrap();
    std::fs::write(&files(directory.path())[1], b"PAR1 nonsense PAR1").unwrap();
    let page = lake.search(&Query::parse("line").unwrap(), &Window::all(), 10, None).unwrap();
    assert_eq!((page.events.len(), page.unreadable), (2, 1));
    let followed: Vec<u64> =
        lake.events_after(vigie_model::ids::EventId(0), 10).unwrap().iter().map(|event| event.id.0).collect();
    assert_eq!(followed, [1, 3], "whoever follows is not held up");
}

#[test]
fn a_newer_lake_is_refused_in_three_languages() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let db = Db::open(&directory.path().join("state.db")).unwrap();
    db.write(|w| {
        w.execute("INSERT INTO migration (room, number, name, applied_at) VALUES ('lake', 5, 'to come', 0)", vigie_db::params![])
    })
    .unwrap();
    let error = Lake::open(&directory.path().join("lake"), db, clock(), by_hand()).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Db(vigie_db::DbError::Newer { .. })));
    assert!(error.explain().told(Lang::Fr).contains("plus récent"));
}

#[test]
fn retention_of_a_class_nobody_knows_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let db = Db::in_memory().unwrap();
    let error = Lake::open(directory.path(), db, clock(), days(1, &[("logins", 3)])).map(drop).unwrap_err();
    assert!(error.explain().told(Lang::En).contains("`logins`"));
}

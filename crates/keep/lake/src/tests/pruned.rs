//! A chain that begins at a base.

use super::holding::hold;
use super::{by_hand, clock, noon_plus};
use crate::disk::model::ModelDisk;
use crate::testing::{batch, sign_in, unparsed};
use crate::{Compaction, Erasure, Lake, Query, Settings, VerifyFault, Window};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use vigie_db::{Db, params};
use vigie_kit::clock::Clock;
use vigie_testkit::FakeClock;

fn open(db: &Db, clock: &Arc<FakeClock>, settings: Settings) -> Lake {
    let disk = Arc::new(ModelDisk::default());
    Lake::open_on(disk, None, Path::new("/lake"), db.clone(), Arc::clone(clock) as Arc<dyn Clock>, settings).unwrap()
}

/// A lake with everything before its base: merges, a retention, an erasure, a hold; and some after it.
fn pruned() -> (Lake, Db, TempDir) {
    let clock = clock();
    let compaction = Compaction { after_seconds: 0, ..by_hand().compaction };
    let retention = crate::Retention { days: 10, ..crate::Retention::default() };
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let db = Db::open(&directory.path().join("state.db")).unwrap();
    let lake = open(&db, &clock, Settings { compaction, retention, ..by_hand() });
    lake.expire().unwrap();
    let fill = |lake: &Lake, days: i64| {
        for n in 0..10 {
            let time = noon_plus(86_400 * days + n);
            lake.append(&batch(vec![sign_in(time, "web-1", "eva", "10.0.0.1"), unparsed(time, b"a line")])).unwrap();
            lake.seal().unwrap();
        }
        lake.compact().unwrap();
    };
    fill(&lake, 0);
    for _ in 0..12 {
        clock.advance(86_400);
        lake.expire().unwrap();
    }
    fill(&lake, 12);
    let erasure = Erasure {
        query: Query::parse("user:eva").unwrap(),
        window: Window::all(),
        who: "test".to_owned(),
        reason: "test".to_owned(),
        keep_query: true,
        spare_held: false,
    };
    assert!(lake.erase(&erasure).unwrap().events > 0);
    lake.hold(&hold("case", "line")).unwrap();
    assert_eq!(lake.verify().unwrap().faults, []);
    clock.advance(3600);
    let now = noon_plus(86_400 * 12 + 3600);
    let pruned = lake.core().catalogue.prune(now, 1, now).unwrap();
    assert!(pruned.files > 30 && pruned.acts > 2, "{pruned:?}");
    fill(&lake, 12);
    (lake, db, directory)
}

#[test]
fn the_chain_since_its_base_is_proven() {
    let (lake, db, _directory) = pruned();
    let verified = lake.verify().unwrap();
    assert_eq!(verified.faults, []);
    assert!(verified.base > 0 && verified.pruned > 30, "{verified:?}");
    assert_eq!((lake.erasures().unwrap().len(), lake.holds().unwrap().len()), (1, 1), "proofs and holds stay");
    let (head, number) = lake.head().unwrap();
    assert_eq!(lake.verify_links(Some(head)).unwrap().expected, Some(number));

    // Another base takes the place of the first, and adds up.
    let later = noon_plus(86_400 * 13);
    let more = lake.core().catalogue.prune(later, 1, later).unwrap();
    let again = lake.verify().unwrap();
    assert_eq!((again.faults, again.pruned), (vec![], verified.pruned + more.files + more.acts));
    assert!(again.base > verified.base);
    drop(lake);
    assert_eq!(open(&db, &clock(), by_hand()).verify_links(None).unwrap().faults, []);
}

#[test]
fn what_others_change_before_and_after_the_base_is_noticed() {
    let (_lake, sound, directory) = pruned();
    let mut copies = 0;
    for tamper in [
        // Before it.
        "UPDATE lake_file SET row_count = row_count + 1 WHERE number = (SELECT MIN(number) FROM lake_file)",
        "DELETE FROM lake_file WHERE number = (SELECT MIN(number) FROM lake_file)",
        "UPDATE lake_file SET number = number - 1 WHERE number = (SELECT MIN(number) FROM lake_file)",
        "UPDATE lake_act SET body = replace(body, '\"removed\":', '\"removed\":1') WHERE kind = 'erased'",
        "DELETE FROM lake_act WHERE kind = 'erased'",
        "DELETE FROM lake_dropped WHERE act = (SELECT number FROM lake_act WHERE kind = 'erased')",
        "DELETE FROM lake_act WHERE kind = 'hold'",
        // The base itself.
        "UPDATE lake_act SET body = replace(body, '\"files\":', '\"files\":1') WHERE kind = 'base'",
        "UPDATE lake_act SET body = 'nothing' WHERE kind = 'base'",
        "DELETE FROM lake_act WHERE kind = 'base'",
        // After it.
        "UPDATE lake_file SET row_count = row_count + 1 WHERE number = (SELECT MAX(number) FROM lake_file)",
        "DELETE FROM lake_act WHERE number = (SELECT MAX(number) FROM lake_act WHERE kind = 'compacted')",
        "DELETE FROM lake_dropped WHERE number = (SELECT MAX(number) FROM lake_dropped)",
    ] {
        copies += 1;
        let copy = directory.path().join(format!("{copies}.db"));
        sound.back_up(&copy).unwrap();
        let db = Db::open(&copy).unwrap();
        db.write(|w| w.execute(tamper, params![])).unwrap();
        let faults = open(&db, &clock(), by_hand()).verify_links(None).unwrap().faults;
        assert!(matches!(faults.first(), Some(VerifyFault::Chain(_) | VerifyFault::Act(_))), "{tamper}: {faults:?}");
    }
}

#[test]
fn what_is_not_worth_it_is_left() {
    let (lake, _, _directory) = pruned();
    let later = noon_plus(86_400 * 30);
    assert_eq!(lake.core().catalogue.prune(later, 1_000, later).unwrap().acts, 0);
    let before = noon_plus(-86_400);
    assert_eq!(lake.core().catalogue.prune(before, 1, later).unwrap().acts, 0);
}

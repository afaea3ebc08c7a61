//! Files on object storage: a directory always, servers where `VIGIE_STORES` has their addresses, one after the
//! other, and the environment what lets us in. What goes wrong there is the oracle's.

use super::{by_hand, clock, noon_plus, open_with};
use crate::disk::model::ModelDisk;
use crate::store::model::{ModelStore, StoreFault};
use crate::store::{GRACE_SECONDS, Store};
use crate::testing::{batch, sign_in, unparsed};
use crate::{Cancel, Compaction, Erasure, Lake, OpenError, Query, Settings, StoreSettings, VerifyFault, Window};
use std::path::Path;
use std::sync::Arc;
use vigie_db::Db;
use vigie_kit::problem::Explain;
use vigie_model::lang::Lang;
use vigie_testkit::FakeClock;

fn on(address: &str) -> Settings {
    let store = StoreSettings { address: Some(address.to_owned()), cache_bytes: 1 << 20 };
    let compaction = Compaction { after_seconds: 0, ..by_hand().compaction };
    Settings { store, compaction, ..by_hand() }
}

fn fill(lake: &Lake, sealings: i64) {
    for n in 0..sealings {
        let time = noon_plus(n);
        lake.append(&batch(vec![sign_in(time, "web-1", "eva", "10.0.0.1"), unparsed(time, b"a line of text")])).unwrap();
        lake.seal().unwrap();
    }
}

fn count(lake: &Lake, query: &str) -> (u64, u64) {
    let counted = lake.count(&Query::parse(query).unwrap(), &Window::all(), &Cancel::new()).unwrap();
    (counted.count, counted.unreadable)
}

fn erase_eva(lake: &Lake) -> (u64, u64) {
    let erasure = Erasure {
        query: Query::parse("user:eva").unwrap(),
        window: Window::all(),
        who: "test".to_owned(),
        reason: "test".to_owned(),
        keep_query: false,
        spare_held: false,
    };
    let erased = lake.erase(&erasure).unwrap();
    (erased.events, erased.still_read)
}

/// Everything that is done to files, at an address.
fn everything(address: &str) {
    let directory = tempfile::tempdir().unwrap();
    let lake = open_with(directory.path(), clock(), on(address));
    fill(&lake, 10);
    assert_eq!(count(&lake, "text"), (10, 0));
    assert_eq!(lake.compact().unwrap().into, 2);
    assert_eq!(erase_eva(&lake), (10, 0));
    let table = lake.publish_delta().unwrap();
    assert_eq!((table.path.to_str().unwrap(), table.files, table.events), (address, 1, 10));
    let status = lake.store_status().unwrap();
    assert_eq!((status.failing_since, status.problem, status.failed), (None, None, 0));
    assert!(status.sent > 20 && status.sent_bytes > 0);
    drop(lake);

    // Another start, and nothing of it here but the log, the catalogue and what is in the cache.
    std::fs::remove_dir_all(directory.path().join("lake/cache")).unwrap();
    let lake = open_with(directory.path(), clock(), on(address));
    assert_eq!((count(&lake, ""), count(&lake, "user:eva")), ((10, 0), (0, 0)));
    assert!(lake.store_status().unwrap().fetched_bytes > 0);
    assert_eq!(lake.verify().unwrap().faults, []);
    fill(&lake, 1);
    assert_eq!(lake.publish_delta().unwrap().version, 1);
    assert_eq!(count(&lake, ""), (12, 0));
}

#[test]
fn files_of_events_lie_in_a_directory_elsewhere() {
    let elsewhere = tempfile::tempdir().unwrap();
    everything(&format!("file://{}/events", elsewhere.path().display()));
    let table = elsewhere.path().join("events");
    assert!(table.join("_delta_log/00000000000000000001.json").is_file());
    let Ok(python) = std::env::var("VIGIE_PYTHON") else {
        println!("skipped: another engine, without VIGIE_PYTHON");
        return;
    };
    let script = "import duckdb,sys; print(duckdb.sql(f\"select count(*) from read_parquet('{sys.argv[1]}/class=*/*/*/*.parquet', hive_partitioning=false, union_by_name=true)\").fetchall()[0][0])";
    let counted = std::process::Command::new(python).args(["-c", script]).arg(&table).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&counted.stdout).trim(), "12", "{}", String::from_utf8_lossy(&counted.stderr));
}

#[test]
fn files_of_events_lie_on_servers() {
    let Ok(addresses) = std::env::var("VIGIE_STORES") else {
        println!("skipped: servers, without VIGIE_STORES");
        return;
    };
    addresses.split_whitespace().for_each(everything);
}

#[test]
fn files_of_before_go_there_and_the_way_back_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let address = format!("file://{}", elsewhere.path().display());
    let lake = open_with(directory.path(), clock(), by_hand());
    fill(&lake, 3);
    drop(lake);
    let lake = open_with(directory.path(), clock(), on(&address));
    assert_eq!(count(&lake, ""), (6, 0), "they are read where they are until they have gone");
    lake.core().tend_store();
    assert_eq!(lake.store_status().unwrap().sent, 6);
    assert_eq!((count(&lake, ""), lake.verify().unwrap().files), ((6, 0), 6));
    drop(lake);

    let db = || Db::open(&directory.path().join("state.db")).unwrap();
    let opened = |settings| Lake::open(&directory.path().join("lake"), db(), clock(), settings).map(drop);
    let error = opened(by_hand()).unwrap_err();
    assert!(matches!(error, OpenError::StoreNotGiven { .. }));
    assert!(error.explain().told(Lang::De).contains("--lake-store"));
    assert!(matches!(opened(on(&format!("{address}/other"))), Err(OpenError::OtherStore { .. })));
    assert!(matches!(opened(on("s3://user:secret@bucket")), Err(OpenError::Objects(_))));
}

fn on_model() -> (ModelStore, Lake, Arc<FakeClock>) {
    let disk = ModelDisk::default();
    let store = ModelStore::beside(&disk);
    let clock = clock();
    let there: Arc<dyn Store> = Arc::new(store.clone());
    let lake = Lake::open_on(Arc::new(disk), Some(there), Path::new("/lake"), Db::in_memory().unwrap(), clock.clone(), by_hand());
    (store, lake.unwrap(), clock)
}

#[test]
fn what_arrives_late_is_removed_when_its_time_is_over() {
    let (store, lake, clock) = on_model();
    lake.append(&batch(vec![unparsed(noon_plus(0), b"a line")])).unwrap();
    store.plan(StoreFault::Late(1000));
    lake.seal().unwrap_err();
    let status = lake.store_status().unwrap();
    assert_eq!((status.failing_since, status.failed), (Some(noon_plus(0)), 1));
    assert_eq!((count(&lake, ""), lake.stats().unwrap().unsealed), ((1, 0), 1), "it is in the log");
    lake.seal().unwrap();
    assert_eq!(lake.store_status().unwrap().failing_since, None);
    assert_eq!(store.keys().len(), 1);

    // Now somebody does what nobody waits for any more.
    store.catch_up();
    assert_eq!(store.keys().len(), 2);
    lake.core().tend_store();
    assert_eq!(store.keys().len(), 2, "it may still be on its way, for all that is known");
    clock.advance(GRACE_SECONDS + 1);
    lake.core().tend_store();
    assert_eq!((store.keys().len(), lake.core().catalogue.all_leftovers().unwrap().len()), (1, 0));
    assert_eq!(lake.verify().unwrap().faults, []);
}

#[test]
fn what_is_erased_is_removed_there_at_once_and_again_until_it_is() {
    let (store, lake, _) = on_model();
    fill(&lake, 1);
    assert_eq!(store.keys().len(), 2);
    store.plan(StoreFault::Fails);
    // What is erased is read from the cache: the first request is the removal.
    let before = store.keys();
    let erased = erase_eva(&lake);
    assert_eq!(erased.0, 1);
    lake.core().sweep().unwrap();
    assert!(before.iter().any(|key| !store.keys().contains(key)));
    assert_eq!((store.keys().len(), count(&lake, "")), (1, (1, 0)));
}

#[test]
fn what_others_change_there_is_noticed_past_the_cache() {
    let (store, lake, _) = on_model();
    fill(&lake, 1);
    assert_eq!(lake.verify().unwrap().faults, []);
    store.tamper(&store.keys()[0], 100);
    assert!(matches!(&lake.verify().unwrap().faults[..], [VerifyFault::Changed(_)]));
    store.remove(&store.keys()[1]).unwrap();
    let faults = lake.verify().unwrap().faults;
    assert!(faults.iter().any(|fault| matches!(fault, VerifyFault::Missing(_))) && faults.len() == 2, "{faults:?}");
    assert_eq!(count(&lake, ""), (2, 0), "the cache has them still");
}

#[test]
fn an_object_that_is_not_what_was_sent_is_no_file() {
    let (store, lake, _) = on_model();
    lake.append(&batch(vec![unparsed(noon_plus(0), b"a line")])).unwrap();
    store.plan(StoreFault::Damaged);
    lake.seal().unwrap_err();
    assert_eq!((lake.stats().unwrap().files, lake.stats().unwrap().unsealed), (0, 1));
    lake.seal().unwrap();
    assert_eq!((count(&lake, ""), store.keys().len(), lake.verify().unwrap().faults.len()), ((1, 0), 1, 0));
    let local = lake.core().disk.list(Path::new("/lake/cache")).unwrap();
    assert_eq!(local.len(), 1, "what was sent is in the cache");
}

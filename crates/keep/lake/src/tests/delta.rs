//! The Delta log follows the files, and another program reads the table.
//!
//! `VIGIE_PYTHON_DELTA` names a Python that has `deltalake`; without it that part is skipped.

use super::{by_hand, clock, noon_plus, open_with};
use crate::disk::{Disk, RealDisk};
use crate::testing::{batch, of_tenant, sign_in, unparsed};
use crate::{Compaction, Erasure, Lake, Query, Settings, Window};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use vigie_testkit::FakeClock;

const SCRIPT: &str = r#"
import sys
try:
    import deltalake
except ImportError:
    sys.exit("skipped")
table = deltalake.DeltaTable(sys.argv[1])
rows = deltalake.QueryBuilder().register("t", table).execute(
    'SELECT count(*) AS n, count("user.name") AS u, sum(id) AS s, count(DISTINCT tenant) AS t, min(class) AS c FROM t').read_all()
print(table.version(), table.protocol().min_reader_version, *(rows.column(i)[0].as_py() for i in range(5)))
"#;

fn lake(directory: &Path) -> (Lake, Arc<FakeClock>) {
    let clock = clock();
    let compaction = Compaction { every_seconds: 0, after_seconds: 0, ..Compaction::default() };
    (open_with(directory, clock.clone(), Settings { compaction, ..by_hand() }), clock)
}

/// The files that all versions add up to, and how many went or came without a change of data.
pub(super) fn replayed(disk: &dyn Disk, lake: &Path) -> Result<(BTreeSet<String>, usize), String> {
    let directory = lake.join("_delta_log");
    let mut names: Vec<String> = disk.list(&directory).unwrap();
    names.retain(|name| name.starts_with('0') && name.ends_with(".json"));
    names.sort();
    let (mut files, mut moved) = (BTreeSet::new(), 0);
    for (name, number) in names.iter().zip(0..) {
        if *name != format!("{number:020}.json") {
            return Err(format!("version {number} is left out: {names:?}"));
        }
        let file = disk.read(&directory.join(name)).unwrap();
        let mut text = vec![0; usize::try_from(file.length().unwrap()).unwrap()];
        file.read_exact_at(0, &mut text).unwrap();
        for line in String::from_utf8_lossy(&text).lines() {
            let line: Value = serde_json::from_str(line).map_err(|error| format!("{name}: {error}"))?;
            for (kind, comes) in [("add", true), ("remove", false)] {
                let Some(action) = line.get(kind) else { continue };
                let path = action["path"].as_str().unwrap().replace("%25", "%");
                moved += usize::from(action["dataChange"] == false);
                if !(if comes { files.insert(path) } else { files.remove(&path) }) {
                    return Err(format!("{name}: {line}"));
                }
            }
        }
    }
    Ok((files, moved))
}

fn agrees(lake: &Lake, directory: &Path) -> usize {
    let files = lake.core().catalogue.files().unwrap();
    let known: BTreeSet<String> = files.all().iter().map(|file| file.path.clone()).collect();
    let (replayed, moved) = replayed(&RealDisk, &directory.join("lake")).unwrap();
    assert_eq!(replayed, known);
    moved
}

fn take(lake: &Lake, round: i64) {
    let events = (0..4).map(|place| {
        let time = noon_plus(round * 10 + place);
        let event = if place == 0 { unparsed(time, b"what?") } else { sign_in(time, "web-1", &format!("user-{place}"), "::1") };
        of_tenant(event, ["default", "Öl & Gas"][usize::from(place % 2 == 1)])
    });
    lake.append(&batch(events.collect())).unwrap();
    lake.seal().unwrap();
}

fn read_by_python(directory: &Path) -> Option<String> {
    let python = std::env::var("VIGIE_PYTHON_DELTA").ok()?;
    let output = Command::new(python).args(["-c", SCRIPT]).arg(directory.join("lake")).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if said.trim() == "skipped" {
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[test]
fn the_log_follows_everything_that_happens_to_files() {
    let directory = tempfile::tempdir().unwrap();
    let (lake, clock) = lake(directory.path());
    take(&lake, 0);
    assert!(!directory.path().join("lake/_delta_log").exists(), "nobody asked for it");
    assert_eq!(lake.publish_delta().unwrap().version, 0);
    assert_eq!(agrees(&lake, directory.path()), 0);
    for round in 1..4 {
        take(&lake, round);
    }
    assert_eq!(lake.publish_delta().unwrap().version, 3, "nothing has changed since");
    agrees(&lake, directory.path());
    clock.advance(2 * 86_400);
    let merged = lake.compact().unwrap();
    assert_eq!(agrees(&lake, directory.path()) as u64, merged.files + merged.into, "what was merged is no change of data");
    let erasure = Erasure {
        query: Query::parse("user:user-1").unwrap(),
        window: Window::all(),
        who: "test".to_owned(),
        reason: "asked".to_owned(),
        keep_query: false,
        spare_held: false,
    };
    assert_eq!(lake.erase(&erasure).unwrap().events, 4);
    agrees(&lake, directory.path());
    drop(lake);
    let (lake, _) = self::lake(directory.path());
    assert_eq!(lake.publish_delta().unwrap().events, 12);
    agrees(&lake, directory.path());
    lake.end_delta().unwrap();
    assert_eq!(std::fs::read_dir(directory.path().join("lake/_delta_log")).unwrap().count(), 0);
    assert_eq!(lake.publish_delta().unwrap().version, 0);
    agrees(&lake, directory.path());
}

#[test]
fn what_was_written_and_not_noted_is_not_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let (lake, _) = lake(directory.path());
    take(&lake, 0);
    lake.publish_delta().unwrap();
    // As if the machine had stopped right after the first version was written.
    let since = lake.core().catalogue.published().unwrap().unwrap().since;
    lake.core().catalogue.end_publishing().unwrap();
    lake.core().catalogue.begin_publishing(since).unwrap();
    take(&lake, 1);
    agrees(&lake, directory.path());
    assert_eq!(lake.publish_delta().unwrap().version, 1);
}

#[test]
fn another_program_reads_the_table_also_from_a_checkpoint() {
    let directory = tempfile::tempdir().unwrap();
    let (lake, _) = lake(directory.path());
    take(&lake, 0);
    lake.publish_delta().unwrap();
    if let Some(said) = read_by_python(directory.path()) {
        assert_eq!(said, "0 1 4 3 10 2 0");
    }
    for round in 1..=66 {
        take(&lake, round);
    }
    let mut names: Vec<String> = std::fs::read_dir(directory.path().join("lake/_delta_log"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.first().map(String::as_str), Some("00000000000000000032.checkpoint.parquet"));
    assert_eq!((names.len(), names.last().map(String::as_str)), (38, Some("_last_checkpoint")));
    match read_by_python(directory.path()) {
        Some(said) => assert_eq!(said, format!("66 1 268 201 {} 2 0", 268 * 269 / 2)),
        None => eprintln!("skipped: VIGIE_PYTHON_DELTA names no Python with deltalake"),
    }
}

//! Opening a lake of a hundred million events, and reading all of one: what both take is printed, not
//! judged.

use super::{by_hand, clock, noon_plus, open_with};
use crate::catalogue::{NewFile, Sealing};
use crate::files::FileFacts;
use crate::testing::{file_row, long_tier};
use crate::{Lake, Query, Window};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

/// Puts rows into the catalogue of files that nobody wrote.
fn with_rows(directory: &Path, files: i64, facts: impl Fn(FileFacts) -> FileFacts) -> Lake {
    let lake = open_with(directory, clock(), by_hand());
    let file = |number: i64| {
        let row = file_row(number, 20_000, noon_plus(-number * 60));
        NewFile { path: format!("file-{number}"), class_uid: row.class_uid, day: row.day, facts: facts(row.facts) }
    };
    let files: Vec<NewFile> = (1..=files).map(file).collect();
    let next_id = 1 + files.len() as u64;
    let sealing = Sealing { files, checkpoints: HashMap::new(), low_water: 0, next_id, at: noon_plus(0) };
    lake.core().catalogue.commit(&sealing).unwrap();
    lake
}

#[test]
fn a_start_opens_no_file_of_events() {
    let directory = tempfile::tempdir().unwrap();
    drop(with_rows(directory.path(), 5000, |facts| facts));
    let start = Instant::now();
    let lake = open_with(directory.path(), clock(), by_hand());
    let stats = lake.stats().unwrap();
    println!("opened with 5,000 files after {:?}", start.elapsed());
    assert_eq!((stats.files, stats.events), (5000, 100_000_000));
    let start = Instant::now();
    let page = lake.search(&Query::all(), &Window { from: noon_plus(-59), to: noon_plus(1) }, 1, None).unwrap();
    println!("asked for a minute after {:?}", start.elapsed());
    assert_eq!(page.unreadable, 1, "only the file of that minute was looked for");
    let start = Instant::now();
    assert_eq!(lake.verify_links(None).unwrap().faults, []);
    println!("walked 5,000 links after {:?}", start.elapsed());
}

#[test]
fn all_files_are_read_as_fast_as_they_are_hashed() {
    let megabytes: u64 = if long_tier() { 1024 } else { 4 };
    let directory = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..megabytes << 18).flat_map(|n| (n as u32).wrapping_mul(0x9E37_79B9).to_le_bytes()).collect();
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let lake = with_rows(directory.path(), 1, |facts| FileFacts { bytes: megabytes << 20, sha256, ..facts });
    std::fs::write(directory.path().join("lake/file-1"), bytes).unwrap();
    let start = Instant::now();
    let verified = lake.verify().unwrap();
    println!("{megabytes} MB read and hashed in {:?}", start.elapsed());
    assert_eq!((verified.files, verified.bytes, verified.faults), (1, megabytes << 20, vec![]));
}

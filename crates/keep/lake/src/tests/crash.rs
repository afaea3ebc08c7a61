//! A process that takes events is killed, again and again, and nothing it acknowledged is lost.
//!
//! The test starts itself again as the process to be killed (`writes_until_killed`), reads from a
//! pipe what was acknowledged, kills it in the middle of everything (intake by four threads, sealing
//! and merging all the time), opens the lake and compares. Killing does not test a power cut: that is
//! what the model disk is for ([`super::oracle`]).

use super::by_hand;
use crate::testing::{long_tier, unparsed};
use crate::{Batch, Cancel, Checkpoint, Compaction, Lake, Query, Settings, Window};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use vigie_db::Db;
use vigie_kit::clock::SystemClock;
use vigie_model::event::{Event, StoredEvent};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

const WRITERS: u64 = 4;
const DIRECTORY: &str = "VIGIE_TEST_LAKE_TO_KILL";

fn open_small(directory: &Path) -> Lake {
    let compaction = Compaction { every_seconds: 0, after_seconds: 0, ..Compaction::default() };
    let settings = Settings { segment_bytes: 300_000, seal_events: 400, compaction, ..by_hand() };
    let db = Db::open(&directory.join("state.db")).unwrap();
    Lake::open(&directory.join("lake"), db, Arc::new(SystemClock), settings).unwrap()
}

/// A batch that can be told from its writer and number alone.
fn batch(writer: u64, number: u64) -> Batch {
    let events = (0..=number % 7).map(|place| event(writer, number, place)).collect();
    let checkpoint = Checkpoint { source: source(writer), position: number.to_le_bytes().to_vec() };
    Batch { events, checkpoint: Some(checkpoint) }
}

fn event(writer: u64, number: u64, place: u64) -> Event {
    let filler = "x".repeat(usize::try_from(number * 37 % 500).unwrap());
    let time = Timestamp::from_seconds(1_795_000_000 + i64::try_from(number % 900).unwrap());
    unparsed(time, format!("{writer}/{number}/{place} {filler}").as_bytes())
}

fn source(writer: u64) -> String {
    format!("writer-{writer}")
}

fn reached(lake: &Lake, writer: u64) -> u64 {
    lake.checkpoint(&source(writer)).map_or(0, |position| u64::from_le_bytes(position.try_into().unwrap()))
}

/// Not a test of its own: the process that the test below starts and kills.
#[test]
fn writes_until_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let lake = open_small(&PathBuf::from(directory));
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let lake = &lake;
            scope.spawn(move || {
                for number in reached(lake, writer) + 1.. {
                    let ids = lake.append(&batch(writer, number)).unwrap();
                    let line = format!("\nack {writer} {number} {}\n", ids[0].0);
                    // Whoever reads may have stopped reading: then the kill is on its way.
                    drop(std::io::stdout().write_all(line.as_bytes()));
                }
            });
        }
        scope.spawn(|| {
            loop {
                let said = |step| {
                    drop(std::io::stdout().write_all(format!("\nstep {step:?}\n").as_bytes()));
                    true
                };
                lake.core().seal(&said).unwrap();
                let said = |step| {
                    drop(std::io::stdout().write_all(format!("\nmerge {step:?}\n").as_bytes()));
                    true
                };
                lake.core().compact_next(&said).unwrap();
            }
        });
    });
}

/// Lets the process work until it has said so many words of a kind, `ack` or a step of sealing, and
/// kills it. Gives what it acknowledged: writer, number and first id of each batch.
fn run_and_kill(directory: &Path, kind: &str, words: usize) -> Vec<(u64, u64, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::crash::writes_until_killed", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    let mut heard = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // What was in the pipe when it died was acknowledged, too.
        acknowledged.extend(parse(&line).map(|[writer, number, id]| (writer, number, id)));
        heard += usize::from(line.starts_with(kind));
        if heard == words {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(heard >= words, "the process ended by itself");
    acknowledged
}

fn parse(line: &str) -> Option<[u64; 3]> {
    let numbers: Vec<u64> = line.strip_prefix("ack ")?.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
    numbers.try_into().ok()
}

/// What was promised so far, and what was found.
#[derive(Default)]
struct Oracle {
    acknowledged: BTreeMap<(u64, u64), u64>,
    found: BTreeMap<(u64, u64), u64>,
    last_id: u64,
}

impl Oracle {
    /// Reads what is new and holds it against the promises.
    fn check(&mut self, lake: &Lake) {
        loop {
            let events = lake.events_after(EventId(self.last_id), 1000).unwrap();
            let Some(last) = events.last() else { break };
            let through = last.id.0;
            events.iter().for_each(|event| self.found_event(event));
            self.last_id = through;
        }
        for (batch, id) in &self.acknowledged {
            assert_eq!(self.found.get(batch), Some(id), "acknowledged batch {batch:?} is lost");
        }
        for writer in 0..WRITERS {
            let numbers = self.found.range((writer, 0)..(writer + 1, 0)).map(|((_, number), _)| *number);
            assert!(numbers.clone().eq(1..=numbers.clone().count() as u64), "writer {writer} has gaps");
            assert_eq!(reached(lake, writer), numbers.count() as u64, "writer {writer} starts at the wrong place");
        }
    }

    /// Forgets what was found and reads everything again, by two ways.
    fn check_all(&mut self, lake: &Lake) {
        (self.found, self.last_id) = (BTreeMap::new(), 0);
        self.check(lake);
        let events: u64 = self.found.keys().map(|(_, number)| number % 7 + 1).sum();
        let counted = lake.count(&Query::parse("x OR /").unwrap(), &Window::all(), &Cancel::new()).unwrap();
        assert_eq!((counted.count, counted.unreadable), (events, 0));
    }

    fn found_event(&mut self, stored: &StoredEvent) {
        let raw = String::from_utf8(stored.event.raw.clone()).unwrap();
        let name: Vec<u64> = raw.split(' ').next().unwrap().split('/').map(|part| part.parse().unwrap()).collect();
        let [writer, number, place] = name[..] else { panic!("{raw}") };
        assert!(stored.id.0 > self.last_id, "ids do not ascend");
        assert_eq!(stored.event, event(writer, number, place), "an event has changed");
        let first = stored.id.0 - place;
        let known = *self.found.entry((writer, number)).or_insert(first);
        assert_eq!(known, first, "batch {writer}/{number} is there twice, or in pieces");
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    // Several lakes: the files of one grow in number with each kill, and every look reads them.
    let lives: u64 = if long_tier() { 10 } else { 1 };
    let acknowledged: usize = (0..lives).map(|life| killed(life * KILLS..(life + 1) * KILLS)).sum();
    println!("{} kills, {acknowledged} batches acknowledged, 0 lost", lives * KILLS);
}

/// How often one lake is killed.
const KILLS: u64 = 10;

/// Kills once for each round; gives how many batches were acknowledged.
fn killed(rounds: std::ops::Range<u64>) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let mut oracle = Oracle::default();
    for round in rounds {
        // Many short lives, some longer ones; by turns in the middle of intake and of sealing.
        let words = usize::try_from(1 + round * 7919 % 97).unwrap();
        let (kind, words) = match round % 5 {
            0 => ("step Commit", 1 + words % 5),
            1 => ("step Forget", 1 + words % 5),
            2 => ("merge", 1 + words % 9),
            _ => ("ack", words * 5),
        };
        for (writer, number, id) in run_and_kill(directory.path(), kind, words) {
            assert_eq!(oracle.acknowledged.insert((writer, number), id), None, "a batch was taken twice");
        }
        let lake = open_small(directory.path());
        assert!(lake.recovered().damaged.is_empty(), "{:?}", lake.recovered());
        oracle.check(&lake);
    }
    let lake = open_small(directory.path());
    oracle.check_all(&lake);
    lake.seal().unwrap();
    oracle.check_all(&lake);
    assert!(lake.verify().unwrap().faults.is_empty());
    oracle.acknowledged.len()
}

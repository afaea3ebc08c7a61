//! A lake of many events: what sealing them costs, what they weigh, how long questions take.
//!
//! `cargo bench -p vigie-lake --bench scale -- 10000000 [DIRECTORY]`: so many events; a directory keeps
//! them, and a second run asks again. Times of sealing are those of its thread's processor time, so
//! they hold on a busy machine too; times of questions are by the clock, the best of five.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark talks, and stops at the first surprise")]

mod events;

use events::{START, batches};
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vigie_db::Db;
use vigie_kit::clock::SystemClock;
use vigie_lake::{Cancel, Lake, Query, Sequence, Settings, Window};
use vigie_model::time::Timestamp;

/// Events sealed at once, as the lake does by itself.
const SEALED_AT_ONCE: u64 = 250_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let wanted: u64 = arguments.next().map_or(1_000_000, |count| count.parse().unwrap());
    let (_kept, directory) = match arguments.next() {
        Some(directory) => (None, PathBuf::from(directory)),
        None => {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().to_owned();
            (Some(directory), path)
        }
    };
    let lake = open(&directory);
    fill(&lake, wanted);
    weigh(&directory, lake.stats().unwrap().events);
    println!("memory at its highest: {} MB", memory());
    ask(lake, &directory);
}

fn open(directory: &Path) -> Lake {
    std::fs::create_dir_all(directory).unwrap();
    let db = Db::open(&directory.join("state.db")).unwrap();
    let settings = Settings { reserve_bytes: 0, seal_events: u64::MAX, segment_bytes: 1 << 30, ..Settings::default() };
    Lake::open(&directory.join("lake"), db, Arc::new(SystemClock), settings).unwrap()
}

fn fill(lake: &Lake, wanted: u64) {
    let there = lake.stats().unwrap().events;
    let (mut sealing, mut raw) = (Duration::ZERO, 0);
    for from in (there..wanted).step_by(usize::try_from(SEALED_AT_ONCE).unwrap()) {
        for first in (from..from + SEALED_AT_ONCE).step_by(1000) {
            let batch = batches(first, 1, 1000).remove(0);
            raw += batch.events.iter().map(|event| event.raw.len() as u64).sum::<u64>();
            lake.append(&batch).unwrap();
        }
        // A thread of its own, so that a profile tells it from what makes the events.
        sealing += std::thread::scope(|scope| {
            let sealing = std::thread::Builder::new().name("sealing".to_owned()).spawn_scoped(scope, || {
                lake.seal().unwrap();
                processor_time()
            });
            sealing.unwrap().join().unwrap()
        });
    }
    if wanted > there {
        let events = f64::from(u32::try_from(wanted - there).unwrap());
        let (seconds, each) = (sealing.as_secs_f64(), sealing.as_secs_f64() / events * 1e6);
        println!("sealed {events} events in {seconds:.2} s of processor time: {each:.2} µs an event");
        println!("raw records: {:.1} bytes an event", u32::try_from(raw / 1000).map_or(0.0, f64::from) * 1000.0 / events);
    }
}

/// Processor time of this thread.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// The most memory this process had, in MB.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Prints bytes an event, by column.
fn weigh(directory: &Path, events: u64) {
    let (mut columns, mut total, mut files) = (BTreeMap::<String, u64>::new(), 0, 0);
    each_file(&directory.join("lake"), &mut |path| {
        total += path.metadata().unwrap().len();
        files += 1;
        let file = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
        for column in file.metadata().row_groups().iter().flat_map(parquet::file::metadata::RowGroupMetaData::columns) {
            *columns.entry(column.column_path().string()).or_default() += u64::try_from(column.compressed_size()).unwrap();
            *columns.entry("(bloom)".to_owned()).or_default() +=
                u64::try_from(column.bloom_filter_length().unwrap_or_default()).unwrap();
        }
    });
    let each = |bytes: u64| u32::try_from(bytes * 100 / events.max(1)).map_or(0.0, f64::from) / 100.0;
    println!("{files} files, {:.2} bytes an event:", each(total));
    let mut sorted: Vec<_> = columns.into_iter().collect();
    sorted.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    for (column, bytes) in sorted.into_iter().filter(|(_, bytes)| each(*bytes) >= 0.05) {
        println!("  {:6.2} {column}", each(bytes));
    }
}

fn each_file(directory: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            each_file(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            visit(&path);
        }
    }
}

fn ask(lake: Lake, directory: &Path) {
    drop(lake);
    let start = Instant::now();
    let lake = open(directory);
    println!("opened in {:?}", start.elapsed());
    let events = lake.stats().unwrap().events;
    for (what, query) in [
        ("newest 100", ""),
        ("newest 100 of a host", "host:web-007"),
        ("token, newest 100", "worker"),
        ("token of one event", NEEDLE),
        ("absent token", "nosuchtoken"),
        ("absent phrase", "beacon.to.nowhere"),
        ("host and substring", "host:web-007 *nosuchsubstring*"),
        ("substring", "*nosuchsubstring*"),
        ("address", "ip:10.1.2.3"),
    ] {
        let query = Query::parse(query).unwrap();
        let page = || lake.search(&query, &Window::all(), 100, None).unwrap();
        let found = page().events.len();
        println!("{:8.1} ms  {what} ({found} found)", best(&|| drop(page())));
    }
    let cancel = Cancel::new();
    let from = Timestamp::from_seconds(START);
    let window = Window { from, to: from.plus_seconds(i64::try_from(events / 1000).unwrap()) };
    for (what, query) in [("histogram", ""), ("histogram of a host", "host:web-007"), ("histogram of a token", "failed")] {
        let query = Query::parse(query).unwrap();
        println!("{:8.1} ms  {what}", best(&|| drop(lake.histogram(&query, &window, 60, &cancel).unwrap())));
    }
    for (what, text) in SEQUENCES {
        let sequence = Sequence::parse(text).unwrap();
        for limit in [100, 10_000] {
            let search = || lake.sequences_alone(&sequence, &Window::all(), limit, &cancel).unwrap();
            let found = search().found.len();
            println!("{:8.1} ms  {what}, newest {limit} ({found} found)", best(&|| drop(search())));
        }
    }
}

/// Events of two classes within five minutes, over everything.
const SEQUENCES: [(&str, &str); 2] = [
    ("class join", "sequence by user with maxspan=5m [ class:authentication status_id:2 ] [ class:process_activity ]"),
    ("five and one", "sequence by user with maxspan=5m [ class:authentication ] with runs=5 [ process:worker-7 ]"),
];

/// A token that event 123,457 has and no other.
const NEEDLE: &str = "65789f2c2d8c1a22";

fn best(question: &dyn Fn()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        question();
        start.elapsed().as_secs_f64() * 1000.0
    };
    (0..5).map(once).fold(f64::INFINITY, f64::min)
}

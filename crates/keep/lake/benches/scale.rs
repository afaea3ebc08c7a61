//! A lake of many events: what sealing them costs, what they weigh, how long questions take.
//!
//! `cargo bench -p vigie-lake --bench scale -- 10000000 [DIRECTORY] [merged]`: so many events, ten million a day; a
//! directory keeps them, and a second run asks again; `merged` merges the files of days that are over first, as the lake
//! does by itself. Times of sealing are those of its thread's processor time, so they hold on a busy machine too; times of
//! questions are by the clock, the best of five. Questions that have a budget say it: it is for a hundred million events, and
//! over a day for those of ten.
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
use vigie_lake::{Batch, Cancel, Compaction, Lake, Query, Retention, Sequence, Settings, Values, Window};
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

/// Events sealed at once, as the lake does by itself.
const SEALED_AT_ONCE: u64 = 250_000;

/// From one event to the next: ten million a day.
const APART_MICROS: i64 = 8_640;
const DAY_SECONDS: i64 = 86_400;

/// When files are sealed, and when they are old enough to be merged.
const SEALED: &str = "2027-06-01T00:00:00Z";
const A_DAY_LATER: &str = "2027-06-02T00:00:00Z";

fn main() {
    let (merged, rest): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).partition(|argument| argument == "merged");
    let mut arguments = rest.into_iter();
    let wanted: u64 = arguments.next().map_or(1_000_000, |count| count.parse().unwrap());
    let (_kept, directory) = match arguments.next() {
        Some(directory) => (None, PathBuf::from(directory)),
        None => {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().to_owned();
            (Some(directory), path)
        }
    };
    let mut lake = open(&directory, SEALED);
    fill(&lake, wanted);
    if !merged.is_empty() {
        drop(lake);
        lake = open(&directory, A_DAY_LATER);
        let start = Instant::now();
        println!("merged {:?} in {:?}", lake.compact().unwrap(), start.elapsed());
    }
    weigh(&directory, lake.stats().unwrap().events);
    println!("memory at its highest: {} MB", memory());
    ask(lake, &directory);
}

fn open(directory: &Path, now: &str) -> Lake {
    std::fs::create_dir_all(directory).unwrap();
    let db = Db::open(&directory.join("state.db")).unwrap();
    // Nothing is merged by itself, and nothing is too old to be kept.
    let compaction = Compaction { every_seconds: 0, ..Compaction::default() };
    let retention = Retention { days: 0, ..Retention::default() };
    let settings = Settings {
        reserve_bytes: 0,
        seal_events: u64::MAX,
        segment_bytes: 1 << 30,
        compaction,
        retention,
        ..Settings::default()
    };
    let clock = FakeClock::at(now);
    Lake::open(&directory.join("lake"), db, Arc::new(clock), settings).unwrap()
}

fn fill(lake: &Lake, wanted: u64) {
    let there = lake.stats().unwrap().events;
    let (mut sealing, mut raw) = (Duration::ZERO, 0);
    for from in (there..wanted).step_by(usize::try_from(SEALED_AT_ONCE).unwrap()) {
        for first in (from..from + SEALED_AT_ONCE).step_by(1000) {
            let batch = spread(first, batches(first, 1, 1000).remove(0));
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

/// The same events over days.
fn spread(first: u64, mut batch: Batch) -> Batch {
    for (number, event) in (i64::try_from(first).unwrap()..).zip(&mut batch.events) {
        event.time = Timestamp::from_seconds(START).plus_micros(number * APART_MICROS);
        event.received = event.time.plus_micros(1200);
    }
    batch
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
    let lake = open(directory, A_DAY_LATER);
    println!("opened in {:?} (budget 2 s)", start.elapsed());
    ask_for_events(&lake);
    ask_for_sums(&lake);
    ask_for_sequences(&lake);
}

fn ask_for_events(lake: &Lake) {
    let needle = batches(NEEDLE_AT, 1, 1).remove(0).events.remove(0);
    let (host, middle) = (needle.origin.host.clone(), &NEEDLE[2..14]);
    for (what, query) in [
        ("newest 100", String::new()),
        ("newest 100 of a host", "host:web-007".to_owned()),
        ("token, newest 100", "worker".to_owned()),
        ("token of one event (budget 1000)", NEEDLE.to_owned()),
        ("absent token (budget 1000)", "nosuchtoken".to_owned()),
        ("absent phrase", "beacon.to.nowhere".to_owned()),
        ("needle: host and substring (budget 1000)", format!("host:{host} *{middle}*")),
        ("host and absent substring (budget 1000)", "host:web-007 *nosuchsubstring*".to_owned()),
        ("substring", "*nosuchsubstring*".to_owned()),
        ("address", "ip:10.1.2.3".to_owned()),
    ] {
        let query = Query::parse(&query).unwrap();
        let page = || lake.search(&query, &Window::all(), 100, None).unwrap();
        let found = page().events.len();
        println!("{:8.1} ms  {what} ({found} found)", best(&|| drop(page())));
    }
}

/// The first day: ten million events, where there are so many.
fn day() -> Window {
    let from = Timestamp::from_seconds(START);
    Window { from, to: from.plus_seconds(DAY_SECONDS) }
}

fn ask_for_sums(lake: &Lake) {
    let (day, cancel) = (day(), Cancel::new());
    for (what, query) in [
        ("histogram of a day (budget 500)", ""),
        ("histogram of a class (budget 500)", "class:authentication"),
        ("histogram of a host (budget 500)", "host:web-007"),
        ("histogram of a token", "failed"),
    ] {
        let query = Query::parse(query).unwrap();
        println!("{:8.1} ms  {what}", best(&|| drop(lake.histogram(&query, &day, 60, &cancel).unwrap())));
    }
    for (what, query, name) in [
        ("top users of refused sign-ins of a day (budget 500)", "class:authentication status_id:2", "user"),
        ("top addresses of a day (budget 500)", "class:authentication", "src"),
        ("top hosts of a day (budget 500)", "", "host"),
        ("top processes of a host", "host:web-007", "process"),
    ] {
        let (query, values) = (Query::parse(query).unwrap(), Values::of(name).unwrap());
        println!("{:8.1} ms  {what}", best(&|| drop(lake.top(&query, &day, &values, 10, &cancel).unwrap())));
    }
}

fn ask_for_sequences(lake: &Lake) {
    let cancel = Cancel::new();
    for (what, text) in SEQUENCES {
        let sequence = Sequence::parse(text).unwrap();
        for limit in [100, 10_000] {
            let search = || lake.sequences_alone(&sequence, &Window::all(), limit, &cancel).unwrap();
            let found = search().found.len();
            println!("{:8.1} ms  {what}, newest {limit} (budget 2000; {found} found)", best(&|| drop(search())));
        }
        let count = || lake.count_sequences(&sequence, &day(), &cancel).unwrap().count;
        let found = count();
        let again = || {
            std::hint::black_box(count());
        };
        println!("{:8.1} ms  {what}, all of a day ({found} found)", best(&again));
    }
}

/// Events of two classes within five minutes, over everything.
const SEQUENCES: [(&str, &str); 2] = [
    ("class join", "sequence by user with maxspan=5m [ class:authentication status_id:2 ] [ class:process_activity ]"),
    ("five and one", "sequence by user with maxspan=5m [ class:authentication ] with runs=5 [ process:worker-7 ]"),
];

/// The number of the event with the needle in the generator, counted from 0.
const NEEDLE_AT: u64 = 123_457;
/// A token that it has and no other.
const NEEDLE: &str = "65789f2c2d8c1a22";

fn best(question: &dyn Fn()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        question();
        start.elapsed().as_secs_f64() * 1000.0
    };
    (0..5).map(once).fold(f64::INFINITY, f64::min)
}

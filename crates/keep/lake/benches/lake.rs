//! How fast the lake takes, seals and finds events. Run alone on the machine:
//! `cargo bench -p vigie-lake`.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

mod events;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use events::{START, batches};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vigie_db::Db;
use vigie_kit::clock::SystemClock;
use vigie_lake::{Batch, Cancel, Lake, Query, Settings, Window};
use vigie_model::time::Timestamp;

const MILLION: u64 = 1_000_000;

fn open(directory: &TempDir, settings: Settings) -> Lake {
    let db = Db::open(&directory.path().join("state.db")).unwrap();
    Lake::open(&directory.path().join("lake"), db, Arc::new(SystemClock), settings).unwrap()
}

fn settings() -> Settings {
    Settings { reserve_bytes: 0, seal_events: u64::MAX, ..Settings::default() }
}

fn append(c: &mut Criterion) {
    let mut group = c.benchmark_group("append");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    for (threads, size) in [(1, 1), (1, 100), (8, 100)] {
        let each = if size == 1 { 500 } else { 200 };
        let work: Vec<Vec<Batch>> = (0..threads).map(|n| batches(n * each * size, each, size)).collect();
        group.throughput(Throughput::Elements(threads * each * size));
        group.bench_function(format!("{threads} threads x {size} events"), |b| {
            b.iter_custom(|rounds| (0..rounds).map(|_| append_all(&work)).sum());
        });
    }
}

fn append_all(work: &[Vec<Batch>]) -> Duration {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(&directory, settings());
    let start = Instant::now();
    std::thread::scope(|scope| {
        for batches in work {
            scope.spawn(|| batches.iter().for_each(|batch| drop(lake.append(batch).unwrap())));
        }
    });
    start.elapsed()
}

/// A lake of a million events and a needle in its middle, in files or still in the log.
fn million(sealed: bool) -> (TempDir, Lake) {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(&directory, settings());
    for from in (0..MILLION).step_by(1000) {
        let mut batch = batches(from, 1, 1000).remove(0);
        if from == MILLION / 2 {
            batch.events[17].raw.extend_from_slice(b" beacon to evil.example.net");
        }
        lake.append(&batch).unwrap();
        if sealed && from % 250_000 == 249_000 {
            lake.seal().unwrap();
        }
    }
    (directory, lake)
}

fn seal(c: &mut Criterion) {
    let mut group = c.benchmark_group("seal");
    group.sample_size(10).throughput(Throughput::Elements(250_000));
    group.bench_function("250,000 events", |b| {
        b.iter_custom(|rounds| {
            let mut spent = Duration::ZERO;
            for _ in 0..rounds {
                let directory = tempfile::tempdir().unwrap();
                let lake = open(&directory, settings());
                batches(0, 250, 1000).iter().for_each(|batch| drop(lake.append(batch).unwrap()));
                let start = Instant::now();
                lake.seal().unwrap();
                spent += start.elapsed();
            }
            spent
        });
    });
}

fn search(c: &mut Criterion) {
    for (name, sealed) in [("files", true), ("log", false)] {
        let (_directory, lake) = million(sealed);
        let mut group = c.benchmark_group(format!("search a million in {name}"));
        group.sample_size(10);
        let page = |text: &str| {
            let query = Query::parse(text).unwrap();
            lake.search(&query, &Window::all(), 100, None).unwrap()
        };
        assert_eq!(page("evil.example.net").events.len(), 1);
        for (what, query) in [
            ("newest 100", ""),
            ("newest 100 of a host", "host:web-007"),
            ("needle", "evil.example.net"),
            ("needle on a host", "host:web-007 \"no such text\""),
            ("address", "ip:10.1.2.3"),
            ("absent user", "user:nobody"),
        ] {
            group.bench_function(what, |b| b.iter(|| black_box(page(query))));
        }
        let cancel = Cancel::new();
        let hour = Timestamp::from_seconds(START);
        let window = Window { from: hour, to: hour.plus_seconds(1000) };
        for (what, query) in
            [("histogram", ""), ("histogram of a host", "host:web-007"), ("histogram of a text", "failed password")]
        {
            let query = Query::parse(query).unwrap();
            group.bench_function(what, |b| b.iter(|| black_box(lake.histogram(&query, &window, 60, &cancel).unwrap())));
        }
    }
}

fn start(c: &mut Criterion) {
    let (directory, lake) = million(false);
    drop(lake);
    let mut group = c.benchmark_group("start");
    group.sample_size(10);
    group.bench_function("a million events in the log", |b| b.iter(|| drop(open(&directory, settings()))));
}

criterion_group!(benches, append, seal, search, start);
criterion_main!(benches);

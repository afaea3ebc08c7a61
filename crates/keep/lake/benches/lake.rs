//! How fast the lake takes, seals and finds events. Run alone on the machine:
//! `cargo bench -p vigie-lake`.
#![expect(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vigie_db::Db;
use vigie_kit::clock::SystemClock;
use vigie_lake::{Batch, Cancel, Lake, Query, Settings, Window};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, Labels, Origin};
use vigie_model::time::Timestamp;

const MILLION: u64 = 1_000_000;
const START: i64 = 1_795_000_000;

fn open(directory: &TempDir, settings: Settings) -> Lake {
    let db = Db::open(&directory.path().join("state.db")).unwrap();
    Lake::open(&directory.path().join("lake"), db, Arc::new(SystemClock), settings).unwrap()
}

fn settings() -> Settings {
    Settings { reserve_bytes: 0, seal_events: u64::MAX, ..Settings::default() }
}

/// Numbers without a pattern that repeat from run to run.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^= mixed >> 32;
    mixed.wrapping_mul(0xD6E8_FEB8_6659_FD93)
}

/// Ordinary lines of a busy host: three in four are processes, one is a sign-in.
fn event(number: u64) -> Event {
    let random = mixed(number);
    let time = Timestamp::from_micros(START * 1_000_000 + i64::try_from(number * 1000).unwrap());
    let host = format!("web-{:03}", random % 200);
    let user = format!("user{}", random / 200 % 1000);
    let pid = random % 60_000;
    let address = format!("10.{}.{}.{}", random % 4, random / 7 % 250, random / 1999 % 250);
    let sign_in = number.is_multiple_of(4);
    let (class, format) = if sign_in { (Class::Authentication, "sshd") } else { (Class::ProcessActivity, "auditd") };
    let raw = if sign_in {
        format!("<38>Nov 21 08:30:15 {host} sshd[{pid}]: Failed password for {user} from {address} port {} ssh2", random % 65_535)
    } else {
        format!(
            "type=EXECVE node={host} auid={user} pid={pid} comm=\"worker-{}\" a0=\"/usr/bin/worker\" a1=\"--job={random:016x}\" ses={}",
            random % 50,
            random % 9999
        )
    };
    let origin = Origin { source: "journald".into(), format: format.into(), host: host.as_str().into(), labels: Labels::none() };
    let mut event = Event::new(class, time, time.plus_micros(1200), origin, raw.into_bytes());
    event.activity = 1;
    if sign_in {
        event
            .set(field::USER_NAME, user)
            .set(field::SRC_ENDPOINT_IP, address)
            .set(field::SRC_ENDPOINT_PORT, i64::try_from(random % 65_535).unwrap())
            .set(field::SERVICE_NAME, "sshd")
            .set(field::STATUS_ID, 2);
    } else {
        event
            .set(field::ACTOR_USER_NAME, user)
            .set(field::PROCESS_NAME, format!("worker-{}", random % 50))
            .set(field::PROCESS_PID, i64::try_from(pid).unwrap())
            .set(field::PROCESS_CMD_LINE, format!("/usr/bin/worker --job={random:016x}"));
    }
    event
}

fn batches(from: u64, count: u64, size: u64) -> Vec<Batch> {
    (0..count).map(|n| Batch { events: (0..size).map(|m| event(from + n * size + m)).collect(), checkpoint: None }).collect()
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

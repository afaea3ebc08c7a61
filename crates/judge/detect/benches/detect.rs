//! How many events a second the rules of ours see, beside the referee on the same stream.
//!
//! The stream is what an SSH server open to the internet writes: mostly refused passwords from
//! many addresses, some unknown accounts, closed connections, sessions with keys. Every event goes
//! through all rules that see its log source and through the correlations.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rsigma_eval::{CorrelationConfig, CorrelationEngine, JsonEvent, LogSourceExtractor};
use serde_json::{Map, Value as Json, json};
use std::cell::Cell;
use std::hint::black_box;
use vigie_catalogue::Family;
use vigie_detect::{Detector, Index};
use vigie_model::event::ocsf::activity::{authentication, ssh_activity};
use vigie_model::event::ocsf::{field, status_id};
use vigie_model::event::{Class, Event, Labels, Origin, StoredEvent, ValueRef};
use vigie_model::ids::{AssetId, EventId};
use vigie_model::time::Timestamp;

const EVENTS: usize = 20_000;
const ADDRESSES: usize = 2_000;
/// 200 events a second.
const STEP_MICROS: i64 = 5_000;

fn event(number: usize) -> Event {
    let address = format!("198.51.{}.{}", number % ADDRESSES / 250, number % ADDRESSES % 250);
    let account = ["root", "admin", "test", "postgres", "ubuntu", "deploy"][number % 6];
    let origin =
        Origin { source: "file:/var/log/auth.log".into(), format: "sshd".into(), host: "web-1".into(), labels: Labels::none() };
    let (class, activity, message) = match number % 20 {
        0..12 => (
            Class::Authentication,
            authentication::LOGON,
            format!("Failed password for {account} from {address} port 40022 ssh2"),
        ),
        12..15 => (Class::Authentication, authentication::PREAUTH, format!("Invalid user {account} from {address} port 40022")),
        15..19 => (Class::SshActivity, ssh_activity::CLOSE, format!("Connection closed by {address} port 40022 [preauth]")),
        _ => (
            Class::Authentication,
            authentication::LOGON,
            format!(
                "Accepted publickey for eva from {address} port 40022 ssh2: ED25519 SHA256:b2PJwDsBZyZbMpQnRQyAoTdY9dTvhg4Y5nyoT1Yc2rA"
            ),
        ),
    };
    let raw = format!("Nov 21 08:30:01 web-1 sshd[4242]: {message}").into_bytes();
    let time = Timestamp::from_seconds(1_795_248_000).plus_micros(number as i64 * STEP_MICROS);
    let mut event = Event::new(class, time, time, origin, raw);
    event.activity = activity;
    event.set(field::MESSAGE, message).set(field::ACTOR_PROCESS_NAME, "sshd").set(field::ACTOR_PROCESS_PID, 4242);
    event.set(field::SRC_ENDPOINT_IP, address).set(field::SRC_ENDPOINT_PORT, 40_022).set(field::SERVICE_NAME, "sshd");
    match number % 20 {
        0..12 => event
            .set(field::USER_NAME, account)
            .set(field::AUTH_PROTOCOL, "password")
            .set(field::STATUS_ID, status_id::FAILURE)
            .set(field::STATUS_DETAIL, "INVALID_CREDENTIALS"),
        12..15 => event
            .set(field::USER_NAME, account)
            .set(field::STATUS_ID, status_id::FAILURE)
            .set(field::STATUS_DETAIL, "USER_DOES_NOT_EXIST"),
        15..19 => &mut event,
        _ => event.set(field::USER_NAME, "eva").set(field::AUTH_PROTOCOL, "publickey").set(field::STATUS_ID, status_id::SUCCESS),
    };
    event
}

/// The event with the names that the rules use.
fn named(event: &Event) -> Json {
    let mut object = Map::new();
    for (field, value) in event.fields.iter() {
        let value = match value {
            ValueRef::Text(text) => json!(text),
            ValueRef::Integer(number) => json!(number),
            ValueRef::Boolean(value) => json!(value),
            ValueRef::Texts(texts) => json!(texts),
        };
        object.insert(field.path().to_owned(), value);
    }
    object.insert("activity_name".into(), json!(event.class.activity_caption(event.activity)));
    object.insert("class_name".into(), json!(event.class.name()));
    object.insert("device.hostname".into(), json!(*event.origin.host));
    object.insert("product".into(), json!("linux"));
    object.insert("service".into(), json!("sshd"));
    Json::Object(object)
}

/// The stream again and again, each time later.
struct Stream {
    events: Vec<StoredEvent>,
}

impl Stream {
    fn new() -> Self {
        let event = |number| StoredEvent { id: EventId(number as u64), event: event(number) };
        Self { events: (0..EVENTS).map(event).collect() }
    }

    fn later(&mut self) {
        for stored in &mut self.events {
            stored.id = EventId(stored.id.0 + EVENTS as u64);
            stored.event.time = stored.event.time.plus_micros(EVENTS as i64 * STEP_MICROS);
            stored.event.received = stored.event.time;
        }
    }
}

fn ours(criterion: &mut Criterion, name: &str, index: Index) {
    let asset = AssetId::of(&["host", "web-1"]);
    let mut detector = Detector::shipped();
    detector.set_index(index);
    let mut stream = Stream::new();
    let mut group = criterion.benchmark_group("sshd stream");
    group.throughput(Throughput::Elements(EVENTS as u64)).sample_size(20);
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            stream.later();
            let found: usize = stream.events.iter().map(|event| detector.observe(event, &|_| asset).len()).sum();
            black_box(found)
        });
    });
    group.finish();
}

fn referee(criterion: &mut Criterion) {
    let mut engine = CorrelationEngine::new(CorrelationConfig::default());
    for entry in vigie_catalogue::of(Family::Detections) {
        let parsed = entry.rule.and_then(|rule| rsigma_parser::parse_sigma_yaml(rule).ok());
        parsed.into_iter().for_each(|rules| engine.add_collection(&rules).expect("our rules are rules"));
    }
    engine.set_logsource_extractor(Some(LogSourceExtractor::new()));
    let events: Vec<(i64, Json)> = (0..EVENTS).map(event).map(|event| (event.time.seconds(), named(&event))).collect();
    let mut group = criterion.benchmark_group("sshd stream");
    group.throughput(Throughput::Elements(EVENTS as u64)).sample_size(20);
    let ahead = Cell::new(0);
    group.bench_function("rsigma-eval", |bencher| {
        bencher.iter_batched(
            || ahead.replace(ahead.get() + 100),
            |ahead| {
                let found = |(time, json): &(i64, Json)| engine.process_event_at(&JsonEvent::borrow(json), time + ahead).len();
                black_box(events.iter().map(found).sum::<usize>())
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn snapshot(criterion: &mut Criterion) {
    let asset = AssetId::of(&["host", "web-1"]);
    let mut detector = Detector::shipped();
    Stream::new().events.iter().for_each(|event| drop(detector.observe(event, &|_| asset)));
    let bytes = detector.snapshot();
    let mut group = criterion.benchmark_group("state");
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
    group.bench_function("snapshot", |bencher| bencher.iter(|| black_box(detector.snapshot().len())));
    group.finish();
}

fn all(criterion: &mut Criterion) {
    ours(criterion, "ours", Index::On);
    ours(criterion, "ours without index", Index::Off);
    referee(criterion);
    snapshot(criterion);
}

criterion_group!(benches, all);
criterion_main!(benches);

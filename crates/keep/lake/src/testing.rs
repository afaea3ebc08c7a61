//! Events for the tests of this room.

use crate::catalogue::FileRow;
use crate::files::FileFacts;
use crate::{Batch, Checkpoint};
use proptest::prelude::*;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, EventSeverity, FieldId, FieldKind, Label, Labels, Origin, Value};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// Whether the tests that take long were asked for: `VIGIE_TIER=long`.
pub(crate) fn long_tier() -> bool {
    std::env::var("VIGIE_TIER").is_ok_and(|tier| tier == "long")
}

/// No encoder panics; an event whose record begins so stands in for one that would.
pub(crate) const POISON: &[u8] = b"poison:";
/// The same for the encoder of batches.
pub(crate) const POISON_OF_CODEC: &[u8] = b"codec-poison:";
/// The same for the log, wherever it stands in a record.
pub(crate) const POISON_OF_LOG: &[u8] = b"log-poison:";

pub(crate) fn is_poison_of_log(payload: &[u8]) -> bool {
    payload.windows(POISON_OF_LOG.len()).any(|window| window == POISON_OF_LOG)
}

/// A time as the tests write it.
pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A sign-in that failed, as a parser would make it.
pub(crate) fn sign_in(time: Timestamp, host: &str, user: &str, address: &str) -> Event {
    let origin = Origin { source: "journald".into(), format: "sshd".into(), host: host.into(), labels: Labels::none() };
    let raw = format!("Failed password for {user} from {address} port 50122 ssh2");
    let mut event = Event::new(Class::Authentication, time, time.plus_micros(1500), origin, raw.into_bytes());
    event.activity = 1;
    event.severity = EventSeverity::Low;
    event
        .set(field::USER_NAME, user)
        .set(field::SRC_ENDPOINT_IP, address)
        .set(field::SRC_ENDPOINT_PORT, 50122)
        .set(field::SERVICE_NAME, "sshd")
        .set(field::DEVICE_HOSTNAME, host)
        .set(field::IS_REMOTE, true)
        .set(field::STATUS_ID, 2);
    event
}

/// A line nobody understood.
pub(crate) fn unparsed(time: Timestamp, raw: &[u8]) -> Event {
    let origin =
        Origin { source: "file:/var/log/syslog".into(), format: "".into(), host: "web-1".into(), labels: Labels::none() };
    Event::new(Class::BaseEvent, time, time, origin, raw.to_vec())
}

/// A row of the catalogue that nothing stands behind: of so many sign-ins in the second of this time,
/// sealed right then.
pub(crate) fn file_row(number: i64, rows: u64, time: Timestamp) -> FileRow {
    let id = EventId(number.cast_unsigned());
    let times = (time, time.plus_micros(1_000_000));
    let facts =
        FileFacts { tenant: "default".into(), rows, bytes: rows * 50, sha256: [0; 32], times, received: times, ids: (id, id) };
    FileRow::of(number, format!("file-{number}"), Class::Authentication, facts)
}

/// The same event of another tenant.
pub(crate) fn of_tenant(mut event: Event, tenant: &str) -> Event {
    let mut origin = Origin::clone(&event.origin);
    origin.labels = origin.labels.with([(Label::Tenant, tenant)]);
    event.origin = origin.into();
    event
}

/// A batch without a checkpoint.
pub(crate) fn batch(events: Vec<Event>) -> Batch {
    Batch { events, checkpoint: None }
}

/// A batch of one unparsed line with a checkpoint.
pub(crate) fn marked(time: Timestamp, raw: &str, source: &str, position: &[u8]) -> Batch {
    let checkpoint = Checkpoint { source: source.to_owned(), position: position.to_vec() };
    Batch { events: vec![unparsed(time, raw.as_bytes())], checkpoint: Some(checkpoint) }
}

const WORDS: [&str; 12] =
    ["root", "admin", "10.0.0.1", "2001:db8::1", "web-1", "sshd", "ERROR", "Grüße", "a*b", "", "50122", "Failed password"];

fn any_words() -> impl Strategy<Value = String> {
    prop_oneof![4 => proptest::sample::select(&WORDS[..]).prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

fn any_value(kind: FieldKind) -> BoxedStrategy<Value> {
    match kind {
        FieldKind::Text => any_words().prop_map(|text| Value::Text(text.into())).boxed(),
        FieldKind::Integer => prop_oneof![0..100_000_i64, any::<i64>()].prop_map(Value::Integer).boxed(),
        FieldKind::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        FieldKind::Texts => proptest::collection::vec(any_words(), 0..3)
            .prop_map(|texts| Value::Texts(texts.into_iter().map(String::into_boxed_str).collect()))
            .boxed(),
    }
}

/// A field and a value of its kind: mostly the fields that people search, sometimes any.
pub(crate) fn any_field() -> impl Strategy<Value = (FieldId, Value)> {
    let common = vec![
        field::USER_NAME.id(),
        field::SRC_ENDPOINT_IP.id(),
        field::DST_ENDPOINT_IP.id(),
        field::DST_ENDPOINT_PORT.id(),
        field::PROCESS_NAME.id(),
        field::PROCESS_PID.id(),
        field::IS_REMOTE.id(),
        field::MESSAGE.id(),
    ];
    let all: Vec<FieldId> = FieldId::all().collect();
    prop_oneof![3 => proptest::sample::select(common), 1 => proptest::sample::select(all)]
        .prop_flat_map(|field| any_value(field.info().kind).prop_map(move |value| (field, value)))
}

/// Times that meet, that lie in one hour, and that no clock should show.
pub(crate) fn any_time() -> impl Strategy<Value = Timestamp> {
    let noon = at("2026-11-21T12:00:00Z");
    prop_oneof![
        4 => (0..5_i64).prop_map(move |second| noon.plus_seconds(second)),
        4 => (0..3_600_000_000_i64).prop_map(move |micros| noon.plus_micros(micros)),
        1 => (-100..100_i64).prop_map(move |days| noon.plus_seconds(days * 86_400)),
        1 => any::<i64>().prop_map(Timestamp::from_micros),
    ]
}

/// Few values, so that they are shared, and now and then any.
fn any_labels() -> impl Strategy<Value = Vec<(Label, String)>> {
    let label = proptest::sample::select(&Label::ALL[..]);
    proptest::collection::vec((label, prop_oneof![3 => "[ab]".boxed(), 1 => any_words().boxed()]), 0..3)
}

prop_compose! {
    fn any_origin()(source in 0..3_u8, format in proptest::sample::select(&["", "sshd", "sudo"][..]), host in 0..3_u8, labels in any_labels()) -> Origin {
        let labels = labels.iter().map(|(label, value)| (*label, &**value)).collect();
        Origin { source: format!("source-{source}").into(), format: format.into(), host: format!("web-{host}").into(), labels }
    }
}

fn any_raw() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => any_words().prop_map(String::into_bytes),
        2 => (any_words(), any_words()).prop_map(|(a, b)| format!("{a} {b}").into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

prop_compose! {
    /// Any event.
    pub(crate) fn any_event()(
        time in any_time(),
        received in any_time(),
        class in proptest::sample::select(&[Class::BaseEvent, Class::Authentication, Class::ProcessActivity, Class::ApiActivity][..]),
        activity in 0..5_u8,
        severity in proptest::sample::select(&EventSeverity::ALL[..]),
        origin in any_origin(),
        fields in proptest::collection::vec(any_field(), 0..6),
        unmapped in proptest::collection::vec(("[a-c]{1,2}", any_words()), 0..3),
        raw in any_raw(),
    ) -> Event {
        let mut event = Event::new(class, time, received, origin, raw);
        event.activity = activity;
        event.severity = severity;
        for (field, value) in fields {
            assert!(event.fields.set_value(field, value));
        }
        event.unmapped = unmapped.into_iter().collect();
        event
    }
}

//! The same answers from the log, from files and from the events themselves.

use super::{Key, Place, Question, Sink};
use crate::testing::{any_event, any_time, batch};
use crate::tests::{by_hand, clock, open_with};
use crate::{Cancel, Compaction, Query, Settings, Top, Value, Values, Window};
use proptest::prelude::*;
use std::collections::BTreeMap;
use vigie_model::event::{Event, FieldId, Label, StoredEvent, ValueRef};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

const TERMS: [&str; 61] = [
    "root",
    "fail*",
    "*assword",
    "*oo*",
    "10.0.0.1",
    "rror",
    "\"failed password\"",
    "grüße",
    "e*r",
    "a\\*b",
    "*",
    "raw:*",
    "raw:10.0",
    "user:root",
    "user:*",
    "user.name:r*",
    "user:GRÜSSE",
    "ip:10.0.0.0/8",
    "ip:10.0.0.1",
    "src_endpoint.ip:*",
    "ip:2001:db8::/32",
    "ip:>10.0.0.0",
    "src:web-1",
    "port:>5",
    "port:*",
    "dst_endpoint.port:[0 TO 50000]",
    "process:sshd",
    "pid:<50000",
    "is_remote:true",
    "is_remote:false",
    "message:\"failed password\"",
    "host:web-1",
    "host:web-*",
    "host:WEB-2",
    "host:zeta",
    "host:k*",
    "device.name:root",
    "tenant:default",
    "tenant:a*",
    "ip:2001:db8::1",
    "email.x_originating_ip:10.0.0.1",
    "source:source-0",
    "source:*",
    "format:sshd",
    "format:*",
    "class:authentication",
    "class:3002",
    "class:process_activity",
    "activity:logon",
    "activity:>1",
    "activity:launch",
    "severity:>=high",
    "severity:other",
    "time:>2026-11-21T12:00:02",
    "received:2026-11-21",
    "id:>3",
    "id:[2 TO 5]",
    "unmapped.a:*",
    "unmapped.*:root",
    "user:[a TO root]",
    "app.name:root",
];

fn any_query() -> impl Strategy<Value = String> {
    let term = proptest::sample::select(&TERMS[..]).prop_map(str::to_owned);
    term.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|query| format!("NOT ({query})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) AND ({b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) OR ({b})")),
        ]
    })
}

fn any_window() -> impl Strategy<Value = Window> {
    prop_oneof![
        2 => Just(Window::all()),
        1 => (any_time(), any_time()).prop_map(|(a, b)| Window { from: a.min(b), to: a.max(b) }),
    ]
}

/// What should be found: everything that matches, by falling time and number.
fn expected(events: &[StoredEvent], query: &Query, window: &Window) -> Vec<StoredEvent> {
    let mut found: Vec<StoredEvent> =
        events.iter().filter(|event| window.holds(event.event.time) && query.matches(event)).cloned().collect();
    found.sort_by_key(|event| std::cmp::Reverse((event.event.time, event.id)));
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if crate::testing::long_tier() { 250 } else { 16 }))]

    #[test]
    fn every_answer_is_the_plain_one(
        batches in proptest::collection::vec(proptest::collection::vec(any_event(), 1..6), 1..8),
        seals in proptest::collection::vec(any::<bool>(), 8),
        merge in any::<bool>(),
        questions in proptest::collection::vec((any_query(), any_window(), 1..6_usize), 8),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let compaction = Compaction { after_seconds: 0, every_seconds: 0, rows: 12, ..Compaction::default() };
        // A year on, every day is over.
        let clock = clock();
        clock.advance(365 * 86_400);
        let lake = open_with(directory.path(), clock, Settings { compaction, ..by_hand() });
        let mut events: Vec<StoredEvent> = Vec::new();
        for (taken, seal) in batches.into_iter().zip(seals) {
            let stored = |(event, id): (Event, u64)| StoredEvent { id: EventId(id), event };
            let first = events.len() as u64 + 1;
            lake.append(&batch(taken.clone())).unwrap();
            events.extend(taken.into_iter().zip(first..).map(stored));
            if seal {
                lake.seal().unwrap();
            }
        }
        if merge {
            lake.compact().unwrap();
        }
        let cancel = Cancel::new();
        for (text, window, limit) in questions {
            let query = Query::parse(&text).unwrap();
            let expected = expected(&events, &query, &window);
            let mut found = Vec::new();
            let mut before = None;
            loop {
                let page = lake.search(&query, &window, limit, before).unwrap();
                prop_assert!(page.events.len() <= limit && page.unreadable == 0);
                found.extend(page.events);
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            prop_assert_eq!(&found, &expected, "{}", text);
            prop_assert_eq!(lake.count(&query, &window, &cancel).unwrap().count, expected.len() as u64, "{}", text);
            let histogram = lake.histogram(&query, &window, 7, &cancel).unwrap();
            prop_assert_eq!(histogram.counts, plain_histogram(&expected, &window, histogram.width_micros), "{}", text);
            for (name, paths) in COUNTED {
                let top = lake.top(&query, &window, &Values::of(name).unwrap(), 3, &cancel).unwrap();
                let plain = plain_top(&expected, name, paths);
                prop_assert_eq!(&top, &plain, "{} of {}", name, text);
            }
        }
        for event in &events {
            let found = lake.get(event.id).unwrap();
            prop_assert_eq!(found.as_ref(), Some(event));
        }
    }
}

/// Names whose values are counted, with the paths they look at in turn.
const COUNTED: [(&str, &[&str]); 8] = [
    ("host", &["", "device.hostname", "device.name"]),
    (
        "user",
        &[
            "actor.user.name",
            "user.name",
            "actor.process.user.name",
            "process.user.name",
            "actor.user.email_addr",
            "user.email_addr",
        ],
    ),
    ("message", &["message"]),
    ("dst_endpoint.port", &["dst_endpoint.port"]),
    ("is_remote", &["is_remote"]),
    ("namespace", &[]),
    ("severity", &[]),
    ("unmapped.a", &[]),
];

fn plain_top(events: &[StoredEvent], name: &str, paths: &[&str]) -> Top {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut without = 0;
    for event in events.iter().map(|stored| &stored.event) {
        let values: Vec<String> = match name {
            "namespace" => event.origin.labels.get(Label::Namespace).map(str::to_owned).into_iter().collect(),
            "severity" => vec![event.severity.word().to_owned()],
            "unmapped.a" => event.unmapped.iter().filter(|(own, _)| *own == "a").map(|(_, value)| value.to_owned()).collect(),
            _ => paths.iter().map(|path| plain_values(event, path)).find(|values| !values.is_empty()).unwrap_or_default(),
        };
        let values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
        without += u64::from(values.is_empty());
        values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    }
    let different = counts.len() as u64;
    let mut values: Vec<Value> = counts.into_iter().map(|(value, count)| Value { value, count }).collect();
    values.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    values.truncate(3);
    let shown: u64 = values.iter().map(|value| value.count).sum();
    Top { values, different, others: (events.len() as u64 - without).saturating_sub(shown), without, ..Top::default() }
}

fn plain_values(event: &Event, path: &str) -> Vec<String> {
    let shown = |value: ValueRef<'_>| match value {
        ValueRef::Text(text) => vec![text.to_string()],
        ValueRef::Integer(number) => vec![number.to_string()],
        ValueRef::Boolean(truth) => vec![truth.to_string()],
        ValueRef::Texts(texts) => texts.iter().map(ToString::to_string).collect(),
    };
    let values = match FieldId::from_path(path) {
        Some(field) => event.fields.get(field).map_or_else(Vec::new, shown),
        None => vec![event.origin.host.to_string()],
    };
    values.into_iter().filter(|value| !value.is_empty()).collect()
}

fn plain_histogram(events: &[StoredEvent], window: &Window, width: i64) -> Vec<u64> {
    let mut counts = vec![0; 7];
    for event in events {
        let place: i64 = event.event.time.since(window.from) / width;
        counts[usize::try_from(place).unwrap().min(6)] += 1;
    }
    counts
}

#[test]
fn a_window_of_all_times_holds_the_ends() {
    for time in [Timestamp::MIN, Timestamp::EPOCH, Timestamp::MAX] {
        assert!(Window::all().holds(time));
    }
}

/// Has enough of the first event that it sees.
struct Impatient {
    cancel: Cancel,
    seen: u64,
}

impl Sink for Impatient {
    fn fork(&self) -> Self {
        Self { cancel: self.cancel.clone(), seen: 0 }
    }

    fn join(&mut self, other: Self) {
        self.seen += other.seen;
    }

    fn floor(&self) -> Option<Key> {
        None
    }

    fn add(&mut self, _key: Key, _place: &dyn Fn() -> Place) {
        self.seen += 1;
        self.cancel.enough();
    }

    fn add_all(&mut self, _first: Timestamp, _last: Timestamp, _count: u64) -> bool {
        false
    }
}

#[test]
fn a_search_ends_at_the_next_record_of_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open_with(directory.path(), clock(), by_hand());
    for second in 0..9 {
        lake.append(&batch(vec![crate::testing::unparsed(crate::tests::noon_plus(second), b"x")])).unwrap();
    }
    let cancel = Cancel::new();
    let mut sink = Impatient { cancel: cancel.clone(), seen: 0 };
    let all = Query::all();
    let question = Question { expr: all.expr(), window: Window::all(), before: None, cancel: &cancel };
    let scanned = lake.core().scan().run(&question, &mut sink).unwrap();
    let come = cancel.progress();
    assert_eq!((sink.seen, scanned.partial, come.events, come.events_total, come.files), (1, true, 1, 9, 0));
}

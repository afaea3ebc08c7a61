//! OTLP logs: resources, scopes and records, as a message of Protocol Buffers or as JSON.
//!
//! Specified in <https://opentelemetry.io/docs/specs/otlp/> and in `logs.proto` of opentelemetry-proto 1.x. Attributes
//! keep their names; those of the semantic conventions (`k8s.*`, `service.*`, `host.*`, `deployment.environment.name`)
//! also say which host and which labels a record has. A body that is no text is kept as JSON.

mod json;
mod message;

pub use json::decode_json;
pub use message::decode_message;

use super::Record;
use std::borrow::Cow;
use vigie_model::time::Timestamp;

/// Deepest nesting of a value.
const DEPTH_MAX: usize = 16;

/// Most attributes read of a resource, a scope or a record.
const ATTRIBUTES_MAX: usize = 128;

/// Pairs of name and value.
type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// A record while it is being read.
#[derive(Debug, Default)]
struct Log<'a> {
    nanos: u64,
    observed_nanos: u64,
    severity: u64,
    severity_text: Cow<'a, str>,
    body: Cow<'a, str>,
    attributes: Pairs<'a>,
    trace: Cow<'a, str>,
    span: Cow<'a, str>,
    event: Cow<'a, str>,
}

impl<'a> Log<'a> {
    /// The record, with what its resource and scope say.
    fn record(self, shared: &Pairs<'a>) -> Record<'a> {
        let mut record = match self.body {
            Cow::Borrowed(text) => Record::of(text.as_bytes()),
            Cow::Owned(text) => Record::of(text.into_bytes()),
        };
        let nanos = if self.nanos == 0 { self.observed_nanos } else { self.nanos };
        record.time = i64::try_from(nanos / 1000).ok().filter(|micros| *micros > 0).map(Timestamp::from_micros);
        record.severity = severity(self.severity);
        for (name, value) in self.attributes.into_iter().chain(shared.iter().cloned()) {
            record.tell(name, value);
        }
        for (name, value) in
            [("trace_id", self.trace), ("span_id", self.span), ("event_name", self.event), ("severity_text", self.severity_text)]
        {
            record.tell(name, value);
        }
        record
    }
}

/// The syslog severity of a severity number of OpenTelemetry (1 to 24).
const fn severity(number: u64) -> Option<u8> {
    Some(match number {
        1..=8 => 7,
        9 => 6,
        10..=12 => 5,
        13..=16 => 4,
        17 => 3,
        18..=24 => 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::wire::testing::{bytes, fixed64, number};
    use super::*;

    /// What both forms of the same request become.
    const EXPECTED: [&str; 2] = [
        "2026-11-21T08:30:00.25Z node-1 Some(3) it broke [http.status=500 ok=true list=[1,\"a\"] k8s.namespace.name=shop \
         k8s.deployment.name=web host.name=node-1 scope=lib trace_id=5b8efff798038103d269b633813fc60c severity_text=ERROR]",
        "2026-11-21T08:30:00.25Z node-1 None {\"a\":{\"b\":1.5},\"c\":\"AQI=\"} [k8s.namespace.name=shop k8s.deployment.name=web \
         host.name=node-1 scope=lib]",
    ];

    fn shown(record: &Record<'_>) -> String {
        let more: Vec<String> = record.more.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let (host, raw) = (record.host.as_deref().unwrap_or("-"), String::from_utf8_lossy(&record.raw));
        assert_eq!(record.labels.len(), 2);
        format!("{} {host} {:?} {raw} [{}]", record.time.unwrap(), record.severity, more.join(" "))
    }

    fn text(value: &str) -> Vec<u8> {
        bytes(1, value.as_bytes())
    }

    fn pair(name: &str, value: &[u8]) -> Vec<u8> {
        [bytes(1, name.as_bytes()), bytes(2, value)].concat()
    }

    #[test]
    fn a_request_as_a_message() {
        let resource: Vec<u8> = [("k8s.namespace.name", "shop"), ("k8s.deployment.name", "web"), ("host.name", "node-1")]
            .iter()
            .flat_map(|(name, value)| bytes(1, &pair(name, &text(value))))
            .collect();
        let list = bytes(5, &[bytes(1, &number(3, 1)), bytes(1, &text("a"))].concat());
        let first = [
            fixed64(1, 1_795_249_800_250_000_000),
            number(2, 17),
            bytes(3, b"ERROR"),
            bytes(5, &text("it broke")),
            bytes(6, &pair("http.status", &number(3, 500))),
            bytes(6, &pair("ok", &number(2, 1))),
            bytes(6, &pair("list", &list)),
            bytes(9, &[0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c]),
        ];
        let inner = bytes(6, &bytes(1, &pair("b", &fixed64(4, 1.5f64.to_bits()))));
        let body = bytes(6, &[bytes(1, &pair("a", &inner)), bytes(1, &pair("c", &bytes(7, &[1, 2])))].concat());
        let second = [fixed64(11, 1_795_249_800_250_000_000), bytes(5, &body)];
        let scope = [bytes(1, &bytes(1, b"lib")), bytes(2, &first.concat()), bytes(2, &second.concat())];
        let request = bytes(1, &[bytes(1, &resource), bytes(2, &scope.concat())].concat());
        let mut seen = Vec::new();
        decode_message(&request, &mut |record| seen.push(shown(record))).unwrap();
        assert_eq!(seen, EXPECTED);
    }

    #[test]
    fn the_same_request_in_json() {
        let request = r#"{"resourceLogs":[{"resource":{"attributes":[
            {"key":"k8s.namespace.name","value":{"stringValue":"shop"}},{"key":"k8s.deployment.name","value":{"stringValue":"web"}},
            {"key":"host.name","value":{"stringValue":"node-1"}}]},
            "scopeLogs":[{"scope":{"name":"lib"},"logRecords":[
            {"timeUnixNano":"1795249800250000000","severityNumber":17,"severityText":"ERROR","body":{"stringValue":"it broke"},
             "attributes":[{"key":"http.status","value":{"intValue":"500"}},{"key":"ok","value":{"boolValue":true}},
              {"key":"list","value":{"arrayValue":{"values":[{"intValue":1},{"stringValue":"a"}]}}}],
             "traceId":"5b8efff798038103d269b633813fc60c"},
            {"observedTimeUnixNano":1795249800250000000,"body":{"kvlistValue":{"values":[
              {"key":"a","value":{"kvlistValue":{"values":[{"key":"b","value":{"doubleValue":1.5}}]}}},{"key":"c","value":{"bytesValue":"AQI="}}]}}}]}]}]}"#;
        let mut seen = Vec::new();
        decode_json(request.as_bytes(), &mut |record| seen.push(shown(record))).unwrap();
        assert_eq!(seen, EXPECTED);
    }

    #[test]
    fn nonsense_is_told() {
        assert!(decode_message(b"\x0a\xff", &mut |_| {}).is_err());
        assert!(decode_json(b"{\"resourceLogs\":1}", &mut |_| {}).is_err());
        decode_message(b"", &mut |_| {}).unwrap();
    }
}

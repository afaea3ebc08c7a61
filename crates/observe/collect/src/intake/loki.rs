//! Loki's push: streams of lines that share labels, as JSON or as a message of Protocol Buffers.
//!
//! Specified in "Loki HTTP API" (push) and in `pkg/push/push.proto` of Loki: `PushRequest` has streams (1), each with
//! labels as text (1) and entries (2) of timestamp (1), line (2) and pairs of structured metadata (3).

use super::Record;
use super::flat::{Members, flatten, said};
use super::wire::{Fields, NotAMessage, Wire};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use vigie_model::time::Timestamp;

/// Most labels read of one stream.
const LABELS_MAX: usize = 128;

/// Pairs of name and value.
type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow, default)]
    streams: Vec<Stream<'a>>,
}

#[derive(Deserialize)]
struct Stream<'a> {
    #[serde(borrow, default)]
    stream: Option<Members<'a>>,
    /// The form of before version 1: the labels as text.
    #[serde(borrow, default)]
    labels: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    values: Vec<&'a RawValue>,
}

/// Takes the lines of a JSON body.
///
/// # Errors
/// When it is not a push; nothing is taken then.
pub fn decode_json(body: &[u8], put: &mut impl FnMut(&Record<'_>)) -> Result<(), serde_json::Error> {
    let push: Push<'_> = serde_json::from_slice(body)?;
    for stream in &push.streams {
        let mut labels: Pairs<'_> = stream.labels.as_deref().map(labels).unwrap_or_default();
        let members = stream.stream.iter().flat_map(|Members(members)| members);
        labels.extend(members.take(LABELS_MAX).map(|(name, value)| (name.clone(), said(value))));
        for value in &stream.values {
            match serde_json::from_str::<Vec<&RawValue>>(value.get()).as_deref() {
                Ok([time, line, rest @ ..]) => {
                    let mut record = of_line(said(line), &labels);
                    record.time = said(time).parse::<i64>().ok().map(|nanos| Timestamp::from_micros(nanos / 1000));
                    for (name, value) in rest.iter().flat_map(|meta| flatten(meta.get())).flatten() {
                        record.tell(name, value);
                    }
                    put(&record);
                }
                _ => put(&Record::set_aside(value.get().as_bytes(), "no time and line of a stream")),
            }
        }
    }
    Ok(())
}

/// Takes the lines of a message; snappy is off already.
///
/// # Errors
/// When it is not one. What stands before the place where it breaks is taken.
pub fn decode_message(body: &[u8], put: &mut impl FnMut(&Record<'_>)) -> Result<(), NotAMessage> {
    let mut push = Fields(body);
    while let Some((number, value)) = push.next()? {
        if number == 1 {
            stream(value.bytes(), put)?;
        }
    }
    Ok(())
}

fn stream(message: &[u8], put: &mut impl FnMut(&Record<'_>)) -> Result<(), NotAMessage> {
    let mut shared = Cow::Borrowed("");
    let mut entries = Vec::new();
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => shared = String::from_utf8_lossy(value.bytes()),
            2 => entries.push(value.bytes()),
            _ => {}
        }
    }
    let labels = labels(&shared);
    for message in entries {
        put(&entry(message, &labels)?);
    }
    Ok(())
}

fn entry<'a>(message: &'a [u8], labels: &Pairs<'a>) -> Result<Record<'a>, NotAMessage> {
    let mut record = of_line(Cow::Borrowed(""), labels);
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Wire::Bytes(message)) => record.time = Some(timestamp(message)?),
            (2, Wire::Bytes(line)) => record.raw = Cow::Borrowed(line),
            (3, Wire::Bytes(pair)) => {
                let (name, value) = pair_of(pair)?;
                record.tell(name, value);
            }
            _ => {}
        }
    }
    Ok(record)
}

/// `google.protobuf.Timestamp`: seconds (1) and nanoseconds (2).
fn timestamp(message: &[u8]) -> Result<Timestamp, NotAMessage> {
    let (mut seconds, mut nanos) = (0i64, 0i64);
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => seconds = value.number().cast_signed(),
            2 => nanos = i64::from(value.number() as u32),
            _ => {}
        }
    }
    Ok(Timestamp::from_seconds(seconds).plus_micros(nanos / 1000))
}

fn pair_of(message: &[u8]) -> Result<(Cow<'_, str>, Cow<'_, str>), NotAMessage> {
    let (mut name, mut said) = (Cow::Borrowed(""), Cow::Borrowed(""));
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => name = String::from_utf8_lossy(value.bytes()),
            2 => said = String::from_utf8_lossy(value.bytes()),
            _ => {}
        }
    }
    Ok((name, said))
}

fn of_line<'a>(line: Cow<'a, str>, labels: &Pairs<'a>) -> Record<'a> {
    let mut record = match line {
        Cow::Borrowed(line) => Record::of(line.as_bytes()),
        Cow::Owned(line) => Record::of(line.into_bytes()),
    };
    for (name, value) in labels {
        record.tell(name.clone(), value.clone());
    }
    record
}

/// `{app="web", path="C:\\x"}`: names and texts in quotes, escaped as in Go.
fn labels(text: &str) -> Pairs<'_> {
    let mut pairs = Vec::new();
    let mut rest = text.trim().trim_start_matches('{');
    while pairs.len() < LABELS_MAX {
        let Some((name, after)) = rest.split_once('=') else { break };
        let Some(quoted) = after.trim_start().strip_prefix('"') else { break };
        let mut escaped = false;
        let end = quoted.bytes().position(|byte| {
            let is_end = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            is_end
        });
        let Some((value, after)) = end.and_then(|end| quoted.split_at_checked(end)) else { break };
        let value = if value.contains('\\') {
            serde_json::from_str(&format!("\"{value}\"")).map_or(Cow::Borrowed(value), Cow::Owned)
        } else {
            Cow::Borrowed(value)
        };
        pairs.push((Cow::Borrowed(name.trim_matches([' ', ','])), value));
        rest = after.trim_start_matches(['"', ',', ' ']);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::super::wire::testing::{bytes, number};
    use super::*;
    use vigie_model::event::Label;

    const EXPECTED: [&str; 2] = [
        "2026-11-21T08:30:00.25Z one \"line\" [namespace=shop pod=web-7d4b9c6f5d-x2x7k trace=t1]",
        "2026-11-21T08:30:00.25Z two [namespace=shop pod=web-7d4b9c6f5d-x2x7k]",
    ];

    fn shown(record: &Record<'_>) -> String {
        let more: Vec<String> = record.more.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(record.labels, [(Label::Namespace, "shop".into()), (Label::Workload, "web".into())]);
        format!("{} {} [{}]", record.time.unwrap(), String::from_utf8_lossy(&record.raw), more.join(" "))
    }

    #[test]
    fn streams_in_json() {
        let body = r#"{"streams":[{"stream":{"namespace":"shop","pod":"web-7d4b9c6f5d-x2x7k"},"values":
            [["1795249800250000000","one \"line\"",{"trace":"t1"}],["1795249800250000000","two"]]}]}"#;
        let mut seen = Vec::new();
        decode_json(body.as_bytes(), &mut |record| seen.push(shown(record))).unwrap();
        assert_eq!(seen, EXPECTED);
        assert!(decode_json(b"[]x", &mut |_| {}).is_err());
    }

    #[test]
    fn streams_in_a_message() {
        let time = bytes(1, &[number(1, 1_795_249_800), number(2, 250_000_000)].concat());
        let trace = bytes(3, &[bytes(1, b"trace"), bytes(2, b"t1")].concat());
        let stream = [
            bytes(2, &[time.clone(), bytes(2, b"one \"line\""), trace].concat()),
            bytes(1, br#"{namespace="shop", pod="web-7d4b9c6f5d-x2x7k"}"#),
            bytes(2, &[time, bytes(2, b"two")].concat()),
        ];
        let mut seen = Vec::new();
        decode_message(&bytes(1, &stream.concat()), &mut |record| seen.push(shown(record))).unwrap();
        assert_eq!(seen, EXPECTED);
    }

    #[test]
    fn labels_with_escapes() {
        let pairs = labels(r#"{a="x\"y", b="C:\\z",c="", d = "1"}"#);
        let shown: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown, ["a=x\"y", "b=C:\\z", "c=", "d=1"]);
        assert!(labels("{nonsense}").is_empty());
    }
}

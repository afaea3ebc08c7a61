//! Events written down by hand: what a rule must fire on, and what it must stay silent on.
//!
//! A line is a case: an event, or `{"case": "…", "events": […]}` for several. An event is a JSON
//! object:
//!
//! ```json
//! {"class": "authentication", "activity": 1, "format": "sshd", "time": "2026-11-21T08:30:00Z",
//!  "host": "web-1", "source": "file:/var/log/auth.log", "severity": 1,
//!  "fields": {"user.name": "root", "src_endpoint.port": 51234}, "unmapped": {"tty": "ssh"},
//!  "raw": "Nov 21 08:30:00 web-1 sshd[812]: …", "repeat": 10, "every_seconds": 5}
//! ```
//!
//! Only `class` and `format` must be there. Times default to 2026-11-21T08:00:00Z and one second
//! after the event before; `repeat` writes the same event several times, `every_seconds` apart.
//! `fields` are OCSF paths with values of their kind: a path that OCSF does not have, or that the
//! class does not have, is a mistake and not an unmapped value.

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use vigie_model::event::{Class, Event, EventSeverity, FieldId, FieldKind, Labels, Origin, StoredEvent, Value};
use vigie_model::ids::EventId;
use vigie_model::time::{NotATime, Timestamp};

/// Most events of one case.
const EVENTS_MAX: usize = 100_000;

/// Several events that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What it shows; may be empty.
    pub name: String,
    /// The events, numbered from 1, received when they happened.
    pub events: Vec<StoredEvent>,
}

/// Why a line is not a case.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Not JSON of this shape.
    #[error("line {line} is not an event: {source}")]
    Shape {
        /// The line, from 1.
        line: usize,
        /// The parser's words.
        #[source]
        source: serde_json::Error,
    },
    /// A class that OCSF does not have.
    #[error("line {line}: OCSF has no class `{class}`")]
    Class {
        /// The line, from 1.
        line: usize,
        /// The class.
        class: String,
    },
    /// A field that the class does not have, or a value of another kind.
    #[error("line {line}: `{field}` is not a field of this class, or its value is of another kind")]
    Field {
        /// The line, from 1.
        line: usize,
        /// The field.
        field: String,
    },
    /// A time that is none.
    #[error("line {line}: {source}")]
    Time {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        #[source]
        source: NotATime,
    },
    /// More events than a case may have.
    #[error("line {line} has more than {EVENTS_MAX} events")]
    TooMany {
        /// The line, from 1.
        line: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    #[serde(default)]
    case: String,
    events: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    class: String,
    format: String,
    #[serde(default)]
    activity: u8,
    #[serde(default)]
    severity: Option<u8>,
    #[serde(default)]
    time: Option<String>,
    #[serde(default = "host")]
    host: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    fields: Map<String, Json>,
    #[serde(default)]
    unmapped: Map<String, Json>,
    #[serde(default)]
    raw: String,
    #[serde(default = "once")]
    repeat: usize,
    #[serde(default = "second")]
    every_seconds: i64,
}

fn host() -> String {
    "web-1".to_owned()
}

const fn once() -> usize {
    1
}

const fn second() -> i64 {
    1
}

/// Reads cases, one on each line; empty lines are passed over.
///
/// # Errors
/// [`SampleError`] at the first line that is not a case.
pub fn cases(text: &str) -> Result<Vec<Case>, SampleError> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(number, line)| case(number, line)).collect()
}

fn case(line: usize, text: &str) -> Result<Case, SampleError> {
    let shape = |source| SampleError::Shape { line, source };
    let json: Json = serde_json::from_str(text).map_err(shape)?;
    let (name, written) = if json.get("events").is_some() {
        let several: Several = serde_json::from_value(json).map_err(shape)?;
        (several.case, several.events)
    } else {
        (String::new(), vec![serde_json::from_value(json).map_err(shape)?])
    };
    let mut events = Vec::new();
    let mut next = Timestamp::from_seconds(1_795_248_000);
    for written in written {
        if events.len().saturating_add(written.repeat) > EVENTS_MAX {
            return Err(SampleError::TooMany { line });
        }
        if let Some(time) = &written.time {
            next = Timestamp::parse(time).map_err(|source| SampleError::Time { line, source })?;
        }
        for _ in 0..written.repeat {
            let id = EventId(events.len() as u64 + 1);
            events.push(StoredEvent { id, event: event(line, &written, next)? });
            next = next.plus_seconds(written.every_seconds);
        }
    }
    Ok(Case { name, events })
}

fn event(line: usize, written: &Written, time: Timestamp) -> Result<Event, SampleError> {
    let class = Class::from_name(&written.class);
    let class = class.ok_or_else(|| SampleError::Class { line, class: written.class.clone() })?;
    let origin = Origin {
        source: written.source.as_str().into(),
        format: written.format.as_str().into(),
        host: written.host.as_str().into(),
        labels: Labels::none(),
    };
    let mut event = Event::new(class, time, time, origin, written.raw.clone().into_bytes());
    event.activity = written.activity;
    if let Some(severity) = written.severity {
        event.severity = EventSeverity::from_number(severity);
    }
    for (path, json) in &written.fields {
        let set = FieldId::from_path(path).filter(|field| field.info().classes.has(class)).and_then(|field| {
            let value = value(field.info().kind, json)?;
            Some(event.fields.set_value(field, value))
        });
        if set != Some(true) {
            return Err(SampleError::Field { line, field: path.clone() });
        }
    }
    for (name, json) in &written.unmapped {
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        event.unmapped.push(name, &text);
    }
    Ok(event)
}

fn value(kind: FieldKind, json: &Json) -> Option<Value> {
    Some(match kind {
        FieldKind::Text => Value::Text(json.as_str()?.into()),
        FieldKind::Integer => Value::Integer(json.as_i64()?),
        FieldKind::Boolean => Value::Boolean(json.as_bool()?),
        FieldKind::Texts => {
            let texts = json.as_array()?.iter().map(|text| text.as_str().map(Box::from));
            Value::Texts(texts.collect::<Option<_>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_events_and_cases() {
        let text = r#"{"class":"authentication","format":"sshd","fields":{"user.name":"root","src_endpoint.port":22}}

{"case":"two","events":[{"class":"authentication","format":"sshd","time":"2026-11-21T08:30:00Z","repeat":2,"every_seconds":5},{"class":"authentication","format":"sshd","unmapped":{"n":1}}]}"#;
        let cases = cases(text).unwrap();
        assert_eq!(cases.iter().map(|case| case.events.len()).collect::<Vec<_>>(), [1, 3]);
        let times: Vec<_> = cases[1].events.iter().map(|stored| stored.event.time.to_string()).collect();
        assert_eq!(times, ["2026-11-21T08:30:00Z", "2026-11-21T08:30:05Z", "2026-11-21T08:30:10Z"]);
        assert_eq!(cases[0].events[0].event.time.to_string(), "2026-11-21T08:00:00Z");
    }

    #[test]
    fn says_what_is_wrong() {
        let wrong = |text: &str| cases(text).unwrap_err().to_string();
        assert_eq!(wrong(r#"{"class":"nonsense","format":"x"}"#), "line 1: OCSF has no class `nonsense`");
        let field = wrong(r#"{"class":"authentication","format":"sshd","fields":{"user.name":7}}"#);
        assert_eq!(field, "line 1: `user.name` is not a field of this class, or its value is of another kind");
        assert!(wrong("\n{").starts_with("line 2 is not an event"));
    }
}

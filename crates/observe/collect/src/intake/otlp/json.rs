//! OTLP as JSON: the names in camel case, numbers of 64 bits as texts or numbers, ids in hex.

use super::super::Record;
use super::super::flat::{Members, said};
use super::message::quoted;
use super::{ATTRIBUTES_MAX, DEPTH_MAX, Log, Pairs};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default, rename = "resourceLogs")]
    resource_logs: Vec<ResourceLogs<'a>>,
}

#[derive(Deserialize)]
struct ResourceLogs<'a> {
    #[serde(borrow, default)]
    resource: Described<'a>,
    #[serde(borrow, default, rename = "scopeLogs")]
    scope_logs: Vec<ScopeLogs<'a>>,
}

#[derive(Default, Deserialize)]
struct Described<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    attributes: Vec<Attribute<'a>>,
}

#[derive(Deserialize)]
struct ScopeLogs<'a> {
    #[serde(borrow, default)]
    scope: Described<'a>,
    #[serde(borrow, default, rename = "logRecords")]
    log_records: Vec<LogRecord<'a>>,
}

#[derive(Deserialize)]
struct Attribute<'a> {
    #[serde(borrow, default)]
    key: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogRecord<'a> {
    #[serde(borrow, default)]
    time_unix_nano: Option<&'a RawValue>,
    #[serde(borrow, default)]
    observed_time_unix_nano: Option<&'a RawValue>,
    #[serde(borrow, default)]
    severity_number: Option<&'a RawValue>,
    #[serde(borrow, default)]
    severity_text: Cow<'a, str>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
    #[serde(borrow, default)]
    attributes: Vec<Attribute<'a>>,
    #[serde(borrow, default)]
    trace_id: Cow<'a, str>,
    #[serde(borrow, default)]
    span_id: Cow<'a, str>,
    #[serde(borrow, default)]
    event_name: Cow<'a, str>,
}

/// Takes the records of a request.
///
/// # Errors
/// When it is not one; nothing is taken then.
pub fn decode_json(body: &[u8], put: &mut impl FnMut(&Record<'_>)) -> Result<(), serde_json::Error> {
    let request: Request<'_> = serde_json::from_slice(body)?;
    for ResourceLogs { resource, scope_logs } in &request.resource_logs {
        let resource = pairs(&resource.attributes);
        for ScopeLogs { scope, log_records } in scope_logs {
            let mut shared = resource.clone();
            shared.push((Cow::Borrowed("scope"), scope.name.clone()));
            shared.extend(pairs(&scope.attributes));
            for record in log_records {
                put(&log(record).record(&shared));
            }
        }
    }
    Ok(())
}

fn log<'a>(record: &LogRecord<'a>) -> Log<'a> {
    let number = |raw: Option<&RawValue>| raw.and_then(|raw| said(raw).parse().ok()).unwrap_or_default();
    Log {
        nanos: number(record.time_unix_nano),
        observed_nanos: number(record.observed_time_unix_nano),
        severity: number(record.severity_number),
        severity_text: record.severity_text.clone(),
        body: record.body.map(any).unwrap_or_default(),
        attributes: pairs(&record.attributes),
        trace: record.trace_id.clone(),
        span: record.span_id.clone(),
        event: record.event_name.clone(),
    }
}

fn pairs<'a>(attributes: &[Attribute<'a>]) -> Pairs<'a> {
    attributes.iter().take(ATTRIBUTES_MAX).map(|pair| (pair.key.clone(), pair.value.map(any).unwrap_or_default())).collect()
}

/// A value as text: a text as it is, everything else as plain JSON.
fn any(raw: &RawValue) -> Cow<'_, str> {
    let Ok(Members(members)) = serde_json::from_str(raw.get()) else { return Cow::Borrowed("") };
    match members.first() {
        Some((kind, value)) if kind == "stringValue" => said(value),
        Some((kind, _)) if kind == "arrayValue" || kind == "kvlistValue" => {
            let mut json = String::new();
            write_any(raw, &mut json, 0);
            Cow::Owned(json)
        }
        Some((_, value)) => said(value),
        None => Cow::Borrowed(""),
    }
}

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow, default)]
    values: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    values: Vec<Attribute<'a>>,
}

fn write_any(raw: &RawValue, json: &mut String, depth: usize) {
    let Ok(Members(members)) = serde_json::from_str(raw.get()) else { return json.push_str("null") };
    let Some((kind, value)) = members.first().filter(|_| depth <= DEPTH_MAX) else { return json.push_str("null") };
    match &**kind {
        "arrayValue" => {
            let Values { values } = serde_json::from_str(value.get()).unwrap_or(Values { values: Vec::new() });
            json.push('[');
            for (at, value) in values.into_iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                write_any(value, json, depth + 1);
            }
            json.push(']');
        }
        "kvlistValue" => {
            let List { values } = serde_json::from_str(value.get()).unwrap_or(List { values: Vec::new() });
            json.push('{');
            for (at, pair) in values.into_iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                json.push_str(&quoted(&pair.key));
                json.push(':');
                match pair.value {
                    Some(value) => write_any(value, json, depth + 1),
                    None => json.push_str("null"),
                }
            }
            json.push('}');
        }
        "intValue" => json.push_str(&said(value)),
        _ => json.push_str(value.get()),
    }
}

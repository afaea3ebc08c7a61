//! Splunk's HTTP Event Collector: JSON objects one after another, or raw lines.
//!
//! Specified in "Format events for HTTP Event Collector" of Splunk's documentation. An object that is not sound, or has
//! no event, is set aside, the first of them is told to the sender by its number, and the rest is taken.

use super::Record;
use super::flat::{Members, said};
use super::lines::{Next, Values, decode_lines, of_value};
use super::place;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What the address of a request says about all its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The machine.
    pub host: Option<String>,
    /// Where it was read: often a file.
    pub source: Option<String>,
    /// What the sender takes it for.
    pub sourcetype: Option<String>,
    /// Where the sender wants it.
    pub index: Option<String>,
}

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has no records.
    NoData,
    /// A record is not JSON; its number.
    NotJson(usize),
    /// A record has no event; its number.
    NoEvent(usize),
    /// The event of a record is empty; its number.
    Blank(usize),
}

/// Takes the events of a body. Gives the first thing that is wrong; what is right is taken all the same.
pub fn decode(body: &[u8], about: &About, put: &mut impl FnMut(&Record<'_>)) -> Option<Fault> {
    let text = String::from_utf8_lossy(body);
    let inside = text.trim().strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&text);
    let mut fault = None;
    let mut count = 0;
    for value in Values(inside) {
        let taken = match value {
            Next::Value(value) => event(value, about, count).map(|record| put(&record)),
            Next::Broken(rest) => {
                put(&Record::set_aside(rest.as_bytes(), "not JSON"));
                Err(Fault::NotJson(count))
            }
        };
        if let Err(found) = taken {
            if let (Next::Value(value), Fault::NotJson(_) | Fault::NoEvent(_)) = (value, found) {
                put(&Record::set_aside(value.get().as_bytes(), "no event in it"));
            }
            fault = fault.or(Some(found));
        }
        count += 1;
    }
    fault.or((count == 0).then_some(Fault::NoData))
}

/// Takes the lines of a body.
pub fn decode_raw(body: &[u8], about: &About, put: &mut impl FnMut(&Record<'_>)) -> Option<Fault> {
    let mut count = 0;
    decode_lines(body, &mut |line| {
        let mut record = line.clone();
        tell_about(&mut record, about);
        put(&record);
        count += 1;
    });
    (count == 0).then_some(Fault::NoData)
}

fn event<'a>(value: &'a RawValue, about: &'a About, number: usize) -> Result<Record<'a>, Fault> {
    let Members(members) = serde_json::from_str(value.get()).map_err(|_| Fault::NotJson(number))?;
    let event = members.iter().find(|(name, _)| name == "event").ok_or(Fault::NoEvent(number))?.1;
    if matches!(event.get(), "\"\"" | "null") {
        return Err(Fault::Blank(number));
    }
    let mut record = of_value(event);
    for (name, value) in &members {
        match &**name {
            "event" => {}
            "time" => record.time = place::time(&said(value)),
            "host" => record.host = Some(said(value)).filter(|host| !host.is_empty()),
            "fields" => tell_fields(&mut record, value),
            "source" | "sourcetype" | "index" => record.tell(name.clone(), said(value)),
            _ => {}
        }
    }
    tell_about(&mut record, about);
    Ok(record)
}

fn tell_fields<'a>(record: &mut Record<'a>, fields: &'a RawValue) {
    for (name, value) in super::flat::flatten(fields.get()).unwrap_or_default() {
        record.tell(name, value);
    }
}

fn tell_about<'a>(record: &mut Record<'a>, about: &'a About) {
    if record.host.is_none() {
        record.host = about.host.as_deref().map(Cow::Borrowed);
    }
    for (name, value) in [("source", &about.source), ("sourcetype", &about.sourcetype), ("index", &about.index)] {
        if let Some(value) = value
            && !record.more.iter().any(|(known, _)| known == name)
        {
            record.tell(name, value.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(body: &str) -> (Vec<String>, Option<Fault>) {
        let about = About { host: Some("from-address".into()), index: Some("main".into()), ..About::default() };
        let mut seen = Vec::new();
        let fault = decode(body.as_bytes(), &about, &mut |record| {
            let more: Vec<String> = record.more.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let raw = String::from_utf8_lossy(&record.raw);
            seen.push(format!("{} {raw} [{}]", record.host.as_deref().unwrap_or("-"), more.join(" ")));
            assert!(record.time.is_none_or(|time| time.to_string() == "2026-11-21T08:30:00.25Z"));
        });
        (seen, fault)
    }

    #[test]
    fn objects_one_after_another() {
        let body = r#"{"time":1795249800.25,"host":"web-1","source":"/var/log/auth.log","event":"a \"line\""}{"time":"1795249800.250","event":{"a":1},"index":"x","fields":{"env":"test","n":{"m":2}}}
            {"event":"third"}"#;
        let (seen, fault) = taken(body);
        assert_eq!(
            seen,
            [
                "web-1 a \"line\" [source=/var/log/auth.log index=main]",
                "from-address {\"a\":1} [index=x env=test n.m=2]",
                "from-address third [index=main]",
            ]
        );
        assert_eq!(fault, None);
    }

    #[test]
    fn what_is_wrong_is_told_and_the_rest_is_taken() {
        assert_eq!(taken("  "), (vec![], Some(Fault::NoData)));
        let (seen, fault) = taken(r#"{"event":"a"}{"nothing":1}{"event":""}{"event":"b"}{"event": broken"#);
        assert_eq!(fault, Some(Fault::NoEvent(1)));
        assert_eq!(
            seen,
            ["from-address a [index=main]", "- {\"nothing\":1} []", "from-address b [index=main]", "- {\"event\": broken []"]
        );
    }

    #[test]
    fn raw_lines() {
        let mut seen = Vec::new();
        let about = About { source: Some("/var/log/x".into()), ..About::default() };
        assert_eq!(
            decode_raw(b"one\n\ntwo", &about, &mut |record| seen.push((record.raw.to_vec(), record.path.is_some()))),
            None
        );
        assert_eq!(seen, [(b"one".to_vec(), true), (b"two".to_vec(), true)]);
    }
}

//! Opens the envelope that a shipper puts around a line: a JSON object with the line in one of its members.

use super::flat::{self, Pair};
use super::place::{self, Place};
use super::record::{MORE_MAX, Record};
use std::borrow::Cow;

/// Longest JSON object that is looked into; a longer one is text.
pub const JSON_MAX: usize = 1024 * 1024;

/// What an object says.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    /// What it tells about where it comes from.
    pub(crate) about: Record<'a>,
    /// The process that wrote it.
    pub(crate) pid: Option<i64>,
    /// The line in it; empty where it has none.
    pub(crate) message: Cow<'a, str>,
    /// The members that have no other place.
    pub(crate) rest: Vec<Pair<'a>>,
}

/// Opens a text if it is one JSON object.
pub(crate) fn open(text: &str) -> Option<Opened<'_>> {
    let text = text.trim();
    if !text.starts_with('{') || text.len() > JSON_MAX {
        return None;
    }
    let pairs = flat::flatten(text)?;
    let mut about = Record::default();
    let mut pid = None;
    let mut placed = Vec::new();
    let (mut message, mut time) = (None::<(u8, usize)>, None::<(u8, usize)>);
    for (at, (name, value)) in pairs.iter().enumerate() {
        if let Some(rank) = message_rank(name).filter(|rank| message.is_none_or(|(known, _)| *rank < known)) {
            message = Some((rank, at));
        } else if let Some(rank) = time_rank(name).filter(|rank| time.is_none_or(|(known, _)| *rank < known)) {
            if let Some(found) = place::time(value) {
                (about.time, time) = (Some(found), Some((rank, at)));
            }
        } else if let Some(place) = place::of(name) {
            if place == Place::Pid {
                pid = pid.or_else(|| value.parse().ok());
            } else {
                placed.push((place::rank(place), at, place));
            }
        }
    }
    placed.sort_unstable_by_key(|(rank, at, _)| (*rank, *at));
    for (_, at, place) in placed {
        if let Some((_, value)) = pairs.get(at) {
            place::put(&mut about, place, value.clone());
        }
    }
    let (message_at, time_at) = (message.map(|(_, at)| at), time.map(|(_, at)| at));
    let mut line = Cow::Borrowed("");
    let mut rest = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.into_iter().enumerate() {
        if Some(at) == message_at {
            line = pair.1;
        } else if Some(at) != time_at && rest.len() < MORE_MAX {
            rest.push(pair);
        }
    }
    Some(Opened { about, pid, message: line, rest })
}

/// Where the line stands; the lowest counts.
fn message_rank(name: &str) -> Option<u8> {
    Some(match name {
        "event.original" => 0,
        "message" | "MESSAGE" => 1,
        "log" => 2,
        "msg" => 3,
        "full_message" => 4,
        "short_message" => 5,
        "line" => 6,
        _ => return None,
    })
}

/// Where the time stands; the lowest counts.
fn time_rank(name: &str) -> Option<u8> {
    Some(match name {
        "@timestamp" => 0,
        "_SOURCE_REALTIME_TIMESTAMP" => 1,
        "__REALTIME_TIMESTAMP" => 2,
        "timestamp" => 3,
        "time" | "ts" | "date" | "_time" | "datetime" => 4,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::event::Label;

    #[test]
    fn finds_the_line_and_where_it_comes_from() {
        let text = r#"{"date":1795249800.25,"stream":"stderr","log":"it broke","kubernetes":{"pod_name":"web-7d4b9c6f5d-x2x7k",
            "namespace_name":"shop","host":"node-1","labels":{"app":"front"},"container_image":"r.example/web:1"},"level":"error"}"#;
        let opened = open(text).unwrap();
        assert_eq!((&*opened.message, opened.about.severity), ("it broke", Some(3)));
        assert_eq!(opened.about.time.unwrap().to_string(), "2026-11-21T08:30:00.25Z");
        assert_eq!(opened.about.host.as_deref(), Some("node-1"));
        let labels: Vec<(Label, &str)> = opened.about.labels.iter().map(|(label, value)| (*label, &**value)).collect();
        assert_eq!(labels, [(Label::Namespace, "shop"), (Label::Workload, "web")]);
        assert!(opened.rest.contains(&("stream".into(), "stderr".into())));
        assert!(!opened.rest.iter().any(|(name, _)| name == "log" || name == "date"));
    }

    #[test]
    fn a_time_that_is_none_stays_a_member() {
        let opened = open(r#"{"time":"yesterday","a":1}"#).unwrap();
        assert_eq!((opened.about.time, opened.rest.len(), &*opened.message), (None, 2, ""));
    }
}

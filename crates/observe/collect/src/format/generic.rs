//! Messages that describe themselves: pairs of key and value.
//!
//! Nobody knows what they mean, so they stay base events; but their values get names and can be
//! searched. JSON is read by pages: see [`mapping`](crate::mapping).

use super::pairs;
use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::base_event;
use vigie_model::event::ocsf::field;

/// Most values kept of one message.
const VALUES_MAX: usize = 256;

/// Fewest pairs that make a message one of pairs: `x=1` stands in many sentences.
const PAIRS_MIN: usize = 3;

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    if text.starts_with('{') { None } else { key_value(text) }
}

fn key_value(text: &str) -> Option<Meaning> {
    let is_key = |key: &str| {
        key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@'))
    };
    // Cheap before dear: most messages have no pair at all.
    if text.bytes().filter(|byte| *byte == b'=').count() < PAIRS_MIN {
        return None;
    }
    let found: Vec<(&str, &str)> = pairs(text).filter(|(key, _)| is_key(key)).take(VALUES_MAX).collect();
    if found.len() < PAIRS_MIN {
        return None;
    }
    let mut meaning = Meaning::new(super::KEY_VALUE, Class::BaseEvent, base_event::UNKNOWN);
    for (key, value) in found {
        match key {
            "msg" | "message" => drop(meaning.set_text(field::MESSAGE, value)),
            _ => drop(meaning.keep(key, value)),
        }
    }
    Some(meaning)
}

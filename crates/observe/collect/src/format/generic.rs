//! Messages that describe themselves: one JSON object, or pairs of key and value.
//!
//! Nobody knows what they mean, so they stay base events; but their values get names and can be
//! searched. Nested JSON is flattened to dotted names, up to the limits.

use super::pairs;
use crate::header::Line;
use crate::meaning::Meaning;
use serde_json::Value;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::base_event;
use vigie_model::event::ocsf::field;

/// Most values kept of one message.
const VALUES_MAX: usize = 256;

/// Deepest nesting that is looked into; what is deeper is kept as JSON.
const DEPTH_MAX: usize = 8;

/// Longest name that others are put under, in bytes; what lies below a longer one is kept as JSON. A name
/// is repeated for every value below it, so without an end a record would become many times larger.
const NAME_MAX: usize = 256;

/// Fewest pairs that make a message one of pairs: `x=1` stands in many sentences.
const PAIRS_MIN: usize = 3;

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    if text.starts_with('{') && text.ends_with('}') { json(text) } else { key_value(text) }
}

fn json(text: &str) -> Option<Meaning> {
    let Value::Object(object) = serde_json::from_str(text).ok()? else { return None };
    let mut meaning = Meaning::new("json", Class::BaseEvent, base_event::UNKNOWN);
    for name in ["message", "msg", "MESSAGE", "log"] {
        if let Some(Value::String(message)) = object.get(name) {
            meaning.set_text(field::MESSAGE, message);
            break;
        }
    }
    for (name, value) in &object {
        flatten(&mut meaning, name, value, 1);
    }
    Some(meaning)
}

fn flatten(meaning: &mut Meaning, name: &str, value: &Value, depth: usize) {
    if meaning.unmapped.len() >= VALUES_MAX {
        return;
    }
    match value {
        Value::Object(object) if depth < DEPTH_MAX && name.len() <= NAME_MAX => {
            for (below, value) in object {
                flatten(meaning, &format!("{name}.{below}"), value, depth + 1);
            }
        }
        Value::String(text) => drop(meaning.keep(name, text.as_str())),
        Value::Null => {}
        other => drop(meaning.keep(name, other.to_string())),
    }
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
    let mut meaning = Meaning::new("key-value", Class::BaseEvent, base_event::UNKNOWN);
    for (key, value) in found {
        match key {
            "msg" | "message" => drop(meaning.set_text(field::MESSAGE, value)),
            _ => drop(meaning.keep(key, value)),
        }
    }
    Some(meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_not_repeated_for_every_value_below_it() {
        let long = "n".repeat(100_000);
        let values: Vec<String> = (0..VALUES_MAX).map(|number| format!(r#""{number}":1"#)).collect();
        let text = format!(r#"{{"{long}":{{{}}},"a":{{"{long}":{{"b":1}},"c":{{"d":2}}}}}}"#, values.join(","));
        let meaning = json(&text).unwrap();
        let size: usize = meaning.unmapped.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(size <= text.len() + VALUES_MAX * (NAME_MAX + 1), "{size} bytes of {}", text.len());
        let names: Vec<usize> = meaning.unmapped.iter().map(|(name, _)| name.len()).collect();
        assert_eq!(names, [long.len(), "a.".len() + long.len(), "a.c.d".len()]);
    }
}

//! Which values records have, by name.

use super::{EXAMPLE_MAX, Kind, PARTS_MAX, Part};
use crate::format::pairs;
use crate::mapping::line_regex;
use serde_json::Value;

/// Deepest that objects are looked into.
const DEPTH_MAX: usize = 8;

/// Fewest pairs that make a record one of pairs.
const PAIRS_MIN: usize = 3;

/// Most names that records are told by.
const TELLING_MAX: usize = 4;

/// A value by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) example: String,
    /// Whether every record has it.
    pub(super) is_everywhere: bool,
}

/// Gathers values of records.
#[derive(Default)]
struct Gathered {
    values: Vec<(Named, usize)>,
    records: usize,
}

impl Gathered {
    fn add(&mut self, name: &str, value: &str) {
        let (record, is_full) = (self.records, self.values.len() >= PARTS_MAX);
        match self.values.iter_mut().find(|(known, _)| known.name == name) {
            Some((known, last)) => {
                known.is_everywhere &= *last + 1 >= record;
                *last = record;
                if known.example.is_empty() {
                    known.example = example(value);
                }
            }
            None if !is_full && !name.is_empty() => {
                let named = Named { name: name.to_owned(), example: example(value), is_everywhere: record <= 1 };
                self.values.push((named, record));
            }
            None => {}
        }
    }

    fn finish(self) -> Vec<Named> {
        let all = self.records;
        let last = |(named, last): (Named, usize)| Named { is_everywhere: named.is_everywhere && last == all, ..named };
        self.values.into_iter().map(last).collect()
    }
}

fn example(value: &str) -> String {
    value.chars().take(EXAMPLE_MAX).collect()
}

/// Whether a record is one of pairs.
pub(super) fn is_pairs(record: &str) -> bool {
    pairs(record).filter(|(key, _)| is_key(key)).take(PAIRS_MIN).count() == PAIRS_MIN
}

fn is_key(key: &str) -> bool {
    key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@'))
}

/// The values of records that name them.
pub(super) fn of_records(kind: Kind, records: &[&str]) -> Vec<Named> {
    let mut gathered = Gathered::default();
    for record in records {
        gathered.records += 1;
        if kind == Kind::Pairs {
            pairs(record).filter(|(key, _)| is_key(key)).for_each(|(key, value)| gathered.add(key, value));
        } else if let Ok(value) = serde_json::from_str::<Value>(record) {
            walk("", &value, 0, &mut gathered);
        }
    }
    gathered.finish()
}

fn walk(path: &str, value: &Value, depth: usize, gathered: &mut Gathered) {
    match value {
        Value::Object(members) if depth < DEPTH_MAX => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(&path, value, depth + 1, gathered);
            }
        }
        Value::Array(elements) if depth < DEPTH_MAX => {
            elements.iter().for_each(|value| walk(path, value, depth + 1, gathered));
        }
        Value::String(text) => gathered.add(path, text),
        Value::Null => {}
        other => gathered.add(path, &other.to_string()),
    }
}

/// The values of lines by the patterns that fit them; names that none of the lines has come too.
pub(super) fn of_lines(patterns: &[String], records: &[&str]) -> Vec<Named> {
    let patterns: Vec<regex::Regex> = patterns.iter().filter_map(|pattern| line_regex(pattern).ok()).collect();
    let mut gathered = Gathered::default();
    for record in records {
        gathered.records += 1;
        let fitting = patterns.iter().find_map(|pattern| Some((pattern, pattern.captures(record)?)));
        let Some((pattern, found)) = fitting else { continue };
        for name in pattern.capture_names().flatten() {
            gathered.add(name, found.name(name).map_or("", |value| value.as_str()));
        }
    }
    for name in patterns.iter().flat_map(|pattern| pattern.capture_names().flatten()) {
        gathered.add(name, "");
    }
    gathered.finish()
}

/// The names that tell records from others: those that every record has and few other sources know.
pub(super) fn telling(values: &[Named], parts: &[Part]) -> Vec<String> {
    let everywhere = || values.iter().filter(|value| value.is_everywhere);
    let is_common = |name: &str| {
        let is_told = parts.iter().any(|part| part.name == name && matches!(part.target.as_str(), "time" | "host" | "severity"));
        is_told || matches!(name, "msg" | "message" | "id" | "type" | "name" | "pid" | "@timestamp" | "version")
    };
    let mut telling: Vec<String> = everywhere().map(|value| value.name.clone()).filter(|name| !is_common(name)).collect();
    if telling.len() < 2 {
        telling.extend(everywhere().map(|value| value.name.clone()).filter(|name| is_common(name)));
    }
    telling.truncate(TELLING_MAX);
    telling
}

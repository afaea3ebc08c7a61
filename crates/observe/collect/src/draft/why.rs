//! Why a page does not read a record.

use crate::mapping::{furthest, page_words};
use serde_json::Value;

/// The nearest reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A line stops fitting after so many characters, where the pattern wants this.
    Stops {
        /// Characters that fit.
        at: usize,
        /// What the pattern wants next; empty where only the line goes on.
        wanted: String,
    },
    /// The record has no such name.
    Lacks(String),
    /// The record is no object of JSON.
    NoJson,
    /// Something else of what the page asks for.
    Other,
}

/// Why a page that is right does not read a record.
#[must_use]
pub fn why(page: &str, record: &str) -> Why {
    let Some(words) = page_words(page) else { return Why::Other };
    let stops = words.lines.iter().filter_map(|pattern| furthest(pattern, record)).max_by_key(|(bytes, _)| *bytes);
    if let Some((bytes, wanted)) = stops {
        let at = record.get(..bytes).map_or(0, |fitting| fitting.chars().count());
        return Why::Stops { at, wanted };
    }
    let names: Vec<String> = if words.is_pairs {
        crate::format::pairs(record).map(|(name, _)| name.to_owned()).collect()
    } else {
        let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(record) else { return Why::NoJson };
        let has =
            |path: &String| !(value.pointer(&format!("/{}", path.replace('.', "/"))).is_some() || value.get(path).is_some());
        return words.has.into_iter().find(has).map_or(Why::Other, Why::Lacks);
    };
    words.has.into_iter().find(|path| !names.contains(path)).map_or(Why::Other, Why::Lacks)
}

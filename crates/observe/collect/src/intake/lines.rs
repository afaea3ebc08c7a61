//! Records one after another: lines of text or JSON (NDJSON), or one JSON array.

use super::Record;
use crate::mapping::{Mappings, split};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A value among others, or what is left where there is none any more.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next<'a> {
    /// A value.
    Value(&'a RawValue),
    /// What cannot be understood, to the end.
    Broken(&'a str),
}

/// JSON values one after another, with or without white space and commas between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'a>(pub(crate) &'a str);

impl<'a> Iterator for Values<'a> {
    type Item = Next<'a>;

    fn next(&mut self) -> Option<Next<'a>> {
        let rest = self.0.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        if rest.is_empty() {
            return None;
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&'a RawValue>();
        if let Some(Ok(value)) = values.next() {
            self.0 = rest.get(values.byte_offset()..).unwrap_or_default();
            return Some(Next::Value(value));
        }
        self.0 = "";
        Some(Next::Broken(rest))
    }
}

/// Takes a body apart: JSON values one after another, the elements of an array or of a document that holds a list of
/// records, or else its lines. Where JSON breaks, what is left is taken by lines.
pub fn decode(body: &[u8], put: &mut impl FnMut(&Record<'_>)) {
    let inside = body.trim_ascii().strip_prefix(b"[");
    let is_json = inside.map_or_else(|| body.trim_ascii_start().starts_with(b"{"), looks_like_values);
    match std::str::from_utf8(body) {
        Ok(text) if is_json => split(text, &Mappings::shipped(), &mut |piece| {
            if piece.starts_with('{') && serde_json::from_str::<IgnoredAny>(piece).is_ok() {
                put(&Record::of(piece.as_bytes()));
            } else if piece == "[]" {
                // A list of nothing.
            } else if let Ok(text) = serde_json::from_str::<String>(piece) {
                put(&Record::of(text.into_bytes()));
            } else {
                decode_lines(piece.as_bytes(), put);
            }
        }),
        _ => decode_lines(body, put),
    }
}

/// Takes a text apart by lines; empty ones are passed over.
pub fn decode_lines(body: &[u8], put: &mut impl FnMut(&Record<'_>)) {
    for line in body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).filter(|line| !line.is_empty()) {
        put(&Record::of(line));
    }
}

/// The record of a JSON value: an object as it is written, of a text what it says.
pub(crate) fn of_value(value: &RawValue) -> Record<'_> {
    match super::flat::said(value) {
        Cow::Borrowed(text) => Record::of(text.as_bytes()),
        Cow::Owned(text) => Record::of(text.into_bytes()),
    }
}

/// Whether an array is one of records: a line of text may begin with a bracket, too.
fn looks_like_values(inside: &[u8]) -> bool {
    matches!(inside.trim_ascii_start().first(), None | Some(b'{' | b'"' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(body: &str) -> Vec<String> {
        let mut seen = Vec::new();
        decode(body.as_bytes(), &mut |record| {
            let problem = record.problem.map(|problem| format!(" !{problem}")).unwrap_or_default();
            seen.push(String::from_utf8_lossy(&record.raw).into_owned() + &problem);
        });
        seen
    }

    #[test]
    fn lines_and_arrays() {
        assert_eq!(taken("{\"a\":1}\r\n\nplain text\n"), [r#"{"a":1}"#, "plain text"]);
        assert_eq!(taken(r#" [ {"a": 1}, "x\"y" ,{"b":2} ] "#), [r#"{"a": 1}"#, "x\"y", r#"{"b":2}"#]);
        assert_eq!(taken("[info] started [ok]"), ["[info] started [ok]"]);
        assert_eq!(taken("{\"a\":1}\n{\"b\":\nx\n{\"c\":2}"), [r#"{"a":1}"#, r#"{"b":"#, "x", r#"{"c":2}"#]);
        assert_eq!(taken(r#"{"kind":"EventList","items":[{"a":1},{"b":2}]}"#), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(taken("[]"), Vec::<String>::new());
    }
}

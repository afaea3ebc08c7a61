//! A JSON object as pairs of dotted name and value, without building a tree.
//!
//! Texts are unescaped, numbers, truth values and lists stay as they are written. Names and values are borrowed where
//! they can be. What is not one sound object gives nothing: the record is kept as text then.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Most pairs taken out of one object; the record itself is kept whole.
pub const PAIRS_MAX: usize = 512;

/// Deepest nesting that is looked into; what is deeper stays JSON.
pub const DEPTH_MAX: usize = 8;

/// Longest name that others are put under, in bytes; what lies below a longer one stays JSON.
const NAME_MAX: usize = 256;

/// A name and its value.
pub type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The pairs of a text that is one JSON object.
#[must_use]
pub fn flatten(text: &str) -> Option<Vec<Pair<'_>>> {
    let mut pairs = Vec::with_capacity(16);
    walk(text, "", 1, &mut pairs).then_some(pairs)
}

/// The members of an object in their order, each as it is written.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

/// The text of a value if it is one.
#[must_use]
pub(crate) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw.get()).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// The value as a text: without quotes and escapes where it is one, else as it is written.
#[must_use]
pub(crate) fn said(raw: &RawValue) -> Cow<'_, str> {
    text(raw).unwrap_or_else(|| Cow::Borrowed(raw.get()))
}

fn walk<'a>(text: &'a str, prefix: &str, depth: usize, pairs: &mut Vec<Pair<'a>>) -> bool {
    let Ok(Members(members)) = serde_json::from_str::<Members<'a>>(text) else { return false };
    for (name, value) in members {
        if pairs.len() >= PAIRS_MAX {
            break;
        }
        let name = if prefix.is_empty() { name } else { Cow::Owned(format!("{prefix}.{name}")) };
        let is_object = value.get().starts_with('{');
        if is_object && depth < DEPTH_MAX && name.len() <= NAME_MAX && walk(value.get(), &name, depth + 1, pairs) {
            continue;
        }
        if value.get() != "null" {
            pairs.push((name, said(value)));
        }
    }
    true
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    if members.len() < PAIRS_MAX {
                        members.push((name, value));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A name, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Some(flatten(text)?.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn nested_names_are_dotted_and_numbers_stay_as_written() {
        let text = r#"{"a":{"b":"x\ny","c":1.50,"d":{"e":true}},"f":[1,"2"],"g":null,"h.i":{}}"#;
        assert_eq!(shown(text).unwrap(), "a.b=x\ny a.c=1.50 a.d.e=true f=[1,\"2\"]");
    }

    #[test]
    fn what_is_no_object_gives_nothing() {
        for text in ["", "[]", "1", "{", "{} {}", r#"{"a":}"#, r#"{"a":1}x"#] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn depth_names_and_numbers_have_an_end() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
        assert_eq!(flatten(&deep).unwrap().len(), 1);
        let wide = format!("{{{}}}", (0..10_000).map(|number| format!(r#""{number}":1"#)).collect::<Vec<_>>().join(","));
        assert_eq!(flatten(&wide).unwrap().len(), PAIRS_MAX);
        let long = "n".repeat(100_000);
        assert!(flatten(&format!(r#"{{"{long}":{{"a":1,"b":2}}}}"#)).unwrap().len() == 1);
    }
}

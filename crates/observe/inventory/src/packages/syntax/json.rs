//! JSON without a tree: a map's entries as they stand, each read on its own.
//!
//! So one entry of a wrong shape costs that entry and not the file, and what no reader asks for takes no
//! memory. Nesting is bounded by `serde_json` (128).

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The most entries of one map or list that are looked at.
pub(crate) const ENTRIES_MAX: usize = 400_000;

/// Reads a whole document.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The entries of a map in their order, duplicates and all. Anything else than a map is an empty one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries<'a> {
    entries: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// Whether there were more than [`ENTRIES_MAX`].
    pub(crate) cut: bool,
}

impl<'a> Entries<'a> {
    /// Each entry's key, and its value as it stands.
    pub(crate) fn raw(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.entries.iter().map(|(key, value)| (key.as_ref(), *value))
    }

    /// Each entry's key, and its value read; none when it is of another shape.
    pub(crate) fn each<T: Deserialize<'a>>(&self) -> impl Iterator<Item = (&str, Option<T>)> {
        self.raw().map(|(key, value)| (key, of(value)))
    }

    /// Each entry's key.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_ref())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The items of a list as they stand; a map's values count as a list, anything else is an empty one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items<'a>(pub(crate) Vec<&'a RawValue>);

impl<'a> Items<'a> {
    /// Each item read; none when it is of another shape.
    pub(crate) fn each<T: Deserialize<'a>>(&self) -> impl Iterator<Item = Option<T>> {
        self.0.iter().map(|item| of(item))
    }

    /// The items that are texts.
    pub(crate) fn words(&self) -> impl Iterator<Item = Cow<'a, str>> {
        self.each::<Word<'a>>().filter_map(|word| word?.0)
    }
}

/// Reads one value.
pub(crate) fn of<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

/// A text; anything else is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Word<'a>(pub(crate) Option<Cow<'a, str>>);

impl Word<'_> {
    /// The text; empty when there is none.
    pub(crate) fn text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

/// Whether something is set: `true`; anything else is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

struct EntriesVisitor;

impl<'a> Visitor<'a> for EntriesVisitor {
    type Value = (Vec<(Option<Cow<'a, str>>, &'a RawValue)>, bool);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map or a list")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut entries, mut cut) = (Vec::new(), false);
        while let Some(Word(key)) = map.next_key()? {
            if entries.len() == ENTRIES_MAX {
                cut = true;
                map.next_value::<IgnoredAny>()?;
            } else {
                entries.push((Some(key.unwrap_or_default()), map.next_value()?));
            }
        }
        Ok((entries, cut))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(value) = list.next_element()? {
            if entries.len() < ENTRIES_MAX {
                entries.push((None, value));
            }
        }
        Ok((entries, false))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (entries, cut) = deserializer.deserialize_any(EntriesVisitor)?;
        let entries = entries.into_iter().filter_map(|(key, value)| Some((key?, value))).collect();
        Ok(Self { entries, cut })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (entries, _) = deserializer.deserialize_any(EntriesVisitor)?;
        Ok(Self(entries.into_iter().map(|(_, value)| value).collect()))
    }
}

struct WordVisitor;

impl<'a> Visitor<'a> for WordVisitor {
    type Value = Option<Cow<'a, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    /// The one word that is no text: a flag may be asked for as one.
    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(flag.then_some(Cow::Borrowed("true")))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WordVisitor).map(|word| Self(word.as_deref() == Some("true")))
    }
}

/// JSON from JSONC: comments and commas before a closing bracket become spaces, so that places stay.
pub(crate) fn without_comments(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let (mut at, mut comma) = (0, None);
    while let Some(&byte) = bytes.get(at) {
        let length = match (byte, bytes.get(at + 1)) {
            (b'"', _) => string_length(&bytes[at..]),
            (b'/', Some(b'/')) => length_until(&bytes[at..], b"\n", 0),
            (b'/', Some(b'*')) => length_until(&bytes[at..], b"*/", 2),
            _ => 1,
        };
        let end = (at + length).min(bytes.len());
        match byte {
            b'/' if length > 1 => bytes[at..end].fill(b' '),
            b'/' => comma = None,
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    bytes[comma] = b' ';
                }
            }
            _ if byte.is_ascii_whitespace() => {}
            _ => comma = None,
        }
        at = end;
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// From the opening quote to after the closing one.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The bytes before an ending, which is searched after the two that begin a comment, and `more` of it.
fn length_until(bytes: &[u8], ending: &[u8], more: usize) -> usize {
    let found = bytes.get(2..).and_then(|rest| rest.windows(ending.len()).position(|window| window == ending));
    found.map_or(bytes.len(), |at| at + 2 + more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Deserialize)]
    struct Document<'a> {
        #[serde(borrow, default)]
        packages: Entries<'a>,
        #[serde(borrow, default)]
        name: Word<'a>,
        #[serde(default)]
        dev: Flag,
    }

    #[test]
    fn a_wrong_shape_costs_only_itself() {
        let text = r#"{"packages":{"a":{"name":"x"},"b":3,"a":{"name":["no"]}},"name":{"deep":[1]},"dev":"yes","more":[[]]}"#;
        let document: Document<'_> = parse(text).unwrap();
        let names: Vec<_> = document
            .packages
            .each::<Document<'_>>()
            .map(|(key, d)| (key.to_owned(), d.map(|d| d.name.text().to_owned())))
            .collect();
        assert_eq!(names, [("a".into(), Some("x".into())), ("b".into(), None), ("a".into(), Some(String::new()))]);
        assert_eq!((document.name.text(), document.dev), ("", Flag(false)));
        assert!(parse::<Document<'_>>(r#"{"packages":[1,2],"dev":true}"#).unwrap().packages.is_empty());
        assert!(parse::<Document<'_>>("{").is_err());
    }

    #[test]
    fn comments_and_last_commas_go() {
        let text = "{ // \"x\"\n \"a//\\\"\": [1, 2, /* , */ ], \"b\": {\"c\": \"/*é,}\",}, }";
        let document: serde_json::Value = parse(&without_comments(text)).unwrap();
        assert_eq!(document, serde_json::json!({"a//\"": [1, 2], "b": {"c": "/*é,}"}}));
        assert_eq!(without_comments("/"), "/");
        assert_eq!(without_comments("/*"), "  ");
    }

    proptest! {
        #[test]
        fn survives_any_text(text in "[ \\[\\]{}\",:/*\\\\a1é\n]{0,80}") {
            prop_assert_eq!(without_comments(&text).len(), text.len());
            drop(parse::<Document<'_>>(&text));
        }

        #[test]
        fn json_stays_as_it_is(words: Vec<String>) {
            let text = serde_json::to_string(&words).unwrap();
            prop_assert_eq!(parse::<Vec<String>>(&without_comments(&text)).unwrap(), words);
        }
    }
}

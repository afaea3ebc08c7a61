//! Documents that hold several records: one piece of text for each.
//!
//! Cloud services write files and send bodies such as `{"Records":[…]}`, `{"kind":"EventList",
//! "items":[…]}` or a bare array; others put one object after the other, each over many lines. The
//! pieces are borrowed from the document, so splitting needs no memory of its own.

use super::Mappings;
use super::compile::Envelope;
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Most records of one document; what comes after them is not given. A document that has more is
/// better sent in parts.
pub const RECORDS_MAX: usize = 1_000_000;

/// Most names beside a list of records.
const BESIDE_MAX: usize = 16;

/// Gives each record of a document to `each`: the elements of its list of records, the values of a
/// sequence, or the document itself. What is not JSON is given whole, from where it stops being JSON.
pub fn split<'a>(document: &'a str, mappings: &Mappings, each: &mut dyn FnMut(&'a str)) {
    let mut left = RECORDS_MAX;
    let mut values = serde_json::Deserializer::from_str(document).into_iter::<&RawValue>();
    while left > 0 {
        let start = values.byte_offset();
        match values.next() {
            None => return,
            Some(Ok(value)) => records(value.get(), mappings, &mut left, each, true),
            Some(Err(_)) => {
                let rest = document.get(start..).unwrap_or_default().trim();
                if !rest.is_empty() {
                    each(rest);
                }
                return;
            }
        }
    }
}

/// Gives the records of one text to `each`, if it is a document of several; false if it is none, or
/// broken. Says so after the first name of nearly every record.
pub(crate) fn pieces<'a>(text: &'a str, mappings: &Mappings, each: &mut dyn FnMut(&'a str)) -> bool {
    let text = text.trim();
    let list = match text.as_bytes().first() {
        Some(b'[') if text.get(1..).is_some_and(|rest| rest.trim_start().starts_with('{')) => Some(text),
        Some(b'{') => list_of(text, mappings),
        _ => None,
    };
    let Some(list) = list.filter(|list| serde_json::from_str::<IgnoredAny>(list).is_ok()) else { return false };
    records(list, mappings, &mut RECORDS_MAX.clone(), each, true);
    true
}

/// The records in one value; in those of a list, only where `may_nest`.
fn records<'a>(value: &'a str, mappings: &Mappings, left: &mut usize, each: &mut dyn FnMut(&'a str), may_nest: bool) {
    let is_list = value.starts_with('[');
    let list = if is_list { Some(value) } else { list_of(value, mappings) };
    let Some(list) = list.filter(|_| may_nest || !is_list) else {
        if *left > 0 {
            *left -= 1;
            each(value);
        }
        return;
    };
    // An array may hold documents that each have a list of their own.
    let mut give = |element: &'a str| match is_list {
        true => records(element, mappings, left, each, false),
        false if *left > 0 => {
            *left -= 1;
            each(element);
        }
        false => {}
    };
    let mut deserializer = serde_json::Deserializer::from_str(list);
    // The value is JSON already: there is nothing to go wrong.
    drop(Elements(&mut give).deserialize(&mut deserializer));
}

/// The list of records of an object, if nothing stands beside it that is not known to.
fn list_of<'a>(object: &'a str, mappings: &Mappings) -> Option<&'a str> {
    let mut deserializer = serde_json::Deserializer::from_str(object);
    let list = Lists(mappings).deserialize(&mut deserializer).ok()??;
    list.get(1..)?.trim_start().starts_with('{').then_some(list)
}

/// Calls with each element of an array.
struct Elements<'e, 'a>(&'e mut dyn FnMut(&'a str));

impl<'de> DeserializeSeed<'de> for Elements<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<&RawValue>()? {
            (self.0)(element.get());
        }
        Ok(())
    }
}

/// Finds the list of records of an object.
struct Lists<'m>(&'m Mappings);

impl<'de> DeserializeSeed<'de> for Lists<'_> {
    type Value = Option<&'de str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Lists<'_> {
    type Value = Option<&'de str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let envelopes = &self.0.records;
        let mut found: Option<(&Envelope, &'de str)> = None;
        let mut beside: Vec<Cow<'de, str>> = Vec::new();
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            if let Some(envelope) = envelopes.iter().find(|envelope| *envelope.list == *name).filter(|_| found.is_none()) {
                let value = members.next_value::<&RawValue>()?.get();
                if !value.starts_with('[') {
                    break;
                }
                found = Some((envelope, value));
            } else if envelopes.iter().any(|envelope| envelope.has_beside(&name)) && beside.len() < BESIDE_MAX {
                members.next_value::<IgnoredAny>()?;
                beside.push(name);
            } else {
                // Not an envelope that we know; the caller takes the error for that.
                return Err(serde::de::Error::custom("a record"));
            }
        }
        Ok(found.filter(|(envelope, _)| beside.iter().all(|name| envelope.has_beside(name))).map(|(_, list)| list))
    }
}

impl Envelope {
    fn has_beside(&self, name: &str) -> bool {
        self.beside.iter().any(|known| **known == *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(document: &str) -> Vec<&str> {
        let mut records = Vec::new();
        split(document, &Mappings::shipped(), &mut |record| records.push(record));
        records
    }

    #[test]
    fn documents_are_split_into_their_records() {
        for (document, expected) in [
            (r#"{"Records":[{"a":1},{"b":2}]}"#, vec![r#"{"a":1}"#, r#"{"b":2}"#]),
            (r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[{"a":1}]}"#, vec![r#"{"a":1}"#]),
            (r#"[{"a":1}, {"Records":[{"b":2},{"c":3}]}]"#, vec![r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":3}"#]),
            ("{\"a\":1}\n{\n \"b\":2}\n", vec![r#"{"a":1}"#, "{\n \"b\":2}"]),
            (r#"{"Records":[],"x":1}"#, vec![r#"{"Records":[],"x":1}"#]),
            (r#"{"user":"eva","items":[{"a":1}]}"#, vec![r#"{"user":"eva","items":[{"a":1}]}"#]),
            (r#"{"a":1} broken {"b":2}"#, vec![r#"{"a":1}"#, r#"broken {"b":2}"#]),
            ("", vec![]),
        ] {
            assert_eq!(all(document), expected, "{document}");
        }
    }

    proptest! {
        #[test]
        fn what_is_given_stands_in_the_document(document in r#"([{"\[\]}:, a1]|"Records":\[\{){0,12}"#) {
            for record in all(&document) {
                prop_assert!(document.contains(record));
            }
        }
    }
}

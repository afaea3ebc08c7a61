//! A JSON object as a list of values by path, read in one pass.
//!
//! Names and texts are borrowed from the record wherever it has no escapes. Objects become paths;
//! the elements of an array become several values of one path, each with its place in the array, so
//! that a list of objects is some parallel lists. What lies too deep, or below a name that is too
//! long, is one value: its JSON.
//!
//! Holds: the work is linear in the length of the record, and no more is kept than the limits say.
//! The grammar is that of `serde_json`; what is not JSON gives nothing.

use super::names::{Names, Node, ROOT, UNKNOWN};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Longest record that is read as JSON, in bytes. A longer one is kept as text.
pub const RECORD_MAX: usize = 10 * 1024 * 1024;

/// Most values, and most objects, that are read of one record; the rest is counted.
pub const VALUES_MAX: usize = 10_000;

/// Deepest nesting that is looked into; what is deeper is kept as JSON.
pub const DEPTH_MAX: usize = 16;

/// Longest path that others are put under, in bytes; what lies below a longer one is kept as JSON. A
/// path is repeated for every value below it, so without an end a record would become many times larger.
pub const NAME_MAX: usize = 256;

/// No value, no object.
pub(super) const NONE: u32 = u32::MAX;

/// A record, flat.
#[derive(Debug)]
pub(super) struct Flat<'a> {
    /// Its values, in its own order.
    pub(super) values: Vec<Entry<'a>>,
    objects: Vec<Object<'a>>,
    /// Values beyond the limit.
    pub(super) passed_over: usize,
}

/// A value of a record.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    name: Cow<'a, str>,
    object: u32,
    /// The number of its path.
    pub(super) node: Node,
    /// Its place in the nearest array it stands in.
    pub(super) item: u32,
    /// The next value of the same path.
    pub(super) next: u32,
    /// Whether a field has it.
    pub(super) is_taken: bool,
    /// The value.
    pub(super) value: Scalar<'a>,
}

/// An object of a record; the record itself is the first.
#[derive(Debug)]
struct Object<'a> {
    name: Cow<'a, str>,
    above: u32,
    /// Bytes of its path.
    length: usize,
}

/// A value without parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Boolean(bool),
    Integer(i64),
    /// Beyond `i64`.
    Large(u64),
    Float(f64),
    Text(Cow<'a, str>),
    /// An object or array, as it stands in the record.
    Json(&'a str),
}

/// Where the values of each path begin; kept from record to record, because it is large.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    touched: Vec<Node>,
}

/// The values of a path.
#[derive(Clone, Copy, Debug)]
struct Slot {
    first: u32,
    last: u32,
    is_there: bool,
}

const EMPTY: Slot = Slot { first: NONE, last: NONE, is_there: false };

impl Slots {
    /// Forgets the last record.
    pub(super) fn clear(&mut self, names: &Names) {
        for node in self.touched.drain(..) {
            if let Some(slot) = self.slots.get_mut(node as usize) {
                *slot = EMPTY;
            }
        }
        self.slots.resize(names.len(), EMPTY);
    }

    /// The paths that the record has and some page asks for.
    pub(super) fn touched(&self) -> &[Node] {
        &self.touched
    }

    /// Whether the record has a path, whatever its value.
    pub(super) fn is_there(&self, node: Node) -> bool {
        self.slots.get(node as usize).is_some_and(|slot| slot.is_there)
    }

    /// The first value of a path.
    pub(super) fn first(&self, node: Node) -> u32 {
        self.slots.get(node as usize).map_or(NONE, |slot| slot.first)
    }

    fn touch(&mut self, node: Node) -> Option<&mut Slot> {
        let slot = self.slots.get_mut(node as usize)?;
        if !slot.is_there {
            slot.is_there = true;
            self.touched.push(node);
        }
        Some(slot)
    }
}

impl<'a> Flat<'a> {
    /// Reads a record.
    pub(super) fn read(text: &'a str, names: &Names, slots: &mut Slots) -> Option<Self> {
        if text.len() > RECORD_MAX || !text.trim_start().starts_with('{') {
            return None;
        }
        let mut flat = Self::empty();
        slots.clear(names);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let seat = Seat { name: Cow::Borrowed(""), object: NONE, node: ROOT, depth: 0, item: 0 };
        Reading { flat: &mut flat, names, slots, seat }.deserialize(&mut deserializer).ok()?;
        deserializer.end().ok()?;
        Some(flat)
    }

    /// A record of named texts, as a pattern gives them.
    pub(super) fn of_pairs(pairs: impl Iterator<Item = (&'a str, &'a str)>, names: &Names, slots: &mut Slots) -> Self {
        let mut flat = Self::empty();
        slots.clear(names);
        flat.objects.push(Object { name: Cow::Borrowed(""), above: NONE, length: 0 });
        for (name, text) in pairs {
            let seat = Seat { name: Cow::Borrowed(name), object: 0, node: names.find(ROOT, name), depth: 1, item: 0 };
            flat.push(slots, seat, Scalar::Text(Cow::Borrowed(text)));
        }
        flat
    }

    fn empty() -> Self {
        Self { values: Vec::with_capacity(48), objects: Vec::with_capacity(8), passed_over: 0 }
    }

    /// Puts a value in.
    fn push(&mut self, slots: &mut Slots, seat: Seat<'a>, value: Scalar<'a>) {
        let Ok(place) = u32::try_from(self.values.len()) else { return };
        let Seat { name, object, node, item, .. } = seat;
        if let Some(slot) = slots.touch(node) {
            if let Some(last) = self.values.get_mut(slot.last as usize) {
                last.next = place;
            } else {
                slot.first = place;
            }
            slot.last = place;
        }
        self.values.push(Entry { name, object, node, item, next: NONE, is_taken: false, value });
    }

    /// Names a value by the text of another value of the same object; gives the next of both.
    ///
    /// Values of objects before the name's are passed over, as are names without value.
    pub(super) fn rename(&mut self, name: u32, value: u32, find: impl Fn(&str) -> Node, slots: &mut Slots) -> Option<(u32, u32)> {
        let (named, valued) = (self.get(name)?, self.get(value)?);
        let (next_name, next_value) = (named.next, valued.next);
        if valued.object < named.object {
            return Some((name, next_value));
        }
        if valued.object > named.object {
            return Some((next_name, value));
        }
        let Scalar::Text(text) = &named.value else { return Some((next_name, next_value)) };
        let (text, node) = (text.clone(), find(text));
        if let Some(named) = self.values.get_mut(name as usize) {
            named.is_taken = true;
        }
        let slot = slots.touch(node).filter(|slot| slot.first == NONE);
        if let Some(valued) = self.values.get_mut(value as usize) {
            valued.name = text;
            if let Some(slot) = slot {
                (slot.first, slot.last) = (value, value);
                (valued.node, valued.next) = (node, NONE);
            }
        }
        // A name may have several values.
        Some((name, next_value))
    }

    /// The value with a number.
    pub(super) fn get(&self, at: u32) -> Option<&Entry<'a>> {
        self.values.get(at as usize)
    }

    /// The path of a value, dotted.
    pub(super) fn path(&self, entry: &Entry<'_>) -> String {
        let above = self.objects.get(entry.object as usize).map_or(0, |object| object.length);
        let mut path = String::with_capacity(above + 1 + entry.name.len());
        self.write_path_of(entry, &mut path);
        path
    }

    /// The same, behind what `path` holds already.
    pub(super) fn write_path_of(&self, entry: &Entry<'_>, path: &mut String) {
        self.write_path(entry.object, path);
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&entry.name);
    }

    fn write_path(&self, object: u32, path: &mut String) {
        let Some(object) = self.objects.get(object as usize) else { return };
        self.write_path(object.above, path);
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&object.name);
    }

    /// The path's length of an object, in bytes.
    fn length(&self, object: u32) -> usize {
        self.objects.get(object as usize).map_or(0, |object| object.length)
    }

    fn is_full(&self) -> bool {
        self.values.len() >= VALUES_MAX || self.objects.len() >= VALUES_MAX
    }
}

impl Scalar<'_> {
    /// As text.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Large(number) => Cow::Owned(number.to_string()),
            // As JSON writes it: 1.0, not 1.
            Self::Float(number) => Cow::Owned(format!("{number:?}")),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Json(text) => Cow::Borrowed(text),
        }
    }

    /// As text of its own, without a copy where it is one already.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text.into_owned(),
            other => other.text().into_owned(),
        }
    }
}

/// Where a value stands.
#[derive(Clone)]
struct Seat<'a> {
    name: Cow<'a, str>,
    object: u32,
    node: Node,
    depth: usize,
    item: u32,
}

/// Reads one value.
struct Reading<'r, 'a> {
    flat: &'r mut Flat<'a>,
    names: &'r Names,
    slots: &'r mut Slots,
    seat: Seat<'a>,
}

impl<'de> DeserializeSeed<'de> for Reading<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.flat.is_full() {
            self.flat.passed_over += 1;
            return IgnoredAny::deserialize(deserializer).map(drop);
        }
        let is_too_far = self.seat.depth >= DEPTH_MAX || self.flat.length(self.seat.object) + self.seat.name.len() > NAME_MAX;
        if !is_too_far {
            return deserializer.deserialize_any(self);
        }
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with(['{', '[']) {
            self.flat.push(self.slots, self.seat, Scalar::Json(raw));
            return Ok(());
        }
        serde_json::Deserializer::from_str(raw).deserialize_any(self).map_err(serde::de::Error::custom)
    }
}

impl<'de> Reading<'_, 'de> {
    fn put(self, value: Scalar<'de>) {
        self.flat.push(self.slots, self.seat, value);
    }
}

impl<'de> Visitor<'de> for Reading<'_, 'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.put(Scalar::Boolean(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.put(Scalar::Integer(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.put(i64::try_from(value).map_or(Scalar::Large(value), Scalar::Integer));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.put(Scalar::Float(value));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        self.put(Scalar::Text(Cow::Borrowed(value)));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.put(Scalar::Text(Cow::Owned(value.to_owned())));
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.slots.touch(self.seat.node);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        self.slots.touch(self.seat.node);
        for item in 0.. {
            let seat = Seat { depth: self.seat.depth + 1, item, ..self.seat.clone() };
            let element = Reading { flat: &mut *self.flat, names: self.names, slots: &mut *self.slots, seat };
            if elements.next_element_seed(element)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Seat { name, object: above, node, depth, item } = self.seat;
        self.slots.touch(node);
        let object = u32::try_from(self.flat.objects.len()).unwrap_or(NONE);
        let length = self.flat.length(above) + usize::from(self.flat.length(above) > 0) + name.len();
        self.flat.objects.push(Object { name, above, length });
        while let Some(Name(name)) = members.next_key()? {
            let node = if node == UNKNOWN { UNKNOWN } else { self.names.find(node, &name) };
            let seat = Seat { name, object, node, depth: depth + 1, item };
            members.next_value_seed(Reading { flat: &mut *self.flat, names: self.names, slots: &mut *self.slots, seat })?;
        }
        Ok(())
    }
}

/// A name, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Name<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<Vec<String>> {
        let names = Names::default();
        let mut slots = Slots::default();
        let flat = Flat::read(text, &names, &mut slots)?;
        Some(flat.values.iter().map(|entry| format!("{}={}", flat.path(entry), entry.value.text())).collect())
    }

    #[test]
    fn objects_become_paths_and_arrays_parallel_lists() {
        let text = r#"{"a":1,"b":{"c":"x\ny","d":{"e":true}},"f":["u","v"],"g":[{"h":1,"i":-2},{"h":3.0}],"n":null,"":0,"a":2}"#;
        let expected = ["a=1", "b.c=x\ny", "b.d.e=true", "f=u", "f=v", "g.h=1", "g.i=-2", "g.h=3.0", "=0", "a=2"];
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn what_is_no_object_is_nothing() {
        for text in ["", "1", "[1]", "[{\"a\":1}]", "{\"a\":1", "{\"a\":1} x", "{a:1}", "{\"a\":\u{1}}", "nul"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_depth_has_an_end() {
        let text = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        let values = read(&text).unwrap();
        assert_eq!(values.len(), 1);
        assert!(values[0].starts_with("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a={\"a\":"), "{values:?}");
        let arrays = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&arrays).unwrap().len(), 1);
    }

    #[test]
    fn keys_have_an_end() {
        let many: Vec<String> = (0..VALUES_MAX + 5).map(|number| format!("\"{number}\":{number}")).collect();
        let text = format!("{{{}}}", many.join(","));
        let names = Names::default();
        let flat = Flat::read(&text, &names, &mut Slots::default()).unwrap();
        assert_eq!((flat.values.len(), flat.passed_over), (VALUES_MAX, 5));
        let objects = format!("{{\"a\":[{}]}}", vec!["{}"; VALUES_MAX + 5].join(","));
        let flat = Flat::read(&objects, &names, &mut Slots::default()).unwrap();
        assert_eq!((flat.values.len(), flat.passed_over), (0, 6));
    }

    #[test]
    fn a_long_name_is_not_repeated_for_every_value_below_it() {
        let long = "n".repeat(100_000);
        let text = format!(r#"{{"{long}":{{"x":{{"a":1,"b":2}},"y":1}},"a":{{"{long}":{{"b":1}},"c":{{"d":2}}}}}}"#);
        let names: Vec<usize> = read(&text).unwrap().iter().map(|value| value.find('=').unwrap()).collect();
        assert_eq!(names, [long.len(), "a.".len() + long.len(), "a.c.d".len()]);
    }

    proptest! {
        #[test]
        fn the_values_are_those_of_the_document(text in r#"[{"\[\]}:,a1.\\ ]{0,30}"#) {
            let known = serde_json::from_str::<serde_json::Value>(&text).ok().filter(serde_json::Value::is_object);
            prop_assert_eq!(read(&text).is_some(), known.is_some());
        }
    }
}

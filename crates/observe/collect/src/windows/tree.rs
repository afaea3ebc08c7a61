//! What an event of Windows is made of, and its JSON as tools for event logs write it.
//!
//! Attributes are `#attributes`, text beside them `#text`; an element of nothing but text is its text, and
//! `<Data Name='Image'>` is a member called `Image`.

use super::binxml::text_of;
use serde_json::{Map, Number, Value as Json};
use vigie_model::time::Timestamp;

/// From 1601, where times of Windows begin, to 1970, in seconds.
const WINDOWS_TO_UNIX: i64 = 11_644_473_600;

/// Ticks of 100 ns in a second.
const TICKS: i64 = 10_000_000;

/// An element, or what stands in one.
#[derive(Debug)]
pub(super) enum Node {
    Element { name: String, attributes: Vec<(String, Value)>, children: Vec<Node> },
    Value(Value),
}

/// A value of an event.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    Signed(i64),
    Unsigned(u64),
    Boolean(bool),
    List(Vec<String>),
}

impl Node {
    /// Several values as one.
    pub(super) fn joined(parts: Vec<Self>) -> Value {
        let mut values = parts.into_iter().filter_map(|part| match part {
            Self::Value(value) => Some(value),
            Self::Element { .. } => None,
        });
        let Some(first) = values.next() else { return Value::Null };
        let rest: Vec<Value> = values.collect();
        if rest.is_empty() {
            return first;
        }
        Value::Text(std::iter::once(first).chain(rest).map(Value::text).collect())
    }

    /// The element's name and JSON.
    pub(super) fn into_json(self) -> Option<(String, Json)> {
        let Self::Element { name, attributes, children } = self else { return None };
        let (mut fields, mut parts) = (Map::new(), Vec::new());
        for child in children {
            match child {
                Self::Value(_) => parts.push(child),
                element @ Self::Element { .. } => {
                    let data = element.data_name();
                    let Some((child, value)) = element.into_json() else { continue };
                    let value = match (value, data.is_some()) {
                        (Json::Object(mut object), true) => object.remove("#text").unwrap_or_default(),
                        (value, _) => value,
                    };
                    put(&mut fields, data.unwrap_or(child), value);
                }
            }
        }
        let attributes: Map<String, Json> = attributes
            .into_iter()
            .filter(|(_, value)| !matches!(value, Value::Null))
            .map(|(name, value)| (name, Json::String(value.text())))
            .collect();
        let text = Self::joined(parts).json();
        Some((name, value(fields, attributes, text)))
    }

    /// The name that a `Data` element has.
    fn data_name(&self) -> Option<String> {
        let Self::Element { name, attributes, .. } = self else { return None };
        if name != "Data" {
            return None;
        }
        attributes.iter().find(|(name, _)| name == "Name").map(|(_, value)| value.clone().text()).filter(|name| !name.is_empty())
    }
}

/// Puts a member in; several of a name become a list.
pub(super) fn put(fields: &mut Map<String, Json>, name: String, value: Json) {
    match fields.get_mut(&name) {
        None => drop(fields.insert(name, value)),
        Some(Json::Array(values)) => values.push(value),
        Some(known) => *known = Json::Array(vec![known.take(), value]),
    }
}

/// The JSON of an element by its members, attributes and text.
pub(super) fn value(mut fields: Map<String, Json>, attributes: Map<String, Json>, text: Json) -> Json {
    let has_text = !matches!(&text, Json::Null) && text.as_str().is_none_or(|text| !text.trim().is_empty());
    if fields.is_empty() && attributes.is_empty() {
        return if has_text { text } else { Json::Null };
    }
    if !attributes.is_empty() {
        fields.insert("#attributes".to_owned(), Json::Object(attributes));
    }
    if has_text {
        fields.insert("#text".to_owned(), text);
    }
    Json::Object(fields)
}

impl Value {
    /// A value by its type (MS-EVEN6 2.2.12): 0x80 is a list.
    pub(super) fn read(kind: u8, bytes: &[u8]) -> Self {
        if kind == 0x81 {
            let text = text_of(bytes);
            return Self::List(text.split('\0').map(str::to_owned).collect());
        }
        if kind & 0x80 != 0 {
            let length = match kind & 0x7F {
                0x03 | 0x04 => 1,
                0x05 | 0x06 => 2,
                0x07 | 0x08 | 0x0B | 0x0D | 0x14 => 4,
                0x0F | 0x12 => 16,
                _ => 8,
            };
            return Self::List(bytes.chunks_exact(length).map(|bytes| Self::read(kind & 0x7F, bytes).text()).collect());
        }
        Self::scalar(kind, bytes).unwrap_or(Self::Null)
    }

    fn scalar(kind: u8, bytes: &[u8]) -> Option<Self> {
        let unsigned = || (bytes.len() <= 8).then(|| bytes.iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)));
        Some(match kind {
            0x01 => Self::Text(text_of(bytes)),
            0x02 => Self::Text(String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()),
            0x03 => Self::Signed(i64::from(i8::from_le_bytes(bytes.try_into().ok()?))),
            0x05 => Self::Signed(i64::from(i16::from_le_bytes(bytes.try_into().ok()?))),
            0x07 => Self::Signed(i64::from(i32::from_le_bytes(bytes.try_into().ok()?))),
            0x09 => Self::Signed(i64::from_le_bytes(bytes.try_into().ok()?)),
            0x04 | 0x06 | 0x08 | 0x0A => Self::Unsigned(unsigned()?),
            0x0B => Self::Text(f32::from_le_bytes(bytes.try_into().ok()?).to_string()),
            0x0C => Self::Text(f64::from_le_bytes(bytes.try_into().ok()?).to_string()),
            0x0D => Self::Boolean(bytes.iter().any(|byte| *byte != 0)),
            0x0E => Self::Text(bytes.iter().map(|byte| format!("{byte:02X}")).collect()),
            0x0F => Self::Text(guid(bytes)?),
            0x10 | 0x14 | 0x15 => Self::Text(format!("0x{:x}", unsigned()?)),
            0x11 => {
                let ticks = i64::try_from(unsigned()?).ok()?;
                Self::Text(file_time(ticks))
            }
            0x12 => Self::Text(system_time(bytes)?),
            0x13 => Self::Text(sid(bytes)?),
            _ => return None,
        })
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) => text,
            Self::Signed(number) => number.to_string(),
            Self::Unsigned(number) => number.to_string(),
            Self::Boolean(truth) => truth.to_string(),
            Self::List(values) => values.join(" "),
        }
    }

    fn json(self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Text(text) => Json::String(text),
            Self::Signed(number) => Json::Number(Number::from(number)),
            Self::Unsigned(number) => Json::Number(Number::from(number)),
            Self::Boolean(truth) => Json::Bool(truth),
            Self::List(values) => Json::Array(values.into_iter().map(Json::String).collect()),
        }
    }
}

/// A time of Windows with all its seven decimals.
fn file_time(ticks: i64) -> String {
    let second = Timestamp::from_seconds(ticks.div_euclid(TICKS) - WINDOWS_TO_UNIX).to_string();
    let second = second.trim_end_matches('Z');
    match ticks.rem_euclid(TICKS) {
        0 => format!("{second}Z"),
        rest => format!("{second}.{}Z", format!("{rest:07}").trim_end_matches('0')),
    }
}

/// The first three groups are little-endian numbers, the others bytes.
fn guid(bytes: &[u8]) -> Option<String> {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes else { return None };
    let rest: &[u8; 8] = rest.try_into().ok()?;
    let [i, j, tail @ ..] = rest;
    let tail: String = tail.iter().map(|byte| format!("{byte:02X}")).collect();
    Some(format!("{d:02X}{c:02X}{b:02X}{a:02X}-{f:02X}{e:02X}-{h:02X}{g:02X}-{i:02X}{j:02X}-{tail}"))
}

/// Revision, count, authority of six bytes, then numbers of four.
fn sid(bytes: &[u8]) -> Option<String> {
    let [revision, count, authority @ ..] = bytes else { return None };
    let (authority, numbers) = authority.split_at_checked(6)?;
    let authority = authority.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let mut text = format!("S-{revision}-{authority}");
    for number in numbers.chunks_exact(4).take(usize::from(*count)) {
        text.push_str(&format!("-{}", u32::from_le_bytes(number.try_into().ok()?)));
    }
    Some(text)
}

/// Year, month, weekday, day, hour, minute, second, milliseconds.
fn system_time(bytes: &[u8]) -> Option<String> {
    let mut numbers = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(u16::from_le_bytes));
    let (year, month, _, day) = (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
    let (hour, minute, second, millis) = (numbers.next()?, numbers.next()?, numbers.next()?, numbers.next()?);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"))
}

//! `<Event xmlns='…'><System>…</System><EventData><Data Name='Image'>…</Data></EventData></Event>`.
//!
//! Only what such events are made of: elements, attributes, text, the five named entities and numbered
//! ones. No document types, no entities of one's own, nothing outside the text is ever read. An event
//! that is cut is none.

use super::tree::{put, value};
use serde_json::{Map, Value};

/// Deepest nesting that is followed.
const DEPTH_MAX: usize = 16;

/// Most elements of an event.
const ELEMENTS_MAX: usize = 2_048;

/// The JSON of an event. Nothing when the text is no event of Windows.
pub(crate) fn from_xml(text: &str) -> Option<String> {
    let text = text.trim_start();
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>")?.1.trim_start(),
        None => text,
    };
    if !(text.starts_with("<Event ") || text.starts_with("<Event>")) {
        return None;
    }
    let mut reader = Reader { rest: text, elements: 0 };
    let (name, event) = reader.element(0)?;
    let Value::Object(fields) = &event else { return None };
    fields.contains_key("System").then(|| Value::Object(Map::from_iter([(name.to_owned(), event)])).to_string())
}

struct Reader<'a> {
    rest: &'a str,
    elements: usize,
}

impl<'a> Reader<'a> {
    /// An element that begins here: its name and what is in it.
    fn element(&mut self, depth: usize) -> Option<(&'a str, Value)> {
        self.elements += 1;
        if depth > DEPTH_MAX || self.elements > ELEMENTS_MAX {
            return None;
        }
        let (name, attributes, is_empty) = self.opening()?;
        let mut fields = Map::new();
        let mut text = String::new();
        if !is_empty {
            self.inside(name, depth, &mut fields, &mut text)?;
        }
        Some((name, value(fields, attributes, Value::String(text.trim().to_owned()))))
    }

    /// What stands between the tags of an element, its closing tag with it.
    fn inside(&mut self, name: &str, depth: usize, fields: &mut Map<String, Value>, text: &mut String) -> Option<()> {
        loop {
            let (before, after) = self.rest.split_once('<')?;
            text.push_str(&unescaped(before));
            if let Some(rest) = after.strip_prefix('/') {
                let (closing, rest) = rest.split_once('>')?;
                self.rest = rest;
                if closing.trim() != name {
                    return None;
                }
                return Some(());
            }
            if let Some(rest) = after.strip_prefix("![CDATA[") {
                let (inside, rest) = rest.split_once("]]>")?;
                text.push_str(inside);
                self.rest = rest;
            } else if let Some(rest) = after.strip_prefix("!--") {
                self.rest = rest.split_once("-->")?.1;
            } else {
                self.rest = self.rest.get(before.len()..)?;
                let data_name = self.data_name();
                let (child, value) = self.element(depth + 1)?;
                let value = match value {
                    // `<Data Name='Image'>C:\x.exe</Data>`: the name is the key.
                    Value::Object(mut object) if data_name.is_some() => object.remove("#text").unwrap_or_default(),
                    value => value,
                };
                put(fields, data_name.unwrap_or_else(|| child.to_owned()), value);
            }
        }
    }

    /// The name of a `Data` element that begins here.
    fn data_name(&self) -> Option<String> {
        let rest = self.rest.strip_prefix("<Data ")?;
        let (opening, _) = rest.split_once('>')?;
        let (_, rest) = opening.split_once("Name=")?;
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (name, _) = rest.get(1..)?.split_once(quote)?;
        (!name.is_empty()).then(|| unescaped(name))
    }

    /// `<Name attribute="value" …>`: the name, the attributes, whether it is closed at once.
    fn opening(&mut self) -> Option<(&'a str, Map<String, Value>, bool)> {
        let rest = self.rest.strip_prefix('<')?;
        let end = rest.find([' ', '\t', '\r', '\n', '>', '/'])?;
        let (name, mut rest) = rest.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
        let mut attributes = Map::new();
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix("/>") {
                self.rest = after;
                return Some((name, attributes, true));
            }
            if let Some(after) = rest.strip_prefix('>') {
                self.rest = after;
                return Some((name, attributes, false));
            }
            let (key, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, after) = after.get(1..)?.split_once(quote)?;
            attributes.insert(key.trim().to_owned(), Value::String(unescaped(value)));
            rest = after;
        }
    }
}

/// Without entities; what is none is left as it is.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let named = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        match named.and_then(|(name, after)| Some((entity(name)?, after))) {
            Some((sign, after)) => {
                plain.push(sign);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOGON: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Microsoft-Windows-Security-Auditing' Guid='{54849625-5478-4994-A5BA-3E3B0328C30D}'/>\
        <EventID Qualifiers='0'>4625</EventID><Level>0</Level><TimeCreated SystemTime='2026-11-21T08:30:00.1234567Z'/>\
        <Channel>Security</Channel><Computer>dc-1.example</Computer><Security/></System><EventData>\
        <Data Name='TargetUserName'>eva &amp; &#x41;</Data><Data Name=\"IpAddress\">198.51.100.7</Data><Data Name='Empty'/>\
        <Data>one</Data><Data>two</Data></EventData></Event>";

    #[test]
    fn an_event_has_the_shape_that_tools_write() {
        let json: Value = serde_json::from_str(&from_xml(LOGON).unwrap()).unwrap();
        let event = &json["Event"];
        assert_eq!(event["System"]["EventID"]["#text"], "4625");
        assert_eq!(event["System"]["Provider"]["#attributes"]["Name"], "Microsoft-Windows-Security-Auditing");
        assert_eq!(event["System"]["Channel"], "Security");
        assert_eq!(event["EventData"]["TargetUserName"], "eva & A");
        assert_eq!(event["EventData"]["IpAddress"], "198.51.100.7");
        assert_eq!(event["EventData"]["Empty"], Value::Null);
        assert_eq!(event["EventData"]["Data"], serde_json::json!(["one", "two"]));
    }

    #[test]
    fn what_is_no_event_is_none() {
        for text in ["", "<Event>", "<Event><a></b></Event>", "<Events><System/></Events>", "<Event><System>", "text <Event >"] {
            assert_eq!(from_xml(text), None, "{text}");
        }
        let deep = format!("<Event ><System/>{}", "<a>".repeat(10_000));
        assert_eq!(from_xml(&deep), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(at in 0..LOGON.len(), put_in in "[<>/&;='\" é#x]{0,6}", text: String) {
            let mut broken = LOGON.to_owned();
            broken.insert_str(at, &put_in);
            drop(from_xml(&broken));
            broken.truncate(at);
            drop(from_xml(&broken));
            drop(from_xml(&text));
        }
    }
}

//! Documents of YAML and JSON as JSON values, with the line of every value.
//!
//! Scalars are resolved by YAML's core schema, with YAML 1.1's `yes`, `no`, `on` and `off` left as texts, as
//! Kubernetes' and Compose's own readers do today; `<<` merges maps. An alias pays for every node it repeats.

use super::Unreadable;
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The most nodes of one file, counting repeated ones each time.
pub(super) const NODES_MAX: usize = 200_000;
/// The deepest nesting.
pub(super) const DEPTH_MAX: usize = 64;

/// One document of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// The line where it begins, counted from 1.
    pub(super) line: u32,
    /// What it says.
    pub(super) body: Value,
    /// Lines of values by JSON pointer.
    pub(super) lines: BTreeMap<String, u32>,
}

impl Document {
    /// A part of it as a document of its own: an item of a list of Kubernetes, a service of a Compose file.
    pub(super) fn part(&self, pointer: &str) -> Option<Self> {
        let body = self.body.pointer(pointer)?.clone();
        let below = self.lines.range(pointer.to_owned()..).take_while(|(at, _)| at.starts_with(pointer));
        let inside = below.filter(|(at, _)| at.len() == pointer.len() || at.as_bytes()[pointer.len()] == b'/');
        let lines: BTreeMap<String, u32> = inside.map(|(at, line)| (at[pointer.len()..].to_owned(), *line)).collect();
        Some(Self { line: lines.get("").copied().unwrap_or(self.line), body, lines })
    }
}

/// Reads all documents of a file.
pub(super) fn read(text: &str) -> Result<Vec<Document>, Unreadable> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| broken(text, &error))?;
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        tree.take(event, line).map_err(Unreadable::Broken)?;
    }
    Ok(tree.documents)
}

/// Go templates are not YAML before they are rendered.
fn broken(text: &str, error: &saphyr_parser::ScanError) -> Unreadable {
    if text.contains("{{") { Unreadable::Template } else { Unreadable::Broken(error.to_string()) }
}

#[derive(Default)]
struct Tree {
    documents: Vec<Document>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, usize)>,
    lines: BTreeMap<String, u32>,
    line: u32,
    nodes: usize,
}

/// A list or map that is not closed yet.
struct Open {
    node: Value,
    /// The key whose value comes next; none inside when it is no text.
    key: Option<Option<String>>,
    anchor: usize,
}

impl Tree {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.pay(1)?;
                self.mark(line);
                self.put(scalar(&text, style, tag.as_ref()), anchor);
            }
            Event::SequenceStart(anchor, _) => self.open(Value::Array(Vec::new()), anchor, line)?,
            Event::MappingStart(anchor, _) => self.open(Value::Object(Map::new()), anchor, line)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(done) = self.open.pop() {
                    self.put(done.node, done.anchor);
                }
            }
            Event::Alias(anchor) => {
                let (node, nodes) = self.anchors.get(&anchor).cloned().unwrap_or((Value::Null, 1));
                self.pay(nodes)?;
                self.mark(line);
                self.put(node, 0);
            }
            Event::DocumentStart(_) => self.line = line,
            Event::DocumentEnd => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
        Ok(())
    }

    fn pay(&mut self, nodes: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES_MAX { Err(format!("more than {NODES_MAX} values")) } else { Ok(()) }
    }

    fn open(&mut self, node: Value, anchor: usize, line: u32) -> Result<(), String> {
        self.pay(1)?;
        if self.open.len() == DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}"));
        }
        self.mark(line);
        self.open.push(Open { node, key: None, anchor });
        Ok(())
    }

    /// Notes the line of the value that comes next, unless it is a key.
    fn mark(&mut self, line: u32) {
        let is_key = self.open.last().is_some_and(|open| open.node.is_object() && open.key.is_none());
        if !is_key {
            self.lines.insert(self.pointer(), line);
        }
        if self.open.is_empty() {
            self.line = line;
        }
    }

    /// Where the value that comes next will stand.
    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for open in &self.open {
            pointer.push('/');
            match (&open.node, &open.key) {
                (Value::Array(items), _) => pointer.push_str(&items.len().to_string()),
                (_, Some(Some(key))) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
                _ => {}
            }
        }
        pointer
    }

    fn put(&mut self, node: Value, anchor: usize) {
        if anchor > 0 {
            // What is marked is kept a second time, and counts as such.
            let nodes = count(&node);
            self.nodes = self.nodes.saturating_add(nodes);
            self.anchors.insert(anchor, (node.clone(), nodes));
        }
        let Some(open) = self.open.last_mut() else {
            let lines = std::mem::take(&mut self.lines);
            self.documents.push(Document { line: self.line, body: node, lines });
            return;
        };
        match &mut open.node {
            Value::Array(items) => items.push(node),
            Value::Object(members) => match open.key.take() {
                None => open.key = Some(key(node)),
                Some(Some(key)) if key == "<<" => merge(members, node),
                Some(Some(key)) => drop(members.insert(key, node)),
                Some(None) => {}
            },
            _ => {}
        }
    }
}

/// A key as text; none for lists and maps.
fn key(node: Value) -> Option<String> {
    match node {
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) | Value::Null => Some(node.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// YAML's merge: what stands in the map itself wins, whichever comes first.
fn merge(members: &mut Map<String, Value>, from: Value) {
    match from {
        Value::Object(more) => more.into_iter().for_each(|(key, value)| {
            members.entry(key).or_insert(value);
        }),
        Value::Array(maps) => maps.into_iter().for_each(|map| merge(members, map)),
        _ => {}
    }
}

fn count(node: &Value) -> usize {
    1 + match node {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(|value| 1 + count(value)).sum(),
        _ => 0,
    }
}

/// A scalar by the core schema (YAML 1.2.2, chapter 10.3).
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Cow<'_, Tag>>) -> Value {
    let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if is_text {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let radix = |prefix: &str, radix| i64::from_str_radix(text.strip_prefix(prefix)?, radix).ok();
    if let Some(whole) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Some(whole.into());
    }
    let allowed = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if !digits.bytes().all(allowed) {
        return None;
    }
    match text.strip_prefix('+').unwrap_or(text).parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => Number::from_f64(text.parse().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn reads_values_and_their_lines() {
        let text = "# top\na: 1\nb:\n  - c: 'yes'\n    d: yes\n  - 0x1F\n---\n- .5\n- ~\n- 1.10.2\n- 0644\n";
        let documents = read(text).unwrap();
        assert_eq!(documents[0].body, json!({ "a": 1, "b": [{ "c": "yes", "d": "yes" }, 31] }));
        assert_eq!(documents[1].body, json!([0.5, null, "1.10.2", 644]));
        let line = |pointer: &str| documents[0].lines.get(pointer).copied();
        assert_eq!((documents[0].line, line("/a"), line("/b/0/d"), line("/b/1")), (2, Some(2), Some(5), Some(6)));
        assert_eq!((documents[1].line, documents[1].lines["/2"]), (8, 10));
        let part = documents[0].part("/b/0").unwrap();
        assert_eq!((part.line, part.lines["/d"], part.body["c"].as_str()), (4, 5, Some("yes")));
    }

    #[test]
    fn merges_maps() {
        let text = "base: &base {a: 1, b: 2}\none:\n  <<: *base\n  b: 3\ntwo:\n  b: 3\n  <<: [*base, {c: 4}]\n";
        let body = &read(text).unwrap()[0].body;
        assert_eq!(body["one"], json!({ "a": 1, "b": 3 }));
        assert_eq!(body["two"], json!({ "b": 3, "a": 1, "c": 4 }));
    }

    #[test]
    fn reads_json() {
        let text = "{\n\t\"a\": [1, true,\n\t\t{\"b/c\": null}]\n}";
        let document = &read(text).unwrap()[0];
        assert_eq!(document.body, json!({ "a": [1, true, { "b/c": null }] }));
        assert_eq!(document.lines["/a/2/b~1c"], 3);
    }

    #[test]
    fn says_what_it_cannot_read() {
        assert_eq!(read("a: {{ .Values.x }}\n b: {{- c"), Err(Unreadable::Template));
        assert!(matches!(read("a: ["), Err(Unreadable::Broken(_))));
        assert!(matches!(read(&"- ".repeat(100)), Err(Unreadable::Broken(_))));
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = level - 1;
            bomb.push_str(&format!("a{level}: &a{level} [*a{before}, *a{before}, *a{before}, *a{before}, *a{before}]\n"));
        }
        assert!(matches!(read(&bomb), Err(Unreadable::Broken(_))));
    }

    proptest! {
        #[test]
        fn survives_any_text(text in "[ \\[\\]{}\"':,&*#|>?a1\n-]{0,60}") {
            drop(read(&text));
        }
    }
}

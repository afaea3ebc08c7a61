//! JSON as tools write it and people do: with comments, texts of several lines and commas too many, as Azure
//! Resource Manager allows them. Gives values with their lines, as [`document`](super::document) does for YAML.

use super::Unreadable;
use super::document::{DEPTH_MAX, Document, NODES_MAX};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Reads a text that holds one value.
pub(super) fn read(text: &str) -> Result<Document, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, line: 1, nodes: 0, lines: BTreeMap::new(), pointer: String::new() };
    let body = reader.whole().map_err(|said| Unreadable::Broken(format!("line {}: {said}", reader.line)))?;
    let line = reader.lines.get("").copied().unwrap_or(1);
    Ok(Document { line, body, lines: reader.lines })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    nodes: usize,
    lines: BTreeMap<String, u32>,
    /// Where the value that comes next stands.
    pointer: String,
}

impl Reader<'_> {
    fn whole(&mut self) -> Result<Value, &'static str> {
        let value = self.value(0)?;
        self.space()?;
        if self.peek().is_some() { Err("something follows the value") } else { Ok(value) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        if byte == b'\n' {
            self.line = self.line.saturating_add(1);
        }
        Some(byte)
    }

    /// White space and comments.
    fn space(&mut self) -> Result<(), &'static str> {
        loop {
            match self.peek() {
                Some(byte) if byte.is_ascii_whitespace() => drop(self.step()),
                Some(b'/') => match self.text.as_bytes().get(self.at + 1) {
                    Some(b'/') => {
                        while self.peek().is_some_and(|byte| byte != b'\n') {
                            self.at += 1;
                        }
                    }
                    Some(b'*') => {
                        let end = self.text.get(self.at + 2..).and_then(|rest| rest.find("*/")).ok_or("a comment never ends")?;
                        let end = self.at + end + 4;
                        while self.at < end {
                            self.step();
                        }
                    }
                    _ => return Err("a lone /"),
                },
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, &'static str> {
        self.space()?;
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err("too many values");
        }
        if depth > DEPTH_MAX {
            return Err("nested too deep");
        }
        self.lines.insert(self.pointer.clone(), self.line);
        match self.peek().ok_or("it ends too soon")? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    /// Reads a value one step further down.
    fn below(&mut self, step: &str, depth: usize) -> Result<Value, &'static str> {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(step);
        let value = self.value(depth + 1);
        self.pointer.truncate(length);
        value
    }

    fn object(&mut self, depth: usize) -> Result<Value, &'static str> {
        let mut members = Map::new();
        self.step();
        loop {
            self.space()?;
            match self.peek().ok_or("an object never ends")? {
                b'}' => {
                    self.step();
                    return Ok(Value::Object(members));
                }
                b',' => drop(self.step()),
                b'"' => {
                    let name = self.string()?;
                    self.space()?;
                    if self.step() != Some(b':') {
                        return Err("a name without a colon");
                    }
                    let value = self.below(&name.replace('~', "~0").replace('/', "~1"), depth)?;
                    members.insert(name, value);
                }
                _ => return Err("a name without quotes"),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, &'static str> {
        let mut items = Vec::new();
        self.step();
        loop {
            self.space()?;
            match self.peek().ok_or("a list never ends")? {
                b']' => {
                    self.step();
                    return Ok(Value::Array(items));
                }
                b',' => drop(self.step()),
                _ => {
                    let value = self.below(&items.len().to_string(), depth)?;
                    items.push(value);
                }
            }
        }
    }

    /// A text; unlike in strict JSON it may go over lines.
    fn string(&mut self) -> Result<String, &'static str> {
        self.step();
        let start = self.at;
        let mut plain = true;
        loop {
            match self.step().ok_or("a text never ends")? {
                b'"' => break,
                b'\\' => {
                    plain = false;
                    self.step();
                }
                byte if byte < 0x20 => plain = false,
                _ => {}
            }
        }
        let inside = self.text.get(start..self.at - 1).ok_or("a text is broken")?;
        if plain {
            return Ok(inside.to_owned());
        }
        let escaped = inside.replace('\r', "\\r").replace('\n', "\\n").replace('\t', "\\t");
        serde_json::from_str(&format!("\"{escaped}\"")).map_err(|_| "a text is broken")
    }

    fn word(&mut self) -> Result<Value, &'static str> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
            self.at += 1;
        }
        serde_json::from_str(&self.text[start..self.at]).map_err(|_| "neither a value nor a text")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn reads_what_templates_are_written_in() {
        let text =
            "// first\n{\n  \"a\": \"one\n  two\", /* b\n */ \"c/d\": [1, -2.5e3, true, null,],\n  \"e\": \"\\u00e9\\\\\"\n}\n";
        let document = read(text).unwrap();
        assert_eq!(document.body, json!({ "a": "one\n  two", "c/d": [1, -2500.0, true, null], "e": "é\\" }));
        assert_eq!((document.line, document.lines["/a"], document.lines["/c~1d/1"], document.lines["/e"]), (2, 3, 5, 6));
    }

    #[test]
    fn says_what_it_cannot_read() {
        for broken in ["", "{", "[1", "{\"a\" 1}", "{} {}", "\"a", "/* a", "{a: 1}", "tru", "\"\\q\""] {
            assert!(matches!(read(broken), Err(Unreadable::Broken(_))), "{broken}");
        }
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn reads_what_serde_writes(texts in proptest::collection::vec(any::<String>(), 0..4), number in any::<i64>()) {
            let value = json!({ "texts": texts, "number": number, "nested": [{ "é": [] }] });
            prop_assert_eq!(&read(&value.to_string()).unwrap().body, &value);
            prop_assert_eq!(&read(&format!("{value:#}")).unwrap().body, &value);
        }

        #[test]
        fn survives_any_text(text in "[ \\[\\]{}\"':,/*\\\\a1é\n-]{0,60}") {
            drop(read(&text));
        }
    }
}

//! The binary XML that event logs of Windows hold, one chunk of 64 KiB at a time.
//!
//! After Microsoft's MS-EVEN6 (2.2.12 and 2.2.13) and the description of the format by libevtx: a record
//! is a template, which says what its elements are, and the values that go into it. Names and templates
//! stand where they were first used and are pointed to from there on, by their place in the chunk. A
//! chunk can point at itself, so depth, steps and sizes of a record are bounded.

use super::tree::{Node, Value};

/// A chunk, and a record's first byte, as the places in it count.
pub(crate) const CHUNK: usize = 64 * 1024;

/// Deepest nesting of elements and templates.
const DEPTH_MAX: usize = 24;

/// Most tokens read for one record.
const STEPS_MAX: usize = 20_000;

/// Most bytes of text made for one record.
const TEXT_MAX: usize = 1024 * 1024;

/// Most values of one template.
const VALUES_MAX: usize = 1_024;

/// Reads the XML of a record that begins at `place`: its elements.
pub(super) fn read(chunk: &[u8], place: usize) -> Option<Vec<Node>> {
    let mut reader = Reader { chunk, place, steps: 0, text: 0 };
    let mut nodes = Vec::new();
    reader.fragment(&mut nodes, &Given { values: &[], is_value: false }, 0)?;
    Some(nodes)
}

/// A value that goes into a template: its type, place and length.
#[derive(Clone, Copy)]
struct Substitute {
    kind: u8,
    place: usize,
    length: usize,
}

/// What a fragment is read with.
struct Given<'v> {
    values: &'v [Substitute],
    /// A fragment that is itself a value: its elements depend on none.
    is_value: bool,
}

struct Reader<'c> {
    chunk: &'c [u8],
    place: usize,
    steps: usize,
    text: usize,
}

/// How a run of tokens ended.
#[derive(PartialEq, Eq)]
enum Stop {
    /// Another attribute.
    Attribute,
    /// The opening tag: there is a body.
    Body,
    /// The opening tag: there is none.
    Empty,
    /// The closing tag, or the end of the fragment.
    End,
}

impl<'c> Reader<'c> {
    fn bytes(&mut self, length: usize) -> Option<&'c [u8]> {
        let end = self.place.checked_add(length)?;
        let bytes = self.chunk.get(self.place..end)?;
        self.place = end;
        Some(bytes)
    }

    fn u8(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn place_u32(&mut self) -> Option<usize> {
        usize::try_from(self.u32()?).ok()
    }

    fn step(&mut self) -> Option<()> {
        self.steps += 1;
        (self.steps <= STEPS_MAX).then_some(())
    }

    /// Counts text that is made.
    fn made(&mut self, length: usize) -> Option<()> {
        self.text += length;
        (self.text <= TEXT_MAX).then_some(())
    }

    /// Reads elements up to the end of a fragment.
    fn fragment(&mut self, nodes: &mut Vec<Node>, given: &Given<'_>, depth: usize) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.body(nodes, given, depth).filter(|stop| *stop == Stop::End).map(|_| ())
    }

    /// Reads what stands between tags, until a token that ends it.
    fn body(&mut self, nodes: &mut Vec<Node>, given: &Given<'_>, depth: usize) -> Option<Stop> {
        loop {
            self.step()?;
            let token = self.u8()?;
            match token & 0xBF {
                0x00 | 0x04 => return Some(Stop::End),
                0x01 => self.element(nodes, token & 0x40 != 0, given, depth + 1)?,
                0x02 => return Some(Stop::Body),
                0x03 => return Some(Stop::Empty),
                0x05 => {
                    let kind = self.u8()?;
                    let text = self.counted()?;
                    // Only text stands in a token of its own.
                    if kind == 0x01 {
                        nodes.push(Node::Value(Value::Text(text)));
                    }
                }
                0x06 => {
                    return Some(Stop::Attribute);
                }
                0x07 => {
                    let text = self.counted()?;
                    nodes.push(Node::Value(Value::Text(text)));
                }
                0x08 => {
                    let sign = char::from_u32(u32::from(self.u16()?)).unwrap_or(char::REPLACEMENT_CHARACTER);
                    nodes.push(Node::Value(Value::Text(sign.to_string())));
                }
                0x09 => {
                    let name = self.name()?;
                    let sign = match &*name {
                        "lt" => "<",
                        "gt" => ">",
                        "amp" => "&",
                        "quot" => "\"",
                        "apos" => "'",
                        _ => "",
                    };
                    nodes.push(Node::Value(Value::Text(sign.to_owned())));
                }
                0x0A => drop(self.name()?),
                0x0B => drop(self.counted()?),
                0x0C => self.template(nodes, depth + 1)?,
                0x0D | 0x0E => {
                    let (id, _) = (self.u16()?, self.u8()?);
                    if let Some(value) = given.values.get(usize::from(id)).copied() {
                        self.value(nodes, value, depth + 1)?;
                    }
                }
                0x0F => drop(self.bytes(3)?),
                _ => return None,
            }
        }
    }

    fn element(&mut self, nodes: &mut Vec<Node>, has_attributes: bool, given: &Given<'_>, depth: usize) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        // An element that depends on a value is left out where the value is null.
        let depends_on = if given.is_value { u16::MAX } else { self.u16()? };
        self.bytes(4)?;
        let name = self.name()?;
        if has_attributes {
            self.bytes(4)?;
        }
        let (mut attributes, mut children) = (Vec::new(), Vec::new());
        let mut stop = self.body(&mut children, given, depth)?;
        while stop == Stop::Attribute {
            let attribute = self.name()?;
            let mut parts = Vec::new();
            stop = self.body(&mut parts, given, depth)?;
            attributes.push((attribute, Node::joined(parts)));
        }
        if stop == Stop::Body {
            self.body(&mut children, given, depth)?;
        }
        let is_null = given.values.get(usize::from(depends_on)).is_some_and(|value| value.kind == 0);
        if !is_null {
            nodes.push(Node::Element { name, attributes, children });
        }
        Some(())
    }

    /// A name, here or where it was first used.
    fn name(&mut self) -> Option<String> {
        let place = self.place_u32()?;
        let back = self.place;
        self.place = place;
        // The next of its hash, the hash.
        self.bytes(6)?;
        let length = usize::from(self.u16()?);
        let units = self.bytes(length.checked_mul(2)?)?;
        self.bytes(2)?;
        if place != back {
            self.place = back;
        }
        self.made(length)?;
        Some(text_of(units))
    }

    /// Text with its length before it.
    fn counted(&mut self) -> Option<String> {
        let length = usize::from(self.u16()?);
        let units = self.bytes(length.checked_mul(2)?)?;
        self.made(length)?;
        Some(text_of(units))
    }

    /// A template and its values.
    fn template(&mut self, nodes: &mut Vec<Node>, depth: usize) -> Option<()> {
        self.bytes(5)?;
        let definition = self.place_u32()?;
        let is_here = definition == self.place;
        let back = self.place;
        self.place = definition;
        // The next of its hash, its GUID.
        self.bytes(20)?;
        let length = self.place_u32()?;
        let body = self.place;
        self.bytes(length)?;
        if !is_here {
            self.place = back;
        }
        let count = self.place_u32().filter(|count| *count <= VALUES_MAX)?;
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            let (length, kind, _) = (usize::from(self.u16()?), self.u8()?, self.u8()?);
            values.push(Substitute { kind, place: 0, length });
        }
        for value in &mut values {
            value.place = self.place;
            self.bytes(value.length)?;
        }
        let after = self.place;
        self.place = body;
        self.fragment(nodes, &Given { values: &values, is_value: false }, depth)?;
        self.place = after;
        Some(())
    }

    /// Puts a value in its place.
    fn value(&mut self, nodes: &mut Vec<Node>, value: Substitute, depth: usize) -> Option<()> {
        let bytes = self.chunk.get(value.place..value.place.checked_add(value.length)?)?;
        if value.kind == 0x21 {
            let after = std::mem::replace(&mut self.place, value.place);
            // A value without elements may end without a token.
            let read =
                if bytes.is_empty() { Some(()) } else { self.fragment(nodes, &Given { values: &[], is_value: true }, depth) };
            self.place = after;
            return read;
        }
        self.made(value.length)?;
        nodes.push(Node::Value(Value::read(value.kind, bytes)));
        Some(())
    }
}

/// UTF-16, without what ends it.
pub(super) fn text_of(units: &[u8]) -> String {
    let units = units.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(u16::from_le_bytes));
    let text: String = char::decode_utf16(units).map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.trim_end_matches('\0').to_owned()
}

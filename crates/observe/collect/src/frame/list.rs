//! Documents that are lists of records, such as `{"Records":[…]}` of CloudTrail or `[{…},{…}]`, cut while they come.
//!
//! The splitter of whole documents in `mapping` wants a document whole; one out of a bucket may be larger than memory should
//! hold. Nothing is checked beyond what it takes to find the ends: an element that is no JSON is given as it stands. Holds: no
//! more than [`JSON_LINE_MAX`] bytes and one chunk are held, and chunks make no difference.

use super::{JSON_LINE_MAX, Piece};
use crate::mapping::Mappings;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// Most bytes before the list of a document.
const HEAD_MAX: usize = 16 * 1024;

/// Most members before it.
const MEMBERS_MAX: usize = 16;

/// Where in a document the next byte stands: enough to go on there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Before a document.
    #[default]
    Nothing,
    /// In the elements of a document that is a list.
    List,
    /// In the list of a document that is an object.
    ObjectList,
    /// Behind that list.
    Tail,
}

/// Cuts documents into their elements.
#[derive(Debug)]
pub struct ListFramer {
    mappings: Arc<Mappings>,
    within: Within,
    buffer: Vec<u8>,
    /// Bytes of the buffer that belong to what was given or passed over.
    start: usize,
    consumed: u64,
    /// How far the value that begins at `start` was looked through.
    scan: Scan,
    /// Bytes given of an element that was cut.
    held: u64,
    continues: bool,
}

/// The look through one value.
#[derive(Clone, Copy, Debug, Default)]
struct Scan {
    at: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

/// What a document begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// A list begins behind so many bytes.
    List(usize),
    /// None that is known.
    Other,
    /// More bytes must be seen.
    More,
}

/// Whether a text begins as a document does that is a list; none when more of it must be seen.
#[must_use]
pub fn is_list(text: &[u8], mappings: &Mappings) -> Option<bool> {
    let begins = text.iter().position(|byte| !is_space(*byte))?;
    let text = text.get(begins..)?;
    let head = match text.first() {
        Some(b'[') => match text.get(1..)?.iter().find(|byte| !is_space(**byte)) {
            Some(b'{') => Head::List(1),
            Some(_) => Head::Other,
            None => Head::More,
        },
        Some(b'{') => head(text, mappings),
        _ => Head::Other,
    };
    match head {
        Head::List(_) => Some(true),
        Head::Other => Some(false),
        Head::More => (text.len() > HEAD_MAX).then_some(false),
    }
}

impl ListFramer {
    /// A framer that goes on where in a document the next byte stands.
    #[must_use]
    pub fn new(mappings: Arc<Mappings>, within: Within) -> Self {
        Self { mappings, within, buffer: Vec::new(), start: 0, consumed: 0, scan: Scan::default(), held: 0, continues: false }
    }

    /// Feeds bytes in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes belong to the pieces given so far, and where the next one stands. Within a cut element it does not
    /// move.
    #[must_use]
    pub const fn consumed(&self) -> (u64, Within) {
        (self.consumed, self.within)
    }

    /// The next element, if one is complete.
    pub fn next_piece(&mut self) -> Option<Piece<'_>> {
        self.next_until(false)
    }

    /// The same when the stream has ended: until none is left.
    pub fn finish(&mut self) -> Option<Piece<'_>> {
        self.next_until(true)
    }

    fn next_until(&mut self, ended: bool) -> Option<Piece<'_>> {
        let (range, continues, cut) = self.find(ended)?;
        Some(Piece { bytes: self.buffer.get(range)?.trim_ascii(), continues, cut })
    }

    /// Where the next element stands in the buffer, whether it continues one, and whether it is cut.
    fn find(&mut self, ended: bool) -> Option<(Range<usize>, bool, bool)> {
        loop {
            // In the tail spaces may stand within a text, where they are as good as any other byte.
            let is_within_value = self.scan.at > 0 || self.continues || self.within == Within::Tail;
            if !is_within_value && !self.enter(ended) {
                return None;
            }
            let rest = self.buffer.get(self.start..)?;
            let done = self.scan.through(rest, self.within);
            let is_tail = self.within == Within::Tail;
            if !done && !is_tail && self.scan.at < JSON_LINE_MAX && !ended {
                return None;
            }
            let (from, length) = (self.start, self.scan.at);
            self.start += length;
            self.held += length as u64;
            self.scan.at = 0;
            let cut = !done && (self.start < self.buffer.len() || !ended);
            if !cut {
                self.scan = Scan::default();
                self.consumed += std::mem::take(&mut self.held);
            }
            if is_tail {
                if done {
                    self.within = Within::Nothing;
                    continue;
                }
                return None;
            }
            let continues = std::mem::replace(&mut self.continues, cut);
            if !self.buffer.get(from..from + length)?.trim_ascii().is_empty() {
                return Some((from..from + length, continues, cut));
            }
            if length == 0 {
                return None;
            }
        }
    }

    /// Passes over what stands between values; true when a value, or the rest of an object, begins.
    fn enter(&mut self, ended: bool) -> bool {
        loop {
            let Some(rest) = self.buffer.get(self.start..) else { return false };
            let space = rest.iter().take_while(|byte| is_space(**byte) || **byte == b',').count();
            self.pass(space);
            let Some(rest) = self.buffer.get(self.start..).filter(|rest| !rest.is_empty()) else { return false };
            match (self.within, rest.first()) {
                (Within::Tail, _) => return true,
                (Within::List, Some(b']')) => {
                    self.pass(1);
                    self.within = Within::Nothing;
                }
                (Within::ObjectList, Some(b']')) => {
                    self.pass(1);
                    self.within = Within::Tail;
                }
                (Within::Nothing, Some(b'[')) => {
                    self.pass(1);
                    self.within = Within::List;
                }
                (Within::Nothing, Some(b'{')) => match head(rest, &self.mappings) {
                    Head::List(length) => {
                        self.pass(length);
                        self.within = Within::ObjectList;
                    }
                    Head::More if rest.len() <= HEAD_MAX && !ended => return false,
                    _ => return true,
                },
                _ => return true,
            }
        }
    }

    fn pass(&mut self, bytes: usize) {
        self.start += bytes;
        self.consumed += bytes as u64;
    }
}

impl Scan {
    /// Looks on through a value up to its end; true when it was found. In the tail of an object that is the brace that
    /// closes it.
    fn through(&mut self, rest: &[u8], within: Within) -> bool {
        let limit = if within == Within::Tail { usize::MAX } else { JSON_LINE_MAX };
        while let Some(byte) = rest.get(self.at).filter(|_| self.at < limit) {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                self.at += 1;
                continue;
            }
            let at_top = self.depth == 0;
            match byte {
                b'"' => self.in_string = true,
                b'}' if at_top && within == Within::Tail => {
                    self.at += 1;
                    return true;
                }
                b',' if at_top && within != Within::Tail => return true,
                b']' if at_top && within != Within::Nothing && within != Within::Tail => return true,
                byte if at_top && is_space(*byte) && within == Within::Nothing => return true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 && !at_top && within != Within::Tail {
                        self.at += 1;
                        return true;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }
}

/// What an object begins with: members before the list have plain values.
fn head(text: &[u8], mappings: &Mappings) -> Head {
    read_head(text, mappings).unwrap_or(Head::More)
}

/// As [`head`]; none when more bytes must be seen.
fn read_head(text: &[u8], mappings: &Mappings) -> Option<Head> {
    let mut at = 1;
    for _ in 0..MEMBERS_MAX {
        at = spaces(text, at)?;
        let (name, behind) = match text.get(at)? {
            b'"' => string(text, at)?,
            _ => return Some(Head::Other),
        };
        at = spaces(text, behind)?;
        if text.get(at)? != &b':' {
            return Some(Head::Other);
        }
        at = spaces(text, at + 1)?;
        match text.get(at)? {
            b'[' => {
                let is_known = std::str::from_utf8(name).is_ok_and(|name| mappings.names_list(name));
                return Some(if is_known { Head::List(at + 1) } else { Head::Other });
            }
            b'{' => return Some(Head::Other),
            b'"' => at = string(text, at)?.1,
            _ => at += text.get(at..)?.iter().position(|byte| matches!(byte, b',' | b'}'))?,
        }
        at = spaces(text, at)?;
        if text.get(at)? != &b',' {
            return Some(Head::Other);
        }
        at += 1;
    }
    Some(Head::Other)
}

/// Where the next byte stands that is no space.
fn spaces(text: &[u8], at: usize) -> Option<usize> {
    Some(at + text.get(at..)?.iter().position(|byte| !is_space(*byte))?)
}

/// The bytes between the quotes at a place, and where it goes on behind them.
fn string(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let mut end = at + 1;
    loop {
        match text.get(end)? {
            b'"' => return Some((text.get(at + 1..end)?, end + 1)),
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pieces(chunks: &[&[u8]], within: Within) -> Vec<(String, bool, bool)> {
        let mut framer = ListFramer::new(Mappings::shipped(), within);
        let mut seen = Vec::new();
        let give = |piece: Piece<'_>| (String::from_utf8_lossy(piece.bytes).into_owned(), piece.continues, piece.cut);
        for chunk in chunks {
            framer.push(chunk);
            while let Some(piece) = framer.next_piece() {
                seen.push(give(piece));
            }
        }
        while let Some(piece) = framer.finish() {
            seen.push(give(piece));
        }
        seen
    }

    fn whole(text: &str) -> Vec<String> {
        pieces(&[text.as_bytes()], Within::Nothing).into_iter().map(|(text, ..)| text).collect()
    }

    #[test]
    fn the_elements_of_a_list_are_given() {
        let expected = [r#"{"a":"]}\"" }"#, r#"{"b":[1,{"c":2}]}"#];
        for text in [
            r#"{"Records":[{"a":"]}\"" },{"b":[1,{"c":2}]}]}"#,
            r#" { "kind": "x", "Records" : [ {"a":"]}\"" } , {"b":[1,{"c":2}]} ], "next": {"x":"}"} } "#,
            r#"[{"a":"]}\"" },{"b":[1,{"c":2}]}]"#,
            "{\"Records\":[{\"a\":\"]}\\\"\" }]}\n{\"Records\":[{\"b\":[1,{\"c\":2}]}]}",
            // Broken off.
            r#"{"Records":[{"a":"]}\"" },{"b":[1,{"c":2}]}"#,
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
        assert_eq!(whole("[1, \"a,b\", true]"), ["1", "\"a,b\"", "true"]);
        assert_eq!(whole("{\"Records\":[]}"), Vec::<String>::new());
        assert_eq!(whole("{\"other\":[{}]} x"), ["{\"other\":[{}]}", "x"]);
    }

    #[test]
    fn knows_a_list_by_its_beginning() {
        for (text, expected) in [
            ("", None),
            (" {\"Rec", None),
            ("{\"Records\":[", Some(true)),
            ("[{\"a\"", Some(true)),
            ("[2026-11-21] text", Some(false)),
            ("{\"a\":{}}", Some(false)),
            ("Nov 21", Some(false)),
        ] {
            assert_eq!(is_list(text.as_bytes(), &Mappings::shipped()), expected, "{text}");
        }
    }

    #[test]
    fn goes_on_within_a_list_and_cuts_what_is_too_long() {
        let text = r#"{"Records":[{"a":1},{"b":2}]}"#;
        let mut framer = ListFramer::new(Mappings::shipped(), Within::Nothing);
        framer.push(text.as_bytes());
        assert_eq!(framer.next_piece().map(|piece| piece.bytes), Some(br#"{"a":1}"#.as_slice()));
        let (at, within) = framer.consumed();
        assert_eq!(pieces(&[&text.as_bytes()[at as usize..]], within), [(r#"{"b":2}"#.to_owned(), false, false)]);

        let long = format!("[{{\"a\":\"{}\"}},{{}}]", "x".repeat(JSON_LINE_MAX));
        let seen = pieces(&[long.as_bytes()], Within::Nothing);
        let shape: Vec<(usize, bool, bool)> = seen.iter().map(|(text, continues, cut)| (text.len(), *continues, *cut)).collect();
        assert_eq!(shape, [(JSON_LINE_MAX, false, true), (8, true, false), (2, false, false)]);
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(text in "([\\[\\]{}\"\\\\,: a1\n]|\"Records\":\\[){0,40}", cuts in prop::collection::vec(0usize..200, 0..8)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            prop_assert_eq!(pieces(&chunks, Within::Nothing), pieces(&[bytes], Within::Nothing));
        }
    }
}

//! Paragraphs of `Field: value` lines, the form of dpkg's and apt's files.
//!
//! Format: deb822(5). Only what inventories need: fields are read by name from borrowed bytes, and
//! the continuation lines of a value are not given out. Holds: reading never copies a paragraph.

use std::borrow::Cow;

/// Splits a whole file into paragraphs.
#[derive(Debug)]
pub struct Paragraphs<'a> {
    rest: &'a [u8],
    line: usize,
}

/// Lines between two empty ones.
#[derive(Clone, Copy, Debug)]
pub struct Paragraph<'a> {
    bytes: &'a [u8],
    line: usize,
}

impl<'a> Paragraphs<'a> {
    /// The paragraphs of these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, line: 1 }
    }
}

impl<'a> Iterator for Paragraphs<'a> {
    type Item = Paragraph<'a>;

    fn next(&mut self) -> Option<Paragraph<'a>> {
        let (_, lines) = self.take_lines(is_empty);
        self.line += lines;
        let (bytes, lines) = self.take_lines(|line| !is_empty(line));
        let paragraph = Paragraph { bytes, line: self.line };
        self.line += lines;
        (!bytes.is_empty()).then_some(paragraph)
    }
}

impl<'a> Paragraphs<'a> {
    /// Takes the lines from the front that are of a kind, and says how many there were.
    fn take_lines(&mut self, of_kind: impl Fn(&[u8]) -> bool) -> (&'a [u8], usize) {
        let (mut length, mut count) = (0, 0);
        for line in self.rest.split_inclusive(|byte| *byte == b'\n').take_while(|line| of_kind(line)) {
            length += line.len();
            count += 1;
        }
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        (taken, count)
    }
}

fn is_empty(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

impl<'a> Paragraph<'a> {
    /// A paragraph from its own bytes, for readers that split them themselves.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, line: 1 }
    }

    /// The line of the file it starts at, counted from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The first line of a field's value; field names are compared without case.
    #[must_use]
    pub fn bytes_of(&self, field: &str) -> Option<&'a [u8]> {
        self.bytes.split(|byte| *byte == b'\n').find_map(|line| {
            let (name, value) = line.split_at_checked(field.len())?;
            let value = value.strip_prefix(b":")?;
            name.eq_ignore_ascii_case(field.as_bytes()).then(|| value.trim_ascii())
        })
    }

    /// The first line of a field's value as text; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn text_of(&self, field: &str) -> Option<Cow<'a, str>> {
        self.bytes_of(field).map(String::from_utf8_lossy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn splits_and_reads_fields() {
        let text = b"\nPackage: a\nDescription: first\n second line\n  Package: not a field\nversion: 1\n\n\nPackage: b\r\n\r\nPackage: c";
        let read: Vec<_> = Paragraphs::new(text).map(|p| (p.line(), p.text_of("Package").unwrap().into_owned())).collect();
        assert_eq!(read, [(2, "a".into()), (9, "b".into()), (11, "c".into())]);
        let first = Paragraphs::new(text).next().unwrap();
        assert_eq!(first.text_of("Version").unwrap(), "1");
        assert_eq!(first.text_of("Description").unwrap(), "first");
        assert!(first.text_of("Vers").is_none());
    }

    proptest! {
        #[test]
        fn every_byte_is_in_a_paragraph_or_between_two(bytes: Vec<u8>) {
            let inside: usize = Paragraphs::new(&bytes).map(|p| p.bytes.len()).sum();
            prop_assert!(inside <= bytes.len());
            let lines = Paragraphs::new(&bytes).map(|p| p.line()).collect::<Vec<_>>();
            prop_assert!(lines.is_sorted());
        }
    }
}

//! What affects one package, as it stands in the file.
//!
//! The versions that the rows speak of, unique in the package's order and sorted by it, front-coded;
//! then the rows by rising vulnerability number. Rows name versions by their place, so that a match
//! compares texts only to find the place of the installed version and numbers from then on.
//!
//! A row: varint step from the vulnerability number before, then a byte: bits 0–1 the [`Shape`],
//! bits 2–4 the vendor's severity plus one (0: none), bits 5–7 what the vendor says of a missing repair
//! (0: nothing, else the place in [`Unfixed::ALL`] plus one). Shape 0, affected until a fix: varint version.
//! Shape 1, affected in every version: nothing. Shape 2: varint count of spans, for each varint
//! `from` (0 the beginning, else version + 1) and varint `to` (0 open, 1 + 2 × version fixed in it,
//! 2 + 2 × version last affected); varint count of single versions, varint each.

use super::bytes::{Put, Reader};
use crate::import::limits::{PACKAGE_VERSIONS_MAX, VERSION_BYTES_MAX};
use crate::span::{End, Span};
use vigie_model::occurrence::Unfixed;
use vigie_model::severity::Severity;

/// What one vulnerability does to the package.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Row {
    /// Number of the vulnerability.
    pub(crate) vulnerability: usize,
    /// How bad the vendor of the package says it is.
    pub(crate) severity: Option<Severity>,
    /// What the vendor says where no version repairs it.
    pub(crate) unfixed: Option<Unfixed>,
    pub(crate) spans: Vec<Span<usize>>,
    /// Single affected versions outside the spans.
    pub(crate) points: Vec<usize>,
}

enum Shape {
    UntilFixed(usize),
    Always,
    Ranges,
}

impl Shape {
    fn of(row: &Row) -> Self {
        match (row.spans.as_slice(), row.points.as_slice()) {
            ([Span { from: None, to: End::Fixed(version) }], []) => Self::UntilFixed(*version),
            ([Span { from: None, to: End::Open }], []) => Self::Always,
            _ => Self::Ranges,
        }
    }
}

/// Writes the rows of one package; `rows` must be sorted by vulnerability.
pub(crate) fn write(versions: &[&str], rows: &[Row]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.put_number(versions.len());
    let mut before = "";
    for version in versions {
        bytes.put_front_coded(before, version);
        before = version;
    }
    bytes.put_number(rows.len());
    let mut before = 0;
    for row in rows {
        bytes.put_number(row.vulnerability - before);
        before = row.vulnerability;
        write_row(row, &mut bytes);
    }
    bytes
}

fn write_row(row: &Row, bytes: &mut Vec<u8>) {
    let unfixed = row.unfixed.map_or(0, |unfixed| unfixed.number() + 1) << 5;
    let severity = unfixed | row.severity.map_or(0, |severity| severity.number() + 1) << 2;
    match Shape::of(row) {
        Shape::UntilFixed(version) => {
            bytes.push(severity);
            bytes.put_number(version);
        }
        Shape::Always => bytes.push(severity | 1),
        Shape::Ranges => {
            bytes.push(severity | 2);
            bytes.put_number(row.spans.len());
            for span in &row.spans {
                bytes.put_number(span.from.map_or(0, |version| version + 1));
                bytes.put_number(match span.to {
                    End::Open => 0,
                    End::Fixed(version) => 1 + 2 * version,
                    End::LastAffected(version) => 2 + 2 * version,
                });
            }
            bytes.put_number(row.points.len());
            row.points.iter().for_each(|version| bytes.put_number(*version));
        }
    }
}

/// Reads the rows of one package.
pub(crate) struct Rows<'a> {
    reader: Reader<'a>,
    left: usize,
    /// The versions the rows speak of.
    pub(crate) versions: Vec<String>,
    row: Row,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let count = reader.number()?;
        // Front coding makes much of little: both limits together bound what a hostile table unpacks to.
        if count > PACKAGE_VERSIONS_MAX {
            return None;
        }
        let mut versions = Vec::new();
        let mut text = Vec::new();
        for _ in 0..count {
            reader.front_coded(&mut text)?;
            if text.len() > VERSION_BYTES_MAX {
                return None;
            }
            versions.push(std::str::from_utf8(&text).ok()?.to_owned());
        }
        let left = reader.number()?;
        Some(Self { reader, left, versions, row: Row::default() })
    }

    /// The next row: `Some(None)` after the last one, `None` when the table is damaged.
    pub(crate) fn next(&mut self) -> Option<Option<&Row>> {
        if self.left == 0 {
            return Some(None);
        }
        self.left -= 1;
        self.row.vulnerability = self.row.vulnerability.checked_add(self.reader.number()?)?;
        self.row.spans.clear();
        self.row.points.clear();
        let flags = self.reader.u8()?;
        self.row.severity = match flags >> 2 & 7 {
            0 => None,
            number => Some(Severity::from_number(number - 1)?),
        };
        self.row.unfixed = match flags >> 5 {
            0 => None,
            number => Some(Unfixed::from_number(number - 1)?),
        };
        match flags & 3 {
            0 => {
                let version = self.version()?;
                self.row.spans.push(Span { from: None, to: End::Fixed(version) });
            }
            1 => self.row.spans.push(Span { from: None, to: End::Open }),
            2 => self.ranges()?,
            _ => return None,
        }
        Some(Some(&self.row))
    }

    fn ranges(&mut self) -> Option<()> {
        for _ in 0..self.reader.number()? {
            let from = match self.reader.number()? {
                0 => None,
                place => Some(self.known(place - 1)?),
            };
            let to = match self.reader.number()? {
                0 => End::Open,
                place if place % 2 == 1 => End::Fixed(self.known(place / 2)?),
                place => End::LastAffected(self.known(place / 2 - 1)?),
            };
            self.row.spans.push(Span { from, to });
        }
        for _ in 0..self.reader.number()? {
            let version = self.version()?;
            self.row.points.push(version);
        }
        Some(())
    }

    fn version(&mut self) -> Option<usize> {
        let place = self.reader.number()?;
        self.known(place)
    }

    fn known(&self, place: usize) -> Option<usize> {
        (place < self.versions.len()).then_some(place)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    fn any_end() -> impl Strategy<Value = End<usize>> {
        prop_oneof![Just(End::Open), (0usize..4).prop_map(End::Fixed), (0usize..4).prop_map(End::LastAffected)]
    }

    pub(crate) fn any_span() -> impl Strategy<Value = Span<usize>> {
        (option::of(0usize..4), any_end()).prop_map(|(from, to)| Span { from, to })
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let severity = option::of(proptest::sample::select(&Severity::ALL[..]));
        let unfixed = option::of(proptest::sample::select(&Unfixed::ALL[..]));
        (0usize..300, severity, unfixed, vec(any_span(), 0..3), vec(0usize..4, 0..3))
            .prop_map(|(vulnerability, severity, unfixed, spans, points)| Row { vulnerability, severity, unfixed, spans, points })
    }

    proptest! {
        #[test]
        fn rows_come_back(mut rows in vec(any_row(), 0..20)) {
            rows.sort_by_key(|row| row.vulnerability);
            let versions = ["1.0", "1.0.1", "1.10", "2"];
            let bytes = write(&versions, &rows);
            let mut reader = Rows::new(&bytes).unwrap();
            prop_assert_eq!(&reader.versions, &versions);
            for row in &rows {
                prop_assert_eq!(reader.next().unwrap(), Some(row));
            }
            prop_assert_eq!(reader.next().unwrap(), None);
        }

        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            if let Some(mut rows) = Rows::new(&bytes) {
                while let Some(Some(_)) = rows.next() {}
            }
        }
    }
}

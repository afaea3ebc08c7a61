//! Templates: which elements a record has, in which order and length.

use super::ExportClock;
use super::bytes::Bytes;
use super::elements::Record;
use std::sync::Arc;

/// Most elements of a template.
const ELEMENTS_MAX: usize = 128;

/// The length that says: the record says it itself.
const VARIABLE: u16 = 65_535;

/// What a template describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Flows.
    Data,
    /// The exporter itself: its sampling, its interfaces.
    Options,
}

#[derive(Clone, Copy, Debug)]
struct Element {
    id: u16,
    /// 0 for the registry's own.
    enterprise: u32,
    length: u16,
}

/// A template.
#[derive(Clone, Debug)]
pub(super) struct Template {
    kind: Kind,
    elements: Arc<[Element]>,
    length_min: usize,
}

/// Reads a template and its number; without elements it is taken back. Nothing when it makes no sense.
pub(super) fn read(bytes: &mut Bytes<'_>, version: u16, kind: Kind) -> Option<(u16, Option<Template>)> {
    let (id, first) = (bytes.u16()?, bytes.u16()?);
    let count = match (version, kind) {
        (_, Kind::Data) => usize::from(first),
        // Version 9 gives lengths in bytes, of the scope and of the options; a field is four.
        (9, Kind::Options) => (usize::from(first) + usize::from(bytes.u16()?)) / 4,
        (_, Kind::Options) => {
            if first > 0 {
                bytes.skip(2)?;
            }
            usize::from(first)
        }
    };
    if count == 0 {
        return Some((id, None));
    }
    if count > ELEMENTS_MAX || id < 256 {
        return None;
    }
    let mut elements = Vec::with_capacity(count);
    for _ in 0..count {
        let (number, length) = (bytes.u16()?, bytes.u16()?);
        let is_private = version == 10 && number & 0x8000 != 0;
        let enterprise = if is_private { bytes.u32()? } else { 0 };
        elements.push(Element { id: if is_private { number & 0x7FFF } else { number }, enterprise, length });
    }
    let length_min =
        elements.iter().map(|element| if element.length == VARIABLE { 1 } else { usize::from(element.length) }).sum();
    // A record of no length would never end.
    (length_min > 0).then(|| (id, Some(Template { kind, elements: elements.into(), length_min })))
}

impl Template {
    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// The least bytes a record takes.
    pub(super) const fn length_min(&self) -> usize {
        self.length_min
    }

    /// Reads a record; gives its bytes as well.
    pub(super) fn record<'a>(&self, bytes: &mut Bytes<'a>, clock: ExportClock) -> Option<(Record, &'a [u8])> {
        let whole = bytes.rest();
        let before = bytes.len();
        let mut record = Record::new(clock);
        for element in &*self.elements {
            let length = match element.length {
                VARIABLE => match bytes.u8()? {
                    255 => usize::from(bytes.u16()?),
                    short => usize::from(short),
                },
                length => usize::from(length),
            };
            let value = bytes.take(length)?;
            if element.enterprise == 0 {
                record.take(element.id, value);
            } else {
                record.take_private(element.enterprise, element.id, value);
            }
        }
        Some((record, whole.get(..before - bytes.len())?))
    }
}

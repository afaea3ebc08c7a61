//! The paths behind the field numbers of a log segment.
//!
//! Events in the log name their fields by number, because a number takes one or two bytes and a path
//! thirty. The numbers are those of the generated table of the program that wrote the segment, and
//! each segment's header carries that table, so a program with another table still reads it: known
//! paths find their field, the rest become unmapped values under their path. Nothing is lost.
//!
//! Text form, one line for each number: `path<TAB>kind letter<LF>`.

use super::bytes::Malformed;
use std::sync::{Arc, LazyLock};
use vigie_model::event::{FieldId, FieldKind};

/// What a field number of a segment stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) kind: FieldKind,
    pub(crate) path: Box<str>,
    /// The field of this program's table, where path and kind are still the same.
    pub(crate) field: Option<FieldId>,
}

/// The table of one segment.
#[derive(Debug)]
pub(crate) struct PathTable {
    slots: Vec<Slot>,
    text: Vec<u8>,
    hash: u32,
}

static CURRENT: LazyLock<Arc<PathTable>> = LazyLock::new(|| {
    let slots = FieldId::all().map(|field| {
        let info = field.info();
        Slot { kind: info.kind, path: info.path.into(), field: Some(field) }
    });
    Arc::new(PathTable::of(slots.collect()))
});

impl PathTable {
    /// This program's table.
    pub(crate) fn current() -> Arc<Self> {
        Arc::clone(&CURRENT)
    }

    /// Reads a table from a segment header; gives this program's when it is the same.
    pub(crate) fn parse(text: &[u8]) -> Result<Arc<Self>, Malformed> {
        let current = Self::current();
        if text == current.text {
            return Ok(current);
        }
        let lines = std::str::from_utf8(text).map_err(|_| Malformed)?.lines();
        let slots: Result<Vec<Slot>, Malformed> = lines.map(parse_line).collect();
        Ok(Arc::new(Self::of(slots?)))
    }

    /// A table of these slots; tests make other programs' tables with it.
    pub(crate) fn of(slots: Vec<Slot>) -> Self {
        let mut text = Vec::new();
        for slot in &slots {
            text.extend_from_slice(slot.path.as_bytes());
            text.extend_from_slice(&[b'\t', letter(slot.kind), b'\n']);
        }
        let hash = crc32c::crc32c(&text);
        Self { slots, text, hash }
    }

    pub(crate) fn slot(&self, number: u64) -> Result<&Slot, Malformed> {
        usize::try_from(number).ok().and_then(|number| self.slots.get(number)).ok_or(Malformed)
    }

    /// The text form, for segment headers.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Tells tables apart; every record carries it.
    pub(crate) const fn hash(&self) -> u32 {
        self.hash
    }
}

fn parse_line(line: &str) -> Result<Slot, Malformed> {
    let (path, kind) = line.split_once('\t').ok_or(Malformed)?;
    let kind = [FieldKind::Text, FieldKind::Integer, FieldKind::Boolean, FieldKind::Texts]
        .into_iter()
        .find(|known| kind.as_bytes() == [letter(*known)])
        .ok_or(Malformed)?;
    let field = FieldId::from_path(path).filter(|field| field.info().kind == kind);
    Ok(Slot { kind, path: path.into(), field })
}

const fn letter(kind: FieldKind) -> u8 {
    match kind {
        FieldKind::Text => b't',
        FieldKind::Integer => b'i',
        FieldKind::Boolean => b'b',
        FieldKind::Texts => b'l',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_this_program_are_its_fields() {
        let table = PathTable::current();
        for field in FieldId::all() {
            assert_eq!(table.slot(field.index() as u64).unwrap().field, Some(field));
        }
        assert!(table.slot(u64::MAX).is_err());
    }

    #[test]
    fn another_table_keeps_what_it_knows() {
        let table = PathTable::parse(b"gone.for.good\tt\nmessage\tt\ndst_endpoint.port\tt\n").unwrap();
        let fields: Vec<_> = table.slots.iter().map(|slot| slot.field.map(FieldId::path)).collect();
        assert_eq!(fields, [None, Some("message"), None], "a port was a number, not a text");
        assert!(PathTable::parse(b"message\n").is_err());
        assert!(PathTable::parse(b"message\tx\n").is_err());
    }
}

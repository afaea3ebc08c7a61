//! What a search may ask of an event, wherever it is stored.
//!
//! An event is asked as itself, as bytes in the log or as a row of a file; conditions are written
//! once over [`Row`]. Files are asked by the column first (`search::columns`), and by the row only
//! where a column does not answer.

use crate::codec::Malformed;
use crate::tenant;
use vigie_model::event::{Class, EventSeverity, FieldId, Label, StoredEvent, ValueRef};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// One value of a field; a field of several texts has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Text(&'a str),
    Integer(i64),
    Boolean(bool),
}

/// An event, as far as a condition looks at it.
pub(crate) trait Row {
    fn id(&self) -> EventId;
    fn time(&self) -> Timestamp;
    fn received(&self) -> Timestamp;
    fn class(&self) -> Class;
    fn activity(&self) -> u8;
    fn severity(&self) -> EventSeverity;
    fn source(&self) -> &str;
    fn format(&self) -> &str;
    fn host(&self) -> &str;
    fn label(&self, label: Label) -> Option<&str>;
    fn raw(&self) -> &[u8];

    /// Whose it is: every event is somebody's.
    fn tenant(&self) -> &str {
        self.label(Label::Tenant).unwrap_or(tenant::DEFAULT)
    }

    /// Shows the values of a field until `visit` says yes; tells whether it did.
    fn visit(&self, field: FieldId, visit: &mut dyn FnMut(Part<'_>) -> bool) -> bool;

    /// Shows the unmapped names and values until `visit` says yes; tells whether it did.
    fn visit_unmapped(&self, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool;
}

/// What an event holds beside its fixed part.
pub(crate) enum Held<'a> {
    /// A field with its value.
    Field(FieldId, Part<'a>),
    /// A field of several texts.
    Texts(FieldId, &'a [&'a str]),
    /// A name and a value that the schema has no field for.
    Unmapped(&'a str, &'a str),
}

/// An event as it is written to a file: shown whole, without being built.
pub(crate) trait Record: Row {
    /// Shows everything it holds: fields in their order, then the unmapped. What follows a value
    /// that cannot be read is not shown.
    fn each(&self, show: &mut impl FnMut(Held<'_>)) -> Result<(), Malformed>;
}

impl Record for StoredEvent {
    fn each(&self, show: &mut impl FnMut(Held<'_>)) -> Result<(), Malformed> {
        for (field, value) in self.event.fields.iter() {
            match value {
                ValueRef::Text(text) => show(Held::Field(field, Part::Text(text))),
                ValueRef::Integer(number) => show(Held::Field(field, Part::Integer(number))),
                ValueRef::Boolean(truth) => show(Held::Field(field, Part::Boolean(truth))),
                ValueRef::Texts(texts) => show(Held::Texts(field, &texts.iter().map(|text| &**text).collect::<Vec<_>>())),
            }
        }
        self.event.unmapped.iter().for_each(|(name, value)| show(Held::Unmapped(name, value)));
        Ok(())
    }
}

impl Row for StoredEvent {
    fn id(&self) -> EventId {
        self.id
    }

    fn time(&self) -> Timestamp {
        self.event.time
    }

    fn received(&self) -> Timestamp {
        self.event.received
    }

    fn class(&self) -> Class {
        self.event.class
    }

    fn activity(&self) -> u8 {
        self.event.activity
    }

    fn severity(&self) -> EventSeverity {
        self.event.severity
    }

    fn source(&self) -> &str {
        &self.event.origin.source
    }

    fn format(&self) -> &str {
        &self.event.origin.format
    }

    fn host(&self) -> &str {
        &self.event.origin.host
    }

    fn label(&self, label: Label) -> Option<&str> {
        self.event.origin.labels.get(label)
    }

    fn raw(&self) -> &[u8] {
        &self.event.raw
    }

    fn visit(&self, field: FieldId, visit: &mut dyn FnMut(Part<'_>) -> bool) -> bool {
        match self.event.fields.get(field) {
            None => false,
            Some(ValueRef::Text(text)) => visit(Part::Text(text)),
            Some(ValueRef::Integer(number)) => visit(Part::Integer(number)),
            Some(ValueRef::Boolean(truth)) => visit(Part::Boolean(truth)),
            Some(ValueRef::Texts(texts)) => texts.iter().any(|text| visit(Part::Text(text))),
        }
    }

    fn visit_unmapped(&self, visit: &mut dyn FnMut(&str, &str) -> bool) -> bool {
        self.event.unmapped.iter().any(|(name, value)| visit(name, value))
    }
}

//! Events: something that happened, in the words of OCSF, with the raw record beside it.
//!
//! An [`Event`] is flat: a class, an activity and typed values by field, where a field is one
//! attribute path of the schema (`actor.user.name`). The paths, their types and the classes that
//! have them are generated from OCSF into [`ocsf`] (`cargo xtask ocsf`); [`Field`] carries the type,
//! so a port is never set to a text. What a source says beyond those fields goes to
//! [`Event::unmapped`] and stays searchable. Why flat and not nested structs: a rule, a column and a
//! search all ask for one path, and the hot paths look it up without building a tree
//! (`docs/decisions/flat-events.md`).

mod fields;
mod json;
mod labels;
pub mod ocsf;
mod severity;
mod unmapped;
mod values;

pub use fields::{Field, FieldId, FieldInfo, FieldKind, FieldSet};
pub use labels::{DEFAULT_TENANT, LABEL_MAX, Label, Labels, NotALabel};
pub use ocsf::{Class, OCSF_VERSION};
pub use severity::EventSeverity;
pub use unmapped::Unmapped;
pub use values::{FieldValue, Fields, Given, Value, ValueRef};

use crate::ids::EventId;
use crate::time::Timestamp;
use std::sync::Arc;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When it happened, as its source says.
    pub time: Timestamp,
    /// When Vigie received it.
    pub received: Timestamp,
    /// Its OCSF class.
    pub class: Class,
    /// OCSF `activity_id` within the class; 0 is unknown, 99 other.
    pub activity: u8,
    /// OCSF `severity_id`.
    pub severity: EventSeverity,
    /// Where it came from; the events of a source share it.
    pub origin: Arc<Origin>,
    /// Values by field.
    pub fields: Fields,
    /// What the record says beyond the fields, by its own names, in its own order.
    pub unmapped: Unmapped,
    /// The record as received, byte for byte.
    pub raw: Vec<u8>,
}

/// Where an event came from: decides which rules see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The intake it came through: `journald`, `file:/var/log/auth.log`, `syslog/udp`.
    pub source: Arc<str>,
    /// The parser that understood it, such as `sshd` or `sudo`; empty when none did.
    pub format: Arc<str>,
    /// The machine it speaks of, as the record or the intake names it.
    pub host: Arc<str>,
    /// To whom and to what it belongs.
    pub labels: Labels,
}

/// An event with its number in the lake.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// Its number.
    pub id: EventId,
    /// The event.
    pub event: Event,
}

impl Event {
    /// An event of a class with nothing known but its times, origin and record.
    #[must_use]
    pub fn new(class: Class, time: Timestamp, received: Timestamp, origin: impl Into<Arc<Origin>>, raw: Vec<u8>) -> Self {
        Self {
            time,
            received,
            class,
            activity: 0,
            severity: EventSeverity::Informational,
            origin: origin.into(),
            fields: Fields::default(),
            unmapped: Unmapped::new(),
            raw,
        }
    }

    /// Sets a field.
    pub fn set<T: FieldValue>(&mut self, field: Field<T>, value: impl Given<T>) -> &mut Self {
        self.fields.set(field, value);
        self
    }

    /// Sets a field if there is a value.
    pub fn set_some<T: FieldValue>(&mut self, field: Field<T>, value: Option<impl Given<T>>) -> &mut Self {
        if let Some(value) = value {
            self.fields.set(field, value);
        }
        self
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, field: Field<Box<str>>) -> Option<&str> {
        self.fields.text(field)
    }

    /// Its origin, to be changed for this event alone.
    pub fn origin_mut(&mut self) -> &mut Origin {
        Arc::make_mut(&mut self.origin)
    }

    /// Whether a parser understood the record, or it was only kept.
    #[must_use]
    pub fn is_parsed(&self) -> bool {
        !self.origin.format.is_empty()
    }

    /// OCSF `type_uid`: class × 100 + activity.
    #[must_use]
    pub fn type_uid(&self) -> u32 {
        self.class.uid() * 100 + u32::from(self.activity)
    }
}

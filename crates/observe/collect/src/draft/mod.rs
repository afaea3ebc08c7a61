//! A first page for lines that somebody has: which of them are read already, and what a page for the others could be.
//!
//! Everything here is a guess for people to look at and to change: which values the lines have, what these are called in
//! OCSF, of which class the events are. Deliberately absent: more than a page can say (cases, tables), and any clock.

mod guess;
mod page;
mod shape;
mod values;
mod why;

pub use page::with_samples;
pub use why::{Why, why};

use crate::dialect::Dialect;
use crate::format::KEY_VALUE;
use crate::frame::Piece;
use crate::mapping::{Mappings, TRIED_MAX};
use crate::reader::Reader;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use vigie_model::event::Event;
use vigie_model::event::ocsf::field;
use vigie_model::time::Timestamp;

/// Most names of values that a draft has.
pub const PARTS_MAX: usize = 200;

/// Longest text that stands beside a name as an example of its values, in characters.
pub const EXAMPLE_MAX: usize = 120;

/// Formats that only say how a line is written, not what it means.
const GENERIC: [&str; 5] = ["json", KEY_VALUE, "logfmt", "app-log", "time"];

/// Targets that are no fields.
pub const TIME: &str = "time";
/// The machine.
pub const HOST: &str = "host";
/// How bad it is.
pub const SEVERITY: &str = "severity";

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Objects of JSON.
    Json,
    /// Pairs of key and value.
    Pairs,
    /// Text.
    Text,
}

/// A page as a form: what the console shows, and what can be written as a page and read from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What people call it.
    pub title: String,
    /// The format's name.
    pub format: String,
    /// How its records are written.
    pub kind: Kind,
    /// The class of its events.
    pub class: String,
    /// Their activity; empty for none.
    pub activity: String,
    /// Of text: the lines with named parts.
    pub lines: Vec<String>,
    /// Of records: the names that tell them from others.
    pub recognise: Vec<String>,
    /// The values, and what they become.
    pub parts: Vec<Part>,
}

/// A value of the records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// One of its values.
    pub example: String,
    /// An OCSF path, [`TIME`], [`HOST`] or [`SEVERITY`]; empty to leave it under its own name.
    pub target: String,
}

/// A line, and who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The line.
    pub line: String,
    /// The format that knows what it means.
    pub format: Option<String>,
}

/// Lines looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drafted {
    /// The lines.
    pub lines: Vec<Known>,
    /// A page for those that nobody knows; none where all are known.
    pub draft: Option<Draft>,
}

/// Looks at records, at most [`TRIED_MAX`] of them.
#[must_use]
pub fn draft(text: &str, pages: &Arc<Mappings>, received: Timestamp) -> Drafted {
    let mut reader = Reader::new("draft".into(), Dialect::Syslog, TimeZone::UTC, "".into()).with_pages(pages.clone());
    let mut lines = Vec::new();
    let mut unknown = Vec::new();
    for record in pages.records(text).into_iter().take(TRIED_MAX) {
        let event = reader.record(Piece { bytes: record.as_bytes(), continues: false, cut: false }, received);
        let format = Some(event.origin.format.to_string()).filter(|name| !name.is_empty() && !GENERIC.contains(&name.as_str()));
        if format.is_none() {
            unknown.push((record, event));
        }
        lines.push(Known { line: record.to_owned(), format });
    }
    let draft = (!unknown.is_empty()).then(|| drafted(&unknown));
    Drafted { lines, draft }
}

fn drafted(records: &[(&str, Event)]) -> Draft {
    let bare: Vec<&str> = bare(records);
    let kind = kind_of(&bare);
    let (lines, values) = match kind {
        Kind::Text => {
            let lines = shape::lines(&bare);
            let values = values::of_lines(&lines, &bare);
            (lines, values)
        }
        kind => (Vec::new(), values::of_records(kind, &bare)),
    };
    let guess = guess::of(&values, &bare);
    let recognise = if kind == Kind::Text { Vec::new() } else { values::telling(&values, &guess.parts) };
    Draft {
        title: String::new(),
        format: String::new(),
        kind,
        class: guess.class.name().to_owned(),
        activity: guess.activity.to_owned(),
        lines,
        recognise,
        parts: guess.parts,
    }
}

/// The records without the header of syslog, where all have one that names a program.
fn bare<'r>(records: &'r [(&'r str, Event)]) -> Vec<&'r str> {
    let bare: Option<Vec<&str>> = records.iter().map(|(record, event)| message(record, event)).collect();
    bare.unwrap_or_else(|| records.iter().map(|(record, _)| record.trim()).collect())
}

/// What a record says behind a header that names a program.
fn message<'r>(record: &'r str, event: &Event) -> Option<&'r str> {
    event.text(field::ACTOR_PROCESS_NAME)?;
    let message = event.text(field::MESSAGE)?;
    record.get(record.len().checked_sub(message.len())?..).filter(|end| *end == message)
}

/// A record of text without the header of syslog, if it has one: what patterns look at where they do not fit the whole.
#[must_use]
pub fn without_header(record: &str, received: Timestamp) -> &str {
    let pages = Mappings::shipped();
    let mut reader = Reader::new("draft".into(), Dialect::Syslog, TimeZone::UTC, "".into()).with_pages(pages);
    let event = reader.record(Piece { bytes: record.as_bytes(), continues: false, cut: false }, received);
    message(record, &event).unwrap_or(record)
}

fn kind_of(records: &[&str]) -> Kind {
    let most = |is: &dyn Fn(&str) -> bool| records.iter().filter(|record| is(record)).count() * 2 > records.len();
    if most(&|record| record.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(record).is_ok()) {
        Kind::Json
    } else if most(&values::is_pairs) {
        Kind::Pairs
    } else {
        Kind::Text
    }
}

impl Draft {
    /// The values that records have under this form's names, and those that have no target yet.
    #[must_use]
    pub fn with_values_of(mut self, records: &[&str]) -> Self {
        let values = match self.kind {
            Kind::Text => values::of_lines(&self.lines, records),
            kind => values::of_records(kind, records),
        };
        let mut parts: Vec<Part> = Vec::new();
        for value in values {
            let target = self.parts.iter().find(|part| part.name == value.name).map_or("", |part| part.target.as_str());
            parts.push(Part { name: value.name, example: value.example, target: target.to_owned() });
        }
        let lost = self.parts.drain(..).filter(|own| !own.target.is_empty() && !parts.iter().any(|part| part.name == own.name));
        let lost: Vec<Part> = lost.collect();
        parts.extend(lost);
        self.parts = parts;
        self
    }
}

#[cfg(test)]
mod tests;

//! From a record to an event: header, message, and what is true of every event.
//!
//! Every record becomes an event. What no parser understands is a base event with its message; what
//! is not UTF-8 is read as far as it is text and kept byte for byte. No clock, no file, no socket:
//! a replay gives the same events. Holds: the pieces of a record that was cut carry, one after
//! another, all its bytes.

mod aside;
mod colours;
mod journal;
mod printed;
mod sent;
mod taken;

pub use aside::BROKE_OFF;

use self::colours::without_colours;
use crate::container::Container;
use crate::dialect::Dialect;
use crate::format;
use crate::frame::Piece;
use crate::header::journal::Entry;
use crate::header::{Line, LocalTime, facility_name, settle};
use crate::mapping::{Mapper, Mappings, Pages, pieces, unfold};
use crate::meaning::{FormatName, Meaning};
use crate::windows;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event, EventSeverity, Label, Labels, Origin};
use vigie_model::time::Timestamp;

/// Longest name of a host that is believed.
const HOST_MAX: usize = 255;

/// Most hosts of which the origins are remembered.
const HOSTS_MAX: usize = 4_096;

/// Makes events of the records of one source.
#[derive(Clone, Debug)]
pub struct Reader {
    source: Arc<str>,
    dialect: Dialect,
    local: LocalTime,
    mapper: Mapper,
    /// The machine a record speaks of when it does not say.
    host: Arc<str>,
    /// What all its records belong to.
    labels: Labels,
    /// The origins of the latest hosts, so that events share them.
    origins: Origins,
    /// What a shipper said last about where records come from, and the labels made of it.
    last_said: Vec<(Label, String)>,
    last_labels: Labels,
    /// The container that prints all its records.
    container: Option<Arc<Container>>,
}

impl Reader {
    /// A reader for a source whose times without zone are in `zone`, and whose records without host
    /// speak of `host`.
    #[must_use]
    pub fn new(source: Arc<str>, dialect: Dialect, zone: TimeZone, host: Arc<str>) -> Self {
        Self {
            source,
            dialect,
            local: LocalTime::new(zone),
            mapper: Mapper::new(Mappings::shipped().into()),
            host,
            labels: Labels::none(),
            origins: Origins::default(),
            last_said: Vec::new(),
            last_labels: Labels::none(),
            container: None,
        }
    }

    /// The same for records that all belong to this.
    #[must_use]
    pub fn labelled(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self.origins = Origins::default();
        self
    }

    /// What all its records belong to.
    pub(crate) const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The same with pages of the user beside ours, as they are and as they will be.
    #[must_use]
    pub fn with_pages(mut self, pages: impl Into<Pages>) -> Self {
        self.mapper = Mapper::new(pages.into());
        self
    }

    /// The events of a record that may be a document of several, such as `{"Records":[…]}`, or of a stretch of lines that
    /// belong together.
    pub fn records(&mut self, piece: Piece<'_>, received: Timestamp, each: &mut dyn FnMut(Event)) {
        if !piece.continues && !piece.cut {
            match self.dialect {
                Dialect::Container => return self.printed(piece.bytes, received, each),
                Dialect::Audit => return self.audited(piece.bytes, received, each),
                _ => {}
            }
            let is_one = std::str::from_utf8(piece.bytes).is_ok_and(|text| {
                let mappings = self.mapper.mappings();
                pieces(text, &mappings, &mut |bytes| {
                    self.each_in(Piece { bytes: bytes.as_bytes(), ..piece }, received, each);
                })
            });
            if is_one {
                return;
            }
        }
        self.each_in(piece, received, each);
    }

    /// The events of a record that is no document: one, or those of a list deep inside.
    fn each_in(&mut self, piece: Piece<'_>, received: Timestamp, each: &mut dyn FnMut(Event)) {
        let event = self.record(piece, received);
        let is_many = unfold::is_folded(&event.origin.format)
            && std::str::from_utf8(piece.bytes).is_ok_and(|text| {
                unfold::unfold(text, &mut |part| each(self.record(Piece { bytes: part.as_bytes(), ..piece }, received)))
            });
        if !is_many {
            each(event);
        }
    }

    /// The events of a stretch of records of the audit system.
    fn audited(&mut self, stretch: &[u8], received: Timestamp, each: &mut dyn FnMut(Event)) {
        format::audit::events(stretch, &mut |bytes| {
            each(self.record(Piece { bytes, continues: false, cut: false }, received));
        });
    }

    /// The event of a record or of a part of one.
    pub fn record(&mut self, piece: Piece<'_>, received: Timestamp) -> Event {
        self.mapper.renew();
        let text = as_text(piece.bytes);
        let mut event = if piece.continues {
            self.event(Line { message: &text, ..Line::default() }, None, received)
        } else {
            self.understood(&text, received)
        };
        event.raw = piece.bytes.to_vec();
        mark_part(&mut event, piece);
        event
    }

    /// The event of a journal entry.
    pub fn entry(&mut self, entry: Entry, received: Timestamp) -> Event {
        let event = self.read_entry(&entry, received);
        Self::kept_entry(event, entry)
    }

    fn read_entry(&mut self, entry: &Entry, received: Timestamp) -> Event {
        self.mapper.renew();
        let message = entry.message();
        let mut line = entry.line(&message);
        let meaning = format::understand(&line);
        let meaning = self.described(&mut line, meaning, &message);
        self.event(line, meaning, received)
    }

    /// The event of an entry, with all of it.
    fn kept_entry(mut event: Event, entry: Entry) -> Event {
        event.raw = entry.raw;
        if entry.passed_over > 0 {
            event.set(field::METADATA_IS_TRUNCATED, true);
            event.unmapped.push("fields_passed_over", &entry.passed_over.to_string());
        }
        event
    }

    fn understood(&mut self, text: &str, received: Timestamp) -> Event {
        if text.starts_with('{')
            && let Some(meaning) = self.mapper.json(text, &mut self.local)
        {
            if *meaning.format == *journal::FORMAT
                && let Some(event) = self.journal_record(text, received)
            {
                return event;
            }
            return self.event(Line::default(), Some(meaning), received);
        }
        if let Some(meaning) = self.mapper.line(text, &mut self.local) {
            return self.event(Line::default(), Some(meaning), received);
        }
        let (mut line, meaning) = self.dialect.read(text, received, &mut self.local);
        let meaning = self.described(&mut line, meaning, text);
        self.event(line, meaning, received)
    }

    /// What the pages say of a message: those for lines and pairs, which are the user's, before the parsers, those for JSON
    /// where no parser knows it.
    fn described(&mut self, line: &mut Line<'_>, meaning: Option<Meaning>, whole: &str) -> Option<Meaning> {
        if self.mapper.reads_pairs()
            && let Some(own) = self.mapper.pairs(whole, &mut self.local)
        {
            return Some(own);
        }
        if self.mapper.reads_lines()
            && let Some(own) = self.mapper.line(line.message.trim(), &mut self.local)
        {
            return Some(own);
        }
        if meaning.as_ref().is_some_and(|meaning| *meaning.format != *format::KEY_VALUE) {
            return meaning;
        }
        let text = line.message.trim();
        if text.starts_with('{') {
            let described = self.mapper.json(text, &mut self.local);
            if described.is_some() {
                // Its values have names; the whole stands in the record.
                line.message = "";
            }
            return described.or(meaning);
        }
        if text.starts_with('<')
            && let Some(json) = windows::from_xml(text)
        {
            let described = self.mapper.json(&json, &mut self.local);
            if described.is_some() {
                line.message = "";
            }
            return described.or(meaning);
        }
        meaning
    }

    fn event(&mut self, line: Line<'_>, meaning: Option<Meaning>, received: Timestamp) -> Event {
        let told = meaning.as_ref().and_then(|meaning| meaning.when?.timestamp(&mut self.local, received));
        let said = told.or(meaning.as_ref().and_then(|meaning| meaning.time)).or(line.time);
        let (time, unbelieved) = settle(said, received);
        let host = meaning.as_ref().and_then(|meaning| meaning.host.as_deref()).or(line.host);
        let origin = self.origin(host, meaning.as_ref().map(|meaning| &meaning.format));
        let mut event = Event::new(Class::BaseEvent, time, received, origin, Vec::new());
        if let Some(severity) = line.severity {
            event.severity = EventSeverity::from_syslog(severity);
        }
        if let Some(meaning) = meaning {
            meaning.apply(&mut event);
        }
        complete(&mut event, line);
        if let Some(unbelieved) = unbelieved {
            event.set(field::METADATA_ORIGINAL_TIME, unbelieved.to_string());
        }
        event
    }

    fn origin(&mut self, host: Option<&str>, format: Option<&FormatName>) -> Arc<Origin> {
        let host = host.filter(|host| host.len() <= HOST_MAX).unwrap_or(&self.host);
        let name = match format {
            Some(FormatName::Page(name)) => name,
            Some(FormatName::Parser(name)) => *name,
            None => "",
        };
        if let Some(known) = self.origins.get(host, name) {
            return known;
        }
        let (source, labels) = (self.source.clone(), self.labels.clone());
        let format = match format {
            Some(FormatName::Page(name)) => name.clone(),
            _ => name.into(),
        };
        self.origins.keep(Arc::new(Origin { source, format, host: host.into(), labels }))
    }
}

/// Origins by host and format. Forgets all when there are many: somebody invents hosts then.
#[derive(Clone, Debug, Default)]
struct Origins {
    hosts: HashMap<Arc<str>, OfHost>,
}

/// The origins of one host, which speaks through few formats.
type OfHost = Vec<Arc<Origin>>;

impl Origins {
    fn get(&self, host: &str, format: &str) -> Option<Arc<Origin>> {
        self.hosts.get(host)?.iter().find(|known| &*known.format == format).cloned()
    }

    fn keep(&mut self, origin: Arc<Origin>) -> Arc<Origin> {
        if self.hosts.len() >= HOSTS_MAX {
            self.hosts.clear();
        }
        self.hosts.entry(origin.host.clone()).or_default().push(origin.clone());
        origin
    }
}

/// Whether what stands before the colon names a program: the kernel is none, nor is the tag of a format.
fn is_program(name: &str) -> bool {
    !matches!(name, "" | "kernel" | "CEF" | "LEEF") && !name.starts_with('%')
}

/// The text of a record, without colours; what is not UTF-8 has U+FFFD in its place. Most records are ASCII, which is seen
/// faster here.
fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    without_colours(std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed))
}

/// Marks the event of a part of a record.
fn mark_part(event: &mut Event, piece: Piece<'_>) {
    if piece.continues || piece.cut {
        event.set(field::METADATA_IS_TRUNCATED, true);
        event.unmapped.push("part", if piece.continues { "continuation" } else { "beginning" });
    }
}

/// Adds what the header says to what the parser found.
fn complete(event: &mut Event, line: Line<'_>) {
    if event.text(field::MESSAGE).is_none() && !line.message.is_empty() {
        event.set(field::MESSAGE, line.message);
    }
    if is_program(line.program) {
        if event.text(field::ACTOR_PROCESS_NAME).is_none() {
            event.set(field::ACTOR_PROCESS_NAME, line.program);
        }
        if let Some(pid) = line.pid
            && event.fields.integer(field::ACTOR_PROCESS_PID).is_none()
        {
            event.set(field::ACTOR_PROCESS_PID, pid);
        }
    }
    if let Some(facility) = line.facility.and_then(facility_name) {
        event.unmapped.push("facility", facility);
    }
    event.unmapped.reserve(line.more.len());
    for (name, value) in line.more {
        // The parser has them under their short names.
        if name.starts_with("junos@") && &*event.origin.format == "junos" {
            continue;
        }
        event.unmapped.push(&name, &value);
    }
}

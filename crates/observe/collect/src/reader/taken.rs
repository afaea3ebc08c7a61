//! The events of records that a shipper handed over: the line within is read like any other.

use super::colours::without_colours;
use super::{Reader, as_text, journal, mark_part};
use crate::dialect::{Dialect, understand};
use crate::format::{self, shape};
use crate::frame::{LINE_MAX, Piece, character_boundary};
use crate::header::{Clock, Line, syslog};
use crate::intake::Record;
use crate::intake::flat::Pair;
use crate::intake::open::{JSON_MAX, Opened, open};
use crate::mapping::{pieces, unfold};
use crate::meaning::Meaning;
use std::borrow::Cow;
use std::path::Path;
use vigie_model::event::{Event, Labels};
use vigie_model::time::Timestamp;

/// Shortest time that a header can have.
const HEADER_MIN: usize = 15;

impl Reader {
    /// The events of a record: one, or, where it is longer than an event may be, one for each part.
    ///
    /// A document of several records, such as `{"Records":[…]}`, gives those of each.
    pub fn taken(&mut self, record: &Record<'_>, received: Timestamp, events: &mut impl FnMut(Event)) {
        self.mapper.renew();
        let mappings = self.mapper.mappings();
        // Pieces of what is not UTF-8 would not be its bytes.
        let text = record.text.as_deref().or_else(|| std::str::from_utf8(&record.raw).ok());
        let is_document = record.problem.is_none()
            && text.is_some_and(|text| {
                pieces(text, &mappings, &mut |piece| {
                    let part = Record { raw: Cow::Borrowed(piece.as_bytes()), text: None, ..record.clone() };
                    self.one_taken(&part, received, events);
                })
            });
        if !is_document {
            self.one_taken(record, received, events);
        }
    }

    fn one_taken(&mut self, record: &Record<'_>, received: Timestamp, events: &mut impl FnMut(Event)) {
        let text = match &record.text {
            Some(text) => without_colours(Cow::Borrowed(text)),
            None => as_text(&record.raw),
        };
        let text = &*text;
        if let (None, Some(opened)) = (record.problem, open(text)) {
            let event = self.opened(record, text, opened, received);
            let is_many = unfold::is_folded(&event.origin.format)
                && unfold::unfold(text, &mut |part| {
                    if let Some(opened) = open(part) {
                        events(with_raw(self.opened(record, part, opened, received), part.as_bytes()));
                    }
                });
            if !is_many {
                events(with_raw(event, &record.raw));
            }
            return;
        }
        if record.raw.len() <= LINE_MAX || (record.text.is_some() && record.raw.len() <= JSON_MAX) {
            let event = self.line_taken(record, text.trim_end(), received);
            events(with_raw(event, &record.raw));
            return;
        }
        self.in_pieces(record, received, events);
    }

    fn in_pieces(&mut self, record: &Record<'_>, received: Timestamp, events: &mut impl FnMut(Event)) {
        let mut rest = &*record.raw;
        let mut continues = false;
        while !rest.is_empty() {
            let cut = rest.len() > LINE_MAX;
            let length = if cut { character_boundary(rest, LINE_MAX) } else { rest.len() };
            let (bytes, after) = rest.split_at(length);
            let text = as_text(bytes);
            let mut event = if continues {
                let line = Line { message: &text, ..Line::default() };
                self.completed(&Record { more: Vec::new(), ..record.clone() }, &[], line, None, received)
            } else {
                self.line_taken(record, &text, received)
            };
            mark_part(&mut event, Piece { bytes, continues, cut });
            events(with_raw(event, bytes));
            (rest, continues) = (after, true);
        }
    }

    /// A line, with or without a header of its own.
    fn line_taken(&mut self, record: &Record<'_>, text: &str, received: Timestamp) -> Event {
        let (line, meaning) = self.line_read(record, text, received);
        let mut event = self.completed(record, &[], line, meaning, received);
        if let Some(problem) = record.problem {
            event.unmapped.push("set_aside", problem);
        }
        event
    }

    fn line_read<'a>(&mut self, record: &'a Record<'_>, text: &'a str, received: Timestamp) -> (Line<'a>, Option<Meaning>) {
        if record.problem.is_some() {
            return (Line { message: text, ..Line::default() }, None);
        }
        match record.path.as_deref().map_or(Dialect::Syslog, |path| Dialect::of(Path::new(path))) {
            // What a shipper took out of a container's log is without its frame.
            Dialect::Syslog | Dialect::Container => {
                if let Some(own) = self.mapper.line(text, &mut self.local) {
                    let mut line = Line::default();
                    add_about(&mut line, record);
                    return (line, Some(own));
                }
                let mut clock = Clock::new(received, &mut self.local);
                if let Some((line, meaning)) = shape::read(text, &mut clock) {
                    let mut line = clock.noted(line);
                    let meaning = self.described(&mut line, Some(meaning), text);
                    return (line, meaning);
                }
                let mut line = match has_header(text) {
                    true => syslog::parse(text, received, &mut self.local),
                    false => Line { message: text, ..Line::default() },
                };
                add_about(&mut line, record);
                let (mut line, meaning) = understand(line);
                let meaning = self.described(&mut line, meaning, text);
                (line, meaning)
            }
            other => other.read(text, received, &mut self.local),
        }
    }

    /// A JSON object: the line in it if a parser knows that one, else what its members say.
    pub(super) fn opened(&mut self, record: &Record<'_>, text: &str, opened: Opened<'_>, received: Timestamp) -> Event {
        let Opened { mut about, pid, message, rest } = opened;
        about.time = record.time.or(about.time);
        for (own, given) in
            [(&mut about.host, &record.host), (&mut about.program, &record.program), (&mut about.path, &record.path)]
        {
            if given.is_some() {
                own.clone_from(given);
            }
        }
        about.severity = record.severity.or(about.severity);
        for (label, value) in &record.labels {
            about.labels.retain(|(known, _)| known != label);
            about.labels.push((*label, value.clone()));
        }
        about.more.clone_from(&record.more);
        let message = message.trim();
        let (mut line, meaning) =
            if message.is_empty() { (Line::default(), None) } else { self.line_read(&about, message, received) };
        line.pid = line.pid.or(pid);
        let is_vague = meaning.as_ref().is_none_or(|meaning| *meaning.format == *format::KEY_VALUE);
        if is_vague && let Some(whole) = self.mapper.json(text, &mut self.local) {
            if *whole.format == *journal::FORMAT
                && let Some(event) = self.with_message_of_bytes(record, text, received)
            {
                return event;
            }
            // The object as a whole, by its page; what no page knows has its values under their own names.
            let line = Line { message, ..line };
            return self.completed(&about, &[], line, Some(whole), received);
        }
        self.completed(&about, &rest, line, meaning, received)
    }

    /// The event of a line with everything that its record says around it.
    fn completed<'a>(
        &mut self,
        record: &'a Record<'_>,
        rest: &'a [Pair<'_>],
        mut line: Line<'a>,
        meaning: Option<Meaning>,
        received: Timestamp,
    ) -> Event {
        add_about(&mut line, record);
        line.more.extend(rest.iter().chain(&record.more).map(|(name, value)| (Cow::Borrowed(&**name), Cow::Borrowed(&**value))));
        let mut event = self.event(line, meaning, received);
        self.label(&mut event, record);
        event
    }

    /// Adds the labels of a record; those of the record before are shared when they are the same.
    fn label(&mut self, event: &mut Event, record: &Record<'_>) {
        if record.labels.is_empty() {
            return;
        }
        let said = || record.labels.iter().map(|(label, value)| (*label, &**value));
        if !event.origin.labels.is_empty() && event.origin.labels != self.labels {
            // The message told some itself.
            event.origin_mut().labels = event.origin.labels.with(said());
            return;
        }
        let mut pairs = self.last_said.iter().zip(&record.labels);
        let is_same = self.last_said.len() == record.labels.len() && pairs.all(|(last, now)| last.0 == now.0 && last.1 == now.1);
        if !is_same {
            self.last_said = said().map(|(label, value)| (label, value.to_owned())).collect();
            self.last_labels = self.labels.with(said());
        }
        event.origin_mut().labels = Labels::clone(&self.last_labels);
    }
}

fn with_raw(mut event: Event, raw: &[u8]) -> Event {
    event.raw = raw.to_vec();
    event
}

/// What the protocol says, where the line does not say it itself.
fn add_about<'a>(line: &mut Line<'a>, record: &'a Record<'_>) {
    line.time = line.time.or(record.time);
    line.host = line.host.or(record.host.as_deref());
    line.severity = line.severity.or(record.severity);
    if line.program.is_empty() {
        line.program = record.program.as_deref().unwrap_or_default();
    }
}

/// Whether a text begins as a syslog header does: with a priority, a time, or the tag of a format. What programs in
/// containers print has none, and its first word is no program's name.
fn has_header(text: &str) -> bool {
    if ["CEF:", "LEEF:", "%"].into_iter().any(|tag| text.starts_with(tag)) {
        return true;
    }
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    bytes.len() >= HEADER_MIN
        && (bytes.starts_with(b"<") && digits(1..2)
            || digits(0..4) && bytes.get(4) == Some(&b'-')
            || bytes.get(3) == Some(&b' ') && bytes.get(9) == Some(&b':') && bytes.get(12) == Some(&b':'))
}

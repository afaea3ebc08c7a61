//! Records that no parser may take: kept as they are, with the reason, and the source goes on.
//!
//! A parser must not panic, and fuzzing holds it to that. Should one do so all the same, reading the record again would end
//! the same way for ever, and nothing behind it would be read; so it is set aside. The event says why as
//! `unmapped.set_aside`, which is how they are found.

use super::{Line, Reader, mark_part};
use crate::frame::Piece;
use crate::header::journal::Entry;
use crate::intake::Record;
use std::panic::{AssertUnwindSafe, catch_unwind};
use vigie_model::event::Event;
use vigie_model::time::Timestamp;

/// Why a record is set aside over which a parser broke off.
pub const BROKE_OFF: &str = "a parser broke off";

impl Reader {
    /// As [`Reader::records`]; a piece over which a parser breaks off is set aside. What was given of it before comes again.
    pub fn records_or_aside(&mut self, piece: Piece<'_>, received: Timestamp, each: &mut dyn FnMut(Event)) {
        if catch_unwind(AssertUnwindSafe(|| self.records(piece, received, each))).is_err() {
            self.renew();
            each(self.aside(piece, received));
        }
    }

    /// As [`Reader::sent`]; a piece over which a parser breaks off is set aside.
    pub fn sent_or_aside(&mut self, piece: Piece<'_>, received: Timestamp, each: &mut dyn FnMut(Event)) {
        if catch_unwind(AssertUnwindSafe(|| self.sent(piece, received, each))).is_err() {
            self.renew();
            each(self.aside(piece, received));
        }
    }

    /// As [`Reader::taken`]; a record over which a parser breaks off is set aside.
    pub fn taken_or_aside(&mut self, record: &Record<'_>, received: Timestamp, events: &mut impl FnMut(Event)) {
        if catch_unwind(AssertUnwindSafe(|| self.taken(record, received, events))).is_err() {
            self.renew();
            events(self.aside(Piece { bytes: &record.raw, continues: false, cut: false }, received));
        }
    }

    /// As [`Reader::entry`]; an entry over which a parser breaks off is set aside.
    pub fn entry_or_aside(&mut self, entry: Entry, received: Timestamp) -> Event {
        self.guarded_entry(entry, received, Self::read_entry)
    }

    fn guarded_entry(
        &mut self,
        entry: Entry,
        received: Timestamp,
        read: impl FnOnce(&mut Self, &Entry, Timestamp) -> Event,
    ) -> Event {
        let read = catch_unwind(AssertUnwindSafe(|| read(self, &entry, received)));
        let event = read.unwrap_or_else(|_| {
            self.renew();
            self.aside(Piece { bytes: &entry.raw, continues: false, cut: false }, received)
        });
        Self::kept_entry(event, entry)
    }

    /// The event of a record that is kept and not read.
    fn aside(&mut self, piece: Piece<'_>, received: Timestamp) -> Event {
        tracing::error!(source = %self.source, bytes = piece.bytes.len(), "a parser broke off; the record is set aside");
        let text = String::from_utf8_lossy(piece.bytes);
        let mut event = self.event(Line { message: &text, ..Line::default() }, None, received);
        event.raw = piece.bytes.to_vec();
        event.unmapped.push("set_aside", BROKE_OFF);
        mark_part(&mut event, piece);
        event
    }

    /// Forgets what it remembered of earlier records: it may have been left half done.
    fn renew(&mut self) {
        self.mapper = self.mapper.anew();
        self.origins = super::Origins::default();
        self.last_said.clear();
        self.last_labels = self.labels.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use jiff::tz::TimeZone;

    #[test]
    fn an_entry_that_breaks_a_parser_is_set_aside_whole() {
        let mut reader = Reader::new("s".into(), Dialect::Syslog, TimeZone::UTC, "here".into());
        let mut decoder = crate::header::journal::Decoder::default();
        decoder.push(b"MESSAGE=poison\n_HOSTNAME=web-1\n\nMESSAGE=next\n_HOSTNAME=web-1\n\n");
        let (poison, next) = (decoder.next_entry().unwrap(), decoder.next_entry().unwrap());
        let raw = poison.raw.clone();
        let event = reader.guarded_entry(poison, Timestamp::EPOCH, |_, _, _| panic!("as a parser that is wrong"));
        assert_eq!((event.raw, event.unmapped.iter().collect::<Vec<_>>()), (raw, vec![("set_aside", BROKE_OFF)]));
        let event = reader.entry_or_aside(next, Timestamp::EPOCH);
        assert!(event.unmapped.iter().all(|(name, _)| name != "set_aside"));
    }

    #[test]
    fn what_breaks_a_parser_is_set_aside_and_the_next_record_is_read() {
        let mut reader = Reader::new("s".into(), Dialect::Syslog, TimeZone::UTC, "here".into());
        let piece = |bytes| Piece { bytes, continues: false, cut: false };
        let mut events = Vec::new();
        let mut calls = 0;
        // No parser panics; whoever takes its event stands in for one.
        reader.records_or_aside(piece(b"poison"), Timestamp::EPOCH, &mut |event| {
            calls += 1;
            assert!(calls > 1, "as a parser that is wrong");
            events.push(event);
        });
        reader.records_or_aside(piece(b"next"), Timestamp::EPOCH, &mut |event| events.push(event));
        assert_eq!((&*events[0].raw, &*events[1].raw), (&b"poison"[..], &b"next"[..]));
        assert_eq!(events[0].unmapped.iter().collect::<Vec<_>>(), [("set_aside", BROKE_OFF)]);
        assert!(!events[0].is_parsed() && events[1].unmapped.is_empty());
    }
}

//! Records of syslog that carry a document: each of its records is an event, with what the header says.

use super::Reader;
use crate::frame::Piece;
use crate::header::syslog;
use crate::intake::Record;
use crate::mapping::pieces;
use std::borrow::Cow;
use vigie_model::event::Event;
use vigie_model::time::Timestamp;

/// What stands in every document of several records.
const LIST: &[u8] = b"[{";

impl Reader {
    /// The events of a record from the network: one, unless its message is a document of several (`[{…},{…}]`,
    /// `{"Records":[{…}]}`).
    pub fn sent(&mut self, piece: Piece<'_>, received: Timestamp, each: &mut dyn FnMut(Event)) {
        let may_be_several = !piece.continues && !piece.cut && memchr::memmem::find(piece.bytes, LIST).is_some();
        if !may_be_several || !self.several(piece.bytes, received, each) {
            each(self.record(piece, received));
        }
    }

    fn several(&mut self, bytes: &[u8], received: Timestamp, each: &mut dyn FnMut(Event)) -> bool {
        let Ok(text) = str::from_utf8(bytes) else { return false };
        let line = syslog::parse(text, received, &mut self.local);
        let mappings = self.mapper.mappings();
        let about = Record {
            time: line.time,
            host: line.host.map(Cow::Borrowed),
            program: (!line.program.is_empty()).then_some(Cow::Borrowed(line.program)),
            severity: line.severity,
            more: line.more,
            ..Record::default()
        };
        pieces(line.message, &mappings, &mut |part| {
            let record = Record { raw: Cow::Borrowed(part.as_bytes()), ..about.clone() };
            self.taken(&record, received, &mut |event| each(event));
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use jiff::tz::TimeZone;

    fn sent(record: &str) -> Vec<(String, String)> {
        let mut reader = Reader::new("s".into(), Dialect::Syslog, TimeZone::UTC, "".into());
        let mut events = Vec::new();
        let piece = Piece { bytes: record.as_bytes(), continues: false, cut: false };
        reader.sent(piece, Timestamp::parse("2026-11-22T00:00:00Z").unwrap(), &mut |event| events.push(event));
        events.iter().map(|event| (event.origin.host.to_string(), String::from_utf8_lossy(&event.raw).into_owned())).collect()
    }

    #[test]
    fn a_list_is_as_many_events() {
        let own = |raw: &str| ("fw-1".to_owned(), raw.to_owned());
        let head = "<14>Nov 21 08:30:00 fw-1 app: ";
        assert_eq!(sent(&format!("{head}[{{\"a\":1}}, {{\"a\":2}}]")), [own("{\"a\":1}"), own("{\"a\":2}")]);
        for whole in [format!("{head}x [{{\"a\":1}}"), format!("{head}{{\"a\":[{{\"b\":1}}],\"c\":2}}"), format!("{head}[{{]")] {
            assert_eq!(sent(&whole), [own(&whole)]);
        }
    }
}

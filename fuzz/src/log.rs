//! Log records on their way to events, and one event that is known to be sound.

use jiff::tz::TimeZone;
use vigie_collect::dialect::Dialect;
use vigie_collect::frame::Piece;
use vigie_collect::intake::Record;
use vigie_collect::reader::Reader;
use vigie_model::event::Event;
use vigie_model::time::Timestamp;

/// The time at which all records are received.
pub const RECEIVED: Timestamp = Timestamp::from_seconds(1_795_248_000);

/// A reader of records without zone and host of their own.
#[must_use]
pub fn reader(dialect: Dialect) -> Reader {
    Reader::new("fuzz".into(), dialect, TimeZone::UTC, "here".into())
}

/// Reads a record whole and as the parts of a longer one: it is kept byte for byte, and no field is
/// set that its class does not have.
///
/// # Panics
/// When one of these does not hold.
pub fn check_record(dialect: Dialect, bytes: &[u8]) {
    let mut reader = reader(dialect);
    for (continues, cut) in [(false, false), (false, true), (true, false)] {
        let event = reader.record(Piece { bytes, continues, cut }, RECEIVED);
        assert_eq!(event.unknown_fields(), Vec::<&str>::new());
        assert_eq!(event.raw, bytes);
        assert!(event.time <= RECEIVED.plus_seconds(24 * 3600), "nothing is in the future");
    }
}

/// Reads a stretch of lines that belong together: every line is kept in one of the events, and no field is set that its
/// class does not have.
///
/// # Panics
/// When one of these does not hold.
pub fn check_stretch(dialect: Dialect, bytes: &[u8]) {
    let lines = |bytes: &[u8]| {
        let mut lines: Vec<Vec<u8>> =
            bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
        lines.sort();
        lines
    };
    let mut kept = Vec::new();
    reader(dialect).records(Piece { bytes, continues: false, cut: false }, RECEIVED, &mut |event| {
        assert_eq!(event.unknown_fields(), Vec::<&str>::new());
        assert!(event.time <= RECEIVED.plus_seconds(24 * 3600), "nothing is in the future");
        kept.extend_from_slice(&event.raw);
        kept.push(b'\n');
    });
    assert_eq!(lines(&kept), lines(bytes), "no line is lost");
}

/// A failed sign-in, for what asks questions of events.
#[must_use]
pub fn event() -> Event {
    let line = b"<38>Nov 21 08:30:00 web-1 sshd[842]: Failed password for invalid user admin from 192.0.2.7 port 50022 ssh2";
    reader(Dialect::Syslog).record(Piece { bytes: line, continues: false, cut: false }, RECEIVED)
}

/// Reads a record that a shipper handed over: the parts of its events are its bytes, those of a document of several
/// records stand in it, and no field is set that a class does not have.
///
/// # Panics
/// When one of these does not hold.
pub fn check_taken(reader: &mut Reader, record: &Record<'_>) {
    let mut parts = Vec::new();
    reader.taken(record, RECEIVED, &mut |event| {
        assert_eq!(event.unknown_fields(), Vec::<&str>::new());
        assert!(event.time <= RECEIVED.plus_seconds(24 * 3600), "nothing is in the future");
        parts.push(event.raw);
    });
    let stands = |part: &Vec<u8>| record.raw.windows(part.len().max(1)).any(|bytes| bytes == part);
    let is_document = std::str::from_utf8(&record.raw).is_ok() && parts.iter().all(stands);
    assert!(is_document || parts.concat() == *record.raw, "no byte is lost");
}

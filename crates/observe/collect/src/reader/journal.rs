//! Records of the journal in JSON: the line inside is read like any other, and a message of bytes becomes text.
//!
//! journald writes a value that is no plain UTF-8, or has control signs in it, as a list of its bytes
//! (<https://systemd.io/JOURNAL_EXPORT_FORMATS/>, “JSON”).

use super::Reader;
use super::colours::without_colours;
use crate::intake::Record;
use crate::intake::flat::Members;
use crate::intake::open::open;
use std::borrow::Cow;
use vigie_model::event::Event;
use vigie_model::time::Timestamp;

/// The format of the page.
pub(super) const FORMAT: &str = "journal";

impl Reader {
    /// The event of a record: what its line says, or else the record as its page reads it.
    pub(super) fn journal_record(&mut self, text: &str, received: Timestamp) -> Option<Event> {
        let opened = open(text)?;
        Some(self.opened(&Record::default(), text, opened, received))
    }

    /// The event of a record whose message is a list of bytes; `None` for any other.
    pub(super) fn with_message_of_bytes(&mut self, record: &Record<'_>, text: &str, received: Timestamp) -> Option<Event> {
        let text = with_text(text)?;
        let opened = open(&text)?;
        Some(self.opened(record, &text, opened, received))
    }
}

/// The record with its message as text; `None` where it is one already, or is no list of bytes.
fn with_text(text: &str) -> Option<String> {
    let Members(members) = serde_json::from_str(text).ok()?;
    let mut plain = String::with_capacity(text.len());
    let mut is_any = false;
    for (name, value) in &members {
        plain.push(if plain.is_empty() { '{' } else { ',' });
        plain.push_str(&serde_json::to_string(name).ok()?);
        plain.push(':');
        if name == "MESSAGE" && value.get().starts_with('[') {
            let bytes: Vec<u8> = serde_json::from_str(value.get()).ok()?;
            let message = without_colours(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()));
            plain.push_str(&serde_json::to_string(&message).ok()?);
            is_any = true;
        } else {
            plain.push_str(value.get());
        }
    }
    plain.push('}');
    is_any.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::frame::Piece;
    use jiff::tz::TimeZone;
    use std::fmt::Write;
    use vigie_model::event::ocsf::field;

    fn record(program: &str, message: &str) -> String {
        format!(
            r#"{{"__REALTIME_TIMESTAMP":"1795249800123456","_BOOT_ID":"b","_HOSTNAME":"web-1","SYSLOG_IDENTIFIER":"{program}","_PID":"842","MESSAGE":{message}}}"#
        )
    }

    fn bytes(text: &[u8]) -> String {
        let mut list = String::new();
        for byte in text {
            write!(list, "{}{byte}", if list.is_empty() { "[" } else { "," }).unwrap();
        }
        list + "]"
    }

    /// Format, host and message, the same from a file and from a shipper.
    #[track_caller]
    fn check(record: &str, expected: (&str, &str, Option<&str>)) {
        let received = Timestamp::parse("2026-11-22T00:00:00Z").unwrap();
        let mut reader = Reader::new("s".into(), Dialect::Syslog, TimeZone::UTC, "here".into());
        let mut events = vec![reader.record(Piece { bytes: record.as_bytes(), continues: false, cut: false }, received)];
        reader.taken(&Record::of(record.as_bytes()), received, &mut |event| events.push(event));
        assert_eq!(events.len(), 2);
        for event in events {
            assert_eq!((&*event.origin.format, &*event.origin.host, event.text(field::MESSAGE)), expected, "{record}");
            assert_eq!(event.time.to_string(), "2026-11-21T08:30:00.123456Z");
            assert_eq!(event.raw, record.as_bytes());
        }
    }

    #[test]
    fn a_message_of_bytes_is_text() {
        check(&record("app", &bytes(b"hi \xffho")), ("journal", "web-1", Some("hi \u{fffd}ho")));
        check(&record("app", &bytes(b"\x1b[31mred\x1b[0m alert")), ("journal", "web-1", Some("red alert")));
        let refused = b"Failed password for eva from 203.0.113.9 port 7 ssh2";
        check(&record("sshd", &bytes(refused)), ("sshd", "web-1", Some("Failed password for eva from 203.0.113.9 port 7 ssh2")));
    }

    #[test]
    fn the_line_inside_is_read() {
        let refused = r#""Failed password for eva from 203.0.113.9 port 7 ssh2""#;
        check(&record("sshd", refused), ("sshd", "web-1", Some("Failed password for eva from 203.0.113.9 port 7 ssh2")));
        check(&record("app", r#""disk nearly full""#), ("journal", "web-1", Some("disk nearly full")));
    }

    #[test]
    fn what_is_no_list_of_bytes_stays() {
        for message in ["\"x\"", "[1,300]", "[\"x\"]", "null", "[1,-1]"] {
            assert_eq!(with_text(&record("app", message)), None, "{message}");
        }
    }
}

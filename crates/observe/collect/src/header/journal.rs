//! Journal entries in the export format of systemd.
//!
//! The only form that loses nothing: fields are `NAME=value\n`, or, where the value is not plain
//! text, `NAME\n`, its length as 64 bits little endian, the value and `\n`; an empty line ends the
//! entry (<https://systemd.io/JOURNAL_EXPORT_FORMATS/>). [`Decoder`] is fed chunks as they come.
//! Beyond the limits (a core dump is a field, too) a value is passed over, its length noted in its
//! place; an entry always comes out.

use super::Line;
use super::time::number;
use std::borrow::Cow;
use std::ops::Range;
use vigie_model::time::Timestamp;

/// Longest value that is kept.
pub const VALUE_MAX: usize = 256 * 1024;

/// Most bytes kept of one entry.
pub const ENTRY_MAX: usize = 1024 * 1024;

/// Most fields kept of one entry.
pub const FIELDS_MAX: usize = 512;

/// Longest name of a field; journald allows 64.
const NAME_MAX: usize = 64;

/// Fields that stay in the record alone: they have a place of their own in an event, or say nothing
/// about what happened (identifiers of boots, places in source code).
const NOT_REPEATED: [&str; 30] = [
    "CODE_FILE",
    "CODE_FUNC",
    "CODE_LINE",
    "INVOCATION_ID",
    "JOB_ID",
    "MESSAGE",
    "PRIORITY",
    "SYSLOG_FACILITY",
    "SYSLOG_IDENTIFIER",
    "SYSLOG_PID",
    "SYSLOG_RAW",
    "SYSLOG_TIMESTAMP",
    "TID",
    "_BOOT_ID",
    "_CAP_EFFECTIVE",
    "_HOSTNAME",
    "_MACHINE_ID",
    "_PID",
    "_RUNTIME_SCOPE",
    "_SOURCE_BOOTTIME_TIMESTAMP",
    "_SOURCE_MONOTONIC_TIMESTAMP",
    "_SOURCE_REALTIME_TIMESTAMP",
    "_STREAM_ID",
    "_SYSTEMD_INVOCATION_ID",
    "_SYSTEMD_SLICE",
    "__CURSOR",
    "__MONOTONIC_TIMESTAMP",
    "__REALTIME_TIMESTAMP",
    "__SEQNUM",
    "__SEQNUM_ID",
];

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The entry as received, without the values that were passed over.
    pub raw: Vec<u8>,
    fields: Vec<(Range<usize>, Range<usize>)>,
    /// Fields whose value was passed over, or that came after [`FIELDS_MAX`] and [`ENTRY_MAX`].
    pub passed_over: u64,
}

/// Where in an entry the stream stands.
#[derive(Debug, Default)]
enum Within {
    /// At the beginning of a field.
    #[default]
    Field,
    /// In a value that is passed over, with this many bytes to come; none: up to the line's end.
    PassedOver { left: Option<u64> },
}

/// Makes entries out of a stream.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
    within: Within,
    entry: Entry,
}

impl Decoder {
    /// Feeds bytes in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next entry, if one is complete.
    pub fn next_entry(&mut self) -> Option<Entry> {
        loop {
            match self.within {
                Within::PassedOver { left } => self.pass_over(left)?,
                Within::Field => {
                    let line_end = self.rest().iter().take(NAME_MAX + 1 + VALUE_MAX).position(|byte| *byte == b'\n');
                    match line_end {
                        Some(0) => {
                            self.start += 1;
                            if !self.entry.fields.is_empty() || self.entry.passed_over > 0 {
                                return Some(std::mem::take(&mut self.entry));
                            }
                        }
                        Some(end) => self.field(end)?,
                        None if self.rest().len() > NAME_MAX + VALUE_MAX => {
                            self.entry.passed_over += 1;
                            self.within = Within::PassedOver { left: None };
                        }
                        None => return None,
                    }
                }
            }
        }
    }

    /// How many bytes are held.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.rest().len() + self.entry.raw.len()
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// A field whose first line ends there. None: more bytes are needed.
    fn field(&mut self, end: usize) -> Option<()> {
        let line = self.rest().get(..end)?;
        if let Some(equals) = line.iter().position(|byte| *byte == b'=') {
            let from = self.start;
            self.keep(from..from + equals, from + equals + 1..from + end);
            self.start += end + 1;
            return Some(());
        }
        let length = self.rest().get(end + 1..end + 9)?;
        let length = u64::from_le_bytes(length.try_into().ok()?);
        let value = end + 9;
        let Some(length) = usize::try_from(length).ok().filter(|length| *length <= VALUE_MAX) else {
            self.entry.passed_over += 1;
            self.start += value;
            self.within = Within::PassedOver { left: Some(length.saturating_add(1)) };
            return Some(());
        };
        if self.rest().len() < value + length + 1 {
            return None;
        }
        let from = self.start;
        self.keep(from..from + end, from + value..from + value + length);
        self.start += value + length + 1;
        Some(())
    }

    /// Copies a field, by its places in the buffer, into the entry.
    fn keep(&mut self, name: Range<usize>, value: Range<usize>) {
        let raw = &mut self.entry.raw;
        let is_room = self.entry.fields.len() < FIELDS_MAX && raw.len() + name.len() + value.len() + 16 <= ENTRY_MAX;
        if !is_room || name.len() > NAME_MAX || name.is_empty() {
            self.entry.passed_over += 1;
            return;
        }
        let (from, to) = (name.start, value.end);
        let offset = raw.len();
        raw.extend_from_slice(&self.buffer[from..to]);
        raw.push(b'\n');
        let moved = |range: Range<usize>| range.start - from + offset..range.end - from + offset;
        self.entry.fields.push((moved(name), moved(value)));
    }

    /// None: more bytes are needed.
    fn pass_over(&mut self, left: Option<u64>) -> Option<()> {
        let there = self.rest().len();
        let (passed, left) = match left {
            Some(left) => {
                let passed = usize::try_from(left).map_or(there, |left| left.min(there));
                (passed, Some(left - passed as u64))
            }
            None => match self.rest().iter().position(|byte| *byte == b'\n') {
                Some(end) => (end + 1, Some(0)),
                None => (there, None),
            },
        };
        self.start += passed;
        if left == Some(0) {
            self.within = Within::Field;
            return Some(());
        }
        self.within = Within::PassedOver { left };
        None
    }
}

impl Entry {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(own, _)| *own == name.as_bytes()).map(|(_, value)| value)
    }

    /// All fields in their order; a name may come more than once.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|(name, value)| (&self.raw[name.clone()], &self.raw[value.clone()]))
    }

    /// The place in the journal after which to go on.
    #[must_use]
    pub fn cursor(&self) -> Option<&[u8]> {
        self.get("__CURSOR")
    }

    /// What message parsers see of it. `message` is [`Entry::message`].
    #[must_use]
    pub fn line<'a>(&'a self, message: &'a str) -> Line<'a> {
        let text = |name: &str| self.get(name).and_then(|value| std::str::from_utf8(value).ok());
        let digits = |name: &str| text(name).and_then(number);
        let micros = |name: &str| text(name).and_then(|value| value.parse().ok()).map(Timestamp::from_micros);
        let small = |name: &str| digits(name).and_then(|number| u8::try_from(number).ok());
        let mut line = Line {
            time: micros("_SOURCE_REALTIME_TIMESTAMP").or_else(|| micros("__REALTIME_TIMESTAMP")),
            host: text("_HOSTNAME"),
            program: text("SYSLOG_IDENTIFIER").or_else(|| text("_COMM")).unwrap_or_default(),
            pid: digits("SYSLOG_PID").or_else(|| digits("_PID")),
            facility: small("SYSLOG_FACILITY"),
            severity: small("PRIORITY").filter(|severity| *severity <= 7),
            message,
            more: Vec::with_capacity(self.fields.len()),
        };
        for (name, value) in self.iter() {
            let name = String::from_utf8_lossy(name);
            if NOT_REPEATED.binary_search(&&*name).is_err() {
                line.more.push((name, String::from_utf8_lossy(value)));
            }
        }
        line
    }

    /// The message, as far as it is text.
    #[must_use]
    pub fn message(&self) -> Cow<'_, str> {
        self.get("MESSAGE").map(String::from_utf8_lossy).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(chunks: &[&[u8]]) -> Vec<Entry> {
        let mut decoder = Decoder::default();
        let mut entries = Vec::new();
        for chunk in chunks {
            decoder.push(chunk);
            while let Some(entry) = decoder.next_entry() {
                entries.push(entry);
            }
            assert!(decoder.waiting() <= 2 * ENTRY_MAX);
        }
        entries
    }

    fn binary(name: &str, value: &[u8]) -> Vec<u8> {
        [name.as_bytes(), b"\n", &(value.len() as u64).to_le_bytes(), value, b"\n"].concat()
    }

    #[test]
    fn reads_text_and_binary_fields() {
        let stream = [
            b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1795249800000000\n_HOSTNAME=web-1\nSYSLOG_IDENTIFIER=sshd\n".as_slice(),
            b"_PID=842\nPRIORITY=6\n_UID=0\n",
            &binary("MESSAGE", b"two\nlines \xff"),
            b"\n__CURSOR=s=1;i=3\nMESSAGE=next\n\n",
        ]
        .concat();
        let seen = entries(&[&stream]);
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].cursor(), Some(b"s=1;i=2".as_slice()));
        assert_eq!(seen[0].get("MESSAGE"), Some(b"two\nlines \xff".as_slice()));
        let message = seen[0].message();
        let line = seen[0].line(&message);
        assert_eq!((line.host, line.program, line.pid, line.severity), (Some("web-1"), "sshd", Some(842), Some(6)));
        assert_eq!(line.message, "two\nlines \u{fffd}");
        assert_eq!(line.time.unwrap().to_string(), "2026-11-21T08:30:00Z");
        assert_eq!(line.more("_UID"), Some("0"));
        assert_eq!(seen[1].message(), "next");
    }

    #[test]
    fn a_value_beyond_the_limit_is_passed_over_and_the_entry_comes_out() {
        let long = vec![b'x'; VALUE_MAX + 1];
        for field in [binary("COREDUMP", &long), [b"LONG=".as_slice(), &long, &long, b"\n"].concat()] {
            let stream = [b"MESSAGE=before\n".as_slice(), &field, b"AFTER=1\n\nMESSAGE=next\n\n"].concat();
            let chunks: Vec<&[u8]> = stream.chunks(10_000).collect();
            let seen = entries(&chunks);
            assert_eq!(seen.len(), 2);
            assert_eq!((seen[0].passed_over, seen[0].get("AFTER")), (1, Some(b"1".as_slice())));
            assert_eq!(seen[1].message(), "next");
        }
    }

    #[test]
    fn the_list_of_names_is_sorted() {
        assert!(NOT_REPEATED.is_sorted());
    }

    #[test]
    fn many_fields_are_counted_and_not_kept() {
        let stream = format!("{}\n", "A=1\n".repeat(FIELDS_MAX + 3));
        let seen = entries(&[stream.as_bytes()]);
        assert_eq!((seen[0].iter().count(), seen[0].passed_over), (FIELDS_MAX, 3));
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(stream in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'='), Just(0u8), Just(b'A'), any::<u8>()], 0..120), at in 0usize..120) {
            let at = at.min(stream.len());
            prop_assert_eq!(entries(&[&stream[..at], &stream[at..]]), entries(&[&stream]));
        }
    }
}

//! From a stream of bytes to records.
//!
//! A [`Framer`] is fed bytes as they come and gives back one [`Piece`] after another. It knows where
//! records end, and nothing of what they say. Holds: the bytes of all pieces, in order, with the
//! terminators between records put back, are the bytes fed in; and no more than
//! [`Framing::limit`] bytes ([`JSON_LINE_MAX`] of JSON) and one chunk are ever held.

pub(crate) mod audit;
pub(crate) mod container;
mod event_log;
mod list;
mod octets;
mod stretch;
mod trace;

use event_log::EventLog;

pub use list::{ListFramer, Within, is_list};
pub use octets::{FRAME_MAX, OctetFramer, TooLong};
pub use stretch::STRETCH_MAX;

/// Longest line in one event. What is longer becomes several events: the first is parsed, the
/// others carry the rest.
pub const LINE_MAX: usize = 64 * 1024;

/// Longest line that begins as JSON does: audit records of Kubernetes hold whole objects, files of cloud
/// services are documents of one line.
pub const JSON_LINE_MAX: usize = 1024 * 1024;

/// Longest record of several lines in one event; `apt full-upgrade` writes some 60 KB.
pub const PARAGRAPH_MAX: usize = 1024 * 1024;

/// How records end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Each line is a record.
    Lines,
    /// Records are separated by empty lines; one that has its `End-Date:` is complete.
    Paragraphs,
    /// An event log of Windows, `.evtx`: its records are given as JSON.
    EventLog,
    /// A line and those that go on with it are a record: stack traces, indented lines.
    Traces,
    /// Lines of containers, as their engines write them: the piece holds as many as belong together, of both streams.
    Container,
    /// Records of the audit system: the piece holds those of an event, and of others between them.
    Audit,
    /// Lines of comma-separated values: a line end between quotes is part of a value. A line that begins with a time, as
    /// every record of PostgreSQL does, begins a record whatever the quotes before it say, so that one quote too many costs
    /// one record.
    Quoted,
}

/// A record or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Its bytes, without terminator.
    pub bytes: &'a [u8],
    /// Whether the record began in an earlier piece.
    pub continues: bool,
    /// Whether the record goes on in the next piece.
    pub cut: bool,
}

/// Cuts a stream into records.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    buffer: Vec<u8>,
    /// Bytes of the buffer that belong to pieces already given.
    start: usize,
    /// Bytes of the buffer already searched for an end.
    searched: usize,
    consumed: u64,
    continues: bool,
    /// Where the bytes are no text.
    log: Option<Box<EventLog>>,
}

/// Where a record ends in the buffer: its length without and with terminator.
struct End {
    length: usize,
    whole: usize,
}

impl Framing {
    /// Most bytes of a record in one piece.
    #[must_use]
    pub const fn limit(self) -> usize {
        match self {
            Self::Lines => LINE_MAX,
            Self::Paragraphs | Self::Quoted | Self::EventLog => PARAGRAPH_MAX,
            Self::Traces | Self::Container | Self::Audit => STRETCH_MAX,
        }
    }

    /// Whether it is known only by the next line that a piece is complete.
    const fn is_stretch(self) -> bool {
        matches!(self, Self::Traces | Self::Container | Self::Audit)
    }
}

impl Framer {
    /// A framer at the beginning of a record, or, when `continues`, inside one.
    #[must_use]
    pub fn new(framing: Framing, continues: bool) -> Self {
        let log = (framing == Framing::EventLog).then(Box::default);
        Self { framing, buffer: Vec::new(), start: 0, searched: 0, consumed: 0, continues, log }
    }

    /// A framer for a stream that was read up to `position`, and where in the stream it wants to begin.
    pub(crate) fn resume(framing: Framing, position: u64, continues: bool) -> (Self, u64) {
        let mut framer = Self::new(framing, continues);
        let Some(log) = &mut framer.log else { return (framer, position) };
        let (begin, given) = event_log::aligned(position);
        **log = EventLog::resume(given);
        (framer, begin)
    }

    /// Feeds bytes in.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Some(log) = &mut self.log {
            return log.push(bytes);
        }
        self.buffer.drain(..self.start);
        self.searched = self.searched.saturating_sub(self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes of the stream belong to the pieces given so far.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.log.as_ref().map_or(self.consumed, |log| log.consumed())
    }

    /// Whether the next byte belongs to a record whose beginning was already given.
    #[must_use]
    pub const fn continues(&self) -> bool {
        self.continues
    }

    /// How many bytes wait for the rest of their record.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.log.as_ref().map_or(self.buffer.len() - self.start, |log| log.waiting())
    }

    /// The next piece, if one is complete. Empty records are passed over.
    pub fn next_piece(&mut self) -> Option<Piece<'_>> {
        if self.log.is_some() {
            return self.log.as_mut().and_then(|log| log.next_piece());
        }
        loop {
            self.pass_over_padding();
            let rest = &self.buffer[self.start..];
            let searched = self.searched.max(self.start) - self.start;
            let mut limit = match (self.framing, rest.first()) {
                (Framing::Lines, Some(b'{' | b'[')) if !self.continues => JSON_LINE_MAX,
                (framing, _) if framing.is_stretch() => LINE_MAX,
                _ => self.framing.limit(),
            };
            let end = match self.framing {
                Framing::Lines => line_end(rest, searched),
                // The rest of a line that was too long.
                Framing::Traces | Framing::Container | Framing::Audit if self.continues => line_end(rest, searched),
                Framing::Traces | Framing::Container | Framing::Audit => {
                    let found = stretch::end(self.framing, rest);
                    limit = found.limit;
                    found.end
                }
                Framing::Paragraphs | Framing::EventLog => paragraph_end(rest),
                Framing::Quoted => quoted_end(rest),
            };
            let (from, continues) = (self.start, self.continues);
            let (length, whole, cut) = match end {
                Some(end) if end.length <= limit => (end.length, end.whole, false),
                None if rest.len() <= limit => {
                    self.searched = self.buffer.len();
                    return None;
                }
                _ => {
                    let length = character_boundary(rest, limit);
                    (length, length, true)
                }
            };
            self.take(whole);
            self.continues = cut;
            if length > 0 {
                return Some(Piece { bytes: &self.buffer[from..from + length], continues, cut });
            }
        }
    }

    /// The complete lines that wait to see whether more belongs to them, as a piece: nothing came for a while.
    pub fn flush(&mut self) -> Option<Piece<'_>> {
        if !self.framing.is_stretch() || self.continues {
            return None;
        }
        let (from, end) = (self.start, stretch::complete_lines(self.buffer.get(self.start..)?)?);
        self.take(end.whole);
        (end.length > 0).then(|| Piece { bytes: &self.buffer[from..from + end.length], continues: false, cut: false })
    }

    /// What waits, as the last piece of a stream that has ended.
    pub fn finish(&mut self) -> Option<Piece<'_>> {
        let (from, continues) = (self.start, self.continues);
        self.take(self.buffer.len() - from);
        self.continues = false;
        let bytes = trimmed(&self.buffer[from..]);
        (!bytes.is_empty()).then_some(Piece { bytes, continues, cut: false })
    }

    fn take(&mut self, bytes: usize) {
        self.start += bytes;
        self.consumed += bytes as u64;
    }

    /// Passes over NUL bytes at the beginning of a record: holes of a file that was truncated
    /// under a writer that did not notice.
    fn pass_over_padding(&mut self) {
        if self.continues {
            return;
        }
        let padding = self.buffer[self.start..].iter().take_while(|byte| **byte == 0).count();
        self.take(padding);
    }
}

fn line_end(rest: &[u8], searched: usize) -> Option<End> {
    let at = searched + memchr::memchr(b'\n', rest.get(searched..)?)?;
    Some(End { length: trimmed(&rest[..at]).len(), whole: at + 1 })
}

/// The end of the first paragraph; a leading empty line is an empty paragraph.
fn paragraph_end(rest: &[u8]) -> Option<End> {
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'\n', &rest[from..]) {
        let line = trimmed(&rest[from..from + at]);
        let whole = from + at + 1;
        if line.is_empty() {
            return Some(End { length: trimmed(&rest[..from]).len(), whole });
        }
        if line.starts_with(b"End-Date:") {
            return Some(End { length: from + line.len(), whole });
        }
        from = whole;
    }
    None
}

/// The end of the first line that does not end between quotes.
fn quoted_end(rest: &[u8]) -> Option<End> {
    let (mut from, mut is_open) = (0, false);
    while let Some(at) = memchr::memchr(b'\n', &rest[from..]) {
        let line = &rest[from..from + at];
        let whole = from + at + 1;
        is_open ^= line.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
        let next = &rest[whole..];
        if !is_open || begins_with_time(next)? {
            return Some(End { length: trimmed(&rest[..whole - 1]).len(), whole });
        }
        from = whole;
    }
    None
}

/// Whether a line begins as `2026-11-21 08:30:00.` does; `None` while too little of it is there.
fn begins_with_time(line: &[u8]) -> Option<bool> {
    const FORM: &[u8] = b"dddd-dd-dd dd:dd:dd.";
    let is_like = |(byte, form): (&u8, &u8)| if *form == b'd' { byte.is_ascii_digit() } else { byte == form };
    if !line.iter().zip(FORM).all(is_like) {
        return Some(false);
    }
    (line.len() >= FORM.len()).then_some(true)
}

/// Without the line end of DOS or Unix.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

/// The last place at or before `limit` that does not cut a UTF-8 character.
pub(crate) fn character_boundary(bytes: &[u8], limit: usize) -> usize {
    let is_inside = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (limit.saturating_sub(3)..=limit).rev().find(|at| !is_inside(*at)).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pieces(framing: Framing, chunks: &[&[u8]]) -> (Vec<String>, usize) {
        let mut framer = Framer::new(framing, false);
        let mut pieces = Vec::new();
        for chunk in chunks {
            framer.push(chunk);
            while let Some(piece) = framer.next_piece() {
                pieces.push(String::from_utf8_lossy(piece.bytes).into_owned());
            }
        }
        (pieces, framer.waiting())
    }

    #[test]
    fn a_half_line_waits() {
        assert_eq!(pieces(Framing::Lines, &[b"one\ntw", b"o\r\n\n\nthr"]), (vec!["one".into(), "two".into()], 3));
    }

    #[test]
    fn a_long_line_comes_in_pieces_that_do_not_cut_characters() {
        let line = "é".repeat(LINE_MAX);
        let mut framer = Framer::new(Framing::Lines, false);
        framer.push(b"x");
        framer.push(line.as_bytes());
        framer.push(b"\nnext\n");
        let mut seen = Vec::new();
        while let Some(piece) = framer.next_piece() {
            assert!(std::str::from_utf8(piece.bytes).is_ok());
            seen.push((piece.bytes.len(), piece.continues, piece.cut));
        }
        assert_eq!(seen, [(LINE_MAX - 1, false, true), (LINE_MAX, true, true), (2, true, false), (4, false, false)]);
        assert_eq!(framer.consumed(), line.len() as u64 + 7);
    }

    #[test]
    fn holes_are_passed_over_and_nul_inside_a_line_is_kept() {
        assert_eq!(pieces(Framing::Lines, &[b"\0\0\0a\0b\n"]).0, ["a\0b"]);
    }

    #[test]
    fn a_paragraph_ends_with_its_end_date_or_an_empty_line() {
        let text = b"\nStart-Date: 1\nInstall: a\nEnd-Date: 2\n\nStart-Date: 3\nError: x\n\nStart-Date: 4\n";
        let (seen, waiting) = pieces(Framing::Paragraphs, &[text]);
        assert_eq!(seen, ["Start-Date: 1\nInstall: a\nEnd-Date: 2", "Start-Date: 3\nError: x"]);
        assert_eq!(waiting, "Start-Date: 4\n".len());
    }

    #[test]
    fn a_line_end_between_quotes_is_part_of_a_record() {
        let text = b"a,\"b\nc\"\"\n\",d\r\ne,f\ng,\"open\n2026-11-21 08:30:00.123 UTC,x\nh,\"";
        let (seen, waiting) = pieces(Framing::Quoted, &[text]);
        assert_eq!(seen, ["a,\"b\nc\"\"\n\",d", "e,f", "g,\"open", "2026-11-21 08:30:00.123 UTC,x"]);
        assert_eq!(waiting, 3);
    }

    #[test]
    fn lines_of_json_may_be_longer() {
        let record = format!("{{\"a\":\"{}\"}}", "x".repeat(LINE_MAX));
        let mut framer = Framer::new(Framing::Lines, false);
        framer.push(format!("{record}\nnext\n").as_bytes());
        let piece = framer.next_piece().map(|piece| (piece.bytes.len(), piece.cut));
        assert_eq!(piece, Some((record.len(), false)));
        framer.push(&vec![b'['; JSON_LINE_MAX + 10]);
        assert_eq!(framer.next_piece().map(|piece| piece.bytes.to_vec()), Some(b"next".to_vec()));
        let seen: Vec<(usize, bool)> =
            std::iter::from_fn(|| framer.next_piece().map(|piece| (piece.bytes.len(), piece.cut))).collect();
        assert_eq!(seen, [(JSON_LINE_MAX, true)]);
    }

    proptest! {
        #[test]
        fn quotes_and_chunks_make_no_difference(text in "(a|\"|\n|,|2026-11-21 08:30:00.1|2026-11){0,24}", cuts in prop::collection::vec(0usize..200, 0..8)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            prop_assert_eq!(pieces(Framing::Quoted, &chunks), pieces(Framing::Quoted, &[bytes]));
        }

        #[test]
        fn chunks_make_no_difference(text in "[a\n\r\0é]{0,200}", cuts in prop::collection::vec(0usize..200, 0..8)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                chunks.push(&bytes[from..cut]);
                from = cut;
            }
            prop_assert_eq!(pieces(Framing::Lines, &chunks), pieces(Framing::Lines, &[bytes]));
            for framing in [Framing::Traces, Framing::Container, Framing::Audit] {
                prop_assert_eq!(pieces(framing, &chunks), pieces(framing, &[bytes]));
            }
            prop_assert_eq!(pieces(Framing::Paragraphs, &chunks), pieces(Framing::Paragraphs, &[bytes]));
        }
    }
}

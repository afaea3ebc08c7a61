//! Lines that belong together, given as one piece: a stretch of the file.
//!
//! What belongs together is said by a [`Group`]: the lines of a trace, the frames of a container's lines, the records of
//! audit events. A stretch ends where nothing is left open, so that a place in the file says all there is to say about
//! what was read; where others stand between the lines of one record, those are in the stretch as well, and whoever
//! reads it takes them apart. Holds: where a stretch ends depends on its complete lines alone, and it has at most
//! [`STRETCH_MAX`] bytes.

use super::container::{self, Joint, Streams};
use super::trace::Trace;
use super::{End, Framing, JSON_LINE_MAX, LINE_MAX, audit, trimmed};

/// Most bytes of a stretch; one line may be longer than the rest.
pub const STRETCH_MAX: usize = 2 * 1024 * 1024;

/// Most lines of a stretch.
const LINES_MAX: usize = 4_096;

/// What lines belong together.
enum Group {
    /// A line and those that go on with it.
    Trace(Option<Trace>),
    /// Frames of a container's two streams.
    Container(Streams),
    /// Records of audit events.
    Audit(audit::Open),
}

/// Where a stretch ends, or how many bytes may wait for that.
pub(super) struct Found {
    pub(super) end: Option<End>,
    /// Most bytes in one piece.
    pub(super) limit: usize,
}

impl Group {
    fn new(framing: Framing) -> Self {
        match framing {
            Framing::Container => Self::Container(Streams::default()),
            Framing::Audit => Self::Audit(audit::Open::default()),
            _ => Self::Trace(None),
        }
    }

    /// Whether a line belongs to what came before it; the first line of a stretch always does.
    fn takes(&mut self, line: &[u8]) -> bool {
        match self {
            Self::Trace(Some(trace)) => trace.takes(line),
            Self::Trace(trace) => {
                *trace = Some(Trace::of(line));
                true
            }
            Self::Container(streams) => {
                let Some(frame) = container::read(line) else { return false };
                let is_free = !streams.is_other_under_way(frame.stream);
                streams.joint(&frame) != Joint::New || !is_free
            }
            Self::Audit(open) => open.takes(line),
        }
    }

    /// Whether nothing that comes can belong to it.
    fn is_complete(&self) -> bool {
        matches!(self, Self::Audit(open) if open.is_empty())
    }
}

/// Where the first stretch of the bytes ends.
pub(super) fn end(framing: Framing, rest: &[u8]) -> Found {
    let line_limit = if matches!(rest.first(), Some(b'{' | b'[')) { JSON_LINE_MAX } else { LINE_MAX };
    let Some(first) = memchr::memchr(b'\n', rest) else { return Found { end: None, limit: line_limit } };
    let first_length = trimmed(rest.get(..first).unwrap_or_default()).len();
    if first_length > line_limit {
        return Found { end: Some(ends(first_length, first + 1)), limit: line_limit };
    }
    let mut group = Group::new(framing);
    group.takes(rest.get(..first).unwrap_or_default());
    let (mut at, mut lines) = (first + 1, 1);
    loop {
        let so_far = Found { end: Some(ends(until(rest, at), at)), limit: STRETCH_MAX };
        if group.is_complete() || lines >= LINES_MAX {
            return so_far;
        }
        let after = rest.get(at..).unwrap_or_default();
        let Some(length) = memchr::memchr(b'\n', after) else {
            // A line that is longer than any may be is none of this stretch.
            return if after.len() > LINE_MAX || at > STRETCH_MAX - LINE_MAX {
                so_far
            } else {
                Found { end: None, limit: STRETCH_MAX }
            };
        };
        let line = after.get(..length).unwrap_or_default();
        if length > LINE_MAX || at + length > STRETCH_MAX - LINE_MAX || !group.takes(line) {
            return so_far;
        }
        at += length + 1;
        lines += 1;
    }
}

/// The complete lines, as far as they go: for when nothing has come for a while.
pub(super) fn complete_lines(rest: &[u8]) -> Option<End> {
    let at = memchr::memrchr(b'\n', rest)? + 1;
    Some(ends(until(rest, at), at))
}

const fn ends(length: usize, whole: usize) -> End {
    End { length, whole }
}

/// The length without the line ends behind it.
fn until(rest: &[u8], at: usize) -> usize {
    let bytes = rest.get(..at).unwrap_or_default();
    bytes.len() - bytes.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count()
}

//! Syslog records on a stream: RFC 6587, both ways of framing.
//!
//! A record is counted (`57 <34>1 2026-…`) or ends with a newline; senders mix them, so each record
//! is looked at by itself. A count is believed up to [`FRAME_MAX`]; a stream with a greater one has
//! lost its framing and cannot be read on.

use super::{LINE_MAX, Piece, character_boundary, trimmed};

/// Longest counted record that is read.
pub const FRAME_MAX: usize = 16 * 1024 * 1024;

/// Digits of a count that are looked at.
const DIGITS_MAX: usize = 9;

/// A count that cannot be true.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a record of {0} bytes was announced, more than {FRAME_MAX} are not read")]
pub struct TooLong(pub usize);

/// Cuts a TCP stream of syslog into records, each at most [`LINE_MAX`] bytes a piece.
#[derive(Debug, Default)]
pub struct OctetFramer {
    buffer: Vec<u8>,
    start: usize,
    within: Within,
}

/// Where in a record the stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Between,
    /// Inside a counted record with this many bytes to come.
    Counted { left: usize, continues: bool },
    /// Inside a line whose beginning was already given.
    Line,
}

/// What the beginning of a record says of its framing.
enum Count {
    Unknown,
    None,
    Some { digits: usize, length: usize },
}

impl OctetFramer {
    /// Feeds bytes in.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next piece, if one is complete.
    ///
    /// # Errors
    /// [`TooLong`] for a count beyond [`FRAME_MAX`]; nothing after it makes sense.
    pub fn next_piece(&mut self) -> Result<Option<Piece<'_>>, TooLong> {
        loop {
            if self.within == Within::Between && !self.begin()? {
                return Ok(None);
            }
            let Some((range, continues, cut)) = self.piece() else { return Ok(None) };
            if !trimmed(&self.buffer[range.clone()]).is_empty() {
                return Ok(Some(Piece { bytes: trimmed(&self.buffer[range]), continues, cut }));
            }
        }
    }

    /// What waits, as the last piece of a stream that has ended.
    pub fn finish(&mut self) -> Option<Piece<'_>> {
        let continues = matches!(self.within, Within::Line | Within::Counted { continues: true, .. });
        let from = std::mem::replace(&mut self.start, self.buffer.len());
        self.within = Within::Between;
        let bytes = trimmed(&self.buffer[from..]);
        (!bytes.is_empty()).then_some(Piece { bytes, continues, cut: false })
    }

    /// Looks at the beginning of a record. False: more bytes are needed.
    fn begin(&mut self) -> Result<bool, TooLong> {
        // Senders that count often end the record with a newline as well: it belongs to nothing.
        let blank = self.buffer[self.start..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r' | 0)).count();
        self.start += blank;
        match count(&self.buffer[self.start..]) {
            Count::Unknown => Ok(false),
            // A line stays `Between` until its first piece is out, so that the piece knows it is the first.
            Count::None => Ok(true),
            Count::Some { length, .. } if length > FRAME_MAX => Err(TooLong(length)),
            Count::Some { digits, length } => {
                self.start += digits + 1;
                self.within = Within::Counted { left: length, continues: false };
                Ok(true)
            }
        }
    }

    /// The next piece's place in the buffer, whether it continues a record and whether it is cut.
    fn piece(&mut self) -> Option<(std::ops::Range<usize>, bool, bool)> {
        let rest = &self.buffer[self.start..];
        let from = self.start;
        match self.within {
            Within::Counted { left, continues } => {
                let wanted = left.min(LINE_MAX);
                if rest.len() < wanted {
                    return None;
                }
                let length = if left > LINE_MAX { character_boundary(rest, LINE_MAX) } else { wanted };
                let cut = length < left;
                self.within = if cut { Within::Counted { left: left - length, continues: true } } else { Within::Between };
                self.start += length;
                Some((from..from + length, continues, cut))
            }
            Within::Between | Within::Line => {
                let continues = self.within == Within::Line;
                let end = memchr::memchr(b'\n', &rest[..rest.len().min(LINE_MAX + 1)]);
                let (length, cut) = match end {
                    Some(end) => (end + 1, false),
                    None if rest.len() > LINE_MAX => (character_boundary(rest, LINE_MAX), true),
                    None => return None,
                };
                self.within = if cut { Within::Line } else { Within::Between };
                self.start += length;
                Some((from..from + length, continues, cut))
            }
        }
    }
}

fn count(rest: &[u8]) -> Count {
    let digits = rest.iter().take(DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
    match (digits, rest.first(), rest.get(digits)) {
        (_, None, _) => Count::Unknown,
        (0, ..) | (_, Some(b'0'), _) => Count::None,
        (digits, ..) if digits > DIGITS_MAX => Count::None,
        (_, _, None) => Count::Unknown,
        (digits, _, Some(b' ')) => {
            let length = rest[..digits].iter().fold(0usize, |sum, digit| sum * 10 + usize::from(digit - b'0'));
            Count::Some { digits, length }
        }
        _ => Count::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pieces(chunks: &[&[u8]]) -> Result<Vec<String>, TooLong> {
        let mut framer = OctetFramer::default();
        let mut pieces = Vec::new();
        for chunk in chunks {
            framer.push(chunk);
            while let Some(piece) = framer.next_piece()? {
                pieces.push(String::from_utf8_lossy(piece.bytes).into_owned());
            }
        }
        if let Some(piece) = framer.finish() {
            pieces.push(String::from_utf8_lossy(piece.bytes).into_owned());
        }
        Ok(pieces)
    }

    #[test]
    fn reads_counted_records_and_lines_on_one_stream() {
        let stream = b"11 <34>1 hello\n<13>a line\r\n12 <34>two\nmore5 <1>ab\n2026-11-21 no count\nend";
        assert_eq!(
            pieces(&[stream]).unwrap(),
            ["<34>1 hello", "<13>a line", "<34>two\nmore", "<1>ab", "2026-11-21 no count", "end"]
        );
    }

    #[test]
    fn a_count_that_cannot_be_true_ends_the_stream() {
        assert_eq!(pieces(&[b"99999999 <34>1 "]), Err(TooLong(99_999_999)));
    }

    #[test]
    fn long_records_come_in_pieces() {
        let line = "x".repeat(LINE_MAX + 10);
        for stream in [format!("{} {line}<1>next\n", line.len()), format!("<1>{line}\n<1>next\n")] {
            let seen = pieces(&[stream.as_bytes()]).unwrap();
            assert_eq!(seen.iter().map(String::len).collect::<Vec<_>>()[0], LINE_MAX);
            assert_eq!(seen.last().unwrap(), "<1>next");
            assert_eq!(seen.len(), 3);
        }
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(stream in "([1-9]{1,2} )?[<>a0-9\n é]{0,60}", at in 0usize..60) {
            let bytes = stream.as_bytes();
            let at = at.min(bytes.len());
            prop_assert_eq!(pieces(&[&bytes[..at], &bytes[at..]]), pieces(&[bytes]));
        }
    }
}

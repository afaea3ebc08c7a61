//! Which trace a span belongs to, as the header `traceparent` carries it (w3.org/TR/trace-context, version 00).

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest header that is read; later versions may add to the end.
const HEADER_MAX: usize = 256;

/// A span from outside or of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Context {
    /// Never zero.
    pub(super) trace: u128,
    /// Never zero.
    pub(super) span: u64,
    /// Whether it is told.
    pub(super) sampled: bool,
}

impl Context {
    /// The context of a header; none for one that is none.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let header = header.trim();
        if header.len() > HEADER_MAX {
            return None;
        }
        let mut parts = header.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = hex(version, 2)?;
        let ends = version != 0 || parts.next().is_none();
        let (trace, span, flags) = (hex(trace, 32)?, hex(span, 16)?, hex(flags, 2)?);
        let valid = version != 0xff && ends && trace != 0 && span != 0;
        valid.then(|| Self { trace, span: u64::try_from(span).unwrap_or_default(), sampled: flags & 1 == 1 })
    }
}

/// As a header says it.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

/// A number of so many small hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let small = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == digits && text.bytes().all(small)).then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

/// Makes ids: different ones, which nobody has to be kept from guessing.
#[derive(Debug, Default)]
pub(super) struct Ids {
    seed: RandomState,
    made: AtomicU64,
}

impl Ids {
    /// The id of a span.
    pub(super) fn span(&self) -> u64 {
        self.seed.hash_one(self.made.fetch_add(1, Ordering::Relaxed)).max(1)
    }

    /// The id of a trace.
    pub(super) fn trace(&self) -> u128 {
        u128::from(self.span()) << 64 | u128::from(self.span())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_written() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = Context::parse(text).unwrap();
        assert!(context.sampled);
        assert_eq!(context.to_string(), text);
        assert_eq!(Context::parse(&text.replace("00-4b", "cc-4b").replace("-01", "-00-more")).map(|it| it.sampled), Some(false));
        let broken = [
            "",
            "00",
            "00-0-0-0",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b77-01",
        ];
        for text in broken {
            assert_eq!(Context::parse(text), None, "{text}");
        }
        assert_eq!(Context::parse(&"0".repeat(HEADER_MAX + 1)), None);
    }
}

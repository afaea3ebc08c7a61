//! Python versions as PEP 440 orders them.
//!
//! Implements the ordering of "Version specifiers" (PyPA specifications, formerly PEP 440) with all
//! its normalisations: `1.0`, `v1.0`, `1.0.0` and `1.0.post0.dev1`, `1!1.0`, `1.0-1`, `1.0RC1`,
//! `1.0+local.1`. A text that is no such version sorts before all versions, among themselves by
//! bytes, as the specification once asked for legacy versions.
//!
//! Whether a local version (`1.0+deb1`) counts as the public one is a question of matching:
//! [`public`] cuts it off for those who ask.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    match (Parts::of(a), Parts::of(b)) {
        (Some(a), Some(b)) => a.compare(&b),
        (None, None) => a.as_bytes().cmp(b.as_bytes()),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The version without its local part: `1.0` of `1.0+deb1`.
#[must_use]
pub fn public(version: &str) -> &str {
    version.split_once('+').map_or(version, |(public, _)| public)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PreKind {
    Alpha,
    Beta,
    Candidate,
}

struct Parts<'a> {
    epoch: &'a [u8],
    /// Digits and dots.
    release: &'a [u8],
    pre: Option<(PreKind, &'a [u8])>,
    post: Option<&'a [u8]>,
    dev: Option<&'a [u8]>,
    local: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Option<Self> {
        let mut reader = Reader { rest: version.as_bytes().trim_ascii() };
        reader.skip_word(b"v");
        let (epoch, release) = reader.epoch_and_release()?;
        let pre = reader.pre();
        let post = reader.post();
        let dev = reader.tagged(&[(b"dev", ())]).map(|((), number)| number);
        let local = reader.local()?;
        reader.rest.is_empty().then_some(Self { epoch, release, pre, post, dev, local })
    }

    fn compare(&self, other: &Self) -> Ordering {
        digits::compare(self.epoch, other.epoch)
            .then_with(|| compare_releases(self.release, other.release))
            .then_with(|| self.compare_pre(other))
            // No post-release sorts before any.
            .then_with(|| compare_options(self.post, other.post))
            // A development release sorts before its release.
            .then_with(|| match (self.dev, other.dev) {
                (Some(a), Some(b)) => digits::compare(a, b),
                (a, b) => a.is_none().cmp(&b.is_none()),
            })
            .then_with(|| compare_locals(self.local, other.local))
    }

    fn compare_pre(&self, other: &Self) -> Ordering {
        self.pre_rank().cmp(&other.pre_rank()).then_with(|| match (self.pre, other.pre) {
            (Some((_, a)), Some((_, b))) => digits::compare(a, b),
            _ => Ordering::Equal,
        })
    }

    /// `1.0.dev1` is older than `1.0a1`; `1.0` and `1.0.post1` are newer than its pre-releases.
    fn pre_rank(&self) -> (u8, Option<PreKind>) {
        match self.pre {
            None if self.post.is_none() && self.dev.is_some() => (0, None),
            Some((kind, _)) => (1, Some(kind)),
            None => (2, None),
        }
    }
}

/// `1.0` and `1.0.0` are one release.
fn compare_releases(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a.split(|byte| *byte == b'.'), b.split(|byte| *byte == b'.'));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (number_a, number_b) => digits::compare(number_a.unwrap_or_default(), number_b.unwrap_or_default()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn compare_options(a: Option<&[u8]>, b: Option<&[u8]>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => digits::compare(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Segment by segment: numbers by value and after words, words without regard to case; the longer
/// one is the newer when all else is equal.
fn compare_locals(a: Option<&[u8]>, b: Option<&[u8]>) -> Ordering {
    let (Some(a), Some(b)) = (a, b) else { return a.is_some().cmp(&b.is_some()) };
    let (mut a, mut b) = (a.split(is_separator), b.split(is_separator));
    loop {
        let order = match (a.next(), b.next()) {
            (Some(a), Some(b)) => compare_local_segments(a, b),
            (a, b) => return a.is_some().cmp(&b.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
}

fn compare_local_segments(a: &[u8], b: &[u8]) -> Ordering {
    match (digits::are_all(a), digits::are_all(b)) {
        (true, true) => digits::compare(a, b),
        (false, false) => a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase)),
        (number_a, number_b) => number_a.cmp(&number_b),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that slice::split asks for")]
fn is_separator(byte: &u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_')
}

/// Longer words before those they begin with.
const PRE_WORDS: [(&[u8], PreKind); 8] = [
    (b"alpha", PreKind::Alpha),
    (b"a", PreKind::Alpha),
    (b"beta", PreKind::Beta),
    (b"b", PreKind::Beta),
    (b"rc", PreKind::Candidate),
    (b"c", PreKind::Candidate),
    (b"preview", PreKind::Candidate),
    (b"pre", PreKind::Candidate),
];
const POST_WORDS: [(&[u8], ()); 3] = [(b"post", ()), (b"rev", ()), (b"r", ())];

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn epoch_and_release(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let first = self.release()?;
        if self.rest.first() == Some(&b'!') && digits::are_all(first) {
            self.rest = &self.rest[1..];
            return Some((first, self.release()?));
        }
        Some((&[], first))
    }

    /// `number{.number}…`
    fn release(&mut self) -> Option<&'a [u8]> {
        let text = self.rest;
        let mut end = digits::split(text).0.len();
        if end == 0 {
            return None;
        }
        while text.get(end) == Some(&b'.') {
            let number = digits::split(&text[end + 1..]).0;
            if number.is_empty() {
                break;
            }
            end += 1 + number.len();
        }
        self.rest = &text[end..];
        Some(&text[..end])
    }

    fn pre(&mut self) -> Option<(PreKind, &'a [u8])> {
        self.tagged(&PRE_WORDS)
    }

    /// `.post1` in its spellings, or `-1` alone.
    fn post(&mut self) -> Option<&'a [u8]> {
        if let [b'-', after @ ..] = self.rest {
            let (number, rest) = digits::split(after);
            if !number.is_empty() {
                self.rest = rest;
                return Some(number);
            }
        }
        self.tagged(&POST_WORDS).map(|((), number)| number)
    }

    /// `[separator]word[separator][number]`; leaves everything in place when no word is there.
    fn tagged<T: Copy>(&mut self, words: &[(&[u8], T)]) -> Option<(T, &'a [u8])> {
        let before = self.rest;
        self.skip_separator();
        let Some((_, tag)) = words.iter().find(|(word, _)| self.skip_word(word)) else {
            self.rest = before;
            return None;
        };
        self.skip_separator();
        let (number, rest) = digits::split(self.rest);
        self.rest = rest;
        Some((*tag, number))
    }

    /// `+segment{separator segment}…`; `None` when it is malformed.
    fn local(&mut self) -> Option<Option<&'a [u8]>> {
        let [b'+', local @ ..] = self.rest else { return Some(None) };
        self.rest = &[];
        let sound = local.split(is_separator).all(|segment| !segment.is_empty() && segment.iter().all(u8::is_ascii_alphanumeric));
        sound.then_some(Some(local))
    }

    fn skip_separator(&mut self) {
        if self.rest.first().is_some_and(is_separator) {
            self.rest = &self.rest[1..];
        }
    }

    fn skip_word(&mut self, word: &[u8]) -> bool {
        let found = self.rest.len() >= word.len() && self.rest[..word.len()].eq_ignore_ascii_case(word);
        if found {
            self.rest = &self.rest[word.len()..];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_the_specification_does() {
        check(
            super::compare,
            "
            1.0.dev456 < 1.0a1
            1.0a1 < 1.0a2.dev456
            1.0a2.dev456 < 1.0a12.dev456
            1.0a12.dev456 < 1.0a12
            1.0a12 < 1.0b1.dev456
            1.0b1.dev456 < 1.0b2
            1.0b2 < 1.0b2.post345.dev456
            1.0b2.post345.dev456 < 1.0b2.post345
            1.0b2.post345 < 1.0rc1.dev456
            1.0rc1.dev456 < 1.0rc1
            1.0rc1 < 1.0
            1.0 < 1.0+abc.5
            1.0+abc.5 < 1.0+abc.7
            1.0+abc.7 < 1.0+5
            1.0+5 < 1.0.post456.dev34
            1.0.post456.dev34 < 1.0.post456
            1.0.post456 < 1.0.15
            1.0.15 < 1.1.dev1
            2022.12.7 < 1!0.1
            ",
        );
    }

    #[test]
    fn knows_all_spellings() {
        check(
            super::compare,
            "
            1.0 = 1.0.0
            v1.0 = 1.0
            1.0RC1 = 1.0c1
            1.0-alpha_1 = 1.0a1
            1.0.preview.2 = 1.0rc2
            1.0a = 1.0a0
            1.0a.dev1 = 1.0a0.dev1
            1.0a. = 1.0a0
            1.0b--1 = 1.0b0.post1
            1.0-1 = 1.0.post1
            1.0.r4 = 1.0.post4
            1.0-rev = 1.0.post0
            1.0.dev = 1.0dev0
            1.0+ubuntu-1 = 1.0+UBUNTU.1
            01.02 = 1.2
            2022.12.07 = 2022.12.7
            # no versions
            1.0-final < 0
            1.0+ < 0
            1.0..1 < 0
            dev < 0
            ",
        );
    }

    #[test]
    fn the_public_version_has_no_local_part() {
        assert_eq!(super::public("1.0+deb1"), "1.0");
        assert_eq!(super::public("1.0"), "1.0");
    }
}

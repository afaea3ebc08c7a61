//! Ruby gem versions as `Gem::Version` orders them; CocoaPods use the same order.
//!
//! A version is its numbers and words, whatever stands between them; a `-` begins a pre-release and
//! reads as `.pre.`. Zeros at the end do not count, nor do those before the first word. Missing
//! segments are 0; words sort before numbers, so a word makes a pre-release. Never allocates.
//!
//! Lock files write a gem that is built for a platform as `1.16.2-x86_64-linux`; such a platform is no
//! pre-release and is left out.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Segments::of(a), Segments::of(b));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (segment_a, segment_b) => {
                let zero = Segment::Number(&[]);
                let order = segment_a.unwrap_or(zero).compare(&segment_b.unwrap_or(zero));
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

/// What platforms begin with.
const PLATFORMS: [&[u8]; 16] = [
    b"x86",
    b"x64",
    b"i386",
    b"i686",
    b"universal",
    b"arm",
    b"aarch64",
    b"java",
    b"jruby",
    b"dalvik",
    b"powerpc",
    b"ppc64",
    b"s390x",
    b"sparc",
    b"mswin",
    b"mingw",
];

/// The version without its platform.
fn without_platform(version: &[u8]) -> &[u8] {
    let is_platform = |place: &usize| PLATFORMS.iter().any(|platform| version[place + 1..].starts_with(platform));
    let hyphens = version.iter().enumerate().filter(|(_, byte)| **byte == b'-').map(|(place, _)| place);
    hyphens.into_iter().find(is_platform).map_or(version, |place| &version[..place])
}

#[derive(Clone, Copy)]
enum Segment<'a> {
    Word(&'a [u8]),
    Number(&'a [u8]),
}

impl Segment<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => digits::compare(a, b),
            (Self::Word(_), Self::Number(_)) => Ordering::Less,
            (Self::Number(_), Self::Word(_)) => Ordering::Greater,
        }
    }

    fn is_zero(&self) -> bool {
        matches!(self, Self::Number(number) if number.iter().all(|digit| *digit == b'0'))
    }
}

struct Segments<'a> {
    text: &'a [u8],
    at: usize,
    /// A word was met: zeros count from here on.
    in_words: bool,
    /// Zeros before this place are known to count.
    counted_until: usize,
}

impl<'a> Segments<'a> {
    fn of(version: &'a str) -> Self {
        Self { text: without_platform(version.as_bytes().trim_ascii()), at: 0, in_words: false, counted_until: 0 }
    }

    /// The next segment that counts. Zeros at the end may be given: they equal what is missing.
    fn next(&mut self) -> Option<Segment<'a>> {
        let start = self.at;
        let (segment, end) = self.raw(start)?;
        self.at = end;
        if self.in_words || start < self.counted_until || !segment.is_zero() {
            self.in_words |= matches!(segment, Segment::Word(_));
            return Some(segment);
        }
        let mut place = end;
        loop {
            match self.raw(place)? {
                (following, end) if following.is_zero() => place = end,
                (word @ Segment::Word(_), end) => {
                    (self.at, self.in_words) = (end, true);
                    return Some(word);
                }
                (Segment::Number(_), _) => {
                    self.counted_until = place;
                    return Some(segment);
                }
            }
        }
    }

    /// The segment at or after a place, and where it ends.
    fn raw(&self, place: usize) -> Option<(Segment<'a>, usize)> {
        let rest = self.text.get(place..)?;
        let skipped = rest.iter().position(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')?;
        let (rest, start) = (&rest[skipped..], place + skipped);
        if rest.first() == Some(&b'-') {
            return Some((Segment::Word(b"pre"), start + 1));
        }
        let (number, _) = digits::split(rest);
        if !number.is_empty() {
            return Some((Segment::Number(number), start + number.len()));
        }
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        Some((Segment::Word(&rest[..length]), start + length))
    }
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_rubygems_does() {
        check(
            super::compare,
            "
            1.0 = 1
            1.0.0 = 1
            2.0.9 < 2.0.10
            1.0.rc1 < 1.0
            1.0.rc1 = 1.rc1
            1.0.0.beta1 < 1.0.0.beta2
            1.0.0.beta9 < 1.0.0.beta10
            1.0.a = 1.0.a.0
            1.0-1 = 1.0.pre.1
            1.0-1 < 1.0
            6.1.7.1 > 6.1.7
            7.0.0.rc1 < 7.0.0.rc2
            0.1.0 < 0.1.1.a
            A < a
            1.0.0.a.0.1 > 1.a
            # zeros before a number count
            1.0.1 < 1.1
            # platforms
            1.16.2-x86_64-linux = 1.16.2
            1.16.2-java = 1.16.2
            1.16.2.rc1-arm64-darwin < 1.16.2
            1.16.2-beta < 1.16.2
            # no versions
            = = 0
            é = 0
            ",
        );
    }
}

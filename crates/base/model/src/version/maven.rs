//! Maven versions, as the "version order specification" of the POM reference and `ComparableVersion`
//! order them.
//!
//! A version is a row of numbers and words (qualifiers), split at `.`, `-` and between a digit and
//! anything else (which counts as `-`). Zeros and release words (`final`, `ga`, `release`, nothing)
//! before a `-`, before a word and at the end do not count. Then token by token, where the end stands
//! among the words: `alpha < beta < milestone < rc < snapshot < end < sp < other words < -1 < .1`.
//! Words have no case; `a`, `b`, `m` directly before a digit are `alpha`, `beta`, `milestone`; `cr` is
//! `rc`. Whether a word follows `.` or `-` makes no difference, as in Maven since 3.9. Never allocates.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Tokens::of(a), Tokens::of(b));
    loop {
        let (token_a, token_b) = (a.next(), b.next());
        match token_a.compare(&token_b) {
            Ordering::Equal if matches!(token_a, Token::End) => return Ordering::Equal,
            Ordering::Equal => {}
            unequal => return unequal,
        }
    }
}

/// The words with a place of their own; the end and [`RELEASE`] stand between the snapshot and `sp`.
const PRE_RELEASES: [&[u8]; 5] = [b"alpha", b"beta", b"milestone", b"rc", b"snapshot"];
const RELEASE: [&[u8]; 3] = [b"final", b"ga", b"release"];

#[derive(Clone, Copy)]
enum Token<'a> {
    /// Place in [`PRE_RELEASES`].
    PreRelease(usize),
    End,
    /// A release word with numbers after it.
    Release,
    ServicePack,
    Word(&'a [u8]),
    HyphenNumber(&'a [u8]),
    DotNumber(&'a [u8]),
}

impl<'a> Token<'a> {
    fn word(word: &'a [u8], before_digit: bool) -> Self {
        let is = |other: &[u8]| word.eq_ignore_ascii_case(other);
        match word {
            b"a" | b"A" if before_digit => return Self::PreRelease(0),
            b"b" | b"B" if before_digit => return Self::PreRelease(1),
            b"m" | b"M" if before_digit => return Self::PreRelease(2),
            _ if is(b"cr") => return Self::PreRelease(3),
            _ if is(b"sp") => return Self::ServicePack,
            _ if RELEASE.iter().any(|release| is(release)) => return Self::Release,
            _ => {}
        }
        PRE_RELEASES.iter().position(|other| is(other)).map_or(Self::Word(word), Self::PreRelease)
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::PreRelease(_) => 0,
            Self::End => 1,
            Self::Release => 2,
            Self::ServicePack => 3,
            Self::Word(_) => 4,
            Self::HyphenNumber(_) => 5,
            Self::DotNumber(_) => 6,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::PreRelease(a), Self::PreRelease(b)) => a.cmp(b),
            (Self::Word(a), Self::Word(b)) => a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase)),
            (Self::HyphenNumber(a), Self::HyphenNumber(b)) | (Self::DotNumber(a), Self::DotNumber(b)) => digits::compare(a, b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    /// Whether it may be left out where nothing follows it.
    fn is_null(&self) -> bool {
        match self {
            Self::Release => true,
            Self::HyphenNumber(number) | Self::DotNumber(number) => number.iter().all(|digit| *digit == b'0'),
            _ => false,
        }
    }

    /// Whether numbers go on with it: nulls before it count.
    const fn continues(&self) -> bool {
        matches!(self, Self::DotNumber(_))
    }
}

/// The tokens that count, one by one; after the last one [`Token::End`] for ever.
struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    /// Nothing was read yet: the first token has no separator before it.
    first: bool,
    /// Nulls that begin before this place are known to count.
    counted_until: usize,
}

impl<'a> Tokens<'a> {
    fn of(version: &'a str) -> Self {
        Self { text: version.as_bytes().trim_ascii(), at: 0, first: true, counted_until: 0 }
    }

    fn next(&mut self) -> Token<'a> {
        loop {
            let (start, first) = (self.at, self.first);
            let (token, end) = self.raw(start, first);
            (self.at, self.first) = (end, false);
            // The first token counts whatever it is: `0-x` is not `x`.
            if first || start < self.counted_until || !token.is_null() {
                return token;
            }
            let (following, place) = self.after_zeros(end);
            if following.continues() {
                self.counted_until = place;
                return token;
            }
            // All nulls up to there are left out; what follows is judged by itself.
            self.at = place;
        }
    }

    /// The first token from a place on that is no `.0`, and where it begins.
    fn after_zeros(&self, mut place: usize) -> (Token<'a>, usize) {
        loop {
            let (token, end) = self.raw(place, false);
            if !(token.continues() && token.is_null()) {
                return (token, place);
            }
            place = end;
        }
    }

    /// The token that begins at a place, with its separator, and where it ends.
    fn raw(&self, place: usize, first: bool) -> (Token<'a>, usize) {
        let rest = self.text.get(place..).unwrap_or_default();
        let (separator, rest, start) = match rest {
            rest if first => (b'.', rest, place),
            [] => return (Token::End, place),
            [separator @ (b'.' | b'-'), rest @ ..] => (*separator, rest, place + 1),
            // Where a digit follows something else, or the other way round.
            rest => (b'-', rest, place),
        };
        let number = digits::split(rest).0;
        // Nothing between two separators is a zero.
        let is_number = !number.is_empty() || rest.first().is_none_or(|byte| matches!(byte, b'.' | b'-'));
        if is_number {
            let token = if separator == b'.' { Token::DotNumber(number) } else { Token::HyphenNumber(number) };
            return (token, start + number.len());
        }
        let length = rest.iter().take_while(|byte| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'-')).count();
        let before_digit = rest.get(length).is_some_and(u8::is_ascii_digit);
        (Token::word(&rest[..length], before_digit), start + length)
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
            1 < 1.1
            1-snapshot < 1
            1 < 1-sp
            1-foo2 < 1-foo10
            1.foo = 1-foo
            1-foo < 1-1
            1-1 < 1.1
            1.ga = 1-ga
            1-ga = 1-0
            1-0 = 1.0
            1.0 = 1
            1-sp > 1-ga
            1-sp.1 > 1-ga.1
            1-sp-1 < 1-ga-1
            1-a1 = 1-alpha-1
            1.0.0-foo.0.0 = 1-foo
            1.0.0-0.0.0 = 1
            ",
        );
    }

    #[test]
    fn knows_what_projects_write() {
        check(
            super::compare,
            "
            2.14.1 < 2.15.0
            2.0-beta9 < 2.0-rc1
            2.0-rc1 < 2.0
            2.0-RC1 = 2.0-cr1
            4.1.0.Beta1 < 4.1.0.CR1
            4.1.0.CR1 < 4.1.0.Final
            4.1.0.Final = 4.1
            5.3.0.RELEASE < 5.3.1
            5.3.0.M1 < 5.3.0.RC1
            5.3.0-SNAPSHOT < 5.3.0
            31.0-jre > 31.0-android
            31.0 < 31.1-jre
            9.4.0.v20161208 < 9.4.1.v20170120
            1.0-alpha-1-SNAPSHOT < 1.0-alpha-1
            20040616 > 3.2.2
            1.0.0.1 > 1.0.0
            1.0.1 > 1-1
            1-0.1 > 1
            1.0-0.1 = 1-0.1
            1x = 1-X
            99999999999999999999998 < 99999999999999999999999
            # odd ones
            0-x > 0
            x < 0
            1..1 = 1.0.1
            1--x = 1-x
            - = 0
            -- = .
            ",
        );
    }

    #[test]
    fn many_zeros_take_no_time() {
        let (long, longer) = (format!("1{}", ".0".repeat(200_000)), format!("1{}.1", ".0".repeat(200_000)));
        check(super::compare, &format!("{long} = 1\n{long} < {longer}"));
    }
}

//! Composer's package versions (Packagist).
//!
//! Composer brings versions into one form (`VersionParser::normalize`: `v1.2` is `1.2.0.0`, `1.2b1` is
//! `1.2.0.0-beta1`, `1.x-dev` is the newest of 1) and gives that to PHP's `version_compare`: numbers
//! by value, then what follows them, where
//! `other words < dev < alpha < beta < RC < nothing < number < patch`. Words count by how they begin and
//! have no case. Never allocates.
//!
//! PHP alone calls `1.0` older than `1.0.0`; Composer, who installs and audits the packages, does not.
//! Branches (`dev-main`) sort before all numbers.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Parts::of(a), Parts::of(b));
    loop {
        match (a.number(), b.number()) {
            (None, None) => break,
            (number_a, number_b) => {
                let order = number_a.unwrap_or(Number::ZERO).compare(&number_b.unwrap_or(Number::ZERO));
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
    loop {
        let (word_a, word_b) = (a.word(), b.word());
        match word_a.compare(&word_b) {
            Ordering::Equal if matches!(word_a, Word::End) => return Ordering::Equal,
            Ordering::Equal => {}
            unequal => return unequal,
        }
    }
}

/// A number at the front, or `x` for every number.
enum Number<'a> {
    Of(&'a [u8]),
    Any,
}

impl Number<'_> {
    const ZERO: Self = Self::Of(&[]);

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Of(a), Self::Of(b)) => digits::compare(a, b),
            (a, b) => matches!(a, Self::Any).cmp(&matches!(b, Self::Any)),
        }
    }
}

/// What follows the numbers, each kind older than those below it.
enum Word<'a> {
    Other,
    Development,
    Alpha,
    Beta,
    Candidate,
    End,
    Number(&'a [u8]),
    Patch,
}

impl Word<'_> {
    const fn rank(&self) -> u8 {
        match self {
            Self::Other => 0,
            Self::Development => 1,
            Self::Alpha => 2,
            Self::Beta => 3,
            Self::Candidate => 4,
            Self::End => 5,
            Self::Number(_) => 6,
            Self::Patch => 7,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => digits::compare(a, b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

struct Parts<'a> {
    rest: &'a [u8],
    /// Numbers may still come.
    in_numbers: bool,
}

impl<'a> Parts<'a> {
    fn of(version: &'a str) -> Self {
        let version = version.as_bytes().trim_ascii();
        let version = version.strip_prefix(b"v").or(version.strip_prefix(b"V")).unwrap_or(version);
        // Build metadata and a stability flag do not count.
        let end = version.iter().position(|byte| matches!(byte, b'+' | b'@')).unwrap_or(version.len());
        Self { rest: &version[..end], in_numbers: true }
    }

    /// The next of the numbers joined by dots.
    fn number(&mut self) -> Option<Number<'a>> {
        if !self.in_numbers {
            return None;
        }
        let (number, rest) = digits::split(self.rest);
        let number = match (number, rest) {
            ([], [b'x' | b'X' | b'*', after @ ..]) if after.first().is_none_or(|next| matches!(next, b'.' | b'-')) => {
                self.rest = after;
                Number::Any
            }
            ([], _) => {
                self.in_numbers = false;
                return None;
            }
            (number, rest) => {
                self.rest = rest;
                Number::Of(number)
            }
        };
        self.in_numbers = match self.rest {
            [b'.', after @ ..]
                if after.first().is_some_and(|next| next.is_ascii_digit() || matches!(next, b'x' | b'X' | b'*')) =>
            {
                self.rest = after;
                true
            }
            _ => false,
        };
        Some(number)
    }

    fn word(&mut self) -> Word<'a> {
        let separators = self.rest.iter().take_while(|byte| matches!(byte, b'.' | b'-' | b'_')).count();
        self.rest = &self.rest[separators..];
        if self.rest.is_empty() {
            return Word::End;
        }
        let (number, rest) = digits::split(self.rest);
        if !number.is_empty() {
            self.rest = rest;
            return Word::Number(number);
        }
        let length = self.rest.iter().take_while(|byte| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'-' | b'_')).count();
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        let begins = |with: &[u8]| word.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        match () {
            () if begins(b"dev") => Word::Development,
            () if begins(b"a") => Word::Alpha,
            () if begins(b"b") => Word::Beta,
            () if begins(b"rc") => Word::Candidate,
            () if begins(b"p") => Word::Patch,
            () if begins(b"stable") => {
                self.rest = &[];
                Word::End
            }
            () => Word::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_composer_does() {
        check(
            super::compare,
            "
            1.0 = 1.0.0
            v1.2 = 1.2.0.0
            1.2.9 < 1.2.10
            1.0-dev < 1.0-alpha1
            1.0-alpha1 = 1.0a1
            1.0-alpha2 < 1.0-beta1
            1.0.0-beta.2 = 1.0.0-b2
            1.0-beta9 < 1.0-beta10
            1.0-beta < 1.0-RC1
            1.0-RC1 = 1.0rc1
            1.0-RC1 < 1.0
            1.0 < 1.0-p1
            1.0-pl1 = 1.0-patch1
            1.0-patch1 < 1.0.1
            1.0.0-stable = 1.0
            1.0.0+build = 1.0
            1.0.0@dev = 1.0
            1.0-foo < 1.0-dev
            # branches
            dev-main < 0.1
            1.x-dev > 1.999.0
            1.x-dev < 2.0-alpha1
            1.2.x-dev < 1.3
            1.2.x-dev > 1.2.3
            8.9.20 < 10.3.6
            20200101 > 19.0
            # no versions
            xyz < 1
            ",
        );
    }
}

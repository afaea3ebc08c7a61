//! Versions as Alpine's package keeper orders them.
//!
//! Implements `src/version.c` of apk-tools 3: `number{.number}…{letter}{_suffix{number}}…{~hash}{-r#}`
//! with the suffixes `alpha beta pre rc` before the plain version and `cvs svn git hg p` after it.
//! A number after a dot that starts with `0` is compared as text, as Gentoo does: `1.010 < 1.09`.
//!
//! As in apk, a text that leaves this grammar is read up to there, and breaking off sorts before ending:
//! `1.0bc < 1.0b`. Unlike in apk 3, what follows still tells apart two that break off at the same place
//! (Alpine does have `6.6.2p1-r0` and `6.6.2p1-r1`), as Debian orders texts. Unlike in apk, numbers do
//! not wrap at 2⁶⁴.

use super::{digits, dpkg};
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (Tokens::of(a), Tokens::of(b));
    loop {
        let (token_a, token_b) = (a.token, b.token);
        match token_a.compare(&token_b) {
            Ordering::Equal if token_a.is_last() => return dpkg::compare_part(a.rest, b.rest),
            Ordering::Equal => {
                a.advance();
                b.advance();
            }
            unequal => return unequal,
        }
    }
}

/// The parts of a version in the order in which the grammar allows them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    FirstNumber,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
    End,
    Invalid,
}

/// The suffixes in their order; between the first four and the others stands the plain version.
const SUFFIXES: [&[u8]; 9] = [b"alpha", b"beta", b"pre", b"rc", b"cvs", b"svn", b"git", b"hg", b"p"];
const PRE_RELEASES: usize = 4;

#[derive(Clone, Copy)]
struct Token<'a> {
    kind: Kind,
    text: &'a [u8],
    /// Place in [`SUFFIXES`]; 0 for other tokens.
    suffix: usize,
}

impl Token<'_> {
    fn is_last(&self) -> bool {
        self.kind >= Kind::End
    }

    fn is_pre_release(&self) -> bool {
        self.kind == Kind::Suffix && self.suffix < PRE_RELEASES
    }

    fn compare(&self, other: &Self) -> Ordering {
        if self.kind == other.kind {
            return self.compare_values(other);
        }
        // A pre-release is older than whatever else may stand there; else the part that the grammar
        // puts further back is older, and the end older than any part.
        other.is_pre_release().cmp(&self.is_pre_release()).then_with(|| other.kind.cmp(&self.kind))
    }

    fn compare_values(&self, other: &Self) -> Ordering {
        match self.kind {
            Kind::Number if self.text.starts_with(b"0") || other.text.starts_with(b"0") => self.text.cmp(other.text),
            Kind::FirstNumber | Kind::Number | Kind::SuffixNumber | Kind::Revision => digits::compare(self.text, other.text),
            Kind::Suffix => self.suffix.cmp(&other.suffix),
            Kind::Letter | Kind::Hash => self.text.cmp(other.text),
            Kind::End | Kind::Invalid => Ordering::Equal,
        }
    }
}

struct Tokens<'a> {
    token: Token<'a>,
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn of(version: &'a str) -> Self {
        let mut tokens = Self { token: Token { kind: Kind::Invalid, text: &[], suffix: 0 }, rest: version.as_bytes() };
        tokens.number(Kind::FirstNumber);
        tokens
    }

    /// Moves to the next token; after the last one it stays.
    fn advance(&mut self) {
        let before = self.token.kind;
        let Some(first) = self.rest.first() else {
            return self.set(if before == Kind::Invalid { before } else { Kind::End }, &[]);
        };
        match first {
            b'a'..=b'z' if before <= Kind::Number => {
                let letter = self.skip(1);
                self.set(Kind::Letter, letter);
            }
            b'.' if before <= Kind::Number => {
                self.skip(1);
                self.number(Kind::Number);
            }
            b'0'..=b'9' if before == Kind::Suffix => self.number(Kind::SuffixNumber),
            b'_' if before <= Kind::SuffixNumber => {
                self.skip(1);
                self.suffix();
            }
            b'~' if before < Kind::Hash => {
                self.skip(1);
                self.hash();
            }
            b'-' if before < Kind::Revision && self.rest.starts_with(b"-r") => {
                self.skip(2);
                self.number(Kind::Revision);
            }
            _ => self.set(Kind::Invalid, &[]),
        }
    }

    fn number(&mut self, kind: Kind) {
        let (number, rest) = digits::split(self.rest);
        self.rest = rest;
        self.set(if number.is_empty() { Kind::Invalid } else { kind }, number);
    }

    fn suffix(&mut self) {
        let word = self.take_while(u8::is_ascii_lowercase);
        match SUFFIXES.iter().position(|suffix| *suffix == word) {
            Some(suffix) => self.token = Token { kind: Kind::Suffix, text: word, suffix },
            None => self.set(Kind::Invalid, &[]),
        }
    }

    fn hash(&mut self) {
        let hash = self.take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        self.set(if hash.is_empty() { Kind::Invalid } else { Kind::Hash }, hash);
    }

    fn set(&mut self, kind: Kind, text: &'a [u8]) {
        self.token = Token { kind, text, suffix: 0 };
    }

    fn take_while(&mut self, wanted: impl Fn(&u8) -> bool) -> &'a [u8] {
        self.skip(self.rest.iter().take_while(|byte| wanted(byte)).count())
    }

    fn skip(&mut self, count: usize) -> &'a [u8] {
        let (skipped, rest) = self.rest.split_at(count);
        self.rest = rest;
        skipped
    }
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_apk_does() {
        check(
            super::compare,
            "
            0.1.0_alpha < 0.1.0_alpha2
            0.1.0_alpha_pre2 < 0.1.0_alpha
            1.0_alpha < 1.0_beta
            1.0_beta9 < 1.0_pre1
            1.0_pre < 1.0_rc
            1.0_rc2 < 1.0
            1.0 < 1.0_cvs
            1.0_cvs < 1.0_svn
            1.0_svn < 1.0_git20240101
            1.0_git < 1.0_hg
            1.0_hg < 1.0_p1
            1.0_p9 < 1.0_p10
            1.0_p1 < 1.0.1
            4.2.52_p2-r1 < 4.2.52_p4-r2
            1.0_pre20191002222144-r0 < 1.0_pre20210530193627-r0
            # letters
            2.3.0 < 2.3.0b
            2.3.0b-r1 < 2.3.0b-r2
            0.9.8c-r1 < 0.9.8d
            1.0a < 1.0.1
            # builds
            1.2.2 < 1.2.2-r0
            1.3.5-r9 < 1.3.5-r10
            1-r1 = 1-r01
            # a zero after a dot makes it text
            1.010 < 1.09
            8.2.0 < 8.2.001
            8.2.0015 < 8.2.002
            006 > 1.0.0
            013 < 014-r1
            1.0 = 1.0
            # commits
            1.0~1234 < 1.0~2345
            1.0~1234-r1 < 1.0~2345-r0
            1.0~1234-r1 > 1.0~1234-r0
            1.0~1234 > 1.0
            # numbers have no end
            1.99999999999999999999999 < 1.100000000000000000000000
            # breaking off is older than ending
            1.0bc < 1.0b
            1.0 < 1.0bc
            1.2_ < 1.2
            1.2_blah < 1.2
            1.2_blah > 1.2_rc1
            1-r < 1
            2.3.4-invalid < 3.4.5-r1
            6.6.2p1-r0 < 6.6.2p1-r1
            6.6.2p1-r1 < 6.6.2p2-r0
            1.0p1p2 < 1.0p1p3
            a < b
            .1 < 1
            ",
        );
    }
}

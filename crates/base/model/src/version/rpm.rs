//! Versions as RPM orders them: `[epoch:]version[-release]`.
//!
//! Implements `rpmvercmp` and `rpmVersionCompare` of RPM 4.15 and later. Each part is read as a row of
//! numbers, words, `~` and `^`; everything else only separates. `~` sorts before everything, even the
//! end; `^` after the end and before everything else; words before numbers. A missing epoch is 0, a
//! missing release sorts before any. Never allocates.
//!
//! An epoch is digits before the first `:`; what else stands before a `:` belongs to the version.

use super::digits;
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    digits::compare(a.epoch, b.epoch)
        .then_with(|| compare_part(a.version, b.version))
        // None, a missing release, is less than any.
        .then_with(|| match (a.release, b.release) {
            (Some(a), Some(b)) => compare_part(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
}

struct Parts<'a> {
    epoch: &'a [u8],
    version: &'a [u8],
    release: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let text = text.as_bytes().trim_ascii();
        let (epoch, rest) = match text.iter().position(|byte| *byte == b':') {
            Some(colon) if digits::are_all(&text[..colon]) => (&text[..colon], &text[colon + 1..]),
            _ => (&[][..], text),
        };
        let (version, release) = match rest.iter().rposition(|byte| *byte == b'-') {
            Some(hyphen) => (&rest[..hyphen], Some(&rest[hyphen + 1..])),
            None => (rest, None),
        };
        Self { epoch, version, release }
    }
}

/// Compares versions or releases, token by token.
fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (token_a, rest_a) = token(a);
        let (token_b, rest_b) = token(b);
        match token_a.compare(&token_b) {
            Ordering::Equal if matches!(token_a, Token::End) => return Ordering::Equal,
            Ordering::Equal => (a, b) = (rest_a, rest_b),
            unequal => return unequal,
        }
    }
}

/// What a version is made of, each kind older than those below it.
enum Token<'a> {
    Tilde,
    End,
    Caret,
    Word(&'a [u8]),
    Number(&'a [u8]),
}

impl Token<'_> {
    const fn rank(&self) -> u8 {
        match self {
            Self::Tilde => 0,
            Self::End => 1,
            Self::Caret => 2,
            Self::Word(_) => 3,
            Self::Number(_) => 4,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Word(a), Self::Word(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => digits::compare(a, b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }
}

/// Splits off the next token and the separators before it.
fn token(text: &[u8]) -> (Token<'_>, &[u8]) {
    let separators = text.iter().take_while(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'~' | b'^')).count();
    let text = &text[separators..];
    match text.first() {
        None => (Token::End, text),
        Some(b'~') => (Token::Tilde, &text[1..]),
        Some(b'^') => (Token::Caret, &text[1..]),
        Some(first) if first.is_ascii_digit() => {
            let (number, rest) = digits::split(text);
            (Token::Number(number), rest)
        }
        Some(_) => {
            let (word, rest) = text.split_at(text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count());
            (Token::Word(word), rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_rpm_does() {
        check(
            super::compare,
            "
            # parts
            3.0.7-27.el9 < 3.0.7-28.el9
            1:3.0.7-1.el9 > 9.9.9-9.el9
            0:3.0.7-1 = 3.0.7-1
            007:1 = 7:1
            3.0.7 < 3.0.7-0
            3.0.7-27.el9_4.1 > 3.0.7-27.el9_4
            3.0.7-27.el9 < 3.0.7-27.el9_0
            # numbers, words, separators
            1.02 = 1.2
            4.18.0-553.5.1.el8_10 < 4.18.0-553.16.1.el8_10
            1.0a < 1.0.1
            1.0 < 1.0a
            1.0rc1 > 1.0
            1_0 = 1.0
            1..0. = 1.0
            A < a
            99999999999999999999998 < 99999999999999999999999
            # ~ and ^
            2.0~rc1-1 < 2.0-1
            2.0~~ < 2.0~
            2.0~rc1^20240101git < 2.0
            2.0~rc1^20240101git > 2.0~rc1
            2.0^20240101gitabc > 2.0
            2.0^20240101gitabc < 2.0.1
            2.0^ < 2.0a
            2.0^~ < 2.0^
            # modules
            1.14.1-9.module+el8.0.0+4108+af250afe < 1.14.1-9.module+el8.4.0+8200+aaaa
            # no epochs
            x:1 < 1
            :2 = 2
            1.2.é = 1.2
            ",
        );
    }
}

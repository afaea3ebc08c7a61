//! A text as it is looked for in a record.
//!
//! The text stands in the record with exactly its signs, case ignored, and where it begins or ends
//! with a letter or a digit, the word begins or ends there, too: `fail` is not found in `failed`. `*`
//! is any bytes, and opens the end it stands at: `fail*` is found in `failed`, `*ail*` as well. What a
//! word is, `crate::words` says: letters and digits of ASCII; everything else separates.

use super::pattern::Sign;
use crate::words;
use memchr::{memchr_iter, memchr2_iter};
use regex::bytes::{Regex, RegexBuilder};

/// What a record must contain.
#[derive(Clone, Debug)]
pub(crate) struct Needle {
    finder: Finder,
    words: Vec<u64>,
}

#[derive(Clone, Debug)]
enum Finder {
    /// ASCII without wildcards inside.
    Literal(Literal),
    Regex(Regex),
}

/// The size of a compiled needle.
const SIZE_MAX: usize = 4 << 20;

impl Needle {
    /// A needle; nothing when it is too large to look for.
    pub(super) fn of(signs: &[Sign]) -> Option<Self> {
        let open_start = signs.first() == Some(&Sign::Any);
        let open_end = signs.last() == Some(&Sign::Any);
        let signs = trimmed(signs);
        let words = words_of(signs, open_start, open_end);
        let literal = signs.iter().map(|sign| match sign {
            Sign::Char(char) if char.is_ascii() => Some(char.to_ascii_lowercase() as u8),
            _ => None,
        });
        let finder = match literal.collect::<Option<Vec<u8>>>() {
            Some(text) if !text.is_empty() => Finder::Literal(Literal::new(text, open_start, open_end)),
            _ => Finder::Regex(regex(signs, open_start, open_end)?),
        };
        Some(Self { finder, words })
    }

    /// Whether a record contains it.
    pub(crate) fn is_in(&self, record: &[u8]) -> bool {
        match &self.finder {
            Finder::Literal(literal) => literal.is_in(record),
            Finder::Regex(regex) => regex.is_match(record),
        }
    }

    /// The hashes of words that every record with it has.
    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }
}

/// A needle without the `*` at its ends.
fn trimmed(signs: &[Sign]) -> &[Sign] {
    let start = signs.iter().position(|sign| *sign != Sign::Any).unwrap_or(signs.len());
    let end = signs.iter().rposition(|sign| *sign != Sign::Any).map_or(start, |last| last + 1);
    &signs[start..end]
}

/// The words that stand whole in a needle: nothing open touches them.
fn words_of(signs: &[Sign], open_start: bool, open_end: bool) -> Vec<u64> {
    let mut hashes = Vec::new();
    let mut at = 0;
    for piece in signs.split(|sign| !matches!(sign, Sign::Char(_))) {
        let text: String = piece.iter().filter_map(|sign| if let Sign::Char(char) = sign { Some(*char) } else { None }).collect();
        let starts_open = at > 0 || open_start;
        let ends_open = at + piece.len() < signs.len() || open_end;
        words::each(text.as_bytes(), |range, hash| {
            if (range.start > 0 || !starts_open) && (range.end < text.len() || !ends_open) {
                hashes.push(hash);
            }
        });
        at += piece.len() + 1;
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// An ASCII text, searched by its rarest byte.
#[derive(Clone, Debug)]
struct Literal {
    /// In lower case.
    text: Box<[u8]>,
    /// The place of its rarest byte, and that byte in both cases.
    rarest: usize,
    lower: u8,
    upper: u8,
    /// Whether a word must begin or end with it.
    begins: bool,
    ends: bool,
}

/// Bytes of logs, the frequent ones first; what is not here is rare.
const FREQUENT: &[u8] = b" e0ta1oinrs2.dlc-3:mup5/4g\"=f876b9hyw,_v";

impl Literal {
    fn new(text: Vec<u8>, open_start: bool, open_end: bool) -> Self {
        let rank = |byte: u8| FREQUENT.iter().position(|known| *known == byte).unwrap_or(FREQUENT.len());
        let rarest = (0..text.len()).max_by_key(|place| rank(text[*place])).unwrap_or_default();
        let lower = text.get(rarest).copied().unwrap_or_default();
        Self {
            rarest,
            lower,
            upper: lower.to_ascii_uppercase(),
            begins: !open_start && text.first().is_some_and(|byte| words::is_of_word(*byte)),
            ends: !open_end && text.last().is_some_and(|byte| words::is_of_word(*byte)),
            text: text.into_boxed_slice(),
        }
    }

    fn is_in(&self, record: &[u8]) -> bool {
        let behind = self.text.len() - self.rarest - 1;
        let Some(last) = record.len().checked_sub(behind) else { return false };
        let Some(within) = record.get(self.rarest..last) else { return false };
        if self.lower == self.upper {
            memchr_iter(self.lower, within).any(|place| self.is_at(record, place))
        } else {
            memchr2_iter(self.lower, self.upper, within).any(|place| self.is_at(record, place))
        }
    }

    fn is_at(&self, record: &[u8], start: usize) -> bool {
        let end = start + self.text.len();
        let of_word =
            |place: Option<usize>| place.and_then(|place| record.get(place)).is_some_and(|byte| words::is_of_word(*byte));
        record.get(start..end).is_some_and(|here| here.eq_ignore_ascii_case(&self.text))
            && !(self.begins && of_word(start.checked_sub(1)))
            && !(self.ends && of_word(Some(end)))
    }
}

/// A byte that separates words.
const SEPARATOR: &str = "(?-u:[^0-9A-Za-z])";
/// One character, or one byte where the record is not UTF-8.
const ONE: &str = "(?:(?s:.)|(?s-u:.))";

fn regex(signs: &[Sign], open_start: bool, open_end: bool) -> Option<Regex> {
    let mut source = String::new();
    for (place, sign) in signs.iter().enumerate() {
        let mut one = source_of(*sign);
        if place == 0 && !open_start {
            one = bounded(*sign, one, |one| format!("(?:\\A|{SEPARATOR}){one}"));
        }
        if place + 1 == signs.len() && !open_end {
            one = bounded(*sign, one, |one| format!("{one}(?:\\z|{SEPARATOR})"));
        }
        source.push_str(&one);
    }
    RegexBuilder::new(&source).size_limit(SIZE_MAX).build().ok()
}

/// A sign at an end that is not open: where it belongs to a word, the word ends there.
fn bounded(sign: Sign, source: String, bound: impl Fn(&str) -> String) -> String {
    match sign {
        Sign::Char(char) if char.is_ascii_alphanumeric() => bound(&source),
        Sign::Char(_) | Sign::Any => source,
        Sign::One => format!("(?:{}|{SEPARATOR})", bound(&source)),
    }
}

fn source_of(sign: Sign) -> String {
    match sign {
        Sign::Any => "(?s-u:.)*?".to_owned(),
        Sign::One => ONE.to_owned(),
        // ASCII folds to ASCII only, and the other way round, so that words stay what they are.
        Sign::Char(char) if char.is_ascii() => format!("(?i-u:{})", regex::escape(char.encode_utf8(&mut [0; 4]))),
        Sign::Char(char @ ('\u{17f}' | '\u{212a}')) => char.to_string(),
        Sign::Char(char) => format!("(?i:{})", regex::escape(char.encode_utf8(&mut [0; 4]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn needle(text: &str) -> Needle {
        let sign = |char| match char {
            '*' => Sign::Any,
            '?' => Sign::One,
            char => Sign::Char(char),
        };
        Needle::of(&text.chars().map(sign).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_needle_is_found_by_whole_words() {
        for (text, record, expected) in [
            ("failed", &b"sshd: FAILED password"[..], true),
            ("fail", b"sshd: FAILED password", false),
            ("ailed", b"sshd: FAILED password", false),
            ("fail*", b"sshd: FAILED password", true),
            ("*ailed", b"sshd: FAILED password", true),
            ("*aile*", b"sshd: FAILED password", true),
            ("failed password", b"Failed password", true),
            ("failed pass", b"Failed password", false),
            ("failed*root", b"Failed password for root", true),
            ("fail*root", b"Failed password for root", true),
            ("fail*roo", b"Failed password for root", false),
            ("root*failed", b"Failed password for root", false),
            ("a_b", b"x a_b y", true),
            ("b", b"x a_b y", true),
            ("evil.example.net", b"to evil.example.net:443", true),
            ("evil.example.net", b"to evil.example.network", false),
            ("10.1.2.3", b"from 10.1.2.30", false),
            ("10.1.2.3", b"from 110.1.2.3 and 10.1.2.3.", true),
            (".1.2.", b"from 10.1.2.3", true),
            ("*ssh?:", b"\xff\xfesshd:", true),
            ("ssh?x", b"ssh\xffx", true),
            ("ssh?x", "sshéx".as_bytes(), true),
            ("roo?", b"for root", true),
            ("roo?", b"for roots", false),
            ("?oot", b"xroot", false),
            ("?root", b"xroot", true),
            ("?", b"x", true),
            ("?", b"", false),
            ("über", "ÜBER".as_bytes(), true),
            ("über", "darüber".as_bytes(), true),
            ("über", "übers".as_bytes(), false),
            ("ſ", "s".as_bytes(), false),
            ("1.2", b"1x2", false),
            ("line1*line2", b"line1\nline2", true),
            ("\\", b"a\\b", true),
        ] {
            assert_eq!(needle(text).is_in(record), expected, "{text} {}", String::from_utf8_lossy(record));
        }
    }

    #[test]
    fn words_that_stand_whole_are_known() {
        let count = |text: &str| needle(text).words().len();
        assert_eq!(count("failed"), 1);
        assert_eq!(count("failed*"), 0);
        assert_eq!(count("*failed password*"), 0);
        assert_eq!(count("*failed pass word*"), 1);
        assert_eq!(count("fail?d password for"), 2);
        assert_eq!(count("evil.example.net"), 3);
        assert_eq!(count("10.1.2.3"), 1);
        assert_eq!(count("10.1.2.*"), 0);
        assert_eq!(count("50122"), 0);
        assert_eq!(count("grüße"), 2);
    }

    proptest! {
        #[test]
        fn a_record_with_a_needle_has_its_words(text in "[aB1.é *?ſ]{0,9}", record in "[AbB1. éÉsk]{0,24}") {
            let needle = needle(&text);
            let mut words = std::collections::HashSet::new();
            words::each(record.as_bytes(), |_, hash| words.extend([hash]));
            if needle.is_in(record.as_bytes()) {
                prop_assert!(needle.words().iter().all(|word| words.contains(word)));
            }
        }

        #[test]
        fn a_literal_is_found_as_its_expression_is(text in "[aB1.]{1,4}", open: (bool, bool), record in "[AbB1. ]{0,16}") {
            let signs: Vec<Sign> = text.chars().map(Sign::Char).collect();
            let literal = Literal::new(text.to_ascii_lowercase().into_bytes(), open.0, open.1);
            let regex = regex(&signs, open.0, open.1).unwrap();
            prop_assert_eq!(literal.is_in(record.as_bytes()), regex.is_match(record.as_bytes()));
        }
    }
}

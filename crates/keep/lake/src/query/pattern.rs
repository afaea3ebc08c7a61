//! Texts as queries compare them: case ignored, `*` for anything, `?` for one character.
//!
//! Two comparisons: a [`Pattern`] is held against a whole value, a [`Needle`] is looked for in a raw
//! record. Case is that of Unicode, character by character.

use regex::bytes::{Regex, RegexBuilder};

/// One sign of a written value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// This character.
    Char(char),
    /// `*`.
    Any,
    /// `?`.
    One,
}

/// What a whole value must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// This text; already folded.
    Exact(Box<str>),
    /// This shape; already folded.
    Shape(Box<[Shape]>),
}

/// A sign of a folded shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Char(char),
    Any,
    One,
}

/// A text as it is compared: every character in its lower case.
pub(crate) fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

impl Pattern {
    pub(super) fn of(signs: &[Sign]) -> Self {
        let literal = signs.iter().all(|sign| matches!(sign, Sign::Char(_)));
        let shapes = signs.iter().flat_map(|sign| match sign {
            Sign::Char(char) => char.to_lowercase().map(Shape::Char).collect::<Vec<_>>(),
            Sign::Any => vec![Shape::Any],
            Sign::One => vec![Shape::One],
        });
        if literal {
            let chars = shapes.filter_map(|shape| if let Shape::Char(char) = shape { Some(char) } else { None });
            Self::Exact(chars.collect::<String>().into_boxed_str())
        } else {
            Self::Shape(shapes.collect())
        }
    }

    /// Whether a value looks like this.
    pub(crate) fn matches(&self, value: &str) -> bool {
        match self {
            Self::Exact(wanted) if value.is_ascii() => value.eq_ignore_ascii_case(wanted),
            Self::Exact(wanted) => value.chars().flat_map(char::to_lowercase).eq(wanted.chars()),
            Self::Shape(shape) => fits(shape, &folded(value).chars().collect::<Vec<_>>()),
        }
    }

    /// The one text that matches, when there is only one: it has no letters that have a case.
    pub(crate) fn only_text(&self) -> Option<&str> {
        match self {
            Self::Exact(wanted) if wanted.chars().all(|c| c.is_ascii() && !c.is_ascii_alphabetic()) => Some(wanted),
            _ => None,
        }
    }

    /// Whether it asks only that there is a value.
    pub(crate) fn is_anything(&self) -> bool {
        matches!(self, Self::Shape(shape) if shape.iter().all(|sign| *sign == Shape::Any))
    }
}

/// Whether a text has a shape; linear but for the last `*`.
fn fits(shape: &[Shape], text: &[char]) -> bool {
    let (mut at, mut sign) = (0, 0);
    // Where the last `*` stands and how much of the text it covers so far.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match shape.get(sign) {
            Some(Shape::Any) => {
                star = Some((sign, at));
                sign += 1;
            }
            Some(Shape::One) => (at, sign) = (at + 1, sign + 1),
            Some(Shape::Char(wanted)) if *wanted == text[at] => (at, sign) = (at + 1, sign + 1),
            _ => {
                let Some((place, covered)) = star else { return false };
                star = Some((place, covered + 1));
                (at, sign) = (covered + 1, place + 1);
            }
        }
    }
    shape[sign..].iter().all(|rest| *rest == Shape::Any)
}

/// What a raw record must contain.
#[derive(Clone, Debug)]
pub(crate) struct Needle {
    regex: Regex,
}

impl Needle {
    /// A needle; nothing when it is too large to look for.
    pub(super) fn of(signs: &[Sign]) -> Option<Self> {
        let ascii = signs.iter().all(|sign| !matches!(sign, Sign::Char(char) if !char.is_ascii()));
        let mut source = String::new();
        for sign in trimmed(signs) {
            match sign {
                Sign::Char(char) => source.push_str(&regex::escape(char.encode_utf8(&mut [0; 4]))),
                Sign::Any => source.push_str("(?s-u:.)*?"),
                // One character, or one byte where the record is not UTF-8.
                Sign::One => source.push_str("(?:(?s:.)|(?s-u:.))"),
            }
        }
        let unicode = !ascii || source.contains("(?s:.)");
        let regex = RegexBuilder::new(&source).case_insensitive(true).unicode(unicode).size_limit(SIZE_MAX).build();
        Some(Self { regex: regex.ok()? })
    }

    /// Whether a record contains it.
    pub(crate) fn is_in(&self, raw: &[u8]) -> bool {
        self.regex.is_match(raw)
    }
}

/// The size of a compiled needle.
const SIZE_MAX: usize = 4 << 20;

/// A needle may stand anywhere: what `*` says at its ends.
fn trimmed(signs: &[Sign]) -> &[Sign] {
    let start = signs.iter().position(|sign| *sign != Sign::Any).unwrap_or(signs.len());
    let end = signs.iter().rposition(|sign| *sign != Sign::Any).map_or(start, |last| last + 1);
    &signs[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signs(text: &str) -> Vec<Sign> {
        let sign = |char| match char {
            '*' => Sign::Any,
            '?' => Sign::One,
            char => Sign::Char(char),
        };
        text.chars().map(sign).collect()
    }

    #[test]
    fn case_is_ignored_and_wildcards_are_not_literal() {
        for (pattern, value, expected) in [
            ("root", "ROOT", true),
            ("root", "roots", false),
            ("GRÜSSE", "grüsse", true),
            ("web-*", "WEB-1", true),
            ("web-*", "xweb-1", false),
            ("*db*", "my-db-1", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            ("*", "", true),
            ("", "", true),
        ] {
            assert_eq!(Pattern::of(&signs(pattern)).matches(value), expected, "{pattern} {value}");
        }
    }

    #[test]
    fn a_needle_is_found_anywhere_in_any_bytes() {
        for (needle, raw, expected) in [
            ("failed", &b"sshd: FAILED password"[..], true),
            ("failed*root", b"Failed password for root", true),
            ("root*failed", b"Failed password for root", false),
            ("*ssh?:", b"\xff\xfesshd:", true),
            ("ssh?x", b"ssh\xffx", true),
            ("ssh?x", "sshéx".as_bytes(), true),
            ("über", "ÜBER".as_bytes(), true),
            ("1.2", b"1x2", false),
            ("line1*line2", b"line1\nline2", true),
        ] {
            assert_eq!(Needle::of(&signs(needle)).unwrap().is_in(raw), expected, "{needle}");
        }
    }

    #[test]
    fn only_caseless_texts_are_unique() {
        assert_eq!(Pattern::of(&signs("10.0.0.1")).only_text(), Some("10.0.0.1"));
        assert_eq!(Pattern::of(&signs("0a1b")).only_text(), None);
        assert_eq!(Pattern::of(&signs("10.*")).only_text(), None);
    }

    proptest! {
        #[test]
        fn shapes_agree_with_a_regular_expression(shape in "[aB*?]{0,6}", text in "[aBA]{0,8}") {
            let source: String = shape.chars().map(|c| match c { '*' => ".*".to_owned(), '?' => ".".to_owned(), c => c.to_string() }).collect();
            let regex = regex::Regex::new(&format!("(?is)^{source}$")).unwrap();
            prop_assert_eq!(Pattern::of(&signs(&shape)).matches(&text), regex.is_match(&text));
        }
    }
}

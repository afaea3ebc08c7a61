//! Texts as queries compare them: case ignored, `*` for anything, `?` for one character.
//!
//! A [`Pattern`] is held against a whole value; what is looked for in a record is a
//! [`Needle`](super::needle::Needle). Case is that of Unicode, character by character.

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

    /// What every value that matches begins with, in any case: ASCII only, and without the letters that
    /// others become in lower case (the sign of Kelvin is a `k`).
    pub(crate) fn prefix(&self) -> String {
        let chars: Vec<char> = match self {
            Self::Exact(wanted) => wanted.chars().collect(),
            Self::Shape(shape) => {
                let literal = |sign: &Shape| if let Shape::Char(char) = sign { Some(*char) } else { None };
                shape.iter().map_while(literal).collect()
            }
        };
        let plain = chars.iter().take_while(|char| char.is_ascii() && **char != 'k').count();
        // What stands before a sign beyond ASCII may belong to it.
        let behind = chars.get(plain).is_some_and(|char| !char.is_ascii());
        chars.into_iter().take(plain - usize::from(behind && plain > 0)).collect()
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
    fn prefixes_are_what_every_match_begins_with() {
        for (pattern, prefix) in
            [("Web-1", "web-1"), ("web-*", "web-"), ("*x", ""), ("w?b", "w"), ("desk", "des"), ("grüße", "g"), ("i\u{307}x", "")]
        {
            assert_eq!(Pattern::of(&signs(pattern)).prefix(), prefix, "{pattern}");
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

//! One text against one value of a rule: equal, contained, at the start, at the end, with wildcards.
//!
//! Sigma compares without regard to case unless a rule says `cased`; both sides are folded by
//! Unicode's lower case, the event's side once per value ([`fold`]). `*` stands for any text, also
//! none and also across lines, `?` for one character. `windash` makes the five dash characters of
//! the specification (`-`, `/`, `–`, `—`, `―`) equal; the sides are brought to one of them instead of
//! writing out every permutation.
//!
//! Specification: Sigma 2.1.0, "String Wildcard", "Escape Character", appendix "Modifiers".

use rsigma_parser::SigmaString;
use rsigma_parser::value::{SpecialChar, StringPart};
use std::borrow::Cow;

/// The characters that `windash` makes equal.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Where in the text a pattern has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is the whole text.
    Whole,
    /// Anywhere.
    Anywhere,
    /// At the start.
    Start,
    /// At the end.
    End,
}

/// A value of a rule, ready to be compared with texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pieces: Box<[Piece]>,
    /// Whether upper and lower case differ.
    pub(crate) cased: bool,
    /// Whether all dashes are one.
    pub(crate) dashes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    One,
    Many,
}

impl Pattern {
    /// The pattern of a Sigma string at a place.
    pub(crate) fn new(value: &SigmaString, place: Place, cased: bool, dashes: bool) -> Self {
        let pieces = value.parts.iter().map(|part| match part {
            StringPart::Plain(text) => Piece::Text(prepared(text, cased, dashes).into()),
            StringPart::Special(SpecialChar::WildcardMulti) => Piece::Many,
            StringPart::Special(SpecialChar::WildcardSingle) => Piece::One,
        });
        let before = matches!(place, Place::Anywhere | Place::End).then_some(Piece::Many);
        let after = matches!(place, Place::Anywhere | Place::Start).then_some(Piece::Many);
        let mut pieces: Vec<Piece> = before.into_iter().chain(pieces).chain(after).collect();
        pieces.dedup_by(|one, other| *one == Piece::Many && *other == Piece::Many);
        Self { pieces: pieces.into(), cased, dashes }
    }

    /// Whether a text fits. `folded` is the text's [`fold`].
    pub(crate) fn fits(&self, text: &str, folded: &str) -> bool {
        let text = if self.cased { text } else { folded };
        if self.dashes { fits(&self.pieces, &one_dash(text)) } else { fits(&self.pieces, text) }
    }

    /// The longest text that every fitting text contains, folded; empty when there is none.
    pub(crate) fn literal(&self) -> Cow<'_, str> {
        let texts = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(text) => Some(&**text),
            Piece::One | Piece::Many => None,
        });
        let longest = if self.dashes {
            // What stands in the event may be another dash: only what is between them is certain.
            texts.flat_map(|text| text.split('-')).max_by_key(|text| text.len())
        } else {
            texts.max_by_key(|text| text.len())
        };
        fold(longest.unwrap_or_default())
    }

    /// The text, if the pattern means "contains this text" and nothing more.
    pub(crate) fn contained(&self) -> Option<&str> {
        match &*self.pieces {
            [Piece::Many, Piece::Text(text), Piece::Many] if !self.dashes => Some(text),
            _ => None,
        }
    }
}

/// A text in lower case; borrowed where it is already.
///
/// Character by character, so that a part of a text folds to a part of the folded text (the lower
/// case of a Greek sigma depends on what follows; here there is one sigma).
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        let lower = text.chars().flat_map(char::to_lowercase);
        return Cow::Owned(lower.map(|char| if char == 'ς' { 'σ' } else { char }).collect());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

fn prepared(text: &str, cased: bool, dashes: bool) -> String {
    let text = if cased { Cow::Borrowed(text) } else { fold(text) };
    if dashes { one_dash(&text) } else { text.into_owned() }
}

fn one_dash(text: &str) -> String {
    text.chars().map(|char| if DASHES.contains(&char) { '-' } else { char }).collect()
}

/// Whether the pieces cover the text: fixed pieces at both ends, the rest leftmost first.
fn fits(pieces: &[Piece], text: &str) -> bool {
    let Some(first) = pieces.iter().position(|piece| *piece == Piece::Many) else {
        return after(pieces, text).is_some_and(str::is_empty);
    };
    let last = pieces.iter().rposition(|piece| *piece == Piece::Many).unwrap_or(first);
    let Some(rest) = after(&pieces[..first], text) else { return false };
    let Some(mut rest) = before(&pieces[last + 1..], rest) else { return false };
    // Leftmost is enough: whatever a later choice leaves is part of what this one leaves.
    for run in pieces[first..last].split(|piece| *piece == Piece::Many) {
        let Some(left) = found(run, rest) else { return false };
        rest = left;
    }
    true
}

/// What is left of the text after the pieces at its start.
fn after<'t>(pieces: &[Piece], text: &'t str) -> Option<&'t str> {
    pieces.iter().try_fold(text, |rest, piece| match piece {
        Piece::Text(fixed) => rest.strip_prefix(&**fixed),
        Piece::One => {
            let mut chars = rest.chars();
            chars.next().map(|_| chars.as_str())
        }
        Piece::Many => Some(rest),
    })
}

/// What is left of the text before the pieces at its end.
fn before<'t>(pieces: &[Piece], text: &'t str) -> Option<&'t str> {
    pieces.iter().rev().try_fold(text, |rest, piece| match piece {
        Piece::Text(fixed) => rest.strip_suffix(&**fixed),
        Piece::One => {
            let mut chars = rest.chars();
            chars.next_back().map(|_| chars.as_str())
        }
        Piece::Many => Some(rest),
    })
}

/// What is left of the text after the leftmost place where the pieces stand.
fn found<'t>(pieces: &[Piece], text: &'t str) -> Option<&'t str> {
    let Some(Piece::Text(anchor)) = pieces.first() else {
        // A run that starts with `?` (or is empty) is tried at every character.
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        return starts.filter_map(|at| text.get(at..)).find_map(|rest| after(pieces, rest));
    };
    let mut rest = text;
    loop {
        rest = rest.get(rest.find(&**anchor)?..)?;
        if let Some(left) = after(pieces, rest) {
            return Some(left);
        }
        let mut chars = rest.chars();
        chars.next()?;
        rest = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(pattern: &str, place: Place, fitting: &[&str], others: &[&str]) {
        let pattern = Pattern::new(&SigmaString::new(pattern), place, false, false);
        for text in fitting {
            assert!(pattern.fits(text, &fold(text)), "{pattern:?} should fit {text:?}");
        }
        for text in others {
            assert!(!pattern.fits(text, &fold(text)), "{pattern:?} should not fit {text:?}");
        }
    }

    #[test]
    fn places() {
        check("Root", Place::Whole, &["root", "ROOT"], &["root ", "roo"]);
        check("root", Place::Anywhere, &["the root of"], &["rot"]);
        check("/bin/", Place::Start, &["/bin/sh"], &["x/bin/"]);
        check("/sh", Place::End, &["/bin/SH"], &["/sh "]);
        check("", Place::Whole, &[""], &[" "]);
        check("", Place::Anywhere, &["", "x"], &[]);
    }

    #[test]
    fn wildcards_stand_for_anything_also_across_lines() {
        check("a*c", Place::Whole, &["ac", "abc", "a\nb\nc"], &["acd", "xac"]);
        check("prog?.exe", Place::Whole, &["progA.exe", "progé.exe"], &["prog.exe", "progAB.exe"]);
        check("*a?c*", Place::Whole, &["aac", "xaaccy"], &["ac"]);
        check("a*a", Place::Whole, &["aa", "aba"], &["a"]);
        check("?", Place::Start, &["x", "xy"], &[""]);
        check("x?", Place::End, &["axé"], &["ax"]);
        check("*", Place::Whole, &["", "x"], &[]);
        check("a*bc*c", Place::Whole, &["abcc", "abcbcc"], &["abc"]);
    }

    #[test]
    fn backslashes_escape_as_the_specification_says() {
        check(r"C:\Windows\x", Place::Whole, &[r"c:\windows\x"], &[]);
        check(r"a\\b", Place::Whole, &[r"a\b"], &[r"a\\b"]);
        check(r"a\*b", Place::Whole, &["a*b"], &["axb"]);
        check(r"a\\*b", Place::Whole, &[r"a\b", r"a\xyb"], &["a*b"]);
        check(r"a\\\*b", Place::Whole, &[r"a\*b"], &[r"a\xb"]);
        check(r"a\\\\b", Place::Whole, &[r"a\\b"], &[r"a\b"]);
    }

    #[test]
    fn case_counts_only_when_asked_for() {
        let cased = Pattern::new(&SigmaString::new("Root"), Place::Whole, true, false);
        assert!(cased.fits("Root", "root") && !cased.fits("root", "root"));
        check("Ärger", Place::Whole, &["äRGER"], &["arger"]);
        check("ΟΔΟΣ", Place::Anywhere, &["οδος", "ΟΔΟΣ ΟΔΟΣ", "οδοσα"], &[]);
    }

    #[test]
    fn dashes_are_one() {
        let pattern = Pattern::new(&SigmaString::new(" -enc /x"), Place::Anywhere, false, true);
        for text in [" -enc -x", " /ENC /x", " \u{2013}enc \u{2015}x"] {
            assert!(pattern.fits(text, &fold(text)), "{text}");
        }
        assert_eq!(pattern.literal(), "enc ");
    }

    /// The pattern by definition: some way of filling the wildcards gives the text.
    fn by_definition(pieces: &[Piece], text: &str) -> bool {
        match pieces.split_first() {
            None => text.is_empty(),
            Some((Piece::Text(fixed), rest)) => text.strip_prefix(&**fixed).is_some_and(|left| by_definition(rest, left)),
            Some((Piece::One, rest)) => text.chars().next().is_some_and(|c| by_definition(rest, &text[c.len_utf8()..])),
            Some((Piece::Many, rest)) => {
                text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| by_definition(rest, &text[at..]))
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab?*é]{0,8}", text in "[abé]{0,10}", place in 0..4usize) {
            let place = [Place::Whole, Place::Anywhere, Place::Start, Place::End][place];
            let pattern = Pattern::new(&SigmaString::new(&pattern), place, false, false);
            prop_assert_eq!(pattern.fits(&text, &fold(&text)), by_definition(&pattern.pieces, &text));
        }

        #[test]
        fn a_fitting_text_contains_the_literal(pattern in "[aB?*-]{0,8}", text in "[aAbB/-]{0,10}", dashes: bool) {
            let pattern = Pattern::new(&SigmaString::new(&pattern), Place::Anywhere, false, dashes);
            if pattern.fits(&text, &fold(&text)) {
                prop_assert!(fold(&text).contains(&*pattern.literal()));
            }
        }
    }
}

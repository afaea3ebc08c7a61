//! Colours that a program prints because it takes its output for a terminal, `ESC [ 31 m`, and the mark of the order of bytes.
//!
//! They say nothing, and they stand where a parser looks for a level or a name. The record keeps them.

use std::borrow::Cow;

/// The sign that begins a control sequence.
const ESCAPE: u8 = 0x1b;

/// The mark of the order of bytes, which programs of Windows put before the first line of a file.
const MARK: char = '\u{feff}';

/// A text without control sequences (ECMA-48 §5.4): `ESC [`, parameters, and the sign that ends them.
pub(super) fn without_colours(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr::memchr(ESCAPE, text.as_bytes()).is_none() {
        return match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix(MARK).unwrap_or(text)),
            Cow::Owned(text) => text.strip_prefix(MARK).map(str::to_owned).map_or(Cow::Owned(text), Cow::Owned),
        };
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.bytes().position(|byte| !(0x20..=0x3f).contains(&byte));
        rest = match end.and_then(|end| after.split_at_checked(end)) {
            // Only what is a whole sequence goes.
            Some((_, after)) if after.as_bytes().first().is_some_and(|byte| (0x40..=0x7e).contains(byte)) => {
                after.get(1..).unwrap_or_default()
            }
            _ => {
                plain.push_str("\u{1b}[");
                after
            }
        };
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_are_taken_out() {
        for (text, expected) in [
            ("plain", "plain"),
            ("\u{feff}{}", "{}"),
            ("\u{1b}[31mERROR\u{1b}[0m app", "ERROR app"),
            ("\u{1b}[1;38;5;9mx\u{1b}[K", "x"),
            ("\u{1b}[31", "\u{1b}[31"),
            ("a\u{1b}b", "a\u{1b}b"),
            ("\u{1b}[é", "\u{1b}[é"),
        ] {
            assert_eq!(without_colours(Cow::Borrowed(text)), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[\u{1b}\\[0-9;mKé ]{0,40}") {
            assert!(without_colours(Cow::Borrowed(&text)).len() <= text.len());
        }
    }
}

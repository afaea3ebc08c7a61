//! A text that stands in the record is not stored twice: its place is.
//!
//! The message of a log line mostly is the end of the line. Places count characters from 1, as SQL's
//! `substring` does, so that any engine puts text and record together again.

/// Where a text stands in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PartPlace {
    /// Its first character, counted from 1.
    pub(super) at: i32,
    /// How many characters it has; nothing when it goes to the end.
    pub(super) chars: Option<i32>,
}

/// The place of a text in a record, if it stands there.
pub(super) fn part_of(raw: &str, part: &str) -> Option<PartPlace> {
    if part.is_empty() {
        return None;
    }
    let (before, chars) = match raw.strip_suffix(part) {
        Some(before) => (before, None),
        None => (raw.get(..raw.find(part)?)?, Some(i32::try_from(chars_of(part)).ok()?)),
    };
    Some(PartPlace { at: i32::try_from(chars_of(before)).ok()?.checked_add(1)?, chars })
}

/// The text at a place of a record; nothing when the record is too short for it.
pub(crate) fn part_at(raw: &str, at: i32, chars: Option<i32>) -> Option<&str> {
    let from = behind(raw, usize::try_from(at).ok()?.checked_sub(1)?)?;
    match chars {
        None => Some(from),
        Some(chars) => from.get(..from.len() - behind(from, usize::try_from(chars).ok()?)?.len()),
    }
}

/// What is left without the first characters.
fn behind(text: &str, chars: usize) -> Option<&str> {
    // The start of a line mostly is ASCII, where a character is a byte.
    if text.as_bytes().get(..chars).is_some_and(<[u8]>::is_ascii) {
        return text.get(chars..);
    }
    let mut rest = text.chars();
    for _ in 0..chars {
        rest.next()?;
    }
    Some(rest.as_str())
}

fn chars_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_count_characters_from_one() {
        for (raw, part, at, chars) in [
            ("<38>sshd: Failed password", "Failed password", 11, None),
            ("grüße: wer da\n", "wer da", 8, Some(6)),
            ("same", "same", 1, None),
        ] {
            assert_eq!(part_of(raw, part), Some(PartPlace { at, chars }), "{raw}");
        }
        assert_eq!(part_of("abc", "x"), None);
        assert_eq!(part_of("abc", ""), None);
        assert_eq!(part_at("abc", 0, None), None);
        assert_eq!(part_at("abc", 5, None), None);
        assert_eq!(part_at("abc", 2, Some(3)), None);
    }

    proptest! {
        #[test]
        fn what_is_placed_is_found(before in "\\PC{0,9}", part in "\\PC{1,9}", after in "\\PC{0,9}") {
            let raw = format!("{before}{part}{after}");
            let place = part_of(&raw, &part).unwrap();
            prop_assert_eq!(part_at(&raw, place.at, place.chars), Some(&*part));
        }
    }
}

//! Sentences with gaps: `User '{}' executed the '{}' command.`
//!
//! The words of a pattern must stand in the text in this order; each `{}` takes what stands between
//! them. The first word after a gap is the nearest, the last one, when nothing follows, is the end.

/// Most gaps of a pattern.
const GAPS_MAX: usize = 8;

/// What stands in the gaps of a pattern; the rest are empty. Nothing when the text is another sentence.
pub(crate) fn scan<'a>(text: &'a str, pattern: &str) -> Option<[&'a str; GAPS_MAX]> {
    let mut gaps = [""; GAPS_MAX];
    let mut places = gaps.iter_mut();
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut parts = parts.peekable();
    while let Some(word) = parts.next() {
        let (value, after) = if word.is_empty() && parts.peek().is_none() { (rest, "") } else { rest.split_once(word)? };
        *places.next()? = value.trim();
        rest = after;
    }
    Some(gaps)
}

/// The text between two others, behind the first place of the former.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    if after.is_empty() { Some(rest) } else { Some(rest.split_once(after).map_or(rest, |(value, _)| value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_take_what_stands_between_words() {
        let seen = scan("User 'eva' executed the 'enable' command.", "User '{}' executed the '{}' command").unwrap();
        assert_eq!(seen[..2], ["eva", "enable"]);
        assert_eq!(scan("a b c", "a {}").unwrap()[0], "b c");
        assert_eq!(scan("a b c", "a {} d"), None);
        assert_eq!(between("on interface x now", "interface ", " "), Some("x"));
    }
}

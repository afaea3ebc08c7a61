//! Text whatever its encoding.
//!
//! Lock files are UTF-8, except those written by Windows tools: with a byte order mark, or in UTF-16 as
//! PowerShell's `>` does. Bytes that are no text are replaced, never refused.

use std::borrow::Cow;

/// The text of these bytes, without byte order mark.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().copied().map(unit);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// What stands between the first pair of these quotes, and the rest after it.
pub(crate) fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    text.split_once(quote)?.1.split_once(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_windows_writes() {
        assert_eq!(decoded(b"\xef\xbb\xbfa=1"), "a=1");
        assert_eq!(decoded(b"\xff\xfea\0=\x001\0"), "a=1");
        assert_eq!(decoded(b"\xfe\xff\0a\0=\x001\0"), "a=1");
        assert_eq!(decoded(b"a\xff"), "a\u{fffd}");
        assert_eq!(quoted("x 'a b' c 'd'", '\''), Some(("a b", " c 'd'")));
    }
}

//! Encodings of a rule's value: UTF-16 and Base64, in the order the rule names them.
//!
//! Events are text, so an encoded value that is not text (UTF-16 of non-ASCII letters, a byte order
//! mark) can only be meant as a step before Base64; left at the end it could never match and is
//! refused. `base64offset` gives the part of the encoding that does not depend on what stands before
//! or behind, for each of the three positions in a group of three bytes.
//!
//! Specification: Sigma 2.1.0, appendix "Modifiers", section "Encoding".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// `wide`, `utf16le`.
    Utf16Le,
    /// `utf16be`.
    Utf16Be,
    /// `utf16`: little-endian behind a byte order mark.
    Utf16,
    /// `base64`.
    Base64,
    /// `base64offset`.
    Base64Offset,
}

impl Encoding {
    /// The values that one value becomes.
    pub(crate) fn apply(self, value: &[u8]) -> Vec<Vec<u8>> {
        match self {
            Self::Utf16Le => vec![utf16(value, u16::to_le_bytes)],
            Self::Utf16Be => vec![utf16(value, u16::to_be_bytes)],
            Self::Utf16 => vec![[&[0xFF, 0xFE], &*utf16(value, u16::to_le_bytes)].concat()],
            Self::Base64 => vec![STANDARD.encode(value).into_bytes()],
            Self::Base64Offset => (0..3).map(|offset| within_base64(value, offset)).filter(|part| !part.is_empty()).collect(),
        }
    }
}

fn utf16(value: &[u8], bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    String::from_utf8_lossy(value).encode_utf16().flat_map(bytes).collect()
}

/// What is certain of a value's Base64 when `offset` bytes (mod 3) stand before it.
fn within_base64(value: &[u8], offset: usize) -> Vec<u8> {
    // Characters that hold bits of the bytes before, and those that would hold bits of bytes behind.
    const BEFORE: [usize; 3] = [0, 2, 3];
    const BEHIND: [usize; 3] = [0, 3, 2];
    let padded = [&vec![0; offset], value].concat();
    let encoded = STANDARD.encode(&padded).into_bytes();
    let end = encoded.len().saturating_sub(BEHIND[padded.len() % 3]);
    encoded.get(BEFORE[offset]..end).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(encoding: Encoding, value: &str) -> Vec<String> {
        encoding.apply(value.as_bytes()).into_iter().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
    }

    #[test]
    fn encodes() {
        assert_eq!(Encoding::Utf16Le.apply(b"cmd"), [b"c\0m\0d\0"]);
        assert_eq!(Encoding::Utf16Be.apply(b"cmd"), [b"\0c\0m\0d"]);
        assert_eq!(Encoding::Utf16.apply(b"cmd"), [b"\xFF\xFEc\0m\0d\0"]);
        assert_eq!(texts(Encoding::Base64, "foobar"), ["Zm9vYmFy"]);
        assert_eq!(texts(Encoding::Base64Offset, "foobar"), ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]);
    }

    proptest! {
        #[test]
        fn an_offset_is_found_wherever_the_value_stands(before in "[a-z]{0,5}", value in "[a-z]{3,9}", behind in "[a-z]{0,5}") {
            let whole = STANDARD.encode(format!("{before}{value}{behind}"));
            prop_assert!(texts(Encoding::Base64Offset, &value).iter().any(|part| whole.contains(part)));
        }
    }
}

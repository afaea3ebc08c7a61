//! Reading and writing the small pieces: varints, texts, front-coded texts.
//!
//! A [`Reader`] answers `None` past the end, for a number of more than 64 bits and for bytes that are
//! not UTF-8. It never panics.

/// Reads pieces off the front of a byte string.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if bits != 0 && bits.leading_zeros() < shift {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A varint that numbers or counts things in memory.
    pub(crate) fn number(&mut self) -> Option<usize> {
        self.varint()?.try_into().ok()
    }

    /// A signed varint: zigzag.
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let folded = self.varint()?;
        let magnitude = i64::try_from(folded >> 1).ok()?;
        Some(if folded & 1 == 0 { magnitude } else { !magnitude })
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    /// The next text of a front-coded row of texts: how much of the one before stays, then the rest.
    pub(crate) fn front_coded(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let shared = self.number()?;
        let length = self.number()?;
        let suffix = self.bytes(length)?;
        if shared > text.len() {
            return None;
        }
        text.truncate(shared);
        text.extend_from_slice(suffix);
        Some(())
    }
}

/// Writes the pieces that [`Reader`] reads.
pub(crate) trait Put {
    fn put_varint(&mut self, value: u64);
    fn put_number(&mut self, value: usize);
    fn put_signed(&mut self, value: i64);
    fn put_text(&mut self, text: &str);
    fn put_front_coded(&mut self, before: &str, text: &str);
}

impl Put for Vec<u8> {
    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }

    fn put_number(&mut self, value: usize) {
        // usize has at most 64 bits on every target of Rust.
        self.put_varint(value as u64);
    }

    fn put_signed(&mut self, value: i64) {
        self.put_varint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    fn put_text(&mut self, text: &str) {
        self.put_number(text.len());
        self.extend_from_slice(text.as_bytes());
    }

    fn put_front_coded(&mut self, before: &str, text: &str) {
        let shared = before.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        self.put_number(shared);
        self.put_number(text.len() - shared);
        self.extend_from_slice(&text.as_bytes()[shared..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_and_texts_come_back(value: u64, signed: i64, a in "\\PC{0,20}", b in "\\PC{0,20}") {
            let mut bytes = Vec::new();
            bytes.put_varint(value);
            bytes.put_signed(signed);
            bytes.put_text(&a);
            bytes.put_front_coded(&a, &b);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint(), Some(value));
            prop_assert_eq!(reader.signed(), Some(signed));
            prop_assert_eq!(reader.text(), Some(a.as_str()));
            let mut text = a.into_bytes();
            prop_assert!(reader.front_coded(&mut text).is_some());
            prop_assert_eq!(text, b.into_bytes());
            prop_assert_eq!(reader.u8(), None);
        }

        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            let mut text = Vec::new();
            while reader.varint().is_some() && reader.signed().is_some() && reader.text().is_some() && reader.front_coded(&mut text).is_some() {}
        }
    }

    #[test]
    fn a_number_of_more_than_64_bits_is_refused() {
        let longest = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(Reader::new(&longest).varint(), Some(u64::MAX));
        let too_long = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert_eq!(Reader::new(&too_long).varint(), None);
    }
}

//! The wire format of Protocol Buffers, as far as log protocols use it: fields of a message one after another, borrowed.
//!
//! Specified in <https://protobuf.dev/programming-guides/encoding/>. No schema and no generated code: the few messages
//! that are read name their fields by number. A message that ends in the middle of a field is an error.

/// A message is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a message of Protocol Buffers")]
pub struct NotAMessage;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Wire<'a> {
    /// A number of variable length.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Four bytes.
    Fixed32(u32),
    /// A text, bytes, a message, packed numbers.
    Bytes(&'a [u8]),
}

/// The fields of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field's number and value.
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Wire<'a>)>, NotAMessage> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| NotAMessage)?;
        let value = match key & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| NotAMessage)?;
                Wire::Bytes(self.bytes(length)?)
            }
            5 => Wire::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(NotAMessage),
        };
        if number == 0 { Err(NotAMessage) } else { Ok(Some((number, value))) }
    }

    fn varint(&mut self) -> Result<u64, NotAMessage> {
        let mut value = 0u64;
        for place in 0..10 {
            let (first, rest) = self.0.split_first().ok_or(NotAMessage)?;
            self.0 = rest;
            value |= u64::from(first & 0x7f) << (7 * place);
            if first & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(NotAMessage)
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], NotAMessage> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(NotAMessage)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NotAMessage> {
        self.bytes(N)?.try_into().map_err(|_| NotAMessage)
    }
}

impl<'a> Wire<'a> {
    /// The bytes of a text or message; empty for what is neither.
    pub(crate) const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }

    /// The number, whatever its form.
    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Varint(number) | Self::Fixed64(number) => number,
            Self::Fixed32(number) => number as u64,
            Self::Bytes(_) => 0,
        }
    }
}

/// Writes messages, for tests of those who read them.
#[cfg(test)]
pub(crate) mod testing {
    /// A field of bytes.
    pub(crate) fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2][..], &varint(value.len() as u64), value].concat()
    }

    /// A field with a number.
    pub(crate) fn number(number: u8, value: u64) -> Vec<u8> {
        [&[number << 3][..], &varint(value)].concat()
    }

    /// A field of eight bytes.
    pub(crate) fn fixed64(number: u8, value: u64) -> Vec<u8> {
        [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
    }

    fn varint(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_field() {
        let message =
            [testing::number(1, 300), testing::bytes(2, b"ab"), testing::fixed64(3, 7), vec![0x25, 1, 0, 0, 0]].concat();
        let mut fields = Fields(&message);
        let mut seen = Vec::new();
        while let Some(field) = fields.next().unwrap() {
            seen.push(field);
        }
        assert_eq!(seen, [(1, Wire::Varint(300)), (2, Wire::Bytes(b"ab")), (3, Wire::Fixed64(7)), (4, Wire::Fixed32(1))]);
    }

    #[test]
    fn what_ends_too_early_or_never_is_no_message() {
        for message in
            [&b"\x0a\x05ab"[..], b"\x08", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x0b", b"\x02\x00", b"\x09\x01"]
        {
            assert_eq!(Fields(message).next(), Err(NotAMessage), "{message:?}");
        }
    }
}

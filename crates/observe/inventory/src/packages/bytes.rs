//! Numbers at places of foreign bytes.
//!
//! Holds: a place that is not there gives nothing; no place, however large, overflows.

/// Bytes in an order of numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a> {
    bytes: &'a [u8],
    order: Order,
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The lowest.
    Little,
    /// The highest.
    Big,
}

impl<'a> Bytes<'a> {
    /// Bytes whose numbers begin with the lowest byte.
    pub(crate) const fn little(bytes: &'a [u8]) -> Self {
        Self { bytes, order: Order::Little }
    }

    /// Bytes whose numbers begin with the highest byte.
    pub(crate) const fn big(bytes: &'a [u8]) -> Self {
        Self { bytes, order: Order::Big }
    }

    /// Bytes in this order.
    pub(crate) const fn of(bytes: &'a [u8], order: Order) -> Self {
        Self { bytes, order }
    }

    /// Their order.
    pub(crate) const fn order(self) -> Order {
        self.order
    }

    /// How many there are.
    pub(crate) const fn len(self) -> usize {
        self.bytes.len()
    }

    /// Some of them.
    pub(crate) fn slice(self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.bytes.get(at..at.checked_add(length)?)
    }

    /// One byte.
    pub(crate) fn u8(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// A number of two bytes.
    pub(crate) fn u16(self, at: usize) -> Option<u16> {
        let number = self.slice(at, 2)?.try_into().ok()?;
        Some(if self.order == Order::Little { u16::from_le_bytes(number) } else { u16::from_be_bytes(number) })
    }

    /// A number of four bytes.
    pub(crate) fn u32(self, at: usize) -> Option<u32> {
        let number = self.slice(at, 4)?.try_into().ok()?;
        Some(if self.order == Order::Little { u32::from_le_bytes(number) } else { u32::from_be_bytes(number) })
    }

    /// A number of eight bytes.
    pub(crate) fn u64(self, at: usize) -> Option<u64> {
        let number = self.slice(at, 8)?.try_into().ok()?;
        Some(if self.order == Order::Little { u64::from_le_bytes(number) } else { u64::from_be_bytes(number) })
    }

    /// A number of two bytes, as a place or a count.
    pub(crate) fn short(self, at: usize) -> Option<usize> {
        self.u16(at).map(usize::from)
    }

    /// A number of four bytes, as a place or a count.
    pub(crate) fn word(self, at: usize) -> Option<usize> {
        self.u32(at).and_then(|number| usize::try_from(number).ok())
    }

    /// A number of eight bytes, as a place or a count.
    pub(crate) fn long(self, at: usize) -> Option<usize> {
        self.u64(at).and_then(|number| usize::try_from(number).ok())
    }
}

/// The bytes up to the first zero.
pub(crate) fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_not_there_give_nothing() {
        let bytes = Bytes::little(&[1, 2, 3, 4]);
        assert_eq!((bytes.u32(0), bytes.u16(2), bytes.u16(3), bytes.u64(0)), (Some(0x0403_0201), Some(0x0403), None, None));
        assert_eq!((bytes.slice(usize::MAX, 2), bytes.u8(4)), (None, None));
        assert_eq!(Bytes::big(&[1, 2, 3, 4]).u32(0), Some(0x0102_0304));
        assert_eq!(until_zero(b"ab\0c\0"), b"ab");
    }
}

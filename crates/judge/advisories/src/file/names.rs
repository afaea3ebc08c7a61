//! A sorted table of unique texts, front-coded in buckets.
//!
//! Count u32, one u32 offset for each bucket of [`BUCKET`] texts, then the buckets: the first text
//! whole, the others as the length shared with the one before, and the rest. Found by binary search
//! over the bucket heads and a walk through one bucket.

use super::blobs::TooLarge;
use super::bytes::{Put, Reader};
use std::cmp::Ordering;

const BUCKET: usize = 16;

/// Reads the table.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    count: usize,
    offsets: &'a [u8],
    buckets: &'a [u8],
}

impl<'a> Names<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let count = usize::try_from(reader.u32()?).ok()?;
        let offsets = reader.bytes(count.div_ceil(BUCKET).checked_mul(4)?)?;
        let buckets = bytes.get(4 + offsets.len()..)?;
        Some(Self { count, offsets, buckets })
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// The text with this number.
    pub(crate) fn get(&self, number: usize) -> Option<String> {
        if number >= self.count {
            return None;
        }
        let mut reader = self.bucket(number / BUCKET)?;
        let mut text = reader.text()?.as_bytes().to_vec();
        for _ in 0..number % BUCKET {
            reader.front_coded(&mut text)?;
        }
        String::from_utf8(text).ok()
    }

    /// The number of a text: `Some(None)` when it is not in the table, `None` when the table is damaged.
    pub(crate) fn find(&self, wanted: &str) -> Option<Option<usize>> {
        let Some(bucket) = self.bucket_of(wanted)? else { return Some(None) };
        let mut reader = self.bucket(bucket)?;
        let mut text = reader.text()?.as_bytes().to_vec();
        let first = bucket * BUCKET;
        for number in first..self.count.min(first + BUCKET) {
            if number > first {
                reader.front_coded(&mut text)?;
            }
            match text.as_slice().cmp(wanted.as_bytes()) {
                Ordering::Less => {}
                Ordering::Equal => return Some(Some(number)),
                Ordering::Greater => break,
            }
        }
        Some(None)
    }

    /// The last bucket whose first text is not after the wanted one.
    fn bucket_of(&self, wanted: &str) -> Option<Option<usize>> {
        let (mut low, mut high) = (0, self.count.div_ceil(BUCKET));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.bucket(middle)?.text()? <= wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(low.checked_sub(1))
    }

    fn bucket(&self, number: usize) -> Option<Reader<'a>> {
        let place = number.checked_mul(4)?;
        let offset = self.offsets.get(place..place.checked_add(4)?)?.try_into().ok()?;
        Some(Reader::new(self.buckets.get(usize::try_from(u32::from_le_bytes(offset)).ok()?..)?))
    }
}

/// Writes the table; the texts must be sorted by bytes and unique.
pub(crate) fn write<'a>(texts: impl ExactSizeIterator<Item = &'a str>) -> Result<Vec<u8>, TooLarge> {
    let count = u32::try_from(texts.len()).map_err(|_| TooLarge)?;
    let (mut offsets, mut buckets) = (Vec::new(), Vec::new());
    let mut before = "";
    for (number, text) in texts.enumerate() {
        debug_assert!(number == 0 || before < text, "sorted and unique");
        if number % BUCKET == 0 {
            let offset = u32::try_from(buckets.len()).map_err(|_| TooLarge)?;
            offsets.extend_from_slice(&offset.to_le_bytes());
            buckets.put_text(text);
        } else {
            buckets.put_front_coded(before, text);
        }
        before = text;
    }
    Ok([&count.to_le_bytes()[..], &offsets, &buckets].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_set;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_are_found_and_come_back(names in btree_set("[a-c]{0,6}", 0..80), other in "[a-d]{0,6}") {
            let bytes = write(names.iter().map(String::as_str)).unwrap();
            let table = Names::new(&bytes).unwrap();
            for (number, name) in names.iter().enumerate() {
                prop_assert_eq!(table.find(name), Some(Some(number)));
                prop_assert_eq!(table.get(number), Some(name.clone()));
            }
            prop_assert_eq!(table.get(names.len()), None);
            prop_assert_eq!(table.find(&other), Some(names.iter().position(|name| *name == other)));
        }

        #[test]
        fn foreign_bytes_are_read_without_panic(count in 0u32..40, rest: Vec<u8>, number in 0usize..50, wanted in "\\PC{0,4}") {
            let bytes = [&count.to_le_bytes()[..], &rest].concat();
            if let Some(table) = Names::new(&bytes) {
                let _ = (table.get(number), table.find(&wanted));
            }
        }
    }
}

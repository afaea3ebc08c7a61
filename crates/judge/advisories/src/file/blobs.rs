//! A table of byte strings by number: count u32, end of each as u32, then all of them in a row.

use super::bytes::Reader;

/// Reads the table.
#[derive(Clone, Copy)]
pub(crate) struct Blobs<'a> {
    ends: &'a [u8],
    content: &'a [u8],
}

impl<'a> Blobs<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let count = usize::try_from(reader.u32()?).ok()?;
        let ends = reader.bytes(count.checked_mul(4)?)?;
        let content = bytes.get(4 + ends.len()..)?;
        Some(Self { ends, content })
    }

    pub(crate) fn get(&self, number: usize) -> Option<&'a [u8]> {
        let start = if number == 0 { 0 } else { self.end(number - 1)? };
        self.content.get(start..self.end(number)?)
    }

    fn end(&self, number: usize) -> Option<usize> {
        let place = number.checked_mul(4)?;
        let end = self.ends.get(place..place.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(end)).ok()
    }
}

/// Collects byte strings; the order of pushing is their number.
#[derive(Default)]
pub(crate) struct BlobsWriter {
    ends: Vec<u32>,
    content: Vec<u8>,
}

/// More than the 4 GiB that the table can address.
#[derive(Debug, thiserror::Error)]
#[error("a table of more than 4 GiB")]
pub(crate) struct TooLarge;

impl BlobsWriter {
    pub(crate) fn push(&mut self, blob: &[u8]) -> Result<(), TooLarge> {
        let end = u32::try_from(self.content.len() + blob.len()).map_err(|_| TooLarge)?;
        u32::try_from(self.ends.len() + 1).map_err(|_| TooLarge)?;
        self.content.extend_from_slice(blob);
        self.ends.push(end);
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        // The count fits: `push` checks.
        let mut bytes = Vec::with_capacity(4 + self.ends.len() * 4 + self.content.len());
        bytes.extend_from_slice(&(self.ends.len() as u32).to_le_bytes());
        for end in self.ends {
            bytes.extend_from_slice(&end.to_le_bytes());
        }
        bytes.extend_from_slice(&self.content);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blobs_come_back(blobs: Vec<Vec<u8>>) {
            let mut writer = BlobsWriter::default();
            for blob in &blobs {
                writer.push(blob).unwrap();
            }
            let bytes = writer.finish();
            let table = Blobs::new(&bytes).unwrap();
            for (number, blob) in blobs.iter().enumerate() {
                prop_assert_eq!(table.get(number), Some(blob.as_slice()));
            }
            prop_assert_eq!(table.get(blobs.len()), None);
        }

        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>, number: usize) {
            if let Some(table) = Blobs::new(&bytes) {
                let _ = (table.get(number), table.get(0), table.get(1));
            }
        }
    }
}

//! Summaries and references, compressed in blocks, read only when somebody asks.
//!
//! A block is a zlib stream of at most [`BLOCK_BYTES_MAX`] bytes. A text begins somewhere in a block:
//! summary (text), varint count of references, each a text. What is seldom read must not slow the
//! rest: matching never opens a block.

use super::blobs::{BlobsWriter, TooLarge};
use super::bytes::{Put, Reader};
use super::vulnerability::TextPlace;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use std::io::{Read, Write};

/// A block is closed once it has as many bytes.
const BLOCK_BYTES: usize = 32 * 1024;
/// No block has more bytes, however it was made.
const BLOCK_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What the records say of a vulnerability in words.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Description {
    /// What it is, in one or two sentences.
    pub summary: String,
    /// Where to read on.
    pub references: Vec<String>,
}

/// Unpacks a block.
pub(crate) fn unpack(block: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = ZlibDecoder::new(block).take(BLOCK_BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    (read as u64 <= BLOCK_BYTES_MAX).then_some(bytes)
}

/// Reads the text at a place of an unpacked block.
pub(crate) fn read(block: &[u8], offset: usize) -> Option<Description> {
    let mut reader = Reader::new(block.get(offset..)?);
    let summary = reader.text()?.to_owned();
    let mut references = Vec::new();
    for _ in 0..reader.number()? {
        references.push(reader.text()?.to_owned());
    }
    Some(Description { summary, references })
}

/// Collects texts into blocks.
#[derive(Default)]
pub(crate) struct TextsWriter {
    blocks: BlobsWriter,
    open: Vec<u8>,
}

/// Why a text could not be put away.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    #[error("compressing texts failed")]
    Compress(#[from] std::io::Error),
}

impl TextsWriter {
    pub(crate) fn push(&mut self, description: &Description) -> Result<TextPlace, PackError> {
        let place = TextPlace { block: self.blocks.len(), offset: self.open.len() };
        self.open.put_text(&description.summary);
        self.open.put_number(description.references.len());
        description.references.iter().for_each(|reference| self.open.put_text(reference));
        if self.open.len() >= BLOCK_BYTES {
            self.close()?;
        }
        Ok(place)
    }

    fn close(&mut self) -> Result<(), PackError> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.open)?;
        self.blocks.push(&encoder.finish()?)?;
        self.open.clear();
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Vec<u8>, PackError> {
        if !self.open.is_empty() {
            self.close()?;
        }
        Ok(self.blocks.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::super::blobs::Blobs;
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn texts_come_back(texts in vec(("\\PC{0,2000}", vec("\\PC{0,40}", 0..3)), 0..60)) {
            let texts: Vec<Description> =
                texts.into_iter().map(|(summary, references)| Description { summary, references }).collect();
            let mut writer = TextsWriter::default();
            let places: Vec<TextPlace> = texts.iter().map(|text| writer.push(text).unwrap()).collect();
            let bytes = writer.finish().unwrap();
            let blocks = Blobs::new(&bytes).unwrap();
            for (text, place) in texts.iter().zip(places) {
                let block = unpack(blocks.get(place.block).unwrap()).unwrap();
                prop_assert_eq!(read(&block, place.offset), Some(text.clone()));
            }
        }
    }

    #[test]
    fn a_block_that_unpacks_to_too_much_is_refused() {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&vec![0; 5 * 1024 * 1024]).unwrap();
        assert_eq!(unpack(&encoder.finish().unwrap()), None);
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>, offset in 0usize..64) {
            let _ = (unpack(&bytes), read(&bytes, offset));
        }
    }
}

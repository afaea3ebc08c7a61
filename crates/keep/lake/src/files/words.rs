//! Filters of words: which pages of a row group may have a record with a word.
//!
//! One Bloom filter for each page of [`PAGE_ROWS`] records, split into blocks of 256 bits as Parquet's
//! are: the high half of a word's hash chooses the block, the low half eight bits in it. The filters
//! of a group have the same size, and their blocks are interleaved, so that one read gives what all
//! pages say of a word. They stand in the file between the row groups, where other engines do not
//! look; where each group's are, the footer says under [`KEY`].

use super::encoding::PAGE_ROWS;
use crate::words;

/// The footer's key: for each row group `offset,blocks,pages`, separated by `;`.
pub(super) const KEY: &str = "vigie.words.1";

/// Bits of a filter for each different word: one absent word in some two hundred is thought there.
const BITS: f64 = 12.0;
/// Blocks of a page's filter while it is filled, and at most.
const BLOCKS_MAX: usize = 4096;
const BLOCK_BYTES: usize = 32;

type Block = [u32; 8];

/// Gathers the words of a row group's records.
#[derive(Default)]
pub(super) struct WordsBuilder {
    pages: Vec<Vec<Block>>,
    rows: usize,
    /// Hashes seen last, by their low bits: most words of a record were in the one before.
    seen: Vec<u64>,
}

/// How many hashes are remembered.
const SEEN: usize = 1024;

impl WordsBuilder {
    /// Adds a record.
    pub(super) fn push(&mut self, record: &[u8]) {
        if self.rows.is_multiple_of(PAGE_ROWS) {
            self.pages.push(vec![[0; 8]; BLOCKS_MAX]);
            // No hash stands at the place of its opposite.
            self.seen = (0..SEEN as u64).map(|place| !place).collect();
        }
        self.rows += 1;
        let Some(page) = self.pages.last_mut() else { return };
        words::each(record, |_, hash| {
            match self.seen.get_mut(hash as usize % SEEN) {
                Some(seen) if *seen == hash => return,
                Some(seen) => *seen = hash,
                None => {}
            }
            if let Some(block) = page.get_mut(block_of(hash)) {
                block.iter_mut().zip(bits_of(hash)).for_each(|(word, bit)| *word |= bit);
            }
        });
    }

    /// The filters as they stand in the file, and their place there; the builder is empty afterwards.
    pub(super) fn finish(&mut self, offset: u64) -> (Vec<u8>, GroupWords) {
        let pages = std::mem::take(&mut self.pages);
        self.rows = 0;
        let blocks = pages.iter().map(|page| blocks_for(page)).max().unwrap_or(1);
        let mut bytes = Vec::with_capacity(blocks * pages.len() * BLOCK_BYTES);
        for place in 0..blocks {
            // The blocks that fall together when the filter is made smaller.
            let from = (place * BLOCKS_MAX).div_ceil(blocks);
            let to = ((place + 1) * BLOCKS_MAX).div_ceil(blocks);
            for page in &pages {
                let mut all: Block = [0; 8];
                for block in page.get(from..to).unwrap_or_default() {
                    all.iter_mut().zip(block).for_each(|(all, word)| *all |= word);
                }
                all.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
            }
        }
        (bytes, GroupWords { offset, blocks, pages: pages.len() })
    }
}

/// How many blocks hold as many words as are in a filled page.
fn blocks_for(page: &[Block]) -> usize {
    let all = (BLOCKS_MAX * BLOCK_BYTES * 8) as f64;
    let set: u32 = page.iter().flatten().map(|word| word.count_ones()).sum();
    let words = -all / 8.0 * (1.0 - f64::from(set) / all).max(f64::MIN_POSITIVE).ln();
    ((words * BITS / 256.0).ceil() as usize).clamp(1, BLOCKS_MAX)
}

fn block_of(hash: u64) -> usize {
    ((hash >> 32) as usize * BLOCKS_MAX) >> 32
}

/// One bit in each part of a block, by the multipliers that Parquet's filters have.
fn bits_of(hash: u64) -> Block {
    const SALT: [u32; 8] =
        [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];
    SALT.map(|salt| 1 << ((hash as u32).wrapping_mul(salt) >> 27))
}

/// Where the filters of a row group are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupWords {
    offset: u64,
    blocks: usize,
    pages: usize,
}

impl GroupWords {
    /// The bytes that say in which pages a word may be.
    pub(super) fn bytes_of(&self, hash: u64) -> (u64, usize) {
        let place = block_of(hash) * self.blocks / BLOCKS_MAX;
        let length = self.pages * BLOCK_BYTES;
        (self.offset + (place * length) as u64, length)
    }
}

/// Which pages may have a word, by the bytes that say so.
pub(super) fn pages_of(bytes: &[u8], hash: u64) -> impl Iterator<Item = bool> {
    let wanted = bits_of(hash);
    bytes.chunks_exact(BLOCK_BYTES).map(move |block| {
        let words = block.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
        words.zip(wanted).all(|(word, bit)| word & bit != 0)
    })
}

/// As the footer says it.
pub(super) fn written(groups: &[GroupWords]) -> String {
    groups.iter().map(|GroupWords { offset, blocks, pages }| format!("{offset},{blocks},{pages};")).collect()
}

/// What a footer says, held against the size of the file and the row groups it has; nothing when it
/// does not fit: then there are no filters.
pub(super) fn read(text: &str, file_bytes: u64, group_rows: &[usize]) -> Option<Vec<GroupWords>> {
    let groups: Option<Vec<GroupWords>> = text.split_terminator(';').map(read_group).collect();
    let groups = groups.filter(|groups| groups.len() == group_rows.len())?;
    let fits = |(group, rows): (&GroupWords, &usize)| {
        let bytes = (group.blocks * group.pages * BLOCK_BYTES) as u64;
        group.pages == rows.div_ceil(PAGE_ROWS) && group.offset.checked_add(bytes).is_some_and(|end| end <= file_bytes)
    };
    groups.iter().zip(group_rows).all(fits).then_some(groups)
}

fn read_group(text: &str) -> Option<GroupWords> {
    let mut parts = text.split(',');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let group =
        GroupWords { offset: number()?, blocks: usize::try_from(number()?).ok()?, pages: usize::try_from(number()?).ok()? };
    (parts.next().is_none() && (1..=BLOCKS_MAX).contains(&group.blocks) && group.pages <= PAGES_MAX).then_some(group)
}

/// Pages of a row group at most: beyond any that is written.
const PAGES_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(word: &str) -> u64 {
        let mut found = 0;
        words::each(word.as_bytes(), |_, hash| found = hash);
        found
    }

    #[test]
    fn pages_have_their_words_and_few_others() {
        let mut builder = WordsBuilder::default();
        for row in 0..3 * PAGE_ROWS {
            builder.push(format!("page{} row{row} ordinary words", row / PAGE_ROWS).as_bytes());
        }
        let (bytes, group) = builder.finish(0);
        let pages = |word: &str| {
            let hash = hash_of(word);
            let (at, length) = group.bytes_of(hash);
            let at = usize::try_from(at).unwrap();
            pages_of(&bytes[at..at + length], hash).collect::<Vec<_>>()
        };
        assert_eq!(group.pages, 3);
        for row in (0..3 * PAGE_ROWS).step_by(97) {
            assert!(pages(&format!("ROW{row}"))[row / PAGE_ROWS]);
        }
        assert_eq!(pages("ordinary"), [true; 3]);
        assert_eq!(pages("page1"), [false, true, false]);
        let wrong: usize = (0..10_000).map(|n| pages(&format!("absent{n}")).iter().filter(|page| **page).count()).sum();
        assert!(wrong < 300, "{wrong} of 30,000");
        let each = bytes.len() / (3 * PAGE_ROWS);
        assert!(each <= 1, "{} bytes", bytes.len());
    }

    #[test]
    fn a_footer_that_does_not_fit_is_not_believed() {
        let group = GroupWords { offset: 100, blocks: 2, pages: 1 };
        let text = written(&[group]);
        assert_eq!(text, "100,2,1;");
        assert_eq!(read(&text, 164, &[8192]), Some(vec![group]));
        for (text, bytes, rows) in [
            ("100,2,1;", 163, vec![8192]),
            ("100,2,1;", 164, vec![8193]),
            ("100,2,1;", 164, vec![]),
            ("100,0,1;", 164, vec![1]),
            ("100,2;", 164, vec![1]),
            ("100,2,1,1;", 164, vec![1]),
            ("x,2,1;", 164, vec![1]),
        ] {
            assert_eq!(read(text, bytes, &rows), None, "{text}");
        }
    }
}

//! Words of a record: what a search for text looks up.
//!
//! A word is a maximal run of ASCII letters and digits, case ignored; every other byte separates, so
//! a letter with an accent does, too. Filters ([`crate::files`]) hold the words of a page of records,
//! but for numbers of up to [`NUMBER_MAX`] digits, which nearly every page has (times, ports, process
//! numbers), and besides them each IPv4 address as a whole.
//!
//! Hashes are stored: they must not change.

use std::ops::Range;

/// Numbers of so many digits are not in a filter.
pub(crate) const NUMBER_MAX: usize = 5;

/// Whether a byte belongs to a word.
pub(crate) const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// Shows what a filter holds of a record: where it stands and its hash.
pub(crate) fn each(record: &[u8], mut show: impl FnMut(Range<usize>, u64)) {
    let mut quad = Quad::default();
    let mut at = 0;
    while let Some(start) = position(record, at, true) {
        let end = position(record, start, false).unwrap_or(record.len());
        let numeric = record.get(start..end).is_some_and(|word| word.len() <= NUMBER_MAX && word.iter().all(u8::is_ascii_digit));
        if !numeric {
            show(start..end, hash(record, start..end));
        }
        if let Some(start) = quad.add(record, start..end, numeric) {
            show(start..end, hash(record, start..end));
        }
        at = end;
    }
}

/// The next byte that belongs to a word, or that does not.
fn position(record: &[u8], from: usize, wanted: bool) -> Option<usize> {
    let rest = record.get(from..)?;
    rest.iter().position(|byte| IS_OF_WORD[usize::from(*byte)] == wanted).map(|place| from + place)
}

static IS_OF_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = is_of_word(byte as u8);
        byte += 1;
    }
    table
};

/// The last numbers that stood in a row with a dot between them.
#[derive(Default)]
struct Quad {
    /// Where they start, the last one first.
    starts: [usize; 4],
    count: usize,
    end: usize,
}

impl Quad {
    /// Adds a word; gives the start of an address that ends with it.
    fn add(&mut self, record: &[u8], word: Range<usize>, numeric: bool) -> Option<usize> {
        if !numeric || word.len() > 3 {
            self.count = 0;
            return None;
        }
        let goes_on = self.count > 0 && word.start == self.end + 1 && record.get(self.end) == Some(&b'.');
        self.count = if goes_on { self.count + 1 } else { 1 };
        self.starts.copy_within(0..3, 1);
        self.starts[0] = word.start;
        self.end = word.end;
        (self.count >= 4).then_some(self.starts[3])
    }
}

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const FACTOR: u64 = 0xD6E8_FEB8_6659_FD93;

/// The hash of a word or an address, case ignored.
fn hash(record: &[u8], range: Range<usize>) -> u64 {
    let mut hash = (range.len() as u64).wrapping_mul(SEED);
    for start in range.clone().step_by(8) {
        hash = (hash ^ eight(record, start, range.end)).wrapping_mul(FACTOR);
        hash ^= hash >> 32;
    }
    hash = hash.wrapping_mul(SEED);
    hash ^ hash >> 29
}

/// Up to eight bytes in lower case: letters have this bit set then, digits and dots always.
fn eight(record: &[u8], start: usize, end: usize) -> u64 {
    const LOWER: u64 = 0x2020_2020_2020_2020;
    let wanted = (end - start).min(8);
    let bytes = match record.get(start..).and_then(<[u8]>::first_chunk) {
        Some(bytes) => *bytes,
        None => {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(record.iter().skip(start)).for_each(|(to, from)| *to = *from);
            bytes
        }
    };
    (u64::from_le_bytes(bytes) | LOWER) & (u64::MAX >> (64 - 8 * wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(record: &str) -> Vec<&str> {
        let mut shown = Vec::new();
        each(record.as_bytes(), |range, _| shown.push(&record[range]));
        shown
    }

    #[test]
    fn words_numbers_and_addresses() {
        assert_eq!(shown("sshd[123]: Failed_password for grüße"), ["sshd", "Failed", "password", "for", "gr", "e"]);
        assert_eq!(shown("08:30:15 50122 1795000000"), ["1795000000"]);
        assert_eq!(shown("from 10.0.0.7:80, 1.2.3"), ["from", "10.0.0.7"]);
        assert_eq!(shown("1.2.3.4.5"), ["1.2.3.4", "2.3.4.5"]);
        assert_eq!(shown("1.2.3.1000"), [""; 0]);
        assert_eq!(shown("1.2..3.4 a.1.2.3"), ["a"]);
        assert_eq!(shown(""), [""; 0]);
    }

    #[test]
    fn hashes_are_what_files_hold() {
        let mut hashes = Vec::new();
        each(b"sshd 10.0.0.7 Authentication", |_, hash| hashes.push(hash));
        assert_eq!(hashes, [5_810_655_610_058_137_428, 385_434_000_330_250_841, 3_737_862_241_617_572_594]);
    }

    proptest! {
        #[test]
        fn case_and_surroundings_do_not_matter(word in "[A-Za-z][A-Za-z0-9]{0,20}", before in "[ =.\"]{1,9}", after in "[ =.\"]{0,9}") {
            let mut hashes = std::collections::HashSet::new();
            for record in [word.clone(), word.to_uppercase(), format!("{before}{word}{after}")] {
                each(record.as_bytes(), |_, hash| hashes.extend([hash]));
            }
            prop_assert_eq!(hashes.len(), 1);
        }

        #[test]
        fn any_bytes_have_words(bytes: Vec<u8>) {
            each(&bytes, |range, _| assert!(range.end <= bytes.len() && !range.is_empty()));
        }
    }
}

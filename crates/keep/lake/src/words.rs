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
    let mut word = |word: Range<usize>| {
        let first = eight(record, word.start, word.end);
        let length = word.len();
        // Letters have this bit, digits do not.
        if length > NUMBER_MAX || first & 0x4040_4040_4040_4040 != 0 {
            quad.count = 0;
            show(word.clone(), hash(record, word, first));
        } else if let Some(start) = quad.add(record, word.clone()) {
            show(start..word.end, hash(record, start..word.end, eight(record, start, word.end)));
        }
    };
    let mut begun = None;
    for (place, piece) in record.chunks(PIECE).enumerate() {
        let base = place * PIECE;
        let mask = of_words(piece);
        let mut at = 0;
        while at < PIECE {
            // The next byte that ends the word, or begins one.
            let rest = if begun.is_some() { !mask >> at } else { mask >> at };
            if rest == 0 {
                break;
            }
            at += rest.trailing_zeros() as usize;
            match begun.take() {
                Some(start) => word(start..base + at),
                None => begun = Some(base + at),
            }
        }
    }
    if let Some(start) = begun {
        word(start..record.len());
    }
}

/// Bytes looked at together.
const PIECE: usize = 64;

/// A bit for each byte, set where it belongs to a word.
fn of_words(piece: &[u8]) -> u64 {
    let (eights, rest) = piece.as_chunks::<8>();
    let mut mask = 0;
    for (place, eight) in eights.iter().enumerate() {
        mask |= of_words_in(u64::from_le_bytes(*eight)) << (8 * place);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        mask |= of_words_in(u64::from_le_bytes(last)) << (8 * eights.len());
    }
    mask
}

/// The same for eight bytes. A byte of seven bits is at least `n` where adding `0x80 - n` sets its
/// eighth.
const fn of_words_in(bytes: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    let low = bytes & !HIGH;
    let lower = low | LOWER;
    let letter = (lower + (0x80 - b'a' as u64) * EACH) & !(lower + (0x7f - b'z' as u64) * EACH);
    let digit = (low + (0x80 - b'0' as u64) * EACH) & !(low + (0x7f - b'9' as u64) * EACH);
    let found = (letter | digit) & !bytes & HIGH;
    // Gathers the eighth bits in one byte.
    (found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The last numbers that stood in a row with a dot between them.
#[derive(Default)]
struct Quad {
    /// Where the last three start, the latest last.
    starts: [usize; 3],
    count: usize,
    end: usize,
}

impl Quad {
    /// Adds a number; gives the start of an address that ends with it.
    fn add(&mut self, record: &[u8], number: Range<usize>) -> Option<usize> {
        if number.len() > 3 {
            self.count = 0;
            return None;
        }
        let goes_on = self.count > 0 && number.start == self.end + 1 && record.get(self.end) == Some(&b'.');
        let [fourth, third, second] = self.starts;
        self.count = if goes_on { self.count + 1 } else { 1 };
        self.starts = [third, second, number.start];
        self.end = number.end;
        (self.count >= 4).then_some(fourth)
    }
}

/// The bit that makes letters lower case.
const LOWER: u64 = 0x2020_2020_2020_2020;
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const FACTOR: u64 = 0xD6E8_FEB8_6659_FD93;

/// The hash of a word or an address, case ignored; `first` are its first eight bytes.
fn hash(record: &[u8], range: Range<usize>, first: u64) -> u64 {
    let mixed = |hash: u64, eight: u64| {
        let hash = (hash ^ eight).wrapping_mul(FACTOR);
        hash ^ hash >> 32
    };
    let mut hash = mixed((range.len() as u64).wrapping_mul(SEED), first);
    for start in range.clone().step_by(8).skip(1) {
        hash = mixed(hash, eight(record, start, range.end));
    }
    hash = hash.wrapping_mul(SEED);
    hash ^ hash >> 29
}

/// Up to eight bytes in lower case: letters have this bit set then, digits and dots always.
fn eight(record: &[u8], start: usize, end: usize) -> u64 {
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
        fn words_are_runs_of_letters_and_digits(bytes in proptest::collection::vec(proptest::sample::select(&b"aZ09.@[`{/:\x80\xe1\xff"[..]), 0..200)) {
            let plain = bytes.split(|byte| !is_of_word(*byte)).filter(|word| !word.is_empty());
            let plain: Vec<&[u8]> = plain.filter(|word| word.len() > NUMBER_MAX || !word.iter().all(u8::is_ascii_digit)).collect();
            let mut found = Vec::new();
            each(&bytes, |range, _| found.push(&bytes[range]));
            found.retain(|word| !word.contains(&b'.'));
            prop_assert_eq!(found, plain);
        }

        #[test]
        fn any_bytes_have_words(bytes: Vec<u8>) {
            each(&bytes, |range, _| assert!(range.end <= bytes.len() && !range.is_empty()));
        }
    }
}

//! Finds many keywords in one pass: the filter in front of all patterns.
//!
//! Every keyword is represented by the rarest pair of neighbouring three-byte pieces in it. One of
//! the two always stands at an even place, so only every second place is looked at: one hash, one
//! bit of a small table that stays in the first-level cache. Only where the bit is set are keywords
//! compared. Letters are folded to lower case by setting one bit of each byte, which also folds a few
//! signs; the comparison sorts that out.
//!
//! An Aho-Corasick automaton over the same keywords does half as much in the same time (see
//! `benches/secrets.rs`): its next step waits for the last one, these do not.
//!
//! Holds: every keyword that begins in the given range is found exactly once, wherever it stands
//! (property test against a plain search).

/// Bits of a piece's hash.
const HASH_BITS: u32 = 17;
const WORDS: usize = 1 << (HASH_BITS - 6);

/// Sets the bit that tells lower from upper case in each of eight bytes.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// One keyword.
#[derive(Debug)]
struct Keyword {
    bytes: Vec<u8>,
    any_case: bool,
}

impl Keyword {
    fn stands_at(&self, bytes: &[u8]) -> bool {
        match bytes.get(..self.bytes.len()) {
            Some(here) if self.any_case => here.eq_ignore_ascii_case(&self.bytes),
            Some(here) => here == self.bytes,
            None => false,
        }
    }
}

/// A keyword that may stand `offset` bytes before a piece with this hash.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    keyword: u16,
    /// Minus one for a piece that begins before a keyword of three bytes.
    offset: i8,
}

/// The keywords of all rules.
#[derive(Debug)]
pub(super) struct Keywords {
    keywords: Vec<Keyword>,
    /// One bit for each hash.
    bits: Box<[u64; WORDS]>,
    /// By hash.
    places: Vec<Place>,
    /// For each hash, where its places begin.
    starts: Vec<u16>,
    longest: usize,
}

impl Keywords {
    /// A filter for keywords of at least three bytes; their numbers are their places in the list.
    pub(super) fn new<'k>(list: impl Iterator<Item = (&'k str, bool)>) -> Self {
        let keywords: Vec<Keyword> = list.map(|(text, any_case)| Keyword { bytes: text.as_bytes().to_vec(), any_case }).collect();
        let mut places = Vec::new();
        for (number, keyword) in (0_u16..).zip(&keywords) {
            for (offset, hash) in pieces(&keyword.bytes) {
                places.push(Place { hash, keyword: number, offset });
            }
        }
        places.sort_by_key(|place| (place.hash, place.keyword));
        places.dedup_by_key(|place| (place.hash, place.keyword, place.offset));
        let mut bits = Box::new([0_u64; WORDS]);
        let mut starts = vec![0_u16; (1 << HASH_BITS) + 1];
        for place in &places {
            bits[(place.hash >> 6) as usize] |= 1 << (place.hash & 63);
            starts[place.hash as usize + 1] += 1;
        }
        for hash in 1..starts.len() {
            starts[hash] += starts[hash - 1];
        }
        let longest = keywords.iter().map(|keyword| keyword.bytes.len()).max().unwrap_or(0);
        Self { keywords, bits, places, starts, longest }
    }

    /// Calls back with place and number of every keyword that begins in `from..to`.
    pub(super) fn find(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, u16)) {
        let first = from.saturating_sub(1);
        let last = bytes.len().min(to.saturating_add(self.longest));
        let Some(region) = bytes.get(first..last) else { return };
        let mut at = first;
        // Eight bytes hold three pieces at even places; the next eight begin six bytes on.
        for eight in region.windows(8).step_by(6) {
            let Ok(eight) = <[u8; 8]>::try_from(eight) else { continue };
            let folded = u64::from_le_bytes(eight) | FOLD;
            let hashes = [hash(folded), hash(folded >> 16), hash(folded >> 32)];
            if self.has(hashes[0]) | self.has(hashes[1]) | self.has(hashes[2]) {
                for (hash, place) in hashes.into_iter().zip([at, at + 2, at + 4]).filter(|(hash, _)| self.has(*hash)) {
                    self.compare(bytes, place, hash, from, to, &mut found);
                }
            }
            at += 6;
        }
        // What is left is shorter than eight bytes, or than the pieces in it.
        while let Some(&[a, b, c]) = bytes.get(at..at + 3).filter(|_| at < last) {
            let folded = u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]) | FOLD;
            self.compare(bytes, at, hash(folded), from, to, &mut found);
            at += 2;
        }
        // A piece that reaches beyond the end may be all there is of the last keyword.
        if let Some(&[b, c]) = bytes.get(at..at + 2).filter(|_| at < last) {
            let folded = u64::from_le_bytes([b, c, 0, 0, 0, 0, 0, 0]) | FOLD;
            self.compare(bytes, at, hash(folded), from, to, &mut found);
        }
    }

    const fn has(&self, hash: u32) -> bool {
        self.bits[(hash >> 6) as usize & (WORDS - 1)] >> (hash & 63) & 1 != 0
    }

    fn compare(&self, bytes: &[u8], place: usize, hash: u32, from: usize, to: usize, found: &mut impl FnMut(usize, u16)) {
        let (start, end) = (self.starts[hash as usize] as usize, self.starts[hash as usize + 1] as usize);
        for candidate in &self.places[start..end] {
            let Some(begin) = place.checked_add_signed(-isize::from(candidate.offset)) else { continue };
            let stands = (from..to).contains(&begin)
                && bytes.get(begin..).is_some_and(|rest| self.keywords[candidate.keyword as usize].stands_at(rest));
            if stands {
                found(begin, candidate.keyword);
            }
        }
    }
}

/// Hash of the lowest three bytes.
const fn hash(folded: u64) -> u32 {
    ((folded & 0xff_ffff) as u32).wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)
}

/// Offsets and hashes by which a keyword is noticed: two neighbouring pieces, the rarest there are.
fn pieces(keyword: &[u8]) -> Vec<(i8, u32)> {
    let hash_of = |a: u8, b: u8, c: u8| hash(u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]) | FOLD);
    if let &[a, b, c] = keyword {
        // Too short for two pieces: the second one reaches beyond it, to whatever byte.
        let whole = [(0, hash_of(a, b, c))].into_iter();
        let any = 0..=u8::MAX;
        return if commonness(&[a, b]) < commonness(&[b, c]) {
            whole.chain(any.map(|any| (-1, hash_of(any, a, b)))).collect()
        } else {
            whole.chain(any.map(|any| (1, hash_of(b, c, any)))).collect()
        };
    }
    let pairs = keyword.windows(4).enumerate().take(64);
    let rarest = pairs.min_by_key(|(_, four)| commonness(&four[..3]) + commonness(&four[1..]));
    let Some((offset, &[a, b, c, d])) = rarest else { return Vec::new() };
    let offset = i8::try_from(offset).unwrap_or(0);
    vec![(offset, hash_of(a, b, c)), (offset + 1, hash_of(b, c, d))]
}

/// How often a piece stands in texts, roughly: frequent letters count more, and multiply.
fn commonness(piece: &[u8]) -> u32 {
    let weight = |byte: &u8| match byte.to_ascii_lowercase() {
        b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 12,
        b'l' | b'd' | b'c' | b'u' | b'm' | b'p' | b'f' | b' ' => 7,
        b'h' | b'g' | b'b' | b'y' | b'v' | b'w' | b'k' | b'_' | b'-' | b'.' => 4,
        b'0'..=b'9' | b'=' | b':' | b'/' | b'"' => 3,
        _ => 1,
    };
    piece.iter().map(weight).product()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(keywords: &[(&str, bool)], text: &[u8], from: usize, to: usize) -> Vec<(usize, u16)> {
        let mut all = Vec::new();
        Keywords::new(keywords.iter().copied()).find(text, from, to, |at, number| all.push((at, number)));
        all.sort_unstable();
        all
    }

    #[test]
    fn finds_keywords_in_their_case() {
        let keywords = [("AKIA", false), ("password", true), ("SG.", false), ("ghp_", false)];
        let text = b"AKIA akia PassWord SG.x xSG.SG. ghp_";
        assert_eq!(found(&keywords, text, 0, text.len()), [(0, 0), (10, 1), (19, 2), (25, 2), (28, 2), (32, 3)]);
        assert_eq!(found(&keywords, b"SG.", 0, 3), [(0, 2)]);
        assert_eq!(found(&keywords, b"", 0, 0), []);
    }

    proptest! {
        #[test]
        fn nothing_is_missed_and_nothing_twice(text in "[abAB_.]{0,60}", words in proptest::collection::vec(("[abA_.]{3,6}", any::<bool>()), 1..6), cut in 0_usize..60) {
            let words: Vec<(&str, bool)> = words.iter().map(|(word, any)| (word.as_str(), *any)).collect();
            let bytes = text.as_bytes();
            let mut expected = Vec::new();
            for at in 0..bytes.len() {
                for (number, (word, any_case)) in (0_u16..).zip(&words) {
                    let keyword = Keyword { bytes: word.as_bytes().to_vec(), any_case: *any_case };
                    if keyword.stands_at(&bytes[at..]) {
                        expected.push((at, number));
                    }
                }
            }
            let cut = cut.min(bytes.len());
            let mut parts = found(&words, bytes, 0, cut);
            parts.extend(found(&words, bytes, cut, bytes.len()));
            prop_assert_eq!(parts, expected);
        }
    }
}

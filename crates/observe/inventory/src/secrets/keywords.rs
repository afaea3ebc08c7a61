//! Finds many keywords in one pass: the filter in front of all patterns.
//!
//! Every keyword is represented by two neighbouring three-byte pieces in it, each with three bits of the
//! byte behind. One of the two always stands at an even place, so only every second place is looked at:
//! one hash, one byte of a small table that stays in the first-level cache, no branch for 32 bytes. Only
//! where something is set are keywords compared, and of most of them only four bytes. Letters are folded
//! to lower case by setting one bit of each byte, which also folds a few signs; the comparison sorts that
//! out. Which pieces stand for a keyword is decided by what texts hold most (`common.txt`).
//!
//! An Aho-Corasick automaton over the same keywords takes several times as long (see
//! `benches/secrets.rs`): its next step waits for the last one, these do not.
//!
//! Holds: every keyword that begins in the given range is found exactly once, wherever it stands
//! (property test against a plain search).

/// Bits of a piece's hash: with 15, the table has 32 KiB.
const HASH_BITS: u32 = 15;
const SLOTS: usize = 1 << HASH_BITS;

/// Sets the bit that tells lower from upper case in each of four bytes.
const FOLD: u32 = 0x2020_2020;

/// How many bytes are looked at in one go.
const STRIDE: usize = 32;

/// The same with what belongs to the last piece in them.
const BLOCK: usize = STRIDE + 2;

/// For each byte behind a piece, the bit by which it is told: a table is faster than a shift.
const BEHIND: [u8; 256] = {
    let mut bits = [0; 256];
    let mut byte = 0;
    while byte < bits.len() {
        bits[byte] = 1 << (byte & 7);
        byte += 1;
    }
    bits
};

/// What texts hold most: four bytes each, folded, the most frequent first; `S` is a space.
const COMMON: &str = include_str!("common.txt");

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

/// Three bytes of a keyword.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where it stands in the keyword; minus one where the byte before a short keyword is the first of it.
    offset: i8,
    slot: usize,
    /// The bits of the byte behind it; all of them where any may follow.
    behind: u8,
    /// How frequent its letters are.
    weight: u64,
}

/// A keyword that may stand `offset` bytes before a piece.
#[derive(Clone, Copy, Debug)]
struct Place {
    slot: u16,
    keyword: u16,
    offset: i8,
    /// Four other bytes of the keyword, folded; fewer of a short one.
    four: u32,
    /// Which of the four there are.
    mask: u32,
    /// Where in the keyword they stand.
    at: u8,
}

/// The keywords of all rules.
#[derive(Debug)]
pub(crate) struct Keywords {
    keywords: Vec<Keyword>,
    /// For each hash of a piece, what may follow it.
    slots: Box<[u8; SLOTS]>,
    /// By slot.
    places: Vec<Place>,
    /// For each slot, where its places begin.
    starts: Vec<u16>,
    longest: usize,
}

impl Keywords {
    /// A filter for keywords of at least three bytes; their numbers are their places in the list.
    pub(crate) fn new<'k>(list: impl Iterator<Item = (&'k str, bool)>) -> Self {
        let keywords: Vec<Keyword> = list.map(|(text, any_case)| Keyword { bytes: text.as_bytes().to_vec(), any_case }).collect();
        let commonness = Commonness::known();
        let mut slots = Box::new([0_u8; SLOTS]);
        let mut places = Vec::new();
        for (number, keyword) in (0_u16..).zip(&keywords) {
            for piece in pieces(&keyword.bytes, &commonness) {
                slots[piece.slot] |= piece.behind;
                places.push(place(&keyword.bytes, number, &piece));
            }
        }
        places.sort_by_key(|place| (place.slot, place.keyword, place.offset));
        places.dedup_by_key(|place| (place.slot, place.keyword, place.offset));
        let mut starts = vec![0_u16; SLOTS + 1];
        for place in &places {
            starts[usize::from(place.slot) + 1] += 1;
        }
        for slot in 1..starts.len() {
            starts[slot] += starts[slot - 1];
        }
        let longest = keywords.iter().map(|keyword| keyword.bytes.len()).max().unwrap_or(0);
        Self { keywords, slots, places, starts, longest }
    }

    /// Calls back with place and number of every keyword that begins in `from..to`.
    pub(crate) fn find(&self, bytes: &[u8], from: usize, to: usize, mut found: impl FnMut(usize, u16)) {
        let mut at = from.saturating_sub(1);
        let last = bytes.len().min(to.saturating_add(self.longest));
        let Some(region) = bytes.get(..last) else { return };
        while let Some(block) = region.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) {
            let mut any = 0;
            for n in 0..STRIDE / 2 {
                any |= self.may_be(piece(block, n));
            }
            if any != 0 {
                for n in 0..STRIDE / 2 {
                    if self.may_be(piece(block, n)) != 0 {
                        self.compare(bytes, at + 2 * n, slot(piece(block, n)), from, to, &mut found);
                    }
                }
            }
            at += STRIDE;
        }
        // What is left is shorter than a block; the last pieces may even reach beyond the end.
        while at < last {
            let byte = |n: usize| bytes.get(at + n).copied().unwrap_or_default();
            let folded = u32::from_le_bytes([byte(0), byte(1), byte(2), 0]) | FOLD;
            self.compare(bytes, at, slot(folded), from, to, &mut found);
            at += 2;
        }
    }

    /// Not zero where a keyword may have these three bytes, followed by the fourth.
    #[inline]
    const fn may_be(&self, folded: u32) -> u8 {
        self.slots[slot(folded) & (SLOTS - 1)] & BEHIND[(folded >> 24) as usize]
    }

    // Apart, so that the loop above keeps the registers.
    #[inline(never)]
    fn compare(&self, bytes: &[u8], at: usize, slot: usize, from: usize, to: usize, found: &mut impl FnMut(usize, u16)) {
        let (start, end) = (usize::from(self.starts[slot]), usize::from(self.starts[slot + 1]));
        for place in &self.places[start..end] {
            let Some(begin) = at.checked_add_signed(-isize::from(place.offset)) else { continue };
            let four = bytes.get(begin + usize::from(place.at)..).and_then(<[u8]>::first_chunk);
            // Most that come here go here. At the very end there may be no four bytes to look at.
            if four.is_some_and(|four| (u32::from_le_bytes(*four) | FOLD) & place.mask != place.four) {
                continue;
            }
            let stands = (from..to).contains(&begin)
                && bytes.get(begin..).is_some_and(|rest| self.keywords[usize::from(place.keyword)].stands_at(rest));
            if stands {
                found(begin, place.keyword);
            }
        }
    }
}

/// A piece at an even place of a block, folded, with the byte behind it.
#[inline]
const fn piece(block: &[u8; BLOCK], n: usize) -> u32 {
    u32::from_le_bytes([block[2 * n], block[2 * n + 1], block[2 * n + 2], block[2 * n + 3]]) | FOLD
}

/// Hash of the lowest three bytes.
#[inline]
const fn slot(folded: u32) -> usize {
    ((folded & 0xff_ffff).wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize
}

/// The pieces by which a keyword is noticed: two neighbouring ones, the rarest there are.
fn pieces(keyword: &[u8], commonness: &Commonness) -> Vec<Piece> {
    let piece = |offset: i8, [a, b, c]: [u8; 3], next: Option<u8>| Piece {
        offset,
        slot: slot(u32::from_le_bytes([a, b, c, 0]) | FOLD),
        behind: next.map_or(0xff, |next| BEHIND[usize::from(next | 0x20)]),
        weight: [a, b, c].into_iter().chain(next).map(weight).product(),
    };
    if let &[a, b, c] = keyword {
        // Too short for two pieces: the second one begins before it, with whatever byte.
        let before = (0..=u8::MAX).map(|any| piece(-1, [any, a, b], Some(c)));
        return std::iter::once(piece(0, [a, b, c], None)).chain(before).collect();
    }
    let at = |offset: usize| {
        let three = keyword.get(offset..offset + 3)?.try_into().ok()?;
        Some(piece(i8::try_from(offset).ok()?, three, keyword.get(offset + 3).copied()))
    };
    let pairs = (0..keyword.len().min(64)).filter_map(|offset| Some([at(offset)?, at(offset + 1)?]));
    let rarest = pairs.min_by_key(|pair| pair.iter().map(|piece| commonness.of(piece)).sum::<u64>());
    rarest.map(Vec::from).unwrap_or_default()
}

/// A keyword's place behind a piece, with the four bytes that tell most besides it.
fn place(keyword: &[u8], number: u16, piece: &Piece) -> Place {
    let at = if piece.offset >= 4 { 0 } else { keyword.len().saturating_sub(4) };
    let (mut four, mut mask) = ([0; 4], [0; 4]);
    for (place, byte) in keyword.iter().skip(at).take(4).enumerate() {
        (four[place], mask[place]) = (byte | 0x20, 0xff);
    }
    Place {
        slot: u16::try_from(piece.slot).unwrap_or(u16::MAX),
        keyword: number,
        offset: piece.offset,
        four: u32::from_le_bytes(four),
        mask: u32::from_le_bytes(mask),
        at: u8::try_from(at).unwrap_or(u8::MAX),
    }
}

/// How often pieces stand in texts: for each slot, by what follows.
struct Commonness {
    counts: Vec<[u32; 8]>,
}

impl Commonness {
    fn known() -> Self {
        let mut counts = vec![[0; 8]; SLOTS];
        for (rank, four) in (0_u32..).zip(COMMON.split_ascii_whitespace()) {
            let folded = |byte: &u8| if *byte == b'S' { b' ' } else { byte | 0x20 };
            let [a, b, c, next] = four.as_bytes() else { continue };
            let slot = slot(u32::from_le_bytes([folded(a), folded(b), folded(c), 0]));
            // The second is half as frequent as the first, the tenth a tenth: near enough.
            counts[slot][usize::from(folded(next) & 7)] += 1_000_000 / (rank + 20);
        }
        Self { counts }
    }

    /// What is in the list by its count, whatever shares a slot with it; the rest by its letters.
    fn of(&self, piece: &Piece) -> u64 {
        let bits = (0..8).filter(|bit| piece.behind >> bit & 1 != 0);
        bits.map(|bit| u64::from(self.counts[piece.slot][bit]) + piece.weight / 16).sum()
    }
}

/// How frequent a letter is, roughly.
const fn weight(byte: u8) -> u64 {
    match byte.to_ascii_lowercase() {
        b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 12,
        b'l' | b'd' | b'c' | b'u' | b'm' | b'p' | b'f' | b' ' => 7,
        b'h' | b'g' | b'b' | b'y' | b'v' | b'w' | b'k' | b'_' | b'-' | b'.' => 4,
        b'0'..=b'9' | b'=' | b':' | b'/' | b'"' => 3,
        _ => 1,
    }
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

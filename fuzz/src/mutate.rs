//! Small random changes to an input, as a fuzzer makes them that cannot see where they lead.
//!
//! For the run in which every target is shown inputs for a moment, within the ordinary tests. libFuzzer,
//! which follows the branches taken, is for longer runs.

/// Bytes that formats give a meaning to, or count with.
const TELLING: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b"\"",
    b"'",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"<",
    b">",
    b"=",
    b":",
    b",",
    b"-",
    b"%",
    b"${",
    b"../",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\x01",
    b"-1",
    b"0",
    b"9223372036854775808",
    b"1e309",
    b"\xc3",
    b"\xe2\x80\xae",
    b"\x1b[2J",
];
/// Longest input that is made.
const BYTES_MAX: usize = 8 * 1024;

/// Changes, in an order that the seed decides.
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// A source of changes; the same seed brings the same ones.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// An input like one of the given ones, with one to eight changes.
    pub fn mutant(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = self.pick(seeds).cloned().unwrap_or_default();
        for _ in 0..=self.below(8) {
            self.change(&mut input, seeds);
        }
        input.truncate(BYTES_MAX);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        let piece = at..(at + self.below(32)).min(input.len());
        match self.below(8) {
            0 => drop(input.drain(piece)),
            1 => input.truncate(at),
            2 => {
                let telling = self.pick(TELLING).copied().unwrap_or_default();
                input.splice(at..at, telling.iter().copied());
            }
            3 => {
                let telling = self.pick(TELLING).copied().unwrap_or_default();
                input.splice(piece, telling.iter().copied());
            }
            4 => {
                // The same again, a few times: depth, counts, repeated keys.
                let again = input.get(piece).unwrap_or_default().repeat(1 + self.below(64));
                input.splice(at..at, again);
            }
            5 => {
                let other = self.pick(seeds).cloned().unwrap_or_default();
                input.truncate(at);
                input.extend_from_slice(other.get(self.below(other.len() + 1)..).unwrap_or_default());
            }
            _ => {
                let random = self.next();
                if let Some(byte) = input.get_mut(at) {
                    *byte = if random & 1 == 0 { *byte ^ (1 << (random >> 1 & 7)) } else { (random >> 8) as u8 };
                }
            }
        }
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// SplitMix64, which passes through every state.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ self.state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }
}

//! A zip archive as its bytes pass by, by the heads before its entries (APPNOTE 6.3.10, 4.3.7 to 4.3.9).
//!
//! A packed entry tells itself where it ends; after it a description of unknown form may stand, whose length is seen
//! by what follows.

use super::{Missed, NAME_BYTES_MAX, Reader, Seeker, UNKNOWN_SIZE};
use flate2::{Decompress, FlushDecompress, Status};
use std::mem;

const HEAD_BYTES: usize = 30;
const ENTRY: &[u8] = b"PK\x03\x04";
/// What may follow the last entry: the directory, its end, a signature.
const AFTER: [&[u8]; 4] = [b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x08"];
/// Lengths of a description: with and without signature, with sizes of four and of eight bytes.
const DESCRIPTIONS: [usize; 4] = [16, 12, 24, 20];
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const IS_ENCRYPTED: u16 = 1;
const HAS_DESCRIPTION: u16 = 8;
const OUT_BYTES: usize = 16 * 1024;

/// What passes by.
pub(super) struct Zip {
    path: String,
    depth: usize,
    state: State,
    /// An entry was seen: what ends now without a directory was cut off.
    is_begun: bool,
}

enum State {
    /// Gathers the head of an entry, with its name.
    Head(Vec<u8>),
    /// Hands on what is stored.
    Stored {
        left: u64,
        reader: Reader,
    },
    /// Unpacks.
    Deflated {
        inflate: Box<Decompress>,
        reader: Reader,
        is_described: bool,
    },
    /// Gathers what follows a description.
    Description(Vec<u8>),
    /// Passes over what is not wanted.
    Passing(u64),
    Over,
}

/// The fixed part of an entry's head.
struct Head {
    flags: u16,
    method: u16,
    packed: u32,
    unpacked: u32,
    name: usize,
    extra: usize,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let two = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let four = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        Some(Self {
            flags: two(6)?,
            method: two(8)?,
            packed: four(18)?,
            unpacked: four(22)?,
            name: two(26)?.into(),
            extra: two(28)?.into(),
        })
    }

    /// The packed size, from the extra field where it needs eight bytes.
    fn packed(&self, mut extra: &[u8]) -> u64 {
        if self.packed != u32::MAX {
            return self.packed.into();
        }
        // Both sizes stand there, the unpacked one first, each only if its short field is full.
        let at = if self.unpacked == u32::MAX { 8 } else { 0 };
        while let Some((&[a, b, c, d], rest)) = extra.split_first_chunk() {
            let (field, after) = rest.split_at(rest.len().min(u16::from_le_bytes([c, d]).into()));
            if u16::from_le_bytes([a, b]) == 1 {
                let size = field.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
                return size.map_or(u64::MAX, u64::from_le_bytes);
            }
            extra = after;
        }
        u64::MAX
    }
}

impl Zip {
    pub(super) fn new(path: &str, depth: usize) -> Self {
        Self { path: path.to_owned(), depth, state: State::Head(Vec::new()), is_begun: false }
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8], seeker: &mut Seeker<'_>) {
        while !bytes.is_empty() {
            bytes = match &mut self.state {
                State::Head(_) => self.head(bytes, seeker),
                State::Stored { left, reader } => {
                    let (here, rest) = split(bytes, *left);
                    *left -= here.len() as u64;
                    reader.feed(here, seeker);
                    if !seeker.unpacked(here.len()) {
                        self.state = State::Over;
                    } else if *left == 0 {
                        reader.finish(seeker);
                        self.state = State::Head(Vec::new());
                    }
                    rest
                }
                State::Deflated { .. } => self.inflate(bytes, seeker),
                State::Description(_) => self.description(bytes, seeker),
                State::Passing(left) => {
                    let (here, rest) = split(bytes, *left);
                    *left -= here.len() as u64;
                    if *left == 0 {
                        self.state = State::Head(Vec::new());
                    }
                    rest
                }
                State::Over => return,
            };
        }
    }

    fn head<'b>(&mut self, bytes: &'b [u8], seeker: &mut Seeker<'_>) -> &'b [u8] {
        let State::Head(gathered) = &mut self.state else { return bytes };
        let wanted = match Head::read(gathered) {
            Some(head) => HEAD_BYTES + head.name + head.extra,
            None => HEAD_BYTES,
        };
        let (here, rest) = bytes.split_at(bytes.len().min(wanted - gathered.len()));
        gathered.extend_from_slice(here);
        if gathered.len() >= 4 && !gathered.starts_with(ENTRY) {
            // What never had an entry is a file of another kind by that name.
            if !AFTER.iter().any(|mark| gathered.starts_with(mark)) && self.is_begun {
                seeker.miss(Missed::Broken);
            }
            self.state = State::Over;
            return &[];
        }
        let Some(head) = Head::read(gathered) else { return rest };
        if gathered.len() == HEAD_BYTES + head.name + head.extra {
            let gathered = mem::take(gathered);
            self.state = self.entry(&head, &gathered, seeker);
        }
        rest
    }

    fn entry(&mut self, head: &Head, bytes: &[u8], seeker: &mut Seeker<'_>) -> State {
        self.is_begun = true;
        let name = bytes.get(HEAD_BYTES..HEAD_BYTES + head.name.min(NAME_BYTES_MAX)).unwrap_or_default();
        let packed = head.packed(bytes.get(HEAD_BYTES + head.name..).unwrap_or_default());
        let (is_encrypted, is_described) = (head.flags & IS_ENCRYPTED != 0, head.flags & HAS_DESCRIPTION != 0);
        let is_read = !is_encrypted && matches!(head.method, STORED | DEFLATED);
        if !is_read {
            seeker.miss(if is_encrypted { Missed::Encrypted } else { Missed::Method });
        }
        if is_read && head.method == DEFLATED {
            let size = if is_described || head.unpacked == u32::MAX { UNKNOWN_SIZE } else { head.unpacked.into() };
            let reader = Reader::of_entry(seeker, &self.path, name, size, self.depth);
            // Where the size is known and nobody wants the bytes, they need not be unpacked.
            if matches!(reader, Reader::Nothing) && !is_described {
                return passing(packed);
            }
            return State::Deflated { inflate: Box::new(Decompress::new(false)), reader, is_described };
        }
        if is_described && packed == 0 {
            // Where it ends is told after it, and it does not tell itself.
            seeker.miss(Missed::Method);
            return if name.ends_with(b"/") { State::Description(Vec::new()) } else { State::Over };
        }
        if !is_read || packed == 0 {
            return passing(packed);
        }
        match Reader::of_entry(seeker, &self.path, name, packed, self.depth) {
            Reader::Nothing => passing(packed),
            reader => State::Stored { left: packed, reader },
        }
    }

    fn inflate<'b>(&mut self, bytes: &'b [u8], seeker: &mut Seeker<'_>) -> &'b [u8] {
        let State::Deflated { inflate, reader, is_described } = &mut self.state else { return bytes };
        let mut out = [0; OUT_BYTES];
        let (read, written) = (inflate.total_in(), inflate.total_out());
        let status = inflate.decompress(bytes, &mut out, FlushDecompress::None);
        let read = usize::try_from(inflate.total_in() - read).unwrap_or(bytes.len()).min(bytes.len());
        let written = usize::try_from(inflate.total_out() - written).unwrap_or_default().min(OUT_BYTES);
        reader.feed(&out[..written], seeker);
        let fits = seeker.unpacked(written);
        let is_described = *is_described;
        match status {
            Ok(Status::StreamEnd) => {
                reader.finish(seeker);
                self.state = if is_described { State::Description(Vec::new()) } else { State::Head(Vec::new()) };
            }
            Ok(_) if fits && (read > 0 || written > 0) => {}
            result => {
                reader.finish(seeker);
                if result.is_err() || fits {
                    seeker.miss(Missed::Broken);
                }
                self.state = State::Over;
            }
        }
        &bytes[read..]
    }

    /// Finds the end of a description by what follows it.
    fn description<'b>(&mut self, bytes: &'b [u8], seeker: &mut Seeker<'_>) -> &'b [u8] {
        let State::Description(gathered) = &mut self.state else { return bytes };
        // The longest, and the mark after it.
        let (here, rest) = bytes.split_at(bytes.len().min(28 - gathered.len()));
        gathered.extend_from_slice(here);
        if gathered.len() < 28 {
            return rest;
        }
        let follows = |at: usize| {
            let after = gathered.get(at..).unwrap_or_default();
            after.starts_with(ENTRY) || AFTER.iter().any(|mark| after.starts_with(mark))
        };
        match DESCRIPTIONS.into_iter().find(|length| follows(*length)) {
            Some(length) => {
                let next = gathered.split_off(length);
                self.state = State::Head(Vec::new());
                self.feed(&next, seeker);
            }
            None => {
                seeker.miss(Missed::Broken);
                self.state = State::Over;
            }
        }
        rest
    }

    /// The archive ended: what is open ends with it.
    pub(super) fn finish(&mut self, seeker: &mut Seeker<'_>) {
        match mem::replace(&mut self.state, State::Over) {
            State::Stored { mut reader, .. } | State::Deflated { mut reader, .. } => {
                reader.finish(seeker);
                seeker.miss(Missed::Broken);
            }
            State::Description(_) | State::Passing(_) => seeker.miss(Missed::Broken),
            State::Head(head) if self.is_begun || head.starts_with(b"PK") => seeker.miss(Missed::Broken),
            State::Head(_) | State::Over => {}
        }
    }
}

fn passing(bytes: u64) -> State {
    if bytes == 0 { State::Head(Vec::new()) } else { State::Passing(bytes) }
}

fn split(bytes: &[u8], left: u64) -> (&[u8], &[u8]) {
    bytes.split_at(usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len())))
}

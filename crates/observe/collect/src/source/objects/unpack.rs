//! From the bytes of an object to its records, on a thread of its own: unpacked and cut as they come.
//!
//! How an object is packed shows in its first bytes: names lie, and some writers give none. Holds: memory is bounded
//! whatever the object's length and however well it is packed.

use super::position::Place;
use crate::dialect::Dialect;
use crate::frame::{Framer, Framing, ListFramer, Piece, Within, is_list};
use crate::mapping::Mappings;
use crate::packed::{self, Packed};
use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::mpsc;
use vigie_objects::Bytes;

/// Most bytes that one object may unpack to.
const UNPACKED_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// What leaves at once.
const GIVEN_BYTES: usize = 256 * 1024;
const GIVEN_PIECES: usize = 500;

/// A part of a record, or all of it, and the place behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) bytes: Vec<u8>,
    pub(super) continues: bool,
    pub(super) cut: bool,
    pub(super) place: Place,
}

/// Why an object was not read to its end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Its bytes make no sense.
    Broken(String),
    /// Its bytes stopped coming.
    Ended,
    /// Nobody wants its records.
    Nobody,
}

/// Bytes on their way from a store to a thread.
pub(super) struct Chunks {
    receiver: mpsc::Receiver<Option<Bytes>>,
    current: Bytes,
    /// All of them came; without that, the end is not the object's.
    whole: bool,
    /// They stopped coming before that.
    broke: bool,
}

impl Chunks {
    /// Bytes that come as chunks; the last of them is none.
    pub(super) fn new(receiver: mpsc::Receiver<Option<Bytes>>) -> Self {
        Self { receiver, current: Bytes::new(), whole: false, broke: false }
    }

    /// Makes sure that so many bytes are at hand, unless the object is shorter.
    fn first(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut first = vec![0; count];
        let mut length = 0;
        while let Some(rest) = first.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match self.read(rest)? {
                0 => break,
                read => length += read,
            }
        }
        first.truncate(length);
        Ok(first)
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.whole {
            match self.receiver.blocking_recv() {
                Some(Some(chunk)) => self.current = chunk,
                Some(None) => self.whole = true,
                None => {
                    self.broke = true;
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
            }
        }
        let length = self.current.len().min(buffer.len());
        let taken = self.current.split_to(length);
        if let Some(place) = buffer.get_mut(..length) {
            place.copy_from_slice(&taken);
        }
        Ok(length)
    }
}

/// How an object is packed; none when it is not.
fn packing_of(first: &[u8]) -> Result<Option<Packed>, Trouble> {
    let broken = |what: &str| Err(Trouble::Broken(format!("{what} is not read here")));
    match first {
        [b'P', b'K', 3, 4, ..] => broken("a zip archive"),
        [b'P', b'A', b'R', b'1', ..] => broken("Parquet"),
        first => Ok(Packed::of(first)),
    }
}

/// What is to be read, and from where on.
pub(super) struct Job {
    pub(super) key: String,
    /// None: from the beginning. Of an object that is not packed, the chunks begin at the place.
    pub(super) from: Option<Place>,
    pub(super) mappings: Arc<Mappings>,
}

/// Reads all chunks and gives the records.
pub(super) fn run(chunks: Chunks, job: &Job, give: &mut dyn FnMut(Vec<Given>) -> bool) -> Result<(), Trouble> {
    let mut source = Source { chunks, first: VecDeque::new() };
    let is_tail = job.from.is_some_and(|place| !place.packed);
    let packing = if is_tail {
        None
    } else {
        let first = source.chunks.first(packed::FIRST).map_err(|error| source.trouble(&error))?;
        let packing = packing_of(&first)?;
        source.first.extend(first);
        packing
    };
    let mut unpacked: Box<dyn Read + '_> = match packing {
        None => Box::new(&mut source),
        Some(packing) => packing
            .unpack(io::BufReader::with_capacity(CHUNK, &mut source))
            .map_err(|error| Trouble::Broken(error.to_string()))?,
    };
    let cut = Cut { job, packed: packing.is_some() }.all(&mut *unpacked, give);
    drop(unpacked);
    match cut {
        Ok(true) => Ok(()),
        Ok(false) => Err(Trouble::Nobody),
        Err(error) => Err(source.trouble(&error)),
    }
}

/// The chunks, with the bytes before them that were looked at.
struct Source {
    chunks: Chunks,
    first: VecDeque<u8>,
}

impl Source {
    /// What an error while unpacking means.
    fn trouble(&self, error: &io::Error) -> Trouble {
        if self.chunks.broke { Trouble::Ended } else { Trouble::Broken(error.to_string()) }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.first.is_empty() { self.chunks.read(buffer) } else { self.first.read(buffer) }
    }
}

/// Lines, or the elements of a list.
enum Cutter {
    Lines(Framer),
    List(ListFramer),
}

struct Cut<'a> {
    job: &'a Job,
    packed: bool,
}

impl Cut<'_> {
    /// Cuts everything; false when nobody wants it.
    fn all(&self, input: &mut dyn Read, give: &mut dyn FnMut(Vec<Given>) -> bool) -> io::Result<bool> {
        let base = self.job.from.map_or(0, |place| place.offset);
        if self.packed {
            io::copy(&mut input.take(base), &mut io::sink())?;
        }
        let (mut cutter, mut waiting) = self.begin(input)?;
        let mut given = Vec::new();
        let mut unpacked = base;
        let mut chunk = vec![0; CHUNK];
        loop {
            let is_end = if waiting.is_empty() {
                let read = input.read(&mut chunk)?;
                unpacked += read as u64;
                cutter.push(chunk.get(..read).unwrap_or_default());
                read == 0
            } else {
                cutter.push(&std::mem::take(&mut waiting));
                false
            };
            if unpacked > UNPACKED_MAX {
                return Err(io::Error::other("it unpacks to more than 16 GiB"));
            }
            while let Some(one) = cutter.next(is_end, base, self.packed) {
                given.push(one);
                let bytes: usize = given.iter().map(|one| one.bytes.len()).sum();
                if (given.len() >= GIVEN_PIECES || bytes >= GIVEN_BYTES) && !give(std::mem::take(&mut given)) {
                    return Ok(false);
                }
            }
            if is_end {
                return Ok(given.is_empty() || give(given));
            }
        }
    }

    /// What the object is cut with, and the bytes that were read to find that out.
    fn begin(&self, input: &mut dyn Read) -> io::Result<(Cutter, Vec<u8>)> {
        if let Some(place) = self.job.from {
            let cutter = match place.within {
                Some(within) => Cutter::List(ListFramer::new(self.job.mappings.clone(), within)),
                None => Cutter::Lines(Framer::resume(self.framing(), place.offset, place.continues).0),
            };
            return Ok((cutter, Vec::new()));
        }
        let mut head = Vec::new();
        let mut chunk = vec![0; 4096];
        let is_list = loop {
            if let Some(is_list) = is_list(&head, &self.job.mappings) {
                break is_list;
            }
            match input.read(&mut chunk)? {
                0 => break false,
                read => head.extend_from_slice(chunk.get(..read).unwrap_or_default()),
            }
        };
        let cutter = match is_list {
            true => Cutter::List(ListFramer::new(self.job.mappings.clone(), Within::Nothing)),
            false => Cutter::Lines(Framer::new(self.framing(), false)),
        };
        Ok((cutter, head))
    }

    fn framing(&self) -> Framing {
        let (name, _) = Packed::named(self.job.key.as_bytes());
        let name = std::str::from_utf8(name).unwrap_or(&self.job.key);
        match Dialect::of(Path::new(name)).framing() {
            // Their pieces are stretches that want a reader of their own.
            Framing::Container | Framing::Audit | Framing::EventLog => Framing::Lines,
            framing => framing,
        }
    }
}

impl Cutter {
    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Lines(framer) => framer.push(bytes),
            Self::List(framer) => framer.push(bytes),
        }
    }

    /// The next piece, with the place behind it.
    fn next(&mut self, is_end: bool, base: u64, packed: bool) -> Option<Given> {
        let own = |piece: Piece<'_>| (piece.bytes.to_vec(), piece.continues, piece.cut);
        match self {
            Self::Lines(framer) => {
                let mut piece = framer.next_piece().map(own);
                if piece.is_none() && is_end {
                    piece = framer.flush().map(own);
                }
                if piece.is_none() && is_end {
                    piece = framer.finish().map(own);
                }
                let (bytes, continues, cut) = piece?;
                let place = Place { offset: base + framer.consumed(), continues: framer.continues(), within: None, packed };
                Some(Given { bytes, continues, cut, place })
            }
            Self::List(framer) => {
                let (bytes, continues, cut) = if is_end { framer.finish().map(own)? } else { framer.next_piece().map(own)? };
                let (consumed, within) = framer.consumed();
                let place = Place { offset: base + consumed, continues: false, within: Some(within), packed };
                Some(Given { bytes, continues, cut, place })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::testing::pack;

    fn read(bytes: &[u8], key: &str, from: Option<Place>) -> Result<Vec<Given>, Trouble> {
        let (sender, receiver) = mpsc::channel(1_000);
        bytes.chunks(7).for_each(|chunk| sender.try_send(Some(Bytes::copy_from_slice(chunk))).unwrap());
        sender.try_send(None).unwrap();
        let job = Job { key: key.into(), from, mappings: Mappings::shipped() };
        let mut all = Vec::new();
        run(Chunks::new(receiver), &job, &mut |given| {
            all.extend(given);
            true
        })?;
        Ok(all)
    }

    fn texts(given: &[Given]) -> Vec<&str> {
        given.iter().map(|one| std::str::from_utf8(&one.bytes).unwrap()).collect()
    }

    #[test]
    fn lines_and_lists_packed_and_not_and_from_any_place() {
        let list = br#"{"Records":[{"a":1},{"b":2},{"c":3}]}"#.as_slice();
        let lines = b"one\ntwo\n{\"three\":3}".as_slice();
        for plain in [list, lines] {
            let whole = Packed::ALL.map(|(packed, _)| pack(packed, plain));
            let parts = Packed::ALL.map(|(packed, _)| [pack(packed, &plain[..9]), pack(packed, &plain[9..])].concat());
            for packed in [plain.to_vec()].into_iter().chain(whole).chain(parts) {
                let all = read(&packed, "x", None).unwrap();
                assert_eq!(all.len(), 3, "{:?}", texts(&all));
                let place = all[0].place;
                let rest = if place.packed { &packed[..] } else { &packed[place.offset as usize..] };
                assert_eq!(read(rest, "x", Some(place)).unwrap(), all[1..]);
            }
        }
    }

    #[test]
    fn what_is_broken_is_said_and_what_ended_too_early_is_no_end() {
        for (packed, end) in Packed::ALL {
            let bytes = pack(packed, &b"line\n".repeat(1_000));
            assert!(matches!(read(&bytes[..bytes.len() - 9], &format!("x{end}"), None), Err(Trouble::Broken(_))), "{end}");
        }
        assert!(matches!(read(b"PK\x03\x04", "x", None), Err(Trouble::Broken(why)) if why == "a zip archive is not read here"));
        assert_eq!(read(b"", "x", None).unwrap(), []);
        let (sender, receiver) = mpsc::channel(2);
        sender.try_send(Some(Bytes::from("line\nhalf"))).unwrap();
        drop(sender);
        let job = Job { key: "x".into(), from: None, mappings: Mappings::shipped() };
        assert!(matches!(run(Chunks::new(receiver), &job, &mut |_| true), Err(Trouble::Ended)));
    }
}

//! One open file of a followed path, and how far it has been read.

use super::identity::Identity;
use super::position::Place;
use crate::delivery::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX};
use crate::frame::{Framer, Framing, Piece};
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::SystemTime;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// What a batch has room for.
#[derive(Debug)]
pub(super) struct Room {
    events: usize,
    bytes: usize,
}

/// Takes the pieces of records.
pub(super) type Take<'a> = &'a mut dyn FnMut(Piece<'_>);

/// An open file.
pub(super) struct Stream {
    input: Input,
    pub(super) identity: Identity,
    framer: Framer,
    framing: Framing,
    /// Where in the file the framer began.
    base: u64,
    /// Size and time of the last look: nothing changed, nothing to check.
    seen: Option<(u64, SystemTime)>,
    /// Looks in a row that found nothing new.
    pub(super) quiet: u32,
}

enum Input {
    /// A file that may still be written to.
    Live(File),
    /// What is left of a file that nobody writes to any more.
    Leftover(Box<dyn Read + Send>),
}

/// How a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The batch is full.
    Full,
    /// All there is has been read.
    End,
}

impl Room {
    pub(super) const fn new() -> Self {
        Self { events: BATCH_EVENTS_MAX, bytes: BATCH_BYTES_MAX }
    }

    const fn is_left(&self) -> bool {
        self.events > 0 && self.bytes > 0
    }

    /// Whether nothing was put in.
    pub(super) const fn is_untouched(&self) -> bool {
        self.events == BATCH_EVENTS_MAX
    }

    fn give(&mut self, piece: Piece<'_>, take: Take<'_>) {
        self.events = self.events.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(piece.bytes.len());
        take(piece);
    }
}

impl Stream {
    /// An open file, to be read from a place on.
    pub(super) fn live(mut file: File, identity: Identity, framing: Framing, offset: u64, continues: bool) -> io::Result<Self> {
        let (framer, begin) = Framer::resume(framing, offset, continues);
        file.seek(SeekFrom::Start(begin))?;
        Ok(Self { framer, ..Self::new(Input::Live(file), identity, framing, begin, continues) })
    }

    /// The rest of a file that is complete.
    pub(super) fn leftover(
        rest: Box<dyn Read + Send>,
        identity: Identity,
        framing: Framing,
        offset: u64,
        continues: bool,
    ) -> Self {
        Self::new(Input::Leftover(rest), identity, framing, offset, continues)
    }

    fn new(input: Input, identity: Identity, framing: Framing, offset: u64, continues: bool) -> Self {
        Self { input, identity, framer: Framer::new(framing, continues), framing, base: offset, seen: None, quiet: 0 }
    }

    /// How far its records have been given.
    pub(super) fn place(&self) -> Place {
        let offset = self.base + self.framer.consumed();
        Place { identity: self.identity.clone(), offset, continues: self.framer.continues() }
    }

    /// How far it has been read, the beginning of an incomplete record included.
    pub(super) fn read_to(&self) -> u64 {
        self.base + self.framer.consumed() + self.framer.waiting() as u64
    }

    /// Whether it may still be written to.
    pub(super) const fn is_live(&self) -> bool {
        matches!(self.input, Input::Live(_))
    }

    /// Whether the file was truncated, and perhaps written anew, since the last look.
    pub(super) fn was_truncated(&mut self, metadata: &Metadata) -> io::Result<bool> {
        let now = (metadata.len(), metadata.modified()?);
        if self.seen == Some(now) {
            return Ok(false);
        }
        let Input::Live(file) = &self.input else { return Ok(false) };
        let truncated = metadata.len() < self.read_to() || !self.identity.still_holds(file)?;
        self.seen = (!truncated).then_some(now);
        Ok(truncated)
    }

    /// Starts at the beginning again. What was read and not given is returned as a stream that ends.
    pub(super) fn begin_again(&mut self) -> io::Result<Self> {
        let Input::Live(file) = &mut self.input else { return Err(io::ErrorKind::Unsupported.into()) };
        file.seek(SeekFrom::Start(0))?;
        let identity = Identity::of(file, &file.metadata()?)?;
        let old = Self {
            input: Input::Leftover(Box::new(io::empty())),
            identity: std::mem::replace(&mut self.identity, identity),
            framer: std::mem::replace(&mut self.framer, Framer::new(self.framing, false)),
            framing: self.framing,
            base: std::mem::take(&mut self.base),
            seen: None,
            quiet: 0,
        };
        Ok(old)
    }

    /// Gives what can be read and has room.
    pub(super) fn read(&mut self, room: &mut Room, take: Take<'_>) -> io::Result<Outcome> {
        let mut chunk = [0; CHUNK];
        loop {
            while room.is_left() {
                match self.framer.next_piece() {
                    Some(piece) => room.give(piece, take),
                    None => break,
                }
            }
            if !room.is_left() {
                return Ok(Outcome::Full);
            }
            let read = match &mut self.input {
                Input::Live(file) => file.read(&mut chunk),
                Input::Leftover(rest) => rest.read(&mut chunk),
            };
            match read {
                Ok(0) => return Ok(Outcome::End),
                Ok(length) => {
                    self.quiet = 0;
                    self.framer.push(chunk.get(..length).unwrap_or_default());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the lines that wait to see whether more belongs to them.
    pub(super) fn flush(&mut self, room: &mut Room, take: Take<'_>) {
        if let Some(piece) = self.framer.flush() {
            room.give(piece, take);
        }
    }

    /// Gives the incomplete record at the end of a file that is complete.
    pub(super) fn finish(&mut self, room: &mut Room, take: Take<'_>) {
        if let Some(piece) = self.framer.finish() {
            room.give(piece, take);
        }
    }
}

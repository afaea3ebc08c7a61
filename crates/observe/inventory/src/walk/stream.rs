//! Bytes of a layer from where they are stored to whoever looks at them, hashed before and after decompression.
//!
//! Decompression takes most of the time, so it has a thread of its own, and so has each hash: the walk of the
//! files costs nothing on top as long as it is faster than decompression. Formats by their first bytes: gzip
//! (RFC 1952, also of several members), zstd (RFC 8878, also of several frames), anything else as it is.
//!
//! Holds: memory is [`CHUNK_BYTES`] × [`CHUNKS_WAITING`] per queue and the decoder's window; a layer that grows
//! beyond [`RATIO_MAX`] or [`UNPACKED_BYTES_MAX`] ends with an error before anybody has seen more of it.

use super::tar::Source;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// How much is handed on at a time.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many chunks wait for somebody slower.
const CHUNKS_WAITING: usize = 4;
/// No layer is larger, unpacked.
pub(crate) const UNPACKED_BYTES_MAX: u64 = 512 << 30;
/// Up to here a layer may be as dense as it likes: a file of zeros is a common thing.
const DENSE_BYTES_MAX: u64 = 1 << 30;
/// Beyond that, no layer grows more than this: real ones grow 2 to 20 times.
const RATIO_MAX: u64 = 250;
/// The largest window of a zstd frame, as a power of two: `zstd -22 --ultra` and `--long` ask for 2²⁷.
const WINDOW_LOG_MAX: u32 = 27;
/// First bytes of compressions that are not read, with their names.
const FOREIGN: [(&[u8], &str); 3] = [(b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2"), (b"\x04\x22\x4d\x18", "lz4")];

/// A SHA-256, shown as `sha256:…`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What went by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed {
    /// Of the bytes as stored.
    pub(crate) stored: Digest,
    /// How many.
    pub(crate) stored_bytes: u64,
    /// Of the bytes after decompression.
    pub(crate) unpacked: Digest,
    /// How many.
    pub(crate) unpacked_bytes: u64,
}

/// Why not all of a stream went by.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassError {
    /// The source or its compression failed, or it ends too early.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It is compressed in a way that is not read.
    #[error("compressed with {0}, which is not read")]
    Foreign(&'static str),
    /// A bomb.
    #[error("{unpacked} bytes come out of {stored}: more than {RATIO_MAX} times, or beyond {UNPACKED_BYTES_MAX}")]
    Bomb {
        /// Bytes as stored.
        stored: u64,
        /// Bytes after decompression.
        unpacked: u64,
    },
    /// Whoever looked at it had seen enough.
    #[error("not read to its end")]
    Left,
}

type Chunk = Arc<Vec<u8>>;

/// Lets a stream pass before `look`, which may stop early; then the hashes are unknown.
pub(crate) fn pass<T>(source: impl Read + Send, look: impl FnOnce(&mut Chunks) -> T) -> (T, Result<Passed, PassError>) {
    thread::scope(|scope| {
        let (to_look, chunks) = sync_channel(CHUNKS_WAITING);
        let unpacking = scope.spawn(move || unpack(source, &to_look));
        let mut chunks = Chunks { next: chunks, chunk: Chunk::default(), at: 0, failed: false };
        let seen = look(&mut chunks);
        drop(chunks);
        let passed = unpacking.join().unwrap_or_else(|_| Err(PassError::Read(io::Error::other("decompression broke off"))));
        (seen, passed)
    })
}

/// Reads and decompresses to the end, and hands everything on.
fn unpack(source: impl Read + Send, to_look: &SyncSender<io::Result<Chunk>>) -> Result<Passed, PassError> {
    thread::scope(|scope| {
        let (to_stored, stored) = sync_channel(CHUNKS_WAITING);
        let (to_unpacked, unpacked) = sync_channel(CHUNKS_WAITING);
        let stored = scope.spawn(move || hashed(&stored));
        let mut source = Stored { source, chunk: Chunk::default(), at: 0, bytes: 0, hash: to_stored };
        let format = Format::of(source.fill_buf()?);
        let unpacked = (!matches!(format, Format::Plain)).then(|| scope.spawn(move || hashed(&unpacked)));
        let outcome = match format {
            Format::Plain => hand_on_plain(&mut source, to_look),
            Format::Gzip => {
                let mut decoder = flate2::bufread::MultiGzDecoder::new(&mut source);
                hand_on(&mut decoder, |decoder| decoder.get_ref().bytes, to_look, &to_unpacked)
            }
            Format::Zstd => zstd::Decoder::with_buffer(&mut source).map_err(PassError::Read).and_then(|mut decoder| {
                decoder.window_log_max(WINDOW_LOG_MAX)?;
                hand_on(&mut decoder, |decoder| decoder.get_ref().bytes, to_look, &to_unpacked)
            }),
            Format::Foreign(name) => Err(PassError::Foreign(name)),
        };
        // What stands behind the compressed part belongs to the stored bytes, too.
        let outcome = outcome.and_then(|bytes| source.drain().map(|()| bytes).map_err(PassError::Read));
        drop(to_unpacked);
        let stored_bytes = source.bytes;
        drop(source);
        let broken = |_| PassError::Read(io::Error::other("hashing broke off"));
        let stored = stored.join().map_err(broken)?;
        let unpacked = unpacked.map_or(Ok(stored), |unpacked| unpacked.join().map_err(broken))?;
        match outcome {
            Ok(unpacked_bytes) => Ok(Passed { stored, stored_bytes, unpacked, unpacked_bytes }),
            Err(error) => {
                // Whoever looks learns of it where the bytes end; when nobody looks any more, nobody needs to.
                let told = io::Error::new(kind_of(&error), error.to_string());
                to_look.send(Err(told)).ok();
                Err(error)
            }
        }
    })
}

const fn kind_of(error: &PassError) -> io::ErrorKind {
    match error {
        PassError::Bomb { .. } => io::ErrorKind::FileTooLarge,
        PassError::Foreign(_) => io::ErrorKind::Unsupported,
        // Not `UnexpectedEof`: a tar reader would take it for its own end.
        PassError::Read(_) | PassError::Left => io::ErrorKind::InvalidData,
    }
}

enum Format {
    Plain,
    Gzip,
    Zstd,
    Foreign(&'static str),
}

impl Format {
    fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // A frame, or one of the skippable frames that seekable archives begin with.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)).map_or(Self::Plain, |(_, name)| Self::Foreign(name)),
        }
    }
}

fn hand_on<D: Read>(
    decoder: &mut D,
    stored: impl Fn(&D) -> u64,
    to_look: &SyncSender<io::Result<Chunk>>,
    to_hash: &SyncSender<Chunk>,
) -> Result<u64, PassError> {
    let mut unpacked = 0_u64;
    loop {
        let chunk = Arc::new(read_chunk(decoder)?);
        if chunk.is_empty() {
            return Ok(unpacked);
        }
        unpacked += chunk.len() as u64;
        check_size(stored(decoder), unpacked)?;
        to_hash.send(Arc::clone(&chunk)).map_err(|_| PassError::Left)?;
        to_look.send(Ok(chunk)).map_err(|_| PassError::Left)?;
    }
}

/// The same where nothing is to be decompressed and one hash is enough.
fn hand_on_plain<R: Read>(source: &mut Stored<R>, to_look: &SyncSender<io::Result<Chunk>>) -> Result<u64, PassError> {
    loop {
        source.fill_buf()?;
        let chunk = source.take();
        if chunk.is_empty() {
            return Ok(source.bytes);
        }
        check_size(u64::MAX, source.bytes)?;
        to_look.send(Ok(chunk)).map_err(|_| PassError::Left)?;
    }
}

fn check_size(stored: u64, unpacked: u64) -> Result<(), PassError> {
    let bomb = unpacked > UNPACKED_BYTES_MAX || (unpacked > DENSE_BYTES_MAX && unpacked / RATIO_MAX > stored);
    if bomb { Err(PassError::Bomb { stored, unpacked }) } else { Ok(()) }
}

/// A chunk as full as the source gives, empty at the end.
fn read_chunk(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut filled = 0;
    while filled < chunk.len() {
        match source.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    chunk.truncate(filled);
    Ok(chunk)
}

fn hashed(chunks: &Receiver<Chunk>) -> Digest {
    let mut sha = Sha256::new();
    chunks.iter().for_each(|chunk| sha.update(chunk.as_slice()));
    Digest(sha.finalize().into())
}

/// The stored bytes, copied to nobody: the hash gets the same chunks as the decoder.
struct Stored<R> {
    source: R,
    chunk: Chunk,
    at: usize,
    bytes: u64,
    hash: SyncSender<Chunk>,
}

impl<R: Read> Stored<R> {
    /// What is left of the present chunk.
    fn take(&mut self) -> Chunk {
        let at = std::mem::take(&mut self.at);
        let chunk = std::mem::take(&mut self.chunk);
        if at == 0 { chunk } else { Arc::new(chunk[at..].to_vec()) }
    }

    fn drain(&mut self) -> io::Result<()> {
        while !self.fill_buf()?.is_empty() {
            drop(self.take());
        }
        Ok(())
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Stored<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() {
            self.chunk = Arc::new(read_chunk(&mut self.source)?);
            self.at = 0;
            self.bytes += self.chunk.len() as u64;
            self.hash.send(Arc::clone(&self.chunk)).map_err(|_| io::Error::other("hashing broke off"))?;
        }
        Ok(&self.chunk[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

/// The unpacked bytes, for whoever looks.
pub(crate) struct Chunks {
    next: Receiver<io::Result<Chunk>>,
    chunk: Chunk,
    at: usize,
    failed: bool,
}

impl Chunks {
    /// Reads what is left, so that the hashes become known.
    pub(crate) fn drain(&mut self) -> io::Result<()> {
        loop {
            let count = self.fill_buf()?.len();
            if count == 0 {
                return Ok(());
            }
            self.consume(count);
        }
    }
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Chunks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.chunk.len() && !self.failed {
            (self.chunk, self.at) = (Chunk::default(), 0);
            match self.next.recv() {
                Ok(Ok(chunk)) => self.chunk = chunk,
                Ok(Err(error)) => {
                    self.failed = true;
                    return Err(error);
                }
                // The other side has said everything.
                Err(_) => {}
            }
        }
        Ok(&self.chunk[self.at..])
    }

    fn consume(&mut self, count: usize) {
        self.at += count;
    }
}

impl Source for Chunks {}
impl Source for &mut Chunks {}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;

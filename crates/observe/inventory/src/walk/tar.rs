//! Reads a tar archive as it streams by.
//!
//! Formats: ustar and pax (POSIX.1-2017, pax), and what GNU tar adds: long names (`L`, `K`), sizes in base
//! 256, sparse files. Our own and not the `tar` crate because that one reads names of any announced length
//! into memory, and allocates for each entry: a layer may have ten million.
//!
//! Holds: memory is bounded by [`EXTENSION_BYTES_MAX`], whatever the archive announces; a file whose name is
//! longer than a system could store is skipped and counted. Deliberately not here: what a path means.

use std::io::{self, BufRead};

/// A block; everything in an archive is a multiple of it.
pub(crate) const BLOCK: usize = 512;
/// The largest extended header that is read; one with all extended attributes a kernel takes has 64 kB.
const EXTENSION_BYTES_MAX: u64 = 1024 * 1024;
/// How many blocks a map of a sparse file in the old GNU form may have.
const SPARSE_BLOCKS_MAX: usize = 1 << 16;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file with its bytes.
    File,
    /// A file whose bytes are stored without their holes: only its size is of use.
    Sparse,
    /// A second name of an earlier file.
    HardLink,
    /// A symbolic link.
    SymbolicLink,
    /// A directory.
    Directory,
    /// A device, a pipe: nothing to read.
    Other,
}

/// Why an archive cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TarError {
    /// The bytes behind it failed.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It ends within an entry.
    #[error("it ends in the middle of an entry")]
    Truncated,
    /// It is no tar archive, or no longer one.
    #[error("not a tar header at byte {0}")]
    NotTar(u64),
    /// An extended header that makes no sense.
    #[error("an extended header makes no sense at byte {0}")]
    BadExtension(u64),
}

/// Bytes that can be passed over.
pub(crate) trait Source: BufRead {
    /// Passes over this many bytes; fewer are an error of kind `UnexpectedEof`.
    fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let there = self.fill_buf()?.len();
            if there == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let step = usize::try_from(count).map_or(there, |count| count.min(there));
            self.consume(step);
            count -= step as u64;
        }
        Ok(())
    }
}

impl Source for &[u8] {}

/// An archive on its way.
pub(crate) struct Tar<S> {
    source: S,
    /// Where the source stands.
    offset: u64,
    /// Bytes of the present entry that nobody has read, and those that fill its last block.
    content: u64,
    padding: u64,
    header: Box<[u8; BLOCK]>,
    extension: Extension,
    entry: Entry,
    skipped: u64,
}

/// The present entry.
#[derive(Debug)]
pub(crate) struct Entry {
    /// As it is written, hostile or not.
    pub(crate) path: Vec<u8>,
    /// Where a link leads.
    pub(crate) link: Vec<u8>,
    /// What it is.
    pub(crate) kind: Kind,
    /// Bytes that follow.
    pub(crate) size: u64,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Where its bytes begin in the archive.
    pub(crate) offset: u64,
}

/// What extended headers say of the next entry.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
    /// The extension was too long to be read, so the name of the entry is unknown.
    lost: bool,
}

impl<S: Source> Tar<S> {
    pub(crate) fn new(source: S) -> Self {
        let entry = Entry { path: Vec::new(), link: Vec::new(), kind: Kind::Other, size: 0, mode: 0, offset: 0 };
        let header = Box::new([0; BLOCK]);
        Self { source, offset: 0, content: 0, padding: 0, header, extension: Extension::default(), entry, skipped: 0 }
    }

    /// Goes to the next entry; false at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, TarError> {
        loop {
            self.skip_rest()?;
            if !self.read_header()? {
                return Ok(false);
            }
            let at = self.offset - BLOCK as u64;
            let size = number(&self.header[124..136]).ok_or(TarError::NotTar(at))?;
            match self.header[156] {
                b'x' => self.read_pax(size, at)?,
                b'L' => self.extension.path = self.read_long(size)?,
                b'K' => self.extension.link = self.read_long(size)?,
                // Global headers carry comments (git archive) and defaults nobody uses; `V` labels a volume.
                b'g' | b'V' => self.set_content(size),
                flag => {
                    self.set_entry(flag, size, at)?;
                    if !std::mem::take(&mut self.extension).lost {
                        return Ok(true);
                    }
                    self.skipped += 1;
                }
            }
        }
    }

    /// The present entry.
    pub(crate) const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The present entry, and its bytes.
    pub(crate) fn parts(&mut self) -> (&Entry, Content<'_, S>) {
        (&self.entry, Content { source: &mut self.source, offset: &mut self.offset, left: &mut self.content })
    }

    /// How many entries were passed over because their names are too long to be read.
    pub(crate) const fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The bytes behind the archive.
    pub(crate) fn into_source(self) -> S {
        self.source
    }

    fn skip_rest(&mut self) -> Result<(), TarError> {
        let count = self.content.saturating_add(self.padding);
        self.source.skip(count).map_err(cut_off)?;
        self.offset = self.offset.saturating_add(count);
        (self.content, self.padding) = (0, 0);
        Ok(())
    }

    /// Reads a header that is not empty; false at the end, which is two empty blocks or nothing more.
    fn read_header(&mut self) -> Result<bool, TarError> {
        for _ in 0..2 {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            self.source.read_exact(&mut self.header[..]).map_err(cut_off)?;
            self.offset += BLOCK as u64;
            if self.header.iter().any(|byte| *byte != 0) {
                let right = checksum_holds(&self.header);
                return if right { Ok(true) } else { Err(TarError::NotTar(self.offset - BLOCK as u64)) };
            }
        }
        Ok(false)
    }

    fn set_content(&mut self, size: u64) {
        self.content = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    }

    fn set_entry(&mut self, flag: u8, size: u64, at: u64) -> Result<(), TarError> {
        let size = self.extension.size.unwrap_or(size);
        let (path, link) = (self.extension.path.take(), self.extension.link.take());
        let header = &self.header;
        let ustar = &header[257..263] == b"ustar\0";
        let entry = &mut self.entry;
        match path {
            Some(path) => entry.path = path,
            None => {
                entry.path.clear();
                let prefix = if ustar { until_nul(&header[345..500]) } else { &[] };
                entry.path.extend_from_slice(prefix);
                if !prefix.is_empty() {
                    entry.path.push(b'/');
                }
                entry.path.extend_from_slice(until_nul(&header[..100]));
            }
        }
        match link {
            Some(link) => entry.link = link,
            None => {
                entry.link.clear();
                entry.link.extend_from_slice(until_nul(&header[157..257]));
            }
        }
        entry.mode = number(&header[100..108]).and_then(|mode| u32::try_from(mode).ok()).unwrap_or_default() & 0o7777;
        entry.kind = match flag {
            // Before POSIX, directories were files whose name ends in a slash.
            0 | b'0' | b'7' if entry.path.ends_with(b"/") => Kind::Directory,
            0 | b'0' | b'7' if self.extension.sparse => Kind::Sparse,
            0 | b'0' | b'7' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::SymbolicLink,
            b'5' => Kind::Directory,
            b'S' => Kind::Sparse,
            _ => Kind::Other,
        };
        // Links and directories may announce a size and have no bytes (POSIX.1-2017, pax, "ustar").
        let size = if matches!(flag, b'1'..=b'6') && self.extension.size.is_none() { 0 } else { size };
        if flag == b'S' {
            self.skip_sparse_map(at)?;
        }
        self.entry.size = size;
        self.entry.offset = self.offset;
        self.set_content(size);
        Ok(())
    }

    fn skip_sparse_map(&mut self, at: u64) -> Result<(), TarError> {
        let mut more = self.header[482] != 0;
        for _ in 0..SPARSE_BLOCKS_MAX {
            if !more {
                return Ok(());
            }
            self.source.read_exact(&mut self.header[..]).map_err(cut_off)?;
            self.offset += BLOCK as u64;
            more = self.header[504] != 0;
        }
        Err(TarError::BadExtension(at))
    }

    /// The bytes of an extended header; `None` when they are too many.
    fn read_extension(&mut self, size: u64) -> Result<Option<Vec<u8>>, TarError> {
        self.set_content(size);
        if size > EXTENSION_BYTES_MAX {
            self.extension.lost = true;
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or_default()];
        self.source.read_exact(&mut bytes).map_err(cut_off)?;
        self.offset += size;
        self.content = 0;
        Ok(Some(bytes))
    }

    fn read_long(&mut self, size: u64) -> Result<Option<Vec<u8>>, TarError> {
        let bytes = self.read_extension(size)?;
        Ok(bytes.map(|bytes| until_nul(&bytes).to_vec()))
    }

    /// `length key=value\n`, repeated.
    fn read_pax(&mut self, size: u64, at: u64) -> Result<(), TarError> {
        let Some(bytes) = self.read_extension(size)? else { return Ok(()) };
        let mut rest = &bytes[..];
        while rest.first().is_some_and(|byte| *byte != 0) {
            let (key, value, after) = pax_record(rest).ok_or(TarError::BadExtension(at))?;
            match key {
                b"path" => self.extension.path = Some(value.to_vec()),
                b"linkpath" => self.extension.link = Some(value.to_vec()),
                b"size" => self.extension.size = Some(decimal(value).ok_or(TarError::BadExtension(at))?),
                b"GNU.sparse.name" => {
                    self.extension.path = Some(value.to_vec());
                    self.extension.sparse = true;
                }
                _ if key.starts_with(b"GNU.sparse.") => self.extension.sparse = true,
                _ => {}
            }
            rest = after;
        }
        Ok(())
    }
}

/// The bytes of the present entry; what is not read is passed over later.
pub(crate) struct Content<'a, S> {
    source: &'a mut S,
    offset: &'a mut u64,
    left: &'a mut u64,
}

impl<S: Source> io::Read for Content<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<S: Source> BufRead for Content<'_, S> {
    /// An archive that ends here is an error: an entry is never shorter than announced without a word.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if *self.left == 0 {
            return Ok(&[]);
        }
        let there = self.source.fill_buf()?;
        if there.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let count = usize::try_from(*self.left).map_or(there.len(), |left| left.min(there.len()));
        Ok(&there[..count])
    }

    fn consume(&mut self, count: usize) {
        self.source.consume(count);
        *self.offset += count as u64;
        *self.left -= count as u64;
    }
}

fn cut_off(error: io::Error) -> TarError {
    if error.kind() == io::ErrorKind::UnexpectedEof { TarError::Truncated } else { TarError::Read(error) }
}

pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The sum of all bytes, the field itself counted as spaces; some old programs add signed bytes.
pub(crate) fn checksum_holds(header: &[u8; BLOCK]) -> bool {
    let Some(expected) = number(&header[148..156]) else { return false };
    let bytes = || header[..148].iter().chain(&header[156..]);
    let unsigned = bytes().map(|byte| u64::from(*byte)).sum::<u64>() + 8 * 32;
    let signed = bytes().map(|byte| i64::from(byte.cast_signed())).sum::<i64>() + 8 * 32;
    unsigned == expected || i64::try_from(expected) == Ok(signed)
}

/// Octal digits between spaces and zero bytes, or base 256 where the first bit is set; negative is none.
pub(crate) fn number(field: &[u8]) -> Option<u64> {
    if field.first().is_some_and(|first| first & 0x80 != 0) {
        let (first, rest) = field.split_first()?;
        return rest.iter().try_fold(u64::from(first & 0x7f), |value, byte| {
            value.checked_mul(256).and_then(|value| value.checked_add(u64::from(*byte)))
        });
    }
    let digits = until_nul(field).trim_ascii();
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 8)?;
        value.checked_mul(8)?.checked_add(u64::from(digit))
    })
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Key, value and what follows.
pub(crate) fn pax_record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(21).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(&bytes[..space])?).ok()?;
    let (record, rest) = bytes.split_at_checked(length)?;
    let record = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], rest))
}

#[cfg(test)]
#[path = "tar_tests.rs"]
mod tests;

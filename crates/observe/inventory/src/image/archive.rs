//! An archive that holds an image, as `docker save` and `skopeo` write it, without unpacking it.
//!
//! A pass over the headers remembers where each file lies; blobs are then read from where they are, several at
//! once. An archive that is compressed as a whole is first unpacked into one file of the scratch folder: there
//! is no other way to read from its middle. Names in the archive are only ever compared, never opened.

use crate::layer::Scratch;
use crate::layer::scratch::Kept;
use crate::walk::path::{self, Odd};
use crate::walk::stream::pass;
use crate::walk::tar::{Kind, Source, Tar, TarError};
use rustix::fs::{Mode, OFlags};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// The most files of an archive; an image has three for each layer.
const FILES_MAX: usize = 100_000;
/// How far a link may lead to another link.
const LINKS_MAX: usize = 8;

/// An archive, and where everything lies in it.
#[derive(Debug)]
pub(crate) struct Archive {
    file: Arc<File>,
    places: HashMap<String, Place>,
    /// Holds the unpacked archive for as long as it is read.
    _unpacked: Option<Kept>,
}

#[derive(Clone, Debug)]
enum Place {
    File { offset: u64, size: u64 },
    Link(String),
}

/// Opens a regular file; anything else, such as a pipe, is an error and does not block.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")) }
}

impl Archive {
    /// Opens an archive, plain or compressed.
    pub(crate) fn open(path: &Path, scratch: &Scratch) -> io::Result<Self> {
        let file = open_file(path)?;
        let mut head = [0; 4];
        let count = file.read_at(&mut head, 0)?;
        let compressed = matches!(&head[..count], [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18]);
        if !compressed {
            return Self::index(file, None);
        }
        let mut spool = scratch.create()?;
        let (copied, passed) = pass(file, |chunks| {
            loop {
                let chunk = chunks.fill_buf()?;
                let count = chunk.len();
                if count == 0 {
                    return Ok(());
                }
                spool.write(chunk)?;
                chunks.consume(count);
            }
        });
        copied.map_err(|error: io::Error| passed.err().map_or(error, io::Error::other))?;
        let kept = spool.keep()?;
        Self::index(File::open(kept.path())?, Some(kept))
    }

    fn index(file: File, unpacked: Option<Kept>) -> io::Result<Self> {
        let mut tar = Tar::new(Seekable { file: BufReader::with_capacity(4096, file.try_clone()?), end: file.metadata()?.len() });
        let mut places = HashMap::new();
        let mut path = String::new();
        while tar.advance().map_err(not_tar)? {
            let entry = tar.entry();
            if path::normalise(&entry.path, &mut path) == Err(Odd::TooLong) || path.is_empty() {
                continue;
            }
            let place = match entry.kind {
                Kind::File => Place::File { offset: entry.offset, size: entry.size },
                Kind::SymbolicLink => path::resolve(&path, &entry.link).map_or(Place::Link(String::new()), Place::Link),
                Kind::HardLink => path::resolve("", &entry.link).map_or(Place::Link(String::new()), Place::Link),
                _ => continue,
            };
            if places.len() == FILES_MAX {
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {FILES_MAX} files")));
            }
            places.insert(path.clone(), place);
        }
        Ok(Self { file: Arc::new(file), places, _unpacked: unpacked })
    }

    /// The bytes of a file of the archive.
    pub(crate) fn read(&self, path: &str) -> io::Result<Section> {
        let mut path = path;
        for _ in 0..LINKS_MAX {
            match self.places.get(path) {
                Some(Place::File { offset, size }) => {
                    return Ok(Section { file: Arc::clone(&self.file), at: *offset, left: *size });
                }
                Some(Place::Link(target)) => path = target,
                None => break,
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "not in the archive"))
    }

    /// How many bytes a file of the archive has.
    pub(crate) fn size(&self, path: &str) -> Option<u64> {
        self.read(path).ok().map(|section| section.left)
    }
}

fn not_tar(error: TarError) -> io::Error {
    match error {
        TarError::Read(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
    }
}

/// A file whose parts can be passed over without reading them.
struct Seekable {
    file: BufReader<File>,
    end: u64,
}

impl Read for Seekable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl BufRead for Seekable {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.file.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.file.consume(count);
    }
}

impl Source for Seekable {
    fn skip(&mut self, count: u64) -> io::Result<()> {
        use std::io::Seek;
        if count == 0 {
            return Ok(());
        }
        let at = self.file.stream_position()?;
        if at.checked_add(count).is_none_or(|to| to > self.end) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.seek_relative(i64::try_from(count).map_err(io::Error::other)?)
    }
}

/// A part of a file. Several may be read at the same time.
#[derive(Debug)]
pub(crate) struct Section {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = self.file.read_at(&mut buffer[..length], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        if count == 0 && length > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::walk::build::{Builder, gzip};

    fn text(archive: &Archive, path: &str) -> String {
        let mut text = String::new();
        archive
            .read(path)
            .and_then(|mut section| section.read_to_string(&mut text))
            .map_or_else(|error| error.to_string(), |_| text)
    }

    #[test]
    fn files_are_read_from_where_they_lie() {
        let dir = tempfile::tempdir().unwrap();
        let scratch = Scratch::below(dir.path()).unwrap();
        let big = "x".repeat(5000);
        let bytes = Builder::new()
            .file("./a/layer.tar", &big)
            .symlink("b/layer.tar", "../a/layer.tar")
            .hardlink("c", "a/layer.tar")
            .symlink("out", "../../../etc/passwd")
            .symlink("loop", "loop")
            .file("last", "end")
            .end();
        for (name, bytes) in
            [("plain", bytes.clone()), ("gzip", gzip(&bytes)), ("zstd", zstd::encode_all(&bytes[..], 1).unwrap())]
        {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let archive = Archive::open(&path, &scratch).unwrap();
            for file in ["a/layer.tar", "b/layer.tar", "c"] {
                assert_eq!(text(&archive, file), big);
            }
            assert_eq!((text(&archive, "last"), archive.size("last")), ("end".into(), Some(3)));
            for file in ["out", "loop", "absent"] {
                assert_eq!(text(&archive, file), "not in the archive");
            }
        }
    }

    #[test]
    fn a_cut_or_foreign_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let scratch = Scratch::below(dir.path()).unwrap();
        let path = dir.path().join("cut");
        let bytes = Builder::new().file("a", "x".repeat(5000)).end();
        for bytes in [bytes[..2000].to_vec(), gzip(&bytes)[..60].to_vec(), vec![7; 4096]] {
            std::fs::write(&path, bytes).unwrap();
            assert!(Archive::open(&path, &scratch).is_err());
        }
        assert!(Archive::open(dir.path(), &scratch).is_err());
    }
}

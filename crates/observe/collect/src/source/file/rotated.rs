//! The files that log rotation made out of a followed one: `auth.log.1`, `syslog-20261121`,
//! `dpkg.log.2.gz`.
//!
//! They are looked at in two cases only: after a restart, when the file that was being read is no
//! longer at its path, and after a truncation, when a copy may hold what was not yet read. `.gz` and
//! `.zst` are read; `.xz` and `.bz2` are not.

use super::identity::{HEAD_MAX, Identity};
use flate2::read::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Most rotated files of one path that are looked at; the youngest count.
const SIBLINGS_MAX: usize = 64;

/// Most bytes read out of one compressed file.
const UNPACKED_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Largest window that a `.zst` may ask for, as a power of two: what `zstd` takes without `--long`.
const WINDOW_LOG_MAX: u32 = 27;

/// A file that was rotated away.
pub(super) struct Rotated {
    path: PathBuf,
    modified: SystemTime,
    packing: Option<Packing>,
}

/// How a rotated file was packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

/// Opens a regular file for reading, without waiting for a writer should it be a pipe.
pub(super) fn open(path: &Path) -> io::Result<(File, fs::Metadata)> {
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")) }
}

/// The rotated files of a path, the one that was written last at the end.
pub(super) fn siblings(path: &Path) -> Vec<Rotated> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut siblings: Vec<Rotated> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            let other = entry.file_name();
            let rest = other.as_encoded_bytes().strip_prefix(name.as_encoded_bytes());
            rest.is_some_and(is_rotation_suffix)
        })
        .filter_map(|entry| {
            let path = entry.path();
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let packing = match path.extension().and_then(|extension| extension.to_str()) {
                Some("gz") => Some(Packing::Gzip),
                Some("zst") => Some(Packing::Zstd),
                _ => None,
            };
            Some(Rotated { modified: metadata.modified().ok()?, path, packing })
        })
        .collect();
    siblings.sort_by(|a, b| (a.modified, &b.path).cmp(&(b.modified, &a.path)));
    siblings.drain(..siblings.len().saturating_sub(SIBLINGS_MAX));
    siblings
}

/// `.1`, `.2.gz`, `-20261121`, `-20261121.zst`, `.old`.
pub(super) fn is_rotation_suffix(suffix: &[u8]) -> bool {
    let suffix = suffix.strip_suffix(b".gz").or_else(|| suffix.strip_suffix(b".zst")).unwrap_or(suffix);
    match suffix.split_first() {
        Some((b'.' | b'-', rest)) if rest == b"old" => true,
        Some((b'.' | b'-', rest)) => {
            !rest.is_empty() && rest.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
        }
        _ => false,
    }
}

impl Rotated {
    /// Its identity; a packed file's by what it unpacks to.
    pub(super) fn identity(&self) -> io::Result<Identity> {
        let (file, metadata) = open(&self.path)?;
        let Some(packing) = self.packing else { return Identity::of(&file, &metadata) };
        let mut head = Vec::new();
        packing.unpack(file)?.take(HEAD_MAX as u64).read_to_end(&mut head)?;
        Ok(Identity::of_packed(&metadata, head))
    }

    /// Whether this is the file, moved here whole or copied or packed.
    pub(super) fn is(&self, identity: &Identity) -> bool {
        self.identity().is_ok_and(|own| own.continues(identity) || own.is_copy_of(identity))
    }

    /// Its content from an offset.
    pub(super) fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let (file, _) = open(&self.path)?;
        if let Some(packing) = self.packing {
            let mut unpacked = packing.unpack(file)?.take(UNPACKED_MAX);
            io::copy(&mut (&mut unpacked).take(offset), &mut io::sink())?;
            return Ok(Box::new(unpacked));
        }
        let mut file = file;
        io::Seek::seek(&mut file, io::SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }

    /// Its path, for the log.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Packing {
    /// What a file holds.
    fn unpack(self, file: File) -> io::Result<Box<dyn Read + Send>> {
        let file = io::BufReader::new(file);
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(file)),
            Self::Zstd => {
                let mut unpacked = zstd::stream::read::Decoder::with_buffer(file)?;
                unpacked.window_log_max(WINDOW_LOG_MAX)?;
                Box::new(unpacked)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_rotation_leaves_behind() {
        for (suffix, expected) in [
            (".1", true),
            (".2.gz", true),
            (".20261121-083000.zst", true),
            ("-20261121", true),
            ("-20261121-1795248000.gz", true),
            (".old", true),
            (".gz", false),
            (".1.xz", false),
            ("-backup", false),
            ("2", false),
            ("", false),
        ] {
            assert_eq!(is_rotation_suffix(suffix.as_bytes()), expected, "{suffix}");
        }
    }
}

//! The files that log rotation made out of a followed one: `auth.log.1`, `syslog-20261121`,
//! `dpkg.log.2.gz`.
//!
//! They are looked at in two cases only: after a restart, when the file that was being read is no
//! longer at its path, and after a truncation, when a copy may hold what was not yet read. Those that are
//! packed are known by their names.

use super::identity::{HEAD_MAX, Identity};
use crate::packed::Packed;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Most rotated files of one path that are looked at; the youngest count.
const SIBLINGS_MAX: usize = 64;

/// Most bytes read out of one compressed file.
const UNPACKED_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// A file that was rotated away.
pub(super) struct Rotated {
    path: PathBuf,
    modified: SystemTime,
    packed: Option<Packed>,
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
            let (_, packed) = Packed::named(path.as_os_str().as_encoded_bytes());
            Some(Rotated { modified: metadata.modified().ok()?, path, packed })
        })
        .collect();
    siblings.sort_by(|a, b| (a.modified, &b.path).cmp(&(b.modified, &a.path)));
    siblings.drain(..siblings.len().saturating_sub(SIBLINGS_MAX));
    siblings
}

/// `.1`, `.2.gz`, `-20261121`, `-20261121.xz`, `.old`.
pub(super) fn is_rotation_suffix(suffix: &[u8]) -> bool {
    let (suffix, _) = Packed::named(suffix);
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
        let Some(packed) = self.packed else { return Identity::of(&file, &metadata) };
        let mut head = Vec::new();
        packed.unpack(BufReader::new(file))?.take(HEAD_MAX as u64).read_to_end(&mut head)?;
        Ok(Identity::of_packed(&metadata, head))
    }

    /// Whether this is the file, moved here whole or copied or packed.
    pub(super) fn is(&self, identity: &Identity) -> bool {
        self.identity().is_ok_and(|own| own.continues(identity) || own.is_copy_of(identity))
    }

    /// Its content from an offset.
    pub(super) fn open_at(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let (file, _) = open(&self.path)?;
        if let Some(packed) = self.packed {
            let mut unpacked = packed.unpack(BufReader::new(file))?.take(UNPACKED_MAX);
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
            (".1.xz", true),
            (".3.bz2", true),
            (".xz", false),
            (".1.zip", false),
            ("-backup", false),
            ("2", false),
            ("", false),
        ] {
            assert_eq!(is_rotation_suffix(suffix.as_bytes()), expected, "{suffix}");
        }
    }
}

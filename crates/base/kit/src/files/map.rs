//! Read-only memory maps: the only `unsafe` in Vigie.
//!
//! For large files of our own that are replaced by renaming and never written in place, such as the
//! vulnerability data. A map of a file that somebody else may shorten would end the process with
//! SIGBUS on the next touch, so foreign files are read with [`super::read_bounded`] instead.

use super::read::{ReadError, failed, open_regular};
use std::fmt;
use std::ops::Deref;
use std::path::Path;

/// The content of a file, paged in as it is touched.
pub struct Mapped(Option<memmap2::Mmap>);

/// Maps a regular file for reading.
///
/// The file must not be written in place while it is mapped; replacing it by a rename is fine and
/// leaves this map on the old content.
///
/// # Errors
/// See [`ReadError`].
pub fn map(path: &Path) -> Result<Mapped, ReadError> {
    let file = open_regular(path)?;
    let length = file.metadata().map_err(|source| failed(path, source))?.len();
    if length == 0 {
        return Ok(Mapped(None));
    }
    #[expect(unsafe_code, reason = "a memory map is unsafe by its nature; see the module's note")]
    // SAFETY: the map is read-only and private to this process. Its one obligation is that the
    // mapped file does not change below it: callers map only files of Vigie's own data directory,
    // which is mode 0700, held under a lock, and whose mapped files are written once under another
    // name and then renamed (`write_atomic`, the importer's swap).
    let mapped = unsafe { memmap2::Mmap::map(&file) };
    mapped.map(|map| Mapped(Some(map))).map_err(|source| failed(path, source))
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Mapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapped({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::write_atomic;

    #[test]
    fn a_map_keeps_the_old_content_when_the_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        write_atomic(&path, b"old", 0o600).unwrap();
        let mapped = map(&path).unwrap();
        write_atomic(&path, b"newer", 0o600).unwrap();
        assert_eq!(mapped.as_ref(), b"old");
        assert_eq!(map(&path).unwrap().as_ref(), b"newer");
    }

    #[test]
    fn an_empty_file_maps_to_nothing_and_a_missing_one_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "").unwrap();
        assert!(map(&path).unwrap().is_empty());
        assert!(matches!(map(&dir.path().join("g")), Err(ReadError::Missing { .. })));
    }
}

//! Files: read within a limit, replaced as a whole, mapped, locked.
//!
//! Holds: a file written by [`write_atomic`] is after a crash either the old or the new one, never
//! a part; nothing here follows a path that is not a regular file into a device or a pipe.

mod lock;
mod map;
mod read;
mod write;

pub use lock::{Lock, LockError, lock};
pub use map::{Mapped, map};
pub use read::{ReadError, read_bounded, read_text_bounded};
pub(crate) use write::failed as write_failed;
pub use write::{WriteError, sync_dir, write_atomic, write_once};

use std::io;
use std::path::Path;

/// How many bytes this process may still write to the file system that holds `path`.
///
/// # Errors
/// When `path` does not exist or the file system does not say.
pub fn free_bytes(path: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(path)?;
    // `f_bavail`: what is reserved for root does not count as free for others.
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_free_bytes_and_a_missing_one_has_not() {
        let dir = tempfile::tempdir().unwrap();
        assert!(free_bytes(dir.path()).unwrap() > 0);
        assert!(free_bytes(&dir.path().join("absent")).is_err());
    }
}

//! The few things the lake asks of a file system, behind a trait.
//!
//! What for: the promise "acknowledged means on disk" hangs on the order of writes, syncs and renames,
//! and only a file system that forgets what was not synced can prove it. [`RealDisk`] is the machine's;
//! the tests bring a model that crashes, tears and fails. The log and the files both go through here;
//! the database does not, it keeps its own promise.

#[cfg(test)]
pub(crate) mod model;
mod real;

pub(crate) use real::RealDisk;

use std::io;
use std::path::Path;
use std::sync::Arc;

/// A directory tree with append-mostly files.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Creates a directory and its parents, their entries durable; fine when it is there.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// The names of the files in a directory.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Creates a file that must not exist.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Creates a file, or empties the one that is there.
    fn create_anew(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file that exists, to be read only.
    fn read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// As [`Disk::read`], past any cache: what is really there.
    fn read_fresh(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.read(path)
    }

    /// Gives a file another name in its directory, in the place of whatever had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Opens a file that exists.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Removes a file. Readers that have it open go on reading.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes creations and removals in a directory durable.
    fn sync_dir(&self, directory: &Path) -> io::Result<()>;

    /// Bytes that an ordinary user may still write on the file system of this directory.
    fn free_bytes(&self, directory: &Path) -> io::Result<u64>;
}

/// An open file.
pub(crate) trait DiskFile: Send + Sync {
    /// Fills `buffer` from `offset`; fails with `UnexpectedEof` when the file ends before.
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Writes all bytes at `offset`. When it fails, any part of them may have been written.
    fn write_all_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Makes the content durable (fdatasync). After an error nothing is known of what was written
    /// since the last success, and a later success does not change that.
    fn sync(&self) -> io::Result<()>;

    /// The length of the file.
    fn length(&self) -> io::Result<u64>;
}

/// Whether an error says that there is no room left for this user on this file system.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

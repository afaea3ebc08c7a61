//! Files of events on object storage, the log and the catalogue on this machine.
//!
//! [`StoreDisk`] stands where the machine's disk stands for everybody who writes and reads files: a file is
//! written beside on this machine, and what was giving it its name is now sending it, reading it back and
//! comparing it. Only then does its row come into the catalogue, and only then does the log let go of
//! its events. What always holds:
//!
//! - A name is used once ([`StoreDisk::name`]): a request that nobody waits for any more and that arrives
//!   an hour later can make a file that no row stands for, never change one that has a row.
//! - What may still arrive is on the list of leftovers, and is removed again when its time is over
//!   ([`GRACE_SECONDS`]). So nobody ever lists the bucket.
//! - Reading goes through a cache of limited size ([`cache`]); verifying does not.
//!
//! Not here: who may do what in the bucket, its versions and its rules for dropping things: they are the
//! provider's (docs/keeping-events.md).

mod cache;
mod disk;
#[cfg(test)]
pub(crate) mod model;
mod state;

pub(crate) use disk::StoreDisk;
pub use state::StoreStatus;

use bytes::Bytes;
use std::io;
use vigie_objects::{Blocking, ObjectsError};

/// Seconds in which a request that failed may still be done.
pub(crate) const GRACE_SECONDS: i64 = 3600;

/// Names of the Delta log that are looked at at most: it keeps about a hundred.
const LISTED_MAX: usize = 100_000;

/// The few things the lake asks of object storage. Keys are paths below the lake's directory.
pub(crate) trait Store: Send + Sync + 'static {
    /// Where it is, to be shown and to be known again.
    fn address(&self) -> &str;

    /// Writes an object of this length, whose bytes `read` gives. When it fails, it may be there
    /// nevertheless, now or later.
    fn put(&self, key: &str, length: u64, read: &mut ReadAt<'_>) -> io::Result<()>;

    /// Writes an object where there is none; `AlreadyExists` else.
    fn put_new(&self, key: &str, bytes: Bytes) -> io::Result<()>;

    /// Bytes of an object; fewer when it ends before.
    fn read(&self, key: &str, at: u64, length: u64) -> io::Result<Bytes>;

    /// The length of an object; `NotFound` when there is none.
    fn length(&self, key: &str) -> io::Result<u64>;

    /// Removes an object; fine when it is not there.
    fn remove(&self, key: &str) -> io::Result<()>;

    /// The keys below a prefix.
    fn list(&self, prefix: &str, max: usize) -> io::Result<Vec<String>>;
}

/// Fills a buffer from a place on.
pub(crate) type ReadAt<'r> = dyn FnMut(u64, &mut [u8]) -> io::Result<()> + 'r;

impl Store for Blocking {
    fn address(&self) -> &str {
        self.address()
    }

    fn put(&self, key: &str, length: u64, read: &mut ReadAt<'_>) -> io::Result<()> {
        self.put_from(key, length, read).map(drop)
    }

    fn put_new(&self, key: &str, bytes: Bytes) -> io::Result<()> {
        if self.put_if_absent(key, bytes).map_err(told)? { Ok(()) } else { Err(io::ErrorKind::AlreadyExists.into()) }
    }

    fn read(&self, key: &str, at: u64, length: u64) -> io::Result<Bytes> {
        self.get_range(key, at..at.saturating_add(length)).map_err(told)
    }

    fn length(&self, key: &str) -> io::Result<u64> {
        Ok(self.head(key).map_err(told)?.size)
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        self.delete(key).map_err(told)
    }

    fn list(&self, prefix: &str, max: usize) -> io::Result<Vec<String>> {
        let objects = self.list(prefix, None, max).map_err(told)?;
        Ok(objects.into_iter().map(|object| object.key).collect())
    }
}

/// As the rooms of the lake know errors; what it was stays inside.
fn told(error: ObjectsError) -> io::Error {
    let kind = match &error {
        ObjectsError::NotFound { .. } => io::ErrorKind::NotFound,
        ObjectsError::Denied { .. } => io::ErrorKind::PermissionDenied,
        ObjectsError::Unreachable { .. } => io::ErrorKind::NotConnected,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

//! A disk whose files of events are on object storage.

use super::cache::Cache;
use super::state::State;
use super::{LISTED_MAX, Store, StoreStatus};
use crate::disk::{Disk, DiskFile};
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_kit::clock::Clock;
use vigie_model::time::Timestamp;

/// Bytes that are read back at once.
const PIECE: u64 = 4 << 20;
/// Bytes of a version of the Delta log that are sent at most.
const VERSION_BYTES_MAX: u64 = 256 << 20;
/// Where nothing ever is: asked for to see whether anybody answers.
const PROBE: &str = "_vigie_probe";

pub(crate) struct StoreDisk {
    local: Arc<dyn Disk>,
    root: PathBuf,
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    cache: Cache,
    state: State,
}

/// Where a path is.
enum Home {
    Here,
    /// A file of events.
    File(String),
    /// A file of the Delta log.
    Delta(String),
}

impl StoreDisk {
    pub(crate) fn open(
        local: Arc<dyn Disk>,
        root: &Path,
        store: Arc<dyn Store>,
        (cache_bytes, reserve): (u64, u64),
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let cache = Cache::open(Arc::clone(&local), root.join("cache"), cache_bytes, reserve)?;
        let inner = Arc::new(Inner { store, cache, state: State::new(clock) });
        Ok(Self { local, root: root.to_owned(), inner })
    }

    pub(crate) fn address(&self) -> &str {
        self.inner.store.address()
    }

    /// What goes into the name of a file, so that no other attempt ever has it.
    pub(crate) fn name() -> io::Result<String> {
        let mut bytes = [0; 6];
        getrandom::fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random numbers"))?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    pub(crate) fn status(&self) -> StoreStatus {
        let (cached_bytes, cached_bytes_max) = self.inner.cache.bytes();
        let (cache_hits, cache_misses) = self.inner.cache.readings();
        let counts = self.inner.state.counts();
        StoreStatus {
            address: self.address().to_owned(),
            failing_since: counts.failing_since,
            problem: counts.problem.clone(),
            answered_at: counts.answered_at,
            waiting_files: counts.waiting_files,
            sent: counts.sent,
            sent_bytes: counts.sent_bytes,
            failed: counts.failed,
            fetched_bytes: counts.fetched_bytes,
            cached_bytes,
            cached_bytes_max,
            cache_hits,
            cache_misses,
        }
    }

    /// Whether it is worth trying: true unless the last attempt failed and it still does not answer.
    pub(crate) fn answers(&self) -> bool {
        self.inner.state.counts().failing_since.is_none() || self.probe()
    }

    /// Asks for nothing, to see whether somebody answers.
    pub(crate) fn probe(&self) -> bool {
        self.inner.state.note(self.inner.store.list(PROBE, 1)).is_ok()
    }

    /// Asks whether somebody answers, unless that is known from the last so many seconds.
    pub(crate) fn look(&self, now: Timestamp, seconds: i64) {
        let answered = self.inner.state.counts().answered_at;
        let lately = answered.is_some_and(|at| (0..seconds.saturating_mul(1_000_000)).contains(&now.since(at)));
        if !lately || self.inner.state.counts().failing_since.is_some() {
            self.probe();
        }
    }

    /// Whether a file is still on this machine from before.
    pub(crate) fn is_here(&self, path: &str) -> bool {
        self.local.read(&self.root.join(path)).is_ok()
    }

    /// So many files are.
    pub(crate) fn waiting(&self, files: u64) {
        self.inner.state.counts().waiting_files = files;
    }

    /// Sends a file that is still on this machine from before; false when it is not here.
    pub(crate) fn settle(&self, path: &str) -> io::Result<bool> {
        let place = self.root.join(path);
        match self.local.read(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
            Ok(_) => {
                self.send(&place, path)?;
                self.let_go(&place, path)?;
                Ok(true)
            }
        }
    }

    fn home(&self, path: &Path) -> Home {
        let Ok(below) = path.strip_prefix(&self.root) else { return Home::Here };
        let (Some(key), Some(name)) = (below.to_str(), path.file_name().and_then(std::ffi::OsStr::to_str)) else {
            return Home::Here;
        };
        let directory = key.split('/').next().unwrap_or_default();
        if name.ends_with(".new") || key == name {
            Home::Here
        } else if directory == "_delta_log" {
            Home::Delta(key.to_owned())
        } else if directory.starts_with("class=") && name.ends_with(".parquet") && !name.starts_with("run-") {
            Home::File(key.to_owned())
        } else {
            Home::Here
        }
    }

    /// Sends a file and holds what is there then against it.
    fn send(&self, beside: &Path, key: &str) -> io::Result<()> {
        let file = self.local.read(beside)?;
        let length = file.length()?;
        let store = &self.inner.store;
        let send = || {
            store.put(key, length, &mut |at, buffer| file.read_exact_at(at, buffer))?;
            self.compare(&*file, length, key)
        };
        self.inner.state.note(send())?;
        let mut counts = self.inner.state.counts();
        counts.sent += 1;
        counts.sent_bytes += length;
        Ok(())
    }

    fn compare(&self, file: &dyn DiskFile, length: u64, key: &str) -> io::Result<()> {
        let differs = || io::Error::new(io::ErrorKind::InvalidData, "what object storage has is not what was sent");
        if self.inner.store.length(key)? != length {
            return Err(differs());
        }
        let mut own = vec![0; usize::try_from(PIECE.min(length)).unwrap_or_default()];
        let mut at = 0;
        while at < length {
            let size = PIECE.min(length - at);
            let there = self.inner.store.read(key, at, size)?;
            let own = own.get_mut(..usize::try_from(size).unwrap_or_default()).unwrap_or_default();
            file.read_exact_at(at, own)?;
            if there != *own {
                return Err(differs());
            }
            at += size;
        }
        Ok(())
    }

    /// Gives what was sent to the cache, or removes it.
    fn let_go(&self, beside: &Path, key: &str) -> io::Result<()> {
        if !self.inner.cache.adopt(key, beside) {
            match self.local.remove(beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        // Nobody would know of it if it came back after a power cut.
        beside.parent().map_or(Ok(()), |directory| self.local.sync_dir(directory))
    }

    /// Versions never change; the rest of the Delta log is what was last said.
    fn send_delta(&self, beside: &Path, key: &str) -> io::Result<()> {
        let file = self.local.read(beside)?;
        let length = file.length()?;
        let send = || {
            if !key.ends_with(".json") {
                return self.inner.store.put(key, length, &mut |at, buffer| file.read_exact_at(at, buffer));
            }
            if length > VERSION_BYTES_MAX {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
            file.read_exact_at(0, &mut bytes)?;
            self.inner.store.put_new(key, bytes.into())
        };
        send()?;
        self.local.remove(beside)
    }

    fn remote(&self, key: &str, cached: bool) -> io::Result<Arc<dyn DiskFile>> {
        let length = match self.inner.cache.length(key).filter(|_| cached) {
            Some(length) => length,
            None => self.inner.store.length(key)?,
        };
        Ok(Arc::new(RemoteFile { inner: Arc::clone(&self.inner), key: key.to_owned(), length, cached }))
    }
}

impl Disk for StoreDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.local.create_dir(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        if directory != self.root.join("_delta_log") {
            return self.local.list(directory);
        }
        let keys = self.inner.store.list("_delta_log", LISTED_MAX)?;
        Ok(keys.iter().filter_map(|key| key.strip_prefix("_delta_log/")).map(str::to_owned).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.local.create(path)
    }

    fn create_anew(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.local.create_anew(path)
    }

    fn read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        match self.home(path) {
            Home::Here => self.local.read(path),
            Home::Delta(key) => self.remote(&key, false),
            Home::File(key) => match self.local.read(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.remote(&key, true),
                here => here,
            },
        }
    }

    fn read_fresh(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        match (self.home(path), self.local.read(path)) {
            (Home::File(key), Err(error)) if error.kind() == io::ErrorKind::NotFound => self.remote(&key, false),
            _ => self.read(path),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match self.home(to) {
            Home::Here => self.local.rename(from, to),
            Home::Delta(key) => self.send_delta(from, &key),
            Home::File(key) => {
                self.send(from, &key)?;
                self.let_go(from, &key)
            }
        }
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.local.open(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match self.home(path) {
            Home::Here => self.local.remove(path),
            Home::Delta(key) => self.inner.store.remove(&key),
            Home::File(key) => {
                self.inner.cache.remove(&key)?;
                match self.local.remove(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                self.inner.cache.sync()?;
                self.inner.store.remove(&key)
            }
        }
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        match self.local.sync_dir(directory) {
            // There is none where nothing was ever written beside.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            synced => synced,
        }
    }

    fn free_bytes(&self, directory: &Path) -> io::Result<u64> {
        self.local.free_bytes(directory)
    }
}

/// A file of object storage, to be read.
struct RemoteFile {
    inner: Arc<Inner>,
    key: String,
    length: u64,
    cached: bool,
}

impl RemoteFile {
    fn fetch(&self, at: u64, length: u64) -> io::Result<Bytes> {
        let bytes = self.inner.store.read(&self.key, at, length)?;
        self.inner.state.counts().fetched_bytes += bytes.len() as u64;
        Ok(bytes)
    }
}

impl DiskFile for RemoteFile {
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        if self.cached {
            return self.inner.cache.read((&self.key, self.length), offset, buffer, &|at, length| self.fetch(at, length));
        }
        if buffer.is_empty() {
            return Ok(());
        }
        let bytes = self.fetch(offset, buffer.len() as u64)?;
        if bytes.len() != buffer.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.copy_from_slice(&bytes);
        Ok(())
    }

    fn write_all_at(&self, _offset: u64, _bytes: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn truncate(&self, _length: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.length)
    }
}

//! What was fetched is kept on this machine, so that pruning pays: a search reads the footer of a file
//! and some of its pages, and so does the next.
//!
//! A file of ours stands for one of object storage, filled block by block as it is read, or whole where it
//! was written here. What was read longest ago goes first, file by file. Names are used once, so what
//! is here is never out of date. A start keeps whole files, which were synced before they were sent, and
//! drops the others, of which nobody knows which blocks they have.
//!
//! Whatever fails here costs time and nothing else, but for one thing: removing. What is erased must be
//! gone from here, too.

use crate::disk::{Disk, DiskFile};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is fetched at once at least.
pub(super) const BLOCK: u64 = 1 << 20;
/// What is fetched at once at most.
const FETCH_MAX: u64 = 8 << 20;

pub(super) struct Cache {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    bytes_max: u64,
    /// Room that the disk must have beside.
    reserve: u64,
    kept: Mutex<Kept>,
    /// Readings that were served from here, and that were not.
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Default)]
struct Kept {
    files: HashMap<String, Entry>,
    bytes: u64,
    /// Counts readings; the lowest was read longest ago.
    turn: u64,
}

struct Entry {
    file: Arc<dyn DiskFile>,
    length: u64,
    /// A bit for each block that is here.
    blocks: Vec<bool>,
    bytes: u64,
    is_whole: bool,
    turn: u64,
}

impl Cache {
    /// Takes up what an earlier run left.
    pub(super) fn open(disk: Arc<dyn Disk>, directory: PathBuf, bytes_max: u64, reserve: u64) -> io::Result<Self> {
        disk.create_dir(&directory)?;
        let cache = Self {
            disk,
            directory,
            bytes_max,
            reserve,
            kept: Mutex::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        };
        for name in cache.disk.list(&cache.directory)? {
            let path = cache.directory.join(&name);
            let taken = name.strip_suffix(WHOLE).is_some_and(|name| cache.take_up(name, &path).is_ok());
            if !taken {
                cache.disk.remove(&path)?;
            }
        }
        cache.make_room(&mut cache.kept(), 0);
        Ok(cache)
    }

    fn take_up(&self, name: &str, path: &Path) -> io::Result<()> {
        let file = self.disk.read(path)?;
        let length = file.length()?;
        self.kept().insert(name.to_owned(), Entry::whole(file, length));
        Ok(())
    }

    /// Bytes that are here, and that may be.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.kept().bytes, self.bytes_max)
    }

    /// Readings since the start that were served from here, and that were not.
    pub(super) fn readings(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    /// The length of a file that is here, or a part of it.
    pub(super) fn length(&self, key: &str) -> Option<u64> {
        self.kept().files.get(&name_of(key)).map(|entry| entry.length)
    }

    /// Takes a file that was just sent, under the name it has beside. True when it is here now.
    pub(super) fn adopt(&self, key: &str, beside: &Path) -> bool {
        let name = name_of(key);
        let adopt = || -> io::Result<Option<Entry>> {
            let length = self.disk.read(beside)?.length()?;
            if length > self.bytes_max || self.is_tight(0) {
                return Ok(None);
            }
            let path = self.path(&name, true);
            self.disk.rename(beside, &path)?;
            Ok(Some(Entry::whole(self.disk.read(&path)?, length)))
        };
        let Ok(Some(entry)) = adopt() else { return false };
        let mut kept = self.kept();
        self.make_room(&mut kept, entry.bytes);
        kept.insert(name, entry);
        true
    }

    /// Fills a buffer; what is not here comes from `fetch`, whole blocks at a time.
    pub(super) fn read(
        &self,
        (key, length): (&str, u64),
        at: u64,
        buffer: &mut [u8],
        fetch: &dyn Fn(u64, u64) -> io::Result<Bytes>,
    ) -> io::Result<()> {
        let name = name_of(key);
        if at.saturating_add(buffer.len() as u64) > length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (mut at, mut rest) = (at, buffer);
        while !rest.is_empty() {
            let stretch = self.kept().stretch(&name, length, at, rest.len() as u64);
            let filled = usize::try_from(stretch.end.min(at + rest.len() as u64) - at).unwrap_or(usize::MAX).min(rest.len());
            let (piece, others) = rest.split_at_mut(filled);
            let here = stretch.file.as_ref().is_some_and(|file| file.read_exact_at(at, piece).is_ok());
            let counter = if here { &self.hits } else { &self.misses };
            counter.fetch_add(1, Ordering::Relaxed);
            if !here {
                let bytes = fetch(stretch.start, stretch.end - stretch.start)?;
                let from = usize::try_from(at - stretch.start).unwrap_or(usize::MAX);
                let got = bytes.get(from..).and_then(|bytes| bytes.get(..piece.len()));
                piece.copy_from_slice(got.ok_or(io::ErrorKind::UnexpectedEof)?);
                self.keep(&name, length, stretch.start, &bytes);
            }
            at += piece.len() as u64;
            rest = others;
        }
        Ok(())
    }

    /// Keeps blocks that were fetched.
    fn keep(&self, name: &str, length: u64, at: u64, bytes: &Bytes) {
        let size = bytes.len() as u64;
        if size > self.bytes_max || self.is_tight(size) {
            return;
        }
        let file = match self.kept().files.get(name) {
            Some(entry) => Some(Arc::clone(&entry.file)),
            None => self.disk.create_anew(&self.path(name, false)).ok(),
        };
        let Some(file) = file.filter(|file| file.write_all_at(at, bytes).is_ok()) else { return };
        let mut kept = self.kept();
        self.make_room(&mut kept, size);
        // It may have gone meanwhile, or come.
        let is_same = |entry: &Entry| Arc::ptr_eq(&entry.file, &file) && !entry.is_whole;
        if !kept.files.contains_key(name) {
            kept.insert(name.to_owned(), Entry::empty(Arc::clone(&file), length));
        }
        let kept = &mut *kept;
        if let Some(entry) = kept.files.get_mut(name).filter(|entry| is_same(entry)) {
            kept.bytes += entry.fill(at, size);
        }
    }

    /// Removes a file.
    pub(super) fn remove(&self, key: &str) -> io::Result<()> {
        let name = name_of(key);
        let mut kept = self.kept();
        kept.take(&name);
        for whole in [true, false] {
            match self.disk.remove(&self.path(&name, whole)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Makes the removals durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.directory)
    }

    fn make_room(&self, kept: &mut Kept, bytes: u64) {
        while kept.bytes.saturating_add(bytes) > self.bytes_max {
            let oldest = kept.files.iter().min_by_key(|(_, entry)| entry.turn).map(|(name, _)| name.clone());
            let Some((name, entry)) = oldest.and_then(|name| kept.take(&name).map(|entry| (name, entry))) else { return };
            if let Err(error) = self.disk.remove(&self.path(&name, entry.is_whole)) {
                tracing::warn!(%error, "a file of the cache could not be removed");
            }
        }
    }

    /// Whether the disk has no room for more. Where the system does not say, it has.
    fn is_tight(&self, bytes: u64) -> bool {
        self.disk.free_bytes(&self.directory).is_ok_and(|free| free < self.reserve.saturating_mul(2).saturating_add(bytes))
    }

    fn path(&self, name: &str, whole: bool) -> PathBuf {
        self.directory.join(format!("{name}{}", if whole { WHOLE } else { PART }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const WHOLE: &str = ".whole";
const PART: &str = ".part";

/// What a key is called here: keys are too long for names, and have directories.
fn name_of(key: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(key).into();
    crate::catalogue::hex(&hash)
}

/// Blocks side by side that are all here, or all missing.
struct Stretch {
    start: u64,
    end: u64,
    file: Option<Arc<dyn DiskFile>>,
}

impl Kept {
    fn insert(&mut self, name: String, mut entry: Entry) {
        self.take(&name);
        self.turn += 1;
        entry.turn = self.turn;
        self.bytes += entry.bytes;
        self.files.insert(name, entry);
    }

    fn take(&mut self, name: &str) -> Option<Entry> {
        let entry = self.files.remove(name)?;
        self.bytes -= entry.bytes;
        Some(entry)
    }

    /// The blocks from a place on, as long as all are here or all are missing, and are asked for.
    fn stretch(&mut self, name: &str, length: u64, at: u64, wanted: u64) -> Stretch {
        self.turn += 1;
        let turn = self.turn;
        let entry = self.files.get_mut(name).map(|entry| {
            entry.turn = turn;
            &*entry
        });
        let has = |block: u64| entry.is_some_and(|entry| entry.has(block));
        let (first, end) = (at / BLOCK, (at + wanted).min(length).div_ceil(BLOCK));
        let here = has(first);
        let most = if here { end } else { end.min(first + FETCH_MAX / BLOCK) };
        let last = (first + 1..most).find(|block| has(*block) != here).unwrap_or(most);
        Stretch {
            start: first * BLOCK,
            end: (last * BLOCK).min(length),
            file: entry.filter(|_| here).map(|entry| Arc::clone(&entry.file)),
        }
    }
}

impl Entry {
    const fn whole(file: Arc<dyn DiskFile>, length: u64) -> Self {
        Self { file, length, blocks: Vec::new(), bytes: length, is_whole: true, turn: 0 }
    }

    fn empty(file: Arc<dyn DiskFile>, length: u64) -> Self {
        let blocks = vec![false; usize::try_from(length.div_ceil(BLOCK)).unwrap_or_default()];
        Self { file, length, blocks, bytes: 0, is_whole: false, turn: 0 }
    }

    fn has(&self, block: u64) -> bool {
        self.is_whole || usize::try_from(block).ok().and_then(|block| self.blocks.get(block)).is_some_and(|here| *here)
    }

    /// Notes what was written; gives how many bytes that are more.
    fn fill(&mut self, at: u64, size: u64) -> u64 {
        let before = self.bytes;
        for block in at / BLOCK..(at + size).div_ceil(BLOCK) {
            let of_block = BLOCK.min(self.length - block * BLOCK);
            if let Some(here) = usize::try_from(block).ok().and_then(|block| self.blocks.get_mut(block))
                && !*here
            {
                *here = true;
                self.bytes += of_block;
            }
        }
        self.bytes - before
    }
}

#[cfg(test)]
mod tests;

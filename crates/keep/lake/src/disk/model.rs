//! A file system that forgets what was not synced, for tests.
//!
//! Two stops: *killed*, the process ends and every write it made stands; *power cut*, of everything
//! since the last sync any part may have reached the disk, block by block and in any order, creations
//! and removals of files among it. Faults are planned ahead: the next write fails after a part of it,
//! the next sync fails and drops what it should have written (as Linux does: the pages count as clean
//! afterwards, so a second sync succeeds and writes nothing).
//!
//! Stricter than ext4 in one point: a file's name is durable only by syncing its directory.

use super::{Disk, DiskFile};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

/// What reaches the disk as a whole or not at all.
const BLOCK: usize = 512;

/// A planned fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The next write stores this many bytes and fails.
    Write(usize, io::ErrorKind),
    /// The next sync of a file fails; the bits say what of the pending changes reached the disk.
    Sync(u64),
    /// The next truncation fails.
    Truncate,
    /// The next creation of a file fails.
    Create(io::ErrorKind),
}

/// The file system. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct ModelDisk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What processes see.
    files: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    /// What the disk holds.
    names: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    faults: Vec<Fault>,
    free: Option<u64>,
    /// Makes syncs do nothing: a disk, or a log, that lies.
    lies: bool,
    crashes: u64,
}

#[derive(Default)]
struct Content {
    cached: Vec<u8>,
    durable: Vec<u8>,
    /// Writes and truncations since the last sync.
    pending: Vec<Change>,
}

enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

struct ModelFile {
    disk: ModelDisk,
    content: Arc<Mutex<Content>>,
    /// Which life of the machine opened it: no process survives a crash.
    life: u64,
}

impl ModelDisk {
    /// Plans a fault.
    pub(crate) fn plan(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Drops the faults that did not happen.
    pub(crate) fn calm(&self) {
        self.state().faults.clear();
    }

    /// Sets what the file system says is free.
    pub(crate) fn set_free(&self, bytes: Option<u64>) {
        self.state().free = bytes;
    }

    /// From now on syncs do nothing.
    pub(crate) fn lie(&self) {
        self.state().lies = true;
    }

    /// The process ends; what it wrote stands.
    pub(crate) fn kill(&self) {
        self.state().crashes += 1;
    }

    /// The power is cut. `chance` says of each thing not synced whether it reached the disk.
    pub(crate) fn cut_power(&self, chance: &mut dyn FnMut() -> bool) {
        let mut state = self.state();
        state.crashes += 1;
        let mut survivors = BTreeMap::new();
        let everything: BTreeMap<_, _> =
            state.names.iter().chain(&state.files).map(|(path, content)| (path.clone(), Arc::clone(content))).collect();
        for (path, content) in everything {
            let synced = state.names.contains_key(&path);
            let seen = state.files.contains_key(&path);
            if synced == seen && synced || synced != seen && chance() {
                survivors.insert(path, content);
            }
        }
        for content in survivors.values() {
            let mut content = content.lock().unwrap();
            content.spill(chance);
            content.cached = content.durable.clone();
        }
        state.names.clone_from(&survivors);
        state.files = survivors;
    }

    /// Changes one byte of a file, as a failing disk does.
    pub(crate) fn rot(&self, path: &Path, place: usize) {
        let state = self.state();
        let mut content = state.files[path].lock().unwrap();
        content.cached[place] ^= 0x40;
        content.durable[place] ^= 0x40;
    }

    /// The length of each file in a directory.
    pub(crate) fn lengths(&self, directory: &Path) -> Vec<(PathBuf, usize)> {
        let state = self.state();
        let inside = state.files.iter().filter(|(path, _)| path.parent() == Some(directory));
        inside.map(|(path, content)| (path.clone(), content.lock().unwrap().cached.len())).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn handle(&self, content: Arc<Mutex<Content>>) -> Arc<dyn DiskFile> {
        Arc::new(ModelFile { disk: self.clone(), content, life: self.state().crashes })
    }
}

impl State {
    fn fault(&mut self, matches: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let place = self.faults.iter().position(matches)?;
        Some(self.faults.remove(place))
    }
}

impl Content {
    fn apply(&mut self, change: Change) {
        change.to(&mut self.cached);
        self.pending.push(change);
    }

    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.to(&mut self.durable);
        }
    }

    /// Lets chance decide what of the pending changes reached the disk, and forgets the rest. The
    /// length of the file and its blocks go separately, as they do with delayed allocation.
    fn spill(&mut self, chance: &mut dyn FnMut() -> bool) {
        for change in std::mem::take(&mut self.pending) {
            match change {
                Change::Truncate(length) if chance() => self.durable.truncate(length),
                Change::Truncate(_) => {}
                Change::Write(offset, bytes) => {
                    let end = offset + bytes.len();
                    if self.durable.len() < end && chance() {
                        self.durable.resize(end, 0);
                    }
                    for (block, from, to) in blocks(offset, bytes.len()) {
                        let reaches = offset + to <= self.durable.len() || block * BLOCK <= self.durable.len();
                        if reaches && chance() {
                            Change::Write(offset + from, bytes[from..to].to_vec()).to(&mut self.durable);
                        }
                    }
                }
            }
        }
    }
}

fn blocks(offset: usize, length: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (offset / BLOCK..(offset + length).div_ceil(BLOCK)).map(move |block| {
        let from = (block * BLOCK).max(offset) - offset;
        let to = ((block + 1) * BLOCK).min(offset + length) - offset;
        (block, from, to)
    })
}

impl Change {
    fn to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, written) => {
                let end = offset + written.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*offset..end].copy_from_slice(written);
            }
            Self::Truncate(length) => bytes.truncate(*length),
        }
    }
}

impl Disk for ModelDisk {
    fn create_dir(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let inside = state.files.keys().filter(|path| path.parent() == Some(directory));
        Ok(inside.filter_map(|path| path.file_name()?.to_str().map(str::to_owned)).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let content = Arc::<Mutex<Content>>::default();
        {
            let mut state = self.state();
            if let Some(Fault::Create(kind)) = state.fault(|fault| matches!(fault, Fault::Create(_))) {
                return Err(kind.into());
            }
            if state.files.contains_key(path) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            state.files.insert(path.to_owned(), Arc::clone(&content));
        }
        Ok(self.handle(content))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let content = self.state().files.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(content))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().files.remove(path).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.lies {
            return Ok(());
        }
        let inside = |path: &&PathBuf| path.parent() == Some(directory);
        let gone: Vec<PathBuf> =
            state.names.keys().filter(inside).filter(|path| !state.files.contains_key(*path)).cloned().collect();
        gone.iter().for_each(|path| drop(state.names.remove(path)));
        let here: Vec<_> = state.files.iter().filter(|(path, _)| inside(path)).map(|(p, c)| (p.clone(), Arc::clone(c))).collect();
        state.names.extend(here);
        Ok(())
    }

    fn free_bytes(&self, _directory: &Path) -> io::Result<u64> {
        self.state().free.ok_or_else(|| io::ErrorKind::Unsupported.into())
    }
}

impl ModelFile {
    fn alive(&self) -> MutexGuard<'_, State> {
        let state = self.disk.state();
        assert_eq!(state.crashes, self.life, "a file opened before a crash is used after it");
        state
    }
}

impl DiskFile for ModelFile {
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let content = self.content.lock().unwrap();
        let offset = usize::try_from(offset).unwrap();
        let bytes = content.cached.get(offset..offset + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write_all_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let fault = self.alive().fault(|fault| matches!(fault, Fault::Write(..)));
        let offset = usize::try_from(offset).unwrap();
        let mut content = self.content.lock().unwrap();
        match fault {
            Some(Fault::Write(stored, kind)) => {
                content.apply(Change::Write(offset, bytes[..stored.min(bytes.len())].to_vec()));
                Err(kind.into())
            }
            _ => {
                content.apply(Change::Write(offset, bytes.to_vec()));
                Ok(())
            }
        }
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        if self.alive().fault(|fault| *fault == Fault::Truncate).is_some() {
            return Err(io::ErrorKind::Other.into());
        }
        self.content.lock().unwrap().apply(Change::Truncate(usize::try_from(length).unwrap()));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let (fault, lies) = {
            let mut state = self.alive();
            (state.fault(|fault| matches!(fault, Fault::Sync(_))), state.lies)
        };
        let mut content = self.content.lock().unwrap();
        if let Some(Fault::Sync(mut bits)) = fault {
            content.spill(&mut || {
                bits = bits.rotate_right(1);
                bits & 1 == 1
            });
            return Err(io::ErrorKind::Other.into());
        }
        if !lies {
            content.sync();
        }
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().cached.len() as u64)
    }
}

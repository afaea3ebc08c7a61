//! A file system that forgets what was not synced, for tests.
//!
//! Two stops: *killed*, the process ends and every write it made stands; *power cut*, of everything
//! since the last sync any part may have reached the disk, block by block and in any order, creations
//! and removals of files among it. Faults are planned ahead: the next write fails after a part of it,
//! the next sync fails and drops what it should have written (as Linux does: the pages count as clean
//! afterwards, so a second sync succeeds and writes nothing).
//!
//! Stricter than ext4 in one point: a file's name is durable only by syncing its directory.
//!
//! Every operation has points, before it, after it and within a write, at which an image of the disk
//! can be taken ([`ModelDisk::at_point`]): the state in which a stop there would leave the machine.
//! Directories are taken to be there.

mod content;

use super::{Disk, DiskFile};
use content::{Change, Content};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

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
    /// The next renaming fails.
    Rename,
    /// The next removal fails.
    Remove,
    /// The next sync of a directory fails, and makes nothing durable.
    SyncDir,
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
    /// Points passed so far.
    points: u64,
    /// At which point to call whom.
    at: Option<(u64, AtPoint)>,
    /// How long a sync takes.
    slow: Duration,
}

type AtPoint = Box<dyn FnOnce(ModelDisk) + Send>;

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

    /// From now on each sync takes so long.
    pub(crate) fn slow(&self, sync: Duration) {
        self.state().slow = sync;
    }

    /// Hands an image of the disk over at the point that comes after so many others, in the middle of
    /// whatever is going on.
    pub(crate) fn at_point(&self, others: u64, take: impl FnOnce(Self) + Send + 'static) {
        let mut state = self.state();
        state.at = Some((state.points + others, Box::new(take)));
    }

    /// Takes the image now if its point has not come.
    pub(crate) fn now(&self) {
        let taken = self.state().at.take();
        if let Some((_, take)) = taken {
            take(self.image());
        }
    }

    /// Another disk with the same content, synced or not.
    pub(crate) fn image(&self) -> Self {
        let state = self.state();
        let mut copies: BTreeMap<*const Mutex<Content>, Arc<Mutex<Content>>> = BTreeMap::new();
        let mut copy = |files: &BTreeMap<PathBuf, Arc<Mutex<Content>>>| {
            let copied = |content: &Arc<Mutex<Content>>| Arc::new(Mutex::new(content.lock().unwrap().clone()));
            let one = |(path, content): (&PathBuf, &Arc<Mutex<Content>>)| {
                let content = copies.entry(Arc::as_ptr(content)).or_insert_with(|| copied(content));
                (path.clone(), Arc::clone(content))
            };
            files.iter().map(one).collect()
        };
        let (files, names) = (copy(&state.files), copy(&state.names));
        Self(Arc::new(Mutex::new(State { files, names, free: state.free, lies: state.lies, ..State::default() })))
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.state().files.keys().cloned().collect()
    }

    /// A point of an operation.
    pub(crate) fn point(&self) {
        let mut state = self.state();
        state.points += 1;
        let due = state.at.as_ref().is_some_and(|(point, _)| *point < state.points);
        let taken = due.then(|| state.at.take()).flatten();
        drop(state);
        if let Some((_, take)) = taken {
            take(self.image());
        }
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
        self.point();
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
        self.point();
        Ok(self.handle(content))
    }

    fn create_anew(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let known = self.state().files.get(path).cloned();
        let Some(content) = known else { return self.create(path) };
        self.point();
        content.lock().unwrap().apply(Change::Truncate(0));
        self.point();
        Ok(self.handle(content))
    }

    fn read(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.point();
        {
            let mut state = self.state();
            if state.fault(|fault| *fault == Fault::Rename).is_some() {
                return Err(io::ErrorKind::Other.into());
            }
            let content = state.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
            state.files.insert(to.to_owned(), content);
        }
        self.point();
        Ok(())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let content = self.state().files.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(content))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.point();
        {
            let mut state = self.state();
            if state.fault(|fault| *fault == Fault::Remove).is_some() {
                return Err(io::ErrorKind::Other.into());
            }
            state.files.remove(path).ok_or(io::ErrorKind::NotFound)?;
        }
        self.point();
        Ok(())
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        self.point();
        self.names_of(directory)?;
        self.point();
        Ok(())
    }

    fn free_bytes(&self, _directory: &Path) -> io::Result<u64> {
        self.state().free.ok_or_else(|| io::ErrorKind::Unsupported.into())
    }
}

impl ModelDisk {
    /// Makes the names in a directory durable.
    fn names_of(&self, directory: &Path) -> io::Result<()> {
        let mut state = self.state();
        if state.lies {
            return Ok(());
        }
        if state.fault(|fault| *fault == Fault::SyncDir).is_some() {
            return Err(io::ErrorKind::Other.into());
        }
        let inside = |path: &&PathBuf| path.parent() == Some(directory);
        let gone: Vec<PathBuf> =
            state.names.keys().filter(inside).filter(|path| !state.files.contains_key(*path)).cloned().collect();
        gone.iter().for_each(|path| drop(state.names.remove(path)));
        let here: Vec<_> = state.files.iter().filter(|(path, _)| inside(path)).map(|(p, c)| (p.clone(), Arc::clone(c))).collect();
        state.names.extend(here);
        Ok(())
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
        self.disk.point();
        let fault = self.alive().fault(|fault| matches!(fault, Fault::Write(..)));
        let offset = usize::try_from(offset).unwrap();
        let write = |from: usize, to: usize| {
            let change = Change::Write(offset + from, bytes[from..to].to_vec());
            self.content.lock().unwrap().apply(change);
        };
        if let Some(Fault::Write(stored, kind)) = fault {
            write(0, stored.min(bytes.len()));
            return Err(kind.into());
        }
        let half = bytes.len() / 2;
        write(0, half);
        self.disk.point();
        write(half, bytes.len());
        self.disk.point();
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.disk.point();
        if self.alive().fault(|fault| *fault == Fault::Truncate).is_some() {
            return Err(io::ErrorKind::Other.into());
        }
        self.content.lock().unwrap().apply(Change::Truncate(usize::try_from(length).unwrap()));
        self.disk.point();
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.point();
        let (fault, lies, slow) = {
            let mut state = self.alive();
            (state.fault(|fault| matches!(fault, Fault::Sync(_))), state.lies, state.slow)
        };
        if !slow.is_zero() {
            std::thread::sleep(slow);
        }
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
        drop(content);
        self.disk.point();
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().cached.len() as u64)
    }
}

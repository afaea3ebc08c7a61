//! Object storage that fails, is slow, answers late, and says that it failed after it did it, for tests.

use super::{ReadAt, Store};
use crate::disk::model::ModelDisk;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A planned fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreFault {
    /// The next request fails, not done.
    Fails,
    /// The next change is done, and nobody says so.
    DoneUntold,
    /// The next change fails, and is done so many requests later.
    Late(u64),
    /// The next object is stored with a byte that differs, and all seems well.
    Damaged,
}

/// Shared by its clones. Stops and images are those of a [`ModelDisk`].
#[derive(Clone)]
pub(crate) struct ModelStore {
    disk: ModelDisk,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Default)]
struct State {
    objects: BTreeMap<String, Bytes>,
    faults: Vec<StoreFault>,
    late: Vec<(u64, Change)>,
    requests: u64,
    slow: Duration,
}

#[derive(Clone)]
enum Change {
    Put(String, Bytes),
    PutNew(String, Bytes),
    Remove(String),
}

impl ModelStore {
    pub(crate) fn beside(disk: &ModelDisk) -> Self {
        Self { disk: disk.clone(), state: Arc::default() }
    }

    /// The same at this moment, beside another disk.
    pub(crate) fn image(&self, disk: &ModelDisk) -> Self {
        let mut state = self.state().clone();
        state.faults.clear();
        Self { disk: disk.clone(), state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn plan(&self, fault: StoreFault) {
        self.state().faults.push(fault);
    }

    /// Nothing goes wrong any more; what is late still comes.
    pub(crate) fn calm(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.slow = Duration::ZERO;
    }

    pub(crate) fn slow(&self, request: Duration) {
        self.state().slow = request;
    }

    /// What is late comes now.
    pub(crate) fn catch_up(&self) {
        let mut state = self.state();
        for (_, change) in std::mem::take(&mut state.late) {
            state.apply(change);
        }
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.state().objects.keys().cloned().collect()
    }

    /// Changes a byte of an object, as nobody should.
    pub(crate) fn tamper(&self, key: &str, place: usize) {
        let mut state = self.state();
        let mut bytes = state.objects[key].to_vec();
        bytes[place] ^= 0x40;
        state.objects.insert(key.to_owned(), bytes.into());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A request: what is due by now has come before it.
    fn begin(&self) -> io::Result<()> {
        let slow = self.state().slow;
        std::thread::sleep(slow);
        let mut state = self.state();
        state.requests += 1;
        let now = state.requests;
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut state.late).into_iter().partition(|(due, _)| *due <= now);
        state.late = later;
        for (_, change) in due {
            state.apply(change);
        }
        if state.fault(|fault| *fault == StoreFault::Fails).is_some() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    fn change(&self, change: Change) -> io::Result<()> {
        self.disk.point();
        self.begin()?;
        let done = {
            let mut state = self.state();
            match state.fault(|fault| matches!(fault, StoreFault::DoneUntold | StoreFault::Late(_))) {
                Some(StoreFault::Late(after)) => {
                    let due = state.requests + after;
                    state.late.push((due, change));
                    Err(io::ErrorKind::TimedOut.into())
                }
                Some(_) => {
                    state.apply(change);
                    Err(io::ErrorKind::TimedOut.into())
                }
                None => state.try_apply(change),
            }
        };
        self.disk.point();
        done
    }
}

impl State {
    fn fault(&mut self, matches: impl Fn(&StoreFault) -> bool) -> Option<StoreFault> {
        let place = self.faults.iter().position(matches)?;
        Some(self.faults.remove(place))
    }

    fn try_apply(&mut self, change: Change) -> io::Result<()> {
        match change {
            Change::PutNew(key, _) if self.objects.contains_key(&key) => return Err(io::ErrorKind::AlreadyExists.into()),
            Change::Put(key, bytes) | Change::PutNew(key, bytes) => drop(self.objects.insert(key, bytes)),
            Change::Remove(key) => drop(self.objects.remove(&key)),
        }
        Ok(())
    }

    /// Nobody is there to be told.
    fn apply(&mut self, change: Change) {
        drop(self.try_apply(change));
    }
}

impl Store for ModelStore {
    fn address(&self) -> &str {
        "model"
    }

    fn put(&self, key: &str, length: u64, read: &mut ReadAt<'_>) -> io::Result<()> {
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        read(0, &mut bytes)?;
        if self.state().fault(|fault| *fault == StoreFault::Damaged).is_some() {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        self.change(Change::Put(key.to_owned(), bytes.into()))
    }

    fn put_new(&self, key: &str, bytes: Bytes) -> io::Result<()> {
        self.change(Change::PutNew(key.to_owned(), bytes))
    }

    fn read(&self, key: &str, at: u64, length: u64) -> io::Result<Bytes> {
        self.begin()?;
        let state = self.state();
        let bytes = state.objects.get(key).ok_or(io::ErrorKind::NotFound)?;
        let place = |at: u64| usize::try_from(at).unwrap().min(bytes.len());
        Ok(bytes.slice(place(at)..place(at + length)))
    }

    fn length(&self, key: &str) -> io::Result<u64> {
        self.begin()?;
        Ok(self.state().objects.get(key).ok_or(io::ErrorKind::NotFound)?.len() as u64)
    }

    fn remove(&self, key: &str) -> io::Result<()> {
        self.change(Change::Remove(key.to_owned()))
    }

    fn list(&self, prefix: &str, max: usize) -> io::Result<Vec<String>> {
        self.begin()?;
        let below = format!("{prefix}/");
        Ok(self.state().objects.keys().filter(|key| key.starts_with(&below)).take(max).cloned().collect())
    }
}

//! The lake: opening it and giving it events. What it is asked is in `asking`.

use crate::catalogue::Catalogue;
use crate::codec;
use crate::disk::{Disk, RealDisk};
use crate::error::{AppendError, OpenError};
use crate::live::Live;
use crate::open_files::OpenFiles;
use crate::search::{ById, Followed, Scan};
use crate::settings::Settings;
use crate::signals::Signals;
use crate::store::{GRACE_SECONDS, Store, StoreDisk};
use crate::wal::{Committer, Log, LogSettings, Record, Recovery, Segments};
use crate::{Batch, keep, seal};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use vigie_db::Db;
use vigie_kit::clock::Clock;
use vigie_model::event::{Class, StoredEvent};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;
use vigie_objects::{Blocking, Limits, Objects};

/// All events. Cheap to clone; clones share it. The last clone that goes away closes it.
#[derive(Clone)]
pub struct Lake(Arc<Open>);

/// Dropping it ends the threads: first those that seal and merge, then the one that commits.
struct Open {
    core: Arc<Core>,
    threads: Vec<JoinHandle<()>>,
}

/// What the threads share.
pub(crate) struct Core {
    pub(crate) directory: PathBuf,
    pub(crate) log_directory: PathBuf,
    pub(crate) catalogue: Catalogue,
    pub(crate) settings: Settings,
    /// Days that events of these classes are kept.
    pub(crate) kept_days: Vec<(Class, u32)>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) disk: Arc<dyn Disk>,
    /// Where the files are, when they are not on this machine: what `disk` is then.
    pub(crate) store: Option<Arc<StoreDisk>>,
    /// Whether all files are there.
    pub(crate) settled: AtomicBool,
    pub(crate) segments: Arc<Segments>,
    pub(crate) files: OpenFiles,
    pub(crate) committer: Committer,
    pub(crate) signals: Arc<Signals>,
    /// Held by whoever changes files that are there, from the first look to the end: one merge, one
    /// erasure or retention at a time.
    pub(crate) rewriting: Mutex<()>,
    /// Held by whoever changes the catalogue; taken after `rewriting`, and not for long.
    pub(crate) keeping: Mutex<()>,
    /// Held by whoever writes the Delta log; taken last.
    pub(crate) publishing: Mutex<()>,
    checkpoints: Mutex<HashMap<String, Vec<u8>>>,
    pub(crate) live: Live,
    pub(crate) followed: Followed,
    pub(crate) removals: keep::Removals,
    pub(crate) known_held: keep::KnownHeld,
    pub(crate) work: keep::Work,
    recovered: Recovered,
}

/// What the last start found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Events in the log that were not in files yet.
    pub events: u64,
    /// Bytes that were being written when the machine stopped; nobody was told that they are kept.
    pub torn_bytes: u64,
    /// What had been durable and cannot be read any more.
    pub damaged: Vec<Damaged>,
}

/// A stretch of the log that had been durable and cannot be read any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// The segment of the log.
    pub segment: PathBuf,
    /// How many bytes.
    pub bytes: u64,
    /// Where the bytes were put aside; nothing when the whole segment is gone.
    pub kept: Option<PathBuf>,
}

/// How many events a page has at most, how many buckets a histogram.
pub(crate) const PAGE_MAX: usize = 10_000;

impl Lake {
    /// Opens the lake in a directory, creating it if need be, and goes on where it was.
    ///
    /// The caller holds the lock of the data directory: two lakes in one directory would write over
    /// each other.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(directory: &Path, db: Db, clock: Arc<dyn Clock>, settings: Settings) -> Result<Self, OpenError> {
        let store = match &settings.store.address {
            Some(address) => {
                let objects = Objects::open(address, Limits::default()).map_err(OpenError::Objects)?;
                Some(Arc::new(Blocking::new(objects).map_err(OpenError::Thread)?) as Arc<dyn Store>)
            }
            None => None,
        };
        Self::open_on(Arc::new(RealDisk), store, directory, db, clock, settings)
    }

    /// As [`Lake::open`], on a disk and object storage of the caller's.
    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        store: Option<Arc<dyn Store>>,
        directory: &Path,
        db: Db,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self, OpenError> {
        let kept_days = settings.retention.by_class().map_err(OpenError::NotAClass)?;
        let mut catalogue = Catalogue::open(db)?;
        check_store(&catalogue, store.as_deref(), clock.now())?;
        let known = catalogue.known()?;
        disk.create_dir(directory).map_err(|source| OpenError::Io { path: directory.to_owned(), source })?;
        let store = match store {
            Some(store) => {
                catalogue = catalogue.with_grace(GRACE_SECONDS);
                let room = (settings.store.cache_bytes, settings.reserve_bytes);
                let opened = StoreDisk::open(Arc::clone(&disk), directory, store, room, Arc::clone(&clock));
                Some(Arc::new(opened.map_err(|source| OpenError::Io { path: directory.to_owned(), source })?))
            }
            None => None,
        };
        if store.is_none() {
            keep::remove_leftovers(&*disk, directory, &catalogue, clock.now())?;
        }

        let log_directory = directory.join("log");
        let log_settings = LogSettings { segment_bytes: settings.segment_bytes, reserve_bytes: settings.reserve_bytes };
        let start = (known.low_water, known.next_id);
        let (log, recovery) = Log::open(Arc::clone(&disk), &log_directory, Arc::clone(&clock), log_settings, start)?;
        let mut checkpoints = known.checkpoints;
        let (recovered, newer) = report(recovery);
        checkpoints.extend(newer);

        let segments = log.segments();
        let signals = Arc::new(Signals::new(log.next_id(), settings.seal_events));
        let durable = Arc::clone(&signals);
        let committer = Committer::start(log, move |next_id| durable.durable(next_id)).map_err(OpenError::Thread)?;
        let disk = store.as_ref().map_or(disk, |store| Arc::clone(store) as Arc<dyn Disk>);
        let core = Arc::new(Core {
            files: OpenFiles::new(Arc::clone(&disk), directory.to_owned()),
            directory: directory.to_owned(),
            log_directory,
            catalogue,
            settings,
            kept_days,
            clock,
            disk,
            settled: AtomicBool::new(store.is_none()),
            store,
            segments,
            committer,
            signals,
            rewriting: Mutex::default(),
            keeping: Mutex::default(),
            publishing: Mutex::default(),
            checkpoints: Mutex::new(checkpoints),
            live: Live::default(),
            followed: Followed::default(),
            removals: keep::Removals::default(),
            known_held: keep::KnownHeld::default(),
            work: keep::Work::default(),
            recovered,
        });
        // What was committed before a stop and not told.
        if core.store.is_none() {
            core.follow_in_delta();
        }
        let mut open = Open { core, threads: Vec::new() };
        open.start("lake-seal", seal::seal_when_due)?;
        if open.core.settings.compaction.every_seconds > 0 {
            open.start("lake-compact", keep::compact_when_due)?;
        }
        Ok(Self(Arc::new(open)))
    }

    /// What the start found in the log.
    #[must_use]
    pub fn recovered(&self) -> &Recovered {
        &self.0.core.recovered
    }

    pub(crate) fn core(&self) -> &Core {
        &self.0.core
    }

    // --- Intake ---

    /// Takes a batch. Returns when it is on disk, with the numbers of its events; blocks when more
    /// comes in than the disk takes.
    ///
    /// # Errors
    /// See [`AppendError`]; nothing of the batch was taken then.
    pub fn append(&self, batch: &Batch) -> Result<Vec<EventId>, AppendError> {
        if batch.events.is_empty() && batch.checkpoint.is_none() {
            return Ok(Vec::new());
        }
        let encoded = catch_unwind(AssertUnwindSafe(|| codec::encode(batch))).map_err(|_| AppendError::Poison)?;
        let encoded = encoded.map_err(|error| AppendError::TooLarge { bytes: error.bytes })?;
        let ids = self.core().committer.append(Record::new(encoded))?;
        if let Some(checkpoint) = &batch.checkpoint {
            self.core().checkpoints().insert(checkpoint.source.clone(), checkpoint.position.clone());
        }
        let stored = |(id, event): (u64, &vigie_model::event::Event)| StoredEvent { id: EventId(id), event: event.clone() };
        let show = || self.core().live.show(|| ids.clone().zip(&batch.events).map(stored).collect());
        if catch_unwind(AssertUnwindSafe(show)).is_err() {
            // They are durable: whoever only watches must not have them sent again.
            tracing::error!("events could not be shown to those who watch; they are kept");
        }
        Ok(ids.map(EventId).collect())
    }

    /// Keeps the bytes of a record beside the log that cannot be stored as an event of any kind.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn put_aside(&self, record: &[u8]) -> io::Result<PathBuf> {
        let (disk, directory) = (&self.core().disk, self.core().log_directory.join("damaged"));
        let hash: [u8; 32] = Sha256::digest(record).into();
        let name: String = crate::catalogue::hex(&hash).chars().take(16).collect();
        let path = directory.join(format!("poison-{name}.bytes"));
        disk.create_dir(&directory)?;
        let file = disk.create_anew(&path)?;
        file.write_all_at(0, record)?;
        file.sync()?;
        disk.sync_dir(&directory)?;
        Ok(path)
    }

    /// The position that a source handed over with its last durable batch.
    #[must_use]
    pub fn checkpoint(&self, source: &str) -> Option<Vec<u8>> {
        self.core().checkpoints().get(source).cloned()
    }
}

impl Open {
    fn start(&mut self, name: &str, work: fn(&Core)) -> Result<(), OpenError> {
        let core = Arc::clone(&self.core);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&core));
        self.threads.push(thread.map_err(OpenError::Thread)?);
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.core.signals.close();
        for thread in self.threads.drain(..) {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                tracing::error!(name, "a thread of the lake had panicked");
            }
        }
    }
}

impl Core {
    fn checkpoints(&self) -> MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.checkpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn scan(&self) -> Scan<'_> {
        Scan { catalogue: &self.catalogue, segments: &self.segments, files: &self.files }
    }

    pub(crate) fn by_id(&self) -> ById<'_> {
        ById { catalogue: &self.catalogue, segments: &self.segments, files: &self.files, followed: &self.followed }
    }
}

/// Fails when the files are elsewhere than the settings say: they would seem to be lost.
fn check_store(catalogue: &Catalogue, store: Option<&dyn Store>, now: Timestamp) -> Result<(), OpenError> {
    // The same place may be asked through another server, or as another region.
    let place = |address: &str| address.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
    match (catalogue.store()?, store.map(Store::address)) {
        (Some(known), None) => Err(OpenError::StoreNotGiven { address: known }),
        (Some(known), Some(given)) if place(&known) != place(given) => {
            Err(OpenError::OtherStore { known, given: given.to_owned() })
        }
        (None, Some(given)) => {
            // A Delta log on this machine would not follow.
            catalogue.end_publishing()?;
            Ok(catalogue.set_store(given, now)?)
        }
        _ => Ok(()),
    }
}

fn report(recovery: Recovery) -> (Recovered, HashMap<String, Vec<u8>>) {
    let Recovery { events, torn_bytes, damage, checkpoints } = recovery;
    for damage in &damage {
        tracing::error!(segment = %damage.segment.display(), bytes = damage.bytes, kept = ?damage.kept, "a part of the log is damaged");
    }
    tracing::info!(events, torn_bytes, "the log was read");
    let damaged = damage.into_iter().map(|damage| Damaged { segment: damage.segment, bytes: damage.bytes, kept: damage.kept });
    (Recovered { events, torn_bytes, damaged: damaged.collect() }, checkpoints)
}

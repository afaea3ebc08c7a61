//! The whole lake on a machine that stops anywhere.
//!
//! A producer remembers what it asked and what it was told ([`promises`]); intake, sealing, merging,
//! erasing and retention go on under full disks, failing syncs and renames, slow disks and jumping
//! clocks. At any point of any operation on the disk an image of the machine is taken: disk, database
//! and promises as they were then. The process is killed there, or the power cut, so that of what was
//! not synced any part is on the disk; a lake is opened on what is left, perhaps stopped again while it
//! opens, and everything is held against the promises:
//!
//! - what was acknowledged is there once, byte for byte, under its number;
//! - what was not is there as a whole or not at all, and if it was refused and others were taken since, not;
//! - what was erased is nowhere; an erasure that was stopped took all or nothing;
//! - sources go on where their last batch ended; every file is what the catalogue says, none is left over;
//! - the Delta log has every version, and its versions add up to the files.
//!
//! The same with files on object storage ([`ModelStore`]), which fails, is slow, does what it is asked later, or
//! does it and does not say so: then, too, what nobody knows of must not be there.
//!
//! The database is outside the model: its transactions are atomic and durable, as SQLite's are with
//! `synchronous=FULL`; that is its own promise, and the killed processes of [`super::crash`] rely on it.

mod chance;
mod promises;

use super::by_hand;
use super::delta::replayed;
use crate::disk::model::{Fault, ModelDisk};
use crate::store::Store;
use crate::store::model::{ModelStore, StoreFault};
use crate::testing::long_tier;
use crate::{AppendError, Compaction, Erasure, Lake, Retention, Settings, StoreSettings, Window};
use chance::Chance;
use promises::{Checked, Promises, SOURCES, SUBJECTS, about, orphans};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use vigie_db::Db;
use vigie_kit::clock::Clock;
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

const DIRECTORY: &str = "/lake";
const RESERVE: u64 = 1000;
const DAYS_KEPT: u32 = 30;
const DAY: i64 = 86_400;

/// What the lake is asked to do in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    Append,
    Seal,
    Merge,
    Erase,
    Expire,
    /// Several threads append while syncs are slow.
    Slow,
    /// The disk is full for a while.
    Full,
}

/// What goes wrong in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    Killed,
    PowerCut,
    Fault(Fault),
    Store(StoreFault),
}

/// A machine with a lake, and what was promised by it.
struct World {
    chance: Chance,
    clock: Arc<FakeClock>,
    disk: ModelDisk,
    store: Option<ModelStore>,
    databases: tempfile::TempDir,
    opened: u32,
    db: Db,
    lake: Option<Lake>,
    promises: Arc<Mutex<Promises>>,
    stops: u32,
}

/// What a stop leaves.
struct Image {
    disk: ModelDisk,
    store: Option<ModelStore>,
    db: PathBuf,
    promises: Promises,
}

impl World {
    fn new(seed: u64, disk: ModelDisk, store: Option<ModelStore>) -> Self {
        // In memory, where there is such a place: what a sync of the database does is not asked here.
        let databases = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let mut world = Self {
            chance: Chance::of(seed),
            clock: Arc::new(FakeClock::at("2026-11-21T12:00:00Z")),
            disk,
            store,
            db: Db::open(&databases.path().join("0.db")).unwrap(),
            databases,
            opened: 0,
            lake: None,
            promises: Arc::default(),
            stops: 0,
        };
        world.open().unwrap();
        world
    }

    fn open(&mut self) -> Checked {
        let settings = Settings {
            segment_bytes: 20_000,
            reserve_bytes: RESERVE,
            compaction: Compaction { every_seconds: 0, after_seconds: 0, ..Compaction::default() },
            retention: Retention { days: DAYS_KEPT, ..Retention::default() },
            // So little that files go and come back.
            store: StoreSettings { cache_bytes: 60_000, ..StoreSettings::default() },
            ..by_hand()
        };
        let clock: Arc<dyn Clock> = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let disk = Arc::new(self.disk.clone());
        let store = self.store.clone().map(|store| Arc::new(store) as Arc<dyn Store>);
        let lake = Lake::open_on(disk, store, Path::new(DIRECTORY), self.db.clone(), clock, settings);
        let lake = lake.map_err(|error| format!("the lake does not open: {error}"))?;
        if !lake.recovered().damaged.is_empty() {
            return Err(format!("nothing was damaged, yet: {:?}", lake.recovered()));
        }
        self.lake = Some(lake);
        Ok(())
    }

    fn lake(&self) -> &Lake {
        self.lake.as_ref().unwrap()
    }

    fn promises(&self) -> MutexGuard<'_, Promises> {
        self.promises.lock().unwrap()
    }

    /// One round: something is asked while something goes wrong, and everything is looked at.
    fn round(&mut self) -> Checked {
        self.let_time_pass();
        let work = match self.chance.below(20) {
            0..7 => Work::Append,
            7..11 => Work::Seal,
            11..14 => Work::Merge,
            14..16 => Work::Erase,
            16 => Work::Expire,
            17 => Work::Slow,
            _ => Work::Full,
        };
        let trouble = self.trouble(work);
        let told = |broken| format!("{work:?} with {trouble:?}: {broken}");
        self.run(work, trouble).map_err(told)
    }

    fn trouble(&mut self, work: Work) -> Trouble {
        match self.chance.below(10) {
            0..3 => Trouble::Killed,
            3..7 => Trouble::PowerCut,
            7..9 if !matches!(work, Work::Slow | Work::Full) => match self.store {
                Some(_) if self.chance.below(3) > 0 => Trouble::Store(self.store_fault()),
                _ => Trouble::Fault(self.fault()),
            },
            _ => Trouble::None,
        }
    }

    fn fault(&mut self) -> Fault {
        let stored = usize::try_from(self.chance.below(3000)).unwrap();
        let bits = self.chance.next();
        let (full, failed) = (io::ErrorKind::StorageFull, io::ErrorKind::Other);
        self.chance.one_of(&[
            Fault::Write(stored, full),
            Fault::Write(stored, full),
            Fault::Write(stored, failed),
            Fault::Sync(bits),
            Fault::Create(full),
            Fault::Rename,
            Fault::Remove,
            Fault::SyncDir,
        ])
    }

    fn store_fault(&mut self) -> StoreFault {
        let after = self.chance.below(40);
        self.chance.one_of(&[StoreFault::Fails, StoreFault::DoneUntold, StoreFault::Late(after), StoreFault::Damaged])
    }

    /// Mostly some minutes; now and then days, and jumps of a clock that somebody sets.
    fn let_time_pass(&mut self) {
        let seconds = match self.chance.below(16) {
            0 => -self.chance.below(400).cast_signed() * DAY,
            1 => self.chance.below(3000).cast_signed() * DAY,
            2..5 => DAY + 3600,
            _ => self.chance.below(900).cast_signed(),
        };
        self.clock.advance(seconds);
        // Not before there was Vigie, and not where nobody can count the years.
        let (low, high) = (Timestamp::from_seconds(1_600_000_000), Timestamp::from_seconds(8_000_000_000));
        self.clock.set(self.clock.now().max(low).min(high));
    }

    fn run(&mut self, work: Work, trouble: Trouble) -> Checked {
        match trouble {
            Trouble::None => {
                self.work(work, false)?;
                self.promises.lock().unwrap().check(self.lake(), false)
            }
            Trouble::Fault(fault) => {
                self.disk.plan(fault);
                let worked = self.work(work, true);
                self.disk.calm();
                worked?;
                self.promises.lock().unwrap().check(self.lake(), false)
            }
            Trouble::Store(fault) => {
                let store = self.store.clone().unwrap();
                store.slow(Duration::from_millis(1));
                store.plan(fault);
                let worked = self.work(work, true);
                store.calm();
                worked?;
                self.promises.lock().unwrap().check(self.lake(), false)?;
                self.nothing_is_left_over()
            }
            Trouble::Killed | Trouble::PowerCut => {
                let image = self.image_within(|world| world.work(work, false))?;
                self.stop(image, trouble);
                // A start may be stopped like anything else.
                while self.chance.below(4) == 0 {
                    let image = self.image_within(Self::open)?;
                    self.stop(image, trouble);
                }
                self.open()?;
                self.promises.lock().unwrap().check(self.lake(), true)?;
                self.nothing_is_left_over()
            }
        }
    }

    /// Works, and gives what a stop somewhere in the middle of it would have left.
    fn image_within(&mut self, work: impl FnOnce(&mut Self) -> Checked) -> Result<Image, String> {
        self.opened += 1;
        let to = self.databases.path().join(format!("{}.db", self.opened));
        let (tell, told) = channel();
        let (db, promises, store) = (self.db.clone(), Arc::clone(&self.promises), self.store.clone());
        let take = move |disk: ModelDisk| {
            db.back_up(&to).unwrap();
            // Who is between asking and being told holds no lock.
            let promises = promises.lock().unwrap().clone();
            let store = store.map(|store| store.image(&disk));
            tell.send(Image { disk, store, db: to, promises }).unwrap();
        };
        let after = match self.chance.below(3) {
            0 => self.chance.below(12),
            1 => self.chance.below(50),
            _ => self.chance.below(200),
        };
        self.disk.at_point(after, take);
        work(self)?;
        self.disk.now();
        told.recv().map_err(|error| error.to_string())
    }

    fn stop(&mut self, image: Image, trouble: Trouble) {
        self.stops += 1;
        self.lake = None;
        self.disk = image.disk;
        self.store = image.store;
        self.disk.set_free(None);
        if trouble == Trouble::PowerCut {
            let (disk, chance) = (self.disk.clone(), &mut self.chance);
            // Of some cuts nearly all had reached the disk, of some nearly nothing.
            let of_eight = 1 + chance.below(7);
            disk.cut_power(&mut || chance.below(8) < of_eight);
        } else {
            self.disk.kill();
        }
        self.db = Db::open(&image.db).unwrap();
        *self.promises() = image.promises;
    }

    fn nothing_is_left_over(&self) -> Checked {
        // What others read by is up to date again, whatever was being written of it.
        let core = self.lake().core();
        core.tend_store();
        self.lake().publish_delta().map_err(|error| format!("{error:?}"))?;
        let files = core.catalogue.files().unwrap();
        let (replayed, _) = replayed(&*core.disk, Path::new(DIRECTORY))?;
        let paths: BTreeSet<String> = files.all().iter().map(|file| file.path.clone()).collect();
        if replayed != paths {
            return Err(format!("the Delta log has {replayed:?}"));
        }
        if let Some(store) = &self.store {
            store.catch_up();
            let leftovers: BTreeSet<String> = core.catalogue.all_leftovers().unwrap().into_iter().collect();
            let mut keys = store.keys();
            keys.retain(|key| !paths.contains(key) && !leftovers.contains(key) && !key.starts_with("_delta_log/"));
            if !keys.is_empty() {
                return Err(format!("nobody knows of {keys:?} on object storage"));
            }
        }
        let known: Vec<PathBuf> = files.all().iter().map(|file| Path::new(DIRECTORY).join(&file.path)).collect();
        let orphans =
            orphans(&self.disk.paths(), &known, &["log", "_delta_log", "cache"].map(|name| Path::new(DIRECTORY).join(name)));
        if orphans.is_empty() { Ok(()) } else { Err(format!("nobody knows of {orphans:?}")) }
    }

    /// `may_fail`: the disk was told to.
    fn work(&mut self, work: Work, may_fail: bool) -> Checked {
        let failed = |what: String| if may_fail { Ok(()) } else { Err(what) };
        match work {
            Work::Append => (0..=self.chance.below(6)).try_for_each(|_| self.append(may_fail)),
            Work::Seal => self.lake().seal().or_else(|error| failed(format!("{error:?}"))),
            Work::Merge => self.lake().compact().map(drop).or_else(|error| failed(format!("{error:?}"))),
            Work::Erase => self.erase().or_else(failed),
            Work::Expire => self.expire().or_else(failed),
            Work::Slow => self.append_slowly(),
            Work::Full => self.append_to_full_disk(),
        }
    }

    fn append(&mut self, may_fail: bool) -> Checked {
        let now = self.clock.now();
        // Some clocks of machines that send are wrong, too.
        let time = now.plus_seconds(self.chance.one_of(&[0, 0, 0, -40, -DAY, -400 * DAY, 90 * DAY]));
        let size = 1 + self.chance.below(7);
        let source = self.promises().next() % SOURCES;
        let (number, batch) = self.promises().ask(source, size, time, now);
        match self.lake().append(&batch) {
            Ok(ids) => self.promises().acknowledged(number, &ids),
            Err(error) if may_fail && matches!(error, AppendError::Full { .. } | AppendError::Io(_)) => {
                self.promises().refused(number);
            }
            Err(error) => return Err(format!("{error:?}")),
        }
        Ok(())
    }

    fn append_slowly(&mut self) -> Checked {
        const BATCHES: usize = 4;
        self.disk.slow(Duration::from_millis(2));
        let (now, lake, promises) = (self.clock.now(), self.lake(), &self.promises);
        let next = self.promises().next();
        let batches: Vec<_> =
            (0..BATCHES as u64 * SOURCES).map(|place| self.promises().ask((next + place) % SOURCES, 3, now, now)).collect();
        std::thread::scope(|scope| {
            for source in 0..usize::try_from(SOURCES).unwrap() {
                let own = batches.iter().skip(source).step_by(usize::try_from(SOURCES).unwrap());
                scope.spawn(move || {
                    for (number, batch) in own {
                        let ids = lake.append(batch).unwrap();
                        promises.lock().unwrap().acknowledged(*number, &ids);
                    }
                });
            }
        });
        self.disk.slow(Duration::ZERO);
        Ok(())
    }

    /// Intake says that the disk is full, takes nothing, and goes on when there is room.
    fn append_to_full_disk(&mut self) -> Checked {
        self.disk.set_free(Some(RESERVE));
        let now = self.clock.now();
        let source = self.promises().next() % SOURCES;
        let (number, batch) = self.promises().ask(source, 2, now, now);
        let told = self.lake().append(&batch);
        self.promises().refused(number);
        if !matches!(told, Err(AppendError::Full { free: RESERVE, .. })) {
            return Err(format!("a full disk was taken for {told:?}"));
        }
        // Reading fills the cache, where an image may be taken: the promises must not be held.
        let mut promises = self.promises().clone();
        promises.check(self.lake(), false)?;
        // What makes room works without any.
        self.lake().seal().map_err(|error| format!("{error:?}"))?;
        self.disk.set_free(None);
        self.append(false)
    }

    fn erase(&mut self) -> Checked {
        let subject = self.chance.below(SUBJECTS);
        let place = self.promises().erase(subject);
        let erasure = Erasure {
            query: about(subject),
            window: Window::all(),
            who: "oracle".to_owned(),
            reason: "test".to_owned(),
            keep_query: false,
            spare_held: false,
        };
        self.lake().erase(&erasure).map_err(|error| format!("{error:?}"))?;
        self.promises().erased(place);
        Ok(())
    }

    fn expire(&mut self) -> Checked {
        let before = self.promises().expired;
        let limit = self.clock.now().plus_seconds(-i64::from(DAYS_KEPT) * DAY);
        self.promises().expired = Some(before.map_or(limit, |before| before.max(limit)));
        let expired = self.lake().expire().map_err(|error| format!("{error:?}"))?;
        if expired.postponed {
            self.promises().expired = before;
        }
        Ok(())
    }
}

/// Lives through so many rounds; gives how often it stopped, or what broke.
fn live(seed: u64, rounds: u32, disk: ModelDisk, store: Option<ModelStore>) -> Result<u32, String> {
    let mut world = World::new(seed, disk, store);
    for round in 0..rounds {
        world.round().map_err(|broken| format!("seed {seed}, round {round}: {broken}"))?;
    }
    Ok(world.stops)
}

/// Rounds of one world: enough for files to be merged and erased from, few enough to read what broke.
const ROUNDS: u32 = 25;

#[test]
fn every_promise_is_kept_wherever_the_machine_stops() {
    let worlds = if long_tier() { 40 } else { 2 };
    let first: u64 = std::env::var("VIGIE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let stops: u32 = (first..first + worlds).map(|seed| live(seed, ROUNDS, ModelDisk::default(), None).unwrap()).sum();
    println!("{} rounds, {stops} stops", worlds * u64::from(ROUNDS));
}

#[test]
fn every_promise_is_kept_with_files_on_object_storage() {
    let worlds = if long_tier() { 12 } else { 2 };
    let first: u64 = std::env::var("VIGIE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let lived = |seed| {
        let disk = ModelDisk::default();
        let store = ModelStore::beside(&disk);
        live(seed, ROUNDS, disk, Some(store)).unwrap()
    };
    let stops: u32 = (first..first + worlds).map(lived).sum();
    println!("{} rounds, {stops} stops", worlds * u64::from(ROUNDS));
}

#[test]
fn the_oracle_notices_a_disk_that_lies() {
    let noticed = (0..4).filter(|seed| {
        let disk = ModelDisk::default();
        disk.lie();
        live(*seed, ROUNDS, disk, None).is_err()
    });
    assert!(noticed.count() >= 3, "a machine that does not sync loses what it promised");
}

//! The log against a disk that fails, tears and forgets.

use super::*;
use crate::codec::{BatchView, encode};
use crate::disk::Disk;
use crate::disk::model::{Fault, ModelDisk};
use crate::testing::{at, long_tier, marked};
use crate::{Batch, Checkpoint};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_model::ids::EventId;
use vigie_testkit::FakeClock;

const DIRECTORY: &str = "/lake/log";
const SETTINGS: LogSettings = LogSettings { segment_bytes: 60_000, reserve_bytes: 1000 };

/// What may happen to a log.
#[derive(Clone, Debug)]
enum Step {
    /// A group of batches, each with so many events of about so many bytes.
    Commit(Vec<(u8, u16)>),
    Plan(Fault),
    Rotate,
    /// The oldest closed segments go to files; `removed` says whether the crash came before removal.
    Seal {
        segments: u8,
        removed: bool,
    },
    Kill,
    CutPower(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    let full = io::ErrorKind::StorageFull;
    // Few sizes, so that a record may fit exactly where a refused one stood.
    let sizes = (0..3_u8, proptest::sample::select(&[0_u16, 300, 1500][..]));
    prop_oneof![
        8 => proptest::collection::vec(sizes, 1..4).prop_map(Step::Commit),
        1 => (0..4000_usize).prop_map(move |stored| Step::Plan(Fault::Write(stored, full))),
        1 => (0..4000_usize).prop_map(|stored| Step::Plan(Fault::Write(stored, io::ErrorKind::Other))),
        1 => any::<u64>().prop_map(|bits| Step::Plan(Fault::Sync(bits))),
        1 => Just(Step::Plan(Fault::Truncate)),
        1 => Just(Step::Plan(Fault::Create(full))),
        1 => Just(Step::Rotate),
        1 => (0..3_u8, any::<bool>()).prop_map(|(segments, removed)| Step::Seal { segments, removed }),
        2 => Just(Step::Kill),
        2 => any::<u64>().prop_map(Step::CutPower),
    ]
}

/// Runs steps and remembers what was promised.
struct Oracle {
    disk: ModelDisk,
    log: Option<Log>,
    /// What the database would remember.
    low_water: u64,
    sealed_through: u64,
    batches: u64,
    acknowledged: BTreeMap<u64, String>,
    /// Every id that was ever shown, with what it stood for.
    shown: BTreeMap<u64, String>,
    /// Events of each batch, and those batches that were refused.
    sizes: BTreeMap<u64, usize>,
    refused: BTreeSet<u64>,
    /// Refused, and something was acknowledged since: must not come back.
    buried: BTreeSet<u64>,
}

type Checked = Result<(), String>;

impl Oracle {
    fn new(disk: ModelDisk) -> Self {
        let mut oracle = Self {
            disk,
            log: None,
            low_water: 0,
            sealed_through: 0,
            batches: 0,
            acknowledged: BTreeMap::new(),
            shown: BTreeMap::new(),
            sizes: BTreeMap::new(),
            refused: BTreeSet::new(),
            buried: BTreeSet::new(),
        };
        oracle.open().unwrap();
        oracle
    }

    fn run(&mut self, step: &Step) -> Checked {
        match step {
            Step::Commit(sizes) => self.commit(sizes),
            Step::Plan(fault) => {
                self.disk.plan(*fault);
                Ok(())
            }
            Step::Rotate => {
                self.log().rotate();
                Ok(())
            }
            Step::Seal { segments, removed } => {
                self.seal(usize::from(*segments), *removed);
                Ok(())
            }
            Step::Kill => {
                self.disk.kill();
                self.open()
            }
            Step::CutPower(seed) => {
                let mut state = *seed | 1;
                self.disk.cut_power(&mut || {
                    // xorshift64
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state & 4 == 4
                });
                self.open()
            }
        }
    }

    fn log(&mut self) -> &mut Log {
        self.log.as_mut().unwrap()
    }

    fn commit(&mut self, sizes: &[(u8, u16)]) -> Checked {
        let group: Vec<(u64, Batch)> = sizes.iter().map(|size| self.batch(*size)).collect();
        let records: Vec<Record> = group.iter().map(|(_, batch)| Record::new(encode(batch).unwrap())).collect();
        match self.log().commit(&records) {
            Ok(first_ids) => {
                for ((_, batch), first) in group.iter().zip(first_ids) {
                    for (place, event) in batch.events.iter().enumerate() {
                        self.acknowledged.insert(first + place as u64, text(&event.raw));
                    }
                }
                self.buried.append(&mut self.refused);
            }
            Err(_) => self.refused.extend(group.iter().map(|(number, _)| *number)),
        }
        self.check()
    }

    fn batch(&mut self, (events, bytes): (u8, u16)) -> (u64, Batch) {
        self.batches += 1;
        let number = self.batches;
        let padding = "x".repeat(usize::from(bytes));
        let one = marked(at("2026-11-21T08:00:00Z"), "", "journald", &number.to_le_bytes());
        let events: Vec<_> = (0..events)
            .map(|place| {
                let mut event = one.events[0].clone();
                event.raw = format!("{number:04}/{place} {padding}").into_bytes();
                event
            })
            .collect();
        self.sizes.insert(number, events.len());
        (number, Batch { events, ..one })
    }

    fn seal(&mut self, count: usize, removed: bool) {
        let log = self.log();
        log.rotate();
        let segments = log.segments().now().segments;
        let Some(last) = segments.get(..count.min(segments.len())).and_then(<[_]>::last) else { return };
        let through = last.number();
        let sealed: BTreeSet<u64> = segments.iter().take(count).flat_map(|segment| read(segment)).map(|(id, _)| id).collect();
        self.sealed_through = sealed.last().map_or(self.sealed_through, |last| *last + 1);
        // From here on the database has them.
        self.low_water = through;
        self.acknowledged.retain(|id, _| !sealed.contains(id));
        for segment in self.log().segments().drop_through(through) {
            if removed {
                self.disk.remove(segment.path()).unwrap();
            }
        }
    }

    fn open(&mut self) -> Checked {
        self.log = None;
        self.disk.calm();
        let next_id = self.sealed_through.max(1);
        let (log, recovery) = open_log(&self.disk, (self.low_water, next_id)).map_err(|error| error.to_string())?;
        if !recovery.damage.is_empty() {
            return Err(format!("nothing was damaged, yet: {:?}", recovery.damage));
        }
        self.log = Some(log);
        self.check()?;
        // What was refused may be there after all, if nothing was acknowledged since.
        let there: BTreeSet<u64> = self.visible().iter().map(|(_, raw)| number_of(raw)).collect();
        self.refused.retain(|number| !there.contains(number));
        let last = self.visible().last().map(|(_, raw)| number_of(raw));
        let position = recovery.checkpoints.get("journald").map(|bytes| u64::from_le_bytes(bytes[..8].try_into().unwrap()));
        // A batch may have a checkpoint and no event.
        if last > position {
            return Err(format!("batch {last:?} is there, its checkpoint is {position:?}"));
        }
        Ok(())
    }

    fn visible(&self) -> Vec<(u64, String)> {
        let segments = self.log.as_ref().unwrap().segments().now().segments;
        segments.iter().flat_map(|segment| read(segment)).collect()
    }

    fn check(&mut self) -> Checked {
        let visible = self.visible();
        if !visible.is_sorted_by(|(before, _), (after, _)| before < after) {
            return Err(format!("ids do not ascend: {:?}", visible.iter().map(|(id, _)| id).collect::<Vec<_>>()));
        }
        let mut sizes: BTreeMap<u64, usize> = BTreeMap::new();
        for (id, raw) in &visible {
            *sizes.entry(number_of(raw)).or_default() += 1;
            if let Some(before) = self.shown.insert(*id, raw.clone()).filter(|before| before != raw) {
                return Err(format!("id {id} was {before:.20} and is {raw:.20}"));
            }
        }
        for (number, size) in sizes {
            if self.sizes[&number] != size {
                return Err(format!("of batch {number} {size} events are there and not {}", self.sizes[&number]));
            }
            if self.buried.contains(&number) {
                return Err(format!("batch {number} was refused and came back"));
            }
        }
        let now: BTreeMap<u64, String> = visible.into_iter().collect();
        for (id, raw) in &self.acknowledged {
            if now.get(id) != Some(raw) {
                return Err(format!("event {id} was acknowledged and is lost"));
            }
        }
        // What was shown once is as good as acknowledged: somebody may have acted on it.
        self.acknowledged.extend(now);
        Ok(())
    }
}

fn open_log(disk: &ModelDisk, known: (u64, u64)) -> Result<(Log, Recovery), LogError> {
    let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
    Log::open(Arc::new(disk.clone()), Path::new(DIRECTORY), clock, SETTINGS, known)
}

fn read(segment: &Segment) -> Vec<(u64, String)> {
    let mut events = Vec::new();
    let mut buffer = Vec::new();
    for start in (0..segment.records()).step_by(Segment::PIECE) {
        for entry in segment.entries(start) {
            let payload = segment.read_record(&entry, &mut buffer).unwrap();
            let view = BatchView::parse(payload, segment.table()).unwrap();
            for event in view.events(EventId(entry.first_id)) {
                let event = event.unwrap();
                events.push((crate::row::Row::id(&event).0, text(&event.to_event().unwrap().raw)));
            }
        }
    }
    events
}

fn text(raw: &[u8]) -> String {
    String::from_utf8(raw.to_vec()).unwrap()
}

fn number_of(raw: &str) -> u64 {
    raw.split('/').next().unwrap().parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if long_tier() { 20_000 } else { 400 }))]

    #[test]
    fn nothing_acknowledged_is_lost_and_nothing_is_half_there(steps in proptest::collection::vec(any_step(), 1..40)) {
        let mut oracle = Oracle::new(ModelDisk::default());
        for (place, step) in steps.iter().enumerate() {
            oracle.run(step).map_err(|broken| TestCaseError::fail(format!("step {place} {step:?}: {broken}")))?;
        }
    }
}

#[test]
fn the_oracle_notices_a_log_that_does_not_sync() {
    let lost = (0..20_u64).filter(|seed| {
        let disk = ModelDisk::default();
        disk.lie();
        let mut oracle = Oracle::new(disk);
        let steps = [Step::Commit(vec![(3, 900), (2, 100)]), Step::CutPower(seed * 0x9E37_79B9 + 1)];
        steps.iter().any(|step| oracle.run(step).is_err())
    });
    assert!(lost.count() > 10, "a log without syncs loses what it acknowledged, most of the time");
}

fn three_commits() -> (ModelDisk, PathBuf, usize) {
    let disk = ModelDisk::default();
    let (mut log, _) = open_log(&disk, (0, 1)).unwrap();
    for number in 1..=3_u64 {
        let batch = marked(at("2026-11-21T08:00:00Z"), &format!("{number}/0"), "journald", &number.to_le_bytes());
        log.commit(&[Record::new(encode(&batch).unwrap())]).unwrap();
    }
    let (path, length) = disk.lengths(Path::new(DIRECTORY)).remove(0);
    let record = encode(&marked(at("2026-11-21T08:00:00Z"), "1/0", "journald", &[0; 8])).unwrap().payload.len() + 64;
    disk.kill();
    let header = length - 3 * record;
    assert!(header > 0);
    (disk, path, header + record)
}

#[test]
fn damage_in_the_middle_is_put_aside_and_the_rest_is_read() {
    let (disk, path, second) = three_commits();
    disk.rot(&path, second + 70);
    let (mut log, recovery) = open_log(&disk, (0, 1)).unwrap();
    let visible: Vec<_> = log.segments().now().segments.iter().flat_map(|segment| read(segment)).collect();
    assert_eq!(visible, [(1, "1/0".to_owned()), (3, "3/0".to_owned())]);
    let [damage] = &recovery.damage[..] else { panic!("{:?}", recovery.damage) };
    assert_eq!(damage.segment, path);
    let kept = disk.open(damage.kept.as_deref().unwrap()).unwrap();
    assert_eq!(kept.length().unwrap(), damage.bytes);
    assert_eq!(recovery.checkpoints["journald"], 3_u64.to_le_bytes());
    // No id of what is gone is given again.
    let batch = marked(at("2026-11-21T08:00:00Z"), "4/0", "journald", &[]);
    assert!(log.commit(&[Record::new(encode(&batch).unwrap())]).unwrap()[0] > 3);
}

#[test]
fn damage_of_the_segment_header_leaves_the_records() {
    let (disk, path, _) = three_commits();
    disk.rot(&path, 30);
    let (log, recovery) = open_log(&disk, (0, 1)).unwrap();
    assert_eq!(log.segments().now().segments[0].events(), 3);
    assert_eq!(recovery.damage.len(), 1);
}

#[test]
fn a_segment_that_is_gone_is_reported() {
    let (disk, path, _) = three_commits();
    let (mut log, _) = open_log(&disk, (0, 1)).unwrap();
    let batch = marked(at("2026-11-21T08:00:00Z"), "4/0", "journald", &[]);
    log.commit(&[Record::new(encode(&batch).unwrap())]).unwrap();
    disk.kill();
    disk.remove(&path).unwrap();
    let (_, recovery) = open_log(&disk, (0, 1)).unwrap();
    assert_eq!(recovery.damage.iter().map(|damage| (&damage.segment, &damage.kept)).collect::<Vec<_>>(), [(&path, &None)]);
}

#[test]
fn a_full_disk_is_said_before_and_when_it_happens_and_taken_up_again() {
    let disk = ModelDisk::default();
    let (mut log, _) = open_log(&disk, (0, 1)).unwrap();
    let record = || Record::new(encode(&marked(at("2026-11-21T08:00:00Z"), "1/0", "journald", &[])).unwrap());
    disk.set_free(Some(1000));
    assert!(matches!(log.commit(&[record()]), Err(CommitError::Full { free: 1000, .. })));
    disk.set_free(Some(100_000));
    log.commit(&[record()]).unwrap();
    let length = disk.lengths(Path::new(DIRECTORY))[0].1;
    disk.plan(Fault::Write(50, io::ErrorKind::StorageFull));
    assert!(matches!(log.commit(&[record()]), Err(CommitError::Full { .. })));
    assert_eq!(disk.lengths(Path::new(DIRECTORY))[0].1, length, "the part that was written is cut off again");
    log.commit(&[record()]).unwrap();
    assert_eq!(disk.lengths(Path::new(DIRECTORY)).len(), 1, "the same segment goes on");
}

#[test]
fn a_segment_with_any_flipped_bit_is_read_without_panic() {
    let (disk, path, second) = three_commits();
    let file = disk.open(&path).unwrap();
    let mut bytes = vec![0; usize::try_from(file.length().unwrap()).unwrap()];
    file.read_exact_at(0, &mut bytes).unwrap();
    let events = |bytes: &[u8]| crate::fuzz::segment(bytes, None).iter().map(|batch| batch.events.len()).collect::<Vec<_>>();
    assert_eq!(events(&bytes), [1, 1, 1]);
    for place in (0..64).chain(second - 200..bytes.len()) {
        for bit in 0..8 {
            bytes[place] ^= 1 << bit;
            assert!(events(&bytes).len() <= 3, "no changed byte goes unseen");
            bytes[place] ^= 1 << bit;
        }
    }
}

#[test]
fn a_newer_log_is_refused() {
    let (disk, path, _) = three_commits();
    let file = disk.open(&path).unwrap();
    let mut head = vec![0; 16];
    file.read_exact_at(0, &mut head).unwrap();
    let length = u32::from_le_bytes(head[12..16].try_into().unwrap()) as usize;
    let mut header = vec![0; length];
    file.read_exact_at(0, &mut header).unwrap();
    header[8] = 9;
    let crc = crc32c::crc32c(&header[..length - 4]);
    header[length - 4..].copy_from_slice(&crc.to_le_bytes());
    file.write_all_at(0, &header).unwrap();
    assert!(matches!(open_log(&disk, (0, 1)), Err(LogError::Newer { version: 9, .. })));
}

#[test]
fn the_committer_gives_each_batch_its_own_ids() {
    let disk = ModelDisk::default();
    let (log, _) = open_log(&disk, (0, 1)).unwrap();
    let committer = Committer::start(log, |_| {}).unwrap();
    let mut ids: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let one = || committer.append(Record::new(encode(&marked(at("2026-11-21T08:00:00Z"), "1/0", "s", &[])).unwrap()));
                scope.spawn(move || (0..50).flat_map(|_| one().unwrap()).collect::<Vec<u64>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    ids.sort_unstable();
    assert_eq!(ids, (1..=200).collect::<Vec<u64>>());
}

#[test]
fn a_checkpoint_may_come_without_events() {
    let disk = ModelDisk::default();
    let (mut log, _) = open_log(&disk, (0, 1)).unwrap();
    let checkpoint = Checkpoint { source: "files".to_owned(), position: vec![1] };
    let batch = Batch { events: Vec::new(), checkpoint: Some(checkpoint) };
    assert_eq!(log.commit(&[Record::new(encode(&batch).unwrap())]).unwrap(), [1]);
    disk.kill();
    let (_, recovery) = open_log(&disk, (0, 1)).unwrap();
    assert_eq!((recovery.checkpoints["files"].as_slice(), recovery.events), (&[1][..], 0));
}

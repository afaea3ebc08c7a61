//! Opening the log: what is there, what is missing, where to go on.

use super::format::{HeaderFault, Predecessor, ReadHeader, SegmentHeader};
use super::log::{Log, LogSettings, Start, segment_name, segment_number};
use super::replay::{Found, Scan};
use super::segment::Segment;
use super::segments::Segments;
use crate::codec::{BatchView, PathTable};
use crate::disk::{Disk, DiskFile};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_kit::clock::Clock;
use vigie_model::time::Timestamp;

/// What a start found in the log.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    /// Events that are in the log and not yet in files.
    pub(crate) events: u64,
    /// Bytes that were being written when the machine stopped.
    pub(crate) torn_bytes: u64,
    /// What was durable once and cannot be read.
    pub(crate) damage: Vec<Damage>,
    /// The last position of each source.
    pub(crate) checkpoints: HashMap<String, Vec<u8>>,
}

/// A stretch of the log that was durable once and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) segment: PathBuf,
    pub(crate) bytes: u64,
    /// Where the bytes were put aside; nothing when the whole file is gone.
    pub(crate) kept: Option<PathBuf>,
}

/// Why the log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("cannot open the log at {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("the log at {} has format {version}, made by a newer program", path.display())]
    Newer { path: PathBuf, version: u16 },
}

/// How much of a segment file is read: far more than a segment ever has.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Numbers left out after a stop in the middle of writing: no id of what may have been lost with the
/// end of the log is given again.
const IDS_LEFT_OUT: u64 = 1 << 20;

impl Log {
    /// Opens the log in a directory. Segments up to `low_water` are in files already and removed;
    /// ids go on from `next_id` at least.
    pub(crate) fn open(
        disk: Arc<dyn Disk>,
        directory: &Path,
        clock: Arc<dyn Clock>,
        settings: LogSettings,
        (low_water, next_id): (u64, u64),
    ) -> Result<(Self, Recovery), LogError> {
        let mut opening = Opening {
            disk: &*disk,
            directory,
            low_water,
            ends: HashMap::new(),
            recovery: Recovery::default(),
            start: Start {
                segments: Arc::new(Segments::new(Vec::new(), low_water)),
                next_id,
                next_number: low_water + 1,
                husks: Vec::new(),
            },
        };
        opening.run()?;
        let Opening { recovery, start, .. } = opening;
        Ok((Self::new(disk, directory.to_owned(), clock, settings, start), recovery))
    }
}

struct Opening<'a> {
    disk: &'a dyn Disk,
    directory: &'a Path,
    low_water: u64,
    /// The end of what was acknowledged in each segment, as later ones tell.
    ends: HashMap<u64, u64>,
    recovery: Recovery,
    start: Start,
}

struct OnDisk {
    number: u64,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    header: Option<ReadHeader>,
}

impl Opening<'_> {
    fn run(&mut self) -> Result<(), LogError> {
        self.disk.create_dir(self.directory).map_err(failed(self.directory))?;
        let found = self.segments_on_disk()?;
        self.remember_ends(&found);
        self.report_missing(&found);
        let mut segments = Vec::new();
        for on_disk in found {
            segments.extend(self.replay(on_disk)?);
        }
        if self.recovery.torn_bytes > 0 || !self.recovery.damage.is_empty() {
            self.start.next_id += IDS_LEFT_OUT;
        }
        self.disk.sync_dir(self.directory).map_err(failed(self.directory))?;
        self.recovery.events = segments.iter().map(|segment| segment.events()).sum();
        self.start.segments = Arc::new(Segments::new(segments, self.low_water));
        Ok(())
    }

    fn segments_on_disk(&mut self) -> Result<Vec<OnDisk>, LogError> {
        let names = self.disk.list(self.directory).map_err(failed(self.directory))?;
        let mut numbers: Vec<u64> = names.iter().filter_map(|name| segment_number(name)).collect();
        numbers.sort_unstable();
        let mut found = Vec::new();
        for number in numbers {
            let path = self.directory.join(segment_name(number));
            self.start.next_number = self.start.next_number.max(number + 1);
            if number <= self.low_water {
                self.remove(&path);
                continue;
            }
            let file = self.disk.open(&path).map_err(failed(&path))?;
            let header = Self::header(number, &path, &*file)?;
            found.push(OnDisk { number, path, file, header });
        }
        Ok(found)
    }

    fn header(number: u64, path: &Path, file: &dyn DiskFile) -> Result<Option<ReadHeader>, LogError> {
        // The length of the header stands in its first 16 bytes.
        let read = |length: u64| read_head(file, length).map_err(failed(path));
        let head = read(16)?;
        let length = head.get(12..16).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
        match SegmentHeader::decode(&read(u64::from(length))?) {
            Ok(read) if read.header.number == number => Ok(Some(read)),
            Ok(_) | Err(HeaderFault::Damaged) => Ok(None),
            Err(HeaderFault::Newer(version)) => Err(LogError::Newer { path: path.to_owned(), version }),
        }
    }

    fn remember_ends(&mut self, found: &[OnDisk]) {
        for header in found.iter().filter_map(|on_disk| on_disk.header.as_ref()) {
            self.start.next_id = self.start.next_id.max(header.header.first_id);
            for Predecessor { number, end } in &header.header.predecessors {
                self.start.next_number = self.start.next_number.max(number + 1);
                if *number > self.low_water {
                    self.ends.insert(*number, *end);
                }
            }
        }
    }

    fn report_missing(&mut self, found: &[OnDisk]) {
        let present = |number: &u64| found.iter().any(|on_disk| on_disk.number == *number);
        let missing: BTreeMap<u64, u64> =
            self.ends.iter().filter(|(number, end)| **end > 0 && !present(number)).map(|(n, e)| (*n, *e)).collect();
        for (number, bytes) in missing {
            let segment = self.directory.join(segment_name(number));
            self.recovery.damage.push(Damage { segment, bytes, kept: None });
        }
    }

    fn replay(&mut self, on_disk: OnDisk) -> Result<Option<Arc<Segment>>, LogError> {
        let OnDisk { number, path, file, header } = on_disk;
        let bytes = read_head(&*file, FILE_BYTES_MAX).map_err(failed(&path))?;
        let (start, epoch, table, created) = match header {
            Some(read) => (read.length, Some(read.epoch), read.header.table, read.header.created),
            // Without a header the records still tell their segment and the hash of their table.
            None => (0, None, PathTable::current(), Timestamp::EPOCH),
        };
        let end = self.ends.get(&number).copied();
        let scan = Scan { file: &bytes, start, segment: number, epoch, table: table.hash(), end };
        let found = scan.run();
        self.start.next_id = self.start.next_id.max(found.next_id);
        self.recovery.torn_bytes += found.torn;
        for (from, to) in &found.damaged {
            self.keep_aside(number, &path, &bytes, (*from, *to))?;
        }
        self.take_checkpoints(&bytes, &found);
        if found.entries.is_empty() {
            self.start.husks.push(path);
            return Ok(None);
        }
        make_durable(&*file, &bytes, &found).map_err(failed(&path))?;
        let segment = Segment::new(number, path, file, table, created);
        segment.publish(&found.entries, found.end);
        Ok(Some(Arc::new(segment)))
    }

    fn take_checkpoints(&mut self, bytes: &[u8], found: &Found) {
        for entry in &found.entries {
            let payload = bytes.get(entry.payload()).unwrap_or_default();
            if let Ok(Some((source, position))) = BatchView::checkpoint_of(payload) {
                self.recovery.checkpoints.insert(source.to_owned(), position.to_owned());
            }
        }
    }

    /// Copies damaged bytes to a file of their own, which nobody removes: somebody may still read
    /// something out of them.
    fn keep_aside(&mut self, number: u64, path: &Path, bytes: &[u8], (from, to): (usize, usize)) -> Result<(), LogError> {
        let directory = self.directory.join("damaged");
        let kept = directory.join(format!("{number:016}-{from}-{to}.bytes"));
        let damaged = bytes.get(from..to.min(bytes.len())).unwrap_or_default();
        let write = || -> io::Result<()> {
            self.disk.create_dir(&directory)?;
            let file = match self.disk.create(&kept) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
                file => file?,
            };
            file.write_all_at(0, damaged)?;
            file.sync()?;
            self.disk.sync_dir(&directory)
        };
        write().map_err(failed(&kept))?;
        self.recovery.damage.push(Damage { segment: path.to_owned(), bytes: (to - from) as u64, kept: Some(kept) });
        Ok(())
    }

    fn remove(&self, path: &Path) {
        if let Err(error) = self.disk.remove(path) {
            tracing::warn!(path = %path.display(), %error, "a sealed segment could not be removed");
        }
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> LogError {
    move |source| LogError::Io { path: path.to_owned(), source }
}

/// What is shown from now on must be there after the next stop, too. Of the last group nobody knows:
/// its sync may have failed and the system forgotten that it did, so that another sync would write
/// nothing. The bytes are therefore written once more, which changes none of them, and synced.
fn make_durable(file: &dyn DiskFile, bytes: &[u8], found: &Found) -> io::Result<()> {
    let end = usize::try_from(found.end).unwrap_or(usize::MAX).min(bytes.len());
    if let Some(unproven) = bytes.get(found.proven..end).filter(|bytes| !bytes.is_empty()) {
        file.write_all_at(found.proven as u64, unproven)?;
    }
    file.sync()
}

/// Reads a file from its start, at most so many bytes.
fn read_head(file: &dyn DiskFile, limit: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.length()?.min(limit)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; length];
    file.read_exact_at(0, &mut bytes)?;
    Ok(bytes)
}

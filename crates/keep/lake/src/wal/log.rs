//! Writing the log. One owner, one thread.

use super::format::{Predecessor, RecordHeader, SegmentHeader};
use super::segment::{Entry, Segment};
use super::segments::Segments;
use crate::codec::{Encoded, PathTable};
use crate::disk::{Disk, is_full};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_kit::clock::Clock;
use vigie_model::time::Timestamp;

/// How the log is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogSettings {
    /// The size at which a segment is closed.
    pub(crate) segment_bytes: u64,
    /// Free space below which nothing is taken, so that sealing has room to make room.
    pub(crate) reserve_bytes: u64,
}

/// A batch on its way into the log.
#[derive(Debug)]
pub(crate) struct Record {
    encoded: Encoded,
    crc: u32,
}

impl Record {
    pub(crate) fn new(encoded: Encoded) -> Self {
        let crc = crc32c::crc32c(&encoded.payload);
        Self { encoded, crc }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.encoded.payload.len() + super::format::RECORD_HEADER
    }

    pub(crate) const fn events(&self) -> u32 {
        self.encoded.count
    }

    /// The payload, for what rides with the events.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.encoded.payload
    }
}

/// Why a group of records is not durable. None of it will be seen, unless the machine stops before
/// the next success.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("no room on the disk: {free} bytes are free, {needed} are needed")]
    Full { free: u64, needed: u64 },
    #[error("cannot write the log")]
    Io(#[source] Arc<io::Error>),
    #[error("writing a record broke off")]
    BrokeOff,
}

/// The log.
pub(crate) struct Log {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    clock: Arc<dyn Clock>,
    settings: LogSettings,
    segments: Arc<Segments>,
    active: Option<Active>,
    next_id: u64,
    next_number: u64,
    /// Segments without a record, to be removed once a later one remembers that they were empty.
    husks: Vec<PathBuf>,
    buffer: Vec<u8>,
}

struct Active {
    segment: Arc<Segment>,
    epoch: u32,
    end: u64,
    fresh: bool,
}

/// What recovery hands over.
pub(super) struct Start {
    pub(super) segments: Arc<Segments>,
    pub(super) next_id: u64,
    pub(super) next_number: u64,
    pub(super) husks: Vec<PathBuf>,
}

/// Small records gather to this size before they are handed to the system.
const BUFFER: usize = 1 << 20;

impl Log {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        directory: PathBuf,
        clock: Arc<dyn Clock>,
        settings: LogSettings,
        start: Start,
    ) -> Self {
        let Start { segments, next_id, next_number, husks } = start;
        Self { disk, directory, clock, settings, segments, active: None, next_id, next_number, husks, buffer: Vec::new() }
    }

    /// The segments, for readers.
    pub(crate) fn segments(&self) -> Arc<Segments> {
        Arc::clone(&self.segments)
    }

    /// The id that the next event will have, unless its commit fails.
    pub(crate) const fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Makes a group of records durable and readable. Gives the id of each record's first event.
    pub(crate) fn commit(&mut self, group: &[Record]) -> Result<Vec<u64>, CommitError> {
        let bytes = group.iter().map(Record::bytes).sum::<usize>() as u64;
        self.check_room(bytes)?;
        let active = self.active_for(bytes)?;
        let first_ids = self.give_ids(group);
        match self.write(&active, group, &first_ids) {
            Ok((entries, end)) => {
                active.segment.publish(&entries, end);
                self.active = Some(Active { end, fresh: false, ..active });
                Ok(first_ids)
            }
            Err(Failed::Write(error)) => {
                // Nothing was synced since the last success, so cutting the file back is enough.
                if active.segment.file().truncate(active.end).is_ok() && is_full(&error) {
                    self.active = Some(active);
                }
                Err(self.told(error, bytes))
            }
            // The segment is left as it is: the next one remembers where it ends.
            Err(Failed::Sync(error)) => Err(self.told(error, bytes)),
        }
    }

    /// Closes the segment being written, so that it can be sealed; gives the highest number that is
    /// closed now.
    pub(crate) fn rotate(&mut self) -> u64 {
        self.active = None;
        self.next_number - 1
    }

    fn check_room(&self, bytes: u64) -> Result<(), CommitError> {
        // A file system that does not tell is asked by writing.
        let Ok(free) = self.disk.free_bytes(&self.directory) else { return Ok(()) };
        let needed = bytes.saturating_add(self.settings.reserve_bytes);
        if free < needed { Err(CommitError::Full { free, needed }) } else { Ok(()) }
    }

    fn give_ids(&mut self, group: &[Record]) -> Vec<u64> {
        let give = |record: &Record| {
            let first = self.next_id;
            self.next_id += u64::from(record.events());
            first
        };
        group.iter().map(give).collect()
    }

    fn active_for(&mut self, bytes: u64) -> Result<Active, CommitError> {
        if let Some(active) = self.active.take()
            && (active.fresh || active.end + bytes <= self.settings.segment_bytes)
        {
            return Ok(active);
        }
        let number = self.next_number;
        self.next_number += 1;
        let path = self.directory.join(segment_name(number));
        self.create(number, &path).map_err(|error| {
            // A segment without a whole header says nothing; recovery removes what stays of it.
            if let Err(error) = self.disk.remove(&path) {
                tracing::debug!(path = %path.display(), %error, "an unborn segment stays");
            }
            self.told(error, bytes)
        })
    }

    fn create(&mut self, number: u64, path: &Path) -> io::Result<Active> {
        let predecessors: Vec<Predecessor> = self.segments.now().segments.iter().map(|segment| segment.remembered()).collect();
        let predecessors = predecessors.into_iter().chain(self.husks.iter().filter_map(|husk| remembered_husk(husk))).collect();
        let created = self.clock.now();
        let table = PathTable::current();
        let header = SegmentHeader { number, created, first_id: self.next_id, predecessors, table };
        let (bytes, epoch) = header.encode();
        let file = self.disk.create(path)?;
        file.write_all_at(0, &bytes)?;
        file.sync()?;
        self.disk.sync_dir(&self.directory)?;
        self.remove_husks();
        let segment = Arc::new(Segment::new(number, path.to_owned(), file, header.table, created));
        self.segments.add(Arc::clone(&segment));
        Ok(Active { segment, epoch, end: bytes.len() as u64, fresh: true })
    }

    fn remove_husks(&mut self) {
        for path in self.husks.drain(..) {
            if let Err(error) = self.disk.remove(&path) {
                tracing::debug!(path = %path.display(), %error, "an empty segment stays");
            }
        }
    }

    fn write(&mut self, active: &Active, group: &[Record], first_ids: &[u64]) -> Result<(Vec<Entry>, u64), Failed> {
        let mut entries = Vec::with_capacity(group.len());
        let mut written = active.end;
        let file = active.segment.file();
        let too_far = |_| Failed::Write(io::ErrorKind::FileTooLarge.into());
        let group_start = u32::try_from(active.end).map_err(too_far)?;
        self.buffer.clear();
        for (record, first_id) in group.iter().zip(first_ids) {
            let header = active.header_of(record, *first_id, group_start);
            let offset = u32::try_from(written + self.buffer.len() as u64).map_err(too_far)?;
            entries.push(Entry::of(&header, offset));
            header.encode(&mut self.buffer);
            self.buffer.extend_from_slice(record.payload());
            if self.buffer.len() >= BUFFER {
                file.write_all_at(written, &self.buffer).map_err(Failed::Write)?;
                written += self.buffer.len() as u64;
                self.buffer.clear();
                self.buffer.shrink_to(BUFFER);
            }
        }
        if !self.buffer.is_empty() {
            file.write_all_at(written, &self.buffer).map_err(Failed::Write)?;
            written += self.buffer.len() as u64;
        }
        file.sync().map_err(Failed::Sync)?;
        #[cfg(test)]
        assert!(!group.iter().any(|record| crate::testing::is_poison_of_log(record.payload())), "as a log that is wrong");
        Ok((entries, written))
    }

    fn told(&self, error: io::Error, needed: u64) -> CommitError {
        if is_full(&error) {
            let free = self.disk.free_bytes(&self.directory).unwrap_or_default();
            CommitError::Full { free, needed: needed.saturating_add(self.settings.reserve_bytes) }
        } else {
            CommitError::Io(Arc::new(error))
        }
    }
}

enum Failed {
    Write(io::Error),
    Sync(io::Error),
}

impl Active {
    fn header_of(&self, record: &Record, first_id: u64, group_start: u32) -> RecordHeader {
        let (earliest, latest): (Timestamp, Timestamp) = record.encoded.times;
        RecordHeader {
            // Batches are smaller than 4 GiB: the codec refuses larger ones.
            length: u32::try_from(record.encoded.payload.len()).unwrap_or(u32::MAX),
            payload_crc: record.crc,
            events: record.encoded.count,
            segment: self.segment.number(),
            first_id,
            earliest,
            latest,
            group_start,
            table: self.segment.table().hash(),
            epoch: self.epoch,
        }
    }
}

pub(super) fn segment_name(number: u64) -> String {
    format!("{number:016}.log")
}

pub(super) fn segment_number(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".log")?;
    (number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| number.parse().ok())?
}

fn remembered_husk(path: &Path) -> Option<Predecessor> {
    let number = segment_number(path.file_name()?.to_str()?)?;
    Some(Predecessor { number, end: 0 })
}

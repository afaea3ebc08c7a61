//! One segment of the log as readers see it: its acknowledged records, by an index in memory.
//!
//! The index holds forty bytes for each record and nothing of the events: those are read from the
//! file, which the system keeps in its page cache as long as it has room. Holds: the index only
//! grows, in the order of event ids, and every record in it is durable.

use super::format::{Predecessor, RECORD_HEADER, RecordHeader};
use crate::codec::PathTable;
use crate::disk::DiskFile;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use vigie_model::time::Timestamp;

/// A segment.
pub(crate) struct Segment {
    number: u64,
    path: PathBuf,
    file: Arc<dyn DiskFile>,
    table: Arc<PathTable>,
    created: Timestamp,
    index: RwLock<Index>,
}

#[derive(Default)]
struct Index {
    entries: Vec<Entry>,
    events: u64,
    times: Option<(Timestamp, Timestamp)>,
    /// The end of what was acknowledged; 0 while nothing was.
    end: u64,
}

/// Where a record is and what may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) first_id: u64,
    pub(crate) earliest: Timestamp,
    pub(crate) latest: Timestamp,
    pub(crate) events: u32,
    offset: u32,
    length: u32,
    crc: u32,
}

/// Why a record of the index cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("cannot read the log segment")]
    Io(#[from] io::Error),
    #[error("a record of the log changed after it was written")]
    Changed,
}

impl Entry {
    /// The entry of a record whose header stands at this offset.
    pub(crate) const fn of(header: &RecordHeader, offset: u32) -> Self {
        Self {
            first_id: header.first_id,
            earliest: header.earliest,
            latest: header.latest,
            events: header.events,
            offset: offset + RECORD_HEADER as u32,
            length: header.length,
            crc: header.payload_crc,
        }
    }

    /// The id after the last of this record.
    pub(crate) const fn end_id(&self) -> u64 {
        self.first_id + self.events as u64
    }

    /// Whether the record's header stands before this offset.
    pub(crate) const fn starts_before(&self, offset: u32) -> bool {
        self.offset - (RECORD_HEADER as u32) < offset
    }

    /// Where the payload stands in its file.
    pub(crate) const fn payload(&self) -> std::ops::Range<usize> {
        self.offset as usize..self.offset as usize + self.length as usize
    }

    /// Whether the payload is in these bytes of the segment's file as it was written.
    pub(crate) fn is_whole(&self, file: &[u8]) -> bool {
        file.get(self.payload()).is_some_and(|payload| crc32c::crc32c(payload) == self.crc)
    }

    /// Where the record ends in its file.
    pub(crate) const fn file_end(&self) -> u64 {
        self.offset as u64 + self.length as u64
    }
}

impl Segment {
    pub(crate) fn new(number: u64, path: PathBuf, file: Arc<dyn DiskFile>, table: Arc<PathTable>, created: Timestamp) -> Self {
        Self { number, path, file, table, created, index: RwLock::default() }
    }

    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn table(&self) -> &PathTable {
        &self.table
    }

    /// When it was begun.
    pub(crate) const fn created(&self) -> Timestamp {
        self.created
    }

    pub(crate) fn file(&self) -> &dyn DiskFile {
        &*self.file
    }

    /// Makes durable records readable.
    pub(crate) fn publish(&self, entries: &[Entry], end: u64) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        index.entries.extend_from_slice(entries);
        index.events += entries.iter().map(|entry| u64::from(entry.events)).sum::<u64>();
        for entry in entries.iter().filter(|entry| entry.events > 0) {
            let (earliest, latest) = index.times.unwrap_or((entry.earliest, entry.latest));
            index.times = Some((earliest.min(entry.earliest), latest.max(entry.latest)));
        }
        index.end = end;
    }

    /// How many records there are.
    pub(crate) fn records(&self) -> usize {
        self.read().entries.len()
    }

    /// How many events there are.
    pub(crate) fn events(&self) -> u64 {
        self.read().events
    }

    /// The earliest and the latest time of its events.
    pub(crate) fn times(&self) -> Option<(Timestamp, Timestamp)> {
        self.read().times
    }

    /// The end of what was acknowledged.
    pub(crate) fn end(&self) -> u64 {
        self.read().end
    }

    /// The end of what was acknowledged, as later segments remember it.
    pub(crate) fn remembered(&self) -> Predecessor {
        Predecessor { number: self.number, end: self.end() }
    }

    /// A piece of the index, at most [`Segment::PIECE`] records from `start`.
    pub(crate) fn entries(&self, start: usize) -> Vec<Entry> {
        let index = self.read();
        let end = index.entries.len().min(start.saturating_add(Self::PIECE));
        index.entries.get(start..end).unwrap_or_default().to_vec()
    }

    /// The place of the first record that ends after this id.
    pub(crate) fn place_after(&self, id: u64) -> usize {
        self.read().entries.partition_point(|entry| entry.end_id() <= id)
    }

    /// How much of the index is copied at once.
    pub(crate) const PIECE: usize = 1024;

    /// Reads a record's payload into `buffer`.
    pub(crate) fn read_record<'b>(&self, entry: &Entry, buffer: &'b mut Vec<u8>) -> Result<&'b [u8], RecordError> {
        buffer.resize(entry.length as usize, 0);
        self.file.read_exact_at(u64::from(entry.offset), buffer)?;
        if crc32c::crc32c(buffer) == entry.crc { Ok(buffer) } else { Err(RecordError::Changed) }
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Index> {
        // Nothing panics while it holds the lock, so a poisoned index is a whole one.
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Event logs of Windows, which are no text: a header, then chunks of records in binary XML.
//!
//! A chunk is read when it is whole; its records are given as JSON. So that a position lies between two
//! records, what was consumed counts the bytes of whole chunks and one for each record given of the next:
//! a chunk has far fewer records than bytes.

use super::Piece;
use crate::windows::{CHUNK, records};
use std::collections::VecDeque;

/// The header of a file.
const HEADER: usize = 4096;

/// Cuts an event log into the JSON of its records.
#[derive(Debug, Default)]
pub(super) struct EventLog {
    buffer: Vec<u8>,
    records: VecDeque<Vec<u8>>,
    current: Vec<u8>,
    /// Bytes of whole chunks.
    whole: u64,
    /// Records given of the chunk that is being given.
    given: u64,
    /// Records of the first chunk that were given before.
    skip: usize,
}

/// The beginning of the chunk that a position lies in, and how many of its records were given.
pub(super) fn aligned(position: u64) -> (u64, u64) {
    let (header, chunk) = (HEADER as u64, CHUNK as u64);
    match position.checked_sub(header) {
        Some(behind) => (header + behind / chunk * chunk, behind % chunk),
        None => (0, 0),
    }
}

impl EventLog {
    /// At the beginning of a chunk of which so many records were given.
    pub(super) fn resume(given: u64) -> Self {
        Self { given, skip: usize::try_from(given).unwrap_or(usize::MAX), ..Self::default() }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    pub(super) const fn consumed(&self) -> u64 {
        self.whole + self.given
    }

    pub(super) fn waiting(&self) -> usize {
        self.buffer.len().saturating_sub(usize::try_from(self.given).unwrap_or(0))
    }

    pub(super) fn next_piece(&mut self) -> Option<Piece<'_>> {
        loop {
            if let Some(record) = self.records.pop_front() {
                self.current = record;
                self.given += 1;
                if self.records.is_empty() {
                    self.pass(CHUNK);
                }
                return Some(Piece { bytes: &self.current, continues: false, cut: false });
            }
            if self.buffer.starts_with(b"ElfFile\0") {
                self.buffer.get(..HEADER)?;
                self.pass(HEADER);
                continue;
            }
            let found = records(self.buffer.get(..CHUNK)?);
            self.given = self.skip as u64;
            self.records = found.into_iter().skip(std::mem::take(&mut self.skip)).collect();
            if self.records.is_empty() {
                self.pass(CHUNK);
            }
        }
    }

    fn pass(&mut self, bytes: usize) {
        self.buffer.drain(..bytes.min(self.buffer.len()));
        self.whole += bytes as u64;
        self.given = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_chunk_and_a_record_of_it() {
        let (header, chunk) = (HEADER as u64, CHUNK as u64);
        assert_eq!(aligned(0), (0, 0));
        assert_eq!(aligned(header), (header, 0));
        assert_eq!(aligned(header + chunk + 7), (header + chunk, 7));
    }

    #[test]
    fn records_that_were_given_are_not_given_again() {
        let mut file = b"ElfFile\0".to_vec();
        file.resize(HEADER, 0);
        file.extend_from_slice(b"ElfChnk\0");
        file.resize(HEADER + 512, 0);
        file.extend_from_slice(include_bytes!("../../samples/logon.evtx-record"));
        file.resize(HEADER + CHUNK, 0);
        let mut log = EventLog::default();
        log.push(&file);
        assert!(log.next_piece().is_some_and(|piece| piece.bytes.starts_with(b"{")));
        assert_eq!((log.consumed(), log.waiting()), ((HEADER + CHUNK) as u64, 0));
        let (begin, given) = aligned((HEADER + 1) as u64);
        let mut log = EventLog::resume(given);
        log.push(&file[usize::try_from(begin).unwrap()..]);
        assert_eq!(log.next_piece(), None);
        assert_eq!((log.consumed(), log.waiting()), (CHUNK as u64, 0));
    }

    #[test]
    fn chunks_without_records_are_passed_over() {
        let mut log = EventLog::default();
        let mut file = b"ElfFile\0".to_vec();
        file.resize(HEADER + CHUNK + 10, 0);
        for part in file.chunks(1000) {
            log.push(part);
            assert_eq!(log.next_piece(), None);
        }
        assert_eq!((log.consumed(), log.waiting()), ((HEADER + CHUNK) as u64, 10));
    }
}

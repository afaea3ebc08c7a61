//! Reading a segment back after a stop, however the stop came.
//!
//! What is whole is taken; what is not falls into two kinds. *Torn*: bytes at the end that were
//! being written when the machine stopped. Nobody was told that they are kept, and they are left.
//! *Damaged*: bytes that were durable once, which a later record or segment proves. Somebody may
//! have been told that they are kept, so they are reported and kept aside, and reading goes on
//! behind them.
//!
//! Weak spot: when the very last group of records before a stop is damaged afterwards, nothing later
//! proves that it was whole, and it is taken for torn.

use super::format::{RECORD_HEADER, RecordHeader};
use super::segment::Entry;

/// Where reading starts and what is known of the segment.
pub(crate) struct Scan<'a> {
    /// The file, from its first byte.
    pub(crate) file: &'a [u8],
    /// Where records begin.
    pub(crate) start: usize,
    /// The segment's number.
    pub(crate) segment: u64,
    /// The epoch, where the header could be read.
    pub(crate) epoch: Option<u32>,
    /// The hash of the path table at hand: records of another table cannot be read.
    pub(crate) table: u32,
    /// The end of what was acknowledged, where a later segment tells it.
    pub(crate) end: Option<u64>,
}

/// What a scan found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The whole records.
    pub(crate) entries: Vec<Entry>,
    /// The end of the last of them, or of what was acknowledged.
    pub(crate) end: u64,
    /// Stretches that were durable once and are not whole, from and to.
    pub(crate) damaged: Vec<(usize, usize)>,
    /// Bytes at the end that were being written.
    pub(crate) torn: u64,
    /// Up to here, something later proves that the bytes were durable once.
    pub(crate) proven: usize,
    /// One more than the highest id in any header, whether its record is whole or not.
    pub(crate) next_id: u64,
}

impl Scan<'_> {
    /// Scans the segment.
    pub(crate) fn run(&self) -> Found {
        let length = self.file.len();
        // Acknowledged and no longer there: the file was cut.
        let limit = self.end.map_or(length, |end| usize::try_from(end).unwrap_or(usize::MAX).max(self.start));
        let mut found = Found { end: self.start as u64, ..Found::default() };
        let mut gaps: Vec<(usize, usize)> = Vec::new();
        let mut durable = self.end.map_or(0, |_| limit);
        let mut at = self.start;
        while at < limit.min(length) {
            match self.record(at, limit, &mut found.next_id) {
                Some((header, end)) => {
                    durable = durable.max(header.group_start as usize);
                    // Fits: files are far below 4 GiB.
                    found.entries.extend(u32::try_from(at).map(|offset| Entry::of(&header, offset)));
                    found.end = end as u64;
                    at = end;
                }
                None => {
                    let next = self.next_record(self.behind(at), limit, &mut found.next_id);
                    gaps.push((at, next));
                    at = next;
                }
            }
        }
        if limit > length {
            gaps.push((length, limit));
        }
        self.judge(found, &gaps, durable, limit)
    }

    /// Sorts the gaps into damaged and torn; what follows a torn one was being written, too.
    fn judge(&self, mut found: Found, gaps: &[(usize, usize)], durable: usize, limit: usize) -> Found {
        for &(from, to) in gaps {
            if from < durable {
                found.damaged.push((from, to));
                continue;
            }
            let torn_at = u32::try_from(from).unwrap_or(u32::MAX);
            found.entries.retain(|entry| entry.starts_before(torn_at));
            found.end = found.entries.last().map_or(self.start as u64, Entry::file_end);
            found.torn = (limit.min(self.file.len()) - from) as u64;
            break;
        }
        if let Some(end) = self.end {
            found.end = end;
        }
        found.proven = durable;
        found
    }

    fn record(&self, at: usize, limit: usize, next_id: &mut u64) -> Option<(RecordHeader, usize)> {
        let header = RecordHeader::decode(self.file.get(at..)?).filter(|header| self.is_ours(header))?;
        let end = at.checked_add(RECORD_HEADER)?.checked_add(header.length as usize)?;
        *next_id = (*next_id).max(header.first_id.saturating_add(u64::from(header.events)));
        let payload = self.file.get(at + RECORD_HEADER..end)?;
        (end <= limit && crc32c::crc32c(payload) == header.payload_crc).then_some((header, end))
    }

    /// Where to look on after a record that is not whole: behind its payload where its header can be
    /// trusted, because a payload holds foreign bytes that may look like anything.
    fn behind(&self, at: usize) -> usize {
        match self.file.get(at..).and_then(RecordHeader::decode) {
            Some(header) if self.is_ours(&header) => at + RECORD_HEADER + header.length as usize,
            _ => at + 1,
        }
    }

    fn is_ours(&self, header: &RecordHeader) -> bool {
        header.segment == self.segment && self.epoch.is_none_or(|epoch| epoch == header.epoch) && header.table == self.table
    }

    /// Where the next whole record begins, or the limit.
    fn next_record(&self, mut from: usize, limit: usize, next_id: &mut u64) -> usize {
        while let Some(at) = RecordHeader::find(self.file, from).filter(|at| *at < limit) {
            if self.record(at, limit, next_id).is_some() {
                return at;
            }
            from = at + 1;
        }
        limit.min(self.file.len())
    }
}

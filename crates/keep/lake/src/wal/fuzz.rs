//! A segment outside a log: taken apart and put together from bytes alone, for [`crate::fuzz`].

use super::format::{RECORD_HEADER, RecordHeader, SegmentHeader};
use super::replay::Scan;
use crate::codec::PathTable;
use std::sync::Arc;
use vigie_model::time::Timestamp;

/// The payloads of the whole records of a segment, and the table of their field numbers. `end` is the
/// end of what was acknowledged, where it is known.
pub(crate) fn payloads(file: &[u8], end: Option<u64>) -> (Arc<PathTable>, Vec<&[u8]>) {
    let (start, segment, epoch, table) = match SegmentHeader::decode(file) {
        Ok(read) => (read.length, read.header.number, Some(read.epoch), read.header.table),
        Err(_) => (0, 0, None, PathTable::current()),
    };
    let found = Scan { file, start, segment, epoch, table: table.hash(), end }.run();
    (table, found.entries.iter().filter_map(|entry| file.get(entry.payload())).collect())
}

/// A segment whose records have these payloads, whatever is in them.
pub(crate) fn sealed(payloads: &[&[u8]]) -> Vec<u8> {
    let table = PathTable::current();
    let hash = table.hash();
    let header = SegmentHeader { number: 0, created: Timestamp::EPOCH, first_id: 1, predecessors: Vec::new(), table };
    let (mut file, epoch) = header.encode();
    let group_start = u32::try_from(file.len()).unwrap_or(u32::MAX);
    for (payload, first_id) in payloads.iter().zip(1..) {
        file.reserve(RECORD_HEADER + payload.len());
        let header = RecordHeader {
            length: u32::try_from(payload.len()).unwrap_or(u32::MAX),
            payload_crc: crc32c::crc32c(payload),
            events: 1,
            segment: 0,
            first_id,
            earliest: Timestamp::EPOCH,
            latest: Timestamp::EPOCH,
            group_start,
            table: hash,
            epoch,
        };
        header.encode(&mut file);
        file.extend_from_slice(payload);
    }
    file
}

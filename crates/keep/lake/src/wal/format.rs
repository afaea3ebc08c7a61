//! The bytes of a log segment. All numbers are little-endian; CRCs are CRC-32C (RFC 3720 §B.4).
//!
//! ```text
//! segment header   magic "VIGIELOG", version u16, reserved u16, length u32 of the whole header,
//!                  number u64, created i64 µs, first id u64,
//!                  predecessors u32 × (number u64, end u64), path table u32 length + text,
//!                  crc u32 of all before it
//! record           magic "VgR1", payload length u32, payload crc u32, events u32, segment u64,
//!                  first id u64, earliest i64, latest i64, group start u32, path table hash u32,
//!                  epoch u32 = crc of the segment header, crc u32 of this header; payload
//! ```
//!
//! *Predecessors* are the segments that were on disk when this one was made, each with the end of
//! what was acknowledged in it: whatever stands beyond was refused and is void, however whole it
//! looks. *Group start* is the offset at which the group of records began that was written and
//! synced at once: a record proves that everything before its group's start was durable once.
//! *Segment* and *epoch* tie a record to its file, so that stale bytes of another are never taken.

use crate::codec::PathTable;
use std::sync::Arc;
use vigie_model::time::Timestamp;

/// The version of the log that this program writes, and the newest it reads.
pub(crate) const VERSION: u16 = 1;

const SEGMENT_MAGIC: &[u8; 8] = b"VIGIELOG";
const RECORD_MAGIC: &[u8; 4] = b"VgR1";

/// The length of a record's header.
pub(crate) const RECORD_HEADER: usize = 64;

/// How many predecessors and how long a header a reader believes in.
const PREDECESSORS_MAX: u32 = 1 << 16;
const HEADER_MAX: u32 = 16 << 20;

/// The head of a segment file.
#[derive(Debug, Clone)]
pub(crate) struct SegmentHeader {
    pub(crate) number: u64,
    pub(crate) created: Timestamp,
    pub(crate) first_id: u64,
    pub(crate) predecessors: Vec<Predecessor>,
    pub(crate) table: Arc<PathTable>,
}

/// A segment that was there before, and the end of what was acknowledged in it. An end of 0 means
/// that nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Predecessor {
    pub(crate) number: u64,
    pub(crate) end: u64,
}

/// A segment header as read back.
#[derive(Debug)]
pub(crate) struct ReadHeader {
    pub(crate) header: SegmentHeader,
    pub(crate) length: usize,
    pub(crate) epoch: u32,
}

/// Why the head of a file is not a segment header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    /// Not whole, or changed since it was written.
    Damaged,
    /// Made by a newer program.
    Newer(u16),
}

impl SegmentHeader {
    /// The header's bytes and the epoch that its records carry.
    pub(crate) fn encode(&self) -> (Vec<u8>, u32) {
        let table = self.table.text();
        let length = 8 + 2 + 2 + 4 + 8 + 8 + 8 + 4 + self.predecessors.len() * 16 + 4 + table.len() + 4;
        let mut out = Vec::with_capacity(length);
        out.extend_from_slice(SEGMENT_MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&length_field(length));
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.created.micros().to_le_bytes());
        out.extend_from_slice(&self.first_id.to_le_bytes());
        out.extend_from_slice(&length_field(self.predecessors.len()));
        for predecessor in &self.predecessors {
            out.extend_from_slice(&predecessor.number.to_le_bytes());
            out.extend_from_slice(&predecessor.end.to_le_bytes());
        }
        out.extend_from_slice(&length_field(table.len()));
        out.extend_from_slice(table);
        let epoch = crc32c::crc32c(&out);
        out.extend_from_slice(&epoch.to_le_bytes());
        (out, epoch)
    }

    /// Reads the head of a segment file.
    pub(crate) fn decode(file: &[u8]) -> Result<ReadHeader, HeaderFault> {
        let mut bytes = Bytes(file);
        if bytes.take::<8>()? != *SEGMENT_MAGIC {
            return Err(HeaderFault::Damaged);
        }
        let version = u16::from_le_bytes(bytes.take()?);
        bytes.take::<2>()?;
        let length = bytes.u32()?;
        let (header, crc) = checked(file, length)?;
        // The version counts only where the checksum holds: a flipped bit is damage, not the future.
        if version > VERSION {
            return Err(HeaderFault::Newer(version));
        }
        let mut bytes = Bytes(&header[16..]);
        let number = bytes.u64()?;
        let created = Timestamp::from_micros(bytes.u64()?.cast_signed());
        let first_id = bytes.u64()?;
        let predecessors = (0..bytes.u32()?.min(PREDECESSORS_MAX))
            .map(|_| Ok(Predecessor { number: bytes.u64()?, end: bytes.u64()? }))
            .collect::<Result<_, HeaderFault>>()?;
        let table_length = bytes.u32()? as usize;
        let table = bytes.0.get(..table_length).ok_or(HeaderFault::Damaged)?;
        let table = PathTable::parse(table).map_err(|_| HeaderFault::Damaged)?;
        Ok(ReadHeader { header: Self { number, created, first_id, predecessors, table }, length: length as usize, epoch: crc })
    }
}

fn length_field(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn checked(file: &[u8], length: u32) -> Result<(&[u8], u32), HeaderFault> {
    if !(48..=HEADER_MAX).contains(&length) {
        return Err(HeaderFault::Damaged);
    }
    let whole = file.get(..length as usize).ok_or(HeaderFault::Damaged)?;
    let (header, crc) = whole.split_last_chunk::<4>().ok_or(HeaderFault::Damaged)?;
    let crc = u32::from_le_bytes(*crc);
    if crc32c::crc32c(header) == crc { Ok((header, crc)) } else { Err(HeaderFault::Damaged) }
}

/// The head of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) length: u32,
    pub(crate) payload_crc: u32,
    pub(crate) events: u32,
    pub(crate) segment: u64,
    pub(crate) first_id: u64,
    pub(crate) earliest: Timestamp,
    pub(crate) latest: Timestamp,
    pub(crate) group_start: u32,
    pub(crate) table: u32,
    pub(crate) epoch: u32,
}

impl RecordHeader {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(RECORD_MAGIC);
        out.extend_from_slice(&self.length.to_le_bytes());
        out.extend_from_slice(&self.payload_crc.to_le_bytes());
        out.extend_from_slice(&self.events.to_le_bytes());
        out.extend_from_slice(&self.segment.to_le_bytes());
        out.extend_from_slice(&self.first_id.to_le_bytes());
        out.extend_from_slice(&self.earliest.micros().to_le_bytes());
        out.extend_from_slice(&self.latest.micros().to_le_bytes());
        out.extend_from_slice(&self.group_start.to_le_bytes());
        out.extend_from_slice(&self.table.to_le_bytes());
        out.extend_from_slice(&self.epoch.to_le_bytes());
        let crc = crc32c::crc32c(&out[start..]);
        out.extend_from_slice(&crc.to_le_bytes());
    }

    /// Reads a record's header; nothing when these bytes are not one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let whole = bytes.first_chunk::<RECORD_HEADER>()?;
        let (header, crc) = whole.split_last_chunk::<4>()?;
        if !header.starts_with(RECORD_MAGIC) || crc32c::crc32c(header) != u32::from_le_bytes(*crc) {
            return None;
        }
        Self::fields(&header[4..]).ok()
    }

    fn fields(bytes: &[u8]) -> Result<Self, HeaderFault> {
        let mut bytes = Bytes(bytes);
        Ok(Self {
            length: bytes.u32()?,
            payload_crc: bytes.u32()?,
            events: bytes.u32()?,
            segment: bytes.u64()?,
            first_id: bytes.u64()?,
            earliest: Timestamp::from_micros(bytes.u64()?.cast_signed()),
            latest: Timestamp::from_micros(bytes.u64()?.cast_signed()),
            group_start: bytes.u32()?,
            table: bytes.u32()?,
            epoch: bytes.u32()?,
        })
    }

    /// The offset, at or after `from`, of the next bytes that look like the start of a record.
    pub(crate) fn find(bytes: &[u8], from: usize) -> Option<usize> {
        let rest = bytes.get(from..)?;
        rest.windows(RECORD_MAGIC.len()).position(|window| window == RECORD_MAGIC).map(|place| from + place)
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], HeaderFault> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(HeaderFault::Damaged)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32, HeaderFault> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, HeaderFault> {
        self.take().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> SegmentHeader {
        SegmentHeader {
            number: 7,
            created: Timestamp::from_seconds(1),
            first_id: 42,
            predecessors: vec![Predecessor { number: 5, end: 99 }, Predecessor { number: 6, end: 0 }],
            table: PathTable::current(),
        }
    }

    #[test]
    fn a_header_is_read_as_written() {
        let (mut file, epoch) = header().encode();
        let length = file.len();
        file.extend_from_slice(b"records");
        let read = SegmentHeader::decode(&file).unwrap();
        assert_eq!((read.header.number, read.header.first_id, read.length, read.epoch), (7, 42, length, epoch));
        assert_eq!(read.header.predecessors, header().predecessors);
    }

    #[test]
    fn a_newer_version_is_named_and_a_flipped_bit_is_not_one() {
        let (mut file, _) = header().encode();
        file[8] = 2;
        assert_eq!(SegmentHeader::decode(&file).unwrap_err(), HeaderFault::Damaged);
        let body = file.len() - 4;
        let crc = crc32c::crc32c(&file[..body]);
        file[body..].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(SegmentHeader::decode(&file).unwrap_err(), HeaderFault::Newer(2));
    }

    proptest! {
        #[test]
        fn no_changed_byte_of_a_record_header_goes_unseen(place in 0..RECORD_HEADER, byte: u8) {
            let header = RecordHeader {
                length: 3, payload_crc: 1, events: 2, segment: 7, first_id: 9, earliest: Timestamp::EPOCH,
                latest: Timestamp::MAX, group_start: 77, table: 5, epoch: 6,
            };
            let mut bytes = b"x".to_vec();
            header.encode(&mut bytes);
            prop_assert_eq!(RecordHeader::find(&bytes, 0), Some(1));
            prop_assert_eq!(RecordHeader::decode(&bytes[1..]), Some(header));
            let changed = bytes[1 + place] != byte;
            bytes[1 + place] = byte;
            prop_assert_eq!(RecordHeader::decode(&bytes[1..]).is_none(), changed);
        }

        #[test]
        fn foreign_bytes_never_panic(bytes: Vec<u8>) {
            drop(SegmentHeader::decode(&bytes));
            RecordHeader::decode(&bytes);
        }
    }
}

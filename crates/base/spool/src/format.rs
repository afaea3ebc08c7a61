//! The bytes of a segment of a spool. All numbers are little-endian; CRCs are CRC-32C (RFC 3720 §B.4).
//!
//! ```text
//! segment   magic "VIGIESPL", version u16, reserved u16, spool id 16 bytes, first sequence u64,
//!           crc u32 of all before it                                                        40 bytes
//! record    magic "VgS1", payload length u32, payload crc u32, sequence u64, epoch u32 = crc of the
//!           segment header, crc u32 of this header                                          28 bytes
//!           payload
//! ```
//!
//! A segment is a file `<first sequence, 16 digits>.spool`. Its records follow each other without gaps, and so do
//! their sequences; the epoch ties a record to its file. Reading ends at the first bytes that are no such record.

use crate::SpoolId;

/// The version that this program writes, and the newest it reads.
pub const VERSION: u16 = 1;
/// The length of the head of a segment.
pub const SEGMENT_HEADER: usize = 40;
/// The length of the head of a record.
pub const RECORD_HEADER: usize = 28;
/// Bytes of a payload that a reader believes in.
pub const PAYLOAD_BYTES_MAX: usize = 32 << 20;

const SEGMENT_MAGIC: &[u8; 8] = b"VIGIESPL";
const RECORD_MAGIC: &[u8; 4] = b"VgS1";

/// The head of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose it is.
    pub spool: SpoolId,
    /// The sequence of its first record.
    pub first: u64,
    /// What its records carry.
    pub epoch: u32,
}

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its sequence.
    pub sequence: u64,
    /// Where its payload begins in the file.
    pub at: u64,
    /// How long that is.
    pub length: u32,
    /// Its checksum.
    pub crc: u32,
}

/// Why the head of a file is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not whole, or changed since it was written.
    Damaged,
    /// Made by a newer program.
    Newer(u16),
}

/// Writes the head of a segment; gives it as it is read back.
pub fn write_head(spool: SpoolId, first: u64, out: &mut Vec<u8>) -> Head {
    let start = out.len();
    out.extend_from_slice(SEGMENT_MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(&spool.0);
    out.extend_from_slice(&first.to_le_bytes());
    let epoch = crc32c::crc32c(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&epoch.to_le_bytes());
    Head { spool, first, epoch }
}

/// Reads the head of a segment.
///
/// # Errors
/// See [`Fault`].
pub fn read_head(file: &[u8]) -> Result<Head, Fault> {
    let whole = file.first_chunk::<SEGMENT_HEADER>().ok_or(Fault::Damaged)?;
    let (head, crc) = whole.split_last_chunk::<4>().ok_or(Fault::Damaged)?;
    let epoch = u32::from_le_bytes(*crc);
    if !head.starts_with(SEGMENT_MAGIC) || crc32c::crc32c(head) != epoch {
        return Err(Fault::Damaged);
    }
    let mut fields = Fields(head.get(8..).unwrap_or_default());
    // The version counts only where the checksum holds: a flipped bit is damage, not the future.
    let version = u16::from_le_bytes(fields.take()?);
    if version > VERSION {
        return Err(Fault::Newer(version));
    }
    fields.take::<2>()?;
    Ok(Head { spool: SpoolId(fields.take()?), first: u64::from_le_bytes(fields.take()?), epoch })
}

/// Writes a record.
pub fn write_record(epoch: u32, sequence: u64, payload: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(RECORD_MAGIC);
    out.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(&epoch.to_le_bytes());
    let crc = crc32c::crc32c(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(payload);
}

/// The records of a segment, up to the first that is not whole, and where they end.
#[must_use]
pub fn read_records(head: &Head, file: &[u8]) -> (Vec<Entry>, usize) {
    let mut entries = Vec::new();
    let mut at = SEGMENT_HEADER.min(file.len());
    let mut sequence = head.first;
    while let Some(entry) = read_record(head, sequence, file, at) {
        let Some(next) = sequence.checked_add(1) else { break };
        at += RECORD_HEADER + entry.length as usize;
        sequence = next;
        entries.push(entry);
    }
    (entries, at)
}

fn read_record(head: &Head, sequence: u64, file: &[u8], at: usize) -> Option<Entry> {
    let whole = file.get(at..)?.first_chunk::<RECORD_HEADER>()?;
    let (fixed, crc) = whole.split_last_chunk::<4>()?;
    if !fixed.starts_with(RECORD_MAGIC) || crc32c::crc32c(fixed) != u32::from_le_bytes(*crc) {
        return None;
    }
    let mut fields = Fields(fixed.get(4..)?);
    let length = u32::from_le_bytes(fields.take().ok()?);
    let crc = u32::from_le_bytes(fields.take().ok()?);
    let is_next = u64::from_le_bytes(fields.take().ok()?) == sequence && u32::from_le_bytes(fields.take().ok()?) == head.epoch;
    if !is_next || length as usize > PAYLOAD_BYTES_MAX {
        return None;
    }
    let payload = file.get(at + RECORD_HEADER..)?.get(..length as usize)?;
    (crc32c::crc32c(payload) == crc).then_some(Entry { sequence, at: (at + RECORD_HEADER) as u64, length, crc })
}

struct Fields<'f>(&'f [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Fault::Damaged)?;
        self.0 = rest;
        Ok(*taken)
    }
}

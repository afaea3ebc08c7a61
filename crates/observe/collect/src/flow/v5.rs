//! NetFlow 5: a header of 24 bytes and records of 48, always alike.

use super::ExportClock;
use super::bytes::{Bytes, number};
use super::elements::Record;
use vigie_model::time::Timestamp;

const HEADER: usize = 24;
const RECORD: usize = 48;

/// What a header says.
pub(super) struct Header {
    pub(super) count: u16,
    clock: ExportClock,
    sampling: Option<u64>,
}

impl Header {
    /// Version, count, uptime in ms, seconds and nanoseconds since 1970, sequence, engine, sampling.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes::new(bytes.get(..HEADER)?);
        bytes.skip(2)?;
        let (count, uptime, seconds, nanos) = (bytes.u16()?, bytes.u32()?, bytes.u32()?, bytes.u32()?);
        bytes.skip(6)?;
        // Two bits of mode, fourteen of the interval.
        let interval = bytes.u16()? & 0x3FFF;
        let sent = Timestamp::from_seconds(i64::from(seconds)).plus_micros(i64::from(nanos / 1000));
        let clock = ExportClock { sent, started: Some(sent.plus_micros(-i64::from(uptime) * 1000)) };
        Some(Self { count, clock, sampling: (interval > 1).then(|| u64::from(interval)) })
    }
}

/// The records of a datagram, as many as it says and has.
pub(super) fn records(bytes: &[u8], count: u16) -> impl Iterator<Item = &[u8]> {
    bytes.get(HEADER..).unwrap_or_default().chunks_exact(RECORD).take(usize::from(count))
}

/// Reads a record, as if a template had described it.
pub(super) fn read(raw: &[u8], header: &Header) -> Record {
    /// Element of the registry of IPFIX, offset, length.
    const LAYOUT: [(u16, usize, usize); 17] = [
        (8, 0, 4),
        (12, 4, 4),
        (15, 8, 4),
        (10, 12, 2),
        (14, 14, 2),
        (2, 16, 4),
        (1, 20, 4),
        (22, 24, 4),
        (21, 28, 4),
        (7, 32, 2),
        (11, 34, 2),
        (6, 37, 1),
        (4, 38, 1),
        (5, 39, 1),
        (16, 40, 2),
        (17, 42, 2),
        (9, 44, 1),
    ];
    let mut record = Record::new(header.clock);
    record.sampling = header.sampling;
    for (element, offset, length) in LAYOUT {
        let Some(value) = raw.get(offset..offset + length) else { continue };
        // Nothing known is written as zero.
        let is_empty = matches!(element, 9 | 15..=17) && number(value) == Some(0);
        if !is_empty {
            record.take(element, value);
        }
    }
    record
}

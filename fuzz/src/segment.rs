//! Segments of the log, damaged by a disk or by somebody who sets the checksums right again.
//!
//! Layout: the documentation of `wal/format.rs` in `vigie-lake`.

use vigie_lake::fuzz::sealed;

const RECORD_HEADER: usize = 64;
/// Bytes of a segment's header before its path table.
const SEGMENT_HEADER: usize = 48;

/// A segment of two records with the same payload, changed in some places.
///
/// The first byte says how many places (three bits) and whether the checksums are set right again (the
/// fourth). Each place is three bytes: where (`0` the segment's header, `1` the path table, `2` and `3` the
/// records' headers, else how much is cut off), how far behind, and what stands there now. The rest is the
/// payload.
#[must_use]
pub fn damaged(bytes: &[u8]) -> Vec<u8> {
    let (flags, rest) = crate::choice(bytes);
    let (places, payload) = rest.split_at((3 * usize::from(flags & 7)).min(rest.len()));
    let mut file = sealed(&[payload, payload]);
    let record = RECORD_HEADER + payload.len();
    let records = [file.len() - 2 * record, file.len() - record];
    let mut length = file.len();
    for place in places.chunks_exact(3) {
        let behind = usize::from(place[1]);
        let at = match place[0] % 5 {
            0 => behind % SEGMENT_HEADER,
            1 => SEGMENT_HEADER + behind * 16,
            2 => records[0] + behind % RECORD_HEADER,
            3 => records[1] + behind % RECORD_HEADER,
            _ => {
                length = length.saturating_sub(behind);
                continue;
            }
        };
        file[at.min(length - 1)] = place[2];
    }
    if flags & 8 != 0 {
        close(&mut file, records, payload);
    }
    file.truncate(length);
    file
}

/// Sets all checksums right, and with them the epoch by which records belong to their segment.
fn close(file: &mut [u8], records: [usize; 2], payload: &[u8]) {
    let epoch = put_crc(file, 0..records[0] - 4);
    for at in records {
        file[at + 8..at + 12].copy_from_slice(&crc32c::crc32c(payload).to_le_bytes());
        file[at + 56..at + 60].copy_from_slice(&epoch);
        put_crc(file, at..at + RECORD_HEADER - 4);
    }
}

/// Puts the checksum of a stretch behind it.
fn put_crc(file: &mut [u8], stretch: std::ops::Range<usize>) -> [u8; 4] {
    let end = stretch.end;
    let crc = crc32c::crc32c(&file[stretch]).to_le_bytes();
    file[end..end + 4].copy_from_slice(&crc);
    crc
}

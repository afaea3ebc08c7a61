//! Streams that end early, lie about their size or swell: what is read of them, and what is said.

use super::*;
use crate::walk::build::gzip;
use std::io::Write;

fn read(stored: &[u8]) -> (Result<Vec<u8>, String>, Result<Passed, PassError>) {
    pass(stored, |chunks| {
        let mut bytes = Vec::new();
        chunks.read_to_end(&mut bytes).map(|_| bytes).map_err(|error| error.to_string())
    })
}

fn sha(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

fn sample() -> Vec<u8> {
    (0..600_000_u32).flat_map(|number| (number ^ (number >> 7)).to_le_bytes()).collect()
}

#[test]
fn plain_gzip_and_zstd_give_the_same_bytes_and_both_hashes() {
    let bytes = sample();
    let parts = [gzip(&bytes[..1000]), gzip(&bytes[1000..])].concat();
    let mut seekable = zstd::encode_all(&bytes[..], 1).unwrap();
    seekable.extend([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    for stored in [bytes.clone(), gzip(&bytes), parts, seekable] {
        let (seen, passed) = read(&stored);
        assert!(seen.unwrap() == bytes);
        let passed = passed.unwrap();
        assert_eq!((passed.stored, passed.unpacked), (sha(&stored), sha(&bytes)));
        assert_eq!((passed.stored_bytes, passed.unpacked_bytes), (stored.len() as u64, bytes.len() as u64));
    }
}

#[test]
fn bytes_behind_the_archive_count_for_the_stored_hash() {
    let mut stored = gzip(b"abc");
    stored.extend(vec![0; 700_000]);
    let (seen, passed) = read(&stored);
    // gzip(1) ignores zeros behind the last member; a decoder may refuse them, and then says so.
    if let Ok(passed) = passed {
        assert_eq!((seen.unwrap().as_slice(), passed.stored), (&b"abc"[..], sha(&stored)));
    }
}

#[test]
fn a_truncated_stream_gives_what_it_has_and_then_fails() {
    let bytes = sample();
    for stored in [gzip(&bytes), zstd::encode_all(&bytes[..], 1).unwrap()] {
        let cut = &stored[..stored.len() - 100];
        let (count, passed) = pass(cut, |chunks| {
            let mut count = 0;
            while let Ok(there) = chunks.fill_buf() {
                let there = there.len();
                assert_ne!(there, 0, "the end must not look like a good one");
                count += there;
                chunks.consume(there);
            }
            count
        });
        assert!(count > bytes.len() / 2 && count < bytes.len(), "{count}");
        assert!(matches!(passed, Err(PassError::Read(_))));
    }
}

#[test]
fn whoever_looks_may_leave() {
    let stored = gzip(&sample());
    let (first, passed) = pass(&stored[..], |chunks| chunks.fill_buf().unwrap()[0]);
    assert_eq!(first, 0);
    assert!(matches!(passed, Err(PassError::Left)));
}

#[test]
fn other_compressions_are_named() {
    let (seen, passed) = read(b"\xfd7zXZ\0rest");
    assert_eq!(seen.unwrap_err(), "compressed with xz, which is not read");
    assert!(matches!(passed, Err(PassError::Foreign("xz"))));
    assert!(read(b"").1.is_ok_and(|passed| passed.unpacked_bytes == 0));
}

#[test]
fn a_bomb_ends_early() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1100 {
        encoder.write_all(&zeros).unwrap();
    }
    let stored = encoder.finish().unwrap();
    let (seen, passed) = pass(&stored[..], Chunks::drain);
    assert_eq!(seen.unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    let Err(PassError::Bomb { unpacked, .. }) = passed else { panic!("{passed:?}") };
    assert!(unpacked <= DENSE_BYTES_MAX + CHUNK_BYTES as u64);
}

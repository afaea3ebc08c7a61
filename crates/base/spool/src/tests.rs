//! The spool against stops, full disks and a server that answers late, twice or never.

use super::*;
use crate::format::{RECORD_HEADER, SEGMENT_HEADER};
use proptest::prelude::*;
use std::path::Path;

const SMALL: Limits = Limits { bytes_max: 4000, segment_bytes: 200, reserve_bytes: 0 };

fn open(directory: &Path) -> (Spool, Recovered) {
    Spool::open(directory, SMALL).unwrap()
}

fn payloads(spool: &Spool) -> Vec<(u64, Vec<u8>)> {
    let batches = spool.after(spool.begins_after(), usize::MAX).unwrap();
    batches.into_iter().map(|batch| (batch.id.sequence, batch.payload)).collect()
}

fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn batches_come_out_as_they_went_in_also_after_a_start() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, recovered) = open(directory.path());
    assert_eq!(recovered, Recovered::default());
    assert_eq!(spool.push(&[b"one", b"", b"three"]).unwrap(), 1);
    assert_eq!(spool.push(&[&[7; 300]]).unwrap(), 4);
    assert_eq!(spool.push(&[b"five"]).unwrap(), 5);
    let (id, before) = (spool.id(), payloads(&spool));
    assert_eq!(before.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(spool.after(1, 0).unwrap()[0].payload, b"", "at least one");
    drop(spool);
    let (spool, recovered) = open(directory.path());
    assert_eq!((spool.id(), recovered, payloads(&spool)), (id, Recovered { batches: 5, torn_bytes: 0 }, before));
}

#[test]
fn acknowledged_segments_go_and_sequences_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    for n in 0..20_u8 {
        spool.push(&[&[n; 100]]).unwrap();
    }
    let all = files(directory.path()).len();
    spool.acknowledge(9).unwrap();
    assert!(files(directory.path()).len() < all && spool.begins_after() <= 9);
    spool.acknowledge(20).unwrap();
    spool.acknowledge(1000).unwrap();
    assert_eq!((files(directory.path()).len(), spool.bytes()), (1, SEGMENT_HEADER as u64));
    drop(spool);
    let (mut spool, recovered) = open(directory.path());
    assert_eq!((recovered.batches, spool.begins_after()), (0, 20));
    assert_eq!(spool.push(&[b"x"]).unwrap(), 21, "a sequence is given once");
}

#[test]
fn a_full_spool_refuses_and_keeps_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    let mut taken = 0;
    while spool.push(&[&[1; 300]]).is_ok() {
        taken += 1;
    }
    assert!(matches!(spool.push(&[&[1; 300]]), Err(SpoolError::Full { .. })));
    assert!(matches!(spool.push(&[&vec![0; format::PAYLOAD_BYTES_MAX + 1]]), Err(SpoolError::TooLarge { .. })));
    assert_eq!(payloads(&spool).len(), taken);
    spool.acknowledge(2).unwrap();
    assert_eq!(spool.push(&[&[1; 300]]).unwrap(), taken as u64 + 1, "it goes on when there is room");
}

#[test]
fn a_torn_end_is_cut_off_wherever_it_tears() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    spool.push(&[b"first"]).unwrap();
    spool.push(&[b"second"]).unwrap();
    drop(spool);
    let path = files(directory.path()).remove(0);
    let whole = std::fs::read(&path).unwrap();
    let ends = [SEGMENT_HEADER, SEGMENT_HEADER + RECORD_HEADER + 5, whole.len()];
    for length in SEGMENT_HEADER..=whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let (mut spool, recovered) = open(directory.path());
        let kept = ends.iter().filter(|end| **end <= length).count() - 1;
        assert_eq!((recovered.batches, payloads(&spool).len()), (kept as u64, kept), "cut at {length}");
        assert_eq!(spool.push(&[b"next"]).unwrap(), kept as u64 + 1);
        drop(spool);
        assert_eq!(payloads(&open(directory.path()).0).last().unwrap().1, b"next");
    }
}

#[test]
fn a_segment_whose_head_never_became_durable_is_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for length in 0..SEGMENT_HEADER {
        std::fs::write(directory.path().join("0000000000000001.spool"), vec![0; length]).unwrap();
        let (mut spool, _) = open(directory.path());
        assert_eq!(spool.push(&[b"x"]).unwrap(), 1);
        drop(spool);
        std::fs::write(directory.path().join("0000000000000002.spool"), vec![0; length]).unwrap();
        let (mut spool, recovered) = open(directory.path());
        assert_eq!((recovered.batches, spool.push(&[b"y"]).unwrap()), (1, 2));
        drop(spool);
        files(directory.path()).iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }
}

#[test]
fn what_was_durable_and_is_not_any_more_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    for n in 0..6_u8 {
        spool.push(&[&[n; 150]]).unwrap();
    }
    let paths = files(directory.path());
    let first = std::fs::read(&paths[0]).unwrap();
    let mut rotten = first.clone();
    rotten[SEGMENT_HEADER + RECORD_HEADER + 3] ^= 1;
    std::fs::write(&paths[0], &rotten).unwrap();
    assert!(matches!(spool.after(0, usize::MAX), Err(SpoolError::Damaged { .. })), "also while it runs");
    drop(spool);
    assert!(matches!(Spool::open(directory.path(), SMALL), Err(SpoolError::Damaged { .. })));
    std::fs::write(&paths[0], &first).unwrap();
    std::fs::remove_file(&paths[1]).unwrap();
    assert!(matches!(Spool::open(directory.path(), SMALL), Err(SpoolError::Damaged { .. })), "one is missing");
}

#[test]
fn a_newer_spool_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let path = files(directory.path()).remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8] = 2;
    let end = bytes.len() - 4;
    let crc = crc32c::crc32c(&bytes[..end]);
    bytes[end..].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(Spool::open(directory.path(), SMALL), Err(SpoolError::Newer { .. })));
}

#[test]
fn what_a_failed_write_left_is_not_handed_over() {
    let directory = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(directory.path());
    spool.push(&[b"one"]).unwrap();
    let path = files(directory.path()).remove(0);
    drop(spool);
    // A write that failed after all of it was there, and then the next segment.
    let mut bytes = std::fs::read(&path).unwrap();
    let head = format::read_head(&bytes).unwrap();
    format::write_record(head.epoch, 2, b"refused", &mut bytes);
    std::fs::write(&path, &bytes).unwrap();
    let mut next = Vec::new();
    let head = format::write_head(head.spool, 2, &mut next);
    format::write_record(head.epoch, 2, b"two", &mut next);
    std::fs::write(directory.path().join("0000000000000002.spool"), &next).unwrap();
    let (spool, recovered) = open(directory.path());
    assert_eq!(payloads(&spool), [(1, b"one".to_vec()), (2, b"two".to_vec())]);
    assert!(recovered.torn_bytes > 0);
}

/// A server that keeps each batch and how far it is.
#[derive(Default)]
struct Server {
    stored: Vec<Vec<u8>>,
    position: Option<[u8; 8]>,
}

impl Server {
    /// Gives what it acknowledges.
    fn receive(&mut self, batch: &Batch) -> u64 {
        let progress = Progress::from(batch.id.spool, self.position.as_ref().map(<[u8; 8]>::as_slice));
        match progress.verdict(batch.id) {
            Verdict::Take => {
                self.stored.push(batch.payload.clone());
                self.position = Some(Progress::after(batch.id).stored());
                batch.id.sequence
            }
            Verdict::Known => batch.id.sequence,
            Verdict::Missing { expected } => expected - 1,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Push(Vec<usize>),
    /// Sends so many, of which so many answers are lost.
    Send(usize, usize),
    Restart,
    /// A stop that leaves so many bytes of a write that had not returned.
    Torn(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => proptest::collection::vec(0..120_usize, 1..4).prop_map(Step::Push),
        3 => (1..6_usize, 0..6_usize).prop_map(|(sent, lost)| Step::Send(sent, lost)),
        1 => Just(Step::Restart),
        1 => (0..60_usize).prop_map(Step::Torn),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn everything_that_was_taken_is_stored_once_and_in_order(steps in proptest::collection::vec(step(), 1..40)) {
        let directory = tempfile::tempdir().unwrap();
        let (mut spool, _) = open(directory.path());
        let mut server = Server::default();
        let mut taken: Vec<Vec<u8>> = Vec::new();
        let mut cursor = 0;
        for step in steps {
            match step {
                Step::Push(sizes) => {
                    let new: Vec<Vec<u8>> =
                        sizes.iter().enumerate().map(|(place, size)| vec![(taken.len() + place) as u8; *size]).collect();
                    let parts: Vec<&[u8]> = new.iter().map(Vec::as_slice).collect();
                    if spool.push(&parts).is_ok() {
                        taken.extend(new);
                    }
                }
                Step::Send(sent, lost) => {
                    let batches = spool.after(cursor, usize::MAX).unwrap();
                    for (place, batch) in batches.iter().take(sent).enumerate() {
                        let acknowledged = server.receive(batch);
                        if place + lost < sent {
                            spool.acknowledge(acknowledged).unwrap();
                            cursor = acknowledged;
                        }
                    }
                }
                Step::Restart | Step::Torn(_) => {
                    drop(spool);
                    if let Step::Torn(size) = step {
                        let path = files(directory.path()).pop().unwrap();
                        let mut bytes = std::fs::read(&path).unwrap();
                        let head = format::read_head(&bytes).unwrap();
                        let mut record = Vec::new();
                        format::write_record(head.epoch, taken.len() as u64 + 1, &[9; 40], &mut record);
                        bytes.extend_from_slice(&record[..size.min(record.len() - 1)]);
                        std::fs::write(&path, bytes).unwrap();
                    }
                    spool = open(directory.path()).0;
                    cursor = spool.begins_after();
                }
            }
        }
        for batch in spool.after(spool.begins_after(), usize::MAX).unwrap() {
            server.receive(&batch);
        }
        prop_assert_eq!(server.stored, taken);
    }

    #[test]
    fn no_bytes_are_more_than_they_say(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut file = Vec::new();
        let head = format::write_head(SpoolId([1; 16]), 1, &mut file);
        format::write_record(head.epoch, 1, b"one", &mut file);
        let whole = file.len();
        file.extend_from_slice(&bytes);
        let (entries, end) = format::read_records(&head, &file);
        prop_assert_eq!((entries.len(), end), (1, whole));
        prop_assert!(format::read_head(&bytes).is_err());
    }
}

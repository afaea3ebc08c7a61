//! What happens to a followed file, one step at a time.

use super::follower::{Follower, Step};
use crate::frame::{Framing, LINE_MAX};
use crate::packed::Packed;
use crate::packed::testing::pack;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How much of an old file is read in these tests.
const BACKLOG: u64 = 100 * 1024;

/// A log file, whoever writes it, and whoever follows it.
struct Log {
    folder: tempfile::TempDir,
    framing: Framing,
    follower: Follower,
    position: Option<Vec<u8>>,
    seen: Vec<String>,
    step: Option<Step>,
}

impl Log {
    /// A log with this content, never read before.
    fn with(content: &str) -> Self {
        Self::with_framing(content, Framing::Lines)
    }

    fn with_framing(content: &str, framing: Framing) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.log"), content).unwrap();
        let follower = Follower::new(folder.path().join("a.log"), framing, BACKLOG, None);
        Self { folder, framing, follower, position: None, seen: Vec::new(), step: None }
    }

    /// A log that was read to its end.
    fn read_to_end(content: &str) -> Self {
        let mut log = Self::with(content);
        log.read();
        log.seen.clear();
        log
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn append(&self, text: &str) {
        self.append_to("a.log", text);
    }

    fn append_to(&self, name: &str, text: &str) {
        let mut file = OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// As `logrotate` with `copytruncate`.
    fn copy_and_truncate(&self, to: &str) {
        fs::copy(self.path("a.log"), self.path(to)).unwrap();
        File::options().write(true).open(self.path("a.log")).unwrap().set_len(0).unwrap();
    }

    /// As `logrotate` with `compress`: another inode, the time of the last line kept.
    fn compress(&self, name: &str) {
        let content = fs::read(self.path(name)).unwrap();
        let modified = fs::metadata(self.path(name)).unwrap().modified().unwrap();
        let mut packed = GzEncoder::new(File::create(self.path(&format!("{name}.gz"))).unwrap(), Compression::fast());
        packed.write_all(&content).unwrap();
        packed.finish().unwrap().set_modified(modified).unwrap();
        fs::remove_file(self.path(name)).unwrap();
    }

    /// When a file was written last, in hours before now.
    fn age(&self, name: &str, hours: u64) {
        let time = SystemTime::now() - Duration::from_secs(hours * 3600);
        File::options().write(true).open(self.path(name)).unwrap().set_modified(time).unwrap();
    }

    fn step(&mut self) -> bool {
        let seen = &mut self.seen;
        let step = self.follower.step(&mut |piece| seen.push(String::from_utf8_lossy(piece.bytes).into_owned()));
        let more = step.more;
        self.position = Some(step.position.clone());
        self.step = Some(step);
        more
    }

    /// Steps until there is no more.
    fn read(&mut self) {
        while self.step() {}
    }

    /// The program ends and starts again with what was stored last.
    fn restart(&mut self) {
        self.follower = Follower::new(self.path("a.log"), self.framing, BACKLOG, self.position.as_deref());
    }

    /// Reads what there is and compares it with the lines that are new.
    #[track_caller]
    fn check(&mut self, expected: &[&str]) {
        self.read();
        assert_eq!(std::mem::take(&mut self.seen), expected);
    }
}

#[test]
fn what_is_there_and_what_comes() {
    let mut log = Log::with("first line of the file\n");
    log.check(&["first line of the file"]);
    log.append("two\nthr");
    log.check(&["two"]);
    log.append("ee\n");
    log.check(&["three"]);
    log.check(&[]);
}

#[test]
fn a_file_that_appears_later_is_read_from_its_beginning() {
    let mut log = Log::with("");
    fs::remove_file(log.path("a.log")).unwrap();
    log.check(&[]);
    assert_eq!(log.step.as_ref().unwrap().state.word(), "waiting");
    log.append("one\n");
    log.check(&["one"]);
    assert_eq!(log.step.as_ref().unwrap().state.word(), "running");
}

#[test]
fn renamed_in_the_middle_of_a_line() {
    let mut log = Log::read_to_end("a first line that is long enough\n");
    log.append("two\nthr");
    log.check(&["two"]);
    log.rename("a.log", "a.log.1");
    log.append_to("a.log.1", "ee\nlate\n");
    log.append("new file\n");
    log.check(&["three", "late", "new file"]);
    // Its writer keeps the old file open for a while.
    log.append_to("a.log.1", "later still\n");
    log.append("new two\n");
    log.check(&["later still", "new two"]);
}

#[test]
fn a_rotated_file_is_let_go_when_it_is_quiet_and_its_last_half_line_given() {
    let mut log = Log::read_to_end("a first line that is long enough\n");
    log.append("half");
    log.rename("a.log", "a.log.1");
    log.append("new\n");
    log.check(&["new"]);
    for _ in 0..50 {
        log.read();
    }
    log.check(&["half"]);
    assert!(!String::from_utf8(log.position.clone().unwrap()).unwrap().contains("},{"));
}

#[test]
fn renamed_twice_between_two_looks() {
    let mut log = Log::read_to_end("a first line that is long enough\n");
    log.append("two\n");
    log.rename("a.log", "a.log.2");
    log.append_to("a.log.1", "never looked at\n");
    log.append("new\n");
    // The file between was never at the path when it was looked at: only a restart finds it.
    log.check(&["two", "new"]);
}

#[test]
fn lines_that_belong_together_are_one_record_also_across_a_restart() {
    let mut log = Log::with_framing("one\n", Framing::Traces);
    log.check(&[]);
    log.append("two\n  of two\n");
    log.check(&["one"]);
    // What is not complete is read again: its beginning is where the position stands.
    log.restart();
    log.append("  and more\nthree\n");
    log.check(&["two\n  of two\n  and more"]);
    for _ in 0..3 {
        log.read();
    }
    log.check(&["three"]);
    log.restart();
    log.append("  late\nhalf");
    for _ in 0..6 {
        log.read();
    }
    log.check(&["  late"]);
    log.rename("a.log", "a.log.1");
    log.append("new\n");
    for _ in 0..50 {
        log.read();
    }
    log.check(&["new", "half"]);
}

#[test]
fn packed_in_any_way() {
    for (packed, end) in Packed::ALL {
        let mut log = Log::read_to_end("Nov 18 00:00:00 read\n");
        log.append("Nov 18 00:00:01 unread\n");
        let bytes = pack(packed, &fs::read(log.path("a.log")).unwrap());
        fs::write(log.path(&format!("a.log.1{end}")), bytes).unwrap();
        fs::remove_file(log.path("a.log")).unwrap();
        log.append("Nov 19 new\n");
        log.restart();
        log.check(&["Nov 18 00:00:01 unread", "Nov 19 new"]);
    }
}

#[test]
fn copied_and_truncated() {
    let mut log = Log::read_to_end("Nov 21 08:30:00 a first line\n");
    log.append("Nov 21 08:30:01 unread when copied\n");
    log.copy_and_truncate("a.log.1");
    log.append("Nov 21 08:30:02 after\n");
    log.check(&["Nov 21 08:30:01 unread when copied", "Nov 21 08:30:02 after"]);
    log.append("Nov 21 08:30:03 and on\n");
    log.check(&["Nov 21 08:30:03 and on"]);
}

#[test]
fn truncated_and_grown_beyond_the_old_size_between_two_looks() {
    let mut log = Log::read_to_end("Nov 21 08:30:00 short\n");
    log.copy_and_truncate("a.log.1");
    log.append("Nov 21 08:30:01 a much longer line than before\nNov 21 08:30:02 two\n");
    log.check(&["Nov 21 08:30:01 a much longer line than before", "Nov 21 08:30:02 two"]);
}

#[test]
fn truncated_under_a_writer_that_leaves_a_hole() {
    let mut log = Log::read_to_end("Nov 21 08:30:00 a first line\n");
    let file = File::options().write(true).open(log.path("a.log")).unwrap();
    file.set_len(0).unwrap();
    std::os::unix::fs::FileExt::write_at(&file, b"Nov 21 08:30:05 beyond the hole\n", 100_000).unwrap();
    log.check(&["Nov 21 08:30:05 beyond the hole"]);
}

#[test]
fn a_restart_loses_nothing_and_repeats_nothing() {
    let mut log = Log::read_to_end("a first line that is long enough\n");
    log.append("two\nhal");
    log.check(&["two"]);
    log.restart();
    log.append("f\nthree\n");
    log.check(&["half", "three"]);
    log.restart();
    log.check(&[]);
}

#[test]
fn rotated_while_nobody_looked() {
    let mut log = Log::read_to_end("Nov 18 00:00:00 read\n");
    log.append("Nov 18 00:00:01 unread\nNov 18 00:00:02 half");
    log.append(" now whole\n");
    log.rename("a.log", "a.log.3");
    log.age("a.log.3", 72);
    log.compress("a.log.3");
    log.append_to("a.log.2", "Nov 19 one\n");
    log.age("a.log.2", 48);
    log.compress("a.log.2");
    log.append_to("a.log.1", "Nov 20 one\n");
    log.age("a.log.1", 24);
    log.append("Nov 21 one\n");
    log.restart();
    log.check(&["Nov 18 00:00:01 unread", "Nov 18 00:00:02 half now whole", "Nov 19 one", "Nov 20 one", "Nov 21 one"]);
    log.restart();
    log.check(&[]);
}

#[test]
fn copied_and_truncated_while_nobody_looked() {
    let mut log = Log::read_to_end("Nov 20 08:30:00 read\n");
    log.append("Nov 20 08:30:01 unread\n");
    log.copy_and_truncate("a.log-20261121");
    log.append("Nov 21 08:30:02 after\n");
    log.restart();
    log.check(&["Nov 20 08:30:01 unread", "Nov 21 08:30:02 after"]);
}

#[test]
fn a_file_that_is_gone_for_good_is_no_reason_to_stop() {
    let mut log = Log::read_to_end("Nov 20 08:30:00 read\n");
    fs::remove_file(log.path("a.log")).unwrap();
    log.append("Nov 21 08:30:00 another file\n");
    log.restart();
    log.check(&["Nov 21 08:30:00 another file"]);
}

#[test]
fn a_stored_position_that_makes_no_sense_is_none() {
    let mut log = Log::with("one\n");
    log.position = Some(b"garbage".to_vec());
    log.restart();
    log.check(&["one"]);
}

#[test]
fn of_a_great_old_file_the_end_is_read_and_the_rest_counted() {
    let line = format!("{}\n", "x".repeat(99));
    let mut log = Log::with(&(line.repeat(2_000) + "the end\n"));
    log.read();
    assert_eq!(log.seen.last().unwrap(), "the end");
    assert!(log.seen.iter().all(|line| line.len() == 99 || line == "the end"));
    let read: u64 = log.seen.iter().map(|line| line.len() as u64 + 1).sum();
    assert!(read <= BACKLOG && read > BACKLOG - 100);
    assert_eq!(log.step.as_ref().unwrap().skipped, 0, "counted once, with the first step");
    log.seen.clear();
    log.restart();
    log.check(&[]);
}

#[test]
fn a_line_of_a_megabyte_comes_in_pieces_also_across_a_restart() {
    let long = "y".repeat(1024 * 1024);
    let mut log = Log::read_to_end("a first line that is long enough\n");
    log.append(&long);
    log.read();
    log.restart();
    log.append("\nnext\n");
    log.read();
    assert_eq!(log.seen.pop().unwrap(), "next");
    assert!(log.seen.iter().all(|piece| piece.len() <= LINE_MAX));
    assert_eq!(log.seen.concat(), long);
}

#[test]
fn bytes_that_are_no_text_pass() {
    let mut log = Log::read_to_end("a first line that is long enough\n");
    let mut file = OpenOptions::new().append(true).open(log.path("a.log")).unwrap();
    file.write_all(b"caf\xe9 \x00\xff\n\nnext\r\n").unwrap();
    log.check(&["caf\u{fffd} \0\u{fffd}", "next"]);
}

#[test]
fn what_is_no_file_is_said() {
    let mut log = Log::with("");
    fs::remove_file(log.path("a.log")).unwrap();
    fs::create_dir(log.path("a.log")).unwrap();
    log.check(&[]);
    assert_eq!(log.step.as_ref().unwrap().state.word(), "failing");
}

/// What may happen to a log between two looks.
#[derive(Clone, Debug)]
enum Happening {
    Line,
    Half,
    Rename,
    CopyAndTruncate,
    Look,
    Restart,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whatever happens, as long as every file is looked at once while it is at the path: every line
    /// is given exactly once.
    #[test]
    fn every_line_once(happenings in prop::collection::vec(prop_oneof![
        4 => Just(Happening::Line), 2 => Just(Happening::Half), 1 => Just(Happening::Rename),
        1 => Just(Happening::CopyAndTruncate), 3 => Just(Happening::Look), 1 => Just(Happening::Restart),
    ], 1..60)) {
        let mut log = Log::with("Nov 21 08:30:00 the first line\n");
        let mut expected = vec!["Nov 21 08:30:00 the first line".to_owned()];
        let mut number = 0;
        let mut rotation = 0;
        for happening in happenings {
            match happening {
                Happening::Line => {
                    number += 1;
                    log.append(&format!("Nov 21 08:30:00 line {number}\n"));
                    expected.push(format!("Nov 21 08:30:00 line {number}"));
                }
                Happening::Half => {
                    number += 1;
                    log.append(&format!("Nov 21 08:30:00 half {number}"));
                    log.read();
                    log.append(" and whole\n");
                    expected.push(format!("Nov 21 08:30:00 half {number} and whole"));
                }
                Happening::Rename | Happening::CopyAndTruncate => {
                    log.read();
                    number += 1;
                    rotation += 1;
                    log.append(&format!("Nov 21 08:30:00 last {number}\n"));
                    expected.push(format!("Nov 21 08:30:00 last {number}"));
                    if matches!(happening, Happening::Rename) {
                        log.rename("a.log", &format!("a.log.{rotation}"));
                    } else {
                        log.copy_and_truncate(&format!("a.log.{rotation}"));
                    }
                    number += 1;
                    log.append(&format!("Nov 21 08:31:{rotation:02} first {number}\n"));
                    expected.push(format!("Nov 21 08:31:{rotation:02} first {number}"));
                    log.read();
                }
                Happening::Look => log.read(),
                Happening::Restart => log.restart(),
            }
        }
        for _ in 0..50 {
            log.read();
        }
        let mut seen = log.seen.clone();
        seen.sort();
        expected.sort();
        prop_assert_eq!(seen, expected);
    }
}

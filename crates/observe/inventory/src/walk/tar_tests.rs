//! Archives as tools write them, and as nobody should: names, links, sizes, extended headers.

use super::*;
use crate::walk::build::{Builder, record, seal};
use proptest::prelude::*;
use std::io::Read;

/// Every entry as a line: kind, mode, path, link, content.
fn listed(bytes: &[u8]) -> (Vec<String>, Option<String>) {
    let mut tar = Tar::new(bytes);
    let mut lines = Vec::new();
    loop {
        match tar.advance() {
            Ok(true) => {}
            Ok(false) => return (lines, (tar.skipped() > 0).then(|| format!("{} skipped", tar.skipped()))),
            Err(error) => return (lines, Some(error.to_string())),
        }
        let (entry, mut content) = tar.parts();
        let mut text = Vec::new();
        let read = content.read_to_end(&mut text).map(|_| String::from_utf8_lossy(&text).into_owned());
        let text = read.unwrap_or_else(|error| error.kind().to_string());
        let (path, link) = (String::from_utf8_lossy(&entry.path), String::from_utf8_lossy(&entry.link));
        lines.push(format!("{:?} {:o} {path} {link} {text}", entry.kind, entry.mode));
    }
}

#[test]
fn reads_files_directories_and_links() {
    let long = "d/".repeat(120) + "file";
    let archive =
        Builder::new().directory("a").file("a/b", "content").symlink("c", "a/b").hardlink("d", "a/b").file(&long, "x").end();
    let (lines, problem) = listed(&archive);
    assert_eq!(problem, None);
    assert_eq!(lines[..4], ["Directory 755 a/  ", "File 644 a/b  content", "SymbolicLink 777 c a/b ", "HardLink 644 d a/b "]);
    assert_eq!(lines[4], format!("File 644 {long}  x"));
}

#[test]
fn reads_long_names_of_gnu_tar_and_sizes_of_pax() {
    let name = "n".repeat(300);
    let archive = Builder::new()
        .raw(b'L', "././@LongLink", "", 0, format!("{name}\0").as_bytes())
        .raw(b'K', "././@LongLink", "", 0, b"target\0")
        .raw(b'2', "short", "short", 0o777, b"")
        .raw(b'x', "pax", "", 0, &record("size", "3"))
        .announced(b'0', "f", "", 0o600, 0, b"abc")
        .end();
    let (lines, problem) = listed(&archive);
    assert_eq!((lines, problem), (vec![format!("SymbolicLink 777 {name} target "), "File 600 f  abc".to_owned()], None));
}

#[test]
fn sizes_in_base_256_are_read() {
    assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]), Some(258));
    assert_eq!(number(&[0xff; 12]), None);
    assert_eq!(number(b" 0000017 \0\0\0"), Some(15));
    assert_eq!(number(b"00000008\0\0\0\0"), None);
}

#[test]
fn a_sparse_file_is_not_taken_for_its_bytes() {
    let archive = Builder::new()
        .raw(b'x', "pax", "", 0, &[record("GNU.sparse.major", "1"), record("GNU.sparse.name", "real")].concat())
        .file("GNUSparseFile.0/real", "1\n0\n5\nhello")
        .file("next", "")
        .end();
    let (lines, _) = listed(&archive);
    assert!(lines[0].starts_with("Sparse 644 real"), "{lines:?}");
    assert_eq!(lines[1], "File 644 next  ");
}

#[test]
fn an_archive_that_is_cut_off_says_so_and_gives_what_it_has() {
    let archive = Builder::new().file("a", "1").file("b", "x".repeat(1000)).cut();
    let (lines, problem) = listed(&archive[..archive.len() - 600]);
    assert_eq!((lines.len(), problem.as_deref()), (2, Some("it ends in the middle of an entry")));
    assert_eq!(listed(&archive[..1024 + 100]).1.as_deref(), Some("it ends in the middle of an entry"));
    assert_eq!(listed(&archive).1, None, "the two empty blocks may be missing");
}

#[test]
fn a_wrong_checksum_or_other_bytes_are_no_tar() {
    let mut archive = Builder::new().file("a", "1").file("b", "2").end();
    archive[1024] ^= 1;
    let (lines, problem) = listed(&archive);
    assert_eq!((lines.len(), problem.as_deref()), (1, Some("not a tar header at byte 1024")));
    assert_eq!(listed(&[7; 2048]).1.as_deref(), Some("not a tar header at byte 0"));
    assert_eq!(listed(b""), (vec![], None));
}

#[test]
fn a_name_of_a_gigabyte_is_not_read() {
    let archive = Builder::new().announced(b'L', "././@LongLink", "", 0, 1 << 30, b"").end();
    assert_eq!(listed(&archive).1.as_deref(), Some("it ends in the middle of an entry"));
    let mut long = Builder::new().raw(b'L', "l", "", 0, &vec![b'n'; 2 << 20]).file("hidden", "x").file("seen", "y").end();
    assert_eq!(listed(&long), (vec!["File 644 seen  y".to_owned()], Some("1 skipped".to_owned())));
    // A size that would overflow when it is rounded up.
    let header: &mut [u8; BLOCK] = (&mut long[..BLOCK]).try_into().unwrap();
    header[156] = b'0';
    header[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    seal(header);
    assert!(listed(&long).1.is_some());
}

proptest! {
    #[test]
    fn survives_any_bytes(bytes: Vec<u8>, flag: u8, content in proptest::collection::vec(any::<u8>(), 0..2000)) {
        drop(listed(&bytes));
        drop(listed(&Builder::new().raw(flag, "a", "b", 0o644, &content).file("z", "").end()));
        drop(listed(&Builder::new().raw(b'x', "pax", "", 0, &content).file("z", "").end()));
    }

    #[test]
    fn reads_what_was_written(files in proptest::collection::vec(("[a-zé/]{1,200}[a-z]", ".{0,600}"), 0..12)) {
        let archive = files.iter().fold(Builder::new(), |archive, (path, content)| archive.file(path, content)).end();
        let expected: Vec<String> = files.iter().map(|(path, content)| format!("File 644 {path}  {content}")).collect();
        prop_assert_eq!(listed(&archive), (expected, None));
    }
}

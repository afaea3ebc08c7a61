//! Three made-up packages in all three containers, and hostile bytes.

use super::*;
use proptest::prelude::*;

/// Written by `db5.3_load` with pages of 512 bytes.
const BERKELEY: &[u8] = include_bytes!("testdata/Packages");
/// Written by `sqlite3` with pages of 512 bytes.
const SQLITE: &[u8] = include_bytes!("testdata/rpmdb.sqlite");

/// The headers in a database.
fn headers(database: &[u8]) -> Vec<Vec<u8>> {
    let mut headers = Vec::new();
    sqlite::each_header(database, &mut |header| {
        headers.push(header.to_vec());
        true
    })
    .unwrap();
    headers
}

/// The same packages as `ndb`.
fn ndb() -> Vec<u8> {
    let headers = headers(SQLITE);
    let mut file = [&b"RpmP"[..], &[0; 4], &7_u32.to_le_bytes(), &1_u32.to_le_bytes(), &[0; 16]].concat();
    let mut blobs = Vec::new();
    for index in 0..254_u32 {
        let header = headers.get(index as usize / 2).filter(|_| index % 2 == 1);
        let number = if header.is_some() { index } else { 0 };
        let place = u32::try_from((4096 + blobs.len()) / 16).unwrap();
        file.extend([&b"Slot"[..], &number.to_le_bytes(), &place.to_le_bytes(), &[0; 4]].concat());
        let Some(header) = header else { continue };
        let length = u32::try_from(header.len()).unwrap().to_le_bytes();
        blobs.extend([&b"BlbS"[..], &number.to_le_bytes(), &[0; 4], &length, header].concat());
        blobs.resize(blobs.len().next_multiple_of(16) + 16, 0);
    }
    file.extend(blobs);
    file
}

fn said(database: &[u8]) -> Vec<String> {
    let (packages, gaps) = parse(database, "Red Hat:9");
    assert_eq!(gaps, []);
    let line = |p: &Package| {
        let source = p.source.as_ref().map(|s| format!(" from {} {}", s.name, s.version)).unwrap_or_default();
        format!("{} {} {}{source}", p.name, p.version, p.architecture.as_deref().unwrap_or("-"))
    };
    let mut lines: Vec<_> = packages.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn the_same_packages_in_all_containers() {
    let expected = ["alpha 1.4-2 noarch", "beta 2:1.5-2 noarch", "libgamma 3.0-7.el9 noarch from gamma-source 3.0-7.el9"];
    assert_eq!(said(SQLITE), expected);
    assert_eq!(said(BERKELEY), expected);
    assert_eq!(said(&ndb()), expected);
}

#[test]
fn components_have_licences() {
    let meta = Meta { path: "var/lib/rpm/rpmdb.sqlite", size: 0, mode: 0o644 };
    assert!((DATABASE.wants)(&meta, Setting::Installed));
    for database in [SQLITE, BERKELEY, &ndb()] {
        assert!((DATABASE.looks_right)(&database[..512]));
        let found = (DATABASE.read)(&meta, &Content::of(database));
        let mut licences: Vec<_> = found.components.iter().flat_map(|it| &it.licences).collect();
        licences.sort();
        assert_eq!(licences, ["GPL-2.0-or-later AND MIT", "MIT", "MIT"]);
    }
}

#[test]
fn files_are_put_together_from_their_parts() {
    let mut files = Vec::new();
    for header in headers(SQLITE) {
        each_file(&Header::parse(&header).unwrap(), |path| files.push(path.to_owned()));
    }
    files.sort();
    let expected = ["/usr/bin/alpha", "/usr/bin/beta", "/usr/bin/gamma", "/usr/lib64/libgamma.so.3", "/usr/share/doc/alpha"];
    assert_eq!(files[..5], expected);
}

#[test]
fn names_of_source_packages() {
    assert_eq!(source_package("openssl-3.0.7-27.el9.src.rpm"), Some(("openssl", "3.0.7-27.el9")));
    assert_eq!(source_package("java-17-openjdk-17.0.9.0.9-2.el9.src.rpm"), Some(("java-17-openjdk", "17.0.9.0.9-2.el9")));
    assert_eq!(source_package("a-1-2.nosrc.rpm"), Some(("a", "1-2")));
    for odd in ["", ".rpm", "a.src.rpm", "a-1.src.rpm", "-1-2.src.rpm", "a-1-2.noarch.rpm"] {
        assert_eq!(source_package(odd), None, "{odd}");
    }
}

#[test]
fn cut_files_give_what_is_there_and_a_gap() {
    for whole in [SQLITE, BERKELEY, &ndb()] {
        for length in 0..whole.len() {
            let (packages, gaps) = parse(&whole[..length], "");
            assert!(!gaps.is_empty() || packages.len() == 3, "{length} bytes: {packages:?}");
        }
    }
}

#[test]
fn circles_end() {
    // The tree of SQLite leads back to its own root.
    let mut circle = SQLITE.to_vec();
    let root = 512;
    circle[root] = 5;
    circle[root + 8..root + 12].copy_from_slice(&2_u32.to_be_bytes());
    let (_, gaps) = parse(&circle, "");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
}

proptest! {
    #[test]
    fn survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000), container in 0..3_usize) {
        let head = [&SQLITE[..20], &BERKELEY[..40], b"RpmP\0\0\0\0\x07\0\0\0\x01\0\0\0"][container];
        drop(parse(&[head, &bytes].concat(), ""));
        if let Ok(header) = Header::parse(&bytes) {
            drop(package(&header));
        }
    }

    #[test]
    fn survives_any_change(at in 0.0..1.0_f64, value: u8, container in 0..3_usize) {
        let mut bytes = [SQLITE.to_vec(), BERKELEY.to_vec(), ndb()][container].clone();
        let place = (at * bytes.len() as f64) as usize;
        bytes[place] = value;
        drop(parse(&bytes, ""));
    }
}

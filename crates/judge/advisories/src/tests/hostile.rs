//! Broken and hostile sources, broken and hostile files.

use super::{NOW, built, check, importer, packages, record};
use crate::Advisories;
use crate::import::limits::RECORD_BYTES_MAX;
use crate::import::{Importer, ProblemKind, SourceReport};
use proptest::prelude::*;
use std::io::{Cursor, Read, Write};
use vigie_model::asset::{Asset, AssetKind};
use zip::write::{SimpleFileOptions, ZipWriter};

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn imported(zip: &[u8]) -> (SourceReport, Advisories<Vec<u8>>) {
    let mut importer = Importer::new(NOW);
    let report = importer.add_osv_zip("all.zip", Cursor::new(zip), &mut |_| {}).unwrap().clone();
    (report, built(importer))
}

#[test]
fn one_broken_record_does_not_stop_a_zip() {
    let good = record("PYSEC-2024-1 - PyPI a ..1.0");
    let bomb = vec![b' '; 2 * 1024 * 1024];
    let zip = zip(&[
        ("broken.json", b"{\"id\":"),
        ("notes.txt", b"no record"),
        ("bomb.json", &bomb),
        ("absurd.json", record("PYSEC-2024-2 - PyPI b 2.0..1.0").as_bytes()),
        ("unknown.json", record("X-1 - OSS-Fuzz c ..1.0").as_bytes()),
        ("good.json", good.as_bytes()),
    ]);
    let (report, data) = imported(&zip);
    assert!(report.whole);
    assert_eq!((report.used, report.broken), (3, 3));
    let kinds: Vec<_> = report.problems.iter().map(|it| (it.place.as_str(), it.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("broken.json", ProblemKind::Malformed),
            ("bomb.json", ProblemKind::TooLarge),
            ("PYSEC-2024-2", ProblemKind::AbsurdRange)
        ]
    );
    assert_eq!(report.unknown_ecosystems["OSS-Fuzz"], 1);
    check(&data, "PyPI a 0.1", "a 0.1 PYSEC-2024-1 1.0");
}

#[test]
fn a_cut_zip_is_told_apart_from_a_whole_one() {
    let whole = zip(&[("a.json", record("PYSEC-2024-1 - PyPI a ..1.0").as_bytes())]);
    for length in 0..whole.len() {
        let (report, _) = imported(&whole[..length]);
        assert!(!report.whole, "{length} of {} bytes", whole.len());
        assert_eq!(report.problems[0].kind, ProblemKind::Unreadable);
    }
    let (report, _) = imported(&zip(&[]));
    assert!(!report.whole, "an empty zip must not replace a full one");
}

#[test]
fn a_changed_record_in_a_zip_is_noticed() {
    let mut bytes = zip(&[("a.json", record("PYSEC-2024-1 - PyPI a ..1.0").as_bytes()), ("b.json", b"{\"id\":\"X-1\"}")]);
    bytes[60] ^= 0xff;
    let (report, _) = imported(&bytes);
    assert!(!report.whole);
    assert_eq!(report.used, 1);
}

#[test]
fn sources_that_are_none_are_reported() {
    let mut importer = Importer::new(NOW);
    assert!(!importer.add_kev("kev", &b"<html>"[..]).whole);
    assert!(!importer.add_epss("epss", &b"<html>"[..]).whole);
    assert_eq!(importer.add_osv_json("a.json", &b"<html>"[..]).unwrap().broken, 1);
    let too_long = std::io::repeat(b' ').take(RECORD_BYTES_MAX + 1);
    assert_eq!(importer.add_osv_json("b.json", too_long).unwrap().problems[0].kind, ProblemKind::TooLarge);
    assert!(!importer.report().is_whole());
    let data = built(importer);
    assert!(!data.status().has_kev && !data.status().has_epss);
}

#[test]
fn names_cannot_move_the_cursor() {
    let mut importer = Importer::new(NOW);
    let report = importer.add_osv_json("a\u{1b}[2J.json", &b"{"[..]).unwrap();
    assert_eq!(report.problems[0].place, "a\u{fffd}[2J.json");
}

#[test]
fn equal_sources_give_equal_bytes() {
    let records = "GHSA-aaaa CVE-2024-1111 Go a 1.0.0..1.2.0
                   GO-2024-0001 GHSA-aaaa Go a 1.0.0..v1.2.0
                   DSA-1-1 CVE-2024-1111,CVE-2024-2222 Debian:12 a ..1.0-2";
    let build = || {
        let mut bytes = Vec::new();
        importer(records).finish(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(build(), build());
}

/// All reads of a file, whatever it answers.
fn read_all(bytes: Vec<u8>) {
    let Ok(data) = Advisories::open(bytes) else { return };
    let installed = packages(
        "Debian:12 a 0.5
         Debian:12 b 0.5
         Go example.org/a 1.0.0
         PyPI p 0.1",
    );
    if let Ok(matches) = data.match_packages(&installed) {
        drop(data.occurrences(&matches, &Asset::new(AssetKind::Host, "a", "a")));
    }
    drop(data.vulnerability("CVE-2024-1111"));
}

fn some_file() -> Vec<u8> {
    let mut importer = importer(
        r#"DEBIAN-CVE-2024-1111 - Debian:12 a ..1.0 "summary":"Bad."
           DEBIAN-CVE-2024-2222 - Debian:12 b 0.2..1.0 "summary":"Worse."
           GHSA-aaaa CVE-2024-1111 Go example.org/a 1.0.0..1.2.0
           PYSEC-2024-1 CVE-2024-3333 PyPI p .. "severity":[{"type":"CVSS_V2","score":"AV:N/AC:L/Au:N/C:C/I:C/A:C"}]"#,
    );
    importer.add_kev("kev", &br#"{"vulnerabilities":[{"cveID":"CVE-2024-1111"}]}"#[..]);
    let mut bytes = Vec::new();
    importer.finish(&mut bytes).unwrap();
    bytes
}

proptest! {
    #[test]
    fn foreign_bytes_are_no_data(bytes: Vec<u8>) {
        prop_assert!(Advisories::open(bytes).is_err());
    }

    /// Files made to harm: sections changed at will under fitting checksums.
    #[test]
    fn no_file_makes_a_read_panic(changes in proptest::collection::vec((0usize..7, any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let sound = some_file();
        let sections = crate::file::Sections::open(sound.as_slice()).unwrap();
        let mut contents = crate::file::Section::ALL.map(|section| sections.get(section).to_vec());
        for (section, place, byte) in changes {
            let content = &mut contents[section];
            let place = place.index(content.len());
            content[place] = byte;
        }
        let mut bytes = Vec::new();
        crate::file::write(&contents, &mut bytes).unwrap();
        read_all(bytes);
    }

    #[test]
    fn no_zip_makes_an_import_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = zip(&[("a.json", record("PYSEC-2024-1 - PyPI a ..1.0").as_bytes()), ("b.json", b"{\"id\":\"X-1\"}")]);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = imported(&bytes);
    }
}

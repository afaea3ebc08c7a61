//! Archives that are packed here, whole and broken, and cut anywhere.

use super::super::{FingerprintKey, of_remark, unseen};
use super::*;
use crate::content::{Meta, Setting};
use crate::walk::build::Builder;
use crate::watch::Watch as _;
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipWriter};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::{Cursor, Write as _};
use std::sync::LazyLock;
use vigie_model::image::Remark;

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| Scanner::with_all_rules(FingerprintKey::new(&[1; 32])));

/// A line that is a secret.
fn secret() -> Vec<u8> {
    b"user = app\npassword = \"tR7wq9ZkLm42Xv\"\n".to_vec()
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    files.iter().fold(Builder::new(), |tar, (name, bytes)| tar.file(name, bytes)).end()
}

fn zipped(files: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Lengths after the entries, as programs write them that cannot go back.
fn streamed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new_stream(Vec::new());
    for (name, bytes) in files {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn looked(path: &str, bytes: &[u8], step: usize) -> (Vec<String>, Option<Missed>) {
    let mut opened = Opened::begin(&SCANNER, path).unwrap();
    bytes.chunks(step).for_each(|piece| opened.feed(piece));
    let (found, missed) = opened.finish();
    (found.iter().map(|secret| format!("{}:{}", secret.path, secret.line)).collect(), missed)
}

#[test]
fn archives_are_looked_through_however_they_are_packed() {
    let files: &[(&str, &[u8])] = &[("a.txt", b"nothing\n"), ("conf/app.properties", &secret()), ("b/", b"")];
    let expected = |path: &str| (vec![format!("{path}!/conf/app.properties:2")], None);
    for step in [1, 7, 4096, usize::MAX] {
        assert_eq!(looked("x.tar", &tar(files), step), expected("x.tar"));
        assert_eq!(looked("x.tgz", &gzipped(&tar(files)), step), expected("x.tgz"));
        let files = &files[..2];
        assert_eq!(looked("x.jar", &zipped(files, CompressionMethod::Deflated), step), expected("x.jar"));
        assert_eq!(looked("x.zip", &zipped(files, CompressionMethod::Stored), step), expected("x.zip"));
        assert_eq!(looked("x.WAR", &streamed(files), step), expected("x.WAR"));
        let (found, missed) = looked("etc/app.properties.gz", &gzipped(&secret()), step);
        assert_eq!((found, missed), (vec!["etc/app.properties:2".to_owned()], None));
    }
}

#[test]
fn archives_in_archives_are_opened_so_far() {
    let secret = secret();
    let inner = zipped(&[("app.properties", &secret)], CompressionMethod::Deflated);
    let war = zipped(&[("WEB-INF/lib/x.jar", &inner)], CompressionMethod::Stored);
    let layer = tar(&[("srv/x.war", &war)]);
    let (found, missed) = looked("a.tar.gz", &gzipped(&layer), 512);
    assert_eq!((found, missed), (vec!["a.tar.gz!/srv/x.war!/WEB-INF/lib/x.jar!/app.properties:2".to_owned()], None));
    let deeper = tar(&[("one.tar", &layer)]);
    assert_eq!(looked("a.tar", &deeper, 512), (vec![], Some(Missed::Deep)));
}

#[test]
fn what_cannot_be_read_is_said() {
    let secret = secret();
    let files: &[(&str, &[u8])] = &[("app.properties", &secret), ("more.txt", &secret)];
    let whole = zipped(files, CompressionMethod::Deflated);
    let (found, missed) = looked("x.jar", &whole[..100], 64);
    assert_eq!((found.len(), missed), (1, Some(Missed::Broken)));
    let packed = gzipped(&tar(files));
    assert_eq!(looked("x.tgz", &packed[..packed.len() - 20], 64).1, Some(Missed::Broken));
    assert_eq!(looked("x.tar", &tar(files)[..530], 64).1, Some(Missed::Broken));
    // Another thing by that name is no damaged archive.
    assert_eq!(looked("x.gz", b"plain text", 3), (vec![], None));
    assert_eq!(looked("x.zip", b"plain text and more of it, for a head", 3), (vec![], None));
}

#[test]
fn what_swells_is_left() {
    let bomb = gzipped(&[b' '; 1 << 20]).repeat(9);
    let mut opened = Opened::begin(&SCANNER, "x.gz").unwrap();
    opened.seeker.bytes_max = 4 << 20;
    bomb.chunks(4096).for_each(|piece| opened.feed(piece));
    assert!(opened.seeker.bytes < 5 << 20);
    assert_eq!(opened.finish().1, Some(Missed::Large));
}

#[test]
fn a_place_within_an_archive_is_told() {
    let mut watcher = SCANNER.start(Setting::Installed);
    assert!(watcher.file(&Meta { path: "srv/app.jar", size: 1, mode: 0o644 }));
    let jar = zipped(&[("conf/app.properties", &secret())], CompressionMethod::Deflated);
    let directory = jar.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    watcher.bytes(&jar[..directory]);
    let values = watcher.end();
    let remark =
        |value| Remark { watcher: SCANNER.name().to_owned(), path: "srv/app.jar".to_owned(), value, ..Remark::default() };
    let remarks: Vec<Remark> = values.into_iter().map(remark).collect();
    let paths: Vec<String> = remarks.iter().filter_map(of_remark).map(|secret| secret.path).collect();
    assert_eq!(paths, ["srv/app.jar!/conf/app.properties"]);
    assert_eq!(unseen(&remarks)[0].what, "srv/app.jar", "its directory is missing");
}

proptest! {
    #[test]
    fn survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..600), step in 1_usize..64, at in 0_usize..400) {
        let secret = secret();
        let files: &[(&str, &[u8])] = &[("app.properties", &secret), ("x/y.jar", &secret)];
        for (path, mut archive) in [("x.zip", zipped(files, CompressionMethod::Deflated)), ("x.tar", tar(files)), ("x.jar", streamed(files))] {
            let end = archive.len().min(at + bytes.len() / 16);
            let start = at.min(end);
            archive[start..end].copy_from_slice(&bytes[..end - start]);
            looked(path, &archive, step);
            looked(path, &bytes, step);
        }
        looked("x.gz", &bytes, step);
    }
}

//! Layers of every sort, hostile ones among them.

use super::*;
use crate::content::Meta;
use crate::walk::build::{Builder, gzip};
use crate::watch::{Watch, Watcher};
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::Write;

const DB: &str = "var/lib/dpkg/status";

fn status(packages: &[&str]) -> String {
    packages.iter().map(|package| format!("Package: {package}\nStatus: install ok installed\nVersion: 1\n\n")).collect()
}

/// Reads a layer; with how often it was opened.
fn read_watched(layer: &[u8], watches: &[&dyn Watch]) -> (LayerFacts, u32) {
    let dir = tempfile::tempdir().unwrap();
    let scratch = super::super::Scratch::below(dir.path()).unwrap();
    let opened = Cell::new(0);
    let mut open = || {
        opened.set(opened.get() + 1);
        Ok(layer)
    };
    let facts = read("layer", &Expected::default(), &mut open, Readers { scratch: &scratch, watches, stop: None });
    drop(scratch);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "something was left behind");
    (facts, opened.get())
}

fn read_bytes(layer: &[u8]) -> LayerFacts {
    read_watched(layer, &[]).0
}

/// Packages as `path: name`.
fn found(facts: &LayerFacts) -> Vec<String> {
    let lines = facts
        .found
        .iter()
        .flat_map(|file| file.components.iter().map(|component| format!("{}: {}", file.path, component.package.name)));
    lines.collect()
}

fn gaps(facts: &LayerFacts) -> Vec<String> {
    facts.gaps.iter().map(|gap| format!("{gap}; {}", gap.detail)).collect()
}

#[test]
fn packages_are_found_whatever_the_compression() {
    let layer = Builder::new().file("./var/lib/dpkg/status", status(&["a", "b"])).file("other", "x").end();
    for stored in [layer.clone(), gzip(&layer), zstd::encode_all(&layer[..], 1).unwrap()] {
        let facts = read_bytes(&stored);
        assert_eq!(found(&facts), ["var/lib/dpkg/status: a", "var/lib/dpkg/status: b"]);
        assert_eq!((facts.complete, facts.entries, facts.bytes_unpacked), (true, 2, layer.len() as u64));
        assert!(facts.diff_id.starts_with("sha256:") && (facts.diff_id == facts.digest) == (stored == layer));
    }
}

#[test]
fn a_large_database_goes_through_the_scratch_folder() {
    let many: Vec<String> = (0..120_000).map(|number| format!("package-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let text = status(&many);
    assert!(text.len() > 5 << 20);
    let facts = read_bytes(&Builder::new().file(DB, text).end());
    assert_eq!((found(&facts).len(), gaps(&facts)), (120_000, vec![]));
}

#[test]
fn names_that_lead_out_are_kept_in() {
    let layer = Builder::new()
        .file("../../var/lib/dpkg/status", status(&["a"]))
        .file("/var/lib/dpkg/status.d/b", "Package: b\nVersion: 1\n");
    let facts = read_bytes(&layer.end());
    assert_eq!(found(&facts), ["var/lib/dpkg/status: a", "var/lib/dpkg/status.d/b: b"]);
    assert!(gaps(&facts)[0].contains("leads out of the image: ../../var"));
}

#[test]
fn of_two_entries_of_one_path_the_last_counts() {
    let twice = Builder::new().file(DB, status(&["a"])).file(DB, status(&["b"]));
    assert_eq!(found(&read_bytes(&twice.end())), ["var/lib/dpkg/status: b"]);
    let replaced = Builder::new().file(DB, status(&["a"])).symlink("var/lib", "/elsewhere");
    assert_eq!(found(&read_bytes(&replaced.end())), Vec::<String>::new());
    let folder = Builder::new().file(DB, status(&["a"])).directory("var/lib/dpkg").directory("var");
    assert_eq!(found(&read_bytes(&folder.end())), ["var/lib/dpkg/status: a"]);
}

#[test]
fn a_second_name_of_a_file_tells_the_same() {
    let known = Builder::new().file(DB, status(&["a"])).hardlink("var/lib/dpkg/status.d/x", DB);
    let (facts, opened) = read_watched(&known.end(), &[]);
    assert_eq!((found(&facts), opened), (vec!["var/lib/dpkg/status: a".into(), "var/lib/dpkg/status.d/x: a".into()], 1));
    let passed_over = Builder::new().file("objects/00", status(&["a"])).file("objects/01", "").hardlink(DB, "./objects/00");
    let (facts, opened) = read_watched(&gzip(&passed_over.end()), &[]);
    assert_eq!((found(&facts), opened, gaps(&facts)), (vec!["var/lib/dpkg/status: a".into()], 2, vec![]));
    let nowhere = Builder::new().hardlink(DB, "absent").hardlink("etc/os-release", "../../etc/shadow");
    let facts = read_bytes(&nowhere.end());
    assert_eq!((found(&facts), facts.complete), (vec![], true));
}

#[test]
fn databases_behind_links_are_found() {
    let layer =
        Builder::new().symlink("var/lib/dpkg", "../../usr/share/dpkg/db").file("usr/share/dpkg/db/status", status(&["a"]));
    assert_eq!(found(&read_bytes(&layer.end())), ["var/lib/dpkg/status: a"]);
    let layer = Builder::new().file("usr/lib/apk/db/installed", "P:a\nV:1\n\n").symlink("lib", "usr/lib");
    assert_eq!(found(&read_bytes(&layer.end())), ["usr/lib/apk/db/installed: a"]);
    let layer =
        Builder::new().symlink("usr/lib/os-release", "./os.d/this").file("usr/lib/os.d/this", "ID=fedora\nVERSION_ID=43\n");
    assert_eq!(read_bytes(&layer.end()).releases[0].1.id, "fedora");
    let cycle = Builder::new().symlink("var/lib/dpkg", "../lib/dpkg").symlink("etc/os-release", "os-release").end();
    assert!(read_bytes(&cycle).complete);
}

#[test]
fn a_layer_that_is_cut_off_tells_what_came_before() {
    let layer =
        Builder::new().file(DB, status(&["a"])).file("big", vec![9; 3_000_000]).file("var/lib/dpkg/status.d/b", "x").end();
    for stored in [layer.clone(), gzip(&layer), zstd::encode_all(&layer[..], 1).unwrap()] {
        let facts = read_bytes(&stored[..stored.len() - stored.len() / 3]);
        assert_eq!((found(&facts), facts.complete), (vec!["var/lib/dpkg/status: a".into()], false));
        assert_eq!((facts.diff_id.as_str(), facts.gaps.len()), ("", 1), "{:?}", facts.gaps);
        assert_eq!(facts.gaps[0].why, Obstacle::Unreadable);
    }
    let broken = Builder::new().file(DB, status(&["a"])).cut();
    let facts = read_bytes(&[broken, vec![1; 2048]].concat());
    assert!(gaps(&facts)[0].contains("not a tar header"));
    assert!(gaps(&read_bytes(b"\xfd7zXZ\0"))[0].contains("xz"));
}

#[test]
fn a_bomb_ends_as_a_gap() {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.write_all(&Builder::new().file(DB, status(&["a"])).announced(b'0', "zeros", "", 0o644, 7 << 30, b"").cut()).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1100 {
        encoder.write_all(&zeros).unwrap();
    }
    let facts = read_bytes(&encoder.finish().unwrap());
    assert_eq!((found(&facts).len(), facts.complete, facts.gaps[0].why), (1, false, Obstacle::BeyondLimit));
}

#[test]
fn a_hundred_thousand_entries_and_odd_ones() {
    let mut layer = Builder::new().file(DB, status(&["a"]));
    for number in 0..100_000 {
        layer = layer.file(&format!("srv/{}/{number}", number % 100), "");
    }
    layer =
        layer.entry(b'3', "dev/null", "", 0o666, b"").entry(b'6', "run/pipe", "", 0o666, b"").entry(b'Z', "odd", "", 0, b"odd");
    let facts = read_bytes(&layer.end());
    assert_eq!((facts.entries, facts.complete, found(&facts).len()), (100_004, true, 1));
    let deep = Builder::new().file(&"d/".repeat(3000), "").file(&"n".repeat(5000), "").file(DB, status(&["a"]));
    let facts = read_bytes(&deep.end());
    assert_eq!((found(&facts).len(), facts.gaps.len()), (1, 2));
    let many = (0..3000).fold(Builder::new(), |layer, number| layer.file(&format!("../{number}"), ""));
    assert_eq!(read_bytes(&many.end()).gaps.len(), 1001);
}

#[test]
fn a_wrong_hash_is_all_that_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let scratch = super::super::Scratch::below(dir.path()).unwrap();
    let layer = Builder::new().file(DB, status(&["a"])).end();
    let right = read_bytes(&layer);
    let told = |digest: Option<&str>, diff_id: Option<&str>| {
        let expected = Expected { digest: digest.map(str::to_owned), diff_id: diff_id.map(str::to_owned) };
        read("layer", &expected, &mut || Ok(&layer[..]), Readers { scratch: &scratch, watches: &[], stop: None })
    };
    assert_eq!(told(Some(&right.digest), Some(&right.diff_id)), right);
    for wrong in [told(Some("sha256:00"), None), told(None, Some("sha256:00"))] {
        assert_eq!((found(&wrong), wrong.complete, wrong.replaced.len()), (vec![], false, 0));
        assert!(gaps(&wrong)[0].contains("not to sha256:00"));
    }
}

/// Counts the letters of text files.
struct Letters;
struct Counting(usize);

impl Watch for Letters {
    fn name(&self) -> &'static str {
        "letters"
    }

    fn version(&self) -> String {
        "1".into()
    }

    fn start(&self, _: Setting) -> Box<dyn Watcher + '_> {
        Box::new(Counting(0))
    }
}

impl Watcher for Counting {
    fn file(&mut self, meta: &Meta<'_>) -> bool {
        self.0 = 0;
        meta.path.ends_with(".txt") || meta.path == DB
    }

    fn bytes(&mut self, chunk: &[u8]) {
        self.0 += chunk.len();
    }

    fn end(&mut self) -> Vec<Value> {
        vec![json!(self.0)]
    }
}

#[test]
fn watchers_see_every_byte_once() {
    let large = status(&["x"; 100_000]);
    let layer =
        Builder::new().file("a.txt", "12345").file("b", "123").file(DB, &large).file("c.txt", vec![1; 700_000]).file("e.txt", "");
    let (facts, _) = read_watched(&gzip(&layer.end()), &[&Letters]);
    let remarks: Vec<_> = facts
        .remarks
        .iter()
        .map(|remark| (remark.watcher.as_str(), remark.path.as_str(), remark.value.as_u64().unwrap()))
        .collect();
    assert_eq!(
        remarks,
        [("letters", "a.txt", 5), ("letters", DB, large.len() as u64), ("letters", "c.txt", 700_000), ("letters", "e.txt", 0)]
    );
}

//! Layers laid on each other: whiteouts, replaced files, and random stacks against a plain map.

use super::*;
use crate::content::Setting;
use crate::layer::{Collector, Incoming, Readers, Scratch};
use crate::walk::build::Builder;
use crate::walk::tar::Tar;
use proptest::prelude::*;

/// The facts of a layer, and its components as the readers of packages give them.
fn facts(layer: &[u8]) -> LayerFacts {
    let dir = tempfile::tempdir().unwrap();
    let scratch = Scratch::below(dir.path()).unwrap();
    let mut collector = Collector::new(Setting::Installed, Readers { scratch: &scratch, watches: &[], stop: None });
    let mut tar = Tar::new(layer);
    while tar.advance().unwrap() {
        let (entry, mut content) = tar.parts();
        let incoming = Incoming { name: &entry.path, link: &entry.link, kind: entry.kind, size: entry.size, mode: entry.mode };
        collector.entry(&incoming, &mut content).unwrap();
    }
    collector.finish().0
}

fn status(packages: &[&str]) -> String {
    packages.iter().map(|package| format!("Package: {package}\nStatus: install ok installed\nVersion: 1\n\n")).collect()
}

fn said(layers: Vec<Builder>) -> Vec<String> {
    let layers: Vec<LayerFacts> = layers.into_iter().map(|layer| facts(&layer.end())).collect();
    let merged = merge(&layers, true);
    merged.components.iter().map(|component| format!("{} {}", component.package.name, component.layer.unwrap())).collect()
}

const DB: &str = "var/lib/dpkg/status";

#[test]
fn a_package_keeps_the_layer_that_first_brought_it() {
    let stack = |middle: Builder| {
        vec![Builder::new().file(DB, status(&["a", "b"])), middle, Builder::new().file(DB, status(&["a", "b", "c"]))]
    };
    assert_eq!(said(stack(Builder::new().file(DB, status(&["a"])))), ["a 0", "b 2", "c 2"]);
    assert_eq!(said(stack(Builder::new().gone(DB))), ["a 2", "b 2", "c 2"]);
    assert_eq!(said(stack(Builder::new())), ["a 0", "b 0", "c 2"]);
}

#[test]
fn files_below_are_hidden_in_every_way() {
    let below = || Builder::new().file("var/lib/dpkg/status.d/a", "Package: a\nVersion: 1\n").file(DB, status(&["b"]));
    let hidden: [(&str, Builder, &[&str]); 9] = [
        ("nothing", Builder::new().directory("var/lib/dpkg").file("other", ""), &["a 0", "b 0"]),
        ("whiteout of the file", Builder::new().gone(DB), &["a 0"]),
        ("whiteout of a directory", Builder::new().gone("var/lib"), &[]),
        ("whiteout of the top", Builder::new().gone("var"), &[]),
        ("opaque directory", Builder::new().directory("var").opaque("var"), &[]),
        ("opaque root", Builder::new().entry(b'0', ".wh..wh..opq", "", 0, b""), &[]),
        ("file in the place of a directory", Builder::new().file("var/lib", "x"), &[]),
        ("link in the place of a directory", Builder::new().symlink("var", "usr/var"), &[]),
        ("directory in the place of the file", Builder::new().directory(DB), &["a 0"]),
    ];
    for (way, layer, expected) in hidden {
        assert_eq!(said(vec![below(), layer]), expected, "{way}");
    }
    let again = Builder::new().opaque("var").file(DB, status(&["c"]));
    assert_eq!(said(vec![below(), again]), ["c 1"]);
    let names = Builder::new().gone("var/lib/dp").gone("ar").opaque("va");
    assert_eq!(said(vec![below(), names]), ["a 0", "b 0"]);
}

#[test]
fn the_distribution_of_the_top_counts() {
    let base = Builder::new().file("etc/os-release", "ID=debian\nVERSION_ID=11\n").file(DB, status(&["a"]));
    let upgrade = Builder::new().file("etc/os-release", "ID=debian\nVERSION_ID=12\n");
    let merged = merge(&[facts(&base.end()), facts(&upgrade.end())], true);
    assert_eq!(merged.components[0].package.ecosystem, "Debian:12");
    let merged = merge(&[facts(&Builder::new().file(DB, status(&["a"])).end())], true);
    assert_eq!((merged.components[0].package.ecosystem.as_str(), merged.gaps.len()), ("dpkg", 1));
}

#[test]
fn a_language_package_of_a_distributions_file_is_owned() {
    let component = |path: &str| FileFacts {
        path: path.into(),
        reader: "test".into(),
        components: vec![Component::new(
            Package { ecosystem: "PyPI".into(), name: path.into(), version: "1".into(), architecture: None, source: None },
            path,
        )],
        owned: vec![],
        owned_marks: vec![],
        supersedes: vec![],
    };
    let mut layer =
        LayerFacts { found: vec![component("lib/a"), component("usr/lib/b"), component("opt/c")], ..LayerFacts::default() };
    layer.found[2].owned = vec![("usr/lib/a".into(), "python3-a".into()), ("lib/b".into(), "python3-b".into())];
    let merged = merge(&[layer], false);
    let owners: Vec<_> = merged.components.iter().map(|component| component.owned_by.as_deref()).collect();
    assert_eq!(owners, [Some("python3-a"), None, Some("python3-b")]);
    assert!(merged.components.iter().all(|component| component.layer.is_none()));
}

#[test]
fn a_file_beside_that_tells_better_counts_alone() {
    let file = |path: &str, supersedes: &[&str]| FileFacts {
        path: path.into(),
        reader: "test".into(),
        components: vec![Component::new(
            Package { ecosystem: "Go".into(), name: path.into(), version: "v1".into(), architecture: None, source: None },
            path,
        )],
        owned: vec![],
        owned_marks: vec![],
        supersedes: supersedes.iter().map(|path| (*path).to_owned()).collect(),
    };
    let found = vec![file("a/go.mod", &["a/go.sum"]), file("a/go.sum", &[]), file("b/go.sum", &[])];
    let merged = merge(&[LayerFacts { found, ..LayerFacts::default() }], false);
    assert_eq!(merged.components.iter().map(|component| component.path.as_str()).collect::<Vec<_>>(), ["a/go.mod", "b/go.sum"]);
}

#[test]
fn what_a_distribution_ships_is_published_until_a_later_layer_changes_it() {
    let remark = |path: &str| Remark { watcher: "test".into(), path: path.into(), ..Remark::default() };
    let marks = ["/usr/lib/a", "/lib/b", "/etc/c"].iter().filter_map(|path| owned::mark(path.trim_start_matches('/')));
    let list = FileFacts { path: "var/lib/dpkg/info/a.list".into(), owned_marks: marks.collect(), ..FileFacts::default() };
    let remarks = ["lib/a", "usr/lib/b", "usr/lib/mine", "etc/c"].map(remark).to_vec();
    let base = LayerFacts { found: vec![list], remarks, ..LayerFacts::default() };
    let own = LayerFacts { remarks: vec![remark("usr/lib/a")], ..LayerFacts::default() };
    let merged = merge(&[base, own], true);
    let published: Vec<bool> = merged.remarks.iter().map(|remark| remark.published).collect();
    assert_eq!(published, [true, true, false, false, false]);
}

/// What can be done to a path in a layer.
#[derive(Clone, Debug)]
enum Change {
    File(u8),
    Directory,
    Gone,
    Opaque,
}

const PATHS: [&str; 9] = [
    "var",
    "var/lib",
    "var/lib/dpkg",
    "var/lib/dpkg/status.d",
    "var/lib/dpkg/status.d/a",
    "var/lib/dpkg/status.d/b",
    "var/lib/dpkg/status",
    "opt",
    "var/lib/dpkg/status.d/a/x",
];

fn layer() -> impl Strategy<Value = Vec<(usize, Change)>> {
    let change = prop_oneof![
        3 => any::<u8>().prop_map(|byte| Change::File(byte % 4)),
        1 => Just(Change::Directory),
        1 => Just(Change::Gone),
        1 => Just(Change::Opaque),
    ];
    proptest::collection::vec((0..PATHS.len(), change), 0..6)
}

fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A layer can hold a path once, and nothing below a file of its own.
fn possible(layer: &[(usize, Change)]) -> Vec<(&'static str, Change)> {
    let mut kept: Vec<(&'static str, Change)> = Vec::new();
    for (path, change) in layer {
        let path = PATHS[*path];
        let solid = |change: &Change| matches!(change, Change::File(_));
        let clash = kept.iter().any(|(other, there)| {
            *other == path || (solid(there) && below(path, other)) || (solid(change) && below(other, path))
        });
        if !clash {
            kept.push((path, change.clone()));
        }
    }
    kept
}

fn content(path: &str, number: u8) -> String {
    format!("Package: p{number}-{}\nStatus: install ok installed\nVersion: 1\n\n", path.len())
}

/// Lays files on each other the plain way.
fn apply(files: &mut BTreeMap<&'static str, Option<u8>>, layer: &[(&'static str, Change)]) {
    for (path, change) in layer {
        match change {
            Change::Gone => files.retain(|known, _| known != path && !below(known, path)),
            Change::Opaque => files.retain(|known, _| !below(known, path)),
            _ => {}
        }
    }
    for (path, change) in layer {
        match change {
            Change::File(number) => {
                files.retain(|known, _| !below(known, path));
                files.insert(path, Some(*number));
            }
            Change::Directory | Change::Opaque => drop(files.insert(path, None)),
            Change::Gone => {}
        }
    }
}

proptest! {
    #[test]
    fn merging_equals_laying_all_files_on_each_other(stack in proptest::collection::vec(layer(), 1..6)) {
        let mut files = BTreeMap::new();
        let mut layers = Vec::new();
        for layer in &stack {
            let mut layer = possible(layer);
            // An archive has the directories of its files, as every tool writes it.
            let parents: Vec<&'static str> = PATHS.iter().copied().filter(|path| layer.iter().any(|(other, change)| below(other, path) && !matches!(change, Change::Gone))).collect();
            for parent in parents {
                match layer.iter_mut().find(|(path, _)| *path == parent) {
                    Some((_, change @ Change::Gone)) => *change = Change::Opaque,
                    Some(_) => {}
                    None => layer.push((parent, Change::Directory)),
                }
            }
            apply(&mut files, &layer);
            let tar = layer.iter().fold(Builder::new(), |tar, (path, change)| match change {
                Change::File(number) => tar.file(path, content(path, *number)),
                Change::Directory => tar.directory(path),
                Change::Gone => tar.gone(path),
                Change::Opaque => tar.directory(path).opaque(path),
            });
            layers.push(facts(&tar.end()));
        }
        let wants = |path: &str| path == "var/lib/dpkg/status" || path.strip_prefix("var/lib/dpkg/status.d/").is_some_and(|rest| !rest.contains('/'));
        let mut expected: Vec<String> = files.iter().filter(|(path, _)| wants(path)).filter_map(|(path, number)| Some(format!("p{}-{}", (*number)?, path.len()))).collect();
        let mut found: Vec<String> = merge(&layers, true).components.into_iter().map(|component| component.package.name).collect();
        expected.sort();
        expected.dedup();
        found.sort();
        prop_assert_eq!(found, expected, "{:?}", stack);
    }
}

#[test]
fn accounts_and_programs_are_those_on_top() {
    let passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n";
    let base = Builder::new().file("etc/passwd", passwd).file("etc/shadow", "root:*:1::::::\n").symlink("bin/sh", "busybox");
    let top = Builder::new().file("etc/shadow", "root::1::::::\napp:$y$x:1::::::\n").gone("bin/sh").file("usr/sbin/sshd", "x");
    let merged = merge(&[facts(&base.end()), facts(&top.end())], true);
    let users = merged.accounts.unwrap();
    assert_eq!(users[0].password, Password::Empty);
    assert!(matches!(users[1].password, Password::Hashed(_)));
    let programs: Vec<(&str, Option<u32>)> =
        merged.programs.iter().map(|program| (program.path.as_str(), program.layer)).collect();
    assert_eq!(programs, [("usr/sbin/sshd", Some(1))]);
    let without = merge(&[facts(&Builder::new().file("app", "x").end())], true);
    assert_eq!(without.accounts, None);
}

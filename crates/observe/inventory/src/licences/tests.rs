use super::*;
use crate::content::{Meta, Setting};
use crate::watch::Watch;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vigie_model::component::Component;
use vigie_model::image::Remark;
use vigie_model::package::Package;

/// The text of a licence of a crate that everybody who builds this has; none where the registry is not there.
fn registry() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cargo")))?;
    let folders = std::fs::read_dir(home.join("registry/src")).ok()?;
    folders.flatten().map(|entry| entry.path()).find(|path| path.is_dir())
}

fn ids(found: &[Recognised]) -> Vec<&str> {
    found.iter().map(|it| it.id.as_str()).collect()
}

/// Ours, in the folder above all.
fn apache() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../LICENSE")).unwrap()
}

#[test]
fn the_index_is_whole_and_knows_hundreds_of_licences() {
    let index = index::Index::read(include_bytes!("index.bin")).unwrap();
    assert!(index.licences.len() > 550, "{}", index.licences.len());
    let known: BTreeSet<&str> = index.licences.iter().map(|it| it.id.as_str()).collect();
    for id in ["MIT", "Apache-2.0", "GPL-2.0-only", "LGPL-3.0-only", "MPL-2.0", "ISC", "BSD-3-Clause", "Zlib", "Unlicense"] {
        assert!(known.contains(id), "{id}");
    }
    for cut in [0, 3, 4, 100, 10_000] {
        assert!(index::Index::read(&include_bytes!("index.bin")[..cut]).is_none());
    }
}

#[test]
fn a_text_is_known_whatever_its_form() {
    let text = apache();
    let found = recognise(&text);
    assert_eq!(ids(&found), ["Apache-2.0"]);
    assert!(found[0].confidence > 95, "{found:?}");
    let wrapped: String = text.split_whitespace().collect::<Vec<_>>().join("\n// ");
    assert_eq!(ids(&recognise(&wrapped)), ["Apache-2.0"]);
    let beginning: String = text.chars().take(text.len() / 3).collect();
    assert_eq!(recognise(&beginning)[0].confidence, 75, "named, but its words are not there");
    assert_eq!(recognise(""), []);
}

#[test]
fn tags_and_sentences_name_licences() {
    assert_eq!(ids(&recognise("/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */")), ["(MIT OR GPL-2.0-only)"]);
    assert_eq!(ids(&recognise("This is released under the MIT Licence.")), ["MIT"]);
    assert_eq!(recognise("SPDX-License-Identifier: <your licence>"), []);
    assert_eq!(recognise("Ask Ada."), []);
}

#[test]
fn licence_files_have_names() {
    for (path, expected) in [
        ("LICENSE", true),
        ("a/COPYING.LESSER", true),
        ("a/licence.md", true),
        ("LICENSES/Apache-2.0.txt", true),
        ("usr/share/doc/bash/copyright", true),
        ("lib/a.dist-info/licenses/AUTHORS", true),
        ("src/license.rs", false),
        ("a/NEWS", false),
    ] {
        assert_eq!(is_licence_file(path), expected, "{path}");
    }
}

fn remark(path: &str, text: &str) -> Remark {
    let mut watcher = LicenceFiles.start(Setting::Installed);
    assert!(watcher.file(&Meta { path, size: text.len() as u64, mode: 0o644 }));
    text.as_bytes().chunks(1000).for_each(|chunk| watcher.bytes(chunk));
    Remark { watcher: "licences".into(), path: path.into(), value: watcher.end().remove(0), ..Remark::default() }
}

fn component(ecosystem: &str, name: &str, path: &str, declared: &[&str]) -> Component {
    let package =
        Package { ecosystem: ecosystem.into(), name: name.into(), version: "1".into(), architecture: None, source: None };
    Component { licences: declared.iter().map(|it| (*it).to_owned()).collect(), ..Component::new(package, path) }
}

#[test]
fn packages_that_declare_nothing_have_the_licences_beside_them() {
    let text = apache();
    let remarks = [
        remark("node_modules/a/LICENSE", &text),
        remark("usr/share/doc/bash/copyright", "see /usr/share/common-licenses/GPL-3."),
        remark("vendor/example.org/m/LICENSE", &text),
        remark("usr/lib/python3/x-1.dist-info/licenses/LICENSE", &text),
    ];
    let mut components = [
        component("npm", "a", "node_modules/a/package.json", &[]),
        component("npm", "b", "node_modules/b/package.json", &[]),
        component("npm", "a", "node_modules/a/package.json", &["MIT"]),
        component("Debian:12", "bash", "var/lib/dpkg/status", &[]),
        component("Go", "example.org/m", "vendor/modules.txt", &[]),
        component("PyPI", "x", "usr/lib/python3/x-1.dist-info/METADATA", &[]),
    ];
    conclude(&mut components, &remarks);
    let concluded: Vec<String> = components.iter().map(|it| it.concluded.join(",")).collect();
    assert_eq!(concluded, ["Apache-2.0", "", "", "GPL-3.0-only", "Apache-2.0", "Apache-2.0"]);
}

/// Crates say their licence in `Cargo.toml` and bring its text: both must agree.
#[test]
fn texts_of_crates_agree_with_what_they_declare() {
    let Some(registry) = registry() else {
        eprintln!("skipped: no sources of crates are here");
        return;
    };
    let (mut agree, mut differ) = (0_usize, Vec::new());
    let mut crates: Vec<PathBuf> = std::fs::read_dir(registry).unwrap().flatten().map(|entry| entry.path()).collect();
    crates.sort();
    // Every fifth is enough for an ordinary test.
    let step = if std::env::var("VIGIE_TIER").is_ok_and(|tier| tier == "long") { 1 } else { 5 };
    for path in crates.iter().step_by(step) {
        let Some((declared, found)) = declared_and_found(path) else { continue };
        if declared == found {
            agree += 1;
        } else {
            differ.push(format!("{}: {declared:?}, found {found:?}", path.file_name().unwrap_or_default().display()));
        }
    }
    let all = agree + differ.len();
    eprintln!("{agree} of {all} crates agree\n{}", differ.join("\n"));
    assert!(all < 20 || agree * 100 >= all * 93, "{agree} of {all}\n{}", differ.join("\n"));
}

/// Names in `Cargo.toml` and names found in texts; none where one of both is missing.
fn declared_and_found(path: &Path) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let manifest = std::fs::read_to_string(path.join("Cargo.toml")).ok()?;
    let said = manifest.lines().find_map(|line| line.strip_prefix("license = \"")?.strip_suffix('"'))?;
    let texts: Vec<Vec<u8>> = std::fs::read_dir(path)
        .ok()?
        .flatten()
        .filter(|entry| entry.path().is_file() && is_licence_file(&entry.file_name().to_string_lossy()))
        .filter_map(|entry| std::fs::read(entry.path()).ok())
        .collect();
    if texts.is_empty() {
        return None;
    }
    // Whether later versions may be used is nothing a text says.
    let plain = |name: &str| name.trim_end_matches('+').replace("-or-later", "-only");
    let names = said
        .split(['/', '(', ')', ' '])
        .filter(|word| !matches!(*word, "" | "OR" | "AND" | "WITH") && !word.ends_with("-exception"));
    let found = texts.iter().flat_map(|text| of_file("LICENSE", text)).map(|it| plain(&it.id));
    Some((names.map(plain).collect(), found.collect()))
}

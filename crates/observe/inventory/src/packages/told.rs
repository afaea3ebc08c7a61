//! How tests of readers say what they expect: one line for each component, then one for each gap.

use super::{Found, Reader};
use crate::content::{Content, Meta};
use vigie_model::component::{Component, Scope};

/// Reads a file as the walker would, except that it is asked nothing first.
pub(crate) fn read(reader: &Reader, path: &str, bytes: &[u8]) -> Found {
    let meta = Meta { path, size: bytes.len() as u64, mode: 0o644 };
    (reader.read)(&meta, &Content::of(bytes))
}

/// Asserts what a reader finds: `name version scope direct [licences]`, then `! gap`.
#[track_caller]
pub(crate) fn check(reader: &Reader, path: &str, text: &str, expected: &[&str]) {
    assert_eq!(told(&read(reader, path, text.as_bytes())), expected);
}

/// What was found, as lines.
pub(crate) fn told(found: &Found) -> Vec<String> {
    let gaps = found.gaps.iter().map(|gap| format!("! {}", gap.detail));
    found.components.iter().map(line).chain(gaps).collect()
}

fn line(component: &Component) -> String {
    let mut line = format!("{} {}", component.package.name, component.package.version);
    line.push_str(match component.scope {
        Scope::Runtime => "",
        Scope::Development => " development",
        Scope::Optional => " optional",
    });
    line.push_str(match component.direct {
        None => "",
        Some(true) => " direct",
        Some(false) => " indirect",
    });
    if !component.licences.is_empty() {
        line.push_str(&format!(" [{}]", component.licences.join(", ")));
    }
    line
}

/// A zip archive of these files.
pub(crate) fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

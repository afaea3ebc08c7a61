//! The feeds that the data are built from, each under a name of its own.
//!
//! ```text
//! advisories/sources/osv/Debian.zip          all records of an ecosystem, as OSV publishes them
//! advisories/sources/record/<name>.json      a single OSV record
//! advisories/sources/kev.json | kev.csv      CISA's known exploited vulnerabilities
//! advisories/sources/epss.csv.gz | epss.csv  probabilities of exploitation
//! ```
//!
//! A feed that comes again replaces the one of its name; the others stay.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// How deep folders are searched for feeds.
const DEPTH_MAX: usize = 6;
/// How many files are looked at.
const FILES_MAX: usize = 100_000;
/// Enough of a JSON or CSV file to tell what it is.
const HEAD_BYTES: u64 = 4096;

/// What a feed holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FeedKind {
    /// A zip of OSV records.
    Osv,
    /// One OSV record.
    Record,
    /// CISA KEV.
    Kev,
    /// EPSS.
    Epss,
}

/// A feed as a file somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Feed {
    pub(super) kind: FeedKind,
    pub(super) path: PathBuf,
}

/// Feeds by the name under which they are kept, relative to the folder of sources.
pub(super) type Feeds = BTreeMap<PathBuf, Feed>;

/// Every feed in files and folders that somebody named.
///
/// # Errors
/// When a named path cannot be read; what is in a folder and is no feed is passed over.
pub(super) fn find(paths: &[PathBuf]) -> io::Result<Feeds> {
    let mut feeds = Feeds::new();
    let mut left = FILES_MAX;
    for path in paths {
        walk(path, 0, &mut left, &mut feeds)?;
    }
    Ok(feeds)
}

fn walk(path: &Path, depth: usize, left: &mut usize, feeds: &mut Feeds) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        *left = left.saturating_sub(1);
        if let Some((name, kind)) = recognised(path)? {
            feeds.insert(name, Feed { kind, path: path.to_owned() });
        }
        return Ok(());
    }
    if depth == DEPTH_MAX {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        // A link out of the folder, or one that leads nowhere, is not part of what was named.
        if *left == 0 || fs::symlink_metadata(&entry)?.is_symlink() {
            continue;
        }
        walk(&entry, depth + 1, left, feeds)?;
    }
    Ok(())
}

/// What a file is and the name to keep it under, if it is a feed.
fn recognised(path: &Path) -> io::Result<Option<(PathBuf, FeedKind)>> {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".zip") {
        return Ok(Some((Path::new("osv").join(format!("{}.zip", ecosystem(path))), FeedKind::Osv)));
    }
    if lower.ends_with(".csv.gz") {
        return Ok(Some((PathBuf::from("epss.csv.gz"), FeedKind::Epss)));
    }
    if !lower.ends_with(".json") && !lower.ends_with(".csv") {
        return Ok(None);
    }
    let head = head(path)?;
    Ok(match () {
        () if lower.ends_with(".csv") && head.contains("cveID") => Some((PathBuf::from("kev.csv"), FeedKind::Kev)),
        () if lower.ends_with(".csv") && head.contains("epss") => Some((PathBuf::from("epss.csv"), FeedKind::Epss)),
        () if head.contains("\"catalogVersion\"") || head.contains("\"cveID\"") => {
            Some((PathBuf::from("kev.json"), FeedKind::Kev))
        }
        () if lower.ends_with(".json") && head.contains("\"id\"") => {
            Some((Path::new("record").join(file_safe(name)), FeedKind::Record))
        }
        () => None,
    })
}

/// The ecosystem of a zip: the folder's name for `Debian/all.zip`, else the file's own.
fn ecosystem(path: &Path) -> String {
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("unnamed");
    let folder = path.parent().and_then(Path::file_name).and_then(OsStr::to_str);
    file_safe(if stem == "all" { folder.unwrap_or(stem) } else { stem })
}

/// A name that stays in its folder whatever it was.
pub(super) fn file_safe(name: &str) -> String {
    let safe: String = name.chars().map(|c| if c == '/' || c == '\\' || c.is_control() { '_' } else { c }).collect();
    if safe.starts_with('.') { format!("_{safe}") } else { safe }
}

fn head(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_feeds_by_name_and_content() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("osv/Debian/all.zip", "");
        put("osv/Debian/LICENSE", "");
        put("PyPI.zip", "");
        put("kev/known.json", r#"{"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-1"}]}"#);
        put("epss_scores.csv", "#model\ncve,epss,percentile\n");
        put("GO-2024-1.json", r#"{"id": "GO-2024-1"}"#);
        put("notes.json", "[]");
        let found = find(&[dir.path().to_owned()]).unwrap();
        let names: Vec<String> = found.iter().map(|(name, feed)| format!("{} {:?}", name.display(), feed.kind)).collect();
        assert_eq!(
            names,
            ["epss.csv Epss", "kev.json Kev", "osv/Debian.zip Osv", "osv/PyPI.zip Osv", "record/GO-2024-1.json Record"]
        );
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        assert_eq!(file_safe("../../x"), "_.._.._x");
        assert_eq!(file_safe("crates.io"), "crates.io");
    }
}

//! The feeds that the data are built from, each under a name of its own.
//!
//! ```text
//! advisories/sources/osv/Debian.zip          all records of an ecosystem, as OSV publishes them
//! advisories/sources/record/<name>.json      a single OSV record
//! advisories/sources/kev.json | kev.csv      CISA's known exploited vulnerabilities
//! advisories/sources/epss.csv.gz | epss.csv  probabilities of exploitation
//! advisories/sources/vendor/…                trackers and documents of distributions, the NVD
//! ```
//!
//! What a file is, is told by how it begins; its name only says what to keep it under.
//!
//! A feed that comes again replaces the one of its name; the others stay.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use vigie_advisories::import::{Format, HEAD_BYTES, recognise};

/// How deep folders are searched for feeds.
const DEPTH_MAX: usize = 6;
/// How many files are looked at.
const FILES_MAX: usize = 100_000;

/// What a feed holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FeedKind {
    /// A zip of OSV records, or of files of other kinds.
    Osv,
    /// One OSV record.
    Record,
    /// CISA KEV.
    Kev,
    /// EPSS.
    Epss,
    /// What those say who build packages, and the NVD.
    Vendor,
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

/// The kept feeds, under the names they are kept under.
pub(super) fn standing(kept: &Path) -> Feeds {
    let found = find(&[kept.to_owned()]).unwrap_or_default();
    let named = found.into_values().filter_map(|feed| Some((feed.path.strip_prefix(kept).ok()?.to_owned(), feed)));
    named.collect()
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
    let head = head(path)?;
    let packed = head.starts_with(&[0x1f, 0x8b]);
    let vendor = |folder: &str, name: &str| (Path::new("vendor").join(folder).join(file_safe(name)), FeedKind::Vendor);
    Ok(Some(match recognise(&head) {
        Some(Format::Zip) => (Path::new("osv").join(format!("{}.zip", ecosystem(path))), FeedKind::Osv),
        // Cut off at its beginning, but meant as one: it is reported, not passed over.
        None if name.to_ascii_lowercase().ends_with(".zip") => {
            (Path::new("osv").join(format!("{}.zip", ecosystem(path))), FeedKind::Osv)
        }
        Some(Format::Epss) => (PathBuf::from(if packed { "epss.csv.gz" } else { "epss.csv" }), FeedKind::Epss),
        Some(Format::Kev) if head.trim_ascii_start().starts_with(b"{") => (PathBuf::from("kev.json"), FeedKind::Kev),
        Some(Format::Kev) => (PathBuf::from("kev.csv"), FeedKind::Kev),
        Some(Format::Osv) => (Path::new("record").join(file_safe(name)), FeedKind::Record),
        Some(Format::DebianTracker) => vendor("debian", if packed { "tracker.json.gz" } else { "tracker.json" }),
        Some(Format::UbuntuTracker) => vendor("ubuntu", name),
        // `v3.20/main.json`: the release is in the folder's name.
        Some(Format::Secdb) => vendor("secdb", &format!("{}-{name}", folder_of(path).unwrap_or("here"))),
        Some(Format::Csaf) => vendor("csaf", name),
        Some(Format::Nvd) => vendor("nvd", name),
        Some(Format::OpenVex | Format::CycloneDx) | None => return Ok(None),
    }))
}

fn folder_of(path: &Path) -> Option<&str> {
    path.parent().and_then(Path::file_name).and_then(OsStr::to_str)
}

/// The ecosystem of a zip: the folder's name for `Debian/all.zip`, else the file's own.
fn ecosystem(path: &Path) -> String {
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("unnamed");
    file_safe(if stem == "all" { folder_of(path).unwrap_or(stem) } else { stem })
}

/// A name that stays in its folder whatever it was.
pub(super) fn file_safe(name: &str) -> String {
    let safe: String = name.chars().map(|c| if c == '/' || c == '\\' || c.is_control() { '_' } else { c }).collect();
    if safe.starts_with('.') { format!("_{safe}") } else { safe }
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(HEAD_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
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
        put("tracker", r#"{"a": {"CVE-2099-0001": {"releases": {"sid": {"status": "open"}}}}}"#);
        put("active/CVE-2099-0001", "Candidate: CVE-2099-0001\n");
        put("v3.20/main.json", r#"{"apkurl": "x", "packages": []}"#);
        put("cve-2099-0001.json", r#"{"document": {"category": "csaf_vex"}}"#);
        put("vex.json", r#"{"@context": "https://openvex.dev/ns/v0.2.0"}"#);
        let found = find(&[dir.path().to_owned()]).unwrap();
        let names: Vec<String> = found.iter().map(|(name, feed)| format!("{} {:?}", name.display(), feed.kind)).collect();
        assert_eq!(
            names,
            [
                "epss.csv Epss",
                "kev.json Kev",
                "osv/Debian.zip Osv",
                "osv/PyPI.zip Osv",
                "record/GO-2024-1.json Record",
                "vendor/csaf/cve-2099-0001.json Vendor",
                "vendor/debian/tracker.json Vendor",
                "vendor/secdb/v3.20-main.json Vendor",
                "vendor/ubuntu/CVE-2099-0001 Vendor",
            ]
        );
        // Kept feeds keep their names.
        let names = |feeds: Feeds| feeds.into_keys().collect::<Vec<_>>();
        let kept = tempfile::tempdir().unwrap();
        for (name, feed) in &found {
            fs::create_dir_all(kept.path().join(name).parent().unwrap()).unwrap();
            fs::copy(&feed.path, kept.path().join(name)).unwrap();
        }
        assert_eq!(names(standing(kept.path())), names(found));
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        assert_eq!(file_safe("../../x"), "_.._.._x");
        assert_eq!(file_safe("crates.io"), "crates.io");
    }
}

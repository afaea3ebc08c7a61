//! Paths with `*` and `?` in their last part: `/var/log/nginx/*.log`.
//!
//! What rotation and compression leave behind (`x.log.1`, `x.log-20261121.gz`) never matches: it
//! belongs to the file it was.

use super::rotated::is_rotation_suffix;
use std::fs;
use std::path::{Path, PathBuf};

/// Most files that one pattern stands for.
const MATCHES_MAX: usize = 256;

/// Endings of files that are no logs.
const NOT_FOLLOWED: [&str; 6] = [".gz", ".xz", ".bz2", ".zst", ".swp", ".journal"];

/// The paths a pattern stands for now; a path without wildcard stands for itself, there or not.
pub(crate) fn paths(pattern: &Path) -> Vec<PathBuf> {
    let Some(name) = pattern.file_name().and_then(|name| name.to_str()).filter(|name| name.contains(['*', '?'])) else {
        return vec![pattern.to_owned()];
    };
    let folder = pattern.parent().unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|entry| {
            entry.file_name().to_str().is_some_and(|own| matches(name.as_bytes(), own.as_bytes()) && is_followed(own))
        })
        .filter(|entry| fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file()))
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths.truncate(MATCHES_MAX);
    paths
}

fn is_followed(name: &str) -> bool {
    let is_packed = NOT_FOLLOWED.iter().any(|ending| name.ends_with(ending));
    let is_rotated = name.char_indices().any(|(at, _)| at > 0 && is_rotation_suffix(&name.as_bytes()[at..]));
    !is_packed && !is_rotated && !name.starts_with('.')
}

/// Whether a name fits a pattern of `*` (any bytes) and `?` (one byte). In time that grows with the
/// product of the lengths at worst.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut in_pattern, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_name < name.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                star = Some((in_pattern, in_name));
                in_pattern += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[in_name] => {
                in_pattern += 1;
                in_name += 1;
            }
            _ => {
                // The last star takes one byte more.
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                in_pattern = at + 1;
                in_name = taken + 1;
            }
        }
    }
    pattern[in_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name, expected) in [
            ("*.log", "a.log", true),
            ("*.log", ".log", true),
            ("*.log", "a.log.1", false),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "aXbYb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn rotated_and_packed_files_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.log", "b.log", "a.log.1", "a.log-20261121", "a.log.2.gz", "notes.txt", ".hidden.log"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("d.log")).unwrap();
        let names = |pattern: &str| -> Vec<String> {
            let paths = paths(&folder.path().join(pattern));
            paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(names("*.log"), ["a.log", "b.log"]);
        assert_eq!(names("*"), ["a.log", "b.log", "notes.txt"]);
        assert_eq!(names("missing.log"), ["missing.log"]);
    }
}

//! Paths with `*`, `?`, `{a,b}` and `**`: `/var/log/{nginx,apache2}/*.log`, `/srv/**/*.log`.
//!
//! `*` and `?` stand for what is within one part of a path, `**` as a part for any folders. A pattern that begins with
//! `!` takes away what it fits. What rotation and compression leave behind (`x.log.1`, `x.log-20261121.gz`) never
//! matches: it belongs to the file it was; nor do hidden names, unless the pattern has the dot. Links to folders are
//! followed for `*` and not for `**`, which so comes to an end.

use super::rotated::is_rotation_suffix;
use std::fs;
use std::path::{Path, PathBuf};

/// Most files that one pattern stands for.
const MATCHES_MAX: usize = 1_024;

/// Most entries of folders that are looked at for one pattern.
const ENTRIES_MAX: usize = 100_000;

/// Most folders below one another that `**` stands for.
const DEPTH_MAX: usize = 16;

/// Most patterns that one with braces stands for.
const CHOICES_MAX: usize = 64;

/// Endings of files that are no logs.
const NOT_FOLLOWED: [&str; 6] = [".gz", ".xz", ".bz2", ".zst", ".swp", ".journal"];

/// The paths that patterns stand for now; a path without wildcard stands for itself, there or not.
pub(crate) fn paths(patterns: &[PathBuf]) -> Vec<PathBuf> {
    let (without, with): (Vec<&str>, Vec<&str>) =
        patterns.iter().filter_map(|pattern| pattern.to_str()).partition(|pattern| pattern.starts_with('!'));
    let without: Vec<String> = without.iter().filter_map(|pattern| pattern.strip_prefix('!')).flat_map(choices).collect();
    let is_wanted = |path: &PathBuf| path.to_str().is_none_or(|path| !without.iter().any(|pattern| fits(pattern, path)));
    // A path that is no text has no wildcards.
    let plain = patterns.iter().filter(|pattern| pattern.to_str().is_none()).cloned();
    let mut found: Vec<PathBuf> = Vec::new();
    for path in with.into_iter().flat_map(of_pattern).chain(plain) {
        if is_wanted(&path) && !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// Whether it stands for what may be there, rather than for one path.
pub(crate) fn is_pattern(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with('!') || path.contains(['*', '?', '{']))
}

fn of_pattern(pattern: &str) -> Vec<PathBuf> {
    if !is_pattern(Path::new(pattern)) {
        return vec![pattern.into()];
    }
    let mut paths = Vec::new();
    for choice in choices(pattern) {
        let mut walk = Walk { entries: ENTRIES_MAX, found: Vec::new() };
        let (root, parts) = match choice.strip_prefix('/') {
            Some(rest) => (PathBuf::from("/"), rest),
            None => (PathBuf::new(), &*choice),
        };
        let parts: Vec<&str> = parts.split('/').filter(|part| !part.is_empty()).collect();
        walk.enter(&root, &parts, 0);
        walk.found.sort();
        paths.append(&mut walk.found);
    }
    paths.dedup();
    paths.truncate(MATCHES_MAX);
    paths
}

/// A pattern without braces for each choice that the braces give.
fn choices(pattern: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut left = vec![pattern.to_owned()];
    while let Some(pattern) = left.pop() {
        let braces = pattern.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
        match braces {
            Some((before, (inside, after))) if left.len() + done.len() < CHOICES_MAX => {
                left.extend(inside.rsplit(',').map(|choice| format!("{before}{choice}{after}")));
            }
            _ => done.push(pattern),
        }
    }
    done
}

/// Whether a path fits a pattern without braces.
fn fits(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    fits_parts(&pattern, &path)
}

fn fits_parts(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            let deepest = path.len().min(DEPTH_MAX);
            (0..=deepest).any(|skipped| path.get(skipped..).is_some_and(|path| fits_parts(rest, path)))
        }
        (Some((part, rest)), Some((name, names))) => matches(part.as_bytes(), name.as_bytes()) && fits_parts(rest, names),
        _ => false,
    }
}

/// A walk through the folders that a pattern names.
struct Walk {
    /// Entries that may still be looked at.
    entries: usize,
    found: Vec<PathBuf>,
}

impl Walk {
    fn enter(&mut self, folder: &Path, parts: &[&str], depth: usize) {
        let Some((part, rest)) = parts.split_first() else { return };
        if *part == "**" {
            self.enter(folder, rest, depth);
            if depth < DEPTH_MAX {
                for (path, _) in self.entries(folder, "*").into_iter().filter(|(_, is_link)| !is_link) {
                    if path.is_dir() {
                        self.enter(&path, parts, depth + 1);
                    }
                }
            }
            return;
        }
        if !part.contains(['*', '?']) {
            let path = folder.join(part);
            if rest.is_empty() {
                self.take(path);
            } else {
                self.enter(&path, rest, depth);
            }
            return;
        }
        for (path, _) in self.entries(folder, part) {
            if rest.is_empty() {
                if path.file_name().and_then(|name| name.to_str()).is_some_and(is_followed) {
                    self.take(path);
                }
            } else {
                self.enter(&path, rest, depth);
            }
        }
    }

    fn take(&mut self, path: PathBuf) {
        if self.found.len() < MATCHES_MAX && fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
            self.found.push(path);
        }
    }

    /// The entries of a folder that fit, and whether they are links.
    fn entries(&mut self, folder: &Path, pattern: &str) -> Vec<(PathBuf, bool)> {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(entries) = fs::read_dir(here) else { return Vec::new() };
        let mut fitting = Vec::new();
        for entry in entries.filter_map(Result::ok) {
            let Some(left) = self.entries.checked_sub(1) else { break };
            self.entries = left;
            let name = entry.file_name();
            let is_fitting = name.to_str().is_some_and(|name| {
                matches(pattern.as_bytes(), name.as_bytes()) && (!name.starts_with('.') || pattern.starts_with('.'))
            });
            if is_fitting {
                fitting.push((folder.join(&name), entry.file_type().is_ok_and(|kind| kind.is_symlink())));
            }
        }
        fitting
    }
}

fn is_followed(name: &str) -> bool {
    let is_packed = NOT_FOLLOWED.iter().any(|ending| name.ends_with(ending));
    let is_rotated = name.char_indices().any(|(at, _)| at > 0 && is_rotation_suffix(&name.as_bytes()[at..]));
    !is_packed && !is_rotated
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

    /// A folder with these files, and the names below it that patterns stand for.
    fn names(files: &[&str], patterns: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let below = |pattern: &&str| match pattern.strip_prefix('!') {
            Some(pattern) => format!("!{}/{pattern}", folder.path().display()).into(),
            None => folder.path().join(pattern),
        };
        let patterns: Vec<PathBuf> = patterns.iter().map(below).collect();
        let short = |path: PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
        paths(&patterns).into_iter().map(short).collect()
    }

    #[test]
    fn rotated_and_packed_files_are_not_followed() {
        let files = ["a.log", "b.log", "a.log.1", "a.log-20261121", "a.log.2.gz", "notes.txt", ".hidden.log", "d.log/x"];
        assert_eq!(names(&files, &["*.log"]), ["a.log", "b.log"]);
        assert_eq!(names(&files, &["*"]), ["a.log", "b.log", "notes.txt"]);
        assert_eq!(names(&files, &["missing.log"]), ["missing.log"]);
    }

    #[test]
    fn folders_choices_and_what_is_taken_away() {
        let files = ["nginx/access.log", "nginx/error.log", "apache2/access.log", "app/a/b/x.log", "app/x.log", "app/.git/x.log"];
        assert_eq!(names(&files, &["*/access.log"]), ["apache2/access.log", "nginx/access.log"]);
        assert_eq!(names(&files, &["app/**/x.log"]), ["app/a/b/x.log", "app/x.log"]);
        assert_eq!(names(&files, &["{nginx,apache2}/*.log"]), ["nginx/access.log", "nginx/error.log", "apache2/access.log"]);
        assert_eq!(names(&files, &["nginx/{access,missing}.log"]), ["nginx/access.log"]);
        assert_eq!(names(&files, &["**/*.log", "!*/access.log", "!app/**/b/*"]), ["app/x.log", "nginx/error.log"]);
        assert_eq!(choices("{a,b}{c,d}"), ["ac", "ad", "bc", "bd"]);
        assert_eq!(choices("a{b"), ["a{b"]);
        assert!(choices(&"{a,b}".repeat(40)).len() <= 2 * CHOICES_MAX);
    }

    #[test]
    fn a_link_in_a_circle_ends() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        fs::write(folder.path().join("a.log"), "").unwrap();
        assert_eq!(paths(&[folder.path().join("**/*.log")]).len(), 1);
    }
}

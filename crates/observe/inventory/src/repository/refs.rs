//! Where references point: `HEAD`, the files below `refs`, and `packed-refs`.

use super::objects::id_of;
use super::{Id, Repository, line, read};
use std::collections::BTreeSet;
use std::path::Path;

/// How many references are followed.
const REFS_MAX: usize = 200_000;

/// How deep folders of references may be.
const DEPTH_MAX: usize = 32;

/// Largest `packed-refs`.
const PACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;

impl Repository {
    /// The commit that is checked out; none before the first one.
    pub(super) fn head(&self) -> Option<Id> {
        let text = read(&self.git.join("HEAD")).ok()??;
        match line(&text).strip_prefix("ref:") {
            Some(name) => self.reference(name.trim()),
            None => id_of(line(&text).as_bytes()),
        }
    }

    fn reference(&self, name: &str) -> Option<Id> {
        if !name.starts_with("refs/") || name.contains("..") {
            return None;
        }
        match read(&self.common.join(name)).ok()? {
            Some(text) => id_of(line(&text).as_bytes()),
            None => self.packed().into_iter().find_map(|(known, id)| (known == name).then_some(id)),
        }
    }

    /// What all references and `HEAD` point to.
    pub(super) fn tips(&self) -> BTreeSet<Id> {
        let mut tips: BTreeSet<Id> = self.head().into_iter().chain(self.packed().into_iter().map(|(_, id)| id)).collect();
        below(&self.common.join("refs"), 0, &mut tips);
        tips
    }

    fn packed(&self) -> Vec<(String, Id)> {
        let Ok(bytes) = vigie_kit::files::read_bounded(&self.common.join("packed-refs"), PACKED_BYTES_MAX) else {
            return Vec::new();
        };
        packed(&bytes)
    }
}

/// Lines `id name`; a line `^id` is the commit of the tag above it and says nothing new.
fn packed(bytes: &[u8]) -> Vec<(String, Id)> {
    let lines = bytes.split(|byte| *byte == b'\n').take(2 * REFS_MAX);
    let read = lines.filter_map(|line| {
        let name = line.get(41..).filter(|_| line.get(40) == Some(&b' '))?;
        Some((String::from_utf8_lossy(name).trim().to_owned(), id_of(line)?))
    });
    read.take(REFS_MAX).collect()
}

fn below(folder: &Path, depth: usize, tips: &mut BTreeSet<Id>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && depth < DEPTH_MAX {
            below(&entry.path(), depth + 1, tips);
        } else if kind.is_file() && tips.len() < REFS_MAX {
            tips.extend(read(&entry.path()).ok().flatten().and_then(|text| id_of(line(&text).as_bytes())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_references_are_read() {
        let hex = "0a".repeat(20);
        let text = format!(
            "# pack-refs with: peeled fully-peeled sorted\n{hex} refs/heads/main\n{hex} refs/tags/v1\n^{hex}\nshort refs\n"
        );
        let names: Vec<_> = packed(text.as_bytes()).into_iter().map(|(name, id)| (name, id[0])).collect();
        assert_eq!(names, [("refs/heads/main".to_owned(), 10), ("refs/tags/v1".to_owned(), 10)]);
    }
}

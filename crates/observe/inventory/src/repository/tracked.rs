//! Which files of a work tree belong to the repository: what the index lists.
//!
//! Files that Git ignores or has not been told of are on this machine only; whoever clones the repository
//! does not get them. Other repositories within (submodules) are repositories of their own.

use super::Index;
use std::collections::HashSet;

/// Paths that a repository tracks.
#[derive(Debug, Default)]
pub struct Tracked {
    files: HashSet<String>,
    /// All folders above them.
    folders: HashSet<String>,
}

impl Tracked {
    pub(super) fn of(index: &Index) -> Self {
        let mut tracked = Self::default();
        for entry in index.entries.iter().filter(|entry| entry.is_file) {
            let mut path = entry.path.as_str();
            tracked.files.insert(path.to_owned());
            // Above a folder that is known, all are.
            while let Some((above, _)) = path.rsplit_once('/') {
                if !tracked.folders.insert(above.to_owned()) {
                    break;
                }
                path = above;
            }
        }
        tracked
    }

    /// Whether a path is a tracked file, or a folder with one in it.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.files.contains(path) || self.folders.contains(path)
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether nothing is tracked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

//! Secrets in what is about to be committed: the index against the last commit.
//!
//! Folders whose cached tree in the index is that of the last commit are not entered, so the cost
//! is that of the change, not of the repository.

use super::objects::EntryKind;
use super::{Id, Index, Repository, RepositoryError};
use crate::secrets::Scanner;
use std::collections::{HashMap, HashSet};
use vigie_model::secret::{Origin, Secret};

/// How deep folders may be.
const DEPTH_MAX: usize = 512;

/// The last commit, where it may differ from the index.
#[derive(Default)]
struct Last {
    files: HashMap<String, Id>,
    /// Folders that are the same in both.
    same: HashSet<String>,
}

impl Repository {
    /// Scans the files that the next commit adds or changes.
    pub fn staged(&self, scanner: &Scanner) -> Result<Vec<Secret>, RepositoryError> {
        let Some(index) = self.index()? else { return Ok(Vec::new()) };
        let mut buffer = Vec::new();
        let mut last = Last::default();
        let tree = self.head().and_then(|head| self.objects.commit(&head, &mut buffer)).map(|commit| commit.tree);
        if let Some(tree) = tree {
            self.differing(&tree, "", 0, &index, &mut last, &mut buffer);
        }
        let mut secrets = Vec::new();
        for entry in index.entries.iter().filter(|entry| entry.is_file && scanner.wants(&entry.path)) {
            let is_old = last.files.get(&entry.path) == Some(&entry.id) || last.is_same(&entry.path);
            // A blob that is not there was added with its content left out; there is nothing to scan.
            let Some(blob) = (!is_old).then(|| self.objects.blob(&entry.id, &mut buffer)).flatten() else { continue };
            let found = scanner.scan_bytes(&entry.path, blob);
            secrets.extend(found.into_iter().map(|secret| Secret { origin: Origin::Staged, ..secret }));
        }
        Ok(secrets)
    }

    fn differing(&self, tree: &Id, path: &str, depth: usize, index: &Index, last: &mut Last, buffer: &mut Vec<u8>) {
        if index.trees.get(path) == Some(tree) || depth > DEPTH_MAX {
            last.same.insert(path.to_owned());
            return;
        }
        for entry in self.objects.tree(tree, buffer).unwrap_or_default() {
            let path = if path.is_empty() { entry.name } else { format!("{path}/{}", entry.name) };
            match entry.kind {
                EntryKind::Folder => self.differing(&entry.id, &path, depth + 1, index, last, buffer),
                EntryKind::File => drop(last.files.insert(path, entry.id)),
                EntryKind::Other => {}
            }
        }
    }
}

impl Last {
    fn is_same(&self, path: &str) -> bool {
        let folders = path.rmatch_indices('/').map(|(slash, _)| &path[..slash]).chain([""]);
        !self.same.is_empty() && folders.into_iter().any(|folder| self.same.contains(folder))
    }
}

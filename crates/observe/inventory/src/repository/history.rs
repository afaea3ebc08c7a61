//! Secrets in everything that was ever committed.
//!
//! Commits are walked parents first, so that a blob is found under the commit that brought it.
//! Trees and blobs that were seen are left out: of a history of ten thousand commits, most of each
//! commit is the last one.

use super::objects::EntryKind;
use super::{Id, Repository};
use crate::secrets::Scanner;
use std::collections::HashSet;
use vigie_model::secret::{Origin, Secret};

/// How many commits are walked.
const COMMITS_MAX: usize = 5_000_000;

/// How deep folders may be.
const DEPTH_MAX: usize = 512;

/// Largest blob that is scanned.
const BLOB_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a history held.
#[derive(Debug, Default)]
pub struct History {
    /// The secrets, by the commits that brought them.
    pub secrets: Vec<Secret>,
    /// Commits that were walked.
    pub commits: u64,
    /// Blobs that were scanned.
    pub blobs: u64,
    /// Objects that are missing, broken or too large, as in a shallow clone: what they hold is unknown.
    pub unread: u64,
}

/// What was seen already.
#[derive(Default)]
struct Seen {
    trees: HashSet<Id>,
    blobs: HashSet<Id>,
}

impl Repository {
    /// Scans everything that any reference leads to.
    #[must_use]
    pub fn history(&self, scanner: &Scanner) -> History {
        let mut history = History::default();
        let mut seen = Seen::default();
        let mut buffer = Vec::new();
        for (id, tree) in self.commits(&mut history) {
            history.commits += 1;
            let name = hex(&id);
            self.walk(scanner, &tree, "", 0, &name, &mut seen, &mut history, &mut buffer);
        }
        history
    }

    /// Commits with their trees, parents before children.
    fn commits(&self, history: &mut History) -> Vec<(Id, Id)> {
        let mut buffer = Vec::new();
        let mut ordered = Vec::new();
        let mut begun: HashSet<Id> = HashSet::new();
        let tips = self.tips();
        for tip in tips.iter().filter_map(|tip| self.objects.peeled(tip, &mut buffer)).collect::<Vec<_>>() {
            // The second visit of a commit, with its tree, comes when its parents are done.
            let mut open: Vec<(Id, Option<Id>)> = vec![(tip, None)];
            while let Some((id, done)) = open.pop() {
                match done {
                    Some(tree) => ordered.push((id, tree)),
                    None if begun.len() >= COMMITS_MAX || !begun.insert(id) => {}
                    None => match self.objects.commit(&id, &mut buffer) {
                        Some(commit) => {
                            open.push((id, Some(commit.tree)));
                            open.extend(commit.parents.into_iter().map(|parent| (parent, None)));
                        }
                        None => history.unread += 1,
                    },
                }
            }
        }
        ordered
    }

    #[expect(clippy::too_many_arguments, reason = "one recursion; a struct for its arguments would only rename them")]
    fn walk(
        &self,
        scanner: &Scanner,
        tree: &Id,
        above: &str,
        depth: usize,
        commit: &str,
        seen: &mut Seen,
        history: &mut History,
        buffer: &mut Vec<u8>,
    ) {
        if depth > DEPTH_MAX || !seen.trees.insert(*tree) {
            return;
        }
        let Some(entries) = self.objects.tree(tree, buffer) else {
            history.unread += 1;
            return;
        };
        for entry in entries {
            let path = if above.is_empty() { entry.name } else { format!("{above}/{}", entry.name) };
            match entry.kind {
                EntryKind::Folder => self.walk(scanner, &entry.id, &path, depth + 1, commit, seen, history, buffer),
                EntryKind::File if scanner.wants(&path) && seen.blobs.insert(entry.id) => {
                    match self.objects.blob(&entry.id, buffer).filter(|blob| blob.len() <= BLOB_BYTES_MAX) {
                        Some(blob) => {
                            history.blobs += 1;
                            let found = scanner.scan_bytes(&path, blob);
                            history.secrets.extend(
                                found.into_iter().map(|secret| Secret { origin: Origin::Commit(commit.to_owned()), ..secret }),
                            );
                        }
                        None => history.unread += 1,
                    }
                }
                EntryKind::File | EntryKind::Other => {}
            }
        }
    }
}

fn hex(id: &Id) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

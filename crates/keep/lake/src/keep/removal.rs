//! Removing files: those that a sealing or a merge left behind, and those whose place others took.
//!
//! A file whose row is gone stays on the disk while a search goes by a state of the catalogue that
//! had it. Its path is among the leftovers all the time, so a start removes it whatever happened.

use crate::catalogue::{Catalogue, FileRow, Files};
use crate::disk::Disk;
use crate::lake::Core;
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use vigie_db::DbError;
use vigie_model::time::Timestamp;

/// Files that must not be removed yet.
#[derive(Default)]
pub(crate) struct Removals(Mutex<State>);

#[derive(Default)]
struct State {
    /// Being written: their row is to come.
    in_work: HashSet<String>,
    /// Their row is gone, and somebody may still read them.
    read: Vec<Read>,
}

struct Read {
    by: Vec<Weak<Files>>,
    paths: Vec<String>,
}

/// Files that are to be removed and are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Waiting {
    /// Somebody reads them.
    pub(crate) read: usize,
    /// They could not be removed.
    pub(crate) failed: usize,
}

impl Removals {
    /// These are being written until what is given back is dropped.
    pub(crate) fn protect(&self, paths: &[String]) -> Protected<'_> {
        self.state().in_work.extend(paths.iter().cloned());
        Protected { removals: self, paths: paths.to_vec() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files that are being written.
pub(crate) struct Protected<'r> {
    removals: &'r Removals,
    paths: Vec<String>,
}

impl Protected<'_> {
    pub(super) fn paths(&self) -> &[String] {
        &self.paths
    }
}

impl Drop for Protected<'_> {
    fn drop(&mut self) {
        let mut state = self.removals.state();
        state.in_work.retain(|path| !self.paths.contains(path));
    }
}

impl Core {
    /// Removes the files of rows that are gone, as soon as nobody reads them.
    pub(crate) fn retire(&self, gone: &[FileRow]) -> Result<(), DbError> {
        // Whoever reads by the Delta log must know before they go.
        self.follow_in_delta();
        self.files.forget(gone);
        self.followed.forget();
        let paths = gone.iter().map(|file| file.path.clone()).collect();
        self.removals.state().read.push(Read { by: self.catalogue.earlier(), paths });
        self.sweep().map(drop)
    }

    /// Removes files that nobody reads any more; says how many are still read, and how many could not be
    /// removed: they are tried again with the next.
    pub(crate) fn sweep(&self) -> Result<Waiting, DbError> {
        let mut state = self.removals.state();
        let is_read = |read: &Read| read.by.iter().any(|by| by.strong_count() > 0);
        let (read, free): (Vec<Read>, Vec<Read>) = std::mem::take(&mut state.read).into_iter().partition(is_read);
        state.read = read;
        let read = state.read.iter().map(|read| read.paths.len()).sum();
        let mut failed = Vec::new();
        drop(state);
        if !free.is_empty() {
            let paths = free.into_iter().flat_map(|read| read.paths).collect();
            failed = remove_files(&*self.disk, &self.directory, &self.catalogue, paths, self.clock.now())?;
        }
        let waiting = Waiting { read, failed: failed.len() };
        if waiting.failed > 0 {
            self.removals.state().read.push(Read { by: Vec::new(), paths: failed });
        }
        Ok(waiting)
    }

    /// Removes the files of work that failed; what stays, the next start removes.
    pub(crate) fn clean_up(&self) {
        let now = self.clock.now();
        let removed = self.catalogue.leftovers(now).and_then(|mut paths| {
            let state = self.removals.state();
            let is_read = |path: &String| state.read.iter().any(|read| read.paths.contains(path));
            paths.retain(|path| !state.in_work.contains(path) && !is_read(path));
            drop(state);
            remove_files(&*self.disk, &self.directory, &self.catalogue, paths, now)
        });
        if let Err(error) = removed {
            tracing::warn!(error = &error as &dyn std::error::Error, "unfinished files stay until the next start");
        }
    }
}

/// Removes files that should not be there, at a start: of work that did not come to its end, and of
/// rows that are gone.
pub(crate) fn remove_leftovers(disk: &dyn Disk, directory: &Path, catalogue: &Catalogue, now: Timestamp) -> Result<(), DbError> {
    let paths = catalogue.leftovers(now)?;
    if paths.is_empty() {
        return Ok(());
    }
    tracing::info!(files = paths.len(), "files that are no longer of the lake are removed");
    remove_files(disk, directory, catalogue, paths, now).map(drop)
}

/// Removes files that are not in the catalogue; gives those that cannot be removed. A
/// path is struck off when its removal is durable: an erased file must not come back after a power cut
/// and nobody know of it.
pub(super) fn remove_files(
    disk: &dyn Disk,
    directory: &Path,
    catalogue: &Catalogue,
    mut paths: Vec<String>,
    now: Timestamp,
) -> Result<Vec<String>, DbError> {
    let all = paths.clone();
    // Where nobody answers, nobody does for the next file.
    let mut answers = true;
    paths.retain(|path| {
        let path = directory.join(path);
        if !answers {
            return false;
        }
        [path.with_extension("parquet.new"), path].iter().all(|path| match disk.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                not_removed(path, &error);
                answers = error.kind() != io::ErrorKind::NotConnected;
                false
            }
            _ => true,
        })
    });
    // Where there is no directory there is no file.
    let unsynced = |directory: &PathBuf| match disk.sync_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            not_removed(directory, &error);
            true
        }
        _ => false,
    };
    let directories: BTreeSet<PathBuf> =
        paths.iter().filter_map(|path| Some(directory.join(path).parent()?.to_owned())).collect();
    let unsynced: Vec<PathBuf> = directories.into_iter().filter(unsynced).collect();
    paths.retain(|path| !unsynced.iter().any(|unsynced| directory.join(path).parent() == Some(unsynced)));
    catalogue.cleared(&paths, now)?;
    Ok(all.into_iter().filter(|path| !paths.contains(path)).collect())
}

fn not_removed(path: &Path, error: &io::Error) {
    tracing::warn!(path = %path.display(), %error, "a file could not be removed");
}

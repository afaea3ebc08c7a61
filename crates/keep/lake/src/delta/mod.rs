//! A Delta log over the files, so that Spark, Trino, ClickHouse, DuckDB and others see one table.
//!
//! The catalogue stays the truth; the log in `lake/_delta_log` follows it, once somebody asked for it: after
//! each sealing, merge, erasure and retention a version says which files came and which went, before those
//! that went are removed. Nothing but the log is written: the files are the table.
//!
//! A version is written beside, synced and renamed, then noted in the catalogue. After a stop between the two
//! the version that is there is read and noted: what others may have seen is never written over. Every
//! [`CHECKPOINT_EVERY`] versions a checkpoint sums all of them up, and those before the last one go.
//!
//! Specified in Delta's PROTOCOL.md; reader version 1, writer version 2. Not here: reading tables, and
//! keeping removed files for readers of older versions: what is erased must be gone.

mod action;
mod checkpoint;

use crate::catalogue::{FileRow, Files, Published};
use crate::error::KeepError;
use crate::files::FileError;
use crate::keep::RewriteError;
use crate::lake::{Core, Lake};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

/// Versions between two checkpoints.
const CHECKPOINT_EVERY: u64 = 32;
/// Bytes of a version that are read: each file takes some 600.
const VERSION_BYTES_MAX: u64 = 256 << 20;

const DIRECTORY: &str = "_delta_log";

/// A table that other engines read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaTable {
    /// Where it is: the directory of the files, or the address of their object storage.
    pub path: PathBuf,
    /// The last version.
    pub version: u64,
    /// How many files it has.
    pub files: u64,
    /// How many events.
    pub events: u64,
}

impl Lake {
    /// Brings the Delta log up to date; from now on it is kept so.
    ///
    /// # Errors
    /// See [`KeepError`].
    pub fn publish_delta(&self) -> Result<DeltaTable, KeepError> {
        let core = self.core();
        // Other engines find files where the log is.
        core.tend_store();
        core.catalogue.begin_publishing(core.clock.now())?;
        let version = core.publish()?.unwrap_or(0);
        let totals = core.catalogue.files()?.totals();
        let path = core.store.as_ref().map_or_else(|| core.directory.clone(), |store| PathBuf::from(store.address()));
        Ok(DeltaTable { path, version, files: totals.files, events: totals.events })
    }

    /// Removes the Delta log; none is kept any more. The files are as they were.
    ///
    /// # Errors
    /// See [`KeepError`].
    pub fn end_delta(&self) -> Result<(), KeepError> {
        Ok(self.core().unpublish()?)
    }
}

impl Core {
    /// Has the Delta log follow, if one is kept. It lags behind when that fails, until the next time.
    pub(crate) fn follow_in_delta(&self) {
        if let Err(error) = self.publish() {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the Delta log could not follow; it will with the next change"
            );
        }
    }

    /// Writes the version that is due; gives the number of the last.
    fn publish(&self) -> Result<Option<u64>, RewriteError> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut known) = self.catalogue.published()? else { return Ok(None) };
        self.catch_up(&mut known)?;
        let files = self.catalogue.files()?;
        let schema = action::SCHEMA.as_str();
        let schema_hash = u64::from(crc32c::crc32c(schema.as_bytes()));
        let is_new = known.version.is_none();
        let lines = self.lines(&known, &files)?;
        if !is_new && lines.actions.is_empty() && known.schema == schema_hash {
            return Ok(known.version);
        }
        let version = known.version.map_or(0, |version| version + 1);
        let mut all = vec![action::commit_info(self.clock.now(), "WRITE")];
        if is_new {
            all.push(action::protocol());
        }
        if is_new || known.schema != schema_hash {
            all.push(action::metadata(known.since, schema));
        }
        all.extend(lines.actions);
        let text: String = all.iter().map(|line| format!("{line}\n")).collect();
        self.write_delta(&version_name(version), text.as_bytes())?;
        self.catalogue.note_published(version, (&lines.new, &lines.gone), Some(schema_hash))?;
        if version > 0 && version.is_multiple_of(CHECKPOINT_EVERY) {
            self.sum_up(version, &files, &known, schema)?;
        }
        Ok(Some(version))
    }

    /// Notes versions that were written before a stop and not noted.
    fn catch_up(&self, known: &mut Published) -> Result<(), RewriteError> {
        loop {
            let next = known.version.map_or(0, |version| version + 1);
            let path = self.delta_directory().join(version_name(next));
            let text = match self.read_text(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                text => text.map_err(failed(&path))?,
            };
            let (new, gone): (Vec<_>, Vec<_>) = text.lines().filter_map(action::told).partition(|(_, came)| *came);
            let paths = |of: Vec<(String, bool)>| of.into_iter().map(|(path, _)| path).collect::<Vec<String>>();
            let (new, gone) = (paths(new), paths(gone));
            // What its columns were is not asked: they are told once more.
            self.catalogue.note_published(next, (&new, &gone), Some(0))?;
            for path in &gone {
                known.paths.remove(path);
            }
            known.paths.extend(new);
            (known.version, known.schema) = (Some(next), 0);
        }
    }

    /// What is to be said of files that came and went since the last version.
    fn lines(&self, known: &Published, files: &Files) -> Result<Lines, RewriteError> {
        let now = self.clock.now();
        let there: HashMap<&str, &FileRow> = files.all().iter().map(|file| (&*file.path, file)).collect();
        let gone: Vec<String> = known.paths.iter().filter(|path| !there.contains_key(&***path)).cloned().collect();
        let mut new: Vec<&FileRow> = there.into_values().filter(|file| !known.paths.contains(&file.path)).collect();
        new.sort_unstable_by_key(|file| file.number);
        let mut moved: BTreeSet<String> = BTreeSet::new();
        let mut actions = Vec::with_capacity(gone.len() + new.len());
        for file in &new {
            let from = self.catalogue.merged_from(file.number)?;
            // Whoever follows the table has seen these events, if it had all that were merged.
            let is_move = !from.is_empty() && from.iter().all(|path| known.paths.contains(path));
            if is_move {
                moved.extend(from);
            }
            actions.push(action::add(file, !is_move));
        }
        actions.extend(gone.iter().map(|path| action::remove(path, now, !moved.contains(path))));
        Ok(Lines { new: new.into_iter().map(|file| file.path.clone()).collect(), gone, actions })
    }

    /// Writes a checkpoint, and removes what lies before the one before it.
    fn sum_up(&self, version: u64, files: &Files, known: &Published, schema: &str) -> Result<(), RewriteError> {
        let name = checkpoint_name(version);
        let wrong = |source| FileError::Parquet { path: self.delta_directory().join(&name), source };
        let (bytes, size) = checkpoint::checkpoint(files.all(), known.since, schema).map_err(wrong)?;
        self.write_delta(&name, &bytes)?;
        let last = json!({ "version": version, "size": size }).to_string();
        self.write_delta("_last_checkpoint", last.as_bytes())?;
        let before = version.saturating_sub(CHECKPOINT_EVERY);
        self.remove_delta(&|name| number_of(name).is_some_and(|number| number < before))
    }

    fn unpublish(&self) -> Result<(), RewriteError> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        self.remove_delta(&|_| true)?;
        Ok(self.catalogue.end_publishing()?)
    }

    fn delta_directory(&self) -> PathBuf {
        self.directory.join(DIRECTORY)
    }

    fn remove_delta(&self, which: &dyn Fn(&str) -> bool) -> Result<(), RewriteError> {
        let directory = self.delta_directory();
        let names = match self.disk.list(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            names => names.map_err(failed(&directory))?,
        };
        for name in names.iter().filter(|name| which(name)) {
            let path = directory.join(name);
            self.disk.remove(&path).map_err(failed(&path))?;
        }
        Ok(self.disk.sync_dir(&directory).map_err(failed(&directory))?)
    }

    fn write_delta(&self, name: &str, bytes: &[u8]) -> Result<(), RewriteError> {
        let directory = self.delta_directory();
        let (path, beside) = (directory.join(name), directory.join(format!(".{name}.new")));
        let write = || {
            self.disk.create_dir(&directory)?;
            let file = self.disk.create_anew(&beside)?;
            file.write_all_at(0, bytes)?;
            file.sync()?;
            self.disk.rename(&beside, &path)?;
            self.disk.sync_dir(&directory)
        };
        Ok(write().map_err(failed(&path))?)
    }

    fn read_text(&self, path: &Path) -> io::Result<String> {
        let file = self.disk.read(path)?;
        let mut bytes = vec![0; usize::try_from(file.length()?.min(VERSION_BYTES_MAX)).unwrap_or_default()];
        file.read_exact_at(0, &mut bytes)?;
        String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

struct Lines {
    new: Vec<String>,
    gone: Vec<String>,
    actions: Vec<Value>,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    move |source| FileError::Io { path: path.to_owned(), source }
}

fn version_name(version: u64) -> String {
    format!("{version:020}.json")
}

fn checkpoint_name(version: u64) -> String {
    format!("{version:020}.checkpoint.parquet")
}

/// The version that a name begins with.
fn number_of(name: &str) -> Option<u64> {
    name.get(..20)?.parse().ok()
}

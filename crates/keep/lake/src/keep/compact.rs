//! Compaction: many small files become few large ones, in the background.
//!
//! In this order, so that a stop between any two steps neither loses nor doubles an event:
//!
//! 1. the paths of the files to come are noted as leftovers;
//! 2. the merged file is written, synced and named ([`merge`](super::merge));
//! 3. one transaction puts it in the place of the others, with the act that says so, and makes those
//!    leftovers;
//! 4. the others are removed when no search reads them any more.
//!
//! Before 3 a start removes the new file, after 3 the old ones. Events come in, are sealed and found
//! all the time: only 3 keeps a sealing waiting.

use super::choice::{Rules, choose};
use super::merge::{Merge, RUN_ROWS, RewriteError, path_beside};
pub(super) use super::removal::Protected as Announced;
use crate::catalogue::{FileRow, NewAct, NewFile, Successor, kind};
use crate::error::KeepError;
use crate::files::{FileError, OpenFile};
use crate::lake::{Core, Lake};
use crate::store::StoreDisk;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use vigie_model::event::Class;

/// The steps, as the module says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MergeStep {
    Announce,
    Write,
    Commit,
    Remove,
}

/// What compaction did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Files that were merged.
    pub files: u64,
    /// Files they became.
    pub into: u64,
    /// Events in them.
    pub events: u64,
    /// Bytes before.
    pub bytes_before: u64,
    /// Bytes after.
    pub bytes_after: u64,
}

/// So many times as long as a merge took it pauses after it: a fifth of one processor is its budget.
const PAUSE: u32 = 4;
/// A pause at most.
const PAUSE_MAX: Duration = Duration::from_secs(600);

impl Lake {
    /// Merges files until there is nothing left that is worth it, without pauses.
    ///
    /// # Errors
    /// See [`KeepError`]; files that were not merged are as they were.
    pub fn compact(&self) -> Result<Compacted, KeepError> {
        let mut sum = Compacted::default();
        while let Some(merged) = self.core().compact_next(&|_| true)? {
            sum.files += merged.files;
            sum.into += merged.into;
            sum.events += merged.events;
            sum.bytes_before += merged.bytes_before;
            sum.bytes_after += merged.bytes_after;
        }
        Ok(sum)
    }
}

impl Core {
    /// Merges the files whose turn it is; nothing when there are none. `go_on` is asked before each
    /// step, and while a file is written.
    pub(crate) fn compact_next(&self, go_on: &dyn Fn(MergeStep) -> bool) -> Result<Option<Compacted>, RewriteError> {
        let _alone = self.rewriting_alone();
        let files = self.catalogue.files()?;
        let settings = &self.settings.compaction;
        let rules = Rules {
            now: self.clock.now(),
            settled_micros: i64::from(settings.after_seconds) * 1_000_000,
            followed: self.followed.reached(),
            low_water: self.segments.low_water(),
            rows_max: settings.rows,
            bytes_max: settings.bytes,
        };
        let Ok(in_force) = self.in_force(rules.now) else { return Ok(None) };
        // What nobody can say is left as it is.
        let is_held = |file: &FileRow| self.is_held(file, &in_force).unwrap_or(true);
        let Some(chosen) = choose(files.all(), &rules, &is_held) else { return Ok(None) };
        let mut chosen: Vec<FileRow> = chosen.into_iter().cloned().collect();
        chosen.sort_unstable_by_key(|file| file.number);
        drop(files);
        let span = tracing::info_span!("compact", files = chosen.len(), events = tracing::field::Empty).entered();
        let merged = self.merge(&chosen, go_on);
        if let Ok(merged) = &merged {
            span.record("events", merged.events);
        }
        if let Err(error) = &merged
            && !matches!(error, RewriteError::Stopped)
        {
            self.clean_up();
        }
        merged.map(Some)
    }

    fn merge(&self, chosen: &[FileRow], go_on: &dyn Fn(MergeStep) -> bool) -> Result<Compacted, RewriteError> {
        let step = |step| if go_on(step) { Ok(()) } else { Err(RewriteError::Stopped) };
        let sum = |value: fn(&FileRow) -> u64| chosen.iter().map(value).sum::<u64>();
        let first = chosen.first().ok_or(RewriteError::Stopped)?;
        let class = Class::from_uid(first.class_uid).ok_or(RewriteError::Stopped)?;
        self.check_room(sum(|file| file.facts.bytes).saturating_mul(3))?;

        let path = path_beside(&first.path, "merged", first.number, &self.name()?);
        step(MergeStep::Announce)?;
        let protected = self.announce(&path)?;
        let runs: RefCell<Vec<Announced<'_>>> = RefCell::default();
        let run_path = || {
            let path = path_beside(&first.path, &format!("run-{}", runs.borrow().len()), first.number, "");
            runs.borrow_mut().push(self.announce(&path)?);
            Ok(self.directory.join(path))
        };
        step(MergeStep::Write)?;
        let open = chosen.iter().map(|file| OpenFile::open(&*self.disk, &self.directory.join(&file.path)).map(Arc::new));
        let merge = Merge {
            disk: &self.disk,
            class,
            path: self.directory.join(&path),
            run_path: &run_path,
            run_rows: RUN_ROWS,
            go_on: &|| go_on(MergeStep::Write) && !self.signals.is_closing(),
        };
        let facts = merge.run(&open.collect::<Result<Vec<_>, _>>()?)?;
        let compacted = Compacted {
            files: chosen.len() as u64,
            into: 1,
            events: facts.rows,
            bytes_before: sum(|file| file.facts.bytes),
            bytes_after: facts.bytes,
        };
        if facts.rows != sum(|file| file.facts.rows) {
            return Err(FileError::Content { path: self.directory.join(&path), what: "id" }.into());
        }
        step(MergeStep::Commit)?;
        let level = chosen.iter().map(|file| file.level).max().unwrap_or(0) + 1;
        let successor = Successor {
            file: NewFile { path, class_uid: first.class_uid, day: first.day, facts },
            sealed_through: chosen.iter().map(|file| file.sealed_through).max().unwrap_or(0),
            level,
            of: chosen.iter().map(|file| file.number).collect(),
        };
        {
            let _alone = self.alone();
            let act = NewAct { kind: kind::MERGED, more: &serde_json::Map::new() };
            self.catalogue.replace(chosen, &[successor], self.clock.now(), &act)?;
        }
        step(MergeStep::Remove)?;
        drop(protected);
        self.retire(chosen)?;
        self.remove_runs(&runs.into_inner())?;
        tracing::info!(compacted.files, compacted.events, level, "files were merged");
        Ok(compacted)
    }

    /// Notes that a file is being written, which is removed unless it gets a row.
    pub(super) fn announce(&self, path: &str) -> Result<Announced<'_>, RewriteError> {
        let paths = [path.to_owned()];
        let protected = self.removals.protect(&paths);
        self.catalogue.announce(&paths, self.clock.now())?;
        Ok(protected)
    }

    fn remove_runs(&self, runs: &[Announced<'_>]) -> Result<(), RewriteError> {
        let paths = runs.iter().flat_map(|run| run.paths().iter().cloned()).collect();
        super::removal::remove_files(&*self.disk, &self.directory, &self.catalogue, paths, self.clock.now())?;
        Ok(())
    }

    /// What goes into the names of files of this attempt.
    pub(crate) fn name(&self) -> Result<String, RewriteError> {
        if self.store.is_none() {
            return Ok(String::new());
        }
        Ok(format!("-{}", StoreDisk::name().map_err(|_| RewriteError::NoRandomness)?))
    }

    /// Fails unless so many bytes may be written and intake still has its reserve.
    pub(super) fn check_room(&self, bytes: u64) -> Result<(), RewriteError> {
        // Where the system does not say, the write itself will.
        let free = self.disk.free_bytes(&self.directory).unwrap_or(u64::MAX);
        if free < bytes.saturating_add(self.settings.reserve_bytes) { Err(RewriteError::NoRoom) } else { Ok(()) }
    }
}

/// Merges files as they become worth it, until the lake is closed.
pub(crate) fn compact_when_due(core: &Core) {
    let every = Duration::from_secs(u64::from(core.settings.compaction.every_seconds));
    let mut wait = every;
    core.tend_store();
    while core.signals.sleep(wait) {
        core.tend_store();
        let started = core.clock.now();
        let merged = catch_unwind(AssertUnwindSafe(|| core.compact_next(&|_| true)));
        let merged = merged.unwrap_or(Err(RewriteError::BrokeOff));
        if let Err(error) = core.sweep() {
            tracing::warn!(error = &error as &dyn std::error::Error, "files that were replaced could not be removed");
        }
        wait = match merged {
            Ok(Some(_)) => {
                // The clock may have been set meanwhile.
                let took = u64::try_from(core.clock.now().since(started)).unwrap_or(0);
                Duration::from_micros(took).saturating_mul(PAUSE).min(PAUSE_MAX)
            }
            Ok(None) | Err(RewriteError::Stopped) => every,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "files could not be merged; they are as they were");
                every
            }
        };
    }
}

//! What the lake does by itself and how it went: for whoever looks after it.

use crate::catalogue::{Act, kind};
use crate::error::KeepError;
use crate::keep::Verified;
use crate::lake::Lake;
use std::sync::{Mutex, MutexGuard, PoisonError};
use vigie_model::time::Timestamp;

/// How the work of the lake goes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LakeWork {
    /// The last time that files were merged.
    pub last_merge: Option<LastMerge>,
    /// The last time since the start that somebody looked whether everything is what it was.
    pub last_check: Option<LastCheck>,
    /// Since when events cannot be moved into files; nothing while they can. They stay in the log meanwhile.
    pub seal_failing_since: Option<Timestamp>,
    /// Records that lie beside the log because they cannot be used.
    pub set_aside: u64,
}

/// Files that became one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastMerge {
    /// When.
    pub at: Timestamp,
    /// How many.
    pub files: u64,
    /// Events in them.
    pub events: u64,
}

/// A look whether everything is what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastCheck {
    /// When.
    pub at: Timestamp,
    /// The number of the newest link.
    pub head: i64,
    /// Files that were read; nothing when the chain was walked only.
    pub files: Option<u64>,
    /// What was not as it had been.
    pub faults: u64,
}

/// What is noted of it in memory.
#[derive(Default)]
pub(crate) struct Work(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    check: Option<LastCheck>,
    seal_failing_since: Option<Timestamp>,
}

impl Work {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody has looked.
    pub(super) fn checked(&self, at: Timestamp, verified: &Verified, files: Option<u64>) {
        self.noted().check = Some(LastCheck { at, head: verified.head_number, files, faults: verified.faults.len() as u64 });
    }

    /// Sealing failed now, or went well.
    pub(crate) fn sealing(&self, failed: Option<Timestamp>) {
        let mut noted = self.noted();
        noted.seal_failing_since = failed.map(|now| noted.seal_failing_since.unwrap_or(now));
    }
}

impl Lake {
    /// How the work of the lake goes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn work(&self) -> Result<LakeWork, KeepError> {
        let core = self.core();
        let last_merge = core.catalogue.acts(kind::MERGED, 1)?.first().and_then(merged);
        let noted = core.work.noted();
        Ok(LakeWork {
            last_merge,
            last_check: noted.check,
            seal_failing_since: noted.seal_failing_since,
            set_aside: core.set_aside(),
        })
    }
}

fn merged(act: &Act) -> Option<LastMerge> {
    let told = act.told()?;
    Some(LastMerge { at: act.at, files: told.gone.len() as u64, events: told.new.iter().map(|file| file.rows).sum() })
}

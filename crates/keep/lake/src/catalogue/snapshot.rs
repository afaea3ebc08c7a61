//! The files as they were at one moment.
//!
//! A search goes by one state of the catalogue from its beginning to its end: files that were merged,
//! dropped or rewritten meanwhile stay on the disk until nobody goes by a state that has them. All
//! rows are in memory, some 300 bytes each; a lake of 100 million events has a few hundred of them.

use super::FileRow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use vigie_db::DbError;
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// All files, by falling last time.
#[derive(Debug, Default)]
pub(crate) struct Files {
    rows: Vec<FileRow>,
}

/// Sums over all files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) files: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) oldest: Option<Timestamp>,
    pub(crate) newest: Option<Timestamp>,
}

impl Files {
    /// Of rows in this order: by falling last time, then falling number.
    pub(super) const fn new(rows: Vec<FileRow>) -> Self {
        Self { rows }
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[FileRow] {
        &self.rows
    }

    /// Files that may hold times from one to another, by falling last time.
    pub(crate) fn newest_first(&self, (earliest, latest): (Timestamp, Timestamp)) -> impl Iterator<Item = &FileRow> {
        let end = self.rows.partition_point(|row| row.facts.times.1 >= earliest);
        self.rows.iter().take(end).filter(move |row| row.facts.times.0 <= latest)
    }

    /// Files that may hold an event with a number from one to another.
    pub(crate) fn with_ids(&self, first: EventId, last: EventId) -> impl Iterator<Item = &FileRow> {
        self.rows.iter().filter(move |row| row.facts.ids.0 <= last && row.facts.ids.1 >= first)
    }

    /// Sums over all of them.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals { newest: self.rows.first().map(|row| row.facts.times.1), ..Totals::default() };
        for row in &self.rows {
            totals.files += 1;
            totals.events += row.facts.rows;
            totals.bytes += row.facts.bytes;
            let first = row.facts.times.0;
            totals.oldest = Some(totals.oldest.map_or(first, |oldest| oldest.min(first)));
        }
        totals
    }
}

/// The state in use, and those before it that somebody may still go by.
#[derive(Default)]
pub(super) struct Current(Mutex<State>);

#[derive(Default)]
struct State {
    /// None after a change, until somebody asks.
    now: Option<Arc<Files>>,
    earlier: Vec<Weak<Files>>,
}

impl Current {
    /// The state now, read if there has been a change.
    pub(super) fn get(&self, read: impl FnOnce() -> Result<Files, DbError>) -> Result<Arc<Files>, DbError> {
        let mut state = self.state();
        if let Some(files) = &state.now {
            return Ok(Arc::clone(files));
        }
        // Read under the lock: a change that comes meanwhile waits, and then makes this state an earlier one.
        let files = Arc::new(read()?);
        state.now = Some(Arc::clone(&files));
        Ok(files)
    }

    /// The database has changed: from now on nobody gets the state that was.
    pub(super) fn change(&self) {
        let mut state = self.state();
        state.earlier.retain(|earlier| earlier.strong_count() > 0);
        if let Some(files) = state.now.take() {
            state.earlier.push(Arc::downgrade(&files));
        }
    }

    /// The states before this one that somebody still has.
    pub(super) fn earlier(&self) -> Vec<Weak<Files>> {
        self.state().earlier.iter().filter(|earlier| earlier.strong_count() > 0).cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What others may do with a search that goes on: end it, and see how far it has come.

use super::SearchError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

/// Ends a search from another thread, and tells how far it has come. Clones share it; each search has one of its own.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    told: AtomicU8,
    files: AtomicU64,
    files_total: AtomicU64,
    events: AtomicU64,
    events_total: AtomicU64,
    unreadable: AtomicU64,
}

const GO_ON: u8 = 0;
const ENOUGH: u8 = 1;
const CANCELLED: u8 = 2;

/// How far a search has come. Totals are those of the files that may hold something of its window; what a search can
/// leave out without reading it counts as gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Progress {
    /// Files, and segments of the log, gone through.
    pub files: u64,
    /// All of them.
    pub files_total: u64,
    /// Events in what was gone through.
    pub events: u64,
    /// Events in all of them.
    pub events_total: u64,
    /// Files, and records of the log, that could not be read: what they hold is missing from the answer.
    pub unreadable: u64,
}

impl Cancel {
    /// A search that nobody ends.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the search soon, with [`ReadError::Cancelled`](crate::ReadError::Cancelled).
    pub fn cancel(&self) {
        self.0.told.fetch_max(CANCELLED, Relaxed);
    }

    /// Ends the search soon, with what it has found so far: its answer is `partial` then, unless it was at its end.
    pub fn enough(&self) {
        self.0.told.fetch_max(ENOUGH, Relaxed);
    }

    /// Whether it was told to end without an answer.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.told.load(Relaxed) == CANCELLED
    }

    /// How far the search has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let Shared { files, files_total, events, events_total, .. } = &*self.0;
        let (files_total, events_total) = (files_total.load(Relaxed), events_total.load(Relaxed));
        let (files, events) = (files.load(Relaxed).min(files_total), events.load(Relaxed).min(events_total));
        let unreadable = self.0.unreadable.load(Relaxed);
        Progress { files, files_total, events, events_total, unreadable }
    }

    /// A file or a record could not be read.
    pub(super) fn cannot_read(&self) {
        self.0.unreadable.fetch_add(1, Relaxed);
    }

    pub(crate) fn check(&self) -> Result<(), SearchError> {
        match self.0.told.load(Relaxed) {
            GO_ON => Ok(()),
            ENOUGH => Err(SearchError::Enough),
            _ => Err(SearchError::Cancelled),
        }
    }
}

/// The progress of one scan, of which a search may make several.
pub(super) struct Track<'c> {
    cancel: &'c Shared,
    files_left: AtomicU64,
    events_left: AtomicU64,
}

impl<'c> Track<'c> {
    /// So much more is to be gone through.
    pub(super) fn begin(cancel: &'c Cancel, files: u64, events: u64) -> Self {
        cancel.0.files_total.fetch_add(files, Relaxed);
        cancel.0.events_total.fetch_add(events, Relaxed);
        Self { cancel: &cancel.0, files_left: AtomicU64::new(files), events_left: AtomicU64::new(events) }
    }

    /// A file was gone through.
    pub(super) fn file(&self) {
        pass(&self.files_left, &self.cancel.files, 1);
    }

    /// So many events were gone through.
    pub(super) fn events(&self, events: u64) {
        pass(&self.events_left, &self.cancel.events, events);
    }

    /// What is left need not be gone through.
    pub(super) fn finish(self) {
        pass(&self.files_left, &self.cancel.files, u64::MAX);
        pass(&self.events_left, &self.cancel.events, u64::MAX);
    }
}

fn pass(left: &AtomicU64, done: &AtomicU64, count: u64) {
    let before = left.fetch_update(Relaxed, Relaxed, |left| Some(left.saturating_sub(count))).unwrap_or_default();
    done.fetch_add(count.min(before), Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_was_cancelled_is_not_satisfied_afterwards() {
        let cancel = Cancel::new();
        assert!(cancel.check().is_ok());
        cancel.clone().enough();
        assert!(matches!(cancel.check(), Err(SearchError::Enough)) && !cancel.is_cancelled());
        cancel.cancel();
        cancel.enough();
        assert!(matches!(cancel.check(), Err(SearchError::Cancelled)) && cancel.is_cancelled());
    }

    #[test]
    fn scans_add_up_and_never_pass_their_ends() {
        let cancel = Cancel::new();
        let (one, two) = (Track::begin(&cancel, 2, 100), Track::begin(&cancel, 1, 10));
        one.file();
        one.events(150);
        two.events(4);
        assert_eq!(cancel.progress(), Progress { files: 1, files_total: 3, events: 104, events_total: 110, unreadable: 0 });
        two.finish();
        assert_eq!(cancel.progress(), Progress { files: 2, files_total: 3, events: 110, events_total: 110, unreadable: 0 });
    }
}

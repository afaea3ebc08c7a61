//! How it goes with object storage: for whoever looks after the machine.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vigie_kit::clock::Clock;
use vigie_model::time::Timestamp;
use vigie_objects::ObjectsError;

/// How it goes with the object storage that the files are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreStatus {
    /// Its address.
    pub address: String,
    /// Since when files cannot be sent; nothing while they can. Events stay in the log meanwhile.
    pub failing_since: Option<Timestamp>,
    /// What the last attempt failed with.
    pub problem: Option<ObjectsError>,
    /// When it last answered; nothing when it has not since the start.
    pub answered_at: Option<Timestamp>,
    /// Files of before there was object storage that are still on this machine only.
    pub waiting_files: u64,
    /// Files sent since the start.
    pub sent: u64,
    /// Bytes of those.
    pub sent_bytes: u64,
    /// Attempts to send that failed since the start.
    pub failed: u64,
    /// Bytes fetched since the start.
    pub fetched_bytes: u64,
    /// Bytes kept on this machine to be read faster.
    pub cached_bytes: u64,
    /// So many at most.
    pub cached_bytes_max: u64,
    /// Readings since the start that were served from this machine.
    pub cache_hits: u64,
    /// Readings since the start for which something was fetched.
    pub cache_misses: u64,
}

pub(super) struct State {
    clock: Arc<dyn Clock>,
    counts: Mutex<Counts>,
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) failing_since: Option<Timestamp>,
    pub(super) problem: Option<ObjectsError>,
    pub(super) answered_at: Option<Timestamp>,
    pub(super) waiting_files: u64,
    pub(super) sent: u64,
    pub(super) sent_bytes: u64,
    pub(super) failed: u64,
    pub(super) fetched_bytes: u64,
}

impl State {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, counts: Mutex::default() }
    }

    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how sending went, or asking whether it may go again.
    pub(super) fn note<T>(&self, asked: io::Result<T>) -> io::Result<T> {
        let mut counts = self.counts();
        match &asked {
            Ok(_) => {
                (counts.failing_since, counts.problem) = (None, None);
                counts.answered_at = Some(self.clock.now());
            }
            Err(error) => {
                counts.failed += 1;
                counts.problem = objects_error(error).cloned();
                if counts.failing_since.is_none() {
                    counts.failing_since = Some(self.clock.now());
                }
            }
        }
        asked
    }
}

/// What object storage said, within an error that was passed on.
fn objects_error(error: &io::Error) -> Option<&ObjectsError> {
    error.get_ref()?.downcast_ref()
}

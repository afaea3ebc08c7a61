//! Events as they come, for whoever watches.
//!
//! For eyes, not for duties: a watcher that does not keep up misses events and is told how many. What
//! must see every event asks for them by number ([`Lake::events_after`](crate::Lake::events_after)).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use vigie_model::event::StoredEvent;

/// Batches that wait for a watcher.
const WAITING_MAX: usize = 256;

/// A watcher's end. Dropping it ends the watch.
#[derive(Debug)]
pub struct Subscription {
    batches: Receiver<Arc<[StoredEvent]>>,
    missed: Arc<AtomicU64>,
}

/// Why no events came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoEvents {
    /// None came in time.
    #[error("no events came in time")]
    Timeout,
    /// The lake is closed: none will come.
    #[error("the lake is closed")]
    Closed,
}

impl Subscription {
    /// Waits for the next batch.
    ///
    /// # Errors
    /// [`NoEvents`] when none comes within `timeout`, or none will.
    pub fn next(&self, timeout: Duration) -> Result<Arc<[StoredEvent]>, NoEvents> {
        self.batches.recv_timeout(timeout).map_err(|error| match error {
            RecvTimeoutError::Timeout => NoEvents::Timeout,
            RecvTimeoutError::Disconnected => NoEvents::Closed,
        })
    }

    /// The next batch, if one is there.
    ///
    /// # Errors
    /// [`NoEvents`] when none is, or none will be.
    pub fn try_next(&self) -> Result<Arc<[StoredEvent]>, NoEvents> {
        self.batches.try_recv().map_err(|error| match error {
            TryRecvError::Empty => NoEvents::Timeout,
            TryRecvError::Disconnected => NoEvents::Closed,
        })
    }

    /// How many events this watcher missed because it did not keep up.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }
}

/// The watchers.
#[derive(Default)]
pub(crate) struct Live(Mutex<Vec<Watcher>>);

struct Watcher {
    batches: SyncSender<Arc<[StoredEvent]>>,
    missed: Arc<AtomicU64>,
}

impl Live {
    pub(crate) fn subscribe(&self) -> Subscription {
        let (sender, batches) = sync_channel(WAITING_MAX);
        let missed = Arc::<AtomicU64>::default();
        let watcher = Watcher { batches: sender, missed: Arc::clone(&missed) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(watcher);
        Subscription { batches, missed }
    }

    /// Shows a batch to the watchers; it is made only if there are any.
    pub(crate) fn show(&self, batch: impl FnOnce() -> Vec<StoredEvent>) {
        let mut watchers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if watchers.is_empty() {
            return;
        }
        let batch: Arc<[StoredEvent]> = batch().into();
        watchers.retain(|watcher| match watcher.batches.try_send(Arc::clone(&batch)) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                watcher.missed.fetch_add(batch.len() as u64, Ordering::Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        });
    }
}

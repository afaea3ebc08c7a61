//! What changes, told to whoever looks: the console's stream of server-sent events.
//!
//! Hints, not records: a page that misses one asks again. Nothing here is kept.

use std::sync::Arc;
use tokio::sync::broadcast;
use vigie_model::event::StoredEvent;

/// Messages that a slow listener may lag behind before it is told to ask again.
const BACKLOG: usize = 64;

/// Something changed.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Findings were found, fixed, reopened or decided about.
    Findings {
        /// How many.
        changed: u64,
    },
    /// Events arrived.
    Events(Arc<[StoredEvent]>),
    /// A source, a round or the data changed its state.
    System,
}

/// Tells of changes.
#[derive(Clone, Debug)]
pub(crate) struct Live(broadcast::Sender<Change>);

impl Default for Live {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Live {
    /// Tells everybody who listens. Nobody listening is the usual case.
    pub(crate) fn tell(&self, change: Change) {
        let _listeners = self.0.send(change);
    }

    /// Whether somebody listens.
    pub(crate) fn is_watched(&self) -> bool {
        self.0.receiver_count() > 0
    }

    /// Listens from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Change> {
        self.0.subscribe()
    }
}

//! Where records come from. One file or folder for each kind.
//!
//! Every source is a task that ends when it is told to, or when nobody receives any more. After a
//! refused batch it goes back to its last durable position where it has one, by the same path as at
//! its start.

pub mod file;
pub mod journald;
mod pump;
pub mod syslog;

pub(crate) use pump::{End, Feed, pump};

use crate::delivery::Outbox;
use crate::reader::Reader;
use crate::stats::SourceStats;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use vigie_kit::clock::Clock;

/// What every source is given.
pub(crate) struct Given {
    pub(crate) desk: Desk,
    pub(crate) outbox: Outbox,
    pub(crate) stop: Stop,
}

/// Where records become events and are counted.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) reader: Reader,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stats: Arc<SourceStats>,
}

/// Tells a task to end.
#[derive(Clone, Debug)]
pub(crate) struct Stop(watch::Receiver<bool>);

/// The pauses between attempts: from one second up to a minute.
#[derive(Debug)]
pub(crate) struct Pauses(Duration);

impl Stop {
    pub(crate) const fn new(stop: watch::Receiver<bool>) -> Self {
        Self(stop)
    }

    /// A stop that is never said while the first of the pair lives.
    pub(crate) fn never() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Waits until the task shall end.
    pub(crate) async fn stopped(&mut self) {
        // Whoever could say it is gone: that says it as well.
        drop(self.0.wait_for(|stop| *stop).await);
    }

    /// Waits a while; true when the task shall end.
    pub(crate) async fn stopped_within(&mut self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.stopped()).await.is_ok()
    }
}

impl Pauses {
    const MAX: Duration = Duration::from_secs(60);

    pub(crate) const fn new() -> Self {
        Self(Duration::from_secs(1))
    }

    /// The next pause, twice as long as the last.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = pause.saturating_mul(2).min(Self::MAX);
        pause
    }

    /// Something worked: begin again with the shortest.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }
}

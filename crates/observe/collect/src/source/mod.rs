//! Where records come from. One file or folder for each kind.
//!
//! Every source is a task that ends when it is told to, or when nobody receives any more. After a
//! refused batch it goes back to its last durable position where it has one, by the same path as at
//! its start.

pub(crate) mod accept;
mod allowed;
pub mod file;
pub mod flow;
pub mod forward;
pub mod gelf;
pub mod journald;
pub(crate) mod kafka;
pub(crate) mod nats;
pub(crate) mod objects;
mod pump;
pub mod syslog;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use allowed::Allowed;
pub(crate) use pump::{End, Feed, pump};

use crate::delivery::{Outbox, Undelivered};
use crate::reader::Reader;
use crate::state::SourceState;
use crate::stats::SourceStats;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use vigie_kit::clock::Clock;

/// How long a source waits at its end for what it has delivered.
pub(crate) const LEAVE_MAX: Duration = Duration::from_secs(5);

/// The first pause of a source that fetches from elsewhere.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 1_000 });

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

/// The pauses between attempts: each twice as long as the last, up to a minute.
#[derive(Clone, Debug)]
pub(crate) struct Pauses {
    first: Duration,
    next: Duration,
}

impl Given {
    /// The same again, for a task beside this one; with nothing out and no position.
    pub(crate) fn another(&self) -> Self {
        Self { desk: self.desk.clone(), outbox: self.outbox.another(), stop: self.stop.clone() }
    }

    /// Waits until it is known what became of the last batch, so that reading can begin again behind
    /// it; true when the task shall end.
    pub(crate) async fn stopped_before_settled(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.stop.stopped() => true,
            // Refused or not: the position says where to go on.
            settled = self.outbox.settle() => matches!(settled, Err(Undelivered::Closed)),
        }
    }

    /// Waits for the acknowledgement of the last batch, then says that the source has ended.
    pub(crate) async fn take_leave(mut self) {
        match tokio::time::timeout(LEAVE_MAX, self.outbox.settle()).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => {
                tracing::info!(source = %self.desk.stats.source(), %why, "the last batch is read again at the next start");
            }
            Err(_) => tracing::warn!(source = %self.desk.stats.source(), "the last batch was not acknowledged in time"),
        }
        self.desk.stats.set_state(SourceState::Stopped);
    }
}

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

    /// From one second on.
    pub(crate) const fn new() -> Self {
        Self::from(Duration::from_secs(1))
    }

    pub(crate) const fn from(first: Duration) -> Self {
        Self { first, next: first }
    }

    /// The next pause, twice as long as the last.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(Self::MAX);
        pause
    }

    /// The same, longer by up to a half: many that failed together do not come back together.
    pub(crate) fn next_uneven(&mut self) -> Duration {
        let mut random = [0];
        // Without randomness it is the pause itself.
        let share = if getrandom::fill(&mut random).is_ok() { u32::from(random[0]) } else { 0 };
        let pause = self.next();
        pause.saturating_add(pause.saturating_mul(share) / 512)
    }

    /// Something worked: begin again with the shortest.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

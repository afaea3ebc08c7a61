//! Follows one partition: fetches, goes on behind what it got, tries again.

use super::log::{Log, NotFetched, Taken};
use crate::source::{FIRST_PAUSE, Pauses};
use crate::state::SourceState;
use crate::stats::SourceStats;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Failures in a row after which, when all partitions fail, everything is connected anew.
const FAILURES_MAX: u32 = 4;

/// How long to wait after an empty answer: when the broker waited itself, and when many partitions take turns.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 100 });
const PAUSE_OF_MANY: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 1_000 });

/// Records of a partition and the place in memory they take.
pub(super) struct Fetched {
    pub(super) partition: i32,
    pub(super) records: Vec<Taken>,
    /// Given back when the records are events.
    pub(super) place: OwnedSemaphorePermit,
}

/// What followers of one topic share.
pub(super) struct Shared<L> {
    pub(super) log: L,
    /// Answers that may be held at once, by all partitions together.
    pub(super) places: Arc<Semaphore>,
    /// Whether there are so few partitions that each may wait at its broker.
    pub(super) few: bool,
    pub(super) sender: mpsc::Sender<Fetched>,
    pub(super) health: Health,
}

/// Which partitions fail, told as the state of the source.
pub(super) struct Health {
    stats: Arc<SourceStats>,
    what: String,
    partitions: usize,
    failing: Mutex<BTreeMap<i32, u32>>,
}

impl Health {
    pub(super) fn new(stats: Arc<SourceStats>, what: String, partitions: usize) -> Self {
        Self { stats, what, partitions, failing: Mutex::default() }
    }

    fn well(&self, partition: i32) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        if failing.remove(&partition).is_some() && failing.is_empty() {
            self.stats.set_state(SourceState::Running);
        }
    }

    /// Whether everything should be connected anew.
    fn fails(&self, partition: i32, why: &str) -> bool {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let times = failing.entry(partition).or_default();
        *times += 1;
        let often = *times >= FAILURES_MAX;
        let what = self.what.clone();
        self.stats.set_state(SourceState::Unreachable { what, why: format!("partition {partition}: {why}") });
        often && failing.len() == self.partitions
    }
}

/// Follows a partition from an offset on; ends when nobody listens, or when all should be connected anew.
pub(super) async fn follow<L: Log>(shared: Arc<Shared<L>>, partition: i32, mut next: i64) {
    let mut pauses = Pauses::from(FIRST_PAUSE);
    loop {
        let Ok(place) = shared.places.clone().acquire_owned().await else { return };
        let why = match shared.log.fetch(partition, next, shared.few).await {
            Ok(records) => {
                pauses.reset();
                shared.health.well(partition);
                let Some(last) = records.last() else {
                    // Nothing new, or only marks of transactions, which the next records will carry us past.
                    drop(place);
                    tokio::time::sleep(if shared.few { PAUSE } else { PAUSE_OF_MANY }).await;
                    continue;
                };
                next = last.offset.saturating_add(1);
                if shared.sender.send(Fetched { partition, records, place }).await.is_err() {
                    return;
                }
                continue;
            }
            Err(NotFetched::OutOfRange) => match shared.log.bounds(partition).await {
                Ok((first, _)) if first != next => {
                    next = passed(&shared.health, partition, next, first);
                    continue;
                }
                Ok(_) => "the oldest offset is out of range".to_owned(),
                Err(why) => why,
            },
            Err(NotFetched::Broken(why)) => why,
        };
        drop(place);
        if shared.health.fails(partition, &why) {
            return;
        }
        tokio::time::sleep(pauses.next_uneven()).await;
    }
}

/// The partition does not have what comes next: it goes on with the oldest it has. Rather twice than never.
fn passed(health: &Health, partition: i32, next: i64, first: i64) -> i64 {
    let source = health.stats.source();
    if next < first {
        let gone = first.saturating_sub(next);
        tracing::warn!(%source, partition, gone, "records were removed from the topic before they were read");
        health.stats.lost(gone.unsigned_abs());
    } else {
        tracing::warn!(%source, partition, next, "the topic ends before the stored position: it is another one, and read from its beginning");
    }
    first
}

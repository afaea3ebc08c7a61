//! What becomes of events that match: the newest are kept, or they are counted.

use super::{Cursor, Key, Place, Sink};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// Keeps the newest, up to a number.
pub(crate) struct Newest {
    limit: usize,
    /// The latest time of which any thread knows that nothing before it is wanted, in µs.
    floor: Arc<AtomicI64>,
    /// The oldest of those kept is on top.
    kept: BinaryHeap<Found>,
}

struct Found {
    key: Reverse<Key>,
    place: Place,
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Found {}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

impl Newest {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, floor: Arc::new(AtomicI64::new(i64::MIN)), kept: BinaryHeap::new() }
    }

    fn keep(&mut self, found: Found) {
        self.kept.push(found);
        if self.kept.len() > self.limit {
            self.kept.pop();
        }
        if let Some(oldest) = self.kept.peek().filter(|_| self.kept.len() >= self.limit) {
            self.floor.fetch_max(oldest.key.0.time.micros(), Relaxed);
        }
    }

    /// The kept ones, newest first, up to `limit`, and where the next page begins if there are more.
    pub(crate) fn page(self, limit: usize) -> (Vec<(Key, Place)>, Option<Cursor>) {
        let mut found: Vec<(Key, Place)> = self.kept.into_iter().map(|found| (found.key.0, found.place)).collect();
        found.sort_unstable_by_key(|(key, _)| Reverse(*key));
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(key, _)| Cursor(*key));
        (found, next)
    }
}

impl Sink for Newest {
    fn fork(&self) -> Self {
        Self { limit: self.limit, floor: Arc::clone(&self.floor), kept: BinaryHeap::new() }
    }

    fn join(&mut self, other: Self) {
        for found in other.kept {
            self.keep(found);
        }
    }

    fn floor(&self) -> Option<Key> {
        let full = self.kept.len() >= self.limit;
        let own = self.kept.peek().filter(|_| full).map(|found| found.key.0);
        // Of that very moment, any may still be wanted.
        let shared = Timestamp::from_micros(self.floor.load(Relaxed)).plus_micros(-1);
        let shared = Key { time: shared, id: EventId(u64::MAX) };
        if shared.time > Timestamp::MIN { own.max(Some(shared)) } else { own }
    }

    fn add(&mut self, key: Key, place: &dyn Fn() -> Place) {
        if !self.wants(key) || self.limit == 0 {
            return;
        }
        self.keep(Found { key: Reverse(key), place: place() });
    }

    fn add_all(&mut self, _first: Timestamp, _last: Timestamp, _count: u64) -> bool {
        false
    }
}

/// Counts.
#[derive(Default)]
pub(crate) struct Count(pub(crate) u64);

impl Sink for Count {
    fn fork(&self) -> Self {
        Self::default()
    }

    fn join(&mut self, other: Self) {
        self.0 += other.0;
    }

    fn floor(&self) -> Option<Key> {
        None
    }

    fn add(&mut self, _key: Key, _place: &dyn Fn() -> Place) {
        self.0 += 1;
    }

    fn add_all(&mut self, _first: Timestamp, _last: Timestamp, count: u64) -> bool {
        self.0 += count;
        true
    }
}

/// Gathers the numbers of events.
#[derive(Default)]
pub(crate) struct Ids(pub(crate) Vec<u64>);

impl Sink for Ids {
    fn fork(&self) -> Self {
        Self::default()
    }

    fn join(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    fn floor(&self) -> Option<Key> {
        None
    }

    fn add(&mut self, key: Key, _place: &dyn Fn() -> Place) {
        self.0.push(key.id.0);
    }

    fn add_all(&mut self, _first: Timestamp, _last: Timestamp, _count: u64) -> bool {
        false
    }
}

/// Counts by time.
pub(crate) struct Buckets {
    from: Timestamp,
    width: i64,
    pub(crate) counts: Vec<u64>,
}

impl Buckets {
    /// Buckets of a width in µs from a time on.
    pub(crate) fn new(from: Timestamp, width: i64, buckets: usize) -> Self {
        Self { from, width, counts: vec![0; buckets] }
    }

    fn place(&self, time: Timestamp) -> usize {
        usize::try_from(time.since(self.from) / self.width).unwrap_or_default().min(self.counts.len().saturating_sub(1))
    }
}

impl Sink for Buckets {
    fn fork(&self) -> Self {
        Self::new(self.from, self.width, self.counts.len())
    }

    fn join(&mut self, other: Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(count, more)| *count += more);
    }

    fn floor(&self) -> Option<Key> {
        None
    }

    fn add(&mut self, key: Key, _place: &dyn Fn() -> Place) {
        let place = self.place(key.time);
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
    }

    fn add_all(&mut self, first: Timestamp, last: Timestamp, count: u64) -> bool {
        let place = self.place(first);
        if place != self.place(last) {
            return false;
        }
        if let Some(bucket) = self.counts.get_mut(place) {
            *bucket += count;
        }
        true
    }
}

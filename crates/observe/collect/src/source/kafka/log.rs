//! What is asked of a topic, so that a test can stand in for the brokers.

use std::collections::BTreeSet;
use vigie_model::time::Timestamp;

/// One topic of a cluster.
pub(super) trait Log: Send + Sync + 'static {
    /// Its partitions; none when there is no such topic.
    fn partitions(&self) -> impl Future<Output = Result<Option<BTreeSet<i32>>, String>> + Send;

    /// The oldest offset that a partition still has, and the one behind its newest.
    fn bounds(&self, partition: i32) -> impl Future<Output = Result<(i64, i64), String>> + Send;

    /// Records from an offset on; waits a while for the first when there is none, where `wait` is said.
    fn fetch(&self, partition: i32, offset: i64, wait: bool) -> impl Future<Output = Result<Vec<Taken>, NotFetched>> + Send;
}

/// A record as the topic holds it.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    pub(super) offset: i64,
    pub(super) time: Option<Timestamp>,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
}

/// Why nothing was fetched.
#[derive(Debug)]
pub(super) enum NotFetched {
    /// The partition does not have this offset: retention took it away, or the topic is another one.
    OutOfRange,
    /// In the words of the client.
    Broken(String),
}

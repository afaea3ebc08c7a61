//! The lake as a whole.

mod compaction;
mod crash;
mod delta;
mod engines;
mod erasing;
mod holding;
mod keep;
mod oracle;
mod poison;
mod pruned;
mod pruning;
mod sealing;
mod start;
mod stores;
mod tenants;
mod using;

use crate::testing::at;
use crate::{Compaction, Lake, Settings};
use std::path::Path;
use std::sync::Arc;
use vigie_db::Db;
use vigie_model::time::Timestamp;
use vigie_testkit::FakeClock;

pub(crate) const NOON: &str = "2026-11-21T12:00:00Z";

/// Settings under which nothing is sealed by itself.
pub(crate) fn by_hand() -> Settings {
    let compaction = Compaction { every_seconds: 0, ..Compaction::default() };
    Settings { seal_events: u64::MAX, seal_after_seconds: u32::MAX, reserve_bytes: 0, compaction, ..Settings::default() }
}

pub(crate) fn clock() -> Arc<FakeClock> {
    Arc::new(FakeClock::at(NOON))
}

pub(crate) fn open(directory: &Path) -> Lake {
    open_with(directory, clock(), by_hand())
}

pub(crate) fn open_with(directory: &Path, clock: Arc<FakeClock>, settings: Settings) -> Lake {
    let db = Db::open(&directory.join("state.db")).unwrap();
    Lake::open(&directory.join("lake"), db, clock, settings).unwrap()
}

pub(crate) fn noon_plus(seconds: i64) -> Timestamp {
    at(NOON).plus_seconds(seconds)
}

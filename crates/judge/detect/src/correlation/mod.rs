//! Correlations: what several events mean together.
//!
//! Each correlation keeps the events of each group (the same source address, the same account) for
//! as long as its window and a stated lag ask for, in the time of the events. When its condition is
//! met it reports, and tells the correlations that look at it (chains).
//!
//! What always holds:
//!
//! - **Event time.** An event counts when it happened, not when it came; it may come [`Settings::late`]
//!   after younger events of its group. A time ahead of the receiver's clock by more than
//!   [`Settings::ahead`] counts as the time of receipt, so that one wrong clock moves no window.
//! - **Bounded, and never silently.** Groups and entries have named limits. Only what no window
//!   needs is let go without a word; when a limit is reached, or an event cannot be counted, a
//!   [`Notice`] says so. A group that is there is never pushed out by new ones.
//! - **Restart.** The state can be written and read back ([`snapshot`]) and goes on exactly.
//!
//! Specification: Sigma Correlation Rules 2.1.0. Where it leaves a choice: windows slide and are closed
//! at both ends; an event without a value for a `group-by` field belongs to no group (and is
//! reported); one event counts once however many of the rules it matched; events of one time
//! are in the order of arrival.

mod definition;
mod group;
mod link;
mod notice;
mod snapshot;
mod state;

pub(crate) use definition::{Condition, Definition, Kind};
pub(crate) use group::Counted;
pub(crate) use link::{Linked, RuleRef, link};
pub(crate) use notice::Notices;
pub use notice::{Notice, NoticeKind};
pub use snapshot::RestoreError;
pub(crate) use snapshot::{read, write};
pub(crate) use state::{Feed, State};

/// Most events kept for one group; also the highest count a rule may ask for.
pub const ENTRIES_PER_GROUP_MAX: usize = 10_000;
/// Most events kept for one correlation.
pub const ENTRIES_MAX: usize = 1_000_000;
/// Most groups of one correlation.
pub const GROUPS_MAX: usize = 100_000;
/// Longest time span of a correlation.
pub const TIMESPAN_SECONDS_MAX: i64 = 31 * 86_400;
/// Longest value that a group is made of, in bytes; longer ones are cut.
pub const KEY_BYTES_MAX: usize = 512;
/// Deepest chain of correlations.
pub const CHAIN_MAX: usize = 8;

/// What correlations may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long after younger events of its group an event may come, in microseconds.
    pub late: i64,
    /// How far ahead of the receiver's clock an event's time is believed, in microseconds.
    pub ahead: i64,
    /// See [`ENTRIES_PER_GROUP_MAX`].
    pub entries_per_group: usize,
    /// See [`ENTRIES_MAX`].
    pub entries: usize,
    /// See [`GROUPS_MAX`].
    pub groups: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            late: 10 * 60 * 1_000_000,
            ahead: 5 * 60 * 1_000_000,
            entries_per_group: ENTRIES_PER_GROUP_MAX,
            entries: ENTRIES_MAX,
            groups: GROUPS_MAX,
        }
    }
}

#[cfg(test)]
mod tests;

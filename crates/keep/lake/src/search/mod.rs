//! Answering questions: newest events first, counts, histograms.
//!
//! One way through the events for all of them ([`scan`]): the log's segments by record, the files by
//! row group, each skipped as a whole where its bounds, dictionaries or Bloom filters say that
//! nothing in it can match ([`prune`]). Conditions are tried on columns ([`columns`]); the record,
//! which is most of the bytes, is read only for rows that passed everything else, and whole events
//! only for those that are shown ([`fetch`]). A search holds one row group's columns and its answer.

mod by_id;
mod cancel;
mod columns;
mod completion;
mod fetch;
mod group;
mod keyed;
mod prune;
mod scan;
mod sequence;
mod sinks;
mod top;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use by_id::{ById, Followed};
pub use cancel::{Cancel, Progress};
pub use completion::Completions;
pub(crate) use completion::Gather;
pub(crate) use fetch::fetch;
pub(crate) use scan::{Question, Scan, Scanned};
pub(crate) use sequence::SequenceSearch;
pub use sequence::{FoundSequence, Sequences};
pub(crate) use sinks::{Buckets, Count, Ids, Newest};
pub(crate) use top::Tally;
pub use top::{Top, Value, Values};

use crate::codec::Malformed;
use crate::files::{FileError, OpenFile};
use crate::row::Row;
use crate::wal::{Entry, RecordError, Segment};
use arrow_buffer::BooleanBuffer;
use columns::Rows;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use vigie_db::DbError;
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// A stretch of event time: from one moment up to, but without, another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment in it.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

impl Window {
    /// All times; [`Timestamp::MAX`], which no clock shows, among them.
    #[must_use]
    pub const fn all() -> Self {
        Self { from: Timestamp::MIN, to: Timestamp::MAX }
    }

    /// The last moment in it.
    pub(crate) fn last(&self) -> Timestamp {
        if self.to == Timestamp::MAX { Timestamp::MAX } else { self.to.plus_micros(-1) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.from > self.last()
    }

    pub(crate) fn holds(&self, time: Timestamp) -> bool {
        self.from <= time && time <= self.last()
    }
}

/// The place of an event in the order of answers: by time, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) time: Timestamp,
    pub(crate) id: EventId,
}

/// Where a page of an answer ended. The next page goes on right behind it, whatever has arrived
/// since. Written as `time.id`, both as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(Key);

/// A text is not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the end of a page")]
pub struct NotACursor;

impl Cursor {
    /// The place of an event: what comes behind it is earlier.
    #[must_use]
    pub const fn at(event: &StoredEvent) -> Self {
        Self(Key { time: event.event.time, id: event.id })
    }

    pub(crate) const fn key(self) -> Key {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.time.micros(), self.0.id.0)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (time, id) = text.split_once('.').ok_or(NotACursor)?;
        let time = Timestamp::from_micros(time.parse().map_err(|_| NotACursor)?);
        Ok(Self(Key { time, id: EventId(id.parse().map_err(|_| NotACursor)?) }))
    }
}

/// A page of an answer, newest first.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Page {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Where the next page begins; nothing when this was the last.
    pub next: Option<Cursor>,
    /// How many events were looked at.
    pub examined: u64,
    /// Files and records that could not be read: what they hold is missing from the answer.
    pub unreadable: u64,
    /// Whether it was ended early: events may be missing, and there is no next page.
    pub partial: bool,
}

/// How many events there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counted {
    /// How many match.
    pub count: u64,
    /// Files and records that could not be read.
    pub unreadable: u64,
    /// Whether it was ended early: there are at least so many.
    pub partial: bool,
}

/// How many events there are by time.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Histogram {
    /// The width of a bucket in µs; the last may be narrower.
    pub width_micros: i64,
    /// How many events each bucket has, the earliest first.
    pub counts: Vec<u64>,
    /// Files and records that could not be read.
    pub unreadable: u64,
    /// Whether it was ended early: there are at least so many.
    pub partial: bool,
}

impl Histogram {
    /// Of nothing yet: so many buckets over a window.
    pub(crate) fn of(window: &Window, buckets: usize) -> Self {
        let buckets = buckets.clamp(1, crate::lake::PAGE_MAX);
        let count = i64::try_from(buckets).unwrap_or(i64::MAX);
        let width_micros = (window.to.since(window.from).max(1) - 1) / count + 1;
        Self { width_micros, counts: vec![0; buckets], ..Self::default() }
    }

    /// Counts something of the window.
    pub(crate) fn add(&mut self, window: &Window, time: Timestamp) {
        let place = usize::try_from(time.since(window.from) / self.width_micros.max(1)).unwrap_or_default();
        let place = place.min(self.counts.len().saturating_sub(1));
        if let Some(count) = self.counts.get_mut(place) {
            *count += 1;
        }
    }

    /// How many events all buckets have.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Why a search ends without an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SearchError {
    #[error("the search was cancelled")]
    Cancelled,
    /// It is to give what it has; seen by nobody outside of a scan.
    #[error("the search was ended early")]
    Enough,
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Where an event that was found is stored.
#[derive(Clone)]
pub(crate) enum Place {
    Log { segment: Arc<Segment>, entry: Entry },
    File { file: Arc<OpenFile>, group: usize, row: usize },
}

/// What becomes of the events that match. Several threads search at once, each into one of its own.
pub(crate) trait Sink: Send {
    /// An empty one for another thread.
    fn fork(&self) -> Self
    where
        Self: Sized;

    /// Takes what another one has.
    fn join(&mut self, other: Self)
    where
        Self: Sized;

    /// Events up to this key are not wanted (any more).
    fn floor(&self) -> Option<Key>;

    /// Takes an event.
    fn add(&mut self, key: Key, place: &dyn Fn() -> Place);

    /// Takes many events at once, of which only the bounds of their times are known; false when
    /// they must be shown one by one.
    fn add_all(&mut self, first: Timestamp, last: Timestamp, count: u64) -> bool;

    /// The values that it looks at, if it wants to see more of events than their keys: then it is given rows.
    fn values(&self) -> Option<&Values> {
        None
    }

    /// Takes an event of the log, when it looks at values.
    fn add_row(&mut self, _row: &dyn Row) {}

    /// Takes rows of a file that match, when it looks at values.
    fn add_rows(&mut self, _rows: &Rows<'_>, _matching: BooleanBuffer) -> Result<(), FileError> {
        Ok(())
    }

    /// Whether an event with this key is wanted.
    fn wants(&self, key: Key) -> bool {
        self.floor().is_none_or(|floor| key > floor)
    }

    /// Whether something no later than this is wanted.
    fn wants_until(&self, latest: Timestamp) -> bool {
        self.floor().is_none_or(|floor| latest.cmp(&floor.time) != Ordering::Less)
    }
}

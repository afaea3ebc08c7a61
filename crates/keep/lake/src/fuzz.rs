//! Entries for fuzzing: bytes that may come from a damaged disk.

use crate::codec::{BatchView, PathTable};
use crate::wal;
use vigie_model::ids::EventId;

/// Reads a segment of the log as a start does; gives the number of records and events found.
#[must_use]
pub fn segment(bytes: &[u8]) -> (usize, usize) {
    let payloads = wal::payloads(bytes);
    (payloads.len(), payloads.into_iter().map(batch).sum())
}

/// Reads a batch as a search does; gives the number of events found.
#[must_use]
pub fn batch(bytes: &[u8]) -> usize {
    let table = PathTable::current();
    let Ok(view) = BatchView::parse(bytes, &table) else { return 0 };
    view.events(EventId(1)).filter(|event| event.as_ref().is_ok_and(|event| event.to_event().is_ok())).count()
}

//! The lake's own bytes, read as if a stranger had written them: what fuzz targets call.
//!
//! Segments are read back after every stop from a disk that may have changed them, so reading them
//! must hold whatever the bytes are. Nothing else uses this, and nothing here is promised.

use crate::codec::{BatchView, PathTable, encode};
use crate::wal;
use crate::{Batch, Checkpoint, Query};
use vigie_model::ids::EventId;

/// Reads bytes as a segment of the log, as after a stop; gives the batches in its whole records. `end`
/// is the end of what was acknowledged, where a later segment tells it.
#[must_use]
pub fn segment(file: &[u8], end: Option<u64>) -> Vec<Batch> {
    let (table, payloads) = wal::fuzz::payloads(file, end);
    payloads.into_iter().filter_map(|payload| read(payload, &table)).collect()
}

/// A segment whose records have these payloads, whatever is in them.
#[must_use]
pub fn sealed(payloads: &[&[u8]]) -> Vec<u8> {
    wal::fuzz::sealed(payloads)
}

/// Reads a batch as it stands in a record; nothing when it is malformed.
#[must_use]
pub fn batch(payload: &[u8]) -> Option<Batch> {
    read(payload, &PathTable::current())
}

/// The batch as it stands in a record; nothing when it is too large for one.
#[must_use]
pub fn written(batch: &Batch) -> Option<Vec<u8>> {
    encode(batch).ok().map(|encoded| encoded.payload)
}

/// Which events of a written batch satisfy a query, asked of the bytes; nothing when they are malformed.
#[must_use]
pub fn matching(payload: &[u8], query: &Query) -> Option<Vec<bool>> {
    let table = PathTable::current();
    let view = BatchView::parse(payload, &table).ok()?;
    view.events(EventId(1)).map(|event| event.map(|event| query.expr().matches(&event))).collect::<Result<_, _>>().ok()
}

fn read(payload: &[u8], table: &PathTable) -> Option<Batch> {
    let view = BatchView::parse(payload, table).ok()?;
    let own = |(source, position): (&str, &[u8])| Checkpoint { source: source.to_owned(), position: position.to_vec() };
    let checkpoint = view.checkpoint().map(own);
    let events = view.events(EventId(1)).map(|event| event?.to_event()).collect::<Result<_, _>>().ok()?;
    Some(Batch { events, checkpoint })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, sign_in};

    #[test]
    fn a_segment_and_its_batches_are_read_as_written() {
        let event = sign_in(at("2026-11-21T08:00:00Z"), "web-1", "eva", "10.0.0.7");
        let checkpoint = Some(Checkpoint { source: "journald".to_owned(), position: vec![1] });
        let one = Batch { events: vec![event], checkpoint };
        let payload = written(&one).unwrap();
        let file = sealed(&[&payload, b"no batch", &payload]);
        assert_eq!(segment(&file, None), [one.clone(), one.clone()]);
        assert_eq!(batch(&payload), Some(one));
        assert_eq!(matching(&payload, &Query::parse("user:eva").unwrap()), Some(vec![true]));
    }
}

//! Reading whole events, and only those that are shown.

use super::{Key, Place, SearchError};
use crate::codec::BatchView;
use crate::files::{Columns, OpenFile, stored_events};
use crate::row::Row;
use crate::wal::{Entry, Segment};
use parquet::arrow::arrow_reader::RowSelection;
use std::collections::HashMap;
use std::sync::Arc;
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;

/// Rows of whole events read at once.
const BATCH_ROWS: usize = 256;

/// Rows of a row group that are shown.
struct GroupRows<'f> {
    file: &'f Arc<OpenFile>,
    group: usize,
    rows: Vec<usize>,
}

/// The events at these places, in the order in which they are given.
pub(crate) fn fetch(found: &[(Key, Place)]) -> Result<Vec<StoredEvent>, SearchError> {
    let mut events: HashMap<EventId, StoredEvent> = HashMap::with_capacity(found.len());
    let mut records: HashMap<(u64, u64), (&Arc<Segment>, &Entry)> = HashMap::new();
    let mut groups: Vec<GroupRows<'_>> = Vec::new();
    for (_, place) in found {
        match place {
            Place::Log { segment, entry } => {
                records.insert((segment.number(), entry.first_id), (segment, entry));
            }
            Place::File { file, group, row } => {
                match groups.iter_mut().find(|known| Arc::ptr_eq(known.file, file) && known.group == *group) {
                    Some(known) => known.rows.push(*row),
                    None => groups.push(GroupRows { file, group: *group, rows: vec![*row] }),
                }
            }
        }
    }
    let wanted: std::collections::HashSet<EventId> = found.iter().map(|(key, _)| key.id).collect();
    for (segment, entry) in records.into_values() {
        for event in read_record(segment, entry, usize::MAX, &|id| wanted.contains(&id))? {
            events.insert(event.id, event);
        }
    }
    for GroupRows { file, group, rows } in groups {
        for event in read_rows(file, group, rows)? {
            events.insert(event.id, event);
        }
    }
    Ok(found.iter().filter_map(|(key, _)| events.remove(&key.id)).collect())
}

/// The wanted events of a record, at most `max`.
pub(crate) fn read_record(
    segment: &Segment,
    entry: &Entry,
    max: usize,
    wanted: &dyn Fn(EventId) -> bool,
) -> Result<Vec<StoredEvent>, SearchError> {
    let mut buffer = Vec::new();
    let payload = segment.read_record(entry, &mut buffer)?;
    let view = BatchView::parse(payload, segment.table())?;
    let mut events = Vec::new();
    for event in view.events(EventId(entry.first_id)) {
        if events.len() >= max {
            break;
        }
        let event = event?;
        if wanted(event.id()) {
            events.push(StoredEvent { id: event.id(), event: event.to_event()? });
        }
    }
    Ok(events)
}

/// The events of these rows of a row group.
pub(crate) fn read_rows(file: &OpenFile, group: usize, mut rows: Vec<usize>) -> Result<Vec<StoredEvent>, SearchError> {
    rows.sort_unstable();
    rows.dedup();
    let runs = rows.chunk_by(|one, next| one + 1 == *next);
    let ranges = runs.filter_map(|run| Some(*run.first()?..*run.last()? + 1));
    let selection = RowSelection::from_consecutive_ranges(ranges, file.group_rows(group));
    let mut events = Vec::with_capacity(rows.len());
    for batch in file.read(group, &Columns::All, Some(selection), BATCH_ROWS)? {
        let batch = batch.map_err(|error| file.wrong()(error.into()))?;
        events.extend(stored_events(&batch, file.tenant()).map_err(|what| file.unexpected(what))?);
    }
    Ok(events)
}

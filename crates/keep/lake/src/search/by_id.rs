//! Events by their numbers: one, or all that follow one.

use super::SearchError;
use super::fetch::{read_record, read_rows};
use crate::catalogue::{Catalogue, FileRow};
use crate::files::{Columns, FileError, OpenFile, name};
use crate::open_files::OpenFiles;
use crate::wal::{Segment, Segments};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;

/// Where events are looked for.
pub(crate) struct ById<'s> {
    pub(crate) catalogue: &'s Catalogue,
    pub(crate) segments: &'s Segments,
    pub(crate) files: &'s OpenFiles,
    pub(crate) sealing: &'s LastSealing,
}

/// The places of one sealing's events by number: whoever catches up asks for them page by page.
#[derive(Default)]
pub(crate) struct LastSealing(Mutex<Option<Arc<Sealing>>>);

struct Sealing {
    sealed_through: u64,
    files: Vec<Arc<OpenFile>>,
    /// By number.
    places: Vec<(u64, RowPlace)>,
}

#[derive(Clone, Copy)]
struct RowPlace {
    file: u32,
    group: u32,
    row: u32,
}

impl ById<'_> {
    /// The event with a number.
    pub(crate) fn get(&self, id: EventId) -> Result<Option<StoredEvent>, SearchError> {
        let unsealed = self.segments.now();
        for segment in &unsealed.segments {
            let place = segment.place_after(id.0);
            if let Some(entry) = segment.entries(place).first().filter(|entry| entry.first_id <= id.0) {
                return Ok(read_record(segment, entry, 1, &|known| known == id)?.pop());
            }
        }
        for row in self.catalogue.with_id(id, unsealed.low_water)? {
            if let Some(event) = self.get_from(&row, id)? {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn get_from(&self, row: &FileRow, id: EventId) -> Result<Option<StoredEvent>, SearchError> {
        let file = self.files.open(row)?;
        let number = id.0.cast_signed();
        for group in 0..file.groups() {
            if file.bounds(group, name::ID).is_some_and(|(low, high)| number < low || high < number) {
                continue;
            }
            if let Some(row) = ids(&file, group)?.iter().position(|known| *known == id.0) {
                return Ok(read_rows(&file, group, vec![row])?.pop());
            }
        }
        Ok(None)
    }

    /// The events that follow a number, in order, at most `max`, and at least one if there is any.
    pub(crate) fn after(&self, id: EventId, max: usize) -> Result<Vec<StoredEvent>, SearchError> {
        let unsealed = self.segments.now();
        let mut from = id;
        loop {
            let rows = self.catalogue.first_after(from, unsealed.low_water)?;
            let Some(end) = rows.iter().map(|row| row.facts.ids.1).max() else { break };
            let events = self.sealed_after(&rows, from, max)?;
            if !events.is_empty() || max == 0 {
                return Ok(events);
            }
            // What is left of this sealing cannot be read, which was reported: go on behind it.
            from = end;
        }
        self.sealing.forget();
        let mut events = Vec::new();
        for segment in &unsealed.segments {
            append_after(segment, from, max, &mut events)?;
        }
        Ok(events)
    }

    fn sealed_after(&self, rows: &[FileRow], id: EventId, max: usize) -> Result<Vec<StoredEvent>, SearchError> {
        let sealing = self.sealing.of(rows, self.files)?;
        let start = sealing.places.partition_point(|(known, _)| *known <= id.0);
        let page = sealing.places.iter().skip(start).take(max);
        let mut groups: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (_, place) in page {
            groups.entry((place.file, place.group)).or_default().push(place.row as usize);
        }
        let mut events = Vec::new();
        for ((file, group), rows) in groups {
            if let Some(file) = sealing.files.get(file as usize) {
                events.append(&mut read_rows(file, group as usize, rows)?);
            }
        }
        events.sort_unstable_by_key(|event| event.id);
        Ok(events)
    }
}

impl LastSealing {
    fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn of(&self, rows: &[FileRow], files: &OpenFiles) -> Result<Arc<Sealing>, SearchError> {
        let sealed_through = rows.first().map_or(0, |row| row.sealed_through);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sealing) = kept.as_ref().filter(|sealing| sealing.sealed_through == sealed_through) {
            return Ok(Arc::clone(sealing));
        }
        let mut sealing = Sealing { sealed_through, files: Vec::new(), places: Vec::new() };
        for row in rows {
            if let Err(error) = files.open(row).and_then(|file| sealing.add(file)) {
                tracing::error!(path = row.path, %error, "a file of events cannot be read; they are left out");
            }
        }
        sealing.places.sort_unstable_by_key(|(id, _)| *id);
        let sealing = Arc::new(sealing);
        *kept = Some(Arc::clone(&sealing));
        Ok(sealing)
    }
}

impl Sealing {
    fn add(&mut self, file: Arc<OpenFile>) -> Result<(), FileError> {
        let place = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let mut places = Vec::new();
        for group in 0..file.groups() {
            let group_place = u32::try_from(group).unwrap_or(u32::MAX);
            let row_place = |row| RowPlace { file: place, group: group_place, row };
            places.extend(ids(&file, group)?.into_iter().zip(0..).map(|(id, row)| (id, row_place(row))));
        }
        self.places.append(&mut places);
        self.files.push(file);
        Ok(())
    }
}

/// The numbers of a row group's events, by row.
fn ids(file: &OpenFile, group: usize) -> Result<Vec<u64>, FileError> {
    let mut ids = Vec::with_capacity(file.group_rows(group));
    for batch in file.read(group, &Columns::Lookup(&[name::ID]), None, BATCH_ROWS)? {
        let batch = batch.map_err(|error| file.wrong()(error.into()))?;
        let column = batch.column_by_name(name::ID).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let column = column.ok_or_else(|| file.unexpected(name::ID))?;
        ids.extend(column.values().iter().map(|id| id.cast_unsigned()));
    }
    Ok(ids)
}

const BATCH_ROWS: usize = 16_384;

fn append_after(segment: &Segment, id: EventId, max: usize, events: &mut Vec<StoredEvent>) -> Result<(), SearchError> {
    let mut place = segment.place_after(id.0);
    while events.len() < max {
        let entries = segment.entries(place);
        if entries.is_empty() {
            return Ok(());
        }
        for entry in &entries {
            if events.len() >= max {
                return Ok(());
            }
            match read_record(segment, entry, max - events.len(), &|known| known > id) {
                Ok(mut found) => events.append(&mut found),
                Err(error @ (SearchError::Record(_) | SearchError::Malformed(_))) => {
                    tracing::error!(first_id = entry.first_id, %error, "a record of the log cannot be read; it is left out");
                }
                Err(error) => return Err(error),
            }
        }
        place += entries.len();
    }
    Ok(())
}

//! Events by their numbers: one, or all that follow one.

use super::SearchError;
use super::fetch::{read_record, read_rows};
use super::view::View;
use crate::catalogue::{Catalogue, FileRow};
use crate::files::{Columns, FileError, OpenFile, name};
use crate::open_files::OpenFiles;
use crate::wal::{Segment, Segments};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;

/// Where events are looked for.
pub(crate) struct ById<'s> {
    pub(crate) catalogue: &'s Catalogue,
    pub(crate) segments: &'s Segments,
    pub(crate) files: &'s OpenFiles,
    pub(crate) followed: &'s Followed,
}

/// What whoever follows the events needs: they ask page by page.
#[derive(Default)]
pub(crate) struct Followed {
    block: Mutex<Option<Arc<Block>>>,
    /// One more than the last number that somebody has got to; 0 while nobody follows.
    reached: AtomicU64,
}

/// The places of a stretch of numbers, wherever their events are: sealings lie in files by class and
/// day, merged files by host.
struct Block {
    /// The first number and the last.
    numbers: (u64, u64),
    /// The numbers of the files that it was made of.
    made_of: BTreeSet<i64>,
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

/// How many numbers a block is for: about six megabytes of places.
const BLOCK: u64 = 1 << 18;

impl ById<'_> {
    /// The event with a number.
    pub(crate) fn get(&self, id: EventId) -> Result<Option<StoredEvent>, SearchError> {
        let view = View::now(self.catalogue, self.segments)?;
        for segment in &view.unsealed.segments {
            let place = segment.place_after(id.0);
            if let Some(entry) = segment.entries(place).first().filter(|entry| entry.first_id <= id.0) {
                return Ok(read_record(segment, entry, 1, &|known| known == id)?.pop());
            }
        }
        for row in view.with_ids(id, id) {
            if let Some(event) = self.get_from(row, id)? {
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

    /// The events that follow a number, in order, at most `max`.
    pub(crate) fn after(&self, id: EventId, max: usize) -> Result<Vec<StoredEvent>, SearchError> {
        self.followed.reached.fetch_max(id.0.saturating_add(1), Ordering::Relaxed);
        let view = View::now(self.catalogue, self.segments)?;
        let mut events = Vec::new();
        let mut next = id.0.saturating_add(1);
        while events.len() < max {
            let rest = view.with_ids(EventId(next), EventId(u64::MAX));
            let Some(first) = rest.map(|row| row.facts.ids.0.0).min() else { break };
            let first = first.max(next);
            let last = first | (BLOCK - 1);
            self.sealed_between(&view, (first, last), max, &mut events)?;
            // What cannot be read was reported: whoever follows goes on behind it.
            next = last.saturating_add(1);
        }
        if events.len() < max {
            self.followed.forget();
            for segment in &view.unsealed.segments {
                append_after(segment, id, max, &mut events)?;
            }
        }
        Ok(events)
    }

    /// Adds the events in files with numbers from `first` to `last`, up to `max` in all.
    fn sealed_between(
        &self,
        view: &View,
        (first, last): (u64, u64),
        max: usize,
        events: &mut Vec<StoredEvent>,
    ) -> Result<(), SearchError> {
        let block = self.followed.block(view, (first, last), self.files);
        let start = block.places.partition_point(|(known, _)| *known < first);
        let page = block.places.iter().skip(start).take_while(|(known, _)| *known <= last).take(max - events.len());
        let mut groups: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (_, place) in page {
            groups.entry((place.file, place.group)).or_default().push(place.row as usize);
        }
        let mut found = Vec::new();
        for ((file, group), rows) in groups {
            if let Some(file) = block.files.get(file as usize) {
                found.append(&mut read_rows(file, group as usize, rows)?);
            }
        }
        found.sort_unstable_by_key(|event| event.id);
        events.append(&mut found);
        Ok(())
    }
}

impl Followed {
    /// The number that those who follow have got to; nothing while nobody does.
    pub(crate) fn reached(&self) -> Option<EventId> {
        self.reached.load(Ordering::Relaxed).checked_sub(1).map(EventId)
    }

    /// Lets go of files.
    pub(crate) fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> MutexGuard<'_, Option<Arc<Block>>> {
        self.block.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block that has the numbers from `first` on: the one in use, or a new one.
    fn block(&self, view: &View, (first, last): (u64, u64), files: &OpenFiles) -> Arc<Block> {
        let mut kept = self.kept();
        if let Some(block) = kept.as_ref().filter(|block| block.has((first, last), view)) {
            return Arc::clone(block);
        }
        // From here on only: whoever follows has passed what lies before, and its files stay closed.
        let mut block = Block { numbers: (first, last), made_of: BTreeSet::new(), files: Vec::new(), places: Vec::new() };
        for row in view.with_ids(EventId(first), EventId(last)) {
            block.made_of.insert(row.number);
            if let Err(error) = files.open(row).and_then(|file| block.add(file)) {
                tracing::error!(path = row.path, %error, "a file of events cannot be read; they are left out");
            }
        }
        block.places.sort_unstable_by_key(|(id, _)| *id);
        let block = Arc::new(block);
        *kept = Some(Arc::clone(&block));
        block
    }
}

impl Block {
    /// Whether all of these numbers are in it that there are in files.
    fn has(&self, (first, last): (u64, u64), view: &View) -> bool {
        let known = view.with_ids(EventId(first), EventId(last)).all(|row| self.made_of.contains(&row.number));
        known && self.numbers.0 <= first && last <= self.numbers.1
    }

    fn add(&mut self, file: Arc<OpenFile>) -> Result<(), FileError> {
        let place = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let mut places = Vec::new();
        for group in 0..file.groups() {
            if self.is_outside(file.bounds(group, name::ID)) {
                continue;
            }
            let group_place = u32::try_from(group).unwrap_or(u32::MAX);
            let numbered = ids(&file, group)?.into_iter().zip(0..);
            let inside = numbered.filter(|(id, _)| self.numbers.0 <= *id && *id <= self.numbers.1);
            places.extend(inside.map(|(id, row)| (id, RowPlace { file: place, group: group_place, row })));
        }
        self.places.append(&mut places);
        self.files.push(file);
        Ok(())
    }

    fn is_outside(&self, bounds: Option<(i64, i64)>) -> bool {
        let number = |id: i64| id.cast_unsigned();
        bounds.is_some_and(|(low, high)| number(high) < self.numbers.0 || self.numbers.1 < number(low))
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

//! The events of one step of a sequence: when they were, and what they are joined by.

use super::columns::{Column, Rows};
use super::{Key, Place, Sink, Values, top};
use crate::files::{FileError, name};
use crate::query::{Target, folded};
use crate::row::{Part, Row};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, Int32Array};
use arrow_buffer::BooleanBuffer;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// Most keys of one event: what several lists of values multiply to.
const KEYS_OF_EVENT_MAX: usize = 16;

/// An event and one thing that it is joined by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    pub(super) time: i64,
    pub(super) id: u64,
    pub(super) key: u32,
}

/// Keys by number. What differs only by case is one.
#[derive(Default)]
pub(super) struct Keys {
    numbers: HashMap<Box<str>, u32>,
    /// As they were written where they were met first, values separated by [`BETWEEN`].
    written: Vec<Box<str>>,
}

/// Separates the values of a key; in no value that a person would join by.
const BETWEEN: char = '\u{1f}';

impl Keys {
    /// The number of a key.
    pub(super) fn number(&mut self, written: &str) -> u32 {
        let folded = folded(written);
        if let Some(number) = self.numbers.get(folded.as_str()) {
            return *number;
        }
        let number = u32::try_from(self.written.len()).unwrap_or(u32::MAX);
        self.numbers.insert(folded.into(), number);
        self.written.push(written.into());
        number
    }

    /// The values of a key.
    pub(super) fn values(&self, key: u32) -> Vec<String> {
        let written = self.written.get(key as usize).map_or("", |written| written);
        written.split(BETWEEN).map(str::to_owned).collect()
    }

    /// The keys as they were written, by number.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.written.iter().map(|written| &**written)
    }
}

/// Gathers the events of a step, up to a number that all threads and steps share.
pub(super) struct Gathering<'s> {
    by: &'s [Vec<Target>],
    looked: Values,
    /// How many more may be held.
    room: Arc<AtomicUsize>,
    pub(super) full: bool,
    pub(super) keys: Keys,
    pub(super) matches: Vec<Match>,
}

impl<'s> Gathering<'s> {
    pub(super) fn new(by: &'s [Vec<Target>], room: Arc<AtomicUsize>) -> Self {
        let places = by.iter().flatten().cloned().chain([Target::Id, Target::Time]);
        let looked = Values::at(places.collect());
        Self { by, looked, room, full: false, keys: Keys::default(), matches: Vec::new() }
    }

    fn hold(&mut self, time: i64, id: u64, key: u32) {
        let took = self.room.fetch_update(Relaxed, Relaxed, |room| room.checked_sub(1));
        if took.is_err() {
            self.full = true;
        } else {
            self.matches.push(Match { time, id, key });
        }
    }

    /// Holds an event under every key that its values make.
    fn hold_all(&mut self, time: i64, id: u64, values: &[Vec<String>]) {
        let mut keys = vec![String::new()];
        for (values, place) in values.iter().zip(0..) {
            let longer = keys.iter().flat_map(|key| {
                values.iter().map(move |value| if place == 0 { value.clone() } else { format!("{key}{BETWEEN}{value}") })
            });
            keys = longer.take(KEYS_OF_EVENT_MAX).collect();
        }
        for key in keys {
            let key = self.keys.number(&key);
            self.hold(time, id, key);
        }
    }

    /// Holds the rows of a batch that are joined by one name: by the first of its places that has a value.
    fn add_by_one(
        &mut self,
        places: &[Target],
        rows: &Rows<'_>,
        matching: &BooleanBuffer,
        (times, ids): (&[i64], &[i64]),
    ) -> Result<(), FileError> {
        let mut columns = Vec::with_capacity(places.len());
        for place in places {
            let column = rows.column_of(place)?;
            // Each value of a dictionary is numbered once.
            let numbers = if let Column::Texts { values, .. } = &column { vec![None; values.len()] } else { Vec::new() };
            columns.push((column, numbers));
        }
        for row in matching.set_indices() {
            let (time, id) = (times[row], ids[row].cast_unsigned());
            for (column, numbers) in &mut columns {
                if self.add_of(column, numbers, row, (time, id)) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Holds a row by its values in a column; says whether it has some.
    fn add_of(&mut self, column: &Column<'_>, numbers: &mut [Option<u32>], row: usize, (time, id): (i64, u64)) -> bool {
        match column {
            Column::Texts { keys, values } => {
                let Some(key) = key_of(keys, row) else { return false };
                let text = values.value(key);
                if text.is_empty() {
                    return false;
                }
                let number = match numbers.get_mut(key) {
                    Some(known) => *known.get_or_insert_with(|| self.keys.number(text)),
                    None => self.keys.number(text),
                };
                self.hold(time, id, number);
                true
            }
            Column::Parts(visit) => {
                let mut had = false;
                visit(row, &mut |part| {
                    if let Some(text) = written(part) {
                        let number = self.keys.number(&text);
                        self.hold(time, id, number);
                        had = true;
                    }
                    false
                });
                had
            }
            Column::One(text) => {
                let number = self.keys.number(text);
                self.hold(time, id, number);
                true
            }
            Column::None => false,
        }
    }
}

/// A value as keys hold it.
fn written(part: Part<'_>) -> Option<String> {
    match part {
        Part::Text("") => None,
        Part::Text(text) => Some(text.to_owned()),
        Part::Integer(number) => Some(number.to_string()),
        Part::Boolean(truth) => Some(truth.to_string()),
    }
}

impl Sink for Gathering<'_> {
    fn fork(&self) -> Self {
        Self::new(self.by, Arc::clone(&self.room))
    }

    fn join(&mut self, other: Self) {
        self.full |= other.full;
        let renumbered: Vec<u32> = other.keys.written.iter().map(|written| self.keys.number(written)).collect();
        let renumber = |it: Match| Match { key: renumbered.get(it.key as usize).copied().unwrap_or(u32::MAX), ..it };
        self.matches.extend(other.matches.into_iter().map(renumber));
    }

    /// When there is no more room, nothing is wanted any more.
    fn floor(&self) -> Option<Key> {
        self.full.then_some(Key { time: Timestamp::from_micros(i64::MAX), id: EventId(u64::MAX) })
    }

    fn add(&mut self, _key: Key, _place: &dyn Fn() -> Place) {}

    fn add_all(&mut self, _first: Timestamp, _last: Timestamp, _count: u64) -> bool {
        false
    }

    fn values(&self) -> Option<&Values> {
        Some(&self.looked)
    }

    fn add_row(&mut self, row: &dyn Row) {
        let mut all = Vec::with_capacity(self.by.len());
        for places in self.by {
            let mut values = Vec::new();
            for place in places {
                top::each_part(place, row, &mut |part| {
                    values.extend(written(part));
                    false
                });
                if !values.is_empty() {
                    break;
                }
            }
            if values.is_empty() {
                return;
            }
            all.push(values);
        }
        self.hold_all(row.time().micros(), row.id().0, &all);
    }

    fn add_rows(&mut self, rows: &Rows<'_>, matching: BooleanBuffer) -> Result<(), FileError> {
        let column = |name| rows.batch.column_by_name(name);
        let times = column(name::TIME).and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        let ids = column(name::ID).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let (Some(times), Some(ids)) = (times, ids) else { return Err(rows.file.unexpected(name::TIME)) };
        let (times, ids) = (times.values(), ids.values());
        if let [places] = self.by {
            return self.add_by_one(places, rows, &matching, (times, ids));
        }
        let mut columns = Vec::with_capacity(self.by.len());
        for places in self.by {
            columns.push(places.iter().map(|place| rows.column_of(place)).collect::<Result<Vec<_>, _>>()?);
        }
        'rows: for row in matching.set_indices() {
            let mut all = Vec::with_capacity(columns.len());
            for places in &columns {
                let values = places.iter().map(|column| of_row(column, row)).find(|values| !values.is_empty());
                let Some(values) = values else { continue 'rows };
                all.push(values);
            }
            self.hold_all(times[row], ids[row].cast_unsigned(), &all);
        }
        Ok(())
    }
}

/// The place of a row's value in the dictionary.
fn key_of(keys: &Int32Array, row: usize) -> Option<usize> {
    keys.is_valid(row).then(|| usize::try_from(keys.value(row)).ok()).flatten()
}

/// The values that a row has in a column.
fn of_row(column: &Column<'_>, row: usize) -> Vec<String> {
    match column {
        Column::Texts { keys, values } => {
            let text = key_of(keys, row).map(|key| values.value(key)).filter(|text| !text.is_empty());
            text.map(str::to_owned).into_iter().collect()
        }
        Column::Parts(visit) => {
            let mut found = Vec::new();
            visit(row, &mut |part| {
                found.extend(written(part));
                false
            });
            found
        }
        Column::One(text) => vec![(*text).to_owned()],
        Column::None => Vec::new(),
    }
}

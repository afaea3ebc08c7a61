//! The values of a name, or the names of values beyond the schema, that begin with what somebody has typed.
//!
//! Looks through the newest events first and takes what it meets until it is told that this is enough: an offer, never a
//! count to rely on.

use super::columns::{Column, Rows};
use super::{Key, Place, Sink, Value, Values};
use crate::files::FileError;
use crate::query::folded;
use crate::row::{Part, Row};
use arrow_array::{Array, Int32Array, StringArray};
use arrow_buffer::BooleanBuffer;
use std::collections::HashMap;
use vigie_model::time::Timestamp;

/// Different values that are gathered at once; those met later are left out.
const GATHERED_MAX: usize = 20_000;
/// Longest value that is offered, in bytes: what is longer nobody types.
const VALUE_BYTES_MAX: usize = 256;

/// Values to go on with.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Completions {
    /// The values, the most frequent first; counts are of the events that were looked at.
    pub values: Vec<Value>,
    /// Whether not all events of the window were looked at, or more values were met than could be gathered.
    pub partial: bool,
}

/// Gathers values, or names, with a beginning.
pub(crate) struct Gather<'v> {
    of: &'v Values,
    /// Whether the names of unmapped values are gathered instead of values.
    names: bool,
    /// Folded, as all comparing of texts is.
    prefix: Box<str>,
    met: HashMap<Box<str>, u64>,
    full: bool,
}

impl<'v> Gather<'v> {
    pub(crate) fn new(of: &'v Values, prefix: &str) -> Self {
        Self { of, names: false, prefix: folded(prefix).into(), met: HashMap::new(), full: false }
    }

    /// Gathers the names of unmapped values instead, where `of` is those values.
    pub(crate) fn names(of: &'v Values, prefix: &str) -> Self {
        Self { names: true, ..Self::new(of, prefix) }
    }

    /// The answer, with at most so many values.
    pub(crate) fn completions(self, limit: usize, partial: bool) -> Completions {
        let mut values: Vec<Value> =
            self.met.into_iter().map(|(value, count)| Value { value: value.into_string(), count }).collect();
        values.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        let partial = partial || self.full;
        values.truncate(limit);
        Completions { values, partial }
    }

    fn text(&mut self, text: &str, count: u64) {
        if let Some(known) = self.met.get_mut(text) {
            *known += count;
        } else if !text.is_empty() && text.len() <= VALUE_BYTES_MAX && folded(text).starts_with(&*self.prefix) {
            if self.met.len() < GATHERED_MAX {
                self.met.insert(text.into(), count);
            } else {
                self.full = true;
            }
        }
    }

    /// Takes a value; never says that it was taken, so that all of an event are shown.
    fn part(&mut self, part: Part<'_>) -> bool {
        match part {
            Part::Text(text) => self.text(text, 1),
            Part::Integer(number) => self.text(&number.to_string(), 1),
            Part::Boolean(truth) => self.text(if truth { "true" } else { "false" }, 1),
        }
        false
    }

    fn dictionary(&mut self, rows: &BooleanBuffer, keys: &Int32Array, values: &StringArray) {
        let mut counts = vec![0_u64; values.len()];
        for row in rows.set_indices().filter(|row| keys.is_valid(*row)) {
            if let Some(count) = usize::try_from(keys.value(row)).ok().and_then(|key| counts.get_mut(key)) {
                *count += 1;
            }
        }
        for (key, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            self.text(values.value(key), count);
        }
    }
}

impl Sink for Gather<'_> {
    fn fork(&self) -> Self {
        Self { of: self.of, names: self.names, prefix: self.prefix.clone(), met: HashMap::new(), full: false }
    }

    fn join(&mut self, other: Self) {
        self.full |= other.full;
        other.met.into_iter().for_each(|(value, count)| self.text(&value, count));
    }

    fn floor(&self) -> Option<Key> {
        None
    }

    fn add(&mut self, _key: Key, _place: &dyn Fn() -> Place) {}

    fn add_all(&mut self, _first: Timestamp, _last: Timestamp, _count: u64) -> bool {
        false
    }

    fn values(&self) -> Option<&Values> {
        Some(self.of)
    }

    fn add_row(&mut self, row: &dyn Row) {
        if self.names {
            row.visit_unmapped(&mut |name, _| {
                self.text(name, 1);
                false
            });
            return;
        }
        let of = self.of;
        for place in of.places() {
            super::top::each_part(place, row, &mut |part| self.part(part));
        }
    }

    fn add_rows(&mut self, rows: &Rows<'_>, matching: BooleanBuffer) -> Result<(), FileError> {
        if self.names {
            return rows.each_unmapped_name(&matching, &mut |name| self.text(name, 1));
        }
        for place in self.of.places() {
            match rows.column_of(place)? {
                Column::Texts { keys, values } => self.dictionary(&matching, keys, values),
                Column::Parts(visit) => {
                    for row in matching.set_indices() {
                        visit(row, &mut |part| self.part(part));
                    }
                }
                Column::One(text) => self.text(text, matching.count_set_bits() as u64),
                Column::None => {}
            }
        }
        Ok(())
    }
}

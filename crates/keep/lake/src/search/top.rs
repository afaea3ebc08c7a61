//! The values that occur most among the events that match.
//!
//! A value is counted under the first place of its name that has one: `user` asks who acted before whom it was done
//! to. Of files, columns are counted by their dictionaries. What is counted is bounded: when there are too many
//! different values, the rarest are forgotten, and the answer says by how much any count may be too low (lossy
//! counting, Manku and Motwani 2002).

use super::columns::{Column, Rows};
use super::{Key, Place, Sink};
use crate::files::{FileError, OpenFile};
use crate::query::{QueryError, Target, folded, places};
use crate::row::{Part, Row};
use arrow_array::{Array, Int32Array, StringArray};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use foldhash::fast::RandomState;
use std::collections::{BTreeSet, HashMap};
use vigie_model::event::Label;
use vigie_model::time::Timestamp;

/// Different values that are counted at once.
const VALUES_MAX: usize = 200_000;
/// Longest part of a value that tells it from others, in bytes.
const VALUE_BYTES_MAX: usize = 512;

/// A name of the query language whose values are counted.
#[derive(Clone, Debug)]
pub struct Values {
    name: String,
    places: Vec<Target>,
}

/// The values that occur most.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Top {
    /// The values, the most frequent first; equal ones in the order of their letters.
    pub values: Vec<Value>,
    /// How many different values there are; at least, when some were forgotten.
    pub different: u64,
    /// Events with a value that is not among those shown.
    pub others: u64,
    /// Events that have none.
    pub without: u64,
    /// By how much a count may be too low because rare values were forgotten on the way; 0 when all are exact.
    pub uncertain: u64,
    /// Files and records that could not be read.
    pub unreadable: u64,
    /// Whether it was ended early: counts are at least these.
    pub partial: bool,
}

/// A value and how many events have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value, as a query writes it behind the name.
    pub value: String,
    /// How many events have it.
    pub count: u64,
}

impl Values {
    /// The values of a name: an OCSF path, a short name, a label, `unmapped.NAME`.
    ///
    /// # Errors
    /// [`QueryError`] for a name that nobody knows, and for the record itself.
    pub fn of(name: &str) -> Result<Self, QueryError> {
        Ok(Self { name: name.to_owned(), places: places(name)? })
    }

    /// All values that the schema has no field for.
    pub(crate) fn unmapped() -> Self {
        Self::at(vec![Target::Unmapped(None)])
    }

    /// The values of these places.
    pub(super) const fn at(places: Vec<Target>) -> Self {
        Self { name: String::new(), places }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The places, in the order in which they are looked at.
    pub(super) fn places(&self) -> &[Target] {
        &self.places
    }

    /// The columns of a file that have them.
    pub(super) fn columns(&self, file: &OpenFile, columns: &mut BTreeSet<&'static str>) {
        self.places.iter().for_each(|place| super::columns::wanted_of(place, file, columns));
    }
}

/// Counts values.
pub(crate) struct Tally<'v> {
    of: &'v Values,
    texts: HashMap<Box<str>, u64, RandomState>,
    numbers: HashMap<i64, u64, RandomState>,
    events: u64,
    without: u64,
    forgotten: u64,
    uncertain: u64,
}

impl<'v> Tally<'v> {
    pub(crate) fn new(of: &'v Values) -> Self {
        Self { of, texts: HashMap::default(), numbers: HashMap::default(), events: 0, without: 0, forgotten: 0, uncertain: 0 }
    }

    /// The answer, with at most so many values.
    pub(crate) fn top(self, limit: usize) -> Top {
        let numbers = self.numbers.into_iter().map(|(number, count)| (number.to_string(), count));
        let texts = self.texts.into_iter().map(|(text, count)| (text.into_string(), count));
        let mut values: Vec<Value> = texts.chain(numbers).map(|(value, count)| Value { value, count }).collect();
        let different = values.len() as u64 + self.forgotten;
        values.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        values.truncate(limit);
        let shown: u64 = values.iter().map(|value| value.count).sum();
        let others = (self.events - self.without).saturating_sub(shown);
        Top { values, different, others, without: self.without, uncertain: self.uncertain, ..Top::default() }
    }

    fn text(&mut self, text: &str, count: u64) {
        let text = text.get(..text.floor_char_boundary(VALUE_BYTES_MAX)).unwrap_or(text);
        match self.texts.get_mut(text) {
            Some(known) => *known += count,
            None => drop(self.texts.insert(text.into(), count)),
        }
    }

    fn number(&mut self, number: i64, count: u64) {
        *self.numbers.entry(number).or_default() += count;
    }

    /// Forgets the rarest values when there are too many.
    fn stay_small(&mut self) {
        while self.texts.len() + self.numbers.len() > VALUES_MAX {
            self.uncertain += 1;
            let before = self.texts.len() + self.numbers.len();
            let bar = self.uncertain;
            self.texts.retain(|_, count| *count > bar);
            self.numbers.retain(|_, count| *count > bar);
            self.forgotten += (before - self.texts.len() - self.numbers.len()) as u64;
        }
    }

    /// Counts one part of an event that is looked at by itself; says that it has a value.
    fn part(&mut self, part: Part<'_>) -> bool {
        match part {
            Part::Text("") => return false,
            Part::Text(text) => self.text(text, 1),
            Part::Integer(number) => self.number(number, 1),
            Part::Boolean(truth) => self.text(if truth { "true" } else { "false" }, 1),
        }
        true
    }

    /// Counts by the dictionary of a column; says which rows have a value.
    fn dictionary(&mut self, rows: &BooleanBuffer, keys: &Int32Array, values: &StringArray) -> BooleanBuffer {
        let mut counts = vec![0_u64; values.len()];
        let empty: Vec<bool> = (0..values.len()).map(|key| values.value(key).is_empty()).collect();
        let mut had = BooleanBufferBuilder::new(rows.len());
        had.append_n(rows.len(), false);
        for row in rows.set_indices().filter(|row| keys.is_valid(*row)) {
            let key = usize::try_from(keys.value(row)).unwrap_or_default();
            if let Some(count) = counts.get_mut(key)
                && empty.get(key) == Some(&false)
            {
                *count += 1;
                had.set_bit(row, true);
            }
        }
        for (key, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            self.text(values.value(key), count);
        }
        had.finish()
    }

    /// Counts row by row; says which rows have a value.
    fn each(&mut self, rows: &BooleanBuffer, mut count: impl FnMut(&mut Self, usize) -> bool) -> BooleanBuffer {
        let mut had = BooleanBufferBuilder::new(rows.len());
        had.append_n(rows.len(), false);
        for row in rows.set_indices() {
            if count(self, row) {
                had.set_bit(row, true);
            }
        }
        had.finish()
    }

    fn place(&mut self, place: &Target, row: &dyn Row) -> bool {
        let mut had = false;
        each_part(place, row, &mut |part| {
            had |= self.part(part);
            false
        });
        had
    }
}

/// Shows the values that an event has at a place until one is taken; says whether one was.
pub(super) fn each_part(place: &Target, row: &dyn Row, visit: &mut dyn FnMut(Part<'_>) -> bool) -> bool {
    match place {
        Target::Field(field) => row.visit(*field, visit),
        Target::Class => visit(Part::Text(row.class().name())),
        Target::Activity => visit(Part::Integer(row.activity().into())),
        Target::Severity => visit(Part::Text(row.severity().word())),
        Target::Source => visit(Part::Text(row.source())),
        Target::Format => visit(Part::Text(row.format())),
        Target::Host => visit(Part::Text(row.host())),
        Target::Label(Label::Tenant) => visit(Part::Text(row.tenant())),
        Target::Label(label) => row.label(*label).is_some_and(|value| visit(Part::Text(value))),
        Target::Unmapped(wanted) => row.visit_unmapped(&mut |name, value| {
            wanted.as_ref().is_none_or(|wanted| folded(name) == **wanted) && visit(Part::Text(value))
        }),
        Target::Id => visit(Part::Integer(row.id().0.cast_signed())),
        Target::Time => visit(Part::Integer(row.time().micros())),
        Target::Received => visit(Part::Integer(row.received().micros())),
        Target::Raw => false,
    }
}

impl Sink for Tally<'_> {
    fn fork(&self) -> Self {
        Self::new(self.of)
    }

    fn join(&mut self, other: Self) {
        other.texts.into_iter().for_each(|(text, count)| self.text(&text, count));
        other.numbers.into_iter().for_each(|(number, count)| self.number(number, count));
        self.events += other.events;
        self.without += other.without;
        self.forgotten += other.forgotten;
        self.uncertain += other.uncertain;
        self.stay_small();
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
        self.events += 1;
        let of = self.of;
        if !of.places.iter().any(|place| self.place(place, row)) {
            self.without += 1;
        }
        self.stay_small();
    }

    fn add_rows(&mut self, rows: &Rows<'_>, matching: BooleanBuffer) -> Result<(), FileError> {
        self.events += matching.count_set_bits() as u64;
        let mut left = matching;
        for place in &self.of.places {
            if left.count_set_bits() == 0 {
                break;
            }
            let had = match rows.column_of(place)? {
                Column::Texts { keys, values } => self.dictionary(&left, keys, values),
                Column::Parts(visit) => self.each(&left, |tally, row| visit(row, &mut |part| tally.part(part))),
                Column::One(text) => {
                    self.text(text, left.count_set_bits() as u64);
                    self.stay_small();
                    return Ok(());
                }
                Column::None => continue,
            };
            left = &left & &!&had;
        }
        self.without += left.count_set_bits() as u64;
        self.stay_small();
        Ok(())
    }
}

//! An event as the rules of one log source see it: a value for each field they name.
//!
//! A [`Layout`] numbers the fields (slots) once; a [`View`] fills them for one event by walking the
//! event's values, not the rules' fields. Texts are folded at most once for each value.

use super::source::{Meta, Place};
use crate::rule::pattern::{Place as Where, fold};
use crate::rule::tree::{Check, Item, Node, Test};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use vigie_model::event::{Event, FieldId, ValueRef};
use vigie_model::time::Timestamp;

/// The number of a field among those that the rules of a log source name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Slot(pub(crate) usize);

/// Where the values of slots come from; a lower rank goes before a higher one.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    slots: HashMap<String, Slot>,
    fields: Vec<(FieldId, Target)>,
    unmapped: HashMap<Box<str>, Vec<Target>>,
    metas: Vec<(Meta, Target)>,
}

#[derive(Clone, Copy, Debug)]
struct Target {
    slot: Slot,
    rank: u8,
}

/// One event, seen through a layout.
#[derive(Debug)]
pub(crate) struct View<'e> {
    event: &'e Event,
    cells: Vec<Option<Cell<'e>>>,
    words: OnceCell<Vec<Word<'e>>>,
}

/// The value of a slot.
#[derive(Debug)]
pub(crate) struct Cell<'e> {
    rank: u8,
    datum: Datum<'e>,
    folded: OnceCell<Cow<'e, str>>,
}

#[derive(Debug)]
enum Datum<'e> {
    Text(Cow<'e, str>),
    Integer(i64),
    Boolean(bool),
    Texts(&'e [Box<str>]),
    /// The same name several times among the unmapped values.
    Several(Vec<&'e str>),
    Time(Timestamp),
}

#[derive(Debug)]
struct Word<'e> {
    text: Cow<'e, str>,
    folded: OnceCell<String>,
}

impl Layout {
    /// The slot of a name that has these places.
    pub(crate) fn slot(&mut self, name: &str, places: impl FnOnce() -> Vec<Place>) -> Slot {
        if let Some(slot) = self.slots.get(name) {
            return *slot;
        }
        let slot = Slot(self.slots.len());
        for (rank, place) in (0..=u8::MAX).zip(&places()) {
            let target = Target { slot, rank };
            match place {
                Place::Field(field) => self.fields.push((*field, target)),
                Place::Unmapped(name) => self.unmapped.entry(name.clone()).or_default().push(target),
                Place::Meta(meta) => self.metas.push((*meta, target)),
            }
        }
        self.fields.sort_by_key(|(field, _)| *field);
        self.slots.insert(name.to_owned(), slot);
        slot
    }

    /// An event seen through this layout.
    pub(crate) fn view<'e>(&self, event: &'e Event) -> View<'e> {
        let mut cells: Vec<Option<Cell<'e>>> = Vec::new();
        cells.resize_with(self.slots.len(), || None);
        let mut targets = self.fields.as_slice();
        for (field, value) in event.fields.iter() {
            let skipped = targets.iter().take_while(|(wanted, _)| *wanted < field).count();
            targets = targets.get(skipped..).unwrap_or_default();
            for (_, target) in targets.iter().take_while(|(wanted, _)| *wanted == field) {
                put(&mut cells, *target, || Datum::of(value));
            }
        }
        for (name, value) in event.unmapped.iter() {
            for target in self.unmapped.get(name).into_iter().flatten() {
                add(&mut cells, *target, value);
            }
        }
        for (meta, target) in &self.metas {
            if let Some(datum) = Datum::of_meta(*meta, event) {
                put(&mut cells, *target, || datum);
            }
        }
        View { event, cells, words: OnceCell::new() }
    }
}

fn put<'e>(cells: &mut [Option<Cell<'e>>], target: Target, datum: impl FnOnce() -> Datum<'e>) {
    if let Some(cell) = cells.get_mut(target.slot.0)
        && cell.as_ref().is_none_or(|old| target.rank < old.rank)
    {
        *cell = Some(Cell { rank: target.rank, datum: datum(), folded: OnceCell::new() });
    }
}

/// Puts an unmapped value, beside one of the same name.
fn add<'e>(cells: &mut [Option<Cell<'e>>], target: Target, value: &'e str) {
    let Some(Some(cell)) = cells.get_mut(target.slot.0).filter(|cell| cell.as_ref().is_some_and(|old| old.rank == target.rank))
    else {
        return put(cells, target, || Datum::Text(Cow::Borrowed(value)));
    };
    match &mut cell.datum {
        Datum::Text(Cow::Borrowed(first)) => cell.datum = Datum::Several(vec![*first, value]),
        Datum::Several(values) => values.push(value),
        _ => {}
    }
}

impl<'e> Datum<'e> {
    fn of(value: ValueRef<'e>) -> Self {
        match value {
            ValueRef::Text(text) => Self::Text(Cow::Borrowed(text)),
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Boolean(value) => Self::Boolean(value),
            ValueRef::Texts(texts) => Self::Texts(texts),
        }
    }

    fn of_meta(meta: Meta, event: &'e Event) -> Option<Self> {
        let text = |text: &'e str| (!text.is_empty()).then_some(Self::Text(Cow::Borrowed(text)));
        match meta {
            Meta::Activity => Some(Self::Integer(event.activity.into())),
            Meta::ActivityName => event.class.activity_caption(event.activity).and_then(text),
            Meta::Class => Some(Self::Integer(event.class.uid().into())),
            Meta::ClassName => text(event.class.name()),
            Meta::Severity => Some(Self::Integer(event.severity.number().into())),
            Meta::Time => Some(Self::Time(event.time)),
            Meta::Raw => Some(Self::Text(String::from_utf8_lossy(&event.raw))),
            Meta::Host => text(&event.origin.host),
            Meta::Intake => text(&event.origin.source),
            Meta::Format => text(&event.origin.format),
        }
    }
}

impl<'e> View<'e> {
    /// The value of a slot.
    pub(crate) fn cell(&self, slot: Slot) -> Option<&Cell<'e>> {
        self.cells.get(slot.0)?.as_ref()
    }

    /// Whether a condition holds.
    pub(crate) fn holds(&self, node: &Node<Slot>) -> bool {
        match node {
            Node::All(parts) => parts.iter().all(|part| self.holds(part)),
            Node::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Node::AtLeast(count, parts) => parts.iter().filter(|part| self.holds(part)).take(*count).count() == *count,
            Node::Not(part) => !self.holds(part),
            Node::Item(item) => self.item(item),
        }
    }

    fn item(&self, item: &Item<Slot>) -> bool {
        let Some(slot) = item.field else { return self.words(item) };
        let Some(cell) = self.cell(slot) else { return item.without_field() };
        let passes = match &item.check {
            Check::Tests(tests) if item.every => tests.iter().all(|test| cell.passes(test)),
            Check::Tests(tests) => tests.iter().any(|test| cell.passes(test)),
            Check::Fields { others, place, cased } => {
                let like = |other: &Slot| self.cell(*other).is_some_and(|other| cell.is_like(other, *place, *cased));
                if item.every { others.iter().all(like) } else { others.iter().any(like) }
            }
        };
        passes != item.negated
    }

    /// Tests without a field: each looks through the whole event.
    fn words(&self, item: &Item<Slot>) -> bool {
        let Check::Tests(tests) = &item.check else { return false };
        let found = |test: &Test| self.all_words().iter().any(|word| test.text(&word.text, word.folded()));
        (if item.every { tests.iter().all(found) } else { tests.iter().any(found) }) != item.negated
    }

    /// The record and every text taken out of it, folded.
    pub(crate) fn folded_words(&self) -> impl Iterator<Item = &str> {
        self.all_words().iter().map(Word::folded)
    }

    fn all_words(&self) -> &[Word<'e>] {
        self.words.get_or_init(|| {
            let mut texts = vec![String::from_utf8_lossy(&self.event.raw)];
            for (_, value) in self.event.fields.iter() {
                match value {
                    ValueRef::Text(text) => texts.push(Cow::Borrowed(text)),
                    ValueRef::Texts(several) => texts.extend(several.iter().map(|text| Cow::Borrowed(&**text))),
                    ValueRef::Integer(_) | ValueRef::Boolean(_) => {}
                }
            }
            texts.extend(self.event.unmapped.iter().map(|(_, value)| Cow::Borrowed(value)));
            texts.into_iter().map(|text| Word { text, folded: OnceCell::new() }).collect()
        })
    }
}

impl Word<'_> {
    fn folded(&self) -> &str {
        self.folded.get_or_init(|| fold(&self.text).into_owned())
    }
}

impl Cell<'_> {
    fn passes(&self, test: &Test) -> bool {
        match &self.datum {
            Datum::Text(text) => test.text(text, self.folded()),
            Datum::Integer(number) => test.integer(*number),
            Datum::Boolean(value) => test.boolean(*value),
            Datum::Texts(texts) => texts.iter().any(|text| test.text(text, &fold(text))),
            Datum::Several(texts) => texts.iter().any(|text| test.text(text, &fold(text))),
            Datum::Time(time) => test.time(*time),
        }
    }

    /// The text of a cell that holds one, folded.
    fn folded(&self) -> &str {
        self.folded.get_or_init(|| match &self.datum {
            // The text may borrow from this cell, not only from the event: what changes is copied.
            Datum::Text(Cow::Borrowed(text)) => fold(text),
            _ => Cow::Owned(fold(&self.text().unwrap_or_default()).into_owned()),
        })
    }

    /// Every text of the cell, folded; numbers and times as people write them.
    pub(crate) fn each_folded(&self, mut see: impl FnMut(&str)) {
        match &self.datum {
            Datum::Texts(texts) => texts.iter().for_each(|text| see(&fold(text))),
            Datum::Several(texts) => texts.iter().for_each(|text| see(&fold(text))),
            _ => see(self.folded()),
        }
    }

    /// The one text of the cell; of several the first.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        Some(match &self.datum {
            Datum::Text(text) => Cow::Borrowed(text.as_ref()),
            Datum::Integer(number) => Cow::Owned(number.to_string()),
            Datum::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Datum::Texts(texts) => Cow::Borrowed(texts.first()?),
            Datum::Several(texts) => Cow::Borrowed(texts.first()?),
            Datum::Time(time) => Cow::Owned(time.to_string()),
        })
    }

    /// Whether a text of this cell has a text of another at a place.
    fn is_like(&self, other: &Self, place: Where, cased: bool) -> bool {
        let mut like = false;
        let compare = |text: &str, other: &str| match place {
            Where::Whole => text == other,
            Where::Anywhere => text.contains(other),
            Where::Start => text.starts_with(other),
            Where::End => text.ends_with(other),
        };
        self.each(cased, &mut |text| other.each(cased, &mut |other| like |= compare(text, other)));
        like
    }

    fn each(&self, cased: bool, see: &mut dyn FnMut(&str)) {
        match &self.datum {
            _ if !cased => self.each_folded(see),
            Datum::Texts(texts) => texts.iter().for_each(|text| see(text)),
            Datum::Several(texts) => texts.iter().for_each(|text| see(text)),
            _ => see(&self.text().unwrap_or_default()),
        }
    }
}

//! From a record to its meaning, by its page.

use super::compile::{Pairs, Ready};
use super::flat::{Entry, Flat, NONE, Scalar, Slots, VALUES_MAX};
use super::{Mappings, Pages, UNMAPPED_MAX, recognise};
use crate::format::pairs;
use crate::header::LocalTime;
use crate::meaning::{FormatName, Meaning};
use std::sync::Arc;
use vigie_model::event::ocsf::field;
use vigie_model::event::{EventSeverity, Value};

/// Longest name of a host that is believed.
const HOST_MAX: usize = 255;

/// Deepest that records stand in texts of others: a log line in what a shipper wrote in what an intake wrote.
const INNER_MAX: usize = 3;

/// Reads records by the pages of a set. One for each reader: it keeps what is dear to make.
#[derive(Clone, Debug)]
pub(crate) struct Mapper {
    pages: Pages,
    /// How often the pages had been replaced when these were taken.
    seen: u64,
    mappings: Arc<Mappings>,
    slots: Slots,
}

impl Mapper {
    pub(crate) fn new(pages: Pages) -> Self {
        Self { seen: pages.changes(), mappings: pages.current(), pages, slots: Slots::default() }
    }

    /// Takes the pages as they are now, if they have changed. To be called for each record.
    pub(crate) fn renew(&mut self) {
        let changes = self.pages.changes();
        if changes != self.seen {
            *self = Self { seen: changes, ..self.anew() };
        }
    }

    /// One of the same pages that remembers nothing.
    pub(crate) fn anew(&self) -> Self {
        Self::new(self.pages.clone())
    }

    /// The pages it reads by.
    pub(crate) fn mappings(&self) -> Arc<Mappings> {
        self.mappings.clone()
    }

    /// The meaning of a JSON object; `None` for what is none.
    pub(crate) fn json(&mut self, text: &str, local: &mut LocalTime) -> Option<Meaning> {
        self.nested(text, local, 0)
    }

    /// A record, `depth` records inside others.
    fn nested(&mut self, text: &str, local: &mut LocalTime, depth: usize) -> Option<Meaning> {
        let mut flat = Flat::read(text, &self.mappings.names, &mut self.slots)?;
        let known = self.mappings.files.page(&flat, &self.slots);
        let number = known.or(self.mappings.generic)?;
        let page = self.mappings.pages.get(number)?;
        for pairs in &page.pairs {
            pairs.name_values(&mut flat, &self.mappings, &mut self.slots);
        }
        let inner = if depth < INNER_MAX { take_inner(page, &mut flat, &self.slots) } else { None };
        let outer = meaning(page, flat, &self.slots, local);
        let Some((at, inner)) = inner else { return Some(outer) };
        let Some(found) = self.nested(&inner, local, depth + 1) else {
            let mut outer = outer;
            outer.keep(&at, inner);
            return Some(outer);
        };
        Some(found.inside(outer, &inner, &at, known.is_some()))
    }

    /// Whether there are pages for lines that are no JSON.
    pub(crate) fn reads_lines(&self) -> bool {
        !self.mappings.patterns.is_empty()
    }

    /// Whether there are pages for records of pairs.
    pub(crate) fn reads_pairs(&self) -> bool {
        self.mappings.pair_files.is_some()
    }

    /// The meaning of a line of pairs of key and value, by the pages that are for such.
    pub(crate) fn pairs(&mut self, text: &str, local: &mut LocalTime) -> Option<Meaning> {
        let files = self.mappings.pair_files.as_ref()?;
        let flat = Flat::of_pairs(pairs(text).take(VALUES_MAX), &self.mappings.names, &mut self.slots);
        let page = self.mappings.pages.get(files.page(&flat, &self.slots)?)?;
        Some(meaning(page, flat, &self.slots, local))
    }

    /// The meaning of a line that is no JSON, by the patterns of the pages.
    pub(crate) fn line(&mut self, text: &str, local: &mut LocalTime) -> Option<Meaning> {
        for number in &self.mappings.patterns {
            let page = self.mappings.pages.get(*number)?;
            let fitting = page.patterns.iter().find_map(|pattern| Some((pattern, pattern.captures(text)?)));
            let Some((pattern, found)) = fitting else { continue };
            let named = pattern.capture_names().flatten().filter_map(|name| Some((name, found.name(name)?.as_str())));
            let names: Vec<(String, &str)> = named.map(|(name, value)| (name.to_owned(), value)).collect();
            let pairs = names.iter().map(|(name, value)| (name.as_str(), *value));
            let flat = Flat::of_pairs(pairs, &self.mappings.names, &mut self.slots);
            return Some(meaning(page, flat, &self.slots, local));
        }
        None
    }
}

fn meaning(page: &Ready, mut flat: Flat<'_>, slots: &Slots, local: &mut LocalTime) -> Meaning {
    let number = recognise::case(&page.decisions, page.cases.len().saturating_sub(1), &flat, slots);
    let Some(case) = page.cases.get(number) else {
        return Meaning::new("", vigie_model::event::Class::BaseEvent, 0);
    };
    let number_of = |value: Option<Value>| match value {
        Some(Value::Integer(number)) => u8::try_from(number).ok(),
        _ => None,
    };
    let text_of = |value: Option<Value>| match value {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    };
    let activity = case.activity.as_ref().and_then(|take| number_of(take.value(&mut flat, slots, local)));
    let severity = case.severity.as_ref().and_then(|take| number_of(take.value(&mut flat, slots, local)));
    let host = case.host.as_ref().and_then(|take| text_of(take.value(&mut flat, slots, local)));
    let mut meaning = Meaning::new(FormatName::Page(page.format.clone()), case.class, activity.unwrap_or_default());
    meaning.severity = severity.map(EventSeverity::from_number);
    meaning.host = host.filter(|host| host.len() <= HOST_MAX);
    meaning.time = case.time.as_ref().and_then(|take| take.value(&mut flat, slots, local));
    for (field, take) in &case.fields {
        if let Some(value) = take.value(&mut flat, slots, local) {
            meaning.fields.set_value(*field, value);
        }
    }
    for (name, take) in &case.labels {
        if let Some(text) = text_of(take.value(&mut flat, slots, local)) {
            meaning.label(*name, &text);
        }
    }
    keep_the_rest(&mut meaning, page, &flat);
    meaning
}

/// The text of a value that looks as if it held a record, and where it stood.
fn take_inner(page: &Ready, flat: &mut Flat<'_>, slots: &Slots) -> Option<(String, String)> {
    for node in &page.inner {
        let at = slots.first(*node);
        let is_record = matches!(&flat.get(at)?.value, Scalar::Text(text) if text.trim_start().starts_with('{'));
        if !is_record {
            continue;
        }
        let path = flat.path(flat.get(at)?);
        let entry = flat.values.get_mut(at as usize)?;
        entry.is_taken = true;
        let text = std::mem::replace(&mut entry.value, Scalar::Boolean(true));
        return Some((path, text.into_text()));
    }
    None
}

impl Meaning {
    /// What a record means that stood in a text of another one. A record that no page knows adds its values
    /// to the other one's, if a page knows that.
    fn inside(self, mut outer: Self, text: &str, at: &str, is_outer_known: bool) -> Self {
        if is_outer_known && *self.format == *super::GENERIC {
            outer.keep(at, text);
            return outer;
        }
        let mut whole = self;
        whole.time = whole.time.or(outer.time);
        whole.host = whole.host.or(outer.host);
        whole.severity = whole.severity.or(outer.severity);
        whole.unmapped.extend(outer.unmapped.iter());
        let own: Vec<_> = whole.labels.iter().map(|(label, _)| *label).collect();
        whole.labels.extend(outer.labels.into_iter().filter(|(label, _)| !own.contains(label)));
        whole
    }
}

/// What no field has, under its own name.
fn keep_the_rest(meaning: &mut Meaning, page: &Ready, flat: &Flat<'_>) {
    let is_left = |entry: &&Entry<'_>| !entry.is_taken && !matches!(&entry.value, Scalar::Text(text) if text.is_empty());
    let left = flat.values.iter().filter(is_left).count();
    let kept = left.min(UNMAPPED_MAX.saturating_sub(meaning.unmapped.len()));
    meaning.unmapped.reserve(kept);
    let mut path = String::new();
    for entry in flat.values.iter().filter(is_left).take(kept) {
        path.clear();
        flat.write_path_of(entry, &mut path);
        meaning.unmapped.push(&page.short(&path), &entry.value.text());
    }
    let passed_over = flat.passed_over + left - kept;
    if passed_over > 0 {
        meaning.fields.set(field::METADATA_IS_TRUNCATED, true);
        meaning.keep("fields_passed_over", passed_over.to_string());
    }
}

impl Pairs {
    /// `[{"Name": "Forwarding", "Value": "x"}]` reads as `{"Forwarding": "x"}`.
    fn name_values(&self, flat: &mut Flat<'_>, mappings: &Mappings, slots: &mut Slots) {
        for values in &self.values {
            let (mut name, mut value) = (slots.first(self.name), slots.first(*values));
            while name != NONE && value != NONE {
                let Some(next) = flat.rename(name, value, |text| mappings.names.find(self.list, text), slots) else { return };
                (name, value) = next;
            }
        }
    }
}

//! From events to the columns of a row group.
//!
//! Events are shown value by value ([`Record::each`]) and go straight into columns: none is built on
//! the way. A group is closed by its rows or by its bytes, whichever comes first, so that what is in
//! memory does not depend on how long records are.

use super::column::{Column, TextMapBuilder, text_map};
use super::part::part_of;
use super::schema::{LABELS, schema, searched};
use super::words::WordsBuilder;
use crate::codec::Malformed;
use crate::row::{Held, Part, Record};
use arrow_array::ArrayRef;
use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_schema::SchemaRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, FieldId, FieldKind};

/// Rows of a row group: what a search may skip as a whole.
pub(super) const GROUP_ROWS: usize = 131_072;
/// Bytes of texts and records after which a row group is closed.
pub(super) const GROUP_BYTES: usize = 24 << 20;

/// Bytes of the name of a source, a format or a host, usually.
const ORIGIN_USUAL: usize = 12;

/// Gathers events of one class into the columns of a row group.
pub(super) struct GroupBuilder {
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
    id: Int64Builder,
    time: TimestampMicrosecondBuilder,
    received: TimestampMicrosecondBuilder,
    class: Int32Builder,
    activity: Int32Builder,
    severity: Int32Builder,
    origin: [StringBuilder; 3],
    labels: Vec<Column>,
    columns: Vec<Column>,
    /// By field, the place of its column and one more; 0 for none.
    places: Vec<u16>,
    fields: TextMapBuilder,
    /// By field, whether it was in the map of any row, also of groups before.
    mapped: Vec<bool>,
    unmapped: TextMapBuilder,
    message_at: Int32Builder,
    message_chars: Int32Builder,
    raw: StringBuilder,
    raw_base64: BooleanBuilder,
    words: WordsBuilder,
}

impl GroupBuilder {
    pub(super) fn new(class: Class) -> Self {
        let searched = searched(class);
        let mut places = vec![0; FieldId::all().count()];
        for (field, place) in searched.iter().zip(1..) {
            places[field.index()] = place;
        }
        Self {
            schema: schema(class),
            rows: 0,
            bytes: 0,
            id: Int64Builder::new(),
            time: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            received: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            class: Int32Builder::new(),
            activity: Int32Builder::new(),
            severity: Int32Builder::new(),
            origin: [StringBuilder::new(), StringBuilder::new(), StringBuilder::new()],
            labels: LABELS.iter().map(|_| Column::of(FieldKind::Text)).collect(),
            columns: searched.iter().map(|field| Column::of_field(*field)).collect(),
            places,
            fields: text_map(),
            mapped: vec![false; FieldId::all().count()],
            unmapped: text_map(),
            message_at: Int32Builder::new(),
            message_chars: Int32Builder::new(),
            raw: StringBuilder::new(),
            raw_base64: BooleanBuilder::new(),
            words: WordsBuilder::default(),
        }
    }

    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) const fn is_full(&self) -> bool {
        self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES
    }

    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Makes room for a group of so many rows with so many bytes of records, so that columns need not grow step by step.
    pub(super) fn expect(&mut self, rows: usize, bytes: usize) {
        let rows = rows.min(GROUP_ROWS);
        self.id = Int64Builder::with_capacity(rows);
        self.time = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
        self.received = TimestampMicrosecondBuilder::with_capacity(rows).with_timezone("UTC");
        self.class = Int32Builder::with_capacity(rows);
        self.activity = Int32Builder::with_capacity(rows);
        self.severity = Int32Builder::with_capacity(rows);
        self.origin = std::array::from_fn(|_| StringBuilder::with_capacity(rows, rows * ORIGIN_USUAL));
        self.raw = StringBuilder::with_capacity(rows, bytes.min(GROUP_BYTES));
    }

    /// Adds an event. An error says that its stored bytes end early: what came before is kept, the
    /// record always is.
    pub(super) fn push(&mut self, event: &impl Record) -> Result<(), Malformed> {
        self.id.append_value(event.id().0.cast_signed());
        self.time.append_value(event.time().micros());
        self.received.append_value(event.received().micros());
        self.class.append_value(event.class().uid().cast_signed());
        self.activity.append_value(i32::from(event.activity()));
        self.severity.append_value(i32::from(event.severity().number()));
        for (builder, text) in self.origin.iter_mut().zip([event.source(), event.format(), event.host()]) {
            builder.append_value(text);
        }
        for (builder, label) in self.labels.iter_mut().zip(LABELS) {
            if let Some(text) = event.label(label) {
                builder.push(self.rows, Part::Text(text));
            }
        }
        let raw = event.raw();
        let text = std::str::from_utf8(raw).ok();
        match text {
            Some(text) => self.raw.append_value(text),
            None => self.raw.append_value(STANDARD.encode(raw)),
        }
        self.raw_base64.append_value(text.is_none());
        self.bytes += raw.len();
        self.words.push(raw);

        let (fields, unmapped) = (self.fields.keys().len(), self.unmapped.keys().len());
        let read = event.each(&mut |held| match held {
            Held::Field(field, part) => self.push_field(field, part, text),
            Held::Texts(field, texts) => {
                self.push_pair(field, &serde_json::Value::from(texts).to_string());
            }
            Held::Unmapped(name, value) => {
                self.unmapped.keys().append_value(name);
                self.unmapped.values().append_value(value);
                self.bytes += name.len() + value.len();
            }
        });
        let has_fields = self.fields.keys().len() > fields;
        let has_unmapped = self.unmapped.keys().len() > unmapped;
        // Keys and values are appended together, so this holds.
        self.fields.append(has_fields).map_err(|_| Malformed)?;
        self.unmapped.append(has_unmapped).map_err(|_| Malformed)?;
        self.rows += 1;
        read
    }

    fn push_field(&mut self, field: FieldId, part: Part<'_>, raw: Option<&str>) {
        if field == field::MESSAGE.id()
            && let Part::Text(message) = part
            && let Some(place) = raw.and_then(|raw| part_of(raw, message))
        {
            self.fill_messages(self.rows);
            self.message_at.append_value(place.at);
            self.message_chars.append_option(place.chars);
            return;
        }
        if let Part::Text(text) = part {
            self.bytes += text.len();
        }
        let place = self.places.get(field.index()).copied().unwrap_or_default();
        let column = usize::from(place).checked_sub(1).and_then(|place| self.columns.get_mut(place));
        if column.is_some_and(|column| column.push(self.rows, part)) {
            return;
        }
        match part {
            Part::Text(text) => self.push_pair(field, text),
            Part::Integer(number) => self.push_pair(field, &number.to_string()),
            Part::Boolean(truth) => self.push_pair(field, if truth { "true" } else { "false" }),
        }
    }

    /// Rows without a message in their record, up to this one.
    fn fill_messages(&mut self, rows: usize) {
        self.message_at.append_nulls(rows - self.message_at.len());
        self.message_chars.append_nulls(rows - self.message_chars.len());
    }

    fn push_pair(&mut self, field: FieldId, text: &str) {
        if let Some(mapped) = self.mapped.get_mut(field.index()) {
            *mapped = true;
        }
        self.fields.keys().append_value(field.path());
        self.fields.values().append_value(text);
        self.bytes += text.len();
    }

    /// The fields that were in the map of any row so far.
    pub(super) fn mapped(&self) -> impl Iterator<Item = FieldId> {
        FieldId::all().zip(&self.mapped).filter(|(_, mapped)| **mapped).map(|(field, _)| field)
    }

    /// The words of the records.
    pub(super) const fn words(&mut self) -> &mut WordsBuilder {
        &mut self.words
    }

    /// The columns; the builder is empty afterwards.
    pub(super) fn finish(&mut self) -> Vec<ArrayRef> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        self.fill_messages(rows);
        let [source, format, host] = &mut self.origin;
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(self.id.finish()),
            Arc::new(self.time.finish()),
            Arc::new(self.received.finish()),
            Arc::new(self.class.finish()),
            Arc::new(self.activity.finish()),
            Arc::new(self.severity.finish()),
            Arc::new(source.finish()),
            Arc::new(format.finish()),
            Arc::new(host.finish()),
        ];
        let mut empty = Vec::new();
        arrays.extend(self.labels.iter_mut().chain(&mut self.columns).map(|column| column.finish(rows, &mut empty)));
        arrays.push(Arc::new(self.fields.finish()));
        arrays.push(Arc::new(self.unmapped.finish()));
        arrays.push(Arc::new(self.message_at.finish()));
        arrays.push(Arc::new(self.message_chars.finish()));
        arrays.push(Arc::new(self.raw.finish()));
        arrays.push(Arc::new(self.raw_base64.finish()));
        arrays
    }
}

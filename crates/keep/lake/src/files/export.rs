//! Events of any class as one Parquet file for whoever takes them away.
//!
//! Plainer than our own files: one schema for all classes, words beside numbers, the message as text. Fields that our files
//! have columns for have them here; the rest is in the maps `fields` and `unmapped`. Row groups are small and leave as they
//! are full, so memory is that of one of them.

use super::column::{Column, TextMapBuilder, text_map};
use super::schema::{LABELS, export_schema, searched_anywhere};
use crate::row::{Held, Part, Record, Row};
use arrow_array::builder::{BooleanBuilder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use std::io::Write;
use std::sync::Arc;
use vigie_model::event::{FieldId, OCSF_VERSION, StoredEvent};

/// Rows of a row group.
const GROUP_ROWS: usize = 16_384;
/// Bytes of records after which a row group is closed.
const GROUP_BYTES: usize = 16 << 20;

/// Writes events to somebody who reads while it writes.
pub(crate) struct ExportWriter<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    rows: Rows,
    events: u64,
}

impl<W: Write + Send> ExportWriter<W> {
    /// Begins a file.
    pub(crate) fn new(to: W) -> Result<Self, ParquetError> {
        let schema = export_schema();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_created_by(concat!("vigie ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![KeyValue::new("ocsf.version".to_owned(), OCSF_VERSION.to_owned())]))
            .build();
        let writer = ArrowWriter::try_new(to, Arc::clone(&schema), Some(properties))?;
        Ok(Self { writer, schema, rows: Rows::new(), events: 0 })
    }

    /// Adds an event.
    pub(crate) fn push(&mut self, event: &StoredEvent) -> Result<(), ParquetError> {
        self.rows.push(event);
        self.events += 1;
        if self.rows.count >= GROUP_ROWS || self.rows.bytes >= GROUP_BYTES { self.write_group() } else { Ok(()) }
    }

    /// Ends the file; tells how many events it has.
    pub(crate) fn finish(mut self) -> Result<u64, ParquetError> {
        self.write_group()?;
        self.writer.close()?;
        Ok(self.events)
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.rows.count == 0 {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.rows, Rows::new());
        self.writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), full.finish())?)?;
        self.writer.flush()
    }
}

/// The columns of a row group.
struct Rows {
    count: usize,
    bytes: usize,
    id: Int64Builder,
    times: [TimestampMicrosecondBuilder; 2],
    /// The numbers of class, activity and severity.
    numbers: [Int32Builder; 3],
    /// Their words, then source, format, host, tenant.
    words: [StringBuilder; 7],
    labels: Vec<StringBuilder>,
    searched: Vec<(FieldId, Column)>,
    /// By field, the place of its column and one more; 0 for none.
    places: Vec<u16>,
    fields: TextMapBuilder,
    unmapped: TextMapBuilder,
    raw: StringBuilder,
    raw_base64: BooleanBuilder,
}

impl Rows {
    fn new() -> Self {
        let searched = searched_anywhere();
        let mut places = vec![0; FieldId::all().count()];
        for (field, place) in searched.iter().zip(1..) {
            if let Some(known) = places.get_mut(field.index()) {
                *known = place;
            }
        }
        let time = || TimestampMicrosecondBuilder::new().with_timezone("UTC");
        Self {
            count: 0,
            bytes: 0,
            id: Int64Builder::new(),
            times: [time(), time()],
            numbers: Default::default(),
            words: Default::default(),
            labels: LABELS.iter().map(|_| StringBuilder::new()).collect(),
            searched: searched.into_iter().map(|field| (field, Column::of(field.info().kind))).collect(),
            places,
            fields: text_map(),
            unmapped: text_map(),
            raw: StringBuilder::new(),
            raw_base64: BooleanBuilder::new(),
        }
    }

    fn push(&mut self, event: &StoredEvent) {
        self.id.append_value(event.id.0.cast_signed());
        for (builder, time) in self.times.iter_mut().zip([event.time(), event.received()]) {
            builder.append_value(time.micros());
        }
        let (class, activity, severity) = (event.class(), event.activity(), event.severity());
        let numbers = [class.uid().cast_signed(), i32::from(activity), i32::from(severity.number())];
        for (builder, number) in self.numbers.iter_mut().zip(numbers) {
            builder.append_value(number);
        }
        let activity = class.activity_caption(activity).unwrap_or("Other");
        let words =
            [class.caption(), activity, severity.word(), event.source(), event.format(), event.host(), Row::tenant(event)];
        for (builder, word) in self.words.iter_mut().zip(words) {
            builder.append_value(word);
        }
        for (builder, label) in self.labels.iter_mut().zip(LABELS) {
            builder.append_option(Row::label(event, label));
        }
        self.push_values(event);
        let raw = event.raw();
        let text = std::str::from_utf8(raw).ok();
        match text {
            Some(text) => self.raw.append_value(text),
            None => self.raw.append_value(STANDARD.encode(raw)),
        }
        self.raw_base64.append_value(text.is_none());
        self.bytes += raw.len();
        self.count += 1;
    }

    fn push_values(&mut self, event: &StoredEvent) {
        let (mut has_fields, mut has_unmapped) = (false, false);
        let Self { searched, places, fields, unmapped, count, bytes, .. } = self;
        let mut pair = |field: FieldId, text: &str| {
            fields.keys().append_value(field.path());
            fields.values().append_value(text);
            *bytes += text.len();
            has_fields = true;
        };
        // An event that is there as such can be read to its end.
        let _whole = event.each(&mut |held| match held {
            Held::Field(field, part) => {
                let place = places.get(field.index()).and_then(|place| usize::from(*place).checked_sub(1));
                let column = place.and_then(|place| searched.get_mut(place));
                if !column.is_some_and(|(_, column)| column.push(*count, part)) {
                    match part {
                        Part::Text(text) => pair(field, text),
                        Part::Integer(number) => pair(field, &number.to_string()),
                        Part::Boolean(truth) => pair(field, if truth { "true" } else { "false" }),
                    }
                }
            }
            Held::Texts(field, texts) => pair(field, &serde_json::Value::from(texts).to_string()),
            Held::Unmapped(name, value) => {
                unmapped.keys().append_value(name);
                unmapped.values().append_value(value);
                has_unmapped = true;
            }
        });
        // Keys and values were appended together, which is all that could be wrong.
        drop(self.fields.append(has_fields));
        drop(self.unmapped.append(has_unmapped));
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        let rows = self.count;
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(self.id.finish())];
        arrays.extend(self.times.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        arrays.extend(self.numbers.iter_mut().map(|builder| Arc::new(builder.finish()) as ArrayRef));
        arrays.extend(self.words.iter_mut().chain(&mut self.labels).map(|builder| Arc::new(builder.finish()) as ArrayRef));
        let mut empty = Vec::new();
        arrays.extend(self.searched.iter_mut().map(|(_, column)| column.finish(rows, &mut empty)));
        arrays.push(Arc::new(self.fields.finish()));
        arrays.push(Arc::new(self.unmapped.finish()));
        arrays.push(Arc::new(self.raw.finish()));
        arrays.push(Arc::new(self.raw_base64.finish()));
        arrays
    }
}

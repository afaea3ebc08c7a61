//! From events to columns.

use super::schema::{LABELS, schema, searched};
use arrow_array::RecordBatch;
use arrow_array::builder::{
    ArrayBuilder, BooleanBuilder, Int32Builder, Int64Builder, MapBuilder, MapFieldNames, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow_schema::{ArrowError, SchemaRef};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use vigie_model::event::{Class, FieldId, FieldKind, StoredEvent, Value};

/// Gathers events of one class into a record batch.
pub(super) struct BatchBuilder {
    schema: SchemaRef,
    rows: usize,
    id: Int64Builder,
    time: TimestampMicrosecondBuilder,
    received: TimestampMicrosecondBuilder,
    class: Int32Builder,
    activity: Int32Builder,
    severity: Int32Builder,
    origin: [StringBuilder; 3],
    labels: [StringBuilder; LABELS.len()],
    columns: Vec<Column>,
    /// By field, the place of its column and one more; 0 for none.
    places: Vec<u16>,
    fields: TextMapBuilder,
    unmapped: TextMapBuilder,
    raw: StringBuilder,
    raw_base64: BooleanBuilder,
}

type TextMapBuilder = MapBuilder<StringBuilder, StringBuilder>;

enum Column {
    Text(StringBuilder),
    Integer(Int64Builder),
    Boolean(BooleanBuilder),
}

impl BatchBuilder {
    pub(super) fn new(class: Class) -> Self {
        let searched = searched(class);
        let mut places = vec![0; FieldId::all().count()];
        for (field, place) in searched.iter().zip(1..) {
            places[field.index()] = place;
        }
        Self {
            schema: schema(class),
            rows: 0,
            id: Int64Builder::new(),
            time: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            received: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            class: Int32Builder::new(),
            activity: Int32Builder::new(),
            severity: Int32Builder::new(),
            origin: [StringBuilder::new(), StringBuilder::new(), StringBuilder::new()],
            labels: Default::default(),
            columns: searched.iter().map(|field| Column::of(field.info().kind)).collect(),
            places,
            fields: text_map(),
            unmapped: text_map(),
            raw: StringBuilder::new(),
            raw_base64: BooleanBuilder::new(),
        }
    }

    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn push(&mut self, stored: &StoredEvent) -> Result<(), ArrowError> {
        let event = &stored.event;
        self.id.append_value(stored.id.0.cast_signed());
        self.time.append_value(event.time.micros());
        self.received.append_value(event.received.micros());
        self.class.append_value(event.class.uid().cast_signed());
        self.activity.append_value(i32::from(event.activity));
        self.severity.append_value(i32::from(event.severity.number()));
        let origin = &event.origin;
        for (builder, text) in self.origin.iter_mut().zip([&origin.source, &origin.format, &origin.host]) {
            builder.append_value(text);
        }
        for (builder, label) in self.labels.iter_mut().zip(LABELS) {
            builder.append_option(origin.labels.get(label));
        }
        for (field, value) in event.fields.iter() {
            self.push_field(field, value);
        }
        self.fields.append(true)?;
        for (name, value) in &event.unmapped {
            self.unmapped.keys().append_value(name);
            self.unmapped.values().append_value(value);
        }
        self.unmapped.append(true)?;
        let text = std::str::from_utf8(&event.raw);
        match text {
            Ok(text) => self.raw.append_value(text),
            Err(_) => self.raw.append_value(STANDARD.encode(&event.raw)),
        }
        self.raw_base64.append_value(text.is_err());
        self.rows += 1;
        Ok(())
    }

    fn push_field(&mut self, field: FieldId, value: &Value) {
        let place = self.places.get(field.index()).copied().unwrap_or_default();
        let column = usize::from(place).checked_sub(1).and_then(|place| self.columns.get_mut(place));
        if column.is_some_and(|column| column.push(self.rows, value)) {
            return;
        }
        self.fields.keys().append_value(field.path());
        self.fields.values().append_value(written(value));
    }

    /// The batch; the builder is empty afterwards.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = std::mem::take(&mut self.rows);
        let [source, format, host] = &mut self.origin;
        let mut arrays: Vec<arrow_array::ArrayRef> = vec![
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
        arrays.extend(self.labels.iter_mut().map(|label| -> arrow_array::ArrayRef { Arc::new(label.finish()) }));
        arrays.extend(self.columns.iter_mut().map(|column| column.finish(rows)));
        arrays.push(Arc::new(self.fields.finish()));
        arrays.push(Arc::new(self.unmapped.finish()));
        arrays.push(Arc::new(self.raw.finish()));
        arrays.push(Arc::new(self.raw_base64.finish()));
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}

impl Column {
    fn of(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Integer => Self::Integer(Int64Builder::new()),
            FieldKind::Boolean => Self::Boolean(BooleanBuilder::new()),
            FieldKind::Text | FieldKind::Texts => Self::Text(StringBuilder::new()),
        }
    }

    /// Puts a value into a row. Rows left out since the last one have none: most events have few of
    /// the fields, so those are not visited one by one.
    fn push(&mut self, row: usize, value: &Value) -> bool {
        self.fill(row);
        match (self, value) {
            (Self::Text(builder), Value::Text(text)) => builder.append_value(text),
            (Self::Integer(builder), Value::Integer(number)) => builder.append_value(*number),
            (Self::Boolean(builder), Value::Boolean(truth)) => builder.append_value(*truth),
            _ => return false,
        }
        true
    }

    fn fill(&mut self, rows: usize) {
        match self {
            Self::Text(builder) => builder.append_nulls(rows - builder.len()),
            Self::Integer(builder) => builder.append_nulls(rows - builder.len()),
            Self::Boolean(builder) => builder.append_nulls(rows - builder.len()),
        }
    }

    fn finish(&mut self, rows: usize) -> arrow_array::ArrayRef {
        self.fill(rows);
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
        }
    }
}

fn text_map() -> TextMapBuilder {
    let names = MapFieldNames { entry: "key_value".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    let value = Arc::new(arrow_schema::Field::new("value", arrow_schema::DataType::Utf8, false));
    MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new()).with_values_field(value)
}

/// A value as it stands in the map: texts as they are, several texts as a JSON array.
fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Texts(texts) => serde_json::Value::from(texts.iter().map(|text| &**text).collect::<Vec<_>>()).to_string(),
    }
}

//! Columns of row groups while they are gathered.

use super::schema::ADDRESSES;
use crate::address;
use crate::row::Part;
use arrow_array::builder::{ArrayBuilder, BooleanBuilder, Int64Builder, MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::{ArrayRef, new_null_array};
use std::sync::Arc;
use vigie_model::event::{FieldId, FieldKind};

/// Names and texts of each row.
pub(super) type TextMapBuilder = MapBuilder<StringBuilder, StringBuilder>;

/// The values of one field.
pub(super) enum Column {
    Text(StringBuilder),
    /// Texts that are addresses.
    Address(StringBuilder),
    Integer(Int64Builder),
    Boolean(BooleanBuilder),
}

impl Column {
    /// The column of a field in our own files.
    pub(super) fn of_field(field: FieldId) -> Self {
        if ADDRESSES.contains(&field.path()) { Self::Address(StringBuilder::new()) } else { Self::of(field.info().kind) }
    }

    /// A column of values as they are.
    pub(super) fn of(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Integer => Self::Integer(Int64Builder::new()),
            FieldKind::Boolean => Self::Boolean(BooleanBuilder::new()),
            FieldKind::Text | FieldKind::Texts => Self::Text(StringBuilder::new()),
        }
    }

    /// Puts a value into a row. Rows left out since the last one have none: most events have few of
    /// the fields, so those are not visited one by one.
    pub(super) fn push(&mut self, row: usize, part: Part<'_>) -> bool {
        self.fill(row);
        match (self, part) {
            (Self::Text(builder), Part::Text(text)) => builder.append_value(text),
            (Self::Address(builder), Part::Text(text)) => builder.append_value(address::canonical(text)),
            (Self::Integer(builder), Part::Integer(number)) => builder.append_value(number),
            (Self::Boolean(builder), Part::Boolean(truth)) => builder.append_value(truth),
            _ => return false,
        }
        true
    }

    fn fill(&mut self, rows: usize) {
        match self {
            Self::Text(builder) | Self::Address(builder) => builder.append_nulls(rows - builder.len()),
            Self::Integer(builder) => builder.append_nulls(rows - builder.len()),
            Self::Boolean(builder) => builder.append_nulls(rows - builder.len()),
        }
    }

    /// Columns without any value share one array of their type.
    pub(super) fn finish(&mut self, rows: usize, empty: &mut Vec<ArrayRef>) -> ArrayRef {
        let (unused, kind) = match self {
            Self::Text(builder) | Self::Address(builder) => (builder.is_empty(), arrow_schema::DataType::Utf8),
            Self::Integer(builder) => (builder.is_empty(), arrow_schema::DataType::Int64),
            Self::Boolean(builder) => (builder.is_empty(), arrow_schema::DataType::Boolean),
        };
        if unused {
            if let Some(array) = empty.iter().find(|array| *array.data_type() == kind) {
                return Arc::clone(array);
            }
            empty.push(new_null_array(&kind, rows));
            return empty.last().map_or_else(|| new_null_array(&kind, rows), Arc::clone);
        }
        self.fill(rows);
        match self {
            Self::Text(builder) | Self::Address(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
        }
    }
}

/// A map with the names that its parts have in Parquet.
pub(super) fn text_map() -> TextMapBuilder {
    let names = MapFieldNames { entry: "key_value".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    let value = Arc::new(arrow_schema::Field::new("value", arrow_schema::DataType::Utf8, false));
    MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new()).with_values_field(value)
}

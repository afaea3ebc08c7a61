//! A version of the log as one Parquet file: what is the same as all versions up to it.

use super::action::{PARTITIONS, PROTOCOL, encoded_path, millis, partition_of, stats, table_id};
use crate::catalogue::FileRow;
use arrow_array::builder::{ListBuilder, MapBuilder, MapFieldNames, StringBuilder};
use arrow_array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use std::ops::Range;
use std::sync::Arc;
use vigie_model::time::Timestamp;

/// The bytes of a checkpoint, and how many actions it has: first the protocol, then the table, then its
/// files, each in a column of its own.
pub(super) fn checkpoint(files: &[FileRow], since: Timestamp, schema: &str) -> Result<(Vec<u8>, usize), ParquetError> {
    let rows = files.len() + 2;
    let columns: [(&str, StructArray); 3] =
        [("protocol", protocol(rows)?), ("metaData", metadata(rows, since, schema)?), ("add", add(rows, files)?)];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, arrow_array::Array::data_type(array).clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| Arc::new(array) as ArrayRef).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok((bytes, rows))
}

fn protocol(rows: usize) -> Result<StructArray, ArrowError> {
    let of = |value: i32| Arc::new(Int32Array::from_iter((0..rows).map(|row| (row == 0).then_some(value)))) as ArrayRef;
    group(rows, 0..1, vec![("minReaderVersion", of(PROTOCOL.0)), ("minWriterVersion", of(PROTOCOL.1))])
}

fn metadata(rows: usize, since: Timestamp, schema: &str) -> Result<StructArray, ArrowError> {
    let here = 1..2;
    let text = |value: &str| Arc::new(StringArray::from_iter((0..rows).map(|row| (row == 1).then_some(value)))) as ArrayRef;
    let empty = || maps(rows, |_| (), |(), _| {});
    let mut names = ListBuilder::new(StringBuilder::new());
    for row in 0..rows {
        if row == 1 {
            PARTITIONS.iter().for_each(|(name, _)| names.values().append_value(name));
        }
        names.append(row == 1);
    }
    let format = group(rows, here.clone(), vec![("provider", text("parquet")), ("options", empty()?)])?;
    let created = Int64Array::from_iter((0..rows).map(|row| (row == 1).then(|| millis(since))));
    group(
        rows,
        here,
        vec![
            ("id", text(&table_id(since))),
            ("format", Arc::new(format)),
            ("schemaString", text(schema)),
            ("partitionColumns", Arc::new(names.finish())),
            ("configuration", empty()?),
            ("createdTime", Arc::new(created)),
        ],
    )
}

fn add(rows: usize, files: &[FileRow]) -> Result<StructArray, ArrowError> {
    let file = |row: usize| row.checked_sub(2).and_then(|place| files.get(place));
    let numbers =
        |value: fn(&FileRow) -> i64| Arc::new(Int64Array::from_iter((0..rows).map(|row| file(row).map(value)))) as ArrayRef;
    let texts =
        |value: fn(&FileRow) -> String| Arc::new(StringArray::from_iter((0..rows).map(|row| file(row).map(value)))) as ArrayRef;
    let partitions = maps(rows, file, |file, map| {
        for (name, value) in file.into_iter().flat_map(partition_of) {
            map.keys().append_value(name);
            map.values().append_value(value);
        }
    })?;
    group(
        rows,
        2..rows,
        vec![
            ("path", texts(|file| encoded_path(&file.path))),
            ("partitionValues", partitions),
            ("size", numbers(|file| i64::try_from(file.facts.bytes).unwrap_or(i64::MAX))),
            ("modificationTime", numbers(|file| millis(file.sealed_at))),
            ("dataChange", Arc::new(BooleanArray::from_iter((0..rows).map(|row| file(row).map(|_| false))))),
            ("stats", texts(stats)),
        ],
    )
}

/// Columns of one action, there in some rows only.
fn group(rows: usize, there: Range<usize>, columns: Vec<(&str, ArrayRef)>) -> Result<StructArray, ArrowError> {
    let fields: Vec<Field> = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let nulls = NullBuffer::from_iter((0..rows).map(|row| there.contains(&row)));
    StructArray::try_new(fields.into(), arrays, Some(nulls))
}

type Texts = MapBuilder<StringBuilder, StringBuilder>;

fn maps<T>(rows: usize, of: impl Fn(usize) -> T, mut fill: impl FnMut(T, &mut Texts)) -> Result<ArrayRef, ArrowError> {
    let names = MapFieldNames { entry: "key_value".to_owned(), key: "key".to_owned(), value: "value".to_owned() };
    let mut map = MapBuilder::new(Some(names), StringBuilder::new(), StringBuilder::new());
    for row in 0..rows {
        fill(of(row), &mut map);
        map.append(true)?;
    }
    Ok(Arc::new(map.finish()))
}

//! Rows of several streams, each sorted by host and then newest first, as one stream that is sorted so.

use crate::files::{Batches, FileError, name};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow_schema::ArrowError;
use arrow_select::interleave::interleave;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::path::Path;

/// Rows that are sorted already.
pub(super) enum Stream {
    File(Box<Batches>),
    Rows(std::vec::IntoIter<RecordBatch>),
}

impl Stream {
    pub(super) fn of_file(batches: Batches) -> Self {
        Self::File(Box::new(batches))
    }

    pub(super) fn of_rows(batches: Vec<RecordBatch>) -> Self {
        Self::Rows(batches.into_iter())
    }

    /// The next rows, at least one.
    fn next(&mut self) -> Result<Option<RecordBatch>, FileError> {
        loop {
            let batch = match self {
                Self::File(batches) => batches.next().transpose()?,
                Self::Rows(batches) => batches.next(),
            };
            if batch.as_ref().is_none_or(|batch| batch.num_rows() > 0) {
                return Ok(batch);
            }
        }
    }
}

/// The columns by which rows are sorted.
struct Keys {
    host: StringArray,
    time: TimestampMicrosecondArray,
    id: Int64Array,
}

impl Keys {
    fn of(batch: &RecordBatch) -> Result<Self, ArrowError> {
        let column = |name| batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")));
        let wrong = |name| ArrowError::SchemaError(format!("{name} is of another kind"));
        Ok(Self {
            host: column(name::HOST)?.as_string_opt().ok_or_else(|| wrong(name::HOST))?.clone(),
            time: column(name::TIME)?.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| wrong(name::TIME))?.clone(),
            id: column(name::ID)?.as_primitive_opt::<Int64Type>().ok_or_else(|| wrong(name::ID))?.clone(),
        })
    }

    fn at(&self, row: usize) -> (&str, Reverse<(i64, u64)>) {
        (self.host.value(row), Reverse((self.time.value(row), self.id.value(row).cast_unsigned())))
    }
}

/// Where a stream is.
struct Cursor {
    stream: Stream,
    keys: Keys,
    row: usize,
    /// The place of its batch among those that rows are taken from.
    batch: usize,
}

impl Cursor {
    fn head(&self) -> (&str, Reverse<(i64, u64)>) {
        self.keys.at(self.row)
    }
}

/// Sorted streams as one.
pub(super) struct SideBySide {
    /// The one whose head comes first stands last.
    cursors: Vec<Cursor>,
    /// What rows are taken from.
    batches: Vec<RecordBatch>,
    mapped: Vec<Box<str>>,
    nulls: Nulls,
}

impl SideBySide {
    pub(super) fn of(streams: Vec<Stream>) -> Result<Self, FileError> {
        let mut merged = Self { cursors: Vec::new(), batches: Vec::new(), mapped: Vec::new(), nulls: Nulls::default() };
        for stream in streams {
            if let Some(cursor) = merged.begin(stream)? {
                merged.put(cursor);
            }
        }
        Ok(merged)
    }

    /// The fields that are in the map of any row; complete when all rows are read.
    pub(super) fn mapped(&self) -> impl Iterator<Item = &str> {
        self.mapped.iter().map(|path| &**path)
    }

    /// The next rows, at most so many; nothing at the end. The path is that of the file they go into, for errors.
    pub(super) fn next(&mut self, rows: usize, path: &Path) -> Result<Option<RecordBatch>, FileError> {
        let mut places = Vec::with_capacity(rows);
        while places.len() < rows
            && let Some(mut first) = self.cursors.pop()
        {
            let end = first.keys.id.len();
            let second = self.cursors.last().map(Cursor::head);
            loop {
                places.push((first.batch, first.row));
                first.row += 1;
                if first.row == end || places.len() == rows || second.as_ref().is_some_and(|second| *second < first.head()) {
                    break;
                }
            }
            if first.row < end {
                self.put(first);
            } else if let Some(next) = self.begin(first.stream)? {
                self.put(next);
            }
        }
        if places.is_empty() {
            return Ok(None);
        }
        let gathered = gather(&self.batches, &places, &mut self.nulls).map_err(wrong(path))?;
        self.let_go();
        Ok(Some(gathered))
    }

    /// The first batch of a stream, or its next.
    fn begin(&mut self, mut stream: Stream) -> Result<Option<Cursor>, FileError> {
        let Some(batch) = stream.next()? else {
            if let Stream::File(batches) = &stream {
                self.mapped.extend(batches.mapped().into_iter().map(Box::from));
            }
            return Ok(None);
        };
        let keys = Keys::of(&batch).map_err(wrong(Path::new("")))?;
        self.batches.push(batch);
        Ok(Some(Cursor { stream, keys, row: 0, batch: self.batches.len() - 1 }))
    }

    fn put(&mut self, cursor: Cursor) {
        let place = self.cursors.partition_point(|other| other.head().cmp(&cursor.head()) == Ordering::Greater);
        self.cursors.insert(place, cursor);
    }

    /// Forgets batches of which all rows are taken.
    fn let_go(&mut self) {
        let mut kept = Vec::with_capacity(self.cursors.len());
        for cursor in &mut self.cursors {
            if let Some(batch) = self.batches.get(cursor.batch) {
                kept.push(batch.clone());
                cursor.batch = kept.len() - 1;
            }
        }
        self.batches = kept;
    }
}

fn wrong(path: &Path) -> impl Fn(ArrowError) -> FileError {
    |error| FileError::Parquet { path: path.to_owned(), source: error.into() }
}

/// All rows, sorted, in batches of so many.
pub(super) fn sorted(batches: &[RecordBatch], rows: usize, path: &Path) -> Result<Vec<RecordBatch>, FileError> {
    let keys = batches.iter().map(Keys::of).collect::<Result<Vec<_>, _>>().map_err(wrong(path))?;
    // Hosts are few: each is compared with the others once, and its number for each row.
    let mut hosts: Vec<&str> =
        keys.iter().flat_map(|keys| keys.host.iter().flatten()).collect::<std::collections::HashSet<_>>().into_iter().collect();
    hosts.sort_unstable();
    let numbers: HashMap<&str, usize> = hosts.iter().zip(0..).map(|(host, number)| (*host, number)).collect();
    let mut places = Vec::new();
    for (batch, keys) in keys.iter().enumerate() {
        for row in 0..keys.id.len() {
            let (host, newest) = keys.at(row);
            places.push((numbers.get(host).copied().unwrap_or_default(), newest, batch, row));
        }
    }
    places.sort_unstable();
    let places: Vec<(usize, usize)> = places.into_iter().map(|(_, _, batch, row)| (batch, row)).collect();
    let mut nulls = Nulls::default();
    let pieces = places.chunks(rows.max(1)).map(|places| gather(batches, places, &mut nulls));
    pieces.collect::<Result<_, _>>().map_err(wrong(path))
}

/// The rows at some places of batches that have the same columns.
fn gather(batches: &[RecordBatch], places: &[(usize, usize)], nulls: &mut Nulls) -> Result<RecordBatch, ArrowError> {
    let Some(first) = batches.first() else { return Err(ArrowError::InvalidArgumentError("no rows".to_owned())) };
    let column = |column: usize| {
        let arrays: Vec<&dyn Array> = batches.iter().map(|batch| &**batch.column(column)).collect();
        if arrays.iter().all(|array| array.null_count() == array.len()) {
            return Ok(nulls.of(first.column(column), places.len()));
        }
        interleave(&arrays, places)
    };
    let columns = (0..first.num_columns()).map(column).collect::<Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(places.len()));
    RecordBatch::try_new_with_options(first.schema(), columns, &options)
}

/// Columns without any value, one array of each kind: most columns of a batch are so.
#[derive(Default)]
struct Nulls(Vec<ArrayRef>);

impl Nulls {
    fn of(&mut self, like: &ArrayRef, rows: usize) -> ArrayRef {
        let known = self.0.iter().find(|array| array.data_type() == like.data_type() && array.len() >= rows);
        if let Some(known) = known {
            return known.slice(0, rows);
        }
        let array = new_null_array(like.data_type(), rows);
        self.0.push(ArrayRef::clone(&array));
        array
    }
}

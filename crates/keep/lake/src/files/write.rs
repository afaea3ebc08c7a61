//! Writing a file, whole and durable before it has its name.
//!
//! A row group is gathered, then written column by column, so that one column's encoder is at work
//! at a time: memory is that of one group's values, whatever the file. The filters of its words follow
//! the group ([`words`]).

use super::FileError;
use super::build::GroupBuilder;
use super::encoding;
use super::pieces::{Pieces, Seen};
use super::schema::{MAPPED, TENANT, name};
use super::words::{self, GroupWords};
use crate::disk::{Disk, DiskFile};
use crate::row::Record;
use crate::tenant;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::TypePtr;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_model::event::{Class, StoredEvent};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// What a written file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFacts {
    /// Whose events these are.
    pub(crate) tenant: Box<str>,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: [u8; 32],
    pub(crate) times: (Timestamp, Timestamp),
    pub(crate) received: (Timestamp, Timestamp),
    pub(crate) ids: (EventId, EventId),
}

/// In which order the events of a file come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Newest first.
    Time,
    /// By host, of each host newest first.
    Host,
    /// The same, for a file that is read once to be merged: it is found by nobody, so it has no filters.
    Run,
}

/// Writes a file of events that are there as such.
pub(crate) fn write<E: From<FileError>>(
    disk: &Arc<dyn Disk>,
    path: &Path,
    class: Class,
    order: Order,
    events: impl Iterator<Item = Result<StoredEvent, E>>,
) -> Result<FileFacts, E> {
    let mut writer = FileWriter::create(disk, path, class, order)?;
    for event in events {
        writer.push(&event?)?;
    }
    Ok(writer.finish()?)
}

/// A file of one class that others see when it is whole and on disk.
pub(crate) struct FileWriter {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    beside: PathBuf,
    root: TypePtr,
    writer: SerializedFileWriter<Sink>,
    order: Order,
    group: GroupBuilder,
    /// Rows that came as columns, for the next row group.
    pieces: Pieces,
    /// Fields in the map of rows that came as columns, by path.
    mapped: BTreeSet<Box<str>>,
    /// Where the filters of the groups that are written are.
    words: Vec<GroupWords>,
    facts: Gathered,
    /// Events of which some bytes could not be read.
    malformed: u64,
}

impl FileWriter {
    /// Begins a file. Directories on the way are made, and their entries synced.
    pub(crate) fn create(disk: &Arc<dyn Disk>, path: &Path, class: Class, order: Order) -> Result<Self, FileError> {
        let failed = |source| FileError::Io { path: path.to_owned(), source };
        let wrong = |source| FileError::Parquet { path: path.to_owned(), source };
        disk.create_dir(directory_of(path)).map_err(failed)?;
        let beside = path.with_extension("parquet.new");
        let file = End { file: disk.create_anew(&beside).map_err(failed)?, at: 0 };
        let sink = Sink { file: BufWriter::with_capacity(1 << 18, file), sha256: Sha256::new(), bytes: 0 };
        let group = GroupBuilder::new(class);
        let root = ArrowSchemaConverter::new().convert(group.schema()).map_err(wrong)?.root_schema_ptr();
        let writer = SerializedFileWriter::new(
            sink,
            Arc::clone(&root),
            Arc::new(encoding::of_file(order, sorting(order, group.schema()))),
        )
        .map_err(wrong)?;
        let path = path.to_owned();
        let disk = Arc::clone(disk);
        Ok(Self {
            disk,
            path,
            beside,
            root,
            writer,
            order,
            group,
            pieces: Pieces::default(),
            mapped: BTreeSet::new(),
            words: Vec::new(),
            facts: Gathered::default(),
            malformed: 0,
        })
    }

    /// Makes room for so many events with so many bytes of records.
    pub(crate) fn expect(&mut self, rows: usize, bytes: usize) {
        self.group.expect(rows, bytes);
    }

    /// Adds an event, in the order of the file. All are of one tenant.
    pub(crate) fn push(&mut self, event: &impl Record) -> Result<(), FileError> {
        if !self.facts.add(event) {
            return Err(FileError::Content { path: self.path.clone(), what: "tenant" });
        }
        self.malformed += u64::from(self.group.push(event).is_err());
        if self.group.is_full() { self.write_group() } else { Ok(()) }
    }

    /// Adds rows of this class's columns, in the order of the file; those in their maps are among `mapped`.
    pub(crate) fn push_rows(&mut self, tenant: &str, rows: &RecordBatch) -> Result<(), FileError> {
        let unexpected = |what| FileError::Content { path: self.path.clone(), what };
        let seen = Seen::of(rows).map_err(unexpected)?;
        if !self.facts.add_rows(tenant, &seen) {
            return Err(unexpected("tenant"));
        }
        if self.order != Order::Run {
            seen.each_record(|record| self.group.words().push(record)).map_err(unexpected)?;
        }
        self.pieces.push(rows);
        if self.pieces.is_full() { self.write_group() } else { Ok(()) }
    }

    /// Says which fields rows that come as columns may have in their map.
    pub(crate) fn may_map<'m>(&mut self, paths: impl Iterator<Item = &'m str>) {
        self.mapped.extend(paths.map(Box::from));
    }

    fn write_group(&mut self) -> Result<(), FileError> {
        let mut pieces = self.pieces.take();
        if self.group.rows() > 0 {
            pieces.push(self.group.finish());
        }
        if pieces.is_empty() {
            return Ok(());
        }
        let schema = Arc::clone(self.group.schema());
        let properties = encoding::of_group(self.order, &schema, &pieces);
        let written = write_columns(&mut self.writer, &self.root, &schema, properties, &pieces);
        written.map_err(|source| FileError::Parquet { path: self.path.clone(), source })?;
        if self.order == Order::Run {
            return Ok(());
        }
        let (filters, words) = self.group.words().finish(self.writer.bytes_written() as u64);
        self.words.push(words);
        self.writer.write_all(&filters).map_err(|source| FileError::Io { path: self.path.clone(), source })
    }

    /// Writes what is gathered; more may follow.
    pub(crate) fn flush(&mut self) -> Result<(), FileError> {
        self.write_group()
    }

    /// Makes the file whole, durable and seen.
    pub(crate) fn finish(mut self) -> Result<FileFacts, FileError> {
        self.write_group()?;
        self.writer.append_key_value_metadata(KeyValue::new(words::KEY.to_owned(), words::written(&self.words)));
        self.mapped.extend(self.group.mapped().map(|field| Box::from(field.path())));
        let mapped: Vec<&str> = self.mapped.iter().map(|path| &**path).collect();
        self.writer.append_key_value_metadata(KeyValue::new(MAPPED.to_owned(), mapped.join(",")));
        if let Some(tenant) = self.facts.tenant.as_deref().filter(|tenant| *tenant != tenant::DEFAULT) {
            self.writer.append_key_value_metadata(KeyValue::new(TENANT.to_owned(), tenant.to_owned()));
        }
        if self.malformed > 0 {
            tracing::error!(path = %self.path.display(), events = self.malformed, "stored events end early; what could be read and their records are kept");
        }
        let failed = |source| FileError::Io { path: self.path.clone(), source };
        let wrong = |source| FileError::Parquet { path: self.path.clone(), source };
        let Sink { file, sha256, bytes } = self.writer.into_inner().map_err(wrong)?;
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.file.sync().map_err(failed)?;
        self.disk.rename(&self.beside, &self.path).map_err(failed)?;
        self.disk.sync_dir(directory_of(&self.path)).map_err(failed)?;
        Ok(self.facts.done(bytes, sha256.finalize().into()))
    }
}

fn write_columns(
    writer: &mut SerializedFileWriter<Sink>,
    root: &TypePtr,
    schema: &Arc<Schema>,
    properties: WriterProperties,
    pieces: &[Vec<ArrayRef>],
) -> Result<(), ParquetError> {
    // Encoders take their properties from a file; this one is only there to give them.
    let settings = SerializedFileWriter::new(io::sink(), Arc::clone(root), Arc::new(properties))?;
    let place = writer.flushed_row_groups().len();
    let encoders = ArrowRowGroupWriterFactory::new(&settings, Arc::clone(schema)).create_column_writers(place)?;
    let mut encoders = encoders.into_iter();
    let mut group = writer.next_row_group()?;
    for (place, field) in schema.fields().iter().enumerate() {
        let mut own: Vec<_> = encoders.by_ref().take(leaves_of(field.data_type())).collect();
        for array in pieces.iter().filter_map(|piece| piece.get(place)) {
            for (leaf, encoder) in compute_leaves(field, array)?.iter().zip(&mut own) {
                encoder.write(leaf)?;
            }
        }
        for encoder in own {
            encoder.close()?.append_to_row_group(&mut group)?;
        }
    }
    group.close().map(drop)
}

/// How many columns of a file a column of ours takes: a map has names and values.
const fn leaves_of(kind: &DataType) -> usize {
    if matches!(kind, DataType::Map(..)) { 2 } else { 1 }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

/// The order as the footer says it. The columns it names stand before all maps, so that their places
/// among the columns are those among the leaves.
fn sorting(order: Order, schema: &Schema) -> Vec<SortingColumn> {
    let column = |name: &str, descending| {
        let place = schema.index_of(name).ok().and_then(|place| i32::try_from(place).ok())?;
        Some(SortingColumn { column_idx: place, descending, nulls_first: false })
    };
    let columns = match order {
        Order::Time => vec![column(name::TIME, true)],
        Order::Host | Order::Run => vec![column(name::HOST, false), column(name::TIME, true)],
    };
    columns.into_iter().flatten().collect()
}

/// A file that knows its length and its hash.
struct Sink {
    file: BufWriter<End>,
    sha256: Sha256,
    bytes: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The end of a file that is being written.
struct End {
    file: Arc<dyn DiskFile>,
    at: u64,
}

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all_at(self.at, bytes)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct Gathered {
    tenant: Option<Box<str>>,
    rows: u64,
    times: Option<(Timestamp, Timestamp)>,
    received: Option<(Timestamp, Timestamp)>,
    ids: Option<(EventId, EventId)>,
}

impl Gathered {
    /// False when the event is another tenant's than those before it.
    fn add(&mut self, event: &impl Record) -> bool {
        let tenant = event.tenant();
        if **self.tenant.get_or_insert_with(|| tenant.into()) != *tenant {
            return false;
        }
        self.rows += 1;
        widen(&mut self.times, event.time());
        widen(&mut self.received, event.received());
        widen(&mut self.ids, event.id());
        true
    }

    /// The same for rows that come as columns.
    fn add_rows(&mut self, tenant: &str, seen: &Seen<'_>) -> bool {
        if **self.tenant.get_or_insert_with(|| tenant.into()) != *tenant {
            return false;
        }
        self.rows += seen.ids.len() as u64;
        seen.times.iter().for_each(|time| widen(&mut self.times, Timestamp::from_micros(*time)));
        seen.received.iter().for_each(|time| widen(&mut self.received, Timestamp::from_micros(*time)));
        seen.ids.iter().for_each(|id| widen(&mut self.ids, EventId(id.cast_unsigned())));
        true
    }

    fn done(self, bytes: u64, sha256: [u8; 32]) -> FileFacts {
        FileFacts {
            tenant: self.tenant.unwrap_or_else(|| tenant::DEFAULT.into()),
            rows: self.rows,
            bytes,
            sha256,
            times: self.times.unwrap_or_default(),
            received: self.received.unwrap_or_default(),
            ids: self.ids.unwrap_or_default(),
        }
    }
}

fn widen<T: Ord + Copy>(range: &mut Option<(T, T)>, value: T) {
    *range = Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
}

//! Writing a file, whole and durable before it has its name.

use super::FileError;
use super::build::BatchBuilder;
use super::schema::{entities, name};
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use vigie_model::event::{Class, OCSF_VERSION, StoredEvent};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// What a written file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFacts {
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
}

/// Rows that become columns at once.
const BATCH_ROWS: usize = 8192;
/// Rows of a row group: what a search may skip as a whole, and what is held in memory to be written.
const GROUP_ROWS: usize = 65_536;
/// Rows of a page.
const PAGE_ROWS: usize = 8192;
/// Of a hundred values that are not there, one passes a Bloom filter.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;

/// Writes events of one class to a file that others see when it is whole and on disk.
///
/// The events come in the order that is given. Directories on the way are made, and their entries synced.
pub(crate) fn write<E: From<FileError>>(
    path: &Path,
    class: Class,
    order: Order,
    events: impl Iterator<Item = Result<StoredEvent, E>>,
) -> Result<FileFacts, E> {
    let beside = path.with_extension("parquet.new");
    let failed = |source| E::from(FileError::Io { path: path.to_owned(), source });
    create_directories(path).map_err(failed)?;
    let facts = write_beside(&beside, path, (class, order), events)?;
    std::fs::rename(&beside, path).map_err(failed)?;
    vigie_kit::files::sync_dir(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    Ok(facts)
}

/// Makes the directories of a file durable: a new directory is an entry in its parent.
fn create_directories(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().skip(1).take_while(|directory| !directory.exists()).collect();
    for directory in missing.into_iter().rev() {
        match std::fs::create_dir(directory) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => vigie_kit::files::sync_dir(directory.parent().unwrap_or(Path::new(".")))?,
        }
    }
    Ok(())
}

fn write_beside<E: From<FileError>>(
    beside: &Path,
    path: &Path,
    (class, order): (Class, Order),
    events: impl Iterator<Item = Result<StoredEvent, E>>,
) -> Result<FileFacts, E> {
    let failed = |source| E::from(FileError::Io { path: path.to_owned(), source });
    let wrong = |source: ParquetError| E::from(FileError::Parquet { path: path.to_owned(), source });
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(beside).map_err(failed)?;
    let sink = Sink { file: BufWriter::with_capacity(1 << 18, file), sha256: Sha256::new(), bytes: 0 };
    let mut builder = BatchBuilder::new(class);
    let options =
        ArrowWriterOptions::new().with_properties(properties(sorting(order, builder.schema()))).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(sink, builder.schema().clone(), options).map_err(wrong)?;
    let mut facts = Gathered::default();
    for event in events {
        let event = event?;
        facts.add(&event);
        builder.push(&event).map_err(|error| wrong(error.into()))?;
        if builder.rows() == BATCH_ROWS {
            let batch = builder.finish().map_err(|error| wrong(error.into()))?;
            writer.write(&batch).map_err(wrong)?;
        }
    }
    let batch = builder.finish().map_err(|error| wrong(error.into()))?;
    writer.write(&batch).map_err(wrong)?;
    let Sink { file, sha256, bytes } = writer.into_inner().map_err(wrong)?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(facts.done(bytes, sha256.finalize().into()))
}

fn properties(sorting: Vec<SortingColumn>) -> WriterProperties {
    // A path with dots is one column here, not a nested one.
    let column = |name: &str| ColumnPath::new(vec![name.to_owned()]);
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("vigie ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new("ocsf.version".to_owned(), OCSF_VERSION.to_owned())]))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_sorting_columns(Some(sorting))
        // By page only where pages differ: the file is sorted by time, and ids go with it.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_column_dictionary_enabled(column(name::RAW), false)
        .set_column_statistics_enabled(column(name::RAW), EnabledStatistics::None);
    for name in [name::ID, name::TIME, name::RECEIVED] {
        properties = properties
            .set_column_statistics_enabled(column(name), EnabledStatistics::Page)
            .set_column_dictionary_enabled(column(name), false)
            .set_column_encoding(column(name), Encoding::DELTA_BINARY_PACKED);
    }
    for name in entities() {
        properties = properties
            .set_column_bloom_filter_enabled(column(name), true)
            .set_column_bloom_filter_fpp(column(name), BLOOM_FALSE_POSITIVES)
            .set_column_bloom_filter_max_ndv(column(name), GROUP_ROWS as u64);
    }
    properties.build()
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
        Order::Host => vec![column(name::HOST, false), column(name::TIME, true)],
    };
    columns.into_iter().flatten().collect()
}

/// A file that knows its length and its hash.
struct Sink {
    file: BufWriter<File>,
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

#[derive(Default)]
struct Gathered {
    rows: u64,
    times: Option<(Timestamp, Timestamp)>,
    received: Option<(Timestamp, Timestamp)>,
    ids: Option<(EventId, EventId)>,
}

impl Gathered {
    fn add(&mut self, stored: &StoredEvent) {
        self.rows += 1;
        widen(&mut self.times, stored.event.time);
        widen(&mut self.received, stored.event.received);
        widen(&mut self.ids, stored.id);
    }

    fn done(self, bytes: u64, sha256: [u8; 32]) -> FileFacts {
        FileFacts {
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

//! An open file: its columns, what its footer says of them, and reading some of them.

use super::FileError;
use super::schema::{ADDRESSES, MAPPED, TENANT, name};
use super::words::{self, GroupWords, pages_of};
use crate::disk::{Disk, DiskFile};
use crate::tenant;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::bloom_filter::Sbbf;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;
use std::collections::{HashMap, HashSet};
use std::io::{self, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of events, its footer read. Shared by searches: reading has no position.
pub(crate) struct OpenFile {
    path: PathBuf,
    file: SharedFile,
    columns: HashMap<String, Column>,
    falls_in_time: bool,
    falls_by_host: bool,
    /// By row group, where the filters of its words are; empty when there are none.
    words: Vec<GroupWords>,
    /// The fields that are in the map of any row; nothing when the file does not say.
    mapped: Option<HashSet<Box<str>>>,
    /// Whose events it has.
    tenant: Box<str>,
    /// Bytes that its footer takes in memory.
    weight: usize,
    /// With texts as they are: for whole events.
    whole: ArrowReaderMetadata,
    /// With texts by dictionary: a condition is tried once for each different value.
    lookup: ArrowReaderMetadata,
}

#[derive(Clone, Copy)]
struct Column {
    /// Among the columns as they are read.
    root: usize,
    /// Among the columns as they are stored.
    leaf: usize,
}

/// Which columns to read, and how.
pub(crate) enum Columns<'c> {
    /// All of them, texts as they are.
    All,
    /// These, short texts by dictionary.
    Lookup(&'c [&'c str]),
}

impl OpenFile {
    /// Opens a file and reads its footer.
    pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, FileError> {
        let failed = |source| FileError::Io { path: path.to_owned(), source };
        let wrong = |source| FileError::Parquet { path: path.to_owned(), source };
        let file = disk.read(path).map_err(failed)?;
        let length = file.length().map_err(failed)?;
        let file = SharedFile { file, length };
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let whole = ArrowReaderMetadata::load(&file, options.clone()).map_err(wrong)?;
        let by_dictionary = options.with_schema(dictionaries(whole.schema()));
        let lookup = ArrowReaderMetadata::try_new(Arc::clone(whole.metadata()), by_dictionary).map_err(wrong)?;
        let columns = columns(&whole);
        let sorted = |by: &[(&str, bool)]| {
            let leaf = |(name, falls): &(&str, bool)| columns.get(*name).map(|column| (column.leaf, *falls));
            by.iter().map(leaf).collect::<Option<Vec<_>>>().is_some_and(|by| is_sorted(whole.metadata(), &by))
        };
        let falls_in_time = sorted(&[(name::TIME, true)]);
        let falls_by_host = sorted(&[(name::HOST, false), (name::TIME, true)]);
        let words = words_of(whole.metadata(), length);
        let tenant = said(whole.metadata(), TENANT).unwrap_or(tenant::DEFAULT).into();
        let mapped = said(whole.metadata(), MAPPED).map(|paths| paths.split(',').map(Box::from).collect());
        let weight = whole.metadata().memory_size();
        Ok(Self {
            tenant,
            path: path.to_owned(),
            mapped,
            file,
            columns,
            falls_in_time,
            falls_by_host,
            words,
            weight,
            whole,
            lookup,
        })
    }

    /// Bytes that its footer takes in memory.
    pub(crate) const fn weight(&self) -> usize {
        self.weight
    }

    /// Whose events it has.
    pub(crate) fn tenant(&self) -> &str {
        &self.tenant
    }

    /// How many row groups there are.
    pub(crate) fn groups(&self) -> usize {
        self.metadata().num_row_groups()
    }

    /// How many rows a row group has.
    pub(crate) fn group_rows(&self, group: usize) -> usize {
        usize::try_from(self.metadata().row_group(group).num_rows()).unwrap_or_default()
    }

    /// Whether there is a column of this name.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// What the footer says of a column of numbers or times: lowest, highest.
    pub(crate) fn bounds(&self, group: usize, column: &str) -> Option<(i64, i64)> {
        match self.statistics(group, column)? {
            Statistics::Int64(values) => Some((*values.min_opt()?, *values.max_opt()?)),
            Statistics::Int32(values) => Some((i64::from(*values.min_opt()?), i64::from(*values.max_opt()?))),
            _ => None,
        }
    }

    /// Whether no row of a group has a value in this column.
    pub(crate) fn is_empty(&self, group: usize, column: &str) -> bool {
        let nulls = self.statistics(group, column).and_then(Statistics::null_count_opt);
        nulls.is_some_and(|nulls| nulls == self.group_rows(group) as u64)
    }

    /// Whether any row may have this field, where it has no column of its own.
    pub(crate) fn may_map(&self, path: &str) -> bool {
        self.mapped.as_ref().is_none_or(|mapped| mapped.contains(path))
    }

    /// The fields that any row may have in its map, where the file says so.
    pub(crate) fn mapped(&self) -> impl Iterator<Item = &str> {
        self.mapped.iter().flatten().map(|path| &**path).filter(|path| !path.is_empty())
    }

    /// Whether its columns are these, in this order and filled as they are today.
    pub(crate) fn has_columns_of(&self, schema: &Schema) -> bool {
        let own = self.whole.schema().fields();
        let same =
            |(own, wanted): (&Arc<Field>, &Arc<Field>)| own.name() == wanted.name() && own.data_type() == wanted.data_type();
        self.mapped.is_some() && own.len() == schema.fields().len() && own.iter().zip(schema.fields()).all(same)
    }

    /// Whether the texts of a column are addresses in the one form that they have.
    pub(crate) fn has_addresses(&self, column: &str) -> bool {
        self.mapped.is_some() && ADDRESSES.contains(&column)
    }

    /// What the footer says of a column of texts: none is below the first, none above the second. They may be
    /// no texts themselves, since long ones are cut.
    pub(crate) fn text_bounds(&self, group: usize, column: &str) -> Option<(&[u8], &[u8])> {
        match self.statistics(group, column)? {
            Statistics::ByteArray(values) => Some((values.min_bytes_opt()?, values.max_bytes_opt()?)),
            _ => None,
        }
    }

    fn statistics(&self, group: usize, column: &str) -> Option<&Statistics> {
        let leaf = self.columns.get(column)?.leaf;
        self.metadata().row_group(group).column(leaf).statistics()
    }

    /// The Bloom filter of a column, where it has one.
    pub(crate) fn bloom(&self, group: usize, column: &str) -> Result<Option<Sbbf>, FileError> {
        let Some(column) = self.columns.get(column) else { return Ok(None) };
        let chunk = self.metadata().row_group(group).column(column.leaf);
        Sbbf::read_from_column_chunk(chunk, &self.file).map_err(self.wrong())
    }

    /// Which pages of a group may have a record with a word, by the word's hash; nothing when the
    /// file does not say.
    pub(crate) fn pages_with(&self, group: usize, hash: u64) -> Result<Option<Vec<bool>>, FileError> {
        let Some(words) = self.words.get(group) else { return Ok(None) };
        let (at, length) = words.bytes_of(hash);
        let bytes = self.file.get_bytes(at, length).map_err(self.wrong())?;
        Ok(Some(pages_of(&bytes, hash).collect()))
    }

    /// Whether the rows fall in time from the first to the last, as the footer says.
    pub(crate) const fn falls_in_time(&self) -> bool {
        self.falls_in_time
    }

    /// Whether the rows come by host, and of each host fall in time, as the footer says.
    pub(crate) const fn falls_by_host(&self) -> bool {
        self.falls_by_host
    }

    /// The rows of a group whose pages may hold times from `earliest` to `latest`.
    pub(crate) fn rows_between(&self, group: usize, earliest: i64, latest: i64) -> Vec<Range<usize>> {
        let rows = self.group_rows(group);
        self.pages_between(group, earliest, latest).unwrap_or_else(|| std::iter::once(0..rows).collect())
    }

    fn pages_between(&self, group: usize, earliest: i64, latest: i64) -> Option<Vec<Range<usize>>> {
        use parquet::file::page_index::column_index::ColumnIndexMetaData;
        let leaf = self.columns.get(name::TIME)?.leaf;
        let places = self.metadata().offset_index()?.get(group)?.get(leaf)?.page_locations();
        let ColumnIndexMetaData::INT64(bounds) = self.metadata().column_index()?.get(group)?.get(leaf)? else { return None };
        let row = |page: usize| places.get(page).and_then(|page| usize::try_from(page.first_row_index).ok());
        let mut stretches: Vec<Range<usize>> = Vec::new();
        for (page, (low, high)) in bounds.min_values().iter().zip(bounds.max_values()).enumerate() {
            if *high < earliest || latest < *low {
                continue;
            }
            let first = row(page)?;
            let end = row(page + 1).unwrap_or_else(|| self.group_rows(group)).max(first);
            match stretches.last_mut() {
                Some(before) if before.end == first => before.end = end,
                _ => stretches.push(first..end),
            }
        }
        Some(stretches)
    }

    /// Reads columns of the selected rows of a group.
    pub(crate) fn read(
        &self,
        group: usize,
        columns: &Columns<'_>,
        selection: Option<RowSelection>,
        batch_rows: usize,
    ) -> Result<ParquetRecordBatchReader, FileError> {
        let metadata = match columns {
            Columns::All => &self.whole,
            Columns::Lookup(_) => &self.lookup,
        };
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), metadata.clone())
            .with_row_groups(vec![group])
            .with_batch_size(batch_rows);
        if let Columns::Lookup(names) = columns {
            let roots = names.iter().filter_map(|name| self.columns.get(*name)).map(|column| column.root);
            let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
            builder = builder.with_projection(mask);
        }
        if let Some(selection) = selection {
            builder = builder.with_row_selection(selection);
        }
        builder.build().map_err(self.wrong())
    }

    /// An error of this file's content.
    pub(crate) fn wrong(&self) -> impl Fn(ParquetError) -> FileError + '_ {
        |source| FileError::Parquet { path: self.path.clone(), source }
    }

    /// An error of this file's columns.
    pub(crate) fn unexpected(&self, what: &'static str) -> FileError {
        FileError::Content { path: self.path.clone(), what }
    }

    fn metadata(&self) -> &ParquetMetaData {
        self.whole.metadata()
    }
}

/// Whether the footer says that a file is sorted by these columns before all others; of each, whether
/// its values fall.
fn is_sorted(metadata: &ParquetMetaData, by: &[(usize, bool)]) -> bool {
    metadata.row_groups().iter().all(|group| {
        let columns = group.sorting_columns().map_or(&[][..], Vec::as_slice);
        let said = columns.iter().map(|column| (usize::try_from(column.column_idx).unwrap_or(usize::MAX), column.descending));
        columns.len() >= by.len() && said.zip(by).all(|(said, wanted)| said == *wanted)
    })
}

fn columns(metadata: &ArrowReaderMetadata) -> HashMap<String, Column> {
    let leaves = metadata.parquet_schema();
    let roots = metadata.schema().fields().iter().enumerate();
    let column = |(root, field): (usize, &Arc<Field>)| {
        let leaf = (0..leaves.num_columns()).find(|leaf| leaves.get_column_root_idx(*leaf) == root)?;
        Some((field.name().clone(), Column { root, leaf }))
    };
    roots.filter_map(column).collect()
}

/// What the footer says under a key.
fn said<'m>(metadata: &'m ParquetMetaData, key: &str) -> Option<&'m str> {
    let known = metadata.file_metadata().key_value_metadata()?;
    known.iter().find(|entry| entry.key == key)?.value.as_deref()
}

fn words_of(metadata: &ParquetMetaData, length: u64) -> Vec<GroupWords> {
    let text = said(metadata, words::KEY);
    let rows = metadata.row_groups().iter().map(|group| usize::try_from(group.num_rows()).unwrap_or_default());
    text.and_then(|text| words::read(text, length, &rows.collect::<Vec<_>>())).unwrap_or_default()
}

/// The same columns with texts by dictionary, the record as a view.
fn dictionaries(schema: &SchemaRef) -> SchemaRef {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let column = |field: &Arc<Field>| match (field.name().as_str(), field.data_type()) {
        (name::RAW, DataType::Utf8) => field.as_ref().clone().with_data_type(DataType::Utf8View),
        (_, DataType::Utf8) => field.as_ref().clone().with_data_type(dictionary.clone()),
        _ => field.as_ref().clone(),
    };
    Arc::new(Schema::new(schema.fields().iter().map(column).collect::<Vec<_>>()))
}

/// A file read at given places, by several readers at once.
#[derive(Clone)]
struct SharedFile {
    file: Arc<dyn DiskFile>,
    length: u64,
}

impl Length for SharedFile {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for SharedFile {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(BufReader::new(From { file: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        // A footer may lie about lengths; the file cannot.
        if start.saturating_add(length as u64) > self.length {
            return Err(ParquetError::EOF(format!("{length} bytes at {start} of {}", self.length)));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(start, &mut bytes)?;
        Ok(bytes.into())
    }
}

/// A file from one place on.
struct From {
    file: SharedFile,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.file.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let read = left.min(buffer.len());
        let buffer = buffer.get_mut(..read).unwrap_or_default();
        self.file.file.read_exact_at(self.at, buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

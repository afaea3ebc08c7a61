//! How each column of a row group is encoded: by what is in it.
//!
//! Few different values go by dictionary. Many go as they are, where a dictionary would cost time and
//! room. A column without values is not compressed: a compressor costs more than it has to say.

use super::schema::{entities, name};
use super::write::Order;
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field, Schema};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use std::collections::HashSet;
use vigie_model::event::OCSF_VERSION;

/// Rows of a page.
pub(crate) const PAGE_ROWS: usize = 8192;
/// Bytes of a page: large enough that rows decide, also for long records.
const PAGE_BYTES: usize = 8 << 20;
/// Bytes of a dictionary, beyond which a column goes on without.
const DICTIONARY_BYTES: usize = 1 << 20;
/// Of a hundred values that are not there, one passes a Bloom filter.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;
/// Values looked at to tell whether there are many different ones.
const SAMPLE: usize = 4096;
/// How hard to compress what is sealed as fast as it comes or read only once, and what is merged and stays.
const LEVELS: (i32, i32) = (1, 3);

/// What holds for the file as a whole.
pub(super) fn of_file(order: Order, sorting: Vec<SortingColumn>) -> WriterProperties {
    common(order)
        .set_created_by(concat!("vigie ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(vec![KeyValue::new("ocsf.version".to_owned(), OCSF_VERSION.to_owned())]))
        .set_sorting_columns(Some(sorting))
        .build()
}

/// What holds for the columns of a row group, given in pieces that have all columns each.
pub(super) fn of_group(order: Order, schema: &Schema, pieces: &[Vec<ArrayRef>]) -> WriterProperties {
    let mut properties = common(order);
    for (place, field) in schema.fields().iter().enumerate() {
        let arrays: Vec<&ArrayRef> = pieces.iter().filter_map(|piece| piece.get(place)).collect();
        let rows = arrays.iter().fold(0, |rows, array| rows + array.len());
        // A path with dots is one column here, not a nested one.
        let column = || ColumnPath::new(vec![field.name().clone()]);
        if arrays.iter().all(|array| array.null_count() == array.len()) && !matches!(field.data_type(), DataType::Map(..)) {
            properties = properties
                .set_column_compression(column(), Compression::UNCOMPRESSED)
                .set_column_dictionary_enabled(column(), false);
            continue;
        }
        if let Some(encoding) = many_values(field, &arrays) {
            properties = properties.set_column_dictionary_enabled(column(), false).set_column_encoding(column(), encoding);
        }
        if order != Order::Run && entities().any(|entity| entity == field.name()) {
            properties = properties
                .set_column_bloom_filter_enabled(column(), true)
                .set_column_bloom_filter_fpp(column(), BLOOM_FALSE_POSITIVES)
                .set_column_bloom_filter_max_ndv(column(), rows as u64);
        }
    }
    // By page only where pages differ: the file is sorted by time, and ids go with it.
    for name in [name::ID, name::TIME, name::RECEIVED] {
        properties = properties.set_column_statistics_enabled(ColumnPath::new(vec![name.to_owned()]), EnabledStatistics::Page);
    }
    properties.set_column_statistics_enabled(ColumnPath::new(vec![name::RAW.to_owned()]), EnabledStatistics::None).build()
}

fn common(order: Order) -> WriterPropertiesBuilder {
    let level = match order {
        Order::Time | Order::Run => LEVELS.0,
        Order::Host => LEVELS.1,
    };
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(level).unwrap_or_default()))
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
}

/// The encoding of a column that has many different values; nothing where a dictionary is better.
fn many_values(field: &Field, arrays: &[&ArrayRef]) -> Option<Encoding> {
    match field.data_type() {
        DataType::Timestamp(..) => Some(Encoding::DELTA_BINARY_PACKED),
        DataType::Int64 if field.name() == name::ID => Some(Encoding::DELTA_BINARY_PACKED),
        DataType::Int64 => {
            let value = |array: &&ArrayRef, row| array.as_primitive::<Int64Type>().value(row);
            is_varied(arrays, value).then_some(Encoding::DELTA_BINARY_PACKED)
        }
        DataType::Int32 => {
            let value = |array: &&ArrayRef, row| array.as_primitive::<Int32Type>().value(row);
            is_varied(arrays, value).then_some(Encoding::DELTA_BINARY_PACKED)
        }
        DataType::Utf8 if field.name() == name::RAW => Some(Encoding::DELTA_LENGTH_BYTE_ARRAY),
        DataType::Utf8 => {
            is_varied(arrays, |array, row| array.as_string::<i32>().value(row)).then_some(Encoding::DELTA_LENGTH_BYTE_ARRAY)
        }
        _ => None,
    }
}

/// Whether three in four of a sample of values are different.
fn is_varied<'a, T: std::hash::Hash + Eq>(arrays: &'a [&'a ArrayRef], value: impl Fn(&'a &'a ArrayRef, usize) -> T) -> bool {
    let values: usize = arrays.iter().map(|array| array.len() - array.null_count()).sum();
    let step = (values / SAMPLE).max(1);
    let valid = |array: &'a &'a ArrayRef| (0..array.len()).filter(|row| array.is_valid(*row)).map(move |row| (array, row));
    let mut different = HashSet::new();
    let mut seen = 0;
    for (array, row) in arrays.iter().flat_map(valid).step_by(step).take(SAMPLE) {
        seen += 1;
        different.insert(value(array, row));
    }
    different.len() * 4 > seen * 3
}

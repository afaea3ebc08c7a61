//! Parquet files: one class of events each, newest first, or when merged by host and then so.
//!
//! Plain Parquet for any engine: signed integers, UTC times in µs, UTF-8. What is searched has a
//! column under its OCSF path ([`schema`]); the other fields of the schema are in the map `fields`,
//! what the schema does not know in the map `unmapped`, the record in `raw`. A message that stands in
//! the record is not stored twice, its place is ([`part`]). A file is written whole
//! under another name, synced and renamed ([`write`]); after that it never changes.

mod build;
mod column;
mod encoding;
mod export;
mod open;
mod part;
mod pieces;
mod rows;
mod schema;
mod today;
mod words;
mod write;

#[cfg(test)]
mod tests;

pub(crate) use encoding::PAGE_ROWS;
pub(crate) use export::ExportWriter;
pub(crate) use open::{Columns, OpenFile};
pub(crate) use part::part_at;
pub(crate) use pieces::text_bytes;
pub(crate) use rows::{pairs, raw_bytes, read, stored_events};
pub(crate) use schema::{all_columns, name};
pub(crate) use today::Batches;
pub(crate) use write::{FileFacts, FileWriter, Order, write};

use std::io;
use std::path::PathBuf;

/// Why a file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot use {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{} is not a Parquet file that Vigie wrote, or is damaged", path.display())]
    Parquet { path: PathBuf, source: parquet::errors::ParquetError },
    #[error("{} does not hold what its columns promise: {what}", path.display())]
    Content { path: PathBuf, what: &'static str },
}

//! Events: durable intake, columnar files, retention, search.

mod batch;
mod codec;
mod disk;
mod query;
mod row;
#[cfg(test)]
mod testing;
mod wal;

pub use batch::{Batch, Checkpoint};
pub use query::{Query, QueryError};

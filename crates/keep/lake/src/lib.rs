//! Events: durable intake, columnar files, retention, search.
//!
//! [`Lake::append`] returns when the events are on disk; from then on they are found, whatever stops
//! the program. They lie in a write-ahead log first (`wal`) and move into plain Parquet files, one
//! class each, sorted by time (`files`, `seal`); the catalogue in the database says which files there
//! are (`catalogue`). A [`Query`] is asked of both at once (`search`).
//!
//! Not here: parsing (the events come as OCSF), detection, general SQL. One process at a time has the
//! directory: whoever opens the lake holds the lock of the data directory.

mod address;
mod asking;
mod batch;
mod catalogue;
mod codec;
mod delta;
mod disk;
mod error;
mod export;
mod files;
mod following;
#[doc(hidden)]
pub mod fuzz;
mod keep;
mod lake;
mod live;
mod open_files;
mod query;
mod row;
mod seal;
mod search;
mod settings;
mod signals;
mod store;
mod tenant;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wal;
mod words;

pub use batch::{Batch, Checkpoint};
pub use delta::DeltaTable;
pub use error::{AppendError, KeepError, OpenError, ReadError};
pub use export::ExportError;
pub use keep::{
    Compacted, Erased, Erasure, ErasurePreview, ErasureProof, Expired, Held, Hold, LakeStats, LakeWork, LastCheck, LastMerge,
    NewHold, Released, Verified, VerifyFault, Verifying, link_of, link_text,
};
pub use lake::{Damaged, Lake, Recovered};
pub use live::{NoEvents, Subscription};
pub use query::{Query, QueryError, Sequence};
pub use search::{
    Cancel, Completions, Counted, Cursor, FoundSequence, Histogram, NotACursor, Page, Progress, Sequences, Top, Value, Values,
    Window,
};
pub use settings::{Compaction, Retention, Settings, StoreSettings};
pub use store::StoreStatus;

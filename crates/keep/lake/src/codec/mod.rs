//! Batches of events as bytes in the log.
//!
//! One record of the log is one batch: the checkpoint of its source and its events become durable
//! together or not at all. The form is our own, versioned by its first byte, and made for two
//! readers: replay, which wants the checkpoint only, and search, which looks at a few values of an
//! event and rarely at all of them ([`EventView`]). Parquet holds the events for the long run;
//! nothing in this form outlives the sealing of its segment.
//!
//! ```text
//! batch   = version, has_checkpoint, [source, position], base time, origins, count, (length, event)*
//! origin  = source, format, host, (label, value)*
//! event   = time - base, received - time, class_uid, activity, severity, origin, raw,
//!           (field number, value)*, (name, value)* unmapped
//! ```

mod bytes;
mod encode;
mod table;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use bytes::Malformed;
pub(crate) use encode::{Encoded, encode};
pub(crate) use table::PathTable;
pub(crate) use view::{BatchView, EventView};

/// The version this program writes.
const VERSION: u8 = 2;
/// The version before it: origins had no labels.
const VERSION_WITHOUT_LABELS: u8 = 1;

/// How large a batch may be, encoded. A batch is one record, and a record is read as a whole.
pub(crate) const BATCH_BYTES_MAX: usize = 32 << 20;

//! What an agent has not handed over yet: batches on its disk, in order, until the server has them.
//!
//! A [`Spool`] takes a batch and gives it a sequence number; when it has returned, the batch is on disk. Batches
//! are sent in their order, as often as it takes, and dropped when the server has acknowledged them, which it does
//! when they are durable there. A batch is known by its [`BatchId`]: the spool and its sequence. The receiving side
//! keeps the last sequence of each spool beside the events, in the same transaction or record, and takes each
//! batch once ([`Progress`]): so what is delivered at least once is stored once.
//!
//! What always holds:
//!
//! - Sequences of a spool rise by one; a spool that is lost is another one afterwards, with another id.
//! - Nothing is dropped that was not acknowledged. A full spool takes no more ([`SpoolError::Full`]): whoever
//!   fills it holds its sources back.
//! - After a stop everything is there that [`Spool::push`] had returned for; what was being written is cut off.
//!
//! Not here: what is in a batch, and the way to the server. The bytes are those of [`format`], made like those of
//! the lake's log; docs/decisions/agent-spool.md says why they are not the same.

pub mod format;
mod progress;
mod spool;
#[cfg(test)]
mod tests;

pub use progress::{Progress, Verdict};
pub use spool::{Batch, Limits, Recovered, Spool, SpoolError};

/// Which spool: made by chance when it is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpoolId(pub [u8; 16]);

/// Which batch, wherever it is: the same when it is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId {
    /// The spool it came from.
    pub spool: SpoolId,
    /// Its place in it, from 1 on.
    pub sequence: u64,
}

impl std::fmt::Display for SpoolId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

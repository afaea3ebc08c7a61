//! The receiving side: each batch of a spool once.

use crate::{BatchId, SpoolId};

/// How far the receiving side has come with a spool. It is stored with the events of the last batch, so that both
/// are durable or neither; in the lake it is the checkpoint of the source [`Progress::source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    spool: SpoolId,
    last: u64,
}

/// What to do with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Store it, with [`Progress::after`] beside it, then acknowledge it.
    Take,
    /// It is here: acknowledge it again.
    Known,
    /// One before it is missing: acknowledge the last that is here, and the agent sends from this one on.
    Missing {
        /// The sequence that is expected.
        expected: u64,
    },
}

impl Progress {
    /// How far it is by what was stored; at the beginning when nothing was, or nothing that can be read.
    #[must_use]
    pub fn from(spool: SpoolId, stored: Option<&[u8]>) -> Self {
        let last = stored.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        Self { spool, last }
    }

    /// The last sequence that is here; 0 when none is.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// What to do with a batch.
    #[must_use]
    pub fn verdict(&self, batch: BatchId) -> Verdict {
        // A batch of another spool was asked about with the wrong progress: nothing of it is here by this one.
        let last = if batch.spool == self.spool { self.last } else { 0 };
        match last.checked_add(1) {
            _ if batch.sequence <= last => Verdict::Known,
            Some(next) if batch.sequence == next => Verdict::Take,
            next => Verdict::Missing { expected: next.unwrap_or(u64::MAX) },
        }
    }

    /// How far it is when this batch is stored.
    #[must_use]
    pub const fn after(batch: BatchId) -> Self {
        Self { spool: batch.spool, last: batch.sequence }
    }

    /// What is stored.
    #[must_use]
    pub const fn stored(&self) -> [u8; 8] {
        self.last.to_le_bytes()
    }

    /// The name of the source that it is the position of.
    #[must_use]
    pub fn source(&self) -> String {
        format!("agent:{}", self.spool)
    }
}

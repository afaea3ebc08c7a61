//! Everything at one moment: what is in files, and what is in the log and not yet in files.

use super::SearchError;
use crate::catalogue::{Catalogue, FileRow, Files};
use crate::wal::{Segments, Unsealed};
use std::sync::Arc;
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

/// Every event, each once. Files in it stay on the disk for as long as it is kept.
pub(super) struct View {
    pub(super) unsealed: Unsealed,
    files: Arc<Files>,
}

impl View {
    /// The state now.
    pub(super) fn now(catalogue: &Catalogue, segments: &Segments) -> Result<Self, SearchError> {
        loop {
            let unsealed = segments.now();
            let files = catalogue.files()?;
            // Files of a sealing that is not finished are left out below, their events are in the log.
            // When one was finished meanwhile, its files may already be merged with older ones.
            if segments.low_water() == unsealed.low_water {
                return Ok(Self { unsealed, files });
            }
        }
    }

    /// Files that may hold times from one to another, by falling last time.
    pub(super) fn newest_first(&self, times: (Timestamp, Timestamp)) -> impl Iterator<Item = &FileRow> {
        self.files.newest_first(times).filter(|row| self.is_sealed(row))
    }

    /// Files that may hold an event with a number from one to another.
    pub(super) fn with_ids(&self, first: EventId, last: EventId) -> impl Iterator<Item = &FileRow> {
        self.files.with_ids(first, last).filter(|row| self.is_sealed(row))
    }

    const fn is_sealed(&self, row: &FileRow) -> bool {
        row.sealed_through <= self.unsealed.low_water
    }
}

//! Keeping: when events move into files, how long they stay, whether they are still what they were.

mod choice;
mod compact;
mod erase;
mod expire;
mod hold;
mod merge;
mod removal;
mod rows;
mod side_by_side;
mod store;
mod verify;
mod work;

pub use compact::Compacted;
#[cfg(test)]
pub(crate) use compact::MergeStep;
pub(crate) use compact::compact_when_due;
#[cfg(test)]
pub(crate) use erase::EraseStep;
pub use erase::{Erased, Erasure, ErasurePreview, ErasureProof};
pub use expire::Expired;
pub(crate) use hold::KnownHeld;
pub use hold::{Held, Hold, NewHold, Released};
pub(crate) use merge::RewriteError;
pub(crate) use removal::{Removals, remove_leftovers};
pub use verify::{Verified, VerifyFault, Verifying, link_of, link_text};
pub(crate) use work::Work;
pub use work::{LakeWork, LastCheck, LastMerge};

use crate::error::KeepError;
use crate::lake::{Core, Lake};
use crate::seal::{SealError, Sealed, Sealer, Step};
use crate::wal::{Refused, Segment};
use std::io;
use std::sync::{Arc, MutexGuard, PoisonError};
use tracing::field::Empty;
use vigie_model::time::Timestamp;

/// So many events are worth a file before their time is up.
const WORTH_A_FILE: u64 = 10_000;
/// So much longer fewer events wait.
const PATIENCE: i64 = 12;
/// So many segments are sealed however little is in them: each is an open file.
const SEGMENTS_MAX: usize = 64;

/// What the lake holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LakeStats {
    /// Events, those in the log among them.
    pub events: u64,
    /// Bytes of files and of the log.
    pub bytes: u64,
    /// Files.
    pub files: u64,
    /// Events that are in the log and not yet in files.
    pub unsealed: u64,
    /// Bytes of the log.
    pub log_bytes: u64,
    /// Since when the log has events that are not in files yet.
    pub unsealed_since: Option<Timestamp>,
    /// The earliest event time.
    pub oldest: Option<Timestamp>,
    /// The latest event time.
    pub newest: Option<Timestamp>,
}

impl Lake {
    /// Moves everything that is in the log into files, now.
    ///
    /// # Errors
    /// See [`KeepError`]; what could not be moved stays in the log.
    pub fn seal(&self) -> Result<(), KeepError> {
        self.core().seal(&|_| true)?;
        Ok(())
    }

    /// What the lake holds.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn stats(&self) -> Result<LakeStats, KeepError> {
        let unsealed = self.core().segments.now();
        let totals = self.core().catalogue.files()?.totals();
        let mut stats = LakeStats {
            events: totals.events,
            bytes: totals.bytes,
            files: totals.files,
            oldest: totals.oldest,
            newest: totals.newest,
            ..LakeStats::default()
        };
        for segment in &unsealed.segments {
            stats.unsealed += segment.events();
            stats.log_bytes += segment.end();
            if segment.events() > 0 && stats.unsealed_since.is_none() {
                stats.unsealed_since = Some(segment.created());
            }
            if let Some((earliest, latest)) = segment.times() {
                stats.oldest = Some(stats.oldest.map_or(earliest, |oldest| oldest.min(earliest)));
                stats.newest = Some(stats.newest.map_or(latest, |newest| newest.max(latest)));
            }
        }
        stats.events += stats.unsealed;
        stats.bytes += stats.log_bytes;
        Ok(stats)
    }
}

impl Core {
    pub(crate) fn rewriting_alone(&self) -> MutexGuard<'_, ()> {
        self.rewriting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn alone(&self) -> MutexGuard<'_, ()> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the log holds enough, or something for long enough.
    pub(crate) fn is_due(&self) -> bool {
        let segments = self.segments.now().segments;
        let events: u64 = segments.iter().map(|segment| segment.events()).sum();
        let bytes: u64 = segments.iter().map(|segment| segment.end()).sum();
        let Some(oldest) = segments.iter().find(|segment| segment.records() > 0) else { return false };
        let age = self.clock.now().since(oldest.created()) / 1_000_000;
        let after = i64::from(self.settings.seal_after_seconds);
        let full = events >= self.settings.seal_events || bytes >= self.settings.segment_bytes || segments.len() >= SEGMENTS_MAX;
        full || age >= after && events >= WORTH_A_FILE || age >= after.saturating_mul(PATIENCE)
    }

    /// Seals everything that is in the log. `go_on` is asked before each step.
    pub(crate) fn seal(&self, go_on: &dyn Fn(Step) -> bool) -> Result<Sealed, SealError> {
        let _alone = self.alone();
        let span = tracing::info_span!("seal", events = Empty, files = Empty).entered();
        let closed = match self.committer.rotate() {
            Ok(closed) => closed,
            Err(Refused::Closed | Refused::Commit(_)) => return Ok(Sealed::default()),
        };
        let mut segments = self.segments.now().segments;
        segments.retain(|segment| segment.number() <= closed);
        let sealer = Sealer {
            directory: &self.directory,
            log_directory: &self.log_directory,
            catalogue: &self.catalogue,
            disk: &self.disk,
            segments: &self.segments,
            removals: &self.removals,
            name: &self.name().map_err(|_| SealError::Log(io::ErrorKind::Other.into()))?,
            go_on,
        };
        let mut sum = Sealed::default();
        for group in groups(&segments, self.settings.segment_bytes) {
            let sealed = match sealer.seal(group, self.signals.next_id(), self.clock.now()) {
                // A test stopped it and looks at what a start makes of it.
                Err(error @ SealError::Stopped(_)) => return Err(error),
                Err(error) => {
                    self.clean_up();
                    return Err(error);
                }
                Ok(sealed) => sealed,
            };
            tracing::info!(sealed.segments, sealed.events, sealed.files, "events were sealed");
            sum.segments += sealed.segments;
            sum.events += sealed.events;
            sum.files += sealed.files;
        }
        span.record("events", sum.events).record("files", sum.files);
        self.signals.sealed();
        if sum.files > 0 {
            self.follow_in_delta();
        }
        Ok(sum)
    }
}

/// Segments in groups of about one full segment, which is what a sealing holds in memory.
fn groups(segments: &[Arc<Segment>], bytes_max: u64) -> Vec<&[Arc<Segment>]> {
    let mut groups = Vec::new();
    let mut rest = segments;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = rest.iter().position(|segment| {
            bytes += segment.end();
            bytes > bytes_max
        });
        let (group, others) = rest.split_at(fits.unwrap_or(rest.len()).max(1));
        groups.push(group);
        rest = others;
    }
    groups
}

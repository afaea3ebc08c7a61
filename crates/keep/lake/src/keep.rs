//! Keeping: when events move into files, how long they stay, whether they are still what they were.

use crate::catalogue::{Catalogue, Classes, FileRow, next_link};
use crate::error::{KeepError, OpenError};
use crate::lake::{Core, Lake};
use crate::seal::{SealError, Sealed, Sealer, Step};
use crate::wal::{Refused, Segment};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};
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
    /// The earliest event time.
    pub oldest: Option<Timestamp>,
    /// The latest event time.
    pub newest: Option<Timestamp>,
}

/// What retention dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Expired {
    /// Files.
    pub files: u64,
    /// Events.
    pub events: u64,
    /// Bytes.
    pub bytes: u64,
    /// Nothing was dropped because the clock has jumped since the last time; the next time it will be.
    pub postponed: bool,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Verified {
    /// Files that are what they were.
    pub files: u64,
    /// Links of the chain whose files were dropped by retention.
    pub dropped: u64,
    /// What is not as it was.
    pub faults: Vec<VerifyFault>,
}

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyFault {
    /// A file is gone.
    Missing(String),
    /// A file has changed.
    Changed(String),
    /// A file cannot be read.
    Unreadable(String),
    /// The catalogue itself was changed at this link of the chain.
    Chain(i64),
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
        let totals = self.core().catalogue.totals()?;
        let mut stats = LakeStats {
            events: totals.events,
            bytes: totals.bytes,
            files: totals.files,
            unsealed: 0,
            oldest: totals.oldest,
            newest: totals.newest,
        };
        for segment in &unsealed.segments {
            stats.unsealed += segment.events();
            stats.bytes += segment.end();
            if let Some((earliest, latest)) = segment.times() {
                stats.oldest = Some(stats.oldest.map_or(earliest, |oldest| oldest.min(earliest)));
                stats.newest = Some(stats.newest.map_or(latest, |newest| newest.max(latest)));
            }
        }
        stats.events += stats.unsealed;
        Ok(stats)
    }

    /// Drops files whose events were all received longer ago than they are to be kept.
    ///
    /// # Errors
    /// See [`KeepError`].
    pub fn expire(&self) -> Result<Expired, KeepError> {
        let core = self.core();
        let _alone = core.alone();
        let now = core.clock.now();
        if core.clock_jumped(now)? {
            tracing::warn!("the clock has jumped since retention last ran; nothing is dropped this time");
            return Ok(Expired { postponed: true, ..Expired::default() });
        }
        let mut dropped = Vec::new();
        for (class, days) in &core.kept_days {
            dropped.append(&mut core.due_to_go(now, *days, &Classes::Only(class.uid()))?);
        }
        let named: Vec<u32> = core.kept_days.iter().map(|(class, _)| class.uid()).collect();
        dropped.append(&mut core.due_to_go(now, core.settings.retention.days, &Classes::AllBut(&named))?);
        core.catalogue.drop_files(&dropped, now, "retention")?;
        core.files.forget(&dropped);
        remove_files(&core.directory, &core.catalogue, dropped.iter().map(|file| file.path.clone()).collect())?;
        let sum = |value: fn(&FileRow) -> u64| dropped.iter().map(value).sum();
        Ok(Expired {
            files: dropped.len() as u64,
            events: sum(|file| file.facts.rows),
            bytes: sum(|file| file.facts.bytes),
            postponed: false,
        })
    }

    /// Reads every file and compares it with what the catalogue says, and the catalogue with itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn verify(&self) -> Result<Verified, KeepError> {
        let core = self.core();
        let _alone = core.alone();
        let mut verified = Verified::default();
        let mut previous = [0; 32];
        let mut files = Vec::new();
        core.catalogue.chain(|link| {
            if next_link(&previous, &link.facts) != link.link {
                verified.faults.push(VerifyFault::Chain(link.number));
            }
            previous = link.link;
            match link.file {
                Some(file) => files.push(file),
                None => verified.dropped += 1,
            }
        })?;
        for (path, sha256) in files {
            match hash_of(&core.directory.join(&path)) {
                Ok(hash) if hash == sha256 => verified.files += 1,
                Ok(_) => verified.faults.push(VerifyFault::Changed(path)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => verified.faults.push(VerifyFault::Missing(path)),
                Err(_) => verified.faults.push(VerifyFault::Unreadable(path)),
            }
        }
        Ok(verified)
    }
}

impl Core {
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
            disk: &*self.disk,
            segments: &self.segments,
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
        self.signals.sealed();
        Ok(sum)
    }

    /// Removes the files of a sealing that failed; what stays, the next start removes.
    fn clean_up(&self) {
        if let Err(error) = remove_leftovers(&self.directory, &self.catalogue) {
            tracing::warn!(error = &error as &dyn std::error::Error, "files of an unfinished sealing stay until the next start");
        }
    }

    /// Whether retention last ran so long ago that rather the clock is wrong. It may be that the
    /// machine was off: then the next run drops what is due.
    fn clock_jumped(&self, now: Timestamp) -> Result<bool, KeepError> {
        const TWO_DAYS: i64 = 2 * 86_400 * 1_000_000;
        let before = self.catalogue.retention_runs(now)?;
        Ok(before.is_some_and(|before| now.since(before) > TWO_DAYS || before > now))
    }

    fn due_to_go(&self, now: Timestamp, days: u32, classes: &Classes<'_>) -> Result<Vec<FileRow>, KeepError> {
        if days == 0 {
            return Ok(Vec::new());
        }
        Ok(self.catalogue.received_before(now.plus_seconds(-86_400 * i64::from(days)), classes)?)
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

/// Removes files that should not be there: of sealings that did not come to their end, and of
/// dropped rows whose files could not be removed then.
pub(crate) fn remove_leftovers(directory: &Path, catalogue: &Catalogue) -> Result<(), OpenError> {
    let paths = catalogue.leftovers()?;
    if !paths.is_empty() {
        tracing::info!(files = paths.len(), "files of an unfinished sealing are removed");
        remove_files(directory, catalogue, paths)?;
    }
    Ok(())
}

/// Removes files that are not in the catalogue; those that cannot be removed are tried again later.
fn remove_files(directory: &Path, catalogue: &Catalogue, mut paths: Vec<String>) -> Result<(), vigie_db::DbError> {
    paths.retain(|path| {
        let path = directory.join(path);
        [path.with_extension("parquet.new"), path].iter().all(|path| match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), %error, "a file could not be removed");
                false
            }
            _ => true,
        })
    });
    catalogue.cleared(&paths)
}

fn hash_of(path: &Path) -> io::Result<[u8; 32]> {
    let mut sha256 = Sha256::new();
    io::copy(&mut File::open(path)?, &mut sha256)?;
    Ok(sha256.finalize().into())
}

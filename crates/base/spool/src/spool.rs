//! The spool itself: segments in a directory, the last of them written.

use crate::format::{self, Entry, Fault, Head, PAYLOAD_BYTES_MAX, RECORD_HEADER, SEGMENT_HEADER};
use crate::{BatchId, SpoolId};
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use vigie_kit::files;

/// How large a spool may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All segments together, in bytes.
    pub bytes_max: u64,
    /// A segment after which the next begins, in bytes: what is acknowledged is dropped by segments.
    pub segment_bytes: u64,
    /// Bytes that the disk must have left.
    pub reserve_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes_max: 1 << 30, segment_bytes: 16 << 20, reserve_bytes: 256 << 20 }
    }
}

/// Why a batch was not taken, or a spool not opened. Nothing of the batch is kept.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// It has as much as it may have, or the disk has. Goes on when the server has acknowledged some.
    #[error("the spool is full: {bytes} bytes")]
    Full {
        /// What it has.
        bytes: u64,
    },
    /// A batch that no record can have.
    #[error("a batch of {bytes} bytes is too large")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// A newer program wrote it.
    #[error("{} was written by a newer version", path.display())]
    Newer {
        /// The segment.
        path: PathBuf,
    },
    /// What was durable cannot be read any more, or is missing. Whoever runs the agent moves the directory aside; a new
    /// spool has another id, so the server takes it for what it is.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The segment.
        path: PathBuf,
    },
    /// The disk failed.
    #[error("cannot use {}", path.display())]
    Io {
        /// What was used.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What opening found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Batches to be handed over.
    pub batches: u64,
    /// Bytes that were being written at the last stop, cut off.
    pub torn_bytes: u64,
}

/// A batch to be handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Which.
    pub id: BatchId,
    /// What is in it.
    pub payload: Vec<u8>,
}

/// Batches on disk. One process at a time has the directory.
pub struct Spool {
    directory: PathBuf,
    limits: Limits,
    id: SpoolId,
    /// In order; the last is written. There is always one, and it knows the next sequence.
    segments: VecDeque<Segment>,
    /// A write failed, so the end of the last segment is not known: the next push begins another.
    broken: bool,
}

struct Segment {
    path: PathBuf,
    file: File,
    head: Head,
    entries: Vec<Entry>,
    end: u64,
}

impl Segment {
    fn next(&self) -> u64 {
        self.head.first + self.entries.len() as u64
    }
}

impl Spool {
    /// Opens the spool in a directory, or begins one.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn open(directory: &Path, limits: Limits) -> Result<(Self, Recovered), SpoolError> {
        std::fs::create_dir_all(directory).map_err(failed(directory))?;
        let mut found = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(failed(directory))? {
            let path = entry.map_err(failed(directory))?.path();
            let first = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".spool")?.parse::<u64>().ok());
            found.extend(first.map(|first| (first, path)));
        }
        found.sort_unstable();
        let mut spool =
            Self { directory: directory.to_owned(), limits, id: new_id(directory)?, segments: VecDeque::new(), broken: false };
        let mut recovered = Recovered::default();
        let last = found.len().saturating_sub(1);
        for (place, (_, path)) in found.into_iter().enumerate() {
            spool.take_up(path, place == last, &mut recovered)?;
        }
        recovered.batches = spool.segments.iter().map(|segment| segment.entries.len() as u64).sum();
        if spool.segments.is_empty() {
            spool.begin(1)?;
        }
        Ok((spool, recovered))
    }

    fn take_up(&mut self, path: PathBuf, is_last: bool, recovered: &mut Recovered) -> Result<(), SpoolError> {
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed(&path))?;
        let mut bytes = vec![0; usize::try_from(file.metadata().map_err(failed(&path))?.len()).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, 0).map_err(failed(&path))?;
        let head = match format::read_head(&bytes) {
            Ok(head) => head,
            Err(Fault::Newer(_)) => return Err(SpoolError::Newer { path }),
            // Its name became durable and its head did not: nothing was ever put into it.
            Err(Fault::Damaged) if is_last && bytes.len() <= SEGMENT_HEADER => {
                recovered.torn_bytes += bytes.len() as u64;
                std::fs::remove_file(&path).map_err(failed(&path))?;
                return files::sync_dir(&self.directory).map_err(failed(&self.directory));
            }
            Err(Fault::Damaged) => return Err(SpoolError::Damaged { path }),
        };
        recovered.torn_bytes += self.cut_refused(&head)?;
        let follows = self.segments.back().is_none_or(|before| before.next() == head.first && self.id == head.spool);
        let (entries, end) = format::read_records(&head, &bytes);
        let torn = (bytes.len() - end) as u64;
        if !follows {
            return Err(SpoolError::Damaged { path });
        }
        if torn > 0 {
            recovered.torn_bytes += torn;
            file.set_len(end as u64).and_then(|()| file.sync_data()).map_err(failed(&path))?;
        }
        self.id = head.spool;
        self.segments.push_back(Segment { path, file, head, entries, end: end as u64 });
        Ok(())
    }

    /// Cuts off what the last segment has beyond the beginning of the next: a write of it failed, was refused, and is
    /// there nevertheless.
    fn cut_refused(&mut self, next: &Head) -> Result<u64, SpoolError> {
        let Some(last) = self.segments.back_mut().filter(|last| last.head.spool == next.spool) else { return Ok(0) };
        let Some(kept) = next.first.checked_sub(last.head.first).filter(|_| next.first < last.next()) else { return Ok(0) };
        last.entries.truncate(usize::try_from(kept).unwrap_or(usize::MAX));
        let end = last.entries.last().map_or(SEGMENT_HEADER as u64, |entry| entry.at + u64::from(entry.length));
        last.file.set_len(end).and_then(|()| last.file.sync_data()).map_err(failed(&last.path))?;
        let cut = last.end - end;
        last.end = end;
        Ok(cut)
    }

    /// Which spool it is.
    #[must_use]
    pub const fn id(&self) -> SpoolId {
        self.id
    }

    /// Bytes on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.end).sum()
    }

    /// Takes batches, all of them or none. They are on disk when it returns, by one sync for all; gives the
    /// sequence of the first.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn push(&mut self, payloads: &[&[u8]]) -> Result<u64, SpoolError> {
        if let Some(large) = payloads.iter().find(|payload| payload.len() > PAYLOAD_BYTES_MAX) {
            return Err(SpoolError::TooLarge { bytes: large.len() });
        }
        let size: u64 = payloads.iter().map(|payload| (RECORD_HEADER + payload.len()) as u64).sum();
        let bytes = self.bytes();
        let free = files::free_bytes(&self.directory).unwrap_or(u64::MAX);
        if bytes.saturating_add(size) > self.limits.bytes_max || free < size.saturating_add(self.limits.reserve_bytes) {
            return Err(SpoolError::Full { bytes });
        }
        let next = self.next();
        let is_long = self.segments.back().is_none_or(|last| last.end >= self.limits.segment_bytes);
        if is_long || self.broken {
            self.begin(next)?;
            self.broken = false;
        }
        let Some(last) = self.segments.back_mut() else { return Err(SpoolError::Full { bytes }) };
        let mut out = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        let mut entries = Vec::with_capacity(payloads.len());
        for (payload, sequence) in payloads.iter().zip(next..) {
            format::write_record(last.head.epoch, sequence, payload, &mut out);
            let at = last.end + (out.len() - payload.len()) as u64;
            let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
            entries.push(Entry { sequence, at, length, crc: crc32c::crc32c(payload) });
        }
        let written = last.file.write_all_at(&out, last.end).and_then(|()| last.file.sync_data());
        if let Err(source) = written {
            // What was refused must not be found later. Should that fail, too, it is sent, and known as itself.
            self.broken = true;
            let cut = last.file.set_len(last.end).and_then(|()| last.file.sync_data());
            let path = last.path.clone();
            if cut.is_err() {
                tracing::warn!(path = %path.display(), "the end of a spool's segment is not known");
            }
            return Err(SpoolError::Io { path, source });
        }
        last.end += out.len() as u64;
        last.entries.extend(entries);
        Ok(next)
    }

    /// Batches behind a sequence, in order, at most so many bytes of them but at least one: to be sent, or sent
    /// again.
    ///
    /// # Errors
    /// [`SpoolError::Damaged`] when what is on disk has changed.
    pub fn after(&self, sequence: u64, bytes_max: usize) -> Result<Vec<Batch>, SpoolError> {
        let mut batches = Vec::new();
        let mut bytes = 0;
        for segment in &self.segments {
            let behind = usize::try_from(sequence.saturating_add(1).saturating_sub(segment.head.first)).unwrap_or(usize::MAX);
            for entry in segment.entries.iter().skip(behind) {
                bytes += entry.length as usize;
                if bytes > bytes_max && !batches.is_empty() {
                    return Ok(batches);
                }
                let mut payload = vec![0; entry.length as usize];
                segment.file.read_exact_at(&mut payload, entry.at).map_err(failed(&segment.path))?;
                if crc32c::crc32c(&payload) != entry.crc {
                    return Err(SpoolError::Damaged { path: segment.path.clone() });
                }
                batches.push(Batch { id: BatchId { spool: self.id, sequence: entry.sequence }, payload });
            }
        }
        Ok(batches)
    }

    /// The sequence before the first batch that is here: where sending begins after a start. Some of them
    /// may have been acknowledged before; the server knows.
    #[must_use]
    pub fn begins_after(&self) -> u64 {
        self.segments.front().map_or(0, |first| first.head.first - 1)
    }

    /// The server has everything up to this sequence: segments with nothing else are dropped.
    ///
    /// # Errors
    /// [`SpoolError::Io`]; what could not be removed is sent again after a start.
    pub fn acknowledge(&mut self, through: u64) -> Result<(), SpoolError> {
        let through = through.min(self.next().saturating_sub(1));
        // What comes next must be known when the last segment goes.
        if self.segments.back().is_some_and(|last| !last.entries.is_empty() && last.next() <= through + 1) {
            self.begin(through + 1)?;
        }
        let mut removed = false;
        while self.segments.len() > 1 && self.segments.front().is_some_and(|first| first.next() <= through + 1) {
            let Some(first) = self.segments.pop_front() else { break };
            std::fs::remove_file(&first.path).map_err(failed(&first.path))?;
            removed = true;
        }
        if removed { files::sync_dir(&self.directory).map_err(failed(&self.directory)) } else { Ok(()) }
    }

    fn next(&self) -> u64 {
        self.segments.back().map_or(1, Segment::next)
    }

    fn begin(&mut self, first: u64) -> Result<(), SpoolError> {
        let path = self.directory.join(format!("{first:016}.spool"));
        let mut bytes = Vec::with_capacity(SEGMENT_HEADER);
        let head = format::write_head(self.id, first, &mut bytes);
        let begin = || -> io::Result<File> {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&path)?;
            file.write_all_at(&bytes, 0)?;
            file.sync_data()?;
            files::sync_dir(&self.directory)?;
            Ok(file)
        };
        let file = begin().map_err(failed(&path))?;
        // Nothing is in a segment that the same sequence begins: it takes its place.
        self.segments.retain(|segment| segment.path != path);
        self.segments.push_back(Segment { path, file, head, entries: Vec::new(), end: bytes.len() as u64 });
        Ok(())
    }
}

fn new_id(directory: &Path) -> Result<SpoolId, SpoolError> {
    let mut id = [0; 16];
    let none = |_| failed(directory)(io::Error::other("the system gives no random numbers"));
    getrandom::fill(&mut id).map_err(none)?;
    Ok(SpoolId(id))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |source| SpoolError::Io { path, source }
}

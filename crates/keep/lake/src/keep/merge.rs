//! Many files become one, sorted by host and then newest first, in bounded memory.
//!
//! Files that are sorted so already are read side by side, as are runs: as many events of the other
//! files as fit in memory, sorted there and written beside. What fits as a whole is never written
//! twice.

use crate::disk::Disk;
use crate::files::{self, Columns, FileError, FileFacts, OpenFile, Order, stored_events};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_model::event::{Class, StoredEvent};

/// Events of a run: what is held in memory.
pub(crate) const RUN_EVENTS: usize = 65_536;
/// The same in bytes, of records and some more.
const RUN_BYTES: usize = 48 << 20;
/// What an event takes besides its record and its texts, roughly.
const EVENT_BYTES: usize = 512;
/// Rows read at once of each file.
const BATCH_ROWS: usize = 256;

/// Why files could not be merged, or one not be rewritten. They are as they were.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RewriteError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Db(#[from] vigie_db::DbError),
    #[error("there is no room for it on the disk")]
    NoRoom,
    #[error("the system gives no random numbers")]
    NoRandomness,
    #[error("it was stopped")]
    Stopped,
    #[error("it broke off")]
    BrokeOff,
}

/// The paths of a merge, and whether to go on with it.
pub(crate) struct Merge<'m> {
    pub(crate) disk: &'m Arc<dyn Disk>,
    pub(crate) class: Class,
    /// Where the merged file goes.
    pub(crate) path: PathBuf,
    /// Gives a path for another run, noted as a leftover.
    pub(crate) run_path: &'m dyn Fn() -> Result<PathBuf, RewriteError>,
    /// Events of a run at most.
    pub(crate) run_events: usize,
    /// Asked for each batch.
    pub(crate) go_on: &'m dyn Fn() -> bool,
}

impl Merge<'_> {
    /// Merges files into one.
    pub(crate) fn run(&self, files: &[Arc<OpenFile>]) -> Result<FileFacts, RewriteError> {
        let mut streams = Vec::new();
        let mut held = Held::default();
        for file in files {
            if file.falls_by_host() {
                streams.push(Stream::Rows(Rows::of(Arc::clone(file))));
                continue;
            }
            for event in Rows::of(Arc::clone(file)) {
                held.push(event?);
                if held.events.len() >= self.run_events || held.bytes >= RUN_BYTES {
                    streams.push(Stream::Rows(self.spill(&mut held)?));
                }
            }
            self.check()?;
        }
        streams.push(Stream::Held(held.sorted().into_iter()));
        let mut left = BATCH_ROWS;
        let merged = Merged::of(streams)?.map(|event| {
            left -= 1;
            if left == 0 {
                left = BATCH_ROWS;
                self.check()?;
            }
            event
        });
        files::write(self.disk, &self.path, self.class, Order::Host, merged)
    }

    fn spill(&self, held: &mut Held) -> Result<Rows, RewriteError> {
        self.check()?;
        let path = (self.run_path)()?;
        files::write::<RewriteError>(self.disk, &path, self.class, Order::Host, held.sorted().into_iter().map(Ok))?;
        Ok(Rows::of(Arc::new(OpenFile::open(&**self.disk, &path)?)))
    }

    fn check(&self) -> Result<(), RewriteError> {
        if (self.go_on)() { Ok(()) } else { Err(RewriteError::Stopped) }
    }
}

/// Events in memory.
#[derive(Default)]
struct Held {
    events: Vec<StoredEvent>,
    bytes: usize,
}

impl Held {
    fn push(&mut self, event: StoredEvent) {
        self.bytes += EVENT_BYTES + event.event.raw.len() * 2;
        self.bytes += event.event.unmapped.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.events.push(event);
    }

    fn sorted(&mut self) -> Vec<StoredEvent> {
        self.bytes = 0;
        let mut events = std::mem::take(&mut self.events);
        events.sort_unstable_by(order);
        events
    }
}

/// The order of a merged file.
fn order(one: &StoredEvent, other: &StoredEvent) -> Ordering {
    let key = |event: &StoredEvent| Reverse((event.event.time, event.id));
    one.event.origin.host.cmp(&other.event.origin.host).then_with(|| key(one).cmp(&key(other)))
}

/// The events of a file, row by row.
pub(crate) struct Rows {
    file: Arc<OpenFile>,
    next_group: usize,
    reader: Option<ParquetRecordBatchReader>,
    batch: std::vec::IntoIter<StoredEvent>,
}

impl Rows {
    pub(crate) fn of(file: Arc<OpenFile>) -> Self {
        Self { file, next_group: 0, reader: None, batch: Vec::new().into_iter() }
    }

    /// Reads on until there is a batch; false at the end.
    fn read_on(&mut self) -> Result<bool, FileError> {
        loop {
            if let Some(batch) = self.reader.as_mut().and_then(Iterator::next) {
                let batch = batch.map_err(|error| self.file.wrong()(error.into()))?;
                self.batch = stored_events(&batch, self.file.tenant()).map_err(|what| self.file.unexpected(what))?.into_iter();
                return Ok(true);
            }
            if self.next_group >= self.file.groups() {
                return Ok(false);
            }
            self.reader = Some(self.file.read(self.next_group, &Columns::All, None, BATCH_ROWS)?);
            self.next_group += 1;
        }
    }
}

impl Iterator for Rows {
    type Item = Result<StoredEvent, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.batch.next() {
                return Some(Ok(event));
            }
            match self.read_on() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

enum Stream {
    Rows(Rows),
    Held(std::vec::IntoIter<StoredEvent>),
}

impl Stream {
    fn next(&mut self) -> Result<Option<StoredEvent>, FileError> {
        match self {
            Self::Rows(rows) => rows.next().transpose(),
            Self::Held(events) => Ok(events.next()),
        }
    }
}

/// Sorted streams as one.
struct Merged {
    streams: Vec<Stream>,
    heads: BinaryHeap<Head>,
}

/// The next event of a stream; the first of them by [`order`] is on top.
struct Head {
    event: StoredEvent,
    stream: usize,
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&other.event, &self.event)
    }
}

impl Merged {
    fn of(streams: Vec<Stream>) -> Result<Self, FileError> {
        let mut merged = Self { heads: BinaryHeap::with_capacity(streams.len()), streams };
        for stream in 0..merged.streams.len() {
            merged.refill(stream)?;
        }
        Ok(merged)
    }

    fn refill(&mut self, stream: usize) -> Result<(), FileError> {
        if let Some(events) = self.streams.get_mut(stream)
            && let Some(event) = events.next()?
        {
            self.heads.push(Head { event, stream });
        }
        Ok(())
    }
}

impl Iterator for Merged {
    type Item = Result<StoredEvent, RewriteError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Head { event, stream } = self.heads.pop()?;
        Some(match self.refill(stream) {
            Ok(()) => Ok(event),
            Err(error) => Err(error.into()),
        })
    }
}

/// Where the file goes that takes the place of others: in their directory, under the number of the
/// first of them, which no other file ever has, and a name of this attempt.
pub(crate) fn path_beside(path: &str, what: &str, number: i64, name: &str) -> String {
    let directory = Path::new(path).parent().unwrap_or(Path::new(""));
    directory.join(format!("{what}-{number:016}{name}.parquet")).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;
    use crate::testing::{any_event, at, of_tenant, sign_in};
    use proptest::prelude::*;
    use std::cell::Cell;

    /// Writes each list as a file, merges them with runs of at most five events, and reads the result.
    fn merged(directory: &Path, lists: &[(Order, Vec<StoredEvent>)]) -> (Vec<StoredEvent>, usize) {
        let disk: Arc<dyn Disk> = Arc::new(RealDisk);
        let mut files = Vec::new();
        for (number, (order, events)) in lists.iter().enumerate() {
            let path = directory.join(format!("{number}.parquet"));
            files::write::<FileError>(&disk, &path, Class::Authentication, *order, events.iter().cloned().map(Ok)).unwrap();
            files.push(Arc::new(OpenFile::open(&*disk, &path).unwrap()));
        }
        let runs = Cell::new(0);
        let run_path = || {
            runs.set(runs.get() + 1);
            Ok(directory.join(format!("run-{}.parquet", runs.get())))
        };
        let path = directory.join("merged.parquet");
        let merge =
            Merge { disk: &disk, class: Class::Authentication, path, run_path: &run_path, run_events: 5, go_on: &|| true };
        let facts = merge.run(&files).unwrap();
        let file = Arc::new(OpenFile::open(&*disk, &merge.path).unwrap());
        assert!(facts.rows == 0 || file.falls_by_host() && !file.falls_in_time());
        let events: Vec<StoredEvent> = Rows::of(file).collect::<Result<_, _>>().unwrap();
        assert_eq!(facts.rows, events.len() as u64);
        (events, runs.get())
    }

    #[test]
    fn what_fits_in_memory_is_written_once() {
        let directory = tempfile::tempdir().unwrap();
        let event = |id: u64| StoredEvent {
            id: EventId(id),
            event: sign_in(at("2026-11-21T12:00:00Z").plus_seconds(id.cast_signed()), &format!("web-{}", id % 2), "eva", "::1"),
        };
        let list = |ids: &[u64]| (Order::Time, ids.iter().map(|id| event(*id)).collect::<Vec<_>>());
        let (events, runs) = merged(directory.path(), &[list(&[4, 2]), list(&[3, 1])]);
        assert_eq!((events.iter().map(|event| event.id.0).collect::<Vec<_>>(), runs), (vec![4, 2, 3, 1], 0));
        let (events, runs) = merged(directory.path(), &[list(&[9, 8, 7, 6, 5]), list(&[4, 3, 2, 1])]);
        assert_eq!((events.iter().map(|event| event.id.0).collect::<Vec<_>>(), runs), (vec![8, 6, 4, 2, 9, 7, 5, 3, 1], 1));
    }

    use vigie_model::ids::EventId;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if crate::testing::long_tier() { 500 } else { 16 }))]

        #[test]
        fn merged_are_the_same_events_in_order(
            lists in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any_event(), 0..15)), 1..5),
        ) {
            let directory = tempfile::tempdir().unwrap();
            let mut id = 0;
            let mut all = Vec::new();
            let mut files = Vec::new();
            for (by_host, events) in lists {
                let mut stored = Vec::new();
                for mut event in events {
                    event.class = Class::Authentication;
                    id += 1;
                    stored.push(StoredEvent { id: EventId(id), event: of_tenant(event, "acme") });
                }
                if by_host {
                    stored.sort_by(order);
                }
                all.extend(stored.iter().cloned());
                files.push((if by_host { Order::Host } else { Order::Time }, stored));
            }
            all.sort_by(order);
            let (events, _) = merged(directory.path(), &files);
            prop_assert_eq!(events, all);
        }
    }
}

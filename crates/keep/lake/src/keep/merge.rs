//! Many files become one, sorted by host and then newest first, in bounded memory.
//!
//! Rows stay columns all the way; nothing is taken apart that is only put in another order. Files that are sorted
//! so already are read side by side, as are runs: as many rows of the other files as fit in memory, sorted there
//! and written beside. What fits as a whole is never written twice.

use super::side_by_side::{SideBySide, Stream, sorted};
use crate::disk::Disk;
use crate::files::{Batches, FileError, FileFacts, FileWriter, OpenFile, Order, text_bytes};
use crate::tenant;
use arrow_array::RecordBatch;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_model::event::Class;

/// Rows of a run: what is held in memory.
pub(crate) const RUN_ROWS: usize = 131_072;
/// The same in bytes of records and texts.
const RUN_BYTES: usize = 32 << 20;
/// Rows read at once of a file that is sorted only once it is in memory, and of those read side by side.
const BATCH_ROWS: usize = 8192;
const BATCH_ROWS_BESIDE: usize = 1024;

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
    /// Rows of a run at most.
    pub(crate) run_rows: usize,
    /// Asked for each batch.
    pub(crate) go_on: &'m dyn Fn() -> bool,
}

impl Merge<'_> {
    /// Merges files of one tenant into one.
    pub(crate) fn run(&self, files: &[Arc<OpenFile>]) -> Result<FileFacts, RewriteError> {
        let mut streams = Vec::new();
        let mut held = Held::default();
        let mut mapped = BTreeSet::new();
        let files: Vec<&Arc<OpenFile>> = files.iter().filter(|file| file.groups() > 0).collect();
        let tenant = files.first().map_or(tenant::DEFAULT, |file| file.tenant());
        for file in files.iter().copied() {
            if file.tenant() != tenant {
                return Err(file.unexpected("tenant").into());
            }
            if file.falls_by_host() {
                streams.push(Stream::of_file(Batches::of(Arc::clone(file), self.class, BATCH_ROWS_BESIDE)));
                continue;
            }
            let mut batches = Batches::of(Arc::clone(file), self.class, self.run_rows.min(BATCH_ROWS));
            for batch in batches.by_ref() {
                held.push(batch?);
                if held.rows >= self.run_rows || held.bytes >= RUN_BYTES {
                    streams.push(self.spill(&mut held, tenant)?);
                }
                self.check()?;
            }
            mapped.extend(batches.mapped().into_iter().map(Box::<str>::from));
        }
        streams.push(Stream::of_rows(self.sorted(&mut held)?));

        let mut writer = FileWriter::create(self.disk, &self.path, self.class, Order::Host)?;
        let mut merged = SideBySide::of(streams)?;
        while let Some(rows) = merged.next(BATCH_ROWS, &self.path)? {
            self.check()?;
            writer.push_rows(tenant, &rows)?;
        }
        writer.may_map(mapped.iter().map(|path| &**path).chain(merged.mapped()));
        Ok(writer.finish()?)
    }

    /// Writes what is held as a run, and gives it to be read.
    fn spill(&self, held: &mut Held, tenant: &str) -> Result<Stream, RewriteError> {
        self.check()?;
        let path = (self.run_path)()?;
        let mut writer = FileWriter::create(self.disk, &path, self.class, Order::Run)?;
        for rows in self.sorted(held)? {
            writer.push_rows(tenant, &rows)?;
        }
        writer.finish()?;
        let run = Arc::new(OpenFile::open(&**self.disk, &path)?);
        Ok(Stream::of_file(Batches::of(run, self.class, BATCH_ROWS_BESIDE)))
    }

    fn sorted(&self, held: &mut Held) -> Result<Vec<RecordBatch>, FileError> {
        sorted(&std::mem::take(held).batches, BATCH_ROWS, &self.path)
    }

    fn check(&self) -> Result<(), RewriteError> {
        if (self.go_on)() { Ok(()) } else { Err(RewriteError::Stopped) }
    }
}

/// Rows in memory.
#[derive(Default)]
struct Held {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl Held {
    fn push(&mut self, batch: RecordBatch) {
        self.rows += batch.num_rows();
        self.bytes += text_bytes(&batch);
        self.batches.push(batch);
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
    use crate::files;
    use crate::keep::rows::Rows;
    use crate::testing::{any_event, at, of_tenant, sign_in};
    use proptest::prelude::*;
    use std::cell::Cell;
    use std::cmp::{Ordering, Reverse};
    use vigie_model::event::StoredEvent;

    /// The order of a merged file.
    fn order(one: &StoredEvent, other: &StoredEvent) -> Ordering {
        let key = |event: &StoredEvent| Reverse((event.event.time, event.id));
        one.event.origin.host.cmp(&other.event.origin.host).then_with(|| key(one).cmp(&key(other)))
    }

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
        let merge = Merge { disk: &disk, class: Class::Authentication, path, run_path: &run_path, run_rows: 5, go_on: &|| true };
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

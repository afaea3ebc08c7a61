//! Sealing: events move from the log into files.
//!
//! In this order, so that a stop between any two steps neither loses nor doubles an event:
//!
//! 1. the paths of the files to come are noted as leftovers;
//! 2. the files are written, synced, named, and their directories synced;
//! 3. one transaction makes them the truth, with the positions of sources and the log's low water,
//!    and strikes the leftovers;
//! 4. the segments are forgotten and their files removed.
//!
//! Before 3 a start removes the leftovers and reads the log; after 3 it removes segments below the
//! low water.

use crate::catalogue::{Catalogue, NewFile, Sealing};
use crate::codec::{BatchView, EventView, Malformed};
use crate::disk::Disk;
use crate::files::{FileError, FileWriter, Order};
use crate::keep::Removals;
use crate::row::Row;
use crate::tenant;
use crate::wal::{Entry, Segment, Segments};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_db::DbError;
use vigie_model::event::{Class, Label};
use vigie_model::ids::EventId;
use vigie_model::time::{Day, Timestamp};

/// What sealing works on.
pub(crate) struct Sealer<'s> {
    pub(crate) directory: &'s Path,
    pub(crate) log_directory: &'s Path,
    pub(crate) catalogue: &'s Catalogue,
    pub(crate) disk: &'s Arc<dyn Disk>,
    pub(crate) segments: &'s Segments,
    pub(crate) removals: &'s Removals,
    /// What goes into the names of files, so that no other attempt has them; may be empty.
    pub(crate) name: &'s str,
    /// Asked before each step; tests stop here.
    pub(crate) go_on: &'s dyn Fn(Step) -> bool,
}

/// The steps, as the module says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Announce,
    WriteFile(usize),
    Commit,
    Forget,
    Remove,
}

/// What was sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) segments: usize,
    pub(crate) events: u64,
    pub(crate) files: usize,
}

/// Why events could not be sealed. They stay in the log, and nothing is lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error("cannot read the log")]
    Log(#[source] io::Error),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("stopped before {0:?}")]
    Stopped(Step),
}

/// Where an event is and where it goes. Sorted, events of a file stand together, newest first.
#[derive(Clone, Copy)]
struct Place {
    time: Timestamp,
    id: u64,
    record: u32,
    offset: u32,
}

impl Sealer<'_> {
    /// Seals closed segments, oldest first, given in order.
    pub(crate) fn seal(&self, segments: &[Arc<Segment>], next_id: u64, now: Timestamp) -> Result<Sealed, SealError> {
        let Some(last) = segments.last() else { return Ok(Sealed::default()) };
        let low_water = last.number();
        if self.catalogue.low_water()? >= low_water {
            // Committed before, although the database said that it had failed.
            self.remove(&self.segments.drop_through(low_water));
            return Ok(Sealed::default());
        }
        let source = Source::read(segments, self).map_err(SealError::Log)?;
        let places = source.places(self).map_err(SealError::Log)?;
        let parts = places.into_parts();
        let events: usize = parts.iter().map(|part| part.places.len()).sum();
        let paths: Vec<String> = parts.iter().map(|part| path_of(part, low_water, self.name)).collect();

        self.step(Step::Announce)?;
        // Whoever cleans up after other work must leave them alone.
        let _in_work = self.removals.protect(&paths);
        self.catalogue.announce(&paths, now)?;
        let mut files = Vec::with_capacity(parts.len());
        let mut reader = source.reader();
        for (part, path) in parts.iter().zip(paths) {
            self.step(Step::WriteFile(files.len()))?;
            files.extend(self.write(&mut reader, part, path)?);
        }
        self.step(Step::Commit)?;
        let sealed = Sealed { segments: segments.len(), events: events as u64, files: files.len() };
        self.catalogue.commit(&Sealing { files, checkpoints: source.checkpoints(), low_water, next_id, at: now })?;
        self.step(Step::Forget)?;
        let forgotten = self.segments.drop_through(low_water);
        self.step(Step::Remove)?;
        self.remove(&forgotten);
        Ok(sealed)
    }

    fn step(&self, step: Step) -> Result<(), SealError> {
        if (self.go_on)(step) { Ok(()) } else { Err(SealError::Stopped(step)) }
    }

    /// Nothing when no event of the part can be written; what was begun is a leftover then.
    fn write(&self, reader: &mut EventReader<'_>, part: &Part, path: String) -> Result<Option<NewFile>, SealError> {
        let file = match self.tried(reader, part, &part.places, &path) {
            Some(file) => file?,
            None => {
                let sound = self.sound(reader, part, &part.places, &path)?;
                if sound.is_empty() {
                    return Ok(None);
                }
                self.gathered(reader, part, &sound, &path)?
            }
        };
        let facts = file.finish()?;
        Ok(Some(NewFile { path, class_uid: part.class.uid(), day: part.day, facts }))
    }

    /// A file with these events, all but its footer.
    fn gathered(&self, reader: &mut EventReader<'_>, part: &Part, places: &[Place], path: &str) -> Result<FileWriter, FileError> {
        let mut file = FileWriter::create(self.disk, &self.directory.join(path), part.class, Order::Time)?;
        file.expect(places.len(), part.raw_bytes);
        for place in places {
            // What was malformed has been reported; every place was read once already.
            if let Ok(event) = reader.event(*place) {
                #[cfg(test)]
                assert!(!event.raw().starts_with(crate::testing::POISON), "as an encoder that is wrong");
                file.push(&event)?;
            }
        }
        file.flush()?;
        Ok(file)
    }

    /// The same; nothing when an encoder breaks off over one of them.
    fn tried(
        &self,
        reader: &mut EventReader<'_>,
        part: &Part,
        places: &[Place],
        path: &str,
    ) -> Option<Result<FileWriter, FileError>> {
        catch_unwind(AssertUnwindSafe(|| self.gathered(reader, part, places, path))).ok()
    }

    /// The events over which no encoder breaks off; the others are put aside. One poisonous event among many
    /// is found by halves.
    fn sound(&self, reader: &mut EventReader<'_>, part: &Part, places: &[Place], path: &str) -> Result<Vec<Place>, SealError> {
        match (self.tried(reader, part, places, path), places) {
            (Some(tried), _) => {
                tried?;
                Ok(places.to_vec())
            }
            (None, [place]) => {
                self.keep_poison_aside(reader, *place).map_err(SealError::Log)?;
                Ok(Vec::new())
            }
            (None, places) => {
                let (one, other) = places.split_at(places.len() / 2);
                let mut sound = self.sound(reader, part, one, path)?;
                sound.extend(self.sound(reader, part, other, path)?);
                Ok(sound)
            }
        }
    }

    /// Puts an event aside over which an encoder breaks off: the record it came in, with all of its batch.
    fn keep_poison_aside(&self, reader: &EventReader<'_>, place: Place) -> io::Result<()> {
        tracing::error!(event = place.id, "an encoder broke off over an event; it is put aside, the others go on");
        let Some((segment, entry)) = reader.source.records.get(place.record as usize) else { return Ok(()) };
        let Some((segment, bytes)) = reader.source.segments.get(*segment) else { return Ok(()) };
        self.keep_aside(segment.number(), entry, bytes)
    }

    /// Puts the bytes of a record aside that changed after it was acknowledged.
    fn keep_aside(&self, segment: u64, entry: &Entry, bytes: &[u8]) -> io::Result<()> {
        let directory = self.log_directory.join("damaged");
        let range = entry.payload();
        let path: PathBuf = directory.join(format!("{segment:016}-{}-{}.bytes", range.start, range.end));
        tracing::error!(kept = %path.display(), events = entry.events, "a record of the log cannot be used; it is put aside");
        self.disk.create_dir(&directory)?;
        let file = self.disk.create_anew(&path)?;
        file.write_all_at(0, bytes.get(range).unwrap_or_default())?;
        file.sync()?;
        self.disk.sync_dir(&directory)
    }

    fn remove(&self, segments: &[Arc<Segment>]) {
        for segment in segments {
            // The next start removes what stays.
            if let Err(error) = self.disk.remove(segment.path()) {
                tracing::warn!(path = %segment.path().display(), %error, "a sealed segment could not be removed");
            }
        }
    }
}

/// Where the events are, by the file they go into.
#[derive(Default)]
struct Places {
    parts: BTreeMap<(Class, usize, Day), (Vec<Place>, usize)>,
    /// The tenants that events say, by their place from 1 on; 0 is the one of events that say none.
    tenants: HashMap<Box<str>, usize>,
}

/// The events of a file to come.
struct Part {
    class: Class,
    tenant: Box<str>,
    day: Day,
    places: Vec<Place>,
    /// Bytes of the records.
    raw_bytes: usize,
}

impl Places {
    fn push(&mut self, event: &EventView<'_>, place: Place) {
        let tenant = self.tenant(event.label(Label::Tenant));
        let day = partition_day(event.time(), event.received());
        let (places, raw_bytes) = self.parts.entry((event.class(), tenant, day)).or_default();
        places.push(place);
        *raw_bytes += event.raw().len();
    }

    fn tenant(&mut self, name: Option<&str>) -> usize {
        let Some(name) = name else { return 0 };
        if let Some(known) = self.tenants.get(name) {
            return *known;
        }
        let next = self.tenants.len() + 1;
        self.tenants.insert(name.into(), next);
        next
    }

    /// The events of each file, newest first. They come nearly in order, so a sort that goes by runs
    /// has little to do.
    fn into_parts(self) -> Vec<Part> {
        let mut names: Vec<Box<str>> = vec![tenant::DEFAULT.into(); self.tenants.len() + 1];
        for (name, place) in self.tenants {
            if let Some(unnamed) = names.get_mut(place) {
                *unnamed = name;
            }
        }
        let part = |((class, tenant, day), (mut places, raw_bytes)): (_, (Vec<Place>, usize))| {
            places.sort_by_key(|place| std::cmp::Reverse((place.time, place.id)));
            let tenant = names.get(tenant).cloned().unwrap_or_else(|| tenant::DEFAULT.into());
            Part { class, tenant, day, places, raw_bytes }
        };
        self.parts.into_iter().map(part).collect()
    }
}

/// The records of the segments being sealed, in memory: at most about one full segment.
struct Source {
    segments: Vec<(Arc<Segment>, Vec<u8>)>,
    /// Records with the segment they are in.
    records: Vec<(usize, Entry)>,
}

impl Source {
    fn read(segments: &[Arc<Segment>], sealer: &Sealer<'_>) -> io::Result<Self> {
        let mut source = Self { segments: Vec::new(), records: Vec::new() };
        for segment in segments {
            let mut bytes = vec![0; usize::try_from(segment.end()).unwrap_or(usize::MAX)];
            segment.file().read_exact_at(0, &mut bytes)?;
            let place = source.segments.len();
            for start in (0..segment.records()).step_by(Segment::PIECE) {
                for entry in segment.entries(start) {
                    if entry.is_whole(&bytes) {
                        source.records.push((place, entry));
                    } else {
                        sealer.keep_aside(segment.number(), &entry, &bytes)?;
                    }
                }
            }
            source.segments.push((Arc::clone(segment), bytes));
        }
        Ok(source)
    }

    /// Where the events are. A record that cannot be read to its end is put aside and reported.
    fn places(&self, sealer: &Sealer<'_>) -> io::Result<Places> {
        let mut places = Places::default();
        for (record, (segment, entry)) in self.records.iter().enumerate() {
            if self.add_places(record, entry, &mut places).is_err()
                && let Some((segment, bytes)) = self.segments.get(*segment)
            {
                sealer.keep_aside(segment.number(), entry, bytes)?;
            }
        }
        Ok(places)
    }

    fn add_places(&self, record: usize, entry: &Entry, places: &mut Places) -> Result<(), Malformed> {
        let view = self.view(record)?;
        for located in view.located(EventId(entry.first_id)) {
            let (offset, event) = located?;
            places.push(&event, place_of(&event, record, offset)?);
        }
        Ok(())
    }

    fn view(&self, record: usize) -> Result<BatchView<'_>, Malformed> {
        let (segment, entry) = self.records.get(record).ok_or(Malformed)?;
        let (segment, bytes) = self.segments.get(*segment).ok_or(Malformed)?;
        BatchView::parse(bytes.get(entry.payload()).ok_or(Malformed)?, segment.table())
    }

    fn reader(&self) -> EventReader<'_> {
        EventReader { source: self, views: (0..self.records.len()).map(|_| None).collect() }
    }

    /// The last position of each source.
    fn checkpoints(&self) -> HashMap<String, Vec<u8>> {
        let mut checkpoints = HashMap::new();
        for record in 0..self.records.len() {
            if let Some((source, position)) = self.view(record).ok().and_then(|view| view.checkpoint()) {
                checkpoints.insert(source.to_owned(), position.to_owned());
            }
        }
        checkpoints
    }
}

/// Reads events by their places. Keeps what was read of each record: in the order of time, events of all sources
/// alternate.
struct EventReader<'s> {
    source: &'s Source,
    views: Vec<Option<BatchView<'s>>>,
}

impl EventReader<'_> {
    fn event(&mut self, place: Place) -> Result<EventView<'_>, Malformed> {
        let record = place.record as usize;
        let view = self.views.get_mut(record).ok_or(Malformed)?;
        if view.is_none() {
            *view = Some(self.source.view(record)?);
        }
        view.as_ref().ok_or(Malformed)?.event_at(place.offset as usize, EventId(place.id))
    }
}

fn place_of(event: &EventView<'_>, record: usize, offset: usize) -> Result<Place, Malformed> {
    Ok(Place {
        time: event.time(),
        id: event.id().0,
        record: u32::try_from(record).map_err(|_| Malformed)?,
        offset: u32::try_from(offset).map_err(|_| Malformed)?,
    })
}

/// Days before its receipt for which an event gets a day of its own.
const DAYS_KEPT_APART: i64 = 31;
/// Months before its receipt for which an event gets a month of its own, in days.
const DAYS_IN_MONTHS: i64 = 3660;

/// The day in whose directory an event goes.
///
/// Its own, as long as a sound clock may have made it. Older ones share the first day of their month,
/// those from before ten years the last such month, and those from the future the day after their
/// receipt: so nobody who invents times makes more than some hundred files. The time itself stays.
pub(crate) fn partition_day(time: Timestamp, received: Timestamp) -> Day {
    let today = received.day().number();
    let day = time.day().number();
    let held = if day > today {
        day.min(today + 1)
    } else if day >= today - DAYS_KEPT_APART {
        day
    } else {
        first_of_month(day.max(today - DAYS_IN_MONTHS))
    };
    // Years of four digits only: 1970-01-01 to 9999-12-30.
    Day::from_number(held.clamp(0, 2_932_895))
}

fn first_of_month(day: i64) -> i64 {
    let text = Day::from_number(day).to_string();
    let of_month = text.rsplit('-').next().and_then(|day| day.parse::<i64>().ok());
    day - of_month.map_or(0, |of_month| of_month - 1)
}

fn path_of(part: &Part, low_water: u64, name: &str) -> String {
    let (class, tenant) = (part.class.uid(), tenant::directory(&part.tenant));
    let day = part.day.to_string().replace('-', "");
    format!("class={class}/tenant={tenant}/eventDay={day}/{low_water:016}{name}.parquet")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;
    use proptest::prelude::*;

    #[test]
    fn days_of_unsound_clocks_are_held() {
        let received = at("2026-11-21T08:00:00Z");
        for (time, day) in [
            ("2026-11-21T23:59:59Z", "2026-11-21"),
            ("2026-11-20T00:00:00Z", "2026-11-20"),
            ("2026-10-21T00:00:00Z", "2026-10-21"),
            ("2026-10-20T00:00:00Z", "2026-10-01"),
            ("2024-02-29T00:00:00Z", "2024-02-01"),
            ("1970-01-01T00:00:00Z", "2016-11-01"),
            ("-009999-01-02T01:59:59Z", "2016-11-01"),
            ("2026-11-22T10:00:00Z", "2026-11-22"),
            ("2038-01-19T03:14:07Z", "2026-11-22"),
        ] {
            assert_eq!(partition_day(at(time), received).to_string(), day, "{time}");
        }
        assert_eq!(partition_day(Timestamp::MIN, Timestamp::MIN).to_string(), "1970-01-01");
        assert_eq!(partition_day(Timestamp::MAX, Timestamp::MAX).to_string().len(), 10);
    }

    proptest! {
        #[test]
        fn a_receipt_makes_few_days(times in proptest::collection::vec(any::<i64>(), 1000)) {
            let received = at("2026-11-21T08:00:00Z");
            let days: std::collections::BTreeSet<Day> =
                times.iter().map(|micros| partition_day(Timestamp::from_micros(*micros / 8), received)).collect();
            prop_assert!(days.len() <= 160);
        }
    }
}

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

mod due;
mod parts;
mod source;

pub(crate) use due::seal_when_due;

use crate::catalogue::{Catalogue, NewFile, Sealing};
use crate::disk::Disk;
use crate::files::{FileError, FileWriter, Order};
use crate::keep::Removals;
#[cfg(test)]
use crate::row::Row;
use crate::wal::{Entry, Segment, Segments};
use parts::{Part, Place, path_of};
use source::{EventReader, Source};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vigie_db::DbError;
use vigie_model::time::Timestamp;

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

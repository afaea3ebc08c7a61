//! The files with databases of addresses: looked at now and then, read again when they were replaced.
//!
//! A file is copied into the data directory and mapped there: the user's own may be written in place, below a map. One
//! that cannot be read is told in one sentence, and what was read before stays in use.

use super::{Database, Enricher, Geo};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Largest file that is read: the largest that are sold have some 1.5 GB.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// Most files.
pub const FILES_MAX: usize = 8;

/// The files, and what became of each.
#[derive(Debug, Default)]
pub struct GeoFiles {
    /// Where copies are kept.
    folder: PathBuf,
    files: Mutex<Vec<GeoFile>>,
}

#[derive(Debug, Default)]
struct GeoFile {
    path: PathBuf,
    /// What the file looked like when it was last read.
    seen: Option<Stamp>,
    database: Option<Arc<Database>>,
    read_at: Option<Timestamp>,
    problem: Option<(Text, Option<Text>)>,
}

/// A file is another one when any of this differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// What became of a file.
#[derive(Clone, Debug)]
pub struct GeoReport {
    /// Which file.
    pub path: PathBuf,
    /// The database in use; none while none could be read.
    pub database: Option<Arc<Database>>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
    /// Why the file as it is now cannot be read, and what to try.
    pub problem: Option<(Text, Option<Text>)>,
}

impl GeoFiles {
    /// These files, with copies in a folder of the data directory; nothing is read yet. More than [`FILES_MAX`] are left out.
    #[must_use]
    pub fn new(folder: PathBuf, paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let file = |path| GeoFile { path, ..GeoFile::default() };
        Self { folder, files: Mutex::new(paths.into_iter().take(FILES_MAX).map(file).collect()) }
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Reads what is new or was replaced and gives it to the enricher; gives the problems that are new.
    pub fn look(&self, enricher: &Enricher, now: Timestamp) -> Vec<Problem> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut problems, mut renewed) = (Vec::new(), false);
        for (number, file) in files.iter_mut().enumerate() {
            match file.look(&self.folder.join(format!("{number}.mmdb"))) {
                Ok(None) => {}
                Ok(Some(database)) => {
                    file.database = Some(Arc::new(database));
                    (file.read_at, file.problem, renewed) = (Some(now), None, true);
                }
                Err(problem) => {
                    let told = (problem.said.clone(), problem.hint.clone());
                    if file.problem.as_ref() != Some(&told) {
                        file.problem = Some(told);
                        problems.push(problem);
                    }
                }
            }
        }
        if renewed {
            enricher.locate_by(Geo::of(files.iter().filter_map(|file| file.database.clone()).collect()));
        }
        problems
    }

    /// What became of each file.
    #[must_use]
    pub fn reports(&self) -> Vec<GeoReport> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let report = |file: &GeoFile| GeoReport {
            path: file.path.clone(),
            database: file.database.clone(),
            read_at: file.read_at,
            problem: file.problem.clone(),
        };
        files.iter().map(report).collect()
    }
}

impl GeoFile {
    /// The database, when the file is another than before.
    fn look(&mut self, copy: &Path) -> Result<Option<Database>, Problem> {
        let stamp = std::fs::metadata(&self.path).ok().map(|metadata| Stamp {
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        });
        if stamp.is_some() && stamp == self.seen {
            return Ok(None);
        }
        self.seen = stamp;
        let bytes = files::read_bounded(&self.path, FILE_BYTES_MAX).map_err(Explain::explain)?;
        Database::check(&bytes).map_err(|error| not_a_database(&self.path, error))?;
        if let Some(folder) = copy.parent() {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| not_kept(folder, error))?;
        }
        files::write_atomic(copy, &bytes, 0o600).map_err(Explain::explain)?;
        drop(bytes);
        let mapped = files::map(copy).map_err(Explain::explain)?;
        Database::read(&self.path, mapped).map(Some).map_err(|error| not_a_database(&self.path, error))
    }
}

fn not_a_database(path: &Path, error: maxminddb::MaxMindDbError) -> Problem {
    let path = path.display();
    Problem::new(
        Kind::Settings,
        text!(
            en "{path} is not a whole database in MaxMind’s format",
            fr "{path} n’est pas une base complète au format MaxMind",
            de "{path} ist keine vollständige Datenbank im Format von MaxMind",
        ),
    )
    .hint(text!(
        en "give an unpacked .mmdb file, and replace it by renaming; what was read before stays in use",
        fr "indiquez un fichier .mmdb décompressé et remplacez-le par renommage ; ce qui a été lu avant reste en service",
        de "geben Sie eine entpackte .mmdb-Datei an und ersetzen Sie sie durch Umbenennen; was vorher gelesen wurde, gilt weiter",
    ))
    .because(error)
}

fn not_kept(folder: &Path, error: std::io::Error) -> Problem {
    let folder = folder.display();
    Problem::new(
        Kind::Environment,
        text!(
            en "The folder {folder} cannot be made",
            fr "Le dossier {folder} ne peut pas être créé",
            de "Der Ordner {folder} lässt sich nicht anlegen",
        ),
    )
    .because(error)
}

//! Files kept open between searches, because reading a footer costs more than many a search.

use crate::catalogue::FileRow;
use crate::disk::Disk;
use crate::files::{FileError, OpenFile};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of footers that are kept. What a hundred million events have, merged, is some eighty megabytes.
const KEPT_BYTES: usize = 64 << 20;
/// Files kept open at most: each holds a descriptor.
const KEPT: usize = 512;

/// The files used last.
pub(crate) struct OpenFiles {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    /// By number, the file used last at the end.
    kept: Mutex<Vec<(i64, Arc<OpenFile>)>>,
}

impl OpenFiles {
    pub(crate) const fn new(disk: Arc<dyn Disk>, directory: PathBuf) -> Self {
        Self { disk, directory, kept: Mutex::new(Vec::new()) }
    }

    /// A file, opened if it is not.
    pub(crate) fn open(&self, row: &FileRow) -> Result<Arc<OpenFile>, FileError> {
        if let Some(file) = self.touch(row.number) {
            return Ok(file);
        }
        let file = Arc::new(OpenFile::open(&*self.disk, &self.directory.join(&row.path))?);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = file.weight() + kept.iter().map(|(_, file)| file.weight()).sum::<usize>();
        let oldest = kept.iter().take_while(|(_, oldest)| {
            let too_many = bytes > KEPT_BYTES;
            bytes -= oldest.weight();
            too_many
        });
        let gone = oldest.count().max((kept.len() + 1).saturating_sub(KEPT));
        kept.drain(..gone);
        kept.push((row.number, Arc::clone(&file)));
        Ok(file)
    }

    /// Lets go of files that are dropped.
    pub(crate) fn forget(&self, rows: &[FileRow]) {
        let dropped = |number: i64| rows.iter().any(|row| row.number == number);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).retain(|(number, _)| !dropped(*number));
    }

    fn touch(&self, number: i64) -> Option<Arc<OpenFile>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| *known == number)?;
        let entry = kept.remove(place);
        let file = Arc::clone(&entry.1);
        kept.push(entry);
        Some(file)
    }
}

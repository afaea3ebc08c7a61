//! Pages of the user for log formats: files in the data directory that sources are read by, changed while they run.
//!
//! The files are the truth: whoever edits them by hand sees the same here. What is written is whole or not there, and is
//! used from the next record on.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use vigie_collect::mapping::{Mappings, PAGE_MAX, PAGES_MAX, Pages};
use vigie_kit::files::{ReadError, WriteError, read_bounded, write_atomic};

/// Longest name of a page.
pub(crate) const NAME_MAX: usize = 64;

/// Whoever runs us reads and writes them; others read.
const MODE: u32 = 0o644;

/// The user's pages.
pub(crate) struct OwnPages {
    folder: PathBuf,
    pages: Pages,
    /// One change at a time.
    changing: Mutex<()>,
}

/// Why a page cannot be read, written or removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnPagesError {
    /// There is none of this name.
    #[error("there is no page of this name")]
    NotFound,
    /// There is one of this name already.
    #[error("there is a page of this name already")]
    NameTaken,
    /// The name is none for a file of a page.
    #[error("this is no name of a page")]
    Name,
    /// There are too many.
    #[error("there are {PAGES_MAX} pages already")]
    TooMany,
    /// The page is too large.
    #[error("the page is larger than {PAGE_MAX} bytes")]
    TooLarge,
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The folder cannot be made, or the file not removed.
    #[error("the folder of the pages cannot be changed")]
    Folder(#[source] std::io::Error),
}

impl OwnPages {
    /// The pages of a folder, which need not be there.
    pub(crate) fn open(folder: PathBuf) -> Self {
        let pages = Pages::from(loaded(&folder));
        Self { folder, pages, changing: Mutex::default() }
    }

    /// What sources are read by.
    pub(crate) const fn pages(&self) -> &Pages {
        &self.pages
    }

    /// The names of the pages, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let pages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
        let mut names: Vec<String> = pages.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
        names.sort();
        names.truncate(PAGES_MAX);
        names
    }

    /// The text of a page.
    pub(crate) fn read(&self, name: &str) -> Result<String, OwnPagesError> {
        let path = self.path(name)?;
        if !path.is_file() {
            return Err(OwnPagesError::NotFound);
        }
        Ok(String::from_utf8_lossy(&read_bounded(&path, PAGE_MAX)?).into_owned())
    }

    /// Writes a page that is not there yet, or one that is. `note` is asked before the page is used; when it fails, all is
    /// as it was.
    pub(crate) fn write<E: From<OwnPagesError>>(
        &self,
        name: &str,
        text: &str,
        is_new: bool,
        note: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let _one = self.locked();
        let path = self.path(name)?;
        if path.exists() == is_new {
            return Err(if is_new { OwnPagesError::NameTaken } else { OwnPagesError::NotFound }.into());
        }
        if text.len() as u64 > PAGE_MAX {
            return Err(OwnPagesError::TooLarge.into());
        }
        if is_new && self.names().len() >= PAGES_MAX {
            return Err(OwnPagesError::TooMany.into());
        }
        fs::create_dir_all(&self.folder).map_err(OwnPagesError::Folder)?;
        let before = if is_new { None } else { Some(read_bounded(&path, PAGE_MAX).map_err(OwnPagesError::Read)?) };
        write_atomic(&path, text.as_bytes(), MODE).map_err(OwnPagesError::Write)?;
        if let Err(error) = note() {
            match before {
                Some(before) => write_atomic(&path, &before, MODE).map_err(OwnPagesError::Write)?,
                None => fs::remove_file(&path).map_err(OwnPagesError::Folder)?,
            }
            return Err(error);
        }
        self.pages.replace(loaded(&self.folder));
        Ok(())
    }

    /// Removes a page, when `note` says that it is noted.
    pub(crate) fn remove<E: From<OwnPagesError>>(&self, name: &str, note: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let _one = self.locked();
        let path = self.path(name)?;
        if !path.is_file() {
            return Err(OwnPagesError::NotFound.into());
        }
        note()?;
        fs::remove_file(&path).map_err(OwnPagesError::Folder)?;
        self.pages.replace(loaded(&self.folder));
        Ok(())
    }

    /// The file of a page; a name never leads out of the folder.
    fn path(&self, name: &str) -> Result<PathBuf, OwnPagesError> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let is_name =
            name.len() <= NAME_MAX && name.bytes().all(is_inner) && name.starts_with(|first: char| first.is_ascii_alphanumeric());
        if is_name { Ok(self.folder.join(format!("{name}.toml"))) } else { Err(OwnPagesError::Name) }
    }

    fn locked(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All pages with those of a folder; what is wrong with these is said.
fn loaded(folder: &Path) -> std::sync::Arc<Mappings> {
    let (pages, wrong) = Mappings::of_folder(folder);
    for error in wrong {
        tracing::warn!(%error, "a page is left out: its records are read as if it were not there");
    }
    pages
}

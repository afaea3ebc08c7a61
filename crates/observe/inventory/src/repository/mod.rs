//! Git repositories: their history, and what is about to be committed.
//!
//! Objects are read by `gix-odb` (packs, deltas, alternates); references, the index, commits and
//! trees are small formats that are read here, with limits. Nothing is written, no hook, filter or
//! setting of the repository is run, and no network is asked.
//!
//! Holds: each blob is looked at once, under the first commit and path that brought it.
//!
//! The work tree itself is scanned like any folder ([`crate::tree`]); [`Tracked`] says which of its files count.
//! Repositories with SHA-256 names are refused with a clear error.
//!
//! Formats: gitformat-index(5), gitrepository-layout(5), git-pack-refs(1).

mod history;
mod index;
mod objects;
mod origin;
mod refs;
mod staged;
#[cfg(test)]
mod tests;
mod tracked;

pub use history::History;
pub use index::{Index, parse as parse_index};
pub use tracked::Tracked;

use objects::Objects;
use std::path::{Path, PathBuf};
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// Longest of the small files that lead from one folder to another.
const POINTER_BYTES_MAX: u64 = 64 * 1024;

/// Name of an object: SHA-1.
pub(crate) type Id = [u8; 20];

/// A repository.
pub struct Repository {
    /// With `HEAD` and `index`.
    git: PathBuf,
    /// The folder in which its files stand; none in a bare repository.
    work_tree: Option<PathBuf>,
    /// With `refs` and `objects`; another folder than `git` in a linked work tree.
    common: PathBuf,
    objects: Objects,
    /// Its settings, as they stand in their file.
    settings: String,
}

/// Why a repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// There is none.
    #[error("{} is not in a Git repository", path.display())]
    None {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Its objects cannot be opened.
    #[error("cannot open the objects of {}", path.display())]
    Objects {
        /// Which repository.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// One of its files cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It names its objects in a way that is not read here.
    #[error("{} names its objects by SHA-256", path.display())]
    Sha256 {
        /// Which repository.
        path: PathBuf,
    },
    /// The index is not one, or of an unknown version.
    #[error("the index of {} cannot be read", path.display())]
    Index {
        /// Which repository.
        path: PathBuf,
    },
}

impl Explain for RepositoryError {
    fn explain(self) -> Problem {
        let path = match &self {
            Self::None { path }
            | Self::Objects { path, .. }
            | Self::File { path, .. }
            | Self::Sha256 { path }
            | Self::Index { path } => path.display().to_string(),
        };
        let (said, hint) = match &self {
            Self::None { .. } => (
                text!(en "{path} is not in a Git repository.", fr "{path} n’est pas dans un dépôt Git.", de "{path} liegt in keinem Git-Repository."),
                Some(text!(
                    en "Name a folder that holds `.git`, or scan it as plain files with `vigie scan fs`.",
                    fr "Indiquez un dossier qui contient `.git`, ou analysez-le comme simples fichiers avec `vigie scan fs`.",
                    de "Nennen Sie einen Ordner, der `.git` enthält, oder durchsuchen Sie ihn als einfache Dateien mit `vigie scan fs`."
                )),
            ),
            Self::Sha256 { .. } => (
                text!(
                    en "{path} names its objects by SHA-256, which is not supported yet.",
                    fr "{path} nomme ses objets par SHA-256, ce qui n’est pas encore pris en charge.",
                    de "{path} benennt seine Objekte mit SHA-256, was noch nicht unterstützt wird."
                ),
                None,
            ),
            Self::Objects { .. } | Self::File { .. } | Self::Index { .. } => (
                text!(en "The Git repository cannot be read: {self}.", fr "Le dépôt Git est illisible : {path}.", de "Das Git-Repository ist nicht lesbar: {path}."),
                Some(text!(
                    en "`git fsck` says whether it is damaged.",
                    fr "`git fsck` dit s’il est endommagé.",
                    de "`git fsck` sagt, ob es beschädigt ist."
                )),
            ),
        };
        Problem { kind: Kind::Environment, said, hint, source: Some(Box::new(self)) }
    }
}

impl Repository {
    /// Opens the repository that a folder is in.
    pub fn open(path: &Path) -> Result<Self, RepositoryError> {
        // `.` has no folders above it until it is spelled out.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let found = path.ancestors().find_map(|folder| Some((git_folder(folder)?, folder)));
        let (git, folder) = found.ok_or_else(|| RepositoryError::None { path: path.clone() })?;
        let common = match read(&git.join("commondir"))? {
            Some(text) => git.join(line(&text)),
            None => git.clone(),
        };
        let settings = read(&common.join("config"))?.unwrap_or_default();
        let lower = settings.to_ascii_lowercase();
        if lower.lines().any(|line| line.trim_start().starts_with("objectformat") && line.contains("sha256")) {
            return Err(RepositoryError::Sha256 { path: git });
        }
        let objects =
            Objects::open(&common.join("objects")).map_err(|source| RepositoryError::Objects { path: git.clone(), source })?;
        let work_tree = (git != folder).then(|| folder.to_owned());
        Ok(Self { git, work_tree, common, objects, settings })
    }

    /// The folder in which its files stand; none in a bare repository.
    #[must_use]
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// The folder that makes it a repository: the same for all of its work trees.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.common
    }

    /// Where it was cloned from, without a user's name and password.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        origin::of(&self.settings)
    }

    /// Which paths it tracks.
    ///
    /// # Errors
    /// When there is an index that cannot be read.
    pub fn tracked(&self) -> Result<Tracked, RepositoryError> {
        Ok(Tracked::of(&self.index()?.unwrap_or_default()))
    }

    /// The index; none before the first `git add`.
    fn index(&self) -> Result<Option<Index>, RepositoryError> {
        let path = self.git.join("index");
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::map(&path).map_err(|source| RepositoryError::File { path, source: std::io::Error::other(source) })?;
        index::parse(bytes.as_ref()).map(Some).ok_or_else(|| RepositoryError::Index { path: self.git.clone() })
    }
}

/// The folder with `HEAD`, when this is a repository or a work tree of one.
fn git_folder(path: &Path) -> Option<PathBuf> {
    let dot = path.join(".git");
    if dot.join("HEAD").is_file() {
        return Some(dot);
    }
    if dot.is_file() {
        let text = read(&dot).ok()??;
        let folder = path.join(line(&text).strip_prefix("gitdir:")?.trim());
        return folder.join("HEAD").is_file().then_some(folder);
    }
    let is_bare = path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir();
    is_bare.then(|| path.to_owned())
}

/// A small text file, if it is there.
fn read(path: &Path) -> Result<Option<String>, RepositoryError> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = files::read_bounded(path, POINTER_BYTES_MAX)
        .map_err(|source| RepositoryError::File { path: path.to_owned(), source: std::io::Error::other(source) })?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

fn line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

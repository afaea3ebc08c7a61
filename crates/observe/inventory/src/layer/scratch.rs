//! A folder of our own for what is too large for memory, gone when it is no longer needed.
//!
//! Holds: names in it are ours, never those of an archive, so nothing can be written anywhere else; only
//! this user may look into it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use vigie_kit::files::{self, Mapped};
use vigie_kit::problem::{Kind, Problem};
use vigie_model::text;

/// How often another name is tried when one is taken.
const NAMES_MAX: u32 = 100;

/// The folder.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    next: AtomicU64,
}

impl Scratch {
    /// Makes a folder below `parent`.
    ///
    /// # Errors
    /// When that is not possible there.
    pub fn below(parent: &Path) -> Result<Self, NoScratch> {
        Self::made(parent).map_err(|source| NoScratch { path: parent.to_owned(), source })
    }

    fn made(parent: &Path) -> io::Result<Self> {
        let process = std::process::id();
        for number in 0..NAMES_MAX {
            let path = parent.join(format!("vigie-{process}-{number}"));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self { path, next: AtomicU64::new(0) }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Begins a file.
    pub(crate) fn create(&self) -> io::Result<Spool> {
        let path = self.path.join(self.next.fetch_add(1, Ordering::Relaxed).to_string());
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Spool { file: BufWriter::with_capacity(128 * 1024, file), kept: Kept { path } })
    }
}

/// There is no place for temporary files.
#[derive(Debug, thiserror::Error)]
#[error("no temporary files can be written in {}", path.display())]
pub struct NoScratch {
    /// Where.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl NoScratch {
    /// What is said of it, without its cause.
    pub(crate) fn problem(&self) -> Problem {
        let (path, source) = (self.path.display(), &self.source);
        Problem::new(
            Kind::Environment,
            text!(
                en "no temporary files can be written in {path} ({source})",
                fr "impossible d’écrire des fichiers temporaires dans {path} ({source})",
                de "in {path} können keine temporären Dateien geschrieben werden ({source})"
            ),
        )
        .hint(text!(
            en "free some space, or name another folder in TMPDIR",
            fr "libérez de l’espace, ou indiquez un autre dossier dans TMPDIR",
            de "schaffen Sie Platz, oder nennen Sie in TMPDIR einen anderen Ordner"
        ))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a folder for temporary files could not be removed");
        }
    }
}

/// A file being written.
pub(crate) struct Spool {
    file: BufWriter<File>,
    kept: Kept,
}

impl Spool {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// The written file, mapped; it is gone when the second part is dropped.
    pub(crate) fn map(self) -> io::Result<(Mapped, Kept)> {
        let kept = self.keep()?;
        let mapped = files::map(kept.path()).map_err(io::Error::other)?;
        Ok((mapped, kept))
    }

    /// The written file.
    pub(crate) fn keep(mut self) -> io::Result<Kept> {
        self.file.flush()?;
        Ok(self.kept)
    }
}

/// A written file, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    path: PathBuf,
}

impl Kept {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, "a temporary file was already gone");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_mapped_and_gone_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let scratch = Scratch::below(dir.path()).unwrap();
        let other = Scratch::below(dir.path()).unwrap();
        let mut spool = scratch.create().unwrap();
        spool.write(b"large").unwrap();
        let (mapped, kept) = spool.map().unwrap();
        assert_eq!(&mapped[..], b"large");
        let path = kept.path().to_owned();
        drop((mapped, kept));
        assert!(!path.exists());
        drop((scratch, other));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

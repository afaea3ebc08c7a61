//! Replacing a file as a whole: the old one or the new one, also after a crash.

use crate::problem::{Explain, Kind, Problem};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use vigie_model::text;

/// How many files this process has begun to write.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The disk or the quota is full.
    #[error("no room left to write {}", path.display())]
    Full {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system does not let this user write there.
    #[error("no permission to write {}", path.display())]
    NotPermitted {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system failed to write it.
    #[error("cannot write {}", path.display())]
    Failed {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Puts `bytes` in the place of the file at `path`, with this mode.
///
/// The new content is written beside the old, brought to disk and renamed; then the directory is
/// brought to disk. Whatever fails on the way, the old file stands.
///
/// # Errors
/// See [`WriteError`].
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    let beside = beside(path);
    let written = write_new(&beside, bytes, mode).and_then(|()| fs::rename(&beside, path));
    if let Err(source) = written {
        if let Err(left) = fs::remove_file(&beside)
            && left.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %beside.display(), error = %left, "a half-written file could not be removed");
        }
        return Err(failed(path, source));
    }
    sync_dir(path.parent().unwrap_or(Path::new("/"))).map_err(|source| failed(path, source))
}

/// Puts `bytes` into a new file at `path`, with this mode; whether it did. What is there already stays.
///
/// The file appears as a whole or not at all. Of several who try at once, one does; all others then find its file.
///
/// # Errors
/// See [`WriteError`].
pub fn write_once(path: &Path, bytes: &[u8], mode: u32) -> Result<bool, WriteError> {
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let beside = beside(path);
    // A link is made only where nothing is; a rename would replace.
    let linked = write_new(&beside, bytes, mode).and_then(|()| fs::hard_link(&beside, path));
    if let Err(left) = fs::remove_file(&beside)
        && left.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %beside.display(), error = %left, "a file that was written beside another could not be removed");
    }
    match linked {
        Ok(()) => sync_dir(path.parent().unwrap_or(Path::new("/"))).map(|()| true).map_err(|source| failed(path, source)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(source) => Err(failed(path, source)),
    }
}

/// Brings a directory's entries to disk, so that a rename or a new file in it survives a crash.
///
/// # Errors
/// What the system says.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir)?.sync_all()
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    // The mode at creation is cut by the umask and does not apply to a leftover.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Threads of one process may write at once, too.
    let number = WRITES.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".new-{}-{number}", std::process::id()));
    path.with_file_name(name)
}

pub(crate) fn failed(path: &Path, source: io::Error) -> WriteError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => WriteError::Full { path, source },
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => WriteError::NotPermitted { path, source },
        _ => WriteError::Failed { path, source },
    }
}

impl WriteError {
    /// The problem without its cause, for errors that carry this one.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::Full { path, .. } => {
                let path = path.display();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "there is no room left on the disk to write {path}",
                        fr "il n'y a plus de place sur le disque pour écrire {path}",
                        de "auf dem Datenträger ist kein Platz mehr, um {path} zu schreiben"
                    ),
                )
                .hint(text!(
                    en "free some space or give another directory with --data",
                    fr "libérez de la place ou indiquez un autre répertoire avec --data",
                    de "schaffen Sie Platz oder geben Sie mit --data ein anderes Verzeichnis an"
                ))
            }
            Self::NotPermitted { path, .. } => {
                let path = path.display();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "you have no permission to write {path}",
                        fr "vous n'avez pas le droit d'écrire {path}",
                        de "Sie dürfen {path} nicht schreiben"
                    ),
                )
                .hint(text!(
                    en "choose a directory that you own, or change its owner",
                    fr "choisissez un répertoire qui vous appartient, ou changez son propriétaire",
                    de "wählen Sie ein Verzeichnis, das Ihnen gehört, oder ändern Sie dessen Eigentümer"
                ))
            }
            Self::Failed { path, source } => {
                let path = path.display();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "{path} could not be written ({source})",
                        fr "impossible d'écrire {path} ({source})",
                        de "{path} konnte nicht geschrieben werden ({source})"
                    ),
                )
                .hint(text!(
                    en "check that its directory exists and that the disk is sound",
                    fr "vérifiez que son répertoire existe et que le disque est sain",
                    de "prüfen Sie, ob das Verzeichnis existiert und der Datenträger in Ordnung ist"
                ))
            }
        }
    }
}

impl Explain for WriteError {
    fn explain(self) -> Problem {
        self.problem().because(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_content_and_mode_and_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "old").unwrap();
        write_atomic(&path, b"new", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_old_file_stands_when_the_new_one_cannot() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "kept").unwrap();
        assert!(matches!(write_atomic(&path, b"new", 0o600), Err(WriteError::Failed { .. })));
        assert_eq!(fs::read(path.join("inside")).unwrap(), b"kept");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing half-written is left");
    }

    #[test]
    fn what_is_there_stays_and_one_of_many_writes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        let wrote: usize = std::thread::scope(|scope| {
            let begun: Vec<_> = (0..8_u8)
                .map(|number| {
                    scope.spawn({
                        let path = &path;
                        move || write_once(path, &[number; 64], 0o600).unwrap()
                    })
                })
                .collect();
            begun.into_iter().map(|thread| usize::from(thread.join().unwrap())).sum()
        });
        assert_eq!(wrote, 1);
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.len() == 64 && bytes.iter().all(|byte| *byte == bytes[0]));
        assert!(!write_once(&path, b"later", 0o600).unwrap());
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_once(&dir.path().join("absent/f"), b"", 0o600).is_err());
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        // /dev/full takes no byte; the real thing needs a file system of its own.
        let said = failed(Path::new("/data/x"), rustix::io::Errno::NOSPC.into()).explain().said;
        assert_eq!(said.de, "auf dem Datenträger ist kein Platz mehr, um /data/x zu schreiben");
        assert!(matches!(failed(Path::new("x"), rustix::io::Errno::DQUOT.into()), WriteError::Full { .. }));
        assert!(matches!(failed(Path::new("x"), rustix::io::Errno::ROFS.into()), WriteError::NotPermitted { .. }));
    }
}

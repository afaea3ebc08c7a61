//! One holder at a time: an advisory lock on a file that names its holder.
//!
//! The lock is flock(2): the kernel lets go of it when the process ends, however it ends, so there
//! is no stale lock to clean up. The file's content, the holder's process id, is for people only.

use crate::problem::{Explain, Kind, Problem};
use rustix::fs::FlockOperation;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use vigie_model::text;

/// A lock that is held until this value is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{} is held by {}", path.display(), holder(*pid))]
    Held {
        /// The lock file.
        path: PathBuf,
        /// The holder, if the file names one.
        pid: Option<u32>,
    },
    /// The lock file could not be opened, locked or written.
    #[error("cannot lock {}", path.display())]
    Failed {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Takes the lock at `path`, creating the file if need be, without waiting.
///
/// # Errors
/// [`LockError::Held`] with the holder's process id when another process, or another part of this
/// one, has it.
pub fn lock(path: &Path) -> Result<Lock, LockError> {
    let failed = |source| LockError::Failed { path: path.to_owned(), source };
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path).map_err(failed)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(errno) if errno == rustix::io::Errno::WOULDBLOCK => {
            return Err(LockError::Held { path: path.to_owned(), pid: named(&mut file) });
        }
        Err(errno) => return Err(failed(errno.into())),
    }
    name_holder(&mut file).map_err(failed)?;
    Ok(Lock { file })
}

fn name_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn named(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    // A process id has at most ten digits; a holder that has not written yet leaves it empty.
    file.take(11).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl Drop for Lock {
    fn drop(&mut self) {
        // So that nobody reads the name of a process that is long gone; the lock itself goes with
        // the descriptor, so a failure here harms nothing.
        if let Err(error) = self.file.set_len(0) {
            tracing::debug!(%error, "the lock file keeps the name of its last holder");
        }
    }
}

impl Explain for LockError {
    fn explain(self) -> Problem {
        match &self {
            Self::Held { path, pid } => {
                let path = path.display();
                let said = match pid {
                    Some(pid) => text!(
                        en "{path} is held by process {pid}",
                        fr "{path} est verrouillé par le processus {pid}",
                        de "{path} wird von Prozess {pid} gesperrt"
                    ),
                    None => text!(
                        en "{path} is held by another process",
                        fr "{path} est verrouillé par un autre processus",
                        de "{path} wird von einem anderen Prozess gesperrt"
                    ),
                };
                Problem::new(Kind::Environment, said).hint(text!(
                    en "wait until it has finished, or stop it",
                    fr "attendez qu'il ait terminé, ou arrêtez-le",
                    de "warten Sie, bis er fertig ist, oder beenden Sie ihn"
                ))
            }
            Self::Failed { path, source } => {
                let path = path.display();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "{path} could not be locked ({source})",
                        fr "impossible de verrouiller {path} ({source})",
                        de "{path} konnte nicht gesperrt werden ({source})"
                    ),
                )
                .hint(text!(
                    en "use a local file system; network file systems may not support locks",
                    fr "utilisez un système de fichiers local ; ceux en réseau ne gèrent pas toujours les verrous",
                    de "verwenden Sie ein lokales Dateisystem; Netzwerkdateisysteme kennen nicht immer Sperren"
                ))
            }
        }
        .because(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_was_first_and_comes_in_when_the_first_has_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = lock(&path).unwrap();
        let pid = std::process::id();
        let refused = lock(&path).unwrap_err();
        assert_eq!(refused.to_string(), format!("{} is held by process {pid}", path.display()));
        assert_eq!(refused.explain().said.de, format!("{} wird von Prozess {pid} gesperrt", path.display()));
        drop(first);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
        drop(lock(&path).unwrap());
    }

    #[test]
    fn a_holder_that_has_not_written_its_name_is_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = lock(&path).unwrap();
        first.file.set_len(0).unwrap();
        assert!(matches!(lock(&path), Err(LockError::Held { pid: None, .. })));
    }
}

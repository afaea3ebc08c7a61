//! Reading a file that somebody else wrote: regular files only, and no more than was asked for.

use crate::problem::{Explain, Kind, Problem};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use vigie_model::text;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("{} does not exist", path.display())]
    Missing {
        /// Which.
        path: PathBuf,
    },
    /// The system does not let this user read it.
    #[error("no permission to read {}", path.display())]
    NotPermitted {
        /// Which.
        path: PathBuf,
    },
    /// It is a directory, a device, a pipe or a socket.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// It is larger than the reader is willing to take.
    #[error("{} is larger than {max} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The limit.
        max: u64,
    },
    /// It is not text in UTF-8.
    #[error("{} is not UTF-8 text", path.display())]
    NotText {
        /// Which.
        path: PathBuf,
    },
    /// The system failed to read it.
    #[error("cannot read {}", path.display())]
    Failed {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Reads a whole regular file of at most `max` bytes.
///
/// # Errors
/// See [`ReadError`].
pub fn read_bounded(path: &Path, max: u64) -> Result<Vec<u8>, ReadError> {
    let file = open_regular(path)?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file of exactly `max` bytes from a larger one; the size
    // in the metadata does not, since files in /proc claim to be empty.
    file.take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(|source| failed(path, source))?;
    if bytes.len() as u64 > max {
        return Err(ReadError::TooLarge { path: path.to_owned(), max });
    }
    Ok(bytes)
}

/// Reads a whole regular UTF-8 file of at most `max` bytes.
///
/// # Errors
/// See [`ReadError`].
pub fn read_text_bounded(path: &Path, max: u64) -> Result<String, ReadError> {
    let bytes = read_bounded(path, max)?;
    String::from_utf8(bytes).map_err(|_| ReadError::NotText { path: path.to_owned() })
}

/// Opens a regular file for reading. Opening does not block on a pipe without a writer.
pub(super) fn open_regular(path: &Path) -> Result<File, ReadError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let descriptor = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| failed(path, errno.into()))?;
    let file = File::from(descriptor);
    let metadata = file.metadata().map_err(|source| failed(path, source))?;
    if metadata.is_file() { Ok(file) } else { Err(ReadError::NotAFile { path: path.to_owned() }) }
}

pub(super) fn failed(path: &Path, source: io::Error) -> ReadError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound => ReadError::Missing { path },
        io::ErrorKind::PermissionDenied => ReadError::NotPermitted { path },
        // A socket cannot even be opened.
        _ if source.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => ReadError::NotAFile { path },
        _ => ReadError::Failed { path, source },
    }
}

impl Explain for ReadError {
    fn explain(self) -> Problem {
        match &self {
            Self::Missing { path } => {
                let path = path.display();
                Problem::new(Kind::User, text!(en "{path} does not exist", fr "{path} n'existe pas", de "{path} gibt es nicht"))
                    .hint(text!(
                        en "check the path for typing errors",
                        fr "vérifiez l'orthographe du chemin",
                        de "prüfen Sie, ob der Pfad richtig geschrieben ist"
                    ))
            }
            Self::NotPermitted { path } => {
                let path = path.display();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "you have no permission to read {path}",
                        fr "vous n'avez pas le droit de lire {path}",
                        de "Sie dürfen {path} nicht lesen"
                    ),
                )
                .hint(text!(
                    en "run vigie as a user who may read it, or as root",
                    fr "lancez vigie sous un compte qui peut le lire, ou en tant que root",
                    de "starten Sie vigie als ein Benutzer, der die Datei lesen darf, oder als root"
                ))
            }
            Self::NotAFile { path } => {
                let path = path.display();
                Problem::new(
                    Kind::User,
                    text!(
                        en "{path} is not a regular file",
                        fr "{path} n'est pas un fichier ordinaire",
                        de "{path} ist keine gewöhnliche Datei"
                    ),
                )
                .hint(text!(
                    en "give the path of a file, not of a directory or device",
                    fr "indiquez le chemin d'un fichier, pas d'un répertoire ni d'un périphérique",
                    de "geben Sie den Pfad einer Datei an, nicht den eines Verzeichnisses oder Geräts"
                ))
            }
            Self::TooLarge { path, max } => {
                let path = path.display();
                Problem::new(
                    Kind::User,
                    text!(
                        en "{path} is larger than the {max} bytes that are accepted",
                        fr "{path} dépasse les {max} octets acceptés",
                        de "{path} ist größer als die zulässigen {max} Bytes"
                    ),
                )
                .hint(text!(
                    en "check that this is the file you meant",
                    fr "vérifiez qu'il s'agit bien du fichier voulu",
                    de "prüfen Sie, ob es die gemeinte Datei ist"
                ))
            }
            Self::NotText { path } => {
                let path = path.display();
                Problem::new(
                    Kind::User,
                    text!(
                        en "{path} is not UTF-8 text",
                        fr "{path} n'est pas un texte en UTF-8",
                        de "{path} ist kein Text in UTF-8"
                    ),
                )
                .hint(text!(
                    en "save the file in the UTF-8 encoding",
                    fr "enregistrez le fichier avec l'encodage UTF-8",
                    de "speichern Sie die Datei in der Kodierung UTF-8"
                ))
            }
            Self::Failed { path, source } => {
                let path = path.display();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "{path} could not be read ({source})",
                        fr "impossible de lire {path} ({source})",
                        de "{path} konnte nicht gelesen werden ({source})"
                    ),
                )
                .hint(text!(
                    en "check the disk and the kernel log",
                    fr "vérifiez le disque et le journal du noyau",
                    de "prüfen Sie den Datenträger und das Kernel-Protokoll"
                ))
            }
        }
        .because(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn reads_up_to_the_limit_and_not_beyond() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read_bounded(&path, 5).unwrap(), b"12345");
        assert!(matches!(read_bounded(&path, 4), Err(ReadError::TooLarge { max: 4, .. })));
    }

    #[test]
    fn files_that_claim_to_be_empty_are_read() {
        assert!(!read_bounded(Path::new("/proc/self/status"), 1 << 20).unwrap().is_empty());
    }

    #[test]
    fn neither_a_directory_nor_a_pipe_nor_a_device_is_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, Mode::from(0o600), 0).unwrap();
        let socket = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for path in [dir.path(), &pipe, &socket, Path::new("/dev/zero")] {
            assert!(matches!(read_bounded(path, 10), Err(ReadError::NotAFile { .. })), "{}", path.display());
        }
    }

    #[test]
    fn says_what_is_wrong_in_three_languages() {
        let missing = read_bounded(Path::new("/absent"), 1).unwrap_err().explain();
        assert_eq!(missing.said.fr, "/absent n'existe pas");
        assert!(missing.hint.is_some());
    }

    #[test]
    fn text_must_be_utf_8() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(read_text_bounded(&path, 10), Err(ReadError::NotText { .. })));
    }
}

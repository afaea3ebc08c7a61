//! Why a data directory is not opened: one sentence and a hint for each reason.

use crate::problem::{Explain, Kind, Problem};
use std::io;
use std::path::PathBuf;
use vigie_model::lang::Text;
use vigie_model::text;

/// Why a data directory is not opened.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It belongs to another user.
    #[error("{} belongs to user {owner}, not to user {user}", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
        /// The user id of this process.
        user: u32,
    },
    /// Another instance uses it.
    #[error("{} is in use by {}", path.display(), pid.map_or("another process".to_owned(), |pid| format!("process {pid}")))]
    InUse {
        /// The directory.
        path: PathBuf,
        /// The other instance, if it is known.
        pid: Option<u32>,
    },
    /// A newer version made it.
    #[error("{} has layout {found}, this program knows layouts up to {known}", path.display())]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The newest layout that is known here.
        known: u32,
    },
    /// It holds something else.
    #[error("{} is not a data directory of Vigie", path.display())]
    NotOurs {
        /// The directory.
        path: PathBuf,
    },
    /// It is a file.
    #[error("{} is not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// It does not exist.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// This user may not write there.
    #[error("no permission to write in {}", path.display())]
    NotWritable {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no room.
    #[error("{} has {free} bytes free, {needed} are needed", path.display())]
    Full {
        /// The directory.
        path: PathBuf,
        /// Free bytes.
        free: u64,
        /// Needed bytes.
        needed: u64,
    },
    /// Nobody said where it is.
    #[error("neither XDG_DATA_HOME nor HOME names a directory")]
    NoHome,
    /// Something else failed.
    #[error("cannot open {}", path.display())]
    Failed {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DataDirError {
    fn kind(&self) -> Kind {
        match self {
            Self::Foreign { .. } | Self::NotOurs { .. } | Self::NotADirectory { .. } | Self::Missing { .. } | Self::NoHome => {
                Kind::Settings
            }
            Self::InUse { .. } | Self::Newer { .. } | Self::NotWritable { .. } | Self::Full { .. } | Self::Failed { .. } => {
                Kind::Environment
            }
        }
    }

    fn said(&self) -> Text {
        match self {
            Self::Foreign { path, owner, user } => {
                let path = path.display();
                text!(
                    en "the data directory {path} belongs to user {owner}, but Vigie runs as user {user}",
                    fr "le répertoire de données {path} appartient à l'utilisateur {owner}, mais Vigie s'exécute sous l'utilisateur {user}",
                    de "das Datenverzeichnis {path} gehört Benutzer {owner}, Vigie läuft aber als Benutzer {user}"
                )
            }
            Self::InUse { path, pid: Some(pid) } => {
                let path = path.display();
                text!(
                    en "another Vigie (process {pid}) uses the data directory {path}",
                    fr "un autre Vigie (processus {pid}) utilise le répertoire de données {path}",
                    de "ein anderes Vigie (Prozess {pid}) verwendet das Datenverzeichnis {path}"
                )
            }
            Self::InUse { path, pid: None } => {
                let path = path.display();
                text!(
                    en "another Vigie uses the data directory {path}",
                    fr "un autre Vigie utilise le répertoire de données {path}",
                    de "ein anderes Vigie verwendet das Datenverzeichnis {path}"
                )
            }
            Self::Newer { path, found, known } => {
                let path = path.display();
                text!(
                    en "the data directory {path} was made by a newer Vigie (layout {found}, this one knows {known})",
                    fr "le répertoire de données {path} a été créé par un Vigie plus récent (format {found}, celui-ci connaît le {known})",
                    de "das Datenverzeichnis {path} stammt von einem neueren Vigie (Format {found}, dieses hier kennt {known})"
                )
            }
            Self::NotOurs { path } => {
                let path = path.display();
                text!(
                    en "the directory {path} is not empty and is not a data directory of Vigie",
                    fr "le répertoire {path} n'est pas vide et n'est pas un répertoire de données de Vigie",
                    de "das Verzeichnis {path} ist nicht leer und kein Datenverzeichnis von Vigie"
                )
            }
            Self::NotADirectory { path } => {
                let path = path.display();
                text!(
                    en "{path} is a file, not a directory",
                    fr "{path} est un fichier, pas un répertoire",
                    de "{path} ist eine Datei, kein Verzeichnis"
                )
            }
            Self::Missing { path } => {
                let path = path.display();
                text!(
                    en "the data directory {path} does not exist",
                    fr "le répertoire de données {path} n'existe pas",
                    de "das Datenverzeichnis {path} gibt es nicht"
                )
            }
            Self::NotWritable { path, .. } => {
                let path = path.display();
                text!(
                    en "Vigie has no permission to write in the data directory {path}",
                    fr "Vigie n'a pas le droit d'écrire dans le répertoire de données {path}",
                    de "Vigie darf im Datenverzeichnis {path} nicht schreiben"
                )
            }
            Self::Full { path, free, needed } => {
                let (path, free, needed) = (path.display(), mebibytes(*free), mebibytes(*needed));
                text!(
                    en "the disk of the data directory {path} is full ({free} MiB free, {needed} MiB needed)",
                    fr "le disque du répertoire de données {path} est plein ({free} Mio libres, {needed} Mio nécessaires)",
                    de "der Datenträger des Datenverzeichnisses {path} ist voll ({free} MiB frei, {needed} MiB nötig)"
                )
            }
            Self::NoHome => text!(
                en "no data directory was given and the environment names no home directory",
                fr "aucun répertoire de données n'est indiqué et l'environnement ne donne pas de répertoire personnel",
                de "es wurde kein Datenverzeichnis angegeben und die Umgebung nennt kein Heimatverzeichnis"
            ),
            Self::Failed { path, source } => {
                let path = path.display();
                text!(
                    en "the data directory {path} could not be opened ({source})",
                    fr "impossible d'ouvrir le répertoire de données {path} ({source})",
                    de "das Datenverzeichnis {path} konnte nicht geöffnet werden ({source})"
                )
            }
        }
    }

    fn hint(&self) -> Text {
        match self {
            Self::Foreign { .. } => text!(
                en "run Vigie as the owner, or give a directory of your own with --data",
                fr "lancez Vigie sous le compte du propriétaire, ou indiquez un répertoire à vous avec --data",
                de "starten Sie Vigie als Eigentümer oder geben Sie mit --data ein eigenes Verzeichnis an"
            ),
            Self::InUse { .. } => text!(
                en "stop it first, or give this one a directory of its own with --data",
                fr "arrêtez-le d'abord, ou indiquez pour celui-ci un autre répertoire avec --data",
                de "beenden Sie es zuerst oder geben Sie diesem hier mit --data ein eigenes Verzeichnis"
            ),
            Self::Newer { .. } => text!(
                en "use that newer version, or give another directory with --data; nothing was changed",
                fr "utilisez cette version plus récente, ou indiquez un autre répertoire avec --data ; rien n'a été modifié",
                de "verwenden Sie jene neuere Version oder geben Sie mit --data ein anderes Verzeichnis an; es wurde nichts verändert"
            ),
            Self::NotOurs { .. } | Self::NotADirectory { .. } => text!(
                en "give an empty or a new directory with --data",
                fr "indiquez un répertoire vide ou nouveau avec --data",
                de "geben Sie mit --data ein leeres oder ein neues Verzeichnis an"
            ),
            Self::Missing { .. } => text!(
                en "check the path after --data, or start `vigie up` once to create it",
                fr "vérifiez le chemin donné à --data, ou lancez une fois `vigie up` pour le créer",
                de "prüfen Sie den Pfad hinter --data oder legen Sie es mit einem Start von `vigie up` an"
            ),
            Self::NotWritable { .. } => text!(
                en "change its permissions, or give a directory of your own with --data",
                fr "modifiez ses droits d'accès, ou indiquez un répertoire à vous avec --data",
                de "ändern Sie die Zugriffsrechte oder geben Sie mit --data ein eigenes Verzeichnis an"
            ),
            Self::Full { .. } => text!(
                en "free some space, or give a directory on another disk with --data; nothing was lost",
                fr "libérez de la place, ou indiquez un répertoire sur un autre disque avec --data ; rien n'a été perdu",
                de "schaffen Sie Platz oder geben Sie mit --data ein Verzeichnis auf einem anderen Datenträger an; es ging nichts verloren"
            ),
            Self::NoHome => text!(
                en "give a directory with --data",
                fr "indiquez un répertoire avec --data",
                de "geben Sie mit --data ein Verzeichnis an"
            ),
            Self::Failed { .. } => text!(
                en "check the disk, or give another directory with --data",
                fr "vérifiez le disque, ou indiquez un autre répertoire avec --data",
                de "prüfen Sie den Datenträger oder geben Sie mit --data ein anderes Verzeichnis an"
            ),
        }
    }
}

fn mebibytes(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}

impl Explain for DataDirError {
    fn explain(self) -> Problem {
        Problem::new(self.kind(), self.said()).hint(self.hint()).because(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::lang::Lang;

    #[test]
    fn every_reason_is_one_sentence_and_a_hint_in_every_language() {
        let path = || PathBuf::from("/data");
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let all = [
            DataDirError::Foreign { path: path(), owner: 0, user: 1000 },
            DataDirError::InUse { path: path(), pid: Some(42) },
            DataDirError::InUse { path: path(), pid: None },
            DataDirError::Newer { path: path(), found: 2, known: 1 },
            DataDirError::NotOurs { path: path() },
            DataDirError::NotADirectory { path: path() },
            DataDirError::Missing { path: path() },
            DataDirError::NotWritable { path: path(), source: denied() },
            DataDirError::Full { path: path(), free: 1 << 20, needed: 1 << 25 },
            DataDirError::NoHome,
            DataDirError::Failed { path: path(), source: denied() },
        ];
        for error in all {
            let (words, problem) = (error.to_string(), error.explain());
            for lang in Lang::ALL {
                let told = problem.told(lang);
                assert_eq!(told.lines().count(), 2, "{told}");
                assert!(!told.contains(".\n") && !told.ends_with('.'), "{told}");
            }
            assert!(problem.chain().contains(&words), "the log keeps the error's own words: {}", problem.chain());
        }
    }

    #[test]
    fn a_full_disk_names_the_figures() {
        let error = DataDirError::Full { path: PathBuf::from("/data"), free: 3 << 20, needed: 32 << 20 };
        assert_eq!(error.explain().said.en, "the disk of the data directory /data is full (3 MiB free, 32 MiB needed)");
    }
}

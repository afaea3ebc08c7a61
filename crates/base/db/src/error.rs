//! What can go wrong with a database, and what to tell a person.

use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};
use vigie_kit::problem::{Explain, Kind, Problem, Source};
use vigie_model::text;

/// What went wrong. Nothing was written in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Another process held the database for longer than the waiting time.
    #[error("the database is busy")]
    Busy {
        /// What SQLite said.
        source: Source,
    },
    /// The disk or the quota is full.
    #[error("no room left for the database")]
    Full {
        /// What SQLite said.
        source: Source,
    },
    /// The file is damaged or is not a database.
    #[error("the database is damaged or is not a database")]
    Corrupt {
        /// What SQLite said.
        source: Source,
    },
    /// The file belongs to another program.
    #[error("{} is a database of another program", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened or may not be written.
    #[error("cannot open the database {}", path.display())]
    NotOpened {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Source,
    },
    /// A statement would have broken a rule of the tables.
    #[error("a rule of the tables forbids it: {rule}")]
    Constraint {
        /// The rule, in the engine's words: `UNIQUE constraint failed: finding.id`.
        rule: String,
    },
    /// A newer version of Vigie changed the tables.
    #[error("the tables of {room} have migration {number} ({name}), which this program does not know")]
    Newer {
        /// Whose tables.
        room: &'static str,
        /// The first unknown migration.
        number: i64,
        /// Its name.
        name: String,
    },
    /// The tables were made by another list of migrations.
    #[error("migration {number} of {room} was {applied} and is now {listed}")]
    Rewritten {
        /// Whose tables.
        room: &'static str,
        /// Which migration.
        number: i64,
        /// Its name in the database.
        applied: String,
        /// Its name in the program.
        listed: &'static str,
    },
    /// A value is not what the program takes it for.
    #[error("column {column} does not hold {wanted}")]
    Column {
        /// Counted from 0.
        column: usize,
        /// What was wanted.
        wanted: &'static str,
    },
    /// `query_one` found no row.
    #[error("a row was expected and there is none")]
    NoRow,
    /// A statement's parameters are not `$1` to `$n`, or not as many values were given.
    #[error("{given} values do not fit the parameters of: {sql}")]
    Parameters {
        /// How many values.
        given: usize,
        /// The statement.
        sql: String,
    },
    /// A transaction was begun inside a write transaction of the same thread.
    #[error("a transaction inside a write transaction")]
    Nested,
    /// Anything else.
    #[error("the database failed to {doing}")]
    Failed {
        /// What was tried: a phrase or the statement.
        doing: String,
        /// What the engine or the system said.
        source: Source,
    },
}

/// A statement in an error is cut here: it names the place, it is not a dump.
const SQL_SHOWN_MAX: usize = 160;

impl DbError {
    pub(crate) fn failed(doing: &str, source: impl Into<Source>) -> Self {
        Self::Failed { doing: doing.to_owned(), source: source.into() }
    }

    /// The error that SQLite's means, met while running `sql`.
    pub(crate) fn of(source: rusqlite::Error, sql: &str) -> Self {
        let (code, words) = match &source {
            rusqlite::Error::SqliteFailure(failure, words) => (failure.code, words.clone()),
            rusqlite::Error::SqlInputError { error, msg, .. } => (error.code, Some(msg.clone())),
            _ => (ErrorCode::Unknown, None),
        };
        match code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy { source: source.into() },
            ErrorCode::DiskFull => Self::Full { source: source.into() },
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt { source: source.into() },
            ErrorCode::ConstraintViolation => Self::Constraint { rule: words.unwrap_or_else(|| source.to_string()) },
            _ => Self::Failed { doing: format!("run: {}", shown(sql)), source: source.into() },
        }
    }

    /// The error that SQLite's means, met while opening `path`.
    pub(crate) fn opening(path: &Path, source: rusqlite::Error) -> Self {
        match Self::of(source, "open") {
            Self::Failed { source, .. } => Self::NotOpened { path: path.to_owned(), source },
            other => other,
        }
    }

    pub(crate) fn parameters(given: usize, sql: &str) -> Self {
        Self::Parameters { given, sql: shown(sql) }
    }
}

fn shown(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(SQL_SHOWN_MAX) {
        Some((end, _)) => format!("{} …", line.split_at(end).0),
        None => line,
    }
}

impl Explain for DbError {
    fn explain(self) -> Problem {
        match &self {
            Self::Busy { .. } => Problem::new(
                Kind::Environment,
                text!(
                    en "the database is busy with another program",
                    fr "la base de données est occupée par un autre programme",
                    de "die Datenbank ist durch ein anderes Programm belegt"
                ),
            )
            .hint(text!(
                en "try again when it has finished",
                fr "réessayez quand il aura terminé",
                de "versuchen Sie es noch einmal, wenn es fertig ist"
            )),
            Self::Full { .. } => Problem::new(
                Kind::Environment,
                text!(
                    en "the disk is full, so nothing more can be kept",
                    fr "le disque est plein, plus rien ne peut être conservé",
                    de "der Datenträger ist voll, es kann nichts mehr aufbewahrt werden"
                ),
            )
            .hint(text!(
                en "free some space; nothing that was confirmed is lost",
                fr "libérez de la place ; rien de ce qui a été confirmé n'est perdu",
                de "schaffen Sie Platz; nichts Bestätigtes ist verloren"
            )),
            Self::Corrupt { .. } => Problem::new(
                Kind::Environment,
                text!(
                    en "the database is damaged or is not a database",
                    fr "la base de données est endommagée ou n'en est pas une",
                    de "die Datenbank ist beschädigt oder keine Datenbank"
                ),
            )
            .hint(text!(
                en "restore it from a backup; keep the damaged file for examination",
                fr "restaurez-la depuis une sauvegarde ; gardez le fichier endommagé pour l'examiner",
                de "stellen Sie sie aus einer Sicherung wieder her; heben Sie die beschädigte Datei zur Untersuchung auf"
            )),
            Self::Foreign { path } => {
                let path = path.display();
                Problem::new(
                    Kind::Settings,
                    text!(
                        en "{path} is a database of another program",
                        fr "{path} est la base de données d'un autre programme",
                        de "{path} ist die Datenbank eines anderen Programms"
                    ),
                )
                .hint(text!(
                    en "give another directory with --data",
                    fr "indiquez un autre répertoire avec --data",
                    de "geben Sie mit --data ein anderes Verzeichnis an"
                ))
            }
            Self::NotOpened { path, source } => {
                let path = path.display();
                Problem::new(
                    Kind::Environment,
                    text!(
                        en "the database {path} could not be opened ({source})",
                        fr "impossible d'ouvrir la base de données {path} ({source})",
                        de "die Datenbank {path} konnte nicht geöffnet werden ({source})"
                    ),
                )
                .hint(text!(
                    en "check that its directory exists, is on a local disk and may be written",
                    fr "vérifiez que son répertoire existe, se trouve sur un disque local et est accessible en écriture",
                    de "prüfen Sie, ob ihr Verzeichnis existiert, auf einem lokalen Datenträger liegt und beschreibbar ist"
                ))
            }
            Self::Newer { room, .. } => Problem::new(
                Kind::Environment,
                text!(
                    en "the database was changed by a newer Vigie (tables of {room})",
                    fr "la base de données a été modifiée par un Vigie plus récent (tables de {room})",
                    de "die Datenbank wurde von einem neueren Vigie geändert (Tabellen von {room})"
                ),
            )
            .hint(text!(
                en "use that newer version; nothing was changed",
                fr "utilisez cette version plus récente ; rien n'a été modifié",
                de "verwenden Sie jene neuere Version; es wurde nichts verändert"
            )),
            Self::Constraint { .. }
            | Self::Rewritten { .. }
            | Self::Column { .. }
            | Self::NoRow
            | Self::Parameters { .. }
            | Self::Nested
            | Self::Failed { .. } => Problem::new(
                Kind::Internal,
                text!(
                    en "the database could not do what was asked ({self})",
                    fr "la base de données n'a pas pu exécuter la demande ({self})",
                    de "die Datenbank konnte die Anfrage nicht ausführen ({self})"
                ),
            )
            .hint(text!(
                en "this is a defect of Vigie or of the disk; please report it with the log",
                fr "c'est un défaut de Vigie ou du disque ; signalez-le avec le journal",
                de "das ist ein Fehler in Vigie oder des Datenträgers; melden Sie ihn bitte mit dem Protokoll"
            )),
        }
        .because(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    fn of(code: i32) -> DbError {
        DbError::of(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("words".into())), "SELECT 1")
    }

    #[test]
    fn codes_become_errors_that_a_person_can_act_on() {
        assert!(matches!(of(ffi::SQLITE_BUSY), DbError::Busy { .. }));
        assert!(matches!(of(ffi::SQLITE_FULL), DbError::Full { .. }));
        assert!(matches!(of(ffi::SQLITE_NOTADB), DbError::Corrupt { .. }));
        assert!(matches!(of(ffi::SQLITE_CONSTRAINT_UNIQUE), DbError::Constraint { rule } if rule == "words"));
        assert_eq!(of(ffi::SQLITE_FULL).explain().kind, Kind::Environment);
        let defect = of(ffi::SQLITE_MISUSE).explain();
        assert_eq!(defect.kind, Kind::Internal);
        assert_eq!(defect.said.en, "the database could not do what was asked (the database failed to run: SELECT 1)");
    }

    #[test]
    fn a_long_statement_is_cut() {
        let sql = format!("SELECT\n   {}", "é".repeat(300));
        assert_eq!(shown(&sql).chars().count(), SQL_SHOWN_MAX + 2);
    }
}

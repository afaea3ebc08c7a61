//! Opening a connection: the settings each one must have.

use crate::DbError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// How long a writer waits for another process, such as a command line beside the server.
const BUSY_TIME_MAX: Duration = Duration::from_secs(10);
/// Statements kept prepared for each connection.
const STATEMENTS_KEPT: usize = 128;
/// Marks our files (`file` and `sqlite3` show it): "VIGI".
const APPLICATION_ID: i64 = 0x5649_4749;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

pub(crate) fn open(path: &Path, access: Access) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let flags = match access {
        Access::Read => flags | OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => {
            create(path)?;
            flags | OpenFlags::SQLITE_OPEN_READ_WRITE
        }
    };
    let connection = Connection::open_with_flags(path, flags).map_err(|source| DbError::opening(path, source))?;
    set_up(&connection, access).map_err(|source| DbError::opening(path, source))?;
    if access == Access::Write {
        claim(&connection, path)?;
    }
    Ok(connection)
}

pub(crate) fn open_in_memory() -> Result<Connection, DbError> {
    let opening = |source| DbError::opening(Path::new(":memory:"), source);
    let connection = Connection::open_in_memory().map_err(opening)?;
    set_up(&connection, Access::Write).map_err(opening)?;
    Ok(connection)
}

/// Creates an empty file that only its owner may read; SQLite gives its companions the same mode.
fn create(path: &Path) -> Result<(), DbError> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    opened.map(drop).map_err(|source| match source.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => DbError::Full { source: source.into() },
        _ => DbError::NotOpened { path: path.to_owned(), source: source.into() },
    })
}

fn set_up(connection: &Connection, access: Access) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY_TIME_MAX)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // With double quotes allowed for text, a misspelt column name would be a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;")?;
    connection.execute_batch(match access {
        Access::Read => "PRAGMA cache_size = -8192;",
        // The log goes into the file at 64 MB: a page that an import changes ten times is copied once.
        Access::Write => {
            "PRAGMA cache_size = -32768; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;
             PRAGMA wal_autocheckpoint = 16384;"
        }
    })
}

/// Makes sure that the file is ours, or new, and in WAL mode.
fn claim(connection: &Connection, path: &Path) -> Result<(), DbError> {
    let opening = |source| DbError::opening(path, source);
    let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0)).map_err(opening);
    match number("PRAGMA application_id")? {
        APPLICATION_ID => {}
        0 if number("SELECT count(*) FROM sqlite_schema")? == 0 => {
            let mark = format!("PRAGMA application_id = {APPLICATION_ID}");
            connection.execute_batch(&mark).map_err(opening)?;
        }
        _ => return Err(DbError::Foreign { path: path.to_owned() }),
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(opening)?;
    if mode == "wal" {
        return Ok(());
    }
    let source = format!("the file system supports no write-ahead log, only the mode {mode}");
    Err(DbError::NotOpened { path: path.to_owned(), source: source.into() })
}

/// Keeps a connection from writing until it is dropped: for a database in memory, whose one
/// connection also reads.
pub(crate) struct QueryOnly<'c>(&'c Connection);

impl<'c> QueryOnly<'c> {
    pub(crate) fn on(connection: &'c Connection) -> Result<Self, DbError> {
        let sql = "PRAGMA query_only = ON";
        connection.execute_batch(sql).map_err(|source| DbError::of(source, sql))?;
        Ok(Self(connection))
    }
}

impl Drop for QueryOnly<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.execute_batch("PRAGMA query_only = OFF") {
            tracing::error!(%error, "the database in memory stays read-only");
        }
    }
}

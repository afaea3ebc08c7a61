//! One portable SQL database: everything that has a life is kept here.
//!
//! SQLite today, linked in; the interface is shaped so that PostgreSQL can stand behind it later
//! (`docs/decisions/database-rusqlite.md`). Rooms own their tables and write their SQL themselves, in
//! the part that both engines understand:
//!
//! * parameters are `$1`, `$2` …, counted by their number, not by where they first appear;
//! * ids are 16-byte `BLOB`s, times `INTEGER` µs since 1970, JSON is `TEXT`, booleans and enums are
//!   `INTEGER`; tables are `STRICT` and say `NOT NULL`;
//! * no functions of one engine; `ON CONFLICT … DO UPDATE … RETURNING`, common table expressions and
//!   window functions are fine; `LIKE` only on lower-cased text, since SQLite ignores case and
//!   PostgreSQL does not.
//!
//! SQL text is `&'static str` or built by [`Sql`] from such pieces, so a value can only get in as a
//! parameter.
//!
//! What holds: [`Db::write`] is one transaction, on disk when it returns `Ok` (WAL with
//! `synchronous=FULL`), gone without trace on an error or a panic. [`Db::read`] sees one state of the
//! database for as long as it runs. Writers queue for one connection; readers never wait for them.
//!
//! Not here: object mapping, query building beyond pieces of text, jobs (until a room needs them).

mod backup;
mod connection;
mod error;
mod migrate;
mod pool;
mod session;
mod sql;
mod value;

pub use error::DbError;
pub use migrate::Migration;
pub use session::{Reader, Row, Writer};
pub use sql::Sql;
pub use value::{FromValue, Param, Value, ValueRef};

use connection::Access;
use pool::{Exclusive, Pool};
use session::Transaction;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The database. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Db(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writer: Exclusive,
    /// None for a database in memory: it has the one connection only.
    file: Option<File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    readers: Pool,
}

impl Db {
    /// Opens the database file, creating it (mode 0600) if need be.
    ///
    /// # Errors
    /// See [`DbError`]; a file that is no database of Vigie is left as it is.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        let writer = connection::open(path, Access::Write)?;
        let file = File { path: path.to_owned(), readers: Pool::new(path) };
        Ok(Self(Arc::new(Inner { writer: Exclusive::new(writer), file: Some(file) })))
    }

    /// A database that is gone with its last clone. Reads wait for writes here.
    ///
    /// # Errors
    /// When SQLite cannot be started.
    pub fn in_memory() -> Result<Self, DbError> {
        let writer = Exclusive::new(connection::open_in_memory()?);
        Ok(Self(Arc::new(Inner { writer, file: None })))
    }

    /// Reads one consistent state.
    ///
    /// # Errors
    /// The closure's, or [`DbError::Nested`] inside [`Db::write`] on the same thread: a second
    /// connection would not see what the first has not committed.
    pub fn read<T, E: From<DbError>>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        match &self.0.file {
            Some(file) => {
                self.0.writer.refuse_holder()?;
                file.readers.with(|connection| {
                    let transaction = Transaction::begin(connection, Access::Read)?;
                    work(transaction.reader())
                })
            }
            None => {
                let connection = self.0.writer.lock()?;
                let _read_only = connection::QueryOnly::on(&connection)?;
                let transaction = Transaction::begin(&connection, Access::Read)?;
                work(transaction.reader())
            }
        }
    }

    /// Runs one write transaction: committed when the closure returns `Ok`, else rolled back.
    ///
    /// # Errors
    /// The closure's, or what the database says. After any error, nothing of it was written.
    pub fn write<T, E: From<DbError>>(&self, work: impl FnOnce(&Writer<'_>) -> Result<T, E>) -> Result<T, E> {
        let connection = self.0.writer.lock()?;
        let transaction = Transaction::begin(&connection, Access::Write)?;
        let result = work(transaction.writer())?;
        transaction.commit()?;
        Ok(result)
    }

    /// Brings a room's tables to the state that its migrations describe.
    ///
    /// # Errors
    /// [`DbError::Newer`] when the database has migrations that the list has not.
    pub fn migrate(&self, room: &'static str, migrations: &[Migration]) -> Result<(), DbError> {
        migrate::migrate(self, room, migrations)
    }

    /// Writes a complete, compact copy to a new file while others go on.
    ///
    /// # Errors
    /// When `to` exists or cannot be written.
    pub fn back_up(&self, to: &Path) -> Result<(), DbError> {
        backup::back_up(self, to)
    }

    /// Looks for damage in the whole file: nothing found is an empty list. Reads everything.
    ///
    /// # Errors
    /// When the database cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>, DbError> {
        let said: Vec<String> = self.read(|r| r.query("PRAGMA quick_check", params![], |row| row.get(0)))?;
        Ok(said.into_iter().filter(|line| line != "ok").collect())
    }

    /// Bytes on disk, the write-ahead log included; in memory, the bytes held.
    ///
    /// # Errors
    /// When the file system or the database does not say.
    pub fn size_bytes(&self) -> Result<u64, DbError> {
        let Some(file) = &self.0.file else {
            let pages: i64 = self.read(|r| r.query_one("PRAGMA page_count", params![], |row| row.get(0)))?;
            let page: i64 = self.read(|r| r.query_one("PRAGMA page_size", params![], |row| row.get(0)))?;
            return Ok(u64::try_from(pages.saturating_mul(page)).unwrap_or_default());
        };
        let mut bytes = 0;
        for suffix in ["", "-wal", "-shm"] {
            let mut name = file.path.clone().into_os_string();
            name.push(suffix);
            match fs::metadata(&name) {
                Ok(metadata) => bytes += metadata.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(DbError::failed("measure the database", error)),
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;

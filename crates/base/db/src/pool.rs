//! Who may use which connection: one for all writers, a few for readers.

use crate::DbError;
use crate::connection::{self, Access};
use rusqlite::Connection;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// Readers beyond this wait for one to return: more would only share the same two to eight cores.
const READERS_MAX: usize = 8;

/// A connection for one at a time.
#[derive(Debug)]
pub(crate) struct Exclusive {
    connection: Mutex<Connection>,
    holder: Mutex<Option<ThreadId>>,
}

/// The exclusive connection while it is held.
pub(crate) struct Held<'e> {
    connection: MutexGuard<'e, Connection>,
    holder: &'e Mutex<Option<ThreadId>>,
}

impl Exclusive {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection: Mutex::new(connection), holder: Mutex::new(None) }
    }

    /// Waits for the connection. A panic of an earlier holder has rolled its transaction back, so
    /// the lock's poison says nothing.
    pub(crate) fn lock(&self) -> Result<Held<'_>, DbError> {
        self.refuse_holder()?;
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        *lock(&self.holder) = Some(thread::current().id());
        Ok(Held { connection, holder: &self.holder })
    }

    /// An error when this thread holds the connection already: waiting would be forever.
    pub(crate) fn refuse_holder(&self) -> Result<(), DbError> {
        if *lock(&self.holder) == Some(thread::current().id()) { Err(DbError::Nested) } else { Ok(()) }
    }
}

impl Deref for Held<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *lock(self.holder) = None;
    }
}

/// Read-only connections, opened as they are needed.
#[derive(Debug)]
pub(crate) struct Pool {
    path: PathBuf,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    lent: usize,
}

impl Pool {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), state: Mutex::new(State::default()), returned: Condvar::new() }
    }

    /// Works with a connection, once one is free.
    pub(crate) fn with<T, E: From<DbError>>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let (idle, lent) = self.lend();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::open(&self.path, Access::Read)?,
        };
        let result = work(&connection);
        lock(&self.state).idle.push(connection);
        drop(lent);
        result
    }

    fn lend(&self) -> (Option<Connection>, Lent<'_>) {
        let mut state = lock(&self.state);
        while state.lent >= READERS_MAX {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.lent += 1;
        (state.idle.pop(), Lent(self))
    }
}

/// Counts a connection as lent until it is dropped; after a panic the connection itself is closed.
struct Lent<'p>(&'p Pool);

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).lent -= 1;
        self.0.returned.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

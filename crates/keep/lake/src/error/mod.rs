//! What can go wrong with the lake, and what a person is told.

mod explain;

use crate::keep::RewriteError;
use crate::seal::SealError;
use crate::search::SearchError;
use crate::wal::{CommitError, LogError, Refused};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use vigie_db::DbError;
use vigie_kit::problem::Source;
use vigie_objects::ObjectsError;

/// Why the lake cannot be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory or a file in it cannot be used.
    #[error("cannot use {}", path.display())]
    Io {
        /// What was used.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A newer Vigie wrote it.
    #[error("{} was written by a newer version", path.display())]
    Newer {
        /// What was written.
        path: PathBuf,
    },
    /// The database does not take part.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The settings name a class that is not one.
    #[error("`{0}` is not a class of OCSF")]
    NotAClass(String),
    /// The system gives no thread.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// The object storage that is given cannot be used.
    #[error(transparent)]
    Objects(ObjectsError),
    /// The files are on object storage, and the settings do not say where.
    #[error("the files of events are on {address}")]
    StoreNotGiven {
        /// Where they are.
        address: String,
    },
    /// The files are on other object storage than the settings say.
    #[error("the files of events are on {known}, not on {given}")]
    OtherStore {
        /// Where they are.
        known: String,
        /// What was given.
        given: String,
    },
}

/// Why events were not taken. Their source keeps them and tries again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// The disk is full, or so nearly that sealing needs the rest. Goes on by itself when there is room.
    #[error("no room on the disk: {free} bytes are free, {needed} are needed")]
    Full {
        /// Bytes that are free.
        free: u64,
        /// Bytes that must be.
        needed: u64,
    },
    /// The batch is larger than a batch may be.
    #[error("a batch of {bytes} bytes is too large")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Something in the batch breaks the encoder. The others are not touched by it.
    #[error("an encoder broke off over a batch")]
    Poison,
    /// Writing the batch broke off, twice. The others are not touched by it.
    #[error("writing a batch broke off")]
    BrokeOff,
    /// The disk failed.
    #[error("cannot write the log")]
    Io(#[source] Arc<io::Error>),
    /// The lake is being closed.
    #[error("the lake is closed")]
    Closed,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Somebody raised its [`Cancel`](crate::Cancel).
    #[error("the search was cancelled")]
    Cancelled,
    /// The database does not answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What is stored cannot be read.
    #[error("stored events cannot be read")]
    Stored(#[source] Source),
}

/// Why something could not be done to stored events. They are as they were.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The database does not take part.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Files cannot be written or removed.
    #[error("cannot write files of events")]
    Files(#[source] Source),
    /// The lake is being closed.
    #[error("the lake is closed")]
    Closed,
    /// Files cannot be written anew: there is too little room for both, the old and the new.
    #[error("too little room on the disk")]
    NoRoom,
    /// A hold of this name is in force.
    #[error("there is a hold named `{0}`")]
    HoldExists(String),
    /// No hold of this name is in force.
    #[error("there is no hold named `{0}`")]
    NoSuchHold(String),
    /// A hold cannot be understood, so nobody can say what it covers.
    #[error("the hold `{0}` cannot be understood")]
    Hold(String, #[source] Source),
    /// Events that are to be erased are under a hold.
    #[error("{events} events are under a hold: {}", holds.join(", "))]
    Held {
        /// How many.
        events: u64,
        /// The holds in force.
        holds: Vec<String>,
    },
    /// An erasure names no subject.
    #[error("an erasure of everything")]
    EraseEverything,
    /// A file cannot be read, so nobody can say what is in it.
    #[error("{0} cannot be read")]
    Unreadable(String),
    /// Stored events cannot be looked through.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Whoever asked did not want to wait for the end.
    #[error("this was cancelled")]
    Cancelled,
}

impl From<LogError> for OpenError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Io { path, source } => Self::Io { path, source },
            LogError::Newer { path, .. } => Self::Newer { path },
        }
    }
}

impl From<Refused> for AppendError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Commit(CommitError::Full { free, needed }) => Self::Full { free, needed },
            Refused::Commit(CommitError::Io(source)) => Self::Io(source),
            Refused::Commit(CommitError::BrokeOff) => Self::BrokeOff,
            Refused::Closed => Self::Closed,
        }
    }
}

impl From<SearchError> for ReadError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Cancelled | SearchError::Enough => Self::Cancelled,
            SearchError::Db(error) => Self::Db(error),
            error => Self::Stored(error.into()),
        }
    }
}

impl From<SealError> for KeepError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Db(error) => Self::Db(error),
            error => Self::Files(error.into()),
        }
    }
}

impl From<RewriteError> for KeepError {
    fn from(error: RewriteError) -> Self {
        match error {
            RewriteError::Db(error) => Self::Db(error),
            RewriteError::Stopped => Self::Cancelled,
            RewriteError::NoRoom => Self::NoRoom,
            error @ (RewriteError::File(_) | RewriteError::NoRandomness | RewriteError::BrokeOff) => Self::Files(error.into()),
        }
    }
}

impl From<SearchError> for KeepError {
    fn from(error: SearchError) -> Self {
        Self::Read(error.into())
    }
}

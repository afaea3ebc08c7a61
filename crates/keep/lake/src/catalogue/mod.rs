//! The tables of the lake: which files there are, and what goes with them.
//!
//! The truth: a file that has no row is not there, whatever the directories say. Sealing is one
//! transaction over files, positions of sources and the low water of the log; so is every other
//! change: files that come take the place of files that go, or nothing happens.
//!
//! Files and what was done to them form a [`chain`]: each link is a hash over its own facts and its
//! predecessor. A dropped file leaves its link behind, and the act that dropped it is a link of its
//! own, so that what others take away or change is noticed ([`verify`](crate::Lake::verify)).
//!
//! The chain does not grow for ever: a [`base`](mod@base) stands for its beginning.
//!
//! Searches go by [`Files`]: all rows as they were at one moment.

mod acts;
mod base;
mod chain;
mod holds;
mod published;
mod snapshot;

pub(crate) use acts::{Act, NewAct, ToldFile, dropped_by, hex, hold_of, kind};
pub(crate) use base::Base;
pub(crate) use chain::{Link, LinkKind, next_link};
pub(crate) use holds::{HoldRow, faults as hold_faults};
pub(crate) use published::Published;
pub(crate) use snapshot::Files;

use crate::files::FileFacts;
use snapshot::Current;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use vigie_db::{Db, DbError, Migration, Reader, Row, Sql, Writer, params};
use vigie_model::time::{Day, Timestamp};

const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "files, positions and marks",
        sql: "
        CREATE TABLE lake_file (
            number INTEGER NOT NULL PRIMARY KEY,
            path TEXT NOT NULL UNIQUE,
            class INTEGER NOT NULL,
            tenant TEXT NOT NULL,
            day INTEGER NOT NULL,
            first_time INTEGER NOT NULL,
            last_time INTEGER NOT NULL,
            first_received INTEGER NOT NULL,
            last_received INTEGER NOT NULL,
            first_id INTEGER NOT NULL,
            last_id INTEGER NOT NULL,
            row_count INTEGER NOT NULL,
            byte_count INTEGER NOT NULL,
            sealed_through INTEGER NOT NULL,
            sealed_at INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            link BLOB NOT NULL
        ) STRICT;
        CREATE INDEX lake_file_last_time ON lake_file (last_time, number);
        CREATE INDEX lake_file_last_id ON lake_file (last_id);
        CREATE INDEX lake_file_last_received ON lake_file (last_received);
        CREATE TABLE lake_dropped (
            number INTEGER NOT NULL PRIMARY KEY,
            path TEXT NOT NULL,
            row_count INTEGER NOT NULL,
            dropped_at INTEGER NOT NULL,
            reason TEXT NOT NULL,
            facts BLOB NOT NULL,
            link BLOB NOT NULL
        ) STRICT;
        CREATE TABLE lake_checkpoint (source TEXT NOT NULL PRIMARY KEY, position BLOB NOT NULL) STRICT;
        CREATE TABLE lake_mark (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT;
        CREATE TABLE lake_leftover (path TEXT NOT NULL PRIMARY KEY) STRICT;",
    },
    Migration {
        name: "merged files and acts",
        sql: "
        ALTER TABLE lake_file ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE lake_file ADD COLUMN facts_version INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE lake_dropped ADD COLUMN act INTEGER;
        ALTER TABLE lake_dropped ADD COLUMN successor INTEGER;
        CREATE INDEX lake_dropped_act ON lake_dropped (act);
        CREATE TABLE lake_act (
            number INTEGER NOT NULL PRIMARY KEY,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            body TEXT NOT NULL,
            link BLOB NOT NULL
        ) STRICT;
        CREATE TABLE lake_hold (
            number INTEGER NOT NULL PRIMARY KEY,
            body TEXT NOT NULL,
            released INTEGER
        ) STRICT;",
    },
    Migration { name: "files of the Delta log", sql: "CREATE TABLE lake_delta (path TEXT NOT NULL PRIMARY KEY) STRICT;" },
    Migration {
        name: "files on object storage",
        sql: "
        ALTER TABLE lake_leftover ADD COLUMN known_until INTEGER;
        ALTER TABLE lake_leftover ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE lake_store (address TEXT NOT NULL PRIMARY KEY, since INTEGER NOT NULL) STRICT;",
    },
];

/// The tables.
pub(crate) struct Catalogue {
    db: Db,
    current: Current,
    /// Seconds in which a request to write that failed may still be done; nothing on a disk.
    grace: Option<i64>,
}

/// A file as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRow {
    pub(crate) number: i64,
    /// Below the lake's directory.
    pub(crate) path: String,
    pub(crate) class_uid: u32,
    pub(crate) day: Day,
    /// The log's low water when it was sealed; of a merged file, when the last of its parts was.
    pub(crate) sealed_through: u64,
    pub(crate) sealed_at: Timestamp,
    /// How often its events were merged; 0 as it was sealed.
    pub(crate) level: u32,
    /// Which facts its link is over.
    version: u32,
    pub(crate) facts: FileFacts,
}

#[cfg(test)]
impl FileRow {
    /// A row for tests, sealed when its events came, under its own number.
    pub(crate) fn of(number: i64, path: String, class: vigie_model::event::Class, facts: FileFacts) -> Self {
        let (day, sealed_at) = (facts.times.0.day(), facts.received.1);
        let sealed_through = number.cast_unsigned();
        Self { number, path, class_uid: class.uid(), day, sealed_through, sealed_at, level: 0, version: 3, facts }
    }
}

/// A file about to be committed.
pub(crate) struct NewFile {
    pub(crate) path: String,
    pub(crate) class_uid: u32,
    pub(crate) day: Day,
    pub(crate) facts: FileFacts,
}

/// What one sealing commits.
pub(crate) struct Sealing {
    pub(crate) files: Vec<NewFile>,
    pub(crate) checkpoints: HashMap<String, Vec<u8>>,
    pub(crate) low_water: u64,
    pub(crate) next_id: u64,
    pub(crate) at: Timestamp,
}

/// What the log must know to open.
pub(crate) struct Known {
    pub(crate) low_water: u64,
    pub(crate) next_id: u64,
    pub(crate) checkpoints: HashMap<String, Vec<u8>>,
}

/// A file that takes the place of others.
pub(crate) struct Successor {
    pub(crate) file: NewFile,
    pub(crate) sealed_through: u64,
    pub(crate) level: u32,
    /// The numbers of those whose place it takes.
    pub(crate) of: Vec<i64>,
}

const COLUMNS: &str = "number, path, class, day, first_time, last_time, first_received, last_received, \
                       first_id, last_id, row_count, byte_count, sealed_through, sha256, sealed_at, level, facts_version, tenant";

const LOW_WATER: &str = "low_water";
const NEXT_ID: &str = "next_id";

impl Catalogue {
    /// Brings the tables up to date.
    pub(crate) fn open(db: Db) -> Result<Self, DbError> {
        db.migrate("lake", MIGRATIONS)?;
        let catalogue = Self { db, current: Current::default(), grace: None };
        catalogue.adopt_drops()?;
        Ok(catalogue)
    }

    /// From now on files may still arrive so many seconds after nobody waits for them any more.
    pub(crate) fn with_grace(self, seconds: i64) -> Self {
        Self { grace: Some(seconds), ..self }
    }

    /// Until when a path that should not be there is remembered after it was removed.
    fn known_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.grace.map(|seconds| now.plus_seconds(seconds))
    }

    /// The object storage that the files are on; nothing while they are on this machine.
    pub(crate) fn store(&self) -> Result<Option<String>, DbError> {
        self.db.read(|r| r.query_opt("SELECT address FROM lake_store", params![], |row| row.get(0)))
    }

    /// From now on files are there.
    pub(crate) fn set_store(&self, address: &str, now: Timestamp) -> Result<(), DbError> {
        self.db.write(|w| {
            w.execute("DELETE FROM lake_store", params![])?;
            w.execute("INSERT INTO lake_store (address, since) VALUES ($1, $2)", params![address, now]).map(drop)
        })
    }

    /// The files now.
    pub(crate) fn files(&self) -> Result<Arc<Files>, DbError> {
        self.current.get(|| {
            let mut sql = select("");
            sql.push("ORDER BY last_time DESC, number DESC");
            Ok(Files::new(self.rows(&sql)?))
        })
    }

    /// The newest link of the chain and its number.
    pub(crate) fn head(&self) -> Result<([u8; 32], i64), DbError> {
        self.db.read(|r| chain::end(r).map(|end| end.head()))
    }

    /// Earlier states of the files that somebody may still go by.
    pub(crate) fn earlier(&self) -> Vec<Weak<Files>> {
        self.current.earlier()
    }

    pub(crate) fn known(&self) -> Result<Known, DbError> {
        self.db.read(|r| {
            let positions =
                r.query("SELECT source, position FROM lake_checkpoint", params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(Known {
                low_water: mark(r, LOW_WATER)?.unwrap_or(0),
                next_id: mark(r, NEXT_ID)?.unwrap_or(1),
                checkpoints: positions.into_iter().collect(),
            })
        })
    }

    /// Notes paths that are removed at the next start unless [`Catalogue::commit`] takes them.
    pub(crate) fn announce(&self, paths: &[String], now: Timestamp) -> Result<(), DbError> {
        self.db.write(|w| leave(w, paths.iter().map(String::as_str), self.known_until(now)))
    }

    /// Paths of files that should not be there and are to be removed now. A path with a row is never among
    /// them, nor one that was removed and may still arrive.
    pub(crate) fn leftovers(&self, now: Timestamp) -> Result<Vec<String>, DbError> {
        let sql = "SELECT path FROM lake_leftover
                   WHERE NOT path IN (SELECT path FROM lake_file) AND (removed = 0 OR known_until <= $1)";
        self.db.read(|r| r.query(sql, params![now], |row| row.get(0)))
    }

    /// All paths of files that should not be there, or not come any more.
    #[cfg(test)]
    pub(crate) fn all_leftovers(&self) -> Result<Vec<String>, DbError> {
        self.db.read(|r| r.query("SELECT path FROM lake_leftover", params![], |row| row.get(0)))
    }

    /// The log's low water.
    pub(crate) fn low_water(&self) -> Result<u64, DbError> {
        self.db.read(|r| Ok(mark(r, LOW_WATER)?.unwrap_or(0)))
    }

    /// Forgets paths that are gone; those that may still arrive later.
    pub(crate) fn cleared(&self, paths: &[String], now: Timestamp) -> Result<(), DbError> {
        self.db.write(|w| {
            paths.iter().try_for_each(|path| {
                w.execute(
                    "DELETE FROM lake_leftover WHERE path = $1 AND (known_until IS NULL OR known_until <= $2)",
                    params![path, now],
                )?;
                w.execute("UPDATE lake_leftover SET removed = 1 WHERE path = $1", params![path]).map(drop)
            })
        })
    }

    /// Makes sealed files the truth, with everything that goes with them, in one transaction.
    pub(crate) fn commit(&self, sealing: &Sealing) -> Result<(), DbError> {
        let committed = self.db.write(|w| {
            let mut end = chain::end(w)?;
            for file in &sealing.files {
                let row = end.file(file, (sealing.low_water, sealing.at), 0);
                insert_file(w, &row, end.link())?;
                forget_leftover(w, &file.path)?;
            }
            for (source, position) in &sealing.checkpoints {
                w.execute(
                    "INSERT INTO lake_checkpoint (source, position) VALUES ($1, $2)
                     ON CONFLICT (source) DO UPDATE SET position = excluded.position",
                    params![source, position],
                )?;
            }
            set_mark(w, LOW_WATER, stored(sealing.low_water))?;
            set_mark(w, NEXT_ID, stored(sealing.next_id))
        });
        // Also after an error: the database may have written it and not been able to say so.
        self.current.change();
        committed
    }

    /// Has files take the place of others, or files go without any in their place, in one
    /// transaction with the act that says so, whose number it gives. The paths of what went are to be
    /// removed.
    pub(crate) fn replace(&self, gone: &[FileRow], new: &[Successor], at: Timestamp, act: &NewAct<'_>) -> Result<i64, DbError> {
        let replaced = self.db.write(|w| {
            let mut end = chain::end(w)?;
            let mut rows = Vec::with_capacity(new.len());
            for Successor { file, sealed_through, level, .. } in new {
                let row = end.file(file, (*sealed_through, at), *level);
                insert_file(w, &row, end.link())?;
                forget_leftover(w, &row.path)?;
                rows.push(row);
            }
            let successor = |number| {
                let place = new.iter().position(|new| new.of.contains(&number))?;
                rows.get(place).map(|row| row.number)
            };
            let number = acts::append(w, &mut end, at, act.kind, &act.body(gone, &rows))?;
            for file in gone {
                drop_file(w, file, at, act.kind, (number, successor(file.number)))?;
            }
            leave(w, gone.iter().map(|file| file.path.as_str()), self.known_until(at))?;
            Ok(number)
        });
        self.current.change();
        replaced
    }

    /// When retention last ran, replaced by now.
    pub(crate) fn retention_runs(&self, now: Timestamp) -> Result<Option<Timestamp>, DbError> {
        self.db.write(|w| {
            let before =
                w.query_opt("SELECT value FROM lake_mark WHERE name = 'retention_ran_at'", params![], |row| row.get(0))?;
            set_mark(w, "retention_ran_at", now.micros())?;
            Ok(before)
        })
    }

    fn rows(&self, sql: &Sql) -> Result<Vec<FileRow>, DbError> {
        self.db.read(|r| r.query_built(sql, read_file))
    }
}

fn select(condition: &'static str) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(" FROM lake_file ").push(condition);
    sql
}

fn read_file(row: &Row<'_>) -> Result<FileRow, DbError> {
    Ok(FileRow {
        number: row.get(0)?,
        path: row.get(1)?,
        class_uid: row.get(2)?,
        day: row.get(3)?,
        sealed_through: count(row, 12)?,
        sealed_at: row.get(14)?,
        level: row.get(15)?,
        version: row.get(16)?,
        facts: FileFacts {
            tenant: row.get::<String>(17)?.into(),
            times: (row.get(4)?, row.get(5)?),
            received: (row.get(6)?, row.get(7)?),
            ids: (row.get(8)?, row.get(9)?),
            rows: count(row, 10)?,
            bytes: count(row, 11)?,
            sha256: row.get(13)?,
        },
    })
}

fn count(row: &Row<'_>, column: usize) -> Result<u64, DbError> {
    row.map(column, "a count", |number: i64| u64::try_from(number).ok())
}

/// A count as the database takes it; no count here comes near the end of either type.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn insert_file(w: &Writer<'_>, file: &FileRow, link: &[u8; 32]) -> Result<(), DbError> {
    let FileFacts { tenant, rows, bytes, sha256, times, received, ids } = &file.facts;
    w.execute(
        "INSERT INTO lake_file (number, path, class, tenant, day, first_time, last_time, first_received, last_received,
                                first_id, last_id, row_count, byte_count, sealed_through, sealed_at, sha256, link, level,
                                facts_version)
         VALUES ($1, $2, $3, $19, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        params![
            file.number,
            file.path,
            file.class_uid,
            file.day,
            times.0,
            times.1,
            received.0,
            received.1,
            ids.0,
            ids.1,
            stored(*rows),
            stored(*bytes),
            stored(file.sealed_through),
            file.sealed_at,
            sha256,
            link,
            file.level,
            file.version,
            &**tenant
        ],
    )?;
    Ok(())
}

fn drop_file(
    w: &Writer<'_>,
    file: &FileRow,
    at: Timestamp,
    reason: &str,
    (act, successor): (i64, Option<i64>),
) -> Result<(), DbError> {
    let link: [u8; 32] = w.query_one("SELECT link FROM lake_file WHERE number = $1", params![file.number], |row| row.get(0))?;
    w.execute(
        "INSERT INTO lake_dropped (number, path, row_count, dropped_at, reason, facts, link, act, successor)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![file.number, file.path, stored(file.facts.rows), at, reason, chain::facts_of(file), link, act, successor],
    )?;
    w.execute("DELETE FROM lake_file WHERE number = $1", params![file.number]).map(drop)
}

fn leave<'p>(w: &Writer<'_>, mut paths: impl Iterator<Item = &'p str>, until: Option<Timestamp>) -> Result<(), DbError> {
    paths.try_for_each(|path| {
        w.execute(
            "INSERT INTO lake_leftover (path, known_until) VALUES ($1, $2)
             ON CONFLICT (path) DO UPDATE SET known_until = excluded.known_until, removed = 0",
            params![path, until],
        )
        .map(drop)
    })
}

fn forget_leftover(w: &Writer<'_>, path: &str) -> Result<(), DbError> {
    w.execute("DELETE FROM lake_leftover WHERE path = $1", params![path]).map(drop)
}

fn mark(r: &Reader<'_>, name: &str) -> Result<Option<u64>, DbError> {
    r.query_opt("SELECT value FROM lake_mark WHERE name = $1", params![name], |row| count(row, 0))
}

fn set_mark(w: &Writer<'_>, name: &str, value: i64) -> Result<(), DbError> {
    w.execute(
        "INSERT INTO lake_mark (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )?;
    Ok(())
}

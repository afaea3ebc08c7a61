//! The tables of the lake: which files there are, and what goes with them.
//!
//! The truth: a file that has no row is not there, whatever the directories say. Sealing is one
//! transaction over files, positions of sources and the low water of the log. Files form a chain:
//! each row carries a hash over its own facts and its predecessor's hash, and a dropped file leaves
//! its link behind, so that a file taken away or changed by others is noticed ([`verify`](crate::Lake::verify)).

use crate::files::FileFacts;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::ops::ControlFlow;
use vigie_db::{Db, DbError, Migration, Reader, Row, Sql, Writer, params};
use vigie_model::ids::EventId;
use vigie_model::time::{Day, Timestamp};

const MIGRATIONS: &[Migration] = &[Migration {
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
}];

/// The tables.
#[derive(Clone)]
pub(crate) struct Catalogue(Db);

/// A file as the catalogue knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRow {
    pub(crate) number: i64,
    /// Below the lake's directory.
    pub(crate) path: String,
    pub(crate) class_uid: u32,
    pub(crate) day: Day,
    /// The log's low water when it was sealed.
    pub(crate) sealed_through: u64,
    pub(crate) facts: FileFacts,
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

/// Sums over all files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) files: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) oldest: Option<Timestamp>,
    pub(crate) newest: Option<Timestamp>,
}

/// A link of the chain, of a file or of one that was dropped.
pub(crate) struct Link {
    pub(crate) number: i64,
    pub(crate) facts: [u8; 32],
    pub(crate) link: [u8; 32],
    /// The file's path and content, while it is there.
    pub(crate) file: Option<(String, [u8; 32])>,
}

const COLUMNS: &str = "number, path, class, day, first_time, last_time, first_received, last_received, \
                       first_id, last_id, row_count, byte_count, sealed_through, sha256";

const LOW_WATER: &str = "low_water";
const NEXT_ID: &str = "next_id";

impl Catalogue {
    /// Brings the tables up to date.
    pub(crate) fn open(db: Db) -> Result<Self, DbError> {
        db.migrate("lake", MIGRATIONS)?;
        Ok(Self(db))
    }

    pub(crate) fn known(&self) -> Result<Known, DbError> {
        self.0.read(|r| {
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
    pub(crate) fn announce(&self, paths: &[String]) -> Result<(), DbError> {
        self.0.write(|w| leave(w, paths.iter().map(String::as_str)))
    }

    /// Paths of files that should not be there. A path with a row is never among them.
    pub(crate) fn leftovers(&self) -> Result<Vec<String>, DbError> {
        let sql = "SELECT path FROM lake_leftover WHERE NOT path IN (SELECT path FROM lake_file)";
        self.0.read(|r| r.query(sql, params![], |row| row.get(0)))
    }

    /// The log's low water.
    pub(crate) fn low_water(&self) -> Result<u64, DbError> {
        self.0.read(|r| Ok(mark(r, LOW_WATER)?.unwrap_or(0)))
    }

    /// Forgets paths that are gone.
    pub(crate) fn cleared(&self, paths: &[String]) -> Result<(), DbError> {
        self.0.write(|w| paths.iter().try_for_each(|path| forget_leftover(w, path)))
    }

    /// Makes sealed files the truth, with everything that goes with them, in one transaction.
    pub(crate) fn commit(&self, sealing: &Sealing) -> Result<(), DbError> {
        self.0.write(|w| {
            let (mut number, mut link) = last_link(w)?;
            for file in &sealing.files {
                number += 1;
                link = next_link(&link, &facts_hash(number, file));
                insert_file(w, number, file, sealing, &link)?;
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
        })
    }

    /// Files that may hold times of a window, by falling last time: at most `limit`, behind `after`.
    pub(crate) fn newest_first(
        &self,
        (earliest, latest): (Timestamp, Timestamp),
        low_water: u64,
        after: Option<(Timestamp, i64)>,
        limit: i64,
    ) -> Result<Vec<FileRow>, DbError> {
        let mut sql = select("WHERE last_time >= ");
        sql.bind(&earliest).push(" AND first_time <= ").bind(&latest).push(" AND sealed_through <= ").bind(&stored(low_water));
        if let Some((time, number)) = after {
            sql.push(" AND (last_time < ")
                .bind(&time)
                .push(" OR last_time = ")
                .bind(&time)
                .push(" AND number < ")
                .bind(&number)
                .push(")");
        }
        sql.push(" ORDER BY last_time DESC, number DESC LIMIT ").bind(&limit);
        self.rows(&sql)
    }

    /// Files that may hold an event.
    pub(crate) fn with_id(&self, id: EventId, low_water: u64) -> Result<Vec<FileRow>, DbError> {
        let mut sql = select("WHERE first_id <= ");
        sql.bind(&id).push(" AND last_id >= ").bind(&id).push(" AND sealed_through <= ").bind(&stored(low_water));
        self.rows(&sql)
    }

    /// The files of the first sealing that has events after an id.
    pub(crate) fn first_after(&self, id: EventId, low_water: u64) -> Result<Vec<FileRow>, DbError> {
        let mut sql = select("WHERE sealed_through = (SELECT sealed_through FROM lake_file WHERE last_id > ");
        sql.bind(&id).push(" AND sealed_through <= ").bind(&stored(low_water));
        sql.push(" ORDER BY last_id LIMIT 1)");
        self.rows(&sql)
    }

    /// Whether a file is (still) there.
    pub(crate) fn has(&self, number: i64) -> Result<bool, DbError> {
        let found = self
            .0
            .read(|r| r.query_opt("SELECT 1 FROM lake_file WHERE number = $1", params![number], |row| row.get::<i64>(0)))?;
        Ok::<_, DbError>(found.is_some())
    }

    pub(crate) fn totals(&self) -> Result<Totals, DbError> {
        self.0.read(|r| {
            r.query_one(
                "SELECT COUNT(*), COALESCE(SUM(row_count), 0), COALESCE(SUM(byte_count), 0), MIN(first_time), MAX(last_time) FROM lake_file",
                params![],
                |row| Ok(Totals { files: count(row, 0)?, events: count(row, 1)?, bytes: count(row, 2)?, oldest: row.get(3)?, newest: row.get(4)? }),
            )
        })
    }

    /// Files of a class, or of all classes but some, whose newest event was received before a time.
    pub(crate) fn received_before(&self, before: Timestamp, classes: &Classes<'_>) -> Result<Vec<FileRow>, DbError> {
        let mut sql = select("WHERE last_received < ");
        sql.bind(&before);
        match classes {
            Classes::Only(class) => sql.push(" AND class = ").bind(class),
            Classes::AllBut(classes) => sql.push(" AND NOT class IN (").bind_all(classes.iter().copied()).push(")"),
        };
        self.rows(&sql)
    }

    /// Drops files: from now on they are not there, and their paths are to be removed.
    pub(crate) fn drop_files(&self, files: &[FileRow], at: Timestamp, reason: &str) -> Result<(), DbError> {
        self.0.write(|w| {
            for file in files {
                let link: [u8; 32] = w.query_one("SELECT link FROM lake_file WHERE number = $1", params![file.number], |row| row.get(0))?;
                w.execute(
                    "INSERT INTO lake_dropped (number, path, row_count, dropped_at, reason, facts, link) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    params![file.number, file.path, stored(file.facts.rows), at, reason, row_hash(file), link],
                )?;
                w.execute("DELETE FROM lake_file WHERE number = $1", params![file.number])?;
            }
            leave(w, files.iter().map(|file| file.path.as_str()))
        })
    }

    /// When retention last ran, replaced by now.
    pub(crate) fn retention_runs(&self, now: Timestamp) -> Result<Option<Timestamp>, DbError> {
        self.0.write(|w| {
            let before =
                w.query_opt("SELECT value FROM lake_mark WHERE name = 'retention_ran_at'", params![], |row| row.get(0))?;
            set_mark(w, "retention_ran_at", now.micros())?;
            Ok(before)
        })
    }

    /// Hands over the chain, from its first link.
    pub(crate) fn chain(&self, mut visit: impl FnMut(Link)) -> Result<(), DbError> {
        let mut files = Sql::new("SELECT ");
        files.push(COLUMNS).push(", link, NULL FROM lake_file UNION ALL SELECT number, path, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ");
        files.push("facts, link, 1 FROM lake_dropped ORDER BY number");
        self.0.read(|r| {
            r.each(&files, |row| {
                let link = row.get(14)?;
                visit(match row.get::<Option<i64>>(15)? {
                    Some(_) => Link { number: row.get(0)?, facts: row.get(13)?, link, file: None },
                    None => {
                        let file = read_file(row)?;
                        Link { number: file.number, facts: row_hash(&file), link, file: Some((file.path, file.facts.sha256)) }
                    }
                });
                Ok(ControlFlow::Continue(()))
            })
        })
    }

    fn rows(&self, sql: &Sql) -> Result<Vec<FileRow>, DbError> {
        self.0.read(|r| r.query_built(sql, read_file))
    }
}

/// Which classes a rule of retention is for.
pub(crate) enum Classes<'c> {
    Only(u32),
    AllBut(&'c [u32]),
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
        facts: FileFacts {
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

fn insert_file(w: &Writer<'_>, number: i64, file: &NewFile, sealing: &Sealing, link: &[u8; 32]) -> Result<(), DbError> {
    let FileFacts { rows, bytes, sha256, times, received, ids } = &file.facts;
    w.execute(
        "INSERT INTO lake_file (number, path, class, tenant, day, first_time, last_time, first_received, last_received,
                                first_id, last_id, row_count, byte_count, sealed_through, sealed_at, sha256, link)
         VALUES ($1, $2, $3, 'default', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        params![
            number,
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
            stored(sealing.low_water),
            sealing.at,
            sha256,
            link
        ],
    )?;
    Ok(())
}

/// The last number and link of the chain, dropped files included.
fn last_link(r: &Reader<'_>) -> Result<(i64, [u8; 32]), DbError> {
    let last = r.query_opt(
        "SELECT number, link FROM (SELECT number, link FROM lake_file UNION ALL SELECT number, link FROM lake_dropped) AS links
         ORDER BY number DESC LIMIT 1",
        params![],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(last.unwrap_or((0, [0; 32])))
}

fn facts_hash(number: i64, file: &NewFile) -> [u8; 32] {
    hash_of(number, &file.path, file.class_uid, &file.facts)
}

fn row_hash(file: &FileRow) -> [u8; 32] {
    hash_of(file.number, &file.path, file.class_uid, &file.facts)
}

/// A hash over what a row promises of its file.
fn hash_of(number: i64, path: &str, class_uid: u32, facts: &FileFacts) -> [u8; 32] {
    let mut sha256 = Sha256::new();
    sha256.update(number.to_le_bytes());
    sha256.update((path.len() as u64).to_le_bytes());
    sha256.update(path.as_bytes());
    sha256.update(class_uid.to_le_bytes());
    for time in [facts.times.0, facts.times.1, facts.received.0, facts.received.1] {
        sha256.update(time.micros().to_le_bytes());
    }
    for number in [facts.ids.0.0, facts.ids.1.0, facts.rows, facts.bytes] {
        sha256.update(number.to_le_bytes());
    }
    sha256.update(facts.sha256);
    sha256.finalize().into()
}

/// The link after `previous` for a file with these facts.
pub(crate) fn next_link(previous: &[u8; 32], facts: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update(previous).chain_update(facts).finalize().into()
}

fn leave<'p>(w: &Writer<'_>, mut paths: impl Iterator<Item = &'p str>) -> Result<(), DbError> {
    paths.try_for_each(|path| {
        w.execute("INSERT INTO lake_leftover (path) VALUES ($1) ON CONFLICT (path) DO NOTHING", params![path]).map(drop)
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

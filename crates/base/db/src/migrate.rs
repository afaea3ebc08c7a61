//! The tables of each room, brought up to date at start.
//!
//! A room lists its migrations in order and never changes one that was released. Which of them a
//! database has stands in its table `migration`. A database with more of them than the list was
//! written by a newer Vigie and is refused rather than guessed at.

use crate::{Db, DbError, Writer, params};
use vigie_kit::clock::{Clock, SystemClock};

/// One step of a room's tables. Its number is its place in the room's list, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// What it does, in a few words: `findings and their history`.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (
    room TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (room, number)
) STRICT";

pub(crate) fn migrate(db: &Db, room: &'static str, migrations: &[Migration]) -> Result<(), DbError> {
    // One transaction for all: two programs that start at once apply each step once, and a step
    // that fails leaves the tables as they were.
    db.write(|w| {
        w.execute_batch(TABLE)?;
        let applied = applied(w, room)?;
        check(room, migrations, &applied)?;
        for (migration, number) in migrations.iter().zip(1_i64..).skip(applied.len()) {
            w.execute_batch(migration.sql)?;
            // The only time that comes from no given clock: a note for people, read by nothing.
            w.execute(
                "INSERT INTO migration (room, number, name, applied_at) VALUES ($1, $2, $3, $4)",
                params![room, number, migration.name, SystemClock.now()],
            )?;
            tracing::info!(room, number, name = migration.name, "tables changed");
        }
        Ok(())
    })
}

fn applied(w: &Writer<'_>, room: &str) -> Result<Vec<(i64, String)>, DbError> {
    w.query("SELECT number, name FROM migration WHERE room = $1 ORDER BY number", params![room], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

fn check(room: &'static str, migrations: &[Migration], applied: &[(i64, String)]) -> Result<(), DbError> {
    let mut listed = migrations.iter().zip(1..);
    for (number, name) in applied {
        match listed.next() {
            None => return Err(DbError::Newer { room, number: *number, name: name.clone() }),
            Some((migration, expected)) if migration.name != name || expected != *number => {
                return Err(DbError::Rewritten { room, number: *number, applied: name.clone(), listed: migration.name });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_kit::problem::Explain;

    const FIRST: Migration = Migration { name: "a table", sql: "CREATE TABLE a (x INTEGER NOT NULL) STRICT" };
    const SECOND: Migration =
        Migration { name: "another", sql: "CREATE TABLE b (x INTEGER NOT NULL) STRICT; INSERT INTO b (x) VALUES (1)" };

    fn count(db: &Db) -> i64 {
        db.read(|r| r.query_one("SELECT count(*) FROM b", params![], |row| row.get(0))).unwrap()
    }

    #[test]
    fn each_step_is_taken_once() {
        let db = Db::in_memory().unwrap();
        db.migrate("room", &[FIRST]).unwrap();
        db.migrate("room", &[FIRST, SECOND]).unwrap();
        db.migrate("room", &[FIRST, SECOND]).unwrap();
        db.migrate("other", &[]).unwrap();
        assert_eq!(count(&db), 1);
    }

    #[test]
    fn a_newer_database_is_refused_and_left_alone() {
        let db = Db::in_memory().unwrap();
        db.migrate("room", &[FIRST, SECOND]).unwrap();
        let error = db.migrate("room", &[FIRST]).unwrap_err();
        assert!(matches!(error, DbError::Newer { number: 2, .. }));
        assert_eq!(error.explain().said.fr, "la base de données a été modifiée par un Vigie plus récent (tables de room)");
        assert_eq!(count(&db), 1);
    }

    #[test]
    fn a_rewritten_history_is_a_defect() {
        let db = Db::in_memory().unwrap();
        db.migrate("room", &[FIRST]).unwrap();
        assert!(matches!(db.migrate("room", &[SECOND]), Err(DbError::Rewritten { number: 1, .. })));
    }

    #[test]
    fn a_step_that_fails_takes_the_others_with_it() {
        let db = Db::in_memory().unwrap();
        let broken = Migration { name: "broken", sql: "CREATE TABLE c (x NONSENSE) STRICT" };
        assert!(db.migrate("room", &[FIRST, broken]).is_err());
        db.migrate("room", &[FIRST]).unwrap();
    }
}

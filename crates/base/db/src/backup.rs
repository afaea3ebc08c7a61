//! Backups: a compact copy of one consistent state, made while the database is in use.

use crate::connection::{self, Access};
use crate::{Db, DbError};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Writes `to` by SQLite's `VACUUM INTO` under another name, brings it to disk and renames it, so
/// that a backup that exists is complete.
pub(crate) fn back_up(db: &Db, to: &Path) -> Result<(), DbError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DbError::Full { source: source.into() },
        _ => DbError::failed("write the backup", source),
    };
    if to.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let part = part(to);
    remove_left_over(&part).map_err(failed)?;
    let written = copy(db, &part).and_then(|()| settle(&part, to).map_err(failed));
    if written.is_err() {
        remove_left_over(&part).map_err(failed)?;
    }
    written
}

fn copy(db: &Db, to: &Path) -> Result<(), DbError> {
    let Some(to) = to.to_str() else { return Err(DbError::failed("write the backup", "its path is not UTF-8")) };
    // Not in a transaction: VACUUM begins its own.
    let vacuum = |connection: &rusqlite::Connection| {
        let sql = "VACUUM INTO ?1";
        connection.execute(sql, [to]).map(drop).map_err(|source| DbError::of(source, sql))
    };
    match &db.0.file {
        Some(file) => vacuum(&connection::open(&file.path, Access::Read)?),
        None => vacuum(&*db.0.writer.lock()?),
    }
}

fn settle(part: &Path, to: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, to)?;
    vigie_kit::files::sync_dir(to.parent().unwrap_or(Path::new("/")))
}

fn part(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    to.with_file_name(name)
}

fn remove_left_over(part: &Path) -> io::Result<()> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Migration, params};

    #[test]
    fn a_backup_is_a_database_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("state.db")).unwrap();
        let table = Migration { name: "t", sql: "CREATE TABLE t (x INTEGER NOT NULL) STRICT" };
        db.migrate("room", &[table]).unwrap();
        db.write(|w| w.execute("INSERT INTO t (x) VALUES ($1)", params![7])).unwrap();
        let copy = dir.path().join("copy.db");
        db.back_up(&copy).unwrap();
        db.write(|w| w.execute("DELETE FROM t", params![])).unwrap();
        assert!(db.back_up(&copy).is_err(), "an existing backup is never overwritten");
        let copy = Db::open(&copy).unwrap();
        copy.migrate("room", &[table]).unwrap();
        let x: i64 = copy.read(|r| r.query_one("SELECT x FROM t", params![], |row| row.get(0))).unwrap();
        assert_eq!(x, 7);
        assert!(!dir.path().join("copy.db.part").exists());
    }
}

//! What the database promises to the rooms above.

use super::*;
use std::sync::mpsc;
use std::thread;
use vigie_kit::problem::Explain;
use vigie_model::ids::AssetId;
use vigie_model::time::Timestamp;

const TABLES: Migration = Migration {
    name: "one table",
    sql: "CREATE TABLE t (id BLOB NOT NULL PRIMARY KEY, at INTEGER NOT NULL, name TEXT, part REAL) STRICT",
};

struct Scratch {
    db: Db,
    dir: tempfile::TempDir,
}

fn on_disk() -> Scratch {
    let dir = tempfile::tempdir().unwrap();
    let db = Db::open(&dir.path().join("state.db")).unwrap();
    db.migrate("test", &[TABLES]).unwrap();
    Scratch { db, dir }
}

fn in_memory() -> Db {
    let db = Db::in_memory().unwrap();
    db.migrate("test", &[TABLES]).unwrap();
    db
}

fn insert(w: &Writer<'_>, name: &str) -> Result<usize, DbError> {
    let id = AssetId::of(&[name]);
    w.execute("INSERT INTO t (id, at, name) VALUES ($1, $2, $3)", params![id, Timestamp::EPOCH, name])
}

fn names(db: &Db) -> Vec<String> {
    db.read(|r| r.query("SELECT name FROM t ORDER BY name", params![], |row| row.get(0))).unwrap()
}

#[test]
fn parameters_go_by_their_number() {
    let db = in_memory();
    let got: (String, String, String) = db
        .read(|r| r.query_one("SELECT $2, $1, $2", params!["first", "second"], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))))
        .unwrap();
    assert_eq!(got, ("second".into(), "first".into(), "second".into()));
}

#[test]
fn values_must_fit_the_parameters() {
    let db = in_memory();
    let run = |sql: &'static str, params: &[&dyn Param]| db.read(|r| r.query(sql, params, |_| Ok(())));
    for (sql, params) in [
        ("SELECT $1", params![]),
        ("SELECT $1", params![1, 2]),
        ("SELECT $2", params![1]),
        ("SELECT ?", params![1]),
        ("SELECT $one", params![1]),
        ("SELECT $0", params![1]),
    ] {
        assert!(matches!(run(sql, params), Err(DbError::Parameters { .. })), "{sql}");
    }
}

#[test]
fn values_survive() {
    let db = in_memory();
    let id = AssetId::of(&["a"]);
    let at = Timestamp::parse("2026-11-21T08:30:00.000001Z").unwrap();
    db.write(|w| w.execute("INSERT INTO t VALUES ($1, $2, $3, $4)", params![id, at, None::<String>, 0.5])).unwrap();
    let row = db.read(|r| {
        r.query_one("SELECT * FROM t", params![], |row| {
            Ok((row.get::<AssetId>(0)?, row.get::<Timestamp>(1)?, row.get::<Option<String>>(2)?, row.get::<f64>(3)?))
        })
    });
    assert_eq!(row.unwrap(), (id, at, None, 0.5));
    let wrong = db.read(|r| r.query_one("SELECT at FROM t", params![], |row| row.get::<String>(0)));
    assert!(matches!(wrong, Err(DbError::Column { column: 0, wanted: "text" })));
    let beyond = db.read(|r| r.query_one("SELECT at FROM t", params![], |row| row.get::<String>(1)));
    assert!(matches!(beyond, Err(DbError::Column { column: 1, .. })));
}

#[test]
fn an_error_and_a_panic_leave_nothing_behind() {
    for db in [on_disk().db, in_memory()] {
        let refused: Result<(), DbError> = db.write(|w| {
            insert(w, "a")?;
            insert(w, "a").map(drop)
        });
        assert!(matches!(refused, Err(DbError::Constraint { .. })));
        let panicked = thread::scope(|scope| {
            let panics = scope.spawn(|| {
                db.write(|w| -> Result<(), DbError> {
                    insert(w, "b")?;
                    panic!("on purpose");
                })
            });
            panics.join()
        });
        assert!(panicked.is_err());
        assert_eq!(names(&db), Vec::<String>::new());
        db.write(|w| insert(w, "c")).unwrap();
        assert_eq!(names(&db), ["c"]);
    }
}

#[test]
fn a_reader_that_panics_gives_its_place_back() {
    let scratch = on_disk();
    for _ in 0..20 {
        let db = scratch.db.clone();
        let panics = thread::spawn(move || db.read(|_| -> Result<(), DbError> { panic!("on purpose") }));
        assert!(panics.join().is_err());
    }
    assert_eq!(names(&scratch.db), Vec::<String>::new());
}

#[test]
fn reading_cannot_write() {
    for db in [on_disk().db, in_memory()] {
        let insert = "INSERT INTO t (id, at) VALUES ($1, 0) RETURNING at";
        let refused = db.read(|r| r.query(insert, params![AssetId::of(&["x"])], |_| Ok(())));
        assert!(refused.is_err());
        assert_eq!(names(&db), Vec::<String>::new());
    }
}

#[test]
fn a_transaction_inside_a_write_is_refused_instead_of_waiting_for_itself() {
    for db in [on_disk().db, in_memory()] {
        let inner_write: Result<(), DbError> = db.write(|_| db.write(|w| insert(w, "a")).map(drop));
        let inner_read: Result<(), DbError> = db.write(|_| db.read(|_| Ok(())));
        assert!(matches!((inner_write, inner_read), (Err(DbError::Nested), Err(DbError::Nested))));
        db.write(|w| insert(w, "b")).unwrap();
    }
}

#[test]
fn a_reader_sees_one_state_while_others_write() {
    let Scratch { db, dir: _dir } = on_disk();
    let count = |r: &Reader<'_>| r.query_one("SELECT count(*) FROM t", params![], |row| row.get::<i64>(0));
    let (to_writer, begun) = mpsc::channel();
    let (to_reader, written) = mpsc::channel();
    thread::scope(|scope| {
        let reader = scope.spawn({
            let db = &db;
            move || {
                db.read(|r| -> Result<_, DbError> {
                    let before = count(r)?;
                    to_writer.send(()).unwrap();
                    written.recv().unwrap();
                    Ok((before, count(r)?))
                })
            }
        });
        begun.recv().unwrap();
        db.write(|w| insert(w, "a")).unwrap();
        to_reader.send(()).unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), (0, 0));
    });
    assert_eq!(names(&db), ["a"]);
}

#[test]
fn more_readers_than_connections_take_turns() {
    let Scratch { db, dir: _dir } = on_disk();
    db.write(|w| insert(w, "a")).unwrap();
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| assert_eq!(names(&db), ["a"]));
        }
    });
}

#[test]
fn the_file_is_its_owners_and_durable_as_promised() {
    use std::os::unix::fs::PermissionsExt;
    let Scratch { db, dir } = on_disk();
    db.write(|w| insert(w, "a")).unwrap();
    for name in ["state.db", "state.db-wal"] {
        assert_eq!(fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let pragma = |sql: &'static str| db.write(|w| w.query_one(sql, params![], |row| row.get::<Value>(0))).unwrap();
    assert_eq!(pragma("PRAGMA synchronous"), Value::Int(2));
    assert_eq!(pragma("PRAGMA journal_mode"), Value::Text("wal".into()));
    assert_eq!(pragma("PRAGMA foreign_keys"), Value::Int(1));
    assert!(db.size_bytes().unwrap() >= 4096);
    assert_eq!(db.check().unwrap(), Vec::<String>::new());
}

#[test]
fn sqlite_is_new_enough_to_be_sound() {
    // 3.7.0 to 3.51.2 may damage a database when two connections write and checkpoint at once.
    let version: String = in_memory().read(|r| r.query_one("SELECT sqlite_version()", params![], |row| row.get(0))).unwrap();
    let numbers: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(numbers >= vec![3, 51, 3], "{version}");
}

#[test]
fn files_that_are_not_ours_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("text.db");
    fs::write(&text, "this is no database, but it is long enough to be taken for one by its size alone".repeat(20)).unwrap();
    let error = Db::open(&text).unwrap_err();
    assert!(matches!(error, DbError::Corrupt { .. }), "{error}");
    assert_eq!(error.explain().said.de, "die Datenbank ist beschädigt oder keine Datenbank");

    let other = dir.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(Db::open(&other), Err(DbError::Foreign { .. })));

    assert!(matches!(Db::open(&dir.path().join("absent/state.db")), Err(DbError::NotOpened { .. })));
}

#[test]
fn built_statements_work_like_fixed_ones() {
    let db = in_memory();
    db.write(|w| -> Result<(), DbError> {
        for name in ["a", "b", "c"] {
            insert(w, name)?;
        }
        let mut delete = Sql::new("DELETE FROM t WHERE name IN (");
        delete.bind_all(["a", "x"]).push(")");
        assert_eq!(w.execute_built(&delete)?, 1);
        Ok(())
    })
    .unwrap();
    let mut sql = Sql::new("SELECT name FROM t WHERE at >= ");
    sql.bind(&Timestamp::EPOCH).push(" ORDER BY name LIMIT ").bind(&1);
    let found: Vec<String> = db.read(|r| r.query_built(&sql, |row| row.get(0))).unwrap();
    assert_eq!(found, ["b"]);
    let mut seen = Vec::new();
    db.read(|r| {
        r.each(&Sql::new("SELECT name FROM t ORDER BY name"), |row| {
            seen.push(row.text(0)?.to_owned());
            Ok(std::ops::ControlFlow::Break(()))
        })
    })
    .unwrap();
    assert_eq!(seen, ["b"]);
}

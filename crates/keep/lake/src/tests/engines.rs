//! Other engines read our files as they are: DuckDB and Polars, where Python has them.
//!
//! `VIGIE_PYTHON` names the interpreter, `python3` otherwise. Where it or the engines are missing, the
//! test says that it was skipped.

use super::{noon_plus, open};
use crate::testing::{batch, sign_in, unparsed};
use std::process::Command;
use vigie_model::event::ocsf::field;

const SCRIPT: &str = r#"
import sys
try:
    import duckdb, polars
except ImportError:
    sys.exit("skipped")
files = sys.argv[1] + "/class=*/tenant=*/eventDay=*/*.parquet"
table = f"read_parquet('{files}', union_by_name = true, hive_partitioning = false)"
message = "coalesce(message, substring(raw, message_at, coalesce(message_chars, length(raw))))"
rows = duckdb.sql(f'SELECT id, epoch_us(time), "user.name", {message} FROM {table} ORDER BY id').fetchall()
for row in rows:
    print(*row, sep="|")
frame = polars.scan_parquet(files, hive_partitioning=False, missing_columns="insert", extra_columns="ignore")
print(*frame.select(polars.len(), polars.col("id").sum()).collect().row(0), sep="|")
"#;

const EXPORTED: &str = r#"
import sys
try:
    import duckdb
except ImportError:
    sys.exit("skipped")
rows = duckdb.sql(f"SELECT id, epoch_us(time), class, host, \"user.name\", message, raw FROM read_parquet('{sys.argv[1]}') ORDER BY id").fetchall()
for row in rows:
    print(*row, sep="|")
"#;

#[test]
fn another_engine_reads_an_export() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let mut event = sign_in(noon_plus(1), "web-1", "eva", "10.0.0.1");
    event.set(field::MESSAGE, "wer ist da?");
    lake.append(&batch(vec![event, unparsed(noon_plus(2), "grüße".as_bytes())])).unwrap();
    let path = directory.path().join("events.parquet");
    let file = std::fs::File::create(&path).unwrap();
    let exported = lake.export_parquet(&crate::Query::all(), &crate::Window::all(), file, &crate::Cancel::new());
    assert_eq!(exported.unwrap(), 2);

    let python = std::env::var("VIGIE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let Ok(output) = Command::new(python).args(["-c", EXPORTED]).arg(path).output() else {
        eprintln!("skipped: there is no Python");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    if said.trim() == "skipped" {
        eprintln!("skipped: Python has no duckdb");
        return;
    }
    assert!(output.status.success(), "{said}");
    let (first, second) = (noon_plus(1).micros(), noon_plus(2).micros());
    let raw = "Failed password for eva from 10.0.0.1 port 50122 ssh2";
    let expected = format!("1|{first}|Authentication|web-1|eva|wer ist da?|{raw}\n2|{second}|Base Event|web-1|None|None|grüße\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn other_engines_read_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let lake = open(directory.path());
    let mut expected = String::new();
    for n in 1..=40 {
        let time = noon_plus(n);
        let mut event = if n % 2 == 0 {
            sign_in(time, "web-1", "eva", "10.0.0.1")
        } else {
            unparsed(time, "grüße: wer ist da?\n".as_bytes())
        };
        let message = ["wer ist da?", "port 50122 ssh2", "of its own"][usize::try_from(n % 3).unwrap()];
        event.set(field::MESSAGE, message);
        let user = event.text(field::USER_NAME).unwrap_or("None");
        expected.push_str(&format!("{n}|{}|{user}|{message}\n", time.micros()));
        lake.append(&batch(vec![event])).unwrap();
    }
    expected.push_str("40|820\n");
    lake.seal().unwrap();

    let python = std::env::var("VIGIE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let lake = directory.path().join("lake");
    let Ok(output) = Command::new(python).args(["-c", SCRIPT]).arg(lake).output() else {
        eprintln!("skipped: there is no Python");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    if said.trim() == "skipped" {
        eprintln!("skipped: Python has no duckdb and polars");
        return;
    }
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

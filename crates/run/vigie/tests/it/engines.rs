//! A second engine reads our files as they lie, and a reader of Delta what we publish: both count as `vigie search` does.
//!
//! DuckDB and delta-rs come from the Python that `VIGIE_PYTHON` names, `python3` otherwise. Without them the test says so.

use super::peers::skipped;
use super::{Up, json, now, run, stderr, wait_for};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Counts and groups over the files; argument: the lake's directory.
const FILES: &str = r#"
import json, sys
try:
    import duckdb, deltalake
except ImportError:
    sys.exit("skipped")
lake = sys.argv[1]
table = f"read_parquet('{lake}/class=*/tenant=*/eventDay=*/*.parquet', union_by_name = true, hive_partitioning = true)"
ask = lambda sql: [list(row) for row in duckdb.sql(sql).fetchall()]
types = {row[0]: row[1] for row in ask(f"DESCRIBE SELECT * FROM {table}")}
delta = deltalake.DeltaTable(lake)
print(json.dumps({
    "versions": f"DuckDB {duckdb.__version__}, delta-rs {deltalake.__version__}",
    "count": ask(f"SELECT count(*) FROM {table}")[0][0],
    "delta": delta.count(),
    "tenants": ask(f"SELECT tenant, count(*) FROM {table} GROUP BY ALL ORDER BY ALL"),
    "classes": ask(f"SELECT class_uid, count(*) FROM {table} GROUP BY ALL ORDER BY ALL"),
    "users": ask(f'SELECT "user.name", count(*) FROM {table} WHERE "user.name" IS NOT NULL GROUP BY ALL ORDER BY 2 DESC, 1'),
    "shops": ask(f"SELECT unmapped['shop'], count(*) FROM {table} WHERE unmapped['shop'] IS NOT NULL GROUP BY ALL ORDER BY ALL"),
    "ports": ask(f'SELECT sum("src_endpoint.port") FROM {table}')[0][0],
    "newest": ask(f"SELECT max(epoch_us(time)) FROM {table}")[0][0],
    "types": types,
}))
"#;

#[expect(clippy::print_stdout, reason = "whoever runs it wants to know what was tried")]
fn tell(versions: &str) {
    println!("read by {versions}");
}

fn lines(tenant: usize) -> Vec<String> {
    let line = |number: usize| match number % 3 {
        0 => format!(
            "<38>1 {} web-1 sshd 4242 - - Failed password for guest{} from 203.0.113.7 port {} ssh2",
            now(),
            number % 5,
            40_000 + number
        ),
        1 => format!("<14>1 {} web-1 shop 7 - - {{\"shop\":\"s{}\",\"tags\":[\"a\",\"b\"],\"n\":{number}}}", now(), number % 2),
        _ => format!("<14>1 {} web-{tenant} app 7 - - grüße aus {number}", now()),
    };
    (0..300).map(line).collect()
}

fn count(data: &Path, query: &str) -> u64 {
    json(data, &["search", query, "--from", "30d", "--count", "--format", "json"])["count"].as_u64().unwrap()
}

#[test]
fn another_engine_and_a_reader_of_delta_count_the_same() {
    let python = std::env::var("VIGIE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let data = tempfile::tempdir().unwrap();
    let (data, lake) = (data.path(), data.path().join("lake"));
    let up = Up::start(data, &[]);
    up.log(&lines(1));
    wait_for("the first tenant", || (count(data, "") >= 300).then_some(()));
    assert_eq!(up.terminate(), 0);
    let up = Up::start(data, &["--tenant", "acme"]);
    up.log(&lines(2));
    wait_for("the second tenant", || (count(data, "") >= 600).then_some(()));
    let published = run(data, &["lake", "delta"]);
    assert!(published.status.success(), "{}", stderr(&published));
    let erased = run(data, &["lake", "erase", "user:guest3", "--reason", "test", "--yes"]);
    assert!(erased.status.success(), "{}", stderr(&erased));

    let Ok(output) = Command::new(python).args(["-c", FILES]).arg(&lake).output() else {
        return skipped("there is no Python");
    };
    let said = String::from_utf8_lossy(&output.stderr);
    if said.trim() == "skipped" {
        return skipped("Python has no duckdb and deltalake");
    }
    assert!(output.status.success(), "{said}");
    let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();
    tell(theirs["versions"].as_str().unwrap());

    let all = count(data, "");
    assert_eq!((theirs["count"].as_u64(), theirs["delta"].as_u64()), (Some(all), Some(all)));
    assert_eq!(theirs["tenants"], json!([["acme", count(data, "tenant:acme")], ["default", count(data, "NOT tenant:acme")]]));
    for row in theirs["classes"].as_array().unwrap() {
        let name = if row[0] == 3002 { "authentication" } else { "base_event" };
        assert_eq!(row[1].as_u64(), Some(count(data, &format!("class:{name}"))), "{row}");
    }
    let top = json(data, &["search", "", "--from", "30d", "--top", "user.name", "--format", "json"]);
    let ours: Vec<Value> =
        top["values"].as_array().unwrap().iter().map(|value| json!([value["value"], value["count"]])).collect();
    assert_eq!(theirs["users"].as_array().unwrap().len(), 4, "one of five is erased");
    for row in theirs["users"].as_array().unwrap() {
        assert!(ours.contains(row), "{row} is not among {ours:?}");
    }
    assert_eq!(theirs["shops"], json!([["s0", count(data, "unmapped.shop:s0")], ["s1", count(data, "unmapped.shop:s1")]]));
    for (column, of) in [("time", "TIMESTAMP WITH TIME ZONE"), ("id", "BIGINT"), ("unmapped", "MAP(VARCHAR, VARCHAR)")] {
        assert_eq!(theirs["types"][column], of, "{column}");
    }
    assert_eq!(up.terminate(), 0);
}

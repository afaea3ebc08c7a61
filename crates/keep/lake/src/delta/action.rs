//! The lines of a version: what the table is, which files came and which went.

use crate::catalogue::{FileRow, hex};
use crate::files::all_columns;
use arrow_schema::DataType;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use vigie_model::time::Timestamp;

/// Columns whose values are in the paths, by which engines leave files out.
pub(super) const PARTITIONS: [(&str, &str); 3] = [("class", "integer"), ("tenant", "string"), ("eventDay", "date")];

/// The versions of the protocol that a reader and a writer must know: the first with everything we use.
pub(super) const PROTOCOL: (i32, i32) = (1, 2);

/// The columns of all classes, in the words of Delta.
pub(super) static SCHEMA: LazyLock<String> = LazyLock::new(|| {
    let field = |name: &str, kind: Value| json!({ "name": name, "type": kind, "nullable": true, "metadata": {} });
    let own = all_columns().into_iter().map(|(name, kind)| field(&name, type_of(&kind)));
    let fields: Vec<Value> = own.chain(PARTITIONS.iter().map(|(name, kind)| field(name, (*kind).into()))).collect();
    json!({ "type": "struct", "fields": fields }).to_string()
});

fn type_of(kind: &DataType) -> Value {
    match kind {
        DataType::Int32 => "integer".into(),
        DataType::Int64 => "long".into(),
        DataType::Boolean => "boolean".into(),
        DataType::Timestamp(..) => "timestamp".into(),
        DataType::Map(..) => json!({ "type": "map", "keyType": "string", "valueType": "string", "valueContainsNull": true }),
        _ => "string".into(),
    }
}

/// Tells tables apart: of a lake the same as long as its log is kept.
pub(super) fn table_id(since: Timestamp) -> String {
    let digits = hex(&Sha256::digest(format!("vigie lake {}", since.micros())));
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

pub(super) fn commit_info(at: Timestamp, operation: &str) -> Value {
    let engine = concat!("vigie ", env!("CARGO_PKG_VERSION"));
    json!({ "commitInfo": { "timestamp": millis(at), "operation": operation, "engineInfo": engine } })
}

pub(super) fn protocol() -> Value {
    json!({ "protocol": { "minReaderVersion": PROTOCOL.0, "minWriterVersion": PROTOCOL.1 } })
}

pub(super) fn metadata(since: Timestamp, schema: &str) -> Value {
    let columns: Vec<&str> = PARTITIONS.iter().map(|(name, _)| *name).collect();
    json!({ "metaData": {
        "id": table_id(since), "format": { "provider": "parquet", "options": {} }, "schemaString": schema,
        "partitionColumns": columns, "configuration": {}, "createdTime": millis(since),
    } })
}

/// A file came. Without `is_change` its events were there before, in others.
pub(super) fn add(file: &FileRow, is_change: bool) -> Value {
    let partition: serde_json::Map<String, Value> =
        partition_of(file).into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({ "add": {
        "path": encoded_path(&file.path), "partitionValues": partition, "size": file.facts.bytes,
        "modificationTime": millis(file.sealed_at), "dataChange": is_change, "stats": stats(file),
    } })
}

/// A file went.
pub(super) fn remove(path: &str, at: Timestamp, is_change: bool) -> Value {
    json!({ "remove": { "path": encoded_path(path), "deletionTimestamp": millis(at), "dataChange": is_change } })
}

pub(super) fn partition_of(file: &FileRow) -> [(&'static str, String); 3] {
    let values = [file.class_uid.to_string(), file.facts.tenant.to_string(), file.day.to_string()];
    let [class, tenant, day] = values;
    [(PARTITIONS[0].0, class), (PARTITIONS[1].0, tenant), (PARTITIONS[2].0, day)]
}

/// What an engine may leave a file out by.
pub(super) fn stats(file: &FileRow) -> String {
    let facts = &file.facts;
    let (mut low, mut high) = (json!({ "id": facts.ids.0.0 }), json!({ "id": facts.ids.1.0 }));
    // Milliseconds are all that the protocol has: the last one is rounded up.
    if let (Some(first), Some(last)) = (written(facts.times.0), written(facts.times.1.plus_micros(999))) {
        (low["time"], high["time"]) = (first.into(), last.into());
    }
    json!({ "numRecords": facts.rows, "minValues": low, "maxValues": high }).to_string()
}

/// A time of a year of four digits, to the millisecond.
fn written(time: Timestamp) -> Option<String> {
    let (seconds, millis) = (time.micros().div_euclid(1_000_000), time.micros().rem_euclid(1_000_000) / 1000);
    let text = Timestamp::from_seconds(seconds).to_string();
    let whole = text.strip_suffix('Z').filter(|text| text.len() == "2026-11-21T08:30:00".len())?;
    Some(format!("{whole}.{millis:03}Z"))
}

pub(super) const fn millis(time: Timestamp) -> i64 {
    time.micros().div_euclid(1000)
}

/// A path as a part of an address: of what is in our paths only `%` means something there.
pub(super) fn encoded_path(path: &str) -> String {
    path.replace('%', "%25")
}

/// The files that came and went, as a line that we wrote tells.
pub(super) fn told(line: &str) -> Option<(String, bool)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let path = |name: &str| Some(line.get(name)?.get("path")?.as_str()?.replace("%25", "%"));
    path("add").map(|path| (path, true)).or_else(|| path("remove").map(|path| (path, false)))
}

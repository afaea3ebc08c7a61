//! The samples: lines as the programs wrote them, and beside each the events made of them.

use crate::dialect::Dialect;
use crate::frame::{Framer, Framing};
use crate::header::journal::Decoder;
use crate::reader::Reader;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use vigie_model::event::{Event, ValueRef};
use vigie_model::time::Timestamp;
use vigie_testkit::check_golden;

/// All sample files, `samples/<format>.log`.
fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "log"));
    files.sort();
    files
}

fn dialect(file: &Path) -> Dialect {
    match file.file_stem().unwrap().to_str().unwrap() {
        "dpkg" => Dialect::Dpkg,
        "apt" => Dialect::Apt,
        "dnf" => Dialect::Dnf,
        "zypper" => Dialect::Zypper,
        "audit" | "audit-events" => Dialect::Audit,
        "postgres-csv" => Dialect::PostgresCsv,
        _ => Dialect::Syslog,
    }
}

/// Lines that begin with `# ` are remarks.
fn records(text: &str, framing: Framing) -> Vec<Vec<u8>> {
    let lines: String = text.lines().filter(|line| !line.starts_with("# ")).flat_map(|line| [line, "\n"]).collect();
    let mut framer = Framer::new(framing, false);
    framer.push(lines.as_bytes());
    let mut records = Vec::new();
    let mut take = |bytes: &[u8]| match framing {
        Framing::Audit => super::audit::events(bytes, &mut |event| records.push(event.to_vec())),
        _ => records.push(bytes.to_vec()),
    };
    while let Some(piece) = framer.next_piece() {
        take(piece.bytes);
    }
    if let Some(piece) = framer.finish().filter(|_| matches!(framing, Framing::Audit | Framing::Traces)) {
        take(piece.bytes);
    }
    records
}

fn reader(dialect: Dialect) -> Reader {
    Reader::new("sample".into(), dialect, TimeZone::UTC, "here".into())
}

fn read(reader: &mut Reader, record: &[u8]) -> Event {
    let piece = crate::frame::Piece { bytes: record, continues: false, cut: false };
    reader.record(piece, Timestamp::parse("2026-11-22T00:00:00Z").unwrap())
}

/// An event by what its parser found. The message and the record stand in the sample.
pub(crate) fn shown(event: &Event) -> Json {
    let mut fields = serde_json::Map::new();
    for (field, value) in event.fields.iter().filter(|(field, _)| field.path() != "message") {
        let value = match value {
            ValueRef::Text(text) => json!(text),
            ValueRef::Integer(number) => json!(number),
            ValueRef::Boolean(truth) => json!(truth),
            ValueRef::Texts(texts) => json!(texts),
        };
        fields.insert(field.path().into(), value);
    }
    json!({
        "format": &*event.origin.format,
        "class": event.class.name(),
        "activity": event.class.activity_caption(event.activity),
        "time": event.time.to_string(),
        "host": &*event.origin.host,
        "severity": event.severity.number(),
        "fields": fields,
        "unmapped": event.unmapped.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
    })
}

#[test]
fn samples_become_the_events_beside_them() {
    for file in samples() {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let dialect = dialect(&file);
        let mut reader = reader(dialect);
        let mut lines = String::new();
        for record in records(&fs::read_to_string(&file).unwrap(), dialect.framing()) {
            let event = read(&mut reader, &record);
            assert_eq!(event.unknown_fields(), Vec::<&str>::new(), "{name}: {}", String::from_utf8_lossy(&record));
            assert_eq!(event.raw, record);
            lines.push_str(&shown(&event).to_string());
            lines.push('\n');
        }
        check_golden(&format!("samples/{name}.jsonl"), &lines);
    }
}

#[test]
fn entries_of_the_journal_become_the_events_beside_them() {
    let stream = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/journal.export")).unwrap();
    let mut decoder = Decoder::default();
    decoder.push(&stream);
    let mut reader = reader(Dialect::Syslog);
    let (mut lines, mut raw) = (String::new(), Vec::new());
    while let Some(entry) = decoder.next_entry() {
        let event = reader.entry(entry, Timestamp::parse("2026-11-22T00:00:00Z").unwrap());
        assert_eq!(event.unknown_fields(), Vec::<&str>::new());
        raw.extend_from_slice(&event.raw);
        raw.push(b'\n');
        lines.push_str(&shown(&event).to_string());
        lines.push('\n');
    }
    assert!(raw == stream, "an entry is kept byte for byte");
    check_golden("samples/journal.jsonl", &lines);
}

#[test]
fn every_format_has_a_sample_and_no_other_is_made() {
    let mut seen = BTreeSet::new();
    for file in samples() {
        let dialect = dialect(&file);
        let mut reader = reader(dialect);
        for record in records(&fs::read_to_string(&file).unwrap(), dialect.framing()) {
            seen.insert(read(&mut reader, &record).origin.format.to_string());
        }
    }
    seen.remove("");
    let known: BTreeSet<String> = super::FORMATS.iter().map(|format| (*format).to_owned()).collect();
    assert_eq!(seen, known);
    assert!(super::FORMATS.is_sorted());
}

/// Every record of every sample, with its dialect.
fn all_records() -> Vec<(Dialect, Vec<u8>)> {
    let of = |file: PathBuf| {
        let dialect = dialect(&file);
        let text = fs::read_to_string(&file).unwrap();
        records(&text, dialect.framing()).into_iter().map(move |record| (dialect, record)).collect::<Vec<_>>()
    };
    samples().into_iter().flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Lines cut anywhere, with bytes put in anywhere: read without panic, kept as they are, and
    /// with no field that their class does not have.
    #[test]
    fn broken_lines_are_read_as_well(
        which in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        put_in in prop::collection::vec(prop_oneof![any::<u8>(), Just(b' '), Just(b':'), Just(b'='), Just(b'['), Just(b'"'), Just(b'(')], 0..4),
    ) {
        let records = all_records_once();
        let (dialect, record) = which.get(records);
        let mut record = record.clone();
        record.truncate(cut.index(record.len() + 1).max(record.len() / 3));
        let at = at.index(record.len() + 1);
        record.splice(at..at, put_in);
        let event = read(&mut reader(*dialect), &record);
        prop_assert_eq!(event.unknown_fields(), Vec::<&str>::new());
        prop_assert_eq!(event.raw, record);
    }
}

fn all_records_once() -> &'static [(Dialect, Vec<u8>)] {
    static RECORDS: std::sync::OnceLock<Vec<(Dialect, Vec<u8>)>> = std::sync::OnceLock::new();
    RECORDS.get_or_init(all_records)
}

//! Lines that other projects test their own parsers with, read as a user would send them.
//!
//! The lines are no part of this repository: the tests read them below the folder that `VIGIE_DATA`
//! names, and say that they are skipped where there is none. What each line should become is ours,
//! in [`table`]: a right line has a format and a class of its row, and the fields that matter to the
//! class. `VIGIE_CONFORMANCE=product` prints every line of one product that is not right.

mod matter;
mod table;

use crate::dialect::Dialect;
use crate::frame::Piece;
use crate::reader::Reader;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use table::{EXPECTED, Expected};
use vigie_model::event::{Class, Event, EventSeverity};
use vigie_model::time::Timestamp;

/// Percent of all lines that must be right.
const RIGHT_MIN: usize = 95;

/// Formats that name values and say nothing of what happened.
const GENERIC: [&str; 3] = ["", "json", "key-value"];

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Right,
    /// Read, but a field that matters to the class is not there.
    Fields,
    /// Read as something else.
    Class,
    NotUnderstood,
}

#[derive(Default)]
struct Count {
    lines: usize,
    right: usize,
    fields: usize,
    class: usize,
    others: usize,
}

/// The folder of public lines, unless there is none.
fn data(below: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("VIGIE_DATA").map(|data| PathBuf::from(data).join(below)).filter(|folder| folder.exists());
    if folder.is_none() {
        println!("skipped: VIGIE_DATA names no folder with `{below}` in it");
    }
    folder
}

fn received() -> Timestamp {
    Timestamp::parse("2026-11-22T00:00:00Z").unwrap()
}

fn read(reader: &mut Reader, line: &str) -> Event {
    let event = reader.record(Piece { bytes: line.as_bytes(), continues: false, cut: false }, received());
    assert_eq!(event.raw, line.as_bytes());
    assert_eq!(event.unknown_fields(), Vec::<&str>::new(), "{line}");
    event
}

fn reader() -> Reader {
    Reader::new("conformance".into(), Dialect::Syslog, TimeZone::UTC, "here".into())
}

fn judge(event: &Event, expected: &Expected) -> Verdict {
    let format = &*event.origin.format;
    let known = if expected.formats.is_empty() { !GENERIC.contains(&format) } else { expected.formats.contains(&format) };
    if !known {
        return if GENERIC.contains(&format) { Verdict::NotUnderstood } else { Verdict::Class };
    }
    // What went well is no error.
    let is_no_error = event.class == Class::ApplicationError && event.severity == EventSeverity::Informational;
    if is_no_error || !expected.classes.contains(&event.class) {
        return Verdict::Class;
    }
    let is_set = |path: &&str| event.fields.iter().any(|(field, _)| field.path() == *path);
    let is_whole = matter::fields(event.class).iter().all(|any| any.iter().any(is_set));
    if is_whole { Verdict::Right } else { Verdict::Fields }
}

/// Decoders that only test the engine of their project.
fn is_foreign(decoder: &str) -> bool {
    ["test_", "ow_test", "osregex"].iter().any(|start| decoder.starts_with(start))
}

#[test]
fn lines_of_products_become_what_they_are() {
    let Some(file) = data("events/wazuh-ruleset-tests/tests.jsonl") else { return };
    let shown = std::env::var("VIGIE_CONFORMANCE").unwrap_or_default();
    let mut reader = reader();
    let mut products: BTreeMap<String, Count> = BTreeMap::new();
    let mut left_out = 0;
    let mut without_row = BTreeSet::new();
    for test in std::fs::read_to_string(file).unwrap().lines() {
        let test: Json = serde_json::from_str(test).unwrap();
        let of = |name: &str| test[name].as_str().unwrap_or_default();
        let (product, decoder) = (of("product"), of("decoder"));
        if is_foreign(decoder) {
            left_out += 1;
            continue;
        }
        let Some(expected) = table::expected(product, decoder) else {
            without_row.insert(format!("{product}/{decoder}"));
            continue;
        };
        let event = read(&mut reader, of("log"));
        let verdict = judge(&event, expected);
        let count = products.entry(product.to_owned()).or_default();
        count.lines += 1;
        match verdict {
            Verdict::Right => count.right += 1,
            Verdict::Fields => count.fields += 1,
            Verdict::Class => count.class += 1,
            Verdict::NotUnderstood => count.others += 1,
        }
        if verdict != Verdict::Right && (shown == product || shown == "all") {
            let line: String = of("log").chars().take(300).collect();
            println!("{verdict:?} {product}/{decoder} format={} class={}: {line}", event.origin.format, event.class.name());
        }
    }
    assert_eq!(without_row, BTreeSet::new(), "no row in the table");
    let (lines, right) = print(&products);
    println!("left out, lines that test the engine they come from: {left_out}");
    assert!(right * 100 >= lines * RIGHT_MIN, "{right} of {lines}");
}

/// Prints the table of `docs/conformance.md`; gives all lines and those that are right.
fn print(products: &BTreeMap<String, Count>) -> (usize, usize) {
    println!(
        "| product | lines | right | a field is missing | read as something else | not understood |\n|---|---|---|---|---|---|"
    );
    let mut all = Count::default();
    for (product, count) in products {
        let Count { lines, right, fields, class, others } = count;
        println!("| {product} | {lines} | {right} | {fields} | {class} | {others} |");
        all.lines += lines;
        all.right += right;
        all.fields += fields;
        all.class += class;
        all.others += others;
    }
    let Count { lines, right, fields, class, others } = all;
    println!("| **together** | **{lines}** | **{right}** | **{fields}** | **{class}** | **{others}** |");
    (lines, right)
}

#[test]
fn the_table_is_in_order_and_without_doubles() {
    assert!(EXPECTED.windows(2).all(|pair| pair[0].of < pair[1].of));
}

/// Logs of whole systems: nothing is lost, and nearly every line says when it was written.
#[test]
fn logs_of_whole_systems_are_kept() {
    let Some(folder) = data("events/loghub-2k") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|entry| std::fs::read_dir(entry.unwrap().path()).into_iter().flatten())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "log"));
    files.sort();
    println!("| system | lines | kept | with time | worse than informational | understood |\n|---|---|---|---|---|---|");
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        let (mut lines, mut times, mut severities, mut understood) = (0, 0, 0, 0);
        let mut reader = reader();
        for line in text.lines() {
            // `read` holds that the line is kept.
            let event = read(&mut reader, line);
            lines += 1;
            times += usize::from(event.time != received());
            severities += usize::from(event.severity > EventSeverity::Informational);
            understood += usize::from(event.is_parsed());
        }
        let name = file.file_stem().unwrap().to_string_lossy();
        println!("| {name} | {lines} | {lines} | {times} | {severities} | {understood} |");
    }
}

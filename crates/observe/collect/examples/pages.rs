//! Which pages a folder has wrong, and what the records of a file become by them.
//!
//! `cargo run -p vigie-collect --example pages -- content/parsers/json < records.json`

use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;
use vigie_collect::dialect::Dialect;
use vigie_collect::frame::Piece;
use vigie_collect::mapping::{Mappings, split};
use vigie_collect::reader::Reader;
use vigie_model::time::Timestamp;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "content/parsers/json".into());
    let is_long = std::env::args().nth(2).is_some();
    let mut own = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            own.push((path.display().to_string(), std::fs::read_to_string(path)?));
        }
    }
    let (mappings, wrong) = Mappings::with(&own);
    let mut out = std::io::stdout().lock();
    for error in wrong {
        writeln!(out, "{error}")?;
    }
    let mappings = Arc::new(mappings);
    let mut reader = Reader::new("stdin".into(), Dialect::Syslog, TimeZone::UTC, "".into()).with_pages(mappings.clone());
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let received = Timestamp::from_seconds(1_795_305_600);
    split(&text, &mappings, &mut |record| {
        let event = reader.record(Piece { bytes: record.as_bytes(), continues: false, cut: false }, received);
        let activity = event.class.activity_caption(event.activity).unwrap_or("?");
        let what = format!("{} {} {activity}", event.origin.format, event.class.name());
        *counts.entry(what.clone()).or_default() += 1;
        if is_long {
            // A broken pipe ends the talk, nothing else.
            drop(writeln!(out, "{what} {} host={} {:?}", event.time, event.origin.host, event.severity));
            for (field, value) in event.fields.iter() {
                drop(writeln!(out, "    {} = {value:?}", field.path()));
            }
            for (name, value) in event.unmapped.iter() {
                drop(writeln!(out, "      {name}: {value}"));
            }
        }
    });
    for (what, count) in counts {
        writeln!(out, "{count:6} {what}")?;
    }
    Ok(())
}

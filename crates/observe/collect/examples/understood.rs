//! How much of a log is understood: `cargo run -p vigie-collect --example understood < auth.log`.
//!
//! For whoever adds a format. Prints how many lines each program wrote and how many of them became
//! more than a base event, then the first lines of each program that did not.

use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use vigie_collect::dialect::Dialect;
use vigie_collect::frame::Piece;
use vigie_collect::reader::Reader;
use vigie_model::event::ocsf::field;
use vigie_model::time::Timestamp;

/// How many lines of a program are shown.
const SHOWN_MAX: usize = 5;

#[derive(Default)]
struct Program {
    lines: usize,
    understood: usize,
    others: Vec<String>,
}

fn main() -> io::Result<()> {
    let now = jiff::Timestamp::now().as_microsecond();
    let mut reader = Reader::new("stdin".into(), Dialect::Syslog, TimeZone::system(), "".into());
    let mut programs: BTreeMap<String, Program> = BTreeMap::new();
    for line in io::stdin().lock().split(b'\n') {
        let line = line?;
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let event = reader.record(Piece { bytes: line, continues: false, cut: false }, Timestamp::from_micros(now));
        let name = event.text(field::ACTOR_PROCESS_NAME).unwrap_or("(kernel or none)");
        let program = programs.entry(name.to_owned()).or_default();
        program.lines += 1;
        if event.is_parsed() {
            program.understood += 1;
        } else if program.others.len() < SHOWN_MAX {
            program.others.push(String::from_utf8_lossy(line).into_owned());
        }
    }
    let mut out = io::stdout().lock();
    for (name, program) in programs {
        writeln!(out, "{name}: {} of {}", program.understood, program.lines)?;
        for line in program.others {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}

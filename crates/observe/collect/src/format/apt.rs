//! `/var/log/apt/history.log`: who asked the package manager for what.
//!
//! A record is a paragraph: `Start-Date`, `Commandline`, `Requested-By: eva (1000)`, lists of
//! packages, perhaps `Error`, `End-Date`. It is the run of a command, so Process Activity (1007);
//! what happened to each package is in dpkg's own log.

use crate::header::{Civil, Line, LocalTime};
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::process_activity;
use vigie_model::event::ocsf::field;

/// Reads a record.
pub(crate) fn read<'a>(text: &'a str, local: &mut LocalTime) -> (Line<'a>, Option<Meaning>) {
    let start = text.lines().find_map(|line| line.strip_prefix("Start-Date: "));
    // The date and the time are two blanks apart.
    let time = start.and_then(|start| Civil::read_iso(&start.replacen("  ", " ", 1)).and_then(|(civil, _)| local.at(civil)));
    let line = Line { time, program: "apt", message: text, ..Line::default() };
    (line, start.and_then(|_| parse(text)))
}

fn parse(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new("apt", Class::ProcessActivity, process_activity::LAUNCH);
    meaning.succeeded();
    for (key, value) in text.lines().filter_map(|line| line.split_once(": ")) {
        match key {
            "Start-Date" => {}
            "Commandline" => {
                let program = value.split(' ').next().unwrap_or_default();
                let name = program.rsplit('/').next().unwrap_or(program);
                meaning.set_text(field::PROCESS_CMD_LINE, value).set_text(field::PROCESS_NAME, name);
            }
            "Requested-By" => {
                let (user, uid) = value.trim_end_matches(')').split_once(" (").unwrap_or((value, ""));
                meaning.set_text(field::ACTOR_USER_NAME, user).set_text(field::ACTOR_USER_UID, uid);
            }
            "Error" => {
                meaning.failed(value);
            }
            _ => {
                meaning.keep_text(key, value);
            }
        }
    }
    if meaning.fields.text(field::PROCESS_NAME).is_none() {
        meaning.set(field::PROCESS_NAME, "apt");
    }
    Some(meaning)
}

//! The records of one audit event, put together.
//!
//! What was called is the frame (`SYSCALL`), the others fill it: arguments (`EXECVE`), the folder (`CWD`), files (`PATH`),
//! the other end (`SOCKADDR`), the command line (`PROCTITLE`). A start of a program is Process Activity, a call on a file
//! File Activity, a connection Network Activity. Where the event has a record that says why it was written (`AVC`,
//! `ANOM_…`), that one decides. The kinds of all records are the values `type`, and what rules ask for keeps its own name
//! (`a0`, `name`, `key`), several times where several records have it.

use super::syscall::{self, About};
use super::{ARGUMENTS_MAX, Record, actor, each, mapped, process_pair, time_of, understand as one, with_header};
use crate::frame::audit::mark;
use crate::meaning::Meaning;
use std::borrow::Cow;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{network_activity, process_activity};
use vigie_model::event::ocsf::field;

/// Most records of an event that are looked at; the rest is kept in the record.
const RECORDS_MAX: usize = 128;

/// Most parts of one argument.
const PARTS_MAX: usize = 1_024;

/// Values of `PATH` that are kept; the others say where on a disk.
const OF_PATH: [&str; 7] = ["name", "nametype", "mode", "ouid", "ogid", "obj", "objtype"];

/// Gives the lines of each event in a stretch of auditd's file, in the order of their first lines.
pub(crate) fn events(stretch: &[u8], each: &mut dyn FnMut(&[u8])) {
    let mut groups: Vec<(Option<&str>, Cow<'_, [u8]>)> = Vec::new();
    for line in stretch.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let start = line.get(..line.len().min(512)).unwrap_or_default();
        let text = match str::from_utf8(start) {
            Ok(text) => text,
            Err(error) => str::from_utf8(start.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default(),
        };
        let event = mark(text).map(|mark| mark.event);
        match groups.iter_mut().rev().find(|(known, _)| event.is_some() && *known == event) {
            Some((_, lines)) => {
                let lines = lines.to_mut();
                lines.push(b'\n');
                lines.extend_from_slice(line);
            }
            None => groups.push((event, Cow::Borrowed(line))),
        }
    }
    for (_, lines) in groups {
        each(&lines);
    }
}

/// What the records of one event mean together.
pub(super) fn understand(text: &str) -> Option<Meaning> {
    let records: Vec<Record<'_>> = text.lines().take(RECORDS_MAX).filter_map(|line| with_header(without_node(line))).collect();
    let call = records.iter().position(|record| record.kind == "SYSCALL");
    let lead = records.iter().position(|record| tells_why(record.kind)).or(call).unwrap_or(0);
    let mut meaning = match call {
        Some(call) if call == lead => called(records.get(call)?, &records),
        _ => one(records.get(lead)?),
    };
    for (at, record) in records.iter().enumerate() {
        if at != lead {
            add(&mut meaning, record);
        }
    }
    finish(&mut meaning, &records);
    let lead = records.get(lead)?;
    meaning.time = time_of(lead.event);
    meaning.set_text(field::METADATA_EVENT_CODE, lead.kind).set_text(field::METADATA_CORRELATION_UID, lead.event);
    let mut kinds: Vec<&str> = records.iter().map(|record| record.kind).collect();
    kinds.dedup();
    for kind in kinds {
        meaning.keep("type", kind);
    }
    Some(meaning)
}

fn without_node(line: &str) -> &str {
    line.strip_prefix("node=").and_then(|rest| rest.split_once(' ')).map_or(line, |(_, rest)| rest)
}

/// Whether a record says why the event was written, beyond a rule on the call.
fn tells_why(kind: &str) -> bool {
    matches!(kind, "AVC" | "USER_AVC" | "SELINUX_ERR" | "SECCOMP" | "LOGIN" | "CONFIG_CHANGE") || kind.starts_with("ANOM_")
}

/// The call itself.
fn called(call: &Record<'_>, records: &[Record<'_>]) -> Meaning {
    let (mut arch, mut number, mut name) = ("", Cow::Borrowed(""), None);
    each(call, |key, value| match (key, value) {
        ("arch", Cow::Borrowed(value)) => arch = value,
        ("syscall", value) => number = value,
        ("SYSCALL", value) => name = Some(value.into_owned()),
        _ => {}
    });
    let is_told = name.is_some();
    let name = name.or_else(|| syscall::name(arch, &number).map(str::to_owned)).unwrap_or_default();
    let has = |kind: &str| records.iter().any(|record| record.kind == kind);
    let mut meaning = match syscall::about(&name) {
        About::File(activity) if has("PATH") => mapped(call, Class::FileActivity, activity, acting),
        About::Peer if has("SOCKADDR") => mapped(call, Class::NetworkActivity, network_activity::OPEN, acting),
        About::Launch => mapped(call, Class::ProcessActivity, process_activity::LAUNCH, process_pair),
        _ if has("EXECVE") => mapped(call, Class::ProcessActivity, process_activity::LAUNCH, process_pair),
        _ => mapped(call, Class::ProcessActivity, process_activity::OTHER, process_pair),
    };
    if !is_told {
        meaning.keep_text("SYSCALL", &name);
    }
    meaning
}

/// A process that does something to something else.
fn acting(meaning: &mut Meaning, key: &str, value: &str) -> bool {
    match key {
        "UID" => drop(meaning.set_text(field::ACTOR_USER_NAME, value)),
        _ => return actor(meaning, key, value),
    }
    true
}

/// Adds what another record of the event says.
fn add(meaning: &mut Meaning, record: &Record<'_>) {
    match record.kind {
        "EXECVE" => add_arguments(meaning, record),
        "PATH" => each(record, |key, value| {
            if OF_PATH.contains(&key) {
                meaning.keep_text(key, &value);
            }
        }),
        "CWD" => each(record, |key, value| {
            if key == "cwd" {
                match meaning.class {
                    Class::ProcessActivity => drop(meaning.set_text(field::PROCESS_WORKING_DIRECTORY, &value)),
                    _ => drop(meaning.keep_text(key, &value)),
                }
            }
        }),
        "PROCTITLE" => each(record, |key, value| {
            let target = match meaning.class {
                Class::ProcessActivity => field::PROCESS_CMD_LINE,
                _ => field::ACTOR_PROCESS_CMD_LINE,
            };
            // The title is cut at 128 bytes; arguments are whole.
            if key == "proctitle" && meaning.fields.text(target).is_none() {
                meaning.set_text(target, &value);
            }
        }),
        "SOCKADDR" => each(record, |key, value| match key {
            "saddr" if meaning.class == Class::NetworkActivity && syscall::set_peer(meaning, &value) => {}
            _ => {
                meaning.keep_text(key, &value);
            }
        }),
        "EOE" => {}
        "SYSCALL" => {
            let own = if meaning.class == Class::ProcessActivity { process_pair } else { acting };
            let call = mapped(record, meaning.class, meaning.activity, own);
            for (field, value) in call.fields.iter() {
                if meaning.fields.get(field).is_none() {
                    meaning.fields.set_value(field, value.to_value());
                }
            }
            meaning.unmapped.extend(call.unmapped.iter());
        }
        _ => each(record, |key, value| {
            meaning.keep_text(key, &value);
        }),
    }
}

/// `argc=3 a0="ls" a1_len=9000 a1[0]=2F74… a1[1]=…`: the command, and each argument by its name.
fn add_arguments(meaning: &mut Meaning, record: &Record<'_>) {
    let mut arguments: Vec<(&str, String)> = Vec::new();
    let mut parts = 0;
    each(record, |key, value| {
        let (name, is_part) = match key.split_once('[') {
            Some((name, _)) => (name, true),
            None => (key, false),
        };
        if !is_argument(name) {
            return;
        }
        if let Some((_, whole)) = arguments.last_mut().filter(|(last, _)| is_part && *last == name) {
            parts += 1;
            if parts <= PARTS_MAX {
                whole.push_str(&value);
            }
        } else if arguments.len() < ARGUMENTS_MAX {
            arguments.push((name, value.into_owned()));
        }
    });
    let command: Vec<&str> = arguments.iter().map(|(_, value)| value.as_str()).collect();
    let command = command.join(" ");
    // One event may be told in several such records.
    let whole = match meaning.fields.text(field::PROCESS_CMD_LINE) {
        Some(before) => format!("{before} {command}"),
        None => command,
    };
    match meaning.class {
        Class::ProcessActivity => drop(meaning.set_text(field::PROCESS_CMD_LINE, &whole)),
        _ => drop(meaning.set_text(field::ACTOR_PROCESS_CMD_LINE, &whole)),
    }
    for (name, value) in &arguments {
        meaning.keep_text(name, value);
    }
}

fn is_argument(name: &str) -> bool {
    name.strip_prefix('a').is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The file that a call was about: the first that is no folder on the way there.
fn finish(meaning: &mut Meaning, records: &[Record<'_>]) {
    if meaning.class != Class::FileActivity || meaning.fields.text(field::FILE_PATH).is_some() {
        return;
    }
    let mut folder = String::new();
    let mut file = None;
    for record in records {
        let (mut name, mut kind) = (Cow::Borrowed(""), Cow::Borrowed(""));
        each(record, |key, value| match (record.kind, key) {
            ("CWD", "cwd") => folder = value.into_owned(),
            ("PATH", "name") => name = value,
            ("PATH", "nametype") => kind = value,
            _ => {}
        });
        if file.is_none() && record.kind == "PATH" && kind != "PARENT" && !matches!(&*name, "" | "(null)") {
            file = Some(name.into_owned());
        }
    }
    let Some(file) = file else { return };
    let path = match file.starts_with('/') || folder.is_empty() {
        true => file,
        false => format!("{}/{}", folder.trim_end_matches('/'), file.trim_start_matches("./")),
    };
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    meaning.set_text(field::FILE_PATH, &path).set_text(field::FILE_NAME, &name);
}

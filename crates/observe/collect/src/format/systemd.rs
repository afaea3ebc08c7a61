//! systemd: units that start, stop and fail.
//!
//! Application Lifecycle (6002) with the unit as application. In the journal the unit is a field;
//! in files it is read out of the message, where versions before 249 write only its description.

use crate::header::Line;
use crate::meaning::Meaning;
use crate::seek::Seek;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{application_lifecycle as activity, base_event};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "systemd";

/// Endings by which a word is known to be a unit.
const UNIT_KINDS: [&str; 11] =
    [".service", ".socket", ".timer", ".target", ".mount", ".automount", ".scope", ".slice", ".path", ".swap", ".device"];

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end();
    let given = line.more("UNIT").or_else(|| line.more("USER_UNIT"));
    let mut meaning = about(text).or_else(|| sentence(text))?;
    if let Some(unit) = given
        && meaning.class == Class::ApplicationLifecycle
    {
        meaning.set(field::APP_NAME, unit);
    }
    Some(meaning)
}

/// `ssh.service: Failed with result 'exit-code'.`
fn about(text: &str) -> Option<Meaning> {
    let (unit, what) = text.cut(": ")?;
    if !is_unit(unit) {
        return None;
    }
    let number = match what {
        _ if what.starts_with("Failed with result") || what.starts_with("Unit entered failed state") => activity::STOP,
        _ if what.starts_with("Main process exited")
            || what.starts_with("Deactivated successfully")
            || what.starts_with("Succeeded.") =>
        {
            activity::STOP
        }
        _ if what.starts_with("Scheduled restart job") => activity::RESTART,
        _ => activity::OTHER,
    };
    let mut meaning = Meaning::new(FORMAT, Class::ApplicationLifecycle, number);
    meaning.set(field::APP_NAME, unit);
    let is_bad_exit = what.starts_with("Main process exited") && !what.has("status=0/SUCCESS");
    let detail = what.trim_end_matches('.');
    if is_bad_exit || what.to_ascii_lowercase().has("fail") || what.has("timed out") {
        meaning.failed(detail);
    } else {
        meaning.set_text(field::STATUS_DETAIL, detail);
    }
    Some(meaning)
}

/// `Started ssh.service - OpenBSD Secure Shell server.`
fn sentence(text: &str) -> Option<Meaning> {
    let (verb, rest) = text.cut(" ")?;
    if text == "Time has been changed" {
        // No class of OCSF is about clocks; but who changes one hides something, or mends it.
        let mut meaning = Meaning::new(FORMAT, Class::BaseEvent, base_event::OTHER);
        meaning.set(field::STATUS_DETAIL, "time has been changed");
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Failed to start ") {
        let mut meaning = unit(activity::START, rest);
        meaning.failed("failed to start");
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("Failed to ")
        && let Some(name) = rest.split([' ', ':']).find(|word| is_unit(word))
    {
        let mut meaning = unit(activity::OTHER, name);
        meaning.failed(rest.trim_end_matches('.'));
        return Some(meaning);
    }
    let number = match verb {
        "Started" | "Mounted" | "Listening" => activity::START,
        "Stopped" | "Unmounted" | "Closed" | "Finished" => activity::STOP,
        "Reloaded" => activity::RESTART,
        "Starting" | "Stopping" | "Reloading" | "Reached" | "Created" | "Removed" | "Mounting" | "Unmounting" | "Activated"
        | "Deactivated" => activity::OTHER,
        _ => return None,
    };
    let rest = ["on ", "target ", "slice "].iter().find_map(|joint| rest.strip_prefix(joint)).unwrap_or(rest);
    let mut meaning = unit(number, rest);
    meaning.succeeded().keep("action", verb);
    Some(meaning)
}

/// `ssh.service - OpenBSD Secure Shell server.`, or the description alone.
fn unit(number: u8, text: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::ApplicationLifecycle, number);
    let text = text.trim_end_matches('.');
    match text.cut(" - ") {
        Some((unit, description)) if is_unit(unit) => meaning.set(field::APP_NAME, unit).keep("description", description),
        _ => meaning.set_text(field::APP_NAME, text),
    };
    meaning
}

fn is_unit(word: &str) -> bool {
    !word.contains(' ') && UNIT_KINDS.iter().any(|kind| word.ends_with(kind))
}

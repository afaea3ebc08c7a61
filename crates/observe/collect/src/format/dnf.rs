//! `/var/log/dnf.rpm.log` of RHEL and Fedora, and yum's lines in older syslogs.
//!
//! `2026-11-21T08:30:00+0100 SUBDEBUG Installed: nmap-3:7.92-1.el9.x86_64`.

use crate::header::{Civil, Line, LocalTime};
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::application_lifecycle as activity;
use vigie_model::event::ocsf::field;

/// Reads a line of the file.
pub(crate) fn read<'a>(text: &'a str, local: &mut LocalTime) -> (Line<'a>, Option<Meaning>) {
    let plain = || (Line { message: text, ..Line::default() }, None);
    let Some((civil, rest)) = Civil::read_iso(text) else { return plain() };
    let mut words = rest.splitn(3, ' ');
    let (Some(offset), Some(_level), Some(message)) = (words.next(), words.next(), words.next()) else { return plain() };
    let time = match offset_seconds(offset) {
        Some(seconds) => civil.at_offset(seconds),
        None => local.at(civil),
    };
    (Line { time, program: "dnf", message, ..Line::default() }, parse("dnf", message))
}

/// Reads a line of yum in a syslog.
pub(super) fn parse_yum(line: &Line<'_>) -> Option<Meaning> {
    parse("yum", line.message)
}

fn parse(format: &'static str, text: &str) -> Option<Meaning> {
    let (action, package) = text.split_once(": ")?;
    let number = match action {
        "Installed" => activity::INSTALL,
        "Updated" | "Upgrade" | "Downgrade" | "Reinstall" => activity::UPDATE,
        "Erased" | "Erase" | "Removed" => activity::REMOVE,
        // The version that went.
        "Upgraded" | "Downgraded" | "Reinstalled" | "Obsoleted" | "Cleanup" => activity::OTHER,
        _ => return None,
    };
    let mut meaning = Meaning::new(format, Class::ApplicationLifecycle, number);
    let (name, version) = name_and_version(package.trim());
    meaning.set_text(field::APP_NAME, name).set_text(field::APP_VERSION, version).keep("action", action);
    Some(meaning)
}

/// `nmap-3:7.92-1.el9.x86_64`: the version begins after the last but one hyphen. yum before RHEL 7
/// wrote the epoch first: `3:nmap-7.92-1.el6.x86_64`; and `erase` only the name.
fn name_and_version(package: &str) -> (&str, &str) {
    let hyphens = package.rmatch_indices('-').map(|(at, _)| at).nth(1);
    match hyphens.and_then(|at| package.split_at_checked(at)) {
        Some((name, version)) => (name.split_once(':').map_or(name, |(_, name)| name), version.trim_start_matches('-')),
        None => (package, ""),
    }
}

fn offset_seconds(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        b'Z' => return Some(0),
        _ => return None,
    };
    let (hours, minutes) = (crate::header::number(text.get(1..3)?)?, crate::header::number(text.get(3..5)?)?);
    Some(sign * (hours * 3600 + minutes * 60))
}

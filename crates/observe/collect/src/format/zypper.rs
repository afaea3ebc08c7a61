//! `/var/log/zypp/history` of SUSE.
//!
//! `2026-11-21 08:30:00|install|nmap|7.94-1|x86_64|root@web-1|repo-oss|…`; lines that begin with `#`
//! are output of installation scripts.

use crate::header::{Civil, Line, LocalTime};
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::application_lifecycle as activity;
use vigie_model::event::ocsf::field;

/// Reads a line of the file.
pub(crate) fn read<'a>(text: &'a str, local: &mut LocalTime) -> (Line<'a>, Option<Meaning>) {
    let Some((civil, rest)) = Civil::read_iso(text) else { return (Line { message: text, ..Line::default() }, None) };
    let message = rest.strip_prefix('|').unwrap_or(rest);
    let line = Line { time: local.at(civil), program: "zypper", message, ..Line::default() };
    (line, parse(message))
}

fn parse(text: &str) -> Option<Meaning> {
    let mut words = text.split('|').map(str::trim);
    let action = words.next()?;
    let number = match action {
        "install" => activity::INSTALL,
        "remove" => activity::REMOVE,
        "command" | "patch" | "radd" | "rremove" | "ralias" | "rurl" => activity::OTHER,
        _ => return None,
    };
    let mut meaning = Meaning::new("zypper", Class::ApplicationLifecycle, number);
    meaning.keep("action", action);
    if !matches!(action, "install" | "remove") {
        meaning.set(field::APP_NAME, "zypper").keep("detail", words.collect::<Vec<_>>().join("|"));
        return Some(meaning);
    }
    let (name, version, architecture, by) = (words.next()?, words.next()?, words.next()?, words.next().unwrap_or_default());
    meaning.set_text(field::APP_NAME, name).set_text(field::APP_VERSION, version).keep_text("architecture", architecture);
    meaning.set_text(field::ACTOR_USER_NAME, by.split('@').next().unwrap_or_default());
    Some(meaning)
}

//! `/var/log/dpkg.log`: what was installed, upgraded and removed, and each step of it.
//!
//! `2026-11-21 08:30:00 install nmap:amd64 <none> 7.93-1`, local time. Application Lifecycle
//! (6002): `Install`, `Update` and `Remove` for what was asked; `Other` for the steps, so that a
//! rule sees a package once.

use crate::header::{Civil, Line, LocalTime};
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::application_lifecycle as activity;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "dpkg";

/// Reads a line of the file.
pub(crate) fn read<'a>(text: &'a str, local: &mut LocalTime) -> (Line<'a>, Option<Meaning>) {
    let Some((civil, rest)) = Civil::read_iso(text) else { return (Line { message: text, ..Line::default() }, None) };
    let message = rest.trim_start();
    let line = Line { time: local.at(civil), program: "dpkg", message, ..Line::default() };
    (line, parse(message))
}

fn parse(text: &str) -> Option<Meaning> {
    let mut words = text.split(' ');
    let (action, mut next) = (words.next()?, || words.next().unwrap_or_default());
    let (number, package, version) = match action {
        "install" => {
            let (package, _, new) = (next(), next(), next());
            (activity::INSTALL, package, new)
        }
        "upgrade" => {
            let (package, old, new) = (next(), next(), next());
            let mut meaning = change(activity::UPDATE, action, package, new)?;
            meaning.keep_text("old_version", old);
            return Some(meaning);
        }
        "remove" | "purge" => (activity::REMOVE, next(), next()),
        "disappear" | "configure" | "trigproc" => (activity::OTHER, next(), next()),
        "status" => {
            let (state, package, version) = (next(), next(), next());
            let mut meaning = change(activity::OTHER, action, package, version)?;
            meaning.set_text(field::STATUS_DETAIL, state);
            return Some(meaning);
        }
        "startup" => {
            let mut meaning = change(activity::OTHER, action, "dpkg", "")?;
            meaning.set_text(field::STATUS_DETAIL, text.strip_prefix("startup ").unwrap_or_default());
            return Some(meaning);
        }
        "conffile" => {
            let (path, decision) = (next(), next());
            let mut meaning = change(activity::OTHER, action, "dpkg", "")?;
            meaning.set_text(field::STATUS_DETAIL, decision).keep_text("file", path);
            return Some(meaning);
        }
        _ => return None,
    };
    change(number, action, package, version)
}

/// `nmap:amd64` at a version.
fn change(number: u8, action: &str, package: &str, version: &str) -> Option<Meaning> {
    if package.is_empty() {
        return None;
    }
    let mut meaning = Meaning::new(FORMAT, Class::ApplicationLifecycle, number);
    let (name, architecture) = package.split_once(':').unwrap_or((package, ""));
    meaning.set(field::APP_NAME, name).keep("action", action).keep_text("architecture", architecture);
    if version != "<none>" {
        meaning.set_text(field::APP_VERSION, version);
    }
    Some(meaning)
}

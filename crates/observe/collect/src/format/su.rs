//! su: who became whom, or did not.
//!
//! util-linux writes `(to root) eva on pts/0` and `FAILED SU (to root) eva on pts/0`, shadow
//! `Successful su for root by eva` and `+ /dev/pts/0 eva:root`, busybox and the BSDs
//! `eva to root on /dev/pts/0` and `BAD SU …`, System V `'su root' failed for eva on /dev/pts/0`.

use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::authentication;
use vigie_model::event::ocsf::{account_switch_type_id, field};

struct Switch<'a> {
    from: &'a str,
    to: &'a str,
    terminal: &'a str,
    is_done: bool,
}

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let switch = read(line.message.trim_end())?;
    let mut meaning = Meaning::new("su", Class::Authentication, authentication::ACCOUNT_SWITCH);
    meaning.set_text(field::ACTOR_USER_NAME, switch.from).set_text(field::USER_NAME, switch.to);
    meaning.set(field::SERVICE_NAME, "su");
    if switch.terminal != "none" {
        meaning.set_text(field::ACTOR_SESSION_TERMINAL, switch.terminal);
    }
    meaning.set(field::ACCOUNT_SWITCH_TYPE_ID, account_switch_type_id::SUBSTITUTE_USER);
    if switch.is_done {
        meaning.succeeded()
    } else {
        meaning.failed("INVALID_CREDENTIALS")
    };
    Some(meaning)
}

fn read(text: &str) -> Option<Switch<'_>> {
    if let Some((to, rest)) = text.strip_prefix("'su ").and_then(|rest| rest.split_once("' ")) {
        let (word, rest) = rest.split_once(" for ")?;
        let (from, terminal) = rest.rsplit_once(" on ").unwrap_or((rest, ""));
        return matches!(word, "failed" | "succeeded").then_some(Switch { from, to, terminal, is_done: word == "succeeded" });
    }
    let (rest, is_done) = match ["FAILED SU ", "FAILED su ", "BAD SU "].iter().find_map(|mark| text.strip_prefix(mark)) {
        Some(rest) => (rest, false),
        None => (text.strip_prefix("Successful su ").unwrap_or(text), true),
    };
    if let Some((to, rest)) = rest.strip_prefix("(to ").and_then(|rest| rest.split_once(") ")) {
        let (from, terminal) = rest.rsplit_once(" on ").unwrap_or((rest, ""));
        return Some(Switch { from, to, terminal, is_done });
    }
    if let Some((to, from)) = rest.strip_prefix("for ").and_then(|rest| rest.split_once(" by ")) {
        return Some(Switch { from, to, terminal: "", is_done });
    }
    let sign = [("+ ", true), ("- ", false)];
    if let Some((rest, is_done)) = sign.iter().find_map(|(sign, done)| Some((text.strip_prefix(sign)?, *done))) {
        let (terminal, who) = rest.split_once(' ')?;
        let (from, to) = who.split_once([':', '-'])?;
        return Some(Switch { from, to, terminal, is_done });
    }
    let (who, terminal) = rest.rsplit_once(" on ")?;
    let (from, to) = who.split_once(" to ")?;
    (!from.contains(' ') && !to.contains(' ')).then_some(Switch { from, to, terminal, is_done })
}

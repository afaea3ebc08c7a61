//! login: who signed in at a terminal of the machine itself.

use crate::header::Line;
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::authentication;
use vigie_model::event::ocsf::{field, logon_type_id};

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end();
    if let Some(rest) = text.strip_prefix("FAILED LOGIN ") {
        return failed(rest);
    }
    // util-linux: `LOGIN ON tty1 BY eva`; shadow: `ROOT LOGIN  on '/dev/tty1'`.
    let mut meaning = attempt();
    if let Some(rest) = text.strip_prefix("LOGIN ON ").or_else(|| text.strip_prefix("DIALUP AT ")) {
        let (terminal, user) = rest.split_once(" BY ")?;
        let (user, from) = user.split_once(" FROM ").unwrap_or((user, ""));
        meaning.set_text(field::SESSION_TERMINAL, terminal).set_text(field::USER_NAME, user).endpoint(SOURCE, from, None);
    } else {
        let rest = text.strip_prefix("ROOT LOGIN ")?.trim_start();
        let rest = rest.strip_prefix("ON ").or_else(|| rest.strip_prefix("on "))?;
        let (terminal, from) = rest.split_once(" FROM ").or_else(|| rest.split_once(" from ")).unwrap_or((rest, ""));
        meaning.set_text(field::SESSION_TERMINAL, terminal.trim_matches('\'')).set(field::USER_NAME, "root");
        meaning.endpoint(SOURCE, from.trim_matches('\''), None);
    }
    meaning.succeeded();
    Some(meaning)
}

/// `(1) on '/dev/tty1' FOR 'eva', Authentication failure`, `1 FROM tty1 FOR eva, Authentication failure`
fn failed(rest: &str) -> Option<Meaning> {
    let (place, rest) = rest.split_once(" FOR ")?;
    let (user, _) = rest.rsplit_once(", ").unwrap_or((rest, ""));
    let mut meaning = attempt();
    meaning.failed("INVALID_CREDENTIALS").set_text(field::USER_NAME, user.trim_matches('\''));
    let from = place.split_once(" from ").map(|(_, from)| from.trim_matches('\''));
    let terminal = place.split_once(" on ").or_else(|| place.split_once(" FROM ")).map_or("", |(_, terminal)| terminal);
    let terminal = terminal.split(" from ").next().unwrap_or_default();
    meaning.set_text(field::SESSION_TERMINAL, terminal.trim_matches('\'')).endpoint(SOURCE, from.unwrap_or_default(), None);
    Some(meaning)
}

fn attempt() -> Meaning {
    let mut meaning = Meaning::new("login", Class::Authentication, authentication::LOGON);
    meaning.set(field::SERVICE_NAME, "login").set(field::LOGON_TYPE_ID, logon_type_id::INTERACTIVE);
    meaning
}

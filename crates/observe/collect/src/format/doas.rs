//! doas, as OpenBSD's and Alpine's (opendoas) write it.

use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, process_activity};
use vigie_model::event::ocsf::{account_switch_type_id, field};

const FORMAT: &str = "doas";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message;
    for start in ["failed auth for ", "failed authentication for "] {
        if let Some(user) = text.strip_prefix(start) {
            let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::ACCOUNT_SWITCH);
            meaning.set(field::ACCOUNT_SWITCH_TYPE_ID, account_switch_type_id::SUBSTITUTE_USER);
            meaning.failed("INVALID_CREDENTIALS").set(field::SERVICE_NAME, "doas").set_text(field::ACTOR_USER_NAME, user);
            return Some(meaning);
        }
    }
    for start in ["failed command for ", "command not permitted for "] {
        if let Some((user, command)) = text.strip_prefix(start).and_then(|rest| rest.split_once(": ")) {
            let mut meaning = command_of(user, command);
            meaning.failed("command not permitted");
            return Some(meaning);
        }
    }
    let (user, rest) = text.split_once(" ran command ")?;
    // opendoas: `ls as root from /home/eva`; OpenBSD: `as root: ls`.
    if let Some((target, command)) = rest.strip_prefix("as ").and_then(|rest| rest.split_once(": ")) {
        let mut meaning = command_of(user, command);
        meaning.set_text(field::PROCESS_USER_NAME, target).succeeded();
        return Some(meaning);
    }
    let (command, rest) = rest.rsplit_once(" as ")?;
    let (target, folder) = rest.split_once(" from ")?;
    let mut meaning = command_of(user, command);
    meaning.set_text(field::PROCESS_USER_NAME, target).set_text(field::PROCESS_WORKING_DIRECTORY, folder).succeeded();
    Some(meaning)
}

fn command_of(user: &str, command: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::LAUNCH);
    let path = command.split(' ').next().unwrap_or_default();
    meaning.set_text(field::ACTOR_USER_NAME, user).set_text(field::PROCESS_CMD_LINE, command);
    meaning.set_text(field::PROCESS_NAME, path.rsplit('/').next().unwrap_or(path));
    meaning
}

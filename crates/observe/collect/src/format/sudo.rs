//! sudo: who ran what as whom, and who was not allowed to.
//!
//! `eva : TTY=pts/0 ; PWD=/home/eva ; USER=root ; COMMAND=/usr/bin/id`, with a reason before the
//! first pair when it was refused (sudo's `logging.c`). A command that ran, or that the rules
//! forbid, is Process Activity (1007); a user who could not prove who they are, Authentication
//! (3002). PAM's lines are read by [`super::pam`].

use crate::header::{Line, number};
use crate::meaning::Meaning;
use crate::seek::Seek;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, process_activity};
use vigie_model::event::ocsf::{account_switch_type_id, field};

const FORMAT: &str = "sudo";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let (user, rest) = line.message.trim_start().cut(" : ")?;
    let rest = rest.trim_start();
    if let Some(more) = rest.strip_prefix("(command continued) ") {
        let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::OTHER);
        meaning.set(field::ACTOR_USER_NAME, user).set(field::PROCESS_CMD_LINE, more);
        return Some(meaning);
    }
    // The command comes last and may hold anything.
    let (head, command) = match rest.strip_prefix("COMMAND=") {
        Some(command) => ("", Some(command)),
        None => rest.cut(" ; COMMAND=").map_or((rest, None), |(head, command)| (head, Some(command))),
    };
    let reason = head.split(" ; ").next().filter(|first| !is_pair(first)).unwrap_or_default();
    if command.is_none() && reason.is_empty() {
        return None;
    }
    let mut meaning = if is_unproven(reason) { unproven(reason) } else { run(reason) };
    meaning.set(field::ACTOR_USER_NAME, user);
    let is_run = meaning.class == Class::ProcessActivity;
    for (key, value) in head.split(" ; ").filter_map(|part| part.cut("=")) {
        match key {
            "USER" if is_run => meaning.set_text(field::PROCESS_USER_NAME, value),
            "USER" => meaning.set_text(field::USER_NAME, value),
            "PWD" if is_run => meaning.set_text(field::PROCESS_WORKING_DIRECTORY, value),
            "GROUP" if is_run => meaning.set_text(field::PROCESS_GROUP_NAME, value),
            "TTY" => meaning.set_text(field::ACTOR_SESSION_TERMINAL, value),
            _ => meaning.keep_text(key, value),
        };
    }
    if let Some(command) = command {
        add_command(&mut meaning, command, is_run);
    }
    Some(meaning)
}

fn is_pair(part: &str) -> bool {
    part.cut("=").is_some_and(|(key, _)| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_uppercase()))
}

fn is_unproven(reason: &str) -> bool {
    reason.has("incorrect password attempt")
        || reason.has("password is required")
        || reason.has("authentication failure")
        || reason == "no valid password"
}

fn unproven(reason: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::ACCOUNT_SWITCH);
    meaning.failed("INVALID_CREDENTIALS").keep("reason", reason).set(field::SERVICE_NAME, "sudo");
    meaning.set(field::ACCOUNT_SWITCH_TYPE_ID, account_switch_type_id::SUBSTITUTE_USER);
    let attempts = reason.cut(" incorrect password").and_then(|(count, _)| number(count));
    meaning.set_some(field::COUNT, attempts);
    meaning
}

fn run(reason: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::LAUNCH);
    if reason.is_empty() {
        meaning.succeeded()
    } else {
        meaning.failed(reason)
    };
    meaning
}

fn add_command(meaning: &mut Meaning, command: &str, is_run: bool) {
    if !is_run {
        meaning.keep("COMMAND", command);
        return;
    }
    let path = command.split(' ').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or(path);
    meaning.set_text(field::PROCESS_CMD_LINE, command).set_text(field::PROCESS_NAME, name);
    if path.starts_with('/') {
        meaning.set(field::PROCESS_PATH, path);
    }
}

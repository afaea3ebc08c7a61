//! cron and its relatives: what ran by itself, and who changed what runs.
//!
//! Scheduled Job Activity (1006). Vixie cron and cronie write `(user) ACTION (detail)`; anacron,
//! run-parts, atd and busybox's crond write sentences.

use crate::header::Line;
use crate::meaning::Meaning;
use crate::seek::Seek;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::scheduled_job_activity as activity;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "cron";

pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end();
    match program {
        "anacron" => anacron(text),
        "run-parts" => run_parts(text),
        "atd" => at(text),
        _ => cron(text).or_else(|| busybox(text)),
    }
}

/// `(root) CMD (command)`
fn cron(text: &str) -> Option<Meaning> {
    let (user, rest) = text.strip_prefix('(')?.cut(") ")?;
    let (action, detail) = rest.cut(" (").unwrap_or((rest, ""));
    let detail = detail.strip_suffix(')').unwrap_or(detail).trim_start();
    let mut meaning = Meaning::new(FORMAT, Class::ScheduledJobActivity, action_of(action)?);
    // `CRON`, `*system*` and `*system*backup` are not users but places.
    let is_user = user != "CRON" && !user.starts_with("*system*");
    if is_user {
        meaning.set_text(field::JOB_USER_NAME, user);
    } else {
        meaning.keep("table", user);
    }
    match action {
        "CMD" | "CMDEND" => meaning.set_text(field::JOB_CMD_LINE, detail).set_text(field::JOB_NAME, first_word(detail)),
        "RELOAD" => meaning.set_text(field::JOB_FILE_PATH, detail).set_text(field::JOB_NAME, detail),
        _ if is_wrong_file(action) => {
            // `INSECURE MODE (group/other writable) (/etc/cron.d/x)`
            let path = detail.rsplit('(').next().unwrap_or(detail);
            meaning.set_text(field::JOB_FILE_PATH, path).set_text(field::JOB_NAME, path)
        }
        "REPLACE" | "DELETE" | "LIST" | "BEGIN EDIT" | "END EDIT" => {
            meaning.set_text(field::ACTOR_USER_NAME, user).set_text(field::JOB_USER_NAME, detail).set(field::JOB_NAME, "crontab")
        }
        _ => meaning.set_text(field::STATUS_DETAIL, detail),
    };
    if is_failure(action) {
        meaning.failed(if detail.is_empty() || is_wrong_file(action) { action } else { detail });
    }
    meaning.keep("action", action);
    Some(meaning)
}

fn action_of(action: &str) -> Option<u8> {
    Some(match action {
        "CMD" => activity::START,
        "REPLACE" | "RELOAD" => activity::UPDATE,
        "DELETE" => activity::DELETE,
        "CMDEND" | "CMDOUT" | "LIST" | "BEGIN EDIT" | "END EDIT" | "MAIL" | "INFO" | "info" | "STARTUP" | "RANDOM_DELAY" => {
            activity::OTHER
        }
        _ if is_failure(action) => activity::OTHER,
        _ => return None,
    })
}

fn is_failure(action: &str) -> bool {
    action.eq_ignore_ascii_case("error")
        || ["FAILED", "Error: ", "bad "].iter().any(|start| action.starts_with(start))
        || matches!(action, "AUTH" | "ORPHAN" | "DEATH" | "PAM ERROR" | "CAN'T OPEN")
        || is_wrong_file(action)
}

/// What cron says of a table that it does not read.
fn is_wrong_file(action: &str) -> bool {
    matches!(action, "INSECURE MODE" | "BAD FILE MODE" | "WRONG FILE OWNER" | "WRONG INODE INFO" | "NOT A REGULAR FILE")
}

/// ``Job `cron.daily' started``
fn anacron(text: &str) -> Option<Meaning> {
    let (name, rest) = text.strip_prefix("Job `")?.cut("'")?;
    let number = match rest.trim_start() {
        "started" => activity::START,
        rest if rest.starts_with("terminated") => activity::OTHER,
        _ => return None,
    };
    let mut meaning = Meaning::new(FORMAT, Class::ScheduledJobActivity, number);
    meaning.set(field::JOB_NAME, name);
    if rest.has("exit status: ") {
        meaning.failed(rest.trim_start());
    }
    Some(meaning)
}

/// `(/etc/cron.daily) starting logrotate`, of cronie's run-parts
fn run_parts(text: &str) -> Option<Meaning> {
    let (folder, rest) = text.strip_prefix('(')?.cut(") ")?;
    let (verb, name) = rest.cut(" ")?;
    let number = match verb {
        "starting" => activity::START,
        "finished" => activity::OTHER,
        _ => return None,
    };
    let mut meaning = Meaning::new(FORMAT, Class::ScheduledJobActivity, number);
    meaning.set_text(field::JOB_NAME, name).set(field::JOB_FILE_PATH, format!("{folder}/{name}"));
    Some(meaning)
}

/// `Starting job 3 (a0000301b5c1d0) for user 'eva' (1000)`
fn at(text: &str) -> Option<Meaning> {
    let (job, rest) = text.strip_prefix("Starting job ")?.cut(" for user '")?;
    let (user, rest) = rest.cut("'")?;
    let mut meaning = Meaning::new(FORMAT, Class::ScheduledJobActivity, activity::START);
    meaning.set_text(field::JOB_USER_NAME, user).set(field::JOB_NAME, job);
    meaning.set_text(field::JOB_USER_UID, rest.trim_start_matches(" (").trim_end_matches(')'));
    Some(meaning)
}

/// `USER root pid 123 cmd run-parts /etc/periodic/15min`
fn busybox(text: &str) -> Option<Meaning> {
    let (user, rest) = text.strip_prefix("USER ")?.cut(" pid ")?;
    let (_, command) = rest.cut(" cmd ")?;
    let mut meaning = Meaning::new(FORMAT, Class::ScheduledJobActivity, activity::START);
    meaning.set_text(field::JOB_USER_NAME, user).set_text(field::JOB_CMD_LINE, command);
    meaning.set_text(field::JOB_NAME, first_word(command));
    Some(meaning)
}

fn first_word(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

//! Linux audit records.
//!
//! From auditd's file (`type=USER_LOGIN msg=audit(1795249800.123:456): pid=…`), from the kernel log
//! (`audit: type=1400 audit(…): apparmor="DENIED" …`) and from the journal (`USER_LOGIN pid=…`).
//! In auditd's file the records of one event are one event here ([`joined`]); what comes through a
//! syslog or the journal is read record by record, which share `metadata.correlation_uid`. A value
//! without quotes where text belongs is hexadecimal and is decoded.

#[cfg(test)]
mod carried;
mod joined;
mod syscall;

pub(crate) use joined::events;

use super::pairs::pairs_with_quotes;
use crate::header::{Line, number};
use crate::meaning::{Meaning, SOURCE};
use std::borrow::Cow;
use vigie_model::event::ocsf::activity::{
    account_change, application_lifecycle, authentication, base_event, event_log_activity, file_activity, group_management,
    kernel_activity, process_activity,
};
use vigie_model::event::ocsf::{action_id, field};
use vigie_model::event::{Class, EventSeverity};
use vigie_model::time::Timestamp;

const FORMAT: &str = "audit";

/// Most arguments of a command that are put together.
const ARGUMENTS_MAX: usize = 256;

/// Shortest kind of a record: `AVC`, `BPF`.
const KIND_MIN: usize = 3;

/// How the kernel writes an id that was never set: -1 without sign.
const UNSET: &str = "4294967295";

/// A record, its header taken off.
struct Record<'a> {
    kind: &'a str,
    /// `1795249800.123:456`
    event: &'a str,
    body: &'a str,
}

/// Reads a line of auditd's file, or the lines of one event.
pub(crate) fn read(text: &str) -> (Line<'_>, Option<Meaning>) {
    let (mut line, meaning) = read_one(text.lines().next().unwrap_or_default());
    line.message = text;
    if !text.contains('\n') {
        return (line, meaning);
    }
    let mut whole = joined::understand(text);
    if let (Some(whole), Some(first)) = (&mut whole, &meaning) {
        whole.time = first.time;
        whole.host.clone_from(&first.host);
    }
    (line, whole.or(meaning))
}

fn read_one(text: &str) -> (Line<'_>, Option<Meaning>) {
    formed(text).map_or_else(|| (Line { message: text, ..Line::default() }, None), |(line, meaning)| (line, Some(meaning)))
}

/// Reads a record wherever it stands, by its form: `[node=NAME ]type=KIND msg=audit(EVENT): …`. Where a header stood before
/// it, that of the record counts: it says when, and on which machine.
pub(super) fn formed(text: &str) -> Option<(Line<'_>, Meaning)> {
    let (node, rest) = match text.strip_prefix("node=").and_then(|rest| rest.split_once(' ')) {
        Some((node, rest)) => (Some(node), rest),
        None => (None, text),
    };
    let record = with_header(rest)?;
    let mut meaning = understand(&record);
    meaning.time = time_of(record.event);
    meaning.host = node.map(Into::into);
    Some((Line { message: text, ..Line::default() }, meaning))
}

/// Reads a record that came through a syslog or the journal.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    if let Some((_, meaning)) = formed(text) {
        return Some(meaning);
    }
    // The journal puts the type in front and everything else in fields of its own.
    if let Some(kind) = line.more("_AUDIT_TYPE_NAME") {
        let body = text.strip_prefix(kind).unwrap_or(text).trim_start();
        return Some(understand(&Record { kind, event: line.more("_AUDIT_ID").unwrap_or_default(), body }));
    }
    // What the journal hands on to a syslog has lost those fields.
    if line.program == "audit" { by_kind(text) } else { None }
}

/// `USER_LOGIN pid=842 uid=0 …`
fn by_kind(text: &str) -> Option<Meaning> {
    let (kind, body) = text.split_once(' ')?;
    let body = body.trim_start();
    let is_kind =
        kind.len() >= KIND_MIN && kind.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'[' | b']'));
    let first = body.split(' ').next()?;
    (is_kind && (first.contains('=') || first == "avc:")).then(|| understand(&Record { kind: named(kind), event: "", body }))
}

/// Reads a record of the kernel log, behind `audit: `.
pub(super) fn kernel(text: &str) -> Option<Meaning> {
    with_header(text).map(|record| understand(&record))
}

/// `type=SYSCALL msg=audit(1795249800.123:456): …`; the kernel log has no `msg=` and numbers for types.
fn with_header(text: &str) -> Option<Record<'_>> {
    let rest = text.trim_start().strip_prefix("type")?.trim_start().strip_prefix('=')?;
    let (kind, rest) = rest.split_once(' ')?;
    let rest = rest.strip_prefix("msg=").unwrap_or(rest).strip_prefix("audit(")?;
    let (event, body) = rest.split_once("):")?;
    Some(Record { kind: named(kind), event, body: body.trim_start() })
}

fn named(kind: &str) -> &str {
    match kind {
        "1006" => "LOGIN",
        "1100" => "USER_AUTH",
        "1107" => "USER_AVC",
        "1112" => "USER_LOGIN",
        "1130" => "SERVICE_START",
        "1131" => "SERVICE_STOP",
        "1300" => "SYSCALL",
        "1305" => "CONFIG_CHANGE",
        "1309" => "EXECVE",
        "1326" => "SECCOMP",
        "1327" => "PROCTITLE",
        "1400" => "AVC",
        "1700" => "ANOM_PROMISCUOUS",
        "1701" => "ANOM_ABEND",
        kind => kind,
    }
}

fn time_of(event: &str) -> Option<Timestamp> {
    let (seconds, rest) = event.split_once('.')?;
    let millis = number(rest.split(':').next()?)?;
    let seconds: i64 = seconds.parse().ok()?;
    Some(Timestamp::from_seconds(seconds).plus_micros(millis * 1000))
}

fn understand(record: &Record<'_>) -> Meaning {
    let mut meaning = match record.kind {
        "USER_LOGIN" => session(record, authentication::LOGON),
        "USER_LOGOUT" | "USER_END" => session(record, authentication::LOGOFF),
        "USER_AUTH" => session(record, authentication::PREAUTH),
        "USER_ACCT" | "USER_START" | "USER_ERR" | "CRED_ACQ" | "CRED_DISP" | "CRED_REFR" | "LOGIN" => {
            session(record, authentication::OTHER)
        }
        "ADD_USER" => account(record, account_change::CREATE),
        "DEL_USER" => account(record, account_change::DELETE),
        "USER_CHAUTHTOK" => account(record, account_change::PASSWORD_CHANGE),
        "ACCT_LOCK" => account(record, account_change::LOCK),
        "ACCT_UNLOCK" => account(record, account_change::UNLOCK),
        "USER_MGMT" | "CHUSER_ID" => account(record, account_change::OTHER),
        "ADD_GROUP" => group(record, group_management::CREATE),
        "DEL_GROUP" => group(record, group_management::DELETE),
        "GRP_MGMT" | "CHGRP_ID" | "GRP_CHAUTHTOK" => group(record, group_management::OTHER),
        "EXECVE" => executed(record),
        "SYSCALL" => system_call(record),
        "PROCTITLE" => process(record, process_activity::OTHER),
        "USER_CMD" => process(record, process_activity::LAUNCH),
        "ANOM_ABEND" | "SECCOMP" => process(record, process_activity::TERMINATE),
        "SERVICE_START" => service(record, application_lifecycle::START),
        "SERVICE_STOP" => service(record, application_lifecycle::STOP),
        "AVC" | "USER_AVC" => access(record),
        "ANOM_PROMISCUOUS" => promiscuous(record),
        "DAEMON_START" => daemon(record, event_log_activity::START),
        "DAEMON_END" | "DAEMON_ABORT" => daemon(record, event_log_activity::STOP),
        "DAEMON_ROTATE" => daemon(record, event_log_activity::ROTATE),
        "DAEMON_RESUME" | "DAEMON_CONFIG" | "DAEMON_ERR" => daemon(record, event_log_activity::OTHER),
        _ => kept(record, Class::BaseEvent, base_event::OTHER),
    };
    meaning.set_text(field::METADATA_EVENT_CODE, record.kind).set_text(field::METADATA_CORRELATION_UID, record.event);
    meaning
}

/// Gives each pair of a record, those inside `msg='…'` as well, its value decoded.
fn each<'a>(record: &Record<'a>, mut take: impl FnMut(&'a str, Cow<'a, str>)) {
    // Behind the group separator auditd repeats numbers as names.
    for part in record.body.split('\u{1d}') {
        for (key, value, is_quoted) in pairs_with_quotes(part) {
            if key == "msg" && value.contains('=') {
                for (key, value, is_quoted) in pairs_with_quotes(value) {
                    take(key, decoded(record.kind, key, value, is_quoted));
                }
            } else {
                take(key, decoded(record.kind, key, value, is_quoted));
            }
        }
    }
}

/// auditd writes text as hexadecimal when it holds a blank, a quote or anything beyond ASCII.
fn decoded<'a>(kind: &str, key: &str, value: &'a str, is_quoted: bool) -> Cow<'a, str> {
    let is_text = matches!(key, "acct" | "cmd" | "proctitle" | "name" | "exe" | "comm" | "cwd" | "path" | "data")
        // `a0`, or `a1[0]` where an argument is long; those of a call are numbers.
        || kind == "EXECVE" && key.strip_prefix('a').is_some_and(|number| number.bytes().next().is_some_and(|byte| byte.is_ascii_digit()));
    let is_hex =
        value.len() >= 2 && value.len().is_multiple_of(2) && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    if is_quoted || !is_text || !is_hex {
        return Cow::Borrowed(value);
    }
    let bytes: Vec<u8> = value
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .map(|byte| if byte == 0 { b' ' } else { byte })
        .collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// A meaning with what is the same in all records, and everything else kept under its name.
fn kept(record: &Record<'_>, class: Class, activity: u8) -> Meaning {
    mapped(record, class, activity, |_, _, _| false)
}

/// As [`kept`], but `own` may take pairs for fields; it says whether it did.
fn mapped(record: &Record<'_>, class: Class, activity: u8, mut own: impl FnMut(&mut Meaning, &str, &str) -> bool) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, class, activity);
    each(record, |key, value| {
        if own(&mut meaning, key, &value) {
            return;
        }
        match key {
            "res" | "success" => match &*value {
                "success" | "1" | "yes" => drop(meaning.succeeded()),
                "failed" | "0" | "no" => drop(meaning.failed("")),
                _ => drop(meaning.keep_text(key, &value)),
            },
            _ => drop(meaning.keep_text(key, &value)),
        }
    });
    meaning
}

/// What a process is, of the one that acts.
fn actor(meaning: &mut Meaning, key: &str, value: &str) -> bool {
    match key {
        "pid" => drop(meaning.set_some(field::ACTOR_PROCESS_PID, number(value))),
        "exe" => drop(meaning.set_text(field::ACTOR_PROCESS_PATH, value)),
        "comm" => drop(meaning.set_text(field::ACTOR_PROCESS_NAME, value)),
        "uid" => drop(meaning.set_text(field::ACTOR_USER_UID, value)),
        "terminal" | "tty" => drop(meaning.set_text(field::ACTOR_SESSION_TERMINAL, value)),
        "ses" | "auid" if value == UNSET => {}
        "ses" => drop(meaning.set_text(field::ACTOR_SESSION_UID, value)),
        _ => return false,
    }
    true
}

/// The name that auditd adds to a number, where the record itself gives none.
fn named_once<'m>(meaning: &'m mut Meaning, name: &str) -> &'m mut Meaning {
    if meaning.fields.text(field::USER_NAME).is_none() {
        meaning.set_text(field::USER_NAME, given(name));
    }
    meaning
}

/// A name, or nothing where auditd found none.
fn given(name: &str) -> &str {
    if name == "unset" || name.starts_with("unknown(") { "" } else { name }
}

fn session(record: &Record<'_>, activity: u8) -> Meaning {
    let mut meaning = mapped(record, Class::Authentication, activity, |meaning, key, value| {
        match key {
            "acct" => drop(meaning.set_text(field::USER_NAME, value)),
            "id" | "auid" if value != UNSET => drop(meaning.set_text(field::USER_UID, value)),
            "addr" => drop(meaning.endpoint(SOURCE, if value == "?" { "" } else { value }, None)),
            "ID" | "AUID" => drop(named_once(meaning, value)),
            "UID" => drop(meaning.set_text(field::ACTOR_USER_NAME, given(value))),
            _ => return actor(meaning, key, value),
        }
        true
    });
    let path = meaning.fields.text(field::ACTOR_PROCESS_PATH).unwrap_or_default();
    let service = path.rsplit('/').next().unwrap_or_default().to_owned();
    meaning.set_text(field::SERVICE_NAME, &service);
    meaning
}

fn account(record: &Record<'_>, activity: u8) -> Meaning {
    mapped(record, Class::AccountChange, activity, |meaning, key, value| {
        match key {
            "acct" => drop(meaning.set_text(field::USER_NAME, value)),
            "id" => drop(meaning.set_text(field::USER_UID, value)),
            "ID" => drop(named_once(meaning, value)),
            "UID" => drop(meaning.set_text(field::ACTOR_USER_NAME, given(value))),
            "addr" => drop(meaning.endpoint(SOURCE, if value == "?" { "" } else { value }, None)),
            _ => return actor(meaning, key, value),
        }
        true
    })
}

fn group(record: &Record<'_>, activity: u8) -> Meaning {
    mapped(record, Class::GroupManagement, activity, |meaning, key, value| {
        match key {
            "acct" | "grp" => drop(meaning.set_text(field::GROUP_NAME, value)),
            "id" => drop(meaning.set_text(field::GROUP_UID, value)),
            _ => return actor(meaning, key, value),
        }
        true
    })
}

fn process(record: &Record<'_>, activity: u8) -> Meaning {
    mapped(record, Class::ProcessActivity, activity, process_pair)
}

/// What a process is, of the one that the event is about.
fn process_pair(meaning: &mut Meaning, key: &str, value: &str) -> bool {
    match key {
        "pid" => drop(meaning.set_some(field::PROCESS_PID, number(value))),
        "ppid" => drop(meaning.set_some(field::PROCESS_PARENT_PROCESS_PID, number(value))),
        "comm" => drop(meaning.set_text(field::PROCESS_NAME, value)),
        "exe" => drop(meaning.set_text(field::PROCESS_PATH, value)),
        "cwd" => drop(meaning.set_text(field::PROCESS_WORKING_DIRECTORY, value)),
        "cmd" | "proctitle" => drop(meaning.set_text(field::PROCESS_CMD_LINE, value)),
        "uid" => drop(meaning.set_text(field::PROCESS_USER_UID, value)),
        "tty" | "terminal" => drop(meaning.set_text(field::ACTOR_SESSION_TERMINAL, value)),
        "ses" | "auid" if value == UNSET => {}
        "ses" => drop(meaning.set_text(field::ACTOR_SESSION_UID, value)),
        "auid" => drop(meaning.set_text(field::ACTOR_USER_UID, value)),
        "AUID" => drop(meaning.set_text(field::ACTOR_USER_NAME, value)),
        "UID" => drop(meaning.set_text(field::PROCESS_USER_NAME, value)),
        _ => return false,
    }
    true
}

fn system_call(record: &Record<'_>) -> Meaning {
    let mut is_execution = false;
    each(record, |key, value| {
        // execve and execveat on x86-64 (59, 322) and arm64 (221, 281); by name where auditd wrote it.
        is_execution |= match key {
            "syscall" => matches!(&*value, "59" | "322" | "221" | "281"),
            "SYSCALL" => value.starts_with("execve"),
            _ => false,
        };
    });
    process(record, if is_execution { process_activity::LAUNCH } else { process_activity::OTHER })
}

/// `argc=3 a0="ls" a1="-l" a2=2F746D702F6120`
fn executed(record: &Record<'_>) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::LAUNCH);
    let mut command = String::new();
    let mut count = 0;
    each(record, |key, value| {
        let is_argument = key.strip_prefix('a').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        if is_argument && count < ARGUMENTS_MAX {
            if count > 0 {
                command.push(' ');
            }
            command.push_str(&value);
            count += 1;
        } else {
            meaning.keep_text(key, &value);
        }
    });
    let name = command.split(' ').next().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
    meaning.set_text(field::PROCESS_CMD_LINE, &command).set_text(field::PROCESS_NAME, &name);
    meaning
}

fn service(record: &Record<'_>, activity: u8) -> Meaning {
    mapped(record, Class::ApplicationLifecycle, activity, |meaning, key, value| match key {
        "unit" => {
            meaning.set(field::APP_NAME, format!("{value}.service"));
            true
        }
        _ => actor(meaning, key, value),
    })
}

fn daemon(record: &Record<'_>, activity: u8) -> Meaning {
    let mut meaning = mapped(record, Class::EventLogActivity, activity, actor);
    meaning.set(field::LOG_NAME, "audit");
    meaning
}

fn promiscuous(record: &Record<'_>) -> Meaning {
    let mut entered = true;
    let mut meaning = mapped(record, Class::KernelActivity, kernel_activity::OTHER, |meaning, key, value| {
        match key {
            "dev" => drop(meaning.set_text(field::DEVICE_INTERFACE_NAME, value)),
            "prom" => entered = value != "0",
            _ => return actor(meaning, key, value),
        }
        true
    });
    meaning.set(field::KERNEL_NAME, "promiscuous mode").set(field::STATUS_DETAIL, if entered { "entered" } else { "left" });
    meaning
}

/// What AppArmor or SELinux refused, or would have.
fn access(record: &Record<'_>) -> Meaning {
    let (mut operation, mut kind) = (Cow::Borrowed(""), Cow::Borrowed(""));
    each(record, |key, value| match key {
        "operation" => operation = value,
        "tclass" | "class" => kind = value,
        _ => {}
    });
    let (class, activity) = access_class(&operation, &kind);
    let mut meaning = mapped(record, class, activity, |meaning, key, value| {
        match key {
            "apparmor" => drop(meaning.set(field::ACTION_ID, verdict(value)).keep(key, value)),
            "profile" => drop(meaning.set_text(field::POLICY_NAME, value)),
            "name" | "path" if class == Class::FileActivity => drop(meaning.set_text(field::FILE_PATH, value)),
            "name" if class == Class::ProcessActivity => drop(meaning.set_text(field::PROCESS_PATH, value)),
            _ => return actor(meaning, key, value),
        }
        true
    });
    if let Some((verdict, permissions)) = selinux(record.body) {
        meaning.set(field::ACTION_ID, verdict).keep("permissions", permissions).set(field::POLICY_NAME, "selinux");
    }
    if meaning.fields.integer(field::ACTION_ID) == Some(action_id::DENIED) {
        meaning.severity(EventSeverity::Medium);
    }
    meaning
}

/// `avc:  denied  { read write } for  …`
fn selinux(body: &str) -> Option<(i64, &str)> {
    let rest = body.strip_prefix("avc:")?.trim_start();
    let (verdict, rest) = rest.split_once('{')?;
    let (permissions, _) = rest.split_once('}')?;
    let verdict = if verdict.trim() == "denied" { action_id::DENIED } else { action_id::ALLOWED };
    Some((verdict, permissions.trim()))
}

fn verdict(word: &str) -> i64 {
    match word {
        "DENIED" | "KILL" => action_id::DENIED,
        "ALLOWED" => action_id::ALLOWED,
        "AUDIT" => action_id::OBSERVED,
        _ => action_id::OTHER,
    }
}

fn access_class(operation: &str, kind: &str) -> (Class, u8) {
    match operation {
        "open" | "file_mmap" | "file_mprotect" | "file_lock" | "file_inherit" | "file_receive" => {
            (Class::FileActivity, file_activity::OPEN)
        }
        "mknod" | "mkdir" | "create" | "symlink" | "link" if kind != "net" => (Class::FileActivity, file_activity::CREATE),
        "unlink" | "rmdir" => (Class::FileActivity, file_activity::DELETE),
        "truncate" => (Class::FileActivity, file_activity::UPDATE),
        "rename_src" | "rename_dest" => (Class::FileActivity, file_activity::RENAME),
        "chmod" | "chown" => (Class::FileActivity, file_activity::SET_SECURITY),
        "getattr" => (Class::FileActivity, file_activity::GET_ATTRIBUTES),
        "mount" | "remount" => (Class::FileActivity, file_activity::MOUNT),
        "umount" => (Class::FileActivity, file_activity::UNMOUNT),
        "exec" => (Class::ProcessActivity, process_activity::LAUNCH),
        "" if matches!(kind, "file" | "dir" | "lnk_file" | "chr_file" | "blk_file" | "sock_file" | "fifo_file") => {
            (Class::FileActivity, file_activity::OTHER)
        }
        _ => (Class::BaseEvent, base_event::OTHER),
    }
}

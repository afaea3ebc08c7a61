//! Asterisk: refused registrations, its security log, everything else by level.
//!
//! `[2026-11-21 08:30:00] NOTICE[842][C-00000001] chan_sip.c: Registration from '<sip:100@198.51.100.1>' failed for
//! '192.0.2.7:5060' - Wrong password`, `SECURITY[842] res_security_log.c: SecurityEvent="InvalidPassword",…`. Sources:
//! `main/logger.c`, `channels/chan_sip.c`, `main/security_events.c`.

use super::own_log;
use super::words::{between, host_port};
use crate::header::{Clock, Line, number};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::authentication;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "asterisk";

/// Reads a line of the file.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let inside = text.strip_prefix('[')?;
    let (stamp, rest) = inside.split_once("] ")?;
    let (time, _) = clock.iso(stamp)?;
    let (level, after) = rest.split_once('[')?;
    let (pid, message) = after.split_once(']')?;
    let message = message.trim_start_matches(':');
    let message = message.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(message, |(_, rest)| rest);
    let message = message.trim_start_matches([':', ' ']);
    Some((
        Line { time: Some(time), program: "asterisk", pid: Some(number(pid)?), message, ..Line::default() },
        understand(level, message)?,
    ))
}

/// Reads the message of a line that came over syslog: `NOTICE[842]: chan_sip.c:28468 in handle_request: text`.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let (level, rest) = line.message.split_once('[')?;
    let (_, message) = rest.split_once(']')?;
    understand(level, message.trim_start_matches([':', ' ']))
}

fn understand(level: &str, text: &str) -> Option<Meaning> {
    if !level.bytes().all(|byte| byte.is_ascii_uppercase()) || level.is_empty() {
        return None;
    }
    let mut meaning = security(text).or_else(|| refused(text)).unwrap_or_else(|| own_log::said(FORMAT, level));
    meaning.set(field::METADATA_LOG_LEVEL, level);
    meaning.set_text(
        field::METADATA_LOG_NAME,
        text.split([':', ' ']).next().filter(|file| file.ends_with(".c")).unwrap_or_default(),
    );
    Some(meaning)
}

fn tried(user: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning.set_text(field::USER_NAME, user).set(field::SERVICE_NAME, "asterisk").set(field::IS_REMOTE, true);
    meaning
}

/// `Registration from '"100" <sip:100@198.51.100.1>' failed for '192.0.2.7:5060' - Wrong password`
fn refused(text: &str) -> Option<Meaning> {
    let (who, rest) = text.split_once(" failed for '")?;
    let (client, why) = rest.split_once('\'')?;
    let user = between(who, "sip:", "@").or_else(|| between(who, "'", "'")).unwrap_or_default();
    let mut meaning = tried(user);
    let why = why.trim_start_matches([' ', '-', '(']);
    meaning.failed(if why.starts_with("Wrong password") {
        "INVALID_CREDENTIALS"
    } else if why.starts_with("No matching peer") {
        "USER_DOES_NOT_EXIST"
    } else {
        why
    });
    let (host, port) = host_port(client);
    meaning.endpoint(SOURCE, host, port);
    Some(meaning)
}

/// `SecurityEvent="InvalidPassword",…,AccountID="100",…,RemoteAddress="IPV4/UDP/192.0.2.7/5060",…`
fn security(text: &str) -> Option<Meaning> {
    let event = between(text, "SecurityEvent=\"", "\"")?;
    let mut meaning = tried(between(text, "AccountID=\"", "\"").unwrap_or_default());
    match event {
        "SuccessfulAuth" => meaning.succeeded(),
        "ChallengeSent" => {
            meaning.activity = authentication::PREAUTH;
            &mut meaning
        }
        "InvalidPassword" | "ChallengeResponseFailed" => meaning.failed("INVALID_CREDENTIALS"),
        "InvalidAccountID" => meaning.failed("USER_DOES_NOT_EXIST"),
        _ => meaning.failed(event),
    };
    let mut remote = between(text, "RemoteAddress=\"", "\"").unwrap_or_default().split('/').skip(2);
    meaning.endpoint(SOURCE, remote.next().unwrap_or_default(), remote.next().and_then(number));
    meaning.keep("event", event).keep_text("service", between(text, "Service=\"", "\"").unwrap_or_default());
    Some(meaning)
}

//! Exim's main and reject log.
//!
//! `2026-11-21 08:30:00 1vMabc-000000001Xy-2fZ1 <= eva@example.com H=mail.example.com [192.0.2.7]:50022 P=esmtps A=plain:eva S=1234
//! id=x@example.com`. Mail is Email Activity (4009), refused passwords Authentication (3002), connections Network Activity (4001).
//! The marks are those of the specification (§53 "Log files").

use super::mail;
use super::own_log::{START, lifecycle};
use super::words::between;
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Endpoint, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{email_activity, network_activity};
use vigie_model::event::ocsf::{action_id, field};
use vigie_model::time::Timestamp;

const FORMAT: &str = "exim";

/// Reads what follows the time of a line of the file.
pub(super) fn read(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let message = rest.strip_prefix(' ')?;
    let (pid, message) = match message.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((pid, message)) if number(pid).is_some() => (number(pid), message),
        _ => (None, message),
    };
    Some((Line { time: Some(time), program: "exim", pid, message, ..Line::default() }, understand(message)?))
}

/// Reads the message of a line that came over syslog, with or without its own time.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message;
    let text = crate::header::Civil::read_iso(text).map_or(text, |(_, rest)| rest.trim_start());
    understand(text)
}

fn understand(text: &str) -> Option<Meaning> {
    let (id, rest) = text.split_once(' ').unwrap_or((text, ""));
    if is_id(id) {
        return queued(id, rest);
    }
    refused(text).or_else(|| rejected(text)).or_else(|| connection(text)).or_else(|| own(text))
}

/// `1vMabc-0001Xy-2f`, since 4.97 `1vMabc-000000001Xy-2fZ1`.
fn is_id(word: &str) -> bool {
    let mut parts = word.split('-').map(str::len);
    matches!(
        (parts.next(), parts.next(), parts.next(), parts.next()),
        (Some(6), Some(6), Some(2), None) | (Some(6), Some(11), Some(4), None)
    ) && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// What happens to a message in the queue.
fn queued(id: &str, text: &str) -> Option<Meaning> {
    let (mark, rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut meaning = Meaning::new(FORMAT, Class::EmailActivity, email_activity::OTHER);
    meaning.set(field::MESSAGE_TRACE_UID, id);
    let (address, facts) = rest.split_once(' ').unwrap_or((rest, ""));
    match mark {
        "<=" => {
            meaning.activity = email_activity::RECEIVE;
            mail::from(&mut meaning, address);
            host(&mut meaning, SOURCE, facts);
            meaning.set_some(field::EMAIL_SIZE, fact(facts, " S=").and_then(number)).succeeded();
            meaning.set_text(field::EMAIL_MESSAGE_UID, fact(facts, " id=").unwrap_or_default());
            meaning.set_text(field::PROTOCOL_NAME, fact(facts, " P=").unwrap_or_default());
            meaning.keep_text("authenticated", fact(facts, " A=").unwrap_or_default());
        }
        "=>" | "->" | ">>" | "*>" => {
            meaning.activity = email_activity::SEND;
            mail::to(&mut meaning, address.trim_end_matches(':'));
            host(&mut meaning, DESTINATION, facts);
            meaning.succeeded().keep_text("answer", between(facts, "C=\"", "\"").unwrap_or_default());
        }
        "**" | "==" => {
            meaning.activity = email_activity::SEND;
            mail::to(&mut meaning, address.trim_end_matches(':'));
            host(&mut meaning, DESTINATION, facts);
            let why = facts.rsplit_once(": ").map_or(facts, |(_, why)| why);
            if mark == "**" {
                meaning.failed(why)
            } else {
                meaning.set(field::STATUS_DETAIL, "deferred").keep_text("reason", why)
            };
        }
        _ if text == "Completed"
            || text.starts_with("Frozen")
            || text.starts_with("Unfrozen")
            || text.starts_with("removed by")
            || text.starts_with("Message is frozen") =>
        {
            meaning.set_text(field::STATUS_DETAIL, text);
        }
        _ => return rejected(text).or_else(|| connection(text)),
    }
    Some(meaning)
}

/// `H=mail.example.com (helo) [192.0.2.7]:50022`
fn host(meaning: &mut Meaning, end: Endpoint, facts: &str) {
    let Some(at) = facts.find("H=") else { return };
    let rest = facts.get(at + 2..).unwrap_or_default();
    let Some((name, after)) = rest.split_once('[') else { return };
    let name = name.split(' ').next().unwrap_or_default();
    if !name.starts_with('(') && !name.is_empty() {
        meaning.endpoint(end, name, None);
    }
    mail::peer(meaning, end, &format!("[{}", after.split([' ', ',']).next().unwrap_or_default()));
}

fn fact<'a>(facts: &'a str, key: &str) -> Option<&'a str> {
    facts.split_once(key)?.1.split(' ').next()
}

/// `dovecot_login authenticator failed for (hydra) [192.0.2.7]:35686: 535 Incorrect authentication data (set_id=eva)`
fn refused(text: &str) -> Option<Meaning> {
    let (method, rest) = text.split_once(" authenticator failed for ")?;
    let (user, rest) = match rest.rsplit_once("(set_id=") {
        Some((rest, user)) => (user.trim_end().trim_end_matches(')'), rest),
        None => ("", rest),
    };
    let mut meaning = mail::sign_in(FORMAT, user, method);
    meaning.failed("INVALID_CREDENTIALS").set(field::SERVICE_NAME, "exim");
    host(&mut meaning, SOURCE, &format!("H={rest}"));
    if let Some((_, why)) = rest.split_once("]:").and_then(|(_, rest)| rest.split_once(": ")).or_else(|| rest.split_once("]: ")) {
        meaning.keep_text("reason", why.trim());
    }
    Some(meaning)
}

/// `H=(x) [192.0.2.7]:50022 F=<a> rejected RCPT <b>: relay not permitted`
fn rejected(text: &str) -> Option<Meaning> {
    let (before, why) = text.split_once("rejected ").or_else(|| text.split_once("temporarily rejected "))?;
    if !text.contains("H=") {
        return None;
    }
    let mut meaning = Meaning::new(FORMAT, Class::EmailActivity, email_activity::RECEIVE);
    meaning.set(field::ACTION_ID, action_id::DENIED);
    host(&mut meaning, SOURCE, text);
    if let Some(from) = between(before, "F=<", ">") {
        mail::from(&mut meaning, from);
    }
    let (stage, reason) = why.split_once(": ").unwrap_or((why, ""));
    mail::to(&mut meaning, between(stage, "<", ">").unwrap_or_default());
    meaning.failed(if before.starts_with("SMTP ") { before.trim_end_matches([':', ' ']) } else { reason });
    meaning.keep_text("stage", stage.split(' ').next().unwrap_or_default());
    Some(meaning)
}

/// `SMTP connection from (x) [192.0.2.7]:53682 lost`, `SMTP call from … dropped: …`, `no host name found for IP address 192.0.2.7`
fn connection(text: &str) -> Option<Meaning> {
    let marks = [
        ("SMTP connection from ", network_activity::OPEN),
        ("SMTP call from ", network_activity::CLOSE),
        ("no host name found for IP address ", network_activity::OTHER),
        ("no IP address found for host ", network_activity::OTHER),
        ("unexpected disconnection while reading SMTP command from ", network_activity::RESET),
        ("TLS error on connection from ", network_activity::FAIL),
        ("SMTP command timeout on connection from ", network_activity::FAIL),
        ("SMTP data timeout ", network_activity::FAIL),
        ("SMTP protocol ", network_activity::REFUSE),
        ("SMTP syntax error in ", network_activity::OTHER),
        ("refused connection from ", network_activity::REFUSE),
        ("Connection from ", network_activity::REFUSE),
        ("host name alias list truncated for ", network_activity::OTHER),
    ];
    let text = text.strip_prefix("TLS error on connection from").map_or(text, |_| text);
    let (start, activity) = marks.iter().find(|(start, _)| text.starts_with(start))?;
    let rest = text.strip_prefix(start)?;
    let activity = if text.ends_with(" lost") {
        network_activity::RESET
    } else if text.contains(" closed by ") {
        network_activity::CLOSE
    } else {
        *activity
    };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    if rest.contains('[') {
        let rest = rest.split_once("H=").map_or(rest, |(_, rest)| rest);
        host(&mut meaning, SOURCE, &format!("H={rest}"));
    } else {
        meaning.endpoint(SOURCE, rest.split([' ', ';']).next().unwrap_or_default(), None);
    }
    let what =
        if activity == network_activity::OPEN { "" } else { rest.rsplit_once(": ").map_or(start.trim_end(), |(_, why)| why) };
    meaning.set_text(field::STATUS_DETAIL, what);
    Some(meaning)
}

fn own(text: &str) -> Option<Meaning> {
    let is_start = text.starts_with("exim ") && text.contains(" daemon started");
    let is_queue = text.starts_with("Start queue run: ") || text.starts_with("End queue run: ");
    if is_queue {
        return Some(super::own_log::said(FORMAT, "info"));
    }
    if !is_start {
        return None;
    }
    let mut meaning = lifecycle(FORMAT, START, "exim");
    meaning.succeeded().set_text(field::APP_VERSION, text.split(' ').nth(1).unwrap_or_default());
    Some(meaning)
}

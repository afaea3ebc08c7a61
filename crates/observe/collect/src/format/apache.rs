//! Apache's error log, of 2.2 and 2.4, and what ModSecurity writes into it.
//!
//! `[Sat Nov 21 08:30:00.123456 2026] [core:error] [pid 842:tid 7] [client 192.0.2.7:50022] AH00128: File
//! does not exist: /srv/x`. What a client did is HTTP Activity (4002) with the activity `Other`, because the
//! access log counts it; a refused password is Authentication (3002); the server's own course is
//! Application Lifecycle (6002), its other errors Application Error (6008). Message numbers:
//! `docs/log-message-tags/list` of httpd; ModSecurity 2 and 3 add `[name "value"]` behind their message.

use super::own_log::{self, RESTART, START, STOP, course, lifecycle};
use super::words::{Words, address_port, between, host_port, unescaped};
use super::{http, level};
use crate::header::{Clock, Line, number};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::ocsf::activity::{authentication, http_activity};
use vigie_model::event::ocsf::{action_id, auth_protocol_id, field, logon_type_id};
use vigie_model::event::{Class, EventSeverity};

const FORMAT: &str = "apache";

/// The brackets before a message.
#[derive(Clone, Copy, Default)]
struct Head<'a> {
    module: &'a str,
    level: &'a str,
    pid: Option<i64>,
    client: &'a str,
}

/// Reads a line of the file.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let inside = text.strip_prefix('[')?;
    let (time, rest) = match clock.ctime(inside) {
        Some((time, rest)) => (Some(time), rest.strip_prefix(']')?.trim_start()),
        None => (None, text),
    };
    let (head, message) = head(rest)?;
    let meaning = understand(&head, message);
    Some((Line { time, program: "apache2", pid: head.pid, message, ..Line::default() }, meaning))
}

/// Reads the message of a line that came over syslog.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let (head, message) = head(line.message)?;
    Some(understand(&head, message))
}

/// `[core:error] [pid 842:tid 7] [client 192.0.2.7:50022] text`
fn head(text: &str) -> Option<(Head<'_>, &str)> {
    let mut head = Head::default();
    let mut rest = text;
    while let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let (key, value) = inside.split_once(' ').unwrap_or((inside, ""));
        match key {
            "pid" => head.pid = number(value.split(':').next().unwrap_or_default()),
            "client" | "remote" => head.client = value,
            "tid" | "host" | "vhost" | "unique_id" | "log_id" => {}
            _ if head.level.is_empty() => {
                let (module, word) = key.rsplit_once(':').unwrap_or(("", key));
                // `trace1` to `trace8`
                if level::severity(word.trim_end_matches(|c: char| c.is_ascii_digit())).is_none() || !value.is_empty() {
                    return None;
                }
                (head.module, head.level) = (module, word);
            }
            _ => break,
        }
        rest = after.trim_start();
    }
    (!head.level.is_empty()).then_some((head, rest))
}

fn understand(head: &Head<'_>, message: &str) -> Meaning {
    let (text, referrer) = message.rsplit_once(", referer: ").unwrap_or((message, ""));
    // `(2)No such file or directory: AH00128: text`
    let (number, text) = text
        .split(": ")
        .next()
        .filter(|word| is_number(word))
        .map_or(("", text), |word| (word, text.get(word.len() + 2..).unwrap_or_default()));
    let mut meaning = waf(text)
        .or_else(|| refused(text))
        .or_else(|| own(text))
        .or_else(|| (!head.client.is_empty()).then(|| request(text)))
        .unwrap_or_else(|| own_log::said(FORMAT, head.level));
    if !head.client.is_empty() && matches!(meaning.class, Class::HttpActivity | Class::Authentication) {
        // Before 2.4 no port was written, and neither a module nor a process id.
        let has_port = !head.module.is_empty() || head.pid.is_some();
        let (host, port) = if has_port { address_port(head.client) } else { host_port(head.client) };
        meaning.endpoint(SOURCE, host, port);
    }
    if meaning.class == Class::HttpActivity {
        meaning.set_text(field::HTTP_REQUEST_REFERRER, referrer);
    }
    if meaning.severity.is_none()
        && let Some(severity) = level::severity(head.level)
    {
        meaning.severity(severity);
    }
    meaning.set_text(field::METADATA_LOG_LEVEL, head.level).keep_text("module", head.module);
    meaning.set_text(field::METADATA_EVENT_CODE, number);
    meaning
}

/// `AH00128`
fn is_number(word: &str) -> bool {
    word.strip_prefix("AH").is_some_and(|digits| digits.len() == 5 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `ModSecurity: Access denied with code 403 (phase 2). … [id "960015"] [msg "…"] [uri "/x"]`
fn waf(text: &str) -> Option<Meaning> {
    let rest = text.strip_prefix("ModSecurity")?.trim_start_matches([':', ' ']);
    let mut meaning = Meaning::new(FORMAT, Class::HttpActivity, http_activity::OTHER);
    let (what, _) = rest.split_once(" [file \"").unwrap_or((rest, ""));
    let is_denied = what.starts_with("Access denied");
    meaning.set(field::ACTION_ID, if is_denied { action_id::DENIED } else { action_id::OBSERVED });
    if is_denied {
        meaning.failed(what);
        meaning.set_some(field::HTTP_RESPONSE_CODE, between(what, "with code ", " ").and_then(number));
    } else {
        meaning.set_text(field::STATUS_DETAIL, what);
    }
    for part in rest.split(" [").skip(1) {
        let Some((name, value)) = part.split_once(" \"") else { continue };
        let value = value.strip_suffix("\"]").unwrap_or_else(|| value.trim_end_matches([']', '"', ' ']));
        match name {
            "id" => meaning.set_text(field::FIREWALL_RULE_UID, value),
            "msg" => meaning.set_text(field::FIREWALL_RULE_NAME, &unescaped(value)),
            "tag" if meaning.fields.text(field::FIREWALL_RULE_CATEGORY).is_none() => {
                meaning.set_text(field::FIREWALL_RULE_CATEGORY, value)
            }
            "hostname" => meaning.set_text(field::HTTP_REQUEST_URL_HOSTNAME, value),
            "uri" => meaning.set_text(field::HTTP_REQUEST_URL_PATH, value).set_text(field::HTTP_REQUEST_URL_URL_STRING, value),
            "unique_id" => meaning.set_text(field::HTTP_REQUEST_UID, value),
            "severity" => match level::severity(value) {
                Some(severity) => meaning.severity(severity),
                None => meaning.keep_text(name, value),
            },
            "file" | "line" | "tag" => &mut meaning,
            _ => meaning.keep_text(name, value),
        };
    }
    Some(meaning)
}

/// A password, user or scheme that was refused.
fn refused(text: &str) -> Option<Meaning> {
    let (user, why, path) = if let Some(rest) = text.strip_prefix("user `") {
        // mod_auth_digest
        let (user, rest) = rest.split_once("' in realm `")?;
        let (_, why) = rest.split_once('\'')?;
        let (why, path) = why.trim_start_matches([':', ' ']).rsplit_once(": ")?;
        (user, why, path)
    } else if let Some(rest) = text.strip_prefix("user ") {
        if let Some((user, rest)) = rest.rsplit_once(": authentication failure for \"") {
            let (path, why) = rest.rsplit_once("\": ").unwrap_or((rest, ""));
            (user, why, path)
        } else if let Some((user, path)) = rest.rsplit_once(" not found: ") {
            (user, "not found", path)
        } else {
            let (user, rest) = rest.rsplit_once(": authorization failure for \"")?;
            (user, "authorization failure", rest.split('"').next().unwrap_or_default())
        }
    } else {
        let rest = text
            .strip_prefix("auth_ldap authenticate: user ")
            .or_else(|| text.strip_prefix("[] auth_ldap authenticate: user "))?;
        let (user, rest) = rest.rsplit_once(" authentication failed; URI ")?;
        let (path, why) = rest.split_once(" [").unwrap_or((rest, ""));
        (user, why.trim_end_matches(']'), path)
    };
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning.failed(if why == "not found" {
        "USER_DOES_NOT_EXIST"
    } else if why == "Password Mismatch" || why == "password mismatch" {
        "INVALID_CREDENTIALS"
    } else {
        why
    });
    meaning.set(field::USER_NAME, user).set(field::SERVICE_NAME, "apache2").set(field::IS_REMOTE, true);
    meaning
        .set(field::LOGON_TYPE_ID, logon_type_id::NETWORK)
        .set(field::AUTH_PROTOCOL_ID, auth_protocol_id::BASIC_AUTHENTICATION);
    meaning.keep_text("path", path);
    Some(meaning)
}

/// The server's own course.
fn own(text: &str) -> Option<Meaning> {
    let activity = course(
        text,
        &[
            ("resuming normal operations", START),
            ("caught SIGTERM, shutting down", STOP),
            ("caught SIGWINCH, shutting down gracefully", STOP),
            ("Graceful restart requested", RESTART),
            ("SIGHUP received.", RESTART),
        ],
    )?;
    let mut meaning = lifecycle(FORMAT, activity, "apache2");
    meaning.succeeded();
    Some(meaning)
}

/// What went wrong with a request.
fn request(text: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::HttpActivity, http_activity::OTHER);
    let what = [
        "File does not exist: ",
        "client denied by server configuration: ",
        "script not found or unable to stat: ",
        "Directory index forbidden by Options directive: ",
        "Cannot serve directory ",
        "Invalid URI in request ",
    ];
    let found = what.iter().find_map(|what| Some((what, text.strip_prefix(what)?)));
    match found {
        Some((what, path)) => {
            let path = path.split(": ").next().unwrap_or(path);
            meaning.failed(what.trim_end_matches([':', ' ']));
            let mut words = Words(path);
            if *what == "Invalid URI in request " {
                meaning = with_request(path);
                meaning.failed("invalid URI");
            } else {
                meaning.set_text(field::HTTP_REQUEST_URL_PATH, words.next().unwrap_or(path));
            }
        }
        None => drop(meaning.failed(text)),
    }
    if let Some(rest) = text.split("request failed: ").nth(1) {
        meaning.keep_text("request", rest);
    }
    if text.starts_with("PHP Notice") {
        meaning.severity(EventSeverity::Low);
    }
    meaning
}

fn with_request(line: &str) -> Meaning {
    let mut meaning = http::request(FORMAT, line);
    meaning.activity = http_activity::OTHER;
    meaning
}

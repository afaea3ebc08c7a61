//! nginx's error log.
//!
//! `2026/11/21 08:30:00 [error] 842#7: *12 open() "/srv/x" failed (2: No such file or directory), client:
//! 192.0.2.7, server: www.example.com, request: "GET /x HTTP/1.1", host: "www.example.com"`. What a client
//! did is HTTP Activity (4002) with the activity `Other`, because the access log counts it; a refused password
//! is Authentication (3002); everything else Application Error (6008) or a base event. Formats:
//! `src/core/ngx_log.c`, `ngx_http_core_module.c`, `ngx_http_auth_basic_module.c`. Over syslog the time of the
//! header counts.

use super::own_log::{self, RESTART, START, STOP, course, lifecycle};
use super::words::host_port;
use super::{http, level};
use crate::header::{Clock, Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, http_activity, network_activity};
use vigie_model::event::ocsf::{auth_protocol_id, field, logon_type_id};

const FORMAT: &str = "nginx";

/// What nginx adds behind a message.
const FACTS: [&str; 9] = [
    ", server: ",
    ", request: \"",
    ", subrequest: \"",
    ", upstream: \"",
    ", host: \"",
    ", referrer: \"",
    ", bytes from/to client:",
    ", login: \"",
    ", PROXY protocol: ",
];

/// Reads a line of the file.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (time, rest) = clock.slashed(text)?;
    let (level, rest) = rest.strip_prefix(" [")?.split_once("] ")?;
    if level.contains(' ') || level.len() > 8 {
        return None;
    }
    let (pid, message) = match rest.split_once(": ") {
        Some((ids, message)) if ids.contains('#') && !ids.contains(' ') => {
            (number(ids.split('#').next().unwrap_or_default()), message)
        }
        _ => (None, rest),
    };
    let meaning = understand(level, message);
    Some((Line { time: Some(time), program: "nginx", pid, message, ..Line::default() }, meaning))
}

fn understand(level: &str, message: &str) -> Meaning {
    // `*12 `: the connection.
    let (connection, text) = match message.strip_prefix('*').and_then(|rest| rest.split_once(' ')) {
        Some((connection, text)) if number(connection).is_some() => (connection, text),
        _ => ("", message),
    };
    let (what, facts) = text.split_at_checked(facts_at(text)).unwrap_or((text, ""));
    let fact = |name: &str| {
        let value = facts.split_once(name)?.1;
        Some(if name.ends_with('"') { value.split('"').next()? } else { value.split(", ").next()? })
    };
    let client = fact(", client: ").unwrap_or_default();
    let mut meaning = refused(what)
        .or_else(|| (!client.is_empty()).then(|| exchange(what, fact(", request: \""))))
        .or_else(|| own(what))
        .unwrap_or_else(|| own_log::said(FORMAT, level));
    if let Some(severity) = level::severity(level) {
        meaning.severity(severity);
    }
    if !client.is_empty() && meaning.class != Class::ApplicationLifecycle {
        let (host, port) = host_port(client);
        meaning.endpoint(SOURCE, host, port);
    }
    if meaning.class == Class::HttpActivity {
        meaning.set_text(field::HTTP_REQUEST_URL_HOSTNAME, host_port(fact(", host: \"").unwrap_or_default()).0);
        meaning.set_text(field::HTTP_REQUEST_REFERRER, fact(", referrer: \"").unwrap_or_default());
    }
    if let Some(server) =
        fact(", server: ").filter(|_| meaning.class == Class::HttpActivity || meaning.class == Class::NetworkActivity)
    {
        let (host, port) = host_port(server);
        if host != "_" {
            meaning.endpoint(DESTINATION, host, port);
        }
    }
    meaning.keep_text("upstream", fact(", upstream: \"").unwrap_or_default());
    meaning.set_text(field::METADATA_LOG_LEVEL, level).keep_text("connection", connection);
    meaning
}

/// Where the facts begin. A stranger chooses the request, which stands behind the client, and the user of a refused
/// password, which stands before it.
fn facts_at(text: &str) -> usize {
    let client = if text.starts_with("user \"") {
        text.rfind(", request: \"").and_then(|end| text.get(..end)).unwrap_or(text).rfind(", client: ")
    } else {
        text.find(", client: ")
    };
    client.or_else(|| FACTS.iter().filter_map(|fact| text.find(fact)).min()).unwrap_or(text.len())
}

/// What went wrong with a request; one over a stream that never became a request is Network Activity.
fn exchange(what: &str, request: Option<&str>) -> Meaning {
    let mut meaning = match request {
        Some(line) => {
            let mut meaning = http::request(FORMAT, line);
            meaning.activity = http_activity::OTHER;
            meaning
        }
        None if what.contains("SSL_do_handshake()")
            || what.starts_with("connect() failed")
            || what.starts_with("recv() failed") =>
        {
            Meaning::new(FORMAT, Class::NetworkActivity, network_activity::FAIL)
        }
        None => Meaning::new(FORMAT, Class::HttpActivity, http_activity::OTHER),
    };
    meaning.failed(what);
    meaning
}

/// `user "eva": password mismatch`, `user "eva" was not found in "/etc/nginx/users"`
fn refused(what: &str) -> Option<Meaning> {
    let rest = what.strip_prefix("user \"")?;
    let (user, detail) = if let Some(user) = rest.strip_suffix("\": password mismatch") {
        (user, "INVALID_CREDENTIALS")
    } else {
        (rest.rsplit_once("\" was not found in ")?.0, "USER_DOES_NOT_EXIST")
    };
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning.failed(detail).set(field::USER_NAME, user).set(field::SERVICE_NAME, "nginx").set(field::IS_REMOTE, true);
    meaning
        .set(field::LOGON_TYPE_ID, logon_type_id::NETWORK)
        .set(field::AUTH_PROTOCOL_ID, auth_protocol_id::BASIC_AUTHENTICATION);
    Some(meaning)
}

/// The server's own course.
fn own(what: &str) -> Option<Meaning> {
    let marks = [
        ("start worker processes", START),
        ("reconfiguring", RESTART),
        ("gracefully shutting down", STOP),
        ("signal 15 (SIGTERM) received", STOP),
    ];
    let mut meaning = lifecycle(FORMAT, course(what, &marks)?, "nginx");
    meaning.succeeded();
    Some(meaning)
}

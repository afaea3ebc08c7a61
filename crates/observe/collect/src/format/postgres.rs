//! PostgreSQL: `stderr` with the usual `log_line_prefix`es, `csvlog`, syslog, and pgaudit.
//!
//! `2026-11-21 08:30:00.123 CET [842] eva@shop LOG:  connection authorized: user=eva database=shop`. The prefix is an
//! administrator's: read are `%m`, `%t`, `[%p]`, `%u@%d`, `user=…,db=…,app=…,client=…`, session numbers before the level.
//! Connections and refusals are Authentication (3002), statements and what pgaudit says Datastore Activity (6005), the
//! server's course Application Lifecycle (6002), errors Application Error (6008). Sources: `src/backend/utils/error/elog.c`
//! and `csvlog.c`, `libpq/auth.c`, `postmaster/postmaster.c`; pgaudit's README. A message of several lines comes as its
//! first line and the rest, except in `csvlog`.

use super::own_log::{self, RESTART, START, STOP, course, lifecycle};
use super::pairs;
use super::words::{between, host_port};
use crate::header::{Line, number};
use crate::meaning::{Meaning, SOURCE};
use std::borrow::Cow;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, datastore_activity, network_activity};
use vigie_model::event::ocsf::{field, logon_type_id};
use vigie_model::time::Timestamp;

const FORMAT: &str = "postgres";

/// Most fields read of a line of `csvlog`; PostgreSQL 18 writes 26.
const FIELDS_MAX: usize = 32;

/// What stands before a message.
#[derive(Clone, Copy, Default)]
struct Session<'a> {
    user: &'a str,
    database: &'a str,
    app: &'a str,
    client: &'a str,
    pid: Option<i64>,
    level: &'a str,
    code: &'a str,
}

/// The levels of PostgreSQL; `DEBUG1` to `DEBUG5` as well.
fn is_level(word: &str) -> bool {
    matches!(
        word,
        "LOG"
            | "ERROR"
            | "FATAL"
            | "PANIC"
            | "WARNING"
            | "NOTICE"
            | "INFO"
            | "STATEMENT"
            | "DETAIL"
            | "HINT"
            | "CONTEXT"
            | "QUERY"
            | "LOCATION"
    ) || word.strip_prefix("DEBUG").is_some_and(|number| number.len() == 1)
}

/// Reads what follows the time of a line of the file.
pub(super) fn read(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let (session, message) = prefixed(rest)?;
    let meaning = understand(&session, message);
    Some((Line { time: Some(time), program: "postgres", pid: session.pid, message, ..Line::default() }, meaning))
}

/// Reads the message of a line that came over syslog: `[3-1] user=eva,db=shop LOG:  text`.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.split_once("] ").filter(|(start, _)| start.starts_with('[')).map_or(line.message, |(_, rest)| rest);
    let (session, message) = prefixed(text).or_else(|| prefixed(line.message))?;
    Some(understand(&session, message))
}

/// A prefix, and what follows the level.
fn prefixed(text: &str) -> Option<(Session<'_>, &str)> {
    let mut session = Session::default();
    let mut from = 0;
    // The first word that is a level with two blanks behind its colon ends the prefix.
    let (prefix, message) = loop {
        let at = from + text.get(from..)?.find(":  ")?;
        let before = text.get(..at)?;
        let word = before.rsplit([' ', ':', ']', ',']).next().unwrap_or_default();
        if is_level(word) {
            session.level = word;
            break (before.get(..before.len() - word.len())?, text.get(at + 3..)?);
        }
        from = at + 3;
        if from > 400 {
            return None;
        }
    };
    for word in prefix.split([' ', ',']).filter(|word| !word.is_empty()) {
        prefix_word(&mut session, word);
    }
    Some((session, message.trim_start()))
}

fn prefix_word<'a>(session: &mut Session<'a>, word: &'a str) {
    let plain = word.trim_matches(['[', ']', ':', '(', ')']);
    if let Some((key, value)) = plain.split_once('=') {
        match key {
            "user" | "usr" | "u" => session.user = value,
            "db" | "database" | "d" => session.database = value,
            "app" | "application" | "a" => session.app = value,
            "client" | "host" | "h" | "r" | "remote" => session.client = value.split('(').next().unwrap_or(value),
            "pid" | "p" => session.pid = number(value),
            _ => {}
        }
    } else if let Some((user, database)) = plain.split_once('@') {
        (session.user, session.database) = (user, database);
    } else if session.pid.is_none() && (word.starts_with('[') || plain.len() == word.len()) && number(plain).is_some() {
        session.pid = number(plain);
    } else if plain.len() == 5 && plain.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        session.code = plain;
    }
}

/// A line of `csvlog`: time, user, database, pid, client, session, line, command, start, virtual and real transaction,
/// level, code, message, detail, hint, …, query, …, application.
pub(super) fn csv(text: &str, time: Timestamp) -> Option<(Line<'_>, Meaning)> {
    let fields: Vec<Cow<'_, str>> = values(text).take(FIELDS_MAX).collect();
    let get = |at: usize| fields.get(at).map(|value| &**value).unwrap_or_default();
    if !is_level(get(11)) || get(12).len() != 5 {
        return None;
    }
    let session = Session {
        user: get(1),
        database: get(2),
        app: get(22),
        client: get(4),
        pid: number(get(3)),
        level: get(11),
        code: get(12),
    };
    let message = get(13);
    let mut meaning = understand(&session, message);
    meaning.set_text(field::MESSAGE, message).keep_text("detail", get(14)).keep_text("statement", get(19));
    meaning.keep_text("session", get(5));
    Some((Line { time: Some(time), program: "postgres", pid: session.pid, message: "", ..Line::default() }, meaning))
}

/// The values of a line of comma-separated values; a quote is doubled inside quotes.
pub(super) fn values(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(quoted) = text.strip_prefix('"') else {
            let (value, after) = text.split_once(',').map_or((text, None), |(value, after)| (value, Some(after)));
            rest = after;
            return Some(Cow::Borrowed(value));
        };
        let mut end = 0;
        while let Some(at) = quoted.get(end..).and_then(|rest| rest.find('"')) {
            end += at;
            if quoted.as_bytes().get(end + 1) != Some(&b'"') {
                break;
            }
            end += 2;
        }
        let (value, after) =
            quoted.split_at_checked(end).filter(|_| quoted.as_bytes().get(end) == Some(&b'"')).unwrap_or((quoted, ""));
        rest = after.strip_prefix("\",");
        Some(if value.contains("\"\"") { Cow::Owned(value.replace("\"\"", "\"")) } else { Cow::Borrowed(value) })
    })
}

fn understand(session: &Session<'_>, text: &str) -> Meaning {
    let mut meaning = audited(text)
        .or_else(|| signed_in(text))
        .or_else(|| connection(text))
        .or_else(|| statement(session, text))
        .or_else(|| own(text))
        .unwrap_or_else(|| own_log::said(FORMAT, if session.level.starts_with("DEBUG") { "DEBUG" } else { session.level }));
    match meaning.class {
        Class::Authentication => {
            if meaning.fields.text(field::USER_NAME).is_none() {
                meaning.set_text(field::USER_NAME, known(session.user));
            }
        }
        Class::DatastoreActivity => {
            meaning.set_text(field::ACTOR_USER_NAME, known(session.user)).set_text(field::DATABASE_NAME, known(session.database));
            meaning.set_text(field::ACTOR_APP_NAME, known(session.app));
        }
        Class::ApplicationLifecycle | Class::NetworkActivity => {}
        _ => drop(meaning.keep_text("user", known(session.user)).keep_text("database", known(session.database))),
    }
    if matches!(meaning.class, Class::Authentication | Class::DatastoreActivity)
        && meaning.fields.text(field::SRC_ENDPOINT_IP).is_none()
        && !matches!(session.client, "" | "[local]")
    {
        let (host, port) = host_port(session.client);
        meaning.endpoint(SOURCE, host, port);
    }
    meaning
        .set_text(field::METADATA_LOG_LEVEL, session.level)
        .set_text(field::STATUS_CODE, session.code.trim_start_matches("00000"));
    meaning
}

fn known(value: &str) -> &str {
    if value == "[unknown]" { "" } else { value }
}

/// `AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.account,select * from account,<none>`
fn audited(text: &str) -> Option<Meaning> {
    let mut fields = values(text.strip_prefix("AUDIT: ")?);
    let kind = fields.next()?;
    let (statement, _sub) = (fields.next()?, fields.next()?);
    let (class, command) = (fields.next()?, fields.next()?);
    let (object_type, object) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    let query = fields.next().unwrap_or_default();
    let activity = match (&*class, command.split(' ').next().unwrap_or_default()) {
        ("READ", _) => datastore_activity::READ,
        (_, "DELETE" | "DROP" | "TRUNCATE") => datastore_activity::DELETE,
        (_, "UPDATE" | "ALTER") => datastore_activity::UPDATE,
        (_, "CREATE") => datastore_activity::CREATE,
        ("WRITE", _) => datastore_activity::WRITE,
        _ => datastore_activity::QUERY,
    };
    let mut meaning = Meaning::new(FORMAT, Class::DatastoreActivity, activity);
    meaning.set_text(field::QUERY_INFO_QUERY_STRING, &query).set_text(field::QUERY_INFO_NAME, &command);
    if matches!(&*object_type, "TABLE" | "VIEW" | "FOREIGN TABLE" | "MATERIALIZED VIEW") {
        meaning.set_text(field::TABLE_NAME, &object);
    } else {
        meaning.keep_text("object", &object);
    }
    meaning
        .keep("audit", &*kind)
        .keep("audit_class", &*class)
        .keep_text("object_type", &object_type)
        .keep("statement_id", &*statement);
    Some(meaning)
}

/// Who came in, and who did not.
fn signed_in(text: &str) -> Option<Meaning> {
    if let Some(facts) =
        text.strip_prefix("connection authorized: ").or_else(|| text.strip_prefix("replication connection authorized: "))
    {
        let mut meaning = tried("");
        meaning.succeeded();
        for (key, value) in pairs(facts) {
            match key {
                "user" => meaning.set_text(field::USER_NAME, value),
                "application_name" | "database" => meaning.keep_text(key, value),
                "protocol" => meaning.keep_text("tls", value),
                _ => &mut meaning,
            };
        }
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("connection authenticated: ") {
        let mut meaning =
            tried(between(rest, "identity=\"", "\"").or_else(|| between(rest, "user=\"", "\"")).unwrap_or_default());
        meaning.activity = authentication::PREAUTH;
        meaning.succeeded().set_text(field::AUTH_PROTOCOL, between(rest, "method=", " ").unwrap_or_default());
        return Some(meaning);
    }
    if let Some((method, user)) = text.split_once(" authentication failed for user \"") {
        let mut meaning = tried(user.rsplit_once('"').map_or(user, |(user, _)| user));
        meaning.failed("INVALID_CREDENTIALS").set(field::AUTH_PROTOCOL, method);
        return Some(meaning);
    }
    if let Some(rest) =
        text.strip_prefix("no pg_hba.conf entry for ").or_else(|| text.strip_prefix("pg_hba.conf rejects connection for "))
    {
        let rest = rest.strip_prefix("replication connection from ").unwrap_or(rest);
        let mut meaning = tried(between(rest, "user \"", "\"").unwrap_or_default());
        meaning
            .failed("not allowed by pg_hba.conf")
            .keep_text("database", between(rest, "database \"", "\"").unwrap_or_default());
        let host = between(rest, "host \"", "\"").unwrap_or_default();
        if host != "[local]" {
            meaning.endpoint(SOURCE, host, None);
        }
        return Some(meaning);
    }
    let (start, why) = [("role \"", "\" does not exist"), ("role \"", "\" is not permitted to log in")]
        .into_iter()
        .find(|(start, end)| text.starts_with(start) && text.ends_with(end))?;
    let mut meaning = tried(text.strip_prefix(start)?.strip_suffix(why)?);
    meaning.failed(if why.ends_with("exist") { "USER_DOES_NOT_EXIST" } else { "not permitted to log in" });
    Some(meaning)
}

fn tried(user: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning
        .set_text(field::USER_NAME, user)
        .set(field::SERVICE_NAME, "postgres")
        .set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    meaning
}

/// `connection received: host=192.0.2.7 port=50022`, `disconnection: session time: 0:00:01.5 user=eva database=shop host=…`
fn connection(text: &str) -> Option<Meaning> {
    let (facts, mut meaning) = if let Some(facts) = text.strip_prefix("connection received: ") {
        (facts, Meaning::new(FORMAT, Class::NetworkActivity, network_activity::OPEN))
    } else {
        let facts = text.strip_prefix("disconnection: ")?;
        let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGOFF);
        meaning.succeeded().set(field::SERVICE_NAME, "postgres");
        (facts, meaning)
    };
    let (mut host, mut port) = ("", None);
    for (key, value) in pairs(facts) {
        match key {
            "host" => host = value,
            "port" => port = number(value),
            "user" if meaning.class == Class::Authentication => drop(meaning.set_text(field::USER_NAME, value)),
            _ => drop(meaning.keep_text(key, value)),
        }
    }
    if host != "[local]" {
        meaning.endpoint(SOURCE, host, port);
    }
    Some(meaning)
}

/// `duration: 1.234 ms  statement: select 1`, `statement: select 1`, `execute <unnamed>: select 1`
fn statement(session: &Session<'_>, text: &str) -> Option<Meaning> {
    let (duration, rest) = match text.strip_prefix("duration: ").and_then(|rest| rest.split_once(" ms")) {
        Some((duration, rest)) => (duration, rest.trim_start()),
        None => ("", text),
    };
    let query = if session.level == "STATEMENT" {
        rest
    } else if let Some(query) = rest.strip_prefix("statement: ") {
        query
    } else if let Some((kind, query)) = rest.split_once(": ")
        && (kind.starts_with("execute ") || kind.starts_with("parse ") || kind.starts_with("bind "))
    {
        query
    } else if !duration.is_empty() {
        ""
    } else {
        return None;
    };
    let mut meaning = Meaning::new(FORMAT, Class::DatastoreActivity, activity_of(query));
    meaning.set_text(field::QUERY_INFO_QUERY_STRING, query);
    meaning.set_some(field::QUERY_INFO_QUERY_TIME, super::http::seconds(duration).map(|thousand| thousand / 1000));
    if session.level == "STATEMENT" {
        // The error before it says what went wrong.
        meaning.activity = datastore_activity::OTHER;
        meaning.failed("");
    }
    Some(meaning)
}

/// What a statement of SQL does, by its first word.
pub(super) fn activity_of(query: &str) -> u8 {
    let word = query.trim_start().split([' ', '\n', '\t', ';', '(']).next().unwrap_or_default();
    let is = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is(&["select", "show", "with", "table", "fetch", "describe"]) {
        datastore_activity::READ
    } else if is(&["insert", "copy", "replace", "load"]) {
        datastore_activity::WRITE
    } else if is(&["update", "alter", "merge"]) {
        datastore_activity::UPDATE
    } else if is(&["delete", "drop", "truncate"]) {
        datastore_activity::DELETE
    } else if is(&["create"]) {
        datastore_activity::CREATE
    } else {
        datastore_activity::QUERY
    }
}

/// The server's own course.
fn own(text: &str) -> Option<Meaning> {
    let marks = [
        ("database system is ready to accept", START),
        ("database system is shut down", STOP),
        ("received SIGHUP, reloading configuration", RESTART),
        ("received fast shutdown request", STOP),
        ("received smart shutdown request", STOP),
        ("received immediate shutdown request", STOP),
    ];
    let mut meaning = lifecycle(FORMAT, course(text, &marks)?, "postgres");
    meaning.succeeded().set_text(field::STATUS_DETAIL, text);
    Some(meaning)
}

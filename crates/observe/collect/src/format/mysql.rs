//! MySQL and MariaDB: error log, general log, MariaDB's `server_audit`.
//!
//! `2026-11-21T08:30:00.123456Z 12 [Note] [MY-010926] [Server] Access denied for user 'eva'@'192.0.2.7' (using
//! password: YES)` of MySQL 5.7 and 8, `2026-11-21  8:30:00 12 [Warning] …` of MariaDB, `261121  8:30:00 [Note] …` before.
//! Refused sign-ins are Authentication (3002), statements Datastore Activity (6005), the server's course Application
//! Lifecycle (6002). Sources: `sql/log.cc`, `sql/auth/sql_authentication.cc`, `plugin/server_audit/server_audit.c`. The slow
//! log, whose records are of several lines, is kept line by line.

use super::own_log::{self, START, STOP, course, lifecycle};
use super::postgres::activity_of;
use super::words::between;
use crate::header::{Civil, Clock, Line, LocalTime, number};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, datastore_activity};
use vigie_model::event::ocsf::{field, logon_type_id};
use vigie_model::time::Timestamp;

const FORMAT: &str = "mysql";

/// Reads a line of the file that begins with an ISO date.
fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    if text.get(10..12) == Some("  ") {
        return read_padded(text, clock);
    }
    let (time, rest) = clock.iso(text)?;
    entry(rest, Some(time))
}

/// Reads a line of MariaDB, which pads the hour with a blank: `2026-11-21  8:30:00 12 [Warning] …`.
pub(super) fn read_padded<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (time, _) = clock.iso(&format!("{} 0{}", text.get(..10)?, text.get(12..19)?))?;
    entry(text.get(19..)?, Some(time))
}

/// Reads a line that begins with a date of six digits: `261121  8:30:00 [Note] …`.
pub(super) fn read_old<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (date, rest) = text.split_at_checked(6)?;
    let part = |from: usize| date.get(from..from + 2);
    let hour = rest.trim_start().split(':').next()?;
    let clock_text = if hour.len() == 1 { format!("0{}", rest.trim_start()) } else { rest.trim_start().to_owned() };
    let iso = format!("20{}-{}-{} {}", part(0)?, part(2)?, part(4)?, clock_text.get(..8)?);
    let (time, _) = clock.iso(&iso)?;
    let clock_at = rest.len() - rest.trim_start().len();
    let after = rest.get(clock_at..)?.split_once([' ', '\t']).map(|(clock, _)| clock_at + clock.len())?;
    if rest.as_bytes().get(after) == Some(&b'\t') {
        return entry(rest.get(after..)?, Some(time));
    }
    let at = rest.find(" [").or_else(|| rest.find(" InnoDB:"))?;
    entry(rest.get(at..)?, Some(time))
}

/// Reads the message of a line that came over syslog.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message;
    if let Some(meaning) = audited(text) {
        return Some(meaning);
    }
    let mut local = LocalTime::new(jiff::tz::TimeZone::UTC);
    let mut clock = Clock::new(Timestamp::EPOCH, &mut local);
    read(text, &mut clock).or_else(|| read_old(text, &mut clock)).or_else(|| entry(text, None)).map(|(_, meaning)| meaning)
}

/// Reads what follows the time: ` 12 [Note] [MY-010926] [Server] text`, ` 12 Query\tselect 1`.
pub(super) fn entry(text: &str, time: Option<Timestamp>) -> Option<(Line<'_>, Meaning)> {
    let text = text.trim_start();
    let (thread, rest) = match text.split_once([' ', '\t']) {
        Some((thread, rest)) if number(thread).is_some() => (thread, rest.trim_start()),
        _ => ("", text),
    };
    let line = |message, meaning| Some((Line { time, program: "mysqld", message, ..Line::default() }, meaning));
    let Some((level, mut message)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        let meaning = general(rest).filter(|_| !thread.is_empty())?;
        return line(rest, meaning);
    };
    let word = if level == "ERROR" { "error" } else { level };
    super::level::severity(word)?;
    let mut code = "";
    while let Some((tag, after)) = message.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        if tag.starts_with("MY-") {
            code = tag;
        }
        message = after;
    }
    let message = message.trim_start();
    let mut meaning = understand(word, message);
    meaning.set_text(field::METADATA_LOG_LEVEL, level).set_text(field::METADATA_EVENT_CODE, code).keep_text("thread", thread);
    line(message, meaning)
}

fn understand(level: &str, text: &str) -> Meaning {
    refused(text).or_else(|| own(text)).unwrap_or_else(|| own_log::said(FORMAT, level))
}

/// `Access denied for user 'eva'@'192.0.2.7' (using password: YES)`, `Aborted connection 12 to db: 'shop' user: 'eva' host: …`
fn refused(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning.set(field::SERVICE_NAME, "mysqld").set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    if let Some(at) = text.find("Access denied for user '") {
        let rest = text.get(at + 24..)?;
        let (user, rest) = rest.split_once("'@'")?;
        let host = rest.split('\'').next().unwrap_or_default();
        meaning.set(field::USER_NAME, user).failed("INVALID_CREDENTIALS").endpoint(SOURCE, host, None);
        if rest.contains("using password: NO") {
            meaning.keep("password", "none");
        }
        return Some(meaning);
    }
    if let Some(host) =
        between(text, "Host '", "' is ").filter(|_| text.contains("not allowed to connect") || text.contains("is blocked"))
    {
        meaning.failed("host not allowed").endpoint(SOURCE, host, None);
        return Some(meaning);
    }
    let rest = text.strip_prefix("Aborted connection ")?;
    let user = between(rest, "user: '", "'")?;
    meaning.activity = if user == "unauthenticated" { authentication::PREAUTH } else { authentication::LOGOFF };
    meaning
        .endpoint(SOURCE, between(rest, "host: '", "'").unwrap_or_default(), None)
        .keep_text("database", between(rest, "db: '", "'").unwrap_or_default());
    if user != "unauthenticated" {
        meaning.set_text(field::USER_NAME, user);
    }
    meaning.failed(between(rest, "' (", ")").unwrap_or("aborted"));
    Some(meaning)
}

/// The server's own course.
fn own(text: &str) -> Option<Meaning> {
    let marks = [
        ("ready for connections", START),
        ("Shutdown complete", STOP),
        ("Normal shutdown", STOP),
        ("Received SHUTDOWN from user", STOP),
    ];
    let activity = course(text, &marks)?;
    let mut meaning = lifecycle(FORMAT, activity, "mysqld");
    meaning.succeeded().set_text(
        field::APP_VERSION,
        between(text, "Version: '", "'").or_else(|| between(text, "(mysqld ", ")")).unwrap_or_default(),
    );
    Some(meaning)
}

/// The general log: `Connect\teva@192.0.2.7 on shop using TCP/IP`, `Query\tselect 1`, `Quit\t`. Words of the commands as in
/// `sql/sql_parse.cc`.
fn general(text: &str) -> Option<Meaning> {
    let (command, rest) = text.split_once('\t').unwrap_or((text.trim_end(), ""));
    match command {
        "Connect" | "Change user" => {
            let (who, rest) = rest.split_once(" on ").unwrap_or((rest, ""));
            if let Some(meaning) = refused(who) {
                return Some(meaning);
            }
            let (user, host) = who.split(" as ").next().unwrap_or(who).rsplit_once('@')?;
            let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::OTHER);
            meaning.set(field::SERVICE_NAME, "mysqld").set_text(field::USER_NAME, user).endpoint(SOURCE, host, None);
            meaning.keep_text("database", rest.split(' ').next().unwrap_or_default());
            Some(meaning)
        }
        "Query" | "Execute" | "Prepare" | "Init DB" | "Field List" | "Create DB" | "Drop DB" => {
            let activity = match command {
                "Create DB" => datastore_activity::CREATE,
                "Drop DB" => datastore_activity::DELETE,
                _ => activity_of(rest),
            };
            let mut meaning = Meaning::new(FORMAT, Class::DatastoreActivity, activity);
            meaning.set_text(field::QUERY_INFO_QUERY_STRING, rest).keep("command", command);
            Some(meaning)
        }
        "Quit" => {
            let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGOFF);
            meaning.set(field::SERVICE_NAME, "mysqld").succeeded();
            Some(meaning)
        }
        "Close stmt" | "Reset stmt" | "Long Data" | "Fetch" | "Ping" | "Statistics" | "Processlist" | "Kill" | "Refresh"
        | "Shutdown" | "Set option" | "Debug" | "Reset Connection" | "Register Slave" | "Register Replica" | "Binlog Dump"
        | "Binlog Dump GTID" | "Table Dump" | "Clone" => {
            let mut meaning = Meaning::new(FORMAT, Class::DatastoreActivity, datastore_activity::OTHER);
            meaning.keep("command", command).keep_text("argument", rest.trim());
            Some(meaning)
        }
        _ => None,
    }
}

/// Reads a line of MariaDB's `server_audit`: `20261121 08:30:00,db-1,eva,192.0.2.7,12,34,QUERY,shop,'select 1',0`.
pub(super) fn read_audit<'a>(text: &'a str, local: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (date, rest) = text.split_at_checked(8)?;
    let (clock, rest) = rest.strip_prefix(' ')?.split_once(',')?;
    let iso = format!("{}-{}-{} {clock}", date.get(..4)?, date.get(4..6)?, date.get(6..8)?);
    Civil::read_iso(&iso)?;
    let (time, _) = local.iso(&iso)?;
    let (host, _) = rest.split_once(',')?;
    let meaning = audited(rest)?;
    Some((Line { time: Some(time), host: Some(host), program: "mysqld", message: rest, ..Line::default() }, meaning))
}

/// `db-1,eva,192.0.2.7,12,34,QUERY,shop,'select 1',0`
fn audited(text: &str) -> Option<Meaning> {
    let mut fields = text.splitn(7, ',');
    let (_server, user, host) = (fields.next()?, fields.next()?, fields.next()?);
    let (connection, query_id, operation) = (number(fields.next()?)?, number(fields.next()?)?, fields.next()?);
    let (database, rest) = fields.next()?.split_once(',')?;
    let (object, code) = rest.rsplit_once(',').unwrap_or((rest, ""));
    let object = object.strip_prefix('\'').map_or(object, |object| object.strip_suffix('\'').unwrap_or(object));
    let is_query = operation.starts_with("QUERY");
    let mut meaning = match operation {
        "CONNECT" | "FAILED_CONNECT" | "DISCONNECT" => {
            let activity = if operation == "DISCONNECT" { authentication::LOGOFF } else { authentication::LOGON };
            let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
            meaning.set_text(field::USER_NAME, user).set(field::SERVICE_NAME, "mysqld").keep_text("database", database);
            meaning
        }
        "READ" | "WRITE" | "CREATE" | "ALTER" | "DROP" | "RENAME" => {
            let activity = match operation {
                "READ" => datastore_activity::READ,
                "WRITE" => datastore_activity::WRITE,
                "CREATE" => datastore_activity::CREATE,
                "DROP" => datastore_activity::DELETE,
                _ => datastore_activity::UPDATE,
            };
            let mut meaning = Meaning::new(FORMAT, Class::DatastoreActivity, activity);
            meaning.set_text(field::TABLE_NAME, object);
            meaning
        }
        _ if is_query => {
            let mut meaning = Meaning::new(FORMAT, Class::DatastoreActivity, activity_of(object));
            meaning.set_text(field::QUERY_INFO_QUERY_STRING, object);
            meaning
        }
        _ => return None,
    };
    meaning.endpoint(SOURCE, host, None);
    if meaning.class == Class::DatastoreActivity {
        meaning.set_text(field::ACTOR_USER_NAME, user).set_text(field::DATABASE_NAME, database);
    }
    let is_bad = operation == "FAILED_CONNECT" || !matches!(code, "0" | "");
    if is_bad {
        meaning.failed("")
    } else {
        meaning.succeeded()
    };
    if code != "0" {
        meaning.set_text(field::STATUS_CODE, code);
    }
    meaning.keep("connection", connection.to_string()).keep("query_id", query_id.to_string());
    Some(meaning)
}

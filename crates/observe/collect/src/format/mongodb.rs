//! MongoDB's text log, of versions 2.6 to 4.2 (from 4.4 on it is JSON).
//!
//! `2026-11-21T08:30:00.123+0000 I ACCESS   [conn12] Successfully authenticated as principal eva on admin`: time, severity,
//! component, thread, text (`src/mongo/logger/message_event_utf8_encoder.cpp`). Sign-ins are Authentication (3002),
//! connections Network Activity (4001), commands Datastore Activity (6005).

use super::own_log::{self, START, STOP, course, lifecycle};
use super::words::{between, host_port};
use crate::header::{Line, number};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, datastore_activity, network_activity};
use vigie_model::event::ocsf::field;
use vigie_model::time::Timestamp;

const FORMAT: &str = "mongodb";

/// Reads what follows the time of a line of the file.
pub(super) fn read(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let rest = rest.strip_prefix(' ')?;
    let (severity, rest) = rest.split_once(' ')?;
    let level = match severity {
        "D" | "D1" | "D2" | "D3" | "D4" | "D5" => "debug",
        "I" => "info",
        "W" => "warning",
        "E" => "error",
        "F" => "fatal",
        _ => return None,
    };
    let (component, rest) = rest.split_once(" [")?;
    let component = component.trim();
    let (thread, message) = rest.split_once("] ")?;
    if component != "-" && !component.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') {
        return None;
    }
    let mut meaning = understand(component, level, message);
    meaning.set_text(field::METADATA_LOG_NAME, super::words::given(component)).keep("thread", thread);
    Some((Line { time: Some(time), program: "mongod", message, ..Line::default() }, meaning))
}

fn understand(component: &str, level: &str, text: &str) -> Meaning {
    signed_in(text)
        .or_else(|| connection(text))
        .or_else(|| command(component, text))
        .or_else(|| {
            let marks = [
                ("MongoDB starting", START),
                ("waiting for connections on port", START),
                ("shutting down with code", STOP),
                ("dbexit:", STOP),
            ];
            let mut meaning = lifecycle(FORMAT, course(text, &marks)?, "mongod");
            meaning.succeeded();
            Some(meaning)
        })
        .unwrap_or_else(|| own_log::said(FORMAT, level))
}

/// `SASL SCRAM-SHA-1 authentication failed for eva on admin from client 192.0.2.7:50022 ; AuthenticationFailed: …`
fn signed_in(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    let who = if let Some(rest) = text.strip_prefix("Successfully authenticated as principal ") {
        meaning.succeeded();
        rest
    } else {
        let (method, rest) = text.split_once(" authentication failed for ")?;
        meaning.failed("INVALID_CREDENTIALS").set_text(field::AUTH_PROTOCOL, method.trim_start_matches("SASL "));
        rest
    };
    let (user, rest) = who.split_once(" on ").unwrap_or((who, ""));
    let (database, from) = rest.split_once(" from client ").unwrap_or((rest, ""));
    let (host, port) = host_port(from.split(' ').next().unwrap_or_default());
    meaning.set_text(field::USER_NAME, user).set(field::SERVICE_NAME, "mongod").keep_text("database", database);
    meaning.endpoint(SOURCE, host, port);
    Some(meaning)
}

/// `connection accepted from 192.0.2.7:50022 #12 (3 connections now open)`, `end connection 192.0.2.7:50022 (…)`
fn connection(text: &str) -> Option<Meaning> {
    let (rest, activity) = match text.strip_prefix("connection accepted from ") {
        Some(rest) => (rest, network_activity::OPEN),
        None => (
            text.strip_prefix("end connection ").or_else(|| text.strip_prefix("received client metadata from "))?,
            network_activity::CLOSE,
        ),
    };
    let activity = if text.starts_with("received") { network_activity::OTHER } else { activity };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    let (host, port) = host_port(rest.split(' ').next().unwrap_or_default());
    meaning.endpoint(SOURCE, host, port);
    Some(meaning)
}

/// `command shop.orders command: find { … } … 123ms`
fn command(component: &str, text: &str) -> Option<Meaning> {
    if !matches!(component, "COMMAND" | "QUERY" | "WRITE") {
        return None;
    }
    let (operation, rest) = text.split_once(' ')?;
    let activity = match operation {
        "query" | "getmore" => datastore_activity::READ,
        "insert" => datastore_activity::WRITE,
        "update" => datastore_activity::UPDATE,
        "remove" => datastore_activity::DELETE,
        "command" => match between(rest, "command: ", " ").unwrap_or_default() {
            "find" | "aggregate" | "count" | "distinct" | "getMore" => datastore_activity::READ,
            "insert" => datastore_activity::WRITE,
            "update" | "findAndModify" => datastore_activity::UPDATE,
            "delete" | "drop" | "dropDatabase" => datastore_activity::DELETE,
            "create" | "createIndexes" => datastore_activity::CREATE,
            _ => datastore_activity::QUERY,
        },
        "CMD:" => datastore_activity::OTHER,
        _ => return None,
    };
    let mut meaning = Meaning::new(FORMAT, Class::DatastoreActivity, activity);
    let place = rest.split(' ').next().unwrap_or_default();
    let (database, table) = place.split_once('.').unwrap_or((place, ""));
    meaning.set_text(field::DATABASE_NAME, database).set_text(field::TABLE_NAME, table);
    meaning.set_text(field::QUERY_INFO_QUERY_STRING, rest.split_once(' ').map_or("", |(_, query)| query));
    meaning.set_some(field::QUERY_INFO_QUERY_TIME, rest.rsplit(' ').next().and_then(|word| number(word.strip_suffix("ms")?)));
    Some(meaning)
}

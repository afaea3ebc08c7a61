//! SQL Server's `ERRORLOG`.
//!
//! `2026-11-21 08:30:00.22 Logon       Login failed for user 'eva'. Reason: … [CLIENT: 192.0.2.7]`: time, source, text. Sign-ins
//! are Authentication (3002), the server's course Application Lifecycle (6002), `Error: n, Severity: n` Application Error
//! (6008).

use super::own_log::{self, START, STOP, course, lifecycle};
use super::words::between;
use crate::header::{Line, number};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::ocsf::activity::authentication;
use vigie_model::event::ocsf::{field, logon_type_id};
use vigie_model::event::{Class, EventSeverity};
use vigie_model::time::Timestamp;

const FORMAT: &str = "sqlserver";

/// Reads what follows the time of a line of the file.
pub(super) fn read(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let (source, message) = rest.strip_prefix(' ')?.split_once("  ")?;
    let is_source = matches!(source, "Logon" | "Server" | "Backup")
        || source.strip_prefix("spid").is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    if !is_source {
        return None;
    }
    let message = message.trim_start();
    let mut meaning = understand(message);
    meaning.keep("source", source);
    Some((Line { time: Some(time), program: "sqlservr", message, ..Line::default() }, meaning))
}

fn understand(text: &str) -> Meaning {
    signed_in(text).or_else(|| error(text)).or_else(|| own(text)).unwrap_or_else(|| own_log::said(FORMAT, "info"))
}

/// `Login succeeded for user 'eva'. Connection made using Windows authentication. [CLIENT: <local machine>]`
fn signed_in(text: &str) -> Option<Meaning> {
    let (is_in, rest) = if let Some(rest) = text.strip_prefix("Login succeeded for user ") {
        (true, rest)
    } else {
        (false, text.strip_prefix("Login failed for user ")?)
    };
    let user = rest.strip_prefix('\'')?;
    let (user, rest) = user.split_once("'.").unwrap_or((user, ""));
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning.set(field::USER_NAME, user).set(field::SERVICE_NAME, "sqlservr").set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    let (why, client) = rest.rsplit_once("[CLIENT: ").unwrap_or((rest, ""));
    let client = client.trim_end_matches(']');
    if !client.starts_with('<') {
        meaning.endpoint(SOURCE, client, None);
    }
    if is_in {
        meaning.succeeded();
        meaning.set_text(field::AUTH_PROTOCOL, between(why, "Connection made using ", " authentication").unwrap_or_default());
    } else {
        meaning.failed(why.trim().trim_start_matches("Reason: ").trim_end_matches('.'));
    }
    Some(meaning)
}

/// `Error: 18456, Severity: 14, State: 8.`
fn error(text: &str) -> Option<Meaning> {
    let (code, rest) = text.strip_prefix("Error: ")?.split_once(", Severity: ")?;
    let (severity, state) = rest.split_once(", State: ")?;
    let mut meaning = own_log::said(FORMAT, "error");
    // From 20 on the connection or the database is lost.
    meaning.severity(if number(severity)? >= 20 { EventSeverity::Critical } else { EventSeverity::High });
    meaning.set_text(field::METADATA_EVENT_CODE, code).keep("severity", severity).keep("state", state.trim_end_matches('.'));
    Some(meaning)
}

fn own(text: &str) -> Option<Meaning> {
    let marks = [
        ("SQL Server is now ready for client connections", START),
        ("SQL Server is terminating", STOP),
        ("SQL Trace was stopped due to server shutdown", STOP),
    ];
    let mut meaning = lifecycle(FORMAT, course(text, &marks)?, "sqlservr");
    meaning.succeeded();
    Some(meaning)
}

//! Redis and Valkey: the server's own log.
//!
//! `842:M 21 Nov 2026 08:30:00.123 * Ready to accept connections`, where `M` is the role and `.`, `-`, `*`, `#` the level from
//! debug to warning (`src/server.c`, `serverLogRaw`). Its course is Application Lifecycle (6002), clients Network Activity
//! (4001), possible attacks Detection Finding's material but no finding: Network Activity that was refused. Versions before 3
//! write `[842] 21 Nov 08:30:00 * text`.

use super::own_log::{self, START, STOP, course, lifecycle};
use super::words::host_port;
use crate::header::{Clock, Line, number};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "redis";

/// Reads a line of the file.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (pid, role, rest) = match text.strip_prefix('[') {
        Some(rest) => {
            let (pid, rest) = rest.split_once("] ")?;
            (pid, "", rest)
        }
        None => {
            let (pid, rest) = text.split_once(':')?;
            let (role, rest) = rest.split_once(' ')?;
            (pid, role, rest)
        }
    };
    let pid = number(pid)?;
    if !matches!(role, "" | "M" | "S" | "C" | "X" | "signal-handler") {
        return None;
    }
    let (time, rest) = clock.day_first(rest)?;
    let (mark, message) = rest.strip_prefix(' ')?.split_once(' ')?;
    let level = match mark {
        "." => "debug",
        "-" => "info",
        "*" => "notice",
        "#" => "warning",
        _ => return None,
    };
    let mut meaning = understand(level, message);
    meaning.keep_text("role", role);
    Some((Line { time: Some(time), program: "redis", pid: Some(pid), message, ..Line::default() }, meaning))
}

fn understand(level: &str, text: &str) -> Meaning {
    if let Some(rest) = text.strip_prefix("Accepted ") {
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::OPEN);
        let (host, port) = host_port(rest);
        meaning.endpoint(SOURCE, host, port);
        return meaning;
    }
    if text.contains("Possible SECURITY ATTACK detected") {
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::REFUSE);
        meaning.failed("a request of another protocol").severity(vigie_model::event::EventSeverity::High);
        if let Some((_, rest)) = text.split_once("Connection from ") {
            let (host, port) = host_port(rest.split(' ').next().unwrap_or_default());
            meaning.endpoint(SOURCE, host, port);
        }
        return meaning;
    }
    let marks = [
        ("eady to accept connections", START),
        ("now ready to exit", STOP),
        ("User requested shutdown", STOP),
        ("Received SIGTERM", STOP),
        ("Server initialized", START),
    ];
    if let Some(activity) = course(text, &marks) {
        let mut meaning = lifecycle(FORMAT, activity, "redis");
        meaning.succeeded().set_text(field::STATUS_DETAIL, text);
        return meaning;
    }
    own_log::said(FORMAT, level)
}

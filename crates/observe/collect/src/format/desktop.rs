//! What holds a Linux machine together beside systemd: NetworkManager, polkit, D-Bus, firewalld, time servers.
//!
//! polkit's decisions are Authorize-like and become Authentication (3002, Account Switch) or Process Activity (1007, pkexec);
//! D-Bus starts services (Application Lifecycle 6002) and refuses calls (API Activity 6003); clocks are NTP Activity (4013).
//! Sources: NetworkManager's `src/libnm-log-core`, `nm-audit-manager.c`, polkit's `polkitbackendinteractiveauthority.c` and
//! `pkexec.c`, dbus' `bus/activation.c` and `bus/bus.c`, chrony's `reference.c` and `sources.c`, `timesyncd-manager.c`, `ntpd`.

use super::own_log::{self, START, STOP, course, lifecycle};
use super::pairs;
use super::words::{between, host_port};
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{api_activity, authentication, ntp_activity, process_activity};
use vigie_model::event::ocsf::{account_switch_type_id, field};

/// Reads a message.
pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    match program {
        "NetworkManager" => network_manager(text),
        "polkitd" | "polkit" => polkit(text),
        "pkexec" => pkexec(text),
        "dbus" | "dbus-daemon" | "dbus-broker-launch" => dbus(text),
        "firewalld" => firewalld(text),
        _ => clock(program, text),
    }
}

/// `<warn>  [1795249800.1234] device (eth0): …`, `audit: op="connection-update" … result="success"`
fn network_manager(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "network-manager";
    let (level, rest) = text.strip_prefix('<')?.split_once('>')?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(rest, |(_, rest)| rest);
    let mut meaning = own_log::said(FORMAT, level);
    meaning.set_text(field::MESSAGE, rest);
    if let Some(facts) = rest.strip_prefix("audit: ") {
        for (key, value) in pairs(facts) {
            match key {
                "result" if value == "success" => meaning.succeeded(),
                "result" => meaning.failed(between(facts, "reason=\"", "\"").unwrap_or_default()),
                "uid" => meaning.set_text(field::ACTOR_USER_UID, value),
                "pid" => meaning.set_some(field::ACTOR_PROCESS_PID, number(value)),
                _ => meaning.keep_text(key, value),
            };
        }
    }
    Some(meaning)
}

/// `2026-11-21 08:30:00 ERROR: ZONE_ALREADY_SET`, `ERROR: '/sbin/iptables …' failed: …`
fn firewalld(text: &str) -> Option<Meaning> {
    let text = crate::header::Civil::read_iso(text).map_or(text, |(_, rest)| rest.trim_start());
    let (level, rest) = text.split_once(": ")?;
    super::level::severity(level)?;
    let mut meaning = own_log::said("firewalld", level);
    meaning.set_text(field::STATUS_DETAIL, rest);
    Some(meaning)
}

/// `Operator of unix-session:2 successfully authenticated as unix-user:root to gain TEMPORARY authorization for action x for …`
fn polkit(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "polkit";
    if let Some(rest) = text.strip_prefix("Operator of ") {
        let (session, rest) = rest.split_once(' ')?;
        let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::ACCOUNT_SWITCH);
        meaning.set(field::ACCOUNT_SWITCH_TYPE_ID, account_switch_type_id::SUBSTITUTE_USER).set(field::SERVICE_NAME, "polkit");
        if rest.starts_with("FAILED") {
            meaning.failed("INVALID_CREDENTIALS")
        } else {
            meaning.succeeded()
        };
        meaning.set_text(field::USER_NAME, between(rest, "authenticated as unix-user:", " ").unwrap_or_default());
        meaning.set_text(field::ACTOR_USER_NAME, between(rest, "(owned by unix-user:", ")").unwrap_or_default());
        meaning.keep("session", session).keep_text("action", between(rest, "for action ", " ").unwrap_or_default());
        meaning.keep_text("command", between(rest, " [", "] (owned").unwrap_or_default());
        return Some(meaning);
    }
    let is_agent =
        text.starts_with("Registered Authentication Agent for ") || text.starts_with("Unregistered Authentication Agent for ");
    if is_agent {
        let mut meaning = lifecycle(FORMAT, if text.starts_with('R') { START } else { STOP }, "polkit authentication agent");
        meaning.keep_text("session", between(text, "Agent for ", " ").unwrap_or_default());
        return Some(meaning);
    }
    let is_own =
        ["Started polkitd", "Loading rules", "Finished loading", "Acquired the name", "Reloading rules", "Collecting garbage"]
            .iter()
            .any(|start| text.starts_with(start));
    is_own.then(|| own_log::said(FORMAT, "info"))
}

/// `eva: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/eva] [COMMAND=/usr/bin/id]`
fn pkexec(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "polkit";
    let (user, rest) = text.split_once(": ")?;
    let fact = |name: &str| between(rest, name, "]").unwrap_or_default();
    let mut meaning = if rest.starts_with("Executing command ") {
        let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::LAUNCH);
        let command = fact("[COMMAND=");
        meaning
            .set_text(field::PROCESS_CMD_LINE, command)
            .set_text(field::PROCESS_PATH, command.split(' ').next().unwrap_or_default());
        meaning
            .set_text(field::PROCESS_USER_NAME, fact("[USER="))
            .set_text(field::PROCESS_WORKING_DIRECTORY, fact("[CWD="))
            .succeeded();
        meaning
    } else {
        let why = rest.strip_prefix("Error executing command as another user: ")?;
        let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::ACCOUNT_SWITCH);
        meaning.set_text(field::USER_NAME, fact("[USER=")).set(field::SERVICE_NAME, "pkexec");
        meaning.failed(why.split(" [").next().unwrap_or(why)).keep_text("command", fact("[COMMAND="));
        meaning
    };
    meaning.set(field::ACTOR_USER_NAME, user).keep_text("terminal", fact("[TTY="));
    Some(meaning)
}

/// `[system] Successfully activated service 'org.x'`, `[system] Rejected send message, 2 matched rules; … member="x" …`
fn dbus(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "dbus";
    let rest = text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(text, |(_, rest)| rest);
    let caller = |meaning: &mut Meaning, facts: &str| {
        for (key, value) in pairs(facts) {
            match key {
                "uid" => meaning.set_text(field::ACTOR_USER_UID, value),
                "pid" => meaning.set_some(field::ACTOR_PROCESS_PID, number(value)),
                "comm" => meaning.set_text(field::ACTOR_PROCESS_NAME, value.trim_end()),
                _ => meaning,
            };
        }
    };
    if rest.starts_with("Activating ") {
        let mut meaning = lifecycle(FORMAT, own_log::START, between(rest, "name='", "'")?);
        let facts = rest.split_once('(').map_or("", |(_, facts)| facts.trim_end_matches(')'));
        caller(&mut meaning, facts);
        meaning.set(field::STATUS_DETAIL, "activating");
        return Some(meaning);
    }
    if let Some(rest) = rest.strip_prefix("Successfully activated service '") {
        let mut meaning = lifecycle(FORMAT, START, rest.trim_end_matches('\''));
        meaning.succeeded();
        return Some(meaning);
    }
    if let Some(rest) = rest.strip_prefix("Failed to activate service '") {
        let (name, why) = rest.split_once('\'')?;
        let mut meaning = lifecycle(FORMAT, START, name);
        meaning.failed(why.trim_start_matches([':', ' ']));
        return Some(meaning);
    }
    let facts = rest.strip_prefix("Rejected send message, ")?;
    let mut meaning = Meaning::new(FORMAT, Class::ApiActivity, api_activity::OTHER);
    meaning.set(field::API_OPERATION, between(facts, "member=\"", "\"").filter(|member| !member.is_empty()).unwrap_or("message"));
    meaning.set_text(field::API_SERVICE_NAME, between(facts, "interface=\"", "\"").unwrap_or_default());
    // The sender stands first, the one it was meant for behind `destination`.
    caller(&mut meaning, between(facts, "(", ")").unwrap_or_default());
    meaning.failed("rejected by policy").keep_text("destination", between(facts, "destination=\"", "\"").unwrap_or_default());
    Some(meaning)
}

/// `Selected source 192.0.2.123 (pool.example.org)`, `System clock was stepped by 12.3 seconds`, `Contacted time server 192.0.2.123:123 (…).`
fn clock(program: &str, text: &str) -> Option<Meaning> {
    const FORMAT: &str = "time";
    if let Some(activity) = course(text, &[(" starting (", START), ("chronyd exiting", STOP), ("ntpd exiting on signal", STOP)]) {
        let mut meaning = lifecycle(FORMAT, activity, program);
        meaning.succeeded();
        return Some(meaning);
    }
    let server = [
        "Selected source ",
        "Contacted time server ",
        "Initial clock synchronization to ",
        "Synchronized to time server ",
        "synchronized to ",
        "Source ",
    ]
    .iter()
    .find_map(|start| text.strip_prefix(start))
    .or_else(|| text.strip_prefix("Timed out waiting for reply from "));
    let is_clock = [
        "System clock ",
        "System's initial clock",
        "Can't synchronise",
        "Forward time jump",
        "Backward time jump",
        "time reset",
        "No suitable source",
        "Frequency ",
    ]
    .iter()
    .any(|start| text.starts_with(start));
    if server.is_none() && !is_clock {
        return None;
    }
    let mut meaning = Meaning::new(FORMAT, Class::NtpActivity, ntp_activity::CLIENT_SYNCHRONIZATION);
    let (host, port) = host_port(server.unwrap_or_default().split([' ', ',']).next().unwrap_or_default().trim_end_matches('.'));
    if host.parse::<std::net::IpAddr>().is_ok() {
        meaning.endpoint(DESTINATION, host, port);
        meaning.endpoint(DESTINATION, between(text, "(", ")").unwrap_or_default(), None);
    }
    if text.starts_with("Can't")
        || text.starts_with("Timed out")
        || text.starts_with("No suitable")
        || text.ends_with(" unreachable")
    {
        meaning.failed(text);
    } else {
        meaning.set(field::STATUS_DETAIL, text);
    }
    Some(meaning)
}

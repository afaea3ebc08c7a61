//! Sign-ins that few programs write: cPanel, rshd, macOS' login window and screen sharing, OpenPegasus' cimserver.
//!
//! Authentication (3002) all of them; illegal ports of rshd Network Activity (4001). Sources: cPanel's documentation of
//! `login_log`, inetutils' `src/rshd.c`, macOS' unified log as `log show --style syslog` writes it, OpenPegasus' `PGS17200`.

use super::words::between;
use crate::header::{Clock, Line};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, network_activity};
use vigie_model::event::ocsf::{field, logon_type_id};

/// Reads a line of cPanel's `login_log`: `[2026-11-21 08:30:00 +0100] info [cpsrvd] 192.0.2.7 - eva "POST /login" FAILED LOGIN …`.
pub(super) fn read_cpanel<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (time, rest) = clock.iso(text.strip_prefix('[')?)?;
    let (_, rest) = rest.strip_prefix("] ")?.split_once(" [")?;
    let (program, message) = rest.split_once("] ")?;
    let meaning = cpanel(message)?;
    Some((Line { time: Some(time), program, message, ..Line::default() }, meaning))
}

fn cpanel(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "cpanel";
    let (client, rest) = text.split_once(' ')?;
    client.parse::<std::net::IpAddr>().ok()?;
    let logon = |activity: u8, user: &str, service: &str| {
        let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
        meaning.set_text(field::USER_NAME, user.split(" (").next().unwrap_or(user)).set_text(field::SERVICE_NAME, service);
        meaning.endpoint(SOURCE, client, None).set(field::IS_REMOTE, true).set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
        meaning
    };
    if let Some((who, reason)) = rest.strip_prefix("PURGE ").and_then(|rest| rest.split_once(' ')) {
        let mut meaning = logon(authentication::LOGOFF, who.split(':').next().unwrap_or_default(), "cpsrvd");
        meaning.succeeded().set_text(field::STATUS_DETAIL, reason);
        return Some(meaning);
    }
    if let Some((who, facts)) = rest.strip_prefix("NEW ").and_then(|rest| rest.split_once(' ')) {
        let mut meaning = logon(authentication::OTHER, who.split(':').next().unwrap_or_default(), "cpsrvd");
        meaning.succeeded().keep("session", facts);
        return Some(meaning);
    }
    let rest = rest.strip_prefix("- ")?;
    if let Some((who, service)) = rest.rsplit_once(" SUCCESS LOGIN ") {
        let (user, possessor) = who.trim_end_matches([' ', '-']).split_once(" (possessor: ").unwrap_or((who, ""));
        let mut meaning = logon(authentication::LOGON, user.trim_end_matches([' ', '-']), service);
        meaning.succeeded();
        meaning.set_text(field::ACTOR_USER_NAME, possessor.split(')').next().unwrap_or_default());
        return Some(meaning);
    }
    let (who, rest) = rest.split_once(" FAILED LOGIN ").or_else(|| rest.split_once(" DEFERRED LOGIN "))?;
    let (user, request) = who.split_once(" \"").unwrap_or((who, ""));
    let (service, why) = rest.split_once(": ").unwrap_or((rest, ""));
    let mut meaning = logon(authentication::LOGON, user.trim_end_matches([' ', '-']), service);
    meaning.failed(why).keep_text("request", request.trim_end_matches(['"', ' ', '-']));
    Some(meaning)
}

/// `Connection from 192.0.2.7 on illegal port`, `root@client as eva: cmd='id'`, `Permission denied.`
pub(super) fn rsh(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "rsh";
    if let Some((client, why)) = text.strip_prefix("Connection from ").and_then(|rest| rest.split_once(" on ")) {
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::REFUSE);
        meaning.endpoint(SOURCE, client, None).failed(why.trim());
        return Some(meaning);
    }
    let (who, rest) = text.split_once(" as ")?;
    let (actor, client) = who.rsplit_once('@')?;
    let (user, what) = rest.split_once(": ")?;
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning
        .set(field::USER_NAME, user)
        .set(field::ACTOR_USER_NAME, actor)
        .set(field::SERVICE_NAME, "rshd")
        .endpoint(SOURCE, client, None);
    if let Some(command) = what.strip_prefix("cmd='") {
        meaning.succeeded().keep("command", command.trim_end_matches('\''));
    } else {
        meaning.failed(what.split('.').next().unwrap_or(what));
    }
    Some(meaning)
}

/// `… com.apple.sessionagent.screenIsLocked, with userID:501`, `Authentication: FAILED :: User Name: eva :: Viewer Address: 192.0.2.7 :: Type: DH`
pub(super) fn macos(program: &str, text: &str) -> Option<Meaning> {
    const FORMAT: &str = "macos";
    if program == "screensharingd" {
        let rest = text.split_once("Authentication: ")?.1;
        let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
        meaning.set(field::SERVICE_NAME, program).set(field::IS_REMOTE, true);
        meaning.set(field::LOGON_TYPE_ID, logon_type_id::REMOTE_INTERACTIVE);
        for fact in rest.split(" :: ") {
            match fact.split_once(": ").unwrap_or((fact, "")) {
                ("SUCCEEDED", _) => drop(meaning.succeeded()),
                ("FAILED", _) => drop(meaning.failed("INVALID_CREDENTIALS")),
                ("User Name", user) => drop(meaning.set(field::USER_NAME, user)),
                ("Viewer Address", host) => drop(meaning.endpoint(SOURCE, host, None)),
                ("Type", kind) => drop(meaning.set_text(field::AUTH_PROTOCOL, kind)),
                _ => {}
            }
        }
        return Some(meaning);
    }
    let (_, rest) = text.split_once("com.apple.session")?;
    let (event, uid) = rest.split_once(", with userID:")?;
    let event = event.rsplit('.').next().unwrap_or(event);
    let (activity, kind) = match event {
        "screenIsUnlocked" => (authentication::LOGON, logon_type_id::UNLOCK),
        "screenIsLocked" => (authentication::OTHER, logon_type_id::INTERACTIVE),
        _ if event.ends_with("DidLogin") || event.ends_with("sessionLoginCompleted") => {
            (authentication::LOGON, logon_type_id::INTERACTIVE)
        }
        _ if event.ends_with("Logout") || event.contains("LogoutContinued") || event.contains("DidLogout") => {
            (authentication::LOGOFF, logon_type_id::INTERACTIVE)
        }
        _ => (authentication::OTHER, logon_type_id::INTERACTIVE),
    };
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    meaning.set_text(field::USER_UID, uid.trim()).set(field::LOGON_TYPE_ID, kind).set(field::SERVICE_NAME, program);
    meaning.succeeded().set_text(field::STATUS_DETAIL, event);
    Some(meaning)
}

/// `PGS17200: Authentication failed for user eva.`
pub(super) fn cimserver(text: &str) -> Option<Meaning> {
    let user = between(text, "Authentication failed for user ", ".")
        .or_else(|| text.split_once("Authentication failed for user ").map(|(_, user)| user))?;
    let mut meaning = Meaning::new("cimserver", Class::Authentication, authentication::LOGON);
    meaning.set(field::USER_NAME, user).set(field::SERVICE_NAME, "cimserver").failed("INVALID_CREDENTIALS");
    meaning
        .set_text(field::METADATA_EVENT_CODE, text.split(':').next().filter(|code| code.starts_with("PGS")).unwrap_or_default());
    Some(meaning)
}

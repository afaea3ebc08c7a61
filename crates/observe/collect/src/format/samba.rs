//! Samba: sign-ins, shares, and what its audit module says of files.
//!
//! `Auth: [SMB2,(null)] user [EXAMPLE]\[eva] at […] with [NTLMv2] status [NT_STATUS_OK] … remote host [ipv4:192.0.2.7:50022] …` →
//! Authentication (3002); shares and files SMB Activity (4006); a refused host Network Activity (4001). Sources:
//! `auth/auth_log.c`, `source3/smbd/smb2_service.c`, `source3/modules/vfs_full_audit.c` (with the prefix `%u|%I|%m|%S` or the default
//! `%u|%I`). In its files a line with the time stands before each message: both are kept.

use super::own_log;
use super::words::{address_port, between};
use crate::header::{Clock, Line};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, network_activity, smb_activity};
use vigie_model::event::ocsf::{field, logon_type_id};

const FORMAT: &str = "samba";

/// Reads the line before a message: `[2026/11/21 08:30:00.123456,  2] ../../source3/auth/auth.c:323(auth_check_password)`.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (time, rest) = clock.slashed(text.strip_prefix('[')?)?;
    let (level, place) = rest.strip_prefix(',')?.split_once(']')?;
    // The message follows in a line that is indented.
    let (place, message) =
        place.trim().split_once('\n').map_or((place.trim(), place.trim()), |(place, text)| (place, text.trim()));
    let line = Line { time: Some(time), program: "smbd", message, ..Line::default() };
    let of_level = || own_log::said(FORMAT, if level.trim().starts_with('0') { "error" } else { "info" });
    let mut meaning = parse("smbd", &line).unwrap_or_else(of_level);
    meaning.keep("place", place.trim());
    Some((line, meaning))
}

pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    if program == "smbd_audit" {
        return audited(text);
    }
    signed_in(text).or_else(|| signed_in_before(text)).or_else(|| share(text)).or_else(|| denied(text))
}

fn signed_in(text: &str) -> Option<Meaning> {
    let rest = text.strip_prefix("Auth: ").or_else(|| text.strip_prefix("Successful AuthZ: "))?;
    let (_, who) = rest.split_once(" user [")?;
    let (domain, rest) = who.split_once("]\\[")?;
    let (user, rest) = rest.split_once(']')?;
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning.set(field::USER_NAME, user).set_text(field::USER_DOMAIN, domain).set(field::SERVICE_NAME, "smbd");
    meaning.set(field::LOGON_TYPE_ID, logon_type_id::NETWORK).set(field::IS_REMOTE, true);
    meaning.set_text(field::AUTH_PROTOCOL, between(rest, " with [", "]").unwrap_or_default());
    if text.starts_with("Successful") {
        meaning.activity = authentication::OTHER;
    }
    let status = between(rest, " status [", "]").unwrap_or("NT_STATUS_OK");
    match status {
        "NT_STATUS_OK" => meaning.succeeded(),
        "NT_STATUS_WRONG_PASSWORD" => meaning.failed("INVALID_CREDENTIALS"),
        "NT_STATUS_NO_SUCH_USER" => meaning.failed("USER_DOES_NOT_EXIST"),
        "NT_STATUS_ACCOUNT_LOCKED_OUT" => meaning.failed("ACCOUNT_LOCKED_OUT"),
        _ => meaning.failed(status),
    };
    meaning.set(field::STATUS_CODE, status).keep_text("workstation", between(rest, " workstation [", "]").unwrap_or_default());
    for (key, end) in [(" remote host [", SOURCE), (" local host [", DESTINATION)] {
        let (host, port) = address_port(between(rest, key, "]").map(address).unwrap_or_default());
        meaning.endpoint(end, host, port);
    }
    Some(meaning)
}

/// `check_ntlm_password:  Authentication for user [eva] -> [eva] FAILED with error NT_STATUS_WRONG_PASSWORD`, before 4.7.
fn signed_in_before(text: &str) -> Option<Meaning> {
    let (_, rest) = text.split_once("uthentication for user [")?;
    let (user, rest) = rest.split_once(']')?;
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
    meaning.set(field::USER_NAME, user).set(field::SERVICE_NAME, "smbd").set(field::LOGON_TYPE_ID, logon_type_id::NETWORK);
    match rest.split_once(" FAILED with error ") {
        Some((_, status)) => {
            let status = status.split([' ', ',']).next().unwrap_or(status);
            let why = match status {
                "NT_STATUS_WRONG_PASSWORD" => "INVALID_CREDENTIALS",
                "NT_STATUS_NO_SUCH_USER" => "USER_DOES_NOT_EXIST",
                _ => status,
            };
            meaning.failed(why).set(field::STATUS_CODE, status);
        }
        None if rest.contains("succeeded") => drop(meaning.succeeded()),
        None => return None,
    }
    Some(meaning)
}

/// `ipv4:192.0.2.7:50022`; `ipv6:` as well.
fn address(text: &str) -> &str {
    text.strip_prefix("ipv4:").or_else(|| text.strip_prefix("ipv6:")).unwrap_or(text)
}

/// `ws-1 (ipv4:192.0.2.7:50022) connect to service files initially as user eva (uid=1000, gid=1000) (pid 842)`
fn share(text: &str) -> Option<Meaning> {
    let (before, rest) = text
        .split_once(" connect to service ")
        .or_else(|| text.split_once(" closed connection to service "))
        .or_else(|| text.split_once(" signed connect to service "))?;
    let mut meaning = Meaning::new(FORMAT, Class::SmbActivity, smb_activity::OTHER);
    let name = rest.split([' ', '.']).next().unwrap_or_default();
    meaning.set_text(field::SHARE, name).set(field::COMMAND, if text.contains(" closed ") { "disconnect" } else { "connect" });
    if let Some((_, user)) = rest.split_once(" as user ") {
        meaning.set_text(field::ACTOR_USER_NAME, user.split(" (").next().unwrap_or_default());
    }
    let (machine, client) = before.split_once(" (").unwrap_or((before, ""));
    let (host, port) = address_port(address(client.trim_end_matches(')')));
    meaning.endpoint(SOURCE, machine, None).endpoint(SOURCE, host, port);
    Some(meaning)
}

/// `Denied connection from (192.0.2.7)`, `Permission denied-- user not allowed to delete, … User name: eva. Printer name: x.`
fn denied(text: &str) -> Option<Meaning> {
    if let Some(rest) = text.strip_prefix("Denied connection from ").or_else(|| text.strip_prefix("Connection denied from ")) {
        let (name, ip) = rest.split_once('(').unwrap_or(("", rest));
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::REFUSE);
        meaning.endpoint(SOURCE, name.trim(), None).endpoint(SOURCE, ip.trim_end_matches(')'), None).failed("host not allowed");
        return Some(meaning);
    }
    let rest = text.strip_prefix("Permission denied")?;
    let mut meaning = Meaning::new(FORMAT, Class::SmbActivity, smb_activity::OTHER);
    meaning.failed(rest.split(". ").next().unwrap_or(rest).trim_start_matches(['-', '\\', ' ']));
    meaning.set_text(
        field::ACTOR_USER_NAME,
        between(rest, "User name: ", ". ").or_else(|| between(rest, "User name: ", ".")).unwrap_or_default(),
    );
    meaning.set_text(field::SHARE, rest.split_once("Printer name: ").map_or("", |(_, name)| name.trim_end_matches('.')));
    Some(meaning)
}

/// `eva|192.0.2.7|ws-1|files|openat|ok|r|x/y.txt`
fn audited(text: &str) -> Option<Meaning> {
    let parts: Vec<&str> = text.split('|').take(16).collect();
    let at = parts.iter().position(|part| *part == "ok" || part.starts_with("fail ("))?;
    let operation = *parts.get(at.checked_sub(1)?)?;
    let prefix = parts.get(..at - 1)?;
    let activity = match operation {
        "open" | "openat" | "connect" => smb_activity::FILE_OPEN,
        "mkdir" | "mkdirat" | "create_file" => smb_activity::FILE_CREATE,
        "pwrite" | "pwrite_send" | "write" | "ftruncate" => smb_activity::FILE_OVERWRITE,
        _ => smb_activity::OTHER,
    };
    let mut meaning = Meaning::new(FORMAT, Class::SmbActivity, activity);
    meaning.set_text(field::ACTOR_USER_NAME, prefix.first().copied().unwrap_or_default()).set(field::COMMAND, operation);
    meaning.endpoint(SOURCE, prefix.get(1).copied().unwrap_or_default(), None);
    meaning
        .keep_text("machine", prefix.get(2).copied().unwrap_or_default())
        .set_text(field::SHARE, prefix.get(3).copied().unwrap_or_default());
    let path = parts.last().copied().filter(|_| parts.len() > at + 1).unwrap_or_default();
    meaning.set_text(field::FILE_PATH, path).set_text(field::FILE_NAME, path.rsplit('/').next().unwrap_or_default());
    let result = parts.get(at).copied().unwrap_or_default();
    if result == "ok" {
        meaning.succeeded()
    } else {
        meaning.failed(between(result, "(", ")").unwrap_or_default())
    };
    Some(meaning)
}

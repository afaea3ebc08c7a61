//! Dovecot: sign-ins to mailboxes and what became of sessions.
//!
//! `imap-login: Login: user=<eva>, method=PLAIN, rip=192.0.2.7, lip=198.51.100.1, mpid=842, TLS, session=<x>`, over syslog and
//! from its own file (`Nov 21 08:30:00 imap-login: Info: …`, before 2.0 `Nov 21 08:30:00 Info: …`). What `-login` says of a
//! connection is the Authentication (3002) that rules count; what password databases say before is `Preauth`. Sources:
//! `src/login-common/client-common.c`, `src/auth`, `src/imap/imap-client.c` of Dovecot 1.0 to 2.4.

use super::own_log::{self, START, STOP, course, lifecycle};
use super::{mail, pairs};
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, email_activity, network_activity};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "dovecot";

/// Reads a message behind the program `dovecot`: who speaks stands in front.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end();
    let text = without_level(text);
    match text.split_once(": ").filter(|(speaker, _)| !speaker.contains(' ')) {
        Some(("dovecot", rest)) => own(rest),
        Some((speaker, rest)) => understand(speaker, without_level(rest)),
        None => course(text, &COURSE).map(|_| own(text))?,
    }
}

/// Reads a line of its own file, where who speaks stands for the program.
pub(super) fn parse_own(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = without_level(line.message.trim_end());
    match program {
        "Info" | "Warn" | "Warning" | "Error" | "Fatal" | "Panic" => {
            let (speaker, rest) = text.split_once(": ")?;
            let mut meaning = understand(speaker, rest)?;
            meaning.set(field::ACTOR_PROCESS_NAME, "dovecot");
            Some(meaning)
        }
        _ => understand(line.program, text),
    }
}

fn without_level(text: &str) -> &str {
    ["Info: ", "Warning: ", "Error: ", "Fatal: ", "Debug: ", "Panic: "]
        .iter()
        .find_map(|level| text.strip_prefix(level))
        .unwrap_or(text)
}

fn understand(speaker: &str, text: &str) -> Option<Meaning> {
    let name = speaker.split(['(', '<']).next().unwrap_or(speaker);
    match name {
        "master" => own(text),
        "auth" | "auth-worker" | "auth-login" => looked_up(text),
        "imap" | "pop3" | "lmtp" | "managesieve" | "submission" | "lda" | "deliver" => session(name, speaker, text),
        _ if name.ends_with("-login") => login(name, text),
        _ => None,
    }
}

/// `Login: user=<eva>, …`, `Disconnected (auth failed, 3 attempts in 6 secs): user=<eva>, …`
fn login(service: &str, text: &str) -> Option<Meaning> {
    let at = text.find("user=<").or_else(|| text.find("rip=")).unwrap_or(text.len());
    let (what, facts) = text.split_at_checked(at)?;
    let what = what.trim_end_matches([':', ' ']);
    let mut meaning = if what == "Login" || what.starts_with("proxy(") {
        let mut meaning = mail::sign_in(FORMAT, "", "");
        meaning.succeeded();
        meaning
    } else if what.contains("uth failed")
        || what.contains("ailed login")
        || what.contains("tried to use dis")
        || what.contains("uthentication failed")
    {
        let mut meaning = mail::sign_in(FORMAT, "", "");
        meaning.failed("INVALID_CREDENTIALS").keep("reason", what);
        meaning
    } else if what == "Aborted login" && facts.starts_with("user=<") && !facts.starts_with("user=<>") {
        // Before 1.2 nothing says why.
        let mut meaning = mail::sign_in(FORMAT, "", "");
        meaning.failed("aborted");
        meaning
    } else if what.starts_with("Disconnected")
        || what.starts_with("Aborted login")
        || what.starts_with("Login aborted")
        || what.starts_with("Maximum number of connections")
    {
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::CLOSE);
        meaning.set_text(field::STATUS_DETAIL, what);
        meaning
    } else {
        return None;
    };
    let is_sign_in = meaning.class == Class::Authentication;
    if is_sign_in {
        meaning.set(field::SERVICE_NAME, service);
    }
    for (key, value) in pairs(facts) {
        let value = value.trim_end_matches(',').trim_start_matches('<').trim_end_matches('>');
        match key {
            "user" if is_sign_in => drop(meaning.set_text(field::USER_NAME, value)),
            "user" => drop(meaning.set_text(field::ACTOR_USER_NAME, value)),
            "method" if is_sign_in => drop(meaning.set_text(field::AUTH_PROTOCOL, value)),
            "rip" => drop(meaning.endpoint(SOURCE, value, None)),
            "rport" => drop(meaning.set_some(field::SRC_ENDPOINT_PORT, number(value))),
            "lip" => drop(meaning.endpoint(DESTINATION, value, None)),
            "session" if is_sign_in => drop(meaning.set_text(field::SESSION_UID, value)),
            _ => drop(meaning.keep_text(key, value)),
        }
    }
    Some(meaning)
}

/// `pam(eva,192.0.2.7,<session>): pam_authenticate() failed: …`, `passwd-file(eva,192.0.2.7): unknown user`
fn looked_up(text: &str) -> Option<Meaning> {
    // `conn unix:auth-worker (pid=842,uid=0): auth-worker<1>: pam(eva,…): …`
    let at = [
        "pam(",
        "passwd-file(",
        "passwd(",
        "shadow(",
        "sql(",
        "ldap(",
        "userdb(",
        "passdb(",
        "static(",
        "checkpassword(",
        "bsdauth(",
        "vpopmail(",
        "imap(",
        "lua(",
        "oauth2(",
        "cache(",
        "plain(",
        "login(",
        "policy(",
    ]
    .iter()
    .filter_map(|database| text.find(database))
    .min()?;
    let rest = text.get(at..)?;
    let (database, rest) = rest.split_once('(')?;
    let (who, why) = rest.split_once("): ")?;
    let mut parts = who.split(',');
    let (user, host) = (parts.next()?, parts.next().unwrap_or_default());
    let mut meaning = mail::sign_in(FORMAT, user, database);
    meaning.activity = authentication::PREAUTH;
    meaning.set(field::SERVICE_NAME, "dovecot");
    if !host.starts_with('<') {
        meaning.endpoint(SOURCE, host, None);
    }
    let lower = why.to_ascii_lowercase();
    if lower.contains("unknown user") || lower.contains("user not found") || lower.contains("user not known") {
        meaning.failed("USER_DOES_NOT_EXIST");
    } else if lower.contains("mismatch") || lower.contains("failed") || lower.contains("invalid") {
        meaning.failed("INVALID_CREDENTIALS");
    } else {
        meaning.set_text(field::STATUS_DETAIL, why);
    }
    meaning.keep("reason", why);
    Some(meaning)
}

/// `imap(eva)<842><session>: Logged out in=12 out=345`, `lmtp(eva): msgid=<x>: saved mail to INBOX`
fn session(service: &str, speaker: &str, text: &str) -> Option<Meaning> {
    let user = speaker.split_once('(').map_or("", |(_, rest)| rest.split(')').next().unwrap_or_default());
    let user = user.split(',').next().unwrap_or_default();
    let text = text.strip_prefix("sieve: ").unwrap_or(text);
    if let Some(rest) = text.strip_prefix("msgid=") {
        let (id, what) = rest.split_once(": ")?;
        let mut meaning = Meaning::new(FORMAT, Class::EmailActivity, email_activity::RECEIVE);
        meaning.set_text(field::EMAIL_MESSAGE_UID, mail::plain(id)).set_text(field::STATUS_DETAIL, what);
        mail::to(&mut meaning, user);
        return Some(meaning);
    }
    let is_end = ["Logged out", "Disconnected", "Connection closed", "Disconnect "].iter().any(|start| text.starts_with(start));
    if !is_end {
        return None;
    }
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGOFF);
    meaning.succeeded().set_text(field::USER_NAME, user).set(field::SERVICE_NAME, service);
    for (key, value) in pairs(text) {
        meaning.keep_text(key, value);
    }
    Some(meaning)
}

/// How the server itself starts and stops.
const COURSE: [(&str, u8); 2] = [("starting up", START), ("Killed with signal", STOP)];

fn own(text: &str) -> Option<Meaning> {
    match course(text, &COURSE) {
        Some(activity) => {
            let mut meaning = lifecycle(FORMAT, activity, "dovecot");
            meaning.succeeded();
            Some(meaning)
        }
        None => Some(own_log::said(FORMAT, "info")),
    }
}

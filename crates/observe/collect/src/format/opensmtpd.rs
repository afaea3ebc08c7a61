//! OpenSMTPD, before and since version 6.
//!
//! `1f55bdcd smtp authentication user=eva address=192.0.2.7 host=mail.example.com result=ok`, before `smtp-in: Accepted message
//! 4296f490 on session 08d856b1: from=<a>, to=<b>, size=1746, …` → Email Activity (4009), Authentication (3002), Network Activity
//! (4001). Sources: `smtpd/smtp_session.c`, `mta_session.c`, `log.c`.

use super::mail;
use super::pairs;
use super::words::between;
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{email_activity, network_activity};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "opensmtpd";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    old(line.message).or_else(|| new(line.message))
}

/// `smtp-in: Accepted message 4296f490 on session 08d856b1: from=<a>, to=<b>, size=1746, ndest=1, proto=ESMTP`
fn old(text: &str) -> Option<Meaning> {
    let (side, rest) = text.split_once(": ")?;
    let end = match side {
        "smtp-in" => SOURCE,
        "smtp-out" | "relay" | "delivery" => DESTINATION,
        _ => return None,
    };
    let (activity, detail) = if rest.starts_with("Accepted message ") {
        (email_activity::RECEIVE, "")
    } else if rest.starts_with("Ok for ") {
        (email_activity::SEND, "")
    } else if let Some((_, why)) = rest.split_once(" => ") {
        (email_activity::RECEIVE, why)
    } else if rest.starts_with("TempFail for ") || rest.starts_with("PermFail for ") {
        (email_activity::SEND, rest.split_once("stat=").map_or(rest, |(_, why)| why))
    } else {
        return old_session(rest, end);
    };
    let mut meaning = Meaning::new(FORMAT, Class::EmailActivity, activity);
    if let Some(from) = between(rest, "from=<", ">").or_else(|| between(rest, "MAIL FROM:<", ">")) {
        mail::from(&mut meaning, from);
    }
    mail::to(&mut meaning, between(rest, "to=<", ">").or_else(|| between(rest, "RCPT TO:<", ">")).unwrap_or_default());
    meaning.set_some(field::EMAIL_SIZE, between(rest, "size=", ",").and_then(number));
    meaning.set_text(field::MESSAGE_TRACE_UID, session(rest));
    if detail.is_empty() {
        meaning.succeeded()
    } else {
        meaning.failed(detail)
    };
    Some(meaning)
}

/// `New session 08d856b1 from host mail.example.com [192.0.2.7]`, `Closing session 08d856b1`
fn old_session(rest: &str, end: crate::meaning::Endpoint) -> Option<Meaning> {
    let activity = if rest.starts_with("New session ") || rest.starts_with("Connected to ") {
        network_activity::OPEN
    } else if rest.starts_with("Closing session ")
        || rest.starts_with("Disconnecting session ")
        || rest.starts_with("Received disconnect ")
    {
        network_activity::CLOSE
    } else if rest.starts_with("Started TLS ") {
        network_activity::OTHER
    } else {
        return None;
    };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    if let Some((_, host)) = rest.split_once(" from host ") {
        mail::peer(&mut meaning, end, host);
    }
    meaning
        .set_text(field::METADATA_CORRELATION_UID, session(rest))
        .set_text(field::STATUS_DETAIL, rest.split(" session ").next().unwrap_or_default());
    Some(meaning)
}

fn session(text: &str) -> &str {
    text.split_once("session ")
        .or_else(|| text.split_once("session="))
        .map_or("", |(_, rest)| rest.split([' ', ':', ',']).next().unwrap_or_default())
}

/// `1f55bdcd smtp connected address=192.0.2.7 host=mail.example.com`
fn new(text: &str) -> Option<Meaning> {
    let mut words = text.splitn(4, ' ');
    let (session, side, what) = (words.next()?, words.next()?, words.next()?);
    let facts = words.next().unwrap_or_default();
    let end = match side {
        "smtp" => SOURCE,
        "mta" | "mda" => DESTINATION,
        _ => return None,
    };
    let fact = |key: &str| pairs(facts).find(|(own, _)| *own == key).map_or("", |(_, value)| value);
    let mut meaning = match what {
        "connected" => Meaning::new(FORMAT, Class::NetworkActivity, network_activity::OPEN),
        "disconnected" => Meaning::new(FORMAT, Class::NetworkActivity, network_activity::CLOSE),
        "tls" | "starttls" | "bad-input" | "cert-check" | "connecting" | "error" => {
            Meaning::new(FORMAT, Class::NetworkActivity, network_activity::OTHER)
        }
        "authentication" => {
            let mut meaning = mail::sign_in(FORMAT, fact("user"), "");
            meaning.set(field::SERVICE_NAME, "smtpd");
            if fact("result") == "ok" {
                meaning.succeeded()
            } else {
                meaning.failed("INVALID_CREDENTIALS")
            };
            meaning
        }
        "message" | "envelope" | "failed-command" => Meaning::new(FORMAT, Class::EmailActivity, email_activity::RECEIVE),
        "delivery" => Meaning::new(FORMAT, Class::EmailActivity, email_activity::SEND),
        _ => return None,
    };
    let address = fact("address");
    let (host, port) = super::words::host_port(address.rsplit("//").next().unwrap_or(address));
    meaning.endpoint(end, host, port).endpoint(end, fact("host"), None);
    if meaning.class == Class::EmailActivity {
        if !fact("from").is_empty() {
            mail::from(&mut meaning, fact("from"));
        }
        mail::to(&mut meaning, fact("to"));
        meaning.set_some(field::EMAIL_SIZE, number(fact("size"))).set(field::MESSAGE_TRACE_UID, session);
        match (what, fact("result")) {
            ("failed-command", why) => drop(meaning.failed(why)),
            (_, "Ok") => drop(meaning.succeeded()),
            (_, "") => {}
            (_, _) => drop(meaning.failed(fact("stat"))),
        }
    } else {
        let reason = fact("reason");
        if meaning.class == Class::NetworkActivity {
            meaning.set_text(field::STATUS_DETAIL, if reason.is_empty() { what } else { reason });
        }
        meaning.set(field::METADATA_CORRELATION_UID, session);
    }
    Some(meaning)
}

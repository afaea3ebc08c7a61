//! Sendmail, which says everything as pairs behind a queue id.
//!
//! `5AL8U0ab012345: from=<eva@example.com>, size=1234, class=0, nrcpts=1, msgid=<x>, relay=mail.example.com [192.0.2.7]` → Email
//! Activity (4009); `AUTH=server` and failed sign-ins Authentication (3002). Sources: `sendmail/envelope.c`, `deliver.c`,
//! `srvrsmtp.c`.

use super::mail;
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{email_activity, network_activity};
use vigie_model::event::ocsf::{action_id, field};

const FORMAT: &str = "sendmail";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    let (id, rest) = match text.split_once(": ") {
        Some((id, rest)) if (8..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) => (id, rest),
        _ => ("", text),
    };
    let mut meaning = signed_in(rest).or_else(|| connection(rest)).or_else(|| mailed(rest))?;
    if !id.is_empty() && id != "NOQUEUE" && meaning.class == Class::EmailActivity {
        meaning.set(field::MESSAGE_TRACE_UID, id);
    }
    Some(meaning)
}

fn fact<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split(", ").find_map(|fact| fact.strip_prefix(key)?.strip_prefix('='))
}

/// `AUTH=server, relay=mail.example.com [192.0.2.7], mech=PLAIN, bits=0`, `AUTH failure (LOGIN): authentication failure (-13) …`
fn signed_in(text: &str) -> Option<Meaning> {
    if text.starts_with("AUTH=server") {
        let mut meaning = mail::sign_in(FORMAT, fact(text, "authid").unwrap_or_default(), fact(text, "mech").unwrap_or_default());
        meaning.succeeded().set(field::SERVICE_NAME, "sendmail");
        mail::peer(&mut meaning, SOURCE, fact(text, "relay").unwrap_or_default());
        return Some(meaning);
    }
    let rest = text.strip_prefix("AUTH failure (")?;
    let (method, rest) = rest.split_once("): ")?;
    let mut meaning = mail::sign_in(FORMAT, fact(text, "user").unwrap_or_default(), method);
    meaning.failed("INVALID_CREDENTIALS").set(field::SERVICE_NAME, "sendmail").keep("reason", rest);
    mail::peer(&mut meaning, SOURCE, fact(text, "relay").unwrap_or_default());
    Some(meaning)
}

/// `lost input channel from mail.example.com [192.0.2.7] to MTA after rcpt`, `mail.example.com [192.0.2.7] did not issue MAIL/…`
fn connection(text: &str) -> Option<Meaning> {
    let (client, what) = if let Some(rest) = text.strip_prefix("lost input channel from ") {
        (rest.split(" to ").next()?, text)
    } else if let Some((client, _)) = text.split_once(" did not issue MAIL/EXPN/VRFY/ETRN during connection") {
        (client, "no mail during the connection")
    } else {
        (text.strip_prefix("rejecting connections on daemon ")?, "rejecting connections")
    };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::CLOSE);
    mail::peer(&mut meaning, SOURCE, client);
    meaning.set(field::STATUS_DETAIL, what);
    Some(meaning)
}

fn mailed(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::EmailActivity, email_activity::OTHER);
    let relay = fact(text, "relay").unwrap_or_default();
    if let Some(from) = text.strip_prefix("from=") {
        meaning.activity = email_activity::RECEIVE;
        mail::from(&mut meaning, from.split(", ").next()?);
        meaning.set_some(field::EMAIL_SIZE, fact(text, "size").and_then(number));
        meaning.set_text(field::EMAIL_MESSAGE_UID, fact(text, "msgid").map(mail::plain).unwrap_or_default());
        mail::peer(&mut meaning, SOURCE, relay);
    } else if let Some(to) = text.strip_prefix("to=") {
        meaning.activity = email_activity::SEND;
        mail::to(&mut meaning, to.split(", ").next()?);
        mail::peer(&mut meaning, DESTINATION, relay);
        let (_, state) = text.split_once(", stat=")?;
        if state.starts_with("Sent") {
            meaning.succeeded()
        } else {
            meaning.failed(state)
        };
        meaning.set_text(field::STATUS_CODE, fact(text, "dsn").unwrap_or_default());
    } else if text.starts_with("ruleset=") {
        meaning.activity = email_activity::RECEIVE;
        mail::peer(&mut meaning, SOURCE, relay);
        meaning.set(field::ACTION_ID, action_id::DENIED).failed(text.split_once("reject=").map_or("", |(_, why)| why));
        mail::to(&mut meaning, fact(text, "arg1").filter(|address| address.contains('@')).unwrap_or_default());
    } else {
        return None;
    }
    Some(meaning)
}

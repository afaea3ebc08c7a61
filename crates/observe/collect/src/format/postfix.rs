//! Postfix: mail that came, went and was refused.
//!
//! `NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 <x>: Relay access denied; from=<a> to=<b> proto=ESMTP helo=<c>`.
//! Email Activity (4009) by queue id (`message_trace_uid`), SASL sign-ins Authentication (3002), connections Network Activity
//! (4001), the daemon's course Application Lifecycle (6002). Sources: `src/smtpd/smtpd.c`, `smtpd_check.c`, `smtpd_sasl_glue.c`,
//! `src/postscreen`, `src/global/log_adhoc.c`, `src/cleanup`, `src/qmgr`, `src/master/master.c` of Postfix 2.9 to 3.10.

use super::mail::{self, peer, plain};
use super::own_log::{self, RESTART, START, STOP, course, lifecycle};
use super::words::between;
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{email_activity, network_activity};
use vigie_model::event::ocsf::{action_id, field};

const FORMAT: &str = "postfix";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim_end();
    let (level, text) = ["warning: ", "error: ", "fatal: ", "panic: "]
        .iter()
        .find_map(|level| Some((level.trim_end_matches([':', ' ']), text.strip_prefix(level)?)))
        .unwrap_or(("", text));
    sasl(text)
        .or_else(|| refused(text))
        .or_else(|| queued(text))
        .or_else(|| connection(text))
        .or_else(|| screened(text))
        .or_else(|| own(text))
        .or_else(|| (!level.is_empty()).then(|| own_log::said(FORMAT, level)))
        .or_else(|| text.starts_with("statistics: ").then(|| own_log::said(FORMAT, "info")))
}

/// `unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6[, sasl_username=eva]`
fn sasl(text: &str) -> Option<Meaning> {
    let (client, rest) = text.split_once(": SASL ")?;
    let (method, why) = rest.split_once(" authentication failed: ").or_else(|| rest.split_once(" authentication failed"))?;
    let (why, user) = why.rsplit_once(", sasl_username=").unwrap_or((why, ""));
    let mut meaning = mail::sign_in(FORMAT, user, method);
    meaning.failed("INVALID_CREDENTIALS").set(field::SERVICE_NAME, "postfix").keep_text("reason", why);
    peer(&mut meaning, SOURCE, client);
    Some(meaning)
}

/// `4XyZ: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 …; from=<a> to=<b> proto=ESMTP helo=<c>`
fn refused(text: &str) -> Option<Meaning> {
    let (id, rest) = text.split_once(": ")?;
    let (action, rest) = rest.split_once(": ")?;
    let allowed = match action {
        "reject" | "milter-reject" | "discard" => action_id::DENIED,
        "reject_warning" | "warn" | "filter" | "hold" | "redirect" | "info" | "prepend" | "replace" | "milter-hold" => {
            action_id::OBSERVED
        }
        _ => return None,
    };
    let mut meaning = Meaning::new(FORMAT, Class::EmailActivity, email_activity::RECEIVE);
    let (stage, rest) = rest.split_once(" from ").unwrap_or(("", rest));
    // The address has colons where it is of IPv6, but none behind its bracket except before a port.
    let end = rest.find("]: ").map(|at| at + 1).or_else(|| rest.match_indices(": ").map(|(at, _)| at).next());
    let (client, why) = end.and_then(|at| rest.split_at_checked(at)).unwrap_or(("", rest));
    let (client, why) = match why.strip_prefix(':').and_then(|rest| rest.split_once(": ")) {
        // `[192.0.2.7]:47407: 550 …`
        Some((port, after)) if number(port).is_some() => (rest.get(..client.len() + 1 + port.len()).unwrap_or(client), after),
        _ => (client, why.trim_start_matches([':', ' '])),
    };
    peer(&mut meaning, SOURCE, client);
    let (why, facts) = why.rsplit_once("; from=<").unwrap_or((why, ""));
    if let Some((from, rest)) = facts.split_once('>') {
        mail::from(&mut meaning, from);
        mail::to(&mut meaning, between(rest, "to=<", ">").unwrap_or_default());
        meaning.keep_text("helo", between(rest, "helo=<", ">").unwrap_or_default());
        meaning.set_text(
            field::PROTOCOL_NAME,
            rest.split_once("proto=").map_or("", |(_, proto)| proto.split([' ', ',']).next().unwrap_or_default()),
        );
    }
    if allowed == action_id::DENIED {
        meaning.failed(why);
    } else {
        meaning.set_text(field::STATUS_DETAIL, why);
    }
    let code = why.split(' ').next().unwrap_or_default();
    meaning.set_some(field::STATUS_CODE, number(code).filter(|_| code.len() == 3).map(|_| code));
    meaning.set(field::ACTION_ID, allowed).keep_text("stage", stage);
    trace(&mut meaning, id);
    Some(meaning)
}

/// `4XyZ: client=…`, `4XyZ: from=<a>, size=…`, `4XyZ: to=<b>, relay=…, status=sent (…)`, `4XyZ: removed`
fn queued(text: &str) -> Option<Meaning> {
    let (id, rest) = text.split_once(": ")?;
    if id.len() < 5 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let mut meaning = Meaning::new(FORMAT, Class::EmailActivity, email_activity::OTHER);
    if let Some(facts) = rest.strip_prefix("client=") {
        let (client, facts) = facts.split_once(", ").unwrap_or((facts, ""));
        if let Some(user) = value(facts, "sasl_username=") {
            meaning = mail::sign_in(FORMAT, user, value(facts, "sasl_method=").unwrap_or_default());
            meaning.succeeded().set(field::SERVICE_NAME, "postfix").set(field::METADATA_CORRELATION_UID, id);
            peer(&mut meaning, SOURCE, client);
            return Some(meaning);
        }
        meaning.activity = email_activity::RECEIVE;
        peer(&mut meaning, SOURCE, client);
    } else if let Some(facts) = rest.strip_prefix("from=<") {
        let (from, facts) = facts.split_once('>')?;
        mail::from(&mut meaning, from);
        meaning.set_some(field::EMAIL_SIZE, value(facts, "size=").and_then(number));
        let state = facts.split_once(", status=").map_or("", |(_, state)| state);
        meaning.set_text(field::STATUS_DETAIL, state);
    } else if let Some(facts) = rest.strip_prefix("to=<") {
        delivered(&mut meaning, facts)?;
    } else if let Some(id) = rest.strip_prefix("message-id=").or_else(|| rest.strip_prefix("resent-message-id=")) {
        meaning.set_text(field::EMAIL_MESSAGE_UID, plain(id));
    } else if let Some(facts) = rest.strip_prefix("uid=") {
        let (uid, from) = facts.split_once(" from=")?;
        mail::from(&mut meaning, from);
        meaning.keep("uid", uid);
    } else if rest == "removed"
        || rest.contains("notification: ")
        || rest.starts_with("skipped, ")
        || rest.starts_with("filter: ")
    {
        meaning.set_text(field::STATUS_DETAIL, rest);
    } else {
        return None;
    }
    trace(&mut meaning, id);
    Some(meaning)
}

/// `b@example.com>, orig_to=<c>, relay=mx[198.51.100.1]:25, delay=1.2, delays=…, dsn=2.0.0, status=sent (250 ok)`
fn delivered(meaning: &mut Meaning, facts: &str) -> Option<()> {
    let (to, facts) = facts.split_once('>')?;
    mail::to(meaning, to);
    let (facts, state) = facts.split_once(", status=")?;
    let (state, why) = state.split_once(" (").unwrap_or((state, ""));
    if let Some(relay) = value(facts, "relay=") {
        peer(meaning, DESTINATION, relay);
    }
    meaning.activity = email_activity::SEND;
    match state {
        "sent" | "deliverable" => meaning.succeeded(),
        "deferred" => meaning.set_text(field::STATUS_DETAIL, state),
        _ => meaning.failed(state),
    };
    meaning.set_text(field::STATUS_CODE, value(facts, "dsn=").unwrap_or_default());
    meaning
        .keep_text("answer", why.strip_suffix(')').unwrap_or(why))
        .keep_text("delay", value(facts, "delay=").unwrap_or_default());
    meaning.keep_text("orig_to", value(facts, "orig_to=").map(plain).unwrap_or_default());
    Some(())
}

fn trace(meaning: &mut Meaning, id: &str) {
    if id != "NOQUEUE" {
        meaning.set_text(field::MESSAGE_TRACE_UID, id);
    }
}

fn value<'a>(facts: &'a str, key: &str) -> Option<&'a str> {
    facts.split(", ").find_map(|fact| fact.trim().strip_prefix(key))
}

/// `connect from unknown[192.0.2.7]`, `lost connection after AUTH from …`, `Anonymous TLS connection established from …: …`
fn connection(text: &str) -> Option<Meaning> {
    let forms = [
        ("connect from ", network_activity::OPEN),
        ("disconnect from ", network_activity::CLOSE),
        ("lost connection after ", network_activity::RESET),
        ("timeout after ", network_activity::FAIL),
        ("too many errors after ", network_activity::REFUSE),
        ("improper command pipelining after ", network_activity::OTHER),
        ("non-SMTP command from ", network_activity::OTHER),
        ("SSL_accept error from ", network_activity::FAIL),
        ("SSL_accept:", network_activity::FAIL),
        ("Connection rate limit exceeded", network_activity::REFUSE),
        ("Connection concurrency limit exceeded", network_activity::REFUSE),
        ("hostname ", network_activity::OTHER),
        ("connect to ", network_activity::FAIL),
    ];
    let is_tls = text.contains("TLS connection established ");
    let activity = if is_tls { network_activity::OTHER } else { forms.iter().find(|(start, _)| text.starts_with(start))?.1 };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    if let Some(rest) = text.strip_prefix("connect to ") {
        let end = rest.find(": ").unwrap_or(rest.len());
        peer(&mut meaning, DESTINATION, rest.get(..end)?);
        meaning.failed(rest.get(end..)?.trim_start_matches([':', ' ']));
        return Some(meaning);
    }
    if let Some(rest) = text.strip_prefix("hostname ") {
        let (name, rest) = rest.split_once(" does not resolve to address ")?;
        meaning.endpoint(SOURCE, rest.split(':').next().filter(|ip| ip.contains('.')).unwrap_or(rest), None);
        meaning
            .set_text(field::SRC_ENDPOINT_HOSTNAME, name)
            .set(field::STATUS_DETAIL, "the name does not lead back to the address");
        return Some(meaning);
    }
    let (what, rest) = text.split_once(" from ").or_else(|| text.split_once(" to "))?;
    let end = rest.find(']').map_or(rest.len(), |at| at + 1);
    let (client, more) = rest.split_at_checked(end)?;
    peer(&mut meaning, if is_tls && text.contains(" established to ") { DESTINATION } else { SOURCE }, client);
    let detail = if is_tls {
        more.trim_start_matches([':', ' '])
    } else if what.contains("connect") && !what.contains(' ') {
        more.trim()
    } else {
        what
    };
    meaning.set_text(field::STATUS_DETAIL, detail);
    Some(meaning)
}

/// postscreen: `CONNECT from [192.0.2.7]:50022 to [198.51.100.1]:25`, `PREGREET 11 after 0.1 from [192.0.2.7]:50022: …`
fn screened(text: &str) -> Option<Meaning> {
    let word = text.split(' ').next()?;
    let activity = match word {
        "CONNECT" => network_activity::OPEN,
        "DISCONNECT" | "HANGUP" => network_activity::CLOSE,
        "PASS" | "WHITELISTED" | "ALLOWLISTED" => network_activity::OTHER,
        "PREGREET" | "DNSBL" | "BLACKLISTED" | "DENYLISTED" | "BARE" | "NON-SMTP" | "COMMAND" => network_activity::REFUSE,
        _ => return None,
    };
    let at = text.find('[')?;
    let (what, rest) = text.split_at_checked(at)?;
    let (client, to) = rest.split_once(" to ").unwrap_or((rest, ""));
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    peer(&mut meaning, SOURCE, client);
    if !to.is_empty() {
        peer(&mut meaning, DESTINATION, to);
    }
    if activity == network_activity::REFUSE {
        meaning.failed(what.trim());
    } else {
        meaning.set_text(field::STATUS_DETAIL, what.trim_end_matches(" from ").trim());
    }
    Some(meaning)
}

fn own(text: &str) -> Option<Meaning> {
    let marks = [
        ("daemon started", START),
        ("terminating on signal", STOP),
        ("reload -- version", RESTART),
        ("stopping the Postfix mail system", STOP),
        ("starting the Postfix mail system", START),
        ("refreshing the Postfix mail system", RESTART),
    ];
    let mut meaning = lifecycle(FORMAT, course(text, &marks)?, "postfix");
    meaning.succeeded();
    Some(meaning)
}

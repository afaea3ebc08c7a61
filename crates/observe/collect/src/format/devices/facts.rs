//! Names that devices give their values, and the fields they mean.
//!
//! A table says for each name of a product what it is ([`To`]); [`put`] finds the first field for it
//! that the class of the event has. What no field takes is kept under its own name, so nothing a
//! device says is lost, and no class gets a field that is not its own.

use crate::header::number;
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use std::net::IpAddr;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::{action_id, disposition_id, field};
use vigie_model::event::{Class, EventSeverity, Field, FieldId, FieldKind, Value, ValueRef};

/// What a value is.
#[derive(Clone, Copy)]
pub(crate) enum To {
    /// The first of these fields that the class has.
    Any(&'static [FieldId]),
    /// Where it came from, an address or a name.
    Source,
    /// Where it went to, an address or a name.
    Destination,
    /// A protocol by its number or name.
    Protocol,
    /// A length in seconds.
    Seconds,
    /// What the device did: [`verdict`].
    Verdict,
    /// Said already by something else.
    Nothing,
}

/// Names and what they mean, sorted by name.
pub(crate) type Table = &'static [(&'static str, To)];

pub(crate) const USER: To = To::Any(&[field::USER_NAME.id(), field::ACTOR_USER_NAME.id()]);
pub(crate) const ACTOR: To = To::Any(&[field::ACTOR_USER_NAME.id()]);
pub(crate) const DOMAIN: To = To::Any(&[field::USER_DOMAIN.id(), field::ACTOR_USER_DOMAIN.id()]);
pub(crate) const DEVICE: To = To::Any(&[field::DEVICE_HOSTNAME.id()]);
pub(crate) const DEVICE_IP: To = To::Any(&[field::DEVICE_IP.id()]);
pub(crate) const DEVICE_ID: To = To::Any(&[field::DEVICE_UID.id()]);
pub(crate) const SOURCE_PORT: To = To::Any(&[field::SRC_ENDPOINT_PORT.id()]);
pub(crate) const DESTINATION_PORT: To = To::Any(&[field::DST_ENDPOINT_PORT.id()]);
pub(crate) const SOURCE_MAC: To = To::Any(&[field::SRC_ENDPOINT_MAC.id()]);
pub(crate) const DESTINATION_MAC: To = To::Any(&[field::DST_ENDPOINT_MAC.id()]);
pub(crate) const SOURCE_NAME: To = To::Any(&[field::SRC_ENDPOINT_HOSTNAME.id(), field::EVIDENCES_SRC_ENDPOINT_HOSTNAME.id()]);
pub(crate) const DESTINATION_NAME: To =
    To::Any(&[field::DST_ENDPOINT_HOSTNAME.id(), field::EVIDENCES_DST_ENDPOINT_HOSTNAME.id()]);
pub(crate) const SOURCE_ZONE: To = To::Any(&[field::SRC_ENDPOINT_ZONE.id()]);
pub(crate) const DESTINATION_ZONE: To = To::Any(&[field::DST_ENDPOINT_ZONE.id()]);
pub(crate) const SOURCE_INTERFACE: To =
    To::Any(&[field::SRC_ENDPOINT_INTERFACE_NAME.id(), field::EVIDENCES_SRC_ENDPOINT_INTERFACE_NAME.id()]);
pub(crate) const DESTINATION_INTERFACE: To =
    To::Any(&[field::DST_ENDPOINT_INTERFACE_NAME.id(), field::EVIDENCES_DST_ENDPOINT_INTERFACE_NAME.id()]);
pub(crate) const RULE: To = To::Any(&[field::FIREWALL_RULE_NAME.id()]);
pub(crate) const RULE_ID: To = To::Any(&[field::FIREWALL_RULE_UID.id()]);
pub(crate) const POLICY: To = To::Any(&[field::POLICY_NAME.id()]);
pub(crate) const BYTES: To = To::Any(&[field::TRAFFIC_BYTES.id()]);
pub(crate) const BYTES_IN: To = To::Any(&[field::TRAFFIC_BYTES_IN.id()]);
pub(crate) const BYTES_OUT: To = To::Any(&[field::TRAFFIC_BYTES_OUT.id()]);
pub(crate) const PACKETS: To = To::Any(&[field::TRAFFIC_PACKETS.id()]);
pub(crate) const PACKETS_IN: To = To::Any(&[field::TRAFFIC_PACKETS_IN.id()]);
pub(crate) const PACKETS_OUT: To = To::Any(&[field::TRAFFIC_PACKETS_OUT.id()]);
pub(crate) const SESSION: To =
    To::Any(&[field::SESSION_UID.id(), field::CONNECTION_INFO_UID.id(), field::ACTOR_SESSION_UID.id()]);
pub(crate) const APPLICATION: To = To::Any(&[field::APP_PROTOCOL_NAME.id(), field::SERVICE_NAME.id()]);
pub(crate) const SERVICE: To = To::Any(&[field::SERVICE_NAME.id()]);
pub(crate) const URL: To =
    To::Any(&[field::HTTP_REQUEST_URL_URL_STRING.id(), field::URL_URL_STRING.id(), field::EVIDENCES_URL_URL_STRING.id()]);
pub(crate) const URL_HOST: To = To::Any(&[field::HTTP_REQUEST_URL_HOSTNAME.id(), field::URL_HOSTNAME.id()]);
pub(crate) const METHOD: To = To::Any(&[field::HTTP_REQUEST_HTTP_METHOD.id()]);
pub(crate) const AGENT: To = To::Any(&[field::HTTP_REQUEST_USER_AGENT.id()]);
pub(crate) const REFERRER: To = To::Any(&[field::HTTP_REQUEST_REFERRER.id()]);
pub(crate) const HTTP_STATUS: To = To::Any(&[field::HTTP_RESPONSE_CODE.id()]);
pub(crate) const FILE_NAME: To = To::Any(&[field::FILE_NAME.id(), field::EVIDENCES_FILE_NAME.id()]);
pub(crate) const FILE_PATH: To = To::Any(&[field::FILE_PATH.id(), field::EVIDENCES_FILE_PATH.id()]);
pub(crate) const FILE_HASH: To = To::Any(&[field::FILE_HASHES_VALUE.id()]);
pub(crate) const MALWARE: To = To::Any(&[field::MALWARE_NAME.id()]);
pub(crate) const TITLE: To = To::Any(&[field::FINDING_INFO_TITLE.id()]);
pub(crate) const TITLE_ID: To = To::Any(&[field::FINDING_INFO_UID.id()]);
pub(crate) const KIND: To = To::Any(&[field::FINDING_INFO_TYPES.id()]);
pub(crate) const DETAIL: To = To::Any(&[field::STATUS_DETAIL.id()]);
pub(crate) const MESSAGE: To = To::Any(&[field::MESSAGE.id()]);
pub(crate) const CODE: To = To::Any(&[field::METADATA_EVENT_CODE.id()]);
pub(crate) const UID: To = To::Any(&[field::METADATA_UID.id()]);
pub(crate) const COUNT: To = To::Any(&[field::COUNT.id()]);
pub(crate) const SUBJECT: To = To::Any(&[field::EMAIL_SUBJECT.id()]);
pub(crate) const MAIL_FROM: To = To::Any(&[field::EMAIL_FROM.id(), field::EVIDENCES_EMAIL_FROM.id()]);
pub(crate) const MAIL_TO: To = To::Any(&[field::EMAIL_TO.id()]);
pub(crate) const QUERY: To = To::Any(&[field::QUERY_HOSTNAME.id()]);
pub(crate) const PROCESS: To =
    To::Any(&[field::PROCESS_NAME.id(), field::ACTOR_PROCESS_NAME.id(), field::EVIDENCES_PROCESS_NAME.id()]);
pub(crate) const COMMAND: To = To::Any(&[field::PROCESS_CMD_LINE.id(), field::API_OPERATION.id()]);

/// Whether a table is sorted by name, each name once: it is searched by halves.
pub(crate) const fn is_sorted(table: Table) -> bool {
    let mut place = 1;
    while place < table.len() {
        let (one, two) = (table[place - 1].0.as_bytes(), table[place].0.as_bytes());
        let mut at = 0;
        while at < one.len() && at < two.len() && one[at] == two[at] {
            at += 1;
        }
        if at == two.len() || (at < one.len() && one[at] > two[at]) {
            return false;
        }
        place += 1;
    }
    true
}

/// Whether a value stands for none.
fn is_none(value: &str) -> bool {
    matches!(value, "" | "-" | "N/A" | "n/a" | "?" | "(null)" | "null" | "none" | "None")
}

/// Puts a value where its table says, or keeps it under its name.
pub(crate) fn put_by(meaning: &mut Meaning, table: Table, name: &str, value: &str) {
    match table.binary_search_by(|(known, _)| (*known).cmp(name)) {
        Ok(place) => put(meaning, name, value, table.get(place).map_or(To::Nothing, |(_, to)| *to)),
        Err(_) => drop(meaning.keep_text(name, value)),
    }
}

/// Puts a value where it belongs, or keeps it under its name.
pub(crate) fn put(meaning: &mut Meaning, name: &str, value: &str, to: To) {
    if is_none(value) {
        return;
    }
    let done = match to {
        To::Any(fields) => set_any(meaning, fields, value),
        To::Source => set_end(meaning, value, true),
        To::Destination => set_end(meaning, value, false),
        To::Protocol => set_protocol(meaning, value),
        To::Seconds => value.parse::<f64>().is_ok_and(|seconds| set_milliseconds(meaning, seconds * 1000.0)),
        To::Verdict => {
            set_verdict(meaning, value);
            false
        }
        To::Nothing => true,
    };
    if !done {
        meaning.keep(name, value);
    }
}

/// Whether the class of an event has a field.
pub(crate) fn has<T>(meaning: &Meaning, field: Field<T>) -> bool {
    field.id().info().classes.has(meaning.class)
}

fn set_any(meaning: &mut Meaning, fields: &[FieldId], value: &str) -> bool {
    let class = meaning.class;
    let Some(field) = fields.iter().copied().find(|field| field.info().classes.has(class)) else { return false };
    let value = match (field.info().kind, meaning.fields.get(field)) {
        (FieldKind::Text, None) => Value::Text(value.into()),
        (FieldKind::Integer, None) => match value.parse() {
            Ok(number) => Value::Integer(number),
            Err(_) => return false,
        },
        (FieldKind::Boolean, None) => match value {
            "true" | "yes" | "1" => Value::Boolean(true),
            "false" | "no" | "0" => Value::Boolean(false),
            _ => return false,
        },
        (FieldKind::Texts, None) => Value::Texts(Box::new([value.into()])),
        (FieldKind::Texts, Some(ValueRef::Texts(known))) if known.len() < LIST_MAX => {
            Value::Texts(known.iter().cloned().chain([value.into()]).collect())
        }
        _ => return false,
    };
    if is_port(field) && !matches!(value, Value::Integer(0..=65_535)) {
        return false;
    }
    meaning.fields.set_value(field, value)
}

/// Most values of one list.
const LIST_MAX: usize = 16;

fn is_port(field: FieldId) -> bool {
    field == field::SRC_ENDPOINT_PORT.id() || field == field::DST_ENDPOINT_PORT.id()
}

/// An end by its address or name; the first that is said counts, but an address before a name.
fn set_end(meaning: &mut Meaning, host: &str, is_source: bool) -> bool {
    let (end, ip, name, evidence_ip, evidence_name) = if is_source {
        (
            SOURCE,
            field::SRC_ENDPOINT_IP,
            field::SRC_ENDPOINT_HOSTNAME,
            field::EVIDENCES_SRC_ENDPOINT_IP,
            field::EVIDENCES_SRC_ENDPOINT_HOSTNAME,
        )
    } else {
        (
            DESTINATION,
            field::DST_ENDPOINT_IP,
            field::DST_ENDPOINT_HOSTNAME,
            field::EVIDENCES_DST_ENDPOINT_IP,
            field::EVIDENCES_DST_ENDPOINT_HOSTNAME,
        )
    };
    let is_address = host.split('%').next().is_some_and(|host| host.parse::<IpAddr>().is_ok());
    if has(meaning, ip) {
        let taken = if is_address { ip } else { name };
        if meaning.fields.text(taken).is_some() {
            return meaning.fields.text(taken) == Some(host);
        }
        meaning.endpoint(end, host, None);
        return true;
    }
    let field = if is_address { evidence_ip } else { evidence_name };
    set_any(meaning, &[field.id()], host)
}

/// Sets a length in ms.
pub(crate) fn set_milliseconds(meaning: &mut Meaning, milliseconds: f64) -> bool {
    if !(0.0..1e15).contains(&milliseconds) {
        return false;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, in range")]
    meaning.set(field::DURATION, milliseconds as i64);
    true
}

/// `0:01:30`, `1h:02m:03s` and `2d 03h`: as `hh:mm:ss` only, in ms.
pub(crate) fn set_clock(meaning: &mut Meaning, clock: &str) {
    let mut sum = 0_i64;
    for part in clock.split(':') {
        let Some(part) = number(part.trim_end_matches(['h', 'm', 's', 'd'])) else { return };
        sum = sum.saturating_mul(60).saturating_add(part);
    }
    meaning.set(field::DURATION, sum.saturating_mul(1000));
}

/// IANA's names that logs use.
const PROTOCOLS: [(&str, i64); 16] = [
    ("ah", 51),
    ("eigrp", 88),
    ("esp", 50),
    ("gre", 47),
    ("hopopt", 0),
    ("icmp", 1),
    ("icmp6", 58),
    ("icmpv6", 58),
    ("igmp", 2),
    ("ipip", 4),
    ("ipv6-icmp", 58),
    ("ospf", 89),
    ("pim", 103),
    ("sctp", 132),
    ("tcp", 6),
    ("udp", 17),
];

/// A protocol by number or name: `6`, `TCP`, `tcp`.
pub(crate) fn set_protocol(meaning: &mut Meaning, value: &str) -> bool {
    if !has(meaning, field::CONNECTION_INFO_PROTOCOL_NUM) {
        let lower = value.to_ascii_lowercase();
        let known = PROTOCOLS.iter().find(|(name, known)| number(value) == Some(*known) || *name == lower);
        return known.is_some_and(|(name, _)| set_any(meaning, &[field::EVIDENCES_CONNECTION_INFO_PROTOCOL_NAME.id()], name));
    }
    let known = |name: &str| PROTOCOLS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    if let Some(number) = number(value).filter(|number| *number <= 255) {
        meaning.set(field::CONNECTION_INFO_PROTOCOL_NUM, number);
        if let Some((name, _)) = PROTOCOLS.iter().find(|(_, known)| *known == number) {
            meaning.set(field::CONNECTION_INFO_PROTOCOL_NAME, *name);
        }
        return true;
    }
    if let Some((name, number)) = known(value) {
        meaning.set(field::CONNECTION_INFO_PROTOCOL_NUM, *number).set(field::CONNECTION_INFO_PROTOCOL_NAME, *name);
        return true;
    }
    false
}

/// What a device did, by its word for it: OCSF's action and disposition.
pub(crate) fn verdict(word: &str) -> Option<(i64, i64)> {
    let mut buffer = [0_u8; 32];
    let lower = buffer.get_mut(..word.len())?;
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    let lower = std::str::from_utf8(lower).ok()?;
    Some(match lower {
        "accept" | "accepted" | "allow" | "allowed" | "permit" | "permitted" | "pass" | "passed" | "passthrough" | "forward"
        | "forwarded" | "established" | "est-allowed" | "trust" | "fastpath" | "decrypt" | "encrypt" | "key install"
        | "bypass" | "allow-override" | "continue" | "authorize" | "exempt" | "ok" | "alert_continue" => {
            (action_id::ALLOWED, disposition_id::ALLOWED)
        }
        "deny" | "denied" | "block" | "blocked" | "block-url" | "block-continue" | "blockip" | "block-ip" | "ip-conn"
        | "prevent" | "prevented" | "block with reset" | "sinkhole" | "blacklisted" | "shun" | "shunned" | "not allowed"
        | "intrusion block" | "would have blocked" => (action_id::DENIED, disposition_id::BLOCKED),
        "drop" | "dropped" | "drop-packet" | "drop-all-packets" | "drop packet" | "discard" | "discarded" | "inline drop"
        | "drop_session" | "clear_session" | "drop-icmp" | "limit" => (action_id::DENIED, disposition_id::DROPPED),
        "reject" | "rejected" | "refuse" | "refused" => (action_id::DENIED, disposition_id::REJECTED),
        "reset" | "reset-client" | "reset-server" | "reset-both" | "reset_client" | "reset_server" | "tcp_rst" | "rst"
        | "close" | "tcp reset" => {
            let is_close = lower == "close";
            if is_close { return None } else { (action_id::DENIED, disposition_id::RESET) }
        }
        "detect" | "detected" | "monitor" | "monitored" | "observed" | "notify" | "notified" => {
            (action_id::OBSERVED, disposition_id::DETECTED)
        }
        "alert" | "alerted" | "warn" | "warning" => (action_id::OBSERVED, disposition_id::ALERT),
        "log" | "logged" | "log-only" | "logonly" => (action_id::OBSERVED, disposition_id::LOGGED),
        "quarantine" | "quarantined" | "moved to quarantine" => (action_id::DENIED, disposition_id::QUARANTINED),
        "delete" | "deleted" | "removed" => (action_id::DENIED, disposition_id::DELETED),
        "clean" | "cleaned" | "disinfected" | "repaired" => (action_id::MODIFIED, disposition_id::CORRECTED),
        "challenge" | "challenged" => (action_id::OTHER, disposition_id::CHALLENGE),
        "captcha" => (action_id::OTHER, disposition_id::CAPTCHA),
        _ => return None,
    })
}

/// Sets what was done, if the word says it, and for a connection which activity that is.
pub(crate) fn set_verdict(meaning: &mut Meaning, word: &str) {
    if let Some((action, disposition)) = verdict(word) {
        meaning.set(field::ACTION_ID, action).set(field::DISPOSITION_ID, disposition);
        if action == action_id::DENIED && meaning.class == Class::NetworkActivity {
            meaning.activity =
                if disposition == disposition_id::RESET { network_activity::RESET } else { network_activity::REFUSE };
        }
    }
}

/// A severity by the words that devices have for it.
pub(crate) fn severity(word: &str) -> Option<EventSeverity> {
    let any = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    Some(if any(&["informational", "information", "info", "debug", "debugging", "0"]) {
        EventSeverity::Informational
    } else if any(&["low", "notice", "notification", "minor"]) {
        EventSeverity::Low
    } else if any(&["medium", "warning", "warn", "moderate", "elevated"]) {
        EventSeverity::Medium
    } else if any(&["high", "error", "err", "major", "alert", "severe"]) {
        EventSeverity::High
    } else if any(&["critical", "crit", "very-high", "very high"]) {
        EventSeverity::Critical
    } else if any(&["emergency", "emerg", "fatal", "panic"]) {
        EventSeverity::Fatal
    } else {
        return None;
    })
}

/// Whether one of these words stands in a text, in lower case both.
pub(crate) fn says(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_class_has_no_field_for_is_kept() {
        let mut meaning = Meaning::new("cef", Class::DetectionFinding, 1);
        put(&mut meaning, "src", "192.0.2.1", To::Source);
        put(&mut meaning, "spt", "1025", SOURCE_PORT);
        put(&mut meaning, "suser", "eva", USER);
        put(&mut meaning, "x", "-", USER);
        assert_eq!(meaning.fields.texts(field::EVIDENCES_SRC_ENDPOINT_IP), [Box::from("192.0.2.1")]);
        assert_eq!(meaning.fields.text(field::ACTOR_USER_NAME), Some("eva"));
        assert_eq!(meaning.unmapped.iter().collect::<Vec<_>>(), [("spt", "1025")]);
    }

    #[test]
    fn a_port_is_a_port() {
        let mut meaning = Meaning::new("cef", Class::NetworkActivity, 6);
        put(&mut meaning, "spt", "70000", SOURCE_PORT);
        put(&mut meaning, "dpt", "443", DESTINATION_PORT);
        put(&mut meaning, "proto", "TCP", To::Protocol);
        put(&mut meaning, "act", "Deny", To::Verdict);
        assert_eq!(meaning.fields.integer(field::SRC_ENDPOINT_PORT), None);
        assert_eq!(meaning.fields.integer(field::DST_ENDPOINT_PORT), Some(443));
        assert_eq!(meaning.fields.integer(field::CONNECTION_INFO_PROTOCOL_NUM), Some(6));
        assert_eq!(meaning.activity, network_activity::REFUSE);
    }
}

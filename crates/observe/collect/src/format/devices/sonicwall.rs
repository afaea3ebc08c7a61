//! SonicWall SonicOS: `id=firewall sn=… time="2026-11-21 08:30:00 UTC" fw=… pri=6 c=262144 m=98 msg="…" …`.
//!
//! After the SonicOS log event reference: `c` is the legacy category (a bit each), `m` the message.
//! Ends are `address:port:interface:name`, with IPv6 addresses in names of their own.

use super::clock;
use super::facts::{self, To, put, put_by, says, set_verdict};
use crate::format::pairs::pairs_with_quotes;
use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::EventSeverity;
use vigie_model::event::ocsf::activity::{authentication, base_event, detection_finding, http_activity, network_activity};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "sonicwall";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 128;

const KEYS: facts::Table = &[
    ("Category", facts::KIND),
    ("app", To::Any(&[])),
    ("appName", facts::APPLICATION),
    ("arg", To::Any(&[field::HTTP_REQUEST_URL_PATH.id()])),
    ("catid", To::Any(&[])),
    ("dstMac", facts::DESTINATION_MAC),
    ("dstV6", To::Destination),
    ("dstZone", facts::DESTINATION_ZONE),
    ("dstname", facts::URL_HOST),
    ("fw", facts::DEVICE_IP),
    ("fw_action", To::Verdict),
    ("ipscat", facts::TITLE),
    ("msg", facts::MESSAGE),
    ("note", facts::DETAIL),
    ("rcvd", facts::BYTES_IN),
    ("result", facts::HTTP_STATUS),
    ("rpkt", facts::PACKETS_IN),
    ("rule", facts::RULE),
    ("sent", facts::BYTES_OUT),
    ("sid", facts::TITLE_ID),
    ("sn", facts::DEVICE_ID),
    ("spkt", facts::PACKETS_OUT),
    ("srcMac", facts::SOURCE_MAC),
    ("srcV6", To::Source),
    ("srcZone", facts::SOURCE_ZONE),
    ("user", facts::USER),
    ("usr", facts::USER),
];

const _: () = assert!(facts::is_sorted(KEYS));

pub(super) fn parse(line: &Line<'_>, text: &str) -> Option<Meaning> {
    let pairs: Vec<(&str, &str)> = pairs_with_quotes(text).map(|(key, value, _)| (key, value)).take(PAIRS_MAX).collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
    if value("sn").is_empty() || value("m").is_empty() {
        return None;
    }
    let message = value("msg").to_ascii_lowercase();
    let (class, activity) =
        class(value("c").parse().unwrap_or(0), value("m"), &message, !value("src").is_empty() || !value("srcV6").is_empty());
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "SonicWall").set_text(field::METADATA_EVENT_CODE, value("m"));
    let (date, time) = value("time").split_once(' ').unwrap_or_default();
    let (time, zone) = time.split_once(' ').unwrap_or((time, ""));
    meaning.when = clock::date_and_time(date, time, zone);
    meaning.severity = value("pri").parse().ok().filter(|level| *level <= 7).map(EventSeverity::from_syslog);
    if line.host.is_none() {
        meaning.host = Some(value("fw")).filter(|host| !host.is_empty()).map(Into::into);
    }
    for (key, value) in &pairs {
        match *key {
            "id" | "time" | "pri" | "m" => {}
            "src" => end(&mut meaning, value, true),
            "dst" => end(&mut meaning, value, false),
            "proto" => {
                let (protocol, service) = value.split_once('/').unwrap_or((value, ""));
                put(&mut meaning, key, protocol, To::Protocol);
                meaning.keep_text("service", service);
            }
            // The protocol of HTTP by its number in the reference.
            "op" => {
                let method = match *value {
                    "1" => "GET",
                    "2" => "POST",
                    "3" => "HEAD",
                    other => other,
                };
                super::class::method(&mut meaning, method);
                put(&mut meaning, key, method, facts::METHOD);
            }
            _ => put_by(&mut meaning, KEYS, key, value),
        }
    }
    finish(&mut meaning, &message, value("msg"));
    Some(meaning)
}

fn class(category: u32, number: &str, message: &str, has_source: bool) -> (Class, u8) {
    if says(message, &["login", "logged in", "logon", "authenticat"]) && !says(message, &["logout", "logged out"]) {
        return (Class::Authentication, authentication::LOGON);
    }
    if says(message, &["logout", "logged out", "log out", "session timeout"]) {
        return (Class::Authentication, authentication::LOGOFF);
    }
    let is_bad = category == 32
        || says(
            message,
            &[
                "attack",
                "intrusion",
                "prevention alert",
                "detection alert",
                "spoof",
                "flood",
                "scan det",
                "virus",
                "spyware",
                "botnet",
                "ping of death",
                "smurf",
                "land ",
            ],
        );
    if is_bad {
        return (Class::DetectionFinding, detection_finding::CREATE);
    }
    if matches!(category, 4 | 8) || number == "97" || says(message, &["web site", "syslog website"]) {
        return (Class::HttpActivity, http_activity::OTHER);
    }
    if says(message, &["opened"]) {
        return (Class::NetworkActivity, network_activity::OPEN);
    }
    if says(message, &["closed"]) {
        return (Class::NetworkActivity, network_activity::CLOSE);
    }
    if has_source { (Class::NetworkActivity, network_activity::TRAFFIC) } else { (Class::BaseEvent, base_event::OTHER) }
}

/// `192.0.2.20:50122:X0:laptop-7`, `192.0.2.20::X0`, `:50122:X0`
fn end(meaning: &mut Meaning, text: &str, is_source: bool) {
    let mut parts = text.splitn(4, ':');
    let (host, port) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let (interface, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let keys = if is_source {
        [
            ("src", To::Source),
            ("srcPort", facts::SOURCE_PORT),
            ("srcInterface", facts::SOURCE_INTERFACE),
            ("srcName", facts::SOURCE_NAME),
        ]
    } else {
        [
            ("dst", To::Destination),
            ("dstPort", facts::DESTINATION_PORT),
            ("dstInterface", facts::DESTINATION_INTERFACE),
            ("dstName", facts::DESTINATION_NAME),
        ]
    };
    for ((key, to), value) in keys.into_iter().zip([host, port, interface, name]) {
        put(meaning, key, value, to);
    }
}

fn finish(meaning: &mut Meaning, message: &str, title: &str) {
    match meaning.class {
        Class::Authentication => super::class::outcome(
            meaning,
            if says(message, &["denied", "fail", "incorrect", "unknown"]) { "failed" } else { "success" },
        ),
        Class::DetectionFinding => put(meaning, "title", title, facts::TITLE),
        _ => {}
    }
    if says(message, &["dropped", "denied", "blocked", "rejected"]) {
        set_verdict(meaning, if message.contains("dropped") { "dropped" } else { "denied" });
    } else if says(message, &["allowed", "opened"]) {
        set_verdict(meaning, "allowed");
    }
}

//! WatchGuard Firebox: `firewall: msg_id="3000-0148" Deny 0-External Firebox 60 tcp 20 64 192.0.2.7 … (policy-00)`.
//!
//! By message id, as in the Fireware log catalogue: 3000 packet filter, 1A… to 2D… proxies, 3E00 sessions,
//! 5000 and 0203 tunnels.

use super::facts::{self, To, put, put_by, set_protocol, set_verdict};
use super::scan::between;
use crate::format::pairs::pairs_with_quotes;
use crate::header::number;
use crate::meaning::Meaning;
use std::net::IpAddr;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{
    authentication, base_event, detection_finding, http_activity, network_activity, tunnel_activity,
};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "watchguard";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 64;

const KEYS: facts::Table = &[
    ("app_name", facts::APPLICATION),
    ("arg", To::Any(&[field::HTTP_REQUEST_URL_PATH.id()])),
    ("cats", To::Any(&[field::FIREWALL_RULE_CATEGORY.id()])),
    ("dst_user", To::Any(&[])),
    ("dstname", facts::URL_HOST),
    ("duration", To::Seconds),
    ("ips_msg", facts::TITLE),
    ("msg", facts::MESSAGE),
    ("op", facts::METHOD),
    ("rcvd_bytes", facts::BYTES_IN),
    ("sent_bytes", facts::BYTES_OUT),
    ("signature_id", facts::TITLE_ID),
    ("signature_name", facts::TITLE),
    ("src_user", facts::USER),
    ("virus", facts::MALWARE),
];

const _: () = assert!(facts::is_sorted(KEYS));

pub(super) fn parse(text: &str) -> Option<Meaning> {
    let (_, rest) = text.split_once("msg_id=\"")?;
    let (id, said) = rest.split_once('"')?;
    let said = said.trim();
    let action = said.split(' ').next().unwrap_or_default();
    let (class, activity) = class(id, action, said);
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "WatchGuard").set(field::METADATA_EVENT_CODE, id);
    if is_decision(action) {
        set_verdict(&mut meaning, action);
        packet(&mut meaning, said);
    } else {
        people(&mut meaning, said);
    }
    for (name, value, _) in pairs_with_quotes(said).take(PAIRS_MAX) {
        if name == "op" {
            super::class::method(&mut meaning, value);
        }
        put_by(&mut meaning, KEYS, name, value);
    }
    let policy = said.rsplit_once('(').map_or("", |(_, policy)| policy.trim_end_matches(')'));
    put(&mut meaning, "policy", policy, facts::RULE);
    if class == Class::DetectionFinding && meaning.fields.text(field::FINDING_INFO_TITLE).is_none() {
        meaning.set_text(field::FINDING_INFO_TITLE, between(said, "msg=\"", "\"").unwrap_or(id));
    }
    Some(meaning)
}

/// Whether a message begins with what became of a packet.
fn is_decision(word: &str) -> bool {
    matches!(word, "Allow" | "Deny" | "Drop" | "Block" | "Reject" | "Strip" | "Lock")
}

fn class(id: &str, action: &str, said: &str) -> (Class, u8) {
    let lower = said.to_ascii_lowercase();
    if is_decision(action) {
        if facts::says(
            &lower,
            &["virus", "ips", "intrusion", "apt detected", "botnet", "flood attack", "spoofing attack", "scan attack"],
        ) {
            return (Class::DetectionFinding, detection_finding::CREATE);
        }
        if id.starts_with("1AFF") || id.starts_with("2CFF") || said.contains("proxy_act=\"HTTP") {
            return (Class::HttpActivity, http_activity::OTHER);
        }
        return (Class::NetworkActivity, network_activity::TRAFFIC);
    }
    if facts::says(&lower, &["log in attempt", "logged in", "log in", "login", "authentication of"]) {
        (Class::Authentication, authentication::LOGON)
    } else if facts::says(&lower, &["logged out", "log out", "logoff"]) {
        (Class::Authentication, authentication::LOGOFF)
    } else if facts::says(&lower, &["tunnel", "ike "]) {
        (Class::TunnelActivity, tunnel_activity::OTHER)
    } else {
        (Class::BaseEvent, base_event::OTHER)
    }
}

/// `Deny 0-External Firebox 60 tcp 20 64 198.51.100.7 192.0.2.20 50122 22 …`: the first two addresses, the
/// numbers behind them, and the protocol before them.
fn packet(meaning: &mut Meaning, said: &str) {
    let words: Vec<&str> = said.split(' ').take(24).collect();
    let is_address = |word: &&&str| word.parse::<IpAddr>().is_ok();
    let Some(first) = words.iter().position(|word| is_address(&word)) else { return };
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    put(meaning, "src", word(first), To::Source);
    put(meaning, "dst", word(first + 1), To::Destination);
    put(meaning, "src_port", word(first + 2), facts::SOURCE_PORT);
    put(meaning, "dst_port", word(first + 3), facts::DESTINATION_PORT);
    put(meaning, "src_interface", word(1), facts::SOURCE_INTERFACE);
    put(meaning, "dst_interface", word(2), facts::DESTINATION_INTERFACE);
    for word in words.iter().take(first) {
        if number(word).is_none() && set_protocol(meaning, word) {
            break;
        }
    }
}

/// `Management user admin@Firebox-DB from 192.0.2.20 log in attempt was rejected`
fn people(meaning: &mut Meaning, said: &str) {
    put(meaning, "user", between(said, "ser ", " ").unwrap_or_default(), facts::USER);
    put(meaning, "from", between(said, " from ", " ").unwrap_or_default(), To::Source);
    let failed = facts::says(said, &["reject", "fail", "denied"]);
    if meaning.class == Class::Authentication {
        super::class::outcome(meaning, if failed { "failed" } else { "success" });
    }
}

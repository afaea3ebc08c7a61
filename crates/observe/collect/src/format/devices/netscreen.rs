//! Juniper NetScreen ScreenOS: `NetScreen device_id=fw [Root]system-notification-00257(traffic): …`.
//!
//! By message number, as in the ScreenOS message log reference (5.0 to 6.3).

use super::clock;
use super::facts::{self, To, put, put_by, set_verdict, severity};
use super::scan::between;
use crate::header::{Line, number};
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{
    authentication, base_event, detection_finding, device_config_state_change, network_activity, tunnel_activity,
};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "netscreen";

const KEYS: facts::Table = &[
    ("action", To::Verdict),
    ("dst", To::Destination),
    ("dst zone", facts::DESTINATION_ZONE),
    ("dst_port", facts::DESTINATION_PORT),
    ("duration", To::Seconds),
    ("policy_id", facts::RULE_ID),
    ("proto", To::Protocol),
    ("rcvd", facts::BYTES_IN),
    ("reason", facts::DETAIL),
    ("sent", facts::BYTES_OUT),
    ("session_id", facts::SESSION),
    ("src", To::Source),
    ("src zone", facts::SOURCE_ZONE),
    ("src_port", facts::SOURCE_PORT),
];

const _: () = assert!(facts::is_sorted(KEYS));

pub(super) fn parse(_line: &Line<'_>, text: &str) -> Option<Meaning> {
    let device = between(text, "device_id=", " ").unwrap_or_default();
    let (level, rest) = text.split_once("system-").and_then(|(_, rest)| rest.split_once('-'))?;
    let (code, said) = rest.split_once(": ")?;
    let code = code.split('(').next()?;
    let (class, activity) = class(number(code)?, said);
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Juniper").set_text(field::METADATA_EVENT_CODE, code);
    meaning.set_text(field::DEVICE_UID, device);
    meaning.severity = severity(level);
    // The time of the device stands at the end.
    let (said, stamp) = said.rsplit_once(" (").filter(|(_, stamp)| stamp.len() == 20).unwrap_or((said, ""));
    if let Some((date, time)) = stamp.trim_end_matches(')').split_once(' ') {
        meaning.when = clock::date_and_time(date, time, "");
    }
    match class {
        Class::NetworkActivity => traffic(&mut meaning, said),
        Class::DetectionFinding => attack(&mut meaning, said),
        _ => people(&mut meaning, said),
    }
    Some(meaning)
}

fn class(code: i64, said: &str) -> (Class, u8) {
    let lower = said.to_ascii_lowercase();
    match code {
        257 => (Class::NetworkActivity, network_activity::TRAFFIC),
        4..=14 | 16..=17 | 32..=33 | 412..=449 | 601 => (Class::DetectionFinding, detection_finding::CREATE),
        _ if lower.contains("logged on")
            || lower.contains("login attempt")
            || lower.contains("authenticat")
            || lower.contains("login succeeded") =>
        {
            (Class::Authentication, authentication::LOGON)
        }
        _ if lower.contains("logged out")
            || lower.contains("logged off")
            || lower.contains("has timed out")
            || lower.contains("session has ended") =>
        {
            (Class::Authentication, authentication::LOGOFF)
        }
        536 | 538 | 552 => (Class::TunnelActivity, tunnel_activity::OTHER),
        1 | 2 | 15 | 18..=31 | 767 => (Class::DeviceConfigStateChange, device_config_state_change::LOG),
        _ => (Class::BaseEvent, base_event::OTHER),
    }
}

/// `start_time="…" duration=5 policy_id=1 service=http proto=6 src zone=Trust dst zone=Untrust action=Permit …`
fn traffic(meaning: &mut Meaning, said: &str) {
    let mut rest = said;
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None if name.trim() == "reason" => (after, ""),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        rest = after;
        put_by(meaning, KEYS, name.trim(), value.trim());
        // A close is told by its reason.
        if name.trim() == "reason" && value.starts_with("Close") {
            meaning.activity = network_activity::CLOSE;
        } else if name.trim() == "reason" && value.starts_with("Creation") {
            meaning.activity = network_activity::OPEN;
        }
    }
}

/// `SYN flood! From 198.51.100.7:41437 to 192.0.2.20:9612, proto TCP (zone Untrust int ethernet0/0). Occurred 1 times.`
fn attack(meaning: &mut Meaning, said: &str) {
    meaning.set_text(field::FINDING_INFO_TITLE, said.split(['!', '.', ',']).next().unwrap_or(said).trim());
    for (before, to, port) in [("rom ", To::Source, "src_port"), (" to ", To::Destination, "dst_port")] {
        let Some(end) = between(said, before, ",").map(|end| end.split(' ').next().unwrap_or(end)) else { continue };
        let (host, number) = end.rsplit_once(':').filter(|(host, _)| !host.contains(':')).unwrap_or((end, ""));
        put(meaning, "end", host, to);
        meaning.keep_text(port, number);
    }
    put(meaning, "proto", between(said, "proto ", " ").unwrap_or_default(), To::Protocol);
    put(meaning, "interface", between(said, " int ", ")").unwrap_or_default().trim(), facts::SOURCE_INTERFACE);
    put(meaning, "count", between(said, "Occurred ", " ").unwrap_or_default(), facts::COUNT);
}

fn people(meaning: &mut Meaning, said: &str) {
    let user =
        between(said, "dmin user ", " ").or_else(|| between(said, "by admin ", " ")).or_else(|| between(said, "for admin ", " "));
    let user =
        user.or_else(|| between(said, "by ", " ").filter(|_| said.contains(" via "))).or_else(|| between(said, "ser ", " "));
    put(meaning, "user", user.unwrap_or_default().trim_matches(['"', '\'']), facts::USER);
    let from = between(said, "from host ", " ").or_else(|| between(said, " from ", " ")).unwrap_or_default();
    let (host, _) = from.rsplit_once(':').unwrap_or((from, ""));
    put(meaning, "from", host.trim_end_matches([',', '.', ')']), To::Source);
    if meaning.class == Class::Authentication {
        super::class::outcome(meaning, if said.contains("fail") || said.contains("rejected") { "failed" } else { "success" });
    } else {
        set_verdict(meaning, "");
    }
}

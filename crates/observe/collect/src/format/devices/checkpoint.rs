//! Check Point: Log Exporter's syslog `[action:"Accept"; src:"192.0.2.7"; …]`, its generic form with `|`
//! between, and `Action=accept SrcIP=…` as older gateways write to syslog.
//!
//! Names as in the log fields of the vendor's reference (sk144192). CEF and LEEF of the exporter are
//! read as these.

use super::clock;
use super::facts::{self, To, put, put_by, set_verdict};
use crate::header::Line;
use crate::meaning::Meaning;
use std::borrow::Cow;
use vigie_model::event::Class;
use vigie_model::event::EventSeverity;
use vigie_model::event::ocsf::activity::{
    authentication, base_event, detection_finding, device_config_state_change, http_activity, network_activity, tunnel_activity,
};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "checkpoint";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 256;

const KEYS: facts::Table = &[
    ("action", To::Verdict),
    ("administrator", facts::ACTOR),
    ("appi_name", facts::APPLICATION),
    ("attack", facts::TITLE),
    ("attack_info", To::Any(&[field::FINDING_INFO_DESC.id()])),
    ("bytes", facts::BYTES),
    ("client_inbound_bytes", facts::BYTES_IN),
    ("client_ip", To::Source),
    ("client_outbound_bytes", facts::BYTES_OUT),
    ("conn_direction", To::Any(&[])),
    ("dst", To::Destination),
    ("dst_machine_name", facts::DESTINATION_NAME),
    ("elapsed", To::Any(&[])),
    ("file_md5", facts::FILE_HASH),
    ("file_name", facts::FILE_NAME),
    ("file_sha1", facts::FILE_HASH),
    ("file_sha256", facts::FILE_HASH),
    ("inzone", facts::SOURCE_ZONE),
    ("loguid", facts::UID),
    ("malware_family", facts::MALWARE),
    ("method", facts::METHOD),
    ("origin", To::Any(&[])),
    ("outzone", facts::DESTINATION_ZONE),
    ("packets", facts::PACKETS),
    ("policy_name", facts::POLICY),
    ("product", To::Any(&[field::METADATA_PRODUCT_NAME.id()])),
    ("protection_id", facts::TITLE_ID),
    ("protection_name", facts::TITLE),
    ("protection_type", facts::KIND),
    ("proto", To::Protocol),
    ("reason", facts::DETAIL),
    ("received_bytes", facts::BYTES_IN),
    ("referrer", facts::REFERRER),
    ("resource", facts::URL),
    ("rule_name", facts::RULE),
    ("rule_uid", facts::RULE_ID),
    ("s_port", facts::SOURCE_PORT),
    ("sent_bytes", facts::BYTES_OUT),
    ("server_inbound_packets", facts::PACKETS_IN),
    ("server_outbound_packets", facts::PACKETS_OUT),
    ("service", facts::DESTINATION_PORT),
    ("service_id", facts::APPLICATION),
    ("session_id", facts::SESSION),
    ("smartdefense_profile", facts::POLICY),
    ("src", To::Source),
    ("src_machine_name", facts::SOURCE_NAME),
    ("src_user_name", facts::USER),
    ("subject", To::Any(&[])),
    ("user", facts::USER),
    ("user_agent", facts::AGENT),
    ("user_name", facts::USER),
    ("web_client_type", To::Any(&[])),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// Reads `[action:"Accept"; …]`, or pairs behind a CheckPoint header.
pub(super) fn parse(line: &Line<'_>, text: &str) -> Option<Meaning> {
    let pairs = pairs(text.trim_start_matches('['));
    if pairs.is_empty() {
        return None;
    }
    let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| &**value);
    let (class, activity) = class(&value);
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Check Point");
    meaning.when = clock::epoch(value("time"));
    meaning.severity = severity(value("severity"));
    if line.host.is_none() {
        meaning.host = [value("hostname"), value("origin")].into_iter().find(|host| !host.is_empty()).map(Into::into);
    }
    for (name, value) in &pairs {
        match *name {
            "time" | "version" => {}
            "ifname" => put(&mut meaning, name, value, facts::SOURCE_INTERFACE),
            "orig" | "origin" => put(
                &mut meaning,
                name,
                value,
                if value.parse::<std::net::IpAddr>().is_ok() { facts::DEVICE_IP } else { facts::DEVICE },
            ),
            _ => put_by(&mut meaning, KEYS, name, value),
        }
    }
    finish(&mut meaning, &value);
    Some(meaning)
}

/// `name:"value"; …`, `name="value"|…`, `name=value|…`; a quote inside is `\"`.
fn pairs(text: &str) -> Vec<(&str, Cow<'_, str>)> {
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < PAIRS_MAX {
        rest = rest.trim_start_matches([' ', ';', '|', ']']);
        let Some(end) = rest.find([':', '=']) else { break };
        let Some((name, after)) = rest.split_at_checked(end) else { break };
        let name = name.trim();
        let is_name = !name.is_empty()
            && name.len() <= 96
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ' | b'.'));
        let Some(after) = after.get(1..).filter(|_| is_name) else { break };
        let Some(quoted) = after.strip_prefix('"') else {
            let (value, after) = after.split_once(['|', ';']).unwrap_or((after, ""));
            found.push((name, Cow::Borrowed(value.trim())));
            rest = after;
            continue;
        };
        // A value may hold quotes: it ends at the one before a separator.
        let mut from = 0;
        let end = loop {
            match quoted.get(from..).and_then(|rest| rest.find('"')).map(|at| from + at) {
                Some(at) => {
                    let after = quoted.as_bytes().get(at + 1).copied();
                    let is_escaped = at > 0 && quoted.as_bytes().get(at - 1) == Some(&b'\\');
                    if !is_escaped && matches!(after, None | Some(b';' | b'|' | b']' | b' ')) {
                        break at;
                    }
                    from = at + 1;
                }
                None => break quoted.len(),
            }
        };
        let (value, after) = quoted.split_at_checked(end).unwrap_or((quoted, ""));
        found.push((
            name,
            if value.contains('\\') {
                Cow::Owned(value.replace("\\\"", "\"").replace("\\]", "]").replace("\\\\", "\\"))
            } else {
                Cow::Borrowed(value)
            },
        ));
        rest = after.strip_prefix('"').unwrap_or(after);
    }
    found
}

fn class<'a>(value: &dyn Fn(&str) -> &'a str) -> (Class, u8) {
    let has_ends = !value("src").is_empty() || !value("dst").is_empty();
    let has_user = !value("user").is_empty() || !value("administrator").is_empty();
    let product = value("product").to_ascii_lowercase();
    let action = value("action").to_ascii_lowercase();
    let is_detector = [
        "smartdefense",
        "ips",
        "anti malware",
        "anti-malware",
        "anti-bot",
        "anti-virus",
        "anti virus",
        "threat emulation",
        "threat extraction",
        "endpoint",
        "ddos",
        "forensics",
        "new anti virus",
    ]
    .iter()
    .any(|name| product.contains(name));
    match &*action {
        "login" | "log in" | "failed log in" | "authorize" if has_user || has_ends => {
            (Class::Authentication, authentication::LOGON)
        }
        "deauthorize" | "log out" | "logout" if has_user || has_ends => (Class::Authentication, authentication::LOGOFF),
        _ if is_detector || !value("protection_name").is_empty() || !value("malware_family").is_empty() => {
            (Class::DetectionFinding, detection_finding::CREATE)
        }
        _ if product.contains("smartconsole") || product.contains("system monitor") || !value("administrator").is_empty() => {
            (Class::DeviceConfigStateChange, device_config_state_change::LOG)
        }
        _ if product.contains("url filtering") || (product.contains("application control") && !value("resource").is_empty()) => {
            (Class::HttpActivity, http_activity::OTHER)
        }
        "key install" => (Class::TunnelActivity, tunnel_activity::OTHER),
        "detect" | "prevent" | "monitored" | "quarantine" if value("service").is_empty() => {
            (Class::DetectionFinding, detection_finding::CREATE)
        }
        _ if has_ends => (Class::NetworkActivity, network_activity::TRAFFIC),
        _ => (Class::BaseEvent, base_event::OTHER),
    }
}

/// 0 informational to 4 critical, or words.
fn severity(word: &str) -> Option<EventSeverity> {
    Some(match word {
        "0" => EventSeverity::Informational,
        "1" => EventSeverity::Low,
        "2" => EventSeverity::Medium,
        "3" => EventSeverity::High,
        "4" => EventSeverity::Critical,
        word => return facts::severity(word),
    })
}

fn finish<'a>(meaning: &mut Meaning, value: &dyn Fn(&str) -> &'a str) {
    let action = value("action");
    match meaning.class {
        Class::Authentication => {
            if action.eq_ignore_ascii_case("failed log in")
                || !value("auth_status").is_empty() && value("auth_status").to_ascii_lowercase().contains("fail")
            {
                meaning.failed("");
            } else {
                meaning.succeeded();
            }
        }
        Class::DetectionFinding => {
            let title = [value("protection_type"), value("product"), action].into_iter().find(|title| !title.is_empty());
            if meaning.fields.text(field::FINDING_INFO_TITLE).is_none() {
                meaning.set_text(field::FINDING_INFO_TITLE, title.unwrap_or_default());
            }
        }
        Class::NetworkActivity => {
            let way = match value("conn_direction") {
                "Incoming" => 1,
                "Outgoing" => 2,
                "Internal" => 3,
                _ => match value("ifdir") {
                    "inbound" => 1,
                    "outbound" => 2,
                    _ => 0,
                },
            };
            if way > 0 {
                meaning.set(field::CONNECTION_INFO_DIRECTION_ID, way);
            }
            set_verdict(meaning, action);
        }
        _ => {}
    }
}

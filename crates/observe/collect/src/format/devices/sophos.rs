//! Sophos: the firewalls SFOS (XG, XGS: `device="SFW" date=… log_type="Firewall" …`) and UTM
//! (`id="2001" severity="info" sys="SecureNet" sub="packetfilter" …`), and Anti-Virus for Linux and Windows.
//!
//! After the syslog guide of SFOS 16 to 21 and the UTM's administration guide.

use super::clock;
use super::facts::{self, To, put, put_by, set_verdict, severity};
use crate::format::pairs::pairs_with_quotes;
use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::ocsf::activity::{
    application_lifecycle, authentication, base_event, detection_finding, email_activity, http_activity, network_activity,
    scan_activity,
};
use vigie_model::event::ocsf::{field, status_id};
use vigie_model::event::{Class, EventSeverity};

const FIREWALL: &str = "sophos-fw";
const ANTIVIRUS: &str = "sophos";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 128;

const KEYS: facts::Table = &[
    ("action", To::Verdict),
    ("application", facts::APPLICATION),
    ("attack", facts::TITLE),
    ("auth_client", To::Any(&[])),
    ("bytes_received", facts::BYTES_IN),
    ("bytes_sent", facts::BYTES_OUT),
    ("category", To::Any(&[field::FIREWALL_RULE_CATEGORY.id()])),
    ("classification", facts::KIND),
    ("con_id", facts::SESSION),
    ("connid", facts::SESSION),
    ("date", To::Nothing),
    ("device", To::Nothing),
    ("device_id", facts::DEVICE_ID),
    ("device_name", facts::DEVICE),
    ("device_serial_id", facts::DEVICE_ID),
    ("domain", facts::URL_HOST),
    ("dst_ip", To::Destination),
    ("dst_mac", facts::DESTINATION_MAC),
    ("dst_port", facts::DESTINATION_PORT),
    ("dst_zone", facts::DESTINATION_ZONE),
    ("dstip", To::Destination),
    ("dstmac", facts::DESTINATION_MAC),
    ("dstport", facts::DESTINATION_PORT),
    ("dstzone", facts::DESTINATION_ZONE),
    ("duration", To::Seconds),
    ("file_name", facts::FILE_NAME),
    ("file_path", facts::FILE_PATH),
    ("from_email_address", facts::MAIL_FROM),
    ("fw_rule_id", facts::RULE_ID),
    ("fw_rule_name", facts::RULE),
    ("fwrule", facts::RULE_ID),
    ("in_display_interface", facts::SOURCE_INTERFACE),
    ("in_interface", facts::SOURCE_INTERFACE),
    ("initf", facts::SOURCE_INTERFACE),
    ("log_id", facts::CODE),
    ("malware", facts::MALWARE),
    ("message", facts::MESSAGE),
    ("method", facts::METHOD),
    ("out_interface", facts::DESTINATION_INTERFACE),
    ("outitf", facts::DESTINATION_INTERFACE),
    ("proto", To::Protocol),
    ("protocol", To::Protocol),
    ("reason", facts::DETAIL),
    ("recipient", facts::MAIL_TO),
    ("recv_bytes", facts::BYTES_IN),
    ("recv_pkts", facts::PACKETS_IN),
    ("referer", facts::REFERRER),
    ("sender", facts::MAIL_FROM),
    ("sent_bytes", facts::BYTES_OUT),
    ("sent_pkts", facts::PACKETS_OUT),
    ("signature_id", facts::TITLE_ID),
    ("signature_msg", facts::TITLE),
    ("src_ip", To::Source),
    ("src_mac", facts::SOURCE_MAC),
    ("src_port", facts::SOURCE_PORT),
    ("src_zone", facts::SOURCE_ZONE),
    ("srcip", To::Source),
    ("srcmac", facts::SOURCE_MAC),
    ("srcport", facts::SOURCE_PORT),
    ("srczone", facts::SOURCE_ZONE),
    ("status_code", facts::HTTP_STATUS),
    ("statuscode", facts::HTTP_STATUS),
    ("subject", facts::SUBJECT),
    ("sys", To::Any(&[])),
    ("threatname", facts::MALWARE),
    ("time", To::Nothing),
    ("timezone", To::Nothing),
    ("to_email_address", facts::MAIL_TO),
    ("url", facts::URL),
    ("user", facts::USER),
    ("user_agent", facts::AGENT),
    ("user_name", facts::USER),
    ("usergroupname", To::Any(&[])),
    ("virus", facts::MALWARE),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// Reads pairs, if they are a firewall's.
pub(super) fn parse(line: &Line<'_>, text: &str) -> Option<Meaning> {
    let pairs: Vec<(&str, &str)> = pairs_with_quotes(text).map(|(key, value, _)| (key, value)).take(PAIRS_MAX).collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
    let first = |names: &[&str]| names.iter().map(|name| value(name)).find(|value| !value.is_empty()).unwrap_or_default();
    let is_utm = !value("sys").is_empty() && !value("sub").is_empty();
    if !is_utm && value("log_type").is_empty() {
        return None;
    }
    let (class, activity) = if is_utm { utm(&value) } else { sfos(&value) };
    let says_nothing = matches!(class, Class::NetworkActivity | Class::Authentication)
        && first(&["src_ip", "srcip", "dst_ip", "dstip", "user", "user_name"]).is_empty();
    let (class, activity) = if says_nothing { (Class::BaseEvent, base_event::OTHER) } else { (class, activity) };
    let mut meaning = Meaning::new(FIREWALL, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Sophos");
    meaning.severity = severity(first(&["severity", "priority"]));
    let stamp = value("timestamp");
    meaning.when = clock::any(stamp)
        .filter(|_| !stamp.is_empty())
        .or_else(|| clock::date_and_time(value("date"), value("time"), value("timezone")));
    if line.host.is_none() {
        meaning.host = Some(first(&["device_name", "device_id"])).filter(|host| !host.is_empty()).map(Into::into);
    }
    for (key, value) in &pairs {
        match *key {
            "name" if is_utm && class == Class::DetectionFinding => put(&mut meaning, key, value, facts::KIND),
            "method" => {
                super::class::method(&mut meaning, value);
                put(&mut meaning, key, value, facts::METHOD);
            }
            "id" if is_utm => put(&mut meaning, key, value, facts::CODE),
            "connid" if value.is_empty() => {}
            _ => put_by(&mut meaning, KEYS, key, value),
        }
    }
    let said = first(&["log_subtype", "action", "status", "sub"]);
    finish(&mut meaning, said, first(&["status", "log_subtype", "action", "name"]));
    Some(meaning)
}

/// SFOS, by `log_type` and `log_component`.
fn sfos<'a>(value: &dyn Fn(&str) -> &'a str) -> (Class, u8) {
    let sub = value("log_subtype");
    match (value("log_type"), value("log_component")) {
        (_, _) if matches!(sub, "Authentication" | "Admin") || value("log_component").ends_with("Authentication") => {
            let is_end = value("status").contains("ogout") || value("message").contains("logged out");
            (Class::Authentication, if is_end { authentication::LOGOFF } else { authentication::LOGON })
        }
        ("IDP" | "Anti-Virus" | "ATP" | "Sandbox" | "Zero day protection" | "Anti-virus", _) => {
            (Class::DetectionFinding, detection_finding::CREATE)
        }
        (kind, _) if kind != "Firewall" && matches!(sub, "Virus" | "Cleaned" | "Detect" | "Drop") => {
            (Class::DetectionFinding, detection_finding::CREATE)
        }
        ("Firewall", "DoS Attack") => (Class::DetectionFinding, detection_finding::CREATE),
        ("Firewall" | "Application Filter" | "SSL" | "SD-WAN", _) => (Class::NetworkActivity, network_activity::TRAFFIC),
        ("Content Filtering" | "WAF" | "Web Filter", component) if component != "Application" => {
            (Class::HttpActivity, http_activity::OTHER)
        }
        ("Content Filtering", _) => (Class::NetworkActivity, network_activity::TRAFFIC),
        ("Anti-Spam" | "Anti-spam" | "Email", _) => (Class::EmailActivity, email_activity::SCAN),
        ("Event", "GUI" | "CLI" | "Console") if value("message").contains("logged") => {
            (Class::Authentication, authentication::LOGON)
        }
        _ => (Class::BaseEvent, base_event::OTHER),
    }
}

/// UTM 9, by `sub`.
fn utm<'a>(value: &dyn Fn(&str) -> &'a str) -> (Class, u8) {
    match value("sub") {
        "packetfilter" => (Class::NetworkActivity, network_activity::TRAFFIC),
        "ips" | "portscan" | "atp" => (Class::DetectionFinding, detection_finding::CREATE),
        "http" | "reverseproxy" => (Class::HttpActivity, http_activity::OTHER),
        "smtp" | "pop3" => (Class::EmailActivity, email_activity::SCAN),
        "auth" | "vpn" | "loginuser" => (Class::Authentication, authentication::LOGON),
        _ => (Class::BaseEvent, base_event::OTHER),
    }
}

fn finish(meaning: &mut Meaning, said: &str, status: &str) {
    set_verdict(meaning, said);
    match meaning.class {
        Class::Authentication => {
            super::class::outcome(meaning, status);
            if meaning.fields.get(field::STATUS_ID.id()).is_none() {
                meaning.set(field::STATUS_ID, status_id::UNKNOWN);
            }
        }
        Class::DetectionFinding if meaning.fields.text(field::FINDING_INFO_TITLE).is_none() => {
            let malware = meaning.fields.texts(field::MALWARE_NAME).first().map(ToString::to_string);
            meaning.set_text(field::FINDING_INFO_TITLE, malware.as_deref().unwrap_or(status));
        }
        _ => {}
    }
}

/// `20261121 083000<tab>Scan 'Daily' started.`: Anti-Virus for Windows.
pub(super) fn windows(text: &str) -> Option<Meaning> {
    let (stamp, said) = text.split_once(['\t', ' ']).and_then(|(date, rest)| {
        let (time, said) = rest.split_once(['\t', ' '])?;
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(date, 8) && digits(time, 6)).then_some(((date, time), said.trim()))
    })?;
    let mut meaning = antivirus(said)?;
    let ((date, time), part) = (stamp, |text: &str, from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned());
    let date = format!("{}-{}-{}", part(date, 0, 4), part(date, 4, 6), part(date, 6, 8));
    let time = format!("{}:{}:{}", part(time, 0, 2), part(time, 2, 4), part(time, 4, 6));
    meaning.when = clock::date_and_time(&date, &time, "");
    meaning.set(field::MESSAGE, said);
    Some(meaning)
}

fn antivirus(said: &str) -> Option<Meaning> {
    let lower = said.to_ascii_lowercase();
    let mut meaning = if said.starts_with("Scan '") {
        let activity = if lower.contains("started") {
            scan_activity::STARTED
        } else if lower.contains("completed") {
            scan_activity::COMPLETED
        } else {
            scan_activity::OTHER
        };
        let mut meaning = Meaning::new(ANTIVIRUS, Class::ScanActivity, activity);
        meaning.set_text(field::SCAN_NAME, said.split('\'').nth(1).unwrap_or_default());
        meaning
    } else if facts::says(&lower, &["virus", "spyware", "malware", "detected", "threat", "infected"])
        && !lower.starts_with("using detection")
    {
        let mut meaning = Meaning::new(ANTIVIRUS, Class::DetectionFinding, detection_finding::CREATE);
        meaning.set_text(field::FINDING_INFO_TITLE, said).severity(EventSeverity::High);
        meaning
    } else if facts::says(&lower, &["has stopped", "has started", "is disabled", "is enabled"]) {
        let activity = if facts::says(&lower, &["stopped", "disabled"]) {
            application_lifecycle::STOP
        } else {
            application_lifecycle::START
        };
        let mut meaning = Meaning::new(ANTIVIRUS, Class::ApplicationLifecycle, activity);
        meaning.set(field::APP_NAME, "Sophos Anti-Virus");
        meaning.set_text(field::ACTOR_USER_NAME, super::scan::between(said, "User (", ")").unwrap_or_default());
        meaning
    } else if facts::says(&lower, &["scan", "detection data", "sophos", "on-access", "quarantine", "updat"]) {
        Meaning::new(ANTIVIRUS, Class::BaseEvent, base_event::OTHER)
    } else {
        return None;
    };
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Sophos");
    Some(meaning)
}

/// `<log><category>savscan.log</category><level>INFO</level>…</log>`: Anti-Virus for Linux and Unix.
pub(super) fn linux(text: &str) -> Option<Meaning> {
    let value = |name: &str| super::scan::between(text, &format!("<{name}>"), &format!("</{name}>")).unwrap_or_default();
    let (category, said) = (value("category"), value("msg"));
    if category.is_empty() {
        return None;
    }
    let mut meaning = if facts::says(said, &["VIRUS", "THREAT", "INFECTED"]) {
        let mut meaning = Meaning::new(ANTIVIRUS, Class::DetectionFinding, detection_finding::CREATE);
        meaning.set_text(field::FINDING_INFO_TITLE, said);
        meaning
    } else if category.starts_with("savscan") || category.contains("scan") {
        Meaning::new(ANTIVIRUS, Class::ScanActivity, scan_activity::COMPLETED)
    } else {
        Meaning::new(ANTIVIRUS, Class::BaseEvent, base_event::OTHER)
    };
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Sophos").set_text(field::MESSAGE, said);
    meaning.severity = severity(value("level"));
    meaning.when = clock::epoch(value("time"));
    meaning.keep_text("category", category).keep_text("domain", value("domain"));
    for arg in text.split("<arg>").skip(1).take(16) {
        meaning.keep_text("arg", arg.split('<').next().unwrap_or_default());
    }
    Some(meaning)
}

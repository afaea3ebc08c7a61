//! Fortinet: FortiGate, FortiMail, FortiAuthenticator, FortiDDoS, FortiWeb and their kin.
//!
//! `date=2026-11-21 time=08:30:00 devname="gw" logid="0000000013" type="traffic" …`, with or without
//! quotes, as in the FortiOS log reference (4.3 to 7.6) and those of the other products. FortiAuthenticator
//! puts pairs in front and a sentence behind them.

use super::clock;
use super::facts::{self, To, put, put_by, set_verdict, severity};
use crate::format::pairs::pairs_with_quotes;
use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{
    account_change, authentication, base_event, detection_finding, device_config_state_change, dns_activity, email_activity,
    http_activity, network_activity, tunnel_activity,
};
use vigie_model::event::ocsf::{field, status_id};

const FORMAT: &str = "fortinet";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 256;

const KEYS: facts::Table = &[
    ("action", To::Verdict),
    ("agent", facts::AGENT),
    ("app", facts::APPLICATION),
    ("attack", facts::TITLE),
    ("attackid", facts::TITLE_ID),
    ("attackname", facts::TITLE),
    ("cat", To::Any(&[])),
    ("catdesc", To::Any(&[field::FIREWALL_RULE_CATEGORY.id()])),
    ("date", To::Nothing),
    ("desc", facts::DETAIL),
    ("description", facts::TITLE),
    ("device_id", facts::DEVICE_ID),
    ("devid", facts::DEVICE_ID),
    ("devname", facts::DEVICE),
    ("dip", To::Destination),
    ("dst", To::Destination),
    ("dst_int", facts::DESTINATION_INTERFACE),
    ("dst_ip", To::Destination),
    ("dst_port", facts::DESTINATION_PORT),
    ("dstintf", facts::DESTINATION_INTERFACE),
    ("dstip", To::Destination),
    ("dstmac", facts::DESTINATION_MAC),
    ("dstname", To::Destination),
    ("dstport", facts::DESTINATION_PORT),
    ("duration", To::Seconds),
    ("eventtime", To::Nothing),
    ("file", facts::FILE_NAME),
    ("filehash", facts::FILE_HASH),
    ("filename", facts::FILE_NAME),
    ("filesize", To::Any(&[field::FILE_SIZE.id()])),
    ("from", facts::MAIL_FROM),
    ("group", To::Any(&[])),
    ("hostname", facts::URL_HOST),
    ("http_agent", facts::AGENT),
    ("http_host", facts::URL_HOST),
    ("http_method", facts::METHOD),
    ("http_refer", facts::REFERRER),
    ("http_url", facts::URL),
    ("httpmethod", facts::METHOD),
    ("ip", To::Source),
    ("locip", To::Destination),
    ("locport", facts::DESTINATION_PORT),
    ("log_id", facts::CODE),
    ("logdesc", To::Any(&[])),
    ("logid", facts::CODE),
    ("mac", facts::SOURCE_MAC),
    ("msg", facts::MESSAGE),
    ("msg_id", facts::CODE),
    ("nas", facts::DEVICE_IP),
    ("policy", facts::POLICY),
    ("policy_id", facts::RULE_ID),
    ("policyid", facts::RULE_ID),
    ("policyname", facts::RULE),
    ("proto", To::Protocol),
    ("protocol", To::Protocol),
    ("qname", facts::QUERY),
    ("rcvd", facts::BYTES_IN),
    ("rcvd_pkt", facts::PACKETS_IN),
    ("rcvdbyte", facts::BYTES_IN),
    ("rcvdpkt", facts::PACKETS_IN),
    ("reason", facts::DETAIL),
    ("referralurl", facts::REFERRER),
    ("remip", To::Source),
    ("remport", facts::SOURCE_PORT),
    ("rule", facts::RULE_ID),
    ("sent", facts::BYTES_OUT),
    ("sent_pkt", facts::PACKETS_OUT),
    ("sentbyte", facts::BYTES_OUT),
    ("sentpkt", facts::PACKETS_OUT),
    ("service", To::Any(&[])),
    ("session_id", facts::SESSION),
    ("sessionid", facts::SESSION),
    ("signature_id", facts::TITLE_ID),
    ("sip", To::Source),
    ("src", To::Source),
    ("src_int", facts::SOURCE_INTERFACE),
    ("src_ip", To::Source),
    ("src_port", facts::SOURCE_PORT),
    ("srcintf", facts::SOURCE_INTERFACE),
    ("srcip", To::Source),
    ("srcmac", facts::SOURCE_MAC),
    ("srcname", To::Source),
    ("srcport", facts::SOURCE_PORT),
    ("subject", facts::SUBJECT),
    ("time", To::Nothing),
    ("to", facts::MAIL_TO),
    ("tunnelid", To::Any(&[])),
    ("tunnelip", To::Any(&[])),
    ("unauthuser", facts::ACTOR),
    ("url", facts::URL),
    ("user", facts::USER),
    ("user_name", facts::USER),
    ("virus", facts::MALWARE),
    ("virusid", To::Any(&[field::MALWARE_UID.id()])),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// What decides the class.
struct Kind<'a> {
    kind: &'a str,
    sub: &'a str,
    event: &'a str,
    action: &'a str,
    status: &'a str,
    /// `logdesc` and `msg`.
    text: String,
}

/// Reads a message of pairs, if it is one of Fortinet's.
pub(super) fn parse(line: &Line<'_>, text: &str) -> Option<Meaning> {
    let pairs: Vec<(&str, &str)> = pairs_with_quotes(text).map(|(key, value, _)| (key, value)).take(PAIRS_MAX).collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.trim());
    let first = |names: &[&str]| names.iter().map(|name| value(name)).find(|value| !value.is_empty()).unwrap_or_default();
    let is_authenticator = !value("typeid").is_empty() && !value("category").is_empty();
    let is_ours = is_authenticator || !first(&["devid", "device_id", "devname", "logid", "log_id", "evecode"]).is_empty();
    if !is_ours || (!is_authenticator && value("type").is_empty()) {
        return None;
    }
    let kind = Kind {
        kind: first(&["type", "category"]),
        sub: first(&["subtype", "subcategory"]),
        event: value("eventtype"),
        action: value("action"),
        status: value("status"),
        text: format!("{} {} {}", value("logdesc"), value("msg"), value("ui")).to_ascii_lowercase(),
    };
    let (class, activity) = class(&kind);
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Fortinet");
    meaning.set_text(field::METADATA_LOG_NAME, kind.kind);
    meaning.severity = severity(first(&["severity", "level", "pri", "crlevel"])).or_else(|| severity(first(&["level", "pri"])));
    meaning.when = clock::epoch(value("eventtime"))
        .filter(|_| !value("eventtime").is_empty())
        .or_else(|| clock::date_and_time(value("date"), value("time"), first(&["tz", "timezone"])));
    if line.host.is_none() {
        meaning.host = Some(first(&["devname", "device_id", "devid"])).filter(|host| !host.is_empty()).map(Into::into);
    }
    for (key, value) in &pairs {
        match *key {
            // `user_id` of FortiGate, `srcip` of an administrator in `ui=ssh(192.0.2.7)`.
            "ui" => interface(&mut meaning, value),
            "duration" if class == Class::NetworkActivity || class == Class::TunnelActivity || class == Class::Authentication => {
                put(&mut meaning, key, value, To::Seconds);
            }
            "type" | "subtype" => drop(meaning.keep_text(key, value)),
            "session_id" | "sessionid" if *value == "0" => {}
            _ => put_by(&mut meaning, KEYS, key, value.trim()),
        }
    }
    finish(&mut meaning, &kind, text);
    Some(meaning)
}

/// `ssh(192.0.2.7)`, `GUI(192.0.2.7)`, `console`
fn interface(meaning: &mut Meaning, value: &str) {
    match value.split_once('(').filter(|_| facts::has(meaning, field::SRC_ENDPOINT_IP)) {
        Some((service, rest)) => {
            put(meaning, "ui", rest.trim_end_matches(')'), To::Source);
            put(meaning, "ui", service, facts::SERVICE);
        }
        None => drop(meaning.keep_text("ui", value)),
    }
}

fn class(kind: &Kind<'_>) -> (Class, u8) {
    let says = |words: &[&str]| words.iter().any(|word| kind.text.contains(word));
    match (kind.kind, kind.sub) {
        ("traffic", "http-transaction") => (Class::HttpActivity, http_activity::OTHER),
        ("traffic", _) => (Class::NetworkActivity, traffic(kind)),
        ("utm" | "webfilter", "webfilter" | "ftgd_blk" | "urlfilter" | "ftgd_allow") => {
            (Class::HttpActivity, http_activity::OTHER)
        }
        ("utm" | "dns", "dns") => {
            (Class::DnsActivity, if kind.event == "dns-response" { dns_activity::RESPONSE } else { dns_activity::QUERY })
        }
        ("utm" | "app-ctrl" | "appctrl", "app-ctrl" | "app-ctrl-all" | "voip" | "ssh" | "gtp" | "icap") | ("app-ctrl", _) => {
            (Class::NetworkActivity, network_activity::TRAFFIC)
        }
        ("utm" | "emailfilter" | "spamfilter", "emailfilter" | "spamfilter" | "email") => {
            (Class::EmailActivity, email_activity::SCAN)
        }
        ("utm", "ssl") if !matches!(kind.event, "ssl-anomalies" | "ssl-anomaly") => {
            (Class::NetworkActivity, network_activity::TRAFFIC)
        }
        ("utm" | "ips" | "virus" | "anomaly" | "attack" | "dlp" | "infected", _) => {
            (Class::DetectionFinding, detection_finding::CREATE)
        }
        ("statistics" | "history" | "spam", _) => (Class::EmailActivity, email_activity::SCAN),
        ("event" | "kevent" | "Event" | "elog", sub) => event(kind, sub, &says),
        (_, "Authentication") => (Class::Authentication, authentication::LOGON),
        _ => (Class::BaseEvent, base_event::OTHER),
    }
}

fn traffic(kind: &Kind<'_>) -> u8 {
    match kind.action {
        "start" => network_activity::OPEN,
        "close" | "server-rst" | "client-rst" | "timeout" | "accept" | "ip-conn" => network_activity::CLOSE,
        "dns" => network_activity::FAIL,
        _ => network_activity::TRAFFIC,
    }
}

/// Signing in and out, tunnels and configuration; what is left is how the device is.
fn event(kind: &Kind<'_>, sub: &str, says: &dyn Fn(&[&str]) -> bool) -> (Class, u8) {
    let action = kind.action.to_ascii_lowercase();
    match &*action {
        "login" | "authentication" | "auth" | "auth-logon" | "fsso-logon" | "ssl-login" | "ssl-login-fail" | "ssl-new-con" => {
            (Class::Authentication, authentication::LOGON)
        }
        "logout" | "auth-logout" | "fsso-logoff" | "logoff" => (Class::Authentication, authentication::LOGOFF),
        "tunnel-up" | "phase2-up" | "ssl-tunnel-up" => (Class::TunnelActivity, tunnel_activity::OPEN),
        "tunnel-down" | "phase2-down" | "ssl-tunnel-down" | "ssl-web-close" => (Class::TunnelActivity, tunnel_activity::CLOSE),
        "tunnel-stats" | "negotiate" | "ssl-exit-error" | "install_sa" | "delete_phase1_sa" | "delete_ipsec_sa" => {
            (Class::TunnelActivity, tunnel_activity::OTHER)
        }
        "password-change" | "change-password" => (Class::AccountChange, account_change::PASSWORD_CHANGE),
        "add" | "edit" | "delete" | "move" | "rename" | "config" | "restore" | "set"
            if says(&["config", "attribute", "add ", "edit ", "delete ", "object"]) =>
        {
            (Class::DeviceConfigStateChange, device_config_state_change::LOG)
        }
        _ if sub.eq_ignore_ascii_case("authentication") || sub == "user" => (Class::Authentication, authentication::LOGON),
        _ if says(&[" login ", " logged in", "login failed"]) => (Class::Authentication, authentication::LOGON),
        _ if says(&[" logout", " logged out"]) => (Class::Authentication, authentication::LOGOFF),
        _ if sub == "vpn" => (Class::TunnelActivity, tunnel_activity::OTHER),
        _ if sub == "config" => (Class::DeviceConfigStateChange, device_config_state_change::LOG),
        _ => (Class::BaseEvent, base_event::OTHER),
    }
}

fn finish(meaning: &mut Meaning, kind: &Kind<'_>, text: &str) {
    match meaning.class {
        Class::NetworkActivity => set_verdict(meaning, kind.status),
        Class::DetectionFinding => {
            let title = if kind.event.is_empty() { kind.sub } else { kind.event };
            let malware = meaning.fields.texts(field::MALWARE_NAME).first().map(ToString::to_string);
            let title = malware.as_deref().unwrap_or(title);
            if meaning.fields.text(field::FINDING_INFO_TITLE).is_none() {
                meaning.set_text(field::FINDING_INFO_TITLE, title);
            }
            put(meaning, "subtype", kind.sub, facts::KIND);
        }
        _ => {}
    }
    if meaning.class != Class::NetworkActivity {
        let status = kind.status.to_ascii_lowercase();
        if matches!(&*status, "success" | "successful" | "succeeded") {
            meaning.succeeded();
        } else if status.starts_with("fail") || status == "negotiate_error" || kind.action == "ssl-login-fail" {
            meaning.failed("");
        } else if meaning.class == Class::Authentication && !status.is_empty() {
            meaning.set(field::STATUS_ID, status_id::OTHER).set_text(field::STATUS_DETAIL, kind.status);
        }
    }
    if meaning.fields.text(field::MESSAGE).is_none() && kind.kind == "Event" {
        // The sentence behind the last quote.
        let sentence = text.rsplit_once("\" ").map_or("", |(_, sentence)| sentence);
        meaning.set_text(field::MESSAGE, sentence);
    }
}

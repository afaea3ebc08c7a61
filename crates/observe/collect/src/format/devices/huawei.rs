//! Huawei USG, Eudemon and VRP: `%%01POLICY/6/POLICYPERMIT(l):vsys=public, protocol=17, source-ip=…`.
//!
//! `%%`, a version, `MODULE/level/MNEMONIC(type)[number]:` and a description, which is pairs, a
//! sentence, or a sentence with pairs in brackets behind it, as in the vendor's log reference.

use super::clock;
use super::facts::{self, To, put, says, set_verdict};
use crate::meaning::Meaning;
use vigie_model::event::ocsf::activity::{
    authentication, base_event, detection_finding, http_activity, network_activity, process_activity,
};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

const FORMAT: &str = "huawei";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 96;

/// Names in lower case, without `-` and `_`.
const KEYS: facts::Table = &[
    ("action", To::Verdict),
    ("application", facts::APPLICATION),
    ("attackname", facts::TITLE),
    ("category", facts::KIND),
    ("command", facts::COMMAND),
    ("destinationip", To::Destination),
    ("destinationport", facts::DESTINATION_PORT),
    ("destinationzone", facts::DESTINATION_ZONE),
    ("dstip", To::Destination),
    ("dstport", facts::DESTINATION_PORT),
    ("dstzone", facts::DESTINATION_ZONE),
    ("filename", facts::FILE_NAME),
    ("host", facts::URL_HOST),
    ("ip", To::Source),
    ("ipaddress", To::Source),
    ("page", facts::URL),
    ("policy", facts::RULE),
    ("policyname", facts::RULE),
    ("protocol", To::Protocol),
    ("rcvbytes", facts::BYTES_IN),
    ("rcvpkts", facts::PACKETS_IN),
    ("reason", facts::DETAIL),
    ("rulename", facts::RULE),
    ("sendbytes", facts::BYTES_OUT),
    ("sendpkts", facts::PACKETS_OUT),
    ("signame", facts::TITLE),
    ("signid", facts::TITLE_ID),
    ("signname", facts::TITLE),
    ("sourceip", To::Source),
    ("sourceport", facts::SOURCE_PORT),
    ("sourcezone", facts::SOURCE_ZONE),
    ("srcip", To::Source),
    ("srcport", facts::SOURCE_PORT),
    ("srczone", facts::SOURCE_ZONE),
    ("user", facts::USER),
    ("username", facts::USER),
    ("virusname", facts::MALWARE),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// Reads what stands before `%%`, the tag behind it, and the description.
pub(super) fn parse(before: &str, tag: &str, text: &str) -> Option<Meaning> {
    let tag = tag.trim_start_matches(|sign: char| sign.is_ascii_digit());
    let mut parts = tag.splitn(3, '/');
    let (module, level, rest) = (parts.next()?, parts.next()?.parse::<u8>().ok()?, parts.next()?);
    let mnemonic = rest.split(['(', '[']).next()?;
    let pairs = pairs(text);
    let (class, activity) = class(module, mnemonic, &pairs);
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Huawei").set(field::METADATA_EVENT_CODE, format!("{module}/{mnemonic}"));
    meaning.severity = Some(EventSeverity::from_syslog(level)).filter(|_| level <= 7);
    header(&mut meaning, before);
    for (name, value) in &pairs {
        let plain: String =
            name.chars().filter(|sign| !matches!(sign, '-' | '_' | ' ')).map(|sign| sign.to_ascii_lowercase()).collect();
        match KEYS.binary_search_by(|(known, _)| (*known).cmp(&plain)) {
            Ok(place) if !matches!(*value, "unknown" | "*") => {
                put(&mut meaning, name, value, KEYS.get(place).map_or(To::Nothing, |(_, to)| *to));
            }
            _ => drop(meaning.keep_text(name, value)),
        }
    }
    finish(&mut meaning, mnemonic, text);
    Some(meaning)
}

/// `2026/11/21 08:30:00 USG6300 `
fn header(meaning: &mut Meaning, before: &str) {
    let mut words = before.split(' ').filter(|word| !word.is_empty());
    if let (Some(date), Some(time), host) = (words.next(), words.next(), words.next()) {
        meaning.when = clock::date_and_time(date, time, "");
        meaning.host = host.filter(|_| meaning.when.is_some()).map(Into::into);
    }
}

/// The pairs of a description: those in the last brackets, or all of it.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let inside = match text.split_once(" (") {
        Some((sentence, inside)) if !sentence.contains('=') => inside.trim_end_matches([')', '.']),
        _ => text.trim_end_matches('.'),
    };
    inside
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
        .filter(|(name, _)| !name.is_empty() && name.len() <= 64)
        .take(PAIRS_MAX)
        .collect()
}

fn class(module: &str, mnemonic: &str, pairs: &[(&str, &str)]) -> (Class, u8) {
    let upper = mnemonic.to_ascii_uppercase();
    let has_source = pairs.iter().any(|(name, _)| matches!(*name, "SrcIp" | "source-ip" | "SourceIP" | "srcip" | "SrcIP"));
    if matches!(module, "URL" | "HTTP") {
        (Class::HttpActivity, http_activity::OTHER)
    } else if matches!(module, "IPS" | "AV" | "ATK" | "APT" | "DDOS" | "BLACKLIST" | "SANDBOX" | "ANTI-APT")
        || says(&upper, &["ATTACK", "VIRUS"])
    {
        (Class::DetectionFinding, detection_finding::CREATE)
    } else if says(&upper, &["SESSION_CREATE", "SESSION_BUILT", "SESSIONBUILT"]) {
        (Class::NetworkActivity, network_activity::OPEN)
    } else if says(&upper, &["SESSION_TEARDOWN", "SESSION_AGED", "SESSIONTEARDOWN"]) {
        (Class::NetworkActivity, network_activity::CLOSE)
    } else if says(&upper, &["LOGOUT"]) {
        (Class::Authentication, authentication::LOGOFF)
    } else if says(&upper, &["LOGIN", "AUTH", "LOGON", "SSH_FAIL", "PASSWDFAIL"]) {
        (Class::Authentication, authentication::LOGON)
    } else if upper.contains("CMD") {
        (Class::ProcessActivity, process_activity::LAUNCH)
    } else if has_source || module == "POLICY" || module == "SECLOG" {
        (Class::NetworkActivity, network_activity::TRAFFIC)
    } else {
        (Class::BaseEvent, base_event::OTHER)
    }
}

fn finish(meaning: &mut Meaning, mnemonic: &str, text: &str) {
    let upper = mnemonic.to_ascii_uppercase();
    if upper.contains("PERMIT") {
        set_verdict(meaning, "permit");
    } else if upper.contains("DENY") {
        set_verdict(meaning, "deny");
    }
    match meaning.class {
        Class::Authentication => {
            let failed = upper.contains("FAIL") || text.contains("fail");
            super::class::outcome(meaning, if failed { "failed" } else { "success" });
            let between = super::scan::between;
            put(meaning, "user", between(text, "ser ", " ").unwrap_or_default().trim_matches(['"', '\'']), facts::USER);
        }
        Class::DetectionFinding if meaning.fields.text(field::FINDING_INFO_TITLE).is_none() => {
            meaning.set_text(field::FINDING_INFO_TITLE, mnemonic);
        }
        Class::ProcessActivity => {
            let name = meaning
                .fields
                .text(field::PROCESS_CMD_LINE)
                .and_then(|line| line.split(' ').next())
                .unwrap_or_default()
                .to_owned();
            meaning.set_text(field::PROCESS_NAME, &name);
        }
        _ => {}
    }
}

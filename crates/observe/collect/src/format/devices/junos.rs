//! Juniper Junos: SRX session, screen, IDP and UTM logs, and who did what at the command line.
//!
//! Structured (`RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636… source-address="…" …]`, inside RFC 5424 or
//! behind another header) and as sentences (`RT_FLOW_SESSION_CREATE: session created 192.0.2.7/1025->…`).
//! Names as in Juniper's system log explorer.

use super::facts::{self, To, put, put_by, set_protocol, set_verdict};
use super::scan::{between, scan};
use crate::format::pairs::pairs;
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{
    authentication, base_event, detection_finding, device_config_state_change, http_activity, network_activity, process_activity,
};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "junos";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 128;

const KEYS: facts::Table = &[
    ("action", To::Verdict),
    ("application", facts::APPLICATION),
    ("argument", facts::URL),
    ("attack-name", facts::TITLE),
    ("bytes-from-client", facts::BYTES_OUT),
    ("bytes-from-server", facts::BYTES_IN),
    ("category", facts::KIND),
    ("command", facts::COMMAND),
    ("destination-address", To::Destination),
    ("destination-interface-name", facts::DESTINATION_INTERFACE),
    ("destination-port", facts::DESTINATION_PORT),
    ("destination-zone-name", facts::DESTINATION_ZONE),
    ("elapsed-time", To::Seconds),
    ("filename", facts::FILE_NAME),
    ("interface-name", facts::SOURCE_INTERFACE),
    ("name", facts::MALWARE),
    ("obj", To::Any(&[field::HTTP_REQUEST_URL_PATH.id()])),
    ("packet-incoming-interface", facts::SOURCE_INTERFACE),
    ("packets-from-client", facts::PACKETS_OUT),
    ("packets-from-server", facts::PACKETS_IN),
    ("policy-name", facts::RULE),
    ("protocol-id", To::Protocol),
    ("protocol-name", To::Protocol),
    ("reason", facts::DETAIL),
    ("rule-name", facts::RULE),
    ("service-name", To::Any(&[])),
    ("session-id-32", facts::SESSION),
    ("source-address", To::Source),
    ("source-interface-name", facts::SOURCE_INTERFACE),
    ("source-port", facts::SOURCE_PORT),
    ("source-zone-name", facts::SOURCE_ZONE),
    ("threat-severity", To::Any(&[])),
    ("url", facts::URL),
    ("username", facts::USER),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// Reads a record whose structured data is Juniper's, or whose message begins with a tag of Junos.
pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    let text = line.message;
    if line.more.iter().any(|(name, _)| name.starts_with("junos@")) {
        let tag = line.more("msgid").unwrap_or_default();
        let pairs: Vec<(&str, &str)> = line
            .more
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("junos@")?.split_once('.')?.1, &**value)))
            .collect();
        // The number of the enterprise has dots: the name is what follows the last.
        let named: Vec<(&str, &str)> =
            pairs.iter().map(|(name, value)| (name.rsplit('.').next().unwrap_or(name), *value)).collect();
        return structured(tag, &named);
    }
    if text.contains("[junos@") {
        let (before, rest) = text.split_once("[junos@")?;
        let tag = before.trim_end().rsplit(' ').next()?;
        let (_, rest) = rest.split_once(' ')?;
        let named: Vec<(&str, &str)> = pairs(rest.trim_end_matches(']')).take(PAIRS_MAX).collect();
        let mut meaning = structured(tag, &named)?;
        let mut words = before.split(' ');
        meaning.when = words.next().and_then(super::clock::any);
        meaning.host = words.next().map(Into::into);
        return Some(meaning);
    }
    let (tag, said) = text.split_once(':')?;
    if is_tag(tag) { sentence(tag, said.trim()) } else { None }
}

/// Whether a word is a tag of Junos.
pub(super) fn is_tag(word: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let starts = [
        "RT_",
        "UI_",
        "SSHD_",
        "LOGIN_",
        "IDP_",
        "APPTRACK_",
        "WEBFILTER_",
        "AV_",
        "ANTISPAM_",
        "CONTENT_FILTERING_",
        "KMD_",
        "AUTH_",
        "PKID_",
        "SNMP_",
        "SYSTEM_",
        "AAMW_",
        "SECINTEL_",
    ];
    word.len() <= 64 && word.bytes().all(is_sign) && starts.iter().any(|start| word.starts_with(start))
}

fn class(tag: &str) -> (Class, u8) {
    let has = |part: &str| tag.contains(part);
    if has("SESSION_CREATE") {
        (Class::NetworkActivity, network_activity::OPEN)
    } else if has("SESSION_CLOSE") {
        (Class::NetworkActivity, network_activity::CLOSE)
    } else if has("SESSION_DENY") {
        (Class::NetworkActivity, network_activity::REFUSE)
    } else if tag.starts_with("RT_SCREEN")
        || tag.starts_with("IDP_")
        || tag.starts_with("AV_VIRUS")
        || tag.starts_with("AAMW_")
        || tag.starts_with("SECINTEL_")
    {
        (Class::DetectionFinding, detection_finding::CREATE)
    } else if tag.starts_with("WEBFILTER_") {
        (Class::HttpActivity, http_activity::OTHER)
    } else if tag.starts_with("RT_FLOW")
        || tag.starts_with("APPTRACK_")
        || tag.starts_with("ANTISPAM_")
        || tag.starts_with("CONTENT_FILTERING")
    {
        (Class::NetworkActivity, network_activity::TRAFFIC)
    } else if matches!(tag, "UI_LOGOUT_EVENT") || has("LOGOUT") {
        (Class::Authentication, authentication::LOGOFF)
    } else if has("LOGIN") || tag == "UI_AUTH_EVENT" || has("AUTH_FAIL") {
        (Class::Authentication, authentication::LOGON)
    } else if tag.starts_with("UI_CMDLINE") {
        (Class::ProcessActivity, process_activity::LAUNCH)
    } else if tag.starts_with("UI_COMMIT") || tag.starts_with("UI_CFG") || tag.starts_with("UI_LOAD") {
        (Class::DeviceConfigStateChange, device_config_state_change::LOG)
    } else {
        (Class::BaseEvent, base_event::OTHER)
    }
}

fn started(tag: &str) -> Meaning {
    let (class, activity) = class(tag);
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Juniper").set_text(field::METADATA_EVENT_CODE, tag);
    match (class, activity) {
        (Class::NetworkActivity, network_activity::OPEN) => set_verdict(&mut meaning, "permit"),
        (Class::NetworkActivity, network_activity::REFUSE) => set_verdict(&mut meaning, "deny"),
        _ if tag.ends_with("_BLOCKED") => set_verdict(&mut meaning, "blocked"),
        _ if tag.ends_with("_PERMITTED") => set_verdict(&mut meaning, "permitted"),
        (Class::Authentication, _) if tag.contains("FAIL") => drop(meaning.failed("INVALID_CREDENTIALS")),
        (Class::Authentication, _) => drop(meaning.succeeded()),
        _ => {}
    }
    meaning
}

fn structured(tag: &str, pairs: &[(&str, &str)]) -> Option<Meaning> {
    if pairs.is_empty() {
        return None;
    }
    let mut meaning = started(tag);
    for (name, value) in pairs {
        match *name {
            "application" | "username" | "roles" if matches!(*value, "UNKNOWN" | "N/A") => {}
            _ => put_by(&mut meaning, KEYS, name, value),
        }
    }
    if meaning.class == Class::DetectionFinding && meaning.fields.text(field::FINDING_INFO_TITLE).is_none() {
        let malware = meaning.fields.texts(field::MALWARE_NAME).first().map(ToString::to_string);
        meaning.set_text(field::FINDING_INFO_TITLE, malware.as_deref().unwrap_or(tag));
    }
    if meaning.class == Class::ProcessActivity {
        let name =
            meaning.fields.text(field::PROCESS_CMD_LINE).and_then(|line| line.split(' ').next()).unwrap_or_default().to_owned();
        meaning.set_text(field::PROCESS_NAME, &name);
    }
    Some(meaning)
}

fn sentence(tag: &str, said: &str) -> Option<Meaning> {
    let mut meaning = started(tag);
    match meaning.class {
        Class::NetworkActivity => session(&mut meaning, said)?,
        Class::DetectionFinding => screen(&mut meaning, said),
        _ => {
            let user = between(said, "ser '", "'").or_else(|| between(said, "ser ", " "));
            put(&mut meaning, "user", user.unwrap_or_default(), facts::USER);
            let host = between(said, "from host '", "'")
                .or_else(|| between(said, "from host ", " "))
                .or_else(|| between(said, "ssh-connection '", " "));
            put(&mut meaning, "host", host.unwrap_or_default(), To::Source);
            if let Some(command) = between(said, "command '", "'").filter(|_| meaning.class == Class::ProcessActivity) {
                meaning.set_text(field::PROCESS_CMD_LINE, command);
                meaning.set_text(field::PROCESS_NAME, command.split(' ').next().unwrap_or_default());
            }
        }
    }
    Some(meaning)
}

/// `session closed TCP FIN: 192.0.2.20/50122->198.51.100.9/443 junos-https … 6 policy in out 4211 4(365) 7(5110) 3 …`
fn session(meaning: &mut Meaning, said: &str) -> Option<()> {
    let (before, after) = said.split_once("->")?;
    let ends = [(SOURCE, before.rsplit(' ').next()?), (DESTINATION, after.split(' ').next()?)];
    for (which, end) in ends {
        let (host, port) = end.rsplit_once('/').unwrap_or((end, ""));
        meaning.endpoint(which, host, number(port));
    }
    if let Some(reason) = between(said, "session closed ", ": ") {
        meaning.set_text(field::STATUS_DETAIL, reason);
    }
    // The protocol is the first number alone; the policy and the zones stand behind it.
    let mut words = after.split(' ').skip(1).skip_while(|word| {
        number(word.split('(').next().unwrap_or(word)).is_none_or(|number| number > 255) || word.contains('/')
    });
    if let Some(protocol) = words.next() {
        set_protocol(meaning, protocol.split('(').next().unwrap_or(protocol));
    }
    for (name, to) in
        [("policy", facts::RULE), ("source_zone", facts::SOURCE_ZONE), ("destination_zone", facts::DESTINATION_ZONE)]
    {
        put(meaning, name, words.next().unwrap_or_default(), to);
    }
    if let (Some(sent), Some(received)) = (words.clone().nth(1), words.nth(2)) {
        put(meaning, "sent", between(sent, "(", ")").unwrap_or_default(), facts::BYTES_OUT);
        put(meaning, "received", between(received, "(", ")").unwrap_or_default(), facts::BYTES_IN);
    }
    Some(())
}

/// `TCP port scan! source: 198.51.100.7:50122, destination: 192.0.2.20:22, zone name: untrust, interface name: ge-0/0/0.0, action: drop`
fn screen(meaning: &mut Meaning, said: &str) {
    meaning.set_text(field::FINDING_INFO_TITLE, said.split(['!', ',']).next().unwrap_or(said).trim());
    for (before, to, port) in [("source: ", To::Source, "source_port"), ("destination: ", To::Destination, "destination_port")] {
        let Some(end) = between(said, before, ",") else { continue };
        let (host, number) = end.rsplit_once(':').filter(|(host, _)| !host.contains(':')).unwrap_or((end, ""));
        put(meaning, before.trim_end_matches(": "), host, to);
        meaning.keep_text(port, number);
    }
    put(meaning, "interface", between(said, "interface name: ", ",").unwrap_or_default(), facts::SOURCE_INTERFACE);
    let action = between(said, "action: ", ",").unwrap_or_default();
    set_verdict(meaning, action);
    meaning.keep_text("action", action);
    if let Some([name, ..]) = scan(said, "{}: ") {
        meaning.keep_text("kind", name.split('!').next().unwrap_or_default());
    }
}

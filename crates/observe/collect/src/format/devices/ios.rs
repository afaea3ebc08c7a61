//! Cisco IOS, IOS-XE, IOS-XR and NX-OS: `%SEC-6-IPACCESSLOGP: list 102 denied tcp 192.0.2.7(1025) -> …`.
//!
//! Facility, severity and mnemonic as in Cisco's system message guides. What stands before the `%`
//! (a sequence number, a time with its zone, an uptime) is the header's, in a dozen shapes.

use super::clock;
use super::facts::{self, To, put, set_protocol, set_verdict};
use super::scan::{between, scan};
use crate::header::number;
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::ocsf::activity::{
    authentication, base_event, detection_finding, device_config_state_change, network_activity, process_activity, ssh_activity,
};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

const FORMAT: &str = "cisco-ios";

/// Longest facility and mnemonic.
const TAG_MAX: usize = 96;

/// `FACILITY-6-MNEMONIC`, also `FACILITY-SUB-6-MNEMONIC` and `ROUTER-LOCAL-6-X`.
pub(super) fn is_tag(tag: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/' | b'.');
    tag.len() <= TAG_MAX && tag.bytes().all(is_sign) && level(tag).is_some()
}

/// The severity and the mnemonic of a tag.
fn level(tag: &str) -> Option<(u8, &str)> {
    let mut rest = tag;
    while let Some((_, after)) = rest.split_once('-') {
        if let [digit @ b'0'..=b'7', b'-', _, ..] = after.as_bytes() {
            return Some((digit - b'0', after.get(2..)?));
        }
        rest = after;
    }
    None
}

/// Reads a message by its tag; `before` is what the header left.
pub(super) fn parse(before: &str, tag: &str, text: &str) -> Option<Meaning> {
    let (level, mnemonic) = level(tag)?;
    let facility = tag.split_once('-').map_or(tag, |(facility, _)| facility);
    let text = text.trim();
    let mut meaning = understand(facility, mnemonic, text).unwrap_or_else(|| other(text));
    meaning.set(field::METADATA_EVENT_CODE, tag).set(field::METADATA_PRODUCT_VENDOR_NAME, "Cisco");
    if meaning.severity.is_none() {
        meaning.severity = Some(EventSeverity::from_syslog(level));
    }
    clock::before_tag(&mut meaning, before);
    Some(meaning)
}

fn understand(facility: &str, mnemonic: &str, text: &str) -> Option<Meaning> {
    match (facility, mnemonic) {
        (
            _,
            "IPACCESSLOGP" | "IPACCESSLOGDP" | "IPACCESSLOGNP" | "IPACCESSLOGS" | "IPACCESSLOGSP" | "ACCESSLOGP" | "ACCESSLOGDP"
            | "ACCESSLOGNP",
        ) => access_list(text),
        (_, "ACLLOG_FLOW_INTERVAL" | "ACLLOG_NEW_FLOW" | "ACLLOG_PERMIT" | "ACLLOG_DENY") => acl_flow(mnemonic, text),
        (_, "LOGIN_SUCCESS") => login(text, true),
        (_, "LOGIN_FAILED") => login(text, false),
        ("SSH", "SSH2_USERAUTH") => ssh_user(text),
        ("SSH", _) if mnemonic.starts_with("SSH2_") || mnemonic.starts_with("SSH_") => ssh(mnemonic, text),
        ("SYS", "LOGOUT") => logout(text),
        ("SYS", "CONFIG_I") | ("VSHD", _) | ("MGBL", _) if text.contains("onfigured from ") => configured(text),
        ("PARSER" | "HA_EM" | "AAA", "CFGLOG_LOGGEDCMD" | "CFGLOG_LOGGEDCMD_NOUSER" | "LOG") if text.contains("command:") => {
            command(text)
        }
        ("DOT1X" | "MAB" | "AUTHMGR" | "EPM" | "SESSION_MGR" | "DOT1X_SWITCH", _) => port_access(mnemonic, text),
        ("AUTHPRIV" | "DAEMON" | "SECURITYD" | "AAA" | "AAAA", _) => people(text),
        ("IPS", "SIGNATURE") => signature(text),
        ("PORT_SECURITY" | "PM", "PSECURE_VIOLATION" | "PSECURE_VIOLATION_VLAN") | ("ETH_PORT_SEC", _) => violation(text),
        ("SW_DAI" | "DHCP_SNOOPING" | "SW_MATM", _) => violation(text),
        ("FW", _) if text.contains("initiator (") => inspected(mnemonic, text),
        ("FW", _) if text.starts_with("Dropping ") => dropped(text),
        _ => None,
    }
}

/// What only says how the device is: interfaces, routing, hardware.
fn other(text: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::BaseEvent, base_event::OTHER);
    if let Some(name) = between(text, "nterface ", " ") {
        meaning.set_text(field::DEVICE_INTERFACE_NAME, name.trim_end_matches([',', ':', '.']));
    }
    meaning
}

/// `192.0.2.7(1025)` → address and port.
fn host_and_port(text: &str) -> (&str, Option<i64>) {
    let (host, port) = text.split_once('(').unwrap_or((text, ""));
    (host.trim_end_matches([',', '.', ':']), number(port.split([')', '/']).next().unwrap_or(port)))
}

/// `list 102 denied tcp 192.0.2.7(1025) (GigabitEthernet0/1 0000.5e00.5301) -> 192.0.2.8(139), 1 packet`
fn access_list(text: &str) -> Option<Meaning> {
    let rest = text.strip_prefix("list ").or_else(|| between(text, "access-list logging rate-limited", ""))?;
    let mut words = rest.split(' ');
    let (list, word) = (words.next()?, words.next()?);
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    set_verdict(&mut meaning, word);
    meaning.set_text(field::FIREWALL_RULE_NAME, list);
    let third = words.next()?;
    let source = if set_protocol(&mut meaning, third) { words.next()? } else { third };
    let (host, port) = host_and_port(source);
    meaning.endpoint(SOURCE, host, port);
    if let Some((before, after)) = rest.split_once(" -> ") {
        let (host, port) = host_and_port(after.split([' ', ',']).next()?);
        meaning.endpoint(DESTINATION, host, port);
        if let Some((_, interface)) = before.split_once(" (") {
            let mut words = interface.trim_end_matches(')').split(' ');
            meaning.set_text(field::SRC_ENDPOINT_INTERFACE_NAME, words.next().unwrap_or_default());
            meaning.set_text(field::SRC_ENDPOINT_MAC, words.next().unwrap_or_default());
        }
    }
    let packets = rest.split([' ', ',']).rev().skip_while(|word| !word.starts_with("packet")).nth(1).and_then(number);
    meaning.set_some(field::TRAFFIC_PACKETS, packets);
    Some(meaning)
}

/// `Src IP: 192.0.2.7, Dst IP: 192.0.2.8, Src Port: 1025, …, Protocol: "TCP"(6), Hit-count = 1`
fn acl_flow(mnemonic: &str, text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    let mut seen = false;
    for part in text.split(',') {
        let Some((name, value)) = part.split_once([':', '=']) else { continue };
        let (name, value) = (name.trim(), value.trim());
        seen = true;
        let to = match name {
            "Src IP" | "Source IP" => To::Source,
            "Dst IP" | "Destination IP" => To::Destination,
            "Src Port" | "Source Port" => facts::SOURCE_PORT,
            "Dst Port" | "Destination Port" => facts::DESTINATION_PORT,
            "Src Intf" | "Source Interface" => facts::SOURCE_INTERFACE,
            "Hit-count" | "Hit Count" => facts::COUNT,
            "ACL Name" | "ACE" => facts::RULE,
            "ACE Action" => To::Verdict,
            "Protocol" => {
                put(&mut meaning, name, between(value, "\"", "\"").unwrap_or(value), To::Protocol);
                continue;
            }
            _ => To::Any(&[]),
        };
        put(&mut meaning, name, value, to);
    }
    if mnemonic.ends_with("DENY") {
        set_verdict(&mut meaning, "deny");
    }
    seen.then_some(meaning)
}

fn signing_in(activity: u8, user: &str, from: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    meaning.set_text(field::USER_NAME, user).endpoint(SOURCE, from, None).set(field::IS_REMOTE, !from.is_empty());
    meaning
}

/// `Login failed [user: eva] [Source: 192.0.2.7] [localport: 22] [Reason: Login Authentication Failed] at …`
fn login(text: &str, worked: bool) -> Option<Meaning> {
    let value = |name: &str| between(text, name, "]").unwrap_or_default().trim();
    let mut meaning = signing_in(authentication::LOGON, value("[user:"), value("[Source:"));
    meaning.set_some(field::DST_ENDPOINT_PORT, number(value("[localport:")));
    if worked {
        meaning.succeeded();
    } else {
        meaning.failed(value("[Reason:"));
    }
    Some(meaning)
}

/// `User 'eva' authentication for SSH2 Session from 192.0.2.7 (tty = 0) using … Succeeded`
fn ssh_user(text: &str) -> Option<Meaning> {
    let [user, from, ..] = scan(text, "User '{}' authentication for SSH2 Session from {} ")?;
    let mut meaning = signing_in(authentication::LOGON, user, from);
    meaning.set(field::SERVICE_NAME, "ssh");
    if text.to_ascii_lowercase().contains("succe") {
        meaning.succeeded();
    } else {
        meaning.failed("INVALID_CREDENTIALS");
    }
    Some(meaning)
}

/// `SSH2 Session request from 192.0.2.7 (tty = 0) using crypto cipher 'aes256-ctr', hmac '…' Succeeded`
fn ssh(mnemonic: &str, text: &str) -> Option<Meaning> {
    let activity = match mnemonic {
        "SSH2_SESSION" | "SSH_SESSION" => ssh_activity::OPEN,
        "SSH2_CLOSE" | "SSH_CLOSE" => ssh_activity::CLOSE,
        _ => ssh_activity::OTHER,
    };
    let mut meaning = Meaning::new(FORMAT, Class::SshActivity, activity);
    meaning.endpoint(SOURCE, between(text, " from ", " ").unwrap_or_default(), None);
    if let Some([_, user, ..]) = scan(text, "{}user '{}'") {
        meaning.set_text(field::ACTOR_USER_NAME, user);
    }
    if text.ends_with("Succeeded") {
        meaning.succeeded();
    } else if text.ends_with("Failed") {
        meaning.failed("");
    }
    Some(meaning)
}

/// `User eva has exited tty session 1(192.0.2.7)`
fn logout(text: &str) -> Option<Meaning> {
    let [user, session, ..] = scan(text, "User {} has exited tty session {}")?;
    let from = between(session, "(", ")").unwrap_or_default();
    let mut meaning = signing_in(authentication::LOGOFF, user, from);
    meaning.set_text(field::SESSION_UID, session.split('(').next().unwrap_or(session)).succeeded();
    Some(meaning)
}

/// `Configured from console by eva on vty0 (192.0.2.7)`, `Configured from vty by eva on 192.0.2.7@pts/0`
fn configured(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::DeviceConfigStateChange, device_config_state_change::LOG);
    meaning.set_text(field::ACTOR_USER_NAME, between(text, " by ", " ").unwrap_or_default());
    meaning.set_text(field::ACTOR_SESSION_TERMINAL, between(text, " on ", " ").unwrap_or_default());
    let from = between(text, "(", ")").or_else(|| between(text, " on ", "@").filter(|from| !from.contains(' ')));
    meaning.keep_text("from", from.unwrap_or_default());
    meaning.succeeded();
    Some(meaning)
}

/// `User:eva  logged command:interface Vlan1`
fn command(text: &str) -> Option<Meaning> {
    let (who, command) = text.split_once("command:")?;
    let user = who.strip_prefix("User:").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::LAUNCH);
    let command = command.trim();
    meaning.set_text(field::ACTOR_USER_NAME, user).set_text(field::PROCESS_CMD_LINE, command);
    meaning.set_text(field::PROCESS_NAME, command.split(' ').next().unwrap_or_default());
    Some(meaning)
}

/// `Authentication failed for client (0000.5e00.5301) on Interface Fa0/3 AuditSessionID …`
fn port_access(mnemonic: &str, text: &str) -> Option<Meaning> {
    let client = between(text, "client (", ")")?;
    let activity = if text.starts_with("Starting") { authentication::PREAUTH } else { authentication::LOGON };
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    if client.contains('.') || client.contains(':') {
        meaning.set_text(field::SRC_ENDPOINT_MAC, client);
    } else {
        meaning.keep_text("client", client);
    }
    let interface = between(text, "nterface ", " ").unwrap_or_default();
    meaning.set_text(field::SRC_ENDPOINT_INTERFACE_NAME, interface);
    meaning.set_text(field::SESSION_UID, between(text, "AuditSessionID ", " ").unwrap_or_default());
    if mnemonic.contains("FAIL") || text.contains("failed") {
        meaning.failed(text.split(" for client").next().unwrap_or_default());
    } else if mnemonic.contains("SUCCESS") || text.contains("succeeded") {
        meaning.succeeded();
    }
    Some(meaning)
}

/// NX-OS hands on what its daemons say: `pam_aaa:Authentication failed for user eva from 192.0.2.7 - …`
fn people(text: &str) -> Option<Meaning> {
    let rest = between(text, "uthentication ", "")?;
    let failed = rest.starts_with("fail") || rest.contains(" failed");
    let user = between(rest, "for user ", " ").or_else(|| between(rest, "user ", " ")).unwrap_or_default();
    let mut meaning =
        signing_in(authentication::LOGON, user.trim_end_matches([',', ':']), between(rest, " from ", " ").unwrap_or_default());
    if failed {
        meaning.failed("INVALID_CREDENTIALS");
    } else if rest.contains("succe") {
        meaning.succeeded();
    } else {
        meaning.activity = authentication::OTHER;
    }
    Some(meaning)
}

/// `Sig:5114 Subsig:1 Sev:4 WWW IIS Unicode Attack [192.0.2.7:1025 -> 192.0.2.8:80]`
fn signature(text: &str) -> Option<Meaning> {
    let [id, sub, rest, ..] = scan(text, "Sig:{} Subsig:{} Sev:{}")?;
    let (level, rest) = rest.split_once(' ')?;
    let (title, ends) = rest.split_once(" [").unwrap_or((rest, ""));
    let mut meaning = Meaning::new(FORMAT, Class::DetectionFinding, detection_finding::CREATE);
    meaning.set_text(field::FINDING_INFO_TITLE, title).set_text(field::FINDING_INFO_UID, id).keep_text("subsignature", sub);
    meaning.keep_text("signature_severity", level);
    let (source, destination) = ends.split_once(" -> ").unwrap_or((ends, ""));
    for (name, end, to) in [("source", source, To::Source), ("destination", destination, To::Destination)] {
        let (host, port) = end.split(']').next().unwrap_or(end).rsplit_once(':').unwrap_or((end, ""));
        put(&mut meaning, name, host, to);
        meaning.keep_text(if name == "source" { "source_port" } else { "destination_port" }, port);
    }
    Some(meaning)
}

/// `Security violation occurred, caused by MAC address 0000.5e00.5301 on port GigabitEthernet0/1.`
fn violation(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::DetectionFinding, detection_finding::CREATE);
    meaning.set_text(field::FINDING_INFO_TITLE, text.split([',', '(', ':']).next().unwrap_or(text).trim());
    meaning.keep_text("mac", between(text, "MAC address ", " ").unwrap_or_default());
    let port = between(text, " port ", " ").or_else(|| between(text, "nterface ", " ")).unwrap_or_default();
    meaning.set_text(field::DEVICE_INTERFACE_NAME, port.trim_end_matches(['.', ',']));
    Some(meaning)
}

/// `Stop tcp session: initiator (192.0.2.7:1025) sent 200 bytes -- responder (192.0.2.8:80) sent 500 bytes`
fn inspected(mnemonic: &str, text: &str) -> Option<Meaning> {
    let activity =
        if mnemonic.ends_with("START") || text.starts_with("Start") { network_activity::OPEN } else { network_activity::CLOSE };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    for (before, end, bytes) in
        [("initiator (", SOURCE, field::TRAFFIC_BYTES_OUT), ("responder (", DESTINATION, field::TRAFFIC_BYTES_IN)]
    {
        let Some((_, rest)) = text.split_once(before) else { continue };
        let (address, rest) = rest.split_once(')')?;
        let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
        meaning.endpoint(end, host, number(port));
        meaning.set_some(bytes, between(rest, "sent ", " ").and_then(number));
    }
    let protocol = text.split(' ').nth(1).unwrap_or_default();
    set_protocol(&mut meaning, protocol);
    Some(meaning)
}

/// `Dropping tcp session 192.0.2.7:1025 192.0.2.8:80 …`
fn dropped(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    let mut words = text.split([' ', ',']).filter(|word| word.contains('.') && word.contains(':'));
    for end in [SOURCE, DESTINATION] {
        let (host, port) = words.next()?.rsplit_once(':')?;
        meaning.endpoint(end, host, number(port));
    }
    if text.starts_with("Drop") {
        set_verdict(&mut meaning, "drop");
    }
    Some(meaning)
}

//! Cisco ASA, PIX, FWSM and Firepower Threat Defense: `%ASA-6-302013: Built inbound TCP connection …`.
//!
//! By message number, as in Cisco's system log message guides. Ends are written
//! `interface:address/port`; of a connection that was built the direction says who began, of one torn
//! down nothing does. A number that is not known is a base event with its number and severity.

use super::facts::{self, To, put, set_clock, set_protocol, set_verdict, verdict};
use super::scan::{between, scan};
use super::{cisco_user, clock, ftd};
use crate::header::number;
use crate::meaning::{DESTINATION, Endpoint, Meaning, SOURCE};
use std::net::IpAddr;
use vigie_model::event::ocsf::activity::{base_event, detection_finding, http_activity, network_activity};
use vigie_model::event::ocsf::{action_id, connection_info_direction_id as direction, disposition_id, field};
use vigie_model::event::{Class, EventSeverity};

pub(super) const FORMAT: &str = "cisco-asa";

/// Reads `ASA-6-302013` and what stands behind its colon.
///
/// `before` is what the header left: with EMBLEM the time with its zone.
pub(super) fn parse(before: &str, tag: &str, text: &str) -> Option<Meaning> {
    let (head, id) = tag.rsplit_once('-')?;
    let level = head.rsplit('-').next().and_then(number).filter(|level| *level <= 7)?;
    let id = id.trim();
    let code = number(id).filter(|_| id.len() == 6)?;
    let text = text.trim();
    let mut meaning = understand(code, text).unwrap_or_else(|| Meaning::new(FORMAT, Class::BaseEvent, base_event::OTHER));
    meaning.set(field::METADATA_EVENT_CODE, id);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Cisco");
    let product = head.split('-').next().unwrap_or(head);
    meaning.set(field::METADATA_PRODUCT_NAME, product);
    if meaning.severity.is_none() {
        meaning.severity = u8::try_from(level).ok().map(EventSeverity::from_syslog);
    }
    if meaning.when.is_none() {
        clock::before_tag(&mut meaning, before);
    }
    Some(meaning)
}

fn understand(code: i64, text: &str) -> Option<Meaning> {
    match code {
        302_003..=302_004 | 302_013..=302_027 | 302_033..=302_036 | 302_302..=302_306 | 305_009..=305_012 => connection(text),
        304_001..=304_002 => page(code, text),
        338_001..=338_008 | 338_201..=338_204 => listed(text),
        400_000..=400_051 => signature(text),
        733_100..=733_105 => threat(code, text),
        430_001..=430_005 => ftd::parse(code, text),
        106_100 | 106_102 | 106_103 => access_list(text),
        106_101 => None,
        106_000..=106_999
        | 201_009..=201_013
        | 305_005..=305_006
        | 305_013
        | 313_001..=313_009
        | 401_004
        | 402_117
        | 407_002
        | 410_001..=410_004
        | 415_000..=415_020
        | 418_001..=418_002
        | 419_001..=419_003
        | 420_002..=420_003
        | 421_001
        | 421_007
        | 500_003..=500_005
        | 507_003
        | 322_001 => refused(text),
        110_002..=110_004 | 421_002 | 607_001 | 608_001..=608_005 | 617_001..=617_004 | 725_001..=725_003 | 725_006..=725_007 => {
            flow(text)
        }
        710_001..=710_007 => to_the_box(code, text),
        _ => cisco_user::parse(code, text),
    }
}

/// `Built inbound TCP connection 4211 for outside:192.0.2.7/1025 (192.0.2.7/1025) to inside:10.0.0.1/443 (…)`
fn connection(text: &str) -> Option<Meaning> {
    let (verb, rest) = text.split_once(' ')?;
    let (activity, action) = match verb {
        "Built" | "Pre-allocate" => (network_activity::OPEN, Some((action_id::ALLOWED, disposition_id::ALLOWED))),
        "Teardown" => (network_activity::CLOSE, None),
        _ => return flow(text),
    };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, activity);
    if let Some((action, disposition)) = action {
        meaning.set(field::ACTION_ID, action).set(field::DISPOSITION_ID, disposition);
    }
    let words = rest.split(' ').take(6);
    let mut is_outbound = false;
    let mut before = "";
    for word in words {
        match word {
            "inbound" => drop(meaning.set(field::CONNECTION_INFO_DIRECTION_ID, direction::INBOUND)),
            "outbound" => {
                is_outbound = true;
                meaning.set(field::CONNECTION_INFO_DIRECTION_ID, direction::OUTBOUND);
            }
            _ if number(word).is_some() => {
                if before == "connection" {
                    meaning.set(field::CONNECTION_INFO_UID, word);
                }
            }
            _ => drop(set_protocol(&mut meaning, word.trim_end_matches(':'))),
        }
        before = word;
    }
    if let Some([first, second]) = ends(rest) {
        let (source, destination) = if is_outbound { (second, first) } else { (first, second) };
        end(&mut meaning, SOURCE, source);
        end(&mut meaning, DESTINATION, destination);
    } else if let Some(foreign) = between(rest, "faddr ", " ") {
        let local = between(rest, "laddr ", " ").unwrap_or_default();
        let (source, destination) = if is_outbound { (local, foreign) } else { (foreign, local) };
        end(&mut meaning, SOURCE, source);
        end(&mut meaning, DESTINATION, destination);
    }
    if activity == network_activity::CLOSE {
        meaning.set(field::IS_SRC_DST_ASSIGNMENT_KNOWN, false);
    }
    tail(&mut meaning, rest);
    Some(meaning)
}

/// What follows the ends: length, bytes, reason, user.
fn tail(meaning: &mut Meaning, text: &str) {
    if let Some(clock) = between(text, " duration ", " ") {
        set_clock(meaning, clock);
    }
    if let Some(bytes) = between(text, " bytes ", " ").filter(|bytes| number(bytes).is_some() || bytes.len() > 9) {
        put(meaning, "bytes", bytes, facts::BYTES);
        let reason = text.split_once(" bytes ").and_then(|(_, rest)| rest.split_once(' ')).map_or("", |(_, reason)| reason);
        let (reason, user) = reason.rsplit_once('(').map_or((reason, ""), |(reason, user)| (reason, user));
        let reason = reason.trim().trim_start_matches("reason ");
        meaning.set_text(field::STATUS_DETAIL, reason);
        meaning.set_text(field::ACTOR_USER_NAME, user.trim_end_matches(')'));
    }
    if let Some(flags) = between(text, " flags ", " on interface") {
        meaning.keep_text("flags", flags.trim_end_matches(','));
    } else if let Some(flags) = between(text, ", flags: ", ", on") {
        meaning.keep_text("flags", flags);
    }
    if let Some(interface) = between(text, " on interface ", " ") {
        let interface = interface.trim_end_matches(['.', ',']);
        put(meaning, "interface", interface, facts::SOURCE_INTERFACE);
    }
    let list = between(text, "access-group \"", "\"").or_else(|| between(text, "access-list ", " "));
    if let Some(list) = list.or_else(|| between(text, "outbound list ", " ")) {
        put(meaning, "access_list", list, facts::RULE);
    }
    if let (Some(kind), Some(code)) = (between(text, "(type ", ","), between(text, ", code ", ")")) {
        meaning.keep_text("icmp_type", kind).keep_text("icmp_code", code);
    }
}

/// The two ends a sentence names, in its order.
fn ends(text: &str) -> Option<[&str; 2]> {
    for (before, middle) in [
        (" src ", " dst "),
        (" src ", " dest "),
        (" SRC ", " DEST "),
        ("src ", " dst "),
        (" from ", " to "),
        (" for ", " to "),
        (" from ", " ==> "),
        ("packet: ", " ==> "),
    ] {
        let Some((_, rest)) = text.split_once(before) else { continue };
        let Some((first, rest)) = rest.split_once(middle) else { continue };
        let first = first.split(' ').next().unwrap_or(first);
        return Some([first, rest.split([' ', ',', ';']).next().unwrap_or(rest)]);
    }
    None
}

/// `inside:10.0.0.1/443(user)`, `10.0.0.1/443`, `inside:name/443`, `(10.0.0.1)`.
pub(super) fn end(meaning: &mut Meaning, which: Endpoint, text: &str) {
    let text = text.trim_matches(['(', '[', ',', '.', ';', ']']).split('(').next().unwrap_or(text).trim_end_matches(')');
    let (host, port) = text.rsplit_once('/').unwrap_or((text, ""));
    let (interface, host) = match host.split_once(':') {
        Some((interface, rest)) if host.parse::<IpAddr>().is_err() => (interface, rest),
        _ => ("", host),
    };
    let port_number = port.parse().ok().or_else(|| service(port)).filter(|port| (0..=65_535).contains(port));
    // Of ICMP it is an id, no port.
    let is_icmp = matches!(meaning.fields.integer(field::CONNECTION_INFO_PROTOCOL_NUM), Some(1 | 58));
    let port_number = port_number.filter(|_| !is_icmp);
    let is_source = which.is(SOURCE);
    if facts::has(meaning, field::SRC_ENDPOINT_IP) {
        meaning.endpoint(which, host, port_number);
    } else {
        put(meaning, if is_source { "src" } else { "dst" }, host, if is_source { To::Source } else { To::Destination });
        meaning.keep_text(if is_source { "src_port" } else { "dst_port" }, port);
    }
    let name = if is_source { facts::SOURCE_INTERFACE } else { facts::DESTINATION_INTERFACE };
    put(meaning, if is_source { "src_interface" } else { "dst_interface" }, interface, name);
}

/// The names that the device has for ports in messages about itself.
fn service(name: &str) -> Option<i64> {
    Some(match name {
        "ssh" => 22,
        "telnet" => 23,
        "http" | "www" => 80,
        "https" => 443,
        "domain" => 53,
        "snmp" => 161,
        "ntp" => 123,
        "tftp" => 69,
        "syslog" => 514,
        "bootps" => 67,
        "netbios-ns" => 137,
        "netbios-dgm" => 138,
        "netbios-ssn" => 139,
        "ftp" => 21,
        "smtp" => 25,
        "isakmp" => 500,
        _ => return None,
    })
}

/// A packet or connection, whatever became of it.
fn flow(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    ends_and_protocol(&mut meaning, text);
    Some(meaning)
}

fn ends_and_protocol(meaning: &mut Meaning, text: &str) {
    if let Some(number) = between(text, "protocol ", " ").and_then(number) {
        set_protocol(meaning, &number.to_string());
    } else {
        let is_protocol = |word: &&str| {
            ["tcp", "udp", "icmp", "icmpv6", "gre", "esp", "sctp", "igmp", "ospf"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(word))
        };
        if let Some(word) = text.split([' ', '(', ':', ',']).take(12).find(is_protocol) {
            set_protocol(meaning, word);
        }
    }
    if let Some([source, destination]) = ends(text) {
        end(meaning, SOURCE, source);
        end(meaning, DESTINATION, destination);
    } else if let Some(source) = between(text, " from ", " ").or_else(|| between(text, " src ", " ")) {
        end(meaning, SOURCE, source);
        if let Some(destination) = between(text, " to ", " ") {
            end(meaning, DESTINATION, destination);
        }
    }
    if text.contains("nbound ") {
        let is_inbound = text.contains("nbound") && !text.contains("utbound");
        meaning.set(field::CONNECTION_INFO_DIRECTION_ID, if is_inbound { direction::INBOUND } else { direction::OUTBOUND });
    }
    tail(meaning, text);
}

/// A packet that was not let through.
fn refused(text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::REFUSE);
    meaning.set(field::ACTION_ID, action_id::DENIED).set(field::DISPOSITION_ID, disposition_id::BLOCKED);
    ends_and_protocol(&mut meaning, text);
    Some(meaning)
}

/// `access-list acl permitted tcp inside/10.0.0.1(1025) -> outside/192.0.2.7(443) hit-cnt 1 first hit [0x…]`
fn access_list(text: &str) -> Option<Meaning> {
    let rest = text.strip_prefix("access-list ")?;
    let mut words = rest.split(' ');
    let (list, word, protocol) = (words.next()?, words.next()?, words.next()?);
    let (word, protocol) = if verdict(word).is_some() { (word, protocol) } else { ("", protocol) };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    set_verdict(&mut meaning, word);
    meaning.set_text(field::FIREWALL_RULE_NAME, list);
    set_protocol(&mut meaning, protocol);
    let ends = rest.split_once(" -> ").or_else(|| {
        // With a user's name there is no arrow.
        let (at, _) = rest.match_indices(") ").next()?;
        rest.split_at_checked(at + 1)
    });
    if let Some((source, destination)) = ends {
        let source = source.rsplit(' ').find(|word| word.contains('/')).unwrap_or_default();
        let destination = destination.trim_start().split(' ').next().unwrap_or_default();
        for (which, text) in [(SOURCE, source), (DESTINATION, destination)] {
            let (interface, rest) = text.split_once('/').unwrap_or(("", text));
            let (host, port) = rest.split_once('(').unwrap_or((rest, ""));
            meaning.endpoint(which, host, number(port.split(')').next().unwrap_or(port)));
            let name = if which.is(SOURCE) { facts::SOURCE_INTERFACE } else { facts::DESTINATION_INTERFACE };
            put(&mut meaning, "interface", interface, name);
        }
    }
    if let Some(user) = between(rest, "for user '", "'") {
        meaning.set_text(field::ACTOR_USER_NAME, user);
    }
    if let Some(count) = between(rest, "hit-cnt ", " ").and_then(number) {
        meaning.set(field::COUNT, count);
    }
    Some(meaning)
}

/// `TCP access denied by ACL from 192.0.2.7/1025 to outside:192.0.2.1/22`
fn to_the_box(code: i64, text: &str) -> Option<Meaning> {
    let mut meaning = if matches!(code, 710_001 | 710_002) { flow(text)? } else { refused(text)? };
    if code == 710_002 {
        set_verdict(&mut meaning, "permitted");
    }
    Some(meaning)
}

/// `192.0.2.7 Accessed URL 192.0.2.8:http://…`, `Access denied URL http://… SRC 192.0.2.7 DEST 192.0.2.8`
fn page(code: i64, text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::HttpActivity, http_activity::GET);
    let (source, destination, url) = if code == 304_001 {
        let [source, rest, ..] = scan(text, "{} Accessed {}")?;
        let rest = rest.strip_prefix("URL ").or_else(|| rest.strip_prefix("JAVA URL ")).unwrap_or(rest);
        let (destination, url) = rest.split_once(':')?;
        (source.rsplit(' ').next().unwrap_or(source), destination, url)
    } else {
        let [url, source, destination, ..] = scan(text, "Access denied URL {} SRC {} DEST {}")?;
        (source, destination.split([':', ' ']).next().unwrap_or(destination), url)
    };
    set_verdict(&mut meaning, if code == 304_001 { "allowed" } else { "denied" });
    end(&mut meaning, SOURCE, source);
    end(&mut meaning, DESTINATION, destination);
    put(&mut meaning, "url", url, facts::URL);
    Some(meaning)
}

/// `Dynamic Filter dropped blacklisted TCP traffic from inside:10.0.0.1/1025 (…) to outside:192.0.2.7/80 (…), …`
fn listed(text: &str) -> Option<Meaning> {
    let mut meaning = finding("Botnet traffic");
    let word = between(text, "Filter ", " ").unwrap_or_default();
    set_verdict(&mut meaning, if word == "permitted" { "permitted" } else { word });
    ends_and_protocol(&mut meaning, text);
    meaning.keep_text("threat_level", between(text, "threat-level: ", ",").unwrap_or_default());
    meaning.severity = between(text, "threat-level: ", ",").and_then(facts::severity);
    put(&mut meaning, "category", between(text, "category: ", "").unwrap_or_default(), facts::KIND);
    meaning.keep_text("resolved_from", between(text, "dynamic list: ", ",").unwrap_or_default());
    Some(meaning)
}

/// `IPS:2004 ICMP echo request from 192.0.2.7 to 192.0.2.1 on interface outside`
fn signature(text: &str) -> Option<Meaning> {
    let (id, rest) = text.trim_start_matches("IPS:").trim_start_matches("IDS:").split_once(' ')?;
    let mut meaning = finding(rest.split(" from ").next().unwrap_or(rest));
    put(&mut meaning, "signature", id, facts::TITLE_ID);
    ends_and_protocol(&mut meaning, text);
    Some(meaning)
}

/// `[ Scanning] drop rate-1 exceeded. …`, `Host 192.0.2.7 is attacking. …`
fn threat(code: i64, text: &str) -> Option<Meaning> {
    let mut meaning = finding(match code {
        733_100 => "Drop rate exceeded",
        733_101 => "Host is attacking or a target",
        733_102 => "Host shunned",
        733_103 => "Host no longer shunned",
        _ => "Attack rate exceeded",
    });
    let host = between(text, "ost ", " ").filter(|host| host.trim_end_matches('.').parse::<IpAddr>().is_ok());
    put(&mut meaning, "host", host.unwrap_or_default().trim_end_matches('.'), To::Source);
    Some(meaning)
}

fn finding(title: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::DetectionFinding, detection_finding::CREATE);
    meaning.set_text(field::FINDING_INFO_TITLE, title);
    meaning
}

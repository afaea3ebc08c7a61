//! Packets that netfilter logged: the LOG target of iptables, nftables and ufw.
//!
//! `[UFW BLOCK] IN=eth0 OUT= MAC=… SRC=192.0.2.7 DST=… PROTO=TCP SPT=… DPT=…` → Network Activity
//! (4001). The words before `IN=` are the administrator's: whether a packet was let through is read
//! out of them where they say it, and unknown otherwise.

use super::pairs;
use crate::header::number;
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use crate::seek::Seek;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::{action_id, connection_info_direction_id as direction, field};

/// Reads a kernel message without its time since boot.
pub(super) fn parse(text: &str) -> Option<Meaning> {
    let start = text.cut("IN=").filter(|_| text.has(" OUT=") && text.has(" SRC="))?.0.len();
    let (prefix, facts) = text.split_at_checked(start)?;
    let prefix = prefix.trim().trim_matches(['[', ']', ':']).trim();
    let action = action(prefix);
    let activity = match action {
        action_id::DENIED => network_activity::REFUSE,
        action_id::ALLOWED => network_activity::OPEN,
        _ => network_activity::TRAFFIC,
    };
    let mut meaning = Meaning::new("firewall", Class::NetworkActivity, activity);
    meaning.set(field::ACTION_ID, action).set_text(field::FIREWALL_RULE_NAME, prefix);
    let (mut into, mut out) = ("", "");
    // An ICMP error quotes the packet it answers in brackets: not this one's addresses.
    let facts = facts.cut(" [").map_or(facts, |(facts, _)| facts);
    for (key, value) in pairs(facts) {
        match key {
            "IN" => into = value,
            "OUT" => out = value,
            "SRC" => drop(meaning.endpoint(SOURCE, value, None)),
            "DST" => drop(meaning.endpoint(DESTINATION, value, None)),
            "SPT" => drop(meaning.set_some(field::SRC_ENDPOINT_PORT, number(value))),
            "DPT" => drop(meaning.set_some(field::DST_ENDPOINT_PORT, number(value))),
            "PROTO" => protocol(&mut meaning, value),
            "MAC" => mac(&mut meaning, value),
            "LEN" if meaning.fields.integer(field::TRAFFIC_BYTES).is_none() => {
                meaning.set_some(field::TRAFFIC_BYTES, number(value));
            }
            _ => drop(meaning.keep_text(key, value)),
        }
    }
    let flags: Vec<&str> =
        facts.split(' ').filter(|word| matches!(*word, "SYN" | "ACK" | "FIN" | "RST" | "PSH" | "URG")).collect();
    meaning.keep_text("flags", &flags.join(","));
    meaning.set_text(field::SRC_ENDPOINT_INTERFACE_NAME, into).set_text(field::DST_ENDPOINT_INTERFACE_NAME, out);
    let way = match (into.is_empty(), out.is_empty()) {
        _ if into == "lo" || out == "lo" => direction::LOCAL,
        (false, true) => direction::INBOUND,
        (true, false) => direction::OUTBOUND,
        (false, false) => direction::LATERAL,
        (true, true) => direction::UNKNOWN,
    };
    meaning.set(field::CONNECTION_INFO_DIRECTION_ID, way);
    Some(meaning)
}

fn action(prefix: &str) -> i64 {
    let upper = prefix.to_ascii_uppercase();
    // `WAN_IN-default-D`, as EdgeOS, VyOS and UniFi write the rule and the first letter of what it does.
    match upper.rcut("-") {
        Some((_, "D" | "R")) => return action_id::DENIED,
        Some((_, "A")) => return action_id::ALLOWED,
        _ => {}
    }
    let says = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    if says(&["BLOCK", "DROP", "DENY", "DENIED", "REJECT", "INVALID"]) {
        action_id::DENIED
    } else if says(&["ALLOW", "ACCEPT", "PERMIT", "-ACC-"]) {
        action_id::ALLOWED
    } else if says(&["AUDIT"]) {
        action_id::OBSERVED
    } else {
        action_id::UNKNOWN
    }
}

fn protocol(meaning: &mut Meaning, value: &str) {
    let known = [
        ("ICMP", 1),
        ("IGMP", 2),
        ("TCP", 6),
        ("UDP", 17),
        ("ESP", 50),
        ("AH", 51),
        ("ICMPv6", 58),
        ("SCTP", 132),
        ("UDPLITE", 136),
    ];
    let named = known.iter().find(|(name, _)| *name == value).map(|(_, number)| *number);
    meaning.set_some(field::CONNECTION_INFO_PROTOCOL_NUM, named.or_else(|| number(value)));
    if number(value).is_none() {
        meaning.set(field::CONNECTION_INFO_PROTOCOL_NAME, value.to_ascii_lowercase());
    }
}

/// Of an Ethernet frame: six bytes of the receiver, six of the sender, two of the type.
fn mac(meaning: &mut Meaning, value: &str) {
    if value.len() >= 35 {
        meaning.set_some(field::DST_ENDPOINT_MAC, value.get(..17)).set_some(field::SRC_ENDPOINT_MAC, value.get(18..35));
    }
}

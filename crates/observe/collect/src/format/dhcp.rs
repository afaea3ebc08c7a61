//! DHCP servers and clients: ISC's dhcpd and dhclient, Kea, dnsmasq.
//!
//! `DHCPACK on 192.0.2.7 to 00:00:5e:00:53:01 (laptop) via eth0` → DHCP Activity (4004). Sources: ISC's `server/dhcp.c`,
//! `client/dhclient.c`; dnsmasq's `src/rfc2131.c`; Kea's message list.

use super::words::between;
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::dhcp_activity;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "dhcp";

pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    match program {
        "dnsmasq-dhcp" => dnsmasq(text),
        _ if program.starts_with("kea-") => kea(text),
        _ => isc(text),
    }
}

fn activity_of(kind: &str) -> Option<u8> {
    Some(match kind {
        "DHCPDISCOVER" | "DHCPSOLICIT" => dhcp_activity::DISCOVER,
        "DHCPOFFER" | "DHCPADVERTISE" => dhcp_activity::OFFER,
        "DHCPREQUEST" | "DHCPRENEW" | "DHCPREBIND" | "BOOTREQUEST" => dhcp_activity::REQUEST,
        "DHCPACK" | "DHCPREPLY" | "BOOTREPLY" => dhcp_activity::ACK,
        "DHCPNAK" => dhcp_activity::NAK,
        "DHCPDECLINE" => dhcp_activity::DECLINE,
        "DHCPRELEASE" => dhcp_activity::RELEASE,
        "DHCPINFORM" => dhcp_activity::INFORM,
        "DHCPEXPIRE" => dhcp_activity::EXPIRE,
        _ => return None,
    })
}

/// Sets what a word is: an address of a network card, or of IP.
fn place(meaning: &mut Meaning, word: &str) {
    if word.len() == 17 && word.matches(':').count() == 5 {
        meaning.set(field::SRC_ENDPOINT_MAC, word);
    } else {
        meaning.endpoint(SOURCE, word, None);
    }
}

/// `DHCPREQUEST for 192.0.2.7 (198.51.100.1) from 00:00:5e:00:53:01 (laptop) via eth0: wrong network.`
fn isc(text: &str) -> Option<Meaning> {
    if let Some(rest) = text.strip_prefix("bound to ") {
        let mut meaning = Meaning::new(FORMAT, Class::DhcpActivity, dhcp_activity::ACK);
        meaning.endpoint(SOURCE, rest.split(' ').next()?, None);
        return Some(meaning);
    }
    let mut words = text.split(' ');
    let kind = words.next()?;
    let mut meaning = Meaning::new(FORMAT, Class::DhcpActivity, activity_of(kind)?);
    while let Some(word) = words.next() {
        match word {
            // A client asks on an interface and hears from a server.
            "on" | "of" | "for" | "to" | "from" => {
                let next = words.next()?;
                if word == "on" && !next.contains(['.', ':']) {
                    meaning.set_text(field::SRC_ENDPOINT_INTERFACE_NAME, next);
                } else if next == "255.255.255.255"
                    || word == "from" && meaning.fields.text(field::SRC_ENDPOINT_IP).is_some() && next.contains('.')
                {
                    meaning.endpoint(DESTINATION, next, None);
                } else {
                    place(&mut meaning, next);
                }
            }
            "via" => drop(meaning.set_text(field::DST_ENDPOINT_INTERFACE_NAME, words.next()?.trim_end_matches([':', ',']))),
            _ => {
                if let Some(name) = word.strip_prefix('(').and_then(|word| word.strip_suffix(')')) {
                    if name.parse::<std::net::IpAddr>().is_ok() {
                        meaning.endpoint(DESTINATION, name, None);
                    } else if !matches!(name, "found" | "not") {
                        meaning.set_text(field::SRC_ENDPOINT_HOSTNAME, name);
                    }
                }
            }
        }
    }
    if let Some((_, why)) = text.split_once(": ") {
        meaning.set_text(field::STATUS_DETAIL, why);
    }
    Some(meaning)
}

/// `DHCPACK(eth0) 192.0.2.7 00:00:5e:00:53:01 laptop`
fn dnsmasq(text: &str) -> Option<Meaning> {
    let text = text.split_once(' ').filter(|(serial, _)| number(serial).is_some()).map_or(text, |(_, rest)| rest);
    let (kind, rest) = text.split_once('(')?;
    let (interface, rest) = rest.split_once(") ")?;
    let mut meaning = Meaning::new(FORMAT, Class::DhcpActivity, activity_of(kind)?);
    meaning.set_text(field::DST_ENDPOINT_INTERFACE_NAME, interface);
    for (at, word) in rest.split(' ').take(3).enumerate() {
        if at < 2 && word.contains(['.', ':']) {
            place(&mut meaning, word);
        } else {
            meaning.set_text(field::SRC_ENDPOINT_HOSTNAME, word);
        }
    }
    Some(meaning)
}

/// `INFO  [kea-dhcp4.leases/842.1] DHCP4_LEASE_ALLOC [hwtype=1 00:00:5e:00:53:01], cid=[…], tid=0x1: lease 192.0.2.7 has been …`
fn kea(text: &str) -> Option<Meaning> {
    let at = text.find(" DHCP")?;
    let rest = text.get(at + 1..)?;
    let (code, rest) = rest.split_once(' ')?;
    let activity = if code.ends_with("LEASE_ALLOC") {
        dhcp_activity::ACK
    } else if code.ends_with("LEASE_ADVERT") || code.ends_with("LEASE_OFFER") {
        dhcp_activity::OFFER
    } else if code.ends_with("RELEASE") {
        dhcp_activity::RELEASE
    } else if code.contains("DECLINE") {
        dhcp_activity::DECLINE
    } else {
        let mut meaning = super::own_log::said(FORMAT, text.split(' ').next().unwrap_or_default());
        meaning.set(field::METADATA_EVENT_CODE, code);
        return Some(meaning);
    };
    let mut meaning = Meaning::new(FORMAT, Class::DhcpActivity, activity);
    if let Some(inside) = between(rest, "[hwtype=", "]") {
        place(&mut meaning, inside.rsplit(' ').next().unwrap_or_default());
    }
    let lease = rest
        .split_once("lease ")
        .or_else(|| rest.split_once("address "))
        .map_or("", |(_, rest)| rest.split(' ').next().unwrap_or_default());
    meaning.endpoint(SOURCE, lease, None).set_some(field::LEASE_DUR, between(rest, " for ", " seconds").and_then(number));
    meaning
        .set_text(field::TRANSACTION_UID, between(rest, "tid=", ":").unwrap_or_default())
        .set(field::METADATA_EVENT_CODE, code);
    Some(meaning)
}

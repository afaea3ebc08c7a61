//! BSD's pf: `filterlog` of pfSense and OPNsense (comma-separated), and the sentences of `tcpdump` on pflog.
//!
//! Columns as in pfSense's raw filter log format; those behind the addresses depend on the protocol.

use super::facts::{self, To, put, set_protocol, set_verdict};
use crate::header::number;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::{connection_info_direction_id as direction, field};

const FORMAT: &str = "pf";

/// `65,,,1000000103,vmx1,match,block,in,4,0x0,,63,21011,0,none,6,tcp,60,198.51.100.7,192.0.2.20,50122,22,0,S,…`
pub(super) fn parse(text: &str) -> Option<Meaning> {
    let columns: Vec<&str> = text.trim().split(',').take(64).collect();
    let column = |place: usize| columns.get(place).copied().unwrap_or_default();
    let is_v6 = match column(8) {
        "4" => false,
        "6" => true,
        _ => return None,
    };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    meaning.set_text(field::FIREWALL_RULE_UID, column(3)).keep_text("rule", column(0));
    meaning.keep_text("anchor", column(2)).keep_text("reason", column(5));
    set_verdict(&mut meaning, column(6));
    meaning.keep_text("action", column(6));
    let is_inbound = column(7) == "in";
    meaning.set(field::CONNECTION_INFO_DIRECTION_ID, if is_inbound { direction::INBOUND } else { direction::OUTBOUND });
    put(&mut meaning, "interface", column(4), if is_inbound { facts::SOURCE_INTERFACE } else { facts::DESTINATION_INTERFACE });
    let (protocol, name, length, first) = if is_v6 { (13, 12, 14, 15) } else { (15, 16, 17, 18) };
    if !set_protocol(&mut meaning, column(protocol)) {
        set_protocol(&mut meaning, column(name));
    }
    put(&mut meaning, "length", column(length), facts::BYTES);
    put(&mut meaning, "source", column(first), To::Source);
    put(&mut meaning, "destination", column(first + 1), To::Destination);
    let kind = column(name).to_ascii_lowercase();
    if matches!(&*kind, "tcp" | "udp") {
        put(&mut meaning, "source_port", column(first + 2), facts::SOURCE_PORT);
        put(&mut meaning, "destination_port", column(first + 3), facts::DESTINATION_PORT);
        meaning.keep_text("flags", if kind == "tcp" { column(first + 5) } else { "" });
    } else {
        meaning.keep_text("detail", column(first + 2));
    }
    Some(meaning)
}

/// `rule 3/0(match): block in on vr0: 198.51.100.7.50122 > 192.0.2.20.22: …`
pub(super) fn sentence(text: &str) -> Option<Meaning> {
    let (_, rest) = text.split_once("rule ")?;
    let (rule, rest) = rest.split_once(": ")?;
    let (what, rest) = rest.split_once(": ")?;
    let mut words = what.split(' ');
    let (action, way) = (words.next()?, words.next()?);
    let interface = words.nth(1)?;
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    set_verdict(&mut meaning, action);
    meaning.keep_text("action", action).set_text(field::FIREWALL_RULE_UID, rule.split(['(', '/']).next()?);
    let is_inbound = way == "in";
    meaning.set(field::CONNECTION_INFO_DIRECTION_ID, if is_inbound { direction::INBOUND } else { direction::OUTBOUND });
    put(&mut meaning, "interface", interface, if is_inbound { facts::SOURCE_INTERFACE } else { facts::DESTINATION_INTERFACE });
    let (source, rest) = rest.split_once(" > ")?;
    let destination = rest.split([' ', ',']).next()?.trim_end_matches(':');
    for (end, is_source) in [(source.rsplit(' ').next()?, true), (destination, false)] {
        // The port is the fifth part of an address of four.
        let dots = end.bytes().filter(|byte| *byte == b'.').count();
        let is_v6 = end.contains(':');
        let (host, port) = match end.rsplit_once('.') {
            Some((host, port)) if (dots == 4 || (is_v6 && dots == 1)) && number(port).is_some() => (host, port),
            _ => (end, ""),
        };
        put(&mut meaning, "end", host, if is_source { To::Source } else { To::Destination });
        put(&mut meaning, "port", port, if is_source { facts::SOURCE_PORT } else { facts::DESTINATION_PORT });
    }
    let protocol = ["tcp", "udp", "icmp"].into_iter().find(|known| rest.to_ascii_lowercase().contains(known));
    set_protocol(&mut meaning, protocol.unwrap_or(if rest.contains(" Flags [") || rest.contains(" S ") { "tcp" } else { "" }));
    Some(meaning)
}

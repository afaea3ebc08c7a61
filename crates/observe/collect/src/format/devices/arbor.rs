//! Arbor (Netscout): the blocked hosts of APS and AED, and the alerts of Sightline (Peakflow SP).

use super::facts::{self, To, put, set_protocol, set_verdict, severity};
use super::scan::between;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{base_event, detection_finding, network_activity};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "arbor";

pub(super) fn parse(text: &str) -> Option<Meaning> {
    let mut meaning = if let Some(rest) = text.split_once("Blocked host ").map(|(_, rest)| rest) {
        blocked(rest)
    } else if text.contains("alert #") || text.contains(" alert ") {
        alert(text)
    } else {
        Meaning::new(FORMAT, Class::BaseEvent, base_event::OTHER)
    };
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "Arbor Networks");
    Some(meaning)
}

/// `198.51.100.7 at 08:30 by Invalid Packets using TCP/23 (TELNET) destination 192.0.2.20 source port 50122,URL: …`
fn blocked(rest: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::REFUSE);
    set_verdict(&mut meaning, "blocked");
    put(&mut meaning, "host", rest.split(' ').next().unwrap_or_default(), To::Source);
    put(
        &mut meaning,
        "destination",
        between(rest, "destination ", " ").unwrap_or_default().trim_end_matches(','),
        To::Destination,
    );
    put(&mut meaning, "port", between(rest, "source port ", ",").unwrap_or_default(), facts::SOURCE_PORT);
    let using = between(rest, "using ", " ").unwrap_or_default();
    let (protocol, port) = using.split_once('/').unwrap_or((using, ""));
    set_protocol(&mut meaning, protocol);
    put(&mut meaning, "service", port, facts::DESTINATION_PORT);
    meaning.set_text(field::FIREWALL_RULE_NAME, between(rest, " by ", " using").unwrap_or_default());
    meaning.keep_text("url", between(rest, "URL: ", "").unwrap_or_default());
    meaning
}

/// `Host Detection alert #4211, start 2026-11-21 08:30:00 UTC, duration 60, direction incoming, host 192.0.2.20, …`
fn alert(text: &str) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::DetectionFinding, detection_finding::CREATE);
    let (title, rest) = text.split_once(" alert").unwrap_or((text, ""));
    meaning.set_text(field::FINDING_INFO_TITLE, title.trim());
    meaning.set_text(field::FINDING_INFO_UID, between(rest, "#", ",").unwrap_or_default());
    put(&mut meaning, "host", between(rest, "host ", ",").unwrap_or_default(), To::Destination);
    meaning.keep_text("signatures", between(rest, "signatures (", ")").unwrap_or_default());
    meaning.keep_text("impact", between(rest, "impact ", ",").unwrap_or_default());
    meaning.severity = match between(rest, "importance ", ",").unwrap_or_default() {
        "2" => severity("high"),
        "1" => severity("medium"),
        "0" => severity("low"),
        word => severity(word),
    };
    meaning
}

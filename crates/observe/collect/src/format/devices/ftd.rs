//! Firepower's own events, `%FTD-1-430003: SrcIP: 192.0.2.7, DstIP: …`: names and values with commas
//! between. 430001 is an intrusion, 430002 and 430003 begin and end of a connection, 430004 and
//! 430005 a file and malware in one.

use super::asa::FORMAT;
use super::clock;
use super::facts::{self, To, put, put_by};
use crate::meaning::Meaning;
use vigie_model::event::ocsf::activity::{detection_finding, network_activity};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

/// Most pairs read of one event.
const PAIRS_MAX: usize = 128;

const KEYS: facts::Table = &[
    ("AccessControlRuleAction", To::Verdict),
    ("AccessControlRuleName", facts::RULE),
    ("AccessControlRuleReason", facts::DETAIL),
    ("ApplicationProtocol", facts::APPLICATION),
    ("Classification", facts::KIND),
    ("ConnectionDuration", To::Seconds),
    ("ConnectionID", To::Any(&[field::CONNECTION_INFO_UID.id()])),
    ("DNSQuery", facts::DESTINATION_NAME),
    ("DeviceUUID", facts::DEVICE_ID),
    ("DstIP", To::Destination),
    ("DstPort", facts::DESTINATION_PORT),
    ("EgressInterface", facts::DESTINATION_INTERFACE),
    ("EgressZone", facts::DESTINATION_ZONE),
    ("FileAction", To::Verdict),
    ("FileName", facts::FILE_NAME),
    ("FileSHA256", facts::FILE_HASH),
    ("GID", To::Any(&[])),
    ("HTTPReferer", facts::REFERRER),
    ("HTTPResponse", facts::HTTP_STATUS),
    ("IPSPolicy", facts::POLICY),
    ("IngressInterface", facts::SOURCE_INTERFACE),
    ("IngressZone", facts::SOURCE_ZONE),
    ("InitiatorBytes", facts::BYTES_OUT),
    ("InitiatorPackets", facts::PACKETS_OUT),
    ("InlineResult", To::Verdict),
    ("Message", facts::TITLE),
    ("Protocol", To::Protocol),
    ("ResponderBytes", facts::BYTES_IN),
    ("ResponderPackets", facts::PACKETS_IN),
    ("SHA_Disposition", To::Any(&[])),
    ("SID", facts::TITLE_ID),
    ("SrcIP", To::Source),
    ("SrcPort", facts::SOURCE_PORT),
    ("ThreatName", facts::MALWARE),
    ("URL", facts::URL),
    ("User", facts::ACTOR),
    ("UserAgent", facts::AGENT),
];

const _: () = assert!(facts::is_sorted(KEYS));

pub(super) fn parse(code: i64, text: &str) -> Option<Meaning> {
    let (class, activity) = match code {
        430_002 => (Class::NetworkActivity, network_activity::OPEN),
        430_003 => (Class::NetworkActivity, network_activity::CLOSE),
        430_004 => (Class::NetworkActivity, network_activity::TRAFFIC),
        _ => (Class::DetectionFinding, detection_finding::CREATE),
    };
    let mut meaning = Meaning::new(FORMAT, class, activity);
    let mut rest = text;
    for _ in 0..PAIRS_MAX {
        let Some((name, after)) = rest.split_once(": ") else { break };
        let (value, after) = value(after);
        rest = after;
        match name.trim() {
            "Priority" | "EventPriority" if meaning.class == Class::DetectionFinding => {
                meaning.severity = match value {
                    "1" => Some(EventSeverity::High),
                    "2" => Some(EventSeverity::Medium),
                    "3" | "4" => Some(EventSeverity::Low),
                    word => facts::severity(word),
                };
                meaning.keep_text(name.trim(), value);
            }
            "FirstPacketSecond" => {
                meaning.when = clock::any(value);
                meaning.keep_text("FirstPacketSecond", value);
            }
            name => put_by(&mut meaning, KEYS, name, value),
        }
    }
    if code == 430_005 {
        put(&mut meaning, "Message", "Malware in a file", facts::TITLE);
        meaning.severity = Some(EventSeverity::High);
    }
    Some(meaning)
}

/// A value ends at `, Name: `; it may hold commas itself.
fn value(text: &str) -> (&str, &str) {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(", ")).map(|at| from + at) {
        let after = text.get(at + 2..).unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' ' | b'-' | b'/');
        let length = after.bytes().take(48).take_while(|byte| is_name(*byte)).count();
        if length > 0 && after.get(length..).is_some_and(|rest| rest.starts_with(": ")) {
            return (text.get(..at).unwrap_or_default(), after);
        }
        from = at + 2;
    }
    (text, "")
}

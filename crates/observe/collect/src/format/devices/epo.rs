//! McAfee (Trellix) ePolicy Orchestrator: an XML document behind the header, `<EPOevent>…</EPOevent>`.
//!
//! Elements are found by their names, without regard to where they stand: the documents are flat but
//! for groups, and often not well-formed.

use super::clock;
use super::facts::{self, To, put, set_verdict};
use super::scan::between;
use crate::meaning::Meaning;
use vigie_model::event::ocsf::activity::detection_finding;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

const FORMAT: &str = "mcafee";

const ELEMENTS: &[(&str, To)] = &[
    ("AnalyzerDetectionMethod", facts::KIND),
    ("MachineName", facts::DEVICE),
    ("SourceHostName", facts::SOURCE_NAME),
    ("SourceIPV4", To::Source),
    ("SourceProcessName", facts::PROCESS),
    ("TargetFileName", facts::FILE_PATH),
    ("TargetHostName", facts::DESTINATION_NAME),
    ("TargetIPV4", To::Destination),
    ("TargetProcessName", To::Any(&[])),
    ("TargetUserName", To::Any(&[])),
    ("ThreatCategory", facts::KIND),
    ("ThreatEventID", facts::CODE),
    ("ThreatType", To::Any(&[])),
    ("UserName", facts::ACTOR),
];

pub(super) fn parse(text: &str) -> Option<Meaning> {
    let (_, xml) = text.split_once("<EPO").filter(|(_, rest)| rest.starts_with("event") || rest.starts_with("Event"))?;
    let value = |name: &str| between(xml, &format!("<{name}>"), "<").unwrap_or_default().trim();
    let mut meaning = Meaning::new(FORMAT, Class::DetectionFinding, detection_finding::CREATE);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "McAfee");
    meaning.set_text(field::METADATA_PRODUCT_NAME, between(xml, "ProductName=\"", "\"").unwrap_or_default());
    let title = [value("ThreatName"), value("AnalyzerDetectionMethod"), "ePO event"]
        .into_iter()
        .find(|title| !matches!(*title, "" | "_"));
    meaning.set_text(field::FINDING_INFO_TITLE, title.unwrap_or_default());
    meaning.set_text(field::FINDING_INFO_UID, value("EventID"));
    meaning.set_text(field::DEVICE_IP, value("IPAddress")).set_text(field::DEVICE_UID, value("AgentGUID"));
    if value("ThreatCategory").starts_with("av.") {
        put(&mut meaning, "ThreatName", value("ThreatName"), facts::MALWARE);
    }
    // ePO's numbers: 0 and 1 alert and critical in its own order, 6 informational.
    let level = [value("ThreatSeverity"), value("Severity")].into_iter().find(|level| !level.is_empty()).unwrap_or_default();
    meaning.severity = level.parse().ok().filter(|level| *level <= 7).map(EventSeverity::from_syslog);
    meaning.when = clock::any(&format!("{}Z", value("GMTTime").trim_end_matches('Z')));
    meaning.host = Some(value("MachineName")).filter(|host| !host.is_empty()).map(Into::into);
    for (name, to) in ELEMENTS {
        put(&mut meaning, name, value(name), *to);
    }
    let action = value("ThreatActionTaken");
    set_verdict(&mut meaning, action.rsplit('.').next().unwrap_or(action).trim_start_matches("IDS_ACTION_WOULD_"));
    let taken = action.to_ascii_lowercase();
    if taken.contains("block") {
        set_verdict(&mut meaning, "blocked");
    } else if taken.contains("delete") {
        set_verdict(&mut meaning, "deleted");
    } else if taken.contains("clean") {
        set_verdict(&mut meaning, "cleaned");
    }
    meaning.keep_text("ThreatActionTaken", action);
    Some(meaning)
}

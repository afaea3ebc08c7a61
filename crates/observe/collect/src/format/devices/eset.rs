//! ESET PROTECT: one JSON object for each event, `{"event_type":"Threat_Event","ipv4":…}`.
//!
//! Names as in ESET's guide to events exported to syslog. The same events in LEEF are read as such.

use super::facts::{self, To, put, put_by, set_verdict, severity};
use crate::meaning::Meaning;
use serde_json::Value;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::{authentication, base_event, detection_finding, entity_management, network_activity};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "eset";

const KEYS: facts::Table = &[
    ("account", facts::USER),
    ("action", To::Verdict),
    ("action_taken", To::Verdict),
    ("cause", facts::DETAIL),
    ("event", facts::TITLE),
    ("hash", facts::FILE_HASH),
    ("hostname", facts::DEVICE),
    ("inbound", To::Any(&[])),
    ("ipv4", facts::DEVICE_IP),
    ("ipv6", facts::DEVICE_IP),
    ("object_uri", facts::FILE_PATH),
    ("process_name", facts::PROCESS),
    ("protocol", To::Protocol),
    ("rule_id", facts::RULE_ID),
    ("rule_name", facts::RULE),
    ("rulename", facts::RULE),
    ("source_address", To::Source),
    ("source_port", facts::SOURCE_PORT),
    ("source_uuid", facts::DEVICE_ID),
    ("target_address", To::Destination),
    ("target_port", facts::DESTINATION_PORT),
    ("threat_name", facts::MALWARE),
    ("threat_type", facts::KIND),
    ("username", facts::USER),
];

const _: () = assert!(facts::is_sorted(KEYS));

pub(super) fn parse(text: &str) -> Option<Meaning> {
    let Value::Object(object) = serde_json::from_str(text).ok()? else { return None };
    let value = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = value("event_type");
    let action = value("action").to_ascii_lowercase();
    let (class, activity) = match kind {
        "Threat_Event"
        | "HipsAggregated_Event"
        | "FilteredWebsites_Event"
        | "BlockedFiles_Event"
        | "EnterpriseInspectorAlert_Event"
        | "EsetInspectAlert_Event" => (Class::DetectionFinding, detection_finding::CREATE),
        "FirewallAggregated_Event" => (Class::NetworkActivity, network_activity::TRAFFIC),
        "Audit_Event" if action.contains("login") => (Class::Authentication, authentication::LOGON),
        "Audit_Event" if action.contains("logout") => (Class::Authentication, authentication::LOGOFF),
        "Audit_Event" => (Class::EntityManagement, entity_management::OTHER),
        _ => (Class::BaseEvent, base_event::OTHER),
    };
    let mut meaning = Meaning::new(FORMAT, class, activity);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "ESET").set_text(field::METADATA_EVENT_CODE, kind);
    meaning.severity = severity(value("severity"));
    for (name, value) in &object {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Null => continue,
            other => other.to_string(),
        };
        match &**name {
            "event_type" | "severity" => {}
            "user" => put(&mut meaning, name, &value, facts::USER),
            "detail" if class == Class::Authentication => {
                let user = value.split('\'').nth(1).unwrap_or_default();
                put(&mut meaning, "detail_user", user, facts::USER);
                meaning.keep_text(name, &value);
            }
            name => put_by(&mut meaning, KEYS, name, &value),
        }
    }
    match class {
        Class::Authentication => super::class::outcome(&mut meaning, value("result")),
        Class::DetectionFinding => {
            for title in [value("threat_name"), value("rule_name"), value("rulename"), value("application"), kind] {
                put(&mut meaning, "title", title, facts::TITLE);
                if meaning.fields.text(field::FINDING_INFO_TITLE).is_some() {
                    break;
                }
            }
        }
        Class::NetworkActivity => set_verdict(&mut meaning, value("action")),
        _ => {}
    }
    Some(meaning)
}

//! F5 BIG-IP: `01490500:5: /Common/access:Common:abcd1234: New session from client IP …`, AUDIT and ASM.
//!
//! Messages begin with an eight-digit number and a level; the number is what F5's message catalogue
//! goes by. Access Policy Manager, the audit of commands, pool members and TLS have meanings of their
//! own; the rest are base events with their number. ASM writes `name="value",…` in its own syslog format.

use super::facts::{self, To, put, put_by, set_verdict, severity};
use super::scan::between;
use crate::header::Line;
use crate::meaning::Meaning;
use vigie_model::event::ocsf::activity::{
    authentication, base_event, detection_finding, http_activity, network_activity, process_activity,
};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, EventSeverity};

const FORMAT: &str = "f5";

/// Most pairs read of one event.
const PAIRS_MAX: usize = 128;

const KEYS: facts::Table = &[
    ("attack_type", facts::KIND),
    ("date_time", To::Any(&[])),
    ("dest_ip", To::Destination),
    ("dest_port", facts::DESTINATION_PORT),
    ("ip_client", To::Source),
    ("management_ip_address", facts::DEVICE_IP),
    ("method", facts::METHOD),
    ("policy_name", facts::POLICY),
    ("protocol", facts::APPLICATION),
    ("request_status", To::Verdict),
    ("response_code", facts::HTTP_STATUS),
    ("sig_names", To::Any(&[])),
    ("src_port", facts::SOURCE_PORT),
    ("support_id", facts::UID),
    ("unit_hostname", facts::DEVICE),
    ("uri", facts::URL),
    ("username", facts::USER),
];

const _: () = assert!(facts::is_sorted(KEYS));

/// Whether a message begins with a number of the catalogue: eight hexadecimal digits, a level.
pub(super) fn is_numbered(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.get(..8).is_some_and(|number| number.iter().all(u8::is_ascii_hexdigit))
        && bytes.get(8) == Some(&b':')
        && bytes.get(9).is_some_and(u8::is_ascii_digit)
        && bytes.get(10) == Some(&b':')
}

/// Reads a message behind `notice tmm[4211`: BIG-IP puts the level before the process.
pub(super) fn behind(head: &str, text: &str) -> Option<Meaning> {
    let mut meaning = parse(text)?;
    let (name, pid) = head.rsplit(' ').next()?.split_once('[')?;
    meaning.set_text(field::ACTOR_PROCESS_NAME, name).set_some(field::ACTOR_PROCESS_PID, pid.parse::<i64>().ok());
    Some(meaning)
}

pub(super) fn parse(text: &str) -> Option<Meaning> {
    let (number, rest) = text.split_once(':')?;
    let (level, said) = rest.split_once(':')?;
    let said = said.trim();
    let mut meaning = understand(number, said).unwrap_or_else(|| Meaning::new(FORMAT, Class::BaseEvent, base_event::OTHER));
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "F5").set(field::METADATA_EVENT_CODE, number);
    meaning.severity = level.trim().parse().ok().filter(|level| *level <= 7).map(EventSeverity::from_syslog);
    Some(meaning)
}

fn understand(number: &str, said: &str) -> Option<Meaning> {
    match number {
        "01490500" => {
            let mut meaning = access(said, authentication::PREAUTH);
            put(&mut meaning, "client", between(said, "client IP ", " ")?, To::Source);
            put(&mut meaning, "virtual", between(said, "at VIP ", " ").unwrap_or_default(), To::Destination);
            Some(meaning)
        }
        "01490010" => {
            let mut meaning = access(said, authentication::LOGON);
            put(&mut meaning, "user", between(said, "Username '", "'")?, facts::USER);
            Some(meaning)
        }
        "01490102" => {
            let mut meaning = access(said, authentication::LOGON);
            let result = between(said, "result: ", "")?.trim();
            if result.contains("Deny") || result.contains("Logon_Deny") {
                meaning.failed(result);
            } else {
                meaning.succeeded().set(field::STATUS_DETAIL, result);
            }
            Some(meaning)
        }
        "01490502" | "01490549" | "01490501" => Some(access(said, authentication::LOGOFF)),
        "01490106" | "01490107" | "01490108" | "01490113" | "01490115" | "01490017" | "01490018" => {
            let mut meaning = access(said, authentication::LOGON);
            put(
                &mut meaning,
                "user",
                between(said, "sername '", "'").or_else(|| between(said, "user '", "'")).unwrap_or_default(),
                facts::USER,
            );
            super::class::outcome(&mut meaning, if said.contains("fail") { "failed" } else { "" });
            Some(meaning)
        }
        "01420002" | "01070417" if said.contains("AUDIT") => audit(said),
        "01260013" | "01260009" | "01260026" => {
            let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::FAIL);
            let (source, destination) = said.split_once(" -> ")?;
            for (end, text) in [(true, source.rsplit(' ').next()?), (false, destination.split(' ').next()?)] {
                let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
                put(&mut meaning, "end", host, if end { To::Source } else { To::Destination });
                put(&mut meaning, "port", port, if end { facts::SOURCE_PORT } else { facts::DESTINATION_PORT });
            }
            meaning.failed(said.split(" for ").next().unwrap_or_default());
            Some(meaning)
        }
        "01010343" | "01010038" | "01010240" | "01010241" | "01010302" | "01010329" | "01010344" | "01010055" => {
            let mut meaning = Meaning::new(FORMAT, Class::DetectionFinding, detection_finding::CREATE);
            meaning.set_text(field::FINDING_INFO_TITLE, said.split([',', ':', '=']).next().unwrap_or(said).trim());
            let server = between(said, "erver = ", ":").or_else(|| between(said, "irtual = ", ":")).unwrap_or_default();
            put(&mut meaning, "server", server, To::Destination);
            Some(meaning)
        }
        _ => None,
    }
}

/// `/Common/access:Common:abcd1234: …`: the session is the last part of the first word.
fn access(said: &str, activity: u8) -> Meaning {
    let mut meaning = Meaning::new(FORMAT, Class::Authentication, activity);
    let (head, _) = said.split_once(": ").unwrap_or((said, ""));
    let (profile, session) = head.rsplit_once(':').unwrap_or(("", head));
    meaning.set_text(field::SESSION_UID, session).keep_text("profile", profile);
    meaning.set(field::IS_REMOTE, true);
    meaning
}

/// `AUDIT - pid=4211 user=eva folder=/Common module=(tmos)# status=[Command OK] cmd_data=list`,
/// `AUDIT - user eva - transaction #42-3 - object 0 - modify { … }`
fn audit(said: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::ProcessActivity, process_activity::LAUNCH);
    let user = between(said, "user=", " ").or_else(|| between(said, "user ", " "))?;
    let command = between(said, "cmd_data=", "").or_else(|| between(said, "RAW: ", "")).or_else(|| said.splitn(5, " - ").nth(4));
    meaning.set_text(field::ACTOR_USER_NAME, user.trim_end_matches(',')).set_text(field::PROCESS_CMD_LINE, command?);
    meaning.set_text(field::PROCESS_NAME, command?.split(' ').next().unwrap_or_default());
    match between(said, "status=[", "]") {
        Some("Command OK") => drop(meaning.succeeded()),
        Some(status) => drop(meaning.failed(status)),
        None => {}
    }
    Some(meaning)
}

/// `unit_hostname="waf-1",management_ip_address="192.0.2.3",…`: Application Security Manager.
pub(super) fn asm(line: &Line<'_>, text: &str) -> Option<Meaning> {
    let mut meaning = Meaning::new(FORMAT, Class::HttpActivity, http_activity::OTHER);
    meaning.set(field::METADATA_PRODUCT_VENDOR_NAME, "F5").set(field::METADATA_PRODUCT_NAME, "ASM");
    let mut rest = text;
    for _ in 0..PAIRS_MAX {
        let Some((name, after)) = rest.split_once("=\"") else { break };
        let Some((value, after)) = after.split_once("\",").or_else(|| after.split_once('"')) else { break };
        rest = after;
        match name.trim_start_matches([',', ' ']) {
            "severity" => meaning.severity = severity(value),
            "method" => {
                super::class::method(&mut meaning, value);
                put(&mut meaning, "method", value, facts::METHOD);
            }
            "unit_hostname" if line.host.is_none() => {
                meaning.host = Some(value.into());
                put_by(&mut meaning, KEYS, "unit_hostname", value);
            }
            "request_status" => {
                set_verdict(&mut meaning, value);
                meaning.keep_text("request_status", value);
            }
            name => put_by(&mut meaning, KEYS, name, value),
        }
    }
    meaning.set(field::IS_ALERT, true);
    Some(meaning)
}

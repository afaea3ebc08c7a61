//! What watches and answers: fail2ban, ClamAV, Snort and Suricata, OSSEC and Wazuh, OpenSCAP.
//!
//! An intrusion detection's alert is Network Activity (4001) with `is_alert`, because ends of a connection are what it is about;
//! what a scanner found in a file is a Detection Finding (2004), a rule of a benchmark a Compliance Finding (2003), an advisory a
//! Vulnerability Finding (2002), a blocked address Network Remediation (7004) with the address as observable. Sources: fail2ban's
//! `server/actions.py` and `filter.py`, ClamAV's `clamd/scanner.c`, Snort's `log/log_text.c`, Suricata's `alert-fastlog.c`, the
//! active responses of OSSEC, the API of Wazuh, the syslog of OpenSCAP's daemon.

use super::own_log::{START, STOP, course, lifecycle};
use super::words::{between, host_port};
use super::{level, own_log};
use crate::header::{Clock, Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::ocsf::activity::{
    api_activity, authentication, compliance_finding, detection_finding, network_activity, network_remediation_activity,
    scan_activity, vulnerability_finding,
};
use vigie_model::event::ocsf::{action_id, field};
use vigie_model::event::{Class, EventSeverity};
use vigie_model::time::Timestamp;

/// Reads the message of a line that came over syslog.
pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    match program {
        "clamd" | "clamonacc" | "clamav-milter" | "freshclam" | "clamscan" => clamav(text),
        "snort" | "suricata" => alert(program, text),
        "oscap" => oscap(text),
        "ossec" | "wazuh" => Some(ossec(text)),
        _ => fail2ban(program, text),
    }
}

fn observed(meaning: &mut Meaning, address: &str) {
    let one = |text: &str| -> Box<[Box<str>]> { Box::new([text.into()]) };
    meaning.set(field::OBSERVABLES_NAME, one("address")).set(field::OBSERVABLES_TYPE, one("IP Address"));
    meaning.set(field::OBSERVABLES_VALUE, one(address));
}

/// Reads what follows the time of a line of fail2ban's file: ` fail2ban.actions        [842]: NOTICE  [sshd] Ban 192.0.2.7`.
pub(super) fn read_fail2ban(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let rest = rest.trim_start();
    let (part, after) = rest.split_once(' ')?;
    if !part.starts_with("fail2ban.") {
        return None;
    }
    let (pid, message) = after.trim_start().strip_prefix('[')?.split_once("]: ")?;
    let meaning = fail2ban(part, message)?;
    Some((Line { time: Some(time), program: part, pid: number(pid), message, ..Line::default() }, meaning))
}

/// `NOTICE  [sshd] Ban 192.0.2.7`, `INFO    [sshd] Found 192.0.2.7 - 2026-11-21 08:30:00`
fn fail2ban(program: &str, text: &str) -> Option<Meaning> {
    const FORMAT: &str = "fail2ban";
    let (level, rest) = text.split_once(' ')?;
    level::severity(level)?;
    let jail = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("] "));
    let Some((jail, what)) = jail else { return program.starts_with("fail2ban").then(|| own_log::said(FORMAT, level)) };
    let mut words = what.split(' ');
    let verb = words.next()?;
    let verb = if verb == "Restore" { words.next()? } else { verb };
    let address = words.next().unwrap_or_default();
    let activity = match verb {
        "Ban" => network_remediation_activity::ISOLATE,
        "Unban" => network_remediation_activity::RESTORE,
        "Found" => network_remediation_activity::DETECT,
        _ if what.ends_with(" already banned") => {
            let mut meaning = own_log::said(FORMAT, level);
            observed(&mut meaning, verb);
            return Some(meaning);
        }
        _ => return Some(own_log::said(FORMAT, level)),
    };
    let mut meaning = Meaning::new(FORMAT, Class::NetworkRemediationActivity, activity);
    observed(&mut meaning, address);
    meaning.set(field::COMMAND_UID, jail).set(field::REMEDIATION_DESC, what).keep("jail", jail);
    meaning.succeeded();
    Some(meaning)
}

/// `/srv/x: Eicar-Test-Signature FOUND`, `instream(192.0.2.7@50022): Eicar-Test-Signature FOUND`
fn clamav(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "clamav";
    let Some(rest) = text.strip_suffix(" FOUND") else {
        let is_bad = text.starts_with("ERROR: ") || text.starts_with("WARNING: ");
        let is_known = is_bad
            || [
                "SelfCheck: ",
                "Reading databases",
                "Database ",
                "daily.c",
                "main.c",
                "bytecode.c",
                "ClamAV update process",
                "+++ Started",
                "--- Stopped",
                "Listening daemon",
            ]
            .iter()
            .any(|start| text.starts_with(start));
        return is_known.then(|| own_log::said(FORMAT, if is_bad { text.split(':').next().unwrap_or_default() } else { "info" }));
    };
    let (path, name) = rest.rsplit_once(": ")?;
    let mut meaning = Meaning::new(FORMAT, Class::DetectionFinding, detection_finding::CREATE);
    let name = name.split('(').next().unwrap_or(name);
    let one = |text: &str| -> Box<[Box<str>]> { Box::new([text.into()]) };
    meaning.set(field::FINDING_INFO_TITLE, name).set(field::MALWARE_NAME, one(name)).severity(EventSeverity::High);
    meaning.set(field::RESOURCES_NAME, one(path)).set(field::RESOURCES_TYPE, one("file"));
    Some(meaning)
}

/// Reads a line of ClamAV's file: `Sat Nov 21 08:30:00 2026 -> /srv/x: Eicar-Test-Signature FOUND`.
pub(super) fn read_clamav<'a>(time: Timestamp, rest: &'a str) -> Option<(Line<'a>, Meaning)> {
    let message = rest.strip_prefix(" -> ")?;
    Some((Line { time: Some(time), program: "clamd", message, ..Line::default() }, clamav(message)?))
}

/// Reads a line of Snort's or Suricata's `fast` log: `11/21-08:30:00.123456  [**] [1:2001219:20] …`, with the year in Suricata's.
pub(super) fn read_alert<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (stamp, message) = text.split_once("  [").map(|(stamp, _)| (stamp, text.get(stamp.len() + 2..).unwrap_or_default()))?;
    let (date, at) = stamp.split_once('-')?;
    let mut parts = date.split('/');
    let (month, day, year) = (number(parts.next()?)?, parts.next()?, parts.next().unwrap_or_default());
    let name = *["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let (time, _) =
        clock.day_first(&if year.is_empty() { format!("{day} {name} {at}") } else { format!("{day} {name} {year} {at}") })?;
    let program = if year.is_empty() { "snort" } else { "suricata" };
    Some((Line { time: Some(time), program, message, ..Line::default() }, alert(program, message)?))
}

/// `[Drop] [**] [1:2001219:20] ET SCAN Potential SSH Scan [**] [Classification: …] [Priority: 2] {TCP} 192.0.2.7:50022 -> 198.51.100.1:22`
fn alert(program: &str, text: &str) -> Option<Meaning> {
    let (text, is_dropped) =
        text.strip_prefix("[Drop] ").or_else(|| text.strip_prefix("[wDrop] ")).map_or((text, false), |rest| (rest, true));
    let text = text.trim_start_matches("[**] ");
    let (rule, rest) = text.strip_prefix('[')?.split_once("] ")?;
    if rule.split(':').filter_map(number).count() != 3 {
        return None;
    }
    let end = rest.find(" [").unwrap_or(rest.len());
    let (title, facts) = rest.split_at_checked(end)?;
    let mut meaning =
        Meaning::new(if program == "suricata" { "suricata" } else { "snort" }, Class::NetworkActivity, network_activity::TRAFFIC);
    meaning
        .set(field::IS_ALERT, true)
        .set(field::FIREWALL_RULE_UID, rule)
        .set_text(field::FIREWALL_RULE_NAME, title.trim_matches('"'));
    meaning.set_text(field::FIREWALL_RULE_CATEGORY, between(facts, "[Classification: ", "]").unwrap_or_default());
    meaning.set(field::ACTION_ID, if is_dropped { action_id::DENIED } else { action_id::OBSERVED });
    let severity = match between(facts, "[Priority: ", "]").and_then(number) {
        Some(1) => EventSeverity::High,
        Some(2) => EventSeverity::Medium,
        Some(_) => EventSeverity::Low,
        None => EventSeverity::Unknown,
    };
    meaning.severity(severity);
    let (protocol, ends) = facts.split_once('{').and_then(|(_, rest)| rest.split_once("} ")).unwrap_or_default();
    meaning.set_text(field::CONNECTION_INFO_PROTOCOL_NAME, &protocol.to_ascii_lowercase());
    if let Some((from, to)) = ends.split_once(" -> ") {
        for (end, text) in [(SOURCE, from), (DESTINATION, to)] {
            let (host, port) = host_port(text.trim());
            meaning.endpoint(end, host, port);
        }
    }
    Some(meaning)
}

/// Reads what follows the time of a line of active responses: ` /var/ossec/active-response/bin/host-deny.sh add - 192.0.2.7 1795249800.60385 31151`.
pub(super) fn read_response(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let message = rest.strip_prefix(' ')?;
    let mut words = message.split(' ');
    let script = words.next().filter(|script| script.contains("/active-response/"))?;
    let activity = match words.next()? {
        "add" => network_remediation_activity::ISOLATE,
        "delete" => network_remediation_activity::RESTORE,
        _ => return None,
    };
    let (user, address, alert, rule) =
        (words.next()?, words.next()?, words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut meaning = Meaning::new("ossec", Class::NetworkRemediationActivity, activity);
    observed(&mut meaning, address);
    meaning.set(field::COMMAND_UID, script.rsplit('/').next().unwrap_or(script)).set(field::REMEDIATION_DESC, message);
    meaning.succeeded().keep_text("alert", alert).keep_text("rule", rule);
    if user != "-" {
        meaning.keep("user", user);
    }
    Some((Line { time: Some(time), program: "active-response", message, ..Line::default() }, meaning))
}

/// Reads what follows the time of a line of Wazuh: ` INFO: eva 192.0.2.7 "GET /agents" with parameters {} and body {} done in 0.006s: 400`,
/// ` wazuh-analysisd: INFO: text`.
pub(super) fn read_wazuh(time: Timestamp, rest: &str) -> Option<(Line<'_>, Meaning)> {
    let rest = rest.strip_prefix(' ')?;
    let (first, after) = rest.split_once(": ")?;
    let line = |program, message, meaning| Some((Line { time: Some(time), program, message, ..Line::default() }, meaning));
    if level::severity(first).is_some() && first.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return line("wazuh-api", after, wazuh_api(first, after));
    }
    if !first.starts_with("wazuh-") && !first.starts_with("ossec-") || first.contains(' ') {
        return None;
    }
    let (level, message) = after.split_once(": ").unwrap_or(("INFO", after));
    let level = level.split('(').next().unwrap_or(level);
    line(first, message, own_log::said("ossec", level))
}

/// `Ossec started.`, `Agent started: 'web-1->any'.`, `File rotated (inode changed): …`
fn ossec(text: &str) -> Meaning {
    const FORMAT: &str = "ossec";
    let activity = course(text, &[("started", START), ("disconnected", STOP), ("stopped", STOP)]);
    let Some(activity) = activity else { return own_log::said(FORMAT, "info") };
    let name = between(text, "'", "->").or_else(|| between(text, "'", "'")).unwrap_or("ossec");
    let mut meaning = lifecycle(FORMAT, activity, name);
    meaning.succeeded().set_text(field::STATUS_DETAIL, text);
    meaning
}

fn wazuh_api(level: &str, text: &str) -> Meaning {
    const FORMAT: &str = "wazuh-api";
    if let Some(address) = text.strip_prefix("IP blocked due to exceeded number of logins attempts: ") {
        let mut meaning = Meaning::new(FORMAT, Class::Authentication, authentication::LOGON);
        meaning.failed("too many attempts").endpoint(SOURCE, address, None).set(field::SERVICE_NAME, FORMAT);
        return meaning;
    }
    request(level, text).unwrap_or_else(|| own_log::said(FORMAT, level))
}

fn request(level: &str, text: &str) -> Option<Meaning> {
    let (who, rest) = text.split_once(" \"")?;
    let (user, client) = who.rsplit_once(' ')?;
    let (asked, rest) = rest.split_once('"')?;
    let (method, path) = asked.split_once(' ')?;
    let (_, done) = rest.rsplit_once(" done in ")?;
    let (seconds, code) = done.split_once("s: ")?;
    let activity = match method {
        "GET" | "HEAD" => api_activity::READ,
        "POST" => api_activity::CREATE,
        "PUT" | "PATCH" => api_activity::UPDATE,
        "DELETE" => api_activity::DELETE,
        _ => api_activity::OTHER,
    };
    let mut meaning = Meaning::new("wazuh-api", Class::ApiActivity, activity);
    meaning.set(field::API_OPERATION, asked).set(field::ACTOR_USER_NAME, user).endpoint(SOURCE, client, None);
    meaning.set(field::HTTP_REQUEST_HTTP_METHOD, method).set(field::HTTP_REQUEST_URL_PATH, path);
    let code = number(code.trim());
    meaning.set_some(field::HTTP_RESPONSE_CODE, code).set_some(field::DURATION, super::http::seconds(seconds));
    if code.is_some_and(|code| code < 400) {
        meaning.succeeded()
    } else {
        meaning.failed("")
    };
    meaning.keep_text("parameters", between(rest, "with parameters ", " and body ").unwrap_or_default());
    if let Some(severity) = level::severity(level) {
        meaning.severity(severity);
    }
    Some(meaning)
}

/// `msg: "xccdf-result", scan-id: "…", content: "…", title: "…", id: "…", result: "fail", severity: "low", …`
pub(super) fn oscap(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "oscap";
    let fact = |name: &str| between(text, name, "\"").unwrap_or_default();
    if text.starts_with("ERROR: ") || text.starts_with("WARNING: ") {
        return Some(own_log::said(FORMAT, text.split(':').next().unwrap_or_default()));
    }
    if let Some(rest) = text.strip_prefix("Evaluation finished. ") {
        let mut meaning = Meaning::new(FORMAT, Class::ScanActivity, scan_activity::COMPLETED);
        meaning.set_text(field::STATUS_CODE, between(rest, "Return code: ", ",").unwrap_or_default());
        meaning.keep_text("score", rest.split_once("Base score ").map_or("", |(_, score)| score.trim_end_matches('.')));
        return Some(meaning);
    }
    let kind = text.strip_prefix("msg: \"")?.split('"').next()?;
    let (result, title) = (fact(", result: \""), fact(", title: \""));
    let mut meaning = match kind {
        "xccdf-result" => {
            let mut meaning = Meaning::new(FORMAT, Class::ComplianceFinding, compliance_finding::CREATE);
            meaning.set_text(field::COMPLIANCE_CONTROL, fact(", id: \"")).set_text(field::COMPLIANCE_STATUS, result);
            let standard: Box<[Box<str>]> = Box::new([fact(", content: \"").into()]);
            meaning.set(field::COMPLIANCE_STANDARDS, standard);
            meaning
        }
        "oval-result" => {
            let mut meaning = Meaning::new(FORMAT, Class::VulnerabilityFinding, vulnerability_finding::CREATE);
            if let Some(cve) = title.split(' ').next().filter(|word| word.starts_with("CVE-")) {
                let cve: Box<[Box<str>]> = Box::new([cve.into()]);
                meaning.set(field::VULNERABILITIES_CVE_UID, cve);
            }
            meaning
        }
        "xccdf-overview" | "oval-overview" => {
            let mut meaning = Meaning::new(FORMAT, Class::ScanActivity, scan_activity::COMPLETED);
            meaning.set_text(field::SCAN_UID, fact("scan-id: \"")).set_text(field::SCAN_NAME, fact(", content: \""));
            meaning.keep_text("score", fact(", score: \"")).keep_text("profile", fact(", profile-title: \""));
            return Some(meaning);
        }
        _ => return None,
    };
    meaning.set_text(field::FINDING_INFO_TITLE, title).set_text(field::FINDING_INFO_UID, fact(", id: \""));
    meaning.set_text(field::FINDING_INFO_DESC, fact(", description: \""));
    match result {
        "pass" | "fixed" => meaning.succeeded(),
        "fail" | "error" => meaning.failed(result),
        _ => meaning.set_text(field::STATUS_DETAIL, result),
    };
    let severity = match fact(", severity: \"") {
        "low" => EventSeverity::Low,
        "medium" => EventSeverity::Medium,
        "high" => EventSeverity::High,
        "critical" => EventSeverity::Critical,
        _ => EventSeverity::Informational,
    };
    meaning.severity(if result == "fail" { severity } else { EventSeverity::Informational });
    meaning.keep_text("scan", fact("scan-id: \""));
    Some(meaning)
}

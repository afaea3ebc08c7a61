//! SARIF 2.1.0: what code hosts and editors show beside the source.
//!
//! Specification: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>. One rule for each subject, one result for each
//! finding; `partialFingerprints` carries the finding's id, so that a moved line is the same alert. What could not be
//! seen is a notification of the run.

use crate::said::{address, advice, place, plain, title};
use crate::{Scan, Target, lasting_id};
use serde_json::{Value, json};
use std::collections::HashMap;
use vigie_model::lang::Lang;
use vigie_model::lineage::Part;
use vigie_model::occurrence::Occurrence;
use vigie_model::severity::Severity;

/// The log.
#[must_use]
pub fn document(scan: &Scan<'_>) -> Value {
    let mut index = HashMap::new();
    let mut rules = Vec::new();
    for found in scan.findings {
        index.entry(found.identity.subject.as_str()).or_insert_with(|| {
            rules.push(rule(found, scan.lang));
            rules.len() - 1
        });
    }
    let results: Vec<Value> = scan.findings.iter().map(|found| result(scan, found, &index)).collect();
    let notes =
        scan.unseen.iter().map(|gap| json!({ "level": "warning", "message": { "text": plain(gap.said().get(scan.lang)) } }));
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "Vigie", "version": scan.version, "rules": rules } },
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": scan.taken_at.to_string(),
                "toolExecutionNotifications": notes.collect::<Vec<Value>>(),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(found: &Occurrence, lang: Lang) -> Value {
    let subject = &found.identity.subject;
    let entry = vigie_catalogue::by_id(subject);
    let detail = found.vulnerability.as_ref();
    let short = entry.map_or_else(|| subject.clone(), |entry| entry.title.get(lang).to_owned());
    let summary = detail.map(|detail| detail.summary.clone()).filter(|text| !text.is_empty());
    let full = entry.map(|entry| entry.why.get(lang).to_owned()).or(summary).unwrap_or_else(|| short.clone());
    let mut tags = vec![json!("security"), json!(found.identity.kind.word())];
    tags.extend(entry.into_iter().flat_map(|entry| &entry.tags).map(|tag| json!(tag)));
    let mut rule = json!({
        "id": subject,
        "shortDescription": { "text": plain(&short) },
        "fullDescription": { "text": plain(&full) },
        "help": { "text": plain(&advice(found, lang)) },
        "defaultConfiguration": { "level": level(found.severity) },
        "properties": { "tags": tags, "security-severity": score(found) },
    });
    if let Some(url) = address(found) {
        rule["helpUri"] = json!(url);
    }
    rule
}

/// The number by which GitHub sorts: CVSS, or the middle of the severity's range.
fn score(found: &Occurrence) -> String {
    let middle = match found.severity {
        Severity::Critical => 9.5,
        Severity::High => 8.0,
        Severity::Medium => 5.5,
        Severity::Low => 2.0,
        Severity::Info => 0.0,
    };
    // A vendor's own severity counts more than the score that upstream was given.
    let score = found.circumstances.cvss.filter(|score| Severity::from_cvss(*score) == found.severity).unwrap_or(middle);
    format!("{score:.1}")
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn result(scan: &Scan<'_>, found: &Occurrence, index: &HashMap<&str, usize>) -> Value {
    let subject = found.identity.subject.as_str();
    let title = title(found, scan.lang);
    let message = plain(&format!("{title}. {}", advice(found, scan.lang)));
    let mut result = json!({
        "ruleId": subject,
        "level": level(found.severity),
        "message": { "text": message },
        "locations": [location(scan, found)],
        "partialFingerprints": { "vigieFindingId/v1": lasting_id(scan, found).to_string() },
        "properties": { "priority": found.priority().number(), "severity": found.severity.word() },
    });
    if let Some(origin) = scan.origin(found) {
        result["properties"]["from"] = json!(origin.from.map_or("unknown", Part::word));
        result["properties"]["layers"] = json!(origin.layers);
    }
    if let Some(number) = index.get(subject) {
        result["ruleIndex"] = json!(number);
    }
    result
}

fn location(scan: &Scan<'_>, found: &Occurrence) -> Value {
    let place = place(found);
    let path = place.map_or(scan.asset.name.as_str(), |place| place.path);
    let line = place.and_then(|place| place.line).unwrap_or(1);
    let mut artifact = json!({ "uri": uri(path) });
    if matches!(scan.target, Target::Source) {
        artifact["uriBaseId"] = json!("%SRCROOT%");
    }
    let logical = json!([{ "fullyQualifiedName": format!("{}#{}", scan.asset.name, found.identity.locator.text()) }]);
    json!({
        "physicalLocation": { "artifactLocation": artifact, "region": { "startLine": line } },
        "logicalLocations": logical,
    })
}

/// A path as a relative URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b'!' | b'@' | b'+' | b'=' | b',' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

//! GitLab's security reports: container scanning, dependency scanning, secret detection.
//!
//! Schemas: <https://gitlab.com/gitlab-org/security-products/security-report-schemas>, version 15. Each report takes
//! the findings of its kind from a scan and leaves the others to the other reports.

use crate::said::{address, advice, commit, place, title};
use crate::{Scan, Target, lasting_id};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use vigie_model::finding::FindingKind;
use vigie_model::occurrence::Occurrence;
use vigie_model::severity::Severity;

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// `gl-container-scanning-report.json`.
    ContainerScanning,
    /// `gl-dependency-scanning-report.json`.
    DependencyScanning,
    /// `gl-secret-detection-report.json`.
    SecretDetection,
}

impl Report {
    const fn word(self) -> &'static str {
        match self {
            Self::ContainerScanning => "container_scanning",
            Self::DependencyScanning => "dependency_scanning",
            Self::SecretDetection => "secret_detection",
        }
    }

    fn takes(self, found: &Occurrence) -> bool {
        match self {
            // Broken packages and malicious ones; malware in a file is of none.
            Self::ContainerScanning | Self::DependencyScanning => found.vulnerability.is_some(),
            Self::SecretDetection => found.identity.kind == FindingKind::Secret,
        }
    }
}

/// The version of the schema that is written when nobody asks for another.
pub const SCHEMA: &str = "15.2.1";

/// Stands for a commit where there is none.
const NO_COMMIT: &str = "0000000";

/// The report, under a version of the schema (15.x).
#[must_use]
pub fn document(scan: &Scan<'_>, report: Report, schema: &str) -> Value {
    let time = scan.taken_at.to_string();
    // The schema wants a local time without fraction and zone.
    let time = time.get(..19).unwrap_or(&time);
    let tool = json!({ "id": "vigie", "name": "Vigie", "version": scan.version, "vendor": { "name": "Vigie" } });
    let findings = scan.findings.iter().filter(|found| report.takes(found));
    let mut document = json!({
        "version": schema,
        "scan": {
            "analyzer": tool, "scanner": tool, "type": report.word(),
            "start_time": time, "end_time": time, "status": "success",
            "messages": scan.unseen.iter().map(|gap| json!({ "level": "warn", "value": gap.said().get(scan.lang) })).collect::<Vec<_>>(),
        },
        "vulnerabilities": findings.map(|found| vulnerability(scan, report, found)).collect::<Vec<_>>(),
        "remediations": [],
    });
    if report == Report::DependencyScanning {
        document["dependency_files"] = dependency_files(scan);
    }
    document
}

fn vulnerability(scan: &Scan<'_>, report: Report, found: &Occurrence) -> Value {
    let mut entry = json!({
        "id": lasting_id(scan, found).to_string(),
        "name": title(found, scan.lang),
        "description": description(found, scan),
        "severity": severity(found.severity),
        "solution": advice(found, scan.lang),
        "identifiers": identifiers(found),
        "location": location(scan, report, found),
    });
    if let Some(url) = address(found) {
        entry["links"] = json!([{ "url": url }]);
    }
    entry
}

/// The record's own words, or why the page says that it matters.
fn description(found: &Occurrence, scan: &Scan<'_>) -> String {
    let page = || vigie_catalogue::by_id(&found.identity.subject).map(|entry| entry.why.get(scan.lang).to_owned());
    found.vulnerability.as_ref().map(|detail| detail.summary.clone()).or_else(page).unwrap_or_default()
}

const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

/// The subject first: GitLab tracks a finding by its first identifier.
fn identifiers(found: &Occurrence) -> Value {
    let subject = &found.identity.subject;
    let aliases = found.vulnerability.iter().flat_map(|detail| &detail.aliases).filter(|name| *name != subject);
    let identifiers = std::iter::once(subject).chain(aliases).map(|name| {
        let kind = match name.split('-').next() {
            Some("CVE") => "cve",
            Some("GHSA") => "ghsa",
            Some("RHSA") => "rhsa",
            Some("USN") => "usn",
            _ if found.vulnerability.is_some() => "osvdb",
            _ => "vigie",
        };
        let mut identifier = json!({ "type": kind, "name": name, "value": name });
        if kind == "cve" {
            identifier["url"] = json!(format!("https://www.cve.org/CVERecord?id={name}"));
        }
        identifier
    });
    identifiers.collect()
}

fn location(scan: &Scan<'_>, report: Report, found: &Occurrence) -> Value {
    let place = place(found);
    if report == Report::SecretDetection {
        let path = place.map_or(scan.asset.name.as_str(), |place| place.path);
        // The schema wants a commit; where none is known, zeros.
        let commit = json!({ "sha": commit(found).unwrap_or(NO_COMMIT) });
        let line = place.and_then(|place| place.line).unwrap_or(1);
        return json!({ "file": path, "start_line": line, "end_line": line, "commit": commit });
    }
    let detail = found.vulnerability.as_ref();
    let dependency = json!({
        "package": { "name": detail.map_or("", |detail| &detail.package) },
        "version": detail.map_or("", |detail| &detail.installed),
    });
    if report == Report::DependencyScanning {
        return json!({ "file": place.map_or("", |place| place.path), "dependency": dependency });
    }
    let system = scan.os.map_or_else(|| "unknown".to_owned(), |os| format!("{}:{}", os.id, os.version_id));
    let image = match scan.target {
        Target::Image { digest: Some(digest) } if !scan.asset.name.contains('@') => format!("{}@{digest}", scan.asset.name),
        _ => scan.asset.name.clone(),
    };
    json!({ "dependency": dependency, "operating_system": system, "image": image })
}

/// Every file that listed packages, with what it listed.
fn dependency_files(scan: &Scan<'_>) -> Value {
    let mut files: BTreeMap<(&str, &str), Vec<Value>> = BTreeMap::new();
    for component in scan.components {
        let package = &component.package;
        let entry = json!({ "package": { "name": package.name }, "version": package.version });
        files.entry((&component.path, manager(&package.ecosystem))).or_default().push(entry);
    }
    let listed = files
        .into_iter()
        .map(|((path, manager), dependencies)| json!({ "path": path, "package_manager": manager, "dependencies": dependencies }));
    listed.collect()
}

/// GitLab's word for the package manager of an ecosystem.
fn manager(ecosystem: &str) -> &str {
    match ecosystem.split(':').next().unwrap_or_default() {
        "PyPI" => "pip",
        "crates.io" => "cargo",
        "Go" => "go",
        "Maven" => "maven",
        "NuGet" => "nuget",
        "Packagist" => "composer",
        "RubyGems" => "bundler",
        "ConanCenter" => "conan",
        other => other,
    }
}

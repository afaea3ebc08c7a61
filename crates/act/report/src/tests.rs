//! One made-up scan in every format: what must be in it, and what must never become markup.

use crate::gitlab::Report;
use crate::{Scan, Target, cyclonedx, github, gitlab, html, junit, markdown, sarif, spdx};
use serde_json::{Value, json};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::host::OsRelease;
use vigie_model::lang::Lang;
use vigie_model::lineage::{Base, Lineage, Origin, Part, ToldBy};
use vigie_model::observed::{Gap, Obstacle};
use vigie_model::occurrence::{Occurrence, VulnerabilityDetail};
use vigie_model::package::Package;
use vigie_model::priority::{Circumstances, KnownExploited};
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;
use vigie_model::verdict::Evidence;

/// A name that would be markup, a command or a new line in every format.
const HOSTILE: &str = "<script>|`a`\n::error::b\u{1b}[31m&\"'";

struct Made {
    asset: Asset,
    os: OsRelease,
    components: Vec<Component>,
    findings: Vec<Occurrence>,
    lineage: Lineage,
    unseen: Vec<Gap>,
}

fn package(ecosystem: &str, name: &str, version: &str) -> Package {
    Package { ecosystem: ecosystem.into(), name: name.into(), version: version.into(), architecture: None, source: None }
}

fn made() -> Made {
    let asset = Asset::new(AssetKind::Image, "registry.example/app:1", "registry.example/app:1");
    let openssl = Component {
        licences: vec!["Apache-2.0".into()],
        layer: Some(0),
        ..Component::new(package("Debian:12", "openssl", "3.0.15"), "var/lib/dpkg/status")
    };
    let odd = Component {
        licences: vec!["do what you like".into(), "MIT".into()],
        ..Component::new(package("npm", HOSTILE, "1.0.0"), HOSTILE)
    };
    let vulnerability = Occurrence {
        identity: Identity {
            kind: FindingKind::Vulnerability,
            subject: "CVE-2026-0001".into(),
            asset: asset.id,
            locator: Locator::package(&openssl.package),
        },
        severity: Severity::High,
        circumstances: Circumstances {
            cvss: Some(8.1),
            known_exploited: KnownExploited::Yes,
            epss: Some(0.5),
            exposure: asset.exposure,
            runs: None,
        },
        title: "CVE-2026-0001 in openssl 3.0.15".into(),
        evidence: vec![Evidence {
            locator: "openssl".into(),
            place: "var/lib/dpkg/status".into(),
            found: "openssl 3.0.15".into(),
            expected: String::new(),
        }],
        vulnerability: Some(VulnerabilityDetail {
            aliases: vec!["CVE-2026-0001".into(), "GHSA-aaaa-bbbb-cccc".into()],
            package: "openssl".into(),
            ecosystem: "Debian:12".into(),
            installed: "3.0.15".into(),
            fixed: Some("3.0.17".into()),
            unfixed: None,
            cvss_vector: Some("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H".into()),
            summary: "It breaks.".into(),
            references: vec!["https://www.cve.org/CVERecord?id=CVE-2026-0001".into()],
            known_exploited: KnownExploited::Yes,
        }),
        detection: None,
    };
    let secret = Occurrence {
        identity: Identity {
            kind: FindingKind::Secret,
            subject: "SEC-9999".into(),
            asset: asset.id,
            locator: Locator::File { path: HOSTILE.into(), symbol: "f00".into() },
        },
        severity: Severity::Medium,
        title: format!("A key in {HOSTILE}"),
        evidence: vec![Evidence {
            locator: "f00".into(),
            place: format!("{HOSTILE}:12:3"),
            found: "AK**".into(),
            expected: String::new(),
        }],
        vulnerability: None,
        ..vulnerability.clone()
    };
    let base = Base { name: Some("debian:12".into()), layers: Some(1), told_by: Some(ToldBy::Layers), ..Base::default() };
    let from = |found: &Occurrence, from, layers| (found.identity.id(), Origin { from, layers });
    let origins = [from(&vulnerability, Some(Part::Base), vec![0]), from(&secret, None, Vec::new())];
    Made {
        asset,
        lineage: Lineage { base, origins: origins.into_iter().collect(), newer: Vec::new() },
        os: OsRelease { id: "debian".into(), version_id: "12".into(), ..OsRelease::default() },
        components: vec![openssl, odd],
        findings: vec![vulnerability, secret],
        unseen: vec![Gap::new("layer 3", Obstacle::Unreadable, "the stream ends early")],
    }
}

impl Made {
    fn scan(&self) -> Scan<'_> {
        Scan {
            asset: &self.asset,
            target: Target::Image { digest: Some("sha256:00") },
            taken_at: Timestamp::from_seconds(1_800_000_000),
            os: Some(&self.os),
            components: &self.components,
            findings: &self.findings,
            lineage: Some(&self.lineage),
            unseen: &self.unseen,
            lang: Lang::En,
            version: "0.1.0",
        }
    }
}

fn at<'a>(document: &'a Value, pointer: &str) -> &'a Value {
    document.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in {document:#}"))
}

#[test]
fn sarif_has_a_rule_and_a_result_for_each_finding() {
    let made = made();
    let log = sarif::document(&made.scan());
    assert_eq!(at(&log, "/runs/0/tool/driver/rules/0/id"), "CVE-2026-0001");
    assert_eq!(at(&log, "/runs/0/tool/driver/rules/0/properties/security-severity"), "8.1");
    assert_eq!(at(&log, "/runs/0/results/0/level"), "error");
    assert_eq!(at(&log, "/runs/0/results/1/ruleIndex"), 1);
    assert_eq!(at(&log, "/runs/0/results/1/locations/0/physicalLocation/region/startLine"), 12);
    let uri = at(&log, "/runs/0/results/1/locations/0/physicalLocation/artifactLocation/uri").as_str().unwrap();
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()) && uri.starts_with("%3Cscript%3E"), "{uri}");
    assert!(at(&log, "/runs/0/invocations/0/toolExecutionNotifications/0/message/text").as_str().unwrap().contains("layer 3"));
    let id = made.findings[0].identity.id().to_string();
    assert_eq!(at(&log, "/runs/0/results/0/partialFingerprints/vigieFindingId~1v1"), &json!(id));
}

#[test]
fn what_comes_from_the_base_is_told_where_the_format_has_room() {
    let made = made();
    let scan = made.scan();
    let log = sarif::document(&scan);
    assert_eq!(at(&log, "/runs/0/results/0/properties/from"), "base");
    assert_eq!(at(&log, "/runs/0/results/0/properties/layers"), &json!([0]));
    assert_eq!(at(&log, "/runs/0/results/1/properties/from"), "unknown");
    let bom = cyclonedx::document(&scan, true);
    let from = json!({"name": "vigie:from", "value": "base"});
    assert!(at(&bom, "/components/0/properties").as_array().unwrap().contains(&from));
    assert_eq!(at(&bom, "/vulnerabilities/0/properties/0"), &from);
    assert_eq!(at(&spdx::document(&scan), "/packages/1/comment"), "layer 0, base");
    let said = "1 from the base image `debian:12`, 0 from its own layers";
    assert!(markdown::document(&scan).contains(said) && markdown::document(&scan).contains("| base |\n"));
    assert!(html::document(&scan).contains(&said.replace('`', "")) && html::document(&scan).contains(">base image</span>"));
    // Where nothing is known of a base, nothing is said of it.
    let blind = Scan { lineage: None, ..scan };
    assert!(!markdown::document(&blind).contains("base") && !html::document(&blind).contains("base image"));
    assert_eq!(sarif::document(&blind).pointer("/runs/0/results/0/properties/from"), None);
}

#[test]
fn cyclonedx_lists_components_and_what_affects_them() {
    let made = made();
    let bom = cyclonedx::document(&made.scan(), true);
    assert_eq!(at(&bom, "/specVersion"), "1.6");
    assert_eq!(at(&bom, "/components/0/purl"), "pkg:deb/debian/openssl@3.0.15?distro=debian-12");
    assert_eq!(at(&bom, "/components/0/licenses"), &json!([{ "expression": "Apache-2.0" }]));
    assert_eq!(at(&bom, "/components/1/licenses/0/license/name"), "do what you like");
    assert_eq!(at(&bom, "/vulnerabilities/0/affects/0/ref"), at(&bom, "/components/0/bom-ref"));
    assert_eq!(at(&bom, "/vulnerabilities/0/ratings/0/method"), "CVSSv31");
    assert!(bom["vulnerabilities"].as_array().unwrap().len() == 1, "a secret is no vulnerability");
    assert!(cyclonedx::document(&made.scan(), false).get("vulnerabilities").is_none());
    assert_eq!(bom, cyclonedx::document(&made.scan(), true), "the same scan gives the same document");
}

#[test]
fn spdx_declares_what_the_package_says() {
    let made = made();
    let document = spdx::document(&made.scan());
    assert_eq!(at(&document, "/creationInfo/created"), "2027-01-15T08:00:00Z");
    assert_eq!(at(&document, "/packages/1/licenseDeclared"), "Apache-2.0");
    let declared = at(&document, "/packages/2/licenseDeclared").as_str().unwrap();
    assert!(declared.starts_with("LicenseRef-") && declared.ends_with(" AND (MIT)"), "{declared}");
    assert_eq!(at(&document, "/hasExtractedLicensingInfos/0/extractedText"), "do what you like");
    assert_eq!(document["relationships"].as_array().unwrap().len(), 3);
}

#[test]
fn gitlab_reports_take_what_is_theirs() {
    let made = made();
    let report = |report| gitlab::document(&made.scan(), report, gitlab::SCHEMA);
    let container = report(Report::ContainerScanning);
    assert_eq!(at(&container, "/scan/start_time"), "2027-01-15T08:00:00");
    assert_eq!(at(&container, "/vulnerabilities/0/location/operating_system"), "debian:12");
    assert_eq!(at(&container, "/vulnerabilities/0/identifiers/0/type"), "cve");
    assert_eq!(container["vulnerabilities"].as_array().unwrap().len(), 1);
    let secrets = report(Report::SecretDetection);
    assert_eq!(at(&secrets, "/vulnerabilities/0/location/start_line"), 12);
    let dependencies = report(Report::DependencyScanning);
    assert_eq!(at(&dependencies, "/dependency_files/1/dependencies/0/package/name"), "openssl");
}

#[test]
fn texts_of_others_are_never_markup() {
    let made = made();
    let scan = made.scan();
    let (xml, page) = (junit::document(&scan), html::document(&scan));
    for text in [&xml, &page] {
        assert!(!text.contains("<script>") && !text.contains('\u{1b}') && text.contains("&lt;script&gt;"), "{text}");
    }
    assert!(xml.contains("tests=\"2\" failures=\"2\""), "{xml}");
    let commands = github::document(&scan);
    assert_eq!(commands.lines().count(), 2, "{commands}");
    assert!(commands.lines().all(|line| line.starts_with("::error file=") || line.starts_with("::warning file=")), "{commands}");
    let table = markdown::document(&scan);
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 3, "{table}");
    // Between backquotes nothing is markup.
    let outside: String = table.split('`').step_by(2).collect();
    assert!(!outside.contains("<script>") && !table.contains('\u{1b}'), "{table}");
}

/// Writes the documents for a look from outside: `VIGIE_REPORTS_TO=FOLDER cargo test -p vigie-report`.
#[test]
fn documents_can_be_kept() {
    let Ok(folder) = std::env::var("VIGIE_REPORTS_TO") else { return };
    let made = made();
    let scan = made.scan();
    let documents = [
        ("sarif.json", sarif::document(&scan)),
        ("cyclonedx.json", cyclonedx::document(&scan, true)),
        ("spdx.json", spdx::document(&scan)),
        ("gl-container.json", gitlab::document(&scan, Report::ContainerScanning, gitlab::SCHEMA)),
        ("gl-dependency.json", gitlab::document(&scan, Report::DependencyScanning, gitlab::SCHEMA)),
        ("gl-secret.json", gitlab::document(&scan, Report::SecretDetection, gitlab::SCHEMA)),
    ];
    for (name, document) in documents {
        std::fs::write(format!("{folder}/{name}"), document.to_string()).unwrap();
    }
    for (name, text) in [("junit.xml", junit::document(&scan)), ("page.html", html::document(&scan))] {
        std::fs::write(format!("{folder}/{name}"), text).unwrap();
    }
}

#[test]
fn a_clean_scan_is_a_document_too() {
    let mut made = made();
    made.findings.clear();
    let scan = made.scan();
    assert_eq!(at(&sarif::document(&scan), "/runs/0/results"), &json!([]));
    assert!(junit::document(&scan).contains("failures=\"0\""));
    assert!(html::document(&scan).contains("None."));
    assert_eq!(github::document(&scan), "");
}

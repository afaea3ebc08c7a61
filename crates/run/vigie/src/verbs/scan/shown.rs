//! What all scans share: which findings are shown, in which form, and when they are a reason to fail.

use super::suppress::{self, Beside};
use super::tables;
use crate::args::{ScanFormat, ShownArgs};
use crate::{Ended, out};
use serde::Serialize;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::Path;
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::lineage::Origin;
use vigie_model::occurrence::Occurrence;
use vigie_model::severity::Severity;
use vigie_model::{say, text};
use vigie_report::gitlab::{self, Report};
use vigie_report::{Scan, cyclonedx, github, html, junit, markdown, sarif, spdx, title};

/// The largest earlier answer that is read.
const BASELINE_BYTES_MAX: u64 = 512 << 20;

/// Worst first, and only what was asked for.
pub(super) fn choose(mut findings: Vec<Occurrence>, args: &ShownArgs) -> Result<Vec<Occurrence>, Problem> {
    if args.only_fixed {
        findings.retain(|found| found.vulnerability.as_ref().is_none_or(|detail| detail.fixed.is_some()));
    }
    if let Some(path) = &args.baseline {
        let known = known(path)?;
        findings.retain(|found| !known.contains(&lasting(found)));
    }
    findings.sort_by_cached_key(|found| (Reverse((found.priority(), found.severity)), found.title.clone()));
    Ok(findings)
}

/// What a finding has in common with that of an earlier scan: not the asset, since an image that is built again is
/// another one, and a folder may lie elsewhere.
type Lasting = [String; 3];

fn lasting(found: &Occurrence) -> Lasting {
    let identity = &found.identity;
    [identity.kind.word().to_owned(), identity.subject.clone(), identity.locator.text()]
}

/// The findings of an earlier answer.
fn known(path: &Path) -> Result<HashSet<Lasting>, Problem> {
    let bytes = files::read_bounded(path, BASELINE_BYTES_MAX).map_err(Explain::explain)?;
    let shown = path.display();
    let not_one = || {
        Problem::new(
            Kind::User,
            text!(
                en "{shown} is not the JSON of a scan",
                fr "{shown} n’est pas le JSON d’un examen",
                de "{shown} ist nicht das JSON einer Untersuchung",
            ),
        )
        .hint(text!(
            en "write one with `vigie scan … --format json > {shown}`",
            fr "écrivez-en un avec `vigie scan … --format json > {shown}`",
            de "schreiben Sie eines mit `vigie scan … --format json > {shown}`",
        ))
    };
    let earlier: Value = serde_json::from_slice(&bytes).map_err(|error| not_one().because(error))?;
    let findings = earlier["findings"].as_array().filter(|_| earlier["schema"] == "vigie.scan/1").ok_or_else(not_one)?;
    let lasting =
        |finding: &Value| ["kind", "subject", "locator"].map(|name| finding[name].as_str().unwrap_or_default().to_owned());
    Ok(findings.iter().map(lasting).collect())
}

/// Writes the answer, in JSON as `json` gives it.
pub(super) fn write(
    scan: &Scan<'_>,
    beside: Beside<'_>,
    args: &ShownArgs,
    json: impl FnOnce() -> Value,
) -> Result<Ended, Problem> {
    let gitlab = |report| out::json(&gitlab::document(scan, report, gitlab::SCHEMA));
    match args.format {
        ScanFormat::Table => {
            tell(scan)?;
            suppress::tell(beside.suppressed, args, scan.lang);
        }
        ScanFormat::Json => out::json(&json())?,
        ScanFormat::Csv => out::bytes(&tables::csv(scan)?)?,
        ScanFormat::Sarif => out::json(&sarif::document(scan))?,
        ScanFormat::Cyclonedx => out::json(&cyclonedx::document(scan, true))?,
        ScanFormat::Spdx => out::json(&spdx::document(scan))?,
        ScanFormat::GitlabContainer => gitlab(Report::ContainerScanning)?,
        ScanFormat::GitlabDependency => gitlab(Report::DependencyScanning)?,
        ScanFormat::GitlabSecret => gitlab(Report::SecretDetection)?,
        ScanFormat::Github => out::bytes(github::document(scan).as_bytes())?,
        ScanFormat::Openvex => out::json(&suppress::openvex(scan, beside))?,
        ScanFormat::Junit => out::bytes(junit::document(scan).as_bytes())?,
        ScanFormat::Html => out::bytes(html::document(scan).as_bytes())?,
        ScanFormat::Markdown => out::bytes(markdown::document(scan).as_bytes())?,
    }
    let reached = args.fail_on.is_some_and(|bar| scan.findings.iter().any(|found| found.severity >= bar));
    Ok(if reached { Ended::Findings } else { Ended::Clean })
}

fn tell(scan: &Scan<'_>) -> Result<(), Problem> {
    let lang = scan.lang;
    tables::tell(scan)?;
    let summary = Severity::ALL.map(|severity| {
        let count = scan.findings.iter().filter(|found| found.severity == severity).count();
        format!("{count} {severity}")
    });
    out::say(&format!("\n{}: {}", out::visible(&scan.asset.name), summary.join(", ")));
    super::parts::tell(scan);
    if !scan.unseen.is_empty() {
        out::say(&say!(lang, en "Not seen:", fr "Non vu :", de "Nicht gesehen:"));
        for gap in scan.unseen {
            out::say(&format!("  {}", out::visible(gap.said().get(lang))));
        }
    }
    Ok(())
}

/// Says that packages were not matched.
pub(super) fn tell_without_data(lang: Lang) {
    out::say(&say!(lang,
        en "hint: packages were not matched: there is no vulnerability data yet; run `vigie db update` or `vigie db import PATH`",
        fr "hint: les paquets n’ont pas été comparés : aucune donnée de vulnérabilités ; lancez `vigie db update` ou `vigie db import CHEMIN`",
        de "hint: Pakete wurden nicht abgeglichen: noch keine Schwachstellendaten; rufen Sie `vigie db update` oder `vigie db import PFAD` auf"));
}

/// A finding in `vigie.scan/1`.
#[derive(Serialize)]
pub(super) struct FindingView<'a> {
    id: vigie_model::ids::FindingId,
    kind: &'static str,
    subject: &'a str,
    title: String,
    severity: &'static str,
    priority: u8,
    locator: String,
    fixed_version: Option<&'a str>,
    evidence: &'a [vigie_model::verdict::Evidence],
    vulnerability: Option<&'a vigie_model::occurrence::VulnerabilityDetail>,
    circumstances: &'a vigie_model::priority::Circumstances,
    /// Of an image: `base`, `own` or `both`, and the layers that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<&'a Origin>,
}

pub(super) fn views<'a>(scan: &Scan<'a>) -> Vec<FindingView<'a>> {
    let view = |found: &'a Occurrence| FindingView {
        id: found.identity.id(),
        kind: found.identity.kind.word(),
        subject: &found.identity.subject,
        title: title(found, scan.lang),
        severity: found.severity.word(),
        priority: found.priority().number(),
        locator: found.identity.locator.text(),
        fixed_version: found.vulnerability.as_ref().and_then(|detail| detail.fixed.as_deref()),
        evidence: &found.evidence,
        vulnerability: found.vulnerability.as_ref(),
        circumstances: &found.circumstances,
        origin: scan.origin(found),
    };
    scan.findings.iter().map(view).collect()
}

//! Vulnerabilities as people repair them: one row for each package that has some, worst first.

use super::parts;
use super::tables::first;
use crate::table;
use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use vigie_model::lang::Lang;
use vigie_model::occurrence::{Occurrence, VulnerabilityDetail};
use vigie_model::say;
use vigie_model::version::Scheme;
use vigie_report::Scan;

/// How many vulnerabilities of a package are named; the others are counted.
const NAMED: usize = 3;

pub(super) const HEADINGS: [&str; 7] = ["priority", "severity", "from", "package", "installed", "fixed in", "vulnerabilities"];

/// Rows of the findings, which are in their order: a package stands where its worst finding does.
pub(super) fn rows(findings: &[&Occurrence], scan: &Scan<'_>) -> Vec<[String; 7]> {
    let mut packages: Vec<Vec<&Occurrence>> = Vec::new();
    let mut places: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for found in findings {
        let Some(detail) = &found.vulnerability else { continue };
        let place = *places.entry((&detail.ecosystem, &detail.package, &detail.installed)).or_insert(packages.len());
        match packages.get_mut(place) {
            Some(package) => package.push(found),
            None => packages.push(vec![found]),
        }
    }
    packages.iter().filter_map(|package| row(package, scan)).collect()
}

fn row(package: &[&Occurrence], scan: &Scan<'_>) -> Option<[String; 7]> {
    let worst = package.first()?;
    let detail = worst.vulnerability.as_ref()?;
    let [priority, _, _] = first(worst);
    let severity = package.iter().map(|found| found.severity).max()?;
    Some([
        priority,
        table::severity(severity),
        parts::of_all(package, scan).to_owned(),
        detail.package.clone(),
        detail.installed.clone(),
        fixed(package, scan.lang),
        names(package),
    ])
}

/// The version in which nothing that can be repaired is left, and how many cannot.
fn fixed(package: &[&Occurrence], lang: Lang) -> String {
    let details: Vec<&VulnerabilityDetail> = package.iter().filter_map(|found| found.vulnerability.as_ref()).collect();
    let repaired = details.iter().filter_map(|detail| Some((detail, detail.fixed.as_deref()?)));
    let later = |(one, a): &(&&VulnerabilityDetail, &str), (_, b): &(&&VulnerabilityDetail, &str)| {
        Scheme::of_ecosystem(&one.ecosystem).map_or(Ordering::Equal, |scheme| scheme.compare(a, b))
    };
    let last = repaired.max_by(later).map(|(_, version)| version.to_owned());
    let open = details.iter().filter(|detail| detail.fixed.is_none()).count();
    match last {
        Some(last) if open > 0 => {
            say!(lang, en "{last} ({open} open)", fr "{last} ({open} sans correctif)", de "{last} ({open} offen)")
        }
        last => last.unwrap_or_default(),
    }
}

/// The worst by name, the others as a number.
fn names(package: &[&Occurrence]) -> String {
    let mut worst = package.to_vec();
    worst.sort_by_key(|found| Reverse((found.priority(), found.severity)));
    let named: Vec<&str> = worst.iter().take(NAMED).map(|found| found.identity.subject.as_str()).collect();
    match worst.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} +{more}", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::asset::{Asset, AssetKind};
    use vigie_model::finding::{FindingKind, Identity, Locator};
    use vigie_model::ids::AssetId;
    use vigie_model::lineage::{Base, Lineage, Origin, Part};
    use vigie_model::priority::{Circumstances, KnownExploited};
    use vigie_model::severity::Severity;
    use vigie_model::time::Timestamp;
    use vigie_report::Target;

    fn found(id: &str, package: &str, fixed: Option<&str>, severity: Severity) -> Occurrence {
        Occurrence {
            identity: Identity {
                kind: FindingKind::Vulnerability,
                subject: id.to_owned(),
                asset: AssetId::of(&["x"]),
                locator: Locator::Package(format!("pkg:deb/debian/{package}")),
            },
            severity,
            circumstances: Circumstances::default(),
            title: String::new(),
            evidence: Vec::new(),
            vulnerability: Some(VulnerabilityDetail {
                package: package.to_owned(),
                ecosystem: "Debian:12".to_owned(),
                installed: "1.0".to_owned(),
                fixed: fixed.map(str::to_owned),
                aliases: Vec::new(),
                unfixed: None,
                cvss_vector: None,
                summary: String::new(),
                references: Vec::new(),
                known_exploited: KnownExploited::No,
            }),
            detection: None,
        }
    }

    #[test]
    fn a_package_is_one_row_with_the_version_that_repairs_most() {
        let all = [
            found("CVE-1", "alpha", Some("1.9-1"), Severity::High),
            found("CVE-2", "beta", None, Severity::Medium),
            found("CVE-3", "alpha", Some("1.10-1"), Severity::Medium),
            found("CVE-4", "alpha", None, Severity::Low),
            found("CVE-5", "alpha", Some("1.2-1"), Severity::Low),
        ];
        let asset = Asset::new(AssetKind::Image, "x", "x");
        let base = Base { layers: Some(1), ..Base::default() };
        let of = |number: usize, part| (all[number].identity.id(), Origin { from: Some(part), layers: Vec::new() });
        let origins = [of(0, Part::Base), of(2, Part::Own), of(1, Part::Own)].into_iter().collect();
        let lineage = Lineage { base, origins, newer: Vec::new() };
        let scan = Scan {
            asset: &asset,
            target: Target::Image { digest: None },
            taken_at: Timestamp::EPOCH,
            os: None,
            components: &[],
            findings: &all,
            lineage: Some(&lineage),
            unseen: &[],
            lang: Lang::En,
            version: "",
        };
        let rows = rows(&all.iter().collect::<Vec<_>>(), &scan);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0][1..], ["high", "both", "alpha", "1.0", "1.10-1 (1 open)", "CVE-1, CVE-3, CVE-4 +1"]);
        assert_eq!(rows[1][1..], ["medium", "own", "beta", "1.0", "", "CVE-2"]);
    }
}

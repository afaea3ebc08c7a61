//! Matches as sightings for the ledger.

use super::{InstalledPackage, Match};
use crate::advisories::Advisories;
use crate::file::Damaged;
use crate::file::texts::Description;
use vigie_model::asset::Asset;
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::occurrence::{Occurrence, VulnerabilityDetail};
use vigie_model::package::Package;
use vigie_model::priority::Circumstances;
use vigie_model::verdict::Evidence;

impl<B: AsRef<[u8]>> Advisories<B> {
    /// Matches of an asset's packages as sightings, with their texts.
    ///
    /// A finding's place is the package as advisories name it, for distributions the source package
    /// (see [`Match`]); the evidence lists the binary packages.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn occurrences(&self, matches: &[Match], asset: &Asset) -> Result<Vec<Occurrence>, Damaged> {
        let descriptions = self.descriptions(matches.iter().map(|it| &it.vulnerability))?;
        Ok(matches.iter().zip(descriptions).map(|(it, description)| it.occurrence(asset, description)).collect())
    }
}

impl Match {
    /// The package as advisories name it, as a package of its own.
    #[must_use]
    pub fn subject(&self) -> Package {
        Package {
            ecosystem: self.ecosystem.clone(),
            name: self.package.clone(),
            version: self.installed.clone(),
            architecture: None,
            source: None,
        }
    }

    fn occurrence(&self, asset: &Asset, description: Description) -> Occurrence {
        let vulnerability = &self.vulnerability;
        let names = std::iter::once(&vulnerability.id).chain(&vulnerability.aliases);
        let (package, installed) = (&self.package, &self.installed);
        Occurrence {
            identity: Identity {
                kind: if vulnerability.is_malware() { FindingKind::Malware } else { FindingKind::Vulnerability },
                subject: vulnerability.id.clone(),
                asset: asset.id,
                locator: Locator::package(&self.subject()),
            },
            severity: self.severity,
            circumstances: Circumstances {
                cvss: vulnerability.cvss.as_ref().map(|cvss| cvss.score),
                known_exploited: vulnerability.known_exploited,
                epss: vulnerability.epss,
                exposure: asset.exposure,
                runs: None,
            },
            title: format!("{} in {package} {installed}", vulnerability.id),
            evidence: self.packages.iter().flat_map(|package| self.evidence(package)).collect(),
            vulnerability: Some(VulnerabilityDetail {
                aliases: names.cloned().collect(),
                package: package.clone(),
                ecosystem: self.ecosystem.clone(),
                installed: installed.clone(),
                fixed: self.fixed.clone(),
                unfixed: self.unfixed,
                cvss_vector: vulnerability.cvss.as_ref().map(|cvss| cvss.vector.clone()),
                summary: description.summary,
                references: self.references(description.references),
                known_exploited: vulnerability.known_exploited,
            }),
            detection: None,
        }
    }

    /// One proof for each place the package was found at; a machine's packages have no place.
    fn evidence(&self, package: &InstalledPackage) -> Vec<Evidence> {
        let (name, version) = (&package.name, &package.version);
        let expected = match (&self.fixed, self.unfixed) {
            (Some(fixed), _) => format!("{} {fixed} or later", self.package),
            (None, Some(unfixed)) => unfixed.said().en,
            (None, None) => String::new(),
        };
        let evidence = |place: &str| Evidence {
            locator: name.clone(),
            place: place.to_owned(),
            found: format!("{name} {version}"),
            expected: expected.clone(),
        };
        if package.paths.is_empty() {
            return vec![evidence("")];
        }
        package.paths.iter().map(|path| evidence(path)).collect()
    }

    /// The vendor's own page first, then what the records name.
    fn references(&self, mut named: Vec<String>) -> Vec<String> {
        let id = &self.vulnerability.id;
        if let Some(page) = vendor_page(&self.ecosystem, id)
            && !named.contains(&page)
        {
            named.insert(0, page);
        }
        named
    }
}

/// Where the vendor of an ecosystem tells the state of a CVE.
fn vendor_page(ecosystem: &str, id: &str) -> Option<String> {
    if !id.starts_with("CVE-") {
        return None;
    }
    Some(match ecosystem.split(':').next()? {
        "Debian" => format!("https://security-tracker.debian.org/tracker/{id}"),
        "Ubuntu" => format!("https://ubuntu.com/security/{id}"),
        "Alpine" => format!("https://security.alpinelinux.org/vuln/{id}"),
        _ => format!("https://www.cve.org/CVERecord?id={id}"),
    })
}

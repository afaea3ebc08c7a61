//! Why a vulnerability affects a package, and why it does not: what the data say of one of them.
//!
//! For a person who asks; a match never needs it. Looking for a name that is not the first one walks through all
//! vulnerabilities, and looking for who is affected through all packages: fractions of a second, once.

use super::said::asked;
use super::severity::{self, RatedBy};
use super::{affected, is_modular, standing_of};
use crate::advisories::{Advisories, Vulnerability};
use crate::file::rows::{Row, Rows};
use crate::file::{Damaged, Section};
use crate::span::{End, Span};
use vigie_model::occurrence::Unfixed;
use vigie_model::package::Package;
use vigie_model::severity::Severity;
use vigie_model::version::Scheme;

/// What the data say of one vulnerability in one package.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// Ecosystem with its release, as the package says it.
    pub ecosystem: String,
    /// The package as advisories name it.
    pub package: String,
    /// What versions are affected.
    pub ranges: Vec<Range>,
    /// Single affected versions.
    pub single: Vec<String>,
    /// How bad for this package.
    pub severity: Severity,
    /// Who says how bad.
    pub rated_by: RatedBy,
    /// What the vendor says where nothing repairs it.
    pub unfixed: Option<Unfixed>,
    /// The versions asked about.
    pub installed: Vec<Installed>,
}

/// A version asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The package's own name.
    pub name: String,
    /// The version that advisories speak of: for distributions the source package's.
    pub version: String,
    /// Whether it is affected.
    pub affected: bool,
    /// The range that holds it.
    pub held: Option<Range>,
    /// Of an affected one the version that repairs it; of another the fix that it has.
    pub fixed: Option<String>,
}

/// A range of affected versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first affected one; none from the beginning.
    pub from: Option<String>,
    /// The first one that is no longer affected.
    pub fixed: Option<String>,
    /// The last affected one, where no fix is named.
    pub last: Option<String>,
}

impl Range {
    fn of(span: &Span<usize>, versions: &[String]) -> Self {
        let text = |place: usize| versions.get(place).cloned();
        let (fixed, last) = match span.to {
            End::Open => (None, None),
            End::Fixed(place) => (text(place), None),
            End::LastAffected(place) => (None, text(place)),
        };
        Self { from: span.from.and_then(text), fixed, last }
    }
}

impl std::fmt::Display for Range {
    /// `>= 1.0, < 1.2`; `*` where all are affected.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let from = self.from.as_ref().filter(|from| *from != "0").map(|from| format!(">= {from}"));
        let fixed = self.fixed.as_ref().map(|fixed| format!("< {fixed}"));
        let last = self.last.as_ref().map(|last| format!("<= {last}"));
        let parts: Vec<String> = from.into_iter().chain(fixed).chain(last).collect();
        f.write_str(if parts.is_empty() { "*" } else { "" })?;
        f.write_str(&parts.join(", "))
    }
}

impl<B: AsRef<[u8]>> Advisories<B> {
    /// A vulnerability by any of its names, without regard to case.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn vulnerability_named(&self, name: &str) -> Result<Option<Vulnerability>, Damaged> {
        let upper = name.to_ascii_uppercase();
        for name in [name, &upper] {
            if let Some(found) = self.vulnerability(name)? {
                return Ok(Some(found));
            }
        }
        let count = self.names(Section::Ids)?.len();
        for number in 0..count {
            let found = self.vulnerability_of(number)?;
            if found.id.eq_ignore_ascii_case(name) || found.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// What the data say of a vulnerability, by its first name, in these packages; nothing of those of which they do
    /// not speak.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn rulings(&self, id: &str, packages: &[Package]) -> Result<Vec<Ruling>, Damaged> {
        let number = self.names(Section::Ids)?.find(id).ok_or(Damaged::in_section(Section::Ids))?;
        let Some(number) = number else { return Ok(Vec::new()) };
        let vulnerability = self.vulnerability_of(number)?;
        let mut rulings = Vec::new();
        for ((ecosystem, name, extended), askers) in asked(packages) {
            let Some(scheme) = Scheme::of_ecosystem(ecosystem) else { continue };
            let Some(bytes) = self.rows_of(ecosystem, &name, extended)? else { continue };
            let Some((row, versions)) = row_of(bytes, number)? else { continue };
            let modular: Vec<bool> = versions.iter().map(|version| is_modular(version)).collect();
            let (severity, rated_by) = severity::of(row.severity, &vulnerability);
            let repaired = askers.iter().map(|(_, version)| self.repaired_later(ecosystem, &name, version));
            let repaired = repaired.collect::<Result<Vec<_>, Damaged>>()?;
            let installed = askers.iter().zip(&repaired).filter_map(|((place, version), repaired)| {
                let at = standing_of(&versions, version, scheme);
                let affected = affected::is_affected(&row, at, &modular) && !repaired.contains(&number);
                let fix = if affected { affected::fix(&row, at, &modular) } else { affected::reached(&row, at) };
                Some(Installed {
                    name: packages.get(*place)?.name.clone(),
                    version: (*version).to_owned(),
                    affected,
                    held: affected::holding(&row, at, &modular).map(|span| Range::of(span, &versions)),
                    fixed: fix.and_then(|place| versions.get(place)).cloned(),
                })
            });
            rulings.push(Ruling {
                ecosystem: ecosystem.to_owned(),
                package: name.into_owned(),
                installed: installed.collect(),
                ranges: row.spans.iter().map(|span| Range::of(span, &versions)).collect(),
                single: row.points.iter().filter_map(|place| versions.get(*place)).cloned().collect(),
                severity,
                rated_by,
                unfixed: row.unfixed,
            });
        }
        Ok(rulings)
    }

    /// Packages that a vulnerability affects in some version, as ecosystem and name; at most so many.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn affected_packages(&self, id: &str, max: usize) -> Result<Vec<(String, String)>, Damaged> {
        let number = self.names(Section::Ids)?.find(id).ok_or(Damaged::in_section(Section::Ids))?;
        let Some(number) = number else { return Ok(Vec::new()) };
        let (packages, rows) = (self.names(Section::Packages)?, self.blobs(Section::Rows)?);
        let mut affected = Vec::new();
        for place in 0..packages.len() {
            let bytes = rows.get(place).ok_or(Damaged::in_section(Section::Rows))?;
            if row_of(bytes, number)?.is_some() {
                let key = packages.get(place).ok_or(Damaged::in_section(Section::Packages))?;
                let (ecosystem, name) = key.split_once('\0').unwrap_or((&key, ""));
                affected.push((ecosystem.to_owned(), name.to_owned()));
            }
            if affected.len() == max {
                break;
            }
        }
        Ok(affected)
    }
}

/// What the rows of a package say of one vulnerability, and the versions that they speak of.
fn row_of(bytes: &[u8], number: usize) -> Result<Option<(Row, Vec<String>)>, Damaged> {
    let damaged = Damaged::in_section(Section::Rows);
    let mut rows = Rows::new(bytes).ok_or(damaged)?;
    while let Some(row) = rows.next().ok_or(damaged)? {
        if row.vulnerability >= number {
            let found = (row.vulnerability == number).then(|| row.clone());
            return Ok(found.map(|row| (row, rows.versions)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Importer;
    use vigie_model::package::SourcePackage;
    use vigie_model::time::Timestamp;

    fn data(records: &[&str]) -> Advisories<Vec<u8>> {
        let mut importer = Importer::new(Timestamp::EPOCH);
        for record in records {
            importer.add_osv_json("record.json", record.as_bytes()).unwrap();
        }
        let mut file = Vec::new();
        importer.finish(&mut file).unwrap();
        Advisories::open(file).unwrap()
    }

    fn package(ecosystem: &str, name: &str, version: &str) -> Package {
        Package { ecosystem: ecosystem.into(), name: name.into(), version: version.into(), architecture: None, source: None }
    }

    const RECORDS: [&str; 2] = [
        r#"{"id":"DEBIAN-CVE-2026-0001","upstream":["CVE-2026-0001"],"affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},
            "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.17-1"}]}]}]}"#,
        r#"{"id":"GHSA-aaaa-bbbb-cccc","aliases":["CVE-2026-0002"],"affected":[{"package":{"ecosystem":"npm","name":"left-pad"},
            "ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"fixed":"1.3.0"},{"introduced":"2.0.0"},{"last_affected":"2.4.0"}]}]}]}"#,
    ];

    #[test]
    fn says_why_and_why_not() {
        let data = data(&RECORDS);
        let source = SourcePackage { name: "openssl".into(), version: "3.0.15-1".into() };
        let libssl = Package { source: Some(source), ..package("Debian:12", "libssl3", "3.0.15-1") };
        let rulings = data.rulings("CVE-2026-0001", &[libssl, package("Debian:12", "openssl", "3.0.17-2")]).unwrap();
        let said: Vec<String> = rulings[0]
            .installed
            .iter()
            .map(|it| {
                format!(
                    "{} {} {} {:?} {:?}",
                    it.name,
                    it.version,
                    it.affected,
                    it.held.as_ref().map(ToString::to_string),
                    it.fixed
                )
            })
            .collect();
        assert_eq!(
            (rulings.len(), rulings[0].package.as_str(), rulings[0].ranges[0].to_string().as_str()),
            (1, "openssl", "< 3.0.17-1")
        );
        assert_eq!(
            said,
            ["libssl3 3.0.15-1 true Some(\"< 3.0.17-1\") Some(\"3.0.17-1\")", "openssl 3.0.17-2 false None Some(\"3.0.17-1\")"]
        );
        let ranges = |version: &str| {
            let rulings = data.rulings("CVE-2026-0002", &[package("npm", "left-pad", version)]).unwrap();
            let it = &rulings[0].installed[0];
            (it.affected, it.held.as_ref().map(ToString::to_string), it.fixed.clone())
        };
        assert_eq!(ranges("1.1.0"), (true, Some(">= 1.0.0, < 1.3.0".into()), Some("1.3.0".into())));
        assert_eq!(ranges("2.1.0"), (true, Some(">= 2.0.0, <= 2.4.0".into()), None));
        assert_eq!(ranges("0.9.0"), (false, None, None));
        assert!(data.rulings("CVE-2026-0002", &[package("npm", "right-pad", "1.1.0")]).unwrap().is_empty());
        assert!(data.rulings("CVE-9", &[]).unwrap().is_empty());
    }

    #[test]
    fn is_found_by_any_name_and_says_whom_it_affects() {
        let data = data(&RECORDS);
        let named = |name: &str| data.vulnerability_named(name).unwrap().map(|it| it.id);
        for name in ["CVE-2026-0002", "cve-2026-0002", "GHSA-aaaa-bbbb-cccc", "ghsa-AAAA-bbbb-cccc"] {
            assert_eq!(named(name).as_deref(), Some("CVE-2026-0002"), "{name}");
        }
        assert_eq!((named("DEBIAN-CVE-2026-0001").as_deref(), named("CVE-2026-0003")), (Some("CVE-2026-0001"), None));
        assert_eq!(data.affected_packages("CVE-2026-0002", 5).unwrap(), [("npm".to_owned(), "left-pad".to_owned())]);
        assert!(data.affected_packages("CVE-2026-0002", 0).unwrap().len() <= 1);
    }
}

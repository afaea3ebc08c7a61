//! Which vulnerabilities affect which installed packages.
//!
//! Packages are looked up by the name under which advisories know them: for distributions the source
//! package. All binary packages of one source in one ecosystem are therefore judged together, and
//! there is at most one [`Match`] for each source and vulnerability; it lists the binary packages. A
//! finding for each binary package would say the same thing as often as a source is split: on a
//! small server 72 vulnerabilities of PostgreSQL become several hundred findings, all repaired by one
//! upgrade.
//!
//! A version that makes no sense sorts before all others, so it matches whatever is affected from the
//! beginning: one finding too many rather than one too few.

mod affected;
mod components;
mod explain;
mod extended;
mod kernel;
mod occurrence;
mod said;
mod severity;

pub use explain::{Installed as RuledVersion, Range, Ruling};
pub use said::subject;
pub use severity::RatedBy;

use crate::advisories::{Advisories, Vulnerability};
use crate::file::rows::Rows;
use crate::file::{Damaged, Section};
use crate::import::package_key;
use affected::{Position, Standing};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use vigie_model::occurrence::Unfixed;
use vigie_model::package::Package;
use vigie_model::severity::Severity;
use vigie_model::version::{Scheme, pep440};

/// One vulnerability in one package.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// Ecosystem with its release, as the package says it.
    pub ecosystem: String,
    /// The package as advisories name it: for distributions the source package.
    pub package: String,
    /// The installed version that is affected, the oldest one where several are.
    pub installed: String,
    /// What is installed of it, sorted by name; only what is affected.
    pub packages: Vec<InstalledPackage>,
    /// The lowest version above the installed one that is not affected, where one is known.
    pub fixed: Option<String>,
    /// Where none is known, what the vendor says of that.
    pub unfixed: Option<Unfixed>,
    /// How bad it is for this package.
    pub severity: Severity,
    /// Who says how bad.
    pub rated_by: RatedBy,
    /// The vulnerability.
    pub vulnerability: Vulnerability,
}

/// A package as installed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InstalledPackage {
    /// Its own name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// The files that told of it, sorted; none where they were not asked for.
    pub paths: Vec<String>,
}

impl<B: AsRef<[u8]>> Advisories<B> {
    /// Matches packages; every installed kernel image counts.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn match_packages(&self, packages: &[Package]) -> Result<Vec<Match>, Damaged> {
        self.match_host(packages, None)
    }

    /// Matches the packages of a machine that runs this kernel (`uname -r`): of several installed
    /// kernel images only the running one counts, if it is among them.
    ///
    /// The matches are sorted by ecosystem, package and vulnerability.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn match_host(&self, packages: &[Package], running_kernel: Option<&str>) -> Result<Vec<Match>, Damaged> {
        let running_kernel = running_kernel.filter(|release| packages.iter().any(|it| kernel::is_image_of(it, release)));
        let mut subjects: BTreeMap<(&str, Cow<'_, str>), Vec<Installed<'_>>> = BTreeMap::new();
        for package in packages.iter().filter(|package| kernel::carries_findings(package, running_kernel)) {
            let (name, version) = kernel::advisory_name_and_version(package);
            subjects.entry((&package.ecosystem, name)).or_default().push(Installed { package, version });
        }
        let mut matches = Vec::new();
        for ((ecosystem, name), installed) in subjects {
            let from = matches.len();
            self.match_subject(ecosystem, &name, &name, &installed, &mut matches)?;
            if Scheme::of_ecosystem(ecosystem) == Some(Scheme::Rpm) {
                self.match_binaries(ecosystem, &name, &installed, &mut matches, from)?;
            }
        }
        Ok(matches)
    }

    /// RPM distributions name source packages in some advisories and binary ones in others: the binary
    /// names are looked up too, by their own versions, and what comes of them is told of the source.
    fn match_binaries(
        &self,
        ecosystem: &str,
        source: &str,
        installed: &[Installed<'_>],
        matches: &mut Vec<Match>,
        from: usize,
    ) -> Result<(), Damaged> {
        let mut by_name: BTreeMap<&str, Vec<Installed<'_>>> = BTreeMap::new();
        for package in installed.iter().map(|it| it.package).filter(|package| package.name != source) {
            by_name.entry(&package.name).or_default().push(Installed { package, version: &package.version });
        }
        for (name, installed) in by_name {
            self.match_subject(ecosystem, source, name, &installed, matches)?;
        }
        let mut together: BTreeMap<String, Match> = BTreeMap::new();
        for mut found in matches.drain(from..) {
            match together.get_mut(&found.vulnerability.id) {
                None => drop(together.insert(found.vulnerability.id.clone(), found)),
                Some(known) => {
                    known.packages.append(&mut found.packages);
                    known.packages.sort_unstable();
                    known.packages.dedup();
                    known.fixed = known.fixed.take().or(found.fixed);
                    known.severity = known.severity.max(found.severity);
                    known.unfixed = if known.fixed.is_some() { None } else { known.unfixed.or(found.unfixed) };
                }
            }
        }
        matches.extend(together.into_values());
        Ok(())
    }

    /// What affects the packages that advisories call `name`, as matches of `subject`.
    fn match_subject(
        &self,
        ecosystem: &str,
        subject: &str,
        name: &str,
        installed: &[Installed<'_>],
        matches: &mut Vec<Match>,
    ) -> Result<(), Damaged> {
        let Some(scheme) = Scheme::of_ecosystem(ecosystem) else { return Ok(()) };
        // A package from Ubuntu's extended support is repaired there.
        let extended = ecosystem.starts_with("Ubuntu:") && installed.iter().any(|it| it.version.contains("esm"));
        let Some(bytes) = self.rows_of(ecosystem, name, extended)? else { return Ok(()) };
        let damaged = Damaged::in_section(Section::Rows);
        let mut rows = Rows::new(bytes).ok_or(damaged)?;
        let modular: Vec<bool> = rows.versions.iter().map(|version| is_modular(version)).collect();
        let standing = installed.iter().map(|it| {
            let repaired = self.repaired_later(ecosystem, name, it.version)?;
            Ok((standing_of(&rows.versions, it.version, scheme), it, repaired))
        });
        let mut standing = standing.collect::<Result<Vec<_>, Damaged>>()?;
        standing.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.package.cmp(b.1.package)));
        while let Some(row) = rows.next().ok_or(damaged)? {
            let is_hit = |at, repaired: &HashSet<usize>| {
                affected::is_affected(row, at, &modular) && !repaired.contains(&row.vulnerability)
            };
            let hit: Vec<_> = standing.iter().filter(|(at, _, repaired)| is_hit(*at, repaired)).collect();
            let (Some((_, oldest, _)), Some((newest_at, ..))) = (hit.first(), hit.last()) else { continue };
            // What repairs the newest affected version repairs the older ones too: fixes only rise.
            let fixed = affected::fix(row, *newest_at, &modular);
            let (number, vendor, unfixed) = (row.vulnerability, row.severity, row.unfixed);
            let mut packages: Vec<InstalledPackage> = hit.iter().map(|(_, it, _)| it.package.into()).collect();
            packages.sort_unstable();
            packages.dedup();
            let vulnerability = self.vulnerability_of(number)?;
            let (severity, rated_by) = severity::of(vendor, &vulnerability);
            matches.push(Match {
                ecosystem: ecosystem.to_owned(),
                package: subject.to_owned(),
                installed: oldest.version.to_owned(),
                packages,
                fixed: fixed.and_then(|place| rows.versions.get(place)).cloned(),
                unfixed: if fixed.is_some() { None } else { unfixed },
                severity,
                rated_by,
                vulnerability,
            });
        }
        Ok(())
    }

    /// What affects a package; long-term releases of Ubuntu are found with and without `:LTS`.
    fn rows_of(&self, ecosystem: &str, name: &str, extended: bool) -> Result<Option<&[u8]>, Damaged> {
        let packages = self.names(Section::Packages)?;
        let find = |ecosystem: &str| packages.find(&package_key(ecosystem, name)).ok_or(Damaged::in_section(Section::Packages));
        let mut number = None;
        if let Some(release) = ecosystem.strip_prefix("Ubuntu:") {
            let short = release.strip_suffix(":LTS").unwrap_or(release);
            let mut names = vec![format!("Ubuntu:{short}:LTS"), format!("Ubuntu:{short}")];
            if extended && !short.starts_with("Pro:") {
                names.insert(0, format!("Ubuntu:Pro:{short}:LTS"));
            }
            for name in names {
                number = if number.is_none() { find(&name)? } else { number };
            }
        } else {
            number = find(ecosystem)?;
        }
        let Some(number) = number else { return Ok(None) };
        self.blobs(Section::Rows)?.get(number).map(Some).ok_or(Damaged::in_section(Section::Rows))
    }
}

struct Installed<'a> {
    package: &'a Package,
    /// The version that advisories speak of.
    version: &'a str,
}

impl From<&Package> for InstalledPackage {
    fn from(package: &Package) -> Self {
        Self { name: package.name.clone(), version: package.version.clone(), paths: Vec::new() }
    }
}

/// Where an installed version stands among those the rows speak of.
fn standing_of(versions: &[String], installed: &str, scheme: Scheme) -> Standing {
    // A local build of a Python release is that release, unless advisories speak of local builds.
    let speaks_of_local = || versions.iter().any(|version| version.contains('+'));
    let installed = if scheme == Scheme::Pep440 && !speaks_of_local() { pep440::public(installed) } else { installed };
    let find = |wanted: &str| {
        let before = versions.partition_point(|version| scheme.compare(version, wanted).is_lt());
        (before, versions.get(before).is_some_and(|version| scheme.compare(version, wanted).is_eq()))
    };
    let at = match find(installed) {
        (place, true) => Position::at(place),
        (place, false) => Position::just_before(place),
    };
    let original = if scheme == Scheme::Dpkg { rebuilt_from(installed) } else { None };
    let rebuild_of = original.map(find).and_then(|(place, exact)| exact.then_some(place));
    let modular = (scheme == Scheme::Rpm).then(|| is_modular(installed));
    Standing { at, rebuild_of, modular }
}

/// Whether an RPM was built in a module: its fixes and those of the plain package are not each other's.
fn is_modular(version: &str) -> bool {
    version.contains(".module")
}

/// The version of which Debian made this one for a stable release (`~deb12u1`) or for its backports
/// (`~bpo12+1`), as Debian's Developer's Reference names them.
fn rebuilt_from(version: &str) -> Option<&str> {
    let (original, suffix) = version.rsplit_once('~')?;
    let numbers = match (suffix.strip_prefix("deb"), suffix.strip_prefix("bpo")) {
        (Some(rest), _) => rest.split_once('u')?,
        (None, Some(rest)) => rest.split_once('+')?,
        (None, None) => return None,
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(numbers.0) && is_number(numbers.1)).then_some(original)
}

#[cfg(test)]
mod tests {
    use super::rebuilt_from;

    #[test]
    fn rebuilds_are_known_by_their_suffix() {
        for (version, expected) in [
            ("590-2.1~deb12u2", Some("590-2.1")),
            ("6.16-1+deb13u1~deb12u1", Some("6.16-1+deb13u1")),
            ("1:9.18.1-2~bpo11+1", Some("1:9.18.1-2")),
            ("1.0-1+deb12u1", None),
            ("1.0~rc1-1", None),
            ("1.0-1~deb12", None),
            ("1.0-1~debu1", None),
            ("1.0-1", None),
        ] {
            assert_eq!(rebuilt_from(version), expected, "{version}");
        }
    }
}

//! What the data say of a package, as one number: whether anything is new for it after an update.
//!
//! A thousand inventories share most of their packages, and an update changes little. So each package is looked up
//! once, not once for each inventory, and only the inventories that list one with another number than before are
//! judged again. The number covers everything that makes a finding and its priority: which vulnerabilities, how bad,
//! exploited or not, what repairs it. Two things are left out, since they change daily for most records and say
//! nothing new: the texts, and EPSS in steps too small to move a priority by a point.
//!
//! Holds: packages with equal numbers under two sets of data have equal matches under both, texts aside.

use super::{affected, is_modular, kernel, standing_of};
use crate::advisories::{Advisories, Vulnerability};
use crate::file::rows::Rows;
use crate::file::{Damaged, Section};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use vigie_model::occurrence::Unfixed;
use vigie_model::package::Package;
use vigie_model::severity::Severity;
use vigie_model::version::Scheme;

/// Steps of the square root of EPSS, which is what enters a priority.
const EPSS_STEPS: f64 = 50.0;

/// A name that is looked up, and which packages ask for it with which version.
pub(super) type Asked<'a> = BTreeMap<(&'a str, Cow<'a, str>, bool), Vec<(usize, &'a str)>>;

impl<B: AsRef<[u8]>> Advisories<B> {
    /// Tells these data from others: the same when nothing but the time of building and texts differs.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let of = |section: Section| format!("{:08x}", self.checksum(section));
        let sections = [Section::Packages, Section::Rows, Section::Ids, Section::Vulnerabilities, Section::Vectors];
        sections.map(of).concat()
    }

    /// What is said of each package, in the order given. Nothing is said of a package that no record speaks of: 0.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn said(&self, packages: &[Package]) -> Result<Vec<i64>, Damaged> {
        let mut said = vec![0_u64; packages.len()];
        let mut known: HashMap<usize, u64> = HashMap::new();
        for ((ecosystem, name, extended), askers) in asked(packages) {
            let Some(scheme) = Scheme::of_ecosystem(ecosystem) else { continue };
            let Some(bytes) = self.rows_of(ecosystem, &name, extended)? else { continue };
            let damaged = Damaged::in_section(Section::Rows);
            let mut rows = Rows::new(bytes).ok_or(damaged)?;
            let versions = rows.versions.clone();
            let modular: Vec<bool> = versions.iter().map(|version| is_modular(version)).collect();
            let standings = askers.iter().map(|(place, version)| {
                let repaired = self.repaired_later(ecosystem, &name, version)?;
                Ok((*place, standing_of(&versions, version, scheme), repaired))
            });
            let standings = standings.collect::<Result<Vec<_>, Damaged>>()?;
            while let Some(row) = rows.next().ok_or(damaged)? {
                let number = row.vulnerability;
                let hit = standings
                    .iter()
                    .filter(|(_, at, repaired)| affected::is_affected(row, *at, &modular) && !repaired.contains(&number));
                for (place, standing, _) in hit {
                    let vulnerability = match known.get(&number) {
                        Some(digest) => *digest,
                        None => *known.entry(number).or_insert(digest(&self.vulnerability_of(number)?)),
                    };
                    let fixed = affected::fix(row, *standing, &modular).and_then(|place| versions.get(place));
                    let unfixed = row.unfixed.filter(|_| fixed.is_none());
                    let mut hasher = DefaultHasher::new();
                    (vulnerability, row.severity.map(Severity::number), unfixed.map(Unfixed::number), fixed).hash(&mut hasher);
                    // Neither the order of rows nor the numbers of vulnerabilities outlive an update.
                    if let Some(sum) = said.get_mut(*place) {
                        *sum = sum.wrapping_add(hasher.finish());
                    }
                }
            }
        }
        Ok(said.into_iter().map(u64::cast_signed).collect())
    }
}

/// The package as advisories name it: what a finding's place is made of.
#[must_use]
pub fn subject(package: &Package) -> Package {
    let (name, version) = kernel::advisory_name_and_version(package);
    Package {
        ecosystem: package.ecosystem.clone(),
        name: name.into_owned(),
        version: version.to_owned(),
        architecture: None,
        source: None,
    }
}

/// All names that are looked up for packages; each as the matching itself does it.
pub(super) fn asked(packages: &[Package]) -> Asked<'_> {
    let mut asked = Asked::new();
    let carriers = packages.iter().enumerate().filter(|(_, package)| kernel::carries_findings(package, None));
    for (place, package) in carriers {
        let (name, version) = kernel::advisory_name_and_version(package);
        let ecosystem = package.ecosystem.as_str();
        let extended = ecosystem.starts_with("Ubuntu:") && version.contains("esm");
        if Scheme::of_ecosystem(ecosystem) == Some(Scheme::Rpm) && package.name != name {
            asked.entry((ecosystem, Cow::Borrowed(&*package.name), false)).or_default().push((place, &package.version));
        }
        asked.entry((ecosystem, name, extended)).or_default().push((place, version));
    }
    asked
}

fn digest(vulnerability: &Vulnerability) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&vulnerability.id, &vulnerability.aliases, vulnerability.vendor_severity.map(Severity::number)).hash(&mut hasher);
    vulnerability.cvss.as_ref().map(|cvss| &cvss.vector).hash(&mut hasher);
    (vulnerability.known_exploited as u8).hash(&mut hasher);
    // From 0 to 50; none is another number than 0.
    vulnerability.epss.map(|epss| (epss.clamp(0.0, 1.0).sqrt() * EPSS_STEPS).round() as u8).hash(&mut hasher);
    hasher.finish()
}

//! Matching of components: packages of an image, a tree or an SBOM with the places they were found at.
//!
//! Identity stays the package URL without version: the same vulnerable library at two paths of an image
//! is one thing to repair (one upgrade of one dependency), and paths move when images are built again
//! (`/app/node_modules/a/node_modules/b`), which would close and open findings for nothing. The paths go
//! into the evidence, one entry each, so nothing is lost: who repairs one of two places sees the other.
//! Where versions differ from place to place, each counts by itself; the oldest affected one is named.
//!
//! A component that a distribution's package brought (`owned_by`) is left out: that package is judged, by
//! the distribution's data. Upstream's ranges would call it broken after it was repaired.

use super::Match;
use crate::advisories::Advisories;
use crate::file::Damaged;
use std::collections::{BTreeMap, BTreeSet};
use vigie_model::component::Component;
use vigie_model::package::Package;

impl<B: AsRef<[u8]>> Advisories<B> {
    /// Matches components; matches name the paths.
    ///
    /// # Errors
    /// [`Damaged`] when the file contradicts itself.
    pub fn match_components(&self, components: &[Component]) -> Result<Vec<Match>, Damaged> {
        let mut paths: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
        let judged = || components.iter().filter(|component| component.owned_by.is_none());
        for Component { package, path, .. } in judged().filter(|component| !component.path.is_empty()) {
            paths.entry((&package.ecosystem, &package.name, &package.version)).or_default().insert(path);
        }
        let packages: BTreeSet<&Package> = judged().map(|component| &component.package).collect();
        let packages: Vec<Package> = packages.into_iter().cloned().collect();
        let mut matches = self.match_packages(&packages)?;
        for found in &mut matches {
            let ecosystem = &found.ecosystem;
            for package in &mut found.packages {
                let known = paths.get(&(ecosystem.as_str(), package.name.as_str(), package.version.as_str()));
                package.paths = known.into_iter().flatten().map(|path| (*path).to_owned()).collect();
            }
        }
        Ok(matches)
    }
}

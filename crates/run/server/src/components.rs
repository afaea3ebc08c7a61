//! Components of anything at rest against vulnerability data: `vigie scan image`, `fs` and `sbom` are this.

use crate::advisories::Data;
use std::collections::HashMap;
use vigie_model::asset::Asset;
use vigie_model::component::Component;
use vigie_model::occurrence::Occurrence;
use vigie_model::package::Package;

/// What is known to be broken. A component that a package of the distribution brought is judged by that package:
/// distributions repair without raising the version.
///
/// Data that turn out to be damaged judge nothing; `None` says so.
#[must_use]
pub fn judge(components: &[Component], asset: &Asset, data: &Data) -> Option<Vec<Occurrence>> {
    let own = components.iter().filter(|component| component.owned_by.is_none());
    let packages: Vec<Package> = own.clone().map(|component| component.package.clone()).collect();
    let found = data.match_packages(&packages).and_then(|matches| data.occurrences(&matches, asset));
    let mut found = found.inspect_err(|error| tracing::error!(%error, "vulnerability data are damaged")).ok()?;
    let mut places: HashMap<(&str, &str, &str), Vec<&str>> = HashMap::new();
    for component in own {
        let package = &component.package;
        places.entry((&package.ecosystem, &package.name, &package.version)).or_default().push(&component.path);
    }
    for occurrence in &mut found {
        tell_places(occurrence, &places);
    }
    Some(found)
}

/// Evidence names the packages; here each gets the files that told of it.
fn tell_places(occurrence: &mut Occurrence, places: &HashMap<(&str, &str, &str), Vec<&str>>) {
    let Some(detail) = &occurrence.vulnerability else { return };
    let mut evidence = Vec::with_capacity(occurrence.evidence.len());
    for proof in occurrence.evidence.drain(..) {
        let version = proof.found.strip_prefix(proof.locator.as_str()).unwrap_or_default().trim();
        match places.get(&(detail.ecosystem.as_str(), proof.locator.as_str(), version)) {
            Some(paths) => evidence.extend(paths.iter().map(|path| {
                let mut placed = proof.clone();
                placed.place = (*path).to_owned();
                placed
            })),
            None => evidence.push(proof),
        }
    }
    occurrence.evidence = evidence;
}

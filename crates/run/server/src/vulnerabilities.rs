//! Facts of anything against vulnerability data: a live look, an answer of `vigie scan` and a stored inventory are
//! judged by these.
//!
//! Holds: data that turn out to be damaged judge nothing, and what they found before stays as it is.

use crate::advisories::Data;
use std::collections::{BTreeMap, BTreeSet};
use vigie_ledger::Run;
use vigie_model::asset::Asset;
use vigie_model::component::Component;
use vigie_model::facts::Facts;
use vigie_model::finding::{FindingKind, Locator};
use vigie_model::host::HostFacts;
use vigie_model::ids::AssetId;
use vigie_model::occurrence::Occurrence;
use vigie_model::package::Package;

/// What vulnerability data find: broken packages, and malicious ones.
pub const KINDS: [FindingKind; 2] = [FindingKind::Vulnerability, FindingKind::Malware];
/// The tool's name in the ledger.
pub const TOOL: &str = "vigie.advisories";
/// The label of an image that says whether a container runs it: `yes` or `no`.
pub const RUNNING: &str = "running";

/// A run over a whole asset.
#[must_use]
pub fn run(asset: AssetId) -> Run {
    Run::over(asset, TOOL, KINDS)
}

/// What is wrong with the packages of any facts; `places` asks only about these, by their locators' texts.
#[must_use]
pub fn of(facts: &Facts, asset: &Asset, data: &Data, places: Option<&BTreeSet<String>>) -> Option<Vec<Occurrence>> {
    let asked = |found: &Occurrence| places.is_none_or(|places| places.contains(&found.identity.locator.text()));
    match (facts, places) {
        // Which kernel counts takes the whole list to tell.
        (Facts::Host(host), _) => of_host(host, asset, data).map(|mut found| {
            found.retain(asked);
            found
        }),
        (facts, None) => of_components(facts.components(), asset, data),
        (facts, Some(places)) => {
            let mut known: BTreeMap<(&str, &str), bool> = BTreeMap::new();
            let wanted = facts.components().iter().filter(|Component { package, .. }| {
                let name = (package.ecosystem.as_str(), package.advisory_name());
                *known.entry(name).or_insert_with(|| places.contains(&place(package)))
            });
            of_components(&wanted.cloned().collect::<Vec<_>>(), asset, data)
        }
    }
}

/// What is wrong with the packages of a machine.
#[must_use]
pub fn of_host(facts: &HostFacts, asset: &Asset, data: &Data) -> Option<Vec<Occurrence>> {
    let packages = facts.packages.value().map(Vec::as_slice).unwrap_or_default();
    let kernel = facts.kernel.value().map(|kernel| kernel.release.as_str());
    let found = data.match_host(packages, kernel).and_then(|matches| data.occurrences(&matches, asset));
    found.inspect_err(|error| tracing::error!(%error, "vulnerability data are damaged")).ok()
}

/// What is wrong with components.
#[must_use]
pub fn of_components(components: &[Component], asset: &Asset, data: &Data) -> Option<Vec<Occurrence>> {
    let found = data.match_components(components).and_then(|matches| data.occurrences(&matches, asset));
    let mut found = found.inspect_err(|error| tracing::error!(%error, "vulnerability data are damaged")).ok()?;
    if asset.labels.get(RUNNING).is_some_and(|running| running == "no") {
        found.iter_mut().for_each(|found| found.circumstances.runs = Some(false));
    }
    Some(found)
}

/// The places about which facts with gaps can tell: those of the packages that they list. None: everywhere, since
/// nothing was hidden.
#[must_use]
pub fn places_told(facts: &Facts) -> Option<BTreeSet<String>> {
    // A machine's packages were seen or not; an image's gaps count where they cut a layer.
    let whole = match facts {
        Facts::Host(_) => true,
        Facts::Image(image) => image.gaps.is_empty() || crate::images::is_whole(image),
        Facts::Tree(tree) => tree.gaps.is_empty(),
        Facts::List(list) => list.gaps.is_empty(),
    };
    (!whole).then(|| facts.components().iter().map(|component| place(&component.package)).collect())
}

/// Where findings of a package are: the text of their locator.
#[must_use]
pub fn place(package: &Package) -> String {
    Locator::package(&vigie_advisories::subject(package)).text()
}

//! Which of an image's layers come from a base, and what a newer one would change.
//!
//! An image of which another one has all layers, in order and at the bottom, is a base of it: layers carry the digest
//! of their content, so that is no guess. Of several the longest counts. What an image says of its base itself
//! (annotations or labels `org.opencontainers.image.base.name` and `.digest`, OCI image specification) is told beside
//! it, and where no such base is known here, its layers cannot be told apart. Empty layers would make everything a
//! base of everything, so an image that adds no layer is not one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use vigie_ledger::{AssetFilter, Filter, Ledger, LedgerError, Order, Sort};
use vigie_model::asset::AssetKind;
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::ids::AssetId;
use vigie_model::image::ImageFacts;

/// What an image says of its base.
const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";
/// Images of the base's repository that are looked at for a newer one.
const CANDIDATES_MAX: u32 = 50;

/// The base of an image, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Base {
    /// As the image says itself.
    pub(crate) name: Option<String>,
    /// As the image says itself.
    pub(crate) digest: Option<String>,
    /// The known image whose layers are the lowest of this one, and its name.
    pub(crate) known: Option<(AssetId, String)>,
    /// How many layers come from it; none where that cannot be told.
    pub(crate) layers: Option<u32>,
    /// A newer image of the same repository.
    pub(crate) newer: Option<Newer>,
}

/// A newer base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Newer {
    pub(crate) image: AssetId,
    pub(crate) name: String,
    /// Findings of this image that come from its base and that the newer one does not have: subjects, sorted.
    pub(crate) removes: Vec<String>,
    /// Findings that come from the base in all.
    pub(crate) of: usize,
}

/// An active finding, by what is wrong and at which package.
pub(crate) type Trouble = (String, String);

/// The base of an image with these active findings of packages.
pub(crate) fn of(ledger: &Ledger, image: AssetId, facts: &ImageFacts, troubles: &BTreeSet<Trouble>) -> Result<Base, LedgerError> {
    let said = |key: &str| facts.annotations.get(key).or_else(|| facts.config.labels.get(key)).cloned();
    let mut base = Base { name: said(NAME), digest: said(DIGEST), ..Base::default() };
    let chains = facts.chains();
    let below = chains.split_last().map(|(_, below)| below).unwrap_or_default();
    for (number, chain) in below.iter().enumerate().rev() {
        let known = ledger.images_of_chain(chain)?.into_iter().find(|(id, _)| *id != image);
        if let Some((id, name)) = known {
            base.newer = newer(ledger, id, &name, facts, number + 1, troubles)?;
            base.known = Some((id, name));
            base.layers = u32::try_from(number + 1).ok();
            break;
        }
    }
    Ok(base)
}

/// The newest known image of the base's repository, if it is newer than the base.
fn newer(
    ledger: &Ledger,
    base: AssetId,
    name: &str,
    facts: &ImageFacts,
    layers: usize,
    troubles: &BTreeSet<Trouble>,
) -> Result<Option<Newer>, LedgerError> {
    let Some(repository) = repository(name) else { return Ok(None) };
    let created = |id| -> Result<_, LedgerError> {
        Ok(ledger.facts(id)?.as_ref().and_then(Facts::image).and_then(|image| image.config.created))
    };
    let Some(mut newest) = created(base)? else { return Ok(None) };
    let filter = AssetFilter { kind: Some(AssetKind::Image), text: Some(repository.to_owned()) };
    let mut found = None;
    for candidate in ledger.assets(&filter, None, CANDIDATES_MAX)? {
        let same = self::repository(&candidate.name) == Some(repository);
        if let Some(at) = if same && candidate.id != base { created(candidate.id)? } else { None }
            && at > newest
        {
            newest = at;
            found = Some((candidate.id, candidate.name));
        }
    }
    let Some((image, name)) = found else { return Ok(None) };
    let places: BTreeSet<String> = facts
        .components
        .iter()
        .filter(|it| it.layer.is_some_and(|layer| (layer as usize) < layers))
        .map(|it| crate::vulnerabilities::place(&it.package))
        .collect();
    let of_base: Vec<&Trouble> = troubles.iter().filter(|(_, place)| places.contains(place)).collect();
    let there = self::troubles(ledger, image)?;
    let removes = of_base.iter().filter(|trouble| !there.contains(*trouble)).map(|(subject, _)| subject.clone());
    let removes: BTreeSet<String> = removes.collect();
    Ok(Some(Newer { image, name, removes: removes.into_iter().collect(), of: of_base.len() }))
}

/// The active findings of an asset's packages.
pub(crate) fn troubles(ledger: &Ledger, asset: AssetId) -> Result<BTreeSet<Trouble>, LedgerError> {
    let mut all = BTreeSet::new();
    let filter =
        Filter { asset: Some(asset), kinds: vec![FindingKind::Vulnerability, FindingKind::Malware], ..Filter::default() };
    ledger.each_finding(&filter, Sort::Priority, Order::Descending, |found| {
        all.insert((found.subject, found.locator));
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

/// A name without its tag: none for one without.
fn repository(name: &str) -> Option<&str> {
    name.rsplit_once(':')
        .filter(|(repository, tag)| !tag.contains('/') && *repository != "sha256")
        .map(|(repository, _)| repository)
}

/// Which layers hold packages of each place.
pub(crate) fn layers_of_places(facts: &ImageFacts) -> BTreeMap<String, BTreeSet<u32>> {
    let mut layers: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for component in &facts.components {
        if let Some(layer) = component.layer {
            layers.entry(crate::vulnerabilities::place(&component.package)).or_default().insert(layer);
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use vigie_db::Db;
    use vigie_kit::clock::Clock;
    use vigie_ledger::Taken;
    use vigie_model::asset::Asset;
    use vigie_model::component::Component;
    use vigie_model::finding::{Identity, Locator};
    use vigie_model::image::{ImageConfig, ImageLayer};
    use vigie_model::occurrence::Occurrence;
    use vigie_model::package::Package;
    use vigie_model::priority::Circumstances;
    use vigie_model::severity::Severity;
    use vigie_model::time::Timestamp;
    use vigie_testkit::FakeClock;

    fn package(name: &str) -> Package {
        Package { ecosystem: "Debian:12".into(), name: name.into(), version: "1".into(), architecture: None, source: None }
    }

    /// An image of layers, with packages as (name, layer).
    fn image(layers: &[&str], packages: &[(&str, u32)], created: i64) -> ImageFacts {
        let layer = |name: &&str| ImageLayer { diff_id: format!("sha256:{name}"), complete: true, ..ImageLayer::default() };
        let component =
            |(name, layer): &(&str, u32)| Component { layer: Some(*layer), ..Component::new(package(name), "status") };
        ImageFacts {
            layers: layers.iter().map(layer).collect(),
            components: packages.iter().map(component).collect(),
            config: ImageConfig { created: Some(Timestamp::from_seconds(created)), ..ImageConfig::default() },
            ..ImageFacts::default()
        }
    }

    fn trouble(asset: AssetId, cve: &str, name: &str) -> Occurrence {
        Occurrence {
            identity: Identity {
                kind: FindingKind::Vulnerability,
                subject: cve.into(),
                asset,
                locator: Locator::package(&package(name)),
            },
            severity: Severity::High,
            circumstances: Circumstances::default(),
            title: cve.into(),
            evidence: Vec::new(),
            vulnerability: None,
            detection: None,
        }
    }

    fn save(ledger: &Ledger, clock: &FakeClock, name: &str, facts: &ImageFacts, troubles: &[(&str, &str)]) -> AssetId {
        let asset = Asset::new(AssetKind::Image, format!("id of {name}"), name);
        ledger.save_asset(&asset).unwrap();
        let found: Vec<Occurrence> = troubles.iter().map(|(cve, name)| trouble(asset.id, cve, name)).collect();
        ledger.record(&crate::vulnerabilities::run(asset.id), &found).unwrap();
        let taken = Taken { at: clock.now(), source: "", judged_by: None };
        ledger.save_facts(asset.id, &Facts::Image(facts.clone()), taken).unwrap();
        asset.id
    }

    #[test]
    fn the_longest_known_image_at_the_bottom_is_the_base_and_a_newer_one_says_what_it_removes() {
        let clock = Arc::new(FakeClock::at("2026-11-21T08:00:00Z"));
        let ledger = Ledger::open(Db::in_memory().unwrap(), clock.clone()).unwrap();
        let debian = image(&["a"], &[("libc", 0), ("ssl", 0)], 100);
        let python = image(&["a", "b"], &[("libc", 0), ("ssl", 0), ("python", 1)], 200);
        let app = image(&["a", "b", "c"], &[("libc", 0), ("ssl", 0), ("python", 1), ("jq", 2)], 300);
        let of_base = [("CVE-1", "libc"), ("CVE-2", "ssl"), ("CVE-3", "python")];
        save(&ledger, &clock, "debian:12", &debian, &of_base[..2]);
        let base = save(&ledger, &clock, "docker.io/python:3.12", &python, &of_base);
        let troubles = [of_base.as_slice(), &[("CVE-4", "jq")]].concat();
        let id = save(&ledger, &clock, "shop/app:7", &app, &troubles);
        let find = || of(&ledger, id, &app, &super::troubles(&ledger, id).unwrap()).unwrap();
        let found = find();
        assert_eq!(found.known, Some((base, "docker.io/python:3.12".to_owned())));
        assert_eq!((found.layers, found.newer), (Some(2), None), "nothing newer is known");

        // Another repository's and an older one's do not count.
        save(&ledger, &clock, "docker.io/python-tools:9", &image(&["x"], &[], 900), &[]);
        save(&ledger, &clock, "docker.io/python:3.11", &image(&["y"], &[], 150), &[]);
        let newer = save(&ledger, &clock, "docker.io/python:3.13", &image(&["a", "z"], &[], 400), &[("CVE-1", "libc")]);
        let removes = vec!["CVE-2".to_owned(), "CVE-3".to_owned()];
        let expected = Newer { image: newer, name: "docker.io/python:3.13".into(), removes, of: 3 };
        assert_eq!(find().newer, Some(expected));
        assert_eq!(of(&ledger, base, &python, &BTreeSet::new()).unwrap().known.unwrap().1, "debian:12");
        let lonely = ImageFacts { annotations: BTreeMap::from([(NAME.into(), "alpine:3".into())]), ..image(&["q"], &[], 1) };
        let lonely = of(&ledger, AssetId::of(&["x"]), &lonely, &BTreeSet::new()).unwrap();
        assert_eq!((lonely.name.as_deref(), lonely.layers), (Some("alpine:3"), None));
        assert_eq!(layers_of_places(&app).values().map(BTreeSet::len).sum::<usize>(), 4);
    }

    #[test]
    fn repositories_are_names_without_tags() {
        let cases = [("docker.io/a/b:1", Some("docker.io/a/b")), ("localhost:5000/a", None), ("sha256:77", None), ("a", None)];
        for (name, expected) in cases {
            assert_eq!(repository(name), expected, "{name}");
        }
    }
}

//! Which of an image's layers come from a base, and what a newer one would change, as the ledger knows it.
//!
//! The judgement is that of [`vigie_checks::lineage`]; here the images that the ledger knows are its witnesses: those
//! of which all layers are the lowest of this one, and those of the base's repository.

use crate::vulnerabilities;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use vigie_checks::lineage::{base, newer};
use vigie_ledger::{AssetFilter, Filter, Ledger, LedgerError, Order, Sort};
use vigie_model::asset::AssetKind;
use vigie_model::facts::Facts;
use vigie_model::ids::AssetId;
use vigie_model::image::ImageFacts;
use vigie_model::lineage::{Base, Change, KnownImage, Newer, Trouble};

/// Images of the base's repository that are looked at for a newer one.
const CANDIDATES_MAX: u32 = 50;
/// Known images below one that are looked at.
const BELOW_MAX: usize = 20;

/// What the ledger knows of an image's base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The base.
    pub(crate) base: Base,
    /// The known image that is it, and its name.
    pub(crate) known: Option<(AssetId, String)>,
    /// Newer versions of it, the smallest step first.
    pub(crate) newer: Vec<(AssetId, Newer)>,
}

/// The base of an image with these active findings of packages.
pub(crate) fn of(
    ledger: &Ledger,
    image: AssetId,
    facts: &ImageFacts,
    troubles: &BTreeSet<Trouble>,
) -> Result<Found, LedgerError> {
    let below = below(ledger, image, facts)?;
    let images: Vec<KnownImage> = below.iter().map(|(_, image)| image.clone()).collect();
    let (base, known) = base(facts, &images);
    let Some((id, known)) = known.and_then(|known| below.iter().find(|(_, image)| image == known)) else {
        return Ok(Found { base, ..Found::default() });
    };
    let newer = newer_ones(ledger, (*id, known), facts, &base, troubles)?;
    Ok(Found { base, known: Some((*id, known.name.clone())), newer })
}

/// Known images of which all layers are the lowest of this one, the longest first.
fn below(ledger: &Ledger, image: AssetId, facts: &ImageFacts) -> Result<Vec<(AssetId, KnownImage)>, LedgerError> {
    let chains = facts.chains();
    let below = chains.split_last().map(|(_, below)| below).unwrap_or_default();
    let mut found = Vec::new();
    for chain in below.iter().rev() {
        for (id, name) in ledger.images_of_chain(chain)?.into_iter().filter(|(id, _)| *id != image) {
            if found.len() < BELOW_MAX
                && let Some(Facts::Image(facts)) = ledger.facts(id)?
            {
                found.push((id, KnownImage::of(&facts, name)));
            }
        }
    }
    Ok(found)
}

/// Known images of the base's repository that are newer versions of it, and what they change.
fn newer_ones(
    ledger: &Ledger,
    (id, known): (AssetId, &KnownImage),
    facts: &ImageFacts,
    base: &Base,
    troubles: &BTreeSet<Trouble>,
) -> Result<Vec<(AssetId, Newer)>, LedgerError> {
    let Some(repository) = repository(&known.name) else { return Ok(Vec::new()) };
    let filter = AssetFilter { kind: Some(AssetKind::Image), text: Some(repository.to_owned()) };
    let mut candidates = Vec::new();
    for candidate in ledger.assets(&filter, None, CANDIDATES_MAX)?.into_iter().filter(|candidate| candidate.id != id) {
        if self::repository(&candidate.name) == Some(repository)
            && let Some(Facts::Image(facts)) = ledger.facts(candidate.id)?
        {
            candidates.push((candidate.id, KnownImage::of(&facts, candidate.name)));
        }
    }
    let images: Vec<KnownImage> = candidates.iter().map(|(_, image)| image.clone()).collect();
    let of_base = of_base(facts, base, troubles);
    let mut found = Vec::new();
    for (step, image) in newer(&known.name, known, &images) {
        let Some((id, _)) = candidates.iter().find(|(_, it)| it == image) else { continue };
        let change = Change::between(&of_base, &self::troubles(ledger, *id)?, troubles);
        let (name, digest, created) = (image.name.clone(), image.digest.clone(), image.created);
        found.push((*id, Newer { name, digest, created, step: step.word(), change: Some(change) }));
    }
    Ok(found)
}

/// The troubles of packages that the base brought.
fn of_base(facts: &ImageFacts, base: &Base, troubles: &BTreeSet<Trouble>) -> BTreeSet<Trouble> {
    let layers = base.layers.unwrap_or_default();
    let from_base = facts.components.iter().filter(|it| it.layer.is_some_and(|layer| layer < layers));
    let places: BTreeSet<String> = from_base.map(|it| vulnerabilities::place(&it.package)).collect();
    troubles.iter().filter(|trouble| places.contains(&trouble.package)).cloned().collect()
}

/// The active findings of an asset's packages.
pub(crate) fn troubles(ledger: &Ledger, asset: AssetId) -> Result<BTreeSet<Trouble>, LedgerError> {
    let mut all = BTreeSet::new();
    let filter = Filter { asset: Some(asset), kinds: vulnerabilities::KINDS.to_vec(), ..Filter::default() };
    ledger.each_finding(&filter, Sort::Priority, Order::Descending, |found| {
        if found.locator.starts_with("pkg:") {
            all.insert(Trouble { id: found.subject, package: found.locator });
        }
        ControlFlow::Continue(())
    })?;
    Ok(all)
}

/// A name without its tag: none for one without.
pub(crate) fn repository(name: &str) -> Option<&str> {
    name.rsplit_once(':')
        .filter(|(repository, tag)| !tag.contains('/') && *repository != "sha256")
        .map(|(repository, _)| repository)
}

/// Which layers hold packages of each place.
pub(crate) fn layers_of_places(facts: &ImageFacts) -> BTreeMap<String, BTreeSet<u32>> {
    let mut layers: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for component in &facts.components {
        if let Some(layer) = component.layer {
            layers.entry(vulnerabilities::place(&component.package)).or_default().insert(layer);
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
    use vigie_model::finding::{FindingKind, Identity, Locator};
    use vigie_model::image::{ImageConfig, ImageLayer};
    use vigie_model::lineage::ToldBy;
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
        ledger.record(&vulnerabilities::run(asset.id), &found).unwrap();
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
        assert_eq!((found.base.layers, found.base.told_by), (Some(2), Some(ToldBy::Layers)));
        assert!(found.newer.is_empty(), "nothing newer is known");

        // Another repository's and an older one's do not count.
        save(&ledger, &clock, "docker.io/python-tools:9", &image(&["x"], &[], 900), &[]);
        save(&ledger, &clock, "docker.io/python:3.11", &image(&["y"], &[], 150), &[]);
        let newer = save(
            &ledger,
            &clock,
            "docker.io/python:3.13",
            &image(&["a", "z"], &[], 400),
            &[("CVE-1", "libc"), ("CVE-5", "zlib")],
        );
        let found = find();
        let (id, advised) = &found.newer[0];
        assert_eq!((*id, advised.name.as_str(), advised.step), (newer, "docker.io/python:3.13", "minor"));
        let change = advised.change.as_ref().unwrap();
        let ids = |list: &[Trouble]| list.iter().map(|trouble| trouble.id.clone()).collect::<Vec<_>>();
        assert_eq!(
            (ids(&change.removes), ids(&change.brings), change.of),
            (vec!["CVE-2".into(), "CVE-3".into()], vec!["CVE-5".into()], 3)
        );
        assert_eq!(of(&ledger, base, &python, &BTreeSet::new()).unwrap().known.unwrap().1, "debian:12");
        let lonely = ImageFacts {
            annotations: BTreeMap::from([("org.opencontainers.image.base.name".into(), "alpine:3".into())]),
            ..image(&["q"], &[], 1)
        };
        let lonely = of(&ledger, AssetId::of(&["x"]), &lonely, &BTreeSet::new()).unwrap();
        assert_eq!((lonely.base.name.as_deref(), lonely.base.layers), (Some("alpine:3"), None));
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

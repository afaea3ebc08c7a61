//! Which of an image's findings come from its base, and what a newer base would change: the images seen on this machine
//! before, and those that somebody names, are what is known of bases.
//!
//! The judgement is [`vigie_checks::lineage`]'s; here is where the known images come from. Nothing is fetched: a
//! newer version that nobody has seen is not advised.

use crate::advisories::Data;
use crate::vulnerabilities;
use std::collections::BTreeSet;
use std::path::Path;
use vigie_checks::lineage::{Step, base, newer, origins};
use vigie_inventory::image;
use vigie_inventory::watch::Watch;
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::finding::Locator;
use vigie_model::image::ImageFacts;
use vigie_model::lineage::{Base, Change, KnownImage, Lineage, Newer, Origins, Part, Trouble};
use vigie_model::occurrence::Occurrence;

/// The word for a step to an image that somebody named.
const GIVEN: &str = "given";

/// What was seen of images.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// Where what is known of layers is kept; nowhere, else.
    pub folder: Option<&'a Path>,
    /// Who looked at the files of the layers.
    pub watches: &'a [&'a dyn Watch],
    /// Images that somebody names as a base that may take the place of the present one.
    pub candidates: &'a [(KnownImage, ImageFacts)],
}

impl Seen<'_> {
    /// Remembers an image for those built on it.
    pub fn remember(&self, facts: &ImageFacts, name: &str) {
        if let Some(folder) = self.folder {
            image::remember(folder, &KnownImage::of(facts, name));
            self.candidates.iter().for_each(|(candidate, _)| image::remember(folder, candidate));
        }
    }

    fn images(&self) -> Vec<KnownImage> {
        let known = self.folder.map(image::known).unwrap_or_default();
        // What was named counts before what was seen some day.
        self.candidates.iter().map(|(candidate, _)| candidate.clone()).chain(known.into_iter().rev()).collect()
    }

    fn components_of(&self, image: &KnownImage) -> Option<Vec<Component>> {
        let named = self.candidates.iter().find(|(candidate, _)| candidate == image);
        match named {
            Some((_, facts)) => Some(facts.components.clone()),
            None => image::components_of(self.folder?, image, self.watches),
        }
    }
}

/// Where an image and its findings come from; `findings` are all, whatever somebody decided about them.
#[must_use]
pub fn of(facts: &ImageFacts, findings: &[Occurrence], data: Option<&Data>, seen: &Seen<'_>) -> Lineage {
    let images = seen.images();
    let (base, below) = base(facts, &images);
    let origins = origins(facts, &base, findings);
    let Some(below) = below.cloned().or_else(|| standing_for(&base, facts)) else {
        return Lineage { base, origins, newer: Vec::new() };
    };
    let name = base.name.as_deref().unwrap_or(&below.name);
    let mut steps: Vec<(&'static str, &KnownImage)> =
        newer(name, &below, &images).into_iter().map(|(step, image)| (Step::word(step), image)).collect();
    for (candidate, _) in seen.candidates {
        if candidate.diff_ids != below.diff_ids && !steps.iter().any(|(_, image)| *image == candidate) {
            steps.push((GIVEN, candidate));
        }
    }
    let change = |image: &KnownImage| {
        let found = troubles_of(&seen.components_of(image)?, data?)?;
        Some(changed(findings, &origins, &found))
    };
    let newer = steps.into_iter().map(|(step, image)| Newer {
        name: image.name.clone(),
        digest: image.digest.clone(),
        created: image.created,
        step,
        change: change(image),
    });
    Lineage { newer: newer.collect(), base, origins }
}

/// A base of which the layers are known, but not the image.
fn standing_for(base: &Base, facts: &ImageFacts) -> Option<KnownImage> {
    let layers = base.layers?;
    let last = facts.config.history.iter().rfind(|step| step.layer.is_some_and(|layer| layer < layers));
    Some(KnownImage {
        name: base.name.clone().unwrap_or_default(),
        digest: base.digest.clone(),
        platform: facts.platform.clone(),
        created: last.and_then(|step| step.created),
        diff_ids: facts.layers.iter().take(layers as usize).map(|layer| layer.diff_id.clone()).collect(),
        steps: base.steps,
    })
}

/// What packages have, whatever image they are in.
fn troubles_of(components: &[Component], data: &Data) -> Option<BTreeSet<Trouble>> {
    let anywhere = Asset::new(AssetKind::Image, "", "");
    let found = vulnerabilities::of_components(components, &anywhere, data)?;
    Some(found.iter().map(trouble).collect())
}

fn trouble(found: &Occurrence) -> Trouble {
    Trouble { id: found.identity.subject.clone(), package: found.identity.locator.text() }
}

/// What another base changes.
fn changed(findings: &[Occurrence], origins: &Origins, newer: &BTreeSet<Trouble>) -> Change {
    // What was found in files is not known of the newer one.
    let of_package = |found: &&Occurrence| {
        vulnerabilities::KINDS.contains(&found.identity.kind) && matches!(found.identity.locator, Locator::Package(_))
    };
    let of_packages = || findings.iter().filter(of_package);
    let from_base = |found: &&Occurrence| {
        let part = origins.get(found.identity.id()).and_then(|origin| origin.from);
        matches!(part, Some(Part::Base | Part::Both))
    };
    let of_base = of_packages().filter(from_base).map(trouble).collect();
    Change::between(&of_base, newer, &of_packages().map(trouble).collect())
}

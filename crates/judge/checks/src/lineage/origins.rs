//! From which layer each finding of an image comes, and whether that is the base's.

use std::collections::{BTreeSet, HashMap};
use vigie_model::finding::{FindingKind, Locator};
use vigie_model::image::ImageFacts;
use vigie_model::lineage::{Base, Origin, Origins, Part};
use vigie_model::occurrence::Occurrence;

/// Where the findings of an image come from.
#[must_use]
pub fn origins<'f>(facts: &ImageFacts, base: &Base, findings: impl IntoIterator<Item = &'f Occurrence>) -> Origins {
    let known = Known::of(facts, base);
    findings.into_iter().map(|found| (found.identity.id(), known.origin(found))).collect()
}

/// Layers of components by their name and version, and by their package URL.
struct Known<'a> {
    facts: &'a ImageFacts,
    base: &'a Base,
    by_name: HashMap<(&'a str, &'a str), Vec<(&'a str, u32)>>,
    by_purl: HashMap<String, BTreeSet<u32>>,
}

impl<'a> Known<'a> {
    fn of(facts: &'a ImageFacts, base: &'a Base) -> Self {
        let mut by_name: HashMap<(&str, &str), Vec<(&str, u32)>> = HashMap::new();
        let mut by_purl: HashMap<String, BTreeSet<u32>> = HashMap::new();
        for component in &facts.components {
            let (package, Some(layer)) = (&component.package, component.layer) else { continue };
            by_name.entry((&package.name, &package.version)).or_default().push((&component.path, layer));
            by_purl.entry(package.purl_without_version()).or_default().insert(layer);
        }
        Self { facts, base, by_name, by_purl }
    }

    fn origin(&self, found: &Occurrence) -> Origin {
        if let Locator::Package(purl) = &found.identity.locator {
            let layers = self.of_package(found, purl);
            return Origin { from: self.part(&layers), layers: layers.into_iter().collect() };
        }
        let places = || found.evidence.iter().map(|proof| proof.place.as_str());
        let layers: BTreeSet<u32> = places().filter_map(layer_of).collect();
        if !layers.is_empty() {
            return Origin { from: self.part(&layers), layers: layers.into_iter().collect() };
        }
        let steps: Vec<usize> = places().filter_map(step_of).collect();
        if let Some(step) = steps.first() {
            return self.of_step(*step);
        }
        Origin { from: self.of_setting(found), layers: Vec::new() }
    }

    /// The layers of the packages that the evidence names: by name, version and file.
    fn of_package(&self, found: &Occurrence, purl: &str) -> BTreeSet<u32> {
        let mut layers = BTreeSet::new();
        for proof in &found.evidence {
            let version = proof.found.strip_prefix(&*proof.locator).map_or("", str::trim_start);
            let all = self.by_name.get(&(proof.locator.as_str(), version)).into_iter().flatten();
            layers.extend(all.filter(|(path, _)| proof.place.is_empty() || *path == proof.place).map(|(_, layer)| *layer));
        }
        if layers.is_empty() {
            layers = self.by_purl.get(purl).cloned().unwrap_or_default();
        }
        layers
    }

    fn of_step(&self, step: usize) -> Origin {
        let layer = self.facts.config.history.get(step).and_then(|step| step.layer);
        let from = self.base.steps.map(|steps| if step < steps as usize { Part::Base } else { Part::Own });
        Origin { from, layers: layer.into_iter().collect() }
    }

    /// What the configuration says was said last by whoever built the image, except an environment that a step of the
    /// base set; which distribution it is, the base says.
    fn of_setting(&self, found: &Occurrence) -> Option<Part> {
        let layers = self.base.layers?;
        let places: Vec<&str> = found.evidence.iter().map(|proof| proof.place.as_str()).collect();
        if places.contains(&"/etc/os-release") {
            return (layers > 0).then_some(Part::Base);
        }
        if places.iter().any(|place| place.starts_with('/')) {
            return None;
        }
        let named = match &found.identity.locator {
            Locator::Key(key) if found.identity.kind == FindingKind::Secret => {
                key.strip_prefix("environment/").and_then(|key| key.split('/').next())
            }
            Locator::Key(key) if places.contains(&"config.Env") => Some(key.as_str()),
            _ => None,
        };
        match named {
            Some(name) => self.of_environment(name),
            None => Some(Part::Own),
        }
    }

    /// The part whose step set a variable last.
    fn of_environment(&self, name: &str) -> Option<Part> {
        let sets = |text: &str| {
            let words = text.split_whitespace().skip_while(|word| *word != "ENV").skip(1);
            words.clone().any(|word| word.split('=').next() == Some(name)) || words.take(1).any(|word| word == name)
        };
        let step = self.facts.config.history.iter().rposition(|step| sets(&step.created_by))?;
        self.base.steps.map(|steps| if step < steps as usize { Part::Base } else { Part::Own })
    }

    fn part(&self, layers: &BTreeSet<u32>) -> Option<Part> {
        let of_base = self.base.layers?;
        let below = layers.iter().filter(|layer| **layer < of_base).count();
        match (below, layers.len()) {
            (_, 0) => None,
            (0, _) => Some(Part::Own),
            (below, all) if below == all => Some(Part::Base),
            _ => Some(Part::Both),
        }
    }
}

/// The layer that a place names: `app/.env:3:7 (layer 2, hidden by layer 4)`.
fn layer_of(place: &str) -> Option<u32> {
    let (_, behind) = place.rsplit_once(" (layer ")?;
    let end = behind.find(|char: char| !char.is_ascii_digit())?;
    behind.get(..end)?.parse().ok()
}

/// The step of the history that a place names: `history 3`, `history step 3`.
fn step_of(place: &str) -> Option<usize> {
    let number = place.strip_prefix("history ")?;
    number.strip_prefix("step ").unwrap_or(number).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_name_layers_and_steps() {
        assert_eq!(layer_of("app/.env:3:7 (layer 12, hidden by layer 14)"), Some(12));
        assert_eq!(layer_of("/usr/bin/x (layer 3)"), Some(3));
        assert_eq!(layer_of("a (layer 1)/b:1:1"), Some(1), "only what was said without a layer can be taken for one");
        assert_eq!(layer_of("ENV TOKEN"), None);
        assert_eq!((step_of("history 4"), step_of("history step 4"), step_of("histories 4")), (Some(4), Some(4), None));
    }
}

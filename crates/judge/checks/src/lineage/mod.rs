//! Which layers of an image come from its base, which newer base is known, and what of its findings is whose.
//!
//! In this order, the surest first: the provenance of the build, where it lists the layers of the base; an image that
//! is known here and has the same lowest layers, in order (layers carry the digest of their content, so that is no
//! guess; of several the longest counts, unless the image names one of them by digest); the instructions of the
//! history, which is a guess and says so. A name comes from the annotation `org.opencontainers.image.base.name` of the
//! manifest, the provenance, the label of the same name, the known image.
//!
//! Deliberately not here: asking a registry. What nobody has seen is not advised.

mod history;
mod newer;
mod origins;
#[cfg(test)]
mod tests;

pub use newer::{Step, newer};
pub use origins::origins;

use vigie_model::image::{BuiltFrom, ImageFacts};
use vigie_model::lineage::{Base, KnownImage, NamedBy, ToldBy};

/// What an image says of its base (OCI image specification, "Pre-Defined Annotation Keys").
const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

/// Whether all layers of a known image are the lowest of this one, which has more.
fn is_below(known: &KnownImage, facts: &ImageFacts) -> bool {
    let own = &known.diff_ids;
    let same = || own.iter().zip(&facts.layers).all(|(own, layer)| !own.is_empty() && *own == layer.diff_id);
    !own.is_empty() && own.len() < facts.layers.len() && same()
}

/// The base of an image, and which of the known images it is.
#[must_use]
pub fn base<'a>(facts: &ImageFacts, known: &'a [KnownImage]) -> (Base, Option<&'a KnownImage>) {
    let mut base = said(facts);
    let proven = proven(facts);
    let below = below(facts, known, base.digest.as_deref().or(proven.and_then(|it| it.digest.as_deref())));
    if let Some(source) = proven {
        base.layers = source.layers;
        base.told_by = Some(ToldBy::Provenance);
        // What the build itself recorded goes before what somebody wrote beside it.
        base.name_by(source, NamedBy::Provenance);
    } else if let Some(image) = below {
        base.layers = u32::try_from(image.diff_ids.len()).ok();
        base.told_by = Some(ToldBy::Layers);
        // A label is inherited: of an image on a base on a base it may speak of the lowest one.
        let other = base.digest.is_some() && base.digest != image.digest;
        if base.name.is_none() || base.named_by == Some(NamedBy::Label) || other {
            base.name = Some(image.name.clone());
            base.digest.clone_from(&image.digest);
            base.named_by = Some(NamedBy::Layers);
        }
    } else if let Some(layers) = history::split(facts) {
        base.layers = Some(layers);
        base.told_by = Some(ToldBy::History);
    }
    let same = |image: &&KnownImage| u32::try_from(image.diff_ids.len()).ok() == base.layers;
    let below = below.filter(same);
    base.steps = below.and_then(|image| image.steps).or_else(|| history::steps(facts, base.layers?));
    (base, below)
}

trait NameBy {
    fn name_by(&mut self, source: &BuiltFrom, by: NamedBy);
}

impl NameBy for Base {
    fn name_by(&mut self, source: &BuiltFrom, by: NamedBy) {
        self.name = Some(source.name.clone());
        self.digest.clone_from(&source.digest);
        self.named_by = Some(by);
    }
}

/// What the image says itself.
fn said(facts: &ImageFacts) -> Base {
    let annotation = |key: &str| facts.annotations.get(key).filter(|text| !text.is_empty()).cloned();
    let label = |key: &str| facts.config.labels.get(key).filter(|text| !text.is_empty()).cloned();
    let named = |name: Option<String>, digest: Option<String>, by: NamedBy| {
        (name.is_some() || digest.is_some()).then(|| Base { name, digest, named_by: Some(by), ..Base::default() })
    };
    named(annotation(NAME), annotation(DIGEST), NamedBy::Annotation)
        .or_else(|| {
            only(facts).map(|it| named(Some(it.name.clone()), it.digest.clone(), NamedBy::Provenance).unwrap_or_default())
        })
        .or_else(|| named(label(NAME), label(DIGEST), NamedBy::Label))
        .unwrap_or_default()
}

/// The only image of the provenance: then it is the base. Of several, one may be a stage that files were copied from.
fn only(facts: &ImageFacts) -> Option<&BuiltFrom> {
    match facts.built_from.as_slice() {
        [only] if only.layers != Some(0) => Some(only),
        _ => None,
    }
}

/// The image of the provenance that has most of the lowest layers.
fn proven(facts: &ImageFacts) -> Option<&BuiltFrom> {
    facts.built_from.iter().filter(|it| it.layers.is_some_and(|layers| layers > 0)).max_by_key(|it| it.layers)
}

/// The known image below this one: the one of that digest, else the longest.
fn below<'a>(facts: &ImageFacts, known: &'a [KnownImage], digest: Option<&str>) -> Option<&'a KnownImage> {
    let below = || known.iter().filter(|image| is_below(image, facts));
    let named = below().find(|image| digest.is_some() && image.digest.as_deref() == digest);
    // Of equal ones the first: it does not depend on anything but the order of what is given.
    named.or_else(|| below().rev().max_by_key(|image| image.diff_ids.len()))
}

//! Where a thing in an image comes from: the base, or what was built on it; and who says so.
//!
//! Only words; who judges is in the judges. Holds: what nobody can tell is none, never a guess without its name.

use crate::ids::FindingId;
use crate::image::{ImageFacts, Platform};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an image was built on, as far as that can be told.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Base {
    /// Its name.
    pub name: Option<String>,
    /// Its digest, `sha256:…`.
    pub digest: Option<String>,
    /// Who names it.
    pub named_by: Option<NamedBy>,
    /// How many of the lowest layers are its own; none where nobody can tell.
    pub layers: Option<u32>,
    /// Who tells the layers.
    pub told_by: Option<ToldBy>,
    /// How many of the first steps of the history are its own; none where nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
}

/// An image that was seen before: what is needed to know it again below another one.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KnownImage {
    /// What people call it.
    pub name: String,
    /// Digest of its manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What it runs on.
    pub platform: Platform,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Digests of its layers uncompressed, base first.
    pub diff_ids: Vec<String>,
    /// How many steps its history has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
}

impl KnownImage {
    /// What of an image is remembered.
    #[must_use]
    pub fn of(facts: &ImageFacts, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            digest: facts.digest.clone(),
            platform: facts.platform.clone(),
            created: facts.config.created,
            diff_ids: facts.layers.iter().map(|layer| layer.diff_id.clone()).collect(),
            steps: u32::try_from(facts.config.history.len()).ok().filter(|steps| *steps > 0),
        }
    }
}

/// Who names the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedBy {
    /// An annotation of the manifest.
    Annotation,
    /// A label, which an image inherits from its base: it may be the name of the base's base.
    Label,
    /// The provenance of the build.
    Provenance,
    /// An image that is known here and has the same lowest layers.
    Layers,
}

/// Who tells which layers are the base's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldBy {
    /// The provenance of the build.
    Provenance,
    /// An image that is known here and has the same lowest layers.
    Layers,
    /// The instructions of the history: likely, not certain.
    History,
}

impl NamedBy {
    /// The word used in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Annotation => "annotation",
            Self::Label => "label",
            Self::Provenance => "provenance",
            Self::Layers => "layers",
        }
    }
}

impl ToldBy {
    /// The word used in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Provenance => "provenance",
            Self::Layers => "layers",
            Self::History => "history",
        }
    }
}

/// Which part of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What it was built on.
    Base,
    /// What was built on that.
    Own,
    /// Both: each must be repaired.
    Both,
}

impl Part {
    /// The word used in files and columns.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Own => "own",
            Self::Both => "both",
        }
    }
}

/// Where a finding of an image comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Origin {
    /// From which part; none where nobody can tell.
    pub from: Option<Part>,
    /// The layers that brought it, counted from the base (0); none for what the configuration says.
    pub layers: Vec<u32>,
}

/// Where the findings of an image come from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Origins(BTreeMap<FindingId, Origin>);

impl Origins {
    /// Where a finding comes from; none for one that is not of an image.
    #[must_use]
    pub fn get(&self, id: FindingId) -> Option<&Origin> {
        self.0.get(&id)
    }

    /// The word for the part: `base`, `own`, `both`, or nothing.
    #[must_use]
    pub fn word(&self, id: FindingId) -> &'static str {
        self.get(id).and_then(|origin| origin.from).map_or("", Part::word)
    }

    /// How many come from the base, and how many from what was built on it; what comes from both counts in both. None
    /// where nothing can be told of any.
    #[must_use]
    pub fn counts(&self, ids: impl Iterator<Item = FindingId>) -> Option<(usize, usize)> {
        let parts: Vec<Part> = ids.filter_map(|id| self.get(id)?.from).collect();
        let of = |part: Part| parts.iter().filter(|it| **it == part || **it == Part::Both).count();
        (!parts.is_empty()).then(|| (of(Part::Base), of(Part::Own)))
    }
}

/// What is known of where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Lineage {
    /// Its base.
    pub base: Base,
    /// Where its findings come from.
    pub origins: Origins,
    /// Newer versions of the base, the smallest step first.
    pub newer: Vec<Newer>,
}

/// A newer version of the base that was seen, and what it changes.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Newer {
    /// Its name.
    pub name: String,
    /// Digest of its manifest.
    pub digest: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// What sort of step it is: `rebuild`, `minor`, `major`, or `given` for one that somebody named.
    pub step: &'static str,
    /// What the base has and the newer one has not; none where it is not known what is in the newer one.
    pub change: Option<Change>,
}

/// What a newer base changes among the vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Change {
    /// How many the base has.
    pub of: usize,
    /// What is gone, sorted.
    pub removes: Vec<Trouble>,
    /// What comes, sorted.
    pub brings: Vec<Trouble>,
}

/// A vulnerability and the package that has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Trouble {
    /// The vulnerability.
    pub id: String,
    /// The package, as the place of the finding says it.
    pub package: String,
}

impl Change {
    /// The difference between what the base has and what a newer one has; what the image has anyway does not come
    /// with the newer one.
    #[must_use]
    pub fn between(base: &BTreeSet<Trouble>, newer: &BTreeSet<Trouble>, image: &BTreeSet<Trouble>) -> Self {
        Self {
            of: base.len(),
            removes: base.difference(newer).cloned().collect(),
            brings: newer.iter().filter(|trouble| !base.contains(trouble) && !image.contains(trouble)).cloned().collect(),
        }
    }
}

impl FromIterator<(FindingId, Origin)> for Origins {
    fn from_iter<I: IntoIterator<Item = (FindingId, Origin)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_and_what_is_not_known_is_not() {
        let id = |name: &str| FindingId::of(&[name]);
        let of = |from| Origin { from, layers: vec![0] };
        let origins = Origins::from_iter([
            (id("a"), of(Some(Part::Base))),
            (id("b"), of(Some(Part::Own))),
            (id("c"), of(Some(Part::Both))),
            (id("d"), of(None)),
        ]);
        assert_eq!(origins.counts(["a", "b", "c", "d", "e"].map(id).into_iter()), Some((2, 2)));
        assert_eq!(origins.counts(["d", "e"].map(id).into_iter()), None);
        assert_eq!((origins.word(id("a")), origins.word(id("d"))), ("base", ""));
    }
}

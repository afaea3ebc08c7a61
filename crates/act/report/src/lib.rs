//! What a scan found, in the formats that people and other tools read.
//!
//! One file for each format, each a function from [`Scan`] to text: [`sarif`] for code hosts and editors,
//! [`cyclonedx`] and [`spdx`] for inventories, [`gitlab`], [`github`] and [`junit`] for pipelines, [`html`] and
//! [`markdown`] for people. Nothing here judges, reads a file or knows the time; what a scan holds is what is written, in
//! the order in which it is given.
//!
//! Holds: texts of other people (names, versions, paths) never become markup, commands or control characters of the
//! format they are written in.

pub mod cyclonedx;
pub mod github;
pub mod gitlab;
pub mod html;
mod inventory;
pub mod junit;
mod licence;
pub mod markdown;
mod said;
pub mod sarif;
pub mod spdx;
#[cfg(test)]
mod tests;

pub use said::{advice, name, title, whereabouts};

use vigie_model::asset::{Asset, AssetKind};
use vigie_model::component::Component;
use vigie_model::finding::Identity;
use vigie_model::host::OsRelease;
use vigie_model::ids::FindingId;
use vigie_model::lang::Lang;
use vigie_model::lineage::{Lineage, Origin, Part};
use vigie_model::observed::Gap;
use vigie_model::occurrence::Occurrence;
use vigie_model::time::Timestamp;

/// One scan: what was looked at, what is there, what is wrong.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// What was looked at.
    pub asset: &'a Asset,
    /// What sort of thing it is, for formats that care.
    pub target: Target<'a>,
    /// When.
    pub taken_at: Timestamp,
    /// The distribution, where there is one.
    pub os: Option<&'a OsRelease>,
    /// What is there.
    pub components: &'a [Component],
    /// What is wrong, worst first.
    pub findings: &'a [Occurrence],
    /// Of an image: what comes from its base, and what from the layers built on it.
    pub lineage: Option<&'a Lineage>,
    /// What could not be seen.
    pub unseen: &'a [Gap],
    /// The language of titles and sentences.
    pub lang: Lang,
    /// The version of Vigie.
    pub version: &'a str,
}

impl<'a> Scan<'a> {
    /// Where a finding of an image comes from.
    #[must_use]
    pub fn origin(&self, found: &Occurrence) -> Option<&'a Origin> {
        self.lineage?.origins.get(found.identity.id())
    }

    /// The word for the part that a finding comes from: `base`, `own`, `both`, or nothing.
    #[must_use]
    pub fn from(&self, found: &Occurrence) -> &'static str {
        self.origin(found).and_then(|origin| origin.from).map_or("", Part::word)
    }

    /// Whether base and own layers can be told apart.
    #[must_use]
    pub fn knows_base(&self) -> bool {
        self.lineage.is_some_and(|lineage| lineage.base.layers.is_some())
    }

    /// The part that a component comes from.
    fn part(&self, component: &Component) -> Option<Part> {
        let base = self.lineage?.base.layers?;
        component.layer.map(|layer| if layer < base { Part::Base } else { Part::Own })
    }
}

/// The id by which those who read report after report know a finding again: its own, but on an image that of the same
/// finding on whatever has the image's name, since an image that is built anew is another one.
pub(crate) fn lasting_id(scan: &Scan<'_>, found: &Occurrence) -> FindingId {
    match scan.asset.kind {
        AssetKind::Image => {
            let asset = Asset::id_of(AssetKind::Image, &scan.asset.name);
            Identity { asset, ..found.identity.clone() }.id()
        }
        _ => found.identity.id(),
    }
}

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// An image; its manifest's digest, where it is known.
    Image {
        /// `sha256:…`.
        digest: Option<&'a str>,
    },
    /// An installed system.
    System,
    /// A source tree; paths are relative to it.
    Source,
    /// The list of components of another tool.
    Sbom,
}

//! What was seen of one asset, whatever sort of asset it is: what the ledger keeps and judges read again.
//!
//! A stored inventory is judged as if it had been taken a moment ago; so everything that a judge reads is in here,
//! and nothing that a judge says. Holds: the packages are those that the latest look found, in no special order.

use crate::component::Component;
use crate::host::HostFacts;
use crate::image::{ImageFacts, TreeFacts};
use crate::observed::Gap;
use crate::package::Package;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything that was seen of one asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and never a list of them")]
pub enum Facts {
    /// Of a machine.
    Host(HostFacts),
    /// Of an image.
    Image(ImageFacts),
    /// Of a folder: an installed system, or a source tree.
    Tree(TreeFacts),
    /// What another tool listed.
    List(ListFacts),
}

/// What another tool listed: a software bill of materials.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ListFacts {
    /// Format and version: `CycloneDX 1.6`.
    pub format: String,
    /// What it is about, as it says itself; empty when it does not.
    pub name: String,
    /// The components that can be judged.
    pub components: Vec<Component>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

impl Facts {
    /// The components with their places; a machine's packages have none and are not listed here.
    #[must_use]
    pub fn components(&self) -> &[Component] {
        match self {
            Self::Host(_) => &[],
            Self::Image(image) => &image.components,
            Self::Tree(tree) => &tree.components,
            Self::List(list) => &list.components,
        }
    }

    /// Every package that advisories are asked about, each once: what a distribution's package brought is judged
    /// by the distribution's data and not listed.
    #[must_use]
    pub fn packages(&self) -> BTreeSet<&Package> {
        match self {
            Self::Host(host) => host.packages.value().into_iter().flatten().collect(),
            _ => self.components().iter().filter(|component| component.owned_by.is_none()).map(|it| &it.package).collect(),
        }
    }

    /// What could not be seen.
    #[must_use]
    pub fn gaps(&self) -> Vec<&Gap> {
        match self {
            Self::Host(host) => host.gaps(),
            Self::Image(image) => image.gaps.iter().collect(),
            Self::Tree(tree) => tree.gaps.iter().collect(),
            Self::List(list) => list.gaps.iter().collect(),
        }
    }

    /// The facts of a machine.
    #[must_use]
    pub const fn host(&self) -> Option<&HostFacts> {
        match self {
            Self::Host(host) => Some(host),
            _ => None,
        }
    }

    /// The facts of an image.
    #[must_use]
    pub const fn image(&self) -> Option<&ImageFacts> {
        match self {
            Self::Image(image) => Some(image),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::Observed;

    fn package(name: &str) -> Package {
        Package { ecosystem: "Debian:12".into(), name: name.into(), version: "1".into(), architecture: None, source: None }
    }

    #[test]
    fn packages_are_those_that_advisories_are_asked_about() {
        let owned = Component { owned_by: Some("python3-x".into()), ..Component::new(package("x"), "usr/lib/x") };
        let components = vec![Component::new(package("a"), "one"), Component::new(package("a"), "two"), owned];
        let image = Facts::Image(ImageFacts { components, ..ImageFacts::default() });
        assert_eq!(image.packages().len(), 1);
        let host = Facts::Host(HostFacts { packages: Observed::Seen(vec![package("a"), package("b")]), ..HostFacts::default() });
        assert_eq!((host.packages().len(), host.components().len()), (2, 0));
        for facts in [image, host] {
            let json = serde_json::to_string(&facts).unwrap();
            assert_eq!(serde_json::from_str::<Facts>(&json).unwrap(), facts);
        }
    }
}

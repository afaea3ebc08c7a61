//! A package with where it was found: what an inventory of an image, a tree or an SBOM lists.
//!
//! [`Package`] is what advisories speak of; a component adds the file that told of it, the layer that
//! brought the file, what it is for and under which licences. CycloneDX and this house call it component.

use crate::package::Package;
use serde::{Deserialize, Serialize};

/// A package and where it was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Component {
    /// The package.
    pub package: Package,
    /// The file that told of it, below the root, without a leading `/`; a thing in an archive follows
    /// after `!/`: `app/lib.jar!/inner.jar`.
    pub path: String,
    /// The layer that brought the package, counted from the base (0); none outside images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<u32>,
    /// Licences as the package says them, mostly SPDX expressions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<String>,
    /// Licences of the texts that came with it, as SPDX expressions; only where the package itself says none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub concluded: Vec<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Scope::is_runtime")]
    pub scope: Scope,
    /// Whether somebody asked for this package itself; none where the file does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct: Option<bool>,
    /// The distribution's package that brought the file: that package's data judges it, upstream's does
    /// not, since distributions repair without raising the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned_by: Option<String>,
}

/// What a component is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// It runs, or nothing says otherwise.
    #[default]
    Runtime,
    /// Only to build and to test.
    Development,
    /// Used when it is there.
    Optional,
}

impl Scope {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if gives a reference")]
    const fn is_runtime(&self) -> bool {
        matches!(self, Self::Runtime)
    }
}

impl Component {
    /// What it says of its licences, or else what its texts say.
    #[must_use]
    pub fn effective_licences(&self) -> &[String] {
        if self.licences.is_empty() { &self.concluded } else { &self.licences }
    }

    /// A component of which nothing is known but its package and its place.
    #[must_use]
    pub fn new(package: Package, path: impl Into<String>) -> Self {
        Self {
            package,
            path: path.into(),
            layer: None,
            licences: Vec::new(),
            concluded: Vec::new(),
            scope: Scope::Runtime,
            direct: None,
            owned_by: None,
        }
    }
}

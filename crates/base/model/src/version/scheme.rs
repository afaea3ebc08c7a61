//! Which order an ecosystem uses.

use super::{apk, dpkg, pep440, semver};
use std::cmp::Ordering;

/// A version order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// deb-version(7).
    Dpkg,
    /// apk-tools.
    Apk,
    /// Semantic Versioning 2.0.0.
    Semver,
    /// PEP 440.
    Pep440,
}

impl Scheme {
    /// All orders.
    pub const ALL: [Self; 4] = [Self::Dpkg, Self::Apk, Self::Semver, Self::Pep440];

    /// The order of an ecosystem in OSV's words, with or without its release; `None` when Vigie does
    /// not know it, in which case versions can only be equal or not.
    #[must_use]
    pub fn of_ecosystem(ecosystem: &str) -> Option<Self> {
        match ecosystem.split(':').next().unwrap_or_default() {
            "Debian" | "Ubuntu" | "Echo" => Some(Self::Dpkg),
            "Alpine" | "Wolfi" | "Chainguard" | "MinimOS" | "Alpaquita" | "BellSoft Hardened Containers" => Some(Self::Apk),
            "Go" | "crates.io" | "npm" | "Hex" | "Pub" | "SwiftURL" | "GitHub Actions" => Some(Self::Semver),
            "PyPI" => Some(Self::Pep440),
            _ => None,
        }
    }

    /// Compares two versions in this order.
    #[must_use]
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            Self::Dpkg => dpkg::compare(a, b),
            Self::Apk => apk::compare(a, b),
            Self::Semver => semver::compare(a, b),
            Self::Pep440 => pep440::compare(a, b),
        }
    }
}

//! Which order an ecosystem uses.

use super::{apk, bitnami, conan, conda, cran, dpkg, hackage, maven, nuget, packagist, pep440, pub_dev, rpm, rubygems, semver};
use std::cmp::Ordering;

/// A version order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// deb-version(7).
    Dpkg,
    /// apk-tools.
    Apk,
    /// RPM.
    Rpm,
    /// Semantic Versioning 2.0.0.
    Semver,
    /// PEP 440.
    Pep440,
    /// Maven's `ComparableVersion`.
    Maven,
    /// RubyGems, CocoaPods.
    RubyGems,
    /// NuGet.
    NuGet,
    /// Composer.
    Packagist,
    /// Dart's pub.
    Pub,
    /// R's packages.
    Cran,
    /// Cabal.
    Hackage,
    /// Conan 2.
    Conan,
    /// Conda.
    Conda,
    /// Semantic versions with a revision that does not count.
    Bitnami,
}

impl Scheme {
    /// All orders.
    pub const ALL: [Self; 15] = [
        Self::Dpkg,
        Self::Apk,
        Self::Rpm,
        Self::Semver,
        Self::Pep440,
        Self::Maven,
        Self::RubyGems,
        Self::NuGet,
        Self::Packagist,
        Self::Pub,
        Self::Cran,
        Self::Hackage,
        Self::Conan,
        Self::Conda,
        Self::Bitnami,
    ];

    /// The order of an ecosystem in OSV's words, with or without its release; `None` when Vigie does
    /// not know it, in which case versions can only be equal or not.
    ///
    /// The names are those of the OSV schema; distributions and package managers that have none there
    /// (Amazon, Oracle, Fedora, Conda, CocoaPods) go by their own.
    #[must_use]
    pub fn of_ecosystem(ecosystem: &str) -> Option<Self> {
        let (system, release) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
        let scheme = match system {
            // Root repairs the packages of others: `Root:Alpine:3.18`.
            "Root" if !release.starts_with("Root") => return Self::of_ecosystem(release),
            // OCaml's opam took Debian's order.
            "Debian" | "Ubuntu" | "Echo" | "opam" => Self::Dpkg,
            "Alpine" | "Wolfi" | "Chainguard" | "MinimOS" | "Alpaquita" | "BellSoft Hardened Containers" => Self::Apk,
            "AlmaLinux" | "Rocky Linux" | "Red Hat" | "CentOS" | "Fedora" | "SUSE" | "openSUSE" | "Oracle Linux"
            | "Amazon Linux" | "Azure Linux" | "Mageia" | "openEuler" | "Photon OS" => Self::Rpm,
            "Go"
            | "crates.io"
            | "npm"
            | "Hex"
            | "SwiftURL"
            | "GitHub Actions"
            | "Julia"
            | "Kubernetes"
            | "VSCode"
            | "Docker Hardened Images" => Self::Semver,
            "PyPI" => Self::Pep440,
            "Maven" => Self::Maven,
            "RubyGems" | "CocoaPods" => Self::RubyGems,
            "NuGet" => Self::NuGet,
            "Packagist" => Self::Packagist,
            "Pub" => Self::Pub,
            "CRAN" | "Bioconductor" => Self::Cran,
            "Hackage" | "GHC" => Self::Hackage,
            "ConanCenter" => Self::Conan,
            "conda" => Self::Conda,
            "Bitnami" => Self::Bitnami,
            _ => return None,
        };
        Some(scheme)
    }

    /// Compares two versions in this order.
    #[must_use]
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        let compare = match self {
            Self::Dpkg => dpkg::compare,
            Self::Apk => apk::compare,
            Self::Rpm => rpm::compare,
            Self::Semver => semver::compare,
            Self::Pep440 => pep440::compare,
            Self::Maven => maven::compare,
            Self::RubyGems => rubygems::compare,
            Self::NuGet => nuget::compare,
            Self::Packagist => packagist::compare,
            Self::Pub => pub_dev::compare,
            Self::Cran => cran::compare,
            Self::Hackage => hackage::compare,
            Self::Conan => conan::compare,
            Self::Conda => conda::compare,
            Self::Bitnami => bitnami::compare,
        };
        compare(a, b)
    }
}

//! Packages as installed: what a vulnerability is matched against.

use serde::{Deserialize, Serialize};

/// An installed package.
///
/// For distributions whose advisories speak of source packages (Debian, Ubuntu, Alpine), `source`
/// carries the source name and version where they differ from the binary's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Package {
    /// The ecosystem in OSV's words, with the release where the ecosystem has one: `Debian:12`,
    /// `Ubuntu:22.04:LTS`, `Alpine:v3.20`, `PyPI`, `Go`, `crates.io`.
    pub ecosystem: String,
    /// The package's own name.
    pub name: String,
    /// The installed version, verbatim.
    pub version: String,
    /// Architecture in the package manager's word, such as `amd64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The source package it was built from, where that is another name or version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourcePackage>,
}

/// The source package of a binary package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourcePackage {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Package {
    /// The name under which advisories know it.
    #[must_use]
    pub fn advisory_name(&self) -> &str {
        self.source.as_ref().map_or(&self.name, |source| &source.name)
    }

    /// The version that advisories speak of.
    #[must_use]
    pub fn advisory_version(&self) -> &str {
        self.source.as_ref().map_or(&self.version, |source| &source.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(ecosystem: &str, name: &str) -> Package {
        Package { ecosystem: ecosystem.into(), name: name.into(), version: "1".into(), architecture: None, source: None }
    }

    #[test]
    fn advisories_speak_of_the_source() {
        let mut openssl = package("Debian:12", "libssl3");
        assert_eq!(openssl.advisory_name(), "libssl3");
        openssl.source = Some(SourcePackage { name: "openssl".into(), version: "3.0.15-1".into() });
        assert_eq!((openssl.advisory_name(), openssl.advisory_version()), ("openssl", "3.0.15-1"));
    }
}

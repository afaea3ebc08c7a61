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

    /// The package URL without version and qualifiers (purl specification), the stable name of
    /// this package in a finding's identity: `pkg:deb/debian/openssl`.
    #[must_use]
    pub fn purl_without_version(&self) -> String {
        let system = self.ecosystem.split(':').next().unwrap_or_default();
        let name = percent_encoded(&self.name);
        match system {
            "Debian" => format!("pkg:deb/debian/{name}"),
            "Ubuntu" => format!("pkg:deb/ubuntu/{name}"),
            "Alpine" => format!("pkg:apk/alpine/{name}"),
            "Wolfi" => format!("pkg:apk/wolfi/{name}"),
            "Chainguard" => format!("pkg:apk/chainguard/{name}"),
            "PyPI" => format!("pkg:pypi/{}", name.to_lowercase().replace('_', "-")),
            "crates.io" => format!("pkg:cargo/{name}"),
            "Go" => format!("pkg:golang/{name}"),
            "npm" => format!("pkg:npm/{name}"),
            other => format!("pkg:generic/{}/{name}", other.to_lowercase().replace(' ', "-")),
        }
    }
}

/// Percent-encodes what the purl specification does not allow bare in a name; `/` separates names
/// of a namespace (Go, npm) and stays.
fn percent_encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b'/' | b':' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(ecosystem: &str, name: &str) -> Package {
        Package { ecosystem: ecosystem.into(), name: name.into(), version: "1".into(), architecture: None, source: None }
    }

    #[test]
    fn purl_names_the_package_without_its_version() {
        assert_eq!(package("Debian:12", "libstdc++6").purl_without_version(), "pkg:deb/debian/libstdc%2B%2B6");
        assert_eq!(package("PyPI", "Typing_Extensions").purl_without_version(), "pkg:pypi/typing-extensions");
        assert_eq!(package("npm", "@babel/core").purl_without_version(), "pkg:npm/%40babel/core");
        assert_eq!(package("Go", "github.com/a/b").purl_without_version(), "pkg:golang/github.com/a/b");
    }

    #[test]
    fn advisories_speak_of_the_source() {
        let mut openssl = package("Debian:12", "libssl3");
        assert_eq!(openssl.advisory_name(), "libssl3");
        openssl.source = Some(SourcePackage { name: "openssl".into(), version: "3.0.15-1".into() });
        assert_eq!((openssl.advisory_name(), openssl.advisory_version()), ("openssl", "3.0.15-1"));
    }
}

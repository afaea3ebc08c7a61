//! One component of a bill of material, whatever the format, and which package it is.

use crate::packages::list::{List, add_licence};
use crate::packages::os::ecosystem_of;
use vigie_model::component::Scope;
use vigie_model::host::OsRelease;
use vigie_model::package::{Package, SourcePackage};
use vigie_model::purl::Purl;

/// What a document says of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// Empty when there is none.
    pub(super) purl: String,
    /// Whether it is something that no advisory could name: the image itself, a file, an operating system.
    pub(super) is_no_package: bool,
    pub(super) licences: Vec<String>,
    /// The file it was found in; empty when the document does not say.
    pub(super) path: String,
    pub(super) source: Option<SourcePackage>,
    pub(super) scope: Scope,
}

/// The distribution a document is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Os {
    /// As in os-release(5), or what purls call it.
    pub(super) id: String,
    pub(super) version: String,
}

impl Entry {
    /// Adds the component, or the gap it is.
    pub(super) fn add(self, list: &mut List<'_>, os: Option<&Os>) {
        let Some(package) = self.package(os) else {
            if !self.is_no_package {
                list.unresolved(if self.purl.is_empty() { &self.name } else { &self.purl });
            }
            return;
        };
        if let Some(component) = list.add_with(&package.name, &package.version, self.scope, None) {
            component.package = package;
            if !self.path.is_empty() {
                component.path = self.path.trim_start_matches('/').to_owned();
            }
            let said = self.licences.iter().filter(|licence| !["NOASSERTION", "NONE"].contains(&licence.as_str()));
            said.for_each(|licence| add_licence(component, licence));
        }
    }

    fn package(&self, os: Option<&Os>) -> Option<Package> {
        let purl = Purl::parse(&self.purl)?;
        if let Some(package) = purl.language_package() {
            return Some(package);
        }
        let system = match purl.kind.as_str() {
            "deb" => "dpkg",
            "apk" => "apk",
            "rpm" => "rpm",
            _ => return None,
        };
        let release = release(&purl, os);
        let version = match purl.qualifier("epoch").filter(|epoch| *epoch != "0" && !purl.version.contains(':')) {
            Some(epoch) => format!("{epoch}:{}", purl.version),
            None => purl.version.clone(),
        };
        let source = self.source.clone().or_else(|| upstream(purl.qualifier("upstream")?, &version));
        let source = source.filter(|source| source.name != purl.name || source.version != version);
        Some(Package {
            ecosystem: ecosystem_of(&release, system)?,
            name: purl.name.clone(),
            version,
            architecture: purl.qualifier("arch").map(str::to_owned),
            source,
        })
    }
}

/// The release a purl says with `distro`, else the document's. Written as `debian-12`, `12`, `bookworm`,
/// `opensuse-leap-15.5`.
fn release(purl: &Purl, os: Option<&Os>) -> OsRelease {
    let distro = purl.qualifier("distro").unwrap_or_default();
    let starts_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    // Amazon's are told with their names: `amazon-2 (Karoo)`, `amazon-AMI release 2018.03`.
    let named = distro.rsplit_once('-').and_then(|(id, rest)| Some((id, rest.split(' ').find(|word| starts_with_digit(word))?)));
    let (id, version, codename) = match named {
        Some((id, version)) => (id, version, ""),
        _ if starts_with_digit(distro) => (purl.namespace.as_str(), distro, ""),
        _ if distro.contains("tumbleweed") => ("opensuse-tumbleweed", "", ""),
        _ if !distro.is_empty() => (purl.namespace.as_str(), "", distro),
        _ => match os {
            Some(os) => (os.id.as_str(), os.version.as_str(), ""),
            None => (purl.namespace.as_str(), "", ""),
        },
    };
    let codename = codename.rsplit('-').next().unwrap_or(codename);
    OsRelease { id: os_id(id), version_id: version.to_owned(), codename: codename.to_owned(), ..OsRelease::default() }
}

/// What os-release(5) calls a distribution that purls and documents call otherwise.
fn os_id(name: &str) -> String {
    let name = name.to_lowercase();
    match name.as_str() {
        "redhat" | "red hat" | "red-hat" => "rhel",
        "rocky-linux" | "rocky linux" => "rocky",
        "alma" => "almalinux",
        "oracle" | "oraclelinux" => "ol",
        "amazon" => "amzn",
        "suse" | "suse linux enterprise server" => "sles",
        "opensuse.leap" => "opensuse-leap",
        "opensuse.tumbleweed" => "opensuse-tumbleweed",
        "cbl-mariner" => "mariner",
        "azure-linux" | "azure" => "azurelinux",
        other => other,
    }
    .to_owned()
}

/// `openssl`, `openssl@3.0.15`, or the name of a source package: `openssl-3.0.7-27.el9.src.rpm`.
fn upstream(text: &str, version: &str) -> Option<SourcePackage> {
    let first = text.split(',').next().unwrap_or(text);
    let (name, version) = match first.strip_suffix(".src.rpm") {
        Some(file) => {
            let (rest, release) = file.rsplit_once('-')?;
            let (name, upstream) = rest.rsplit_once('-')?;
            (name, format!("{upstream}-{release}"))
        }
        None => first.split_once('@').map_or((first, version.to_owned()), |(name, version)| (name, version.to_owned())),
    };
    (!name.is_empty()).then(|| SourcePackage { name: name.to_owned(), version })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(purl: &str, os: Option<&Os>) -> String {
        let entry = Entry { purl: purl.into(), ..Entry::default() };
        entry.package(os).map_or("-".into(), |package| {
            let source = package.source.map(|source| format!(" from {} {}", source.name, source.version)).unwrap_or_default();
            format!("{} {} {}{source}", package.ecosystem, package.name, package.version)
        })
    }

    #[test]
    fn packages_of_distributions_have_a_release() {
        let table = [
            (
                "pkg:deb/debian/libssl3@3.0.15-1?arch=amd64&distro=debian-12&upstream=openssl",
                "Debian:12 libssl3 3.0.15-1 from openssl 3.0.15-1",
            ),
            ("pkg:deb/debian/a@1%2Bb1?distro=debian-12.4&upstream=a%401", "Debian:12 a 1+b1 from a 1"),
            ("pkg:deb/debian/a@1?distro=bookworm", "Debian:12 a 1"),
            ("pkg:deb/ubuntu/a@1?distro=ubuntu-22.04", "Ubuntu:22.04:LTS a 1"),
            ("pkg:apk/alpine/musl@1.2.3-r0?distro=3.16.0", "Alpine:v3.16 musl 1.2.3-r0"),
            ("pkg:rpm/redhat/a@1-2?epoch=3&distro=rhel-9.2&upstream=b-1-2.src.rpm", "Red Hat:9 a 3:1-2 from b 1-2"),
            ("pkg:rpm/amazon/a@1?distro=amazon-2%20%28Karoo%29", "Amazon Linux:2 a 1"),
            ("pkg:rpm/amazon/a@1?distro=amazon-AMI%20release%202018.03", "Amazon Linux:1 a 1"),
            ("pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.5", "openSUSE:Leap 15.5 a 1"),
            ("pkg:npm/%40s/a@1", "npm @s/a 1"),
            ("pkg:oci/image@sha256:01", "-"),
            ("pkg:generic/openssl@1", "-"),
            ("none", "-"),
        ];
        for (purl, expected) in table {
            assert_eq!(told(purl, None), expected, "{purl}");
        }
        let os = Os { id: "debian".into(), version: "11.5".into() };
        assert_eq!(told("pkg:deb/debian/a@1", Some(&os)), "Debian:11 a 1");
    }
}

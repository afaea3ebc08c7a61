//! Package URLs: one name for a package, whatever its ecosystem.
//!
//! Written and read after the purl specification (<https://github.com/package-url/purl-spec>). A finding's
//! identity carries [`Package::purl_without_version`], so what it gives for a package never changes lightly.
//! One deviation: Go module paths keep their case, as advisories and all peers write them, although the
//! specification wants them in lower case; the path is the module's name, and lower case names another one.
//!
//! Knows which purl type belongs to which ecosystem, not which release a distribution qualifier means.

mod parsed;

pub use parsed::Purl;

use crate::package::Package;

/// The longest purl that is read; longer ones are nobody's package.
pub const BYTES_MAX: usize = 4096;
/// The most qualifiers of one purl.
const QUALIFIERS_MAX: usize = 64;

/// How the names of an ecosystem become purls.
struct Kind {
    /// The ecosystem in OSV's words, without release.
    ecosystem: &'static str,
    /// The purl type.
    kind: &'static str,
    /// The vendor, for distributions.
    namespace: &'static str,
    form: Form,
}

/// What the specification says of a type's names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As they are.
    Plain,
    /// In lower case.
    Lower,
    /// `group:artifact`.
    Maven,
    /// In lower case with `-` for `_`.
    Python,
    /// Lower case, below the vendor.
    Distribution,
}

const fn language(ecosystem: &'static str, kind: &'static str, form: Form) -> Kind {
    Kind { ecosystem, kind, namespace: "", form }
}

const fn distribution(ecosystem: &'static str, kind: &'static str, namespace: &'static str) -> Kind {
    Kind { ecosystem, kind, namespace, form: Form::Distribution }
}

/// All that are known. Where a purl can be read as several, the first one counts.
static KINDS: &[Kind] = &[
    language("npm", "npm", Form::Plain),
    language("PyPI", "pypi", Form::Python),
    language("Go", "golang", Form::Plain),
    language("crates.io", "cargo", Form::Plain),
    language("Maven", "maven", Form::Maven),
    language("NuGet", "nuget", Form::Plain),
    language("Packagist", "composer", Form::Lower),
    language("RubyGems", "gem", Form::Plain),
    language("Hex", "hex", Form::Lower),
    language("Pub", "pub", Form::Lower),
    language("SwiftURL", "swift", Form::Plain),
    language("CocoaPods", "cocoapods", Form::Plain),
    language("ConanCenter", "conan", Form::Plain),
    language("conda", "conda", Form::Plain),
    language("CRAN", "cran", Form::Plain),
    language("Hackage", "hackage", Form::Plain),
    language("Julia", "julia", Form::Plain),
    language("Bitnami", "bitnami", Form::Lower),
    language("GitHub Actions", "github", Form::Lower),
    distribution("Debian", "deb", "debian"),
    distribution("Ubuntu", "deb", "ubuntu"),
    distribution("Echo", "deb", "echo"),
    distribution("Alpine", "apk", "alpine"),
    distribution("Wolfi", "apk", "wolfi"),
    distribution("Chainguard", "apk", "chainguard"),
    distribution("MinimOS", "apk", "minimos"),
    distribution("Alpaquita", "apk", "alpaquita"),
    distribution("BellSoft Hardened Containers", "apk", "bellsoft-hardened-containers"),
    distribution("Red Hat", "rpm", "redhat"),
    distribution("CentOS", "rpm", "centos"),
    distribution("Fedora", "rpm", "fedora"),
    distribution("AlmaLinux", "rpm", "almalinux"),
    distribution("Rocky Linux", "rpm", "rocky-linux"),
    distribution("Oracle Linux", "rpm", "oracle"),
    distribution("Amazon Linux", "rpm", "amazon"),
    distribution("SUSE", "rpm", "suse"),
    distribution("openSUSE", "rpm", "opensuse"),
    distribution("Azure Linux", "rpm", "azure-linux"),
    distribution("Photon OS", "rpm", "photon"),
    distribution("Mageia", "rpm", "mageia"),
    distribution("openEuler", "rpm", "openeuler"),
];

fn kind_of(ecosystem: &str) -> Option<&'static Kind> {
    let system = ecosystem.split(':').next().unwrap_or_default();
    KINDS.iter().find(|kind| kind.ecosystem == system)
}

impl Package {
    /// The package URL without version and qualifiers, the stable name of this package in a finding's
    /// identity: `pkg:deb/debian/openssl`.
    #[must_use]
    pub fn purl_without_version(&self) -> String {
        let Some(kind) = kind_of(&self.ecosystem) else {
            let system = self.ecosystem.split(':').next().unwrap_or_default();
            return format!("pkg:generic/{}/{}", system.to_lowercase().replace(' ', "-"), encoded_path(&self.name));
        };
        let name = match kind.form {
            Form::Plain => encoded_path(&self.name),
            Form::Lower => encoded_path(&self.name.to_lowercase()),
            Form::Distribution => format!("{}/{}", kind.namespace, encoded_path(&self.name)),
            Form::Maven => encoded_path(&self.name.replacen(':', "/", 1)),
            Form::Python => encoded_path(&self.name.to_lowercase().replace('_', "-")),
        };
        format!("pkg:{}/{name}", kind.kind)
    }

    /// The whole package URL, with version and, for packages of a distribution, architecture, release and
    /// source package: `pkg:deb/debian/libssl3@3.0.15-1?arch=amd64&distro=debian-12&upstream=openssl`.
    #[must_use]
    pub fn purl(&self) -> String {
        let mut purl = self.purl_without_version();
        let kind = kind_of(&self.ecosystem);
        let (epoch, version) = match self.version.split_once(':') {
            Some((epoch, rest)) if kind.is_some_and(|kind| kind.kind == "rpm") => (Some(epoch), rest),
            _ => (None, self.version.as_str()),
        };
        if !version.is_empty() {
            purl.push('@');
            purl.push_str(&encoded(version));
        }
        let qualifiers = kind.filter(|kind| kind.form == Form::Distribution).map(|kind| self.qualifiers(kind, epoch));
        for (index, (key, value)) in qualifiers.unwrap_or_default().iter().enumerate() {
            purl.push(if index == 0 { '?' } else { '&' });
            purl.push_str(&format!("{key}={}", encoded(value)));
        }
        purl
    }

    /// In the order of their keys, as the specification wants them.
    fn qualifiers(&self, kind: &Kind, epoch: Option<&str>) -> Vec<(&'static str, String)> {
        let release = self.ecosystem.split_once(':').map_or("", |(_, release)| release);
        let source = self.source.as_ref().map(|source| {
            if source.version == self.version { source.name.clone() } else { format!("{}@{}", source.name, source.version) }
        });
        [
            ("arch", self.architecture.clone()),
            ("distro", distro(kind, release)),
            ("epoch", epoch.filter(|epoch| *epoch != "0").map(str::to_owned)),
            ("upstream", source),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.map(|value| (key, value)))
        .collect()
    }
}

/// The release as purls say it, with the name of os-release(5): `debian-12`, `sles-15.5`.
fn distro(kind: &Kind, release: &str) -> Option<String> {
    let id = match kind.namespace {
        "redhat" => "rhel",
        "rocky-linux" => "rocky",
        "oracle" => "ol",
        "amazon" => "amzn",
        "azure-linux" => "azurelinux",
        other => other,
    };
    let release = release.strip_prefix("Pro:").unwrap_or(release);
    let number = release.split(':').next().unwrap_or_default().trim_start_matches('v');
    let of_suse =
        |product: &str, id: &str| release.strip_prefix(product).map(|number| format!("{id}-{}", number.replace(" SP", ".")));
    of_suse("Linux Enterprise Server ", "sles")
        .or_else(|| of_suse("Leap ", "opensuse-leap"))
        .or_else(|| (release == "Tumbleweed").then(|| "opensuse-tumbleweed".to_owned()))
        .or_else(|| (!number.is_empty()).then(|| format!("{id}-{number}")))
}

/// Encodes each segment between slashes.
fn encoded_path(path: &str) -> String {
    path.split('/').map(encoded).collect::<Vec<_>>().join("/")
}

/// Percent-encodes what the specification does not allow bare.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::SourcePackage;

    fn package(ecosystem: &str, name: &str, version: &str) -> Package {
        Package { ecosystem: ecosystem.into(), name: name.into(), version: version.into(), architecture: None, source: None }
    }

    #[test]
    fn names_the_package_without_its_version() {
        let check = |ecosystem: &str, name: &str, expected: &str| {
            assert_eq!(package(ecosystem, name, "1").purl_without_version(), expected);
        };
        check("Debian:12", "libstdc++6", "pkg:deb/debian/libstdc%2B%2B6");
        check("Ubuntu:22.04:LTS", "curl", "pkg:deb/ubuntu/curl");
        check("Alpine:v3.20", "musl", "pkg:apk/alpine/musl");
        check("Red Hat:enterprise_linux:9::baseos", "openssl-libs", "pkg:rpm/redhat/openssl-libs");
        check("Rocky Linux:9", "bash", "pkg:rpm/rocky-linux/bash");
        check("PyPI", "Typing_Extensions", "pkg:pypi/typing-extensions");
        check("npm", "@babel/core", "pkg:npm/%40babel/core");
        check("Go", "github.com/Masterminds/semver/v3", "pkg:golang/github.com/Masterminds/semver/v3");
        check("Maven", "org.apache.logging.log4j:log4j-core", "pkg:maven/org.apache.logging.log4j/log4j-core");
        check("Maven", "lone", "pkg:maven/lone");
        check("Packagist", "Laravel/Framework", "pkg:composer/laravel/framework");
        check("SwiftURL", "github.com/apple/swift-nio", "pkg:swift/github.com/apple/swift-nio");
        check("GitHub Actions", "Actions/Checkout", "pkg:github/actions/checkout");
        check("Some thing:1", "a b", "pkg:generic/some-thing/a%20b");
    }

    /// The examples of the specification, as far as they have no qualifiers we do not write.
    #[test]
    fn writes_the_examples_of_the_specification() {
        let check = |expected: &str, ecosystem: &str, name: &str, version: &str| {
            assert_eq!(package(ecosystem, name, version).purl(), expected);
        };
        check("pkg:bitnami/wordpress@6.2.0", "Bitnami", "wordpress", "6.2.0");
        check("pkg:cargo/rand@0.7.2", "crates.io", "rand", "0.7.2");
        check("pkg:cocoapods/AFNetworking@4.0.1", "CocoaPods", "AFNetworking", "4.0.1");
        check("pkg:composer/guzzlehttp/promises@2.0.2", "Packagist", "guzzlehttp/promises", "2.0.2");
        check("pkg:conan/openssl@3.0.3", "ConanCenter", "openssl", "3.0.3");
        check("pkg:cran/A3@1.0.0", "CRAN", "A3", "1.0.0");
        check("pkg:gem/ruby-advisory-db-check@0.12.4", "RubyGems", "ruby-advisory-db-check", "0.12.4");
        check("pkg:golang/google.golang.org/genproto@v0.0.1", "Go", "google.golang.org/genproto", "v0.0.1");
        check("pkg:hackage/AC-HalfInteger@1.2.1", "Hackage", "AC-HalfInteger", "1.2.1");
        check("pkg:hex/phoenix@1.5.7", "Hex", "Phoenix", "1.5.7");
        check("pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1", "Maven", "org.apache.xmlgraphics:batik-anim", "1.9.1");
        check("pkg:npm/%40angular/animation@12.3.1", "npm", "@angular/animation", "12.3.1");
        check("pkg:nuget/EnterpriseLibrary.Common@6.0.1304", "NuGet", "EnterpriseLibrary.Common", "6.0.1304");
        check("pkg:pub/characters@1.2.0", "Pub", "characters", "1.2.0");
        check("pkg:pypi/django-allauth@12.23", "PyPI", "django_allauth", "12.23");
        check("pkg:swift/github.com/Alamofire/Alamofire@5.4.3", "SwiftURL", "github.com/Alamofire/Alamofire", "5.4.3");
        check("pkg:pypi/a@1.0%2Blocal", "PyPI", "a", "1.0+local");
    }

    #[test]
    fn distributions_have_qualifiers() {
        let mut curl = package("Fedora:25", "curl", "0:7.50.3-1.fc25");
        curl.architecture = Some("i386".into());
        assert_eq!(curl.purl(), "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25");
        curl.version = "1:7.50.3-1.fc25".into();
        assert_eq!(curl.purl(), "pkg:rpm/fedora/curl@7.50.3-1.fc25?arch=i386&distro=fedora-25&epoch=1");
        let mut ssl = package("Debian:12", "libssl3", "3.0.15-1~deb12u1");
        ssl.architecture = Some("amd64".into());
        ssl.source = Some(SourcePackage { name: "openssl".into(), version: ssl.version.clone() });
        let expected = "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl";
        assert_eq!(ssl.purl(), expected);
        let attr = package("Debian", "attr", "1:2.4.47-2+b1");
        assert_eq!(attr.purl(), "pkg:deb/debian/attr@1:2.4.47-2%2Bb1");
        assert_eq!(package("Alpine:v3.20", "musl", "1.2.5-r0").purl(), "pkg:apk/alpine/musl@1.2.5-r0?distro=alpine-3.20");
        assert_eq!(package("Red Hat:9", "a", "1").purl(), "pkg:rpm/redhat/a@1?distro=rhel-9");
        let suse = "SUSE:Linux Enterprise Server 15 SP5";
        assert_eq!(package(suse, "a", "1").purl(), "pkg:rpm/suse/a@1?distro=sles-15.5");
        assert_eq!(package("openSUSE:Leap 15.6", "a", "1").purl(), "pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.6");
        assert_eq!(package("Ubuntu:Pro:22.04:LTS", "a", "1").purl(), "pkg:deb/ubuntu/a@1?distro=ubuntu-22.04");
    }
}

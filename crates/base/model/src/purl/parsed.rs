//! A package URL taken apart, and what may be compared of it.

use super::{BYTES_MAX, Form, KINDS, QUALIFIERS_MAX, encoded, encoded_path};
use crate::package::Package;
use std::fmt;

/// A package URL taken apart; nothing is percent-encoded any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    /// The type, in lower case: `deb`, `npm`.
    pub kind: String,
    /// What stands between type and name, with `/` between its parts; empty when there is nothing.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The version; empty when there is none.
    pub version: String,
    /// Key, in lower case, and value; those without value are left out.
    pub qualifiers: Vec<(String, String)>,
    /// The path inside the package; empty when there is none.
    pub subpath: String,
}

impl Purl {
    /// Takes a purl apart; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.trim();
        if rest.len() > BYTES_MAX {
            return None;
        }
        let (scheme, rest) = rest.split_once(':')?;
        let rest = rest.trim_start_matches('/');
        let (rest, subpath) = rest.rsplit_once('#').unwrap_or((rest, ""));
        let (rest, qualifiers) = rest.rsplit_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.split_once('/')?;
        let rest = rest.trim_matches('/');
        // An `@` that begins a segment is a scope somebody forgot to encode, not a version.
        let starts_version = |at: &usize| *at > 0 && rest.as_bytes().get(at - 1) != Some(&b'/');
        let (path, version) = match rest.rfind('@').filter(starts_version) {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..)?),
            None => (rest, ""),
        };
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let kind_is_right = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte));
        let purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: segments(namespace),
            name: decoded(name)?,
            version: decoded(version)?,
            qualifiers: qualifiers.split('&').take(QUALIFIERS_MAX).filter_map(qualifier).collect(),
            subpath: segments(subpath),
        };
        let is_printable = ![&purl.namespace, &purl.name].iter().any(|text| text.chars().any(char::is_control));
        (scheme.eq_ignore_ascii_case("pkg") && kind_is_right && is_printable && !purl.name.is_empty()).then_some(purl)
    }

    /// The value of a qualifier.
    #[must_use]
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The same for all ways to write the package without its version: what may be compared.
    #[must_use]
    pub fn key(&self) -> String {
        let (namespace, name) = match self.kind.as_str() {
            "pypi" => (self.namespace.to_lowercase(), self.name.to_lowercase().replace(['_', '.'], "-")),
            "npm" | "golang" | "maven" | "cran" => (self.namespace.clone(), self.name.clone()),
            _ => (self.namespace.to_lowercase(), self.name.to_lowercase()),
        };
        if namespace.is_empty() { format!("{}/{name}", self.kind) } else { format!("{}/{namespace}/{name}", self.kind) }
    }

    /// The version as package managers compare it, with the epoch that RPM packages carry beside it; `None`
    /// where no version is named.
    #[must_use]
    pub fn evr(&self) -> Option<String> {
        let version = Some(&self.version).filter(|version| !version.is_empty())?;
        match self.qualifier("epoch") {
            Some(epoch) if epoch != "0" && !version.contains(':') => Some(format!("{epoch}:{version}")),
            _ => Some(version.clone()),
        }
    }

    /// The package of a language's ecosystem this purl names; `None` for packages of distributions, whose
    /// ecosystem needs the release as well, and for types nobody keeps advisories for.
    #[must_use]
    pub fn language_package(&self) -> Option<Package> {
        let kind = KINDS.iter().find(|kind| kind.kind == self.kind && kind.form != Form::Distribution)?;
        let joined = |separator: char| match self.namespace.is_empty() {
            true => self.name.clone(),
            false => format!("{}{separator}{}", self.namespace, self.name),
        };
        let name = match kind.form {
            Form::Maven => joined(':'),
            Form::Python => self.name.to_lowercase().replace(['_', '.'], "-"),
            // The namespace of a Conan or conda package is a channel, not part of its name.
            Form::Plain if ["ConanCenter", "conda"].contains(&kind.ecosystem) => self.name.clone(),
            _ => joined('/'),
        };
        Some(Package {
            ecosystem: kind.ecosystem.to_owned(),
            name,
            version: self.version.clone(),
            architecture: None,
            source: None,
        })
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "pkg:{}/", self.kind)?;
        if !self.namespace.is_empty() {
            write!(to, "{}/", encoded_path(&self.namespace))?;
        }
        write!(to, "{}", encoded(&self.name))?;
        if !self.version.is_empty() {
            write!(to, "@{}", encoded(&self.version))?;
        }
        for (place, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(to, "{}{key}={}", if place == 0 { '?' } else { '&' }, encoded(value))?;
        }
        if self.subpath.is_empty() { Ok(()) } else { write!(to, "#{}", encoded_path(&self.subpath)) }
    }
}

fn qualifier(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    let value = decoded(value)?;
    (!key.is_empty() && !value.is_empty()).then(|| (key.to_ascii_lowercase(), value))
}

/// A path of encoded segments, without empty ones and those that climb.
fn segments(path: &str) -> String {
    let kept = path.split('/').filter_map(decoded).filter(|segment| !["", ".", ".."].contains(&segment.as_str()));
    kept.collect::<Vec<_>>().join("/")
}

/// `None` when an escape is broken or what it says is no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = rest.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn package(ecosystem: &str, name: &str, version: &str) -> Package {
        Package { ecosystem: ecosystem.into(), name: name.into(), version: version.into(), architecture: None, source: None }
    }

    #[test]
    fn takes_purls_apart() {
        let check = |text: &str, expected: [&str; 5]| {
            let purl = Purl::parse(text).unwrap();
            assert_eq!([&*purl.kind, &*purl.namespace, &*purl.name, &*purl.version, &*purl.subpath], expected, "{text}");
        };
        check("pkg:npm/%40angular/animation@12.3.1", ["npm", "@angular", "animation", "12.3.1", ""]);
        check("pkg:npm/@angular/animation@12.3.1", ["npm", "@angular", "animation", "12.3.1", ""]);
        check("pkg:npm/@angular/animation", ["npm", "@angular", "animation", "", ""]);
        check("PKG:NPM/foobar@12.3.1", ["npm", "", "foobar", "12.3.1", ""]);
        check("pkg://gem/ruby@0.1?platform=java", ["gem", "", "ruby", "0.1", ""]);
        check(
            "pkg:golang/google.golang.org/genproto#/googleapis/../api/",
            ["golang", "google.golang.org", "genproto", "", "googleapis/api"],
        );
        check(
            "pkg:docker/cassandra@sha256:244fd47e07d1004f0aed9c",
            ["docker", "", "cassandra", "sha256:244fd47e07d1004f0aed9c", ""],
        );
        check("pkg:golang/a/b%2Fc@v1%2B2", ["golang", "a", "b/c", "v1+2", ""]);
        for text in
            ["", "pkg:", "pkg:npm", "pkg:npm/", "http://a/b", "pkg:n%6dp/a", "pkg:npm/a%zz", "pkg:npm/a%ff", "pkg:deb/%00"]
        {
            assert_eq!(Purl::parse(text), None, "{text}");
        }
        let curl = Purl::parse("pkg:deb/debian/curl@7.50.3-1?ARCH=i386&distro=jessie&checksum=").unwrap();
        assert_eq!((curl.qualifier("arch"), curl.qualifier("distro"), curl.qualifiers.len()), (Some("i386"), Some("jessie"), 2));
        assert_eq!(curl.language_package(), None);
    }

    #[test]
    fn languages_come_back_as_they_were() {
        for (ecosystem, name) in [
            ("npm", "@babel/core"),
            ("PyPI", "typing-extensions"),
            ("Go", "github.com/Masterminds/semver/v3"),
            ("crates.io", "serde"),
            ("Maven", "org.a.b:c-d"),
            ("NuGet", "Newtonsoft.Json"),
            ("Packagist", "laravel/framework"),
            ("RubyGems", "rails"),
            ("Hex", "phoenix"),
            ("Pub", "http"),
            ("SwiftURL", "github.com/apple/swift-nio"),
            ("ConanCenter", "zlib"),
            ("conda", "numpy"),
            ("CRAN", "jsonlite"),
            ("Hackage", "aeson"),
            ("GitHub Actions", "actions/checkout"),
        ] {
            let before = package(ecosystem, name, "1.2.3-x+y");
            assert_eq!(Purl::parse(&before.purl()).unwrap().language_package(), Some(before));
        }
    }

    #[test]
    fn ways_to_write_a_package_have_one_key() {
        for (text, key) in [
            ("pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12", "deb/debian/openssl"),
            ("pkg:npm/%40babel/core@7.0.0", "npm/@babel/core"),
            ("pkg:npm/@babel/core", "npm/@babel/core"),
            ("pkg:golang/github.com/a/b@v1.2.3#sub", "golang/github.com/a/b"),
            ("pkg:pypi/Typing_Extensions@4", "pypi/typing-extensions"),
            ("pkg:maven/org.apache/commons@1?type=jar", "maven/org.apache/commons"),
            ("pkg:PyPI/a", "pypi/a"),
        ] {
            assert_eq!(Purl::parse(text).unwrap().key(), key, "{text}");
        }
    }

    #[test]
    fn rpm_packages_have_an_epoch() {
        let evr = |text: &str| Purl::parse(text).unwrap().evr();
        assert_eq!(evr("pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=x86_64&epoch=1").as_deref(), Some("1:3.0.7-27.el9"));
        assert_eq!(evr("pkg:rpm/redhat/openssl"), None);
    }

    proptest! {
        #[test]
        fn survives_any_text(text in "(pkg:)?[ -~é]{0,60}") {
            drop(Purl::parse(&text).and_then(|purl| purl.language_package()));
        }

        #[test]
        fn foreign_text_is_written_back(text in "(pkg:[a-z]{1,4}/)?\\PC{0,30}") {
            if let Some(purl) = Purl::parse(&text) {
                let again = Purl::parse(&purl.to_string());
                prop_assert_eq!(again.map(|purl| purl.key()), Some(purl.key()), "{}", purl);
            }
        }

        #[test]
        fn what_is_written_can_be_read(name in "[a-zA-Z0-9é@+%._~ -]{1,20}", version in "[ -~é]{1,20}") {
            let before = package("crates.io", &name, &version);
            let after = Purl::parse(&before.purl()).unwrap();
            prop_assert_eq!((after.name, after.version), (name, version));
        }
    }
}

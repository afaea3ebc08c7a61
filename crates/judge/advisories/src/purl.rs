//! Package URLs as other tools write them, taken apart.
//!
//! Format: <https://github.com/package-url/purl-spec>. Read generously: what comes in is compared with
//! the package URLs that this house writes ([`vigie_model::package::Package`]), by [`Purl::key`].

use std::fmt;

/// The longest package URL that is read.
const BYTES_MAX: usize = 2_048;

/// A package URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    /// Lower case, such as `deb`.
    pub kind: String,
    /// What stands between type and name, joined by `/`; empty where nothing does.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// The version, if one is named.
    pub version: Option<String>,
    /// Qualifiers as they come.
    pub qualifiers: Vec<(String, String)>,
}

impl Purl {
    /// Reads a package URL; none when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > BYTES_MAX {
            return None;
        }
        let rest = text.trim().strip_prefix("pkg:")?.trim_start_matches('/');
        let rest = rest.split('#').next()?;
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        // A name may have an `@` of its own only in encoded form, except npm's scopes as many write them.
        let (path, version) = match rest.rfind('@') {
            Some(at) if at > rest.rfind('/').unwrap_or(0) + 1 => (&rest[..at], Some(&rest[at + 1..])),
            _ => (rest, None),
        };
        let (kind, path) = path.split_once('/')?;
        let path = path.trim_matches('/');
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let qualifiers = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        let purl = Self {
            kind: kind.to_ascii_lowercase(),
            namespace: decoded(namespace)?,
            name: decoded(name)?,
            version: version.filter(|version| !version.is_empty()).map(decoded).map_or(Some(None), |text| text.map(Some))?,
            qualifiers: qualifiers.filter_map(|(key, value)| Some((key.to_ascii_lowercase(), decoded(value)?))).collect(),
        };
        let texts = [&purl.kind, &purl.namespace, &purl.name];
        let sound =
            !purl.kind.is_empty() && !purl.name.is_empty() && !texts.iter().any(|text| text.chars().any(char::is_control));
        sound.then_some(purl)
    }

    /// A qualifier's value.
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

    /// For RPM packages, epoch, version and release as one text.
    #[must_use]
    pub fn evr(&self) -> Option<String> {
        let version = self.version.as_deref()?;
        match self.qualifier("epoch") {
            Some(epoch) if epoch != "0" && !version.contains(':') => Some(format!("{epoch}:{version}")),
            _ => Some(version.to_owned()),
        }
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "pkg:{}/", self.kind)?;
        if !self.namespace.is_empty() {
            write!(to, "{}/", encoded(&self.namespace))?;
        }
        write!(to, "{}", encoded(&self.name))?;
        if let Some(version) = &self.version {
            write!(to, "@{}", encoded(version))?;
        }
        for (place, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(to, "{}{key}={}", if place == 0 { '?' } else { '&' }, encoded(value))?;
        }
        Ok(())
    }
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b'/' | b':' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |place: usize| char::from(*after.get(place)?).to_digit(16);
        rest = match (first, digit(0).zip(digit(1))) {
            (b'%', Some((high, low))) => {
                bytes.push((high * 16 + low) as u8);
                &after[2..]
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_package_urls_apart() {
        for (text, key, version) in [
            (
                "pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12",
                "deb/debian/openssl",
                Some("3.0.15-1~deb12u1"),
            ),
            ("pkg:npm/%40babel/core@7.0.0", "npm/@babel/core", Some("7.0.0")),
            ("pkg:npm/@babel/core", "npm/@babel/core", None),
            ("pkg:npm/@babel/core@7.0.0", "npm/@babel/core", Some("7.0.0")),
            ("pkg:golang/github.com/a/b@v1.2.3#sub", "golang/github.com/a/b", Some("v1.2.3")),
            ("pkg:pypi/Typing_Extensions@4", "pypi/typing-extensions", Some("4")),
            ("pkg:maven/org.apache/commons@1?type=jar", "maven/org.apache/commons", Some("1")),
            ("pkg:PyPI/a", "pypi/a", None),
        ] {
            let purl = Purl::parse(text).unwrap();
            assert_eq!((purl.key().as_str(), purl.version.as_deref()), (key, version), "{text}");
        }
        for text in ["", "pkg:", "pkg:deb", "pkg:deb/", "npm/a", "pkg:deb/%00"] {
            assert_eq!(Purl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn rpm_packages_have_an_epoch() {
        let purl = Purl::parse("pkg:rpm/redhat/openssl@3.0.7-27.el9?arch=x86_64&epoch=1").unwrap();
        assert_eq!(purl.evr().as_deref(), Some("1:3.0.7-27.el9"));
    }

    proptest! {
        #[test]
        fn foreign_text_is_read_without_panic_and_written_back(text in "(pkg:[a-z]{1,4}/)?\\PC{0,30}") {
            if let Some(purl) = Purl::parse(&text) {
                let again = Purl::parse(&purl.to_string());
                prop_assert_eq!(again.map(|purl| purl.key()), Some(purl.key()), "{}", purl);
            }
        }
    }
}

//! What makes a finding this finding: its kind and its identity.
//!
//! Identity = kind + rule or alias-closed vulnerability id + asset + stable locator. A tool that
//! rewords its text, re-rates a severity, sees a newer version or a moved line tells of the same
//! finding. The life of a finding is in [`crate::life`], one sighting of it in
//! [`crate::occurrence`], its storage in the ledger.

use crate::ids::{AssetId, FindingId, ProblemId};
use crate::package::Package;
use serde::{Deserialize, Serialize};

/// What sort of wrong a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Known-broken software.
    Vulnerability,
    /// Set up unsafely.
    Misconfiguration,
    /// Reachable by whom it should not be.
    Exposure,
    /// Cryptography below today's mark.
    WeakCrypto,
    /// A secret at rest where it does not belong.
    Secret,
    /// A licence against the policy.
    Licence,
    /// Malicious content.
    Malware,
    /// Against a policy of the house.
    PolicyViolation,
    /// Something wrong that happened, seen by a rule over events.
    Detection,
    /// Found by a person.
    Pentest,
}

impl FindingKind {
    /// All kinds, in the order of the design.
    pub const ALL: [Self; 10] = [
        Self::Vulnerability,
        Self::Misconfiguration,
        Self::Exposure,
        Self::WeakCrypto,
        Self::Secret,
        Self::Licence,
        Self::Malware,
        Self::PolicyViolation,
        Self::Detection,
        Self::Pentest,
    ];

    /// The word used in ids, columns and addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerability",
            Self::Misconfiguration => "misconfiguration",
            Self::Exposure => "exposure",
            Self::WeakCrypto => "weak_crypto",
            Self::Secret => "secret",
            Self::Licence => "licence",
            Self::Malware => "malware",
            Self::PolicyViolation => "policy_violation",
            Self::Detection => "detection",
            Self::Pentest => "pentest",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What makes a finding this one. Two sightings with equal identities are one finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// What sort of wrong.
    pub kind: FindingKind,
    /// The rule's id, or the vulnerability's alias-closed id: one id however many names it has.
    pub subject: String,
    /// On which asset.
    pub asset: AssetId,
    /// Where on it.
    pub locator: Locator,
}

/// The place of a finding on its asset, by what stays the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locator {
    /// The asset as a whole.
    Whole,
    /// A package, by purl without version.
    Package(String),
    /// A file or a thing in it: a normalised path, and a symbol, key or account where there is one.
    File {
        /// Normalised path, `/`-separated, without line.
        path: String,
        /// What in the file; empty for the file itself.
        symbol: String,
    },
    /// A network place: host, port, path, parameter as far as they are known.
    Endpoint(String),
    /// A setting, an account, an entity: whatever the rule calls its key.
    Key(String),
}

impl Locator {
    /// The place of a package.
    #[must_use]
    pub fn package(package: &Package) -> Self {
        Self::Package(package.purl_without_version())
    }

    /// The place of a file, its path normalised: no `.`, no doubled or trailing `/`, `..` resolved.
    #[must_use]
    pub fn file(path: &str, symbol: &str) -> Self {
        Self::File { path: normalised(path), symbol: symbol.to_owned() }
    }

    /// The locator that a text is of; what begins like none of them is a key.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        if text.is_empty() {
            return Self::Whole;
        }
        if text.starts_with("pkg:") {
            return Self::Package(text.to_owned());
        }
        if let Some(file) = text.strip_prefix("file:") {
            let (path, symbol) = file.rsplit_once('#').unwrap_or((file, ""));
            return Self::File { path: path.to_owned(), symbol: symbol.to_owned() };
        }
        match text.strip_prefix("endpoint:") {
            Some(endpoint) => Self::Endpoint(endpoint.to_owned()),
            None => Self::Key(text.strip_prefix("key:").unwrap_or(text).to_owned()),
        }
    }

    /// The canonical text that goes into the id and into columns.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Whole => String::new(),
            Self::Package(purl) => purl.clone(),
            Self::File { path, symbol } if symbol.is_empty() => format!("file:{path}"),
            Self::File { path, symbol } => format!("file:{path}#{symbol}"),
            Self::Endpoint(endpoint) => format!("endpoint:{endpoint}"),
            Self::Key(key) => format!("key:{key}"),
        }
    }
}

impl Identity {
    /// The finding's id.
    #[must_use]
    pub fn id(&self) -> FindingId {
        FindingId::of(&[self.kind.word(), &self.subject, &self.asset.to_string(), &self.locator.text()])
    }

    /// The id of the problem this finding is a case of: the same cause on whatever asset.
    #[must_use]
    pub fn problem(&self) -> ProblemId {
        let place = match &self.locator {
            Locator::Package(purl) => purl.as_str(),
            _ => "",
        };
        ProblemId::of(&[self.kind.word(), &self.subject, place])
    }
}

fn normalised(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if path.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        for (path, expected) in [
            ("/etc//ssh/./x/", "/etc/ssh/x"),
            ("a/../b", "b"),
            ("/../x", "/x"),
            ("../x", "../x"),
            ("../../x", "../../x"),
            ("", ""),
        ] {
            assert_eq!(normalised(path), expected, "{path}");
        }
    }

    #[test]
    fn locators_come_back_from_their_texts() {
        let all = [
            Locator::Whole,
            Locator::Package("pkg:deb/debian/openssl".into()),
            Locator::file("/etc/a#b", "symbol"),
            Locator::file("etc/a", ""),
            Locator::Endpoint("host:443".into()),
            Locator::Key("user".into()),
        ];
        for locator in all {
            assert_eq!(Locator::of_text(&locator.text()), locator);
        }
    }

    #[test]
    fn kinds_and_words_agree_with_serde() {
        for kind in FindingKind::ALL {
            assert_eq!(FindingKind::from_word(kind.word()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }

    #[test]
    fn a_problem_is_the_same_on_every_asset() {
        let on = |host: &str| Identity {
            kind: FindingKind::Vulnerability,
            subject: "CVE-2024-0001".into(),
            asset: AssetId::of(&["host", host]),
            locator: Locator::Package("pkg:deb/debian/openssl".into()),
        };
        assert_ne!(on("a").id(), on("b").id());
        assert_eq!(on("a").problem(), on("b").problem());
    }
}

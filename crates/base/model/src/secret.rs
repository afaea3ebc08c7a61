//! A secret found at rest: where it is, of which kind, and how to know it again without knowing it.
//!
//! Holds: nothing here carries the secret. [`Secret::masked`] shows at most the public prefix of its
//! format and two characters; [`Fingerprint`] is a keyed hash, so that equal secrets in two places
//! can be told to be equal by whoever has the key, and guessed by nobody else.

use crate::finding::Locator;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A secret at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The catalogue entry that recognised it: `SEC-0001`.
    pub rule: String,
    /// Where it was found.
    pub origin: Origin,
    /// The file below the root, without a leading `/`; the variable's name for an environment; empty
    /// for an image's history.
    pub path: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in bytes, counted from 1.
    pub column: u32,
    /// What may be shown of it.
    pub masked: String,
    /// What tells it from other secrets.
    pub fingerprint: Fingerprint,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Where a secret was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// In a file.
    File,
    /// In a file of an image's layer.
    Layer {
        /// Which, counted from the base (0).
        number: u32,
        /// The later layer that deletes or replaces the file; whoever has the image reads it still.
        hidden_by: Option<u32>,
    },
    /// In the environment that an image's configuration sets.
    Environment,
    /// In a step of an image's history, counted from the base (0).
    ImageHistory(u32),
    /// In a file of a commit: the first that brought it, as its id in hexadecimal.
    Commit(String),
    /// In what is about to be committed.
    Staged,
}

/// How sure it is that a finding is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Worth a look: test data, examples, minified code.
    Low,
    /// By its surroundings.
    Medium,
    /// By its form or its checksum.
    High,
}

impl Confidence {
    /// One step less sure.
    #[must_use]
    pub const fn lowered(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

/// A keyed hash of a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// From the first bytes of a keyed hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let number = u128::from_str_radix(&text, 16).ok().filter(|_| text.len() == 32);
        let number = number.ok_or_else(|| serde::de::Error::custom("a fingerprint is 32 hexadecimal digits"))?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl Secret {
    /// The place that makes a finding of it: the file and the fingerprint, never the line or the
    /// commit. A secret that stays where it is stays the same finding.
    #[must_use]
    pub fn locator(&self) -> Locator {
        let print = self.fingerprint.to_string();
        match self.origin {
            Origin::Environment => Locator::Key(format!("environment/{}/{print}", self.path)),
            Origin::ImageHistory(_) => Locator::Key(format!("history/{print}")),
            Origin::File | Origin::Layer { .. } | Origin::Commit(_) | Origin::Staged => Locator::file(&self.path, &print),
        }
    }

    /// Where a person finds it: `path:line:column`, the variable, the step, the commit.
    #[must_use]
    pub fn place(&self) -> String {
        let Self { path, line, column, .. } = self;
        match &self.origin {
            Origin::File | Origin::Staged => format!("{path}:{line}:{column}"),
            Origin::Layer { number, hidden_by: None } => format!("{path}:{line}:{column} (layer {number})"),
            Origin::Layer { number, hidden_by: Some(later) } => {
                format!("{path}:{line}:{column} (layer {number}, hidden by layer {later})")
            }
            Origin::Environment => format!("ENV {path}"),
            Origin::ImageHistory(step) => format!("history step {step}"),
            Origin::Commit(commit) => {
                let short = commit.get(..12).unwrap_or(commit);
                format!("{path}:{line}:{column} (commit {short})")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(origin: Origin, line: u32) -> Secret {
        Secret {
            rule: "SEC-0001".into(),
            origin,
            path: "app/./.env".into(),
            line,
            column: 7,
            masked: "abc_****".into(),
            fingerprint: Fingerprint::from_bytes([0xab; 16]),
            confidence: Confidence::High,
        }
    }

    #[test]
    fn neither_line_nor_commit_makes_another_finding() {
        let here = secret(Origin::File, 3);
        assert_eq!(here.locator(), secret(Origin::Commit("0123456789abcdef".into()), 9).locator());
        assert_eq!(here.locator().text(), format!("file:app/.env#{}", "ab".repeat(16)));
        assert_ne!(here.locator(), secret(Origin::Environment, 3).locator());
        assert_eq!(secret(Origin::Commit("0123456789abcdef".into()), 9).place(), "app/./.env:9:7 (commit 0123456789ab)");
    }

    #[test]
    fn a_fingerprint_survives_json() {
        let secret = secret(Origin::Layer { number: 2, hidden_by: Some(4) }, 3);
        assert_eq!(secret.place(), "app/./.env:3:7 (layer 2, hidden by layer 4)");
        let json = serde_json::to_string(&secret).unwrap();
        assert_eq!(serde_json::from_str::<Secret>(&json).unwrap(), secret);
        assert!(serde_json::from_str::<Fingerprint>("\"+b\"").is_err());
    }
}

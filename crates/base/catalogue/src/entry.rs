//! What an entry is.

use crate::malware::{Specimen, specimens};
use crate::secret::{Sample, SecretRule, samples};
use serde::{Deserialize, Serialize};
use vigie_model::lang::Text;
use vigie_model::severity::Severity;

/// One page of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// `HOST-0001`; never reused.
    pub id: String,
    /// What sort of entry.
    pub family: Family,
    /// Its folder below `content/`: `checks/host/ssh-root-login`.
    pub path: &'static str,
    /// How bad it is when it is found.
    pub severity: Severity,
    /// How far it is trusted.
    pub maturity: Maturity,
    /// What it needs: sections of the host's facts for a check, OCSF classes for a detection, `files`
    /// for a kind of secret, `texts` or `programs` for malware.
    pub reads: Vec<String>,
    /// Where the advice comes from: standards, manual pages, addresses.
    pub references: Vec<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The bad thing it finds, in a few words.
    pub title: Text,
    /// What it looks for, in Markdown.
    pub looks_for: Text,
    /// Why that matters, in Markdown.
    pub why: Text,
    /// How to repair it, in Markdown.
    pub fix: Text,
    /// What the check must say of given facts.
    pub examples: Vec<Example>,
    /// The Sigma rule of a detection, the `rule.toml` of a kind of secret or the YARA rule of malware, as written.
    pub rule: Option<&'static str>,
    /// Events on which a detection must fire, one JSON document on each line; texts in which a kind of
    /// secret or malware must be found.
    pub fires: &'static str,
    /// Near misses on which it must not.
    pub silent: &'static str,
    /// How a kind of secret is recognised.
    pub secret: Option<SecretRule>,
}

impl Entry {
    /// The last part of the path: the name of the check's function, with `-` for `_`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Texts in which a kind of secret must be found, and texts in which it must not.
    #[must_use]
    pub fn samples(&self) -> (Vec<Sample>, Vec<Sample>) {
        match self.secret {
            Some(_) => (samples(self.fires), samples(self.silent)),
            None => (Vec::new(), Vec::new()),
        }
    }

    /// Files in which malware must be found, and files in which it must not.
    #[must_use]
    pub fn specimens(&self) -> (Vec<Specimen>, Vec<Specimen>) {
        match self.family {
            Family::Malware => (specimens(self.fires), specimens(self.silent)),
            _ => (Vec::new(), Vec::new()),
        }
    }

    /// The group within the family: `host`, `linux`, `cloud`.
    #[must_use]
    pub fn group(&self) -> &'static str {
        self.path.split('/').nth(1).unwrap_or_default()
    }
}

/// The sorts of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Facts in, verdict out.
    Checks,
    /// Events in, detections out.
    Detections,
    /// Texts in, secrets out.
    Secrets,
    /// Files in, malicious ones out.
    Malware,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 4] = [Self::Checks, Self::Detections, Self::Secrets, Self::Malware];

    /// The word used in paths and addresses, and the folder below `content/`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Checks => "checks",
            Self::Detections => "detections",
            Self::Secrets => "secrets",
            Self::Malware => "malware",
        }
    }

    /// The family of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.word() == word)
    }
}

/// How far an entry is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Maturity {
    /// New: correct on its examples, not yet proven on real machines.
    Sandbox,
    /// Correct, robust and relevant.
    Stable,
    /// Kept for the findings it made; looks for nothing any more.
    Retired,
}

impl Maturity {
    /// The word used in files and columns.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Stable => "stable",
            Self::Retired => "retired",
        }
    }
}

/// Facts and the outcome a check must give for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The outcome.
    pub kind: ExampleKind,
    /// What the example shows; may be empty.
    pub note: String,
    /// The facts as written: for host checks, the JSON of `HostFacts`.
    pub body: String,
    /// The language of the fence: `json`.
    pub language: String,
}

/// The outcome of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExampleKind {
    /// The check must fail.
    Bad,
    /// The check must pass.
    Good,
    /// The question must not arise.
    NotApplicable,
    /// The check must say that it cannot tell.
    Unknown,
}

impl ExampleKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Bad, Self::Good, Self::NotApplicable, Self::Unknown];

    /// The word used in pages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Good => "good",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
        }
    }

    /// The word of the verdict that the check must give.
    #[must_use]
    pub const fn verdict(self) -> &'static str {
        match self {
            Self::Bad => "fail",
            Self::Good => "pass",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

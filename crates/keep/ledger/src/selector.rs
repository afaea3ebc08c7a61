//! What a decision is about.

use crate::error::LedgerError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use vigie_model::finding::FindingKind;
use vigie_model::ids::{AssetId, FindingId};

/// What a decision is about: all parts that are given must fit. At least one must be, and a kind
/// alone is not enough.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// These findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingId>,
    /// This rule or vulnerability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// This package, by purl without version: `pkg:deb/debian/openssl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// On this asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<AssetId>,
    /// Of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<FindingKind>,
    /// On assets with this label: `environment=test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
}

/// A label with its value, written `key=value`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label {
    /// Before the first `=`.
    pub key: String,
    /// After it.
    pub value: String,
}

/// Why a text is not a label.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a label such as environment=test")]
pub struct NotALabel(String);

impl TryFrom<String> for Label {
    type Error = NotALabel;

    fn try_from(text: String) -> Result<Self, NotALabel> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self { key: key.to_owned(), value: value.to_owned() }),
            _ => Err(NotALabel(text)),
        }
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.to_string()
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
}

/// What selectors ask of a finding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'f> {
    pub(crate) id: FindingId,
    pub(crate) kind: FindingKind,
    pub(crate) subject: &'f str,
    pub(crate) locator: &'f str,
    pub(crate) asset: AssetId,
    pub(crate) labels: &'f BTreeMap<String, String>,
}

/// More findings than a person ticks off on a page.
pub(crate) const FINDINGS_MAX: usize = 10_000;
const TEXT_CHARS_MAX: usize = 500;

impl Selector {
    /// These findings and no others.
    #[must_use]
    pub fn of_findings(findings: impl IntoIterator<Item = FindingId>) -> Self {
        Self { findings: findings.into_iter().collect(), ..Self::default() }
    }

    /// The selector in its one spelling, or what is wrong with it.
    pub(crate) fn checked(mut self) -> Result<Self, LedgerError> {
        let narrows = self.subject.is_some() || self.package.is_some() || self.asset.is_some() || self.label.is_some();
        if self.findings.is_empty() && !narrows {
            return Err(LedgerError::TooBroad);
        }
        if self.findings.len() > FINDINGS_MAX {
            return Err(LedgerError::TooManyFindings { max: FINDINGS_MAX });
        }
        let label = self.label.as_ref().map(ToString::to_string);
        for text in [&self.subject, &self.package, &label].into_iter().flatten() {
            if text.chars().count() > TEXT_CHARS_MAX {
                return Err(LedgerError::TooLong { what: "a part of the selector", max: TEXT_CHARS_MAX });
            }
        }
        self.findings.sort();
        self.findings.dedup();
        self.package = self.package.map(|purl| without_version(&purl).to_owned());
        Ok(self)
    }

    pub(crate) fn matches(&self, asked: &Asked<'_>) -> bool {
        (self.findings.is_empty() || self.findings.binary_search(&asked.id).is_ok())
            && self.subject.as_ref().is_none_or(|subject| subject == asked.subject)
            && self.package.as_ref().is_none_or(|package| package == asked.locator)
            && self.asset.is_none_or(|asset| asset == asked.asset)
            && self.kind.is_none_or(|kind| kind == asked.kind)
            && self.label.as_ref().is_none_or(|label| asked.labels.get(&label.key) == Some(&label.value))
    }
}

/// In a purl, `@` begins the version, `?` the qualifiers and `#` the path; a name has them encoded.
fn without_version(purl: &str) -> &str {
    purl.split(['@', '?', '#']).next().unwrap_or(purl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_must_say_what_it_is_about() {
        let kind_alone = Selector { kind: Some(FindingKind::Vulnerability), ..Selector::default() };
        assert!(matches!(kind_alone.checked(), Err(LedgerError::TooBroad)));
        assert!(matches!(Selector::default().checked(), Err(LedgerError::TooBroad)));
        let package = Selector { package: Some("pkg:deb/debian/openssl@3.0?arch=amd64".into()), ..Selector::default() };
        assert_eq!(package.checked().unwrap().package.unwrap(), "pkg:deb/debian/openssl");
    }

    #[test]
    fn its_json_is_short_and_strict() {
        let json = r#"{"subject":"CVE-2024-0001","label":"environment=a=b"}"#;
        let selector: Selector = serde_json::from_str(json).unwrap();
        assert_eq!(selector.label.as_ref().unwrap().value, "a=b");
        assert_eq!(serde_json::to_string(&selector).unwrap(), json);
        assert!(serde_json::from_str::<Selector>(r#"{"subjekt":"x"}"#).is_err());
        assert!(serde_json::from_str::<Selector>(r#"{"label":"environment"}"#).is_err());
    }
}

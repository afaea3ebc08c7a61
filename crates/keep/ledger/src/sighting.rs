//! An occurrence made ready to be compared with what is stored.

use crate::error::LedgerError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vigie_model::ids::FindingId;
use vigie_model::occurrence::{DetectionDetail, Occurrence, VulnerabilityDetail};
use vigie_model::priority::Circumstances;
use vigie_model::verdict::Evidence;

/// What only a finding's own page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Body {
    pub(crate) circumstances: Circumstances,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) evidence: Vec<Evidence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vulnerability: Option<VulnerabilityDetail>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) detection: Option<DetectionDetail>,
}

/// As [`Body`], borrowed from an occurrence: the same JSON.
#[derive(Serialize)]
struct BodyOf<'o> {
    circumstances: &'o Circumstances,
    #[serde(skip_serializing_if = "is_empty")]
    evidence: &'o [Evidence],
    #[serde(skip_serializing_if = "Option::is_none")]
    vulnerability: Option<&'o VulnerabilityDetail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detection: Option<&'o DetectionDetail>,
}

fn is_empty(evidence: &&[Evidence]) -> bool {
    evidence.is_empty()
}

/// An occurrence with what the ledger computes from it.
pub(crate) struct Sighting<'o> {
    pub(crate) id: FindingId,
    pub(crate) occurrence: &'o Occurrence,
    pub(crate) priority: i64,
    pub(crate) body: String,
    /// Of everything but the identity: equal digests mean that nothing is new.
    pub(crate) digest: i64,
}

impl<'o> Sighting<'o> {
    pub(crate) fn of(id: FindingId, occurrence: &'o Occurrence) -> Result<Self, LedgerError> {
        let body = serde_json::to_string(&BodyOf {
            circumstances: &occurrence.circumstances,
            evidence: &occurrence.evidence,
            vulnerability: occurrence.vulnerability.as_ref(),
            detection: occurrence.detection.as_ref(),
        });
        let body = body.map_err(|source| LedgerError::stored("occurrence", source))?;
        let digest = digest(occurrence, &body);
        Ok(Self { id, occurrence, priority: i64::from(occurrence.priority().number()), body, digest })
    }

    /// The first version without the weakness.
    pub(crate) fn fixed_version(&self) -> Option<&str> {
        self.occurrence.vulnerability.as_ref()?.fixed.as_deref()
    }
}

fn digest(occurrence: &Occurrence, body: &str) -> i64 {
    let mut hasher = Sha256::new();
    hasher.update([occurrence.severity.number()]);
    hasher.update((occurrence.title.len() as u64).to_le_bytes());
    hasher.update(occurrence.title.as_bytes());
    hasher.update(body.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize()[..8]);
    i64::from_le_bytes(first)
}

/// The inputs of a priority that differ, by their names, for the history.
pub(crate) fn differing(old: &Circumstances, new: &Circumstances) -> String {
    let inputs = [
        ("cvss", old.cvss != new.cvss),
        ("known_exploited", old.known_exploited != new.known_exploited),
        ("epss", old.epss != new.epss),
        ("exposure", old.exposure != new.exposure),
        ("runs", old.runs != new.runs),
    ];
    let names: Vec<&str> = inputs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::priority::KnownExploited;

    #[test]
    fn names_what_differs() {
        let old = Circumstances::default();
        let new = Circumstances { epss: Some(0.5), known_exploited: KnownExploited::Yes, ..old };
        assert_eq!(differing(&old, &new), "known_exploited, epss");
        assert_eq!(differing(&old, &old), "");
    }
}

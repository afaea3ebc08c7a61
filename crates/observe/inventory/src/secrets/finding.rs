//! Secrets as occurrences for the ledger.

use std::collections::BTreeMap;
use vigie_model::finding::{FindingKind, Identity};
use vigie_model::ids::AssetId;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::secret::{Confidence, Secret};
use vigie_model::severity::Severity;
use vigie_model::verdict::Evidence;

/// How many places of one secret in one file are named.
const PLACES_MAX: usize = 20;

/// One occurrence for each rule, file and secret, however often it stands there.
#[must_use]
pub fn occurrences(asset: AssetId, secrets: &[Secret]) -> Vec<Occurrence> {
    let mut found: BTreeMap<Identity, Occurrence> = BTreeMap::new();
    for secret in secrets {
        let identity = Identity { kind: FindingKind::Secret, subject: secret.rule.clone(), asset, locator: secret.locator() };
        let evidence = Evidence {
            locator: identity.locator.text(),
            place: secret.place(),
            found: secret.masked.clone(),
            expected: String::new(),
        };
        let severity = severity(secret);
        let known = found.entry(identity.clone()).or_insert_with(|| Occurrence {
            identity,
            severity,
            circumstances: Circumstances::default(),
            title: title(secret),
            evidence: Vec::new(),
            vulnerability: None,
            detection: None,
        });
        known.severity = known.severity.max(severity);
        if known.evidence.len() < PLACES_MAX {
            known.evidence.push(evidence);
        }
    }
    found.into_values().collect()
}

/// The rule's severity; what is probably made up is only worth a look.
fn severity(secret: &Secret) -> Severity {
    let full = vigie_catalogue::by_id(&secret.rule).map_or(Severity::Medium, |entry| entry.severity);
    if secret.confidence == Confidence::Low { full.min(Severity::Low) } else { full }
}

fn title(secret: &Secret) -> String {
    let title = vigie_catalogue::by_id(&secret.rule).map_or(secret.rule.as_str(), |entry| entry.title.en.as_str());
    let place = secret.place();
    format!("{title}: {place}")
}

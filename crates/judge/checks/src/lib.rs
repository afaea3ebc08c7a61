//! Set up safely? Facts in, verdicts out.
//!
//! A check is a page of the catalogue (`content/checks/…`), a function of the same name in one of
//! the topics here, and a line in `list.rs`. Functions are pure: no clock, no file, no socket, so a
//! live look, a stored inventory and an example give the same verdict. What could not be seen is
//! `unknown`, never `pass`. Nothing is gathered here: that is the inventory's.

mod accounts;
mod exposure;
mod facts;
mod files;
mod kernel;
mod list;
mod ssh;
mod sudo;
mod updates;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::LazyLock;
use vigie_catalogue::{Entry, Family, Maturity};
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::host::HostFacts;
use vigie_model::ids::AssetId;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::verdict::Verdict;

/// What one check says of a host.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The page of the check.
    pub entry: &'static Entry,
    /// The sort of finding that a failure is.
    pub kind: FindingKind,
    /// The outcome.
    pub verdict: Verdict,
}

/// Judges a host by every check that is not retired, in the order of the catalogue.
#[must_use]
pub fn judge(facts: &HostFacts) -> Vec<Judged> {
    let in_force = CHECKED.iter().filter(|(entry, _)| entry.maturity != Maturity::Retired);
    in_force.map(|(entry, check)| Judged { entry, kind: check.kind, verdict: (check.judge)(facts) }).collect()
}

impl Judged {
    /// The findings that a failure is made of: one for each place.
    #[must_use]
    pub fn occurrences(&self, asset: AssetId, circumstances: &Circumstances) -> Vec<Occurrence> {
        let Verdict::Fail { evidence } = &self.verdict else { return Vec::new() };
        let of_one_place = |proof: &vigie_model::verdict::Evidence| Occurrence {
            identity: Identity {
                kind: self.kind,
                subject: self.entry.id.clone(),
                asset,
                locator: Locator::Key(proof.locator.clone()),
            },
            severity: self.entry.severity,
            circumstances: *circumstances,
            title: format!("{}: {}", self.entry.title.en, proof.locator),
            evidence: vec![proof.clone()],
            vulnerability: None,
            detection: None,
        };
        evidence.iter().map(of_one_place).collect()
    }
}

/// Pages with their functions; a test holds that neither is without the other.
static CHECKED: LazyLock<Vec<(&'static Entry, &'static list::Check)>> = LazyLock::new(|| {
    let by_name: HashMap<&str, &list::Check> = list::CHECKS.iter().map(|check| (check.name, check)).collect();
    let pages = vigie_catalogue::all().iter().filter(|entry| entry.family == Family::Checks);
    pages.filter_map(|entry| Some((entry, *by_name.get(entry.name())?))).collect()
});

//! What one run of one tool reports, put together from whatever pieces it comes in.
//!
//! Adding is commutative, associative and idempotent, so that neither the order nor the cut of a
//! report matters: of two occurrences of one finding the worse one stands, with the evidence of both.

use crate::bounds;
use crate::error::LedgerError;
use crate::record::Run;
use std::collections::BTreeMap;
use vigie_model::ids::FindingId;
use vigie_model::occurrence::Occurrence;

/// A report that is being put together. Recorded as a whole by
/// [`Ledger::record_report`](crate::Ledger::record_report).
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub(crate) run: Run,
    pub(crate) occurrences: Occurrences,
}

/// Occurrences by finding, one each.
pub(crate) type Occurrences = BTreeMap<FindingId, Occurrence>;

impl Report {
    /// An empty report of a run.
    #[must_use]
    pub fn new(mut run: Run) -> Self {
        // As locators are stored.
        run.places = run.places.map(|places| places.iter().map(|place| bounds::line(place).to_owned()).collect());
        Self { run, occurrences: BTreeMap::new() }
    }

    /// Adds a piece.
    ///
    /// # Errors
    /// [`LedgerError::ForeignOccurrence`] when something is not on the run's asset.
    pub fn add(&mut self, occurrences: &[Occurrence]) -> Result<(), LedgerError> {
        let foreign = occurrences.iter().map(|occurrence| occurrence.identity.asset).find(|asset| *asset != self.run.asset);
        if let Some(occurrence) = foreign {
            return Err(LedgerError::ForeignOccurrence { run: self.run.asset, occurrence });
        }
        gather(&mut self.occurrences, occurrences);
        Ok(())
    }
}

/// Adds occurrences, merging those of one finding.
pub(crate) fn gather(all: &mut Occurrences, more: &[Occurrence]) {
    for occurrence in more {
        let mut occurrence = bounds::kept(occurrence.clone());
        let id = occurrence.identity.id();
        if let Some(other) = all.remove(&id) {
            occurrence = merged(occurrence, other);
        }
        bounds::keep_evidence(&mut occurrence.evidence);
        all.insert(id, occurrence);
    }
}

fn merged(one: Occurrence, other: Occurrence) -> Occurrence {
    let (mut worse, lesser) = if rank(&one) >= rank(&other) { (one, other) } else { (other, one) };
    worse.evidence.extend(lesser.evidence);
    worse
}

/// A total order over everything but the evidence.
fn rank(occurrence: &Occurrence) -> impl Ord {
    // Values that cannot be written as JSON do not exist in these types; an empty text ranks lowest.
    let rest = (&occurrence.title, &occurrence.circumstances, &occurrence.vulnerability, &occurrence.detection);
    (occurrence.severity, occurrence.priority(), serde_json::to_string(&rest).unwrap_or_default())
}

//! Taking in detections: they come one by one, and what they count adds up.
//!
//! A run says what is there now; a detection says what was seen since the last one. So a sighting is
//! added to what is stored, and whoever follows a stream writes down in the same transaction how far
//! it has come: after a crash nothing is counted twice, and nothing is missing.

use crate::Ledger;
use crate::bounds;
use crate::error::LedgerError;
use crate::record::{Recorded, see_chunk, tool};
use crate::report::{Occurrences, gather};
use crate::sighting::{Body, Sighting};
use vigie_db::{DbError, Reader, Writer, params};
use vigie_model::ids::FindingId;
use vigie_model::occurrence::{DetectionDetail, Occurrence};

/// The tool that detections are filed under.
const DETECT: &str = "vigie.detect";

impl Ledger {
    /// Records detections, oldest first, and whatever `beside` writes: both or neither. A finding
    /// that is not among them is not taken for gone.
    ///
    /// # Errors
    /// See [`LedgerError`]: the assets must be known; or the error of `beside`.
    pub fn record_detections(
        &self,
        detections: &[Occurrence],
        beside: impl FnOnce(&Writer<'_>) -> Result<(), DbError>,
    ) -> Result<Recorded, LedgerError> {
        let now = self.clock.now();
        let mut occurrences = Occurrences::new();
        detections.iter().for_each(|detection| add(&mut occurrences, detection));
        self.db.write(|w| {
            let tool = tool(w, DETECT)?;
            for (id, occurrence) in &mut occurrences {
                if let Some(mut all) = stored(w, *id)?
                    && let Some(seen) = occurrence.detection.take()
                {
                    all.add(seen);
                    occurrence.detection = Some(all);
                }
            }
            let sightings = occurrences.iter().map(|(id, occurrence)| Sighting::of(*id, occurrence));
            let seen = see_chunk(w, now, &tool, &sightings.collect::<Result<Vec<_>, _>>()?)?;
            beside(w)?;
            Ok(Recorded::of(seen))
        })
    }
}

/// Adds a detection to those of the same finding. What the latest says of the rule stands.
fn add(all: &mut Occurrences, detection: &Occurrence) {
    let id = detection.identity.id();
    let before = all.get(&id).and_then(|before| before.detection.clone());
    let (Some(mut sum), Some(seen)) = (before, detection.detection.clone()) else {
        return gather(all, std::slice::from_ref(detection));
    };
    sum.add(seen);
    let mut latest = bounds::kept(Occurrence { detection: Some(sum), ..detection.clone() });
    bounds::keep_evidence(&mut latest.evidence);
    all.insert(id, latest);
}

/// What is stored of a finding's detections.
fn stored(r: &Reader<'_>, id: FindingId) -> Result<Option<DetectionDetail>, LedgerError> {
    let sql = "SELECT b.body FROM finding f JOIN finding_body b ON b.finding = f.number WHERE f.id = $1";
    let body: Option<String> = r.query_opt(sql, params![id], |row| row.get(0))?;
    let read = |body: String| serde_json::from_str(&body).map_err(|source| LedgerError::stored("finding", source));
    Ok(body.map(read).transpose()?.and_then(|body: Body| body.detection))
}

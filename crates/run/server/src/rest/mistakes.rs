//! What is not set up safely: a built image, and configuration in a source tree.

use super::{AtRest, Seek};
use crate::scans::Unknown;
use vigie_checks::{Judged, judge_image, judge_piece};
use vigie_inventory::configuration::{Configurations, gathered};
use vigie_inventory::watch::Watch;
use vigie_model::observed::Gap;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::verdict::Verdict;

/// Seeks mistakes.
pub(super) struct Mistakes;

impl Seek for Mistakes {
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&Configurations)
    }

    fn judge(&self, at_rest: &AtRest<'_>) -> Vec<Occurrence> {
        judged(at_rest).iter().flat_map(|it| it.occurrences(at_rest.asset.id, &Circumstances::default())).collect()
    }

    fn unknown(&self, at_rest: &AtRest<'_>) -> Vec<Unknown> {
        let unknown = |it: Judged| match it.verdict {
            Verdict::Unknown { reason } => Some(Unknown { rule: it.entry.id.clone(), reason: reason.en }),
            _ => None,
        };
        judged(at_rest).into_iter().filter_map(unknown).collect()
    }

    fn unseen(&self, at_rest: &AtRest<'_>) -> Vec<Gap> {
        gathered(at_rest.remarks).1
    }
}

fn judged(at_rest: &AtRest<'_>) -> Vec<Judged> {
    let (pieces, _) = gathered(at_rest.remarks);
    let of_image = at_rest.image.map(judge_image).unwrap_or_default();
    of_image.into_iter().chain(pieces.iter().flat_map(|piece| judge_piece(piece, &pieces))).collect()
}

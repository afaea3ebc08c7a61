//! What is not set up safely: a built image, and configuration in a source tree.

use super::{AtRest, Seek};
use vigie_checks::{judge_image, judge_piece};
use vigie_inventory::configuration::{Configurations, gathered};
use vigie_inventory::watch::Watch;
use vigie_model::observed::Gap;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;

/// Seeks mistakes.
pub(super) struct Mistakes;

impl Seek for Mistakes {
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&Configurations)
    }

    fn judge(&self, at_rest: &AtRest<'_>) -> Vec<Occurrence> {
        let (pieces, _) = gathered(at_rest.remarks);
        let of_image = at_rest.image.map(judge_image).unwrap_or_default();
        let of_pieces = pieces.iter().flat_map(|piece| judge_piece(piece, &pieces));
        let all = of_image.into_iter().chain(of_pieces);
        all.flat_map(|judged| judged.occurrences(at_rest.asset.id, &Circumstances::default())).collect()
    }

    fn unseen(&self, at_rest: &AtRest<'_>) -> Vec<Gap> {
        gathered(at_rest.remarks).1
    }
}

//! Secrets in files, in an image's words about itself, in a history.

use super::{AtRest, Seek};
use vigie_inventory::secrets::{self, Scanner};
use vigie_inventory::watch::Watch;
use vigie_model::observed::Gap;
use vigie_model::occurrence::Occurrence;
use vigie_model::secret::Secret;

/// Seeks secrets.
pub(super) struct Secrets {
    scanner: Scanner,
}

impl Secrets {
    pub(super) const fn new(scanner: Scanner) -> Self {
        Self { scanner }
    }
}

impl Seek for Secrets {
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&self.scanner)
    }

    fn judge(&self, at_rest: &AtRest<'_>) -> Vec<Occurrence> {
        let mut found: Vec<Secret> = at_rest.remarks.iter().filter_map(secrets::of_remark).collect();
        found.extend_from_slice(at_rest.secrets);
        if let Some(image) = at_rest.image.map(|facts| &facts.config) {
            found.extend(secrets::environment(&self.scanner, &image.env));
            let steps: Vec<&str> = image.history.iter().map(|step| step.created_by.as_str()).collect();
            found.extend(secrets::history(&self.scanner, &steps));
        }
        secrets::occurrences(at_rest.asset.id, &found)
    }

    fn unseen(&self, at_rest: &AtRest<'_>) -> Vec<Gap> {
        secrets::unseen(at_rest.remarks)
    }
}

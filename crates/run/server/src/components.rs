//! Components of anything at rest against vulnerability data: `vigie scan image`, `fs` and `sbom` are this.

use crate::advisories::Data;
use vigie_model::asset::Asset;
use vigie_model::component::Component;
use vigie_model::occurrence::Occurrence;

/// What is known to be broken. Data that turn out to be damaged judge nothing; `None` says so.
#[must_use]
pub fn judge(components: &[Component], asset: &Asset, data: &Data) -> Option<Vec<Occurrence>> {
    let found = data.match_components(components).and_then(|matches| data.occurrences(&matches, asset));
    found.inspect_err(|error| tracing::error!(%error, "vulnerability data are damaged")).ok()
}

//! Licences of packages against the policy of the house.

use super::{AtRest, Seek};
use std::path::Path;
use vigie_checks::licences::{self, Policy};
use vigie_inventory::licences::{LicenceFiles, conclude};
use vigie_inventory::watch::Watch;
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::component::Component;
use vigie_model::image::Remark;
use vigie_model::occurrence::Occurrence;
use vigie_model::text;

/// The largest file that may hold a policy.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Seeks licences that are not allowed.
pub(super) struct Licences {
    policy: Policy,
}

impl Licences {
    pub(super) const fn new(policy: Policy) -> Self {
        Self { policy }
    }
}

impl Seek for Licences {
    fn watch(&self) -> Option<&dyn Watch> {
        Some(&LicenceFiles)
    }

    fn complete(&self, components: &mut [Component], remarks: &[Remark]) {
        conclude(components, remarks);
    }

    fn judge(&self, at_rest: &AtRest<'_>) -> Vec<Occurrence> {
        licences::judge(&self.policy, at_rest.components, at_rest.asset.id)
    }
}

/// The policy in a file.
///
/// # Errors
/// When it cannot be read, or is none.
pub fn licence_policy(path: &Path) -> Result<Policy, Problem> {
    let text = files::read_text_bounded(path, FILE_BYTES_MAX).map_err(Explain::explain)?;
    Policy::parse(&text).map_err(|error| {
        let path = path.display();
        Problem::new(
            Kind::Settings,
            text!(
                en "{path} is no licence policy: {error}",
                fr "{path} n’est pas une politique de licences : {error}",
                de "{path} ist keine Lizenzrichtlinie: {error}"
            ),
        )
        .hint(text!(
            en "a policy is a table [licences] with the lists allow, review and deny: SPDX names, or permissive, weak-copyleft, strong-copyleft, network-copyleft, non-free, unknown",
            fr "une politique est une table [licences] avec les listes allow, review et deny : noms SPDX, ou permissive, weak-copyleft, strong-copyleft, network-copyleft, non-free, unknown",
            de "eine Richtlinie ist eine Tabelle [licences] mit den Listen allow, review und deny: SPDX-Namen, oder permissive, weak-copyleft, strong-copyleft, network-copyleft, non-free, unknown"
        ))
    })
}

//! Every few seconds: vulnerability data that was swapped in is taken up, and all that is known is
//! judged again. Nothing is scanned for that.

use crate::platform::Platform;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::lang::Text;
use vigie_model::text;

/// Takes up new data.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    let taken = platform.advisories.take_up().map_err(Explain::explain)?;
    if taken {
        platform.round("host").iter().for_each(|round| round.start_now());
        super::tell_system(platform);
    }
    Ok(match platform.advisories.current() {
        Some(data) => {
            let records = data.status().records;
            text!(en "{records} vulnerabilities", fr "{records} vulnérabilités", de "{records} Schwachstellen")
        }
        None => text!(
            en "no vulnerability data yet: `vigie db update` or `vigie db import`",
            fr "pas encore de données de vulnérabilités : `vigie db update` ou `vigie db import`",
            de "noch keine Schwachstellendaten: `vigie db update` oder `vigie db import`",
        ),
    })
}

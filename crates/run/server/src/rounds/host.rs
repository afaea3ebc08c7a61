//! Every ten minutes: this host is looked at and judged.

use crate::live::Change;
use crate::look;
use crate::platform::Platform;
use vigie_inventory::world::World;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::lang::Text;
use vigie_model::text;

/// Looks, judges, records.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    let look = look::at_host(&World::live(), platform.clock.as_ref(), platform.advisories.current().as_deref());
    let changed = look::record(&look, &platform.ledger).map_err(Explain::explain)?.changed();
    if changed > 0 {
        platform.live.tell(Change::Findings { changed });
    }
    // Which containers run which images may be different now.
    platform.round("images").iter().for_each(|round| round.start_now());
    super::tell_system(platform);
    let (found, unseen) = (look.occurrences.len(), look.facts.gaps().len());
    Ok(text!(
        en "{found} findings, {unseen} things could not be seen",
        fr "{found} constats, {unseen} choses n’ont pas pu être vues",
        de "{found} Befunde, {unseen} Dinge waren nicht zu sehen",
    ))
}

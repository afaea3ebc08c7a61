//! Once a minute: decisions whose time is over end, and their findings are open again.

use crate::live::Change;
use crate::platform::Platform;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::lang::Text;
use vigie_model::text;

/// Ends what is due.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    let reopened = platform.ledger.expire_due().map_err(Explain::explain)?;
    if reopened > 0 {
        platform.live.tell(Change::Findings { changed: reopened });
    }
    Ok(text!(
        en "{reopened} findings open again",
        fr "{reopened} constats de nouveau ouverts",
        de "{reopened} Befunde wieder offen",
    ))
}

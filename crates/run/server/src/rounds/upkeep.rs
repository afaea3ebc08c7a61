//! Once an hour: what is too old goes.

use crate::platform::Platform;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::lang::Text;
use vigie_model::text;

/// Removes ended sessions, tokens that ended long ago and events past their time.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    platform.access.forget_ended_sessions().map_err(Explain::explain)?;
    platform.access.forget_ended_api_tokens().map_err(Explain::explain)?;
    let removed = platform.lake.expire().map_err(Explain::explain)?.events;
    super::tell_system(platform);
    // Events stay in the log while their files cannot be sent: the disk fills.
    if let Some(problem) = platform.lake.store_status().and_then(|store| store.problem) {
        return Err(problem.explain());
    }
    Ok(text!(
        en "{removed} old events removed",
        fr "{removed} anciens événements supprimés",
        de "{removed} alte Ereignisse entfernt",
    ))
}

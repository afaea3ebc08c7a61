//! Every minute: do the sources of events do what they usually do?

use crate::platform::Platform;
use vigie_kit::problem::Problem;
use vigie_model::lang::Text;
use vigie_model::text;

/// Looks at what came from each source.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    let unusual = platform.look_at_sources();
    Ok(match unusual {
        0 => text!(en "all as usual", fr "tout est comme d’habitude", de "alles wie sonst"),
        1 => text!(en "1 source is unusual", fr "1 source inhabituelle", de "1 Quelle ist ungewöhnlich"),
        many => text!(
            en "{many} sources are unusual",
            fr "{many} sources inhabituelles",
            de "{many} Quellen sind ungewöhnlich",
        ),
    })
}

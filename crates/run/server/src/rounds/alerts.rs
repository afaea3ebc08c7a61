//! Every ten seconds: windows of saved searches that alert are judged, as they come due.

use crate::platform::Platform;
use crate::searches;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::lang::Text;
use vigie_model::text;

/// Judges what is due. An alert that cannot be judged fails the round, after the others had their turn.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    let searches::Judged { windows, alerting, troubled } = searches::judge_due(platform)?;
    if troubled > 0 {
        return Err(Problem::new(
            Kind::Environment,
            text!(
                en "{troubled} alerts cannot be judged; their searches say why",
                fr "{troubled} alertes ne peuvent être évaluées ; leurs recherches disent pourquoi",
                de "{troubled} Alarme lassen sich nicht beurteilen; ihre Suchen sagen, warum",
            ),
        ));
    }
    Ok(text!(
        en "{windows} windows judged, {alerting} alert",
        fr "{windows} fenêtres évaluées, dont {alerting} en alerte",
        de "{windows} Zeitfenster beurteilt, davon {alerting} mit Alarm",
    ))
}

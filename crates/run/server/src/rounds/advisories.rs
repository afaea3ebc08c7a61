//! Every few seconds: vulnerability data that was swapped in is taken up, and every stored inventory is judged again.
//! Nothing is scanned for that.

use crate::live::Change;
use crate::platform::Platform;
use crate::rematch;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::lang::Text;
use vigie_model::text;

/// Takes up new data, and judges what they have not judged yet.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    if platform.advisories.take_up().map_err(Explain::explain)? {
        super::tell_system(platform);
    }
    let Some(data) = platform.advisories.current() else {
        return Ok(text!(
            en "no vulnerability data yet: `vigie db update` or `vigie db import`",
            fr "pas encore de données de vulnérabilités : `vigie db update` ou `vigie db import`",
            de "noch keine Schwachstellendaten: `vigie db update` oder `vigie db import`",
        ));
    };
    let pass = rematch::pass(&platform.ledger, &data, &|| platform.is_stopping()).map_err(Explain::explain)?;
    if pass.changed > 0 {
        platform.live.tell(Change::Findings { changed: pass.changed });
    }
    let (records, inventories, concerned) = (data.status().records, pass.inventories, pass.concerned);
    Ok(match pass.inventories {
        0 => text!(en "{records} vulnerabilities", fr "{records} vulnérabilités", de "{records} Schwachstellen"),
        _ => text!(
            en "{records} vulnerabilities; {inventories} inventories judged again, news for {concerned}",
            fr "{records} vulnérabilités ; {inventories} inventaires réévalués, du nouveau pour {concerned}",
            de "{records} Schwachstellen; {inventories} Bestände neu beurteilt, Neues für {concerned}",
        ),
    })
}

//! Every hour, while vulnerability data is older than a day or lacks an ecosystem that something here is made of: it is
//! renewed. A download that broke off goes on at the next round; what cannot be had leaves the standing data in use, and
//! the round says so.

use crate::advisories;
use crate::platform::Platform;
use std::ops::ControlFlow;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Data younger than this is not renewed.
const FRESH_SECONDS: i64 = 86_400;

/// Renews what is old.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    let Some(origin) = &platform.feeds else {
        return Ok(text!(
            en "not asked for: `vigie db update` renews the data",
            fr "non demandé : `vigie db update` renouvelle les données",
            de "nicht verlangt: `vigie db update` erneuert die Daten",
        ));
    };
    if advisories::origin(&platform.advisories).is_some() {
        return Ok(text!(
            en "the data came as a bundle, and wait for the next one",
            fr "les données viennent d’un paquet, et attendent le suivant",
            de "die Daten kamen als Bündel und warten auf das nächste",
        ));
    }
    let ecosystems = wanted(platform)?;
    if platform.advisories.current().is_some_and(|data| is_fresh(&data, &ecosystems, platform.clock.now())) {
        return Ok(text!(en "less than a day old", fr "moins d’un jour", de "weniger als einen Tag alt"));
    }
    let mut watch = |_step: advisories::Step<'_>| {
        if platform.is_stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let (built, missed) = advisories::update(&platform.advisories, platform.clock.as_ref(), origin, &ecosystems, &mut watch)?;
    if let Some(round) = platform.round("advisories").filter(|_| built.is_some()) {
        round.start_now();
    }
    for problem in &missed {
        tracing::warn!(chain = problem.chain(), "a feed was not renewed");
    }
    Ok(match (built, missed.len()) {
        (_, 1..) => {
            let count = missed.len();
            text!(
                en "{count} feeds could not be renewed",
                fr "{count} flux n’ont pas pu être renouvelés",
                de "{count} Datenquellen konnten nicht erneuert werden",
            )
        }
        (Some(_), _) => text!(en "renewed", fr "renouvelées", de "erneuert"),
        (None, _) => {
            text!(en "nothing newer is published", fr "rien de plus récent n’est publié", de "nichts Neueres ist veröffentlicht")
        }
    })
}

/// The ecosystems of everything that was looked at, and of this machine, which may not have been looked at yet.
fn wanted(platform: &Platform) -> Result<Vec<String>, Problem> {
    let stored = platform.ledger.ecosystems().map_err(Explain::explain)?;
    Ok(advisories::published(stored.into_iter().chain(advisories::own_ecosystems())))
}

fn is_fresh(data: &advisories::Data, ecosystems: &[String], now: Timestamp) -> bool {
    let status = data.status();
    let has = |wanted: &String| status.ecosystems.iter().any(|ecosystem| ecosystem.name.split(':').next() == Some(wanted));
    now.since(status.built_at) < FRESH_SECONDS * 1_000_000 && ecosystems.iter().all(has)
}

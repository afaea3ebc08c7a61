//! Is the store of events well? Every minute whether events go where they should, every day whether its chain is whole.

use crate::platform::Platform;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_lake::StoreStatus;
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Trouble that goes by in less is none, in µs.
const PATIENCE: i64 = 120_000_000;

/// Looks whether object storage answers, and whether events move into files.
pub(super) fn run(platform: &Platform) -> Result<Text, Problem> {
    let (store, work) = (platform.lake.look_at_store(), platform.lake.work().map_err(Explain::explain)?);
    let now = platform.clock.now();
    let lasts = |since: Option<Timestamp>| since.filter(|since| now.since(*since) >= PATIENCE);
    if let Some(store) = store.as_ref().filter(|store| lasts(store.failing_since).is_some()) {
        super::tell_system(platform);
        return Err(not_reached(store));
    }
    if let Some(since) = lasts(work.seal_failing_since) {
        super::tell_system(platform);
        return Err(not_sealed(since));
    }
    Ok(match store {
        Some(_) => text!(
            en "object storage answers",
            fr "le stockage d’objets répond",
            de "der Objektspeicher antwortet",
        ),
        None => text!(en "all is well", fr "tout va bien", de "alles in Ordnung"),
    })
}

/// Walks the chain of files, without reading them: `vigie audit verify` does that.
pub(super) fn check(platform: &Platform) -> Result<Text, Problem> {
    let verified = platform.lake.verify_links(None).map_err(Explain::explain)?;
    super::tell_system(platform);
    let (links, faults) = (verified.head_number, verified.faults.len());
    if faults == 0 {
        return Ok(text!(
            en "the chain is whole: {links} links",
            fr "la chaîne est entière : {links} maillons",
            de "die Kette ist heil: {links} Glieder",
        ));
    }
    let said = text!(
        en "the chain of stored events is broken in {faults} places",
        fr "la chaîne des événements conservés est rompue en {faults} endroits",
        de "die Kette der gespeicherten Ereignisse ist an {faults} Stellen gebrochen",
    );
    Err(Problem::new(Kind::Environment, said).hint(text!(
        en "`vigie audit verify` names them; keep a copy of the data directory before you go on",
        fr "`vigie audit verify` les nomme ; gardez une copie du répertoire de données avant de continuer",
        de "`vigie audit verify` nennt sie; behalten Sie eine Kopie des Datenordners, bevor Sie weitermachen",
    )))
}

/// What object storage said; without words of its own, that it does not answer.
fn not_reached(store: &StoreStatus) -> Problem {
    if let Some(problem) = &store.problem {
        return problem.clone().explain();
    }
    let address = &store.address;
    Problem::new(
        Kind::Environment,
        text!(
            en "{address} does not take files of events",
            fr "{address} n’accepte pas les fichiers d’événements",
            de "{address} nimmt keine Dateien mit Ereignissen an",
        ),
    )
}

fn not_sealed(since: Timestamp) -> Problem {
    let said = text!(
        en "events cannot be moved into files since {since}",
        fr "les événements ne peuvent plus passer dans des fichiers depuis {since}",
        de "Ereignisse lassen sich seit {since} nicht mehr in Dateien bringen",
    );
    Problem::new(Kind::Environment, said).hint(text!(
        en "they stay in the log, where they are found; the log of Vigie says why",
        fr "ils restent dans le journal, où on les trouve ; le journal de Vigie dit pourquoi",
        de "sie bleiben im Log, wo sie gefunden werden; das Log von Vigie sagt, warum",
    ))
}

//! Imports of 13,000 findings amid a million: one machine with very many packages.

use crate::{DAY_S, Scene, Took, run, time, world};
use vigie_ledger::Recorded;
use vigie_model::asset::Asset;
use vigie_model::finding::FindingKind;
use vigie_model::occurrence::Occurrence;

const IMPORT: u32 = 13_000;
/// Imports of each sort; the slowest counts, and the middle one is shown beside it.
const TIMES: u32 = 5;

pub(crate) fn imports(scene: &Scene) {
    println!("\n{:38} {:>13} {:>13}", "import of 13,000, ms", "middle", "slowest");
    let host = |number: u32| {
        let asset = world::asset(number);
        scene.ledger.save_asset(&asset).unwrap();
        let findings = world::vulnerabilities(&asset, number, IMPORT);
        (asset, findings)
    };
    let record = |asset: &Asset, findings: &[Occurrence]| -> Recorded {
        scene.ledger.record(&run(asset, "vigie.advisories", &[FindingKind::Vulnerability]), findings).unwrap()
    };
    let first = world::ASSETS;
    say("all new", |round| {
        let (asset, findings) = host(first + round);
        time(|| record(&asset, &findings))
    });
    let (asset, findings) = host(first);
    let next_day = || scene.clock.advance(DAY_S);
    say("the same again", |_| {
        next_day();
        time(|| record(&asset, &findings))
    });
    say("the same once more at the same time", |_| time(|| record(&asset, &findings)));
    say("other scores for all", |round| {
        let mut changed = findings.clone();
        changed.iter_mut().for_each(|found| found.circumstances.epss = Some(f64::from(round) * 0.17 + 0.1));
        next_day();
        time(|| record(&asset, &changed))
    });
    record(&asset, &findings);
    say("other versions and scores for a tenth", |round| {
        let mut changed = findings.clone();
        for (place, found) in changed.iter_mut().enumerate().filter(|(place, _)| place % 10 == round as usize) {
            found.circumstances.epss = Some(place as f64 / 13_000.0);
            found.vulnerability.iter_mut().for_each(|vulnerability| vulnerability.fixed = Some("10.1-1".into()));
        }
        next_day();
        time(|| record(&asset, &changed))
    });
    say("all fixed", |round| {
        next_day();
        let taken = time(|| record(&asset, &[]));
        if round + 1 < TIMES {
            record(&asset, &findings);
        }
        taken
    });
    say("all back", |_| {
        next_day();
        let taken = time(|| record(&asset, &findings));
        record(&asset, &[]);
        taken
    });
}

fn say(what: &str, mut import: impl FnMut(u32) -> (Took, Recorded)) {
    let mut taken: Vec<_> = (0..TIMES).map(&mut import).collect();
    taken.sort_by_key(|(took, _)| *took);
    let (middle, slowest) = (&taken[taken.len() / 2], &taken[taken.len() - 1]);
    println!("{what:38} {:>13} {:>13}  {:?}", middle.0, slowest.0, slowest.1);
}

//! One look at a host: gather the facts, judge them, say what was found. `vigie scan host` prints a
//! look, the host round records one; both are this.

use std::collections::BTreeSet;
use vigie_catalogue::lifecycle::{self, Lifecycle};
use vigie_checks::Judged;
use vigie_inventory::host;
use vigie_inventory::world::World;
use vigie_kit::clock::Clock;
use vigie_ledger::{Ledger, LedgerError, Run};
use vigie_model::asset::Asset;
use vigie_model::finding::FindingKind;
use vigie_model::host::HostFacts;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::verdict::Verdict;

use crate::advisories::Data;

/// What one look at a host gave.
pub struct Look {
    /// The host.
    pub asset: Asset,
    /// Its containers.
    pub containers: Vec<Asset>,
    /// What was seen.
    pub facts: HostFacts,
    /// Until when its distribution is supported.
    pub lifecycle: Option<Lifecycle>,
    /// What every check says.
    pub judged: Vec<Judged>,
    /// What is wrong.
    pub occurrences: Vec<Occurrence>,
    /// Whether packages were matched: there were data and a package list.
    pub matched: bool,
}

/// Looks at a host.
#[must_use]
pub fn at_host(world: &World, clock: &dyn Clock, data: Option<&Data>) -> Look {
    let facts = host::observe(world, clock);
    let asset = host::asset(&facts, world);
    let containers = host::containers_as_assets(&facts, &asset);
    let circumstances = Circumstances { exposure: asset.exposure, ..Circumstances::default() };
    let judged = vigie_checks::judge(&facts);
    let mut occurrences: Vec<Occurrence> =
        judged.iter().flat_map(|judged| judged.occurrences(asset.id, &circumstances)).collect();
    let mut matched = false;
    if let (Some(data), Some(packages)) = (data, facts.packages.value()) {
        let kernel = facts.kernel.value().map(|kernel| kernel.release.as_str());
        // Damaged data judge nothing: what they found before stays as it is.
        match data.match_host(packages, kernel).and_then(|matches| data.occurrences(&matches, &asset)) {
            Ok(found) => {
                occurrences.extend(found);
                matched = true;
            }
            Err(error) => tracing::error!(%error, "vulnerability data are damaged"),
        }
    }
    let lifecycle = facts.os.value().and_then(lifecycle::end_of_life);
    Look { asset, containers, facts, lifecycle, judged, occurrences, matched }
}

/// Records a look; gives how many findings changed.
///
/// What a check could not tell stays as it was, and without vulnerability data no vulnerability is
/// taken for fixed.
///
/// # Errors
/// [`LedgerError`] when the database refuses.
pub fn record(look: &Look, ledger: &Ledger) -> Result<u64, LedgerError> {
    ledger.save_asset(&look.asset)?;
    for container in &look.containers {
        ledger.save_asset(container)?;
    }
    ledger.save_facts(look.asset.id, look.facts.taken_at, &look.facts)?;
    ledger.save_verdicts(look.asset.id, look.judged.iter().map(|judged| (judged.entry.id.as_str(), &judged.verdict)))?;
    let unclear = |judged: &&Judged| matches!(judged.verdict, Verdict::Unknown { .. });
    let inconclusive: BTreeSet<String> = look.judged.iter().filter(unclear).map(|judged| judged.entry.id.clone()).collect();
    let of_checks = |kind| kind != FindingKind::Vulnerability;
    let (vulnerabilities, others): (Vec<_>, Vec<_>) =
        look.occurrences.iter().cloned().partition(|occurrence| !of_checks(occurrence.identity.kind));
    let kinds = look.judged.iter().map(|judged| judged.kind).collect();
    let checks = Run { asset: look.asset.id, tool: "vigie.checks".into(), kinds, inconclusive };
    let mut changed = ledger.record(&checks, &others)?.changed();
    if look.matched {
        let kinds = [FindingKind::Vulnerability].into();
        let run = Run { asset: look.asset.id, tool: "vigie.advisories".into(), kinds, inconclusive: BTreeSet::new() };
        changed += ledger.record(&run, &vulnerabilities)?.changed();
    }
    Ok(changed)
}

//! One look at a host: gather the facts, judge them, say what was found. `vigie scan host` prints a
//! look, the host round records one; both are this.

use std::collections::BTreeSet;
use vigie_catalogue::lifecycle::{self, Lifecycle};
use vigie_checks::Judged;
use vigie_inventory::host;
use vigie_inventory::world::World;
use vigie_kit::clock::Clock;
use vigie_ledger::{Ledger, LedgerError, Recorded, Run, Taken};
use vigie_model::asset::Asset;
use vigie_model::facts::Facts;
use vigie_model::host::HostFacts;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::verdict::Verdict;

use crate::advisories::Data;
use crate::vulnerabilities;

/// What one look at a host gave.
pub struct Look {
    /// The host.
    pub asset: Asset,
    /// What was seen.
    pub facts: HostFacts,
    /// Until when its distribution is supported.
    pub lifecycle: Option<Lifecycle>,
    /// What every check says.
    pub judged: Vec<Judged>,
    /// What is wrong.
    pub occurrences: Vec<Occurrence>,
    /// The vulnerability data that packages were matched against, by fingerprint; none when there were no data or no
    /// package list.
    pub matched_by: Option<String>,
}

/// Looks at a host.
#[must_use]
pub fn at_host(world: &World, clock: &dyn Clock, data: Option<&Data>) -> Look {
    let facts = host::observe(world, clock);
    let asset = host::asset(&facts, world);
    judged(asset, facts, data)
}

/// What is to be said of a host that was looked at, whoever did.
#[must_use]
pub fn judged(asset: Asset, facts: HostFacts, data: Option<&Data>) -> Look {
    let circumstances = Circumstances { exposure: asset.exposure, ..Circumstances::default() };
    let judged = vigie_checks::judge(&facts);
    let mut occurrences: Vec<Occurrence> =
        judged.iter().flat_map(|judged| judged.occurrences(asset.id, &circumstances)).collect();
    let mut matched_by = None;
    if let (Some(data), Some(_)) = (data, facts.packages.value())
        && let Some(found) = vulnerabilities::of_host(&facts, &asset, data)
    {
        occurrences.extend(found);
        matched_by = Some(data.fingerprint());
    }
    let lifecycle = facts.os.value().and_then(lifecycle::end_of_life);
    Look { asset, facts, lifecycle, judged, occurrences, matched_by }
}

/// Records a look; gives what became of the findings.
///
/// What a check could not tell stays as it was, and without vulnerability data no vulnerability is
/// taken for fixed. The facts go last: they are then known as judged.
///
/// # Errors
/// [`LedgerError`] when the database refuses.
pub fn record(look: &Look, ledger: &Ledger) -> Result<Recorded, LedgerError> {
    let host = look.asset.id;
    ledger.save_asset(&look.asset)?;
    ledger.save_verdicts(host, look.judged.iter().map(|judged| (judged.entry.id.as_str(), &judged.verdict)))?;
    let unclear = |judged: &&Judged| matches!(judged.verdict, Verdict::Unknown { .. });
    let inconclusive: BTreeSet<String> = look.judged.iter().filter(unclear).map(|judged| judged.entry.id.clone()).collect();
    let of_data = |occurrence: &Occurrence| vulnerabilities::KINDS.contains(&occurrence.identity.kind);
    let (matched, others): (Vec<_>, Vec<_>) = look.occurrences.iter().cloned().partition(of_data);
    let checks = Run { inconclusive, ..Run::over(host, "vigie.checks", look.judged.iter().map(|judged| judged.kind)) };
    let mut recorded = ledger.record(&checks, &others)?;
    if look.matched_by.is_some() {
        recorded.add(&ledger.record(&vulnerabilities::run(host), &matched)?);
    }
    let taken = Taken { at: look.facts.taken_at, source: "", judged_by: look.matched_by.as_deref() };
    ledger.save_facts(host, &Facts::Host(look.facts.clone()), taken)?;
    Ok(recorded)
}

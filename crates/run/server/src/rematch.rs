//! All stored inventories against the vulnerability data in use, without a look at anything.
//!
//! A thousand images list 300,000 packages, of which a tenth is different, and an update is news for few of them. So
//! the data are asked once for each different package; where they say the same as before, nothing is done. For the
//! others, the facts of the assets that list them are read, matched at the places in question, and recorded, many
//! assets in one transaction. What holds is told in the ledger (`inventory/packages.rs`).
//!
//! Idempotent: a pass that was cut off leaves nothing marked, and the next one does it all again.

use crate::advisories::Data;
use crate::vulnerabilities;
use std::collections::{BTreeMap, BTreeSet};
use vigie_ledger::{JudgedBy, KnownPackage, Ledger, LedgerError, Report, Run, StaleInventory};
use vigie_model::ids::AssetId;

/// Packages that are asked about at a time.
const PACKAGES_AT_A_TIME: u32 = 10_000;
/// Findings that are held at a time before they are recorded.
const FINDINGS_AT_A_TIME: usize = 20_000;

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Inventories that the data in use had not judged.
    pub inventories: usize,
    /// Of these, ones for which there was news.
    pub concerned: usize,
    /// Findings that changed.
    pub changed: u64,
}

/// Packages of which something new is said, by number: the place of their findings, and what is said now.
type Changed = BTreeMap<i64, (String, i64)>;

/// News for one asset.
enum News {
    /// About these packages, by number.
    Packages(Vec<i64>),
    /// It must be judged in whole.
    Whole,
}

/// Makes a pass. When `stop` says so it is left where it is; the next pass begins anew.
///
/// # Errors
/// What the database says. Damaged data judge nothing.
pub fn pass(ledger: &Ledger, data: &Data, stop: &dyn Fn() -> bool) -> Result<Pass, LedgerError> {
    let fingerprint = data.fingerprint();
    let said_by = ledger.said_by()?;
    let known = said_by.as_deref() == Some(fingerprint.as_str());
    let stale = ledger.stale_inventories(&fingerprint)?;
    let Some(changed) = changed_packages(ledger, data, known)? else { return Ok(Pass::default()) };
    if stale.is_empty() && changed.is_empty() && known {
        return Ok(Pass::default());
    }
    let news = news(ledger, &stale, said_by.as_deref().filter(|_| !known), &changed)?;
    let concerned = news.len();
    let Some(recorded) = judge(ledger, data, news, &changed, stop)? else { return Ok(Pass::default()) };
    let said = changed.into_iter().map(|(number, (_, said))| (number, said)).collect();
    ledger.judged_by(&JudgedBy { data: &fingerprint, said, inventories: &stale })?;
    Ok(Pass { inventories: stale.len(), concerned, changed: recorded })
}

/// Packages of which the data say something else than before. When the numbers are of these data already, only new
/// packages are asked about. None when the data are damaged.
fn changed_packages(ledger: &Ledger, data: &Data, known: bool) -> Result<Option<Changed>, LedgerError> {
    let mut changed = Changed::new();
    let mut after = 0;
    loop {
        let packages = ledger.packages(after, known, PACKAGES_AT_A_TIME)?;
        let Some(last) = packages.last() else { return Ok(Some(changed)) };
        after = last.number;
        let (rows, packages): (Vec<_>, Vec<_>) =
            packages.into_iter().map(|KnownPackage { number, package, said }| ((number, said), package)).unzip();
        let said = match data.said(&packages) {
            Ok(said) => said,
            Err(error) => {
                tracing::error!(%error, "vulnerability data are damaged");
                return Ok(None);
            }
        };
        let new = rows.into_iter().zip(packages).zip(said).filter(|(((_, before), _), now)| *before != Some(*now));
        changed.extend(new.map(|(((number, _), package), now)| (number, (vulnerabilities::place(&package), now))));
    }
}

/// Which assets need a look, and at what. Numbers are of the data `said_by`, which others than the asked ones were
/// judged by; without, whatever is stale is judged in whole.
fn news(
    ledger: &Ledger,
    stale: &[StaleInventory],
    said_by: Option<&str>,
    changed: &Changed,
) -> Result<BTreeMap<AssetId, News>, LedgerError> {
    let follows = |inventory: &StaleInventory| said_by.is_some() && inventory.judged_by.as_deref() == said_by;
    let mut listing = match stale.iter().any(follows) {
        true => ledger.assets_listing(changed.keys().copied())?,
        false => BTreeMap::new(),
    };
    let mut of = |inventory: &StaleInventory| {
        if follows(inventory) { listing.remove(&inventory.asset).map(News::Packages) } else { Some(News::Whole) }
    };
    Ok(stale.iter().filter_map(|inventory| Some((inventory.asset, of(inventory)?))).collect())
}

/// Judges and records; gives how many findings changed, or none when it was stopped or the data are damaged.
fn judge(
    ledger: &Ledger,
    data: &Data,
    news: BTreeMap<AssetId, News>,
    changed: &Changed,
    stop: &dyn Fn() -> bool,
) -> Result<Option<u64>, LedgerError> {
    let (mut reports, mut held, mut recorded) = (Vec::new(), 0, 0);
    for (id, news) in news {
        if stop() {
            return Ok(None);
        }
        // An asset without facts was forgotten meanwhile.
        let (Some(asset), Some(facts)) = (ledger.asset_in_effect(id)?, ledger.facts(id)?) else { continue };
        // A machine whose packages could not be seen has none that are gone.
        if facts.host().is_some_and(|host| host.packages.value().is_none()) {
            continue;
        }
        let places: Option<BTreeSet<String>> = match news {
            News::Whole => None,
            News::Packages(numbers) => {
                Some(numbers.iter().filter_map(|number| changed.get(number)).map(|(place, _)| place.clone()).collect())
            }
        };
        let Some(found) = vulnerabilities::of(&facts, &asset, data, places.as_ref()) else { return Ok(None) };
        // What could not be read is not gone.
        let places = places.or_else(|| vulnerabilities::places_told(&facts));
        let mut report = Report::new(Run { places, ..vulnerabilities::run(id) });
        report.add(&found)?;
        held += found.len();
        reports.push(report);
        if held >= FINDINGS_AT_A_TIME {
            recorded += ledger.record_reports(&reports)?.changed();
            reports.clear();
            held = 0;
        }
    }
    recorded += ledger.record_reports(&reports)?.changed();
    Ok(Some(recorded))
}

#[cfg(test)]
#[path = "rematch_tests.rs"]
mod tests;

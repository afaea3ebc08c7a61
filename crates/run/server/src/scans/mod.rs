//! Scans that were made elsewhere and sent here: recorded as if the platform had looked itself.
//!
//! What is there is kept and judged by the data of this platform, now and whenever they change; what was found in
//! files is recorded under a tool of its own, so that a machine that has the same image and the pipeline that built it
//! both speak for their findings. An image is its configuration's digest, whoever saw it: see
//! `docs/decisions/image-is-its-digest.md`. A name that is sent with another image leaves the one it led to; when no
//! name leads there any more and no machine has it, it is gone, as one that was removed from a store.
//!
//! Holds: the same scan twice changes nothing; what was not looked for, or could not be read, is never fixed; an older
//! scan never takes the place of a later one.

mod covered;
mod observation;

pub use observation::{BYTES_MAX, FEW_MAX, Found, Observation, Refused, SCHEMA, SENT_BYTES_MAX, Target, Unknown};

use crate::advisories::Data;
use crate::images;
use crate::look;
use crate::rest::without_secrets;
use crate::vulnerabilities;
use vigie_inventory::host;
use vigie_kit::clock::Clock;
use vigie_ledger::{Inventory, Ledger, LedgerError, Recorded, Run, Taken};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::host::HostFacts;
use vigie_model::ids::AssetId;

/// The tool's name in the ledger, for what was found in files.
const TOOL: &str = "vigie.scan";
/// What inventories were taken of that came this way.
pub(crate) const SOURCE: &str = "scan";

/// Takes scans in.
pub(crate) struct Intake<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) data: Option<&'a Data>,
}

/// What became of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// What it was of.
    pub(crate) asset: Asset,
    /// What became of the findings.
    pub(crate) recorded: Recorded,
    /// Findings fixed on images that the name led to before.
    pub(crate) left_behind: u64,
    /// Whether packages were matched against vulnerability data.
    pub(crate) matched: bool,
}

/// Why a scan was not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntakeError {
    /// A later one is there.
    #[error("a later scan of {name} is recorded")]
    Older {
        /// What it was of.
        name: String,
    },
    /// The ledger refuses.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Intake<'_> {
    /// Judges and records.
    pub(crate) fn take(&self, mut scan: Observation) -> Result<Received, IntakeError> {
        // A clock that is ahead must not shut out the others.
        scan.taken_at = scan.taken_at.min(self.clock.now());
        let _span = tracing::info_span!("scan", kind = scan.target.kind.word(), findings = scan.findings.len()).entered();
        let id = Asset::id_of(scan.target.kind, &scan.target.key);
        let known = self.ledger.inventory(id)?;
        if scan.inventory.is_some()
            && known.as_ref().is_some_and(|known| known.source == SOURCE && known.taken_at > scan.taken_at)
        {
            return Err(IntakeError::Older { name: scan.target.name });
        }
        match scan.inventory.take() {
            Some(Facts::Host(facts)) => self.host(&scan, facts),
            facts => self.at_rest(&scan, facts.map(cleaned), known.as_ref()),
        }
    }

    /// A machine: its facts are judged as those of the machine the platform runs on.
    fn host(&self, scan: &Observation, mut facts: HostFacts) -> Result<Received, IntakeError> {
        facts.taken_at = scan.taken_at;
        let asset = host::described(&facts, &scan.target.key, &scan.target.name);
        let look = look::judged(asset, facts, self.data);
        let recorded = look::record(&look, self.ledger)?;
        Ok(Received { matched: look.matched_by.is_some(), asset: look.asset, recorded, left_behind: 0 })
    }

    /// Anything else: what it holds, and what was found in its files.
    fn at_rest(&self, scan: &Observation, facts: Option<Facts>, known: Option<&Inventory>) -> Result<Received, IntakeError> {
        let observed = asset_of(scan, facts.as_ref());
        // What a machine has is described by it.
        let held = known.filter(|known| images::is_held(&known.source));
        if held.is_none() {
            self.ledger.save_asset(&observed)?;
        }
        let asset = self.ledger.asset_in_effect(observed.id)?.unwrap_or(observed);
        let names = names(scan, facts.as_ref());
        let mut recorded = self.record_findings(scan, facts.as_ref(), &asset)?;
        let mut matched = false;
        if let Some(facts) = facts.filter(|_| vulnerabilities::KINDS.iter().any(|kind| scan.scanners.contains(kind))) {
            let of_packages = self.record_packages(scan, &facts, &asset, held)?;
            matched = of_packages.is_some();
            recorded.add(&of_packages.unwrap_or_default());
        }
        let left_behind = if asset.kind == AssetKind::Image { self.lead(&asset, &names)? } else { 0 };
        Ok(Received { asset, recorded, left_behind, matched })
    }

    /// What was found in files.
    fn record_findings(&self, scan: &Observation, facts: Option<&Facts>, asset: &Asset) -> Result<Recorded, LedgerError> {
        let whole_image = facts.and_then(Facts::image).is_some_and(images::is_whole);
        let gaps = if whole_image { &[][..] } else { &scan.gaps[..] };
        let run = Run {
            inconclusive: scan.unknown.iter().map(|unknown| unknown.rule.clone()).collect(),
            places: covered::of_findings(self.ledger, asset.id, gaps)?,
            ..Run::over(asset.id, TOOL, scan.everywhere.iter().copied())
        };
        let found: Vec<_> = scan.findings.iter().cloned().map(|found| found.on(asset)).collect();
        self.ledger.record(&run, &found)
    }

    /// What is there, judged and kept; none where nothing could be judged. Facts that a machine has read in whole are
    /// not replaced by what somebody says of the same image.
    fn record_packages(
        &self,
        scan: &Observation,
        sent: &Facts,
        asset: &Asset,
        held: Option<&Inventory>,
    ) -> Result<Option<Recorded>, LedgerError> {
        let before = self.ledger.facts(asset.id)?;
        let keeps = held.is_some() && before.as_ref().and_then(Facts::image).is_some_and(images::is_whole);
        let facts = before.as_ref().filter(|_| keeps).unwrap_or(sent);
        let found = self.data.and_then(|data| Some((vulnerabilities::of(facts, asset, data, None)?, data.fingerprint())));
        let mut recorded = None;
        if let Some((found, _)) = &found {
            let places = covered::of_packages(facts, before.as_ref());
            recorded = Some(self.ledger.record(&Run { places, ..vulnerabilities::run(asset.id) }, found)?);
        }
        if !keeps {
            let judged_by = found.as_ref().map(|(_, data)| data.as_str());
            let source = held.map_or(SOURCE, |held| held.source.as_str());
            self.ledger.save_facts(asset.id, sent, Taken { at: scan.taken_at, source, judged_by })?;
        }
        Ok(recorded)
    }

    /// Lets names lead to an image; gives how many findings were fixed on images to which none leads any more.
    fn lead(&self, asset: &Asset, names: &[String]) -> Result<u64, LedgerError> {
        let mut fixed = 0;
        for left in self.ledger.lead_names(asset.id, names)? {
            let inventory = self.ledger.inventory(left)?;
            if !inventory.is_some_and(|inventory| images::is_held(&inventory.source)) {
                fixed += forget(self.ledger, left)?;
            }
        }
        Ok(fixed)
    }
}

/// Fixes what scans had found on an image that is gone, and forgets what it held; gives how many findings were fixed.
pub(crate) fn forget(ledger: &Ledger, image: AssetId) -> Result<u64, LedgerError> {
    let mut fixed = ledger.record(&vulnerabilities::run(image), &[])?.fixed;
    fixed += ledger.record(&Run::over(image, TOOL, FindingKind::ALL), &[])?.fixed;
    ledger.forget_facts(image)?;
    images::mark_gone(ledger, image)?;
    Ok(fixed)
}

/// What is kept is what may be shown; what watchers remarked has become findings where they watched.
fn cleaned(mut facts: Facts) -> Facts {
    match &mut facts {
        Facts::Image(image) => {
            without_secrets(image);
            image.remarks.clear();
        }
        Facts::Tree(tree) => tree.remarks.clear(),
        Facts::Host(_) | Facts::List(_) => {}
    }
    facts
}

fn asset_of(scan: &Observation, facts: Option<&Facts>) -> Asset {
    let mut asset = Asset::new(scan.target.kind, &scan.target.key, &scan.target.name);
    if scan.target.kind == AssetKind::Image {
        images::label_repository(&mut asset, &names(scan, facts));
    }
    asset
}

/// The names that lead to an image.
fn names(scan: &Observation, facts: Option<&Facts>) -> Vec<String> {
    let own = facts.and_then(Facts::image).map(|image| image.names.clone()).unwrap_or_default();
    if own.is_empty() { vec![scan.target.name.clone()] } else { own }
}

#[cfg(test)]
mod tests;

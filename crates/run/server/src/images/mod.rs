//! The images and containers of this machine: listed, read where they are new, judged, and forgotten when they go.
//!
//! An image is an asset by its id, the digest of its configuration, so it never changes: once read, it is known, and
//! new vulnerability data are matched against what is stored of it. What changes is its surroundings: whether a
//! container runs it and from where that can be reached, which is part of what its findings' priorities are made of.
//!
//! Cheap on purpose: one image at a time, one layer at a time, by a thread that yields to everybody else's; layers
//! that other images share are read once. Holds: what could not be read is a gap that stands in the facts and with the
//! round, and is not tried again by the same user with the same program; whoever stops the platform waits for no image.

mod surroundings;

use self::surroundings::Surroundings;
use crate::advisories::Data;
use crate::rest::{AtRest, Seekers, without_secrets};
use crate::vulnerabilities;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::thread;
use vigie_inventory::host;
use vigie_inventory::image::{Context, Listing, LocalImage, Options, engine_word, remember};
use vigie_kit::clock::Clock;
use vigie_ledger::{Inventory, Ledger, LedgerError, Run, Taken};
use vigie_model::asset::{Asset, AssetKind, RelationKind};
use vigie_model::facts::Facts;
use vigie_model::finding::FindingKind;
use vigie_model::host::HostFacts;
use vigie_model::ids::AssetId;
use vigie_model::image::ImageFacts;
use vigie_model::lineage::KnownImage;
use vigie_model::observed::{Gap, Observed, Obstacle};

/// The tool's name in the ledger, for what is sought in files.
const TOOL: &str = "vigie.images";
/// Changes when more is gathered from an image than before: each is then read once more.
const READER: u32 = 2;
/// How much this work steps back behind others: the middle of nice(2)'s upper half.
const NICE: i32 = 10;
/// The label of a container or an image that is no longer there.
const STATE: &str = "state";
const GONE: &str = "gone";

/// A look at the images of one machine.
pub(crate) struct Images<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) data: Option<&'a Data>,
    /// The machine.
    pub(crate) host: &'a Asset,
    /// What was last seen of the machine; without, nothing is known of containers.
    pub(crate) facts: Option<&'a HostFacts>,
    /// Its images.
    pub(crate) listing: &'a Listing,
    /// Who else looks at the files, and for which kinds of findings.
    pub(crate) seekers: &'a Seekers,
    pub(crate) kinds: &'a [FindingKind],
    /// Where what is known of layers is kept.
    pub(crate) cache: &'a Path,
    pub(crate) stop: &'a (dyn Fn() -> bool + Sync),
}

/// What a look did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Looked {
    /// Images that are there.
    pub(crate) images: usize,
    /// Of these, ones that were read.
    pub(crate) read: usize,
    /// Findings that changed.
    pub(crate) changed: u64,
    /// Whether images that were read before are to be judged anew.
    pub(crate) moved: bool,
    /// What could not be seen.
    pub(crate) gaps: Vec<Gap>,
}

impl Images<'_> {
    /// Looks.
    pub(crate) fn look(&self) -> Result<Looked, LedgerError> {
        let surroundings = Surroundings::of(self.listing, self.facts);
        self.save_containers(&surroundings)?;
        let known = self.known()?;
        let mut looked = Looked { images: self.listing.images.len(), gaps: self.listing.gaps.clone(), ..Looked::default() };
        let mut new = Vec::new();
        for image in &self.listing.images {
            let asset = surroundings.asset(image);
            match known.get(&asset.id) {
                Some(inventory) if inventory.source == self.source(image) => looked.moved |= self.save_known(&asset)?,
                _ => new.push((image, asset)),
            }
        }
        looked.changed += self.forget_gone(&known)?;
        // What runs goes first.
        new.sort_by_key(|(_, asset)| asset.labels.get(vulnerabilities::RUNNING).is_none_or(|running| running == "no"));
        for (image, asset) in new {
            let Some((changed, gaps)) = self.read(image, &asset)? else { break };
            looked.read += 1;
            looked.changed += changed;
            looked.gaps.extend(gaps);
        }
        Ok(looked)
    }

    /// The inventories of this machine's images, by asset.
    fn known(&self) -> Result<BTreeMap<AssetId, Inventory>, LedgerError> {
        let mine = format!("store {} ", self.host.id);
        let images = self.ledger.inventories()?.into_iter().filter(|it| it.kind == AssetKind::Image);
        Ok(images.filter(|it| it.source.starts_with(&mine)).map(|it| (it.asset, it)).collect())
    }

    /// What tells that an image was read: from where, by which reader, as which user.
    fn source(&self, image: &LocalImage) -> String {
        let (host, engine, user) = (self.host.id, engine_word(image.engine), rustix::process::geteuid().as_raw());
        let mut readers = Sha256::new_with_prefix(READER.to_le_bytes());
        self.seekers.watches().iter().for_each(|watch| readers.update(format!("{} {}\n", watch.name(), watch.version())));
        let readers: String = readers.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("store {host} {engine} {} reader {readers} user {user}", image.id)
    }

    /// Saves an image that was read before; whether its surroundings are others now, so that it must be judged anew.
    fn save_known(&self, asset: &Asset) -> Result<bool, LedgerError> {
        let state = || -> Result<_, LedgerError> {
            let asset = self.ledger.asset_in_effect(asset.id)?;
            Ok(asset.map(|asset| (asset.exposure, asset.labels.get(vulnerabilities::RUNNING).cloned())))
        };
        let before = state()?;
        self.ledger.save_asset(asset)?;
        let moved = before != state()?;
        if moved {
            self.ledger.judge_anew(asset.id)?;
        }
        Ok(moved)
    }

    /// Reads one image, judges it and saves what was seen; none when it was stopped.
    fn read(&self, image: &LocalImage, asset: &Asset) -> Result<Option<(u64, Vec<Gap>)>, LedgerError> {
        if (self.stop)() {
            return Ok(None);
        }
        let watches = self.seekers.watches();
        let (cache, stop) = (self.cache, self.stop);
        let context = Context { cache: Some(cache), threads: Some(1), watches: &watches, stop: Some(stop) };
        let mut facts = in_background(|| facts_of(image, &context));
        if (self.stop)() {
            return Ok(None);
        }
        let whole = !facts.layers.is_empty() && facts.layers.iter().all(|layer| layer.complete);
        let gaps = facts.gaps.clone();
        if whole && !image.names.is_empty() {
            // So that `vigie scan image` knows it again below another one.
            remember(cache, &KnownImage::of(&facts, image.name()));
        }
        self.ledger.save_asset(asset)?;
        let asset = self.ledger.asset_in_effect(asset.id)?.unwrap_or_else(|| asset.clone());
        let at_rest =
            AtRest { asset: &asset, components: &facts.components, remarks: &facts.remarks, image: Some(&facts), secrets: &[] };
        let sought = self.seekers.judge(&at_rest);
        // What is kept is what may be shown; what watchers remarked has become findings.
        without_secrets(&mut facts);
        facts.remarks.clear();
        let facts = Facts::Image(facts);
        let found = self.data.and_then(|data| Some((vulnerabilities::of(&facts, &asset, data, None)?, data.fingerprint())));
        // What a layer hides that could not be read is not gone.
        let covered = |kinds: &[FindingKind]| if whole { kinds.to_vec() } else { Vec::new() };
        let mut changed = self.ledger.record(&Run::over(asset.id, TOOL, covered(self.kinds)), &sought)?.changed();
        if let Some((found, _)) = &found {
            let run = Run::over(asset.id, vulnerabilities::TOOL, covered(&vulnerabilities::KINDS));
            changed += self.ledger.record(&run, found)?.changed();
        }
        let judged_by = found.as_ref().map(|(_, data)| data.as_str());
        let taken = Taken { at: self.clock.now(), source: &self.source(image), judged_by };
        match self.ledger.save_facts(asset.id, &facts, taken) {
            // Beyond what is kept: it is not read again, and not judged again either.
            Err(LedgerError::TooLarge { bytes, .. }) => {
                let gap = Gap::new(image.name(), Obstacle::BeyondLimit, format!("{bytes} bytes of facts"));
                let facts = Facts::Image(ImageFacts { gaps: vec![gap.clone()], ..ImageFacts::default() });
                self.ledger.save_facts(asset.id, &facts, taken)?;
                Ok(Some((changed, vec![gap])))
            }
            saved => saved.map(|()| Some((changed, gaps))),
        }
    }

    fn save_containers(&self, surroundings: &Surroundings<'_>) -> Result<(), LedgerError> {
        let Some(facts) = self.facts else { return Ok(()) };
        let containers = host::containers_as_assets(facts, self.host, |container| surroundings.image_of(container));
        for container in &containers {
            self.ledger.save_asset(container)?;
        }
        for image in surroundings.unlisted() {
            self.ledger.save_asset(&image)?;
        }
        // Where not all could be seen, one that is not listed may still be there.
        if !matches!(facts.containers, Observed::Seen(_) | Observed::Absent) {
            return Ok(());
        }
        let there: BTreeSet<AssetId> = containers.iter().map(|container| container.id).collect();
        let host = self.ledger.asset(self.host.id)?;
        let of_host = host.iter().flat_map(|host| &host.relations);
        let containers = of_host.filter(|it| it.kind == RelationKind::RunsOn && it.asset_kind == Some(AssetKind::Container));
        containers.filter(|it| !there.contains(&it.asset)).try_for_each(|it| self.mark_gone(it.asset))
    }

    /// Fixes the findings of images that are no longer there, and forgets what they held; gives how many changed.
    fn forget_gone(&self, known: &BTreeMap<AssetId, Inventory>) -> Result<u64, LedgerError> {
        let there: BTreeSet<AssetId> = self.listing.images.iter().map(surroundings::id_of).collect();
        let partly = |inventory: &Inventory| {
            let engine = inventory.source.split(' ').nth(2).unwrap_or_default();
            self.listing.partly.contains(engine)
        };
        let mut changed = 0;
        for (asset, _) in known.iter().filter(|(asset, inventory)| !there.contains(asset) && !partly(inventory)) {
            changed += self.ledger.record(&vulnerabilities::run(*asset), &[])?.changed();
            changed += self.ledger.record(&Run::over(*asset, TOOL, FindingKind::ALL), &[])?.changed();
            self.ledger.forget_facts(*asset)?;
            self.mark_gone(*asset)?;
        }
        Ok(changed)
    }

    fn mark_gone(&self, asset: AssetId) -> Result<(), LedgerError> {
        match self.ledger.asset_in_effect(asset)? {
            Some(mut asset) if asset.labels.get(STATE).is_none_or(|state| state != GONE) => {
                asset.labels.insert(STATE.to_owned(), GONE.to_owned());
                asset.labels.remove(vulnerabilities::RUNNING);
                self.ledger.save_asset(&asset)
            }
            _ => Ok(()),
        }
    }
}

/// What is in an image; one that cannot be opened holds a gap.
fn facts_of(image: &LocalImage, context: &Context<'_>) -> ImageFacts {
    let mut facts = match image.open(&Options::default(), context.stop) {
        Ok(opened) => opened.read(context),
        Err(error) => {
            let gap = Gap::new(image.name(), Obstacle::Failed, error.to_string());
            ImageFacts { reference: image.name().to_owned(), gaps: vec![gap], ..ImageFacts::default() }
        }
    };
    facts.names.clone_from(&image.names);
    facts
}

/// Does work on a thread that steps back behind everybody else; the threads that it starts do too.
fn in_background<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let nicely = move || {
        // No process means the caller, and Linux keeps niceness by thread (setpriority(2), "C library/kernel differences").
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::debug!(%error, "cannot step back");
        }
        work()
    };
    thread::scope(|scope| match scope.spawn(nicely).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

#[cfg(test)]
mod tests;

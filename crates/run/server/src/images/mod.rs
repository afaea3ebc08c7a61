//! The images and containers of this machine: listed, read where they are new, judged, and forgotten when they go.
//!
//! An image is an asset by the digest of its configuration, so it never changes: once read, it is known, and
//! new vulnerability data are matched against what is stored of it. What changes is its surroundings: whether a
//! container runs it and from where that can be reached, which is part of what its findings' priorities are made of.
//! An engine that knows an image by another digest tells the one of its configuration when it is read; the ledger keeps
//! which leads to which. So an image that a pipeline sent and a machine has is one asset (see [`crate::scans`]), and
//! stays when the machine removes it as long as a name leads to it.
//!
//! Cheap on purpose: one image at a time, one layer at a time, by a thread that yields to everybody else's; layers
//! that other images share are read once. Holds: what could not be read is a gap that stands in the facts and with the
//! round, and is not tried again by the same user with the same program; whoever stops the platform waits for no image.

mod surroundings;

use self::surroundings::Surroundings;
use crate::advisories::Data;
use crate::rest::{AtRest, Seekers, without_secrets};
use crate::scans;
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
/// Changes when more is gathered from an image than before, or it is kept otherwise: each is then read once more.
const READER: u32 = 3;
/// How much this work steps back behind others: the middle of nice(2)'s upper half.
const NICE: i32 = 10;
/// The label of a container or an image that is no longer there.
const STATE: &str = "state";
const GONE: &str = "gone";
/// The label of an image that says whose store has it.
const ENGINE: &str = "engine";
/// The label of an image that says what its first name is without the tag: the same from build to build.
const REPOSITORY: &str = "repository";
/// With what the source of facts begins that a machine's store gave.
const STORE: &str = "store ";

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

/// One image, read.
struct Read {
    /// Findings that changed.
    changed: u64,
    /// What could not be read.
    gaps: Vec<Gap>,
    /// What it goes by, where its engine knows it by another digest.
    key: Option<String>,
}

impl Images<'_> {
    /// Looks.
    pub(crate) fn look(&self) -> Result<Looked, LedgerError> {
        let mut keys = self.keys()?;
        let surroundings = Surroundings::of(self.listing, &keys, self.facts);
        self.save_containers(&surroundings)?;
        let known = self.known()?;
        let mut looked = Looked { images: self.listing.images.len(), gaps: self.listing.gaps.clone(), ..Looked::default() };
        let mut new = Vec::new();
        for image in &self.listing.images {
            let asset = surroundings.asset(image);
            match known.get(&asset.id) {
                Some(inventory) if same(&inventory.source, &self.source(image, &asset.key)) => {
                    looked.moved |= self.save_known(&asset)?;
                }
                _ => new.push((image, asset)),
            }
        }
        // What runs goes first.
        new.sort_by_key(|(_, asset)| asset.labels.get(vulnerabilities::RUNNING).is_none_or(|running| running == "no"));
        for (image, asset) in new {
            let Some(Read { changed, gaps, key }) = self.read(image, asset)? else { break };
            looked.read += 1;
            looked.changed += changed;
            looked.gaps.extend(gaps);
            keys.extend(key.map(|key| (image.id.clone(), key)));
        }
        // Of what was just read, another digest may be known now: containers hang on that.
        let surroundings = Surroundings::of(self.listing, &keys, self.facts);
        if looked.read > 0 {
            self.save_containers(&surroundings)?;
        }
        looked.changed += self.forget_gone(&known, &surroundings)?;
        Ok(looked)
    }

    /// What images go by that their engines know by another digest.
    fn keys(&self) -> Result<BTreeMap<String, String>, LedgerError> {
        let mut keys = BTreeMap::new();
        for image in &self.listing.images {
            keys.extend(self.ledger.led_to(&image.id)?.map(|key| (image.id.clone(), key)));
        }
        Ok(keys)
    }

    /// The inventories of this machine's images, by asset.
    fn known(&self) -> Result<BTreeMap<AssetId, Inventory>, LedgerError> {
        let mine = format!("{STORE}{} ", self.host.id);
        let images = self.ledger.inventories()?.into_iter().filter(|it| it.kind == AssetKind::Image);
        Ok(images.filter(|it| it.source.starts_with(&mine)).map(|it| (it.asset, it)).collect())
    }

    /// What tells that an image was read: from where, by which reader, as which user.
    fn source(&self, image: &LocalImage, key: &str) -> String {
        let (host, engine, user) = (self.host.id, engine_word(image.engine), rustix::process::geteuid().as_raw());
        let mut readers = Sha256::new_with_prefix(READER.to_le_bytes());
        self.seekers.watches().iter().for_each(|watch| readers.update(format!("{} {}\n", watch.name(), watch.version())));
        let readers: String = readers.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{STORE}{host} {engine} {key} reader {readers} user {user}")
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
    fn read(&self, image: &LocalImage, mut asset: Asset) -> Result<Option<Read>, LedgerError> {
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
        let whole = is_whole(&facts);
        let gaps = facts.gaps.clone();
        if whole && !image.names.is_empty() {
            // So that `vigie scan image` knows it again below another one.
            remember(cache, &KnownImage::of(&facts, image.name()));
        }
        let key = facts.config.id.clone().filter(|key| *key != asset.key);
        if let Some(key) = &key {
            asset = Asset { id: Asset::id_of(AssetKind::Image, key), key: key.clone(), ..asset };
        }
        self.ledger.save_asset(&asset)?;
        if key.is_some() {
            self.ledger.lead_names(asset.id, std::slice::from_ref(&image.id))?;
        }
        let asset = self.ledger.asset_in_effect(asset.id)?.unwrap_or(asset);
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
        let taken = Taken { at: self.clock.now(), source: &self.source(image, &asset.key), judged_by };
        match self.ledger.save_facts(asset.id, &facts, taken) {
            // Beyond what is kept: it is not read again, and not judged again either.
            Err(LedgerError::TooLarge { bytes, .. }) => {
                let gap = Gap::new(image.name(), Obstacle::BeyondLimit, format!("{bytes} bytes of facts"));
                let facts = Facts::Image(ImageFacts { gaps: vec![gap.clone()], ..ImageFacts::default() });
                self.ledger.save_facts(asset.id, &facts, taken)?;
                Ok(Some(Read { changed, gaps: vec![gap], key }))
            }
            saved => saved.map(|()| Some(Read { changed, gaps, key })),
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
        containers.filter(|it| !there.contains(&it.asset)).try_for_each(|it| mark_gone(self.ledger, it.asset))
    }

    /// Lets go of images that are no longer there; gives how many findings changed.
    fn forget_gone(&self, known: &BTreeMap<AssetId, Inventory>, surroundings: &Surroundings<'_>) -> Result<u64, LedgerError> {
        let there: BTreeSet<AssetId> = self.listing.images.iter().map(|image| surroundings.asset(image).id).collect();
        let partly = |inventory: &Inventory| {
            let engine = inventory.source.split(' ').nth(2).unwrap_or_default();
            self.listing.partly.contains(engine)
        };
        let mut changed = 0;
        for (asset, _) in known.iter().filter(|(asset, inventory)| !there.contains(asset) && !partly(inventory)) {
            changed += self.ledger.record(&Run::over(*asset, TOOL, FindingKind::ALL), &[])?.changed();
            if self.ledger.names_of(*asset)?.is_empty() {
                changed += scans::forget(self.ledger, *asset)?;
            } else {
                self.let_go(*asset)?;
            }
        }
        Ok(changed)
    }

    /// An image that this machine removed and a name leads to: a scan was sent of it.
    fn let_go(&self, asset: AssetId) -> Result<(), LedgerError> {
        if let Some(mut image) = self.ledger.asset_in_effect(asset)? {
            [ENGINE, STATE, vulnerabilities::RUNNING].into_iter().for_each(|label| drop(image.labels.remove(label)));
            self.ledger.save_asset(&image)?;
        }
        let Some(facts) = self.ledger.facts(asset)? else { return Ok(()) };
        // Nobody knows whether it runs any more, so it is judged anew.
        self.ledger.save_facts(asset, &facts, Taken { at: self.clock.now(), source: scans::SOURCE, judged_by: None })
    }
}

/// Whether facts were taken from a machine's store.
pub(crate) fn is_held(source: &str) -> bool {
    source.starts_with(STORE)
}

/// Whether all of an image was read.
pub(crate) fn is_whole(facts: &ImageFacts) -> bool {
    !facts.layers.is_empty() && facts.layers.iter().all(|layer| layer.complete)
}

/// Labels an image by its repository.
pub(crate) fn label_repository(asset: &mut Asset, names: &[String]) {
    if let Some(repository) = names.iter().find_map(|name| crate::base::repository(name)) {
        asset.labels.insert(REPOSITORY.to_owned(), repository.to_owned());
    }
}

/// Labels an asset that is no longer there.
pub(crate) fn mark_gone(ledger: &Ledger, asset: AssetId) -> Result<(), LedgerError> {
    match ledger.asset_in_effect(asset)? {
        Some(mut asset) if asset.labels.get(STATE).is_none_or(|state| state != GONE) => {
            asset.labels.insert(STATE.to_owned(), GONE.to_owned());
            asset.labels.remove(vulnerabilities::RUNNING);
            ledger.save_asset(&asset)
        }
        _ => Ok(()),
    }
}

/// Whether two sources are the same image, read alike: which of a machine's engines gave it does not matter.
fn same(one: &str, other: &str) -> bool {
    let without_engine =
        |source: &str| source.split(' ').enumerate().filter(|(n, _)| *n != 2).map(|(_, it)| it.to_owned()).collect::<Vec<_>>();
    without_engine(one) == without_engine(other)
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

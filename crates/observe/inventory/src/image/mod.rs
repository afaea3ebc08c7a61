//! Images at rest: opened where they lie, read in one pass over each layer, merged to facts.
//!
//! [`open`] finds an image by path or name, and reads its manifest and configuration; [`Image::read`] reads the
//! layers, several at once, through [`crate::layer`], asks the cache first, and merges. Nothing is judged, nothing
//! is unpacked, nothing is run.
//!
//! Holds: an image that can be opened can be read; a layer that cannot is a gap, and the others count. What a
//! manifest names by digest is checked against it before it is believed.

mod archive;
mod blobs;
mod cache;
mod engine;
mod error;
mod known;
mod listing;
mod local;
pub(crate) mod merge;
mod oci;
pub mod provenance;
mod reference;
mod registry;
mod store;

pub use error::ImageError;
pub use known::{components_of, known, remember};
pub use listing::{Listing, LocalImage, word as engine_word};
pub use registry::credentials::{Credentials, Secret};

use self::blobs::Blobs;
use self::cache::Cache;
use self::oci::Config;
use self::reference::{Place, Target};
pub use self::store::Stores;
use crate::layer::{self, Expected, LayerFacts, Readers, Scratch, Stop};
use crate::tree;
use crate::watch::Watch;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use vigie_model::image::{BuiltFrom, ImageFacts, ImageLayer, Platform};
use vigie_model::observed::Gap;

/// How images are opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which of several is wanted; this machine's, else.
    pub platform: Option<Platform>,
    /// Where temporary files may be put; the system's folder for them, else.
    pub scratch: Option<PathBuf>,
    /// How to sign in to a registry; what `docker login` and `podman login` left, else.
    pub credentials: Option<Credentials>,
    /// Docker's `config.json` or Podman's `auth.json`; the usual places, else.
    pub docker_config: Option<PathBuf>,
    /// Whether registries on other machines may be asked over plain `http`, and this one is.
    pub plain_http: bool,
}

/// How images are read.
#[derive(Clone, Copy, Default)]
pub struct Context<'a> {
    /// Where what is known of layers is kept; nowhere, else.
    pub cache: Option<&'a Path>,
    /// How many layers are read at once; as many as the machine has processors, else.
    pub threads: Option<usize>,
    /// Who else looks at the files.
    pub watches: &'a [&'a dyn Watch],
    /// Asked often: whether to leave the rest unread. What is then told of the image is not to be used.
    pub stop: Stop<'a>,
}

/// An image that was found; its layers have not been read yet.
pub struct Image {
    reference: String,
    opened: Opened,
    scratch: Scratch,
}

/// What every kind of place tells of an image.
pub(crate) struct Opened {
    pub(crate) names: Vec<String>,
    pub(crate) digest: Option<String>,
    pub(crate) config: Config,
    pub(crate) annotations: BTreeMap<String, String>,
    /// What its provenance says.
    pub(crate) built_from: Vec<BuiltFrom>,
    /// What about it could not be read.
    pub(crate) gaps: Vec<Gap>,
    pub(crate) layers: Vec<LayerSource>,
    pub(crate) blobs: Arc<dyn Blobs>,
}

/// Where a layer is.
pub(crate) struct LayerSource {
    /// Of the layer as stored.
    pub(crate) digest: Option<String>,
    /// Of the layer uncompressed.
    pub(crate) diff_id: Option<String>,
    /// As stored, where that is known.
    pub(crate) bytes: u64,
    pub(crate) place: LayerPlace,
}

/// How to get at a layer.
pub(crate) enum LayerPlace {
    /// A blob of this name.
    Blob(String),
    /// A folder of an overlay file system.
    Folder(PathBuf),
}

/// Finds an image by what a person writes: a path (`image.tar`, `image.tar#name:tag`, `layout@sha256:…`) or the
/// name of an image.
///
/// # Errors
/// See [`ImageError`].
pub fn open(reference: &str, options: &Options) -> Result<Image, ImageError> {
    let exists = |path: &str| !path.is_empty() && Path::new(path).exists();
    let bad = || ImageError::BadReference { reference: reference.to_owned() };
    let target = reference::parse(reference, &exists).ok_or_else(bad)?;
    let parent = options.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let scratch = Scratch::below(&parent)?;
    let opened = match target {
        Target::Path { path, which } => {
            let wanted = local::Wanted { reference, path: &path, which: which.as_deref(), platform: options.platform.as_ref() };
            local::open(&wanted, &scratch)?
        }
        Target::Name(name, place) => {
            let stores = Stores::here();
            let found = if place == Place::Registry { None } else { stores.find(reference, &name, place, options)? };
            let found =
                found.map_or_else(|| engine::find(reference, &name, place, options, &scratch), |found| Ok(Some(found)))?;
            match found {
                Some(found) => found,
                None if matches!(place, Place::Anywhere | Place::Registry) => registry::open(reference, &name, options)?,
                None => return Err(ImageError::NotHere { reference: reference.to_owned(), looked: stores.listed(place) }),
            }
        }
    };
    Ok(Image { reference: reference.to_owned(), opened, scratch })
}

impl Image {
    /// The manifest's digest; none where there is no manifest.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.opened.digest.as_deref()
    }

    /// Names the image itself carries.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.opened.names
    }

    /// What it runs on.
    #[must_use]
    pub const fn platform(&self) -> &Platform {
        &self.opened.config.platform
    }

    /// Digests of its layers, uncompressed, from the base to the top, as the configuration claims them.
    pub fn diff_ids(&self) -> impl Iterator<Item = &str> {
        self.opened.config.diff_ids.iter().map(String::as_str)
    }

    /// Reads all layers and lays them on each other.
    #[must_use]
    pub fn read(&self, context: &Context<'_>) -> ImageFacts {
        let layers = self.read_layers(context);
        let merged = merge::merge(&layers, true);
        let opened = &self.opened;
        let mut history = opened.config.image.history.iter().filter(|step| step.layer.is_some());
        let layer = |(number, (facts, source)): (usize, (&LayerFacts, &LayerSource))| ImageLayer {
            diff_id: or_claimed(&facts.diff_id, source.diff_id.as_deref()),
            digest: source.digest.clone(),
            bytes: if facts.bytes > 0 { facts.bytes } else { source.bytes },
            bytes_unpacked: facts.bytes_unpacked,
            entries: facts.entries,
            file_bytes: facts.file_bytes,
            wasted_bytes: merged.wasted_bytes.get(number).copied().unwrap_or_default(),
            created_by: history.next().map(|step| step.created_by.clone()).unwrap_or_default(),
            complete: facts.complete,
        };
        ImageFacts {
            reference: self.reference.clone(),
            names: opened.names.clone(),
            digest: opened.digest.clone(),
            platform: opened.config.platform.clone(),
            config: opened.config.image.clone(),
            annotations: opened.annotations.clone(),
            built_from: opened.built_from.clone(),
            layers: layers.iter().zip(&opened.layers).enumerate().map(layer).collect(),
            os: merged.os,
            components: merged.components,
            elevated: merged.elevated,
            world_writable: merged.world_writable,
            programs: merged.programs,
            accounts: merged.accounts,
            caches: merged.caches,
            waste: merged.waste,
            remarks: merged.remarks,
            gaps: opened.gaps.iter().cloned().chain(merged.gaps).collect(),
        }
    }

    /// Each layer's facts, from the base to the top; several are read at once.
    fn read_layers(&self, context: &Context<'_>) -> Vec<LayerFacts> {
        let sources = &self.opened.layers;
        let cache = context.cache.and_then(|folder| Cache::open(folder, context.watches));
        let next = AtomicUsize::new(0);
        let results: Vec<Mutex<LayerFacts>> = sources.iter().map(|_| Mutex::default()).collect();
        let work = || {
            while let Some((source, result)) = {
                let number = next.fetch_add(1, Ordering::Relaxed);
                sources.get(number).zip(results.get(number))
            } {
                let facts = self.read_layer(source, cache.as_ref(), context);
                *result.lock().unwrap_or_else(PoisonError::into_inner) = facts;
            }
        };
        let here = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = context.threads.unwrap_or_else(here).clamp(1, sources.len().max(1));
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        if let Some(cache) = cache {
            cache.trim();
        }
        results.into_iter().map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    fn read_layer(&self, source: &LayerSource, cache: Option<&Cache>, context: &Context<'_>) -> LayerFacts {
        let claimed = [source.digest.as_deref(), source.diff_id.as_deref()];
        // The digest of the stored bytes goes first: it is what the manifest, itself checked, names.
        if let Some(known) = cache.and_then(|cache| claimed.into_iter().flatten().next().and_then(|key| cache.find(key))) {
            return known;
        }
        let readers = Readers { scratch: &self.scratch, watches: context.watches, stop: context.stop };
        let expected = Expected { digest: source.digest.clone(), diff_id: source.diff_id.clone() };
        let name = short_name(source);
        let facts = match &source.place {
            LayerPlace::Blob(blob) => layer::read(&name, &expected, &mut || self.opened.blobs.open(blob), readers),
            LayerPlace::Folder(folder) => return read_folder(&name, source, folder, cache, readers),
        };
        if let Some(cache) = cache.filter(|_| facts.complete) {
            cache.keep(&facts, &[&facts.digest, &facts.diff_id]);
        }
        facts
    }
}

/// Reads a layer that a store keeps as a folder. It is remembered under a name of its own: nobody computed the
/// digest that it claims.
fn read_folder(name: &str, source: &LayerSource, folder: &Path, cache: Option<&Cache>, readers: Readers<'_>) -> LayerFacts {
    let key = source.diff_id.as_deref().map(folder_key).unwrap_or_default();
    if let Some(known) = cache.and_then(|cache| cache.find(&key)) {
        return known;
    }
    let facts = tree::layer_of_folder(folder, readers);
    let facts = facts.unwrap_or_else(|error| layer::unread(name, layer::obstacle(&error), error.to_string()));
    if let Some(cache) = cache.filter(|_| facts.complete && facts.gaps.is_empty()) {
        cache.keep(&facts, &[&key]);
    }
    facts
}

/// What a layer that lies in a folder is remembered by.
fn folder_key(diff_id: &str) -> String {
    format!("folder {diff_id}")
}

/// What gaps call a layer.
fn short_name(source: &LayerSource) -> String {
    const DIGITS: usize = "sha256:".len() + 12;
    let digest = source.diff_id.as_deref().or(source.digest.as_deref()).unwrap_or("layer");
    digest.chars().take(DIGITS).filter(|char| !char.is_control()).collect()
}

fn or_claimed(computed: &str, claimed: Option<&str>) -> String {
    if computed.is_empty() { claimed.unwrap_or_default().to_owned() } else { computed.to_owned() }
}

#[cfg(test)]
mod tests;

//! Images in files and folders: archives of `docker save`, OCI archives, OCI layouts.
//!
//! An archive of Docker 25 and later is both: `index.json` is preferred, because its manifests have digests
//! that can be checked; `manifest.json` is what older archives have.

use super::archive::Archive;
use super::blobs::{Blobs, Folder, InArchive, Stream, digest_of, read_bounded, read_small};
use super::error::ImageError;
use super::oci::{
    self, CONFIG_BYTES_MAX, Config, Descriptor, Document, LAYERS_MAX, MANIFEST_BYTES_MAX, choose, is_sha256, parse_config,
    parse_document,
};
use super::reference::Name;
use super::{LayerPlace, LayerSource, Opened, provenance};
use crate::layer::Scratch;
use crate::walk::path;
use serde::Deserialize;
use std::io;
use std::path::Path;
use std::sync::Arc;
use vigie_model::image::Platform;

/// How deep indexes may stand in indexes.
const DEPTH_MAX: usize = 4;
/// The most images of an index.
const IMAGES_MAX: usize = 10_000;

/// What is wanted of a place that may have several images.
pub(crate) struct Wanted<'a> {
    /// For messages.
    pub(crate) reference: &'a str,
    /// For messages; the place.
    pub(crate) path: &'a Path,
    /// A name or a digest.
    pub(crate) which: Option<&'a str>,
    pub(crate) platform: Option<&'a Platform>,
}

/// Opens a file or a folder.
pub(crate) fn open(wanted: &Wanted<'_>, scratch: &Scratch) -> Result<Opened, ImageError> {
    let path = wanted.path;
    let metadata = std::fs::metadata(path).map_err(|source| ImageError::Unreadable { path: path.to_owned(), source })?;
    if metadata.is_dir() {
        return open_layout(wanted);
    }
    let archive = Archive::open(path, scratch).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidInput => {
            ImageError::NotAnImage { path: path.to_owned(), why: source.to_string() }
        }
        _ => ImageError::Unreadable { path: path.to_owned(), source },
    })?;
    open_archive(wanted, &Arc::new(archive))
}

fn open_layout(wanted: &Wanted<'_>) -> Result<Opened, ImageError> {
    let index = wanted.path.join("index.json");
    let missing = |why: String| ImageError::NotAnImage { path: wanted.path.to_owned(), why };
    let stream = super::archive::open_file(&index).map_err(|error| missing(format!("index.json: {error}")))?;
    let bytes = read_bounded(stream, MANIFEST_BYTES_MAX).map_err(|error| missing(format!("index.json: {error}")))?;
    from_index(wanted, &bytes, Arc::new(Folder(wanted.path.to_owned())))
}

fn open_archive(wanted: &Wanted<'_>, archive: &Arc<Archive>) -> Result<Opened, ImageError> {
    let read = |name: &str| archive.read(name).and_then(|section| read_bounded(section, MANIFEST_BYTES_MAX));
    let (index, manifest) = (read("index.json"), read("manifest.json"));
    match (index, manifest) {
        (Ok(index), manifest) => {
            let opened = from_index(wanted, &index, Arc::new(InArchive(Arc::clone(archive))));
            match (opened, manifest) {
                // Docker writes names and some forms of images only into its own list.
                (Err(_), Ok(manifest)) => from_list(wanted, &manifest, archive),
                (opened, _) => opened,
            }
        }
        (Err(_), Ok(manifest)) => from_list(wanted, &manifest, archive),
        (Err(error), Err(_)) => {
            let why = format!("neither index.json nor manifest.json: {error}");
            Err(ImageError::NotAnImage { path: wanted.path.to_owned(), why })
        }
    }
}

fn from_index(wanted: &Wanted<'_>, bytes: &[u8], blobs: Arc<dyn Blobs>) -> Result<Opened, ImageError> {
    let index = document(bytes, wanted.reference, "index")?;
    let attestations = provenance::attestations(&index.manifests);
    let images: Vec<Descriptor> = index.manifests.into_iter().filter(Descriptor::may_be_image).take(IMAGES_MAX).collect();
    let chosen = choose_named(wanted, images)?;
    let names = chosen.iter().flat_map(Descriptor::names).map(str::to_owned).collect();
    // What the index names may be an index for platforms, one more time.
    let descriptor = pick(wanted.reference, wanted.platform, &chosen)?.clone();
    let mut opened = from_descriptor(wanted.reference, wanted.platform, descriptor, attestations, blobs)?;
    opened.names = names;
    Ok(opened)
}

/// The entries of an index that are meant: those of a name, of a digest, or all where nothing is said and all
/// are one image for several platforms.
fn choose_named(wanted: &Wanted<'_>, images: Vec<Descriptor>) -> Result<Vec<Descriptor>, ImageError> {
    let which = |images: &[Descriptor]| ImageError::WhichImage {
        path: wanted.path.to_owned(),
        names: images.iter().map(|image| image.names().next().unwrap_or(&image.digest).to_owned()).collect(),
    };
    let Some(name) = wanted.which else {
        let names: Vec<Option<&str>> = images.iter().map(|image| image.names().next()).collect();
        let platforms = images.iter().filter(|image| image.platform.is_some()).count();
        let one = names.windows(2).all(|pair| pair[0] == pair[1]) && (images.len() <= 1 || platforms == images.len());
        return if one { Ok(images) } else { Err(which(&images)) };
    };
    let wanted_name = super::reference::name(name);
    let is = |image: &Descriptor| image.digest == name || image.names().any(|other| same_name(other, name, wanted_name.as_ref()));
    let (meant, others): (Vec<_>, Vec<_>) = images.into_iter().partition(is);
    if meant.is_empty() && !is_sha256(name) {
        return Err(which(&others));
    }
    if meant.is_empty() {
        // A digest deeper in: the blob is there, or its reading says why not.
        return Ok(vec![Descriptor { digest: name.to_owned(), ..Descriptor::default() }]);
    }
    Ok(meant)
}

fn same_name(there: &str, wanted: &str, name: Option<&Name>) -> bool {
    there == wanted || name.is_some_and(|name| name.is(there) || name.tag.as_deref() == Some(there) && wanted.ends_with(there))
}

/// Chooses by platform.
pub(crate) fn pick<'a>(
    reference: &str,
    platform: Option<&Platform>,
    images: &'a [Descriptor],
) -> Result<&'a Descriptor, ImageError> {
    // An entry that does not tell its platform may be an index of its own, or the only image.
    let untold = match images {
        [only] if only.platform.is_none() => Some(only),
        _ => None,
    };
    untold.or_else(|| choose(images, platform)).ok_or_else(|| ImageError::NoPlatform {
        reference: reference.to_owned(),
        wanted: platform.cloned(),
        there: images.iter().filter_map(|image| image.platform.clone()).collect(),
    })
}

pub(crate) fn document(bytes: &[u8], reference: &str, what: &'static str) -> Result<Document, ImageError> {
    parse_document(bytes).map_err(|error| ImageError::Damaged { reference: reference.to_owned(), what, why: error.to_string() })
}

impl Opened {
    /// Takes in what the attestations of an index say of this image.
    fn attach(&mut self, reference: &str, attestations: &[Descriptor]) {
        let Some(digest) = self.digest.as_deref().filter(|_| !attestations.is_empty()) else { return };
        let stored: Vec<&str> = self.layers.iter().filter_map(|layer| layer.digest.as_deref()).collect();
        (self.built_from, self.gaps) = provenance::read(reference, digest, &stored, attestations, &*self.blobs);
    }
}

/// Follows a descriptor to its image: through indexes for platforms, to the manifest and the configuration.
/// `attestations` are those of the index that named it.
pub(crate) fn from_descriptor(
    reference: &str,
    platform: Option<&Platform>,
    mut descriptor: Descriptor,
    mut attestations: Vec<Descriptor>,
    blobs: Arc<dyn Blobs>,
) -> Result<Opened, ImageError> {
    let damaged = |why: String| ImageError::Damaged { reference: reference.to_owned(), what: "manifest", why };
    for _ in 0..DEPTH_MAX {
        let bytes = read_small(&*blobs, &descriptor, MANIFEST_BYTES_MAX, reference, "manifest")?;
        let document = document(&bytes, reference, "manifest")?;
        if document.schema_version == 1 {
            return Err(damaged("it is of schema 1, which is no longer in use".to_owned()));
        }
        if document.config.is_some() {
            let mut opened = from_manifest(reference, platform, &descriptor.digest, document, blobs)?;
            opened.attach(reference, &attestations);
            return Ok(opened);
        }
        attestations.extend(provenance::attestations(&document.manifests));
        let images: Vec<Descriptor> = document.manifests.into_iter().filter(Descriptor::may_be_image).take(IMAGES_MAX).collect();
        descriptor = pick(reference, platform, &images)?.clone();
    }
    Err(damaged(format!("more than {DEPTH_MAX} indexes stand in each other")))
}

fn from_manifest(
    reference: &str,
    platform: Option<&Platform>,
    digest: &str,
    manifest: Document,
    blobs: Arc<dyn Blobs>,
) -> Result<Opened, ImageError> {
    let damaged = |why: String| ImageError::Damaged { reference: reference.to_owned(), what: "manifest", why };
    if manifest.layers.len() > LAYERS_MAX {
        return Err(damaged(format!("it has {} layers, more than {LAYERS_MAX}", manifest.layers.len())));
    }
    let descriptor = manifest.config.unwrap_or_default();
    let bytes = read_small(&*blobs, &descriptor, CONFIG_BYTES_MAX, reference, "configuration")?;
    let config = config(&bytes, &descriptor.digest, reference)?;
    check_platform(reference, platform, &config.platform)?;
    let diff_ids = config.diff_ids.clone();
    // Where the two lists differ in length, what belongs together is not known, and hashes are not compared.
    let pairs = diff_ids.len() == manifest.layers.len();
    let layer = |(number, layer): (usize, Descriptor)| LayerSource {
        diff_id: diff_ids.get(number).filter(|_| pairs).cloned(),
        digest: Some(layer.digest.clone()),
        bytes: layer.size,
        place: LayerPlace::Blob(layer.digest),
    };
    Ok(Opened {
        names: Vec::new(),
        digest: Some(digest.to_owned()),
        config,
        annotations: manifest.annotations,
        built_from: Vec::new(),
        gaps: Vec::new(),
        layers: manifest.layers.into_iter().enumerate().map(layer).collect(),
        blobs,
    })
}

pub(crate) fn config(bytes: &[u8], digest: &str, reference: &str) -> Result<Config, ImageError> {
    let damaged = |why: String| ImageError::Damaged { reference: reference.to_owned(), what: "configuration", why };
    let config = parse_config(bytes, digest).map_err(|error| damaged(error.to_string()))?;
    if config.diff_ids.len() > LAYERS_MAX {
        return Err(damaged(format!("it has {} layers, more than {LAYERS_MAX}", config.diff_ids.len())));
    }
    Ok(config)
}

/// A manifest that stands alone says nothing of a platform; its configuration does.
pub(crate) fn check_platform(reference: &str, wanted: Option<&Platform>, there: &Platform) -> Result<(), ImageError> {
    let fits = wanted.is_none_or(|wanted| there.architecture == "unknown" || wanted.takes(there));
    let error =
        || ImageError::NoPlatform { reference: reference.to_owned(), wanted: wanted.cloned(), there: vec![there.clone()] };
    if fits { Ok(()) } else { Err(error()) }
}

/// An entry of `manifest.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Saved {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Option<Vec<String>>,
}

/// Blobs of an archive by their path in it.
struct ByPath(Arc<Archive>);

impl Blobs for ByPath {
    fn open(&self, path: &str) -> io::Result<Stream> {
        Ok(Box::new(self.0.read(path)?))
    }
}

fn from_list(wanted: &Wanted<'_>, bytes: &[u8], archive: &Arc<Archive>) -> Result<Opened, ImageError> {
    let reference = wanted.reference;
    let damaged = |what: &'static str, why: String| ImageError::Damaged { reference: reference.to_owned(), what, why };
    let saved: Vec<Saved> = serde_json::from_slice(bytes).map_err(|error| damaged("manifest", error.to_string()))?;
    let tags = |saved: &Saved| saved.repo_tags.clone().unwrap_or_default();
    let which = || ImageError::WhichImage { path: wanted.path.to_owned(), names: saved.iter().flat_map(tags).collect() };
    let chosen = match (wanted.which, &saved[..]) {
        (None, [only]) => only,
        (None, _) => return Err(which()),
        (Some(name), _) => {
            let parsed = super::reference::name(name);
            let hex = name.strip_prefix("sha256:").unwrap_or(name);
            let is = |saved: &&Saved| {
                tags(saved).iter().any(|tag| same_name(tag, name, parsed.as_ref()))
                    || is_sha256(name) && saved.config.contains(hex)
            };
            saved.iter().find(is).ok_or_else(which)?
        }
    };
    let path_of = |written: &str| {
        let mut path = String::new();
        // Names that lead out of the archive are not in it.
        path::normalise(written.as_bytes(), &mut path).ok();
        path
    };
    let section = archive.read(&path_of(&chosen.config)).map_err(|error| damaged("configuration", error.to_string()))?;
    let bytes = read_bounded(section, CONFIG_BYTES_MAX).map_err(|error| damaged("configuration", error.to_string()))?;
    let config = config(&bytes, &digest_of(&bytes), reference)?;
    check_platform(reference, wanted.platform, &config.platform)?;
    let paths = chosen.layers.clone().unwrap_or_default();
    if paths.len() > oci::LAYERS_MAX || paths.len() != config.diff_ids.len() {
        return Err(damaged("manifest", format!("it has {} layers, its configuration {}", paths.len(), config.diff_ids.len())));
    }
    let layer = |(path, diff_id): (&String, &String)| {
        let path = path_of(path);
        LayerSource {
            diff_id: Some(diff_id.clone()),
            digest: None,
            bytes: archive.size(&path).unwrap_or_default(),
            place: LayerPlace::Blob(path),
        }
    };
    let layers = paths.iter().zip(&config.diff_ids).map(layer).collect();
    let names = tags(chosen);
    Ok(Opened {
        names,
        digest: None,
        config,
        annotations: Default::default(),
        built_from: Vec::new(),
        gaps: Vec::new(),
        layers,
        blobs: Arc::new(ByPath(Arc::clone(archive))),
    })
}

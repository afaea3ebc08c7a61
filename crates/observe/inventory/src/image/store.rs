//! Images in the stores of this machine, read from their folders: no engine needs to run.
//!
//! Podman, Buildah and CRI-O share containers/storage (<https://github.com/containers/storage>): lists in JSON,
//! layers as folders of an overlay file system. Docker keeps names, configurations and chains of layers under
//! `image/overlay2`, and the layers as the same sort of folders. Only what the user may read is seen: root's
//! store as root, one's own store as oneself. Deliberately not here: Docker with the image store of containerd,
//! and stores of other drivers than overlay.
//!
//! A layer in a folder has no digest to be checked against: whoever can write there is trusted already.

use super::blobs::{Blobs, Stream, digest_of, read_bounded};
use super::error::ImageError;
use super::oci::{CONFIG_BYTES_MAX, Descriptor, LAYERS_MAX, MANIFEST_BYTES_MAX, is_sha256};
use super::reference::{Name, Place};
use super::{LayerPlace, LayerSource, Opened, Options, archive, local};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest list of a store.
const LIST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Where stores may be.
#[derive(Clone, Debug, Default)]
pub struct Stores {
    pub(crate) docker: Vec<PathBuf>,
    pub(crate) podman: Vec<PathBuf>,
    /// Engines are asked as well, through their sockets and programs.
    pub(crate) engines: bool,
}

impl Stores {
    /// Those of this machine: root's and this user's.
    #[must_use]
    pub fn here() -> Self {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(|| home.map(|home| home.join(".local/share")));
        let mut stores =
            Self { docker: vec!["/var/lib/docker".into()], podman: vec!["/var/lib/containers/storage".into()], engines: true };
        if let Some(data) = data {
            stores.docker.push(data.join("docker"));
            stores.podman.push(data.join("containers/storage"));
        }
        stores
    }

    /// The folders of root's stores below another root; no engine is asked.
    #[must_use]
    pub fn below(root: &Path) -> Self {
        let below = |path: &str| vec![root.join(path)];
        Self { docker: below("var/lib/docker"), podman: below("var/lib/containers/storage"), engines: false }
    }

    /// The image of this name, from the first store that has it.
    pub(crate) fn find(
        &self,
        reference: &str,
        name: &Name,
        place: Place,
        options: &Options,
    ) -> Result<Option<Opened>, ImageError> {
        if matches!(place, Place::Anywhere | Place::Docker) {
            for store in &self.docker {
                if let Some(opened) = docker(store, reference, name, options)? {
                    return Ok(Some(opened));
                }
            }
        }
        if matches!(place, Place::Anywhere | Place::Podman) {
            for store in &self.podman {
                if let Some(opened) = podman(store, reference, name, options)? {
                    return Ok(Some(opened));
                }
            }
        }
        Ok(None)
    }

    /// The folders and programs, for people.
    pub(crate) fn listed(&self, place: Place) -> Vec<String> {
        let docker = self.docker.iter().filter(|_| matches!(place, Place::Anywhere | Place::Docker));
        let podman = self.podman.iter().filter(|_| matches!(place, Place::Anywhere | Place::Podman));
        let engines: &[&str] = match place {
            Place::Docker => &["docker"],
            Place::Podman => &["podman"],
            Place::Containerd => &["ctr"],
            Place::Anywhere | Place::Registry => &[],
        };
        let engines = engines.iter().map(|program| (*program).to_owned());
        docker.chain(podman).map(|folder| folder.display().to_string()).chain(engines).collect()
    }
}

/// Layers in folders need no blobs.
struct NoBlobs;

impl Blobs for NoBlobs {
    fn open(&self, _: &str) -> io::Result<Stream> {
        Err(io::ErrorKind::NotFound.into())
    }
}

fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    read_bounded(archive::open_file(path)?, bytes_max)
}

/// A list of a store; none where it is not there or not for this user.
pub(super) fn list<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ImageError> {
    let bytes = match read(path, LIST_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(source) => return Err(ImageError::Unreadable { path: path.to_owned(), source }),
    };
    let unreadable = |error: serde_json::Error| ImageError::Unreadable { path: path.to_owned(), source: error.into() };
    serde_json::from_slice(&bytes).map(Some).map_err(unreadable)
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PodmanImage {
    pub(super) id: String,
    digest: String,
    pub(super) names: Option<Vec<String>>,
    layer: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct PodmanLayer {
    id: String,
    parent: String,
    diff_digest: String,
    diff_size: u64,
}

pub(super) fn is_id(text: &str) -> bool {
    is_sha256(&format!("sha256:{text}"))
}

fn podman(store: &Path, reference: &str, name: &Name, options: &Options) -> Result<Option<Opened>, ImageError> {
    let images: Option<Vec<PodmanImage>> = list(&store.join("overlay-images/images.json"))?;
    let is = |image: &&PodmanImage| match &name.digest {
        Some(digest) => image.digest == *digest,
        None => image.names.iter().flatten().any(|other| name.is(other)),
    };
    let Some(image) = images.iter().flatten().find(is).filter(|image| is_id(&image.id)) else { return Ok(None) };
    podman_image(store, reference, image, options).map(Some)
}

/// The image of a store's list.
pub(super) fn podman_image(store: &Path, reference: &str, image: &PodmanImage, options: &Options) -> Result<Opened, ImageError> {
    let damaged = |what: &'static str, why: String| ImageError::Damaged { reference: reference.to_owned(), what, why };
    let folder = store.join("overlay-images").join(&image.id);
    let id = format!("sha256:{}", image.id);
    // Names that are no plain words stand in base 64 (containers/storage, `makeBigDataBaseName`).
    let bytes = read(&folder.join(format!("={}", STANDARD.encode(&id))), CONFIG_BYTES_MAX)
        .map_err(|error| damaged("configuration", error.to_string()))?;
    let config = local::config(&bytes, &id, reference)?;
    if digest_of(&bytes) != id {
        return Err(damaged("configuration", "its bytes are not what its name says".to_owned()));
    }
    local::check_platform(reference, options.platform.as_ref(), &config.platform)?;
    let manifest =
        read(&folder.join("manifest"), MANIFEST_BYTES_MAX).ok().and_then(|bytes| super::oci::parse_document(&bytes).ok());
    let chain = podman_chain(store, &image.layer)?;
    if chain.len() != config.diff_ids.len() {
        return Err(damaged(
            "manifest",
            format!("the store has {} layers, its configuration {}", chain.len(), config.diff_ids.len()),
        ));
    }
    let manifest = manifest.unwrap_or_default();
    let stored: Vec<Option<Descriptor>> = match manifest.layers.len() == chain.len() {
        true => manifest.layers.into_iter().map(Some).collect(),
        false => vec![None; chain.len()],
    };
    let layer = |((layer, stored), diff_id): ((PodmanLayer, Option<Descriptor>), &String)| LayerSource {
        digest: stored.as_ref().map(|stored| stored.digest.clone()),
        diff_id: Some(if is_sha256(&layer.diff_digest) { layer.diff_digest } else { diff_id.clone() }),
        bytes: stored.map_or(layer.diff_size, |stored| stored.size),
        place: LayerPlace::Folder(store.join("overlay").join(layer.id).join("diff")),
    };
    let layers = chain.into_iter().zip(stored).zip(&config.diff_ids).map(layer).collect();
    Ok(Opened {
        names: image.names.clone().unwrap_or_default(),
        digest: Some(image.digest.clone()).filter(|digest| is_sha256(digest)),
        config,
        annotations: manifest.annotations,
        built_from: Vec::new(),
        gaps: Vec::new(),
        layers,
        blobs: Arc::new(NoBlobs),
    })
}

/// The layers of an image, base first.
fn podman_chain(store: &Path, top: &str) -> Result<Vec<PodmanLayer>, ImageError> {
    let mut known: HashMap<String, PodmanLayer> = HashMap::new();
    for file in ["layers.json", "volatile-layers.json"] {
        let layers: Option<Vec<PodmanLayer>> = list(&store.join("overlay-layers").join(file))?;
        known.extend(layers.into_iter().flatten().filter(|layer| is_id(&layer.id)).map(|layer| (layer.id.clone(), layer)));
    }
    let mut chain = Vec::new();
    let mut next = top.to_owned();
    // Taking each layer out of the map ends any circle.
    while let Some(layer) = known.remove(&next).filter(|_| chain.len() < LAYERS_MAX) {
        next.clone_from(&layer.parent);
        chain.push(layer);
    }
    chain.reverse();
    Ok(chain)
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DockerNames {
    repositories: BTreeMap<String, BTreeMap<String, String>>,
}

fn docker(store: &Path, reference: &str, name: &Name, options: &Options) -> Result<Option<Opened>, ImageError> {
    let root = store.join("image/overlay2");
    let names: Option<DockerNames> = list(&root.join("repositories.json"))?;
    let all = || names.iter().flat_map(|names| names.repositories.values()).flatten();
    let is = |other: &str| match &name.digest {
        Some(digest) => other.ends_with(&format!("@{digest}")),
        None => name.is(other),
    };
    let Some(id) = all().find(|(other, id)| is(other) && is_sha256(id)).map(|(_, id)| id.clone()) else { return Ok(None) };
    docker_image(store, reference, &id, &names.unwrap_or_default(), options).map(Some)
}

/// The image of an id.
pub(super) fn docker_image(
    store: &Path,
    reference: &str,
    id: &str,
    names: &DockerNames,
    options: &Options,
) -> Result<Opened, ImageError> {
    let root = store.join("image/overlay2");
    let damaged = |what: &'static str, why: String| ImageError::Damaged { reference: reference.to_owned(), what, why };
    let hex = id.trim_start_matches("sha256:");
    let bytes = read(&root.join("imagedb/content/sha256").join(hex), CONFIG_BYTES_MAX)
        .map_err(|error| damaged("configuration", error.to_string()))?;
    if digest_of(&bytes) != id {
        return Err(damaged("configuration", "its bytes are not what its name says".to_owned()));
    }
    let config = local::config(&bytes, id, reference)?;
    local::check_platform(reference, options.platform.as_ref(), &config.platform)?;
    let mut chain = String::new();
    let mut layers = Vec::new();
    for diff_id in &config.diff_ids {
        // The name of a layer on top of others (OCI image specification, "Layer ChainID").
        chain = if chain.is_empty() { diff_id.clone() } else { digest_of(format!("{chain} {diff_id}").as_bytes()) };
        let folder = root.join("layerdb/sha256").join(chain.trim_start_matches("sha256:"));
        let text = |file: &str| read(&folder.join(file), 4096).map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        let cache_id =
            text("cache-id").ok().filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()) && is_sha256(diff_id));
        let cache_id = cache_id.ok_or_else(|| damaged("manifest", format!("the store has no layer {diff_id}")))?;
        layers.push(LayerSource {
            digest: None,
            diff_id: Some(diff_id.clone()),
            bytes: text("size").ok().and_then(|size| size.parse().ok()).unwrap_or_default(),
            place: LayerPlace::Folder(store.join("overlay2").join(cache_id).join("diff")),
        });
    }
    let (pinned, names) = names.of(id);
    let digest = pinned
        .iter()
        .filter_map(|name| name.split_once('@'))
        .map(|(_, digest)| digest.to_owned())
        .find(|digest| is_sha256(digest));
    Ok(Opened {
        names,
        digest,
        config,
        annotations: BTreeMap::new(),
        built_from: Vec::new(),
        gaps: Vec::new(),
        layers,
        blobs: Arc::new(NoBlobs),
    })
}

impl DockerNames {
    /// Names of an image: pinned to a digest, and others.
    pub(super) fn of(&self, id: &str) -> (Vec<String>, Vec<String>) {
        let all = self.repositories.values().flatten();
        all.filter(|(_, theirs)| *theirs == id).map(|(name, _)| name.clone()).partition(|name| name.contains('@'))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::image::tests::{STATUS, config_of};
    use crate::image::{Context, Image};
    use crate::layer::Scratch;
    use serde_json::json;
    use std::fs;

    fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Two layers: the first brings a package and a file, the second deletes the file.
    fn write_layers(root: &Path, folders: [&str; 2]) {
        write(root, &format!("{}/etc/os-release", folders[0]), "ID=debian\nVERSION_ID=12\n");
        write(root, &format!("{}/var/lib/dpkg/status", folders[0]), STATUS);
        write(root, &format!("{}/var/lib/dpkg/status.d/x", folders[0]), "Package: x\nVersion: 1\n");
        write(root, &format!("{}/var/lib/dpkg/.wh.status.d", folders[1]), "");
    }

    #[track_caller]
    fn check(dir: &Path, opened: Option<Opened>, reference: &str) {
        let image = Image { reference: reference.to_owned(), opened: opened.unwrap(), scratch: Scratch::below(dir).unwrap() };
        let cache = dir.join("cache");
        for _ in 0..2 {
            let facts = image.read(&Context { cache: Some(&cache), ..Context::default() });
            let packages: Vec<_> = facts.components.iter().map(|component| component.package.name.as_str()).collect();
            assert_eq!((packages, facts.gaps), (vec!["libssl3"], vec![]));
            assert!(facts.layers.iter().all(|layer| layer.complete));
        }
    }

    /// A store of Podman with `localhost/app:1`; gives the ids of its two layers.
    pub(in crate::image) fn podman_store(store: &Path) -> [String; 2] {
        let ids = ["a".repeat(64), "b".repeat(64)];
        let config = config_of(&[b"1".to_vec(), b"2".to_vec()]);
        let id = digest_of(&config);
        let hex = id.trim_start_matches("sha256:");
        write_layers(store, [&format!("overlay/{}/diff", ids[0]), &format!("overlay/{}/diff", ids[1])]);
        write(store, &format!("overlay-images/{hex}/={}", STANDARD.encode(&id)), &config);
        let images =
            json!([{"id": hex, "names": ["localhost/app:1"], "layer": ids[1], "digest": format!("sha256:{}", "c".repeat(64))}]);
        write(store, "overlay-images/images.json", images.to_string());
        let layers = json!([{"id": ids[0], "diff-size": 10}, {"id": ids[1], "parent": ids[0], "diff-size": 1}]);
        write(store, "overlay-layers/layers.json", layers.to_string());
        ids
    }

    /// A store of Docker with `app:1`; gives the names of its chains of layers.
    pub(in crate::image) fn docker_store(store: &Path) -> [String; 2] {
        let layers = [b"1".to_vec(), b"2".to_vec()];
        let config = config_of(&layers);
        let id = digest_of(&config);
        let diff_ids = layers.map(|layer| digest_of(&layer));
        let chains = [diff_ids[0].clone(), digest_of(format!("{} {}", diff_ids[0], diff_ids[1]).as_bytes())];
        write_layers(store, ["overlay2/one/diff", "overlay2/two/diff"]);
        for (chain, cache_id) in chains.iter().zip(["one", "two"]) {
            let folder = format!("image/overlay2/layerdb/sha256/{}", &chain[7..]);
            write(store, &format!("{folder}/cache-id"), cache_id);
            write(store, &format!("{folder}/size"), "7");
        }
        write(store, &format!("image/overlay2/imagedb/content/sha256/{}", &id[7..]), &config);
        let names = json!({"Repositories": {"app": {"app:1": id, format!("app@sha256:{}", "d".repeat(64)): id}}});
        write(store, "image/overlay2/repositories.json", names.to_string());
        chains
    }

    #[test]
    fn an_image_of_podman_is_read_from_its_folders() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("storage");
        podman_store(&store);
        let stores = Stores { podman: vec![dir.path().join("absent"), store], ..Stores::default() };
        let find = |text: &str| {
            stores.find(text, &super::super::reference::name(text).unwrap(), Place::Anywhere, &Options::default()).unwrap()
        };
        check(dir.path(), find("localhost/app:1"), "localhost/app:1");
        assert!(find(&format!("localhost/app@sha256:{}", "c".repeat(64))).is_some());
        assert!(find("localhost/app:2").is_none());
    }

    #[test]
    fn an_image_of_docker_is_read_from_its_folders() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("docker");
        let chains = docker_store(&store);
        let stores = Stores { docker: vec![store.clone()], ..Stores::default() };
        let find =
            |text: &str| stores.find(text, &super::super::reference::name(text).unwrap(), Place::Docker, &Options::default());
        let opened = find("app:1").unwrap();
        assert_eq!(opened.as_ref().unwrap().digest, Some(format!("sha256:{}", "d".repeat(64))));
        check(dir.path(), opened, "app:1");
        assert!(find("other").unwrap().is_none());
        write(&store, &format!("image/overlay2/layerdb/sha256/{}/cache-id", &chains[1][7..]), "../../etc");
        assert!(matches!(find("app:1"), Err(ImageError::Damaged { .. })));
    }
}

//! The images of this machine: which there are, and how to open each.
//!
//! Folders are read where they may be; where they may not, or where Docker keeps its images with containerd, the
//! engine is asked for its list, and its program later writes an archive. An engine that is not installed is nothing;
//! one that lets us see neither is a gap. An image is known by its id, the digest of its configuration; containerd's
//! program tells only the manifest's digest, which then stands for it.
//!
//! Holds: a list without gaps names every image of the engines found, so one that is not named is gone.

use super::error::ImageError;
use super::oci::is_sha256;
use super::store::{self, DockerNames, PodmanImage, Stores};
use super::{Image, Opened, Options, engine};
use crate::host::containers::get_from_engine;
use crate::layer::{Scratch, Stop};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use vigie_kit::clock::Clock;
use vigie_kit::process::{self, Limits, RunError};
use vigie_model::host::Engine;
use vigie_model::observed::{Gap, Obstacle};

/// The most images of one store.
const IMAGES_MAX: usize = 20_000;
const DOCKER_SOCKET: &str = "/var/run/docker.sock";
const CONTAINERD_SOCKET: &str = "/run/containerd/containerd.sock";
/// Namespaces of containerd whose images are its own; Docker's are asked of Docker.
const NAMESPACES: [&str; 2] = ["default", "k8s.io"];
const ASKING: Limits = Limits { time: Duration::from_secs(10), stdout_max: 16 * 1024 * 1024 };

/// An image of a store of this machine.
#[derive(Clone, Debug)]
pub struct LocalImage {
    /// Whose store.
    pub engine: Engine,
    /// `sha256:…`, the digest of its configuration, or of its manifest where only that is known.
    pub id: String,
    /// Its names with tags, as the engine writes them; none when another image took them over.
    pub names: Vec<String>,
    place: Place,
}

/// How to open it.
#[derive(Clone, Debug)]
enum Place {
    Docker(PathBuf),
    Podman(PathBuf, PodmanImage),
    /// The program writes an archive of the image that it knows by this name.
    Saved(Vec<String>),
}

/// The images of this machine.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Each once.
    pub images: Vec<LocalImage>,
    /// What could not be listed.
    pub gaps: Vec<Gap>,
    /// Engines whose list is not whole: an image of theirs that is not listed may still be there.
    pub partly: BTreeSet<&'static str>,
}

/// The word for an engine.
#[must_use]
pub const fn word(engine: Engine) -> &'static str {
    match engine {
        Engine::Docker => "docker",
        Engine::Containerd => "containerd",
        Engine::Podman => "podman",
    }
}

impl Stores {
    /// The images of all stores.
    #[must_use]
    pub fn list(&self, clock: &dyn Clock) -> Listing {
        let mut listing = Listing::default();
        let mut seen_docker = false;
        let mut closed = Vec::new();
        for folder in &self.docker {
            match docker(folder) {
                Ok(None) => {}
                Ok(Some(images)) => {
                    seen_docker = true;
                    listing.images.extend(images);
                }
                Err(gap) => closed.push(gap),
            }
        }
        if self.engines && !seen_docker && Path::new(DOCKER_SOCKET).exists() {
            match ask_docker(clock) {
                // What the folders hide, the engine told.
                Ok(images) => {
                    closed.clear();
                    listing.images.extend(images);
                }
                Err(gap) => closed.push(gap),
            }
        }
        listing.miss(Engine::Docker, closed);
        for folder in &self.podman {
            match podman(folder) {
                Ok(images) => listing.images.extend(images),
                Err(gap) => listing.miss(Engine::Podman, vec![gap]),
            }
        }
        if self.engines && Path::new(CONTAINERD_SOCKET).exists() {
            match ask_containerd() {
                Ok(images) => listing.images.extend(images),
                Err(gap) => listing.miss(Engine::Containerd, vec![gap]),
            }
        }
        let mut known = BTreeSet::new();
        listing.images.retain(|image| known.insert(image.id.clone()));
        listing
    }
}

impl Listing {
    fn miss(&mut self, engine: Engine, gaps: Vec<Gap>) {
        if !gaps.is_empty() {
            self.partly.insert(word(engine));
        }
        self.gaps.extend(gaps);
    }
}

impl LocalImage {
    /// What to call it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().unwrap_or(&self.id)
    }

    /// Opens it. An engine that writes an archive for that is left when `stop` says so.
    ///
    /// # Errors
    /// See [`ImageError`].
    pub fn open(&self, options: &Options, stop: Stop<'_>) -> Result<Image, ImageError> {
        let parent = options.scratch.clone().unwrap_or_else(std::env::temp_dir);
        let scratch = Scratch::below(&parent)?;
        let reference = self.name().to_owned();
        let opened: Opened = match &self.place {
            Place::Docker(folder) => store::docker_image(folder, &reference, &self.id, &docker_names(folder)?, options)?,
            Place::Podman(folder, image) => store::podman_image(folder, &reference, image, options)?,
            Place::Saved(words) => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let gone = || ImageError::NotHere { reference: reference.clone(), looked: vec![word(self.engine).to_owned()] };
                let (program, args) = words.split_first().ok_or_else(gone)?;
                engine::save(program, args, &reference, options, &scratch, stop)?.ok_or_else(gone)?
            }
        };
        Ok(Image { reference, opened, scratch })
    }
}

fn docker_names(folder: &Path) -> Result<DockerNames, ImageError> {
    Ok(store::list(&folder.join("image/overlay2/repositories.json"))?.unwrap_or_default())
}

/// The images of Docker's own store; none when there is no such store.
fn docker(folder: &Path) -> Result<Option<Vec<LocalImage>>, Gap> {
    let root = folder.join("image/overlay2");
    let Some(ids) = ids(&root.join("imagedb/content/sha256"))? else { return Ok(None) };
    let names = docker_names(folder).map_err(|error| Gap::new(shown(&root), Obstacle::Unreadable, error.to_string()))?;
    let parent_of = |id: &str| {
        let hex = id.trim_start_matches("sha256:");
        fs::read_to_string(root.join("imagedb/metadata/sha256").join(hex).join("parent")).ok()
    };
    // Steps of a build are images too; only the last is one that somebody made.
    let steps: BTreeSet<String> = ids.iter().filter_map(|id| parent_of(id)).map(|id| id.trim().to_owned()).collect();
    let image = |id: String| {
        let names = names.of(&id).1;
        let made = !names.is_empty() || !steps.contains(&id);
        made.then(|| LocalImage { engine: Engine::Docker, id, names, place: Place::Docker(folder.to_owned()) })
    };
    Ok(Some(ids.into_iter().filter_map(image).collect()))
}

/// Files that are named by a digest.
fn ids(folder: &Path) -> Result<Option<Vec<String>>, Gap> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(Gap::new(shown(folder), crate::layer::obstacle(&error), error.to_string())),
    };
    let ids = entries.flatten().take(IMAGES_MAX).map(|entry| format!("sha256:{}", entry.file_name().to_string_lossy()));
    let mut ids: Vec<String> = ids.filter(|id| is_sha256(id)).collect();
    ids.sort_unstable();
    Ok(Some(ids))
}

/// The images of containers/storage, which Podman, Buildah and CRI-O share.
fn podman(folder: &Path) -> Result<Vec<LocalImage>, Gap> {
    let path = folder.join("overlay-images/images.json");
    match fs::metadata(&path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(Gap::new(shown(folder), crate::layer::obstacle(&error), error.to_string())),
        Ok(_) => {}
    }
    let images: Option<Vec<PodmanImage>> =
        store::list(&path).map_err(|error| Gap::new(shown(&path), Obstacle::Unreadable, error.to_string()))?;
    let images = images.ok_or_else(|| Gap::new(shown(&path), Obstacle::NotPermitted, ""))?;
    let whole = images.into_iter().filter(|image| store::is_id(&image.id)).take(IMAGES_MAX);
    let image = |image: PodmanImage| LocalImage {
        engine: Engine::Podman,
        id: format!("sha256:{}", image.id),
        names: image.names.iter().flatten().filter(|name| !name.contains('@')).cloned().collect(),
        place: Place::Podman(folder.to_owned(), image),
    };
    Ok(whole.map(image).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerImage {
    id: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
}

/// Docker's images as its API lists them (`GET /images/json`).
fn ask_docker(clock: &dyn Clock) -> Result<Vec<LocalImage>, Gap> {
    let answer = get_from_engine(Path::new(DOCKER_SOCKET), "/images/json", clock)?;
    parse_docker(&answer).map_err(|error| Gap::new(DOCKER_SOCKET, Obstacle::Unreadable, error.to_string()))
}

fn parse_docker(body: &[u8]) -> Result<Vec<LocalImage>, serde_json::Error> {
    let images: Vec<DockerImage> = serde_json::from_slice(body)?;
    let image = |image: DockerImage| {
        let names = image.repo_tags.unwrap_or_default().into_iter().filter(|name| !name.contains("<none>"));
        let save = ["docker", "save", "--output", engine::FILE, &image.id].map(str::to_owned).into();
        LocalImage { engine: Engine::Docker, names: names.collect(), place: Place::Saved(save), id: image.id }
    };
    Ok(images.into_iter().filter(|image| is_sha256(&image.id)).take(IMAGES_MAX).map(image).collect())
}

/// containerd's images as its program lists them.
fn ask_containerd() -> Result<Vec<LocalImage>, Gap> {
    let mut images = Vec::new();
    for namespace in NAMESPACES {
        match process::run("ctr", &["--namespace", namespace, "images", "ls"], ASKING) {
            Ok(output) if output.status.success() => images.extend(parse_containerd(&output.stdout, namespace)),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                let why = if said.contains("permission denied") { Obstacle::NotPermitted } else { Obstacle::Failed };
                return Err(Gap::new(CONTAINERD_SOCKET, why, said));
            }
            Err(RunError::Missing { program }) => return Err(Gap::new(program, Obstacle::Missing, "")),
            Err(error) => return Err(Gap::new(CONTAINERD_SOCKET, Obstacle::Failed, error.to_string())),
        }
    }
    Ok(images)
}

/// A table with the columns REF, TYPE, DIGEST and others; one row for each name of an image.
fn parse_containerd(table: &[u8], namespace: &str) -> Vec<LocalImage> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(table).lines().skip(1).take(IMAGES_MAX) {
        let mut columns = line.split_whitespace();
        let (Some(name), Some(digest)) = (columns.next(), columns.nth(1).filter(|digest| is_sha256(digest))) else { continue };
        names.entry(digest.to_owned()).or_default().push(name.to_owned());
    }
    let image = |(id, refs): (String, Vec<String>)| {
        // Kubernetes gives each image three names: with its tag, with its digest, and its id.
        let names: Vec<String> = refs.iter().filter(|name| !name.contains('@') && !is_sha256(name)).cloned().collect();
        let name = names.first().or(refs.first()).cloned().unwrap_or_default();
        let save = ["ctr", "--namespace", namespace, "images", "export", engine::FILE, &name].map(str::to_owned).into();
        LocalImage { engine: Engine::Containerd, id, names, place: Place::Saved(save) }
    };
    names.into_iter().map(image).collect()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Context;
    use crate::image::store::tests::{docker_store, podman_store};
    use vigie_kit::clock::SystemClock;

    fn said(listing: &Listing) -> Vec<String> {
        listing.images.iter().map(|image| format!("{} {}", word(image.engine), image.name())).collect()
    }

    #[test]
    fn images_of_all_stores_are_listed_and_opened() {
        let dir = tempfile::tempdir().unwrap();
        docker_store(&dir.path().join("var/lib/docker"));
        podman_store(&dir.path().join("var/lib/containers/storage"));
        let listing = Stores::below(dir.path()).list(&SystemClock);
        assert_eq!((listing.gaps.len(), listing.partly.len()), (0, 0));
        // Both fixtures are the same image; it is listed once.
        assert_eq!(said(&listing), ["docker app:1"]);
        let podman = Stores { podman: vec![dir.path().join("var/lib/containers/storage")], ..Stores::default() };
        let podman = podman.list(&SystemClock);
        assert_eq!(said(&podman), ["podman localhost/app:1"]);
        for image in listing.images.iter().chain(&podman.images) {
            let opened = image.open(&Options::default(), None).unwrap();
            let facts = opened.read(&Context::default());
            assert_eq!((facts.components.len(), facts.config.id.as_deref()), (1, Some(image.id.as_str())));
            // Told to stop, it reads nothing and says so.
            let stopped = opened.read(&Context { stop: Some(&|| true), ..Context::default() });
            assert!(stopped.layers.iter().all(|layer| !layer.complete));
        }
    }

    #[test]
    fn no_store_is_nothing_and_a_broken_one_is_a_gap() {
        let dir = tempfile::tempdir().unwrap();
        let stores = Stores::below(dir.path());
        let nothing = stores.list(&SystemClock);
        assert!(nothing.images.is_empty() && nothing.gaps.is_empty());
        let list = dir.path().join("var/lib/containers/storage/overlay-images/images.json");
        fs::create_dir_all(list.parent().unwrap()).unwrap();
        fs::write(&list, "[{]").unwrap();
        let listing = stores.list(&SystemClock);
        assert_eq!(listing.gaps[0].why, Obstacle::Unreadable);
        assert!(listing.partly.contains("podman"));
    }

    #[test]
    fn lists_of_engines_are_read() {
        let id = format!("sha256:{}", "7".repeat(64));
        let body = format!(
            r#"[{{"Id":"{id}","RepoTags":["nginx:1","web:2"],"Size":5}},{{"Id":"sha256:{}","RepoTags":["<none>:<none>"]}},
                {{"Id":"x","RepoTags":null}}]"#,
            "8".repeat(64)
        );
        let images = parse_docker(body.as_bytes()).unwrap();
        assert_eq!(images.iter().map(|image| image.names.len()).collect::<Vec<_>>(), [2, 0]);
        assert!(parse_docker(b"{}").is_err());
        let digest = format!("sha256:{}", "a".repeat(64));
        let table = format!(
            "REF TYPE DIGEST SIZE PLATFORMS LABELS\n\
             registry.k8s.io/pause:3.9 application/vnd.oci.image.index.v1+json {digest} 300.0 KiB linux/amd64 -\n\
             registry.k8s.io/pause@{digest} application/x {digest} 300.0 KiB linux/amd64 -\n\
             sha256:{} application/x {digest} 300.0 KiB linux/amd64 -\nodd\n",
            "b".repeat(64)
        );
        let images = parse_containerd(table.as_bytes(), "k8s.io");
        assert_eq!(images.len(), 1);
        assert_eq!((images[0].name(), images[0].id.as_str()), ("registry.k8s.io/pause:3.9", digest.as_str()));
    }
}

//! Which images were seen before, so that one can be known again below another: one small file beside what is known
//! of layers. What was in such an image is put together from its layers, as long as these are remembered.
//!
//! Holds: a file that is damaged or foreign is as good as none; two who write at once lose one entry at most.

use super::cache::Cache;
use super::merge;
use crate::layer::LayerFacts;
use crate::watch::Watch;
use std::path::Path;
use vigie_kit::files;
use vigie_model::component::Component;
use vigie_model::lineage::KnownImage;

/// The file's name.
const FILE: &str = "images.json";
/// The most images that are remembered; the one first seen longest ago goes first.
const IMAGES_MAX: usize = 1000;
/// The largest file.
const BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most layers of an image that is remembered.
const LAYERS_MAX: usize = 200;

/// The images seen before, the newest to us last.
#[must_use]
pub fn known(folder: &Path) -> Vec<KnownImage> {
    let Ok(bytes) = files::read_bounded(&folder.join(FILE), BYTES_MAX) else { return Vec::new() };
    serde_json::from_slice(&bytes).unwrap_or_else(|error| {
        tracing::debug!(%error, "what is known of images is damaged, and begun anew");
        Vec::new()
    })
}

/// Remembers an image; one that is remembered already is left where it is.
pub fn remember(folder: &Path, image: &KnownImage) {
    let whole = !image.diff_ids.is_empty() && image.diff_ids.iter().all(|layer| !layer.is_empty());
    if !whole || image.diff_ids.len() > LAYERS_MAX {
        return;
    }
    let mut images = known(folder);
    if images.contains(image) {
        return;
    }
    let same = |known: &KnownImage| known.name == image.name && known.diff_ids == image.diff_ids;
    images.retain(|known| !same(known));
    images.push(image.clone());
    let surplus = images.len().saturating_sub(IMAGES_MAX);
    images.drain(..surplus);
    let written = serde_json::to_vec(&images).map_err(|error| error.to_string());
    let written =
        written.and_then(|bytes| files::write_atomic(&folder.join(FILE), &bytes, 0o600).map_err(|error| error.to_string()));
    if let Err(error) = written {
        tracing::warn!(error, "what is known of images cannot be kept");
    }
}

/// The packages of a known image; none when what was in one of its layers is no longer known to the same readers.
#[must_use]
pub fn components_of(folder: &Path, image: &KnownImage, watches: &[&dyn Watch]) -> Option<Vec<Component>> {
    let cache = Cache::open(folder, watches)?;
    // A store that keeps layers as folders has them under a name of their own.
    let find = |diff_id: &String| cache.find(diff_id).or_else(|| cache.find(&super::folder_key(diff_id)));
    let layers: Option<Vec<LayerFacts>> = image.diff_ids.iter().map(find).collect();
    layers.map(|layers| merge::merge(&layers, true).components)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(name: &str, layers: &[&str]) -> KnownImage {
        KnownImage {
            name: name.into(),
            diff_ids: layers.iter().map(|&layer| layer.to_owned()).collect(),
            ..KnownImage::default()
        }
    }

    #[test]
    fn images_are_remembered_once_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        assert!(known(dir.path()).is_empty());
        for image in [image("a:1", &["x"]), image("a:1", &["x"]), image("a:1", &["y"]), image("no", &[]), image("no", &[""])] {
            remember(dir.path(), &image);
        }
        assert_eq!(known(dir.path()), [image("a:1", &["x"]), image("a:1", &["y"])]);
        std::fs::write(dir.path().join(FILE), b"[{\"name\":7}]").unwrap();
        assert!(known(dir.path()).is_empty());
        let many: Vec<KnownImage> = (0..IMAGES_MAX).map(|number| image(&format!("i:{number}"), &["x"])).collect();
        std::fs::write(dir.path().join(FILE), serde_json::to_vec(&many).unwrap()).unwrap();
        remember(dir.path(), &image("last:1", &["z"]));
        let images = known(dir.path());
        assert_eq!((images.len(), images[0].name.as_str()), (IMAGES_MAX, "i:1"));
    }

    #[test]
    fn what_was_in_an_image_is_put_together_from_its_layers() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path(), &[]).unwrap();
        cache.keep(&LayerFacts { complete: true, ..LayerFacts::default() }, &["sha256:a"]);
        assert_eq!(components_of(dir.path(), &image("a", &["sha256:a"]), &[]), Some(Vec::new()));
        assert_eq!(components_of(dir.path(), &image("a", &["sha256:a", "sha256:b"]), &[]), None);
    }
}

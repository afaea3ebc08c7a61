//! What is known of layers that were read before.
//!
//! One file for each layer and set of readers, named after a hash of both; the layer is named by the digest of
//! its uncompressed bytes and by that of its stored bytes, whichever is known when it is asked for. Only layers
//! that were read to their end, with hashes computed and not just claimed, are remembered.
//!
//! Holds: a file that is damaged, foreign or from another version is as good as none.

use crate::layer::LayerFacts;
use crate::packages::READERS;
use crate::watch::Watch;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, utimensat};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use vigie_kit::files;

/// Changes with every change of what is gathered, by readers or here: older files are then of no use.
const VERSION: u32 = 2;
/// The largest file that is read or written.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// All files together; what was not used for longest goes first.
const FOLDER_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// The folder.
pub(crate) struct Cache {
    folder: PathBuf,
    /// Of the readers, the watchers and this program.
    set: [u8; 32],
}

#[derive(Deserialize)]
struct Remembered {
    key: String,
    facts: LayerFacts,
}

#[derive(Serialize)]
struct ToRemember<'a> {
    key: &'a str,
    facts: &'a LayerFacts,
}

impl Cache {
    /// Opens the folder, which is made if it is not there; without one, nothing is remembered.
    pub(crate) fn open(folder: &Path, watches: &[&dyn Watch]) -> Option<Self> {
        if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder) {
            tracing::warn!(folder = %folder.display(), %error, "what is known of layers cannot be kept");
            return None;
        }
        let mut set = Sha256::new();
        set.update(format!("{} {VERSION}\n", env!("CARGO_PKG_VERSION")));
        READERS.iter().for_each(|reader| set.update(format!("reader {}\n", reader.name)));
        watches.iter().for_each(|watch| set.update(format!("watch {} {}\n", watch.name(), watch.version())));
        Some(Self { folder: folder.to_owned(), set: set.finalize().into() })
    }

    /// What is known of a layer by one of its digests.
    pub(crate) fn find(&self, key: &str) -> Option<LayerFacts> {
        let path = self.path(key);
        let bytes = files::read_bounded(&path, BYTES_MAX).ok()?;
        match serde_json::from_slice::<Remembered>(&bytes) {
            Ok(remembered) if remembered.key == key => {
                // Marks it as used, for `trim`; what cannot be marked goes earlier, that is all.
                if let Err(error) = mark_as_used(&path) {
                    tracing::debug!(path = %path.display(), %error, "cannot be marked as used");
                }
                Some(remembered.facts)
            }
            Ok(_) => None,
            Err(error) => {
                tracing::debug!(path = %path.display(), %error, "what is known of a layer is damaged, and read again");
                None
            }
        }
    }

    /// Remembers a layer under its digests.
    pub(crate) fn keep(&self, facts: &LayerFacts, keys: &[&str]) {
        for key in keys.iter().filter(|key| !key.is_empty()) {
            let kept = serde_json::to_vec(&ToRemember { key, facts }).map_err(|error| error.to_string()).and_then(|bytes| {
                if bytes.len() as u64 > BYTES_MAX {
                    return Err(format!("more than {BYTES_MAX} bytes"));
                }
                files::write_atomic(&self.path(key), &bytes, 0o600).map_err(|error| error.to_string())
            });
            if let Err(error) = kept {
                tracing::warn!(key, error, "what is known of a layer cannot be kept");
            }
        }
    }

    /// Removes what was not used for longest, down to the limit.
    pub(crate) fn trim(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let known = entries.flatten().filter_map(|entry| {
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            entry.file_name().to_str()?.ends_with(".layer").then(|| (metadata.modified().ok(), metadata.len(), entry.path()))
        });
        let mut known: Vec<_> = known.collect();
        known.sort_unstable();
        let mut bytes: u64 = known.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, size, path) in known {
            if bytes <= FOLDER_BYTES_MAX {
                break;
            }
            bytes -= size;
            if let Err(error) = fs::remove_file(&path) {
                tracing::debug!(path = %path.display(), %error, "cannot be removed");
            }
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        let mut sha = Sha256::new();
        sha.update(self.set);
        sha.update(key);
        let name: String = sha.finalize().iter().take(20).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}.layer"))
    }
}

/// Sets the time of modification to now, by the system's own clock.
fn mark_as_used(path: &Path) -> rustix::io::Result<()> {
    let at = |tv_nsec| Timespec { tv_sec: 0, tv_nsec };
    let times = Timestamps { last_access: at(UTIME_OMIT), last_modification: at(UTIME_NOW) };
    utimensat(CWD, path, &times, AtFlags::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_found_by_each_digest_and_damage_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(&dir.path().join("layers"), &[]).unwrap();
        let facts = LayerFacts { entries: 7, complete: true, ..LayerFacts::default() };
        cache.keep(&facts, &["sha256:a", "sha256:b", ""]);
        assert_eq!(cache.find("sha256:a").as_ref(), Some(&facts));
        assert_eq!(cache.find("sha256:b").as_ref(), Some(&facts));
        assert_eq!(cache.find("sha256:c"), None);
        fs::write(cache.path("sha256:a"), b"{\"key\":\"sha256:a\",\"facts\":{").unwrap();
        assert_eq!(cache.find("sha256:a"), None);
        fs::rename(cache.path("sha256:b"), cache.path("sha256:a")).unwrap();
        assert_eq!(cache.find("sha256:a"), None, "a file under a wrong name is not believed");
    }
}

//! What is remembered of one layer: enough to merge it with any others, without looking at it again.

use serde::{Deserialize, Serialize};
use vigie_model::component::Component;
use vigie_model::host::{OsRelease, Password, User};
use vigie_model::image::{CacheLeft, FileMode, Remark};
use vigie_model::observed::Gap;

/// What one layer holds. A tree of files is the only layer of itself.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct LayerFacts {
    /// Digest of the uncompressed layer, as computed; empty when it was not read to its end.
    pub diff_id: String,
    /// Digest of the layer as stored, as computed.
    pub digest: String,
    /// Bytes as stored.
    pub bytes: u64,
    /// Bytes uncompressed.
    pub bytes_unpacked: u64,
    /// Files, directories and links.
    pub entries: u64,
    /// Bytes of files.
    pub file_bytes: u64,
    /// Files that told of packages, by path.
    pub found: Vec<FileFacts>,
    /// Files that name the distribution, by path.
    pub releases: Vec<(String, OsRelease)>,
    /// Hashes ([`crate::walk::path::hash`]) of paths under which nothing of the layers below shows through:
    /// what is replaced by something else than a directory, and what is deleted; and, with a `/` behind the path,
    /// of directories where a file may have been. Sorted.
    pub replaced: Vec<u64>,
    /// Hashes of directories whose content below is gone. Sorted.
    pub opaque: Vec<u64>,
    /// Its largest files, by path: for what later layers hide of them.
    pub large: Vec<(String, u64)>,
    /// What package managers left behind, each child of their folders.
    pub caches: Vec<CacheLeft>,
    /// setuid and setgid files.
    pub elevated: Vec<FileMode>,
    /// What everybody may change.
    pub world_writable: Vec<FileMode>,
    /// Well-known programs.
    pub programs: Vec<FileMode>,
    /// What `/etc/passwd` says; none where the layer has none.
    pub passwd: Option<Vec<User>>,
    /// What `/etc/shadow` says; none where the layer has none.
    pub shadow: Option<Vec<(String, Password)>>,
    /// What watchers found.
    pub remarks: Vec<Remark>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Whether it was read to its end.
    pub complete: bool,
}

/// What one file told.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FileFacts {
    /// Below the root, without a leading `/`.
    pub path: String,
    /// The reader's name.
    pub reader: String,
    /// Packages.
    pub components: Vec<Component>,
    /// Files that packages of the operating system brought, with the package's name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned: Vec<(String, String)>,
    /// Marks of all files below `usr` that they brought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned_marks: Vec<u32>,
    /// Files whose packages this one tells better, when it is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<String>,
}

impl LayerFacts {
    /// Adds what another saw of the same layer.
    pub(crate) fn append(&mut self, other: Self) {
        self.entries += other.entries;
        self.file_bytes = self.file_bytes.saturating_add(other.file_bytes);
        self.found.extend(other.found);
        self.releases.extend(other.releases);
        self.replaced.extend(other.replaced);
        self.opaque.extend(other.opaque);
        self.large.extend(other.large);
        self.caches.extend(other.caches);
        self.elevated.extend(other.elevated);
        self.world_writable.extend(other.world_writable);
        self.programs.extend(other.programs);
        self.passwd = other.passwd.or(self.passwd.take());
        self.shadow = other.shadow.or(self.shadow.take());
        self.remarks.extend(other.remarks);
        self.gaps.extend(other.gaps);
    }

    /// Puts everything in its order, whoever saw it first.
    pub(crate) fn sort(&mut self) {
        self.found.sort_by(|one, other| one.path.cmp(&other.path));
        self.releases.sort_by(|one, other| one.0.cmp(&other.0));
        self.replaced.sort_unstable();
        self.opaque.sort_unstable();
        self.large.sort_unstable();
        self.caches.sort_unstable();
        self.elevated.sort_unstable();
        self.world_writable.sort_unstable();
        self.programs.sort_unstable();
        self.remarks.sort_by(|one, other| (&one.path, &one.watcher).cmp(&(&other.path, &other.watcher)));
        self.gaps.sort_unstable();
    }
}

//! A container image as found: what it says of itself, its layers, and what they carry.
//!
//! The words are those of the OCI image specification (<https://github.com/opencontainers/image-spec>)
//! made plain. Nothing here says whether a thing is good: judges do. Holds: what could not be read is a
//! [`Gap`] with its reason, and the rest is there.

use crate::component::Component;
use crate::host::{OsRelease, User};
use crate::observed::Gap;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Everything that was found in one image.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageFacts {
    /// The image as it was asked for: `registry/repository:tag`, or a path.
    pub reference: String,
    /// Names the image itself carries, where an archive or a store knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The manifest's digest, `sha256:…`; none where there is no manifest (an archive of `docker save`).
    pub digest: Option<String>,
    /// What it runs on.
    pub platform: Platform,
    /// What it says of itself.
    pub config: ImageConfig,
    /// Annotations of the manifest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Images that its build took something from, as its provenance says; empty where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub built_from: Vec<BuiltFrom>,
    /// From the base (0) to the top.
    pub layers: Vec<ImageLayer>,
    /// What the top-most os-release says; none where there is none.
    pub os: Option<OsRelease>,
    /// Packages that are there when the image runs, each with its layer.
    pub components: Vec<Component>,
    /// Programs that run as somebody else than who starts them: setuid and setgid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elevated: Vec<FileMode>,
    /// Files and directories of the system that everybody may change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub world_writable: Vec<FileMode>,
    /// Well-known programs by their path: shells, compilers, package managers, servers and what runs other programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<FileMode>,
    /// The accounts of `/etc/passwd`; none where there is no such file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<User>>,
    /// What package managers left behind, by manager and layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<CacheLeft>,
    /// Files that are carried along and never seen, because a later layer hides them: largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waste: Vec<Waste>,
    /// What others found in single files on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

impl ImageFacts {
    /// What makes it this image and no other: the digest of its configuration, which names every layer by its content
    /// and is the same in an archive, a layout, a store and every registry. Where a source does not tell it, the
    /// manifest's digest, and where there is none either, what the image was asked for by.
    #[must_use]
    pub fn key(&self) -> &str {
        self.config.id.as_deref().or(self.digest.as_deref()).unwrap_or(&self.reference)
    }

    /// What names each layer together with all below it (OCI image specification, "Layer ChainID"), base first: two
    /// images that share one are the same up to there. Empty when the digest of a layer is not known.
    #[must_use]
    pub fn chains(&self) -> Vec<String> {
        if self.layers.iter().any(|layer| layer.diff_id.is_empty()) {
            return Vec::new();
        }
        let mut chains: Vec<String> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            chains.push(match chains.last() {
                None => layer.diff_id.clone(),
                Some(below) => {
                    let digest = Sha256::digest(format!("{below} {}", layer.diff_id));
                    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                    format!("sha256:{hex}")
                }
            });
        }
        chains
    }
}

/// An image that a build took something from: its base, or a stage from which files were copied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BuiltFrom {
    /// Its name with its tag, as far as the provenance says it.
    pub name: String,
    /// Digest of its index or manifest, `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How many of the lowest layers of the built image are its own ones; none where the provenance has no digests of
    /// layers (BuildKit's `mode=min`), 0 where its layers are others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<u32>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageLayer {
    /// Digest of the uncompressed layer, `sha256:…`; its identity across images.
    pub diff_id: String,
    /// Digest of the layer as stored, where the manifest names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Bytes as stored.
    pub bytes: u64,
    /// Bytes uncompressed.
    pub bytes_unpacked: u64,
    /// Files, directories and links in it.
    pub entries: u64,
    /// Bytes of its files.
    pub file_bytes: u64,
    /// Bytes of its files that later layers hide; at least, since only large files are counted.
    pub wasted_bytes: u64,
    /// The instruction that made it, as the history says.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub created_by: String,
    /// Whether the whole layer was read; if not, the gaps say why.
    pub complete: bool,
}

/// What an image says of itself: its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageConfig {
    /// Digest of the configuration, `sha256:…`: what Docker calls the image id.
    pub id: Option<String>,
    /// Who it runs as: empty is root.
    pub user: String,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// What is started.
    pub entrypoint: Vec<String>,
    /// What is started, or arguments to the entry point.
    pub cmd: Vec<String>,
    /// Where it starts.
    pub working_dir: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// `8080/tcp`.
    pub ports: Vec<String>,
    /// Paths that are volumes.
    pub volumes: Vec<String>,
    /// How it is asked whether it is well; none where the image does not say.
    pub health_check: Option<HealthCheck>,
    /// What stops it.
    pub stop_signal: String,
    /// Instructions that later images built on this one will run.
    pub on_build: Vec<String>,
    /// Who made it.
    pub author: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// The instructions that made it, first to last.
    pub history: Vec<HistoryStep>,
}

/// How a container of an image is asked whether it is well.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheck {
    /// `NONE`, or `CMD` and arguments, or `CMD-SHELL` and a line.
    pub test: Vec<String>,
    /// Between two questions, in nanoseconds.
    pub interval_ns: i64,
    /// For an answer, in nanoseconds.
    pub timeout_ns: i64,
    /// How many bad answers make it ill.
    pub retries: i64,
}

/// One instruction of the history.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryStep {
    /// The instruction.
    pub created_by: String,
    /// A comment of the tool that built it.
    pub comment: String,
    /// When.
    pub created: Option<Timestamp>,
    /// The layer it made, counted from the base; none where it made none.
    pub layer: Option<u32>,
}

/// A file with its permission bits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileMode {
    /// Below the root, without a leading `/`.
    pub path: String,
    /// Permission bits, with setuid (0o4000), setgid (0o2000) and sticky (0o1000).
    pub mode: u32,
    /// The layer that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<u32>,
}

/// What a package manager left behind in one layer and is still there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CacheLeft {
    /// Whose: `apt`, `apk`, `dnf`, `pip`, `npm` …
    pub manager: String,
    /// Where, below the root.
    pub path: String,
    /// How much.
    pub bytes: u64,
    /// The layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<u32>,
}

/// A file that is stored in one layer and hidden by a later one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Waste {
    /// Below the root, without a leading `/`.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// The layer that carries it.
    pub layer: u32,
    /// The layer that deletes or replaces it.
    pub hidden_by: u32,
}

/// What a watcher found in a file: a secret, a licence text, malware. What `value` holds is the watcher's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
pub struct Remark {
    /// The watcher's name.
    pub watcher: String,
    /// The file, below the root, without a leading `/`.
    pub path: String,
    /// The layer that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<u32>,
    /// The layer that deletes or replaces the file: whoever has the image still can read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_by: Option<u32>,
    /// Whether a package of the distribution brought the file as it is: then everybody has its content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub published: bool,
    /// What was found.
    pub value: serde_json::Value,
}

/// A file system as found: an unpacked image, an installed system, a source tree.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct TreeFacts {
    /// The folder as it was asked for.
    pub path: String,
    /// Whether it is an installed system; else it is a source tree.
    pub installed: bool,
    /// What os-release says; none where there is none.
    pub os: Option<OsRelease>,
    /// Files looked at.
    pub files: u64,
    /// Their bytes.
    pub file_bytes: u64,
    /// Packages.
    pub components: Vec<Component>,
    /// What others found in single files on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}

/// What an image runs on, in Go's words: `linux/amd64`, `linux/arm/v7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, `arm`, `riscv64` …
    pub architecture: String,
    /// `v7`; none where the architecture has no variants or any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// Why a text is no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform such as linux/amd64 or linux/arm/v7")]
pub struct NotAPlatform(pub String);

impl Platform {
    /// Whether an image for `other` is one for this: a variant that is not asked for may be any.
    #[must_use]
    pub fn takes(&self, other: &Self) -> bool {
        let variant = |platform: &Self| match (platform.architecture.as_str(), platform.variant.as_deref()) {
            // arm64 has only v8, which is written or left out as people like.
            ("arm64", Some("v8")) => None,
            (_, variant) => variant.map(str::to_owned),
        };
        let wanted = variant(self);
        self.os == other.os && self.architecture == other.architecture && (wanted.is_none() || wanted == variant(other))
    }
}

impl Default for Platform {
    fn default() -> Self {
        Self { os: "linux".into(), architecture: "amd64".into(), variant: None }
    }
}

impl FromStr for Platform {
    type Err = NotAPlatform;

    /// `os/architecture[/variant]`, or the architecture alone for Linux.
    fn from_str(text: &str) -> Result<Self, NotAPlatform> {
        let lower = text.trim().to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        let word = |part: &&str| !part.is_empty() && part.len() <= 32 && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (os, architecture, variant) = match parts[..] {
            [architecture] => ("linux", architecture, None),
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return Err(NotAPlatform(text.to_owned())),
        };
        if !parts.iter().all(word) {
            return Err(NotAPlatform(text.to_owned()));
        }
        let architecture = match architecture {
            "x86_64" | "x8664" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Ok(Self { os: os.to_owned(), architecture: architecture.to_owned(), variant: variant.map(str::to_owned) })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn platforms_are_read_and_written() {
        for text in ["linux/amd64", "linux/arm/v7", "windows/amd64"] {
            assert_eq!(platform(text).to_string(), text);
        }
        assert_eq!(platform("arm64").to_string(), "linux/arm64");
        assert_eq!(platform("linux/aarch64").to_string(), "linux/arm64");
        for text in ["", "linux/", "a/b/c/d", "linux/am d64", "linux/\u{1b}[1m"] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_variant_matters_only_when_it_is_asked_for() {
        assert!(platform("linux/arm").takes(&platform("linux/arm/v6")));
        assert!(!platform("linux/arm/v7").takes(&platform("linux/arm/v6")));
        assert!(platform("linux/arm64/v8").takes(&platform("linux/arm64")));
        assert!(platform("linux/arm64").takes(&platform("linux/arm64/v8")));
        assert!(!platform("linux/amd64").takes(&platform("linux/arm64")));
    }
}

//! The JSON of images: indexes, manifests, configurations; OCI's and Docker's, which differ in names only.
//!
//! Formats: <https://github.com/opencontainers/image-spec>; Docker's schema 2. Schema 1 of 2015 has no digests
//! of layers that mean anything and is refused. Unknown fields mean nothing; unknown kinds of manifests
//! (attestations, signatures) are no images.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use vigie_model::image::{HealthCheck, HistoryStep, ImageConfig, Platform};
use vigie_model::time::Timestamp;

/// The largest index or manifest: what registries accept.
pub(crate) const MANIFEST_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The largest configuration; its history and labels grow without a limit of their own.
pub(crate) const CONFIG_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most layers: overlay file systems take 500 at most.
pub(crate) const LAYERS_MAX: usize = 1000;

/// Points to a blob.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Descriptor {
    #[serde(deserialize_with = "or_default")]
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
    #[serde(deserialize_with = "or_default")]
    pub(crate) annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) artifact_type: String,
    #[serde(deserialize_with = "platform")]
    pub(crate) platform: Option<Platform>,
}

/// An index or a manifest: which, its content tells (media types are not always there).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Document {
    pub(crate) schema_version: u64,
    #[serde(deserialize_with = "or_default")]
    pub(crate) manifests: Vec<Descriptor>,
    pub(crate) config: Option<Descriptor>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) layers: Vec<Descriptor>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// The configuration of an image.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ConfigFile {
    #[serde(deserialize_with = "or_default")]
    architecture: String,
    #[serde(deserialize_with = "or_default")]
    os: String,
    #[serde(deserialize_with = "or_default")]
    variant: String,
    #[serde(deserialize_with = "or_default")]
    author: String,
    #[serde(deserialize_with = "or_default")]
    created: String,
    #[serde(deserialize_with = "or_default")]
    config: Execution,
    #[serde(deserialize_with = "or_default")]
    rootfs: RootFs,
    #[serde(deserialize_with = "or_default")]
    history: Vec<Step>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Execution {
    #[serde(deserialize_with = "or_default")]
    user: String,
    #[serde(deserialize_with = "or_default")]
    env: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    entrypoint: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    cmd: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    working_dir: String,
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    exposed_ports: BTreeMap<String, serde::de::IgnoredAny>,
    #[serde(deserialize_with = "or_default")]
    volumes: BTreeMap<String, serde::de::IgnoredAny>,
    #[serde(deserialize_with = "or_default")]
    stop_signal: String,
    #[serde(deserialize_with = "or_default")]
    on_build: Vec<String>,
    healthcheck: Option<Health>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Health {
    #[serde(deserialize_with = "or_default")]
    test: Vec<String>,
    interval: i64,
    timeout: i64,
    retries: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RootFs {
    #[serde(deserialize_with = "or_default")]
    diff_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Step {
    #[serde(deserialize_with = "or_default")]
    created: String,
    #[serde(deserialize_with = "or_default")]
    created_by: String,
    #[serde(deserialize_with = "or_default")]
    comment: String,
    empty_layer: bool,
}

/// A configuration, read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Config {
    pub(crate) image: ImageConfig,
    pub(crate) platform: Platform,
    pub(crate) diff_ids: Vec<String>,
}

/// Go writes `null` where nothing is.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(source: D) -> Result<T, D::Error> {
    Option::deserialize(source).map(Option::unwrap_or_default)
}

/// A platform in a descriptor; one without a system or architecture is none.
fn platform<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Platform>, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Written {
        os: String,
        architecture: String,
        variant: String,
    }
    let written: Option<Written> = Option::deserialize(source)?;
    let written = written.filter(|written| !written.os.is_empty() && !written.architecture.is_empty());
    Ok(written.map(|Written { os, architecture, variant }| Platform {
        os,
        architecture,
        variant: Some(variant).filter(|variant| !variant.is_empty()),
    }))
}

/// Reads an index or a manifest.
///
/// # Errors
/// When it is no JSON of that form.
pub(crate) fn parse_document(bytes: &[u8]) -> Result<Document, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// Reads a configuration; `id` is its digest.
///
/// # Errors
/// When it is no JSON of that form.
pub(crate) fn parse_config(bytes: &[u8], id: &str) -> Result<Config, serde_json::Error> {
    let file: ConfigFile = serde_json::from_slice(bytes)?;
    let execution = file.config;
    let mut layers = 0..u32::try_from(file.rootfs.diff_ids.len()).unwrap_or(u32::MAX);
    let step = |step: Step| HistoryStep {
        created_by: step.created_by,
        comment: step.comment,
        created: Timestamp::parse(&step.created).ok(),
        layer: if step.empty_layer { None } else { layers.next() },
    };
    let image = ImageConfig {
        id: Some(id.to_owned()),
        user: execution.user,
        env: execution.env,
        entrypoint: execution.entrypoint,
        cmd: execution.cmd,
        working_dir: execution.working_dir,
        labels: execution.labels,
        ports: execution.exposed_ports.into_keys().collect(),
        volumes: execution.volumes.into_keys().collect(),
        health_check: execution.healthcheck.map(|health| HealthCheck {
            test: health.test,
            interval_ns: health.interval,
            timeout_ns: health.timeout,
            retries: health.retries,
        }),
        stop_signal: execution.stop_signal,
        on_build: execution.on_build,
        author: file.author,
        created: Timestamp::parse(&file.created).ok(),
        history: file.history.into_iter().map(step).collect(),
    };
    let word = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let platform = Platform {
        os: word(file.os, "linux"),
        architecture: word(file.architecture, "unknown"),
        variant: Some(file.variant).filter(|variant| !variant.is_empty()),
    };
    Ok(Config { image, platform, diff_ids: file.rootfs.diff_ids })
}

impl Descriptor {
    /// Whether it may point to an image or an index of images, not to something about one.
    pub(crate) fn may_be_image(&self) -> bool {
        let attached = self.annotations.contains_key("vnd.docker.reference.type");
        let unknown = self.platform.as_ref().is_some_and(|platform| platform.architecture == "unknown");
        !attached && !unknown && self.artifact_type.is_empty()
    }

    /// Names that an index gives to its entry.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        ["io.containerd.image.name", "org.opencontainers.image.ref.name"]
            .iter()
            .filter_map(|key| self.annotations.get(*key))
            .map(String::as_str)
    }
}

/// A digest that is made as digests are: nothing of it can lead out of a folder.
pub(crate) fn is_sha256(digest: &str) -> bool {
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Chooses among the images of an index: the wanted platform's, else this machine's, else the only one.
pub(crate) fn choose<'a>(images: &'a [Descriptor], wanted: Option<&Platform>) -> Option<&'a Descriptor> {
    let fits = |platform: &Platform, exact: bool| {
        images.iter().find(|image| {
            image.platform.as_ref().is_some_and(|other| platform.takes(other) && (!exact || platform.variant == other.variant))
        })
    };
    match wanted {
        Some(wanted) => fits(wanted, true).or_else(|| fits(wanted, false)),
        None => {
            let here = Platform { architecture: architecture_here().to_owned(), ..Platform::default() };
            let only = || match images {
                [only] => Some(only),
                _ => None,
            };
            fits(&here, true).or_else(|| fits(&here, false)).or_else(only)
        }
    }
}

/// This machine's architecture in Go's words.
fn architecture_here() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        "loongarch64" => "loong64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn descriptor(platform: &str) -> Descriptor {
        Descriptor { digest: format!("for {platform}"), platform: platform.parse().ok(), ..Descriptor::default() }
    }

    #[test]
    fn nulls_of_go_mean_nothing() {
        let config = r#"{"architecture":"amd64","os":"linux","config":{"Env":null,"Cmd":null,"ExposedPorts":{"80/tcp":{}},"Healthcheck":null},
            "rootfs":{"diff_ids":["a","b"]},"history":[{"created_by":"FROM"},{"created_by":"ENV","empty_layer":true},{"created_by":"COPY"}]}"#;
        let config = parse_config(config.as_bytes(), "id").unwrap();
        assert_eq!(config.image.ports, ["80/tcp"]);
        assert_eq!(config.image.history.iter().map(|step| step.layer).collect::<Vec<_>>(), [Some(0), None, Some(1)]);
        let document = parse_document(
            br#"{"schemaVersion":2,"manifests":null,"layers":[{"digest":"d","annotations":null,"platform":null}]}"#,
        )
        .unwrap();
        assert_eq!(document.layers[0].digest, "d");
    }

    #[test]
    fn the_platform_chooses() {
        let index =
            [descriptor("linux/arm/v6"), descriptor("linux/arm/v7"), descriptor("linux/amd64"), descriptor("linux/arm64/v8")];
        let chosen = |wanted: &str| choose(&index, Some(&wanted.parse().unwrap())).map(|image| image.digest.as_str());
        assert_eq!(chosen("linux/arm/v7"), Some("for linux/arm/v7"));
        assert_eq!(chosen("linux/arm"), Some("for linux/arm/v6"));
        assert_eq!(chosen("arm64"), Some("for linux/arm64/v8"));
        assert_eq!(chosen("linux/s390x"), None);
        assert_eq!(choose(&index[..1], None), Some(&index[0]));
    }

    #[test]
    fn digests_cannot_lead_anywhere() {
        assert!(is_sha256(&format!("sha256:{}", "0a".repeat(32))));
        for digest in [
            "",
            "sha256:",
            "sha256:../../etc/passwd",
            &format!("sha512:{}", "0a".repeat(32)),
            &format!("sha256:{}", "0A".repeat(32)),
        ] {
            assert!(!is_sha256(digest), "{digest}");
        }
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes: Vec<u8>) {
            drop(parse_document(&bytes));
            drop(parse_config(&bytes, ""));
        }
    }
}

//! Assets: the things a team has, each with a stable id, and how they hang together.

use crate::ids::AssetId;
use crate::priority::Exposure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What sort of thing an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A machine, real or virtual.
    Host,
    /// A running container.
    Container,
    /// A container image, by the digest of its configuration.
    Image,
    /// A Kubernetes workload.
    Workload,
    /// A Kubernetes namespace.
    Namespace,
    /// A Kubernetes cluster.
    Cluster,
    /// A container registry.
    Registry,
    /// A source repository.
    Repository,
    /// A `host:port` or a URL.
    Endpoint,
    /// A person, a service account, a key.
    Identity,
    /// A resource of a cloud account.
    CloudResource,
}

impl AssetKind {
    /// All kinds, in the order of the design.
    pub const ALL: [Self; 11] = [
        Self::Host,
        Self::Container,
        Self::Image,
        Self::Workload,
        Self::Namespace,
        Self::Cluster,
        Self::Registry,
        Self::Repository,
        Self::Endpoint,
        Self::Identity,
        Self::CloudResource,
    ];

    /// The word used in ids, columns and addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Container => "container",
            Self::Image => "image",
            Self::Workload => "workload",
            Self::Namespace => "namespace",
            Self::Cluster => "cluster",
            Self::Registry => "registry",
            Self::Repository => "repository",
            Self::Endpoint => "endpoint",
            Self::Identity => "identity",
            Self::CloudResource => "cloud_resource",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How much it hurts when this asset is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// Nobody would notice.
    Low,
    /// The usual case.
    #[default]
    Normal,
    /// Hurts many.
    High,
    /// Stops the house.
    Vital,
}

/// A thing a team has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Derived from kind and key: the same asset has the same id everywhere.
    pub id: AssetId,
    /// What sort of thing it is.
    pub kind: AssetKind,
    /// What makes it this one: a machine id, a container id, an image digest, `host:port`.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Free labels, such as `environment=production`.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// How much its loss hurts.
    #[serde(default)]
    pub criticality: Criticality,
    /// From where it can be reached.
    #[serde(default)]
    pub exposure: Exposure,
    /// What it hangs on.
    #[serde(default)]
    pub relations: Vec<Relation>,
}

impl Asset {
    /// An asset with nothing known but its kind, key and name.
    #[must_use]
    pub fn new(kind: AssetKind, key: impl Into<String>, name: impl Into<String>) -> Self {
        let key = key.into();
        Self {
            id: Self::id_of(kind, &key),
            kind,
            key,
            name: name.into(),
            labels: BTreeMap::new(),
            owner: None,
            criticality: Criticality::default(),
            exposure: Exposure::default(),
            relations: Vec::new(),
        }
    }

    /// The id of the asset with this kind and natural key.
    #[must_use]
    pub fn id_of(kind: AssetKind, key: &str) -> AssetId {
        AssetId::of(&[kind.word(), key])
    }
}

/// How one asset hangs on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// A container runs on a host.
    RunsOn,
    /// A container or an image is built from an image.
    BuiltFrom,
    /// An image is deployed as a workload.
    DeployedAs,
    /// A host or workload exposes an endpoint.
    Exposes,
}

impl RelationKind {
    /// The word used in columns and answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RunsOn => "runs_on",
            Self::BuiltFrom => "built_from",
            Self::DeployedAs => "deployed_as",
            Self::Exposes => "exposes",
        }
    }
}

/// A directed relation to another asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// To what.
    pub to: AssetId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_words_agree_with_serde() {
        for kind in AssetKind::ALL {
            assert_eq!(AssetKind::from_word(kind.word()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }

    #[test]
    fn the_same_key_is_another_asset_under_another_kind() {
        assert_ne!(Asset::id_of(AssetKind::Host, "a"), Asset::id_of(AssetKind::Container, "a"));
    }
}

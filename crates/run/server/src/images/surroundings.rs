//! Who runs which image, and from where that can be reached.
//!
//! A container names its image by an id where its engine tells one, and by a name where not (containerd). That a
//! container runs does not mean that all its image holds is loaded, so it leaves `runs` unknown; that none runs means
//! that nothing is. A socket on a network interface that a container's process owns makes its image reachable; that
//! none is seen says nothing, since a container's own network cannot be seen from the machine.

use super::STATE;
use crate::vulnerabilities::RUNNING;
use std::collections::{BTreeMap, BTreeSet};
use vigie_inventory::image::{Listing, LocalImage, engine_word};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::host::{Container, HostFacts};
use vigie_model::ids::AssetId;
use vigie_model::priority::Exposure;

/// The containers of a machine by their images.
pub(super) struct Surroundings<'a> {
    /// Names and ids of the listed images, by each: the key that the asset goes by.
    ids: BTreeMap<&'a str, &'a str>,
    containers: &'a [Container],
    /// Whether the containers are known.
    known: bool,
    /// Containers that can be reached from the network.
    reachable: BTreeSet<&'a str>,
}

impl<'a> Surroundings<'a> {
    /// `keys` tells of images what they go by, where their engines know them by another digest.
    pub(super) fn of(listing: &'a Listing, keys: &'a BTreeMap<String, String>, facts: Option<&'a HostFacts>) -> Self {
        let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
        for image in &listing.images {
            let key = keys.get(&image.id).unwrap_or(&image.id);
            for name in image.names.iter().chain([&image.id, key]) {
                ids.entry(name).or_insert(key);
            }
        }
        let sockets = facts.and_then(|facts| facts.sockets.value()).into_iter().flatten();
        let reachable = sockets.filter(|socket| !socket.address.is_loopback());
        Self {
            ids,
            known: facts.is_some_and(|facts| facts.containers.value().is_some()),
            containers: facts.and_then(|facts| facts.containers.value()).map(Vec::as_slice).unwrap_or_default(),
            reachable: reachable.filter_map(|socket| socket.process.as_ref()?.container.as_deref()).collect(),
        }
    }

    /// What the image of a container goes by.
    fn key<'c>(&self, container: &'c Container) -> Option<&'c str>
    where
        'a: 'c,
    {
        let named = [container.image_id.as_str(), container.image.as_str()].into_iter().filter(|name| !name.is_empty());
        named.clone().find_map(|name| self.ids.get(name).copied()).or_else(|| named.clone().next())
    }

    /// The asset of a container's image.
    pub(super) fn image_of(&self, container: &Container) -> Option<AssetId> {
        self.key(container).map(|key| Asset::id_of(AssetKind::Image, key))
    }

    /// Images that containers were started from and no store lists.
    pub(super) fn unlisted(&self) -> Vec<Asset> {
        let mut unlisted: BTreeMap<&str, Asset> = BTreeMap::new();
        for container in self.containers {
            let Some(key) = self.key(container).filter(|key| !self.ids.contains_key(key)) else { continue };
            let name = if container.image.is_empty() { key } else { &container.image };
            unlisted.entry(key).or_insert_with(|| Asset::new(AssetKind::Image, key, name));
        }
        unlisted.into_values().collect()
    }

    /// A listed image as an asset.
    pub(super) fn asset(&self, image: &LocalImage) -> Asset {
        let own = self.ids.get(image.id.as_str()).copied().unwrap_or(&image.id);
        let mut asset = Asset::new(AssetKind::Image, own, image.name());
        super::label_repository(&mut asset, &image.names);
        asset.labels.insert(super::ENGINE.to_owned(), engine_word(image.engine).to_owned());
        asset.labels.insert(STATE.to_owned(), "present".to_owned());
        if self.known {
            let of_image = |container: &&Container| self.key(container) == Some(own);
            let running: Vec<&Container> =
                self.containers.iter().filter(|container| container.state == "running").filter(of_image).collect();
            asset.labels.insert(RUNNING.to_owned(), if running.is_empty() { "no" } else { "yes" }.to_owned());
            if running.iter().any(|container| self.reachable.contains(container.id.as_str())) {
                asset.exposure = Exposure::Network;
            }
        }
        asset
    }
}

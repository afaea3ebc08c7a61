//! The assets that a host's facts speak of: the host, its containers, and the images they run.
//!
//! A host is known by its machine-id(5). That id is confidential, so the asset's key is derived from it and does
//! not give it away; where there is none (an image that was never booted), the host's name must do.

use super::host_name;
use crate::world::World;
use std::collections::BTreeMap;
use vigie_model::asset::{Asset, AssetKind, Relation, RelationKind};
use vigie_model::host::{Container, HostFacts, Socket};
use vigie_model::ids::AssetId;
use vigie_model::observed::Observed;
use vigie_model::priority::Exposure;

/// Where the machine id stands; the second is D-Bus' own, older copy.
const MACHINE_IDS: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// The host as an asset.
#[must_use]
pub fn asset(facts: &HostFacts, world: &World) -> Asset {
    let name = host_name(world);
    let key = match machine_id(world) {
        Some(id) => AssetId::of(&["machine-id", &id]).to_string(),
        None => format!("name:{}", name.as_deref().unwrap_or("localhost")),
    };
    described(facts, &key, name.as_deref().unwrap_or("localhost"))
}

/// A host that somebody else has seen as an asset.
#[must_use]
pub fn described(facts: &HostFacts, key: &str, name: &str) -> Asset {
    let mut asset = Asset::new(AssetKind::Host, key, name);
    asset.labels = labels(facts);
    asset.exposure = exposure(&facts.sockets);
    asset
}

/// The containers of the host as assets; `image_of` tells which asset is the image of one.
#[must_use]
pub fn containers_as_assets(facts: &HostFacts, host: &Asset, image_of: impl Fn(&Container) -> Option<AssetId>) -> Vec<Asset> {
    let listed = facts.containers.value().map(Vec::as_slice).unwrap_or_default();
    let asset = |container: &Container| {
        let name = if container.name.is_empty() { &container.id } else { &container.name };
        let mut asset = Asset::new(AssetKind::Container, container.id.as_str(), name.as_str());
        asset.labels = container.labels.clone();
        asset.labels.insert("engine".to_owned(), engine(container).to_owned());
        asset.labels.insert("state".to_owned(), container.state.clone());
        asset.relations.push(Relation { kind: RelationKind::RunsOn, to: host.id });
        asset.relations.extend(image_of(container).map(|to| Relation { kind: RelationKind::BuiltFrom, to }));
        asset
    };
    listed.iter().map(asset).collect()
}

fn engine(container: &Container) -> &'static str {
    match container.engine {
        vigie_model::host::Engine::Docker => "docker",
        vigie_model::host::Engine::Containerd => "containerd",
        vigie_model::host::Engine::Podman => "podman",
    }
}

fn machine_id(world: &World) -> Option<String> {
    MACHINE_IDS.iter().find_map(|path| {
        let bytes = world.read(path, 256).ok()?;
        let id = String::from_utf8_lossy(&bytes).trim().to_ascii_lowercase();
        // Before the first boot it is empty or says `uninitialized`.
        (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
    })
}

fn labels(facts: &HostFacts) -> BTreeMap<String, String> {
    let os = facts.os.value();
    let kernel = facts.kernel.value();
    let labels = [
        ("os", os.map(|os| os.id.clone())),
        ("os_version", os.map(|os| os.version_id.clone())),
        ("kernel", kernel.map(|kernel| kernel.release.clone())),
        ("architecture", kernel.map(|kernel| kernel.machine.clone())),
    ];
    let known = labels.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.filter(|value| !value.is_empty())?)));
    known.collect()
}

/// Whether the network can reach something: a socket that listens on more than this machine. That the internet can
/// is not visible from inside, because of what stands between.
fn exposure(sockets: &Observed<Vec<Socket>>) -> Exposure {
    let listens = |sockets: &[Socket]| sockets.iter().any(|socket| !socket.address.is_loopback());
    match sockets {
        Observed::Seen(sockets) | Observed::Partly { value: sockets, .. } if listens(sockets) => Exposure::Network,
        Observed::Seen(_) => Exposure::Local,
        _ => Exposure::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::tests::world;
    use vigie_model::host::Engine;

    #[test]
    fn a_host_is_known_by_its_machine_id_without_giving_it_away() {
        let id = "0123456789abcdef0123456789abcdef";
        let (_dir, first) = world(&[("/etc/machine-id", &format!("{id}\n")), ("/etc/hostname", "web1\n")]);
        let (_dir2, renamed) = world(&[("/var/lib/dbus/machine-id", id), ("/etc/hostname", "web2\n")]);
        let (_dir3, unborn) = world(&[("/etc/machine-id", "uninitialized\n"), ("/etc/hostname", "web3\n")]);
        let facts = HostFacts::default();
        let [first, renamed, unborn] = [first, renamed, unborn].map(|world| asset(&facts, &world));
        assert_eq!(first.id, renamed.id);
        assert_eq!((first.name.as_str(), renamed.name.as_str()), ("web1", "web2"));
        assert!(!first.key.contains(id));
        assert_eq!(unborn.key, "name:web3");
    }

    #[test]
    fn containers_run_on_the_host_and_are_built_from_images() {
        let container = |id: &str, image_id: &str| Container {
            engine: Engine::Docker,
            id: id.into(),
            name: "web".into(),
            image: "nginx:1".into(),
            image_id: image_id.into(),
            state: "running".into(),
            pid: 1,
            labels: BTreeMap::new(),
        };
        let containers = vec![container("aa", "sha256:7"), container("bb", "")];
        let facts = HostFacts { containers: Observed::Seen(containers), ..HostFacts::default() };
        let host = Asset::new(AssetKind::Host, "k", "h");
        let image = Asset::new(AssetKind::Image, "sha256:7", "nginx:1");
        let image_of = |container: &Container| (container.image_id == image.key).then_some(image.id);
        let assets = containers_as_assets(&facts, &host, image_of);
        assert_eq!(
            assets.iter().map(|a| (a.key.as_str(), a.labels["state"].as_str())).collect::<Vec<_>>(),
            [("aa", "running"), ("bb", "running")]
        );
        let runs_on = Relation { kind: RelationKind::RunsOn, to: host.id };
        let built_from = Relation { kind: RelationKind::BuiltFrom, to: image.id };
        assert_eq!((&assets[0].relations[..], &assets[1].relations[..]), (&[runs_on, built_from][..], &[runs_on][..]));
    }

    #[test]
    fn listening_on_loopback_only_is_local() {
        let socket = |address: &str| Socket {
            protocol: vigie_model::host::Transport::Tcp,
            address: address.parse().unwrap(),
            port: 1,
            process: None,
        };
        assert_eq!(exposure(&Observed::Seen(vec![socket("127.0.0.1"), socket("::1")])), Exposure::Local);
        assert_eq!(exposure(&Observed::Seen(vec![socket("::")])), Exposure::Network);
        assert_eq!(exposure(&Observed::NotLooked), Exposure::Unknown);
    }
}

//! The assets of the ledger as events name them: by host, address, container, pod and image.
//!
//! Made once from all assets and never changed. A name that two assets have leads to neither: an event that is given to
//! the wrong owner is worse than one that is given to none.

use std::collections::HashMap;
use std::net::IpAddr;
use vigie_model::asset::{Asset, AssetKind, RelationKind};
use vigie_model::event::{Label, Labels};
use vigie_model::ids::AssetId;

/// Most assets that are known; more of them are left out.
pub const ASSETS_MAX: usize = 200_000;

/// Longest name that is looked up, in bytes: of a host 253, of an image somewhat more.
const NAME_MAX: usize = 512;

/// Digits of a container's id that are usually shown of it.
const SHORT_ID: usize = 12;

/// How the keys of hosts begin that nobody has looked at.
const BY_NAME: &str = "name:";

/// The asset's label with its addresses, separated by commas or spaces.
const ADDRESSES: &str = "ip";

/// The labels of a container whose state is over.
const GONE: (&str, &str) = ("state", "gone");

/// By which the kubelet labels containers: namespace, pod, container.
const POD: [&str; 3] = ["io.kubernetes.pod.namespace", "io.kubernetes.pod.name", "io.kubernetes.container.name"];

/// The labels that events take over from each kind of asset; an image runs anywhere.
const OF_HOST: [Label; 3] = [Label::Environment, Label::Cluster, Label::Team];
const OF_CONTAINER: [Label; 5] = [Label::Environment, Label::Cluster, Label::Namespace, Label::Workload, Label::Team];
const OF_IMAGE: [Label; 1] = [Label::Team];

/// What events are asked for, made ready.
#[derive(Debug, Default)]
pub struct Known {
    things: Vec<Thing>,
    hosts: Names,
    /// Hosts by the first part of their names.
    short_hosts: Names,
    addresses: HashMap<IpAddr, Found>,
    containers: Names,
    /// Containers by their names, of each machine.
    named: HashMap<u32, Names>,
    /// Containers by `namespace/pod/container`.
    pods: Names,
    images: Names,
    /// The machine that we run on.
    own: Option<u32>,
    left_out: usize,
}

type Names = HashMap<Box<str>, Found>;

/// To which thing a name leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    One(u32),
    /// More than one has this name.
    Several,
}

/// A host, a container or an image.
#[derive(Debug)]
pub(super) struct Thing {
    /// The asset's id.
    pub(super) id: Box<str>,
    /// What makes it this one.
    pub(super) key: Box<str>,
    /// What people call it.
    pub(super) name: Box<str>,
    /// Who answers for it.
    pub(super) owner: Option<Box<str>>,
    /// What its events are labelled with.
    pub(super) labels: Labels,
    /// The image that a container was started from.
    pub(super) image: Option<u32>,
}

impl Found {
    const fn one(self) -> Option<u32> {
        match self {
            Self::One(number) => Some(number),
            Self::Several => None,
        }
    }
}

fn enter<K: std::hash::Hash + Eq>(names: &mut HashMap<K, Found>, name: K, number: u32) {
    let found = names.entry(name).or_insert(Found::One(number));
    if *found != Found::One(number) {
        *found = Found::Several;
    }
}

impl Known {
    /// What these assets are, with the names that lead to images; `own` is the machine that we run on.
    #[must_use]
    pub fn of(assets: &[Asset], image_names: &[(String, AssetId)], own: Option<AssetId>) -> Self {
        let mut known = Self::default();
        let wanted = |asset: &&Asset| matches!(asset.kind, AssetKind::Host | AssetKind::Container | AssetKind::Image);
        let mut numbers: HashMap<AssetId, u32> = HashMap::new();
        let mut all: Vec<&Asset> = assets.iter().filter(wanted).take(ASSETS_MAX).collect();
        // Those that are only known by name come last: they give way to those that somebody has looked at.
        all.sort_by_key(|asset| asset.key.starts_with(BY_NAME));
        known.left_out = assets.iter().filter(wanted).count() - all.len();
        for (number, asset) in (0..).zip(&all) {
            numbers.insert(asset.id, number);
            known.things.push(thing(asset));
        }
        known.own = own.and_then(|own| numbers.get(&own).copied());
        for (number, asset) in (0..).zip(&all) {
            match asset.kind {
                AssetKind::Host => known.enter_host(number, asset),
                AssetKind::Container => known.enter_container(number, asset, &numbers),
                _ => known.enter_image(number, asset),
            }
        }
        for (name, image) in image_names {
            if let Some(number) = numbers.get(image) {
                enter(&mut known.images, name.as_str().into(), *number);
            }
        }
        known
    }

    fn enter_host(&mut self, number: u32, asset: &Asset) {
        let name = asset.name.trim_end_matches('.').to_ascii_lowercase();
        if asset.key.starts_with(BY_NAME)
            && (self.is_looked_at(&self.hosts, &name) || self.is_looked_at(&self.short_hosts, &name))
        {
            return;
        }
        if let Some((short, _)) = name.split_once('.')
            && name.parse::<IpAddr>().is_err()
        {
            enter(&mut self.short_hosts, short.into(), number);
        }
        enter(&mut self.hosts, name.into(), number);
        let addresses = asset.labels.get(ADDRESSES).map(String::as_str).unwrap_or_default();
        let named = [asset.name.as_str()].into_iter().chain(addresses.split([',', ' ', ';']));
        for address in named.filter_map(|text| text.parse::<IpAddr>().ok()) {
            enter(&mut self.addresses, address.to_canonical(), number);
        }
    }

    /// Whether a name leads to hosts that somebody has looked at.
    fn is_looked_at(&self, names: &Names, name: &str) -> bool {
        match names.get(name) {
            Some(Found::One(number)) => self.thing(*number).is_some_and(|thing| !thing.key.starts_with(BY_NAME)),
            // Of several the first was not by name only, or all are: then one more changes nothing.
            Some(Found::Several) => true,
            None => false,
        }
    }

    fn enter_container(&mut self, number: u32, asset: &Asset, numbers: &HashMap<AssetId, u32>) {
        let related = |kind| asset.relations.iter().find(|relation| relation.kind == kind).and_then(|it| numbers.get(&it.to));
        if let Some(thing) = self.things.get_mut(number as usize) {
            thing.image = related(RelationKind::BuiltFrom).copied();
        }
        enter(&mut self.containers, asset.key.as_str().into(), number);
        if let Some(short) = asset.key.get(..SHORT_ID).filter(|short| short.len() < asset.key.len()) {
            enter(&mut self.containers, short.into(), number);
        }
        if asset.labels.get(GONE.0).is_some_and(|state| state == GONE.1) {
            // Its name may be another one's by now.
            return;
        }
        if let Some(host) = related(RelationKind::RunsOn) {
            enter(self.named.entry(*host).or_default(), asset.name.as_str().into(), number);
        }
        if let [Some(namespace), Some(pod), Some(name)] = POD.map(|label| asset.labels.get(label)) {
            enter(&mut self.pods, format!("{namespace}/{pod}/{name}").into(), number);
        }
    }

    fn enter_image(&mut self, number: u32, asset: &Asset) {
        enter(&mut self.images, asset.key.as_str().into(), number);
        if asset.name != asset.key {
            enter(&mut self.images, asset.name.as_str().into(), number);
        }
    }

    /// How many assets there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.things.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// How many assets were left out because there are too many.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    pub(super) fn thing(&self, number: u32) -> Option<&Thing> {
        self.things.get(number as usize)
    }

    /// The machine of a name or an address.
    ///
    /// A name without a domain is also the short one of a machine, if only one has it; a name with a domain is only our
    /// own machine's if that is known by its short one.
    pub(super) fn host(&self, name: &str) -> Option<u32> {
        let mut room = [0; NAME_MAX];
        let name = lower(name.trim_end_matches('.'), &mut room)?;
        if name.is_empty() {
            return None;
        }
        if name == "localhost" {
            return self.own;
        }
        if let Some(found) = self.hosts.get(name) {
            return found.one();
        }
        if (name.contains(':') || name.as_bytes().first().is_some_and(u8::is_ascii_digit))
            && let Ok(address) = name.parse()
        {
            return self.address(address);
        }
        match name.split_once('.') {
            None => self.short_hosts.get(name)?.one(),
            Some((short, _)) => self.hosts.get(short)?.one().filter(|found| Some(*found) == self.own),
        }
    }

    /// The machine of an address.
    pub(super) fn address(&self, address: IpAddr) -> Option<u32> {
        self.addresses.get(&address.to_canonical())?.one()
    }

    /// Whether any machine is known by an address.
    pub(super) fn has_addresses(&self) -> bool {
        !self.addresses.is_empty()
    }

    /// Whether any container or image is known.
    pub(super) fn has_containers(&self) -> bool {
        !self.containers.is_empty() || !self.images.is_empty()
    }

    /// The container of an id, whole or its first twelve digits.
    pub(super) fn container(&self, id: &str) -> Option<u32> {
        self.containers.get(id)?.one()
    }

    /// The container that has this name on a machine.
    pub(super) fn container_on(&self, host: u32, name: &str) -> Option<u32> {
        self.named.get(&host)?.get(name)?.one()
    }

    /// A container of a pod.
    pub(super) fn container_in(&self, namespace: &str, pod: &str, name: &str) -> Option<u32> {
        if self.pods.is_empty() {
            return None;
        }
        self.pods.get(format!("{namespace}/{pod}/{name}").as_str())?.one()
    }

    /// The image of a name or a digest.
    pub(super) fn image(&self, name: &str) -> Option<u32> {
        self.images.get(name)?.one()
    }
}

fn thing(asset: &Asset) -> Thing {
    let owner = asset.owner.as_deref().filter(|owner| !owner.is_empty());
    let taken: &[Label] = match asset.kind {
        AssetKind::Host => &OF_HOST,
        AssetKind::Container => &OF_CONTAINER,
        _ => &OF_IMAGE,
    };
    let team = owner.filter(|_| taken.contains(&Label::Team)).map(|owner| (Label::Team, owner));
    let own = taken.iter().filter_map(|label| Some((*label, asset.labels.get(label.name())?.as_str())));
    let pod = [(Label::Namespace, POD[0])].into_iter().filter(|(label, _)| taken.contains(label));
    let pod = pod.filter_map(|(label, name)| Some((label, asset.labels.get(name)?.as_str())));
    Thing {
        id: asset.id.to_string().into(),
        key: asset.key.as_str().into(),
        name: asset.name.as_str().into(),
        owner: owner.map(Into::into),
        labels: team.into_iter().chain(pod).chain(own).collect(),
        image: None,
    }
}

/// A name in small letters, in the room given where it is not yet; none for one that is too long for any.
fn lower<'t>(name: &'t str, room: &'t mut [u8; NAME_MAX]) -> Option<&'t str> {
    if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return (name.len() <= NAME_MAX).then_some(name);
    }
    let room = room.get_mut(..name.len())?;
    room.copy_from_slice(name.as_bytes());
    room.make_ascii_lowercase();
    std::str::from_utf8(room).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str, ip: &str) -> Asset {
        let mut asset = Asset::new(AssetKind::Host, format!("name:{name}"), name);
        asset.labels.insert(ADDRESSES.into(), ip.into());
        asset
    }

    fn name(known: &Known, found: Option<u32>) -> &str {
        found.and_then(|number| known.thing(number)).map_or("-", |thing| &thing.name)
    }

    #[test]
    fn hosts_are_found_by_name_and_address_and_never_by_what_two_have() {
        let all = [host("web-1.example.org", "192.0.2.1, 2001:db8::1"), host("db.example.org", "10.0.0.1"), host("vigie", "")];
        let more = [host("db.example.net", "10.0.0.1"), host("mail", "")];
        let own = all[2].id;
        let known = Known::of(&[&all[..], &more[..]].concat(), &[], Some(own));
        let cases = [
            ("web-1", "web-1.example.org"),
            ("WEB-1.Example.ORG.", "web-1.example.org"),
            ("web-1.example.net", "-"),
            ("db", "-"),
            ("db.example.net", "db.example.net"),
            ("192.0.2.1", "web-1.example.org"),
            ("::ffff:192.0.2.1", "web-1.example.org"),
            ("2001:DB8::1", "web-1.example.org"),
            ("10.0.0.1", "-"),
            ("localhost", "vigie"),
            ("vigie.lan", "vigie"),
            ("mail.elsewhere.test", "-"),
            ("", "-"),
            (".", "-"),
        ];
        for (asked, expected) in cases {
            assert_eq!(name(&known, known.host(asked)), expected, "{asked}");
        }
        assert_eq!(known.host(&"X".repeat(NAME_MAX + 1)), None);
    }

    #[test]
    fn a_host_that_was_looked_at_counts_before_one_that_is_only_named() {
        let named = |name: &str| host(name, "");
        let seen = |name: &str| Asset { owner: Some("ops".into()), ..Asset::new(AssetKind::Host, "0f3a", name) };
        let owner = |known: &Known, name: &str| known.host(name).and_then(|it| known.thing(it)?.owner.clone());
        let known = Known::of(&[named("web-1"), seen("web-1")], &[], None);
        assert_eq!(owner(&known, "web-1").as_deref(), Some("ops"));
        let known = Known::of(&[named("web-1"), seen("web-1.example.org")], &[], None);
        assert_eq!(owner(&known, "web-1").as_deref(), Some("ops"));
    }

    #[test]
    fn containers_are_found_by_id_and_by_name_where_they_run() {
        let id = "0123456789abcdef".repeat(4);
        let host = host("node-1", "");
        let image = Asset::new(AssetKind::Image, "sha256:7", "nginx:1");
        let mut container = Asset::new(AssetKind::Container, id.as_str(), "web");
        container.relations = vec![
            vigie_model::asset::Relation { kind: RelationKind::RunsOn, to: host.id },
            vigie_model::asset::Relation { kind: RelationKind::BuiltFrom, to: image.id },
        ];
        for (label, value) in POD.into_iter().zip(["shop", "web-0", "app"]) {
            container.labels.insert(label.into(), value.into());
        }
        let mut gone = Asset::new(AssetKind::Container, "f".repeat(64), "web");
        gone.labels.insert(GONE.0.into(), GONE.1.into());
        gone.relations = container.relations.clone();
        let names = [("registry.test/nginx:1".to_owned(), image.id)];
        let known = Known::of(&[host, image, container, gone], &names, None);
        assert_eq!(name(&known, known.container(&id)), "web");
        assert_eq!(known.container(&id[..12]), known.container(&id));
        assert_eq!(known.container("ffffffffffff").map(|_| ()), Some(()), "one that is gone is found by its id");
        let node = known.host("node-1").unwrap();
        assert_eq!(known.container_on(node, "web"), known.container(&id));
        assert_eq!(known.container_in("shop", "web-0", "app"), known.container(&id));
        let image = known.thing(known.container(&id).unwrap()).unwrap().image;
        assert_eq!((image, image), (known.image("registry.test/nginx:1"), known.image("sha256:7")));
    }
}

//! Whose machine, container and image an event speaks of, by the assets of the ledger.
//!
//! The machine is the one that the record names as its device, else the one that it came from. Its name is looked up once
//! for all events of an origin in a batch; origins that get labels are made once and shared, as they were before.

use super::known::{Known, Thing};
use std::net::IpAddr;
use std::sync::Arc;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Event, Field, Label, Labels, Origin};

/// Origins of a batch that are remembered; a source that has more at once looks some of them up again.
const ORIGINS: usize = 256;

/// The name under which container logs have their pod.
const POD: &str = "k8s.pod.name";

/// A field of text.
type Text = Field<Box<str>>;

/// Where events name a container.
struct Site {
    uid: Text,
    name: Text,
    image_name: Text,
    image_uid: Text,
}

const SITES: [Site; 3] = [
    Site {
        uid: field::ACTOR_PROCESS_CONTAINER_UID,
        name: field::ACTOR_PROCESS_CONTAINER_NAME,
        image_name: field::ACTOR_PROCESS_CONTAINER_IMAGE_NAME,
        image_uid: field::ACTOR_PROCESS_CONTAINER_IMAGE_UID,
    },
    Site {
        uid: field::PROCESS_CONTAINER_UID,
        name: field::PROCESS_CONTAINER_NAME,
        image_name: field::PROCESS_CONTAINER_IMAGE_NAME,
        image_uid: field::PROCESS_CONTAINER_IMAGE_UID,
    },
    Site {
        uid: field::DEVICE_CONTAINER_UID,
        name: field::DEVICE_CONTAINER_NAME,
        image_name: field::DEVICE_CONTAINER_IMAGE_NAME,
        image_uid: field::DEVICE_CONTAINER_IMAGE_UID,
    },
];

/// Where events name the ends of a connection: address, name, id, owner.
const ENDS: [[Text; 4]; 2] = [
    [field::SRC_ENDPOINT_IP, field::SRC_ENDPOINT_HOSTNAME, field::SRC_ENDPOINT_UID, field::SRC_ENDPOINT_OWNER_NAME],
    [field::DST_ENDPOINT_IP, field::DST_ENDPOINT_HOSTNAME, field::DST_ENDPOINT_UID, field::DST_ENDPOINT_OWNER_NAME],
];

/// What an origin and a container lead to.
struct Remembered {
    /// Kept, so that no other origin can stand in its place.
    origin: Arc<Origin>,
    /// The machine that the origin names.
    host: Option<u32>,
    /// The assets that `labelled` was made with.
    with: [Option<u32>; 3],
    labelled: Arc<Origin>,
}

struct Batch<'k> {
    known: &'k Known,
    remembered: Vec<Option<Remembered>>,
}

/// Enriches events; gives how many speak of an asset.
pub(super) fn enrich(known: &Known, events: &mut [Event]) -> u64 {
    let mut batch = Batch { known, remembered: Vec::new() };
    batch.remembered.resize_with(ORIGINS.min(events.len().next_power_of_two()), || None);
    events.iter_mut().map(|event| u64::from(batch.one(event))).sum()
}

impl Batch<'_> {
    fn one(&mut self, event: &mut Event) -> bool {
        let place = self.place(&event.origin);
        let of_origin = self.remembered.get(place).and_then(Option::as_ref).and_then(|it| it.host);
        let host = self.host(event, of_origin);
        let (container, image) = if self.known.has_containers() { self.containers(event, host) } else { (None, None) };
        if let Some(thing) = host.and_then(|host| self.known.thing(host)) {
            put_device(event, thing);
        }
        if self.known.has_addresses() {
            ENDS.iter().for_each(|end| put_end(self.known, event, end));
        }
        if host.is_none() && container.is_none() && image.is_none() {
            return false;
        }
        self.label(place, event, [host, image, container]);
        host.is_some() || container.is_some()
    }

    /// Where an origin is remembered; its machine is looked up when it is not yet.
    fn place(&mut self, origin: &Arc<Origin>) -> usize {
        // Allocations stand at multiples of sixteen and more.
        let place = (Arc::as_ptr(origin).addr() >> 5) & (self.remembered.len() - 1);
        if let Some(slot) = self.remembered.get_mut(place)
            && !slot.as_ref().is_some_and(|it| Arc::ptr_eq(&it.origin, origin))
        {
            let host = self.known.host(&origin.host);
            *slot = Some(Remembered { origin: origin.clone(), host, with: [None; 3], labelled: origin.clone() });
        }
        place
    }

    /// The machine that an event speaks of.
    fn host(&self, event: &Event, of_origin: Option<u32>) -> Option<u32> {
        match (event.text(field::DEVICE_HOSTNAME), event.text(field::DEVICE_IP)) {
            (Some(name), _) if name != &*event.origin.host => self.known.host(name),
            (None, Some(address)) => address.parse().ok().and_then(|address| self.known.address(address)).or(of_origin),
            _ => of_origin,
        }
    }

    /// Puts in what is known of the containers that an event names; gives the first container and its image.
    fn containers(&self, event: &mut Event, host: Option<u32>) -> (Option<u32>, Option<u32>) {
        let mut first = (None, None);
        for site in &SITES {
            let (uid, name) = (event.text(site.uid), event.text(site.name));
            let image_name = event.text(site.image_name);
            let container = match (uid, name) {
                (Some(uid), _) => self.known.container(uid),
                (None, Some(name)) => self.by_name(event, host, name),
                (None, None) if image_name.is_none() => continue,
                (None, None) => None,
            };
            let found = container.and_then(|container| self.known.thing(container));
            let image = match found {
                Some(found) => found.image,
                None => event.text(site.image_uid).or(image_name).and_then(|image| self.known.image(image)),
            };
            if let Some(found) = found {
                put(event, site.uid, &found.key);
                put(event, site.name, &found.name);
            }
            if let Some(image) = image.and_then(|image| self.known.thing(image)) {
                put(event, site.image_name, &image.name);
                put(event, site.image_uid, &image.key);
            }
            first = (first.0.or(container), first.1.or(image));
        }
        first
    }

    fn by_name(&self, event: &Event, host: Option<u32>, name: &str) -> Option<u32> {
        match event.unmapped.get(POD) {
            Some(pod) => self.known.container_in(event.origin.labels.get(Label::Namespace)?, pod, name),
            None => self.known.container_on(host?, name),
        }
    }

    /// Gives an event the labels of its assets, where it has none itself.
    fn label(&mut self, place: usize, event: &mut Event, with: [Option<u32>; 3]) {
        let Some(Some(remembered)) = self.remembered.get_mut(place) else { return };
        if remembered.with != with {
            let known = self.known;
            let things = with.iter().filter_map(|number| known.thing((*number)?));
            let own = &remembered.origin.labels;
            let labels = things.fold(Labels::none(), |all, thing| all.with(thing.labels.iter())).with(own.iter());
            remembered.with = with;
            remembered.labelled = if labels == *own {
                remembered.origin.clone()
            } else {
                Arc::new(Origin { labels, ..Origin::clone(&remembered.origin) })
            };
        }
        if !Arc::ptr_eq(&event.origin, &remembered.labelled) {
            event.origin = remembered.labelled.clone();
        }
    }
}

/// Sets a field that the class has and the record did not set.
fn put(event: &mut Event, field: Text, value: &str) {
    if event.text(field).is_none() && field.id().info().classes.has(event.class) {
        event.set(field, value);
    }
}

fn put_device(event: &mut Event, thing: &Thing) {
    if !field::DEVICE_UID.id().info().classes.has(event.class) {
        return;
    }
    put(event, field::DEVICE_UID, &thing.id);
    if !event.origin.host.eq_ignore_ascii_case(&thing.name) {
        put(event, field::DEVICE_HOSTNAME, &thing.name);
    }
    if let Some(owner) = &thing.owner {
        put(event, field::DEVICE_OWNER_NAME, owner);
    }
}

fn put_end(known: &Known, event: &mut Event, [ip, hostname, uid, owner]: &[Text; 4]) {
    let Some(address) = event.text(*ip).and_then(|text| text.parse::<IpAddr>().ok()) else { return };
    let Some(thing) = known.address(address).and_then(|number| known.thing(number)) else { return };
    put(event, *hostname, &thing.name);
    put(event, *uid, &thing.id);
    if let Some(name) = &thing.owner {
        put(event, *owner, name);
    }
}

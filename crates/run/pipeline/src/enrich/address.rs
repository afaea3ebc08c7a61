//! Where the addresses of an event are, and whose networks.
//!
//! Where a record says itself anything of where an address is, or whose it is, that stands alone: parts of two opinions
//! make none.

use super::geo::Geo;
use super::place::Place;
use std::net::IpAddr;
use vigie_model::event::ocsf::field;
use vigie_model::event::{Event, Field};

/// A field of text.
type Text = Field<Box<str>>;

/// An address of an event, and the fields for what is known of it.
struct Site {
    ip: Text,
    country: Text,
    region: Text,
    city: Text,
    continent: Text,
    postal_code: Text,
    geohash: Text,
    /// The number and the name of the network; a device has none in OCSF.
    network: Option<(Field<i64>, Text)>,
}

const SITES: [Site; 4] = [
    Site {
        ip: field::SRC_ENDPOINT_IP,
        country: field::SRC_ENDPOINT_LOCATION_COUNTRY,
        region: field::SRC_ENDPOINT_LOCATION_REGION,
        city: field::SRC_ENDPOINT_LOCATION_CITY,
        continent: field::SRC_ENDPOINT_LOCATION_CONTINENT,
        postal_code: field::SRC_ENDPOINT_LOCATION_POSTAL_CODE,
        geohash: field::SRC_ENDPOINT_LOCATION_GEOHASH,
        network: Some((field::SRC_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER, field::SRC_ENDPOINT_AUTONOMOUS_SYSTEM_NAME)),
    },
    Site {
        ip: field::DST_ENDPOINT_IP,
        country: field::DST_ENDPOINT_LOCATION_COUNTRY,
        region: field::DST_ENDPOINT_LOCATION_REGION,
        city: field::DST_ENDPOINT_LOCATION_CITY,
        continent: field::DST_ENDPOINT_LOCATION_CONTINENT,
        postal_code: field::DST_ENDPOINT_LOCATION_POSTAL_CODE,
        geohash: field::DST_ENDPOINT_LOCATION_GEOHASH,
        network: Some((field::DST_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER, field::DST_ENDPOINT_AUTONOMOUS_SYSTEM_NAME)),
    },
    Site {
        ip: field::PROXY_ENDPOINT_IP,
        country: field::PROXY_ENDPOINT_LOCATION_COUNTRY,
        region: field::PROXY_ENDPOINT_LOCATION_REGION,
        city: field::PROXY_ENDPOINT_LOCATION_CITY,
        continent: field::PROXY_ENDPOINT_LOCATION_CONTINENT,
        postal_code: field::PROXY_ENDPOINT_LOCATION_POSTAL_CODE,
        geohash: field::PROXY_ENDPOINT_LOCATION_GEOHASH,
        network: Some((field::PROXY_ENDPOINT_AUTONOMOUS_SYSTEM_NUMBER, field::PROXY_ENDPOINT_AUTONOMOUS_SYSTEM_NAME)),
    },
    Site {
        ip: field::DEVICE_IP,
        country: field::DEVICE_LOCATION_COUNTRY,
        region: field::DEVICE_LOCATION_REGION,
        city: field::DEVICE_LOCATION_CITY,
        continent: field::DEVICE_LOCATION_CONTINENT,
        postal_code: field::DEVICE_LOCATION_POSTAL_CODE,
        geohash: field::DEVICE_LOCATION_GEOHASH,
        network: None,
    },
];

/// Says of each address of an event where it is; gives of how many it is known.
pub(super) fn locate(geo: &Geo, event: &mut Event) -> u64 {
    let mut located = 0;
    for site in &SITES {
        let Some(address) = event.text(site.ip).and_then(|text| text.parse::<IpAddr>().ok()) else { continue };
        if let Some(place) = geo.place(address) {
            site.put(event, &place);
            located += 1;
        }
    }
    located
}

impl Site {
    fn put(&self, event: &mut Event, place: &Place) {
        let texts = [
            (self.country, &place.country),
            (self.region, &place.region),
            (self.city, &place.city),
            (self.continent, &place.continent),
            (self.postal_code, &place.postal_code),
            (self.geohash, &place.geohash),
        ];
        let class = event.class;
        if texts.iter().all(|(field, _)| event.text(*field).is_none()) {
            for (field, value) in texts.into_iter().filter(|(field, _)| field.id().info().classes.has(class)) {
                event.set_some(field, value.as_deref());
            }
        }
        if let Some((number, name)) = self.network
            && event.fields.integer(number).is_none()
            && event.text(name).is_none()
            && number.id().info().classes.has(class)
        {
            event.set_some(number, place.asn).set_some(name, place.as_name.as_deref());
        }
    }
}

//! What a database says of an address: where it is, and whose network it belongs to.
//!
//! Understands the fields of MaxMind's City, Country, Enterprise and ASN databases (dev.maxmind.com/geoip/docs/databases),
//! which others write as well, and the flat ones (`country_code`, `asn`, `as_name`) of some others. What a record does not
//! have, or has in another form, stays unknown.

use maxminddb::{LookupResult, PathElement};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Longest text that is taken over, in bytes.
const TEXT_MAX: usize = 255;

/// Most signs of a geohash: six are a field of 1.2 by 0.6 km, finer than any database is.
const GEOHASH_MAX: usize = 6;

/// The signs of a geohash.
const BASE32: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

/// Up to which radius in kilometres a geohash has how many signs.
const RADII: [(f64, usize); 4] = [(5.0, GEOHASH_MAX), (20.0, 5), (100.0, 4), (500.0, 3)];

/// How exact coordinates are, in kilometres, where nobody says.
const RADIUS_USUAL: f64 = 50.0;

/// A number of any of the format's types, of which its readers use one or another.
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyNumber)
    }
}

struct AnyNumber;

impl Visitor<'_> for AnyNumber {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
        Ok(Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
        Ok(Number(number as f64))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
        Ok(Number(number as f64))
    }
}

/// What is known of an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1 code.
    pub country: Option<Box<str>>,
    /// ISO 3166-2 code, `CH-VD`.
    pub region: Option<Box<str>>,
    /// English name.
    pub city: Option<Box<str>>,
    /// English name.
    pub continent: Option<Box<str>>,
    /// Postal code.
    pub postal_code: Option<Box<str>>,
    /// Coordinates, as exactly as the database knows them.
    pub geohash: Option<Box<str>>,
    /// Number of the autonomous system.
    pub asn: Option<i64>,
    /// Whose it is.
    pub as_name: Option<Box<str>>,
}

impl Place {
    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// This, and of another one what this does not have.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            country: self.country.or(other.country),
            region: self.region.or(other.region),
            city: self.city.or(other.city),
            continent: self.continent.or(other.continent),
            postal_code: self.postal_code.or(other.postal_code),
            geohash: self.geohash.or(other.geohash),
            asn: self.asn.or(other.asn),
            as_name: self.as_name.or(other.as_name),
        }
    }

    /// What a database says.
    pub(super) fn read<S: AsRef<[u8]>>(record: &LookupResult<'_, S>) -> Self {
        let text = |path: &[&str]| at::<&str, S>(record, path).filter(|text| !text.is_empty()).map(cut);
        let number = |path: &[&str]| at::<Number, S>(record, path).map(|number| number.0);
        let country = text(&["country", "iso_code"]).or_else(|| text(&["country_code"]));
        let subdivision = [PathElement::Key("subdivisions"), PathElement::Index(0), PathElement::Key("iso_code")];
        let subdivision: Option<&str> = record.decode_path(&subdivision).ok().flatten();
        let region = country.as_deref().zip(subdivision).map(|(country, part)| cut(&format!("{country}-{part}")));
        let coordinates = number(&["location", "latitude"]).zip(number(&["location", "longitude"]));
        let radius = number(&["location", "accuracy_radius"]).unwrap_or(RADIUS_USUAL);
        let asn =
            number(&["autonomous_system_number"]).filter(|asn| (0.0..=f64::from(u32::MAX)).contains(asn)).map(|asn| asn as i64);
        Self {
            region,
            city: text(&["city", "names", "en"]).or_else(|| text(&["city"])),
            continent: text(&["continent", "names", "en"]),
            postal_code: text(&["postal", "code"]).or_else(|| text(&["postal_code"])),
            geohash: coordinates.and_then(|(latitude, longitude)| geohash(latitude, longitude, signs(radius))),
            asn: asn.or_else(|| at::<&str, S>(record, &["asn"])?.strip_prefix("AS")?.parse::<u32>().ok().map(i64::from)),
            as_name: text(&["autonomous_system_organization"]).or_else(|| text(&["as_name"])),
            country,
        }
    }
}

/// The value at a path; none where there is none of this type.
fn at<'r, T: Deserialize<'r>, S: AsRef<[u8]>>(record: &LookupResult<'r, S>, path: &[&'r str]) -> Option<T> {
    let mut steps = [const { PathElement::Index(0) }; 3];
    let steps = steps.get_mut(..path.len())?;
    for (step, name) in steps.iter_mut().zip(path) {
        *step = PathElement::Key(name);
    }
    record.decode_path(steps).ok().flatten()
}

fn cut(text: &str) -> Box<str> {
    text.get(..text.floor_char_boundary(TEXT_MAX)).unwrap_or_default().into()
}

fn signs(radius_km: f64) -> usize {
    RADII.iter().find(|(to, _)| radius_km <= *to).map_or(2, |(_, signs)| *signs)
}

/// The geohash (geohash.org) of coordinates in degrees; none for what are none.
fn geohash(latitude: f64, longitude: f64, signs: usize) -> Option<Box<str>> {
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return None;
    }
    let (mut low, mut high) = ([-180.0, -90.0], [180.0, 90.0]);
    let wanted = [longitude, latitude];
    let mut hash = String::with_capacity(signs);
    let mut axis = 0;
    for _ in 0..signs {
        let mut index = 0;
        for _ in 0..5 {
            let middle = f64::midpoint(*low.get(axis)?, *high.get(axis)?);
            let upper = *wanted.get(axis)? >= middle;
            index = index << 1 | usize::from(upper);
            *(if upper { &mut low } else { &mut high }).get_mut(axis)? = middle;
            axis ^= 1;
        }
        hash.push(char::from(*BASE32.get(index)?));
    }
    Some(hash.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_as_exact_as_the_database_knows_them() {
        // The example of the format's description: Jutland.
        assert_eq!(geohash(57.64911, 10.40744, 6).as_deref(), Some("u4pruy"));
        assert_eq!(geohash(-90.0, 180.0, 2).as_deref(), Some("pb"));
        assert_eq!(geohash(91.0, 0.0, 2), None);
        assert_eq!(geohash(f64::NAN, 0.0, 2), None);
        assert_eq!([1.0, 20.0, 50.0, 200.0, 1000.0].map(signs), [6, 5, 4, 3, 2]);
    }
}

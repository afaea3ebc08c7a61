//! Databases of addresses in MaxMind's format (maxmind.github.io/MaxMind-DB), read by the crate `maxminddb`.
//!
//! Several may be given, such as one of cities and one of networks: each says what it knows, and where two say the same
//! the first counts. Addresses that were asked for are remembered, at most [`SHARDS`] × [`SLOTS`] of them.

use super::place::Place;
use maxminddb::Reader;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use vigie_kit::files::Mapped;
use vigie_model::time::Timestamp;

/// Parts of the memory, each behind a lock of its own.
const SHARDS: usize = 16;
/// Addresses in each part.
const SLOTS: usize = 1024;

/// The last second that is believed of a database: the year 9999.
const SECONDS_MAX: i64 = 253_402_300_799;

/// Longest name of a sort of database that is shown, in bytes.
const KIND_MAX: usize = 100;

/// A database of addresses.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    kind: String,
    built_at: Timestamp,
    bytes: u64,
    reader: Reader<Mapped>,
}

/// All databases, and what was asked of them lately.
#[derive(Debug)]
pub struct Geo {
    databases: Vec<Arc<Database>>,
    seed: RandomState,
    lately: Vec<Mutex<Vec<Slot>>>,
}

/// An address and what is known of it; nothing is known as well.
type Slot = Option<(IpAddr, Option<Arc<Place>>)>;

impl Default for Geo {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl Database {
    /// Whether these bytes are a database.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(bytes: &[u8]) -> Result<(), maxminddb::MaxMindDbError> {
        seek(&Reader::from_source(bytes)?)
    }

    /// The database in these bytes; `path` is where they came from.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(path: &Path, bytes: Mapped) -> Result<Self, maxminddb::MaxMindDbError> {
        let length = bytes.len() as u64;
        let reader = Reader::from_source(bytes)?;
        seek(&reader)?;
        let metadata = reader.metadata();
        let kind = metadata.database_type.get(..metadata.database_type.floor_char_boundary(KIND_MAX)).unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            kind: kind.to_owned(),
            built_at: Timestamp::from_seconds(i64::try_from(metadata.build_epoch).unwrap_or_default().min(SECONDS_MAX)),
            bytes: length,
            reader,
        })
    }

    /// Where it came from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says it is: `GeoLite2-City`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// When it was built.
    #[must_use]
    pub const fn built_at(&self) -> Timestamp {
        self.built_at
    }

    /// Its size.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn place(&self, address: IpAddr) -> Place {
        if address.is_ipv6() && self.reader.metadata().ip_version == 4 {
            return Place::default();
        }
        self.reader.lookup(address).map(|record| Place::read(&record)).unwrap_or_default()
    }
}

/// Whether anything can be found in a database shows when something is sought.
fn seek<S: AsRef<[u8]>>(reader: &Reader<S>) -> Result<(), maxminddb::MaxMindDbError> {
    reader.lookup(IpAddr::V4(Ipv4Addr::new(9, 9, 9, 9)))?;
    if reader.metadata().ip_version == 6 {
        reader.lookup(IpAddr::V6(Ipv6Addr::new(0x2620, 0xfe, 0, 0, 0, 0, 0, 9)))?;
    }
    Ok(())
}

impl Geo {
    /// These databases.
    #[must_use]
    pub fn of(databases: Vec<Arc<Database>>) -> Self {
        let lately = if databases.is_empty() { 0 } else { SHARDS };
        let lately = (0..lately).map(|_| Mutex::new(vec![None; SLOTS])).collect();
        Self { databases, seed: RandomState::new(), lately }
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.databases.is_empty()
    }

    /// The databases.
    #[must_use]
    pub fn databases(&self) -> &[Arc<Database>] {
        &self.databases
    }

    /// What is known of an address; nothing of those that are not public.
    #[must_use]
    pub fn place(&self, address: IpAddr) -> Option<Arc<Place>> {
        let address = address.to_canonical();
        if self.is_empty() || !is_public(address) {
            return None;
        }
        let hash = self.seed.hash_one(address) as usize;
        let shard = self.lately.get(hash % SHARDS)?;
        let slot = hash / SHARDS % SLOTS;
        if let Some(Some((known, place))) = shard.lock().unwrap_or_else(PoisonError::into_inner).get(slot)
            && *known == address
        {
            return place.clone();
        }
        let place = self.databases.iter().fold(Place::default(), |place, database| place.or(database.place(address)));
        let place = (!place.is_empty()).then(|| Arc::new(place));
        if let Some(slot) = shard.lock().unwrap_or_else(PoisonError::into_inner).get_mut(slot) {
            *slot = Some((address, place.clone()));
        }
        place
    }
}

/// Whether an address is one of the public internet (RFC 6890), where databases know anything.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let shared = first == 100 && (64..128).contains(&second);
            !(address.is_private() || address.is_loopback() || address.is_link_local() || address.is_multicast() || shared)
                && first != 0
                && first < 240
        }
        // 2000::/3 is all that is given out.
        IpAddr::V6(address) => address.octets().first().is_some_and(|first| first >> 5 == 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_not_asked_for() {
        let public = |text: &str| is_public(text.parse::<IpAddr>().unwrap().to_canonical());
        for text in ["192.0.2.1", "8.8.8.8", "2001:db8::1", "::ffff:8.8.8.8", "100.128.0.1", "172.32.0.1"] {
            assert!(public(text), "{text}");
        }
        let private = "10.0.0.1 172.16.0.1 192.168.1.1 127.0.0.1 169.254.1.1 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 \
                       fe80::1 fc00::1 ff02::1 :: ::ffff:10.0.0.1";
        for text in private.split(' ') {
            assert!(!public(text), "{text}");
        }
    }
}

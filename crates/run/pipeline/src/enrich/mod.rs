//! What is known beside a record is put into its event, on the way into the lake.
//!
//! From the assets of the ledger: whose machine, container and image an event speaks of, as a snapshot in memory
//! ([`Known`]) that is replaced as a whole when assets change. From databases of addresses: where an address is and whose
//! network it belongs to ([`Geo`]). Holds: what the record says itself is never overwritten; what is not known, or could be
//! one of two, stays empty; no event waits for a database or a file; memory is bounded by the limits named in each file.

mod address;
mod asset;
mod geo;
mod geo_files;
mod known;
mod place;
#[cfg(test)]
mod tests;

pub use geo::{Database, Geo};
pub use geo_files::{FILES_MAX, GeoFiles, GeoReport};
pub use known::{ASSETS_MAX, Known};

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use vigie_model::event::Event;

/// Puts into events what is known beside them. Shared by all deliveries.
#[derive(Debug, Default)]
pub struct Enricher {
    known: RwLock<Arc<Known>>,
    geo: RwLock<Arc<Geo>>,
    of_assets: AtomicU64,
    located: AtomicU64,
}

/// What was done since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enriched {
    /// Events of which the machine or the container is an asset.
    pub of_assets: u64,
    /// Addresses of events that a database knows.
    pub located: u64,
}

impl Enricher {
    /// Puts other assets in the place of those known before.
    pub fn know(&self, known: Known) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }

    /// Puts other databases of addresses in the place of those before.
    pub fn locate_by(&self, geo: Geo) {
        *self.geo.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(geo);
    }

    /// The assets that are known.
    #[must_use]
    pub fn known(&self) -> Arc<Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The databases in use.
    #[must_use]
    pub fn geo(&self) -> Arc<Geo> {
        self.geo.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was done since the start.
    #[must_use]
    pub fn done(&self) -> Enriched {
        Enriched { of_assets: self.of_assets.load(Ordering::Relaxed), located: self.located.load(Ordering::Relaxed) }
    }

    /// Puts into events what is known beside them.
    pub fn enrich(&self, events: &mut [Event]) {
        let known = self.known();
        if !known.is_empty() {
            let of_assets = asset::enrich(&known, events);
            self.of_assets.fetch_add(of_assets, Ordering::Relaxed);
        }
        let geo = self.geo();
        if !geo.is_empty() {
            let located: u64 = events.iter_mut().map(|event| address::locate(&geo, event)).sum();
            self.located.fetch_add(located, Ordering::Relaxed);
        }
    }
}

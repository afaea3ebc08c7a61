//! Which asset a record speaks of, by the name of the host that it gives.

use crate::platform::Platform;
use std::cell::RefCell;
use std::collections::BTreeMap;
use vigie_inventory::host;
use vigie_inventory::world::World;
use vigie_kit::problem::{Explain, Problem};
use vigie_model::asset::{Asset, AssetKind};
use vigie_model::host::HostFacts;
use vigie_model::ids::AssetId;

/// Hosts that only their records are known of, by name.
pub(crate) type OtherHosts = RefCell<BTreeMap<String, Asset>>;

/// This host by the names that its own records give it.
pub(crate) struct Hosts {
    asset: Asset,
    name: String,
}

impl Hosts {
    /// The host that we run on.
    pub(crate) fn live() -> Self {
        let asset = host::asset(&HostFacts::default(), &World::live());
        Self { name: asset.name.clone(), asset }
    }

    /// This host.
    pub(crate) const fn own(&self) -> AssetId {
        self.asset.id
    }

    /// The host that a record names: ourselves, or one that only its records are known of.
    pub(crate) fn asset_of(&self, name: &str, others: &OtherHosts) -> AssetId {
        let short = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() || name == "localhost" || short(name) == short(&self.name) {
            return self.asset.id;
        }
        let mut others = others.borrow_mut();
        let asset = others.entry(name.to_owned()).or_insert_with(|| Asset::new(AssetKind::Host, format!("name:{name}"), name));
        asset.id
    }

    /// Findings need their assets: hosts that nobody has looked at yet are entered by name.
    pub(crate) fn save_new(&self, platform: &Platform, others: &BTreeMap<String, Asset>) -> Result<(), Problem> {
        for asset in std::iter::once(&self.asset).chain(others.values()) {
            if platform.ledger.asset(asset.id).map_err(Explain::explain)?.is_none() {
                platform.ledger.save_asset(asset).map_err(Explain::explain)?;
            }
        }
        Ok(())
    }
}

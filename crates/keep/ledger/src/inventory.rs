//! Facts of assets, the latest of each: judged again when what is known changes, without a scan.

use crate::Ledger;
use crate::codes::Code;
use crate::error::LedgerError;
use crate::record::asset_number;
use crate::verdicts::VerdictCounts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vigie_db::params;
use vigie_model::asset::AssetKind;
use vigie_model::host::HostFacts;
use vigie_model::ids::AssetId;
use vigie_model::time::Timestamp;

/// An inventory on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Of which asset.
    pub asset: AssetId,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// How many packages it lists.
    pub packages: u32,
}

/// How much is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    /// Assets by kind; kinds without any are left out.
    pub assets: BTreeMap<AssetKind, u64>,
    /// Packages in all inventories.
    pub packages: u64,
    /// What the checks say.
    pub checks: VerdictCounts,
}

impl Ledger {
    /// Saves the facts of an asset in the place of those saved before.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAsset`], or what the database says.
    pub fn save_facts(&self, asset: AssetId, taken_at: Timestamp, facts: &HostFacts) -> Result<(), LedgerError> {
        let json = serde_json::to_string(facts).map_err(|source| LedgerError::stored("inventory", source))?;
        let packages = facts.packages.value().map_or(0, Vec::len);
        self.db.write(|w| {
            w.execute(
                "INSERT INTO inventory (asset, taken_at, packages, facts) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (asset) DO UPDATE SET taken_at = excluded.taken_at, packages = excluded.packages,
                     facts = excluded.facts",
                params![asset_number(w, asset)?, taken_at, u32::try_from(packages).unwrap_or(u32::MAX), json],
            )?;
            Ok(())
        })
    }

    /// The latest facts of an asset.
    ///
    /// # Errors
    /// What the database says.
    pub fn facts(&self, asset: AssetId) -> Result<Option<HostFacts>, LedgerError> {
        let sql = "SELECT i.facts FROM inventory i JOIN asset a ON a.number = i.asset WHERE a.id = $1";
        let json = self.db.read(|r| r.query_opt(sql, params![asset], |row| row.get::<String>(0)))?;
        let read = |json: String| serde_json::from_str(&json).map_err(|source| LedgerError::stored("inventory", source));
        json.map(read).transpose()
    }

    /// All inventories, without their facts.
    ///
    /// # Errors
    /// What the database says.
    pub fn inventories(&self) -> Result<Vec<Inventory>, LedgerError> {
        let sql = "SELECT a.id, i.taken_at, i.packages FROM inventory i JOIN asset a ON a.number = i.asset ORDER BY a.name";
        let read = self.db.read(|r| {
            r.query(sql, params![], |row| Ok(Inventory { asset: row.get(0)?, taken_at: row.get(1)?, packages: row.get(2)? }))
        });
        Ok(read?)
    }

    /// How much is looked at.
    ///
    /// # Errors
    /// What the database says.
    pub fn coverage(&self) -> Result<Coverage, LedgerError> {
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        let (assets, packages) = self.db.read(|r| {
            let sql = "SELECT kind, count(*) FROM asset GROUP BY kind";
            let assets =
                r.query(sql, params![], |row| Ok((row.map(0, "a kind of asset", AssetKind::from_number)?, count(row.get(1)?))))?;
            let sql = "SELECT coalesce(sum(packages), 0) FROM inventory";
            Ok::<_, LedgerError>((assets, r.query_one(sql, params![], |row| row.get::<i64>(0))?))
        })?;
        let checks = self.verdict_counts()?;
        Ok(Coverage { assets: assets.into_iter().collect(), packages: count(packages), checks })
    }
}

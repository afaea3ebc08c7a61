//! Which assets list which packages, and what vulnerability data last said of each package.
//!
//! What the data say is a number that the judge makes (`Advisories::said`); here it is only kept and compared. What
//! holds, and what makes re-judging complete whatever happens meanwhile:
//!
//! * all numbers are of one set of data, the one of [`Ledger::said_by`]; a package that came since has none;
//! * an inventory was judged in whole by the data that its `judged_by` names;
//! * so an inventory judged by the data of the numbers needs another look exactly when one of its packages has no
//!   number or another one now; an inventory judged by any other data needs one in any case.

use crate::Ledger;
use crate::codes::Code;
use crate::error::LedgerError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use vigie_db::{Writer, params};
use vigie_model::asset::AssetKind;
use vigie_model::ids::AssetId;
use vigie_model::package::Package;
use vigie_model::time::Timestamp;

/// A package that at least one asset lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPackage {
    /// Its number, the handle for [`Ledger::assets_listing`].
    pub number: i64,
    /// The package.
    pub package: Package,
    /// What the data of [`Ledger::said_by`] say of it; none when nobody asked yet.
    pub said: Option<i64>,
}

/// An inventory that the data in use have not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleInventory {
    /// Of which asset.
    pub asset: AssetId,
    /// Of what kind the asset is.
    pub kind: AssetKind,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// The data that judged it last, by fingerprint.
    pub judged_by: Option<String>,
}

/// What a pass over all inventories leaves behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JudgedBy<'j> {
    /// The data, by fingerprint.
    pub data: &'j str,
    /// What they say of packages of which they said something else before, by number.
    pub said: BTreeMap<i64, i64>,
    /// The inventories that they have judged, as they were listed.
    pub inventories: &'j [StaleInventory],
}

/// Writes which packages an asset lists: only what differs from before is written.
pub(super) fn list_packages(w: &Writer<'_>, asset: i64, packages: &BTreeSet<&Package>) -> Result<(), LedgerError> {
    let sql = "SELECT p.digest, p.number FROM listed l JOIN package p ON p.number = l.package WHERE l.asset = $1";
    let before = w.query(sql, params![asset], |row| Ok((row.get::<Vec<u8>>(0)?, row.get::<i64>(1)?)))?;
    let mut before: HashMap<Vec<u8>, i64> = before.into_iter().collect();
    for package in packages {
        let json = serde_json::to_string(package).map_err(|source| LedgerError::stored("package", source))?;
        let digest = Sha256::digest(json.as_bytes())[..16].to_vec();
        if before.remove(&digest).is_some() {
            continue;
        }
        let known = w.query_opt("SELECT number FROM package WHERE digest = $1", params![digest], |row| row.get(0))?;
        let number: i64 = match known {
            Some(number) => number,
            None => w.query_one(
                "INSERT INTO package (digest, ecosystem, name, package, said) VALUES ($1, $2, $3, $4, NULL) RETURNING number",
                params![digest, package.ecosystem, package.name, json],
                |row| row.get(0),
            )?,
        };
        w.execute("INSERT INTO listed (package, asset) VALUES ($1, $2)", params![number, asset])?;
    }
    for gone in before.into_values() {
        w.execute("DELETE FROM listed WHERE package = $1 AND asset = $2", params![gone, asset])?;
        let sql = "DELETE FROM package WHERE number = $1 AND NOT EXISTS (SELECT 1 FROM listed WHERE package = $1)";
        w.execute(sql, params![gone])?;
    }
    Ok(())
}

impl Ledger {
    /// Packages that assets list, after this number, at most `limit`; with `unasked`, only those of which nothing
    /// was said yet.
    ///
    /// # Errors
    /// What the database says.
    pub fn packages(&self, after: i64, unasked: bool, limit: u32) -> Result<Vec<KnownPackage>, LedgerError> {
        let all = "SELECT number, package, said FROM package WHERE number > $1 ORDER BY number LIMIT $2";
        let new = "SELECT number, package, said FROM package WHERE said IS NULL AND number > $1 ORDER BY number LIMIT $2";
        let sql = if unasked { new } else { all };
        let rows =
            self.db.read(|r| r.query(sql, params![after, limit], |row| Ok((row.get(0)?, row.get::<String>(1)?, row.get(2)?))))?;
        let read = |(number, json, said): (_, String, _)| {
            let package = serde_json::from_str(&json).map_err(|source| LedgerError::stored("package", source))?;
            Ok(KnownPackage { number, package, said })
        };
        rows.into_iter().map(read).collect()
    }

    /// Ecosystems of all packages that assets list.
    ///
    /// # Errors
    /// What the database says.
    pub fn ecosystems(&self) -> Result<Vec<String>, LedgerError> {
        let sql = "SELECT DISTINCT ecosystem FROM package ORDER BY ecosystem";
        Ok(self.db.read(|r| r.query(sql, params![], |row| row.get(0)))?)
    }

    /// The data of which the packages' numbers are, by fingerprint; none before the first pass.
    ///
    /// # Errors
    /// What the database says.
    pub fn said_by(&self) -> Result<Option<String>, LedgerError> {
        Ok(self.db.read(|r| r.query_opt("SELECT data FROM said_by", params![], |row| row.get(0)))?)
    }

    /// The inventories that other data than these have judged, or none yet.
    ///
    /// # Errors
    /// What the database says.
    pub fn stale_inventories(&self, data: &str) -> Result<Vec<StaleInventory>, LedgerError> {
        let sql = "SELECT a.id, a.kind, i.taken_at, i.judged_by FROM inventory i JOIN asset a ON a.number = i.asset
                   WHERE i.judged_by IS NULL OR i.judged_by <> $1 ORDER BY a.number";
        let read = self.db.read(|r| {
            r.query(sql, params![data], |row| {
                let kind = row.map(1, "a kind of asset", AssetKind::from_number)?;
                Ok(StaleInventory { asset: row.get(0)?, kind, taken_at: row.get(2)?, judged_by: row.get(3)? })
            })
        });
        Ok(read?)
    }

    /// Which assets list these packages: by asset, the packages' numbers.
    ///
    /// # Errors
    /// What the database says.
    pub fn assets_listing(&self, packages: impl IntoIterator<Item = i64>) -> Result<BTreeMap<AssetId, Vec<i64>>, LedgerError> {
        let sql = "SELECT a.id FROM listed l JOIN asset a ON a.number = l.asset WHERE l.package = $1";
        let mut by_asset: BTreeMap<AssetId, Vec<i64>> = BTreeMap::new();
        self.db.read(|r| {
            for package in packages {
                for asset in r.query(sql, params![package], |row| row.get::<AssetId>(0))? {
                    by_asset.entry(asset).or_default().push(package);
                }
            }
            Ok::<_, LedgerError>(())
        })?;
        Ok(by_asset)
    }

    /// Writes down that data have judged inventories. One that was taken anew meanwhile stays as it is.
    ///
    /// # Errors
    /// What the database says.
    pub fn judged_by(&self, judged: &JudgedBy<'_>) -> Result<(), LedgerError> {
        self.db.write(|w| {
            w.execute("DELETE FROM said_by WHERE data <> $1", params![judged.data])?;
            w.execute("INSERT INTO said_by (data) VALUES ($1) ON CONFLICT DO NOTHING", params![judged.data])?;
            for (package, said) in &judged.said {
                w.execute("UPDATE package SET said = $2 WHERE number = $1", params![package, said])?;
            }
            for inventory in judged.inventories {
                let sql = "UPDATE inventory SET judged_by = $2
                           WHERE asset = (SELECT number FROM asset WHERE id = $1) AND taken_at = $3
                             AND (judged_by = $4 OR (judged_by IS NULL AND $4 IS NULL))";
                w.execute(sql, params![inventory.asset, judged.data, inventory.taken_at, inventory.judged_by])?;
            }
            Ok(())
        })
    }

    /// Has an asset's facts judged anew in whole, since something else changed that findings are made from.
    ///
    /// # Errors
    /// What the database says.
    pub fn judge_anew(&self, asset: AssetId) -> Result<(), LedgerError> {
        let sql = "UPDATE inventory SET judged_by = NULL WHERE asset = (SELECT number FROM asset WHERE id = $1)";
        self.db.write(|w| w.execute(sql, params![asset]).map(drop).map_err(LedgerError::from))
    }
}

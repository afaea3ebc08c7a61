//! Facts of assets, the latest of each: judged again when what is known changes, without a scan.
//!
//! Facts are kept whole, compressed (a Debian image takes some ten kilobytes). Beside them stands which packages an
//! asset lists; a package that a thousand assets list is one row. So an update of vulnerability data asks once for
//! each package, learns from the answer which assets it is news for, and reads the facts of those alone:
//! see [`packages`]. The same rows answer where a package is.

mod packages;
mod stored;

pub use packages::{JudgedBy, KnownPackage, StaleInventory};

use self::packages::list_packages;
use crate::Ledger;
use crate::codes::Code;
use crate::error::LedgerError;
use crate::record::asset_number;
use crate::verdicts::VerdictCounts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vigie_db::{DbError, Row, params};
use vigie_model::asset::AssetKind;
use vigie_model::facts::Facts;
use vigie_model::ids::AssetId;
use vigie_model::time::Timestamp;

/// An inventory on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Of which asset.
    pub asset: AssetId,
    /// Of what kind the asset is.
    pub kind: AssetKind,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// What it was taken of, as whoever took it says.
    pub source: String,
    /// How many packages it lists.
    pub packages: u32,
}

/// How facts came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken<'t> {
    /// When.
    pub at: Timestamp,
    /// What they were taken of, such as a store and an image's id: whoever finds the same there again need not look.
    /// Empty where that does not matter.
    pub source: &'t str,
    /// The vulnerability data that judged them, by fingerprint; none when nobody has yet.
    pub judged_by: Option<&'t str>,
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

macro_rules! inventory_where {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.kind, i.taken_at, i.source, i.packages FROM inventory i JOIN asset a ON a.number = i.asset ",
            $rest
        )
    };
}

impl Ledger {
    /// Saves the facts of an asset in the place of those saved before.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAsset`], [`LedgerError::TooLarge`], or what the database says.
    pub fn save_facts(&self, asset: AssetId, facts: &Facts, taken: Taken<'_>) -> Result<(), LedgerError> {
        let bytes = stored::pack(facts)?;
        let packages = facts.packages();
        let chain = facts.image().and_then(|image| image.chains().pop());
        self.db.write(|w| {
            let asset = asset_number(w, asset)?;
            w.execute(
                "INSERT INTO inventory (asset, taken_at, source, packages, judged_by, facts, chain)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (asset) DO UPDATE SET taken_at = excluded.taken_at, source = excluded.source,
                     packages = excluded.packages, judged_by = excluded.judged_by, facts = excluded.facts,
                     chain = excluded.chain",
                params![
                    asset,
                    taken.at,
                    taken.source,
                    u32::try_from(packages.len()).unwrap_or(u32::MAX),
                    taken.judged_by,
                    bytes,
                    chain
                ],
            )?;
            list_packages(w, asset, &packages)
        })
    }

    /// Forgets the facts of an asset that is gone; tells whether there were any.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAsset`], or what the database says.
    pub fn forget_facts(&self, asset: AssetId) -> Result<bool, LedgerError> {
        self.db.write(|w| {
            let asset = asset_number(w, asset)?;
            list_packages(w, asset, &std::collections::BTreeSet::new())?;
            Ok(w.execute("DELETE FROM inventory WHERE asset = $1", params![asset])? > 0)
        })
    }

    /// The latest facts of an asset.
    ///
    /// # Errors
    /// What the database says.
    pub fn facts(&self, asset: AssetId) -> Result<Option<Facts>, LedgerError> {
        let sql = "SELECT i.facts FROM inventory i JOIN asset a ON a.number = i.asset WHERE a.id = $1";
        let bytes = self.db.read(|r| r.query_opt(sql, params![asset], |row| row.get::<Vec<u8>>(0)))?;
        bytes.map(|bytes| stored::unpack(&bytes)).transpose()
    }

    /// Images whose layers, all together, have this name (see `ImageFacts::chains`): id and name, by name.
    ///
    /// # Errors
    /// What the database says.
    pub fn images_of_chain(&self, chain: &str) -> Result<Vec<(AssetId, String)>, LedgerError> {
        let sql = "SELECT a.id, a.name FROM inventory i JOIN asset a ON a.number = i.asset
                   WHERE i.chain = $1 ORDER BY a.name, a.id";
        Ok(self.db.read(|r| r.query(sql, params![chain], |row| Ok((row.get(0)?, row.get(1)?))))?)
    }

    /// All inventories, without their facts.
    ///
    /// # Errors
    /// What the database says.
    pub fn inventories(&self) -> Result<Vec<Inventory>, LedgerError> {
        Ok(self.db.read(|r| r.query(inventory_where!("ORDER BY a.name, a.id"), params![], inventory))?)
    }

    /// The inventory of one asset, without its facts.
    ///
    /// # Errors
    /// What the database says.
    pub fn inventory(&self, asset: AssetId) -> Result<Option<Inventory>, LedgerError> {
        Ok(self.db.read(|r| r.query_opt(inventory_where!("WHERE a.id = $1"), params![asset], inventory))?)
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

fn inventory(row: &Row<'_>) -> Result<Inventory, DbError> {
    Ok(Inventory {
        asset: row.get(0)?,
        kind: row.map(1, "a kind of asset", AssetKind::from_number)?,
        taken_at: row.get(2)?,
        source: row.get(3)?,
        packages: row.get(4)?,
    })
}

//! All assets at once, for whoever keeps them in memory, and whether they are other ones by now.

use crate::Ledger;
use crate::asset::from_json;
use crate::codes::Code;
use crate::error::LedgerError;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use vigie_db::params;
use vigie_model::asset::{Asset, AssetKind, Criticality, Relation, RelationKind};
use vigie_model::ids::AssetId;
use vigie_model::priority::Exposure;

impl Ledger {
    /// A number that is another one after assets, their relations or the names of images were written by this process.
    #[must_use]
    pub fn asset_writes(&self) -> u64 {
        self.asset_writes.load(Ordering::Acquire)
    }

    pub(crate) fn assets_were_written(&self) {
        self.asset_writes.fetch_add(1, Ordering::Release);
    }

    /// The assets of these kinds as they are in effect, with what they hang on; at most `limit`, the latest seen.
    ///
    /// # Errors
    /// What the database says.
    pub fn assets_in_effect(&self, kinds: &[AssetKind], limit: u32) -> Result<Vec<Asset>, LedgerError> {
        let sql = "SELECT number, id, kind, key, name, labels, owner, criticality, exposure FROM asset
                   ORDER BY last_seen DESC, number";
        let rows = self.db.read(|r| {
            let rows = r.query(sql, params![], |row| {
                let asset = Asset {
                    id: row.get(1)?,
                    kind: row.map(2, "a kind of asset", AssetKind::from_number)?,
                    key: row.get(3)?,
                    name: row.get(4)?,
                    labels: std::collections::BTreeMap::new(),
                    owner: row.get(6)?,
                    criticality: row.map(7, "a criticality", Criticality::from_number)?,
                    exposure: row.map(8, "an exposure", Exposure::from_number)?,
                    relations: Vec::new(),
                };
                Ok((row.get::<i64>(0)?, asset, row.get::<String>(5)?))
            })?;
            let sql = "SELECT asset, kind, other FROM relation";
            let relations = r.query(sql, params![], |row| {
                let kind = row.map(1, "a relation", RelationKind::from_number)?;
                Ok((row.get::<i64>(0)?, Relation { kind, to: row.get(2)? }))
            })?;
            Ok::<_, LedgerError>((rows, relations))
        })?;
        let mut relations: HashMap<i64, Vec<Relation>> = HashMap::new();
        for (asset, relation) in rows.1 {
            relations.entry(asset).or_default().push(relation);
        }
        let wanted = rows.0.into_iter().filter(|(_, asset, _)| kinds.contains(&asset.kind)).take(limit as usize);
        let assets = wanted.map(|(number, asset, labels)| {
            let relations = relations.remove(&number).unwrap_or_default();
            Ok(Asset { labels: from_json("asset", &labels)?, relations, ..asset })
        });
        assets.collect()
    }

    /// All names and digests that lead to images.
    ///
    /// # Errors
    /// What the database says.
    pub fn image_names(&self) -> Result<Vec<(String, AssetId)>, LedgerError> {
        let sql = "SELECT n.name, a.id FROM image_name n JOIN asset a ON a.number = n.asset ORDER BY n.name";
        Ok(self.db.read(|r| r.query(sql, params![], |row| Ok((row.get(0)?, row.get(1)?))))?)
    }
}

//! Names that lead to images: `registry/app:1` today leads here and tomorrow there, while an image stays what it is.
//!
//! A digest under which an engine knows an image, other than the one that the image goes by, is a name as well; it
//! leads to one image for ever, so it does not count where names that can be taken away are asked for.

use crate::Ledger;
use crate::error::LedgerError;
use crate::record::asset_number;
use std::collections::BTreeSet;
use vigie_db::params;
use vigie_model::ids::AssetId;

impl Ledger {
    /// Lets names lead to an image; gives the images to which one of them led before and none does any more.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAsset`], or what the database says.
    pub fn lead_names(&self, asset: AssetId, names: &[String]) -> Result<Vec<AssetId>, LedgerError> {
        let left = self.db.write(|w| {
            let number = asset_number(w, asset)?;
            let mut left = BTreeSet::new();
            for name in names {
                let sql = "SELECT asset FROM image_name WHERE name = $1";
                let before: Option<i64> = w.query_opt(sql, params![name], |row| row.get(0))?;
                if before == Some(number) {
                    continue;
                }
                left.extend(before);
                w.execute(
                    "INSERT INTO image_name (name, asset) VALUES ($1, $2)
                     ON CONFLICT (name) DO UPDATE SET asset = excluded.asset",
                    params![name, number],
                )?;
            }
            let sql = "SELECT a.id FROM asset a WHERE a.number = $1 AND NOT EXISTS
                           (SELECT 1 FROM image_name n WHERE n.asset = a.number AND n.name NOT LIKE 'sha256:%')";
            let gone = left.into_iter().map(|left| w.query_opt(sql, params![left], |row| row.get(0)));
            Ok::<_, LedgerError>(gone.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        })?;
        self.assets_were_written();
        Ok(left)
    }

    /// The names that lead to an image; digests are none.
    ///
    /// # Errors
    /// What the database says.
    pub fn names_of(&self, asset: AssetId) -> Result<Vec<String>, LedgerError> {
        let sql = "SELECT n.name FROM image_name n JOIN asset a ON a.number = n.asset
                   WHERE a.id = $1 AND n.name NOT LIKE 'sha256:%' ORDER BY n.name";
        Ok(self.db.read(|r| r.query(sql, params![asset], |row| row.get(0)))?)
    }

    /// The key of the image that a name or a digest leads to.
    ///
    /// # Errors
    /// What the database says.
    pub fn led_to(&self, name: &str) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT a.key FROM image_name n JOIN asset a ON a.number = n.asset WHERE n.name = $1";
        Ok(self.db.read(|r| r.query_opt(sql, params![name], |row| row.get(0)))?)
    }
}

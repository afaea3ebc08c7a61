//! What the checks last said of each asset: all four outcomes, so that a page can show what passed
//! and what nobody can tell. What failed is a finding as well.

use crate::Ledger;
use crate::codes;
use crate::error::LedgerError;
use crate::record::asset_number;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vigie_db::{Writer, params};
use vigie_model::ids::AssetId;
use vigie_model::time::Timestamp;
use vigie_model::verdict::Verdict;

/// The latest verdict of one rule on one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleVerdict {
    /// The rule.
    pub rule: String,
    /// What it says.
    pub verdict: Verdict,
    /// When it was judged.
    pub judged_at: Timestamp,
}

/// How many verdicts of each outcome there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VerdictCounts {
    /// It is as it should be.
    pub pass: u64,
    /// It is not.
    pub fail: u64,
    /// The question does not arise.
    pub not_applicable: u64,
    /// Nobody can tell.
    pub unknown: u64,
}

impl Ledger {
    /// Saves what the checks say of an asset, in the place of everything they said before.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAsset`], or what the database says.
    pub fn save_verdicts<'v>(
        &self,
        asset: AssetId,
        verdicts: impl IntoIterator<Item = (&'v str, &'v Verdict)>,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let new: BTreeMap<&str, &Verdict> = verdicts.into_iter().collect();
        self.db.write(|w| {
            let asset = asset_number(w, asset)?;
            let sql = "SELECT rule, outcome FROM verdict WHERE asset = $1";
            let before = w.query(sql, params![asset], |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?)))?;
            let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
            for (rule, outcome) in &before {
                *counts.entry(*outcome).or_default() -= 1;
                if !new.contains_key(rule.as_str()) {
                    w.execute("DELETE FROM verdict WHERE asset = $1 AND rule = $2", params![asset, rule])?;
                }
            }
            for (rule, verdict) in &new {
                *counts.entry(codes::outcome(verdict)).or_default() += 1;
                save(w, asset, rule, verdict, now)?;
            }
            for (outcome, by) in counts.into_iter().filter(|(_, by)| *by != 0) {
                w.execute(
                    "INSERT INTO verdict_counter (outcome, verdicts) VALUES ($1, $2)
                     ON CONFLICT (outcome) DO UPDATE SET verdicts = verdict_counter.verdicts + excluded.verdicts",
                    params![outcome, by],
                )?;
            }
            Ok(())
        })
    }

    /// What the checks say of an asset, by rule.
    ///
    /// # Errors
    /// What the database says.
    pub fn verdicts(&self, asset: AssetId) -> Result<Vec<RuleVerdict>, LedgerError> {
        let sql = "SELECT v.rule, v.verdict, v.judged_at FROM verdict v JOIN asset a ON a.number = v.asset
                   WHERE a.id = $1 ORDER BY v.rule";
        let rows = self.db.read(|r| r.query(sql, params![asset], |row| Ok((row.get(0)?, row.get::<String>(1)?, row.get(2)?))))?;
        let read = |(rule, json, judged_at): (_, String, _)| {
            let verdict = serde_json::from_str(&json).map_err(|source| LedgerError::stored("verdict", source))?;
            Ok(RuleVerdict { rule, verdict, judged_at })
        };
        rows.into_iter().map(read).collect()
    }

    /// How many verdicts of each outcome there are, over all assets.
    ///
    /// # Errors
    /// What the database says.
    pub fn verdict_counts(&self) -> Result<VerdictCounts, LedgerError> {
        let sql = "SELECT outcome, verdicts FROM verdict_counter";
        let rows = self.db.read(|r| r.query(sql, params![], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))))?;
        let of = |outcome: i64| {
            let count = rows.iter().find(|(number, _)| *number == outcome).map_or(0, |(_, count)| *count);
            u64::try_from(count).unwrap_or_default()
        };
        Ok(VerdictCounts { pass: of(0), fail: of(1), not_applicable: of(2), unknown: of(3) })
    }
}

fn save(w: &Writer<'_>, asset: i64, rule: &str, verdict: &Verdict, now: Timestamp) -> Result<(), LedgerError> {
    let json = serde_json::to_string(verdict).map_err(|source| LedgerError::stored("verdict", source))?;
    w.execute(
        "INSERT INTO verdict (asset, rule, outcome, judged_at, verdict) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (asset, rule) DO UPDATE SET outcome = excluded.outcome, judged_at = excluded.judged_at,
             verdict = excluded.verdict",
        params![asset, rule, codes::outcome(verdict), now, json],
    )?;
    Ok(())
}

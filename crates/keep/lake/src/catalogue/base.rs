//! The base of the chain: an act that stands for the beginning of the chain, so that the list of what was
//! dropped does not grow for ever.
//!
//! What it seals is in its text, and the text is a link like every other: the number and the link at which the
//! chain goes on, and of every row from before that still has a meaning (files that are there, holds,
//! proofs of erasures) its number and the hash of its facts. Everything else from before is removed in the
//! same transaction: merges and retentions, and the files they dropped.
//!
//! What is proven then: every link since, and every row from before, as they were when the base was made. What is
//! not any more: in which order those from before came, and a head that was kept elsewhere from before.

use super::acts::{self, kind};
use super::{Catalogue, chain, count, hex};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use vigie_db::{DbError, Reader, params};
use vigie_model::time::Timestamp;

/// The beginning of the chain, as an act says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Base {
    /// Links up to this number are no longer walked.
    pub(crate) through: i64,
    /// The link with this number.
    pub(crate) link: String,
    /// Files that were dropped before and are no longer listed, since the first base.
    pub(crate) files: u64,
    /// The same of acts.
    pub(crate) acts: u64,
    /// Hashes of the facts of what stays, by number.
    pub(crate) kept: BTreeMap<i64, String>,
}

/// What was pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pruned {
    pub(crate) files: u64,
    pub(crate) acts: u64,
}

/// The base that the chain goes on from, with the number of its act.
pub(crate) fn base(r: &Reader<'_>) -> Result<Option<(i64, Option<Base>)>, DbError> {
    let sql = "SELECT number, body FROM lake_act WHERE kind = $1 ORDER BY number DESC LIMIT 1";
    r.query_opt(sql, params![kind::BASE], |row| {
        let body: String = row.get(1)?;
        Ok((row.get(0)?, serde_json::from_str(&body).ok()))
    })
}

impl Catalogue {
    /// The base that the chain goes on from, or the number of one that cannot be read.
    pub(crate) fn base(&self) -> Result<(Option<Base>, Option<i64>), DbError> {
        Ok(match self.db.read(base)? {
            Some((_, Some(base))) => (Some(base), None),
            Some((number, None)) => (None, Some(number)),
            None => (None, None),
        })
    }

    /// How many rows a base would make needless.
    pub(crate) fn prunable(&self, before: Timestamp) -> Result<u64, DbError> {
        self.db.read(|r| Ok(through(r, before)?.map_or(Ok(Pruned::default()), |through| due(r, through))?.rows()))
    }

    /// Makes the chain begin after what was done before `before`, when that are at least `worth` rows. Nobody
    /// changes the catalogue meanwhile.
    pub(crate) fn prune(&self, before: Timestamp, worth: u64, now: Timestamp) -> Result<Pruned, DbError> {
        let Some(through) = self.db.read(|r| through(r, before))? else { return Ok(Pruned::default()) };
        let due = self.db.read(|r| due(r, through))?;
        if due.rows() < worth.max(1) {
            return Ok(Pruned::default());
        }
        let gone = self.db.read(|r| pruned_acts(r, through))?;
        let mut kept = BTreeMap::new();
        let mut link = None;
        self.chain(
            |entry| {
                if entry.number == through {
                    link = Some(entry.link);
                }
                let stays = match &entry.kind {
                    chain::LinkKind::File(_) => true,
                    // What an erasure took stays with its proof.
                    chain::LinkKind::Dropped { act } => act.is_some_and(|act| !gone.contains(&act)),
                    chain::LinkKind::Act(act) => !is_pruned(&act.kind),
                };
                if entry.number <= through && stays {
                    kept.insert(entry.number, hex(&entry.facts));
                }
            },
            |_| Ok(()),
        )?;
        let Some(link) = link else { return Ok(Pruned::default()) };
        let pruned = self.db.write(|w| {
            let so_far = base(w)?.and_then(|(_, base)| base).map_or((0, 0), |base| (base.files, base.acts));
            let base =
                Base { through, link: hex(&link), files: so_far.0 + due.files, acts: so_far.1 + due.acts, kept: kept.clone() };
            let body = serde_json::to_string(&base).unwrap_or_default();
            acts::append(w, &mut chain::end(w)?, now, kind::BASE, &body)?;
            w.execute(
                "DELETE FROM lake_dropped WHERE act <= $1
                 AND act IN (SELECT number FROM lake_act WHERE kind IN ('compacted', 'retention', 'adopted'))",
                params![through],
            )?;
            w.execute(
                "DELETE FROM lake_act WHERE number <= $1 AND kind IN ('compacted', 'retention', 'adopted', 'base')",
                params![through],
            )?;
            Ok::<_, DbError>(due)
        });
        self.current.change();
        pruned
    }
}

impl Pruned {
    const fn rows(self) -> u64 {
        self.files + self.acts
    }
}

/// Acts that only say where files came from and went; all others are kept for good.
fn is_pruned(kind: &str) -> bool {
    [kind::MERGED, kind::EXPIRED, kind::ADOPTED, kind::BASE].contains(&kind)
}

/// The last act before a time whose predecessors are all from before it, too: clocks jump.
fn through(r: &Reader<'_>, before: Timestamp) -> Result<Option<i64>, DbError> {
    let sql = "SELECT MAX(number) FROM lake_act
               WHERE number < (SELECT COALESCE(MIN(number), 9223372036854775807) FROM lake_act WHERE at >= $1)";
    let act: Option<i64> = r.query_one(sql, params![before], |row| row.get(0))?;
    // The newest link stays a link that is walked: the chain never has a base and nothing else.
    Ok(act.filter(|number| *number > 0))
}

/// The numbers of the acts that go.
fn pruned_acts(r: &Reader<'_>, through: i64) -> Result<BTreeSet<i64>, DbError> {
    let sql = "SELECT number FROM lake_act WHERE number <= $1 AND kind IN ('compacted', 'retention', 'adopted', 'base')";
    Ok(r.query(sql, params![through], |row| row.get(0))?.into_iter().collect())
}

fn due(r: &Reader<'_>, through: i64) -> Result<Pruned, DbError> {
    let count_of = |sql| r.query_one(sql, params![through], |row| count(row, 0));
    Ok(Pruned {
        files: count_of(
            "SELECT COUNT(*) FROM lake_dropped WHERE act <= $1
             AND act IN (SELECT number FROM lake_act WHERE kind IN ('compacted', 'retention', 'adopted'))",
        )?,
        acts: count_of(
            "SELECT COUNT(*) FROM lake_act WHERE number <= $1 AND kind IN ('compacted', 'retention', 'adopted', 'base')",
        )?,
    })
}

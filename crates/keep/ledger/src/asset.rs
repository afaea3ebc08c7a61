//! Assets: what was observed of them, what people say of them, how they hang together.
//!
//! People know better than tools who answers for a machine and how much it matters: what a person
//! set stays, whatever is observed later. Labels are merged, the person's on top; an empty value
//! takes an observed label away.

use crate::book::{Book, Note};
use crate::codes::Code;
use crate::error::LedgerError;
use crate::stored::{stored, stored_where};
use crate::{Ledger, OURSELVES};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vigie_db::{DbError, Reader, Row, Sql, Writer, params};
use vigie_model::asset::{Asset, AssetKind, Criticality, Relation, RelationKind};
use vigie_model::ids::AssetId;
use vigie_model::priority::Exposure;
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;

/// What a person sets. What is not given stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AssetEdit {
    /// Who answers for it; empty for nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How much its loss hurts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// From where it can be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,
    /// Labels, all that a person sets; an empty value takes an observed one away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, String>>,
}

/// Which assets.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AssetFilter {
    /// Of this kind.
    pub kind: Option<AssetKind>,
    /// Whose name or key contains this.
    pub text: Option<String>,
}

/// An asset on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetSummary {
    /// Which.
    pub id: AssetId,
    /// What sort of thing.
    pub kind: AssetKind,
    /// What people call it.
    pub name: String,
    /// What makes it this one.
    pub key: String,
    /// Labels in effect.
    pub labels: BTreeMap<String, String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// How much its loss hurts.
    pub criticality: Criticality,
    /// From where it can be reached.
    pub exposure: Exposure,
    /// Active findings by severity; severities without any are left out.
    pub findings: BTreeMap<Severity, u64>,
    /// When it was first saved.
    pub first_seen: Timestamp,
    /// When it was last saved.
    pub last_seen: Timestamp,
}

/// An asset on its own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetDetail {
    /// As on the list.
    #[serde(flatten)]
    pub summary: AssetSummary,
    /// What a person set.
    pub edited: AssetEdit,
    /// What it hangs on, and what hangs on it.
    pub relations: Vec<RelatedAsset>,
}

/// The other end of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedAsset {
    /// How.
    pub kind: RelationKind,
    /// In which direction.
    pub direction: Side,
    /// Which asset.
    pub asset: AssetId,
    /// Its kind, unless it was never saved.
    pub asset_kind: Option<AssetKind>,
    /// Its name, unless it was never saved.
    pub name: Option<String>,
}

/// A direction of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// To the other asset: this container runs on that host.
    To,
    /// From the other asset: that container runs on this host.
    From,
}

/// What was observed, kept apart from what is in effect.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct Observed {
    owner: Option<String>,
    criticality: Criticality,
    exposure: Exposure,
    labels: BTreeMap<String, String>,
}

impl Observed {
    fn of(asset: &Asset) -> Self {
        let Asset { owner, criticality, exposure, labels, .. } = asset.clone();
        Self { owner, criticality, exposure, labels }
    }

    /// What is in effect under a person's edit.
    fn under(mut self, edit: &AssetEdit) -> Self {
        if let Some(owner) = &edit.owner {
            self.owner = Some(owner.clone()).filter(|owner| !owner.is_empty());
        }
        self.criticality = edit.criticality.unwrap_or(self.criticality);
        self.exposure = edit.exposure.unwrap_or(self.exposure);
        self.labels.extend(edit.labels.clone().unwrap_or_default());
        self.labels.retain(|_, value| !value.is_empty());
        self
    }
}

/// The columns of an [`AssetSummary`].
macro_rules! summary_where {
    ($rest:literal) => {
        concat!(
            "SELECT a.number, a.id, a.kind, a.name, a.key, a.labels, a.owner, a.criticality, a.exposure, a.first_seen,
                    a.last_seen, a.critical, a.high, a.medium, a.low, a.info
             FROM asset a ",
            $rest
        )
    };
}
impl Ledger {
    /// Saves an asset as it was observed, with its relations in the place of those saved before.
    ///
    /// # Errors
    /// What the database says.
    pub fn save_asset(&self, asset: &Asset) -> Result<(), LedgerError> {
        let now = self.clock.now();
        self.db.write(|w| {
            let before = standing(w, asset.id)?;
            let edited = before.as_ref().map(|before| before.edited.clone()).unwrap_or_default();
            let observed = Observed::of(asset);
            let effective = observed.clone().under(&edited);
            let number = upsert(w, asset, &observed, &effective, &edited, now)?;
            save_relations(w, number, &asset.relations)?;
            relabel(w, now, number, before.as_ref().map(|before| &before.labels), &effective.labels)
        })?;
        self.assets_were_written();
        Ok(())
    }

    /// Sets what a person knows better; it stays whatever is observed later.
    ///
    /// # Errors
    /// [`LedgerError::UnknownAsset`], or what the database says.
    pub fn edit_asset(&self, id: AssetId, edit: &AssetEdit) -> Result<(), LedgerError> {
        let now = self.clock.now();
        self.db.write(|w| {
            let before = standing(w, id)?.ok_or(LedgerError::UnknownAsset(id))?;
            let edited = merged(before.edited.clone(), edit);
            let effective = before.observed.clone().under(&edited);
            w.execute(
                "UPDATE asset SET labels = $2, owner = $3, criticality = $4, exposure = $5, edited = $6
                 WHERE number = $1",
                params![
                    before.number,
                    json(&effective.labels)?,
                    effective.owner,
                    effective.criticality.number(),
                    effective.exposure.number(),
                    json(&edited)?
                ],
            )?;
            relabel(w, now, before.number, Some(&before.labels), &effective.labels)
        })?;
        self.assets_were_written();
        Ok(())
    }

    /// Assets by name, after one with this name and id, at most `limit`.
    ///
    /// # Errors
    /// What the database says.
    pub fn assets(
        &self,
        filter: &AssetFilter,
        after: Option<(&str, AssetId)>,
        limit: u32,
    ) -> Result<Vec<AssetSummary>, LedgerError> {
        let mut sql = Sql::new(summary_where!("WHERE 1 = 1"));
        if let Some(kind) = filter.kind {
            sql.push(" AND a.kind = ").bind(&kind.number());
        }
        for word in crate::filter::words(filter.text.as_deref().unwrap_or_default()) {
            sql.push(" AND a.search LIKE ").bind(&crate::filter::pattern(&word)).push(" ESCAPE '\\'");
        }
        if let Some((name, id)) = after {
            sql.push(" AND (a.name, a.id) > (").bind(name).push(", ").bind(&id).push(")");
        }
        sql.push(" ORDER BY a.name, a.id LIMIT ").bind(&limit);
        let rows = self.db.read(|r| r.query_built(&sql, summary))?;
        rows.into_iter().map(|(_, summary, labels)| with_labels(summary, &labels)).collect()
    }

    /// One asset with its relations.
    ///
    /// # Errors
    /// What the database says.
    pub fn asset(&self, id: AssetId) -> Result<Option<AssetDetail>, LedgerError> {
        self.db.read(|r| {
            let found = r.query_opt(summary_where!("WHERE a.id = $1"), params![id], summary)?;
            let Some((number, summary, labels)) = found else { return Ok(None) };
            let edited: String = r.query_one("SELECT edited FROM asset WHERE number = $1", params![number], |row| row.get(0))?;
            let relations = relations(r, number, id)?;
            Ok(Some(AssetDetail { summary: with_labels(summary, &labels)?, edited: from_json("asset", &edited)?, relations }))
        })
    }

    /// The asset as the model has it, with what is in effect.
    ///
    /// # Errors
    /// What the database says.
    pub fn asset_in_effect(&self, id: AssetId) -> Result<Option<Asset>, LedgerError> {
        let Some(AssetDetail { summary, relations, .. }) = self.asset(id)? else { return Ok(None) };
        let outgoing = relations.into_iter().filter(|relation| relation.direction == Side::To);
        Ok(Some(Asset {
            id: summary.id,
            kind: summary.kind,
            key: summary.key,
            name: summary.name,
            labels: summary.labels,
            owner: summary.owner,
            criticality: summary.criticality,
            exposure: summary.exposure,
            relations: outgoing.map(|relation| Relation { kind: relation.kind, to: relation.asset }).collect(),
        }))
    }
}

/// An asset as it stands before a change.
struct Standing {
    number: i64,
    observed: Observed,
    edited: AssetEdit,
    labels: BTreeMap<String, String>,
}

fn standing(r: &Reader<'_>, id: AssetId) -> Result<Option<Standing>, LedgerError> {
    let sql = "SELECT number, observed, edited, labels FROM asset WHERE id = $1";
    let row = r.query_opt(sql, params![id], |row| {
        Ok((row.get(0)?, row.get::<String>(1)?, row.get::<String>(2)?, row.get::<String>(3)?))
    })?;
    row.map(|(number, observed, edited, labels)| {
        Ok(Standing {
            number,
            observed: from_json("asset", &observed)?,
            edited: from_json("asset", &edited)?,
            labels: from_json("asset", &labels)?,
        })
    })
    .transpose()
}

fn upsert(
    w: &Writer<'_>,
    asset: &Asset,
    observed: &Observed,
    effective: &Observed,
    edited: &AssetEdit,
    now: Timestamp,
) -> Result<i64, LedgerError> {
    let search = format!("{} {}", asset.name, asset.key).to_lowercase();
    let number = w.query_one(
        "INSERT INTO asset (id, kind, key, name, search, labels, owner, criticality, exposure, observed, edited,
             first_seen, last_seen, findings, critical, high, medium, low, info)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 0, 0, 0, 0, 0, 0)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, search = excluded.search, labels = excluded.labels,
             owner = excluded.owner, criticality = excluded.criticality, exposure = excluded.exposure,
             observed = excluded.observed, last_seen = excluded.last_seen
         RETURNING number",
        params![
            asset.id,
            asset.kind.number(),
            asset.key,
            asset.name,
            search,
            json(&effective.labels)?,
            effective.owner,
            effective.criticality.number(),
            effective.exposure.number(),
            json(observed)?,
            json(edited)?,
            now
        ],
        |row| row.get(0),
    )?;
    Ok(number)
}

fn save_relations(w: &Writer<'_>, asset: i64, relations: &[Relation]) -> Result<(), LedgerError> {
    let before = w.query("SELECT kind, other FROM relation WHERE asset = $1", params![asset], |row| {
        Ok(Relation { kind: row.map(0, "a relation", RelationKind::from_number)?, to: row.get(1)? })
    })?;
    for gone in before.iter().filter(|relation| !relations.contains(relation)) {
        let sql = "DELETE FROM relation WHERE asset = $1 AND kind = $2 AND other = $3";
        w.execute(sql, params![asset, gone.kind.number(), gone.to])?;
    }
    for relation in relations {
        let sql = "INSERT INTO relation (asset, kind, other) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        w.execute(sql, params![asset, relation.kind.number(), relation.to])?;
    }
    Ok(())
}

/// Writes labels that changed, and lets decisions that ask for labels look at the asset again.
fn relabel(
    w: &Writer<'_>,
    now: Timestamp,
    asset: i64,
    before: Option<&BTreeMap<String, String>>,
    after: &BTreeMap<String, String>,
) -> Result<(), LedgerError> {
    if before == Some(after) {
        return Ok(());
    }
    w.execute("DELETE FROM asset_label WHERE asset = $1", params![asset])?;
    for (key, value) in after {
        let sql = "INSERT INTO asset_label (asset, key, value) VALUES ($1, $2, $3)";
        w.execute(sql, params![asset, key, value])?;
    }
    let mut book = Book::open(w, now);
    if before.is_some() && book.rules()?.asks_for_labels() {
        let note = Note { who: OURSELVES, why: "" };
        for (stored, named) in w.query(stored_where!("WHERE f.asset = $1 ORDER BY f.id"), params![asset], stored)? {
            book.decide_again(&stored, &named, Some(note))?;
        }
    }
    book.close()
}

fn merged(mut edited: AssetEdit, edit: &AssetEdit) -> AssetEdit {
    edited.owner = edit.owner.clone().or(edited.owner);
    edited.criticality = edit.criticality.or(edited.criticality);
    edited.exposure = edit.exposure.or(edited.exposure);
    edited.labels = edit.labels.clone().or(edited.labels);
    edited
}

fn summary(row: &Row<'_>) -> Result<(i64, AssetSummary, String), DbError> {
    let mut findings = BTreeMap::new();
    for (column, severity) in (11..).zip(Severity::ALL) {
        let count: i64 = row.get(column)?;
        if count > 0 {
            findings.insert(severity, u64::try_from(count).unwrap_or_default());
        }
    }
    let summary = AssetSummary {
        id: row.get(1)?,
        kind: row.map(2, "a kind of asset", AssetKind::from_number)?,
        name: row.get(3)?,
        key: row.get(4)?,
        labels: BTreeMap::new(),
        owner: row.get(6)?,
        criticality: row.map(7, "a criticality", Criticality::from_number)?,
        exposure: row.map(8, "an exposure", Exposure::from_number)?,
        findings,
        first_seen: row.get(9)?,
        last_seen: row.get(10)?,
    };
    Ok((row.get(0)?, summary, row.get(5)?))
}

fn with_labels(summary: AssetSummary, labels: &str) -> Result<AssetSummary, LedgerError> {
    Ok(AssetSummary { labels: from_json("asset", labels)?, ..summary })
}

fn relations(r: &Reader<'_>, number: i64, id: AssetId) -> Result<Vec<RelatedAsset>, LedgerError> {
    let related = |direction| {
        move |row: &Row<'_>| {
            let kind: Option<i64> = row.get(2)?;
            Ok(RelatedAsset {
                kind: row.map(0, "a relation", RelationKind::from_number)?,
                direction,
                asset: row.get(1)?,
                asset_kind: kind.and_then(AssetKind::from_number),
                name: row.get(3)?,
            })
        }
    };
    let to = "SELECT r.kind, r.other, a.kind, a.name FROM relation r LEFT JOIN asset a ON a.id = r.other
              WHERE r.asset = $1 ORDER BY r.kind, a.name, r.other";
    let from = "SELECT r.kind, a.id, a.kind, a.name FROM relation r JOIN asset a ON a.number = r.asset
                WHERE r.other = $1 ORDER BY r.kind, a.name, a.id";
    let mut all = r.query(to, params![number], related(Side::To))?;
    all.extend(r.query(from, params![id], related(Side::From))?);
    Ok(all)
}

fn json<T: Serialize>(value: &T) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|source| LedgerError::stored("asset", source))
}

pub(crate) fn from_json<T: for<'de> Deserialize<'de>>(what: &'static str, text: &str) -> Result<T, LedgerError> {
    serde_json::from_str(text).map_err(|source| LedgerError::stored(what, source))
}

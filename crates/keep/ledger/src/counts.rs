//! Counts and trend, read from what is kept.

use crate::Ledger;
use crate::codes::{Bucket, StateName};
use crate::error::LedgerError;
use crate::filter::{Dimension, Filter};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use vigie_db::{Reader, params};
use vigie_model::finding::FindingKind;
use vigie_model::severity::Severity;
use vigie_model::time::{Day, Timestamp};

/// How many findings share kind, severity and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What sort of wrong.
    pub kind: FindingKind,
    /// How bad.
    pub severity: Severity,
    /// In which state.
    pub state: StateName,
    /// How many.
    pub count: u64,
    /// Of these, known to be exploited.
    pub known_exploited: u64,
    /// Of these, with a fix.
    pub fixable: u64,
}

/// How many findings fit, by each dimension.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facets {
    /// By severity; what has none is left out.
    pub severity: BTreeMap<Severity, u64>,
    /// By kind.
    pub kind: BTreeMap<FindingKind, u64>,
    /// By state.
    pub state: BTreeMap<StateName, u64>,
}

/// What happened on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendDay {
    /// Which day, in UTC.
    pub day: Day,
    /// Findings opened or reopened.
    pub opened: u64,
    /// Findings fixed.
    pub fixed: u64,
    /// Findings that asked for work when it ended; for today, that do now.
    pub active: u64,
}

/// A trend goes back at most this far: ten years.
pub const TREND_DAYS_MAX: u32 = 3_660;

/// The kept counters.
pub(crate) struct Cells(Vec<(Bucket, i64, u64)>);

impl Cells {
    pub(crate) fn load(r: &Reader<'_>) -> Result<Self, LedgerError> {
        let sql = "SELECT bucket, priority, findings FROM counter WHERE findings > 0 ORDER BY bucket, priority";
        let cells = r.query(sql, params![], |row| {
            let findings: i64 = row.get(2)?;
            Ok((row.map(0, "a bucket", Bucket::from_number)?, row.get(1)?, u64::try_from(findings).unwrap_or_default()))
        })?;
        Ok(Self(cells))
    }

    /// The buckets that a filter admits and that have findings.
    pub(crate) fn buckets(&self, filter: &Filter) -> Vec<Bucket> {
        let mut buckets: Vec<Bucket> = self.0.iter().map(|(bucket, ..)| *bucket).collect();
        buckets.dedup();
        buckets.retain(|bucket| filter.admits(*bucket));
        buckets
    }

    /// How many findings are in the buckets that a filter and a closure admit, of at least this
    /// priority.
    pub(crate) fn admitted(&self, filter: &Filter, least: Option<i64>, also: impl Fn(Bucket) -> bool) -> u64 {
        let admitted = self.at_least(least).filter(|(bucket, _)| filter.admits(*bucket) && also(*bucket));
        admitted.map(|(_, findings)| findings).sum()
    }

    pub(crate) fn facets(&self, filter: &Filter, least: Option<i64>) -> Facets {
        Facets::of(filter, self.at_least(least))
    }

    fn at_least(&self, least: Option<i64>) -> impl Iterator<Item = (Bucket, u64)> {
        let cells = self.0.iter().filter(move |(_, priority, _)| least.is_none_or(|least| *priority >= least));
        cells.map(|(bucket, _, findings)| (*bucket, *findings))
    }
}

impl Facets {
    /// Counts findings by each dimension, with that dimension's part of the filter left open.
    pub(crate) fn of(filter: &Filter, findings: impl Iterator<Item = (Bucket, u64)>) -> Self {
        let mut facets = Self::default();
        for (bucket, count) in findings {
            if filter.admits_but(bucket, Some(Dimension::Severity)) {
                *facets.severity.entry(bucket.severity).or_default() += count;
            }
            if filter.admits_but(bucket, Some(Dimension::Kind)) {
                *facets.kind.entry(bucket.kind).or_default() += count;
            }
            if filter.admits_but(bucket, Some(Dimension::State)) {
                *facets.state.entry(bucket.state).or_default() += count;
            }
        }
        facets
    }
}

impl Ledger {
    /// How many findings there are of each kind, severity and state.
    ///
    /// # Errors
    /// What the database says.
    pub fn counts(&self) -> Result<Vec<Cell>, LedgerError> {
        let cells = self.db.read(Cells::load)?;
        let mut counts: BTreeMap<_, Cell> = BTreeMap::new();
        for (bucket, _, findings) in cells.0 {
            let Bucket { kind, severity, state, .. } = bucket;
            let cell = counts.entry((kind, severity, state)).or_insert(Cell {
                kind,
                severity,
                state,
                count: 0,
                known_exploited: 0,
                fixable: 0,
            });
            cell.count += findings;
            cell.known_exploited += if bucket.known_exploited { findings } else { 0 };
            cell.fixable += if bucket.fixable { findings } else { 0 };
        }
        Ok(counts.into_values().collect())
    }

    /// How many findings fit, as far as that is known without counting them: always for filters by
    /// state, severity, kind, fix, exploitation and priority, and for others unless very many fit.
    ///
    /// # Errors
    /// What the database says.
    pub fn count(&self, filter: &Filter) -> Result<Option<u64>, LedgerError> {
        Ok(self.findings(filter, crate::Sort::Priority, crate::Order::Descending, None, 1)?.total)
    }

    /// How many active findings of a kind were seen since a time.
    ///
    /// # Errors
    /// What the database says.
    pub fn seen_since(&self, kind: FindingKind, since: Timestamp) -> Result<u64, LedgerError> {
        let filter = Filter { kinds: vec![kind], ..Filter::default() };
        self.db.read(|r| {
            let mut seen = 0;
            for bucket in Cells::load(r)?.buckets(&filter) {
                let sql = "SELECT count(*) FROM finding WHERE bucket = $1 AND last_seen >= $2";
                seen += r.query_one(sql, params![bucket.number(), since], |row| row.get::<i64>(0))?;
            }
            Ok(u64::try_from(seen).unwrap_or_default())
        })
    }

    /// How many active findings each rule of the catalogue has. Vulnerabilities are left out.
    ///
    /// # Errors
    /// What the database says.
    pub fn active_by_subject(&self) -> Result<HashMap<String, u64>, LedgerError> {
        let sql = "SELECT subject, sum(active) FROM wording WHERE kind <> 0 GROUP BY subject HAVING sum(active) > 0";
        let rows = self.db.read(|r| {
            r.query(sql, params![], |row| {
                let active: i64 = row.get(1)?;
                Ok((row.get(0)?, u64::try_from(active).unwrap_or_default()))
            })
        })?;
        Ok(rows.into_iter().collect())
    }

    /// The last `days` days (at most [`TREND_DAYS_MAX`]), the oldest first, today last.
    ///
    /// # Errors
    /// What the database says.
    pub fn trend(&self, days: u32) -> Result<Vec<TrendDay>, LedgerError> {
        let today = self.clock.now().day();
        let first = Day::from_number(today.number().saturating_sub(i64::from(days.min(TREND_DAYS_MAX)) - 1));
        self.db.read(|r| {
            let sql = "SELECT day, opened, fixed, active_change FROM trend WHERE day >= $1";
            let rows = r.query(sql, params![first], |row| {
                Ok((row.get::<Day>(0)?, (row.get::<i64>(1)?, row.get::<i64>(2)?, row.get::<i64>(3)?)))
            })?;
            let by_day: HashMap<Day, (i64, i64, i64)> = rows.into_iter().collect();
            let now = Cells::load(r)?.admitted(&Filter::default(), None, |_| true);
            // Backwards from now: what is active today less what changed today was active yesterday.
            // Days that the clock has not reached again after it was set back count as today.
            let ahead: i64 = by_day.iter().filter(|(day, _)| **day > today).map(|(_, changes)| changes.2).sum();
            let mut active = i64::try_from(now).unwrap_or(i64::MAX);
            let mut trend = Vec::new();
            for number in (first.number()..=today.number()).rev() {
                let day = Day::from_number(number);
                let (opened, fixed, change) = by_day.get(&day).copied().unwrap_or_default();
                let count = |number: i64| u64::try_from(number).unwrap_or_default();
                trend.push(TrendDay { day, opened: count(opened), fixed: count(fixed), active: count(active) });
                active -= change + if day == today { ahead } else { 0 };
            }
            trend.reverse();
            Ok(trend)
        })
    }
}

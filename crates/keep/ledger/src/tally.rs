//! Counters, kept as findings move.
//!
//! Whoever changes a finding says where it was counted and where it is now; the differences are
//! gathered and written once for each transaction. So a counter is right by construction.

use crate::codes::Bucket;
use std::collections::BTreeMap;
use vigie_db::{DbError, Writer, params};
use vigie_model::severity::Severity;
use vigie_model::time::Day;

/// Where a finding is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bucket: Bucket,
    pub(crate) priority: i64,
    pub(crate) wording: i64,
    pub(crate) asset: i64,
    pub(crate) decision: Option<i64>,
}

/// Differences to be written. In order of keys, so that the same changes touch pages in one order.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    buckets: BTreeMap<(i64, i64), i64>,
    wordings: BTreeMap<i64, (i64, i64)>,
    assets: BTreeMap<i64, OnAsset>,
    decisions: BTreeMap<i64, i64>,
    active_change: i64,
    pub(crate) opened: i64,
    pub(crate) fixed: i64,
}

#[derive(Debug, Default)]
struct OnAsset {
    findings: i64,
    active: [i64; 5],
}

impl Tally {
    /// A finding is counted here from now on.
    pub(crate) fn enter(&mut self, place: &Place) {
        self.count(place, 1);
    }

    /// A finding is no longer counted here.
    pub(crate) fn leave(&mut self, place: &Place) {
        self.count(place, -1);
    }

    fn count(&mut self, place: &Place, by: i64) {
        let active = if place.bucket.state.is_active() { by } else { 0 };
        *self.buckets.entry((place.bucket.number(), place.priority)).or_default() += by;
        let wording = self.wordings.entry(place.wording).or_default();
        wording.0 += by;
        wording.1 += active;
        let asset = self.assets.entry(place.asset).or_default();
        asset.findings += by;
        asset.active[severity_index(place.bucket.severity)] += active;
        if let Some(decision) = place.decision {
            *self.decisions.entry(decision).or_default() += by;
        }
        self.active_change += active;
    }

    /// Writes the differences; the trend's go to `day`.
    pub(crate) fn flush(&mut self, w: &Writer<'_>, day: Day) -> Result<(), DbError> {
        let tally = std::mem::take(self);
        for ((bucket, priority), by) in tally.buckets {
            write_bucket(w, bucket, priority, by)?;
        }
        for (wording, (findings, active)) in tally.wordings {
            write_wording(w, wording, findings, active)?;
        }
        for (asset, by) in tally.assets {
            write_asset(w, asset, &by)?;
        }
        for (decision, by) in tally.decisions {
            if by != 0 {
                w.execute("UPDATE decision SET covers = covers + $2 WHERE number = $1", params![decision, by])?;
            }
        }
        if (tally.opened, tally.fixed, tally.active_change) != (0, 0, 0) {
            w.execute(
                "INSERT INTO trend (day, opened, fixed, active_change) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (day) DO UPDATE SET opened = trend.opened + excluded.opened,
                     fixed = trend.fixed + excluded.fixed,
                     active_change = trend.active_change + excluded.active_change",
                params![day, tally.opened, tally.fixed, tally.active_change],
            )?;
        }
        Ok(())
    }
}

fn write_bucket(w: &Writer<'_>, bucket: i64, priority: i64, by: i64) -> Result<(), DbError> {
    if by == 0 {
        return Ok(());
    }
    w.execute(
        "INSERT INTO counter (bucket, priority, findings) VALUES ($1, $2, $3)
         ON CONFLICT (bucket, priority) DO UPDATE SET findings = counter.findings + excluded.findings",
        params![bucket, priority, by],
    )?;
    if by < 0 {
        let empty = "DELETE FROM counter WHERE bucket = $1 AND priority = $2 AND findings = 0";
        w.execute(empty, params![bucket, priority])?;
    }
    Ok(())
}

fn write_wording(w: &Writer<'_>, wording: i64, findings: i64, active: i64) -> Result<(), DbError> {
    if (findings, active) == (0, 0) {
        return Ok(());
    }
    w.execute(
        "UPDATE wording SET findings = findings + $2, active = active + $3 WHERE number = $1",
        params![wording, findings, active],
    )?;
    if findings < 0 {
        w.execute("DELETE FROM wording WHERE number = $1 AND findings = 0", params![wording])?;
    }
    Ok(())
}

fn write_asset(w: &Writer<'_>, asset: i64, by: &OnAsset) -> Result<(), DbError> {
    if by.findings == 0 && by.active == [0; 5] {
        return Ok(());
    }
    let [info, low, medium, high, critical] = by.active;
    w.execute(
        "UPDATE asset SET findings = findings + $2, info = info + $3, low = low + $4, medium = medium + $5,
             high = high + $6, critical = critical + $7
         WHERE number = $1",
        params![asset, by.findings, info, low, medium, high, critical],
    )
    .map(drop)
}

fn severity_index(severity: Severity) -> usize {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

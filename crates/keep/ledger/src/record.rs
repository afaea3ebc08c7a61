//! Taking in what runs found that look at everything.

use crate::Ledger;
use crate::book::{Book, Seen, Tool};
use crate::error::LedgerError;
use crate::report::{Occurrences, Report};
use crate::sighting::Sighting;
use crate::stored::{Named, stored, stored_where};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::PoisonError;
use vigie_db::{Reader, Writer, params};
use vigie_model::finding::FindingKind;
use vigie_model::ids::{AssetId, FindingId};
use vigie_model::occurrence::Occurrence;
use vigie_model::time::Timestamp;

/// One run of one tool over one asset, and what it can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The asset that was looked at.
    pub asset: AssetId,
    /// The tool: stays the same from run to run, such as `vigie.checks`.
    pub tool: String,
    /// The kinds of findings it looked for everywhere on the asset: what it had seen of these
    /// before and does not report now is gone.
    pub kinds: BTreeSet<FindingKind>,
    /// Subjects about which it could not tell this time; their findings stay as they are.
    pub inconclusive: BTreeSet<String>,
    /// The places it looked at, by their locators' texts; findings elsewhere stay as they are. None: everywhere.
    pub places: Option<BTreeSet<String>>,
}

impl Run {
    /// A run that looked everywhere and could tell of everything.
    #[must_use]
    pub fn over(asset: AssetId, tool: &str, kinds: impl IntoIterator<Item = FindingKind>) -> Self {
        let kinds = kinds.into_iter().collect();
        Self { asset, tool: tool.to_owned(), kinds, inconclusive: BTreeSet::new(), places: None }
    }

    /// Whether a finding that the run did not report is gone.
    fn covers(&self, named: &Named) -> bool {
        let looked = self.places.as_ref().is_none_or(|places| places.contains(&named.locator));
        looked && self.kinds.contains(&named.kind) && !self.inconclusive.contains(&named.subject)
    }
}

/// What recording did, in findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recorded {
    /// Opened.
    pub new: u64,
    /// Seen that were known before.
    pub seen: u64,
    /// Of these, fixed ones that are back.
    pub reopened: u64,
    /// Of these, ones about which something is new: severity, priority, evidence, fix.
    pub changed: u64,
    /// Fixed.
    pub fixed: u64,
}

impl Recorded {
    /// How many findings a page would show differently now.
    #[must_use]
    pub const fn changed(&self) -> u64 {
        self.new + self.reopened + self.changed + self.fixed
    }

    /// Adds what another recording did.
    pub fn add(&mut self, other: &Self) {
        self.new += other.new;
        self.seen += other.seen;
        self.reopened += other.reopened;
        self.changed += other.changed;
        self.fixed += other.fixed;
    }

    pub(crate) fn of(all: Vec<Seen>) -> Self {
        let mut recorded = Self::default();
        all.into_iter().for_each(|seen| recorded.count(seen));
        recorded
    }

    fn count(&mut self, seen: Seen) {
        match seen {
            Seen::New => self.new += 1,
            Seen::Again { reopened, changed } => {
                self.seen += 1;
                self.reopened += u64::from(reopened);
                // A finding that is back counts once.
                self.changed += u64::from(changed && !reopened);
            }
        }
    }
}

/// Findings written in one transaction: a quarter of a second, then others get their turn.
const CHUNK: usize = 4_000;
/// Tools are bits of a signed number.
const TOOLS_MAX: usize = 63;
/// Runs are kept for as long as this.
const RUNS_KEPT_DAYS: i64 = 90;
/// A tool that has not reported on an asset for longer than this no longer speaks for its findings.
const SILENT_DAYS: i64 = 30;

impl Ledger {
    /// Records all that a run found, and fixes what it should have found and did not.
    ///
    /// # Errors
    /// See [`LedgerError`]: the asset must be known, and every occurrence on it.
    pub fn record(&self, run: &Run, occurrences: &[Occurrence]) -> Result<Recorded, LedgerError> {
        let mut report = Report::new(run.clone());
        report.add(occurrences)?;
        self.record_report(&report)
    }

    /// Records a report that came in pieces.
    ///
    /// # Errors
    /// See [`LedgerError`]: the asset must be known.
    pub fn record_report(&self, report: &Report) -> Result<Recorded, LedgerError> {
        // A panic of an earlier holder left whole transactions behind: nothing to repair.
        let _one_at_a_time = self.reporting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let run = &report.run;
        let (tool, asset) = self.db.write(|w| {
            let (mut tool, asset) = (tool(w, &run.tool)?, asset_number(w, run.asset)?);
            tool.yields_to = spoken_for(w, now, &tool, asset)?;
            Ok::<_, LedgerError>((tool, asset))
        })?;
        let mut recorded = self.see_all(now, &tool, &report.occurrences)?;
        let missed = self.db.read(|r| missed(r, run, &tool, asset, &report.occurrences))?;
        for chunk in missed.chunks(CHUNK) {
            recorded.fixed += self.db.write(|w| miss_all(w, now, &tool, chunk))?;
        }
        self.db.write(|w| note_run(w, now, &tool, asset, &recorded))?;
        Ok(recorded)
    }

    /// Records many reports, each as [`Ledger::record_report`] does, many of them in one transaction: for passes over
    /// all assets, where each report is small.
    ///
    /// # Errors
    /// See [`LedgerError`]: the assets must be known. Reports before the one that failed may have been recorded.
    pub fn record_reports(&self, reports: &[Report]) -> Result<Recorded, LedgerError> {
        let _one_at_a_time = self.reporting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let mut recorded = Recorded::default();
        let mut rest = reports;
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(piece(rest));
            let seen =
                self.db.write(|w| chunk.iter().map(|report| record_within(w, now, report)).collect::<Result<Vec<_>, _>>())?;
            seen.iter().for_each(|seen| recorded.add(seen));
            rest = later;
        }
        Ok(recorded)
    }

    fn see_all(&self, now: Timestamp, tool: &Tool, occurrences: &Occurrences) -> Result<Recorded, LedgerError> {
        let mut recorded = Recorded::default();
        let all: Vec<_> = occurrences.iter().collect();
        for chunk in all.chunks(CHUNK) {
            // Computed before the transaction, so that it holds the writer no longer than it must.
            let sightings = chunk.iter().map(|(id, occurrence)| Sighting::of(**id, occurrence));
            let sightings = sightings.collect::<Result<Vec<_>, _>>()?;
            let seen = self.db.write(|w| see_chunk(w, now, tool, &sightings))?;
            seen.into_iter().for_each(|seen| recorded.count(seen));
        }
        Ok(recorded)
    }
}

/// How many reports make a transaction that others can wait for; at least one.
fn piece(reports: &[Report]) -> usize {
    let mut weight = 0;
    let light = reports.iter().take_while(|report| {
        // A report without findings still looks for what it misses.
        weight += report.occurrences.len() + 10;
        weight <= CHUNK
    });
    light.count().max(1)
}

/// Records a report within a transaction.
fn record_within(w: &Writer<'_>, now: Timestamp, report: &Report) -> Result<Recorded, LedgerError> {
    let run = &report.run;
    let (mut tool, asset) = (tool(w, &run.tool)?, asset_number(w, run.asset)?);
    tool.yields_to = spoken_for(w, now, &tool, asset)?;
    let sightings = report.occurrences.iter().map(|(id, occurrence)| Sighting::of(*id, occurrence));
    let mut recorded = Recorded::default();
    see_chunk(w, now, &tool, &sightings.collect::<Result<Vec<_>, _>>()?)?.into_iter().for_each(|seen| recorded.count(seen));
    recorded.fixed = miss_all(w, now, &tool, &missed(w, run, &tool, asset, &report.occurrences)?)?;
    note_run(w, now, &tool, asset, &recorded)?;
    Ok(recorded)
}

pub(crate) fn see_chunk(
    w: &Writer<'_>,
    now: Timestamp,
    tool: &Tool,
    sightings: &[Sighting<'_>],
) -> Result<Vec<Seen>, LedgerError> {
    let mut book = Book::open(w, now);
    let mut all = Vec::with_capacity(sightings.len());
    let mut last: Option<(AssetId, i64)> = None;
    for sighting in sightings {
        let id = sighting.occurrence.identity.asset;
        let asset = match last {
            Some((known, number)) if known == id => number,
            _ => asset_number(w, id)?,
        };
        last = Some((id, asset));
        all.push(book.see(tool, asset, sighting)?);
    }
    book.close()?;
    Ok(all)
}

/// What the tool had seen on the asset, should have found again, and did not.
fn missed(r: &Reader<'_>, run: &Run, tool: &Tool, asset: i64, found: &Occurrences) -> Result<Vec<FindingId>, LedgerError> {
    if run.kinds.is_empty() {
        return Ok(Vec::new());
    }
    let before = match &run.places {
        None => {
            let sql = stored_where!("WHERE f.asset = $1 AND (f.seen_by & $2) <> 0 ORDER BY f.id");
            r.query(sql, params![asset, tool.bit()], stored)?
        }
        Some(places) => {
            // An asset has hundreds of findings, and a place a few.
            let sql = stored_where!(
                "WHERE f.asset = $1 AND f.wording IN (SELECT number FROM wording WHERE locator = $3) AND (f.seen_by & $2) <> 0
                 ORDER BY f.id"
            );
            let at = |place| r.query(sql, params![asset, tool.bit(), place], stored);
            places.iter().map(at).collect::<Result<Vec<_>, _>>()?.concat()
        }
    };
    let missed = before.into_iter().filter(|(stored, named)| run.covers(named) && !found.contains_key(&stored.id));
    Ok(missed.map(|(stored, _)| stored.id).collect())
}

fn miss_all(w: &Writer<'_>, now: Timestamp, tool: &Tool, ids: &[FindingId]) -> Result<u64, LedgerError> {
    let mut book = Book::open(w, now);
    let mut fixed = 0;
    for id in ids {
        // Read again: somebody may have moved it since the list was made.
        if let Some(stored) = book.find(*id)? {
            fixed += u64::from(book.miss(tool, &stored)?);
        }
    }
    book.close()?;
    Ok(fixed)
}

/// The number of an asset.
pub(crate) fn asset_number(r: &Reader<'_>, id: AssetId) -> Result<i64, LedgerError> {
    let number = r.query_opt("SELECT number FROM asset WHERE id = $1", params![id], |row| row.get(0))?;
    number.ok_or(LedgerError::UnknownAsset(id))
}

pub(crate) fn tool(w: &Writer<'_>, name: &str) -> Result<Tool, LedgerError> {
    let who = format!("tool:{name}");
    let known = w.query_opt("SELECT number FROM tool WHERE name = $1", params![name], |row| row.get(0))?;
    if let Some(number) = known {
        return Ok(Tool { number, who, yields_to: 0 });
    }
    let next: i64 = w.query_one("SELECT coalesce(max(number) + 1, 0) FROM tool", params![], |row| row.get(0))?;
    if next >= TOOLS_MAX as i64 {
        return Err(LedgerError::TooManyTools { max: TOOLS_MAX });
    }
    w.execute("INSERT INTO tool (number, name) VALUES ($1, $2)", params![next, name])?;
    Ok(Tool { number: next, who, yields_to: 0 })
}

/// The tools whose word on an asset counts more than this one's: those known for longer that have
/// reported on it lately.
fn spoken_for(r: &Reader<'_>, now: Timestamp, tool: &Tool, asset: i64) -> Result<i64, LedgerError> {
    let lately = now.plus_seconds(-SILENT_DAYS * 86_400);
    let sql = "SELECT DISTINCT tool FROM run WHERE asset = $1 AND tool < $2 AND at >= $3";
    let tools = r.query(sql, params![asset, tool.number, lately], |row| row.get::<i64>(0))?;
    Ok(tools.into_iter().fold(0, |bits, number| bits | 1 << number))
}

fn note_run(w: &Writer<'_>, now: Timestamp, tool: &Tool, asset: i64, recorded: &Recorded) -> Result<(), LedgerError> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    w.execute(
        "INSERT INTO run (asset, tool, at, found, opened, reopened, fixed, changed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            asset,
            tool.number,
            now,
            number(recorded.new + recorded.seen),
            number(recorded.new),
            number(recorded.reopened),
            number(recorded.fixed),
            number(recorded.changed)
        ],
    )?;
    let oldest = now.plus_seconds(-RUNS_KEPT_DAYS * 86_400);
    w.execute("DELETE FROM run WHERE at < $1", params![oldest])?;
    Ok(())
}

//! Pages of findings: any filter, any sort, from any place, without grouping or scanning a million.
//!
//! Two ways lead to a page. Both are exact; [`narrow`](crate::narrow) tells which is the shorter.
//!
//! * **Walk** ([`walk`](crate::walk)): each bucket (state × kind × severity × exploited × fixable)
//!   has its findings in the order of every sort; the wanted buckets are merged like sorted decks
//!   until the page is full. What else is asked for is checked on the way. Quick when much fits.
//! * **Gather** ([`gather`](crate::gather)): the narrowest of asset, subject and words, or the few
//!   findings of the wanted buckets, give the candidates, which are then filtered and sorted here.
//!   Quick when little fits.
//!
//! How many fit is known before, since counters are kept for buckets with priorities, for assets and
//! for wordings. Limits: a text search reads every distinct wording once (not every finding); and
//! where more than [`GATHER_MAX`] findings may fit and yet almost none of them come early in the
//! wanted order, a walk may read far.

use crate::codes::{self, Bucket, Code};
use crate::counts::{Cells, Facets};
use crate::error::LedgerError;
use crate::filter::{Cursor, Filter, Key, Order, Sort};
use crate::narrow::{Narrowed, Way};
use crate::{Ledger, gather, walk};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use vigie_db::{DbError, Reader, Row, params};
use vigie_model::asset::AssetKind;
use vigie_model::finding::FindingKind;
use vigie_model::ids::{AssetId, FindingId};
use vigie_model::life::{Justification, State};
use vigie_model::priority::KnownExploited;
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;

/// Candidates that are gathered and sorted rather than walked: a tenth of a second.
pub(crate) const GATHER_MAX: u64 = 50_000;
/// A page has at most this many findings.
pub const PAGE_MAX: u32 = 1_000;

/// A finding on a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which.
    pub id: FindingId,
    /// What sort of wrong.
    pub kind: FindingKind,
    /// The rule or vulnerability.
    pub subject: String,
    /// One line in English.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// What to do first: 0 to 100.
    pub priority: u8,
    /// Its state.
    pub state: State,
    /// On what.
    pub asset: AssetRef,
    /// Where on it.
    pub locator: String,
    /// First version without the weakness.
    pub fixed_version: Option<String>,
    /// Whether CISA lists it as exploited.
    pub known_exploited: KnownExploited,
    /// EPSS probability.
    pub epss: Option<f64>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
}

/// An asset as a finding names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetRef {
    /// Which.
    pub id: AssetId,
    /// What sort of thing.
    pub kind: AssetKind,
    /// What people call it.
    pub name: String,
}

/// A page of findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The findings.
    pub findings: Vec<Finding>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
    /// How many findings fit in all, where that is known without counting them.
    pub total: Option<u64>,
    /// How many fit by state, severity and kind, each with its own part of the filter left open,
    /// where that is known without counting them.
    pub facets: Option<Facets>,
}

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Question<'q> {
    pub(crate) filter: &'q Filter,
    pub(crate) sort: Sort,
    pub(crate) order: Order,
    pub(crate) after: Option<&'q Key>,
    pub(crate) limit: usize,
}

/// What was found: keys in order, one more than the limit where there are more.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) keys: Vec<Key>,
    pub(crate) total: Option<u64>,
    pub(crate) facets: Option<Facets>,
}

impl Ledger {
    /// A page of at most `limit` findings (and at most [`PAGE_MAX`]).
    ///
    /// # Errors
    /// [`LedgerError::BadCursor`] for a cursor of another sort or direction; what the database says.
    pub fn findings(
        &self,
        filter: &Filter,
        sort: Sort,
        order: Order,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page, LedgerError> {
        if after.is_some_and(|cursor| cursor.sort != sort || cursor.order != order) {
            return Err(LedgerError::BadCursor);
        }
        let limit = limit.clamp(1, PAGE_MAX) as usize;
        let question = Question { filter, sort, order, after: after.map(|cursor| &cursor.key), limit };
        self.db.read(|r| {
            let mut answer = answer(r, &question)?;
            let more = answer.keys.len() > limit;
            answer.keys.truncate(limit);
            let findings = answer.keys.iter().map(|key| finding(r, key.number)).collect::<Result<_, _>>()?;
            let next = answer.keys.pop().filter(|_| more).map(|key| Cursor { sort, order, key });
            Ok(Page { findings, next, total: answer.total, facets: answer.facets })
        })
    }

    /// Hands over all findings that fit, one by one, until the closure breaks. In pages, so that a
    /// long export holds nothing up; what changes meanwhile may be in it or not.
    ///
    /// # Errors
    /// What the database says.
    pub fn each_finding(
        &self,
        filter: &Filter,
        sort: Sort,
        order: Order,
        mut take: impl FnMut(Finding) -> ControlFlow<()>,
    ) -> Result<(), LedgerError> {
        let mut after = None;
        loop {
            let page = self.findings(filter, sort, order, after.as_ref(), PAGE_MAX)?;
            for finding in page.findings {
                if take(finding).is_break() {
                    return Ok(());
                }
            }
            match page.next {
                None => return Ok(()),
                next => after = next,
            }
        }
    }
}

pub(crate) fn answer(r: &Reader<'_>, question: &Question<'_>) -> Result<Answer, LedgerError> {
    let cells = Cells::load(r)?;
    let Some(narrowed) = Narrowed::of(r, question.filter)? else {
        // The asset or the subject is not known: nothing can fit.
        return Ok(Answer { total: Some(0), facets: Some(Facets::default()), ..Answer::default() });
    };
    match narrowed.way(question, &cells) {
        Way::Gather(source) => gather::answer(r, question, &narrowed, &source, &cells),
        Way::Walk => walk::answer(r, question, &narrowed, &cells),
    }
}

macro_rules! finding_where {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.bucket, f.priority, f.until, f.justification, f.first_seen, f.last_seen, f.known_exploited,
                    f.epss, f.fixed_version, n.subject, n.title, n.locator, a.id, a.kind, a.name, f.number
             FROM finding f JOIN wording n ON n.number = f.wording JOIN asset a ON a.number = f.asset ",
            $rest
        )
    };
}
pub(crate) use finding_where;

fn finding(r: &Reader<'_>, number: i64) -> Result<Finding, DbError> {
    r.query_one(finding_where!("WHERE f.number = $1"), params![number], read_finding)
}

pub(crate) fn read_finding(row: &Row<'_>) -> Result<Finding, DbError> {
    let bucket = row.map(1, "a bucket", Bucket::from_number)?;
    let justification: Option<i64> = row.get(4)?;
    let justification = justification.and_then(Justification::from_number);
    let state = codes::state(bucket.state, row.get(3)?, justification);
    Ok(Finding {
        id: row.get(0)?,
        kind: bucket.kind,
        subject: row.get(10)?,
        title: row.get(11)?,
        severity: bucket.severity,
        priority: row.get(2)?,
        state: state.ok_or(DbError::Column { column: 3, wanted: "the details of the state" })?,
        asset: AssetRef { id: row.get(13)?, kind: row.map(14, "a kind of asset", AssetKind::from_number)?, name: row.get(15)? },
        locator: row.get(12)?,
        fixed_version: row.get(9)?,
        known_exploited: row.map(7, "an exploitation", KnownExploited::from_number)?,
        epss: row.get(8)?,
        first_seen: row.get(5)?,
        last_seen: row.get(6)?,
    })
}

//! What people decide about findings: with a reason, by name, for a time.
//!
//! A decision selects findings rather than naming them, and goes on selecting: one that comes later
//! and fits is ruled at once. The latest decision in force wins. When one ends, whether it expires
//! or is withdrawn, its findings fall to the one before it, or are open again.

use crate::book::{Book, Note};
use crate::error::LedgerError;
use crate::selector::Selector;
use crate::stored::{stored, stored_where};
use crate::{Ledger, OURSELVES};
use serde::{Deserialize, Serialize};
use vigie_db::{DbError, Reader, Row, Sql, Writer, params};
use vigie_model::ids::DecisionId;
use vigie_model::life::Ruling;
use vigie_model::time::Timestamp;

/// A decision to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDecision {
    /// What it is about.
    pub selector: Selector,
    /// What it says.
    pub ruling: Ruling,
    /// Why.
    pub reason: String,
    /// Who takes it.
    pub author: String,
    /// When it ends; for an acceptance, the same as its `until`.
    pub expires_at: Timestamp,
}

/// A decision that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Which.
    pub id: DecisionId,
    /// What it is about.
    pub selector: Selector,
    /// What it says.
    pub ruling: Ruling,
    /// Why.
    pub reason: String,
    /// Who took it.
    pub author: String,
    /// When.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it ended, if it has.
    pub ended_at: Option<Timestamp>,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// Why it was ended.
    pub ended_why: Option<String>,
    /// On how many findings it is in effect.
    pub covers: u64,
}

/// What a decision did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Which.
    pub id: DecisionId,
    /// Findings that it rules.
    pub applied: u64,
}

/// The columns of a [`Decision`].
macro_rules! decision_where {
    ($rest:literal) => {
        concat!(
            "SELECT id, selector, ruling, reason, author, created_at, expires_at, ended_at, ended_by, ended_why, covers
             FROM decision ",
            $rest
        )
    };
}
pub(crate) use decision_where;

const REASON_CHARS_MAX: usize = 4_000;

impl Ledger {
    /// Takes a decision and puts it into effect on every finding it selects.
    ///
    /// # Errors
    /// See [`LedgerError`]: a reason, an end within the allowed time, a selector that narrows.
    pub fn decide(&self, decision: NewDecision) -> Result<Decided, LedgerError> {
        let now = self.clock.now();
        let decision = self.checked(decision, now)?;
        self.db.write(|w| {
            let (number, id) = insert(w, &decision, now)?;
            let mut book = Book::open(w, now);
            let mut applied = 0;
            for (stored, named) in w.query_built(&selected(&decision.selector), stored)? {
                book.decide_again(&stored, &named, None)?;
                applied += 1;
            }
            book.close()?;
            tracing::info!(number, applied, author = decision.author, "decision taken");
            Ok(Decided { id, applied })
        })
    }

    /// Ends a decision before its time. Gives how many findings it no longer rules.
    ///
    /// # Errors
    /// When it is not known or has ended already, or no reason is given.
    pub fn withdraw(&self, id: DecisionId, who: &str, why: &str) -> Result<u64, LedgerError> {
        let why = checked_reason(why)?;
        let now = self.clock.now();
        self.db.write(|w| {
            let sql = "SELECT number, ended_at FROM decision WHERE id = $1";
            let found = w.query_opt(sql, params![id], |row| Ok((row.get(0)?, row.get::<Option<Timestamp>>(1)?)))?;
            match found {
                None => Err(LedgerError::UnknownDecision(id)),
                Some((_, Some(_))) => Err(LedgerError::DecisionEnded(id)),
                Some((number, None)) => end(w, now, &[number], Note { who, why }),
            }
        })
    }

    /// Ends every decision whose time is over. Gives how many findings they no longer rule. To be
    /// called now and then; calling it more often changes nothing.
    ///
    /// # Errors
    /// What the database says.
    pub fn expire_due(&self) -> Result<u64, LedgerError> {
        let now = self.clock.now();
        let due = |r: &Reader<'_>| {
            let sql = "SELECT number FROM decision WHERE ended_at IS NULL AND expires_at <= $1 ORDER BY number";
            r.query(sql, params![now], |row| row.get::<i64>(0))
        };
        if self.db.read(|r| due(r))?.is_empty() {
            return Ok(0);
        }
        self.db.write(|w| end(w, now, &due(w)?, Note { who: OURSELVES, why: "" }))
    }

    /// All decisions, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub fn decisions(&self) -> Result<Vec<Decision>, LedgerError> {
        let rows = self.db.read(|r| r.query(decision_where!("ORDER BY number DESC"), params![], stored_decision))?;
        rows.into_iter().map(StoredDecision::read).collect()
    }

    /// One decision.
    ///
    /// # Errors
    /// What the database says.
    pub fn decision(&self, id: DecisionId) -> Result<Option<Decision>, LedgerError> {
        let row = self.db.read(|r| r.query_opt(decision_where!("WHERE id = $1"), params![id], stored_decision))?;
        row.map(StoredDecision::read).transpose()
    }

    /// Decisions in force that end before a time, the next first.
    ///
    /// # Errors
    /// What the database says.
    pub fn decisions_ending_before(&self, time: Timestamp) -> Result<Vec<Decision>, LedgerError> {
        let sql = decision_where!("WHERE ended_at IS NULL AND expires_at < $1 ORDER BY expires_at, number");
        let rows = self.db.read(|r| r.query(sql, params![time], stored_decision))?;
        rows.into_iter().map(StoredDecision::read).collect()
    }

    fn checked(&self, decision: NewDecision, now: Timestamp) -> Result<NewDecision, LedgerError> {
        let days_max = match decision.ruling {
            Ruling::Accept { until } if until != decision.expires_at => return Err(LedgerError::TwoEnds),
            Ruling::Accept { .. } => self.settings.accept_days_max,
            Ruling::NotAffected { .. } | Ruling::FalsePositive => self.settings.ruling_days_max,
        };
        let latest = now.plus_seconds(i64::from(days_max) * 86_400);
        if decision.expires_at <= now || decision.expires_at > latest {
            return Err(LedgerError::BadExpiry { days_max });
        }
        let reason = checked_reason(&decision.reason)?.to_owned();
        Ok(NewDecision { selector: decision.selector.checked()?, reason, ..decision })
    }
}

fn checked_reason(reason: &str) -> Result<&str, LedgerError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(LedgerError::NoReason);
    }
    if reason.chars().count() > REASON_CHARS_MAX {
        return Err(LedgerError::TooLong { what: "a reason", max: REASON_CHARS_MAX });
    }
    Ok(reason)
}

fn insert(w: &Writer<'_>, decision: &NewDecision, now: Timestamp) -> Result<(i64, DecisionId), LedgerError> {
    let stored = |source| LedgerError::stored("decision", source);
    let selector = serde_json::to_string(&decision.selector).map_err(stored)?;
    let ruling = serde_json::to_string(&decision.ruling).map_err(stored)?;
    let next = "SELECT coalesce(max(number), 0) + 1 FROM decision";
    let number: i64 = w.query_one(next, params![], |row| row.get(0))?;
    let id = DecisionId::of(&[&number.to_string(), &now.to_string(), &decision.author, &selector, &decision.reason]);
    w.execute(
        "INSERT INTO decision (number, id, selector, ruling, reason, author, created_at, expires_at, covers)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
        params![number, id, selector, ruling, decision.reason, decision.author, now, decision.expires_at],
    )?;
    Ok((number, id))
}

/// The findings that a selector selects and that a decision can rule. The same question as
/// [`Selector::matches`], asked of the database; a property test holds the two together.
pub(crate) fn selected(selector: &Selector) -> Sql {
    // Bits 9 and up of the bucket are the state; 2 is `fixed`.
    let mut sql = Sql::new(stored_where!("JOIN asset a ON a.number = f.asset WHERE (f.bucket >> 9) <> 2"));
    if !selector.findings.is_empty() {
        sql.push(" AND f.id IN (").bind_all(selector.findings.iter().copied()).push(")");
    }
    if let Some(subject) = &selector.subject {
        sql.push(" AND n.subject = ").bind(subject);
    }
    if let Some(package) = &selector.package {
        sql.push(" AND n.locator = ").bind(package);
    }
    if let Some(asset) = &selector.asset {
        sql.push(" AND a.id = ").bind(asset);
    }
    if let Some(kind) = selector.kind {
        sql.push(" AND n.kind = ").bind(&crate::codes::Code::number(kind));
    }
    if let Some(label) = &selector.label {
        sql.push(" AND f.asset IN (SELECT asset FROM asset_label WHERE key = ").bind(&label.key);
        sql.push(" AND value = ").bind(&label.value).push(")");
    }
    sql.push(" ORDER BY f.id");
    sql
}

/// Ends decisions and hands their findings to the ones before, or opens them.
fn end(w: &Writer<'_>, now: Timestamp, numbers: &[i64], note: Note<'_>) -> Result<u64, LedgerError> {
    for number in numbers {
        w.execute(
            "UPDATE decision SET ended_at = $2, ended_by = $3, ended_why = $4 WHERE number = $1",
            params![*number, now, note.who, note.why],
        )?;
    }
    let mut book = Book::open(w, now);
    let mut moved = 0;
    for number in numbers {
        let sql = stored_where!("WHERE f.decision = $1 ORDER BY f.id");
        for (stored, named) in w.query(sql, params![*number], stored)? {
            moved += u64::from(book.decide_again(&stored, &named, Some(note))?);
        }
    }
    book.close()?;
    Ok(moved)
}

/// A row, before its JSON is read.
pub(crate) struct StoredDecision {
    decision: Decision,
    selector: String,
    ruling: String,
}

pub(crate) fn stored_decision(row: &Row<'_>) -> Result<StoredDecision, DbError> {
    let covers: i64 = row.get(10)?;
    let decision = Decision {
        id: row.get(0)?,
        selector: Selector::default(),
        ruling: Ruling::FalsePositive,
        reason: row.get(3)?,
        author: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        ended_at: row.get(7)?,
        ended_by: row.get(8)?,
        ended_why: row.get(9)?,
        covers: u64::try_from(covers).unwrap_or_default(),
    };
    Ok(StoredDecision { decision, selector: row.get(1)?, ruling: row.get(2)? })
}

impl StoredDecision {
    pub(crate) fn read(self) -> Result<Decision, LedgerError> {
        let stored = |source| LedgerError::stored("decision", source);
        let selector = serde_json::from_str(&self.selector).map_err(stored)?;
        let ruling = serde_json::from_str(&self.ruling).map_err(stored)?;
        Ok(Decision { selector, ruling, ..self.decision })
    }
}

//! What happened to a finding: who changed what, when, and why.
//!
//! That a finding was opened is not a row of its own: its time and the tool are with the finding.

use crate::codes::Code;
use crate::error::LedgerError;
use serde::{Deserialize, Serialize};
use vigie_db::{DbError, Reader, Writer, params};
use vigie_model::ids::DecisionId;
use vigie_model::life::State;
use vigie_model::time::Timestamp;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was seen for the first time.
    Opened,
    /// It was fixed and was seen again.
    Reopened,
    /// A run that looked for it no longer found it.
    Fixed,
    /// Somebody took it up.
    Started,
    /// Somebody laid it down.
    Stopped,
    /// A decision accepted its risk.
    Accepted,
    /// A decision says that it cannot be used here.
    NotAffected,
    /// A decision says that the tool was wrong.
    FalsePositive,
    /// The decision expired or was withdrawn.
    RulingEnded,
    /// Its severity changed.
    SeverityChanged,
    /// Its priority changed. Changes that follow each other directly are one entry.
    PriorityChanged,
}

impl Change {
    /// All changes.
    pub const ALL: [Self; 11] = [
        Self::Opened,
        Self::Reopened,
        Self::Fixed,
        Self::Started,
        Self::Stopped,
        Self::Accepted,
        Self::NotAffected,
        Self::FalsePositive,
        Self::RulingEnded,
        Self::SeverityChanged,
        Self::PriorityChanged,
    ];

    /// The change that a decision's state is.
    pub(crate) const fn ruled(state: State) -> Self {
        match state {
            State::Accepted { .. } => Self::Accepted,
            State::NotAffected { .. } => Self::NotAffected,
            State::FalsePositive => Self::FalsePositive,
            // No ruling leads there.
            State::Open | State::InProgress | State::Fixed => Self::RulingEnded,
        }
    }
}

/// One entry of a finding's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When.
    pub at: Timestamp,
    /// A person's name, `tool:<name>`, or [`OURSELVES`](crate::OURSELVES).
    pub who: String,
    /// What changed.
    pub what: Change,
    /// From which state, severity or priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// To which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// A person's reason; for a priority, the inputs that changed; else empty.
    pub why: String,
    /// The decision that did it or that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
}

/// An entry to be written.
pub(crate) struct Entry<'e> {
    pub(crate) finding: i64,
    pub(crate) at: Timestamp,
    pub(crate) who: &'e str,
    pub(crate) change: Change,
    pub(crate) old: Option<&'e str>,
    pub(crate) new: Option<&'e str>,
    pub(crate) why: &'e str,
    pub(crate) decision: Option<i64>,
}

pub(crate) fn append(w: &Writer<'_>, entry: &Entry<'_>) -> Result<(), DbError> {
    if entry.change == Change::PriorityChanged && continue_last(w, entry)? {
        return Ok(());
    }
    w.execute(
        "INSERT INTO history (finding, at, who, change, old, new, why, decision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![entry.finding, entry.at, entry.who, entry.change.number(), entry.old, entry.new, entry.why, entry.decision],
    )
    .map(drop)
}

/// Lets a priority change that directly follows another one of the same tool go on in its entry.
/// EPSS moves a little every day; a page of such entries would hide those that matter.
fn continue_last(w: &Writer<'_>, entry: &Entry<'_>) -> Result<bool, DbError> {
    let changed = w.execute(
        "UPDATE history SET at = $1, new = $2, why = $3
         WHERE number = (SELECT max(number) FROM history WHERE finding = $4) AND change = $5 AND who = $6",
        params![entry.at, entry.new, entry.why, entry.finding, Change::PriorityChanged.number(), entry.who],
    )?;
    Ok(changed > 0)
}

/// Entries shown of one history: what comes and goes every hour must not fill a page without end.
const SHOWN_MAX: i64 = 1_000;

/// The history of a finding (its latest [`SHOWN_MAX`] entries), oldest first, without its opening.
pub(crate) fn of(r: &Reader<'_>, finding: i64) -> Result<Vec<HistoryEntry>, LedgerError> {
    let mut entries = r.query(
        "SELECT h.at, h.who, h.change, h.old, h.new, h.why, d.id
         FROM history h LEFT JOIN decision d ON d.number = h.decision
         WHERE h.finding = $1 ORDER BY h.number DESC LIMIT $2",
        params![finding, SHOWN_MAX],
        |row| {
            Ok(HistoryEntry {
                at: row.get(0)?,
                who: row.get(1)?,
                what: row.map(2, "a change", Change::from_number)?,
                from: row.get(3)?,
                to: row.get(4)?,
                why: row.get(5)?,
                decision: row.get(6)?,
            })
        },
    )?;
    entries.reverse();
    Ok(entries)
}

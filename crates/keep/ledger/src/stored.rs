//! A finding as it is stored: reading what moves about it, and writing what has.

use crate::codes::{self, Bucket, Code};
use crate::error::LedgerError;
use crate::tally::Place;
use vigie_db::{DbError, Param, Row, Sql};
use vigie_model::finding::FindingKind;
use vigie_model::ids::FindingId;
use vigie_model::life::{Justification, State};
use vigie_model::time::Timestamp;

/// What a selector asks of a finding and what does not change about it.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) kind: FindingKind,
    pub(crate) subject: String,
    pub(crate) locator: String,
}

/// A finding as it is stored, as far as it moves.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) number: i64,
    pub(crate) id: FindingId,
    pub(crate) place: Place,
    pub(crate) until: Option<Timestamp>,
    pub(crate) justification: Option<Justification>,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    pub(crate) seen_by: i64,
    pub(crate) digest: i64,
}

/// The columns of [`Stored`].
macro_rules! columns {
    () => {
        "SELECT f.number, f.id, f.asset, f.wording, f.bucket, f.priority, f.decision, f.until, f.justification,
                f.first_seen, f.last_seen, f.seen_by, f.digest"
    };
}
pub(crate) use columns;

/// The columns of [`Stored`], then those of [`Named`].
macro_rules! stored_where {
    ($rest:literal) => {
        concat!(
            $crate::stored::columns!(),
            ", n.subject, n.locator FROM finding f JOIN wording n ON n.number = f.wording ",
            $rest
        )
    };
}
pub(crate) use stored_where;

pub(crate) fn stored(row: &Row<'_>) -> Result<(Stored, Named), DbError> {
    let stored = bare(row)?;
    let kind = stored.place.bucket.kind;
    Ok((stored, Named { kind, subject: row.get(13)?, locator: row.get(14)? }))
}

/// Without what is named.
pub(crate) fn bare(row: &Row<'_>) -> Result<Stored, DbError> {
    let justification: Option<i64> = row.get(8)?;
    Ok(Stored {
        number: row.get(0)?,
        id: row.get(1)?,
        place: Place {
            bucket: row.map(4, "a bucket", Bucket::from_number)?,
            priority: row.get(5)?,
            wording: row.get(3)?,
            asset: row.get(2)?,
            decision: row.get(6)?,
        },
        until: row.get(7)?,
        justification: justification.and_then(Justification::from_number),
        first_seen: row.get(9)?,
        last_seen: row.get(10)?,
        seen_by: row.get(11)?,
        digest: row.get(12)?,
    })
}

impl Stored {
    pub(crate) fn state(&self) -> Result<State, LedgerError> {
        codes::state(self.place.bucket.state, self.until, self.justification)
            .ok_or_else(|| LedgerError::stored("state", "its details are missing"))
    }

    pub(crate) fn set_state(&mut self, state: State) {
        self.place.bucket.state = state.into();
        (self.until, self.justification) = match state {
            State::Accepted { until } => (Some(until), None),
            State::NotAffected { justification } => (None, Some(justification)),
            State::Open | State::InProgress | State::Fixed | State::FalsePositive => (None, None),
        };
    }
}

/// An UPDATE of the columns that differ.
pub(crate) struct Columns {
    sql: Sql,
    any: bool,
}

impl Columns {
    pub(crate) fn new() -> Self {
        Self { sql: Sql::new("UPDATE finding SET "), any: false }
    }

    pub(crate) fn set_if(&mut self, differs: bool, column: &'static str, value: &impl Param) {
        if differs {
            self.set(column, value);
        }
    }

    pub(crate) fn set(&mut self, column: &'static str, value: &impl Param) {
        self.sql.push(if self.any { ", " } else { "" }).push(column).bind(value);
        self.any = true;
    }

    /// The statement for one finding, if there is anything to write.
    pub(crate) fn of(mut self, finding: i64) -> Option<Sql> {
        self.sql.push(" WHERE number = ").bind(&finding);
        self.any.then_some(self.sql)
    }
}

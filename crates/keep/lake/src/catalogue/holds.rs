//! Holds as they are stored: each is an act, and a row with the act's text that says whether another
//! act released it.

use super::acts::{self, Act, kind};
use super::{Catalogue, chain};
use std::collections::HashMap;
use vigie_db::{DbError, Reader, params};
use vigie_model::time::Timestamp;

/// A hold as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HoldRow {
    /// The number of the act that placed it.
    pub(crate) number: i64,
    pub(crate) body: String,
    /// The number of the act that released it.
    pub(crate) released: Option<i64>,
}

impl Catalogue {
    /// All holds, in the order in which they were placed.
    pub(crate) fn holds(&self) -> Result<Vec<HoldRow>, DbError> {
        self.db.read(rows)
    }

    /// Places a hold; gives its number.
    pub(crate) fn hold(&self, at: Timestamp, body: &str) -> Result<i64, DbError> {
        self.db.write(|w| {
            let number = acts::append(w, &mut chain::end(w)?, at, kind::HELD, body)?;
            w.execute("INSERT INTO lake_hold (number, body) VALUES ($1, $2)", params![number, body])?;
            Ok(number)
        })
    }

    /// Releases a hold.
    pub(crate) fn release(&self, hold: i64, at: Timestamp, body: &str) -> Result<(), DbError> {
        self.db.write(|w| {
            let number = acts::append(w, &mut chain::end(w)?, at, kind::RELEASED, body)?;
            w.execute("UPDATE lake_hold SET released = $1 WHERE number = $2", params![number, hold]).map(drop)
        })
    }

    /// Acts of a kind, the newest first.
    pub(crate) fn acts(&self, kind: &str, limit: i64) -> Result<Vec<Act>, DbError> {
        self.db.read(|r| {
            r.query(
                "SELECT number, at, kind, body FROM lake_act WHERE kind = $1 ORDER BY number DESC LIMIT $2",
                params![kind, limit],
                |row| Ok(Act { number: row.get(0)?, at: row.get(1)?, kind: row.get(2)?, body: row.get(3)? }),
            )
        })
    }
}

/// All holds, in the order in which they were placed.
pub(crate) fn rows(r: &Reader<'_>) -> Result<Vec<HoldRow>, DbError> {
    r.query("SELECT number, body, released FROM lake_hold ORDER BY number", params![], |row| {
        Ok(HoldRow { number: row.get(0)?, body: row.get(1)?, released: row.get(2)? })
    })
}

/// The numbers of acts about holds that the rows do not agree with, and of rows without an act.
pub(crate) fn faults(r: &Reader<'_>, acts: &[Act]) -> Result<Vec<i64>, DbError> {
    let mut rows: HashMap<i64, HoldRow> = rows(r)?.into_iter().map(|row| (row.number, row)).collect();
    let mut faults = Vec::new();
    let mut released: HashMap<i64, i64> = HashMap::new();
    for act in acts.iter().filter(|act| act.kind == kind::RELEASED) {
        match acts::hold_of(act) {
            Some(hold) => drop(released.insert(hold, act.number)),
            None => faults.push(act.number),
        }
    }
    for act in acts.iter().filter(|act| act.kind == kind::HELD) {
        let row = rows.remove(&act.number);
        let as_said = |row: HoldRow| row.body == act.body && row.released == released.remove(&act.number);
        if !row.is_some_and(as_said) {
            faults.push(act.number);
        }
    }
    faults.extend(rows.into_keys());
    faults.extend(released.into_values());
    Ok(faults)
}

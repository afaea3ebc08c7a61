//! Finding a finding by the beginning of its id, as people type it.

use crate::Ledger;
use crate::error::LedgerError;
use vigie_db::params;
use vigie_model::ids::FindingId;

/// Digits of an id.
const DIGITS: usize = 32;

impl Ledger {
    /// The id of the one finding whose id begins with these digits; none where there is no such
    /// finding, more than one, or what is given is no beginning of an id.
    ///
    /// # Errors
    /// [`LedgerError`] when the database cannot be read.
    pub fn complete_id(&self, beginning: &str) -> Result<Option<FindingId>, LedgerError> {
        let filled = |with: char| {
            let missing = DIGITS.saturating_sub(beginning.len());
            format!("{beginning}{}", with.to_string().repeat(missing)).parse::<FindingId>().ok()
        };
        let (Some(first), Some(last)) = (filled('0'), filled('f')) else { return Ok(None) };
        let sql = "SELECT id FROM finding WHERE id >= $1 AND id <= $2 ORDER BY id LIMIT 2";
        let found: Vec<FindingId> = self.db.read(|r| r.query(sql, params![first, last], |row| row.get(0)))?;
        Ok(match found.as_slice() {
            [one] => Some(*one),
            _ => None,
        })
    }
}

//! Taking findings up and laying them down.

use crate::Ledger;
use crate::book::{Book, Note};
use crate::error::LedgerError;
use crate::history::Change;
use serde::{Deserialize, Serialize};
use vigie_model::ids::FindingId;
use vigie_model::life::{Refusal, Signal};

/// What somebody does with a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Takes it up.
    Start,
    /// Lays it down again.
    Stop,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ProgressMade {
    /// Findings that moved.
    pub changed: u64,
    /// Findings that could not: none as reason means that there is no such finding.
    pub refused: Vec<(FindingId, Option<Refusal>)>,
}

impl Ledger {
    /// Takes findings up or lays them down. Each for itself: one that cannot be does not hold up the
    /// others; one that is there already stays.
    ///
    /// # Errors
    /// What the database says.
    pub fn set_progress(
        &self,
        findings: &[FindingId],
        progress: Progress,
        who: &str,
        why: &str,
    ) -> Result<ProgressMade, LedgerError> {
        let (signal, change) = match progress {
            Progress::Start => (Signal::Start, Change::Started),
            Progress::Stop => (Signal::Stop, Change::Stopped),
        };
        let now = self.clock.now();
        self.db.write(|w| {
            let mut book = Book::open(w, now);
            let mut made = ProgressMade::default();
            for id in findings {
                let Some(stored) = book.find(*id)? else {
                    made.refused.push((*id, None));
                    continue;
                };
                match book.work(&stored, signal, change, Note { who, why: why.trim() })? {
                    Ok(moved) => made.changed += u64::from(moved),
                    Err(refusal) => made.refused.push((*id, Some(refusal))),
                }
            }
            book.close()?;
            Ok(made)
        })
    }
}

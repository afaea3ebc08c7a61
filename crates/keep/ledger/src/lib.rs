//! Findings and their life, the assets they are on, and what people decided about them.
//!
//! A judge hands over [`Occurrence`](vigie_model::occurrence::Occurrence)s; the ledger knows each
//! again by its identity and keeps one finding with a history of every change: who, when, why.
//!
//! What holds (property tests in `tests.rs`):
//!
//! * The state after a report depends neither on the order of its occurrences nor on whether they
//!   came in one piece; recording the same report twice changes nothing but the time it was last seen.
//! * A finding is fixed only by a run of a tool that had seen it, that covers its kind and that was
//!   not inconclusive about its subject, and only when no other tool still sees it.
//! * The latest decision in force that covers a finding is in effect on it, also when the finding
//!   came after the decision or comes back after it was fixed; when it ends, the one before it is.
//! * Counters equal a count of the rows they count. Pages read counters, never group findings.
//! * What detections count adds up, and no event counts twice for a caller that writes down its place
//!   in the same transaction.
//! * Each public call that writes is one transaction, except [`Ledger::record`], which writes large
//!   reports in pieces so that others get their turn; a report that was cut off is completed by the
//!   next run, and until then fixes nothing. One report is recorded at a time.
//! * Of several tools that see a finding, the one known for longest says how bad it is, as long as it
//!   goes on reporting; what each finds is remembered for each.
//!
//! Pages are keyset pages: the next one begins after a [`Cursor`], however deep, at the same cost.
//! How a page finds its rows without grouping or scanning is told in `page.rs`.
//!
//! Not here: what is wrong (judges say it), who may see or change it (`access`), tickets.

mod asset;
mod book;
mod bounds;
mod codes;
mod counts;
mod decision;
mod detail;
mod detections;
mod error;
mod filter;
mod find;
mod gather;
mod history;
mod image_names;
mod inventory;
mod known;
mod narrow;
mod page;
mod progress;
mod record;
mod report;
mod rules;
mod schema;
mod selector;
mod sighting;
mod stored;
mod tally;
mod verdicts;
mod walk;
mod wording;
mod words;

pub use asset::{AssetDetail, AssetEdit, AssetFilter, AssetSummary, RelatedAsset, Side};
pub use codes::StateName;
pub use counts::{Cell, Facets, TREND_DAYS_MAX, TrendDay};
pub use decision::{Decided, Decision, NewDecision};
pub use detail::{Detail, ProblemRef};
pub use error::LedgerError;
pub use filter::{Cursor, Filter, Order, Sort, States};
pub use history::{Change, HistoryEntry};
pub use inventory::{Coverage, Inventory, JudgedBy, KnownPackage, StaleInventory, Taken};
pub use page::{AssetRef, Finding, PAGE_MAX, Page};
pub use progress::{Progress, ProgressMade};
pub use record::{Recorded, Run};
pub use report::Report;
pub use selector::{Label, NotALabel, Selector};
pub use verdicts::{RuleVerdict, VerdictCounts};

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use vigie_db::Db;
use vigie_kit::clock::Clock;

/// The name under which automatic changes that no tool makes stand in the history.
pub const OURSELVES: &str = "vigie";

/// What the ledger allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// For how many days a risk may be accepted at most.
    pub accept_days_max: u32,
    /// For how many days a finding may be ruled a false positive or not affected at most.
    pub ruling_days_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { accept_days_max: 365, ruling_days_max: 3 * 365 }
    }
}

/// The ledger. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    db: Db,
    clock: Arc<dyn Clock>,
    settings: Settings,
    /// Held by whoever records a report: its pieces are transactions of their own, and what one
    /// report has just seen another must not take for gone.
    reporting: Arc<Mutex<()>>,
    /// How often assets, their relations or the names of images were written.
    asset_writes: Arc<AtomicU64>,
}

impl Ledger {
    /// Opens the ledger in a database, creating its tables if need be.
    ///
    /// # Errors
    /// What the database says; among others that a newer version made the tables.
    pub fn open(db: Db, clock: Arc<dyn Clock>) -> Result<Self, LedgerError> {
        db.migrate("ledger", schema::MIGRATIONS)?;
        Ok(Self { db, clock, settings: Settings::default(), reporting: Arc::default(), asset_writes: Arc::default() })
    }

    /// The same ledger under other settings.
    #[must_use]
    pub fn with_settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }
}

#[cfg(test)]
mod tests;

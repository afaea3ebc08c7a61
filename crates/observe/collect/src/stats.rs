//! What a source counts, the same for every source.
//!
//! Holds: `received = parsed + unparsed`; every received record becomes exactly one event, and
//! every event is acknowledged, refused, or on its way.

use crate::coverage::{Coverage, CoverageReport};
use crate::state::SourceState;
use serde::Serialize;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use vigie_model::event::Event;
use vigie_model::time::Timestamp;

/// The counters and the state of one source, shared with whoever shows them.
#[derive(Debug)]
pub struct SourceStats {
    source: Arc<str>,
    state: Mutex<SourceState>,
    received: AtomicU64,
    parsed: AtomicU64,
    unparsed: AtomicU64,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    cut: AtomicU64,
    lost: AtomicU64,
    skipped_bytes: AtomicU64,
    behind_bytes: AtomicU64,
    last_event_at: AtomicI64,
    lag: AtomicI64,
    coverage: Mutex<Coverage>,
}

/// All of it at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// The source's name: `journald`, `file:/var/log/auth.log`, `syslog/udp`.
    pub source: Arc<str>,
    /// What it is doing.
    pub state: SourceState,
    /// Records received since the start of the program.
    pub received: u64,
    /// Records a parser understood.
    pub parsed: u64,
    /// Records kept without having been understood.
    pub unparsed: u64,
    /// Events that are durable.
    pub acknowledged: u64,
    /// Events that were not accepted and are read again where the source can.
    pub refused: u64,
    /// Pieces beyond the first of records that were longer than the limit.
    pub cut: u64,
    /// Records the system says it dropped before we could read them.
    pub lost: u64,
    /// Bytes of an old backlog left unread at the very first start.
    pub skipped_bytes: u64,
    /// Bytes known to be there and not yet read.
    pub behind_bytes: u64,
    /// Time of the latest event, as its record says.
    pub last_event_at: Option<Timestamp>,
    /// How long after it happened the latest event was received, in µs; never below 0.
    pub lag: i64,
}

impl SourceStats {
    /// Counters of a source that is about to start.
    #[must_use]
    pub fn new(source: impl Into<Arc<str>>) -> Self {
        Self {
            source: source.into(),
            state: Mutex::new(SourceState::Starting),
            received: AtomicU64::new(0),
            parsed: AtomicU64::new(0),
            unparsed: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            skipped_bytes: AtomicU64::new(0),
            behind_bytes: AtomicU64::new(0),
            last_event_at: AtomicI64::new(i64::MIN),
            lag: AtomicI64::new(0),
            coverage: Mutex::default(),
        }
    }

    /// The source's name.
    #[must_use]
    pub const fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// What the source is doing.
    #[must_use]
    pub fn state(&self) -> SourceState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All counters. Each is exact; taken together they may be a few events apart.
    #[must_use]
    pub fn report(&self) -> SourceReport {
        let last = self.last_event_at.load(Relaxed);
        SourceReport {
            source: self.source.clone(),
            state: self.state(),
            received: self.received.load(Relaxed),
            parsed: self.parsed.load(Relaxed),
            unparsed: self.unparsed.load(Relaxed),
            acknowledged: self.acknowledged.load(Relaxed),
            refused: self.refused.load(Relaxed),
            cut: self.cut.load(Relaxed),
            lost: self.lost.load(Relaxed),
            skipped_bytes: self.skipped_bytes.load(Relaxed),
            behind_bytes: self.behind_bytes.load(Relaxed),
            last_event_at: (last != i64::MIN).then(|| Timestamp::from_micros(last)),
            lag: self.lag.load(Relaxed),
        }
    }

    /// What of its records was understood, and what the rest looks like.
    #[must_use]
    pub fn coverage(&self) -> CoverageReport {
        let coverage = self.coverage.lock().unwrap_or_else(PoisonError::into_inner);
        coverage.report(&self.source, self.received.load(Relaxed), self.parsed.load(Relaxed), self.unparsed.load(Relaxed))
    }

    /// Says what the source is doing now, and tells the log when that is new.
    pub(crate) fn set_state(&self, state: SourceState) {
        let mut current = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *current == state {
            return;
        }
        let said = state.said().en;
        if state.is_trouble() {
            tracing::warn!(source = %self.source, state = state.word(), "{said}");
        } else {
            tracing::info!(source = %self.source, state = state.word(), "{said}");
        }
        *current = state;
    }

    /// Counts one event made of a record.
    pub(crate) fn count(&self, event: &Event) {
        self.count_all(std::slice::from_ref(event));
    }

    /// Counts events made of records, together: whoever reads at the same time waits less often.
    pub(crate) fn count_all(&self, events: &[Event]) {
        let Some(last) = events.last() else { return };
        let mut parsed = 0;
        let mut coverage = self.coverage.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            parsed += u64::from(event.is_parsed());
            coverage.count(event);
        }
        drop(coverage);
        let all = events.len() as u64;
        self.received.fetch_add(all, Relaxed);
        self.parsed.fetch_add(parsed, Relaxed);
        self.unparsed.fetch_add(all - parsed, Relaxed);
        self.last_event_at.store(last.time.micros(), Relaxed);
        self.lag.store(last.received.since(last.time).max(0), Relaxed);
    }

    pub(crate) fn acknowledged(&self, events: u64) {
        self.acknowledged.fetch_add(events, Relaxed);
    }

    pub(crate) fn refused(&self, events: u64) {
        self.refused.fetch_add(events, Relaxed);
    }

    pub(crate) fn cut(&self, pieces: u64) {
        self.cut.fetch_add(pieces, Relaxed);
    }

    pub(crate) fn lost(&self, records: u64) {
        self.lost.fetch_add(records, Relaxed);
    }

    pub(crate) fn skipped(&self, bytes: u64) {
        self.skipped_bytes.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn set_behind(&self, bytes: u64) {
        self.behind_bytes.store(bytes, Relaxed);
    }
}

//! What the sources usually do, so that one that stops or changes its shape shows as such.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use vigie_collect::habit::Habit;
use vigie_collect::{SourceReport, SourceState};
use vigie_model::time::Timestamp;

/// Shortest time between two looks, in µs: a round that is started by hand is no minute.
const LOOK_EVERY: i64 = 50_000_000;

/// The habits of all sources.
#[derive(Default)]
pub(crate) struct Habits(Mutex<Known>);

#[derive(Default)]
struct Known {
    looked: Option<Timestamp>,
    of: HashMap<Arc<str>, Habit>,
}

impl Habits {
    /// A minute has gone by. Gives how many sources are unusual.
    pub(crate) fn look(&self, reports: &[SourceReport], now: Timestamp) -> usize {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.looked.is_none_or(|looked| now.since(looked) >= LOOK_EVERY) {
            known.looked = Some(now);
            known.of.retain(|name, _| reports.iter().any(|report| report.source == *name));
            for report in reports {
                let habit = known.of.entry(report.source.clone()).or_default();
                let before = habit.unusual();
                habit.minute(report.received, report.parsed);
                if let Some(unusual) = habit.unusual().filter(|_| before.is_none()) {
                    tracing::warn!(source = %report.source, "{}", SourceState::from(unusual).said().en);
                }
            }
        }
        known.of.values().filter(|habit| habit.unusual().is_some()).count()
    }

    /// What a source says of itself, or, where it sees nothing wrong, what is unusual about it.
    pub(crate) fn judge(&self, mut report: SourceReport) -> SourceReport {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if report.state == SourceState::Running
            && let Some(unusual) = known.of.get(&report.source).and_then(Habit::unusual)
        {
            report.state = unusual.into();
        }
        report
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_collect::SourceStats;

    #[test]
    fn a_source_that_stops_is_shown_as_silent() {
        let habits = Habits::default();
        let report = |received| SourceReport {
            state: SourceState::Running,
            received,
            parsed: received,
            ..SourceStats::new("syslog/tcp").report()
        };
        let minute = |minute: u64, received| {
            habits.look(&[report(received)], Timestamp::EPOCH.plus_seconds(i64::try_from(minute).unwrap() * 60))
        };
        for number in 0..30 {
            assert_eq!(minute(number, number * 10 + 10), 0);
        }
        for number in 30..100 {
            minute(number, 300);
            minute(number, 300);
        }
        assert_eq!(habits.judge(report(300)).state, SourceState::Silent { minutes: 70 });
        assert_eq!(minute(100, 301), 0);
        assert_eq!(habits.judge(report(301)).state, SourceState::Running);
    }
}

//! What a source usually does, so that it shows when it stops or changes its shape.
//!
//! Once a minute a [`Habit`] is told the counters of its source. It is patient: a source that speaks once an hour is silent
//! after some hours only, and nothing is said of one that has not spoken much yet. Nothing is stored: after a restart it
//! learns anew. Alerts on absence with a limit of one's own are saved searches.

use std::collections::VecDeque;

/// Minutes that are remembered.
const MINUTES_MAX: usize = 24 * 60;

/// Shortest silence, in minutes, that is worth a word.
const SILENCE_MIN: u32 = 10;

/// How many times longer than its longest pause a source must be silent.
const PAUSES: u32 = 3;

/// Fewest minutes with records before a silence is told.
const MINUTES_MIN: usize = 5;

/// Minutes that count as now when the shape is judged.
const NOW: usize = 15;

/// Fewest records, now and before, from which a share is believed.
const NOW_MIN: u64 = 50;
/// See [`NOW_MIN`].
const BEFORE_MIN: u64 = 500;

/// How far the share of records that were understood must fall, in percent of all.
const FALL_MIN: u64 = 30;

/// What one source did, minute by minute.
#[derive(Clone, Debug, Default)]
pub struct Habit {
    received: u64,
    parsed: u64,
    begun: bool,
    /// Records of each minute, and those of them that were understood; the oldest first.
    minutes: VecDeque<(u64, u64)>,
    /// Minutes without a record, up to now.
    silence: u32,
    /// The longest silence that ended.
    pause: u32,
}

/// What is unusual about a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusual {
    /// It says nothing.
    Silent {
        /// For so many minutes.
        minutes: u32,
    },
    /// Its records are not understood any more.
    Changed {
        /// Percent that are understood now.
        now: u64,
        /// Percent that were before.
        before: u64,
    },
}

impl Habit {
    /// A minute has gone by; these are the counters of the source since its start.
    pub fn minute(&mut self, received: u64, parsed: u64) {
        let records = received.saturating_sub(self.received);
        let understood = parsed.saturating_sub(self.parsed);
        (self.received, self.parsed) = (received, parsed);
        if !std::mem::replace(&mut self.begun, true) && records == 0 {
            return;
        }
        if self.minutes.len() == MINUTES_MAX {
            self.minutes.pop_front();
        }
        self.minutes.push_back((records, understood));
        if records == 0 {
            self.silence += 1;
        } else {
            self.pause = self.pause.max(self.silence);
            self.silence = 0;
        }
    }

    /// What is unusual about it now.
    #[must_use]
    pub fn unusual(&self) -> Option<Unusual> {
        let spoke = self.minutes.iter().filter(|(records, _)| *records > 0).count();
        if spoke >= MINUTES_MIN && self.silence >= SILENCE_MIN.max(self.pause.saturating_mul(PAUSES)) {
            return Some(Unusual::Silent { minutes: self.silence });
        }
        let at = self.minutes.len().saturating_sub(NOW);
        let sum = |minutes: &mut dyn Iterator<Item = &(u64, u64)>| {
            minutes.fold((0, 0), |sum: (u64, u64), minute| (sum.0 + minute.0, sum.1 + minute.1))
        };
        let (before, before_parsed) = sum(&mut self.minutes.iter().take(at));
        let (now, now_parsed) = sum(&mut self.minutes.iter().skip(at));
        if before < BEFORE_MIN || now < NOW_MIN {
            return None;
        }
        let (before, now) = (before_parsed * 100 / before, now_parsed * 100 / now);
        (before.saturating_sub(now) >= FALL_MIN).then_some(Unusual::Changed { now, before })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells a habit the records of each minute, and how many of a hundred were understood.
    fn told(habit: &mut Habit, minutes: impl IntoIterator<Item = (u64, u64)>) {
        for (records, percent) in minutes {
            let (received, parsed) = (habit.received + records, habit.parsed + records * percent / 100);
            habit.minute(received, parsed);
        }
    }

    #[test]
    fn a_source_that_stops_is_silent_after_ten_minutes() {
        let mut habit = Habit::default();
        told(&mut habit, [(20, 100); 30]);
        told(&mut habit, [(0, 0); 9]);
        assert_eq!(habit.unusual(), None);
        told(&mut habit, [(0, 0); 1]);
        assert_eq!(habit.unusual(), Some(Unusual::Silent { minutes: 10 }));
        told(&mut habit, [(1, 100)]);
        assert_eq!(habit.unusual(), None);
    }

    #[test]
    fn a_source_that_speaks_once_an_hour_is_not_silent_after_two() {
        let mut habit = Habit::default();
        for _ in 0..6 {
            told(&mut habit, [(1, 100)].into_iter().chain([(0, 0); 59]));
        }
        told(&mut habit, [(0, 0); 100]);
        assert_eq!(habit.unusual(), None);
        told(&mut habit, [(0, 0); 20]);
        assert_eq!(habit.unusual(), Some(Unusual::Silent { minutes: 179 }));
    }

    #[test]
    fn nothing_is_said_of_a_source_that_hardly_ever_spoke() {
        let mut habit = Habit::default();
        told(&mut habit, [(0, 0); 100]);
        told(&mut habit, [(3, 100); 4]);
        told(&mut habit, [(0, 0); 1_000]);
        assert_eq!(habit.unusual(), None);
    }

    #[test]
    fn records_that_are_not_understood_any_more_show() {
        let mut habit = Habit::default();
        told(&mut habit, [(20, 95); 60]);
        told(&mut habit, [(20, 90); 15]);
        assert_eq!(habit.unusual(), None);
        told(&mut habit, [(20, 50); 15]);
        assert_eq!(habit.unusual(), Some(Unusual::Changed { now: 50, before: 94 }));
        told(&mut habit, [(1, 0); 15]);
        assert_eq!(habit.unusual(), None, "fifteen records say little");
    }

    #[test]
    fn memory_is_bounded() {
        let mut habit = Habit::default();
        told(&mut habit, (0..5_000).map(|_| (1, 100)));
        assert_eq!(habit.minutes.len(), MINUTES_MAX);
    }
}

//! A clock that shows what the test says.

use std::sync::atomic::{AtomicI64, Ordering};
use vigie_kit::clock::Clock;
use vigie_model::time::Timestamp;

/// A clock that moves only when it is told to, in either direction.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock that stands at an RFC 3339 time.
    ///
    /// # Panics
    /// When the text is not such a time.
    #[must_use]
    pub fn at(time: &str) -> Self {
        match Timestamp::parse(time) {
            Ok(time) => Self(AtomicI64::new(time.micros())),
            Err(error) => panic!("{error}"),
        }
    }

    /// Moves the clock to a time.
    pub fn set(&self, time: Timestamp) {
        self.0.store(time.micros(), Ordering::SeqCst);
    }

    /// Moves the clock on by seconds; backwards when they are negative.
    pub fn advance(&self, seconds: i64) {
        self.set(self.now().plus_seconds(seconds));
    }

    /// Moves the clock on by microseconds; backwards when they are negative.
    pub fn advance_micros(&self, micros: i64) {
        self.set(self.now().plus_micros(micros));
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_only_when_told() {
        let clock = FakeClock::at("2026-11-21T08:30:00Z");
        assert_eq!(clock.now(), clock.now());
        clock.advance(-60);
        clock.advance_micros(5);
        assert_eq!(clock.now().to_string(), "2026-11-21T08:29:00.000005Z");
    }
}

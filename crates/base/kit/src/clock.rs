//! The time of day, as an argument.
//!
//! Library code asks a [`Clock`] that it was given; tests give a fake one (`vigie-testkit`). The
//! system's clock may jump in both directions, so nothing may rely on two readings being in order.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};
use vigie_model::time::Timestamp;

/// Tells the time. Passed as `Arc<dyn Clock>`.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock set before 1970 is negative, one beyond the representable range stops at its end.
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |micros| -micros),
        };
        Timestamp::from_micros(micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_lives_after_this_line_was_written() {
        assert!(SystemClock.now() > Timestamp::parse("2025-01-01T00:00:00Z").unwrap());
    }
}

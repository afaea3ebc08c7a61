//! Slows down whoever guesses: failures are counted by account name and by address.
//!
//! After [`FREE_FAILURES`] failures the wait doubles with each further one, up to [`WAIT_MAX_S`].
//! Nobody is locked out for good, so nobody can lock out an administrator by guessing in his name.
//! Kept in memory and bounded: the oldest keys are forgotten first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use vigie_model::time::Timestamp;

const FREE_FAILURES: u32 = 4;
const WAIT_MAX_S: i64 = 300;
const FORGET_AFTER_S: i64 = 3600;
const KEYS_MAX: usize = 10_000;

/// Counts failures by key.
#[derive(Default)]
pub(crate) struct Throttle {
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Throttle {
    /// Seconds to wait before any of these keys may try again; 0 when they may now.
    pub(crate) fn wait_s(&self, keys: &[String], now: Timestamp) -> i64 {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().filter_map(|key| failures.get(key)).map(|failure| failure.wait_s(now)).max().unwrap_or(0)
    }

    /// Notes a failure under each key.
    pub(crate) fn failed(&self, keys: &[String], now: Timestamp) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() + keys.len() > KEYS_MAX {
            failures.retain(|_, failure| now.since(failure.last) < FORGET_AFTER_S * 1_000_000);
        }
        while failures.len() + keys.len() > KEYS_MAX {
            let oldest = failures.iter().min_by_key(|(_, failure)| failure.last).map(|(key, _)| key.clone());
            match oldest {
                Some(key) => drop(failures.remove(&key)),
                None => break,
            }
        }
        for key in keys {
            let failure = failures.entry(key.clone()).or_insert(Failures { count: 0, last: now });
            let forgotten = now.since(failure.last) >= FORGET_AFTER_S * 1_000_000;
            *failure = Failures { count: if forgotten { 1 } else { failure.count + 1 }, last: now };
        }
    }

    /// Forgets the failures of a key after a success.
    pub(crate) fn succeeded(&self, key: &str) {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl Failures {
    fn wait_s(self, now: Timestamp) -> i64 {
        let Some(excess) = self.count.checked_sub(FREE_FAILURES) else { return 0 };
        let wait_s = 1_i64.checked_shl(excess).unwrap_or(WAIT_MAX_S).clamp(1, WAIT_MAX_S);
        // A clock that jumped back must not make anybody wait longer than the full time.
        let passed_s = now.since(self.last).max(0) / 1_000_000;
        (wait_s - passed_s).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_and_ends() {
        let throttle = Throttle::default();
        let keys = ["name:ada".to_owned()];
        let now = Timestamp::from_seconds(1_000_000);
        let waits: Vec<i64> = (0..16)
            .map(|_| {
                throttle.failed(&keys, now);
                throttle.wait_s(&keys, now)
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
        assert_eq!(throttle.wait_s(&keys, now.plus_seconds(299)), 1);
        assert_eq!(throttle.wait_s(&keys, now.plus_seconds(300)), 0);
        throttle.succeeded(&keys[0]);
        assert_eq!(throttle.wait_s(&keys, now), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..(KEYS_MAX as i64 + 500) {
            throttle.failed(&[format!("address:{n}")], Timestamp::from_micros(n));
        }
        assert!(throttle.failures.lock().unwrap().len() <= KEYS_MAX);
    }
}

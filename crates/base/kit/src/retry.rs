//! Trying again what may work the next time, a limited number of times and ever more slowly.
//!
//! For effects outside this machine only. What cannot work the next time either (a refusal, a
//! missing file) is not tried again: the caller says which is which.

use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

/// How often and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// All attempts together, at least one.
    pub attempts_max: u32,
    /// The pause after the first attempt; it doubles after each further one.
    pub first_pause: Duration,
    /// No pause is longer.
    pub pause_max: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts_max: 4, first_pause: Duration::from_millis(500), pause_max: Duration::from_secs(8) }
    }
}

impl Retry {
    /// The pauses between the attempts.
    pub fn pauses(self) -> impl Iterator<Item = Duration> {
        let doubled = std::iter::successors(Some(self.first_pause), |pause| Some(pause.saturating_mul(2)));
        let count = self.attempts_max.saturating_sub(1) as usize;
        doubled.map(move |pause| pause.min(self.pause_max)).take(count)
    }

    /// Calls `attempt` until it breaks with a final result or the attempts are used up; then the
    /// last error is returned.
    ///
    /// # Errors
    /// The last attempt's.
    pub fn run<T, E>(self, mut attempt: impl FnMut() -> ControlFlow<Result<T, E>, E>) -> Result<T, E> {
        let mut pauses = self.pauses();
        loop {
            match (attempt(), pauses.next()) {
                (ControlFlow::Break(done), _) => return done,
                (ControlFlow::Continue(error), None) => return Err(error),
                (ControlFlow::Continue(_), Some(pause)) => thread::sleep(pause),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retry = Retry { attempts_max: 5, first_pause: Duration::from_secs(1), pause_max: Duration::from_secs(3) };
        assert_eq!(retry.pauses().map(|pause| pause.as_secs()).collect::<Vec<_>>(), [1, 2, 3, 3]);
    }

    #[test]
    fn the_last_error_is_returned_and_a_final_one_at_once() {
        let retry = Retry { attempts_max: 3, first_pause: Duration::ZERO, pause_max: Duration::ZERO };
        let mut count = 0;
        let result: Result<(), u32> = retry.run(|| {
            count += 1;
            ControlFlow::Continue(count)
        });
        assert_eq!(result, Err(3));
        let mut count = 0;
        let result: Result<(), u32> = retry.run(|| {
            count += 1;
            ControlFlow::Break(Err(count))
        });
        assert_eq!(result, Err(1));
    }
}

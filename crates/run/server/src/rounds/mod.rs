//! Rounds: work that comes back. Each is started by a timer and by a signal, takes no input, and
//! leaves the same state behind however often it runs; so a start after a crash is a round like any
//! other. A round that fails says so, is tried again at its next time, and stops no other.

mod advisories;
mod alerts;
mod decisions;
mod feeds;
mod host;
mod images;
mod lake;
mod sources;
mod upkeep;

use crate::live::Change;
use crate::platform::Platform;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use vigie_kit::problem::Problem;
use vigie_model::lang::Text;
use vigie_model::time::Timestamp;

/// What a round is and what became of it.
pub(crate) struct Round {
    /// The word by which it is started by hand.
    pub(crate) name: &'static str,
    every: Duration,
    work: fn(&Platform) -> Result<Text, Problem>,
    wake: Notify,
    last: Mutex<Last>,
}

/// The last time a round was made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Last {
    /// When it began.
    pub(crate) started_at: Option<Timestamp>,
    /// How long it took.
    pub(crate) took_ms: i64,
    /// When the timer starts it again.
    pub(crate) next_at: Option<Timestamp>,
    /// What it said, or why it failed.
    pub(crate) said: Text,
    /// Whether it failed.
    pub(crate) failed: bool,
}

/// All rounds.
pub(crate) fn all() -> Vec<Arc<Round>> {
    let round = |name, seconds, work| {
        Arc::new(Round { name, every: Duration::from_secs(seconds), work, wake: Notify::new(), last: Mutex::default() })
    };
    vec![
        round("advisories", 10, advisories::run),
        round("feeds", 3600, feeds::run),
        round("host", 600, host::run),
        round("images", 600, images::run),
        round("decisions", 60, decisions::run),
        round("alerts", 10, alerts::run),
        round("sources", 60, sources::run),
        round("upkeep", 3600, upkeep::run),
        round("lake", 60, lake::run),
        round("chain", 86_400, lake::check),
    ]
}

impl Round {
    /// Starts the round now, or once more after the one that runs.
    pub(crate) fn start_now(&self) {
        self.wake.notify_one();
    }

    /// What became of it.
    pub(crate) fn last(&self) -> Last {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes the round again and again until the platform stops.
    pub(crate) async fn keep_going(self: Arc<Self>, platform: Arc<Platform>) {
        let stopping = platform.stopping();
        tokio::pin!(stopping);
        loop {
            self.clone().once(platform.clone()).await;
            tokio::select! {
                () = &mut stopping => return,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.every) => {}
            }
        }
    }

    async fn once(self: Arc<Self>, platform: Arc<Platform>) {
        let round = self.clone();
        let begun = platform.clock.now();
        let work = tokio::task::spawn_blocking(move || {
            let span = tracing::info_span!(
                "round",
                otel.name = format!("round {}", round.name),
                round = round.name,
                error = tracing::field::Empty
            )
            .entered();
            let outcome = (round.work)(&platform);
            if outcome.is_err() {
                span.record("error", true);
            }
            outcome.map(|said| (said, platform.clock.now()))
        });
        let (said, failed, ended) = match work.await {
            Ok(Ok((said, ended))) => (said, false, ended),
            Ok(Err(problem)) => {
                tracing::warn!(round = self.name, chain = problem.chain(), "round failed");
                (problem.said, true, begun)
            }
            Err(error) => {
                tracing::error!(round = self.name, %error, "round broke off");
                (Text::same(error.to_string()), true, begun)
            }
        };
        let every_s = i64::try_from(self.every.as_secs()).unwrap_or(i64::MAX);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Last {
            started_at: Some(begun),
            took_ms: ended.since(begun).max(0) / 1000,
            next_at: Some(ended.plus_seconds(every_s)),
            said,
            failed,
        };
    }
}

/// Tells the console that something about the platform changed.
fn tell_system(platform: &Platform) {
    platform.live.tell(Change::System);
}

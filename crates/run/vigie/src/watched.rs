//! Waiting for a search: how far it has come, and Ctrl-C.
//!
//! The search runs under an id of its own; a second request asks how far it has come, a third says that it is enough.

use crate::ask::House;
use crate::out;
use axum::http::Method;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::time::Duration;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::text;

/// How often the progress is shown; what takes less shows none.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// Asks, and watches until the answer is there.
pub(crate) async fn get(house: &House, path: &str) -> Result<Vec<u8>, Problem> {
    let id = format!("cli-{}", std::process::id());
    let asked = format!("{path}&running={id}");
    let answer = house.exchange(Method::GET, &asked, None);
    tokio::pin!(answer);
    let bar = Bar::new();
    let mut interrupted = false;
    loop {
        tokio::select! {
            done = &mut answer => return done,
            () = tokio::time::sleep(LOOK_EVERY), if bar.is_shown() => {
                // Between the end of the search and its answer there is nothing to look at.
                if let Ok(progress) = house.exchange(Method::GET, &format!("/events/running/{id}"), None).await {
                    bar.show(&progress);
                }
            }
            told = tokio::signal::ctrl_c() => match told {
                Ok(()) if !interrupted => {
                    interrupted = true;
                    // It may have answered meanwhile, which is as well.
                    drop(house.exchange(Method::POST, &format!("/events/running/{id}/enough"), None).await);
                }
                _ => return Err(given_up()),
            },
        }
    }
}

fn given_up() -> Problem {
    Problem::new(
        Kind::User,
        text!(en "The search was given up", fr "La recherche a été abandonnée", de "Die Suche wurde aufgegeben"),
    )
}

/// A bar on a terminal, gone when the answer is there.
struct Bar(Option<ProgressBar>);

impl Bar {
    fn new() -> Self {
        Self(out::shows_progress().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("[{wide_bar}] {human_pos} / {human_len}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        }))
    }

    const fn is_shown(&self) -> bool {
        self.0.is_some()
    }

    fn show(&self, progress: &[u8]) {
        let Some(bar) = &self.0 else { return };
        let progress: Value = serde_json::from_slice(progress).unwrap_or_default();
        if let (Some(events), Some(total)) = (progress["events"].as_u64(), progress["events_total"].as_u64()) {
            bar.set_length(total);
            bar.set_position(events);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

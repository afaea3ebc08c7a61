//! Log files, followed.
//!
//! The file is looked at every [`PAUSE`]: that works on every file system, costs a few system calls
//! and needs no descriptor besides the file's own.

mod follower;
mod glob;
mod identity;
mod position;
mod rotated;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use glob::paths;

use super::{Desk, Given, Pauses};
use crate::delivery::{Batch, Checkpoint, Undelivered};
use crate::dialect::Dialect;
use crate::state::SourceState;
use follower::{Follower, Step};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::{JoinError, spawn_blocking};

/// How much of a file is read that was there before the very first start.
pub const BACKLOG_MAX: u64 = 64 * 1024 * 1024;

/// How long to wait before the next look when there was nothing new.
pub const PAUSE: Duration = Duration::from_millis(250);

/// Follows a file until told to stop.
pub(crate) async fn follow(path: PathBuf, mut given: Given) {
    let mut pauses = Pauses::new();
    while !given.stopped_before_settled().await {
        let before = given.outbox.position().map(<[u8]>::to_vec);
        match follow_from(&path, &mut given).await {
            Ok(()) | Err(Interrupted::Undelivered(Undelivered::Closed)) => break,
            Err(Interrupted::Undelivered(Undelivered::Refused)) => {
                let why = Undelivered::Refused.to_string();
                given.desk.stats.set_state(SourceState::Failing { why });
            }
            Err(Interrupted::Panicked(error)) => {
                tracing::error!(path = %path.display(), %error, "reading a log file failed in a way it must not");
                given.desk.stats.set_state(SourceState::Failing { why: error.to_string() });
            }
        }
        if given.outbox.position() != before.as_deref() {
            pauses.reset();
        }
        if given.stop.stopped_within(pauses.next()).await {
            break;
        }
    }
    given.take_leave().await;
}

/// Why reading has to begin again at the last durable position.
enum Interrupted {
    Undelivered(Undelivered),
    Panicked(JoinError),
}

impl From<Undelivered> for Interrupted {
    fn from(why: Undelivered) -> Self {
        Self::Undelivered(why)
    }
}

async fn follow_from(path: &Path, given: &mut Given) -> Result<(), Interrupted> {
    let framing = Dialect::of(path).framing();
    let mut follower = Follower::new(path.to_owned(), framing, BACKLOG_MAX, given.outbox.position());
    loop {
        let desk = given.desk.clone();
        let look = spawn_blocking(move || look(follower, desk)).await.map_err(Interrupted::Panicked)?;
        follower = look.follower;
        given.desk.reader = look.desk.reader;
        let stats = &given.desk.stats;
        stats.set_state(look.step.state);
        stats.set_behind(look.step.behind);
        stats.skipped(look.step.skipped);
        if !look.batch.events.is_empty() {
            tokio::select! {
                () = given.stop.stopped() => return Ok(()),
                sent = given.outbox.send(look.batch) => sent?,
            }
        }
        if look.step.more {
            continue;
        }
        tokio::select! {
            biased;
            () = given.stop.stopped() => return Ok(()),
            settled = given.outbox.settle(), if !given.outbox.is_free() => settled?,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// One step and the events it gave.
struct Look {
    follower: Follower,
    desk: Desk,
    step: Step,
    batch: Batch,
}

fn look(mut follower: Follower, mut desk: Desk) -> Look {
    let mut batch = Batch::default();
    let step = follower.step(&mut |piece| {
        if piece.continues {
            desk.stats.cut(1);
        }
        desk.reader.records(piece, desk.clock.now(), &mut |event| {
            desk.stats.count(&event);
            batch.push(event);
        });
    });
    batch.checkpoint = Some(Checkpoint { source: desk.stats.source().clone(), position: step.position.clone() });
    Look { follower, desk, step, batch }
}

//! Log files, followed.
//!
//! The file is looked at every [`PAUSE`]: that works on every file system, costs a few system calls
//! and needs no descriptor besides the file's own.

mod container;
mod follower;
mod glob;
mod identity;
mod position;
mod rotated;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use container::{FOLDERS, ROOTLESS, is_log as is_container_log, of as container_of, real};
pub(crate) use glob::{is_pattern, paths};

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
pub const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 5 } else { 250 });

/// After how many looks in a row at nothing a file is taken for gone; what was open of it was read to its end before.
const GONE_STEPS: u32 = 8;

/// What to do when there is no file at the path any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// Wait for the next: somebody named this path.
    Wait,
    /// It was found by a pattern, which will find the next.
    End,
}

/// Follows a file until told to stop; true when it ended because the file is gone.
pub(crate) async fn follow(path: PathBuf, mut given: Given, gone: Gone) -> bool {
    let mut pauses = Pauses::new();
    let mut is_gone = false;
    while !given.stopped_before_settled().await {
        let before = given.outbox.position().map(<[u8]>::to_vec);
        match follow_from(&path, &mut given, gone).await {
            Ok(Left::Gone) => {
                is_gone = true;
                break;
            }
            Ok(Left::Stopped) | Err(Interrupted::Undelivered(Undelivered::Closed)) => break,
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
    is_gone
}

/// Why following ended without trouble.
enum Left {
    Stopped,
    Gone,
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

async fn follow_from(path: &Path, given: &mut Given, gone: Gone) -> Result<Left, Interrupted> {
    let framing = Dialect::of(path).framing();
    let mut follower = Follower::new(path.to_owned(), framing, BACKLOG_MAX, given.outbox.position());
    let mut looks_at_nothing = 0;
    loop {
        let desk = given.desk.clone();
        let look = spawn_blocking(move || look(follower, desk)).await.map_err(Interrupted::Panicked)?;
        follower = look.follower;
        given.desk.reader = look.desk.reader;
        let is_nothing = matches!(look.step.state, SourceState::Waiting { .. }) && look.batch.events.is_empty();
        looks_at_nothing = if is_nothing { looks_at_nothing + 1 } else { 0 };
        if gone == Gone::End && looks_at_nothing > GONE_STEPS && given.outbox.is_free() {
            return Ok(Left::Gone);
        }
        let stats = &given.desk.stats;
        stats.set_state(look.step.state);
        stats.set_behind(look.step.behind);
        stats.skipped(look.step.skipped);
        if !look.batch.events.is_empty() {
            tokio::select! {
                () = given.stop.stopped() => return Ok(Left::Stopped),
                sent = given.outbox.send(look.batch) => sent?,
            }
        }
        if look.step.more {
            continue;
        }
        tokio::select! {
            biased;
            () = given.stop.stopped() => return Ok(Left::Stopped),
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
        desk.reader.records_or_aside(piece, desk.clock.now(), &mut |event| {
            desk.stats.count(&event);
            batch.push(event);
        });
    });
    batch.checkpoint = Some(Checkpoint { source: desk.stats.source().clone(), position: step.position.clone() });
    Look { follower, desk, step, batch }
}

//! The thread that seals when it is time to.

use super::{SealError, Step};
use crate::lake::Core;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How far the sealer stands back behind intake and searches where processors are short, as nice(2) counts.
const SEAL_NICE: i32 = 5;

/// How often the sealer looks whether something is due by its age.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long it pauses at most while object storage does not answer.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Seals when there is enough, or something for long enough, until the lake is closed.
pub(crate) fn seal_when_due(core: &Core) {
    // What is in the log is durable and found; taking more in comes first while processors are short.
    if let Err(error) = rustix::process::nice(SEAL_NICE) {
        tracing::debug!(%error, "sealing runs at the priority of everything else");
    }
    let mut pause = LOOK_EVERY;
    while core.signals.wait_for_work(LOOK_EVERY) {
        if !core.is_due() {
            continue;
        }
        // Files that nobody would take are not made.
        let answers = core.store.as_ref().is_none_or(|store| store.answers());
        let sealed = if answers { seal_or_say(core) } else { Err(SealError::Stopped(Step::Announce)) };
        // What could not be sealed stays in the log, where it is durable and found.
        match sealed {
            Ok(()) => {
                core.work.sealing(None);
                pause = LOOK_EVERY;
            }
            Err(error) => {
                core.work.sealing(Some(core.clock.now()));
                tracing::error!(error = &error as &dyn std::error::Error, "events could not be sealed; they stay in the log");
                core.signals.sealed();
                if core.store.is_some() && !core.signals.sleep(pause) {
                    return;
                }
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
    }
}

/// Seals; whatever breaks off must not end the thread, or nothing would ever be sealed again.
fn seal_or_say(core: &Core) -> Result<(), SealError> {
    let sealed = catch_unwind(AssertUnwindSafe(|| core.seal(&|_| true)));
    sealed.unwrap_or_else(|_| Err(SealError::Log(io::Error::other("sealing broke off")))).map(drop)
}

//! From a source that speaks by itself to batches.
//!
//! A batch leaves at once when the source has nothing more to say and none is out; while one is
//! out, the next grows up to its limit, and then the source is not listened to. So the busier it
//! gets, the larger the batches, without any timer.

use crate::delivery::{Batch, Outbox, Undelivered};
use crate::source::Stop;
use std::future::ready;
use std::io;

/// A source that speaks by itself.
pub(crate) trait Feed {
    /// Waits for more and takes it in. False at the end. May be cancelled and called again.
    fn listen(&mut self) -> impl Future<Output = io::Result<bool>> + Send;

    /// Puts the events of what was taken in into a batch, until it is full or nothing is left; and
    /// the position after them.
    fn drain(&mut self, batch: &mut Batch);
}

/// How a pump ended.
#[derive(Debug)]
pub(crate) enum End {
    /// It was told to.
    Stopped,
    /// The source said all it has to say.
    Said,
    /// The source broke.
    Broken(io::Error),
}

/// Carries events until the source ends. When it is told to stop, what is not yet out is left: the
/// source has a position, or nothing is left because its ears are closed first.
pub(crate) async fn pump(feed: &mut impl Feed, outbox: &mut Outbox, stop: &mut Stop) -> Result<End, Undelivered> {
    let mut batch = Batch::default();
    let end = loop {
        if batch.has_room() {
            feed.drain(&mut batch);
        }
        tokio::select! {
            biased;
            () = stop.stopped() => return Ok(End::Stopped),
            heard = feed.listen(), if batch.has_room() => match heard {
                Ok(true) => {}
                Ok(false) => break End::Said,
                Err(error) => break End::Broken(error),
            },
            settled = outbox.settle(), if !outbox.is_free() => settled?,
            () = ready(()), if !batch.is_empty() && outbox.is_free() => {
                if !sent(&mut batch, outbox, stop).await? {
                    return Ok(End::Stopped);
                }
            }
        }
    };
    loop {
        feed.drain(&mut batch);
        if batch.is_empty() {
            return Ok(end);
        }
        if !sent(&mut batch, outbox, stop).await? {
            return Ok(End::Stopped);
        }
    }
}

/// Hands a batch over; false when told to stop before it could be. The next one has room for as many events.
async fn sent(batch: &mut Batch, outbox: &mut Outbox, stop: &mut Stop) -> Result<bool, Undelivered> {
    let next = Batch { events: Vec::with_capacity(batch.events.len()), ..Batch::default() };
    tokio::select! {
        biased;
        () = stop.stopped() => Ok(false),
        sent = outbox.send(std::mem::replace(batch, next)) => sent.map(|()| true),
    }
}

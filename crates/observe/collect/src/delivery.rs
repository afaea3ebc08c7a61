//! Events on their way from a source to whoever makes them durable, and the answer that they are.
//!
//! A source hands over one [`Batch`] at a time and waits for the acknowledgement of the one before:
//! it reads and parses the next while the last is being written, and never holds more than two. So
//! a slow disk slows the reading down, and nothing is dropped on the way. The [`Checkpoint`] in a
//! batch is stored together with its events, or neither is.

use crate::stats::SourceStats;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use vigie_model::event::Event;

/// Most events in one batch.
pub const BATCH_EVENTS_MAX: usize = 1_000;

/// Most bytes of raw records in one batch; the record that reaches it is the last one.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How far a source has been read, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The source's name.
    pub source: Arc<str>,
    /// Where to go on; only the source understands it.
    pub position: Vec<u8>,
}

/// Events that become durable together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The events, in the order of the source.
    pub events: Vec<Event>,
    /// Where to go on once they are durable; sources that cannot read again have none.
    pub checkpoint: Option<Checkpoint>,
    /// Bytes of the raw records in it.
    pub(crate) bytes: usize,
}

/// A batch and the way to say that it is durable.
#[derive(Debug)]
pub struct Delivery {
    /// What to make durable.
    pub batch: Batch,
    /// To be used when it is. Dropped unused, the source takes the batch as refused and, where it
    /// can, reads it again.
    pub ack: oneshot::Sender<()>,
    /// Whether whoever it comes from keeps it and sends it again when it is refused: then refusing is better than
    /// letting it wait.
    pub sent_again: bool,
}

impl Batch {
    /// Puts an event in.
    pub(crate) fn push(&mut self, event: Event) {
        self.bytes += event.raw.len();
        self.events.push(event);
    }

    /// Whether one more event may go in.
    pub(crate) fn has_room(&self) -> bool {
        self.events.len() < BATCH_EVENTS_MAX && self.bytes < BATCH_BYTES_MAX
    }

    /// Whether it holds nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        self.events.is_empty() && self.checkpoint.is_none()
    }
}

/// Why a batch did not become durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undelivered {
    /// The receiver let go of the batch without an acknowledgement.
    #[error("the batch was refused")]
    Refused,
    /// Nobody receives any more.
    #[error("nobody receives events any more")]
    Closed,
}

/// A source's end of the way: at most one batch is out at any time.
pub(crate) struct Outbox {
    sender: mpsc::Sender<Delivery>,
    stats: Arc<SourceStats>,
    out: Option<Out>,
    acknowledged: Option<Vec<u8>>,
}

/// A batch that is out.
struct Out {
    answer: oneshot::Receiver<()>,
    events: u64,
    position: Option<Vec<u8>>,
}

impl Outbox {
    /// The way for a source that starts at this position.
    pub(crate) fn new(sender: mpsc::Sender<Delivery>, stats: Arc<SourceStats>, position: Option<Vec<u8>>) -> Self {
        Self { sender, stats, out: None, acknowledged: position }
    }

    /// Another way of the same source, which has no position.
    pub(crate) fn another(&self) -> Self {
        Self::new(self.sender.clone(), self.stats.clone(), None)
    }

    /// The position that is durable: where to go on after a refusal.
    pub(crate) fn position(&self) -> Option<&[u8]> {
        self.acknowledged.as_deref()
    }

    /// Whether no batch is out.
    pub(crate) const fn is_free(&self) -> bool {
        self.out.is_none()
    }

    /// Waits until no batch is out. May be cancelled and called again.
    pub(crate) async fn settle(&mut self) -> Result<(), Undelivered> {
        let Some(out) = self.out.as_mut() else { return Ok(()) };
        let answer = (&mut out.answer).await;
        let Some(out) = self.out.take() else { return Ok(()) };
        if answer.is_err() {
            self.stats.refused(out.events);
            return Err(Undelivered::Refused);
        }
        self.stats.acknowledged(out.events);
        if out.position.is_some() {
            self.acknowledged = out.position;
        }
        Ok(())
    }

    /// Hands a batch over once the one before is durable. An empty batch without checkpoint is none.
    pub(crate) async fn send(&mut self, batch: Batch) -> Result<(), Undelivered> {
        self.settle().await?;
        if batch.is_empty() {
            return Ok(());
        }
        let (ack, answer) = oneshot::channel();
        let events = batch.events.len() as u64;
        let position = batch.checkpoint.as_ref().map(|checkpoint| checkpoint.position.clone());
        self.sender.send(Delivery { batch, ack, sent_again: false }).await.map_err(|_| Undelivered::Closed)?;
        self.out = Some(Out { answer, events, position });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(position: &str) -> Batch {
        let checkpoint = Some(Checkpoint { source: "s".into(), position: position.into() });
        Batch { checkpoint, ..Batch::default() }
    }

    fn outbox() -> (Outbox, mpsc::Receiver<Delivery>) {
        let (sender, receiver) = mpsc::channel(4);
        (Outbox::new(sender, Arc::new(SourceStats::new("s")), None), receiver)
    }

    #[tokio::test]
    async fn the_position_moves_with_the_acknowledgement_and_not_before() {
        let (mut outbox, mut receiver) = outbox();
        outbox.send(batch("1")).await.unwrap();
        assert_eq!(outbox.position(), None);
        receiver.recv().await.unwrap().ack.send(()).unwrap();
        outbox.settle().await.unwrap();
        assert_eq!(outbox.position(), Some(b"1".as_slice()));
    }

    #[tokio::test]
    async fn a_refusal_leaves_the_position_where_it_was() {
        let (mut outbox, mut receiver) = outbox();
        outbox.send(batch("1")).await.unwrap();
        drop(receiver.recv().await.unwrap().ack);
        assert_eq!(outbox.send(batch("2")).await, Err(Undelivered::Refused));
        assert_eq!(outbox.position(), None);
        drop(receiver);
        assert_eq!(outbox.send(batch("2")).await, Err(Undelivered::Closed));
    }
}

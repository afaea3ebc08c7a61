//! From the sources into the lake: what is delivered is made durable, then acknowledged.
//!
//! Deliveries of different sources go to the lake side by side and share its group commit; those
//! of one source stay in order, because a source sends the next only after the acknowledgement.
//! While the lake refuses (disk full), deliveries wait here and the sources wait for them; those of shippers, who keep
//! what they sent until they are told that it is durable, are refused. Nothing is acknowledged that is not on disk, and
//! nothing is thrown away.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use vigie_collect::Delivery;
use vigie_lake::{AppendError, Batch, Checkpoint, Lake};

/// Deliveries that are written at the same time.
const AT_ONCE: u32 = 16;
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Where deliveries go.
#[derive(Clone)]
pub struct Pipeline {
    /// What makes them durable.
    pub lake: Lake,
    /// Rung when events are durable.
    pub arrived: Arc<Notify>,
    /// Becomes true when what the lake does not take shall not be waited for any more.
    pub stop: watch::Receiver<bool>,
}

/// Writes deliveries until the sources are gone.
pub async fn run(pipeline: Pipeline, mut deliveries: mpsc::Receiver<Delivery>) {
    let places = Arc::new(Semaphore::new(AT_ONCE as usize));
    while let Some(delivery) = deliveries.recv().await {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let pipeline = pipeline.clone();
        tokio::spawn(async move {
            pipeline.deliver(delivery).await;
            drop(place);
        });
    }
    // Every place free again: everything received is written.
    drop(places.acquire_many(AT_ONCE).await);
}

impl Pipeline {
    async fn deliver(mut self, delivery: Delivery) {
        let Delivery { batch, ack, sent_again } = delivery;
        let checkpoint = batch.checkpoint.map(|c| Checkpoint { source: c.source.to_string(), position: c.position });
        let batch = Arc::new(Batch { events: batch.events, checkpoint });
        let mut wait = FIRST_WAIT;
        loop {
            let (lake, to_write) = (self.lake.clone(), batch.clone());
            match tokio::task::spawn_blocking(move || append(&lake, &to_write)).await {
                Ok(Ok(())) => {
                    // A source that is gone meanwhile needs no answer; its events are kept all the same.
                    let _gone = ack.send(());
                    self.arrived.notify_one();
                    return;
                }
                Ok(Err(AppendError::Closed)) => return,
                Ok(Err(error)) => tracing::error!(%error, "events wait: the lake does not take them"),
                Err(error) => tracing::error!(%error, "writing to the lake broke off"),
            }
            if sent_again {
                // Whoever sent it keeps it and is told so, by the end of `ack`, instead of waiting.
                return;
            }
            tokio::select! {
                // An error means that whoever could say it is gone, which is the same.
                _ = self.stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(wait) => wait = (wait * 2).min(LONGEST_WAIT),
            }
        }
    }
}

/// Appends a batch; one that is too large for the lake goes in halves, the checkpoint with the last.
fn append(lake: &Lake, batch: &Batch) -> Result<(), AppendError> {
    match lake.append(batch) {
        Ok(_ids) => Ok(()),
        Err(AppendError::TooLarge { .. }) if batch.events.len() > 1 => {
            let (first, second) = batch.events.split_at(batch.events.len() / 2);
            append(lake, &Batch { events: first.to_vec(), checkpoint: None })?;
            append(lake, &Batch { events: second.to_vec(), checkpoint: batch.checkpoint.clone() })
        }
        Err(error) => Err(error),
    }
}

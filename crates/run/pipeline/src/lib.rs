//! From the sources into the lake: what is delivered is made durable, then acknowledged.
//!
//! Deliveries of different sources go to the lake side by side and share its group commit; those
//! of one source stay in order, because a source sends the next only after the acknowledgement.
//! While the lake refuses (disk full), deliveries wait here and the sources wait for them; those of shippers, who keep
//! what they sent until they are told that it is durable, are refused. Nothing is acknowledged that is not on disk, and
//! nothing is thrown away. On the way events get what is known beside them: [`enrich`].

pub mod enrich;

use enrich::Enricher;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tracing::Instrument;
use vigie_collect::Delivery;
use vigie_lake::{AppendError, Batch, Checkpoint, Lake};
use vigie_model::event::ocsf::field;
use vigie_model::event::{Class, Event};

/// Deliveries that are written at the same time.
const AT_ONCE: u32 = 16;
/// Why an event is set aside that the lake cannot take.
const TOO_LARGE: &str = "too large for the lake";
/// Why one is set aside that breaks what stores it.
const BREAKS: &str = "breaks what stores events";

/// Bytes that are kept of a record that is set aside.
const SET_ASIDE_BYTES_MAX: usize = 1024 * 1024;

const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Where deliveries go.
#[derive(Clone)]
pub struct Pipeline {
    /// What makes them durable.
    pub lake: Lake,
    /// What is known beside the records.
    pub enricher: Arc<Enricher>,
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
        let source = delivery.batch.events.first().map(|event| &*event.origin.source);
        let span = tracing::info_span!("delivery", events = delivery.batch.events.len(), source);
        let work = async move {
            pipeline.deliver(delivery).await;
            drop(place);
        };
        tokio::spawn(work.instrument(span));
    }
    // Every place free again: everything received is written.
    drop(places.acquire_many(AT_ONCE).await);
}

impl Pipeline {
    async fn deliver(mut self, delivery: Delivery) {
        let Delivery { batch, ack, sent_again } = delivery;
        let checkpoint = batch.checkpoint.map(|c| Checkpoint { source: c.source.to_string(), position: c.position });
        let mut events = batch.events;
        // Takes less than the parsing did, which is done in the same way. Events are kept whatever becomes of it.
        let enriched = std::panic::catch_unwind(AssertUnwindSafe(|| self.enricher.enrich(&mut events)));
        if enriched.is_err() {
            tracing::error!("what is known beside the records of a batch could not be put in; they are kept without");
        }
        let batch = Arc::new(Batch { events, checkpoint });
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

/// What takes batches: the lake, or what a test has in its place.
trait Takes {
    fn take(&self, batch: &Batch) -> Result<(), AppendError>;

    /// Keeps the bytes of a record that can be taken in no form; gives where.
    fn put_aside(&self, record: &[u8]) -> std::io::Result<PathBuf>;
}

impl Takes for Lake {
    fn take(&self, batch: &Batch) -> Result<(), AppendError> {
        self.append(batch).map(drop)
    }

    fn put_aside(&self, record: &[u8]) -> std::io::Result<PathBuf> {
        Self::put_aside(self, record)
    }
}

/// Appends a batch. One that the lake cannot take as it is goes in halves, the checkpoint with the last; an event that it
/// cannot take by itself goes without all but its record, and at last without that, which is put aside.
fn append(lake: &impl Takes, batch: &Batch) -> Result<(), AppendError> {
    let error = match lake.take(batch) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    let Some(reason) = reason(&error) else { return Err(error) };
    let aside = match &*batch.events {
        [] => return Err(error),
        [event] if !is_set_aside(event) => {
            tracing::error!(%error, "an event cannot be stored; its record is set aside");
            set_aside(event, reason)
        }
        [event] if !event.raw.is_empty() => without_record(lake, event, reason)?,
        [_] => return Err(error),
        events => {
            let (first, second) = events.split_at(events.len() / 2);
            append(lake, &Batch { events: first.to_vec(), checkpoint: None })?;
            return append(lake, &Batch { events: second.to_vec(), checkpoint: batch.checkpoint.clone() });
        }
    };
    append(lake, &Batch { events: vec![aside], checkpoint: batch.checkpoint.clone() })
}

/// Why an event is set aside for which the lake says this; nothing when it is no matter of the event.
const fn reason(error: &AppendError) -> Option<&'static str> {
    match error {
        AppendError::TooLarge { .. } => Some(TOO_LARGE),
        AppendError::Poison | AppendError::BrokeOff => Some(BREAKS),
        AppendError::Full { .. } | AppendError::Io(_) | AppendError::Closed => None,
    }
}

fn is_set_aside(event: &Event) -> bool {
    [TOO_LARGE, BREAKS].iter().any(|reason| event.unmapped.contains("set_aside", reason))
}

/// An event of which nothing is left but its record, cut where it is too large itself.
fn set_aside(event: &Event, reason: &str) -> Event {
    let raw = event.raw.get(..event.raw.len().min(SET_ASIDE_BYTES_MAX)).unwrap_or_default().to_vec();
    let mut aside = Event::new(Class::BaseEvent, event.time, event.received, event.origin.clone(), raw);
    aside.set(field::METADATA_IS_TRUNCATED, aside.raw.len() < event.raw.len());
    aside.unmapped.push("set_aside", reason);
    aside
}

/// An event that says where its record is.
fn without_record(lake: &impl Takes, event: &Event, reason: &str) -> Result<Event, AppendError> {
    let kept = lake.put_aside(&event.raw).map_err(|error| AppendError::Io(Arc::new(error)))?;
    tracing::error!(kept = %kept.display(), "a record cannot be stored; it is put aside");
    let mut aside = Event::new(Class::BaseEvent, event.time, event.received, event.origin.clone(), Vec::new());
    aside.unmapped.push("set_aside", reason);
    aside.unmapped.push("set_aside_file", &kept.display().to_string());
    Ok(aside)
}

#[cfg(test)]
mod tests;

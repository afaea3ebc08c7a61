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

/// Appends a batch; one that is too large for the lake goes in halves, the checkpoint with the last, and an event that is
/// too large by itself without all but its record.
fn append(lake: &Lake, batch: &Batch) -> Result<(), AppendError> {
    match lake.append(batch) {
        Ok(_ids) => Ok(()),
        Err(AppendError::TooLarge { .. }) if batch.events.len() > 1 => {
            let (first, second) = batch.events.split_at(batch.events.len() / 2);
            append(lake, &Batch { events: first.to_vec(), checkpoint: None })?;
            append(lake, &Batch { events: second.to_vec(), checkpoint: batch.checkpoint.clone() })
        }
        Err(AppendError::TooLarge { bytes }) if batch.events.iter().any(|event| !is_set_aside(event)) => {
            tracing::error!(bytes, "an event is too large for the lake; its record is set aside");
            let events = batch.events.iter().map(set_aside).collect();
            append(lake, &Batch { events, checkpoint: batch.checkpoint.clone() })
        }
        Err(error) => Err(error),
    }
}

fn is_set_aside(event: &Event) -> bool {
    event.unmapped.contains("set_aside", TOO_LARGE)
}

/// An event of which nothing is left but its record, cut where it is too large itself.
fn set_aside(event: &Event) -> Event {
    let raw = event.raw.get(..event.raw.len().min(SET_ASIDE_BYTES_MAX)).unwrap_or_default().to_vec();
    let mut aside = Event::new(Class::BaseEvent, event.time, event.received, event.origin.clone(), raw);
    aside.set(field::METADATA_IS_TRUNCATED, aside.raw.len() < event.raw.len());
    aside.unmapped.push("set_aside", TOO_LARGE);
    aside
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_db::Db;
    use vigie_kit::clock::SystemClock;
    use vigie_model::event::{Labels, Origin};
    use vigie_model::time::Timestamp;

    fn event(raw: &str) -> Event {
        let origin = Arc::new(Origin { source: "s".into(), format: "f".into(), host: "h".into(), labels: Labels::none() });
        Event::new(Class::BaseEvent, Timestamp::EPOCH, Timestamp::EPOCH, origin, raw.as_bytes().to_vec())
    }

    #[test]
    fn an_event_that_is_too_large_is_set_aside_and_the_others_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("state.db")).unwrap();
        let settings = vigie_lake::Settings::default();
        let lake = Lake::open(&folder.path().join("lake"), db, Arc::new(SystemClock), settings).unwrap();
        let mut large = event("poison");
        large.unmapped.push("much", &"x".repeat(40 << 20));
        append(&lake, &Batch { events: vec![event("one"), large.clone(), event("two")], checkpoint: None }).unwrap();
        assert_eq!(lake.stats().unwrap().events, 3);
        assert!(is_set_aside(&set_aside(&large)) && set_aside(&large).raw == b"poison");
    }
}

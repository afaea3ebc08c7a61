//! One request on its way in: its records become events, its bytes take room.

use super::{Door, RECORDS_MAX, REQUEST_BYTES_MAX, Record, Refused};
use crate::delivery::Batch;
use crate::reader::Reader;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use vigie_model::event::ocsf::field;
use vigie_model::time::Timestamp;

/// How long a request waits for room.
const WAIT: Duration = Duration::from_secs(1);

/// Who brings a request.
#[derive(Clone, Debug)]
pub struct From {
    /// The protocol, as it stands before the colon of the source's name.
    pub protocol: &'static str,
    /// Who it is: the name of a token. May be empty.
    pub sender: String,
    /// The address it comes from. May be empty.
    pub peer: String,
    /// Whether the sender keeps what it sent until it is told that it is durable. It is refused then when it cannot be
    /// made durable soon; else it waits, and so does the sender.
    pub keeps: bool,
}

/// The part of the memory for requests that one request takes; given back when dropped.
#[derive(Debug)]
pub struct Room {
    all: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

/// Takes the records of one request.
pub struct Taking {
    door: Arc<Door>,
    reader: Reader,
    peer: String,
    received: Timestamp,
    full: Vec<Batch>,
    batch: Batch,
    records: usize,
}

impl Room {
    pub(crate) const fn new(all: Arc<Semaphore>) -> Self {
        Self { all, taken: None, bytes: 0 }
    }

    /// Takes so many bytes more, after waiting a moment for others to finish.
    ///
    /// # Errors
    /// [`Refused::TooLarge`] beyond [`REQUEST_BYTES_MAX`], [`Refused::Busy`] where there is no room.
    pub async fn grow(&mut self, bytes: usize) -> Result<(), Refused> {
        let permits = self.more(bytes)?;
        let waited = tokio::time::timeout(WAIT, self.all.clone().acquire_many_owned(permits)).await;
        self.keep(bytes, waited.map_err(|_| Refused::Busy)?.map_err(|_| Refused::Closed)?);
        Ok(())
    }

    /// The same without waiting.
    ///
    /// # Errors
    /// As [`Room::grow`].
    pub fn grow_now(&mut self, bytes: usize) -> Result<(), Refused> {
        let permits = self.more(bytes)?;
        let permit = self.all.clone().try_acquire_many_owned(permits).map_err(|_| Refused::Busy)?;
        self.keep(bytes, permit);
        Ok(())
    }

    /// Bytes taken so far.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn more(&self, bytes: usize) -> Result<u32, Refused> {
        let fits = self.bytes.saturating_add(bytes) <= 2 * REQUEST_BYTES_MAX;
        u32::try_from(bytes).ok().filter(|_| fits).ok_or(Refused::TooLarge)
    }

    fn keep(&mut self, bytes: usize, permit: OwnedSemaphorePermit) {
        self.bytes += bytes;
        match &mut self.taken {
            Some(taken) => taken.merge(permit),
            None => self.taken = Some(permit),
        }
    }
}

impl Taking {
    pub(crate) fn new(door: Arc<Door>, peer: String, received: Timestamp) -> Self {
        let reader = door.reader();
        Self { door, reader, peer, received, full: Vec::new(), batch: Batch::default(), records: 0 }
    }

    /// Takes a record. Beyond [`RECORDS_MAX`] nothing is looked at any more, and the request is refused as a whole.
    pub fn put(&mut self, record: &Record<'_>) {
        let before = self.records;
        if before > RECORDS_MAX {
            return;
        }
        let (stats, peer) = (&self.door.stats, &self.peer);
        let (full, batch) = (&mut self.full, &mut self.batch);
        // A document holds several records, and a long one comes in several parts.
        let (mut made, mut parts) = (0, 0);
        self.reader.taken_or_aside(record, self.received, &mut |mut event| {
            made += 1;
            if before + made > RECORDS_MAX {
                return;
            }
            if event.origin.host.is_empty() {
                event.origin_mut().host = peer.as_str().into();
            }
            if !peer.is_empty() {
                event.unmapped.push("peer", peer);
            }
            stats.count(&event);
            parts += usize::from(event.fields.boolean(field::METADATA_IS_TRUNCATED) == Some(true));
            if !batch.has_room() {
                full.push(std::mem::take(batch));
            }
            batch.push(event);
        });
        let continued = parts.saturating_sub(1);
        stats.cut(continued as u64);
        self.records = before + made.saturating_sub(continued).max(1);
    }

    /// Records taken so far.
    #[must_use]
    pub const fn records(&self) -> usize {
        self.records
    }

    pub(crate) fn finish(self) -> Result<Vec<Batch>, Refused> {
        let Self { door, reader, mut full, batch, records, .. } = self;
        door.give_back(reader);
        if records > RECORDS_MAX {
            return Err(Refused::TooMany);
        }
        if !batch.is_empty() {
            full.push(batch);
        }
        Ok(full)
    }
}

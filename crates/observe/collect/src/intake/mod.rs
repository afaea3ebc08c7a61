//! What shippers of other makers bring: their protocols, taken apart into records, made durable before they are told so.
//!
//! A decoder is pure: bytes of one request in, [`Record`]s out; one file for each protocol, each with a fuzz target. A
//! record goes through the same [`Reader`](crate::reader::Reader) as everything else, so that a line of nginx is one of
//! nginx whatever carried it. [`Intake::take`] returns when everything of a request is durable, and says so when it is
//! not: whoever sent it keeps it and sends it again. So nothing is lost, and some of it may come twice.
//!
//! Memory is bounded by [`IN_FLIGHT_BYTES_MAX`] for all requests together: who finds no room is told to come back. What
//! no decoder can make sense of is set aside as an event of its own with the reason, and the rest of the request goes on.

pub mod body;
pub mod elastic;
pub mod flat;
pub mod forward;
pub mod gelf;
pub mod kubernetes;
pub mod lines;
pub mod loki;
pub mod msgpack;
pub(crate) mod open;
pub mod otlp;
mod place;
mod record;
pub mod splunk;
mod taking;
mod wire;

pub use open::JSON_MAX;
pub(crate) use place::{plain_name, time};
pub use record::{MORE_MAX, Record};
pub use taking::{From, Room, Taking};
pub use wire::NotAMessage;

use crate::delivery::{Batch, Delivery};
use crate::dialect::Dialect;
use crate::mapping::Pages;
use crate::reader::Reader;
use crate::state::SourceState;
use crate::stats::SourceStats;
use crate::tenants::Tenants;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use vigie_kit::clock::Clock;
use vigie_model::event::{Label, Labels};
use vigie_model::time::Timestamp;

/// Bytes of requests that are worked on at the same time, packed and unpacked.
pub const IN_FLIGHT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Bytes of one request, unpacked.
pub const REQUEST_BYTES_MAX: usize = 24 * 1024 * 1024;

/// Records of one request.
pub const RECORDS_MAX: usize = 100_000;

/// Senders that are counted one by one; further ones are counted together.
pub const SENDERS_MAX: usize = 256;

/// How long a request waits for its events to become durable.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests of at most so many bytes are taken apart where they arrive, larger ones on a thread that may take its time.
const AT_ONCE_MAX: usize = 16 * 1024;

/// The sources of events by the order in which they were started.
pub(crate) type Sources = Arc<Mutex<Vec<Arc<SourceStats>>>>;

/// Why a request was not taken; nothing of it is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Too much is being worked on.
    #[error("too many bytes are being taken in")]
    Busy,
    /// The request is larger than [`REQUEST_BYTES_MAX`].
    #[error("the request is too large")]
    TooLarge,
    /// The request has more than [`RECORDS_MAX`] records.
    #[error("the request has too many records")]
    TooMany,
    /// It could not be made durable: the disk is full, or too slow.
    #[error("the events cannot be made durable")]
    NotDurable,
    /// The program is ending, or has only begun.
    #[error("nothing is taken in at this moment")]
    Closed,
    /// Taking it apart broke off.
    #[error("taking the request apart broke off")]
    Broken,
}

/// Takes what is brought. Cheap to clone.
#[derive(Clone)]
pub struct Intake(Arc<Inner>);

struct Inner {
    sender: Mutex<Option<mpsc::Sender<Delivery>>>,
    clock: Arc<dyn Clock>,
    zone: TimeZone,
    pages: Pages,
    tenants: OnceLock<Tenants>,
    sources: Sources,
    doors: Mutex<BTreeMap<String, Arc<Door>>>,
    room: Arc<Semaphore>,
    hands: Semaphore,
    /// The number of the next acknowledgement. The first is the time of the start in µs, so that those of an earlier
    /// start are below it: they were handed out for what was durable, too.
    next_promise: AtomicI64,
}

/// Where the requests of one sender in one protocol come in.
pub(crate) struct Door {
    pub(crate) stats: Arc<SourceStats>,
    prototype: Reader,
    readers: Mutex<Vec<Reader>>,
}

impl Intake {
    pub(crate) fn new(
        sender: mpsc::Sender<Delivery>,
        clock: Arc<dyn Clock>,
        zone: TimeZone,
        pages: Pages,
        sources: Sources,
    ) -> Self {
        let hands = std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, 8));
        Self(Arc::new(Inner {
            sender: Mutex::new(Some(sender)),
            next_promise: AtomicI64::new(clock.now().micros()),
            clock,
            zone,
            pages,
            tenants: OnceLock::new(),
            sources,
            doors: Mutex::default(),
            room: Arc::new(Semaphore::new(IN_FLIGHT_BYTES_MAX)),
            hands: Semaphore::new(hands),
        }))
    }

    /// The same, of whoever these are; said once, before anything comes in.
    pub(crate) fn of_tenants(self, tenants: Tenants) -> Self {
        // A second word would change whose records those are that came before.
        drop(self.0.tenants.set(tenants));
        self
    }

    /// Takes nothing any more. What is being taken in is still brought to its end.
    pub fn close(&self) {
        drop(locked(&self.0.sender).take());
    }

    /// A number for what has become durable, for senders who ask for it later.
    #[must_use]
    pub fn promise(&self) -> i64 {
        self.0.next_promise.fetch_add(1, Relaxed)
    }

    /// Whether a number was handed out, and what it stands for is therefore durable.
    #[must_use]
    pub fn is_kept(&self, promise: i64) -> bool {
        (0..self.0.next_promise.load(Relaxed)).contains(&promise)
    }

    /// Whether a request would find room at this moment.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.0.room.available_permits() > REQUEST_BYTES_MAX / 4 && locked(&self.0.sender).is_some()
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Counts what the senders of a protocol sent in vain.
    pub(crate) fn lost(&self, protocol: &'static str, records: u64) {
        if records > 0 {
            let from = From { protocol, sender: String::new(), peer: String::new(), keeps: false };
            self.door(&from).stats.lost(records);
        }
    }

    /// Room for a request, none of it taken yet.
    #[must_use]
    pub fn room(&self) -> Room {
        Room::new(self.0.room.clone())
    }

    /// Takes a request apart with `decode` and returns what that gives when all its records are durable.
    ///
    /// `bytes` is about how much work it is.
    ///
    /// # Errors
    /// See [`Refused`]; whoever sent it is to send it again, unless it is too large.
    pub async fn take<T: Send + 'static>(
        &self,
        from: From,
        bytes: usize,
        decode: impl FnOnce(&mut Taking) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (door, keeps) = (self.door(&from), from.keeps);
        let mut taking = Taking::new(door.clone(), from.peer, self.0.clock.now());
        let (given, taking) = if bytes <= AT_ONCE_MAX {
            let given = decode(&mut taking);
            (given, taking)
        } else {
            let _hand = self.0.hands.acquire().await.map_err(|_| Refused::Closed)?;
            let work = tokio::task::spawn_blocking(move || (decode(&mut taking), taking));
            work.await.map_err(|_| Refused::Broken)?
        };
        let batches = taking.finish()?;
        self.deliver(&door, batches, keeps).await?;
        Ok(given)
    }

    async fn deliver(&self, door: &Door, batches: Vec<Batch>, keeps: bool) -> Result<(), Refused> {
        let events: u64 = batches.iter().map(|batch| batch.events.len() as u64).sum();
        let sender = locked(&self.0.sender).clone().ok_or(Refused::Closed)?;
        let all = deliver_all(sender, batches, keeps);
        let delivered = match keeps {
            true => tokio::time::timeout(PATIENCE, all).await.unwrap_or(Err(Refused::NotDurable)),
            false => all.await,
        };
        match delivered {
            Ok(()) => door.stats.acknowledged(events),
            Err(_) => door.stats.refused(events),
        }
        delivered
    }

    fn door(&self, from: &From) -> Arc<Door> {
        let mut doors = locked(&self.0.doors);
        let name = match from.sender.as_str() {
            "" => from.protocol.to_owned(),
            sender => format!("{}:{sender}", from.protocol),
        };
        let labels = self.0.tenants.get().map_or_else(Labels::none, |tenants| tenants.labels(&from.sender));
        let name = if doors.len() < SENDERS_MAX || doors.contains_key(&name) {
            name
        } else {
            // A door of many senders; those of a tenant have one of their own.
            labels.get(Label::Tenant).map_or_else(|| from.protocol.to_owned(), |tenant| format!("{}:{tenant}", from.protocol))
        };
        if let Some(door) = doors.get(&name) {
            return door.clone();
        }
        let stats = Arc::new(SourceStats::new(name.clone()));
        stats.set_state(SourceState::Running);
        locked(&self.0.sources).push(stats.clone());
        let prototype = Reader::new(stats.source().clone(), Dialect::Syslog, self.0.zone.clone(), "".into())
            .with_pages(self.0.pages.clone())
            .labelled(labels);
        let door = Arc::new(Door { stats, prototype, readers: Mutex::default() });
        doors.insert(name, door.clone());
        door
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("room", &self.0.room.available_permits()).finish_non_exhaustive()
    }
}

impl Door {
    fn reader(&self) -> Reader {
        locked(&self.readers).pop().unwrap_or_else(|| self.prototype.clone())
    }

    fn give_back(&self, reader: Reader) {
        let mut readers = locked(&self.readers);
        if readers.len() < 8 {
            readers.push(reader);
        }
    }
}

async fn deliver_all(sender: mpsc::Sender<Delivery>, batches: Vec<Batch>, sent_again: bool) -> Result<(), Refused> {
    let mut answers = Vec::with_capacity(batches.len());
    for batch in batches {
        let (ack, answer) = oneshot::channel();
        sender.send(Delivery { batch, ack, sent_again }).await.map_err(|_| Refused::Closed)?;
        answers.push(answer);
    }
    drop(sender);
    for answer in answers {
        answer.await.map_err(|_| Refused::NotDurable)?;
    }
    Ok(())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

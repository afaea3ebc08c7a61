//! Topics of Kafka, read without a group: how far each partition was read stands in our own checkpoint, which is stored
//! together with the events. So exactly what is durable is not read again.
//!
//! A topic is a source. Each of its partitions has a task that fetches; answers wait for their turn in a bounded number
//! of places, and become events in the order in which they came. Of a partition the order is kept.

mod client;
mod follow;
mod log;
mod position;
#[cfg(test)]
mod tests;

use super::{Desk, End, FIRST_PAUSE, Feed, Given, Pauses, pump};
use crate::delivery::{Batch, Checkpoint, Undelivered};
use crate::inputs::{Hidden, Mechanism, Start};
use crate::intake::Record;
use crate::state::SourceState;
use follow::{Fetched, Health, Shared, follow};
use log::{Log, Taken};
use position::Position;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::rustls::ClientConfig;

/// Most partitions of one topic: each has a connection.
const PARTITIONS_MAX: usize = 1_024;

/// Answers of brokers held at once by one topic, of a megabyte each as they are packed.
const PLACES: usize = 4;

/// How often new partitions are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Longest key or header that is kept beside a record.
const BESIDE_MAX: usize = 1_024;

/// How a cluster is reached.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    pub(crate) brokers: Vec<String>,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) sasl: Option<(Mechanism, String, Hidden)>,
}

/// One topic to read.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The source's name.
    pub(crate) source: Arc<str>,
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) topic: String,
    pub(crate) start: Start,
    pub(crate) tenant: Option<Arc<str>>,
}

/// Reads a topic until told to stop.
pub(crate) async fn read(settings: Settings, given: Given) {
    let what = format!("{} ({})", settings.topic, settings.cluster.brokers.join(", "));
    read_from(&what, settings.start, || client::Topic::connect(&settings), given).await;
}

async fn read_from<L: Log, F: Future<Output = Result<L, String>>>(
    what: &str,
    start: Start,
    connect: impl Fn() -> F,
    mut given: Given,
) {
    let mut pauses = Pauses::from(FIRST_PAUSE);
    while !given.stopped_before_settled().await {
        let before = given.outbox.position().map(<[u8]>::to_vec);
        let connected = tokio::select! {
            () = given.stop.stopped() => break,
            connected = connect() => connected,
        };
        let ended = match connected {
            Ok(log) => session(log, what, start, &mut given).await,
            Err(why) => Err(Ended::Unreachable(why)),
        };
        let state = match ended {
            Ok(End::Stopped) | Err(Ended::Undelivered(Undelivered::Closed)) => break,
            // New partitions: nothing failed.
            Ok(End::Said) => continue,
            Ok(End::Broken(error)) => SourceState::Unreachable { what: what.into(), why: error.to_string() },
            Err(Ended::Unreachable(why)) => SourceState::Unreachable { what: what.into(), why },
            Err(Ended::Missing) => SourceState::Waiting { path: what.into() },
            Err(Ended::Undelivered(why)) => SourceState::Failing { why: why.to_string() },
        };
        given.desk.stats.set_state(state);
        if given.outbox.position() != before.as_deref() {
            pauses.reset();
        }
        if given.stop.stopped_within(pauses.next_uneven()).await {
            break;
        }
    }
    given.take_leave().await;
}

/// Why reading has to begin again.
enum Ended {
    Undelivered(Undelivered),
    Unreachable(String),
    /// There is no such topic.
    Missing,
}

/// Reads over one connection to the cluster, from the durable position on.
async fn session<L: Log>(log: L, what: &str, start: Start, given: &mut Given) -> Result<End, Ended> {
    let beginning = tokio::select! {
        () = given.stop.stopped() => return Ok(End::Stopped),
        beginning = begin(&log, start, given.outbox.position()) => beginning?,
    };
    given.desk.stats.set_state(SourceState::Running);
    let mut topic = Topic::follow(log, what, beginning, given.desk.clone());
    let ended = pump(&mut topic, &mut given.outbox, &mut given.stop).await;
    given.desk.reader = topic.desk.reader;
    ended.map_err(Ended::Undelivered)
}

/// Where each partition begins.
struct Beginning {
    position: Position,
    partitions: BTreeSet<i32>,
    /// Whether it must be stored before anything was read.
    is_news: bool,
}

async fn begin<L: Log>(log: &L, start: Start, stored: Option<&[u8]>) -> Result<Beginning, Ended> {
    let partitions = log.partitions().await.map_err(Ended::Unreachable)?.ok_or(Ended::Missing)?;
    if partitions.len() > PARTITIONS_MAX {
        return Err(Ended::Unreachable(format!("it has more than {PARTITIONS_MAX} partitions")));
    }
    let known = stored.and_then(Position::read);
    // What came after the first look is read whole: partitions that were added since, too.
    let is_news = known.is_none() && start == Start::Newest;
    let mut position = known.unwrap_or_default();
    for partition in &partitions {
        if position.partitions.contains_key(partition) {
            continue;
        }
        let (first, end) = log.bounds(*partition).await.map_err(Ended::Unreachable)?;
        position.partitions.insert(*partition, if is_news { end } else { first });
    }
    Ok(Beginning { position, partitions, is_news })
}

/// A topic that is followed.
struct Topic {
    desk: Desk,
    position: Position,
    is_news: bool,
    receiver: mpsc::Receiver<Fetched>,
    current: Option<Current>,
    /// True: connect anew to find other partitions.
    tasks: JoinSet<bool>,
}

/// Records that are becoming events.
struct Current {
    partition: i32,
    records: std::vec::IntoIter<Taken>,
    _place: OwnedSemaphorePermit,
}

impl Topic {
    fn follow<L: Log>(log: L, what: &str, beginning: Beginning, desk: Desk) -> Self {
        let Beginning { position, partitions, is_news } = beginning;
        let (sender, receiver) = mpsc::channel(PLACES);
        let shared = Arc::new(Shared {
            log,
            places: Arc::new(Semaphore::new(PLACES)),
            few: partitions.len() <= PLACES,
            sender,
            health: Health::new(desk.stats.clone(), what.into(), partitions.len()),
        });
        let mut tasks = JoinSet::new();
        for partition in &partitions {
            let next = position.partitions.get(partition).copied().unwrap_or_default();
            let following = follow(shared.clone(), *partition, next);
            tasks.spawn(async move {
                following.await;
                false
            });
        }
        tasks.spawn(until_other(shared, partitions));
        Self { desk, position, is_news, receiver, current: None, tasks }
    }
}

/// Waits until the topic has other partitions.
async fn until_other<L: Log>(shared: Arc<Shared<L>>, known: BTreeSet<i32>) -> bool {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Ok(Some(now)) = shared.log.partitions().await
            && now != known
        {
            return true;
        }
    }
}

impl Feed for Topic {
    async fn listen(&mut self) -> io::Result<bool> {
        tokio::select! {
            biased;
            Some(Fetched { partition, records, place }) = self.receiver.recv() => {
                self.current = Some(Current { partition, records: records.into_iter(), _place: place });
                Ok(true)
            }
            Some(ended) = self.tasks.join_next() => match ended {
                Ok(true) => Ok(false),
                Ok(false) => Err(io::Error::other("no partition can be read")),
                Err(error) => Err(io::Error::other(error)),
            },
            else => Err(io::Error::other("no partition can be read")),
        }
    }

    fn drain(&mut self, batch: &mut Batch) {
        let mut moved = std::mem::take(&mut self.is_news);
        while batch.has_room()
            && let Some(current) = &mut self.current
        {
            let Some(record) = current.records.next() else {
                self.current = None;
                break;
            };
            self.position.partitions.insert(current.partition, record.offset.saturating_add(1));
            moved = true;
            read_one(&mut self.desk, current.partition, &record, batch);
        }
        if moved {
            let source = self.desk.stats.source().clone();
            batch.checkpoint = Some(Checkpoint { source, position: self.position.write() });
        }
    }
}

/// The events of a record; one without value, as compacted topics have them for what was deleted, has none.
fn read_one(desk: &mut Desk, partition: i32, taken: &Taken, batch: &mut Batch) {
    let Some(value) = taken.value.as_deref().filter(|value| !value.is_empty()) else { return };
    let mut record = Record { time: taken.time, ..Record::of(value) };
    for (name, bytes) in &taken.headers {
        if let Some(text) = beside(bytes) {
            record.tell(name.as_str(), text);
        }
    }
    record.more.push(("kafka.partition".into(), partition.to_string().into()));
    record.more.push(("kafka.offset".into(), taken.offset.to_string().into()));
    if let Some(key) = taken.key.as_deref().and_then(beside) {
        record.more.push(("kafka.key".into(), Cow::Borrowed(key)));
    }
    let stats = &desk.stats;
    desk.reader.taken_or_aside(&record, desk.clock.now(), &mut |event| {
        stats.count(&event);
        batch.push(event);
    });
}

/// What stands beside a record, where it is text and short.
fn beside(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty() && text.len() <= BESIDE_MAX)
}

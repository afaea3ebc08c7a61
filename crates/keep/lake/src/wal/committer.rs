//! The one thread that writes the log, and the queue before it.
//!
//! While a group is being synced, others wait in the queue and become the next group: the slower the
//! disk, the larger the groups. Nobody waits for a group to fill. The queue is bounded in bytes;
//! whoever comes when it is full waits, and with it the source behind.

use super::log::{CommitError, Log, Record};
use std::collections::VecDeque;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A group takes what is waiting up to this size, and one record at least.
const GROUP_BYTES_MAX: usize = 8 << 20;
/// The queue takes records up to this size, and one at least.
const QUEUE_BYTES_MAX: usize = 16 << 20;

/// The ids of a durable batch.
pub(crate) type Acknowledged = Range<u64>;

/// Why a batch is not durable.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("the lake is closed")]
    Closed,
}

/// The thread that commits. Dropping it commits what is in the queue and ends the thread.
pub(crate) struct Committer {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    work: VecDeque<Work>,
    bytes: usize,
    closed: bool,
}

enum Work {
    Append(Record, SyncSender<Result<Acknowledged, CommitError>>),
    Rotate(SyncSender<u64>),
}

impl Committer {
    /// Starts the thread. After each group that became durable, `after` is told the next id.
    pub(crate) fn start(log: Log, after: impl Fn(u64) + Send + 'static) -> std::io::Result<Self> {
        let queue = Arc::new(Queue { waiting: Mutex::default(), changed: Condvar::new() });
        let theirs = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name("lake-commit".to_owned()).spawn(move || {
            theirs.run(log, &after);
        })?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Makes a batch durable; returns when it is, with the ids of its events.
    pub(crate) fn append(&self, record: Record) -> Result<Acknowledged, Refused> {
        let (tell, told) = sync_channel(1);
        let bytes = record.bytes();
        self.queue.put(Work::Append(record, tell), bytes)?;
        Ok(answer(&told)??)
    }

    /// Closes the segment being written; gives the highest number that is closed then.
    pub(crate) fn rotate(&self) -> Result<u64, Refused> {
        let (tell, told) = sync_channel(1);
        self.queue.put(Work::Rotate(tell), 0)?;
        answer(&told)
    }

    /// Commits what is in the queue and ends the thread.
    pub(crate) fn close(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the lake's committer had panicked");
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}

fn answer<T>(told: &Receiver<T>) -> Result<T, Refused> {
    told.recv().map_err(|_| Refused::Closed)
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, work: Work, bytes: usize) -> Result<(), Refused> {
        let full = |waiting: &mut Waiting| !waiting.closed && waiting.bytes > 0 && waiting.bytes + bytes > QUEUE_BYTES_MAX;
        let mut waiting = self.changed.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        if waiting.closed {
            return Err(Refused::Closed);
        }
        waiting.bytes += bytes;
        waiting.work.push_back(work);
        drop(waiting);
        self.changed.notify_all();
        Ok(())
    }

    fn run(&self, mut log: Log, after: &impl Fn(u64)) {
        let mut group = Vec::new();
        let mut tells = Vec::new();
        while let Some(rotate) = self.take(&mut group, &mut tells) {
            if !group.is_empty() {
                commit(&mut log, &group, &tells, after);
                group.clear();
                tells.clear();
            }
            if let Some(tell) = rotate {
                // Whoever asked may have gone away.
                tell.send(log.rotate()).ok();
            }
        }
        // Nobody is told anything any more: submitters find the channel closed.
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits for work and takes a group, up to the next rotation; nothing when all is done.
    fn take(
        &self,
        group: &mut Vec<Record>,
        tells: &mut Vec<SyncSender<Result<Acknowledged, CommitError>>>,
    ) -> Option<Option<SyncSender<u64>>> {
        let idle = |waiting: &mut Waiting| waiting.work.is_empty() && !waiting.closed;
        let mut waiting = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let mut taken = 0;
        let mut rotate = None;
        while let Some(work) = waiting.work.pop_front() {
            match work {
                Work::Append(record, tell) if group.is_empty() || taken + record.bytes() <= GROUP_BYTES_MAX => {
                    taken += record.bytes();
                    group.push(record);
                    tells.push(tell);
                }
                Work::Append(..) => {
                    waiting.work.push_front(work);
                    break;
                }
                Work::Rotate(tell) => {
                    rotate = Some(tell);
                    break;
                }
            }
        }
        waiting.bytes -= taken;
        let done = group.is_empty() && rotate.is_none();
        drop(waiting);
        self.changed.notify_all();
        (!done).then_some(rotate)
    }
}

fn commit(log: &mut Log, group: &[Record], tells: &[SyncSender<Result<Acknowledged, CommitError>>], after: &impl Fn(u64)) {
    let answers = match tried(log, group, after) {
        Ok(answers) => answers,
        // Nobody was told anything yet. One by one, only the record over which it breaks off is refused.
        Err(BrokeOff) => {
            let one = |record: &Record| {
                let answers = tried(log, std::slice::from_ref(record), after);
                answers.ok().and_then(|mut answers| answers.pop()).unwrap_or_else(|| {
                    tracing::error!(bytes = record.bytes(), "writing a batch broke off; it is refused, the others go on");
                    Err(CommitError::BrokeOff)
                })
            };
            group.iter().map(one).collect()
        }
    };
    for (tell, answer) in tells.iter().zip(answers) {
        // Whoever asked may have gone away.
        tell.send(answer).ok();
    }
}

/// Writing a group panicked. The log begins a new segment with the next one, which remembers where this one ends.
struct BrokeOff;

fn tried(log: &mut Log, group: &[Record], after: &impl Fn(u64)) -> Result<Vec<Result<Acknowledged, CommitError>>, BrokeOff> {
    let committed = catch_unwind(AssertUnwindSafe(|| log.commit(group))).map_err(|_| BrokeOff)?;
    Ok(match committed {
        Ok(first_ids) => {
            after(log.next_id());
            let ids = |(record, first): (&Record, u64)| Ok(first..first + u64::from(record.events()));
            group.iter().zip(first_ids).map(ids).collect()
        }
        Err(error) => {
            tracing::warn!(%error, "events could not be made durable; their sources keep them");
            group.iter().map(|_| Err(error.clone())).collect()
        }
    })
}

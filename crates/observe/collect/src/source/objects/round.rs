//! Rounds over a bucket: look for what is new, read one object after the other, oldest first.
//!
//! An object that cannot be read does not stand in the way of others: it is tried again in the next rounds, and then set
//! aside with the reason.

use super::Settings;
use super::position::{Place, Position, fingerprint};
use super::unpack::{Chunks, Given, Job, Trouble, run};
use crate::mapping::Pages;
use crate::state::SourceState;
use crate::stats::SourceStats;
use futures_util::StreamExt;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use vigie_kit::clock::Clock;
use vigie_objects::{Bytes, Object, Objects, ObjectsError};

/// Most objects of one round; the next round has the others.
const ROUND_MAX: usize = 20_000;

/// Bytes of an object that are fetched at once.
const FETCH_BYTES: u64 = if cfg!(test) { 64 } else { 2 * 1024 * 1024 };

/// In how many rounds an object is tried.
const TRIES: u32 = 3;

/// What a round tells.
pub(super) enum Said {
    /// Records of an object.
    Records { object: Arc<Object>, fingerprint: Arc<str>, given: Vec<Given> },
    /// An object is done with, with the reason where it could not be read; nothing of before `until` comes any more.
    End { object: Arc<Object>, aside: Option<String>, until: i64 },
    /// Names up to this one need not be listed again.
    After(String),
}

/// Makes rounds.
pub(super) struct Rounds {
    pub(super) settings: Settings,
    pub(super) pages: Pages,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stats: Arc<SourceStats>,
    pub(super) sender: mpsc::Sender<Said>,
    /// As it will be when everything that was told is durable.
    pub(super) position: Position,
    /// Objects that could not be read: how often, and when they were written.
    pub(super) failing: BTreeMap<String, (u32, i64)>,
}

/// How reading an object ended.
enum Read {
    Whole,
    Aside(String),
    /// It is tried again.
    Later(String),
    /// Nobody listens any more.
    Nobody,
}

impl Rounds {
    /// Goes on until nobody listens or the place cannot be asked.
    pub(super) async fn run(mut self) -> Result<(), ObjectsError> {
        loop {
            let todo = self.look().await?;
            self.stats.set_state(SourceState::Running);
            let is_all = todo.len() < ROUND_MAX;
            let mut behind: u64 = todo.iter().map(|object| object.size).sum();
            for object in todo {
                self.stats.set_behind(behind);
                behind = behind.saturating_sub(object.size);
                if !self.one(Arc::new(object)).await? {
                    return Ok(());
                }
            }
            self.stats.set_behind(0);
            if is_all {
                tokio::time::sleep(self.settings.every).await;
            }
            if self.sender.is_closed() {
                return Ok(());
            }
        }
    }

    /// Objects to be read, the one that was begun first, then the oldest.
    async fn look(&mut self) -> Result<Vec<Object>, ObjectsError> {
        let settled = self.clock.now().micros().saturating_sub(micros(self.settings.settle));
        let mut todo = BinaryHeap::new();
        let mut after: Option<String> = None;
        let mut listed = self.settings.objects.list("", self.position.after.as_deref());
        while let Some(object) = listed.next().await {
            let object = object?;
            let modified = object.modified.micros();
            if modified <= self.position.from {
                // In the order of names, and therefore of time.
                after = Some(object.key);
            } else if modified <= settled && object.size > 0 && self.position.is_new(&object) {
                todo.push(Oldest(object));
                if todo.len() > ROUND_MAX {
                    todo.pop();
                }
            }
        }
        if self.settings.ordered && after.is_some() && after > self.position.after {
            self.position.after.clone_from(&after);
            if let Some(after) = after {
                // Whoever is gone hears it at the next start.
                drop(self.sender.send(Said::After(after)).await);
            }
        }
        let mut todo: Vec<Object> = todo.into_sorted_vec().into_iter().map(|Oldest(object)| object).collect();
        if let Some(begun) = todo.iter().position(|object| self.position.place_of(object).is_some()) {
            let begun = todo.remove(begun);
            todo.insert(0, begun);
        }
        Ok(todo)
    }

    /// Reads an object; false when nobody listens any more.
    async fn one(&mut self, object: Arc<Object>) -> Result<bool, ObjectsError> {
        let name = fingerprint(&object);
        let aside = match self.read(&object, &name).await? {
            Read::Whole => None,
            Read::Aside(why) => Some(why),
            Read::Nobody => return Ok(false),
            Read::Later(why) => {
                let (tries, _) = self.failing.entry(name.clone()).or_insert((0, object.modified.micros()));
                *tries += 1;
                if *tries < TRIES {
                    tracing::warn!(source = %self.settings.source, key = object.key, why, "an object cannot be read; it is tried again");
                    return Ok(true);
                }
                Some(why)
            }
        };
        self.failing.remove(&name);
        let oldest_failing = self.failing.values().map(|(_, modified)| modified.saturating_sub(1)).min();
        let until = object.modified.micros().saturating_sub(micros(self.settings.late));
        let until = oldest_failing.map_or(until, |oldest| until.min(oldest));
        self.position.finished(&object, until);
        Ok(self.sender.send(Said::End { object, aside, until }).await.is_ok())
    }

    async fn read(&mut self, object: &Arc<Object>, name: &str) -> Result<Read, ObjectsError> {
        let from = self.position.place_of(object);
        let (chunks, receiver) = mpsc::channel(1);
        let job = Job { key: object.key.clone(), from, mappings: self.pages.current() };
        let (sender, of, fingerprint) = (self.sender.clone(), object.clone(), Arc::<str>::from(name));
        let reading = tokio::task::spawn_blocking(move || {
            run(Chunks::new(receiver), &job, &mut |given| {
                sender.blocking_send(Said::Records { object: of.clone(), fingerprint: fingerprint.clone(), given }).is_ok()
            })
        });
        let begin = from.filter(|place| !place.packed).map_or(0, |place: Place| place.offset);
        let fetched = fetch(&self.settings.objects, object, begin, chunks).await;
        let read = match reading.await {
            Ok(read) => read,
            Err(error) => Err(Trouble::Broken(error.to_string())),
        };
        Ok(match (fetched, read) {
            (_, Ok(())) => Read::Whole,
            (_, Err(Trouble::Nobody)) => Read::Nobody,
            (_, Err(Trouble::Broken(why))) => Read::Aside(why),
            // It is gone: there is nothing to read, now or later.
            (Err(ObjectsError::NotFound { .. }), _) => Read::Aside("it was removed before it was read".into()),
            (Err(error @ ObjectsError::Unreachable { .. }), _) => return Err(error),
            (Err(error), _) => Read::Later(error.to_string()),
            (Ok(()), Err(Trouble::Ended)) => Read::Later("its bytes stopped coming".into()),
        })
    }
}

/// Fetches an object from a place on, as fast as it is read.
async fn fetch(objects: &Objects, object: &Object, begin: u64, chunks: mpsc::Sender<Option<Bytes>>) -> Result<(), ObjectsError> {
    let mut at = begin;
    while at < object.size {
        let end = object.size.min(at.saturating_add(FETCH_BYTES));
        let bytes = objects.get_range(&object.key, at..end, object.etag.as_deref()).await?;
        if bytes.len() as u64 != end - at {
            return Err(ObjectsError::Changed { address: objects.address().to_owned(), key: object.key.clone() });
        }
        at = end;
        if chunks.send(Some(bytes)).await.is_err() {
            return Ok(());
        }
    }
    // Whoever reads may have found the end, or trouble, by itself.
    drop(chunks.send(None).await);
    Ok(())
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// In the order of time: the newest is let go of first when there are too many.
#[derive(PartialEq, Eq)]
struct Oldest(Object);

impl Ord for Oldest {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.modified, &self.0.key).cmp(&(other.0.modified, &other.0.key))
    }
}

impl PartialOrd for Oldest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

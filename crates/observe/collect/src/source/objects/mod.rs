//! Objects in buckets, containers and folders: read once each, in the order in which they were written.
//!
//! How far we are stands in our checkpoint, which is stored together with the events: which objects were read, by name
//! and content, and the place in the one that is being read. Objects are streamed: unpacked, cut and made events while
//! they come. One that was replaced is another one, and read whole.

mod position;
mod round;
#[cfg(test)]
mod tests;
mod unpack;

use super::{Desk, End, FIRST_PAUSE, Feed, Given, Pauses, pump};
use crate::delivery::{Batch, Checkpoint, Undelivered};
use crate::frame::Piece;
use crate::inputs::Start;
use crate::intake::Record;
use crate::mapping::Pages;
use crate::state::SourceState;
use position::Position;
use round::{Rounds, Said};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use vigie_objects::{Object, Objects, ObjectsError};

/// Groups of records that wait.
const WAITING: usize = 2;

/// Why an object is set aside.
const SET_ASIDE: &str = "an object could not be read";

/// Longest name that is kept beside a record.
const KEY_MAX: usize = 1_024;

/// A place to read from.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The source's name.
    pub(crate) source: Arc<str>,
    pub(crate) objects: Objects,
    pub(crate) start: Start,
    /// Between two looks.
    pub(crate) every: Duration,
    /// By how much an object may show later than its time.
    pub(crate) late: Duration,
    /// How long an object must not have changed.
    pub(crate) settle: Duration,
    /// Whether names sort by time.
    pub(crate) ordered: bool,
    pub(crate) tenant: Option<Arc<str>>,
}

/// Reads objects until told to stop.
pub(crate) async fn read(settings: Settings, pages: Pages, mut given: Given) {
    let mut pauses = Pauses::from(FIRST_PAUSE);
    while !given.stopped_before_settled().await {
        let before = given.outbox.position().map(<[u8]>::to_vec);
        let mut bucket = Bucket::open(&settings, pages.clone(), &given);
        let ended = pump(&mut bucket, &mut given.outbox, &mut given.stop).await;
        given.desk.reader = bucket.desk.reader;
        let state = match ended {
            Ok(End::Stopped) | Err(Undelivered::Closed) => break,
            Ok(End::Said) => SourceState::Failing { why: "reading ended".into() },
            Ok(End::Broken(error)) => SourceState::Unreachable { what: settings.source.to_string(), why: error.to_string() },
            Err(why) => SourceState::Failing { why: why.to_string() },
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

/// A place that is read, from the durable position on.
struct Bucket {
    desk: Desk,
    position: Position,
    /// Whether the position must be stored before anything was read.
    is_news: bool,
    receiver: mpsc::Receiver<Said>,
    /// What was told and has not become events: one at most.
    heard: VecDeque<Said>,
    current: Option<Group>,
    tasks: JoinSet<Result<(), ObjectsError>>,
}

/// Records of an object that are becoming events.
struct Group {
    object: Arc<Object>,
    fingerprint: Arc<str>,
    given: std::vec::IntoIter<unpack::Given>,
}

impl Bucket {
    fn open(settings: &Settings, pages: Pages, given: &Given) -> Self {
        let stored = given.outbox.position().and_then(Position::read);
        let is_news = stored.is_none() && settings.start == Start::Newest;
        let beginning = if is_news { given.desk.clock.now().micros() } else { i64::MIN };
        let position = stored.unwrap_or_else(|| Position::beginning(beginning));
        let (sender, receiver) = mpsc::channel(WAITING);
        let rounds = Rounds {
            settings: settings.clone(),
            pages,
            clock: given.desk.clock.clone(),
            stats: given.desk.stats.clone(),
            sender,
            position: position.clone(),
            failing: BTreeMap::new(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(rounds.run());
        Self { desk: given.desk.clone(), position, is_news, receiver, heard: VecDeque::new(), current: None, tasks }
    }

    fn end(&mut self, object: &Object, aside: Option<&str>, until: i64, batch: &mut Batch) {
        if let Some(why) = aside {
            tracing::warn!(source = %self.desk.stats.source(), key = object.key, why, "an object is set aside");
            let mut record = Record::set_aside(object.key.as_bytes(), SET_ASIDE);
            record.more.push(("objects.why".into(), why.into()));
            read_record(&mut self.desk, &record, batch);
        }
        self.position.finished(object, until);
    }
}

impl Feed for Bucket {
    async fn listen(&mut self) -> io::Result<bool> {
        tokio::select! {
            biased;
            Some(said) = self.receiver.recv() => {
                self.heard.push_back(said);
                Ok(true)
            }
            Some(ended) = self.tasks.join_next() => match ended {
                Ok(Ok(())) => Ok(false),
                Ok(Err(error)) => Err(io::Error::other(error)),
                Err(error) => Err(io::Error::other(error)),
            },
            else => Ok(false),
        }
    }

    fn drain(&mut self, batch: &mut Batch) {
        let mut moved = std::mem::take(&mut self.is_news);
        while batch.has_room() {
            let Some(group) = &mut self.current else {
                match self.heard.pop_front() {
                    None => break,
                    Some(Said::Records { object, fingerprint, given }) => {
                        self.current = Some(Group { object, fingerprint, given: given.into_iter() });
                    }
                    Some(Said::End { object, aside, until }) => {
                        self.end(&object, aside.as_deref(), until, batch);
                        moved = true;
                    }
                    Some(Said::After(after)) => {
                        self.position.after = Some(after);
                        moved = true;
                    }
                }
                continue;
            };
            let Some(one) = group.given.next() else {
                self.current = None;
                continue;
            };
            self.position.moved(&group.fingerprint, one.place);
            moved = true;
            read_one(&mut self.desk, &group.object, &one, batch);
        }
        if moved {
            let source = self.desk.stats.source().clone();
            batch.checkpoint = Some(Checkpoint { source, position: self.position.write() });
        }
    }
}

/// The events of a record, or of a part of one.
fn read_one(desk: &mut Desk, object: &Object, one: &unpack::Given, batch: &mut Batch) {
    let unpack::Given { bytes, continues, cut, .. } = one;
    if *continues || *cut {
        if *continues {
            desk.stats.cut(1);
        }
        let stats = &desk.stats;
        let piece = Piece { bytes, continues: *continues, cut: *cut };
        return desk.reader.records_or_aside(piece, desk.clock.now(), &mut |event| {
            stats.count(&event);
            batch.push(event);
        });
    }
    let mut record = Record { path: Some(object.key.as_str().into()), ..Record::of(bytes.as_slice()) };
    if object.key.len() <= KEY_MAX {
        record.more.push(("objects.key".into(), object.key.as_str().into()));
    }
    read_record(desk, &record, batch);
}

fn read_record(desk: &mut Desk, record: &Record<'_>, batch: &mut Batch) {
    let stats = &desk.stats;
    desk.reader.taken_or_aside(record, desk.clock.now(), &mut |event| {
        stats.count(&event);
        batch.push(event);
    });
}

//! What was promised, and whether it is kept.

use crate::testing::{of_tenant, sign_in};
use crate::{Batch, Cancel, Checkpoint, Lake, Query, Window};
use std::collections::BTreeMap;
use std::path::PathBuf;
use vigie_model::event::{Class, Event, StoredEvent};
use vigie_model::ids::EventId;
use vigie_model::time::Timestamp;

pub(super) type Checked = Result<(), String>;

/// How many people the events are about, and how many sources tell of them.
pub(super) const SUBJECTS: u64 = 4;
pub(super) const SOURCES: u64 = 3;

/// Everything that was asked of a lake, with what it answered.
#[derive(Clone, Default)]
pub(super) struct Promises {
    sent: Vec<Sent>,
    erasures: Vec<Erasure>,
    /// Retention was asked to drop what had been received before; it goes by whole files, so each of
    /// these events may be there or not.
    pub(super) expired: Option<Timestamp>,
}

#[derive(Clone)]
struct Sent {
    events: Vec<Event>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody knows yet.
    Asked,
    /// The lake said that it was not taken. A stop before the next success may bring it back.
    Refused,
    /// It is there, all of it, with this first number.
    Kept(u64),
    /// It is not there and will never be.
    Gone,
}

/// The events of a subject that were erased.
#[derive(Clone)]
struct Erasure {
    subject: u64,
    /// Of batches before this one.
    before: usize,
    /// The lake said that they are gone; else all of them are, or none.
    done: bool,
}

impl Promises {
    /// A new batch; of it nobody knows yet whether it is taken.
    pub(super) fn ask(&mut self, source: u64, size: u64, time: Timestamp, received: Timestamp) -> (usize, Batch) {
        let number = self.sent.len();
        let events: Vec<Event> = (0..size).map(|place| event(number, place, time, received)).collect();
        self.sent.push(Sent { events: events.clone(), state: State::Asked });
        let checkpoint = Checkpoint { source: source_name(source), position: (number as u64).to_le_bytes().to_vec() };
        (number, Batch { events, checkpoint: Some(checkpoint) })
    }

    /// The batch was acknowledged.
    pub(super) fn acknowledged(&mut self, number: usize, ids: &[EventId]) {
        self.sent[number].state = State::Kept(ids[0].0);
        // Somebody else's success: what was refused before it is buried. What is asked still may come.
        let refused = self.sent.iter_mut().filter(|sent| sent.state == State::Refused);
        refused.for_each(|sent| sent.state = State::Gone);
    }

    /// The batch was refused.
    pub(super) fn refused(&mut self, number: usize) {
        self.sent[number].state = State::Refused;
    }

    /// An erasure is asked for; gives its place.
    pub(super) fn erase(&mut self, subject: u64) -> usize {
        self.erasures.push(Erasure { subject, before: self.sent.len(), done: false });
        self.erasures.len() - 1
    }

    /// The lake said that what was to be erased is gone.
    pub(super) fn erased(&mut self, place: usize) {
        self.erasures[place].done = true;
    }

    /// Holds everything that the lake has against what was promised. After a stop, what nobody knew
    /// is settled by what is there.
    pub(super) fn check(&mut self, lake: &Lake, stopped: bool) -> Checked {
        let found = self.read(lake)?;
        if stopped {
            self.settle(&found)?;
        }
        self.settle_erasures(&found)?;
        for (number, sent) in self.sent.iter().enumerate() {
            let State::Kept(first) = sent.state else {
                // Other threads are between asking and being told; a refused one must not be seen.
                if sent.state != State::Asked && found.keys().any(|(batch, _)| *batch == number) {
                    return Err(format!("batch {number} is {:?} and there", sent.state));
                }
                continue;
            };
            for (place, event) in sent.events.iter().enumerate() {
                let id = found.get(&(number, place as u64)).copied();
                if id.is_some_and(|id| id != first + place as u64) {
                    return Err(format!("event {number}/{place} has another number than it was given"));
                }
                match (id, self.fate(number, place)) {
                    (Some(_), Fate::Erased) => return Err(format!("event {number}/{place} was erased and is there")),
                    (None, Fate::Stays) => {
                        return Err(format!("event {number}/{place} of {:?} was acknowledged and is lost", event.class));
                    }
                    _ => {}
                }
            }
        }
        self.check_positions(lake, stopped)?;
        let counted = lake.count(&Query::all(), &Window::all(), &Cancel::new()).map_err(|error| error.to_string())?;
        if counted.unreadable > 0 || counted.count != found.len() as u64 {
            return Err(format!("{counted:?}, and {} were read one by one", found.len()));
        }
        let verified = lake.verify().map_err(|error| error.to_string())?;
        if verified.faults.is_empty() { Ok(()) } else { Err(format!("{:?}", verified.faults)) }
    }

    /// All events by batch and place, with their numbers.
    fn read(&self, lake: &Lake) -> Result<BTreeMap<(usize, u64), u64>, String> {
        let mut found = BTreeMap::new();
        let mut last = 0;
        loop {
            let events = lake.events_after(EventId(last), 500).map_err(|error| error.to_string())?;
            if events.is_empty() {
                return Ok(found);
            }
            for stored in events {
                if stored.id.0 <= last {
                    return Err(format!("{} comes behind {last}", stored.id.0));
                }
                last = stored.id.0;
                let name = self.recognise(&stored)?;
                if found.insert(name, stored.id.0).is_some() {
                    return Err(format!("event {name:?} is there twice"));
                }
            }
        }
    }

    fn recognise(&self, stored: &StoredEvent) -> Result<(usize, u64), String> {
        let raw = String::from_utf8_lossy(&stored.event.raw).into_owned();
        let mut numbers = raw.split(' ').map(|part| part.parse::<usize>().ok());
        let (Some(Some(batch)), Some(Some(place))) = (numbers.next(), numbers.next()) else { return Err(raw) };
        if self.sent.get(batch).and_then(|sent| sent.events.get(place)) != Some(&stored.event) {
            return Err(format!("event {batch}/{place} is not what was sent: {:?}", stored.event));
        }
        Ok((batch, place as u64))
    }

    /// Of each batch that nobody knew of, all events are there or none.
    fn settle(&mut self, found: &BTreeMap<(usize, u64), u64>) -> Checked {
        for (number, sent) in self.sent.iter_mut().enumerate() {
            if !matches!(sent.state, State::Asked | State::Refused) {
                continue;
            }
            let here = found.range((number, 0)..(number + 1, 0));
            sent.state = match here.clone().next() {
                None => State::Gone,
                Some((_, id)) if here.count() == sent.events.len() => State::Kept(*id),
                Some(_) => return Err(format!("batch {number} is half there")),
            };
        }
        Ok(())
    }

    fn settle_erasures(&mut self, found: &BTreeMap<(usize, u64), u64>) -> Checked {
        for place in 0..self.erasures.len() {
            let Erasure { subject, before, done: false } = self.erasures[place] else { continue };
            let there = |fate| {
                let names = self.of_subject(subject, before, fate);
                (names.iter().filter(|name| found.contains_key(name)).count(), names.len())
            };
            let ((stay, all), (may_go, _)) = (there(Fate::Stays), there(Fate::MayGo));
            // What retention may take counts only while it is there.
            let is_half = if stay == 0 { all > 0 && may_go > 0 } else { stay != all };
            if is_half {
                return Err(format!("an erasure took {} of {all} events", all - stay));
            }
            self.erasures[place].done = stay == 0 && may_go == 0;
            self.erasures[place].before = if self.erasures[place].done { before } else { 0 };
        }
        Ok(())
    }

    /// The kept events of a subject in the first batches, as long as this is their fate.
    fn of_subject(&self, subject: u64, before: usize, fate: Fate) -> Vec<(usize, u64)> {
        let batches = self.sent.iter().enumerate().take(before).filter(|(_, sent)| matches!(sent.state, State::Kept(_)));
        batches
            .flat_map(|(number, sent)| (0..sent.events.len()).map(move |place| (number, place)))
            .filter(|(number, place)| subject_of(*number, *place as u64) == subject && self.fate(*number, *place) == fate)
            .map(|(number, place)| (number, place as u64))
            .collect()
    }

    fn fate(&self, number: usize, place: usize) -> Fate {
        let subject = subject_of(number, place as u64);
        let erased = |erasure: &Erasure| erasure.done && erasure.subject == subject && number < erasure.before;
        let received = self.sent[number].events[place].received;
        if self.erasures.iter().any(erased) {
            Fate::Erased
        } else if self.expired.is_some_and(|expired| received < expired) {
            Fate::MayGo
        } else {
            Fate::Stays
        }
    }

    /// A source goes on behind the last of its batches that is there.
    fn check_positions(&self, lake: &Lake, stopped: bool) -> Checked {
        for source in (0..SOURCES).filter(|_| stopped) {
            let of_source =
                |(number, sent): &(usize, &Sent)| matches!(sent.state, State::Kept(_)) && *number as u64 % SOURCES == source;
            let last = self.sent.iter().enumerate().filter(of_source).map(|(number, _)| number as u64).next_back();
            let position = lake.checkpoint(&source_name(source)).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
            if position != last {
                return Err(format!("source {source} goes on behind {position:?}, its last batch is {last:?}"));
            }
        }
        Ok(())
    }

    /// The number that the next batch will have.
    pub(super) fn next(&self) -> u64 {
        self.sent.len() as u64
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    MayGo,
    Erased,
}

fn source_name(source: u64) -> String {
    format!("producer-{source}")
}

fn subject_of(number: usize, place: u64) -> u64 {
    (number as u64 * 7 + place) % SUBJECTS
}

/// The query that finds all events of a subject.
pub(super) fn about(subject: u64) -> Query {
    Query::parse(&format!("user:subject-{subject}")).unwrap()
}

fn event(number: usize, place: u64, time: Timestamp, received: Timestamp) -> Event {
    let user = format!("subject-{}", subject_of(number, place));
    let mut event = sign_in(time.plus_seconds(place.cast_signed()), &format!("web-{}", place % 2), &user, "192.0.2.1");
    event.class = [Class::Authentication, Class::BaseEvent][number % 2];
    event.received = received;
    event.raw = format!("{number} {place} {}", "x".repeat(number * 37 % 400)).into_bytes();
    of_tenant(event, ["default", "acme", "Öl & Gas"][number % 3])
}

/// Files of the lake that no row stands for: what a stop left behind and a start should have removed.
pub(super) fn orphans(paths: &[PathBuf], known: &[PathBuf], others: &[PathBuf]) -> Vec<PathBuf> {
    let is_file = |path: &&PathBuf| !others.iter().any(|other| path.starts_with(other));
    paths.iter().filter(is_file).filter(|path| !known.contains(path)).cloned().collect()
}

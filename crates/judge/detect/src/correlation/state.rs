//! The groups of one correlation, within their limits.

use super::Settings;
use super::definition::{Definition, Kind};
use super::group::{Counted, Entry, Group, Met};
use super::notice::{NoticeKind, Notices};
use std::collections::HashMap;
use std::sync::Arc;

/// The values that make a group.
pub(crate) type Key = Box<[Box<str>]>;

/// Groups are looked through for old ones at most once in this time, or in the timespan if longer.
const SWEEP_EVERY: i64 = 60 * 1_000_000;
/// When there is no room, more often: once in this part of the timespan.
const SWEEP_WHEN_FULL: i64 = 16;

/// What a correlation remembers.
#[derive(Debug)]
pub(crate) struct State {
    pub(super) groups: HashMap<Key, Group>,
    /// How many entries all groups hold.
    pub(super) entries: usize,
    /// The newest time of any event.
    pub(super) newest: i64,
    /// When groups were last looked through, by the receiver's clock.
    pub(super) swept: i64,
}

/// An event on its way into a group.
#[derive(Debug)]
pub(crate) struct Feed {
    /// When it happened, in microseconds, as far as it is believed.
    pub(crate) time: i64,
    /// When it was received.
    pub(crate) received: i64,
    /// Its number.
    pub(crate) event: u64,
    /// Which of the correlation's rules it matched.
    pub(crate) rule: u16,
    /// How many events it stands for.
    pub(crate) weight: u32,
    /// The value that is counted or summed.
    pub(crate) value: Counted,
    /// The events behind a correlation that was met.
    pub(crate) trail: Option<Arc<[u64]>>,
}

/// A condition that is met, and whether that is news.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) met: Met,
    /// The first time, or again much more, or again after a whole timespan.
    pub(crate) news: bool,
}

impl Default for State {
    fn default() -> Self {
        Self { groups: HashMap::new(), entries: 0, newest: i64::MIN, swept: i64::MIN }
    }
}

impl State {
    /// Takes in an event; says when its group meets the condition.
    pub(crate) fn feed(
        &mut self,
        definition: &Definition,
        key: Key,
        feed: Feed,
        settings: &Settings,
        notices: &mut Notices,
    ) -> Option<Outcome> {
        let latest = feed.received.saturating_add(settings.ahead);
        self.newest = self.newest.min(latest).max(feed.time);
        self.sweep_if_due(definition, &feed, settings, SWEEP_EVERY.max(definition.timespan));
        let subject = &definition.info.subject;
        if !self.has_room(definition, &key, &feed, settings, notices) {
            return None;
        }
        let group = self.groups.entry(key).or_default();
        if group.newest().is_some_and(|newest| newest > latest) {
            // The receiver's clock was ahead and went back: what it dated then is in no window now.
            notices.add(subject, NoticeKind::Ahead, group.len() as u64, feed.time);
            self.entries -= group.len();
            *group = Group::default();
        }
        if group.newest().is_some_and(|newest| feed.time < newest.saturating_sub(settings.late)) {
            notices.add(subject, NoticeKind::TooLate, 1, feed.time);
            return None;
        }
        if definition.kind == Kind::Events && group.holds_event(feed.event) {
            return None;
        }
        group.touched = feed.received;
        let (before, newest) = (group.len(), group.newest());
        let entry = Entry {
            time: feed.time,
            event: feed.event,
            rule: feed.rule,
            weight: feed.weight,
            value: feed.value,
            trail: feed.trail,
            told: false,
        };
        let met = group.take(entry, definition, settings.late);
        let outcome = met.map(|met| {
            let news = group.is_news(&met, definition.timespan);
            if news {
                group.report(&met);
            }
            Outcome { met, news }
        });
        if outcome.is_none() && newest.is_none_or(|newest| newest <= feed.time) {
            group.reported = None;
        }
        if group.len() > settings.entries_per_group {
            group.forget_oldest(definition);
            notices.add(subject, NoticeKind::NoRoomForEvents, 1, feed.time);
        }
        self.entries = self.entries + group.len() - before;
        outcome
    }

    /// Whether there is room for one more entry in a group, making some where nobody needs it.
    fn has_room(&mut self, definition: &Definition, key: &Key, feed: &Feed, settings: &Settings, notices: &mut Notices) -> bool {
        let full = |state: &Self| {
            let new = !state.groups.contains_key(key) && state.groups.len() >= settings.groups;
            new || state.entries >= settings.entries
        };
        if !full(self) {
            return true;
        }
        self.sweep_if_due(definition, feed, settings, definition.timespan / SWEEP_WHEN_FULL);
        if !full(self) {
            return true;
        }
        let subject = &definition.info.subject;
        // A group that is followed already makes room for its new event from its own oldest.
        if let Some(group) = self.groups.get_mut(key).filter(|group| group.len() > 1) {
            group.forget_oldest(definition);
            self.entries -= 1;
            notices.add(subject, NoticeKind::NoRoomForEvents, 1, feed.time);
            return true;
        }
        notices.add(subject, NoticeKind::NoRoomForGroups, 1, feed.time);
        false
    }

    fn sweep_if_due(&mut self, definition: &Definition, feed: &Feed, settings: &Settings, every: i64) {
        let due = feed.received.saturating_sub(self.swept) >= every || feed.received < self.swept;
        if due {
            self.swept = feed.received;
            self.sweep(definition, feed.received, settings);
        }
    }

    /// Lets go of groups that no window needs: old by the time of events and long untouched.
    fn sweep(&mut self, definition: &Definition, now: i64, settings: &Settings) {
        let keep = definition.timespan.saturating_add(settings.late);
        let newest = self.newest;
        let mut entries = self.entries;
        self.groups.retain(|_, group| {
            // A clock that went back must not keep a group for ever.
            group.touched = group.touched.min(now);
            let old = group.newest().is_none_or(|time| time.saturating_add(keep) < newest);
            let untouched = group.touched.saturating_add(keep) < now;
            if old && untouched {
                entries -= group.len();
            }
            !(old && untouched)
        });
        self.entries = entries;
    }
}

impl Group {
    /// Whether the newest entry is of this event already.
    fn holds_event(&self, event: u64) -> bool {
        self.newest_entry().is_some_and(|entry| entry.event == event)
    }

    /// Whether a met condition is worth telling, again or at all.
    fn is_news(&self, met: &Met, timespan: i64) -> bool {
        self.reported.is_none_or(|reported| {
            met.count >= reported.count.saturating_mul(2) || met.last >= reported.time.saturating_add(timespan)
        })
    }
}

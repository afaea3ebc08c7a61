//! Asking the lake: every question a person, a rule or a page has of stored events.

use crate::error::ReadError;
use crate::lake::{Lake, PAGE_MAX};
use crate::live::Subscription;
use crate::query::Query;
use crate::search::{
    Buckets, Cancel, Completions, Count, Counted, Cursor, Gather, Histogram, Newest, Page, Question, Scanned, Tally, Top, Values,
    Window, fetch,
};
use std::time::Duration;
use vigie_model::event::StoredEvent;
use vigie_model::ids::EventId;

impl Lake {
    /// The newest events of a window that match, at most `limit`, or those behind the end of a page.
    ///
    /// # Errors
    /// See [`ReadError`]. A file that cannot be read does not fail a search, it is counted.
    pub fn search(&self, query: &Query, window: &Window, limit: usize, before: Option<Cursor>) -> Result<Page, ReadError> {
        self.search_until(query, window, limit, before, &Cancel::new())
    }

    /// As [`Lake::search`], and ends when it is told to: without an answer, or with what it has found.
    ///
    /// # Errors
    /// As [`Lake::search`], and [`ReadError::Cancelled`].
    pub fn search_until(
        &self,
        query: &Query,
        window: &Window,
        limit: usize,
        before: Option<Cursor>,
        cancel: &Cancel,
    ) -> Result<Page, ReadError> {
        let limit = limit.min(PAGE_MAX);
        // One more than is shown tells whether there is a next page.
        let mut newest = Newest::new(limit.saturating_add(1));
        let question = Question { expr: query.expr(), window: *window, before: before.map(Cursor::key), cancel };
        let scanned = self.core().scan().run(&question, &mut newest)?;
        let (found, next) = newest.page(limit);
        let Scanned { examined, unreadable, partial } = scanned;
        // Behind the end of a partial page would be what no page has shown.
        let next = next.filter(|_| !partial);
        Ok(Page { events: fetch(&found)?, next, examined, unreadable, partial })
    }

    /// How many events of a window match.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn count(&self, query: &Query, window: &Window, cancel: &Cancel) -> Result<Counted, ReadError> {
        let mut count = Count::default();
        let question = Question { expr: query.expr(), window: *window, before: None, cancel };
        let scanned = self.core().scan().run(&question, &mut count)?;
        Ok(Counted { count: count.0, unreadable: scanned.unreadable, partial: scanned.partial })
    }

    /// How many events of a window match, by time in so many buckets of the same width.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn histogram(&self, query: &Query, window: &Window, buckets: usize, cancel: &Cancel) -> Result<Histogram, ReadError> {
        let buckets = buckets.clamp(1, PAGE_MAX);
        let span = window.to.since(window.from).max(1);
        let count = i64::try_from(buckets).unwrap_or(i64::MAX);
        let width = (span - 1) / count + 1;
        let mut sink = Buckets::new(window.from, width, buckets);
        let question = Question { expr: query.expr(), window: *window, before: None, cancel };
        let scanned = self.core().scan().run(&question, &mut sink)?;
        let Scanned { unreadable, partial, .. } = scanned;
        Ok(Histogram { width_micros: width, counts: sink.counts, unreadable, partial })
    }

    /// The values of a name that occur most among the events of a window that match: at most `limit`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn top(&self, query: &Query, window: &Window, values: &Values, limit: usize, cancel: &Cancel) -> Result<Top, ReadError> {
        let mut tally = Tally::new(values);
        let question = Question { expr: query.expr(), window: *window, before: None, cancel };
        let scanned = self.core().scan().run(&question, &mut tally)?;
        Ok(Top { unreadable: scanned.unreadable, partial: scanned.partial, ..tally.top(limit.min(PAGE_MAX)) })
    }

    /// Values of a name that begin with a text, of the newest events of a window that were looked at until `cancel` was
    /// told that it is [`enough`](Cancel::enough): at most `limit`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn complete(
        &self,
        window: &Window,
        values: &Values,
        prefix: &str,
        limit: usize,
        cancel: &Cancel,
    ) -> Result<Completions, ReadError> {
        self.gather(window, Gather::new(values, prefix), limit, cancel)
    }

    /// Names of values that the schema has no field for, in the same way: without the `unmapped.` that a query puts before.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn complete_unmapped(
        &self,
        window: &Window,
        prefix: &str,
        limit: usize,
        cancel: &Cancel,
    ) -> Result<Completions, ReadError> {
        let values = Values::unmapped();
        self.gather(window, Gather::names(&values, prefix), limit, cancel)
    }

    fn gather(&self, window: &Window, mut gather: Gather<'_>, limit: usize, cancel: &Cancel) -> Result<Completions, ReadError> {
        let all = Query::all();
        let question = Question { expr: all.expr(), window: *window, before: None, cancel };
        let scanned = self.core().scan().run(&question, &mut gather)?;
        Ok(gather.completions(limit.min(PAGE_MAX), scanned.partial))
    }

    /// The event with a number.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn get(&self, id: EventId) -> Result<Option<StoredEvent>, ReadError> {
        Ok(self.core().by_id().get(id)?)
    }

    /// The events that follow a number, in order, at most `max`: for whoever must see each of them.
    /// None only when there is none yet.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn events_after(&self, id: EventId, max: usize) -> Result<Vec<StoredEvent>, ReadError> {
        Ok(self.core().by_id().after(id, max)?)
    }

    /// Waits until there is an event after a number, at most so long; says whether there is.
    #[must_use]
    pub fn wait_after(&self, id: EventId, timeout: Duration) -> bool {
        self.core().signals.wait_after(id.0, timeout)
    }

    /// Events as they become durable, for whoever watches.
    #[must_use]
    pub fn subscribe(&self) -> Subscription {
        self.core().live.subscribe()
    }
}

//! What a saved search asks, counted: events, or sequences of them.

use crate::platform::Platform;
use std::collections::BTreeMap;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_lake::{Cancel, FoundSequence, Query, QueryError, Sequence, Values, Window};
use vigie_model::event::StoredEvent;
use vigie_model::text;

/// Most values that are counted of a name.
const VALUES_MAX: usize = 10_000;
/// Events of sequences that are asked whether they agree, as one query.
const EVENTS_MAX: usize = 100;
/// Most sequences that are counted in a window.
const SEQUENCES_MAX: usize = 10_000;

/// What a saved search asks.
pub(super) enum Question {
    /// For events.
    Events(Query),
    /// For events that follow each other; a sequence is where its last event is.
    Sequence(Sequence),
}

/// How much there is of something.
pub(super) struct Counted<T> {
    pub(super) count: T,
    /// Whether something could not be read, or was too much: there may be more.
    pub(super) at_least: bool,
}

impl Question {
    /// Reads a question.
    pub(super) fn parse(text: &str) -> Result<Self, QueryError> {
        if Sequence::is_meant(text) { Sequence::parse(text).map(Self::Sequence) } else { Query::parse(text).map(Self::Events) }
    }

    /// How many there are in a window.
    pub(super) fn count(&self, platform: &Platform, window: &Window) -> Result<Counted<u64>, Problem> {
        match self {
            Self::Events(query) => {
                let counted = platform.lake.count(query, window, &Cancel::new()).map_err(Explain::explain)?;
                Ok(Counted { count: counted.count, at_least: counted.unreadable > 0 })
            }
            Self::Sequence(sequence) => {
                let ending = ending_in(platform, sequence, window)?;
                Ok(Counted { count: ending.count.len() as u64, at_least: ending.at_least })
            }
        }
    }

    /// How many there are in a window, by the values of a name.
    pub(super) fn by_value(
        &self,
        platform: &Platform,
        by: &str,
        window: &Window,
    ) -> Result<Counted<BTreeMap<String, u64>>, Problem> {
        match self {
            Self::Events(query) => {
                let values = Values::of(by).map_err(Explain::explain)?;
                let top = platform.lake.top(query, window, &values, VALUES_MAX, &Cancel::new()).map_err(Explain::explain)?;
                let count = top.values.into_iter().map(|value| (value.value, value.count)).collect();
                Ok(Counted { count, at_least: top.unreadable > 0 })
            }
            Self::Sequence(sequence) => {
                let place = sequence.by().iter().position(|name| name == by).ok_or_else(|| not_in_common(by))?;
                let ending = ending_in(platform, sequence, window)?;
                let mut count = BTreeMap::new();
                for found in ending.count {
                    if let Some(value) = found.by.into_iter().nth(place) {
                        *count.entry(value).or_default() += 1;
                    }
                }
                Ok(Counted { count, at_least: ending.at_least })
            }
        }
    }

    /// The newest events of what there is in a window, oldest first; of one value, where it is counted by a name.
    pub(super) fn events(
        &self,
        platform: &Platform,
        of: Option<(&str, &str)>,
        window: &Window,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, Problem> {
        let sequence = match self {
            Self::Events(query) => {
                // A query that grows too long by its value is not asked; the counts are known all the same.
                let Ok(query) = Query::parse(&narrowed(query.text(), of)) else { return Ok(Vec::new()) };
                let mut events = platform.lake.search(&query, window, limit, None).map_err(Explain::explain)?.events;
                events.reverse();
                return Ok(events);
            }
            Self::Sequence(sequence) => sequence,
        };
        let wide = widened(sequence, window);
        let found = platform.lake.sequences(sequence, &wide, limit, None, &Cancel::new()).map_err(Explain::explain)?.found;
        let place = of.and_then(|(by, _)| sequence.by().iter().position(|name| name == by));
        let is_of = |found: &FoundSequence| match (of, place.and_then(|place| found.by.get(place))) {
            (Some((_, value)), Some(own)) => own == value,
            (None, _) => true,
            (Some(_), None) => false,
        };
        let ending = found.into_iter().filter(|found| found.last >= window.from && is_of(found));
        let mut events: Vec<StoredEvent> = ending.flat_map(|found| found.events).collect();
        events.sort_by_key(|event| (event.event.time, event.id));
        events.dedup_by_key(|event| event.id);
        let surplus = events.len().saturating_sub(limit);
        events.drain(..surplus);
        Ok(events)
    }

    /// The value of a name that all events of what there is in a window have; nothing when they differ, or one has none.
    pub(super) fn agreed(
        &self,
        platform: &Platform,
        name: &str,
        of: Option<(&str, &str)>,
        window: &Window,
    ) -> Result<Option<String>, Problem> {
        let values = Values::of(name).map_err(Explain::explain)?;
        let (query, window) = match self {
            Self::Events(query) => (narrowed(query.text(), of), *window),
            Self::Sequence(_) => {
                let events = self.events(platform, of, window, EVENTS_MAX)?;
                let (Some(first), Some(last)) =
                    (events.iter().map(|it| it.event.time).min(), events.iter().map(|it| it.event.time).max())
                else {
                    return Ok(None);
                };
                let ids: Vec<String> = events.iter().map(|event| format!("id:{}", event.id.0)).collect();
                (ids.join(" OR "), Window { from: first, to: last.plus_micros(1) })
            }
        };
        // A query that grows too long by its value is not asked.
        let Ok(query) = Query::parse(&query) else { return Ok(None) };
        let top = platform.lake.top(&query, &window, &values, 2, &Cancel::new()).map_err(Explain::explain)?;
        let alone = top.different == 1 && top.without == 0 && top.unreadable == 0 && !top.partial;
        Ok(top.values.into_iter().next().filter(|_| alone).map(|value| value.value))
    }

    /// What is counted, in English, for evidence.
    pub(super) const fn noun(&self) -> &'static str {
        match self {
            Self::Events(_) => "events",
            Self::Sequence(_) => "sequences",
        }
    }

    /// The question that shows what is meant, for the address of a search.
    pub(super) fn shown(&self, of: Option<(&str, &str)>) -> String {
        match self {
            Self::Events(query) => narrowed(query.text(), of),
            Self::Sequence(sequence) => sequence.text().to_owned(),
        }
    }
}

/// A window and the time before it in which sequences that end in it may have begun.
fn widened(sequence: &Sequence, window: &Window) -> Window {
    Window { from: window.from.plus_micros(-sequence.span_micros()), to: window.to }
}

fn ending_in(platform: &Platform, sequence: &Sequence, window: &Window) -> Result<Counted<Vec<FoundSequence>>, Problem> {
    let wide = widened(sequence, window);
    let found = platform.lake.sequences_alone(sequence, &wide, SEQUENCES_MAX, &Cancel::new()).map_err(Explain::explain)?;
    let at_least = found.more || found.partial || found.unreadable > 0;
    let count = found.found.into_iter().filter(|found| found.last >= window.from).collect();
    Ok(Counted { count, at_least })
}

/// A query and a value of a name.
fn narrowed(query: &str, of: Option<(&str, &str)>) -> String {
    let Some((by, value)) = of else { return query.to_owned() };
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    let query = query.trim();
    if query.is_empty() { format!("{by}:\"{value}\"") } else { format!("({query}) AND {by}:\"{value}\"") }
}

/// A sequence is asked for a name that its events are not joined by.
pub(crate) fn not_in_common(by: &str) -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "The events of this sequence are not joined by {by}",
            fr "Les événements de cette séquence ne sont pas liés par {by}",
            de "Die Ereignisse dieser Sequenz sind nicht durch {by} verbunden",
        ),
    )
    .hint(text!(
        en "count by one of the names behind `sequence by`",
        fr "comptez par l’un des noms qui suivent `sequence by`",
        de "zählen Sie nach einem der Namen hinter `sequence by`",
    ))
}

#[cfg(test)]
mod tests {
    use super::narrowed;

    #[test]
    fn a_value_cannot_be_more_than_a_value() {
        assert_eq!(narrowed("a OR b", Some(("user", r#"x" OR user:"y\"#))), r#"(a OR b) AND user:"x\" OR user:\"y\\""#);
        assert_eq!((narrowed(" ", Some(("user", "x"))), narrowed("a", None)), ("user:\"x\"".to_owned(), "a".to_owned()));
    }
}

//! From a match to an occurrence of a finding.
//!
//! A detection is the same finding seen again when rule, host and entity are the same. The entity
//! is what the rule says it is about: the `group-by` fields of a correlation; the fields a rule
//! names under `entity` (a key of ours); for other rules the acting user, the affected user and the
//! source address, as far as the event has them. What changes from time to time (a command line, a
//! port, a process number) is evidence and never part of the entity.

use crate::rule::RuleInfo;
use std::fmt::Write as _;
use vigie_model::event::StoredEvent;
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::ids::{AssetId, EventId};
use vigie_model::occurrence::{DetectionDetail, Occurrence};
use vigie_model::priority::Circumstances;
use vigie_model::time::Timestamp;
use vigie_model::verdict::Evidence;

/// The entity of rules that name none.
pub(crate) const ENTITY: [&str; 3] = ["actor.user.name", "user.name", "src_endpoint.ip"];
/// How much of a record is quoted as evidence.
const QUOTED_CHARS_MAX: usize = 500;
/// Longest value of an entity within an identity, in characters.
const VALUE_CHARS_MAX: usize = 200;

/// What a rule saw.
#[derive(Debug)]
pub(crate) struct Sighting<'a> {
    pub(crate) info: &'a RuleInfo,
    /// The event that made it so.
    pub(crate) event: &'a StoredEvent,
    pub(crate) asset: AssetId,
    /// The fields of the entity and their values.
    pub(crate) entity: Vec<(String, String)>,
    /// How many events that no sighting before this one counted.
    pub(crate) count: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) events: Vec<EventId>,
}

impl Sighting<'_> {
    /// The occurrence.
    pub(crate) fn occurrence(self) -> Occurrence {
        let locator = if self.entity.is_empty() { Locator::Whole } else { Locator::Key(key(&self.entity)) };
        let evidence = self.evidence(&locator);
        let title = title(&self.info.title, &self.entity);
        Occurrence {
            identity: Identity { kind: FindingKind::Detection, subject: self.info.subject.clone(), asset: self.asset, locator },
            severity: self.info.severity,
            circumstances: Circumstances::default(),
            title,
            evidence: vec![evidence],
            vulnerability: None,
            detection: Some(DetectionDetail {
                first_event: self.first,
                last_event: self.last,
                events: self.events,
                count: self.count,
                entity: self.entity,
                techniques: self.info.techniques.clone(),
                author: self.info.author.clone(),
            }),
        }
    }

    fn evidence(&self, locator: &Locator) -> Evidence {
        let origin = &self.event.event.origin;
        let place = if origin.host.is_empty() { origin.source.to_string() } else { format!("{}:{}", origin.host, origin.source) };
        Evidence { locator: locator.text(), place, found: quoted(&self.event.event.raw), expected: String::new() }
    }
}

/// Joins sightings of the same finding, in the order of their first: for a batch of events.
#[must_use]
pub fn joined(occurrences: Vec<Occurrence>) -> Vec<Occurrence> {
    let mut places = std::collections::HashMap::new();
    let mut joined: Vec<Occurrence> = Vec::new();
    for occurrence in occurrences {
        let place = *places.entry(occurrence.identity.clone()).or_insert(joined.len());
        match joined.get_mut(place) {
            Some(first) => join(first, occurrence),
            None => joined.push(occurrence),
        }
    }
    joined
}

fn join(into: &mut Occurrence, other: Occurrence) {
    let (Some(one), Some(two)) = (&mut into.detection, other.detection) else { return };
    one.add(two);
    into.evidence = other.evidence;
}

/// `field=value` for each field, joined by `&`; what would be mistaken for these is escaped.
fn key(entity: &[(String, String)]) -> String {
    let mut key = String::new();
    for (number, (field, value)) in entity.iter().enumerate() {
        if number > 0 {
            key.push('&');
        }
        key.push_str(field);
        key.push('=');
        for char in value.chars().take(VALUE_CHARS_MAX) {
            if matches!(char, '%' | '&' | '=') || char.is_control() {
                // Writing to a String cannot fail.
                let _infallible = write!(key, "%{:02X}", u32::from(char));
            } else {
                key.push(char);
            }
        }
    }
    key
}

fn title(rule: &str, entity: &[(String, String)]) -> String {
    if entity.is_empty() {
        return rule.to_owned();
    }
    let values: Vec<String> = entity.iter().map(|(_, value)| printable(value, VALUE_CHARS_MAX)).collect();
    format!("{rule}: {}", values.join(", "))
}

fn quoted(raw: &[u8]) -> String {
    // A character has at most four bytes: what is behind is not quoted anyway.
    let start = raw.get(..QUOTED_CHARS_MAX * 4).unwrap_or(raw);
    printable(&String::from_utf8_lossy(start), QUOTED_CHARS_MAX)
}

fn printable(text: &str, chars: usize) -> String {
    let mut printable: String =
        text.trim_end().chars().take(chars).map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.trim_end().chars().nth(chars).is_some() {
        printable.push('…');
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(field: &str, value: &str) -> (String, String) {
        (field.to_owned(), value.to_owned())
    }

    #[test]
    fn a_value_cannot_look_like_a_field() {
        let one = key(&[pair("user.name", "a&src_endpoint.ip=1")]);
        let two = key(&[pair("user.name", "a"), pair("src_endpoint.ip", "1")]);
        assert_eq!(one, "user.name=a%26src_endpoint.ip%3D1");
        assert_ne!(one, two);
    }

    #[test]
    fn titles_and_quotes_are_one_line() {
        assert_eq!(title("T", &[pair("user.name", "a\nb"), pair("src_endpoint.ip", "192.0.2.1")]), "T: a b, 192.0.2.1");
        assert_eq!(quoted(b"sshd\xFF\x1b[31m\n"), "sshd\u{FFFD} [31m");
        assert_eq!(quoted("é".repeat(600).as_bytes()).chars().count(), QUOTED_CHARS_MAX + 1);
    }
}

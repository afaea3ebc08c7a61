//! The JSON of a record, field by field, before anything is believed.

use super::{Affected, Event, RecordError, Str, check_count, check_name, is_sound};
use crate::import::limits::{EVENTS_MAX, LISTED_VERSIONS_MAX, NAME_BYTES_MAX, VERSION_BYTES_MAX};
use crate::import::ratings;
use serde::Deserialize;
use serde_json::value::RawValue;
use vigie_model::severity::Severity;

#[derive(Deserialize)]
pub(super) struct RawRecord<'a> {
    #[serde(borrow)]
    pub(super) id: Str<'a>,
    pub(super) withdrawn: Option<Str<'a>>,
    pub(super) published: Option<Str<'a>>,
    pub(super) modified: Option<Str<'a>>,
    pub(super) aliases: Option<Vec<Str<'a>>>,
    pub(super) upstream: Option<Vec<Str<'a>>>,
    pub(super) related: Option<Vec<Str<'a>>>,
    pub(super) summary: Option<Str<'a>>,
    pub(super) details: Option<Str<'a>>,
    pub(super) severity: Option<Vec<RawRating<'a>>>,
    pub(super) references: Option<Vec<RawReference<'a>>>,
    pub(super) affected: Option<Vec<RawAffected<'a>>>,
    pub(super) database_specific: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct RawRating<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Str<'a>>,
    score: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RawReference<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Option<Str<'a>>,
    pub(super) url: Option<Str<'a>>,
}

#[derive(Deserialize)]
pub(super) struct RawAffected<'a> {
    #[serde(borrow)]
    package: Option<RawPackage<'a>>,
    ranges: Option<Vec<RawRange<'a>>>,
    versions: Option<Vec<Str<'a>>>,
    pub(super) severity: Option<Vec<RawRating<'a>>>,
    ecosystem_specific: Option<&'a RawValue>,
    pub(super) database_specific: Option<&'a RawValue>,
}

#[derive(Deserialize)]
pub(super) struct RawPackage<'a> {
    #[serde(borrow)]
    ecosystem: Str<'a>,
    name: Str<'a>,
}

#[derive(Deserialize)]
pub(super) struct RawRange<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Str<'a>,
    events: Option<Vec<RawEvent<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct RawEvent<'a> {
    #[serde(borrow)]
    introduced: Option<Str<'a>>,
    fixed: Option<Str<'a>>,
    last_affected: Option<Str<'a>>,
}

impl<'a> RawRating<'a> {
    /// A CVSS vector, or a vendor's word.
    pub(super) fn sort_into(self, vectors: &mut Vec<Str<'a>>, severity: &mut Option<Severity>) {
        let Some(score) = self.score else { return };
        if self.kind.is_some_and(|kind| kind.as_str().starts_with("CVSS")) {
            vectors.push(score);
        } else {
            *severity = (*severity).or(ratings::severity_of_word(score.as_str()));
        }
    }
}

impl<'a> RawAffected<'a> {
    /// The package with sound names; `None` for entries without a package (commits only).
    pub(super) fn checked(self, vectors: &mut Vec<Str<'a>>) -> Result<Option<Affected<'a>>, RecordError> {
        let Some(package) = self.package else { return Ok(None) };
        check_name(&package.ecosystem, "an ecosystem", NAME_BYTES_MAX)?;
        check_name(&package.name, "a package", NAME_BYTES_MAX)?;
        let mut severity = [self.ecosystem_specific, self.database_specific].into_iter().flatten().find_map(stated_severity);
        for rating in self.severity.into_iter().flatten() {
            rating.sort_into(vectors, &mut severity);
        }
        let versions = self.versions.unwrap_or_default();
        check_count(versions.len(), "versions", LISTED_VERSIONS_MAX)?;
        for version in &versions {
            check_name(version, "a version", VERSION_BYTES_MAX)?;
        }
        let ranges = self.ranges.into_iter().flatten().filter(|range| range.kind.as_str() != "GIT");
        let mut ranges = ranges.map(RawRange::events).collect::<Result<Vec<_>, _>>()?;
        if let Some(end) = self.database_specific.and_then(last_known_end) {
            // Only where the range itself names no end: GitHub writes it so while no repair is out.
            let open = ranges.iter_mut().filter(|events| events.iter().all(|event| matches!(event, Event::Introduced(_))));
            open.for_each(|events| events.push(end.clone()));
        }
        let (ecosystem, package) = (package.ecosystem, package.name);
        Ok(Some(Affected { ecosystem, package, severity, ranges, versions, unfixed: None, not_affected: false }))
    }
}

impl<'a> RawRange<'a> {
    fn events(self) -> Result<Vec<Event<'a>>, RecordError> {
        let raw = self.events.unwrap_or_default();
        check_count(raw.len(), "events", EVENTS_MAX)?;
        let mut events = Vec::with_capacity(raw.len());
        for event in raw {
            // One object should have one of them; where it has more, all count.
            for version in [&event.introduced, &event.fixed, &event.last_affected].into_iter().flatten() {
                check_name(version, "a version", VERSION_BYTES_MAX)?;
            }
            events.extend(event.introduced.map(Event::Introduced));
            events.extend(event.fixed.map(Event::Fixed));
            events.extend(event.last_affected.map(Event::LastAffected));
        }
        Ok(events)
    }
}

/// The end of GitHub's `last_known_affected_version_range`: `<= 1.2.3` or `< 1.2.4`.
fn last_known_end(raw: &RawValue) -> Option<Event<'static>> {
    #[derive(Deserialize)]
    struct Stated {
        last_known_affected_version_range: Option<String>,
    }
    // Whatever else stands there is free form, not a mistake.
    let range = serde_json::from_str::<Stated>(raw.get()).ok()?.last_known_affected_version_range?;
    let sound = |version: &str| is_sound(version, VERSION_BYTES_MAX).then(|| version.to_owned().into());
    match range.strip_prefix("<=") {
        Some(last) => sound(last.trim()).map(Event::LastAffected),
        None => sound(range.strip_prefix('<')?.trim()).map(Event::Fixed),
    }
}

/// A severity in a free-form part: GitHub's and others' `severity`, Debian's `urgency`, RustSec's
/// `informational` (unmaintained, unsound: nothing that is broken as such).
pub(super) fn stated_severity(raw: &RawValue) -> Option<Severity> {
    #[derive(Deserialize)]
    struct Stated {
        severity: Option<String>,
        urgency: Option<String>,
        informational: Option<String>,
    }
    // Whatever else stands there is free form, not a mistake.
    let stated: Stated = serde_json::from_str(raw.get()).ok()?;
    let word = [stated.severity, stated.urgency].into_iter().flatten().find_map(|word| ratings::severity_of_word(&word));
    word.or(stated.informational.map(|_| Severity::Info))
}

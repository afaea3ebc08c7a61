//! OSV records: the open source vulnerability format.
//!
//! Reads what matching needs of schema 1.x (<https://ossf.github.io/osv-schema/>) and leaves the rest
//! alone, so that new fields do no harm. Free-form parts (`database_specific`, `ecosystem_specific`)
//! are looked into for a severity and otherwise ignored. `GIT` ranges have no version order and are
//! skipped; `limit` events narrow a range and are not applied: better one finding too many.

mod raw;

use super::limits::{AFFECTED_MAX, ID_BYTES_MAX, NAMES_MAX};
use raw::{RawRecord, stated_severity};
use serde::Deserialize;
use std::borrow::Cow;
use vigie_model::occurrence::Unfixed;
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;

/// A record with sound names.
#[derive(Debug)]
pub struct Record<'a> {
    /// Its own id.
    pub id: Str<'a>,
    /// Whether its authors took it back.
    pub withdrawn: bool,
    /// When it was first published.
    pub published: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// Other names of the same vulnerability.
    pub aliases: Vec<Str<'a>>,
    /// The vulnerabilities it was made of.
    pub upstream: Vec<Str<'a>>,
    /// Vulnerabilities it has to do with.
    pub related: Vec<Str<'a>>,
    /// One line.
    pub summary: Option<Str<'a>>,
    /// Many lines, often Markdown.
    pub details: Option<Str<'a>>,
    /// CVSS vectors, of whatever version.
    pub vectors: Vec<Str<'a>>,
    /// How bad the database says it is.
    pub severity: Option<Severity>,
    /// Where to read on: kind and address.
    pub references: Vec<(Str<'a>, Str<'a>)>,
    /// What it affects.
    pub affected: Vec<Affected<'a>>,
    /// Parts that were left out, and why.
    pub left_out: Vec<RecordError>,
}

/// One affected package.
#[derive(Debug)]
pub struct Affected<'a> {
    /// Ecosystem with its release.
    pub ecosystem: Str<'a>,
    /// Name within the ecosystem.
    pub package: Str<'a>,
    /// How bad it is for this package.
    pub severity: Option<Severity>,
    /// Ranges of versions, each a list of events.
    pub ranges: Vec<Vec<Event<'a>>>,
    /// Affected versions, one by one.
    pub versions: Vec<Str<'a>>,
    /// What the vendor says where no version repairs it. OSV has no place for that.
    pub unfixed: Option<Unfixed>,
    /// The vendor says that no version is affected: goes before what weaker sources say. OSV has no place
    /// for that.
    pub not_affected: bool,
}

/// A turn in a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Affected from here on; `0` is the beginning.
    Introduced(Str<'a>),
    /// No longer affected from here on.
    Fixed(Str<'a>),
    /// Affected up to here and no further.
    LastAffected(Str<'a>),
}

/// A text that is borrowed from the record where it has no escapes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Str<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl<'a> From<&'a str> for Str<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Str<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl<'a> Record<'a> {
    /// A record of which nothing but its id is known, for sources of other formats.
    #[must_use]
    pub(crate) fn new(id: impl Into<Str<'a>>) -> Self {
        Self {
            id: id.into(),
            withdrawn: false,
            published: None,
            modified: None,
            aliases: Vec::new(),
            upstream: Vec::new(),
            related: Vec::new(),
            summary: None,
            details: None,
            vectors: Vec::new(),
            severity: None,
            references: Vec::new(),
            affected: Vec::new(),
            left_out: Vec::new(),
        }
    }
}

impl<'a> Affected<'a> {
    /// A package of which no version is affected.
    #[must_use]
    pub(crate) fn none_of(ecosystem: impl Into<Str<'a>>, package: impl Into<Str<'a>>) -> Self {
        Self {
            ecosystem: ecosystem.into(),
            package: package.into(),
            severity: None,
            ranges: Vec::new(),
            versions: Vec::new(),
            unfixed: None,
            not_affected: true,
        }
    }

    /// A package that is affected from the beginning up to a fix.
    #[must_use]
    pub(crate) fn until(ecosystem: impl Into<Str<'a>>, package: impl Into<Str<'a>>, fixed: impl Into<Str<'a>>) -> Self {
        let events = vec![Event::Introduced("0".into()), Event::Fixed(fixed.into())];
        Self { ranges: vec![events], not_affected: false, ..Self::none_of(ecosystem, package) }
    }

    /// A package that is affected in every version.
    #[must_use]
    pub(crate) fn always(ecosystem: impl Into<Str<'a>>, package: impl Into<Str<'a>>, unfixed: Unfixed) -> Self {
        let events = vec![Event::Introduced("0".into())];
        Self { ranges: vec![events], unfixed: Some(unfixed), not_affected: false, ..Self::none_of(ecosystem, package) }
    }
}

/// Whether a name from outside may stand in the file.
pub(crate) fn is_sound(name: &str, bytes_max: usize) -> bool {
    !name.is_empty() && name.len() <= bytes_max && !name.chars().any(char::is_control)
}

impl Str<'_> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a record, or a part of one, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is not JSON, or not of this shape.
    #[error("not an OSV record: {0}")]
    NotARecord(#[source] serde_json::Error),
    /// A name is empty, too long or has control characters.
    #[error("{what} that is empty, too long or unprintable")]
    BadName {
        /// Whose name.
        what: &'static str,
    },
    /// It has more of something than is taken.
    #[error("more than {max} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are taken.
        max: usize,
    },
}

/// Reads one record.
///
/// # Errors
/// [`RecordError`] when nothing of the record can be used; single bad parts are in
/// [`Record::left_out`].
pub fn parse(bytes: &[u8]) -> Result<Record<'_>, RecordError> {
    let raw: RawRecord<'_> = serde_json::from_slice(bytes).map_err(RecordError::NotARecord)?;
    check_name(&raw.id, "an id", ID_BYTES_MAX)?;
    check_count(raw.affected.as_deref().unwrap_or_default().len(), "affected packages", AFFECTED_MAX)?;
    let mut left_out = Vec::new();
    let mut vectors = Vec::new();
    let mut severity = raw.database_specific.and_then(stated_severity);
    for rating in raw.severity.into_iter().flatten() {
        rating.sort_into(&mut vectors, &mut severity);
    }
    let mut affected = Vec::new();
    for part in raw.affected.into_iter().flatten() {
        match part.checked(&mut vectors) {
            Ok(part) => affected.extend(part),
            Err(error) => left_out.push(error),
        }
    }
    Ok(Record {
        id: raw.id,
        withdrawn: raw.withdrawn.is_some(),
        published: time(raw.published.as_ref()),
        modified: time(raw.modified.as_ref()),
        aliases: checked_names(raw.aliases, &mut left_out),
        upstream: checked_names(raw.upstream, &mut left_out),
        related: checked_names(raw.related, &mut left_out),
        summary: raw.summary,
        details: raw.details,
        vectors,
        severity,
        references: raw.references.into_iter().flatten().filter_map(|it| Some((it.kind?, it.url?))).collect(),
        affected,
        left_out,
    })
}

/// A time; feeds write year 1 for one they do not know.
fn time(text: Option<&Str<'_>>) -> Option<Timestamp> {
    Timestamp::parse(text?.as_str()).ok().filter(|time| *time > Timestamp::EPOCH)
}

fn checked_names<'a>(names: Option<Vec<Str<'a>>>, left_out: &mut Vec<RecordError>) -> Vec<Str<'a>> {
    let mut names = names.unwrap_or_default();
    if let Err(error) = check_count(names.len(), "names", NAMES_MAX) {
        left_out.push(error);
        names.truncate(NAMES_MAX);
    }
    names.retain(|name| check_name(name, "an id", ID_BYTES_MAX).map_err(|error| left_out.push(error)).is_ok());
    names
}

fn check_name(name: &Str<'_>, what: &'static str, bytes_max: usize) -> Result<(), RecordError> {
    if is_sound(name.as_str(), bytes_max) { Ok(()) } else { Err(RecordError::BadName { what }) }
}

fn check_count(count: usize, what: &'static str, max: usize) -> Result<(), RecordError> {
    if count <= max { Ok(()) } else { Err(RecordError::TooMany { what, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_matching_needs() {
        let record = parse(
            br#"{"schema_version":"1.7.3","id":"UBUNTU-CVE-2020-1","upstream":["CVE-2020-1"],"aliases":null,
                "modified":"2026-11-21T00:00:00Z","published":"0001-01-01T00:00:00Z","new_field":[{}],
                "severity":[{"type":"Ubuntu","score":"negligible"},{"type":"CVSS_V3","score":"CVSS:3.1/AV:N"}],
                "affected":[{"package":{"ecosystem":"Ubuntu:22.04:LTS","name":"a","purl":"pkg:deb/ubuntu/a"},
                  "ranges":[{"type":"GIT","repo":"x","events":[{"introduced":"0"}]},
                            {"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.0-1"},{"limit":"9"}]}],
                  "versions":["1.0-0"],"ecosystem_specific":{"urgency":"low","affects":{"os":[]}}}],
                "references":[{"type":"WEB","url":"https://a.example"},{"type":"WEB"}]}"#,
        )
        .unwrap();
        assert_eq!(record.id.as_str(), "UBUNTU-CVE-2020-1");
        assert_eq!(record.severity, Some(Severity::Info));
        assert_eq!(record.vectors.len(), 1);
        assert_eq!(record.references.len(), 1);
        assert!(!record.withdrawn && record.left_out.is_empty());
        assert_eq!((record.published, record.modified.unwrap().to_string().as_str()), (None, "2026-11-21T00:00:00Z"));
        let affected = &record.affected[0];
        assert_eq!(affected.severity, Some(Severity::Low));
        let text = |text: &'static str| Str(Cow::Borrowed(text));
        assert_eq!(affected.ranges, [[Event::Introduced(text("0")), Event::Fixed(text("1.0-1"))]]);
        assert_eq!(affected.versions, [text("1.0-0")]);
    }

    #[test]
    fn rustsec_notices_are_informational() {
        let record = parse(
            br#"{"id":"RUSTSEC-2020-0001","affected":[{"package":{"ecosystem":"crates.io","name":"a"},
                "database_specific":{"cvss":null,"informational":"unmaintained"}}]}"#,
        )
        .unwrap();
        assert_eq!(record.affected[0].severity, Some(Severity::Info));
    }

    #[test]
    fn one_bad_part_does_not_lose_the_others() {
        let record = parse(
            br#"{"id":"X-1","aliases":["","CVE-2020-1"],"affected":[
                {"package":{"ecosystem":"Go","name":"a\u0007"}},
                {"ranges":[{"type":"GIT","events":[]}]},
                {"package":{"ecosystem":"Go","name":"b"},"versions":["1"]}]}"#,
        )
        .unwrap();
        assert_eq!(record.left_out.len(), 2);
        assert_eq!(record.aliases.len(), 1);
        assert_eq!(record.affected.len(), 1);
    }

    #[test]
    fn says_what_is_wrong_with_a_record() {
        for (bytes, expected) in [
            (&b"{\"id\":"[..], "not an OSV record: EOF"),
            (b"[]", "not an OSV record: invalid length"),
            (b"{}", "not an OSV record: missing field `id`"),
            (b"{\"id\":\"\"}", "an id that is empty"),
            (b"\xff", "not an OSV record: expected value"),
        ] {
            let said = parse(bytes).unwrap_err().to_string();
            assert!(said.starts_with(expected), "{said}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let bytes = format!("{{\"id\":\"a\",\"x\":{}", "[".repeat(100_000));
        assert!(parse(bytes.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            if let Err(error) = parse(&bytes) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}

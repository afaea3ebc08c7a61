//! From the events of an OSV record to stretches of affected versions.
//!
//! Follows the evaluation of the OSV schema: the events in version order, each turning "affected" on
//! or off. Versions listed one by one are kept only where no stretch already holds them.

use super::osv::{Affected, Event};
use crate::span::{End, Span};
use std::cmp::Ordering;
use vigie_model::version::Scheme;

/// What of a package is affected.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Extent<'a> {
    pub(super) spans: Vec<Span<&'a str>>,
    /// Single versions outside the spans.
    pub(super) points: Vec<&'a str>,
    /// Whether a range ends before it begins. It is evaluated all the same, as the schema says.
    pub(super) absurd: bool,
}

/// What an entry says, in the version order of its ecosystem.
pub(super) fn extent<'a>(affected: &'a Affected<'_>, scheme: Scheme) -> Extent<'a> {
    let mut extent = Extent::default();
    for events in &affected.ranges {
        add_spans(events, scheme, &mut extent);
    }
    let listed = affected.versions.iter().map(super::osv::Str::as_str);
    extent.points = listed.filter(|version| !extent.spans.iter().any(|span| holds(span, version, scheme))).collect();
    extent.points.sort_by(|a, b| scheme.compare(a, b));
    extent.points.dedup_by(|a, b| scheme.compare(a, b).is_eq());
    extent
}

fn add_spans<'a>(events: &'a [Event<'_>], scheme: Scheme, extent: &mut Extent<'a>) {
    let mut sorted: Vec<&Event<'_>> = events.iter().collect();
    // Stable: at the same version the order of the record decides.
    sorted.sort_by(|a, b| match (is_beginning(a), is_beginning(b)) {
        (false, false) => scheme.compare(version(a), version(b)),
        (a, b) => b.cmp(&a),
    });
    extent.absurd |= sorted.first().is_some_and(|first| !matches!(first, Event::Introduced(_)));
    let mut from: Option<Option<&str>> = None;
    for event in sorted {
        match (event, from) {
            (Event::Introduced(_), None) => from = Some((!is_beginning(event)).then(|| version(event))),
            (Event::Fixed(_), Some(start)) => {
                extent.spans.push(Span { from: start, to: End::Fixed(version(event)) });
                from = None;
            }
            (Event::LastAffected(_), Some(start)) => {
                extent.spans.push(Span { from: start, to: End::LastAffected(version(event)) });
                from = None;
            }
            // On when it is on, off when it is off: nothing turns.
            _ => {}
        }
    }
    extent.spans.extend(from.map(|start| Span { from: start, to: End::Open }));
}

/// `introduced: "0"` is before every version, in whatever order.
fn is_beginning(event: &Event<'_>) -> bool {
    matches!(event, Event::Introduced(version) if version.as_str() == "0")
}

fn version<'a>(event: &'a Event<'_>) -> &'a str {
    match event {
        Event::Introduced(version) | Event::Fixed(version) | Event::LastAffected(version) => version.as_str(),
    }
}

fn holds(span: &Span<&str>, version: &str, scheme: Scheme) -> bool {
    let begun = span.from.is_none_or(|from| scheme.compare(version, from) != Ordering::Less);
    let ended = match span.to {
        End::Open => false,
        End::Fixed(fixed) => scheme.compare(version, fixed) != Ordering::Less,
        End::LastAffected(last) => scheme.compare(version, last) == Ordering::Greater,
    };
    begun && !ended
}

#[cfg(test)]
mod tests {
    use super::super::osv;
    use super::*;

    /// The extent of semver events and listed versions, as text: `[a,b)`, `[a,b]`, `[a,` and `{v}`.
    fn check(events: &str, versions: &str, expected: &str) {
        let record = format!(
            r#"{{"id":"X-1","affected":[{{"package":{{"ecosystem":"Go","name":"a"}},
                "ranges":[{{"type":"SEMVER","events":[{events}]}}],"versions":[{versions}]}}]}}"#
        );
        let record = osv::parse(record.as_bytes()).unwrap();
        let extent = extent(&record.affected[0], Scheme::Semver);
        let spans = extent.spans.iter().map(|span| {
            let from = span.from.unwrap_or("");
            match span.to {
                End::Open => format!("[{from},"),
                End::Fixed(to) => format!("[{from},{to})"),
                End::LastAffected(to) => format!("[{from},{to}]"),
            }
        });
        let points = extent.points.iter().map(|point| format!("{{{point}}}"));
        let absurd = extent.absurd.then(|| "absurd".to_owned());
        let words: Vec<String> = spans.chain(points).chain(absurd).collect();
        assert_eq!(words.join(" "), expected, "{events}");
    }

    #[test]
    fn events_become_stretches() {
        check(r#"{"introduced":"0"},{"fixed":"1.2.0"}"#, "", "[,1.2.0)");
        check(r#"{"introduced":"0"}"#, "", "[,");
        check(r#"{"introduced":"1.0.0"},{"last_affected":"1.2.0"}"#, "", "[1.0.0,1.2.0]");
        check(r#"{"introduced":"2.0.0"},{"fixed":"2.1.0"},{"introduced":"0"},{"fixed":"1.9.0"}"#, "", "[,1.9.0) [2.0.0,2.1.0)");
        check(r#"{"introduced":"0"},{"fixed":"1.0.0"},{"introduced":"1.0.0"},{"fixed":"1.1.0"}"#, "", "[,1.0.0) [1.0.0,1.1.0)");
        check(r#"{"introduced":"0"},{"fixed":"1.0.0"},{"fixed":"1.1.0"}"#, "", "[,1.0.0)");
        check(r#"{"introduced":"0","fixed":"1.0.0"}"#, "", "[,1.0.0)");
        check("", "", "");
    }

    #[test]
    fn zero_is_before_every_pre_release() {
        check(r#"{"fixed":"0.0.0-alpha"},{"introduced":"0"}"#, "", "[,0.0.0-alpha)");
    }

    #[test]
    fn listed_versions_count_where_no_stretch_holds_them() {
        check(
            r#"{"introduced":"1.0.0"},{"fixed":"2.0.0"}"#,
            r#""1.5.0","2.0.0","0.9.0","v0.9.0""#,
            "[1.0.0,2.0.0) {0.9.0} {2.0.0}",
        );
        check("", r#""1.0.0""#, "{1.0.0}");
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_noticed_and_read_as_the_schema_says() {
        check(r#"{"introduced":"5.0.0"},{"fixed":"3.0.0"}"#, "", "[5.0.0, absurd");
        check(r#"{"fixed":"3.0.0"}"#, "", "absurd");
    }
}

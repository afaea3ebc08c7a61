//! Debian's security tracker as JSON (<https://security-tracker.debian.org/tracker/data/json>).
//!
//! By source package and vulnerability, for each release a status: *resolved* with the version that
//! repairs it (`0`: the release never had the weakness), *open*, *undetermined*; with a `nodsa` remark
//! where there will be no advisory of its own. The urgency *unimportant* means that the security team
//! sees no security problem in it: info. *end-of-life* packages are no longer looked after.

use super::{FormatError, Sink, is_id, is_name, is_version, json};
use crate::import::osv::{Affected, Record, Str};
use crate::import::ratings::severity_of_word;
use serde::Deserialize;
use std::collections::BTreeMap;
use vigie_model::occurrence::Unfixed;

/// Releases by codename; those that the tracker still names and a few to come.
const RELEASES: [(&str, &str); 9] = [
    ("wheezy", "Debian:7"),
    ("jessie", "Debian:8"),
    ("stretch", "Debian:9"),
    ("buster", "Debian:10"),
    ("bullseye", "Debian:11"),
    ("bookworm", "Debian:12"),
    ("trixie", "Debian:13"),
    ("forky", "Debian:14"),
    ("sid", "Debian:sid"),
];

type Tracker<'a> = BTreeMap<Str<'a>, BTreeMap<Str<'a>, Entry<'a>>>;

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    description: Option<Str<'a>>,
    #[serde(default = "BTreeMap::new")]
    releases: BTreeMap<Str<'a>, Release<'a>>,
}

#[derive(Deserialize)]
struct Release<'a> {
    #[serde(borrow)]
    status: Str<'a>,
    fixed_version: Option<Str<'a>>,
    urgency: Option<Str<'a>>,
    nodsa: Option<Str<'a>>,
    nodsa_reason: Option<Str<'a>>,
}

/// Reads the tracker.
///
/// # Errors
/// [`FormatError`] when it is not that JSON.
pub fn read(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), FormatError> {
    let tracker: Tracker<'_> = json("the Debian security tracker's JSON", bytes)?;
    // By vulnerability instead of by package: one record each.
    let mut by_id: BTreeMap<&str, Vec<(&str, &Entry<'_>)>> = BTreeMap::new();
    for (package, entries) in &tracker {
        for (id, entry) in entries {
            if is_id(id.as_str()) && is_name(package.as_str()) {
                by_id.entry(id.as_str()).or_default().push((package.as_str(), entry));
            } else {
                sink.note(package.as_str(), "a name that is empty, too long or unprintable");
            }
        }
    }
    for (id, packages) in by_id {
        let mut record = Record::new(id);
        record.details = packages.iter().find_map(|(_, entry)| entry.description.clone());
        for (package, entry) in packages {
            for (codename, release) in &entry.releases {
                let Some((_, ecosystem)) = RELEASES.iter().find(|(name, _)| *name == codename.as_str()) else { continue };
                record.affected.extend(affected(ecosystem, package, release));
            }
        }
        sink.take(&record);
    }
    Ok(())
}

fn affected<'a>(ecosystem: &'a str, package: &'a str, release: &'a Release<'_>) -> Option<Affected<'a>> {
    let urgency = release.urgency.as_ref().map_or("", |urgency| urgency.as_str().trim_end_matches('*'));
    let fixed = release.fixed_version.as_ref().map(Str::as_str).filter(|version| is_version(version));
    let mut affected = match (release.status.as_str(), fixed) {
        ("resolved", Some("0")) => Affected::none_of(ecosystem, package),
        ("resolved", Some(fixed)) => Affected::until(ecosystem, package, fixed),
        ("open", _) => Affected::always(ecosystem, package, unfixed(release, urgency)),
        ("undetermined", _) => Affected::always(ecosystem, package, Unfixed::UnderInvestigation),
        _ => return None,
    };
    affected.severity = severity_of_word(urgency);
    Some(affected)
}

fn unfixed(release: &Release<'_>, urgency: &str) -> Unfixed {
    match (urgency, &release.nodsa, release.nodsa_reason.as_ref().map(Str::as_str)) {
        ("end-of-life", _, _) => Unfixed::EndOfLife,
        (_, _, Some("ignored")) => Unfixed::WillNotFix,
        (_, _, Some("postponed")) => Unfixed::Postponed,
        (_, Some(_), _) => Unfixed::Minor,
        (_, None, _) => Unfixed::Affected,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Lines, check};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_state() {
        check(
            read,
            r#"{"alpha": {
                "CVE-2099-0001": {"scope": "local", "debianbug": 1, "description": "Some\u2019thing.", "releases": {
                    "bookworm": {"status": "resolved", "repositories": {"bookworm": "1.2-1"}, "fixed_version": "1.2-1", "urgency": "medium**"},
                    "trixie": {"status": "resolved", "repositories": {}, "fixed_version": "0", "urgency": "unimportant"},
                    "sid": {"status": "open", "repositories": {}, "urgency": "not yet assigned"},
                    "warty": {"status": "open", "urgency": "low"}}},
                "CVE-2099-0002": {"releases": {
                    "bullseye": {"status": "open", "urgency": "unimportant"},
                    "bookworm": {"status": "open", "urgency": "low", "nodsa": "Minor issue", "nodsa_reason": ""},
                    "buster": {"status": "open", "urgency": "end-of-life"},
                    "trixie": {"status": "undetermined", "urgency": "not yet assigned"}}}},
              "beta": {
                "CVE-2099-0002": {"releases": {
                    "bullseye": {"status": "open", "urgency": "medium", "nodsa": "x", "nodsa_reason": "postponed"},
                    "bookworm": {"status": "open", "urgency": "high", "nodsa": "x", "nodsa_reason": "ignored"}}}}}"#,
            "
            CVE-2099-0001 Debian:12 alpha [0,1.2-1) - medium
            CVE-2099-0001 Debian:sid alpha [0, affected -
            CVE-2099-0001 Debian:13 alpha  not_affected info
            CVE-2099-0002 Debian:12 alpha [0, minor low
            CVE-2099-0002 Debian:11 alpha [0, affected info
            CVE-2099-0002 Debian:10 alpha [0, end_of_life -
            CVE-2099-0002 Debian:13 alpha [0, under_investigation -
            CVE-2099-0002 Debian:12 beta [0, will_not_fix high
            CVE-2099-0002 Debian:11 beta [0, postponed medium
            ",
        );
    }

    #[test]
    fn says_what_is_wrong() {
        let said = read(b"[]", &mut Lines::default()).unwrap_err().to_string();
        assert!(said.starts_with("not the Debian security tracker's JSON"), "{said}");
    }

    proptest! {
        #[test]
        fn foreign_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let mut lines = Lines::default();
            prop_assert!(read(&bytes, &mut lines).is_err() || lines.lines.is_empty());
        }
    }
}

//! Names of vulnerabilities: which records speak of the same one, and what to call it.
//!
//! Records name each other as aliases; the closure of that is one vulnerability. A distribution's
//! record of one CVE (`DEBIAN-CVE-…`) is that CVE. A bulletin (`DSA-…`, `USN-…`) is an update that
//! repairs several vulnerabilities: it must not make one of them, so it *covers* them instead.

use super::osv::{Record, Str};
use std::cmp::Ordering;

/// What a record speaks of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Subject<'a> {
    /// One vulnerability, under these other names too.
    One(Vec<&'a str>),
    /// Several, each by one of its names.
    Several(Vec<&'a str>),
}

/// Ids of bulletins begin with one of these.
const BULLETINS: [&str; 16] = [
    "DSA-",
    "DLA-",
    "DTSA-",
    "USN-",
    "LSN-",
    "RHSA-",
    "RHBA-",
    "RHEA-",
    "ALSA-",
    "ALBA-",
    "ALEA-",
    "RLSA-",
    "RXSA-",
    "SUSE-",
    "openSUSE-",
    "MGASA-",
];

/// What a record speaks of.
pub(super) fn subject<'a>(record: &'a Record<'_>) -> Subject<'a> {
    let id = record.id.as_str();
    let aliases = record.aliases.iter().map(Str::as_str);
    if let Some(cve) = cve_within(id) {
        return Subject::One(std::iter::once(cve).chain(aliases).collect());
    }
    let is_bulletin = BULLETINS.iter().any(|prefix| id.starts_with(prefix));
    let mut made_of: Vec<&str> = record.upstream.iter().map(Str::as_str).collect();
    if is_bulletin {
        // Older bulletins name what they repair as aliases or as related.
        made_of.extend(record.aliases.iter().chain(&record.related).map(Str::as_str));
    }
    let mut made_of: Vec<&str> =
        made_of.into_iter().map(|name| cve_within(name).unwrap_or(name)).filter(|name| *name != id).collect();
    made_of.sort_unstable();
    made_of.dedup();
    // Chainguard and others list the names of one vulnerability so: its CVE and its GHSA.
    let is_one = !is_bulletin && made_of.iter().filter(|name| cve_within(name).is_some()).count() < 2;
    match (made_of.len(), is_bulletin) {
        (2.., _) if !is_one => Subject::Several(made_of),
        (_, true) => Subject::One(made_of),
        (_, false) => Subject::One(aliases.chain(made_of).collect()),
    }
}

/// The CVE id with which another id ends: `CVE-2024-1234` of `DEBIAN-CVE-2024-1234` and of itself.
pub(super) fn cve_within(id: &str) -> Option<&str> {
    let cve = id.get(id.rfind("CVE-")?..)?;
    cve_number(cve).map(|_| cve)
}

/// Year and number of a CVE id.
fn cve_number(id: &str) -> Option<(u32, u64)> {
    let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (year.len() == 4 && number.len() >= 4 && digits(year) && digits(number)).then_some(())?;
    Some((year.parse().ok()?, number.parse().ok()?))
}

/// Which of two names to prefer (less) for one vulnerability: CVE ids, the oldest first, then
/// GitHub's, then by text.
pub(super) fn preference(a: &str, b: &str) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| cve_number(a).cmp(&cve_number(b))).then_with(|| a.cmp(b))
}

fn rank(id: &str) -> u8 {
    match () {
        () if cve_number(id).is_some() => 0,
        () if id.starts_with("GHSA-") => 1,
        () => 2,
    }
}

/// Sets of names that are one vulnerability, by number of the name (union-find).
#[derive(Default)]
pub(super) struct Groups(Vec<u32>);

impl Groups {
    /// Says that two names are one vulnerability.
    pub(super) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The smaller number becomes the root, so that the outcome does not hang on the order.
        let (low, high) = (a.min(b), a.max(b));
        if let Some(parent) = self.0.get_mut(high as usize) {
            *parent = low;
        }
    }

    /// The name that stands for the set of a name.
    pub(super) fn root(&mut self, name: u32) -> u32 {
        let known = self.0.len() as u32;
        self.0.extend(known..=name.max(known.saturating_sub(1)));
        let mut at = name;
        while let Some(&parent) = self.0.get(at as usize).filter(|parent| **parent != at) {
            // Halve the path, so that the next walk is shorter.
            let grandparent = self.0.get(parent as usize).copied().unwrap_or(parent);
            if let Some(slot) = self.0.get_mut(at as usize) {
                *slot = grandparent;
            }
            at = grandparent;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::super::osv;
    use super::*;
    use proptest::prelude::*;

    fn check(record: &str, expected: &Subject<'_>) {
        assert_eq!(subject(&osv::parse(record.as_bytes()).unwrap()), *expected, "{record}");
    }

    #[test]
    fn a_distributions_record_is_its_cve() {
        check(r#"{"id":"DEBIAN-CVE-2024-1234","upstream":["CVE-2024-1234"]}"#, &Subject::One(vec!["CVE-2024-1234"]));
        check(r#"{"id":"GO-2024-1","aliases":["CVE-2024-1234","GHSA-x"]}"#, &Subject::One(vec!["CVE-2024-1234", "GHSA-x"]));
    }

    #[test]
    fn bulletins_cover_what_they_repair() {
        check(
            r#"{"id":"DSA-1-1","aliases":["CVE-2024-1234"],"upstream":["CVE-2024-1235","DEBIAN-CVE-2024-1234"]}"#,
            &Subject::Several(vec!["CVE-2024-1234", "CVE-2024-1235"]),
        );
        check(
            r#"{"id":"CGA-1-1","upstream":["CVE-2024-1234","GHSA-aaaa-bbbb-cccc"]}"#,
            &Subject::One(vec!["CVE-2024-1234", "GHSA-aaaa-bbbb-cccc"]),
        );
        check(r#"{"id":"USN-1-1","upstream":["CVE-2024-1234","UBUNTU-CVE-2024-1234"]}"#, &Subject::One(vec!["CVE-2024-1234"]));
        check(r#"{"id":"DSA-1-1"}"#, &Subject::One(vec![]));
    }

    #[test]
    fn cve_ids_are_told_from_what_looks_like_them() {
        assert_eq!(cve_within("UBUNTU-CVE-2024-12345"), Some("CVE-2024-12345"));
        for id in ["CVE-2024-123", "CVE-24-1234", "CVE-2024-1234x", "CVE-", "GHSA-x", "CVE-2024"] {
            assert_eq!(cve_within(id), None, "{id}");
        }
    }

    #[test]
    fn the_oldest_cve_is_preferred() {
        let mut names = ["RUSTSEC-2020-1", "GHSA-aaaa", "CVE-2020-10000", "CVE-2020-9999", "CVE-2019-99999"];
        names.sort_by(|a, b| preference(a, b));
        assert_eq!(names, ["CVE-2019-99999", "CVE-2020-9999", "CVE-2020-10000", "GHSA-aaaa", "RUSTSEC-2020-1"]);
    }

    proptest! {
        #[test]
        fn groups_do_not_hang_on_the_order(pairs in proptest::collection::vec((0u32..20, 0u32..20), 0..30)) {
            let mut forwards = Groups::default();
            pairs.iter().for_each(|(a, b)| forwards.join(*a, *b));
            let mut backwards = Groups::default();
            pairs.iter().rev().for_each(|(a, b)| backwards.join(*b, *a));
            for name in 0..20 {
                prop_assert_eq!(forwards.root(name), backwards.root(name));
            }
            for (a, b) in pairs {
                prop_assert_eq!(forwards.root(a), forwards.root(b));
            }
        }
    }
}

//! Ubuntu's CVE tracker, one text file for each vulnerability.
//!
//! Format: <https://git.launchpad.net/ubuntu-cve-tracker/tree/README>. Fields with a colon, indented
//! lines continue them; `jammy_openssl: released (3.0.2-0ubuntu1.2)` is the state of a source package in
//! a release. Extended support (`esm-infra/xenial`, `trusty/esm`) is OSV's `Ubuntu:Pro:…`.

use super::{FormatError, Sink, is_id, is_name, is_version};
use crate::import::limits::{AFFECTED_MAX, REFERENCES_KEPT};
use crate::import::osv::{Affected, Record};
use crate::import::ratings::severity_of_word;
use std::collections::BTreeMap;
use vigie_model::occurrence::Unfixed;
use vigie_model::time::Timestamp;

/// Releases by codename, as OSV names them.
const RELEASES: [(&str, &str); 43] = [
    ("dapper", "6.06:LTS"),
    ("edgy", "6.10"),
    ("feisty", "7.04"),
    ("gutsy", "7.10"),
    ("hardy", "8.04:LTS"),
    ("intrepid", "8.10"),
    ("jaunty", "9.04"),
    ("karmic", "9.10"),
    ("lucid", "10.04:LTS"),
    ("maverick", "10.10"),
    ("natty", "11.04"),
    ("oneiric", "11.10"),
    ("precise", "12.04:LTS"),
    ("quantal", "12.10"),
    ("raring", "13.04"),
    ("saucy", "13.10"),
    ("trusty", "14.04:LTS"),
    ("utopic", "14.10"),
    ("vivid", "15.04"),
    ("wily", "15.10"),
    ("xenial", "16.04:LTS"),
    ("yakkety", "16.10"),
    ("zesty", "17.04"),
    ("artful", "17.10"),
    ("bionic", "18.04:LTS"),
    ("cosmic", "18.10"),
    ("disco", "19.04"),
    ("eoan", "19.10"),
    ("focal", "20.04:LTS"),
    ("groovy", "20.10"),
    ("hirsute", "21.04"),
    ("impish", "21.10"),
    ("jammy", "22.04:LTS"),
    ("kinetic", "22.10"),
    ("lunar", "23.04"),
    ("mantic", "23.10"),
    ("noble", "24.04:LTS"),
    ("oracular", "24.10"),
    ("plucky", "25.04"),
    ("questing", "25.10"),
    ("resolute", "26.04:LTS"),
    ("stonking", "26.10"),
    ("devel", ""),
];

/// Reads one file.
///
/// # Errors
/// [`FormatError`] when it names no vulnerability or is not text.
pub fn read(bytes: &[u8], sink: &mut dyn Sink) -> Result<(), FormatError> {
    const OTHER: FormatError = FormatError::Other { format: "a file of Ubuntu's CVE tracker" };
    let text = std::str::from_utf8(bytes).map_err(|_| OTHER)?;
    let fields = Fields::of(text);
    let id = fields.get("Candidate").filter(|id| is_id(id)).ok_or(OTHER)?;
    let mut record = Record::new(id);
    record.published = fields.get("PublicDate").and_then(published);
    record.details = Some(fields.paragraph("Description").into());
    record.severity = fields.get("Priority").and_then(priority);
    record.vectors = fields
        .lines("CVSS")
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("CVSS:")))
        .map(Into::into)
        .collect();
    let links = fields.lines("References").filter(|line| line.starts_with("http")).take(REFERENCES_KEPT);
    record.references = links.map(|url| ("WEB".into(), url.into())).collect();
    for (name, (value, _)) in &fields.0 {
        let Some((release, package)) = name.split_once('_') else { continue };
        let Some(ecosystem) = ecosystem(release) else { continue };
        if !is_name(package) || record.affected.len() == AFFECTED_MAX {
            sink.note(id, "a package that cannot be used");
            continue;
        }
        let own = fields.get(&format!("Priority_{package}")).and_then(priority);
        record.affected.extend(
            affected(ecosystem, package, value).map(|affected| Affected { severity: own.or(record.severity), ..affected }),
        );
    }
    sink.take(&record);
    Ok(())
}

/// The word before a remark (`medium`, `low (needs local access)`).
fn priority(value: &str) -> Option<vigie_model::severity::Severity> {
    severity_of_word(value.split_whitespace().next()?)
}

/// `2022-03-08 18:00:00 UTC`, `2022-03-08`; `unknown` is none.
fn published(value: &str) -> Option<Timestamp> {
    let day = value.get(..10)?;
    Timestamp::parse(&format!("{day}T00:00:00Z")).ok()
}

/// `None` for what is no release of a distribution (upstream, snaps, products).
fn ecosystem(release: &str) -> Option<String> {
    let (codename, extended) = match release.split_once('/') {
        None => (release, false),
        Some(("esm-infra" | "esm-apps" | "esm-infra-legacy" | "esm-apps-legacy", codename)) | Some((codename, "esm")) => {
            (codename, true)
        }
        Some(_) => return None,
    };
    let (_, number) = RELEASES.iter().find(|(name, number)| *name == codename && !number.is_empty())?;
    Some(if extended { format!("Ubuntu:Pro:{number}") } else { format!("Ubuntu:{number}") })
}

fn affected<'a>(ecosystem: String, package: &'a str, state: &'a str) -> Option<Affected<'a>> {
    let (word, remark) =
        state.split_once('(').map_or((state, ""), |(word, rest)| (word, rest.trim_end().trim_end_matches(')').trim()));
    let remark_has = |words: &[&str]| words.iter().any(|word| remark.contains(word));
    let unfixed = match word.trim() {
        "released" | "released-esm" if is_version(remark) && !remark.contains(' ') => {
            return Some(Affected::until(ecosystem, package, remark));
        }
        "not-affected" => return Some(Affected::none_of(ecosystem, package)),
        "needed" | "active" | "in-progress" | "pending" => Unfixed::Affected,
        "needs-triage" => Unfixed::UnderInvestigation,
        "deferred" => Unfixed::Postponed,
        "ignored" if remark_has(&["end of", "end-of", "out of", "EOL"]) => Unfixed::EndOfLife,
        "ignored" => Unfixed::WillNotFix,
        // DNE: the release does not have the package. Released without a version says nothing.
        _ => return None,
    };
    Some(Affected::always(ecosystem, package, unfixed))
}

/// Fields with the rest of their line and the indented lines after it. Later ones of a name count.
struct Fields<'a>(BTreeMap<&'a str, (&'a str, Vec<&'a str>)>);

impl<'a> Fields<'a> {
    fn of(text: &'a str) -> Self {
        let mut fields: BTreeMap<&str, (&str, Vec<&str>)> = BTreeMap::new();
        let mut current = None;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with([' ', '\t']) {
                if let Some((_, lines)) = current.and_then(|name| fields.get_mut(name)) {
                    lines.push(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                fields.insert(name, (value.trim(), Vec::new()));
                current = Some(name);
            }
        }
        Self(fields)
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|(value, _)| *value)
    }

    fn lines(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.get(name).into_iter().flat_map(|(_, lines)| lines.iter().copied())
    }

    fn paragraph(&self, name: &str) -> String {
        let lines: Vec<&str> = self.lines(name).collect();
        lines.join("\n")
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
            "# a comment\nCandidate: CVE-2099-0001\nPublicDate: 2099-03-08 18:00:00 UTC\nReferences:\n https://a.example\nDescription:\n Some\n thing.\n\
             Priority: medium\n A reason: with a colon\nPriority_beta: low\nCVSS:\n nvd: CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N [5.5 MEDIUM]\n\n\
             Patches_alpha:\n upstream: https://b.example\nupstream_alpha: released (1.2)\n\
             jammy_alpha: released (1.1-2ubuntu1.3)\nxenial_alpha: ignored (end of standard support, was needed)\n\
             esm-infra/xenial_alpha: released (1.0-1ubuntu1.9+esm2)\ntrusty/esm_alpha: needed\nfocal_alpha: deferred (2099-04-01)\n\
             bionic_alpha: ignored (too intrusive)\nmantic_alpha: not-affected (code not present)\nnoble_alpha: DNE\ndevel_alpha: needs-triage\n\
             lunar_alpha: needs-triage\njammy_beta: pending (2.0-1)\nfips-updates/jammy_alpha: needed\nsnap_alpha: needed\n",
            "
            CVE-2099-0001 Ubuntu:18.04:LTS alpha [0, will_not_fix medium
            CVE-2099-0001 Ubuntu:Pro:16.04:LTS alpha [0,1.0-1ubuntu1.9+esm2) - medium
            CVE-2099-0001 Ubuntu:20.04:LTS alpha [0, postponed medium
            CVE-2099-0001 Ubuntu:22.04:LTS alpha [0,1.1-2ubuntu1.3) - medium
            CVE-2099-0001 Ubuntu:22.04:LTS beta [0, affected low
            CVE-2099-0001 Ubuntu:23.04 alpha [0, under_investigation medium
            CVE-2099-0001 Ubuntu:23.10 alpha  not_affected medium
            CVE-2099-0001 Ubuntu:Pro:14.04:LTS alpha [0, affected medium
            CVE-2099-0001 Ubuntu:16.04:LTS alpha [0, end_of_life medium
            ",
        );
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(read(b"Name: x\n", &mut Lines::default()).unwrap_err().to_string(), "not a file of Ubuntu's CVE tracker");
    }

    proptest! {
        #[test]
        fn foreign_text_is_read_without_panic(text in "(Candidate: CVE-1-1\n)?(([a-z/]{1,8}_)?\\PC{0,12}[:( \n]){0,8}") {
            let mut lines = Lines::default();
            prop_assert!(read(text.as_bytes(), &mut lines).is_ok() || lines.lines.is_empty());
        }
    }
}

//! What an import met: how much of each source was used, what was left out and why.

use super::limits::PROBLEMS_KEPT;
use super::recognise::Format;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use vigie_model::lang::Text;
use vigie_model::text;

/// What came of an import.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize)]
pub struct ImportReport {
    /// Each source in the order in which it was added.
    pub sources: Vec<SourceReport>,
    /// Vulnerabilities in the result, aliases counted once.
    pub vulnerabilities: u64,
    /// Packages in the result, once for each ecosystem and release.
    pub packages: u64,
    /// Pairs of package and vulnerability in the result.
    pub rows: u64,
    /// Size of the result.
    pub bytes: u64,
    /// What could not go into the result, of all sources together.
    pub left_out: Vec<Problem>,
}

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// OSV records.
    Osv,
    /// CISA's catalogue of known exploited vulnerabilities.
    Kev,
    /// Probabilities of exploitation.
    Epss,
    /// Debian's security tracker.
    DebianTracker,
    /// Ubuntu's CVE tracker.
    UbuntuTracker,
    /// Security database of Alpine, Wolfi or Chainguard.
    Secdb,
    /// CSAF documents of a distribution.
    Csaf,
    /// The National Vulnerability Database.
    Nvd,
}

impl SourceKind {
    pub(super) const fn of(format: Format) -> Self {
        match format {
            Format::Kev => Self::Kev,
            Format::Epss => Self::Epss,
            Format::DebianTracker => Self::DebianTracker,
            Format::UbuntuTracker => Self::UbuntuTracker,
            Format::Secdb => Self::Secdb,
            Format::Csaf => Self::Csaf,
            Format::Nvd => Self::Nvd,
            Format::Zip | Format::Osv | Format::OpenVex | Format::CycloneDx => Self::Osv,
        }
    }
}

/// What came of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// The name it was added under: a path or an address.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// Records read and used.
    pub used: u64,
    /// Records that their authors took back.
    pub withdrawn: u64,
    /// Records, or parts of records, that could not be used.
    pub broken: u64,
    /// Affected packages of ecosystems whose version order Vigie does not know, by ecosystem.
    pub unknown_ecosystems: BTreeMap<String, u64>,
    /// The first [`PROBLEMS_KEPT`] problems.
    pub problems: Vec<Problem>,
    /// Whether it was read to its end. A source that was not may lack any number of records: do not
    /// let a result without them replace one that has them.
    pub whole: bool,
}

/// One thing that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The file, the record, the line.
    pub place: String,
    /// What is wrong.
    pub kind: ProblemKind,
    /// The parser's own words, for the log.
    pub detail: String,
}

/// What is wrong with a source or a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// Cut off, or not the format it should be: the whole source is lost from there.
    Unreadable,
    /// The record makes no sense.
    Malformed,
    /// Beyond a limit.
    TooLarge,
    /// Its version ranges contradict themselves.
    AbsurdRange,
}

impl ImportReport {
    /// Whether every source was read to its end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.sources.iter().all(|source| source.whole)
    }
}

impl SourceReport {
    pub(super) fn new(name: &str, kind: SourceKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            used: 0,
            withdrawn: 0,
            broken: 0,
            unknown_ecosystems: BTreeMap::new(),
            problems: Vec::new(),
            whole: true,
        }
    }

    pub(super) fn note(&mut self, place: &str, kind: ProblemKind, detail: impl fmt::Display) {
        self.broken += 1;
        if self.problems.len() < PROBLEMS_KEPT {
            self.problems.push(Problem::new(place, kind, &detail.to_string()));
        }
    }

    pub(super) fn note_unreadable(&mut self, detail: impl fmt::Display) {
        self.whole = false;
        let place = self.name.clone();
        self.note(&place, ProblemKind::Unreadable, detail);
    }
}

impl Problem {
    pub(super) fn new(place: &str, kind: ProblemKind, detail: &str) -> Self {
        Self { place: printable(place), kind, detail: printable(detail) }
    }

    /// One sentence for a person.
    #[must_use]
    pub fn said(&self) -> Text {
        let place = &self.place;
        match self.kind {
            ProblemKind::Unreadable => text!(
                en "{place} is cut off or damaged and was not used.",
                fr "{place} est tronqué ou endommagé et n'a pas été utilisé.",
                de "{place} ist abgeschnitten oder beschädigt und wurde nicht verwendet."
            ),
            ProblemKind::Malformed => text!(
                en "{place} is not a record that can be understood and was left out.",
                fr "{place} n'est pas un enregistrement compréhensible et a été ignoré.",
                de "{place} ist kein verständlicher Eintrag und wurde ausgelassen."
            ),
            ProblemKind::TooLarge => text!(
                en "{place} is beyond a limit and was left out.",
                fr "{place} dépasse une limite et a été ignoré.",
                de "{place} überschreitet eine Grenze und wurde ausgelassen."
            ),
            ProblemKind::AbsurdRange => text!(
                en "{place} has a version range that contradicts itself.",
                fr "{place} contient un intervalle de versions contradictoire.",
                de "{place} enthält einen in sich widersprüchlichen Versionsbereich."
            ),
        }
    }
}

impl SourceReport {
    /// What to do when it was not whole.
    #[must_use]
    pub fn hint(&self) -> Option<Text> {
        (!self.whole).then(|| {
            text!(
                en "Download it again; until then keep the standing data.",
                fr "Téléchargez-le de nouveau ; d'ici là, conservez les données en place.",
                de "Laden Sie sie neu herunter; behalten Sie bis dahin die vorhandenen Daten."
            )
        })
    }
}

/// Foreign names go to terminals and logs: nothing in them may move a cursor.
fn printable(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

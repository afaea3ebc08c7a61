//! Records as they are collected: names as numbers, ranges flat, texts already packed.

use super::description::{self, Quality};
use super::ecosystems::package_key;
use super::interner::Interner;
use super::names::{self, Groups, Subject};
use super::osv::{Affected, Record};
use super::ranges::{self, Extent};
use super::ratings::{self, Rated};
use super::report::{ProblemKind, SourceReport};
use crate::file::texts::{PackError, TextsWriter};
use crate::file::vulnerability::TextPlace;
use crate::span::Span;
use std::collections::HashMap;
use std::ops::Range;
use vigie_model::occurrence::Unfixed;
use vigie_model::severity::Severity;
use vigie_model::time::{Day, Timestamp};
use vigie_model::version::Scheme;

/// Everything collected so far.
#[derive(Default)]
pub(super) struct Collected {
    /// Ids of vulnerabilities.
    pub(super) names: Interner,
    pub(super) groups: Groups,
    /// `ecosystem NUL package`.
    pub(super) packages: Interner,
    pub(super) versions: Interner,
    pub(super) vectors: Interner,
    pub(super) records: Vec<RecordEntry>,
    /// Place in `records` by name.
    record_of: HashMap<u32, usize>,
    pub(super) rows: Vec<RowEntry>,
    pub(super) spans: Vec<Span<u32>>,
    pub(super) points: Vec<u32>,
    /// Names that bulletins cover.
    pub(super) covered: Vec<u32>,
    pub(super) texts: TextsWriter,
}

/// How much a source knows of a package; where several speak of one vulnerability in one package, only
/// the best ones count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Authority {
    /// A bulletin tells of an update that also repairs this one.
    Bulletin,
    /// A record of just this vulnerability.
    Record,
    /// Whoever builds the package tells the state of this vulnerability in it.
    Vendor,
}

/// A record without what it affects.
pub(super) struct RecordEntry {
    pub(super) name: u32,
    pub(super) published: Option<Day>,
    pub(super) modified: Option<Timestamp>,
    /// The best vector.
    pub(super) cvss: Option<(Rated, u32)>,
    pub(super) severity: Option<Severity>,
    pub(super) text: Option<(Quality, TextPlace)>,
    /// For bulletins, what they cover in [`Collected::covered`].
    pub(super) covers: Range<usize>,
    pub(super) authority: Authority,
    /// A later version of the same record was met.
    pub(super) replaced: bool,
}

/// One package of one record.
pub(super) struct RowEntry {
    pub(super) package: u32,
    pub(super) record: usize,
    pub(super) severity: Option<Severity>,
    pub(super) unfixed: Option<Unfixed>,
    /// The source says that the package is not affected; there are no spans and no points.
    pub(super) not_affected: bool,
    pub(super) spans: Range<usize>,
    pub(super) points: Range<usize>,
}

impl RowEntry {
    /// How many versions it names at most, the same one counted again.
    pub(super) fn versions_named(&self) -> usize {
        2 * self.spans.len() + self.points.len()
    }
}

impl Collected {
    /// Takes a record in; of two with one id the newer one counts.
    pub(super) fn add(&mut self, record: &Record<'_>, report: &mut SourceReport) -> Result<(), PackError> {
        let name = self.names.number(record.id.as_str());
        if !self.replaces(name, record.modified) {
            return Ok(());
        }
        self.record_of.insert(name, self.records.len());
        let covers = self.take_names(name, &names::subject(record));
        let authority = if covers.is_empty() { Authority::Record } else { Authority::Bulletin };
        self.push(record, name, covers, authority, report)
    }

    /// Takes in what a vendor says of one vulnerability. Any number of them may have one id.
    pub(super) fn add_vendor(&mut self, record: &Record<'_>, report: &mut SourceReport) -> Result<(), PackError> {
        let name = self.names.number(record.id.as_str());
        let aliases: Vec<&str> = names::cve_within(record.id.as_str()).into_iter().collect();
        let covers = self.take_names(name, &Subject::One(aliases));
        self.push(record, name, covers, Authority::Vendor, report)
    }

    fn push(
        &mut self,
        record: &Record<'_>,
        name: u32,
        covers: Range<usize>,
        authority: Authority,
        report: &mut SourceReport,
    ) -> Result<(), PackError> {
        let place = self.records.len();
        let text = match description::describe(record) {
            Some((quality, description)) => Some((quality, self.texts.push(&description)?)),
            None => None,
        };
        let cvss = self.best_vector(record);
        self.records.push(RecordEntry {
            name,
            published: record.published.map(Timestamp::day),
            modified: record.modified,
            cvss,
            severity: record.severity,
            text,
            covers,
            authority,
            replaced: false,
        });
        for affected in &record.affected {
            match Scheme::of_ecosystem(affected.ecosystem.as_str()) {
                Some(scheme) => self.add_affected(affected, scheme, place, record, report),
                None => *report.unknown_ecosystems.entry(affected.ecosystem.as_str().to_owned()).or_default() += 1,
            }
        }
        Ok(())
    }

    /// Whether a record of this name and age is to be taken; an older one is marked as replaced.
    fn replaces(&mut self, name: u32, modified: Option<Timestamp>) -> bool {
        let Some(known) = self.record_of.get(&name).and_then(|place| self.records.get_mut(*place)) else { return true };
        known.replaced = known.modified < modified;
        known.replaced
    }

    fn take_names(&mut self, name: u32, subject: &Subject<'_>) -> Range<usize> {
        let start = self.covered.len();
        match subject {
            Subject::One(others) => {
                for other in others {
                    let other = self.names.number(other);
                    self.groups.join(name, other);
                }
            }
            Subject::Several(parts) => {
                for part in parts {
                    let part = self.names.number(part);
                    self.covered.push(part);
                }
            }
        }
        start..self.covered.len()
    }

    fn best_vector(&mut self, record: &Record<'_>) -> Option<(Rated, u32)> {
        let rated = record.vectors.iter().filter_map(|vector| Some((ratings::rate(vector.as_str())?, vector.as_str())));
        let (rated, vector) = rated.max()?;
        Some((rated, self.vectors.number(vector)))
    }

    fn add_affected(
        &mut self,
        affected: &Affected<'_>,
        scheme: Scheme,
        record: usize,
        source: &Record<'_>,
        report: &mut SourceReport,
    ) {
        let extent: Extent<'_> = ranges::extent(affected, scheme);
        if extent.absurd {
            report.note(source.id.as_str(), ProblemKind::AbsurdRange, format!("package {}", affected.package.as_str()));
        }
        if extent.spans.is_empty() && extent.points.is_empty() && !affected.not_affected {
            return;
        }
        let package = self.packages.number(&package_key(affected.ecosystem.as_str(), affected.package.as_str()));
        let (spans, points) = (self.spans.len(), self.points.len());
        self.spans.extend(extent.spans.iter().map(|span| span.map(|version| self.versions.number(version))));
        self.points.extend(extent.points.iter().map(|version| self.versions.number(version)));
        let (spans, points) = (spans..self.spans.len(), points..self.points.len());
        let (severity, unfixed, not_affected) = (affected.severity, affected.unfixed, affected.not_affected);
        self.rows.push(RowEntry { package, record, severity, unfixed, not_affected, spans, points });
    }
}

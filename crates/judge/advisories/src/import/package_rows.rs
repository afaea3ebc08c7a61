//! What affects each package: rows sorted, versions in order, records of one vulnerability merged.

use super::ImportError;
use super::collected::{Authority, Collected, RowEntry};
use super::limits::PACKAGE_VERSIONS_MAX;
use super::report::{ImportReport, Problem, ProblemKind};
use super::subjects::{Subjects, names_of};
use crate::file::blobs::BlobsWriter;
use crate::file::rows;
use crate::status::EcosystemStatus;
use std::collections::{BTreeSet, HashMap, HashSet};
use vigie_model::version::Scheme;

/// The rows of all packages, and what they say of their ecosystems.
pub(super) struct PackageRows {
    pub(super) blobs: BlobsWriter,
    pub(super) ecosystems: Vec<EcosystemStatus>,
    pub(super) count: u64,
}

/// A row with its vulnerability: what is sorted to become the file.
#[derive(Clone, Copy)]
struct Placed {
    /// Place of the package among the sorted packages.
    package: u32,
    /// Number of the vulnerability.
    vulnerability: u32,
    /// How much whoever says so knows.
    authority: Authority,
    /// Place in `Collected::rows`.
    row: u32,
}

/// Every row with the vulnerabilities it speaks of, sorted by package, then vulnerability.
fn place_rows(collected: &Collected, subjects: &Subjects, packages: &[u32]) -> Vec<Placed> {
    let mut place_of = vec![0; packages.len()];
    for (place, package) in packages.iter().enumerate() {
        place_of[*package as usize] = place as u32;
    }
    let mut placed = Vec::with_capacity(collected.rows.len());
    for (number, row) in collected.rows.iter().enumerate() {
        let record = &collected.records[row.record];
        if record.replaced {
            continue;
        }
        for name in names_of(collected, record) {
            let Some(vulnerability) = subjects.number_of(*name) else { continue };
            let package = place_of[row.package as usize];
            placed.push(Placed { package, vulnerability, authority: record.authority, row: number as u32 });
        }
    }
    placed.sort_unstable_by_key(|row| (row.package, row.vulnerability, row.row));
    placed
}

impl PackageRows {
    /// The rows of the packages in this order.
    pub(super) fn compile(
        collected: &Collected,
        subjects: &Subjects,
        packages: &[u32],
        report: &mut ImportReport,
    ) -> Result<Self, ImportError> {
        let placed = place_rows(collected, subjects, packages);
        let mut result = Self { blobs: BlobsWriter::default(), ecosystems: Vec::new(), count: 0 };
        let mut seen = BTreeSet::new();
        let mut rest = placed.as_slice();
        for (place, package) in packages.iter().enumerate() {
            let end = rest.partition_point(|row| row.package as usize <= place);
            let (mut here, after) = rest.split_at(end);
            rest = after;
            let key = collected.packages.text(*package);
            let taken = rows_within_limit(collected, here);
            if taken < here.len() {
                let detail = format!("more than {PACKAGE_VERSIONS_MAX} versions; {} entries left out", here.len() - taken);
                report.left_out.push(Problem::new(&key.replace('\0', " "), ProblemKind::TooLarge, &detail));
                here = &here[..taken];
            }
            let ecosystem = key.split('\0').next().unwrap_or_default();
            if result.ecosystems.last().is_none_or(|last| last.name != ecosystem) {
                seen.clear();
                result.ecosystems.push(EcosystemStatus { name: ecosystem.to_owned(), records: 0, newest: None });
            }
            let rows = package_rows(collected, ecosystem, here);
            if let Some(status) = result.ecosystems.last_mut() {
                seen.extend(rows.1.iter().map(|row| row.vulnerability));
                status.records = seen.len() as u64;
                let modified = here.iter().map(|row| collected.records[collected.rows[row.row as usize].record].modified);
                status.newest = status.newest.max(modified.max().flatten());
            }
            result.count += rows.1.len() as u64;
            let versions: Vec<&str> = rows.0.iter().map(|version| collected.versions.text(*version)).collect();
            result.blobs.push(&rows::write(&versions, &rows.1)).map_err(|_| ImportError::TooLarge)?;
        }
        Ok(result)
    }
}

/// How many of the rows name no more versions than the file may hold for one package.
fn rows_within_limit(collected: &Collected, placed: &[Placed]) -> usize {
    let named: usize = placed.iter().map(|row| collected.rows[row.row as usize].versions_named()).sum();
    if named <= PACKAGE_VERSIONS_MAX {
        return placed.len();
    }
    let mut versions = HashSet::new();
    placed
        .iter()
        .take_while(|row| {
            versions.extend(versions_of(collected, row.row));
            versions.len() <= PACKAGE_VERSIONS_MAX
        })
        .count()
}

/// The versions of a package in its order, and its rows, one for each vulnerability.
fn package_rows(collected: &Collected, ecosystem: &str, placed: &[Placed]) -> (Vec<u32>, Vec<rows::Row>) {
    let scheme = Scheme::of_ecosystem(ecosystem).unwrap_or(Scheme::Semver);
    let mut versions: Vec<u32> = placed.iter().flat_map(|row| versions_of(collected, row.row)).collect();
    versions.sort_unstable();
    versions.dedup();
    let text = |version: u32| collected.versions.text(version);
    // By text where the order calls two versions equal, so that the outcome is always the same.
    versions.sort_unstable_by(|a, b| scheme.compare(text(*a), text(*b)).then_with(|| text(*a).cmp(text(*b))));
    let mut place_of: HashMap<u32, usize> = HashMap::with_capacity(versions.len());
    let mut unique: Vec<u32> = Vec::with_capacity(versions.len());
    for version in versions {
        if unique.last().is_none_or(|last| scheme.compare(text(*last), text(version)).is_ne()) {
            unique.push(version);
        }
        place_of.insert(version, unique.len() - 1);
    }
    let place = |version: u32| place_of.get(&version).copied().unwrap_or_default();
    let rows = placed.chunk_by(|a, b| a.vulnerability == b.vulnerability).filter_map(|same| merged(collected, same, place));
    (unique, rows.collect())
}

fn versions_of(collected: &Collected, row: u32) -> Vec<u32> {
    let row = &collected.rows[row as usize];
    let mut versions = collected.points[row.points.clone()].to_vec();
    for span in &collected.spans[row.spans.clone()] {
        span.map(|version| versions.push(version));
    }
    versions
}

/// What several records say of one vulnerability in one package: those count whose authors know most,
/// and among these it is affected when any says so. None where they say that it is not.
fn merged(collected: &Collected, same: &[Placed], place: impl Fn(u32) -> usize) -> Option<rows::Row> {
    let best = same.iter().map(|row| row.authority).max()?;
    let row_of = |placed: &Placed| &collected.rows[placed.row as usize];
    let counted: Vec<&RowEntry> =
        same.iter().filter(|row| row.authority == best).map(row_of).filter(|row| !row.not_affected).collect();
    let vulnerability = same.first().filter(|_| !counted.is_empty())?.vulnerability as usize;
    let mut merged = rows::Row { vulnerability, ..rows::Row::default() };
    for row in counted {
        merged.severity = merged.severity.max(row.severity.or(collected.records[row.record].severity));
        // The first of them asks for the most: affected before put off before never.
        merged.unfixed = merged.unfixed.into_iter().chain(row.unfixed).min();
        merged.spans.extend(collected.spans[row.spans.clone()].iter().map(|span| span.map(&place)));
        merged.points.extend(collected.points[row.points.clone()].iter().map(|version| place(*version)));
    }
    merged.spans.sort_unstable();
    merged.spans.dedup();
    merged.points.sort_unstable();
    merged.points.dedup();
    Some(merged)
}

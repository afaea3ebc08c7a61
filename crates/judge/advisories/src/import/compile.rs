//! From collected records to the sections of the compact file.

use super::collected::{Collected, RecordEntry};
use super::limits::PACKAGE_VERSIONS_MAX;
use super::names;
use super::ratings::Rated;
use super::report::{ImportReport, Problem, ProblemKind, SourceKind};
use super::{ImportError, epss, kev};
use crate::file::blobs::BlobsWriter;
use crate::file::vulnerability::{CvssEntry, Entry};
use crate::file::{self, names as name_table, rows};
use crate::status::{EcosystemStatus, Status};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Write;
use vigie_model::severity::Severity;
use vigie_model::time::{Day, Timestamp};
use vigie_model::version::Scheme;

/// A row with its vulnerability: what is sorted to become the file.
#[derive(Clone, Copy)]
struct Placed {
    /// Place of the package among the sorted packages.
    package: u32,
    /// Number of the vulnerability.
    vulnerability: u32,
    /// Whether a record of just this vulnerability says so, and not a bulletin.
    direct: bool,
    /// Place in `Collected::rows`.
    row: u32,
}

/// Joins, sorts and writes everything.
pub(super) fn compile(
    mut collected: Collected,
    listed: &[kev::Listed],
    scores: &[epss::Score],
    now: Timestamp,
    to: impl Write,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let subjects = Subjects::of(&mut collected);
    let packages = collected.packages.sorted();
    let placed = place_rows(&collected, &subjects, &packages);
    let package_rows = PackageRows::compile(&collected, &packages, &placed, report)?;
    let mut entries = entries(&collected, &subjects, listed, scores);
    let vectors = number_vectors(&collected, &mut entries);
    let mut vulnerabilities = BlobsWriter::default();
    for (id, entry) in subjects.ids.iter().zip(&entries) {
        vulnerabilities.push(&entry.write(id)).map_err(|_| ImportError::TooLarge)?;
    }

    let status = Status {
        built_at: now,
        records: subjects.ids.len() as u64,
        ecosystems: package_rows.ecosystems,
        kev: entries.iter().filter(|entry| entry.exploited_since.is_some()).count() as u64,
        kev_listed: listed.len() as u64,
        epss: entries.iter().filter(|entry| entry.epss.is_some()).count() as u64,
        epss_listed: scores.len() as u64,
        has_kev: report.sources.iter().any(|source| source.kind == SourceKind::Kev && source.whole),
        has_epss: report.sources.iter().any(|source| source.kind == SourceKind::Epss && source.whole),
        bytes: 0,
    };
    report.vulnerabilities = status.records;
    report.packages = packages.len() as u64;
    report.rows = package_rows.count;

    let texts = |numbers: &[u32], of: &super::interner::Interner| {
        name_table::write(numbers.iter().map(|number| of.text(*number))).map_err(|_| ImportError::TooLarge)
    };
    let sections = [
        status.to_json(),
        texts(&packages, &collected.packages)?,
        package_rows.blobs.finish(),
        name_table::write(subjects.ids.iter().map(String::as_str)).map_err(|_| ImportError::TooLarge)?,
        vulnerabilities.finish(),
        texts(&vectors, &collected.vectors)?,
        collected.texts.finish()?,
    ];
    report.bytes = file::write(&sections, to)?;
    Ok(())
}

/// The vulnerabilities: sets of names with at least one affected package, by canonical id.
struct Subjects {
    /// Canonical ids, sorted; the place is the number.
    ids: Vec<String>,
    /// All names of each, the canonical one first, then by preference.
    members: Vec<Vec<u32>>,
    /// Number by name.
    of_name: Vec<Option<u32>>,
}

impl Subjects {
    fn of(collected: &mut Collected) -> Self {
        let count = collected.names.len() as u32;
        let roots: Vec<u32> = (0..count).map(|name| collected.groups.root(name)).collect();
        let mut wanted = vec![false; roots.len()];
        for row in &collected.rows {
            let record = &collected.records[row.record];
            for name in names_of(collected, record) {
                wanted[roots[*name as usize] as usize] = true;
            }
        }
        let mut members: HashMap<u32, Vec<u32>> = HashMap::new();
        for name in (0..count).filter(|name| wanted[roots[*name as usize] as usize]) {
            members.entry(roots[name as usize]).or_default().push(name);
        }
        let mut members: Vec<Vec<u32>> = members.into_values().collect();
        let text = |name: &u32| collected.names.text(*name);
        members.iter_mut().for_each(|names| names.sort_unstable_by(|a, b| names::preference(text(a), text(b))));
        members.sort_unstable_by_key(|names| names.first().map_or("", text));
        let ids = members.iter().map(|names| names.first().map_or("", text).to_owned()).collect();
        let mut of_name = vec![None; roots.len()];
        for (number, names) in members.iter().enumerate() {
            names.iter().for_each(|name| of_name[*name as usize] = Some(number as u32));
        }
        Self { ids, members, of_name }
    }
}

/// The names by which a record is filed: its own, or those a bulletin covers.
fn names_of<'a>(collected: &'a Collected, record: &'a RecordEntry) -> &'a [u32] {
    if record.covers.is_empty() { std::slice::from_ref(&record.name) } else { &collected.covered[record.covers.clone()] }
}

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
            let Some(vulnerability) = subjects.of_name[*name as usize] else { continue };
            let package = place_of[row.package as usize];
            placed.push(Placed { package, vulnerability, direct: record.covers.is_empty(), row: number as u32 });
        }
    }
    placed.sort_unstable_by_key(|row| (row.package, row.vulnerability, row.row));
    placed
}

struct PackageRows {
    blobs: BlobsWriter,
    ecosystems: Vec<EcosystemStatus>,
    count: u64,
}

impl PackageRows {
    fn compile(
        collected: &Collected,
        packages: &[u32],
        placed: &[Placed],
        report: &mut ImportReport,
    ) -> Result<Self, ImportError> {
        let mut result = Self { blobs: BlobsWriter::default(), ecosystems: Vec::new(), count: 0 };
        let mut seen = BTreeSet::new();
        let mut rest = placed;
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
            if let Some(status) = result.ecosystems.last_mut() {
                seen.extend(here.iter().map(|row| row.vulnerability));
                status.records = seen.len() as u64;
                let modified = here.iter().map(|row| collected.records[collected.rows[row.row as usize].record].modified);
                status.newest = status.newest.max(modified.max().flatten());
            }
            let rows = package_rows(collected, ecosystem, here);
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
    let rows = placed.chunk_by(|a, b| a.vulnerability == b.vulnerability).map(|same| merged(collected, same, place));
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

/// What several records say of one vulnerability in one package: affected when any of them says so,
/// but records of just this vulnerability go before bulletins that also repair others.
fn merged(collected: &Collected, same: &[Placed], place: impl Fn(u32) -> usize) -> rows::Row {
    let any_direct = same.iter().any(|row| row.direct);
    let mut merged =
        rows::Row { vulnerability: same.first().map_or(0, |row| row.vulnerability as usize), ..rows::Row::default() };
    for row in same.iter().filter(|row| row.direct || !any_direct).map(|row| &collected.rows[row.row as usize]) {
        merged.severity = merged.severity.max(row.severity.or(collected.records[row.record].severity));
        merged.spans.extend(collected.spans[row.spans.clone()].iter().map(|span| span.map(&place)));
        merged.points.extend(collected.points[row.points.clone()].iter().map(|version| place(*version)));
    }
    merged.spans.sort_unstable();
    merged.spans.dedup();
    merged.points.sort_unstable();
    merged.points.dedup();
    merged
}

/// What is known of each vulnerability, from all its records and the feeds. `CvssEntry::vector` is
/// still the number that the collection gave.
fn entries(collected: &Collected, subjects: &Subjects, listed: &[kev::Listed], scores: &[epss::Score]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = subjects.members.iter().map(|names| entry_of_names(collected, names)).collect();
    let mut best: Vec<(Option<Rated>, Option<super::description::Quality>)> = vec![(None, None); entries.len()];
    for record in collected.records.iter().filter(|record| !record.replaced && record.covers.is_empty()) {
        let Some(number) = subjects.of_name[record.name as usize] else { continue };
        let (entry, (rated, quality)) = (&mut entries[number as usize], &mut best[number as usize]);
        if let Some((rating, vector)) = record.cvss
            && rated.is_none_or(|best| best < rating)
        {
            *rated = Some(rating);
            entry.cvss = Some(CvssEntry { vector: vector as usize, tenths: rating.tenths });
        }
        if let Some((goodness, place)) = record.text
            && quality.is_none_or(|best| best < goodness)
        {
            *quality = Some(goodness);
            entry.text = Some(place);
        }
        entry.severity = entry.severity.max(record.severity);
        entry.published = earliest(entry.published, record.published);
        entry.modified = entry.modified.max(record.modified.map(Timestamp::day));
    }
    for row in &collected.rows {
        let record = &collected.records[row.record];
        let number = subjects.of_name[record.name as usize].filter(|_| record.covers.is_empty());
        if let Some(entry) = number.and_then(|number| entries.get_mut(number as usize)) {
            entry.severity = entry.severity.max(row.severity.filter(|severity| *severity > Severity::Info));
        }
    }
    let number_of = |id: &str| Some(subjects.of_name[collected.names.find(id)? as usize]? as usize);
    for item in listed {
        if let Some(entry) = number_of(&item.id).and_then(|number| entries.get_mut(number)) {
            entry.exploited_since = earliest(entry.exploited_since, Some(item.since.unwrap_or_default()));
            entry.ransomware |= item.ransomware;
        }
    }
    for score in scores {
        if let Some(entry) = number_of(&score.id).and_then(|number| entries.get_mut(number)) {
            entry.epss = entry.epss.max(Some(score.probability));
        }
    }
    entries
}

fn entry_of_names(collected: &Collected, names: &[u32]) -> Entry {
    let aliases = names.iter().skip(1).take(super::limits::ALIASES_KEPT);
    Entry { aliases: aliases.map(|name| collected.names.text(*name).to_owned()).collect(), ..Entry::default() }
}

fn earliest(a: Option<Day>, b: Option<Day>) -> Option<Day> {
    a.into_iter().chain(b).min()
}

/// Gives the vectors that are used their numbers in the file; answers them in that order.
fn number_vectors(collected: &Collected, entries: &mut [Entry]) -> Vec<u32> {
    let mut place_of: HashMap<usize, usize> = HashMap::new();
    let used: BTreeSet<usize> = entries.iter().filter_map(|entry| Some(entry.cvss?.vector)).collect();
    let vectors: Vec<u32> = collected.vectors.sorted().into_iter().filter(|vector| used.contains(&(*vector as usize))).collect();
    for (place, vector) in vectors.iter().enumerate() {
        place_of.insert(*vector as usize, place);
    }
    for cvss in entries.iter_mut().filter_map(|entry| entry.cvss.as_mut()) {
        cvss.vector = place_of.get(&cvss.vector).copied().unwrap_or_default();
    }
    vectors
}

//! From collected records to the sections of the compact file.

use super::collected::Collected;
use super::interner::Interner;
use super::package_rows::PackageRows;
use super::report::{ImportReport, SourceKind};
use super::subjects::Subjects;
use super::{ImportError, entries, epss, kev};
use crate::file::blobs::BlobsWriter;
use crate::file::{self, names};
use crate::status::Status;
use std::io::Write;
use vigie_model::time::Timestamp;

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
    let package_rows = PackageRows::compile(&collected, &subjects, &packages, report)?;
    let mut entries = entries::entries(&collected, &subjects, listed, scores);
    let vectors = entries::number_vectors(&collected, &mut entries);
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

    let texts = |numbers: &[u32], of: &Interner| {
        names::write(numbers.iter().map(|number| of.text(*number))).map_err(|_| ImportError::TooLarge)
    };
    let sections = [
        status.to_json(),
        texts(&packages, &collected.packages)?,
        package_rows.blobs.finish(),
        names::write(subjects.ids.iter().map(String::as_str)).map_err(|_| ImportError::TooLarge)?,
        vulnerabilities.finish(),
        texts(&vectors, &collected.vectors)?,
        collected.texts.finish()?,
    ];
    report.bytes = file::write(&sections, to)?;
    Ok(())
}

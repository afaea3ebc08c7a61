//! Building the compact file from public feeds.
//!
//! An [`Importer`] takes sources one by one, from readers: zips of OSV records (the layout of OSV's
//! public bucket, one `all.zip` for each ecosystem), single records, CISA's KEV, EPSS, and what those who
//! build packages say themselves ([`vendor`]); [`Importer::add`] knows each by how it begins. It reads
//! record by record and keeps only what matching needs, so memory follows the number of affected
//! packages, not the size of the feeds. [`Importer::finish`] joins aliases, sorts and writes.
//!
//! It opens no file and asks no clock: whoever calls it decides where feeds come from and when the
//! result replaces the standing one. Nothing in a source can make it fail: what cannot be used is
//! counted and named in the [`ImportReport`], the rest goes on. Equal sources and an equal time give
//! equal bytes.

mod collected;
mod compile;
mod description;
pub(crate) mod ecosystems;
mod entries;
pub mod epss;
mod feeds;
mod interner;
pub mod kev;
pub mod limits;
mod names;
pub mod osv;
mod package_rows;
mod ranges;
pub(crate) mod ratings;
mod recognise;
mod report;
mod subjects;
pub mod vendor;
mod zips;

pub(crate) use ecosystems::package_key;
pub use recognise::{Format, HEAD_BYTES, recognise};
pub use report::{ImportReport, Problem, ProblemKind, SourceKind, SourceReport};

use crate::file::texts::PackError;
use collected::Collected;
use limits::{KEV_BYTES_MAX, RECORD_BYTES_MAX};
use std::io::{self, Read, Seek, Write};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Collects sources and writes the compact file.
pub struct Importer {
    now: Timestamp,
    collected: Collected,
    listed: Vec<kev::Listed>,
    scores: Vec<epss::Score>,
    report: ImportReport,
}

/// How far a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The source.
    pub source: &'a str,
    /// Files read.
    pub done: usize,
    /// Files in it.
    pub total: usize,
}

/// Why the compact file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is more than the format can hold.
    #[error("more vulnerability data than one file can hold")]
    TooLarge,
    /// Writing failed.
    #[error("the vulnerability data could not be written")]
    Write(#[from] io::Error),
}

impl From<PackError> for ImportError {
    fn from(error: PackError) -> Self {
        match error {
            PackError::TooLarge(_) => Self::TooLarge,
            PackError::Compress(error) => Self::Write(error),
        }
    }
}

impl ImportError {
    /// One sentence for a person.
    #[must_use]
    pub fn said(&self) -> Text {
        match self {
            Self::TooLarge => text!(
                en "There are more vulnerability data than one file can hold.",
                fr "Il y a plus de données de vulnérabilités qu'un fichier ne peut en contenir.",
                de "Es gibt mehr Schwachstellendaten, als eine Datei fassen kann."
            ),
            Self::Write(_) => text!(
                en "The vulnerability data could not be written; the standing data are unchanged.",
                fr "Les données de vulnérabilités n'ont pas pu être écrites ; les données en place sont inchangées.",
                de "Die Schwachstellendaten konnten nicht geschrieben werden; die vorhandenen sind unverändert."
            ),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Text {
        match self {
            Self::TooLarge => text!(
                en "Import fewer ecosystems: only those of the machines you watch.",
                fr "Importez moins d'écosystèmes : seulement ceux des machines que vous surveillez.",
                de "Importieren Sie weniger Ökosysteme: nur die der Rechner, die Sie beobachten."
            ),
            Self::Write(_) => text!(
                en "Check free space and permissions of the data directory.",
                fr "Vérifiez l'espace libre et les droits du répertoire de données.",
                de "Prüfen Sie freien Platz und Rechte des Datenverzeichnisses."
            ),
        }
    }
}

impl Importer {
    /// An importer whose result says that it was built at this time.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { now, collected: Collected::default(), listed: Vec::new(), scores: Vec::new(), report: ImportReport::default() }
    }

    /// Adds a zip of OSV records, or of files of other formats; `name` is what the report calls it.
    ///
    /// # Errors
    /// [`ImportError`] when memory for texts runs out of what the format can hold; a broken zip is no
    /// error but in the [`SourceReport`].
    pub fn add_osv_zip(
        &mut self,
        name: &str,
        reader: impl Read + Seek,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<&SourceReport, ImportError> {
        let mut report = SourceReport::new(name, SourceKind::Osv);
        feeds::add_zip(&mut self.collected, name, reader, &mut report, progress)?;
        Ok(self.close(report))
    }

    /// Adds a single OSV record.
    ///
    /// # Errors
    /// As [`Importer::add_osv_zip`].
    pub fn add_osv_json(&mut self, name: &str, reader: impl Read) -> Result<&SourceReport, ImportError> {
        let mut report = SourceReport::new(name, SourceKind::Osv);
        if let Some(bytes) = read_bounded(reader, RECORD_BYTES_MAX, &mut report) {
            self.collected.add_bytes(name, &bytes, &mut report)?;
        }
        Ok(self.close(report))
    }

    /// Adds CISA's catalogue of known exploited vulnerabilities, JSON or CSV.
    pub fn add_kev(&mut self, name: &str, reader: impl Read) -> &SourceReport {
        let mut report = SourceReport::new(name, SourceKind::Kev);
        if let Some(bytes) = read_bounded(reader, KEV_BYTES_MAX, &mut report) {
            match kev::parse(&bytes) {
                Ok(listed) => {
                    report.used = listed.len() as u64;
                    self.listed.extend(listed);
                }
                Err(error) => report.note_unreadable(error),
            }
        }
        self.close(report)
    }

    /// Adds EPSS scores, CSV, packed with gzip or not.
    pub fn add_epss(&mut self, name: &str, reader: impl Read) -> &SourceReport {
        let mut report = SourceReport::new(name, SourceKind::Epss);
        match epss::parse(reader) {
            Ok(scores) if scores.scores.is_empty() => report.note_unreadable("no scores"),
            Ok(scores) => {
                report.used = scores.scores.len() as u64;
                report.broken = scores.broken;
                self.scores.extend(scores.scores);
            }
            Err(error) => report.note_unreadable(error),
        }
        self.close(report)
    }

    /// What was met so far.
    #[must_use]
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    /// Joins, sorts and writes the compact file.
    ///
    /// # Errors
    /// [`ImportError`]; what was written by then is to be thrown away.
    pub fn finish(mut self, to: impl Write) -> Result<ImportReport, ImportError> {
        compile::compile(self.collected, &self.listed, &self.scores, self.now, to, &mut self.report)?;
        Ok(self.report)
    }

    fn close(&mut self, report: SourceReport) -> &SourceReport {
        let place = self.report.sources.len();
        self.report.sources.push(report);
        &self.report.sources[place]
    }
}

impl Collected {
    fn add_bytes(&mut self, place: &str, bytes: &[u8], report: &mut SourceReport) -> Result<(), ImportError> {
        let record = match osv::parse(bytes) {
            Ok(record) => record,
            Err(error) => {
                report.note(place, error.kind(), error);
                return Ok(());
            }
        };
        if record.withdrawn {
            report.withdrawn += 1;
            return Ok(());
        }
        for error in &record.left_out {
            report.note(place, error.kind(), error);
        }
        self.add(&record, report)?;
        report.used += 1;
        Ok(())
    }
}

impl osv::RecordError {
    fn kind(&self) -> ProblemKind {
        match self {
            Self::NotARecord(_) | Self::BadName { .. } => ProblemKind::Malformed,
            Self::TooMany { .. } => ProblemKind::TooLarge,
        }
    }
}

fn read_bounded(reader: impl Read, max: u64, report: &mut SourceReport) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    match reader.take(max + 1).read_to_end(&mut bytes) {
        Ok(read) if read as u64 <= max => Some(bytes),
        Ok(_) => {
            report.whole = false;
            let name = report.name.clone();
            report.note(&name, ProblemKind::TooLarge, format!("more than {max} bytes"));
            None
        }
        Err(error) => {
            report.note_unreadable(error);
            None
        }
    }
}

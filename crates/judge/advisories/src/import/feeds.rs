//! Files of any format, one by one or in a zip.

use super::limits::{RECORD_BYTES_MAX, VENDOR_BYTES_MAX};
use super::osv::Record;
use super::recognise::{Format, HEAD_BYTES, is_packed, recognise};
use super::report::{ProblemKind, SourceKind, SourceReport};
use super::vendor::{self, FormatError, Sink};
use super::{Collected, ImportError, Importer, Progress, zips};
use crate::file::texts::PackError;
use flate2::read::MultiGzDecoder;
use std::io::{Read, Seek, SeekFrom};

impl Importer {
    /// Adds a file, whatever it holds; `name` is what the report calls it. A file of no known format is
    /// reported as unreadable.
    ///
    /// # Errors
    /// As [`Importer::add_osv_zip`].
    pub fn add(
        &mut self,
        name: &str,
        mut reader: impl Read + Seek,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<&SourceReport, ImportError> {
        let mut head = Vec::new();
        let read = reader.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).and_then(|_| reader.seek(SeekFrom::Start(0)));
        if let Err(error) = read {
            let mut report = SourceReport::new(name, SourceKind::Osv);
            report.note_unreadable(error);
            return Ok(self.close(report));
        }
        match recognise(&head) {
            Some(Format::Zip) => self.add_osv_zip(name, reader, progress),
            Some(Format::Kev) => Ok(self.add_kev(name, reader)),
            Some(Format::Epss) => Ok(self.add_epss(name, reader)),
            format => {
                let mut report = SourceReport::new(name, format.map_or(SourceKind::Osv, SourceKind::of));
                let bytes = if is_packed(&head) {
                    bounded(MultiGzDecoder::new(reader), &mut report)
                } else {
                    bounded(reader, &mut report)
                };
                if let Some(bytes) = bytes {
                    self.collected.add_file(name, format, &bytes, &mut report)?;
                }
                Ok(self.close(report))
            }
        }
    }
}

fn bounded(reader: impl Read, report: &mut SourceReport) -> Option<Vec<u8>> {
    let max = if report.kind == SourceKind::Osv { RECORD_BYTES_MAX } else { VENDOR_BYTES_MAX };
    super::read_bounded(reader, max, report)
}

/// Hands each file of a zip to the reader of its format.
pub(super) fn add_zip(
    collected: &mut Collected,
    name: &str,
    reader: impl Read + Seek,
    report: &mut SourceReport,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(), ImportError> {
    zips::each_record(reader, report, |report, place, bytes, (done, total)| {
        progress(Progress { source: name, done, total });
        let format = recognise(bytes.get(..HEAD_BYTES).unwrap_or(bytes));
        if let Some(format) = format {
            report.kind = SourceKind::of(format);
        }
        collected.add_file(place, format, bytes, report)
    })
}

impl Collected {
    /// Adds one unpacked file.
    fn add_file(
        &mut self,
        place: &str,
        format: Option<Format>,
        bytes: &[u8],
        report: &mut SourceReport,
    ) -> Result<(), ImportError> {
        let read: fn(&[u8], &mut dyn Sink) -> Result<(), FormatError> = match format {
            Some(Format::DebianTracker) => vendor::debian::read,
            Some(Format::UbuntuTracker) => vendor::ubuntu::read,
            Some(Format::Secdb) => vendor::alpine::read,
            Some(Format::Csaf) => vendor::csaf::read,
            Some(Format::Nvd) => vendor::nvd::read,
            // What is not known at all may be a record that is broken at its beginning: it says what is wrong.
            Some(Format::Osv) | None => return self.add_bytes(place, bytes, report),
            Some(Format::Zip | Format::Kev | Format::Epss | Format::OpenVex | Format::CycloneDx) => {
                report.note(place, ProblemKind::Malformed, "nothing that goes here");
                return Ok(());
            }
        };
        let mut taking = Taking { collected: self, report, place, failed: None };
        let result = read(bytes, &mut taking);
        if let Some(error) = taking.failed {
            return Err(error.into());
        }
        if let Err(error) = result {
            let kind = if matches!(error, FormatError::TooMany { .. }) { ProblemKind::TooLarge } else { ProblemKind::Malformed };
            // A file that is one document is lost as a whole; of a zip only this file is.
            report.whole &= report.name != place;
            report.note(place, kind, error);
        }
        Ok(())
    }
}

/// Puts what a reader finds into the collection.
struct Taking<'a> {
    collected: &'a mut Collected,
    report: &'a mut SourceReport,
    place: &'a str,
    failed: Option<PackError>,
}

impl Sink for Taking<'_> {
    fn take(&mut self, record: &Record<'_>) {
        match self.collected.add_vendor(record, self.report) {
            Ok(()) => self.report.used += 1,
            Err(error) => self.failed = Some(error),
        }
    }

    fn note(&mut self, place: &str, detail: &str) {
        self.report.note(&format!("{}: {place}", self.place), ProblemKind::Malformed, detail);
    }
}

//! Records in zips: one after the other, whatever is wrong with one of them.

use super::limits::{RATIO_FREE_BYTES, RATIO_MAX, RECORD_BYTES_MAX, ZIP_BYTES_MAX, ZIP_MEMBERS_MAX};
use super::report::{ProblemKind, SourceReport};
use std::io::{Read, Seek};
use zip::ZipArchive;
use zip::read::ZipFile;

/// Hands every `.json` file of a zip, and those of Ubuntu's tracker (`CVE-2024-1234`), to `take`, with its
/// name and its place (done, total).
///
/// What cannot be read is noted in the report. When `take` fails, the walk ends with its error.
pub(super) fn each_record<R: Read + Seek, E>(
    reader: R,
    report: &mut SourceReport,
    mut take: impl FnMut(&mut SourceReport, &str, &[u8], (usize, usize)) -> Result<(), E>,
) -> Result<(), E> {
    let mut archive = match ZipArchive::new(reader) {
        Ok(archive) => archive,
        Err(error) => {
            report.note_unreadable(error);
            return Ok(());
        }
    };
    let total = archive.len();
    if total > ZIP_MEMBERS_MAX {
        report.whole = false;
        let name = report.name.clone();
        report.note(&name, ProblemKind::TooLarge, format!("{total} files, {ZIP_MEMBERS_MAX} are taken"));
        return Ok(());
    }
    let (mut buffer, mut records, mut unpacked) = (Vec::new(), 0, 0);
    for index in 0..total {
        let mut member = match archive.by_index(index) {
            Ok(member) => member,
            Err(error) => {
                report.whole = false;
                report.note(&format!("file {index} of {}", report.name), ProblemKind::Unreadable, error);
                continue;
            }
        };
        let name = String::from_utf8_lossy(member.name_raw()).into_owned();
        let is_tracked = |name: &str| name.rsplit('/').next().is_some_and(|file| file.starts_with("CVE-") && !file.contains('.'));
        if member.is_dir() || !(name.ends_with(".json") || is_tracked(&name)) {
            continue;
        }
        records += 1;
        match read(&mut member, &mut buffer) {
            Ok(()) => {}
            Err((kind, detail)) => {
                report.whole &= kind != ProblemKind::Unreadable;
                report.note(&name, kind, detail);
                continue;
            }
        }
        unpacked += buffer.len() as u64;
        if unpacked > ZIP_BYTES_MAX {
            report.whole = false;
            report.note(&name, ProblemKind::TooLarge, format!("the zip unpacks to more than {ZIP_BYTES_MAX} bytes"));
            return Ok(());
        }
        take(report, &name, &buffer, (index + 1, total))?;
    }
    if records == 0 {
        report.note_unreadable("no records in it");
    }
    Ok(())
}

/// Unpacks one file within the limits; what its header claims is not believed.
fn read<R: Read>(member: &mut ZipFile<'_, R>, buffer: &mut Vec<u8>) -> Result<(), (ProblemKind, String)> {
    buffer.clear();
    let packed = member.compressed_size();
    let limit = RATIO_FREE_BYTES.max(packed.saturating_mul(RATIO_MAX)).min(RECORD_BYTES_MAX);
    let read = member.take(limit + 1).read_to_end(buffer).map_err(|error| (ProblemKind::Unreadable, error.to_string()))?;
    if read as u64 > limit {
        return Err((ProblemKind::TooLarge, format!("more than {limit} bytes unpacked, from {packed}")));
    }
    Ok(())
}

//! Pages of the user: read from a folder, and tried before they are used.

use super::{Mappings, PageError, split};
use crate::dialect::Dialect;
use crate::frame::Piece;
use crate::reader::Reader;
use jiff::tz::TimeZone;
use std::io;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use vigie_model::event::Event;
use vigie_model::time::Timestamp;

/// Largest page, in bytes.
pub const PAGE_MAX: u64 = 256 * 1024;

/// Most pages of the user.
pub const PAGES_MAX: usize = 1_000;

/// Most records that are tried at once.
pub const TRIED_MAX: usize = 1_000;

/// What is wrong with a page of the user.
#[derive(Debug, thiserror::Error)]
pub enum OwnPageError {
    /// Something in it.
    #[error(transparent)]
    Page(#[from] PageError),
    /// It cannot be read.
    #[error("the page {name} cannot be read")]
    Unreadable {
        /// Its file name.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is larger than a page may be.
    #[error("the page {name} is larger than {PAGE_MAX} bytes")]
    TooLarge {
        /// Its file name.
        name: String,
    },
}

impl Mappings {
    /// The pages that Vigie ships and those of a folder (`*.toml`), which need not be there. A page that is
    /// wrong is left out, and what is wrong in it said.
    #[must_use]
    pub fn of_folder(folder: &Path) -> (Arc<Self>, Vec<OwnPageError>) {
        let mut own = Vec::new();
        let mut wrong = Vec::new();
        for (name, page) in pages_of(folder) {
            match page {
                Ok(text) => own.push((name, text)),
                Err(error) => wrong.push(error),
            }
        }
        if own.is_empty() {
            return (Self::shipped(), wrong);
        }
        let (mappings, errors) = Self::with(&own);
        wrong.extend(errors.into_iter().map(OwnPageError::Page));
        (Arc::new(mappings), wrong)
    }
}

/// The pages of a folder by name, sorted.
fn pages_of(folder: &Path) -> Vec<(String, Result<String, OwnPageError>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    paths.sort();
    paths.truncate(PAGES_MAX);
    let named = |path: &Path| path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    paths.iter().map(|path| (named(path), read(path, &named(path)))).collect()
}

fn read(path: &Path, name: &str) -> Result<String, OwnPageError> {
    let unreadable = |source| OwnPageError::Unreadable { name: name.to_owned(), source };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(PAGE_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > PAGE_MAX {
        return Err(OwnPageError::TooLarge { name: name.to_owned() });
    }
    Ok(text)
}

/// What became of a record that a page was tried with.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The event.
    pub event: Event,
    /// Whether the page read it; else another one, a parser or nobody did.
    pub is_by_page: bool,
}

/// What records become by a page beside all others: for whoever writes it. At most [`TRIED_MAX`] records.
///
/// # Errors
/// [`PageError`]: the first thing that is wrong in the page.
pub fn try_page(page: &str, records: &str, received: Timestamp) -> Result<Vec<Tried>, PageError> {
    let mut trial = Trial::of(page, received)?;
    let mappings = trial.mappings.clone();
    Ok(mappings.records(records).into_iter().map(|record| trial.record(record)).collect())
}

/// The same for records that are apart already, each of them one.
pub(super) fn try_records(page: &str, records: &[&str], received: Timestamp) -> Result<Vec<Tried>, PageError> {
    let mut trial = Trial::of(page, received)?;
    Ok(records.iter().take(TRIED_MAX).map(|record| trial.record(record)).collect())
}

impl Mappings {
    /// The records of a text: documents of JSON, else lines. At most [`TRIED_MAX`].
    #[must_use]
    pub fn records<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut records = Vec::new();
        let mut keep = |record: &'t str| {
            if records.len() < TRIED_MAX {
                records.push(record);
            }
        };
        if text.trim_start().starts_with(['{', '[']) {
            split(text, self, &mut keep);
        } else {
            text.lines().filter(|line| !line.trim().is_empty()).for_each(keep);
        }
        records
    }
}

/// A page beside all of ours.
struct Trial {
    mappings: Arc<Mappings>,
    format: Arc<str>,
    reader: Reader,
    received: Timestamp,
}

impl Trial {
    fn of(page: &str, received: Timestamp) -> Result<Self, PageError> {
        let name = "page";
        let (mappings, wrong) = Mappings::with(&[(name.to_owned(), page.to_owned())]);
        if let Some(error) = wrong.into_iter().find(|error| error.page == name) {
            return Err(error);
        }
        let (format, mappings) = (mappings.own_format(), Arc::new(mappings));
        let reader = Reader::new(name.into(), Dialect::Syslog, TimeZone::UTC, "".into()).with_pages(mappings.clone());
        Ok(Self { mappings, format, reader, received })
    }

    fn record(&mut self, record: &str) -> Tried {
        let event = self.reader.record(Piece { bytes: record.as_bytes(), continues: false, cut: false }, self.received);
        Tried { is_by_page: event.origin.format == self.format, event }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "title = \"T\"\nformat = \"till\"\nclass = \"api_activity\"\npattern = '(?<who>\\w+) opens (?<n>\\d+)'\n\
                        [fields]\n\"actor.user.name\" = \"who\"\n\"api.operation\" = { is = \"open\" }\n";

    #[test]
    fn a_page_is_tried_with_lines() {
        let tried = try_page(PAGE, "eva opens 7\n\nno till\n", Timestamp::EPOCH).unwrap();
        let shown: Vec<(&str, bool)> = tried.iter().map(|tried| (&*tried.event.origin.format, tried.is_by_page)).collect();
        assert_eq!(shown, [("till", true), ("", false)]);
        let error = try_page("title = 1", "x", Timestamp::EPOCH).unwrap_err();
        assert_eq!(error.place, "format");
        let json = try_page(
            &PAGE.replace("pattern = '(?<who>\\w+) opens (?<n>\\d+)'", "[[recognise]]\nhas = [\"who\"]"),
            "[{\"who\":\"eva\"},{\"x\":1}]",
            Timestamp::EPOCH,
        );
        assert_eq!(json.unwrap().iter().map(|tried| tried.is_by_page).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_folder_gives_its_pages_and_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("till.toml"), PAGE).unwrap();
        std::fs::write(folder.path().join("bad.toml"), "format = 7").unwrap();
        std::fs::write(folder.path().join("large.toml"), " ".repeat(300 * 1024)).unwrap();
        std::fs::write(folder.path().join("not-text.toml"), [0xff]).unwrap();
        std::fs::write(folder.path().join("notes.txt"), "x").unwrap();
        let (mappings, wrong) = Mappings::of_folder(folder.path());
        assert!(mappings.formats().iter().any(|(format, _)| *format == "till"));
        let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        assert_eq!(
            wrong,
            [
                "the page large.toml is larger than 262144 bytes",
                "the page not-text.toml cannot be read",
                "bad.toml: title: is missing",
            ]
        );
        assert!(Mappings::of_folder(Path::new("/nowhere")).1.is_empty());
    }
}

//! Records that describe themselves, made typed events by pages.
//!
//! A page (`content/parsers/json/*.toml`, and the user's own) says how its records are told from
//! others, of which class they are, and which of their values are which OCSF fields; what it does
//! not map stays searchable under its own name. `docs/adding-a-json-format.md` explains the words.
//! All pages of a set are compiled together: a record is read once, its page is found by the paths
//! it has, and each field of the page is one look-up by number.
//!
//! A line that is no JSON can be read as well, where a page has a `line` ([`line`]) or a `pattern` with named groups, or is for
//! pairs of key and value.
//!
//! Deliberately absent: programs in pages. What a table cannot say is a parser in `format`.

mod apply;
mod compile;
mod flat;
mod line;
mod names;
mod own;
mod page;
mod pages;
mod recognise;
mod sample;
mod shipped;
mod split;
mod take;
#[cfg(test)]
mod tests;
pub(crate) mod unfold;
mod value;

pub use flat::{DEPTH_MAX, NAME_MAX, RECORD_MAX, VALUES_MAX};
pub use line::{LINE_PARTS_MAX, LINE_PATTERN_MAX, kinds};
pub use own::{OwnPageError, PAGE_MAX, PAGES_MAX, TRIED_MAX, Tried, try_page};
pub use pages::Pages;
pub use sample::{SAMPLES_MAX, Sample, Unlike, samples_of, test_page};
pub use split::{RECORDS_MAX, split};

pub(crate) use apply::Mapper;
pub(crate) use line::{compile as line_regex, furthest, kind_regex, literal};
pub(crate) use split::pieces;

pub use compile::snake;

use compile::{Compiler, Envelope, Ready};
use names::Names;
use recognise::Files;
use std::sync::{Arc, LazyLock};

/// The format of a JSON object that no page knows.
const GENERIC: &str = "json";

/// Most cases of a page, the one for every record among them.
const CASES_MAX: usize = 64;

/// Most values of a record that are kept under their own names; the rest is counted, and in the record itself.
pub const UNMAPPED_MAX: usize = 1_000;

/// Most lines with named parts of a page.
const LINES_MAX: usize = 16;

/// Largest compiled pattern of a page, in bytes.
const PATTERN_SIZE_MAX: usize = 1 << 20;

/// What is wrong in a page, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{page}: {place}: {what}")]
pub struct PageError {
    /// The page, by its file name.
    pub page: String,
    /// The place in it, as a word of the page or as a line.
    pub place: String,
    /// The end of a sentence that begins with the place.
    pub what: String,
}

/// A set of pages, compiled.
#[derive(Debug)]
pub struct Mappings {
    names: Names,
    files: Files,
    /// The same for records of pairs.
    pair_files: Option<Files>,
    pages: Vec<Ready>,
    /// The page for what no page knows.
    generic: Option<usize>,
    /// Pages with a pattern for lines that are no JSON, the user's own first.
    patterns: Vec<usize>,
    /// Where documents keep several records.
    records: Vec<Envelope>,
}

/// The pages that Vigie ships.
static SHIPPED: LazyLock<Arc<Mappings>> = LazyLock::new(|| {
    let (mappings, _) = Mappings::with(&[]);
    Arc::new(mappings)
});

impl Mappings {
    /// The pages that Vigie ships.
    #[must_use]
    pub fn shipped() -> Arc<Self> {
        SHIPPED.clone()
    }

    /// The pages that Vigie ships and the user's own, by name and text. A page that is wrong is left
    /// out, and what is wrong in it said.
    #[must_use]
    pub fn with(own: &[(String, String)]) -> (Self, Vec<PageError>) {
        let mut compiler = Compiler::default();
        let mut wrong = Vec::new();
        let ours = shipped::PAGES.iter().map(|(name, text)| (*name, *text, false));
        for (name, text, is_own) in own.iter().map(|(name, text)| (name.as_str(), text.as_str(), true)).chain(ours) {
            if let Err(error) = compiler.add(name, text, is_own) {
                wrong.push(error);
            }
        }
        (Self::of(compiler), wrong)
    }

    fn of(compiler: Compiler) -> Self {
        let Compiler { names, shapes, pages, records } = compiler;
        let (of_pairs, shapes): (Vec<_>, Vec<_>) =
            shapes.into_iter().partition(|shape| pages.get(shape.page).is_some_and(|page| page.is_pairs));
        let pair_files = (!of_pairs.is_empty()).then(|| Files::new(of_pairs, names.len()));
        let generic = pages.iter().position(|page| &*page.format == GENERIC);
        let patterns = (0..pages.len()).filter(|page| pages.get(*page).is_some_and(|page| !page.patterns.is_empty())).collect();
        Self { files: Files::new(shapes, names.len()), pair_files, names, pages, generic, patterns, records }
    }

    /// The format of the first page, which is the user's where there is one.
    fn own_format(&self) -> Arc<str> {
        self.pages.first().map_or_else(|| "".into(), |page| page.format.clone())
    }

    /// Whether documents have their list of records under this name.
    #[must_use]
    pub fn names_list(&self, name: &str) -> bool {
        self.records.iter().any(|envelope| *envelope.list == *name)
    }

    /// The formats of the pages and what people call them, by format.
    #[must_use]
    pub fn formats(&self) -> Vec<(&str, &str)> {
        let mut formats: Vec<(&str, &str)> = self.pages.iter().map(|page| (&*page.format, &*page.title)).collect();
        formats.sort_unstable();
        formats.dedup();
        formats
    }
}

/// What a page is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Its format.
    pub format: String,
    /// What people call it.
    pub title: String,
    /// How many samples stand in it.
    pub samples: usize,
}

/// What a page is about, as far as it is written like one.
///
/// # Errors
/// [`PageError`]: the first thing that is written wrongly.
pub fn about(text: &str) -> Result<About, PageError> {
    let page = page::read("page", text)?;
    Ok(About { format: page.format, title: page.title, samples: page.samples.len() })
}

/// What a page says about how its records are told.
pub(crate) struct Words {
    /// Lines with named parts.
    pub(crate) lines: Vec<String>,
    /// Whether its records are pairs.
    pub(crate) is_pairs: bool,
    /// Names that its records have, by its first way to tell them.
    pub(crate) has: Vec<String>,
}

/// How a page tells its records; none for what is no page.
pub(crate) fn page_words(text: &str) -> Option<Words> {
    let page = page::read("page", text).ok()?;
    let has = page.recognise.into_iter().next().map_or_else(Vec::new, |recognise| recognise.has);
    Some(Words { lines: page.lines, is_pairs: page.is_pairs, has })
}

/// Whether a text is a time in a form that pages read without being told.
pub(crate) fn reads_as_time(text: &str) -> bool {
    let text = flat::Scalar::Text(text.into());
    value::time(&text, &value::TimeForm::default(), &mut crate::header::LocalTime::new(jiff::tz::TimeZone::UTC)).is_some()
}

/// What is wrong in a page, if anything.
///
/// # Errors
/// [`PageError`]: the first thing that is wrong.
pub fn check_page(name: &str, text: &str) -> Result<(), PageError> {
    Compiler::default().add(name, text, true)
}

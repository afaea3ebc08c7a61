//! The catalogue: everything Vigie knows to look for, one page per entry.
//!
//! An entry is a folder below `content/`: the page in three languages, for a detection its rule and
//! the events that prove it, for a kind of secret or malware its rule and the texts that prove it. The page is the entry's documentation and its test in one: judges
//! take title, severity and text from here and run the examples they find here. The list is explicit
//! (`list.rs`), so nothing is registered by a side effect; tests over the whole list hold what every
//! page promises.
//!
//! Not here: the condition of a check (room `checks`), the evaluation of a rule (rooms `detect` and
//! `inventory`).
//! Pages are part of the program and parsed once, on first use, by a small reader of our own: the
//! whole catalogue is ready in a few milliseconds.

mod entry;
pub mod lifecycle;
mod list;
pub mod malware;
mod page;
pub mod secret;
#[cfg(test)]
mod tests;

pub use entry::{Entry, Example, ExampleKind, Family, Maturity};
pub use page::{HEADINGS, PageError};

use std::collections::HashMap;
use std::sync::LazyLock;

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    // A page that does not parse is a mistake of ours that a test of this crate finds; a program
    // built in spite of that test does without the entry.
    let mut entries: Vec<Entry> = list::SOURCES.iter().filter_map(|source| page::entry(source).ok()).collect();
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    entries
});

static PLACES: LazyLock<HashMap<&'static str, &'static Entry>> =
    LazyLock::new(|| all().iter().map(|entry| (entry.id.as_str(), entry)).collect());

/// All entries, by id.
#[must_use]
pub fn all() -> &'static [Entry] {
    &ENTRIES
}

/// All entries of a family, by id.
pub fn of(family: Family) -> impl Iterator<Item = &'static Entry> {
    all().iter().filter(move |entry| entry.family == family)
}

/// The entry with an id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Entry> {
    PLACES.get(id).copied()
}

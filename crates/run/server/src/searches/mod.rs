//! Searches that people keep: by a name, for themselves or for everybody.
//!
//! A saved search is a question and how its answer is shown; it keeps no answer. Those of one person are seen by that
//! person alone; shared ones are read by whoever may read events, and changed by whoever may share searches. Names are
//! unique among the own ones of each person, and among the shared ones; an own search hides a shared one of its name.
//!
//! Holds: what is kept could be understood when it was kept, and each change stands in the audit trail in the same
//! transaction.

mod alert;
mod dashboards;
mod error;
mod judge;
mod question;
mod running;
mod store;

#[cfg(test)]
mod judge_tests;
#[cfg(test)]
mod tests;

pub(crate) use alert::{Alert, NewAlert, When};
pub(crate) use dashboards::{Body, Dashboard, NewDashboard, Show, Tile, Title};
pub(crate) use error::SearchesError;
pub(crate) use judge::{Judged, judge_due};
pub(crate) use question::not_in_common;
pub(crate) use running::RunningSearches;
pub(crate) use store::Searches;

use vigie_access::{AccessError, token};
use vigie_lake::{Query, Sequence};
use vigie_model::text;
use vigie_model::time::Timestamp;

/// Longest name of a search, in characters.
const NAME_CHARS_MAX: usize = 100;
/// Most columns of a search.
const COLUMNS_MAX: usize = 40;
/// Longest name of a column, in characters.
const COLUMN_CHARS_MAX: usize = 128;
/// Most searches of one owner.
const SEARCHES_MAX: i64 = 1_000;
/// Longest window up to now, in seconds: ten years.
const LAST_SECONDS_MAX: i64 = 10 * 366 * 86_400;

/// The window of a saved search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// So many seconds up to the moment in which it is asked.
    Last(i64),
    /// From one moment up to, but without, another.
    Between(Timestamp, Timestamp),
}

impl Span {
    /// Whether it can hold events.
    fn is_valid(self) -> bool {
        match self {
            Self::Last(seconds) => (1..=LAST_SECONDS_MAX).contains(&seconds),
            Self::Between(from, to) => from < to,
        }
    }
}

/// A search to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewSearch {
    /// What to call it.
    pub(crate) name: String,
    /// The question.
    pub(crate) query: String,
    /// The window.
    pub(crate) span: Span,
    /// The columns that its answer is shown with; none for the usual ones.
    pub(crate) columns: Vec<String>,
    /// Whether everybody sees it.
    pub(crate) shared: bool,
}

/// A search that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Saved {
    /// Its id, which stays when it is renamed.
    pub(crate) id: String,
    /// What it is.
    pub(crate) search: NewSearch,
    /// Who saved it.
    pub(crate) owner: String,
    /// When.
    pub(crate) created_at: Timestamp,
    /// When it was last changed.
    pub(crate) changed_at: Timestamp,
    /// By whom.
    pub(crate) changed_by: String,
}

/// Who asks for searches, and what they may do with those of everybody.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    /// The account's name.
    pub(crate) name: String,
    /// Whether they may share searches, and change shared ones.
    pub(crate) may_share: bool,
}

impl Asker {
    /// Whether they may change and remove a search that they see.
    pub(crate) fn may_change(&self, saved: &Saved) -> bool {
        if saved.search.shared { self.may_share } else { saved.owner == self.name }
    }
}

impl NewSearch {
    /// The search if it can be kept: with a name, understood, within the limits.
    fn checked(mut self) -> Result<Self, SearchesError> {
        self.name = checked_name(&self.name)?;
        checked_query(&self.query)?;
        if !are_columns(&self.columns) {
            return Err(SearchesError::Invalid(text!(
                en "A search has at most {COLUMNS_MAX} columns, of at most {COLUMN_CHARS_MAX} characters each",
                fr "Une recherche a au plus {COLUMNS_MAX} colonnes, de {COLUMN_CHARS_MAX} caractères au plus chacune",
                de "Eine Suche hat höchstens {COLUMNS_MAX} Spalten mit je höchstens {COLUMN_CHARS_MAX} Zeichen",
            )));
        }
        if self.span.is_valid() { Ok(self) } else { Err(SearchesError::Invalid(no_window())) }
    }
}

/// Whether a query, or a sequence, can be understood.
fn checked_query(text: &str) -> Result<(), SearchesError> {
    let understood = if Sequence::is_meant(text) { Sequence::parse(text).map(drop) } else { Query::parse(text).map(drop) };
    understood.map_err(SearchesError::Query)
}

/// Whether these are few enough names of columns.
fn are_columns(columns: &[String]) -> bool {
    let fits = |column: &String| !column.is_empty() && column.chars().count() <= COLUMN_CHARS_MAX;
    columns.len() <= COLUMNS_MAX && columns.iter().all(fits)
}

/// An id that says nothing and is nobody else's.
fn new_id() -> Result<String, SearchesError> {
    Ok(token::random_bytes::<8>().map_err(AccessError::from)?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A name that can be told and typed: not empty, one line, not too long.
fn checked_name(name: &str) -> Result<String, SearchesError> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(SearchesError::Invalid(text!(
            en "A name has 1 to {NAME_CHARS_MAX} characters, all on one line",
            fr "Un nom compte de 1 à {NAME_CHARS_MAX} caractères, sur une seule ligne",
            de "Ein Name hat 1 bis {NAME_CHARS_MAX} Zeichen in einer Zeile",
        )));
    }
    Ok(name.to_owned())
}

fn no_window() -> vigie_model::lang::Text {
    text!(
        en "The window of a search is so many seconds up to now, or from one moment to a later one",
        fr "La fenêtre d’une recherche est un nombre de secondes jusqu’à maintenant, ou va d’un moment à un autre plus tardif",
        de "Das Zeitfenster einer Suche sind so viele Sekunden bis jetzt, oder es reicht von einem Zeitpunkt zu einem späteren",
    )
}

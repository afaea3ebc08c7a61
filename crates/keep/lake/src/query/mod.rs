//! The query language: what people type to find events.
//!
//! The language is described at [`Query`].
//!
//! Deliberately absent: anything that is not about one event (counting, joining, ordering), and the
//! clock; the window of a search is not part of the query.

mod error;
mod expr;
mod habits;
mod lexer;
mod matching;
mod names;
mod needle;
mod parser;
mod pattern;
mod sequence;
mod values;

#[cfg(test)]
mod tests;

pub use error::QueryError;
pub(crate) use expr::{Expr, Term, Test};
pub(crate) use names::Target;
pub(crate) use pattern::folded;
pub use sequence::Sequence;

/// The places of a name, in the order in which they are looked at.
pub(crate) fn places(name: &str) -> Result<Vec<Target>, QueryError> {
    let places = names::resolve(name).ok_or_else(|| parser::unknown(name, 0))?;
    if places.contains(&Target::Raw) { Err(parser::unknown(name, 0)) } else { Ok(places) }
}

use std::sync::Arc;
use vigie_model::event::StoredEvent;

/// A question about single events, as people type it. Cheap to clone.
///
/// | written | finds events |
/// |---|---|
/// | `failed password` | whose raw record has both words, case ignored |
/// | `"failed password"`, `evil.example.net` | whose raw record has these words with exactly these signs between them |
/// | `fail*`, `*ssw*` | whose raw record has a word that begins so, has this text anywhere |
/// | `fail*root` | whose raw record has `fail` at the start of a word and later `root` at the end of one; `?` is one character |
/// | `user:root` | with this user; whole value, case ignored |
/// | `host:web-*` | whose host begins with `web-` |
/// | `container:*` | that have a container |
/// | `user:(root OR admin)` | with one of these users |
/// | `NOT user:root` | without this user, or without any |
/// | `a OR b AND NOT (c d)` | `NOT` binds tightest, then `AND` (also implied), then `OR`; upper case, or any case beside a condition on a field |
/// | `-user:root`, `a && b` | as Lucene has them: `-`, `!`, `+` before a condition on a field, a parenthesis or a quote; `&&`, `\|\|` |
/// | `ip:10.0.0.0/8`, `src:2001:db8::1` | with an address of this network, with this address |
/// | `port:>1024`, `port:[1 TO 1023]`, `port:{0 TO 1023]` | with a number in a range; `{` `}` leave the end out, `*` is no end |
/// | `severity:>=high`, `class:authentication`, `activity:logon` | by OCSF's words, or its numbers |
/// | `time:2026-11-21`, `time:>2026-11-21T08:30` | of a day, after a minute (UTC unless it says otherwise) |
/// | `unmapped.seq:7`, `unmapped.*:x` | with a value that the schema has no field for |
/// | `user:"a b"`, `user:a\*b` | quotes and `\` take signs as they are |
///
/// A name is an OCSF path (`src_endpoint.ip`), one of the short names of [`Query::names`], or
/// `id`, `time`, `received`, `class`, `activity`, `severity`, `source`, `format`, `host`, `raw`. Two
/// truth values: a condition on a value that is not there is false.
#[derive(Clone, Debug)]
pub struct Query {
    text: Arc<str>,
    expr: Arc<Expr>,
}

impl Query {
    /// Reads a query. The empty query finds everything.
    ///
    /// # Errors
    /// [`QueryError`] says where it cannot be understood, and what to try.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let tokens = lexer::tokens(text)?;
        let expr = parser::parse(&tokens)?;
        Ok(Self { text: text.into(), expr: Arc::new(expr) })
    }

    /// The query that finds everything.
    #[must_use]
    pub fn all() -> Self {
        Self { text: "".into(), expr: Arc::new(Expr::All) }
    }

    /// The query as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether an event satisfies it: for live tails.
    #[must_use]
    pub fn matches(&self, event: &StoredEvent) -> bool {
        self.expr.matches(event)
    }

    /// All names that a query may use before a colon, sorted; `unmapped.…` besides.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        names::all()
    }

    pub(crate) fn expr(&self) -> &Expr {
        &self.expr
    }
}

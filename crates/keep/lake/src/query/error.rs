//! What is said of a query that cannot be understood.

use std::fmt;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::lang::Text;

/// Why a text is not a query: where, what, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// The place, in characters from the start of the query, from 0.
    pub at: usize,
    /// What is wrong there, in one sentence.
    pub said: Box<Text>,
    /// What to try.
    pub hint: Option<Box<Text>>,
}

impl QueryError {
    pub(super) fn new(at: usize, said: Text) -> Self {
        Self { at, said: Box::new(said), hint: None }
    }

    pub(super) fn hint(mut self, hint: Text) -> Self {
        self.hint = Some(Box::new(hint));
        self
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at character {})", self.said.en, self.at + 1)
    }
}

impl std::error::Error for QueryError {}

impl Explain for QueryError {
    fn explain(self) -> Problem {
        let place = self.at + 1;
        let said = Text {
            en: format!("{} (at character {place})", self.said.en),
            fr: format!("{} (au caractère {place})", self.said.fr),
            de: format!("{} (an Zeichen {place})", self.said.de),
        };
        let problem = Problem::new(Kind::User, said);
        match self.hint {
            Some(hint) => problem.hint(*hint),
            None => problem,
        }
    }
}

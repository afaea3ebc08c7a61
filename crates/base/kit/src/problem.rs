//! What a person is told when something fails: one clear sentence, and what to try.
//!
//! Each room's public errors implement [`Explain`], so the three languages of a sentence stand
//! beside the error they explain. A [`Problem`] is made at the rim (command line, HTTP answer), where
//! its [`Kind`] becomes an exit code or a status and its chain of sources goes to the log.

use std::error::Error;
use std::fmt;
use vigie_model::lang::{Lang, Text};

/// The source of a problem: any error, kept for the log.
pub type Source = Box<dyn Error + Send + Sync>;

/// Who can put it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The person who asked: a wrong argument, a request that makes no sense.
    User,
    /// Whoever configured Vigie.
    Settings,
    /// Whoever runs the machine: a full disk, a missing permission, a network that is down.
    Environment,
    /// We: a defect.
    Internal,
}

/// Something that went wrong, as a person is told.
#[derive(Debug)]
pub struct Problem {
    /// Who can put it right.
    pub kind: Kind,
    /// What happened, in one sentence without a full stop.
    pub said: Text,
    /// What to try, where there is something to try.
    pub hint: Option<Text>,
    /// What caused it, for the log.
    pub source: Option<Source>,
}

/// An error that can say what happened and what to try, in every language.
pub trait Explain {
    /// The problem a person is told of.
    fn explain(self) -> Problem;
}

impl Problem {
    /// A problem with nothing but its sentence.
    #[must_use]
    pub const fn new(kind: Kind, said: Text) -> Self {
        Self { kind, said, hint: None, source: None }
    }

    /// Adds what to try.
    #[must_use]
    pub fn hint(mut self, hint: Text) -> Self {
        self.hint = Some(hint);
        self
    }

    /// Adds what caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The sentence and the hint in one language, as the command line shows them after `error: `.
    #[must_use]
    pub fn told(&self, lang: Lang) -> String {
        match &self.hint {
            Some(hint) => format!("{}\nhint: {}", self.said.get(lang), hint.get(lang)),
            None => self.said.get(lang).to_owned(),
        }
    }

    /// The sentence and all its causes on one line, for the log.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut line = self.said.en.clone();
        let mut next = self.source.as_deref().map(|source| source as &dyn Error);
        while let Some(error) = next {
            let words = error.to_string();
            if !line.ends_with(&words) {
                line.push_str(": ");
                line.push_str(&words);
            }
            next = error.source();
        }
        line
    }
}

impl Explain for Problem {
    fn explain(self) -> Problem {
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said.en)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::text;

    #[test]
    fn tells_the_sentence_the_hint_and_the_chain() {
        let problem = Problem::new(Kind::Environment, text!(en "no room", fr "plus de place", de "kein Platz"))
            .hint(text!(en "free some", fr "faites-en", de "schaffen Sie welchen"))
            .because(std::io::Error::other("ENOSPC"));
        assert_eq!(problem.told(Lang::Fr), "plus de place\nhint: faites-en");
        assert_eq!(problem.chain(), "no room: ENOSPC");
    }
}

//! From a piece of configuration to a verdict, without losing what is only known when it is applied.

use crate::secretish::masked;
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// What was found in one piece so far.
#[derive(Debug)]
pub(crate) struct Tally<'a> {
    piece: &'a Piece,
    evidence: Vec<Evidence>,
    unknown: Option<&'a str>,
}

impl<'a> Tally<'a> {
    /// Nothing yet.
    pub(crate) const fn of(piece: &'a Piece) -> Self {
        Self { piece, evidence: Vec::new(), unknown: None }
    }

    /// Something bad at a JSON pointer. `locator` says where without numbers that move: `/containers/web/image`
    /// and not `/spec/containers/0/image`; together with the piece's id it is part of the finding's identity. What is
    /// bad twice under one locator is one proof, at the first place. What looks like a secret in them is hidden.
    pub(crate) fn bad(
        &mut self,
        pointer: &str,
        locator: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        const FOUND_MAX: usize = 400;
        let (place, locator, found) = (self.piece.place(pointer), masked(&locator.into()), masked(&found.into()));
        match self.evidence.iter_mut().find(|proof| proof.locator == locator) {
            Some(proof) if proof.found.contains(&found) || proof.found.len() > FOUND_MAX => {}
            Some(proof) => proof.found = format!("{}; {found}", proof.found),
            None => self.evidence.push(Evidence { locator, place, found, expected: expected.into() }),
        }
    }

    /// Something that cannot be told because of an expression.
    pub(crate) fn unknown(&mut self, expression: &'a str) {
        self.unknown.get_or_insert(expression);
    }

    /// The value at a JSON pointer; what is unknown there is noted.
    pub(crate) fn known(&mut self, pointer: &str) -> Option<&'a Value> {
        match self.piece.look(pointer) {
            Look::Known(value) => Some(value),
            Look::Absent => None,
            Look::Unknown(expression) => {
                self.unknown(expression);
                None
            }
        }
    }

    /// Fail before unknown before pass.
    pub(crate) fn verdict(self) -> Verdict {
        match (self.evidence.is_empty(), self.unknown) {
            (false, _) => Verdict::Fail { evidence: self.evidence },
            (true, Some(expression)) => Verdict::unknown(text!(
                en "{expression} is only known when it is applied",
                fr "{expression} n’est connu qu’à l’application",
                de "{expression} ist erst bei der Anwendung bekannt"
            )),
            (true, None) => Verdict::Pass,
        }
    }
}

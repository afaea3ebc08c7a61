//! From words to conditions, by recursive descent.
//!
//! ```text
//! any    = all ("OR" all)*
//! all    = one (["AND"] one)*
//! one    = "NOT" one | "(" any ")" | field value | text
//! value  = word | phrase | comparison | range | "(" value ("OR" | "AND" | "NOT" value)* ")"
//! ```

use super::error::QueryError;
use super::expr::{Expr, Term, Test};
use super::lexer::{Kind, Token};
use super::names::{self, Target};
use super::pattern::Sign;
use super::values::{self, Asked};
use vigie_model::text;

/// How deep parentheses and negations may nest.
const DEPTH_MAX: usize = 50;
/// How many conditions a query may come to, short names spelt out.
const TERMS_MAX: usize = 1000;

/// Reads the words of a query.
pub(super) fn parse(tokens: &[Token]) -> Result<Expr, QueryError> {
    let mut parser = Parser { tokens, next: 0, depth: 0, terms: 0 };
    if tokens.is_empty() {
        return Ok(Expr::All);
    }
    let expr = parser.any(None)?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => Err(QueryError::new(
            token.at,
            text!(en "this parenthesis closes nothing", fr "cette parenthèse ne ferme rien", de "diese Klammer schließt nichts"),
        )),
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    next: usize,
    depth: usize,
    terms: usize,
}

/// The field whose values stand in the parentheses being read.
type Within<'f> = Option<&'f [Target]>;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn take_if(&mut self, kind: &Kind) -> bool {
        let found = self.peek().is_some_and(|token| token.kind == *kind);
        self.next += usize::from(found);
        found
    }

    fn any(&mut self, within: Within<'_>) -> Result<Expr, QueryError> {
        let mut parts = vec![self.all(within)?];
        while self.take_if(&Kind::Or) {
            parts.push(self.all(within)?);
        }
        Ok(Expr::any(parts))
    }

    fn all(&mut self, within: Within<'_>) -> Result<Expr, QueryError> {
        let mut expr = self.one(within)?;
        loop {
            if self.take_if(&Kind::And) || self.peek().is_some_and(|token| !matches!(token.kind, Kind::Or | Kind::Close)) {
                expr = expr.and(self.one(within)?);
            } else {
                return Ok(expr);
            }
        }
    }

    fn one(&mut self, within: Within<'_>) -> Result<Expr, QueryError> {
        let Some(token) = self.take() else { return Err(self.ends_early()) };
        match token.kind {
            Kind::Not => Ok(Expr::Not(Box::new(self.nested(token.at, |parser| parser.one(within))?))),
            Kind::Open => {
                let inner = self.nested(token.at, |parser| parser.any(within))?;
                self.close(token.at)?;
                Ok(inner)
            }
            Kind::Field(name) => self.field(&name, token.at),
            Kind::Value(signs) => match within {
                Some(targets) => self.tests(targets, &Asked::Equal(signs), token.at),
                None => self.text(&signs, token.at),
            },
            Kind::Compare(_) | Kind::Range { .. } if within.is_some() => {
                self.next -= 1;
                self.value(within.unwrap_or_default())
            }
            Kind::Compare(_) | Kind::Range { .. } | Kind::And | Kind::Or | Kind::Close => Err(misplaced(&token)),
        }
    }

    fn nested<T>(&mut self, at: usize, read: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(QueryError::new(
                at,
                text!(en "this query nests more than {DEPTH_MAX} levels deep", fr "cette requête s'imbrique sur plus de {DEPTH_MAX} niveaux",
                      de "diese Abfrage ist tiefer als {DEPTH_MAX} Ebenen verschachtelt"),
            ));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn close(&mut self, opened_at: usize) -> Result<(), QueryError> {
        if self.take_if(&Kind::Close) {
            return Ok(());
        }
        Err(QueryError::new(
            opened_at,
            text!(en "this parenthesis is not closed", fr "cette parenthèse n'est pas fermée", de "diese Klammer wird nicht geschlossen"),
        ))
    }

    fn field(&mut self, name: &str, at: usize) -> Result<Expr, QueryError> {
        let targets = names::resolve(name).ok_or_else(|| unknown(name, at))?;
        self.value(&targets)
    }

    fn value(&mut self, targets: &[Target]) -> Result<Expr, QueryError> {
        let Some(token) = self.take() else { return Err(self.ends_early()) };
        match token.kind {
            Kind::Value(signs) => self.tests(targets, &Asked::Equal(signs), token.at),
            Kind::Compare(comparison) => match self.take() {
                Some(Token { kind: Kind::Value(signs), at }) => self.tests(targets, &Asked::Compare(comparison, signs), at),
                _ => Err(self.ends_early()),
            },
            Kind::Range { low, low_included, high, high_included } => {
                let asked = Asked::Between(low.map(|low| (low, low_included)), high.map(|high| (high, high_included)));
                self.tests(targets, &asked, token.at)
            }
            Kind::Open => {
                let inner = self.nested(token.at, |parser| parser.any(Some(targets)))?;
                self.close(token.at)?;
                Ok(inner)
            }
            Kind::And | Kind::Or | Kind::Not | Kind::Close | Kind::Field(_) => Err(misplaced(&token)),
        }
    }

    /// The test on each target that the value fits; an error when it fits none.
    fn tests(&mut self, targets: &[Target], asked: &Asked, at: usize) -> Result<Expr, QueryError> {
        let mut terms = Vec::new();
        let mut first_error = None;
        for target in targets {
            match values::test(target, asked, at) {
                Ok(test) => terms.push(Term { target: target.clone(), test }),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        match first_error {
            Some(error) if terms.is_empty() => Err(error),
            _ => self.counted(terms, at),
        }
    }

    fn text(&mut self, signs: &[Sign], at: usize) -> Result<Expr, QueryError> {
        if signs.iter().all(|sign| *sign == Sign::Any) {
            return Ok(Expr::All);
        }
        let test: Test = values::needle(signs, at)?;
        self.counted(vec![Term { target: Target::Raw, test }], at)
    }

    fn counted(&mut self, terms: Vec<Term>, at: usize) -> Result<Expr, QueryError> {
        self.terms += terms.len();
        if self.terms > TERMS_MAX {
            return Err(QueryError::new(
                at,
                text!(en "this query has more than {TERMS_MAX} conditions", fr "cette requête a plus de {TERMS_MAX} conditions",
                      de "diese Abfrage hat mehr als {TERMS_MAX} Bedingungen"),
            ));
        }
        Ok(Expr::any(terms.into_iter().map(Expr::Term).collect()))
    }

    fn ends_early(&self) -> QueryError {
        let at = self.tokens.last().map_or(0, |last| last.at);
        QueryError::new(
            at,
            text!(en "the query ends where a condition is expected", fr "la requête s'arrête là où une condition est attendue",
                                  de "die Abfrage endet, wo eine Bedingung erwartet wird"),
        )
    }
}

pub(super) fn unknown(name: &str, at: usize) -> QueryError {
    let error = QueryError::new(
        at,
        text!(en "there is no field `{name}`", fr "il n'existe pas de champ `{name}`", de "es gibt kein Feld `{name}`"),
    );
    error.hint(match names::nearest(name) {
        Some(known) => text!(
            en "did you mean `{known}`? A source's own field is `unmapped.{name}`; to look for the text, put it in quotes",
            fr "vouliez-vous dire `{known}` ? Un champ propre à la source s'écrit `unmapped.{name}` ; pour chercher le texte, mettez-le entre guillemets",
            de "meinten Sie `{known}`? Ein eigenes Feld der Quelle heißt `unmapped.{name}`; um den Text zu suchen, setzen Sie ihn in Anführungszeichen",
        ),
        None => text!(
            en "a source's own field is `unmapped.{name}`; to look for the text, put it in quotes",
            fr "un champ propre à la source s'écrit `unmapped.{name}` ; pour chercher le texte, mettez-le entre guillemets",
            de "ein eigenes Feld der Quelle heißt `unmapped.{name}`; um den Text zu suchen, setzen Sie ihn in Anführungszeichen",
        ),
    })
}

fn misplaced(token: &Token) -> QueryError {
    let word = match &token.kind {
        Kind::And => "AND",
        Kind::Or => "OR",
        Kind::Not => "NOT",
        Kind::Close => ")",
        Kind::Field(name) => name,
        Kind::Open | Kind::Value(_) | Kind::Compare(_) | Kind::Range { .. } => "…",
    };
    QueryError::new(
        token.at,
        text!(en "`{word}` stands where a condition is expected", fr "`{word}` se trouve là où une condition est attendue",
                                    de "`{word}` steht, wo eine Bedingung erwartet wird"),
    )
    .hint(quote_hint())
}

fn quote_hint() -> vigie_model::lang::Text {
    text!(en "to look for it as text, put it in quotes", fr "pour le chercher comme texte, mettez-le entre guillemets",
          de "um es als Text zu suchen, setzen Sie es in Anführungszeichen")
}

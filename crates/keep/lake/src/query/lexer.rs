//! The words of a query, one at a time, with their places.

use super::error::QueryError;
use super::habits::{self, Small};
use super::names;
use super::pattern::Sign;
use std::iter::Peekable;
use std::str::CharIndices;
use vigie_model::text;

/// A word of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// In characters from the start.
    pub(super) at: usize,
}

/// What sort of word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    And,
    Or,
    Not,
    Open,
    Close,
    /// `name:`, and what follows belongs to it.
    Field(String),
    /// A value or a text to look for.
    Value(Vec<Sign>),
    /// `>`, `>=`, `<`, `<=` after `name:`.
    Compare(Comparison),
    /// `[a TO b]`, ends with `{` or `}` excluded; `*` is open.
    Range {
        low: Option<Vec<Sign>>,
        low_included: bool,
        high: Option<Vec<Sign>>,
        high_included: bool,
    },
}

/// How a value compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
}

/// How long a query may be, in characters.
const CHARS_MAX: usize = 4096;

/// Splits a query into its words.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, QueryError> {
    if query.chars().nth(CHARS_MAX).is_some() {
        return Err(QueryError::new(
            CHARS_MAX,
            text!(en "a query has at most {CHARS_MAX} characters", fr "une requête compte au plus {CHARS_MAX} caractères",
                  de "eine Abfrage hat höchstens {CHARS_MAX} Zeichen"),
        ));
    }
    let mut lexer = Lexer { query, rest: query.char_indices().peekable(), at: 0, after_field: false, group: 0, small: None };
    let (mut tokens, mut small) = (Vec::new(), Vec::new());
    while let Some(token) = lexer.next()? {
        small.extend(lexer.small.take().map(|said| (tokens.len(), said)));
        tokens.push(token);
    }
    habits::settle(&mut tokens, &small)?;
    Ok(tokens)
}

struct Lexer<'a> {
    query: &'a str,
    rest: Peekable<CharIndices<'a>>,
    /// Characters taken so far.
    at: usize,
    /// The next word is a field's value: it may have colons, compare or span a range.
    after_field: bool,
    /// Open parentheses within the values of one field.
    group: usize,
    /// What the last word may be besides itself: an operator in small letters.
    small: Option<Small>,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Option<Token>, QueryError> {
        self.skip_blanks();
        let at = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        let value = std::mem::take(&mut self.after_field);
        if !value
            && self.group == 0
            && let Some(sign) = self.sign_before(at)?
        {
            self.take();
            if sign == '+' {
                // All conditions must hold anyway.
                return self.next();
            }
            return Ok(Some(Token { kind: Kind::Not, at }));
        }
        let kind = match first {
            '(' => {
                self.group += usize::from(value || self.group > 0);
                self.single(Kind::Open)
            }
            ')' => {
                self.group = self.group.saturating_sub(1);
                self.single(Kind::Close)
            }
            '"' => Kind::Value(self.quoted()?),
            '<' | '>' if value || self.group > 0 => self.comparison(),
            '[' | '{' if value || self.group > 0 => self.range()?,
            '\'' if value => return Err(habits::single_quote(at)),
            _ if value => {
                let start = self.rest.peek().map_or(0, |(place, _)| *place);
                let signs = self.signs(&[]);
                let end = self.rest.peek().map_or(self.query.len(), |(place, _)| *place);
                habits::refuse_regex(self.query.get(start..end).unwrap_or_default(), at)?;
                Kind::Value(signs)
            }
            _ if self.group > 0 => self.word()?,
            _ => match self.field_name() {
                Some(name) => self.field(name)?,
                None => self.word()?,
            },
        };
        Ok(Some(Token { kind, at }))
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, char)| *char)
    }

    fn take(&mut self) -> Option<char> {
        let (_, char) = self.rest.next()?;
        self.at += 1;
        Some(char)
    }

    fn single(&mut self, kind: Kind) -> Kind {
        self.take();
        kind
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.take();
        }
    }

    /// The name before a colon, taken with the colon. After a name nobody knows, a double colon
    /// belongs to an address and one before `//` to a URL.
    fn field_name(&mut self) -> Option<String> {
        let start = self.rest.peek().map(|(place, _)| *place)?;
        let rest = self.query.get(start..)?;
        let (name, after) = rest.split_once(':')?;
        let of_a_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '*' | '/' | '$');
        let starts_well = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let of_a_text = (after.starts_with(':') || after.starts_with("//")) && names::resolve(name).is_none();
        if !starts_well || !name.chars().all(of_a_name) || of_a_text {
            return None;
        }
        let name = name.to_owned();
        for _ in 0..=name.chars().count() {
            self.take();
        }
        Some(name)
    }

    fn field(&mut self, name: String) -> Result<Kind, QueryError> {
        if self.peek().is_none_or(|c| c.is_whitespace() || c == ')') {
            let said = text!(en "`{name}:` has no value", fr "`{name}:` n'a pas de valeur", de "`{name}:` hat keinen Wert");
            return Err(QueryError::new(self.at, said).hint(text!(
                en "write `{name}:value`, or `{name}:*` for any value",
                fr "écrivez `{name}:valeur`, ou `{name}:*` pour n'importe quelle valeur",
                de "schreiben Sie `{name}:Wert` oder `{name}:*` für jeden beliebigen Wert",
            )));
        }
        self.after_field = true;
        Ok(Kind::Field(name))
    }

    /// A sign before a condition, as Lucene has them: `-` and `!` for what must not be, `+` for what must. Before a
    /// plain word it may as well be a part of it (`-rf`), so that is refused.
    fn sign_before(&mut self, at: usize) -> Result<Option<char>, QueryError> {
        let Some(sign) = self.peek().filter(|char| matches!(char, '-' | '+' | '!')) else { return Ok(None) };
        let mut behind = Lexer { query: self.query, rest: self.rest.clone(), at, after_field: false, group: 0, small: None };
        behind.take();
        match behind.peek() {
            Some('(' | '"') => Ok(Some(sign)),
            Some(_) if behind.field_name().is_some() => Ok(Some(sign)),
            Some(char) if char.is_alphanumeric() => {
                let word: String = behind.rest.map(|(_, char)| char).take_while(|char| !char.is_whitespace()).take(40).collect();
                Err(habits::sign_before_word(sign, &word, at))
            }
            _ => Ok(None),
        }
    }

    fn word(&mut self) -> Result<Kind, QueryError> {
        let at = self.at;
        let signs = self.signs(&[]);
        if signs == [Sign::Any, Sign::Char(':'), Sign::Any] {
            return Ok(Kind::Value(vec![Sign::Any]));
        }
        let plain = plain(&signs);
        Ok(match plain.as_deref() {
            Some("AND" | "&&") => Kind::And,
            Some("OR" | "||") => Kind::Or,
            Some("NOT") => Kind::Not,
            Some("=" | "==" | "|") => return Err(habits::sign_alone(plain.as_deref().unwrap_or_default(), at)),
            Some(word) => {
                self.small = Small::of(word, self.group > 0);
                Kind::Value(signs)
            }
            None => Kind::Value(signs),
        })
    }

    fn comparison(&mut self) -> Kind {
        let above = self.take() == Some('>');
        let equal = self.peek() == Some('=');
        if equal {
            self.take();
        }
        self.after_field = true;
        Kind::Compare(match (above, equal) {
            (true, false) => Comparison::Above,
            (true, true) => Comparison::AtLeast,
            (false, false) => Comparison::Below,
            (false, true) => Comparison::AtMost,
        })
    }

    fn range(&mut self) -> Result<Kind, QueryError> {
        let start = self.at;
        let low_included = self.take() == Some('[');
        let low = self.range_end();
        self.skip_blanks();
        let to = plain(&self.signs(&[']', '}']));
        let high = self.range_end();
        self.skip_blanks();
        let close = self.take();
        match (low, to.as_deref(), high, close) {
            (Some(low), Some("TO"), Some(high), Some(']' | '}')) => Ok(Kind::Range {
                low: (low != [Sign::Any]).then_some(low),
                low_included,
                high: (high != [Sign::Any]).then_some(high),
                high_included: close == Some(']'),
            }),
            _ => {
                let said = text!(en "this range is not complete", fr "cet intervalle est incomplet", de "dieser Bereich ist unvollständig");
                Err(QueryError::new(start, said).hint(text!(
                    en "write `[1 TO 9]`, with `{{` or `}}` to leave an end out and `*` for no end",
                    fr "écrivez `[1 TO 9]`, avec `{{` ou `}}` pour exclure une borne et `*` pour une borne ouverte",
                    de "schreiben Sie `[1 TO 9]`, mit `{{` oder `}}`, um eine Grenze auszuschließen, und `*` für keine Grenze",
                )))
            }
        }
    }

    fn range_end(&mut self) -> Option<Vec<Sign>> {
        self.skip_blanks();
        let signs = if self.peek() == Some('"') { self.quoted().ok()? } else { self.signs(&[']', '}']) };
        (!signs.is_empty()).then_some(signs)
    }

    /// Signs up to a blank, a parenthesis, a quote or one of these.
    fn signs(&mut self, ends: &[char]) -> Vec<Sign> {
        let mut signs = Vec::new();
        while let Some(char) = self.peek().filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"') && !ends.contains(c)) {
            self.take();
            signs.push(match char {
                '\\' => Sign::Char(self.take().unwrap_or('\\')),
                '*' => Sign::Any,
                '?' => Sign::One,
                char => Sign::Char(char),
            });
        }
        signs
    }

    fn quoted(&mut self) -> Result<Vec<Sign>, QueryError> {
        let start = self.at;
        self.take();
        let mut signs = Vec::new();
        loop {
            match self.take() {
                Some('"') => return Ok(signs),
                Some('\\') => signs.extend(self.take().map(Sign::Char)),
                Some(char) => signs.push(Sign::Char(char)),
                None => {
                    return Err(QueryError::new(
                        start,
                        text!(en "this quote is not closed", fr "ce guillemet n'est pas fermé",
                              de "dieses Anführungszeichen wird nicht geschlossen"),
                    )
                    .hint(text!(en "write `\\\"` for a quote inside quotes",
                                fr "écrivez `\\\"` pour un guillemet entre guillemets",
                                de "schreiben Sie `\\\"` für ein Anführungszeichen im Text")));
                }
            }
        }
    }
}

/// The text of signs without wildcards.
pub(super) fn plain(signs: &[Sign]) -> Option<String> {
    signs.iter().map(|sign| if let Sign::Char(char) = sign { Some(*char) } else { None }).collect()
}

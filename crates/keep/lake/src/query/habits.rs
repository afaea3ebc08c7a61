//! What people write who come from another query language.
//!
//! Where it can mean one thing only, it means that: `-user:root`, `a && b`, `user:root and host:web-1`, `*:*`. Where it
//! would quietly be looked for as text and find nothing, it is refused with the way to write it.

use super::error::QueryError;
use super::lexer::{Kind, Token};
use vigie_model::text;

/// An operator in small letters, or a word that is written like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Small {
    operator: Operator,
    /// Among the values of one field, where a word like this is hardly meant.
    in_group: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    And,
    Or,
    Not,
}

impl Small {
    pub(super) fn of(word: &str, in_group: bool) -> Option<Self> {
        let named = |name: &str| word.eq_ignore_ascii_case(name);
        let operator = match () {
            () if named("and") => Operator::And,
            () if named("or") => Operator::Or,
            () if named("not") => Operator::Not,
            () => return None,
        };
        Some(Self { operator, in_group })
    }
}

/// Makes operators of the words that stand where only an operator makes sense: beside a condition on a field, or a
/// parenthesis. Among plain words they are words (`connection not found`).
pub(super) fn settle(tokens: &mut [Token], small: &[(usize, Small)]) -> Result<(), QueryError> {
    // From the end: `and not user:root`.
    for (place, said) in small.iter().rev() {
        let (after, before) = (ends_condition(tokens, *place), begins_condition(tokens, place + 1));
        let kind = match said.operator {
            _ if !said.in_group && !after && !before => continue,
            Operator::And => Kind::And,
            Operator::Or => Kind::Or,
            Operator::Not if said.in_group || before => Kind::Not,
            Operator::Not => {
                let at = tokens.get(*place).map_or(0, |token| token.at);
                return Err(either("not", "NOT", at));
            }
        };
        if let Some(token) = tokens.get_mut(*place) {
            token.kind = kind;
        }
    }
    Ok(())
}

/// Whether a condition on a field, or a parenthesis, ends before this place.
fn ends_condition(tokens: &[Token], place: usize) -> bool {
    let kind = |back: usize| place.checked_sub(back).and_then(|place| tokens.get(place)).map(|token| &token.kind);
    let is_value = matches!((kind(2), kind(1)), (Some(Kind::Field(_) | Kind::Compare(_)), Some(Kind::Value(_))));
    is_value || matches!(kind(1), Some(Kind::Close | Kind::Range { .. }))
}

/// Whether a condition on a field, or a parenthesis, begins at this place.
fn begins_condition(tokens: &[Token], place: usize) -> bool {
    matches!(tokens.get(place).map(|token| &token.kind), Some(Kind::Field(_) | Kind::Open | Kind::Not))
}

fn either(word: &str, operator: &str, at: usize) -> QueryError {
    let error = QueryError::new(
        at,
        text!(en "`{word}` may be an operator here, or a word to look for",
              fr "`{word}` peut être ici un opérateur ou un mot à chercher",
              de "`{word}` kann hier ein Operator oder ein gesuchtes Wort sein"),
    );
    error.hint(text!(
        en "write `{operator}` for the operator, `\"{word}\"` for the word",
        fr "écrivez `{operator}` pour l’opérateur, `\"{word}\"` pour le mot",
        de "schreiben Sie `{operator}` für den Operator, `\"{word}\"` für das Wort",
    ))
}

/// `-rf`: NOT, or a text with a sign before it.
pub(super) fn sign_before_word(sign: char, word: &str, at: usize) -> QueryError {
    let error = QueryError::new(
        at,
        text!(en "`{sign}{word}` may be a condition with a sign before it, or a text",
              fr "`{sign}{word}` peut être une condition précédée d’un signe ou un texte",
              de "`{sign}{word}` kann eine Bedingung mit einem Vorzeichen oder ein Text sein"),
    );
    if sign == '+' {
        return error.hint(text!(
            en "write `{word}` alone, all conditions must hold anyway; `\"{sign}{word}\"` for the text",
            fr "écrivez `{word}` seul, toutes les conditions doivent être remplies de toute façon ; `\"{sign}{word}\"` pour le texte",
            de "schreiben Sie nur `{word}`, alle Bedingungen müssen ohnehin gelten; `\"{sign}{word}\"` für den Text",
        ));
    }
    error.hint(text!(
        en "write `NOT {word}` for events without it, `\"{sign}{word}\"` for the text",
        fr "écrivez `NOT {word}` pour les événements sans lui, `\"{sign}{word}\"` pour le texte",
        de "schreiben Sie `NOT {word}` für Ereignisse ohne dieses Wort, `\"{sign}{word}\"` für den Text",
    ))
}

/// `host = web-1`, `… | stats count`.
pub(super) fn sign_alone(sign: &str, at: usize) -> QueryError {
    let error = QueryError::new(
        at,
        text!(en "`{sign}` alone is no condition", fr "`{sign}` seul n’est pas une condition", de "`{sign}` allein ist keine Bedingung"),
    );
    if sign == "|" {
        return error.hint(text!(
            en "a query only chooses events, there is no pipe: counts, top values and exports are options of the search; for the sign, write `\"|\"`",
            fr "une requête ne fait que choisir des événements, sans tube : décomptes, valeurs fréquentes et exports sont des options de la recherche ; pour le signe, écrivez `\"|\"`",
            de "eine Abfrage wählt nur Ereignisse aus, ohne Pipe: Zählen, häufigste Werte und Exporte sind Optionen der Suche; für das Zeichen schreiben Sie `\"|\"`",
        ));
    }
    error.hint(text!(
        en "a field and its value are written `host:web-1`; for the sign, write `\"{sign}\"`",
        fr "un champ et sa valeur s’écrivent `host:web-1` ; pour le signe, écrivez `\"{sign}\"`",
        de "ein Feld und sein Wert werden `host:web-1` geschrieben; für das Zeichen schreiben Sie `\"{sign}\"`",
    ))
}

/// `host:'web-1'`.
pub(super) fn single_quote(at: usize) -> QueryError {
    let error = QueryError::new(
        at,
        text!(en "single quotes have no meaning here", fr "les guillemets simples n’ont pas de sens ici",
              de "einfache Anführungszeichen haben hier keine Bedeutung"),
    );
    error.hint(text!(
        en "use double quotes; for a value that begins with one, write `\\'`",
        fr "utilisez des guillemets doubles ; pour une valeur qui commence ainsi, écrivez `\\'`",
        de "verwenden Sie doppelte; für einen Wert, der so beginnt, schreiben Sie `\\'`",
    ))
}

/// Refuses `user:/ro+t/`; a path such as `/etc/` is none.
pub(super) fn refuse_regex(value: &str, at: usize) -> Result<(), QueryError> {
    let inner = value.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let is_regex =
        inner.is_some_and(|inner| inner.contains(['+', '[', ']', '^', '$', '|', '{', '}', '\\']) || inner.contains(".*"));
    if !is_regex {
        return Ok(());
    }
    let error = QueryError::new(
        at,
        text!(en "queries have no regular expressions", fr "les requêtes n’ont pas d’expressions régulières",
              de "Abfragen haben keine regulären Ausdrücke"),
    );
    Err(error.hint(text!(
        en "use `*` for any text and `?` for one character, or put the value in quotes if it is a path",
        fr "utilisez `*` pour un texte quelconque et `?` pour un caractère, ou mettez la valeur entre guillemets si c’est un chemin",
        de "verwenden Sie `*` für beliebigen Text und `?` für ein Zeichen, oder setzen Sie den Wert in Anführungszeichen, wenn er ein Pfad ist",
    )))
}

#[cfg(test)]
mod tests {
    use crate::Query;

    #[track_caller]
    fn same(one: &str, other: &str) {
        let expr = |query: &str| format!("{:?}", Query::parse(query).unwrap().expr);
        assert_eq!(expr(one), expr(other), "{one}");
    }

    #[test]
    fn what_can_mean_one_thing_only_means_it() {
        same("host:a -user:root", "host:a NOT user:root");
        same("host:a !user:root", "host:a NOT user:root");
        same("-(user:root OR user:eva)", "NOT (user:root OR user:eva)");
        same("host:a -\"some text\"", "host:a NOT \"some text\"");
        same("+host:a +user:root", "host:a user:root");
        same("host:a && user:root || x", "host:a AND user:root OR x");
        same("host:a and user:root", "host:a AND user:root");
        same("host:a And not user:root or failed", "host:a AND NOT user:root OR failed");
        same("user:(root or eva)", "user:(root OR eva)");
        same("*:*", "*");
        same("status_id:failure", "status_id:2");
    }

    #[test]
    fn among_words_they_are_words() {
        same("connection not found", "\"connection\" \"not\" \"found\"");
        same("black and white", "\"black\" \"and\" \"white\"");
        same("a->b", "\"a->b\"");
        same("-- --", "\"--\" \"--\"");
        same("file.path:/etc/", "file.path:\"/etc/\"");
        same("user=root", "\"user=root\"");
        same("port:(-1 OR 5)", "port:-1 OR port:5");
    }

    #[test]
    fn what_would_find_nothing_quietly_is_refused() {
        for (query, at, hint) in [
            ("rm -rf", 3, "NOT rf"),
            ("host:a +root", 7, "`root` alone"),
            ("host:a not found", 7, "`NOT` for the operator"),
            ("host = a", 5, "`host:web-1`"),
            ("host == a", 5, "`host:web-1`"),
            ("failed | stats count", 7, "no pipe"),
            ("host:'a'", 5, "double quotes"),
            ("user:/ro+t/", 5, "`*` for any text"),
        ] {
            let error = Query::parse(query).unwrap_err();
            let said = format!("{error:?}");
            assert!(said.contains(hint), "{query}: {said}");
            assert_eq!(error.at, at, "{query}");
        }
    }
}

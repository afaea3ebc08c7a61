//! Sequences: events that follow each other within a span of time, as people write them for EQL.
//!
//! ```text
//! sequence by user with maxspan=5m
//!   [ class:authentication status_id:2 ] with runs=5
//!   [ class:authentication status_id:1 ]
//! until [ activity:logoff ]
//! ```
//!
//! Each step is a query. `by` names what the events of a sequence have in common; a step may name its own
//! (`[ … ] by actor.user.name`), as many as the others. Within a step brackets belong to ranges; others need quotes.

use super::error::QueryError;
use super::{Query, Target, names, parser};
use std::sync::Arc;
use vigie_model::text;

/// Most steps as they are written.
const STEPS_MAX: usize = 5;
/// Most steps, runs spelt out.
const STAGES_MAX: usize = 20;
/// Most names that events are joined by.
const BY_MAX: usize = 4;
/// Longest span, in seconds: a week.
const SPAN_S_MAX: i64 = 7 * 86_400;
/// Longest text, in characters.
const CHARS_MAX: usize = 16_384;

/// Events that follow each other. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sequence(Arc<Parsed>);

#[derive(Debug)]
struct Parsed {
    text: String,
    by: Vec<String>,
    steps: Vec<Step>,
    until: Option<Step>,
    span_micros: i64,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) query: Query,
    /// For each name that events are joined by, the places of its values.
    pub(crate) by: Vec<Vec<Target>>,
    /// How many such events in a row.
    pub(crate) runs: usize,
}

impl Sequence {
    /// Whether a text is meant as a sequence: then it begins with `sequence by`, `sequence with` or `sequence [`.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        let mut words = text.split_whitespace();
        words.next() == Some("sequence")
            && words.next().is_some_and(|word| word == "by" || word == "with" || word.starts_with('['))
    }

    /// Reads a sequence.
    ///
    /// # Errors
    /// [`QueryError`] says where it cannot be understood, and what to try.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let chars: Vec<char> = text.chars().collect();
        if chars.len() > CHARS_MAX {
            return Err(QueryError::new(
                CHARS_MAX,
                text!(en "a sequence has at most {CHARS_MAX} characters", fr "une séquence compte au plus {CHARS_MAX} caractères",
                      de "eine Sequenz hat höchstens {CHARS_MAX} Zeichen"),
            ));
        }
        let mut reader = Reader { chars: &chars, at: 0 };
        let parsed = reader.sequence(text)?;
        Ok(Self(Arc::new(parsed)))
    }

    /// The sequence as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The names that its events are joined by.
    #[must_use]
    pub fn by(&self) -> &[String] {
        &self.0.by
    }

    /// The longest time from its first event to its last, in µs.
    #[must_use]
    pub fn span_micros(&self) -> i64 {
        self.0.span_micros
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.0.steps
    }

    pub(crate) fn until(&self) -> Option<&Step> {
        self.0.until.as_ref()
    }
}

struct Reader<'c> {
    chars: &'c [char],
    at: usize,
}

impl Reader<'_> {
    fn sequence(&mut self, text: &str) -> Result<Parsed, QueryError> {
        self.word();
        let by = if self.take_word("by") { self.names()? } else { Vec::new() };
        let span_micros = self.span()?;
        let mut steps = Vec::new();
        while self.peek() == Some('[') {
            let at = self.at;
            steps.push(self.step(&by)?);
            if steps.len() > STEPS_MAX || steps.iter().map(|step| step.runs).sum::<usize>() > STAGES_MAX {
                return Err(QueryError::new(
                    at,
                    text!(en "a sequence has at most {STEPS_MAX} steps, and {STAGES_MAX} with their runs",
                          fr "une séquence a au plus {STEPS_MAX} étapes, et {STAGES_MAX} avec leurs répétitions",
                          de "eine Sequenz hat höchstens {STEPS_MAX} Schritte, mit ihren Wiederholungen {STAGES_MAX}"),
                ));
            }
        }
        let until = if self.take_word("until") { Some(self.step(&by)?) } else { None };
        if self.peek().is_some() {
            return Err(self.expected("["));
        }
        if steps.iter().map(|step| step.runs).sum::<usize>() < 2 {
            return Err(QueryError::new(
                self.at,
                text!(en "a sequence has at least two steps", fr "une séquence a au moins deux étapes",
                      de "eine Sequenz hat mindestens zwei Schritte"),
            )
            .hint(example()));
        }
        // Steps that are joined by other names must have as many of them.
        let widths = steps.iter().chain(&until).map(|step| step.by.len());
        let shown = by.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let width = steps.first().map_or(0, |step| step.by.len());
        if widths.into_iter().any(|other| other != width) {
            return Err(QueryError::new(
                0,
                text!(en "the steps are joined by different numbers of names", fr "les étapes sont liées par des nombres différents de noms",
                      de "die Schritte sind durch verschieden viele Namen verbunden"),
            ));
        }
        let by = if shown.len() == width { shown } else { (1..=width).map(|place| place.to_string()).collect() };
        Ok(Parsed { text: text.to_owned(), by, steps, until, span_micros })
    }

    fn peek(&mut self) -> Option<char> {
        while self.chars.get(self.at).is_some_and(|sign| sign.is_whitespace()) {
            self.at += 1;
        }
        self.chars.get(self.at).copied()
    }

    /// The next run of letters, digits and what names are made of.
    fn word(&mut self) -> String {
        self.peek();
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let of_a_word = |sign: &&char| !sign.is_whitespace() && !matches!(sign, '[' | ']' | ',' | '=');
        let word: String = rest.iter().take_while(of_a_word).collect();
        self.at += word.chars().count();
        word
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let before = self.at;
        let found = self.word() == wanted;
        if !found {
            self.at = before;
        }
        found
    }

    fn take(&mut self, wanted: char) -> Result<(), QueryError> {
        if self.peek() == Some(wanted) {
            self.at += 1;
            return Ok(());
        }
        Err(self.expected(&wanted.to_string()))
    }

    fn names(&mut self) -> Result<Vec<(String, Vec<Target>)>, QueryError> {
        let mut all = Vec::new();
        loop {
            self.peek();
            let at = self.at;
            let name = self.word();
            let places = names::resolve(&name).filter(|places| !places.contains(&Target::Raw));
            all.push((name.clone(), places.ok_or_else(|| parser::unknown(&name, at))?));
            if all.len() > BY_MAX {
                return Err(QueryError::new(
                    at,
                    text!(en "events are joined by at most {BY_MAX} names", fr "des événements sont liés par au plus {BY_MAX} noms",
                          de "Ereignisse werden durch höchstens {BY_MAX} Namen verbunden"),
                ));
            }
            if self.peek() != Some(',') {
                return Ok(all);
            }
            self.at += 1;
        }
    }

    /// `with maxspan=5m`, in µs.
    fn span(&mut self) -> Result<i64, QueryError> {
        if !(self.take_word("with") && self.take_word("maxspan")) {
            return Err(self.expected("with maxspan=5m"));
        }
        self.take('=')?;
        self.peek();
        let at = self.at;
        let word = self.word();
        let seconds = seconds(&word).filter(|seconds| (1..=SPAN_S_MAX).contains(seconds));
        let micros = seconds.map(|seconds| seconds.saturating_mul(1_000_000));
        micros.ok_or_else(|| {
            QueryError::new(
                at,
                text!(en "`{word}` is no span of one second to seven days", fr "`{word}` n’est pas une durée d’une seconde à sept jours",
                      de "`{word}` ist keine Spanne von einer Sekunde bis sieben Tagen"),
            )
            .hint(text!(en "write 30s, 5m, 2h or 1d", fr "écrivez 30s, 5m, 2h ou 1d", de "schreiben Sie 30s, 5m, 2h oder 1d"))
        })
    }

    /// `[ query ] by names with runs=3`
    fn step(&mut self, by: &[(String, Vec<Target>)]) -> Result<Step, QueryError> {
        self.take('[')?;
        let start = self.at;
        let end = self.end_of_step(start)?;
        let query: String = self.chars.get(start..end).unwrap_or_default().iter().collect();
        self.at = end + 1;
        let query = Query::parse(&query).map_err(|error| QueryError { at: start + error.at, ..error })?;
        let own = if self.take_word("by") { Some(self.names()?) } else { None };
        let runs = self.runs()?;
        let by = own.as_deref().unwrap_or(by).iter().map(|(_, places)| places.clone()).collect();
        Ok(Step { query, by, runs })
    }

    /// The place of the bracket that closes a step.
    fn end_of_step(&self, start: usize) -> Result<usize, QueryError> {
        let (mut quoted, mut escaped, mut range) = (false, false, false);
        for (sign, at) in self.chars.iter().skip(start).zip(start..) {
            match sign {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                '[' | '{' => range = true,
                ']' | '}' if range => range = false,
                ']' => return Ok(at),
                _ => {}
            }
        }
        Err(QueryError::new(
            start.saturating_sub(1),
            text!(en "this step is not closed", fr "cette étape n’est pas fermée", de "dieser Schritt wird nicht geschlossen"),
        ))
    }

    fn runs(&mut self) -> Result<usize, QueryError> {
        if !self.take_word("with") {
            return Ok(1);
        }
        if !self.take_word("runs") {
            return Err(self.expected("runs=3"));
        }
        self.take('=')?;
        self.peek();
        let at = self.at;
        let word = self.word();
        word.parse().ok().filter(|runs| (1..=STAGES_MAX).contains(runs)).ok_or_else(|| {
            QueryError::new(
                at,
                text!(en "`{word}` is no number of runs from 1 to {STAGES_MAX}", fr "`{word}` n’est pas un nombre de répétitions de 1 à {STAGES_MAX}",
                      de "`{word}` ist keine Zahl von Wiederholungen von 1 bis {STAGES_MAX}"),
            )
        })
    }

    fn expected(&mut self, what: &str) -> QueryError {
        self.peek();
        QueryError::new(
            self.at,
            text!(en "`{what}` is expected here", fr "`{what}` est attendu ici", de "hier wird `{what}` erwartet"),
        )
        .hint(example())
    }
}

fn example() -> vigie_model::lang::Text {
    text!(
        en "write `sequence by user with maxspan=5m [ status_id:2 ] [ status_id:1 ]`",
        fr "écrivez `sequence by user with maxspan=5m [ status_id:2 ] [ status_id:1 ]`",
        de "schreiben Sie `sequence by user with maxspan=5m [ status_id:2 ] [ status_id:1 ]`",
    )
}

fn seconds(word: &str) -> Option<i64> {
    let unit = word.chars().last()?;
    let factor: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    word.strip_suffix(unit)?.parse::<i64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Sequence, String> {
        Sequence::parse(text).map_err(|error| format!("{} {}", error.at, error.said.en))
    }

    #[test]
    fn steps_are_queries_with_their_own_brackets() {
        let text = r#"sequence by user, host with maxspan=5m [ port:[1 TO 1023} "]" ] with runs=3 [raw:"a \" ]"] by actor.user.name, host until [ x ]"#;
        let sequence = parsed(text).unwrap();
        assert_eq!((sequence.by(), sequence.span_micros()), (&["user".to_owned(), "host".to_owned()][..], 300_000_000));
        let steps: Vec<(&str, usize)> = sequence.steps().iter().map(|step| (step.query.text().trim(), step.runs)).collect();
        assert_eq!(steps, [(r#"port:[1 TO 1023} "]""#, 3), (r#"raw:"a \" ]""#, 1)]);
        assert_eq!(sequence.until().map(|step| step.query.text().trim()), Some("x"));
        let joined = parsed("sequence with maxspan=1h [a] by user [b] by actor.user.name").unwrap();
        assert_eq!(joined.by(), ["1"]);
    }

    #[test]
    fn what_is_not_understood_is_told_with_its_place() {
        for (text, expected) in [
            ("sequence by usr with maxspan=5m [a] [b]", "12 there is no field `usr`"),
            ("sequence by user [a] [b]", "17 `with maxspan=5m` is expected here"),
            ("sequence with maxspan=5y [a] [b]", "22 `5y` is no span of one second to seven days"),
            ("sequence with maxspan=5m [a] [b", "29 this step is not closed"),
            ("sequence with maxspan=5m [a] [usr:b]", "30 there is no field `usr`"),
            ("sequence with maxspan=5m [a]", "28 a sequence has at least two steps"),
            ("sequence with maxspan=5m [a] [b] c", "33 `[` is expected here"),
            ("sequence with maxspan=5m [a] with runs=99 [b]", "39 `99` is no number of runs from 1 to 20"),
            ("sequence with maxspan=5m [a] by user [b]", "0 the steps are joined by different numbers of names"),
            ("sequence with maxspan=5m [a][a][a][a][a][a]", "40 a sequence has at most 5 steps, and 20 with their runs"),
        ] {
            assert_eq!(parsed(text).unwrap_err(), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_within_it(text in r#"(sequence|by|with|maxspan|runs|until|[\[\]{}()=,:"\\*]|user|5m|[a-zé ]){0,24}"#) {
            for text in [text.clone(), format!("sequence by user with maxspan=5m {text}")] {
                match Sequence::parse(&text) {
                    Ok(sequence) => assert_eq!(sequence.text(), text),
                    Err(error) => assert!(error.at <= text.chars().count(), "{} in {text}", error.at),
                }
            }
        }
    }

    #[test]
    fn words_are_no_sequence() {
        assert!(Sequence::is_meant(" sequence\n by user with …") && Sequence::is_meant("sequence with"));
        assert!(!Sequence::is_meant("sequence number") && !Sequence::is_meant("\"sequence by\""));
    }
}

//! Places in an object, and what is found there.
//!
//! [`At`] walks down an object and keeps the pointer that a line is found by and the locator that stays when lines
//! and orders change. [`Faults`] reads typed values there: what is unknown, or of a type that no API server would
//! accept, is neither good nor bad but noted.

use serde_json::Value;
use vigie_model::configuration::{Look, Piece, seen};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_model::verdict::{Evidence, Verdict};

/// A place in an object.
#[derive(Clone, Debug)]
pub(crate) struct At<'a> {
    pub(crate) piece: &'a Piece,
    /// The container it belongs to; empty for the pod and for other objects.
    pub(crate) container: &'a str,
    /// JSON pointer from the top of the object.
    pub(crate) pointer: String,
    /// The same way without numbers.
    pub(crate) locator: String,
}

impl<'a> At<'a> {
    /// The object itself.
    pub(crate) const fn top(piece: &'a Piece) -> Self {
        Self { piece, container: "", pointer: String::new(), locator: String::new() }
    }

    /// Further down, by names: `securityContext/privileged`.
    pub(crate) fn to(&self, path: &str) -> Self {
        let mut below = self.clone();
        below.pointer = format!("{}/{path}", self.pointer);
        below.locator = format!("{}/{path}", self.locator);
        below
    }

    /// A member whose name may be any text.
    pub(crate) fn member(&self, name: &str) -> Self {
        self.to(&name.replace('~', "~0").replace('/', "~1"))
    }

    /// What stands here.
    pub(crate) fn look(&self) -> Look<'a> {
        self.piece.look(&self.pointer)
    }

    /// The value here where it is known.
    pub(crate) fn known(&self) -> Option<&'a Value> {
        self.look().known()
    }

    /// The text here where it is known; else the empty text.
    pub(crate) fn word(&self) -> &'a str {
        self.known().and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether something stands here, known or not.
    pub(crate) fn is_set(&self) -> bool {
        self.look() != Look::Absent
    }

    /// The items of a list, each located by its name, or by itself where it is a text.
    pub(crate) fn items(&self) -> Vec<Self> {
        let items = self.known().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let item = |(place, item): (usize, &'a Value)| {
            let name = item.as_str().or_else(|| item.get("name")?.as_str()).unwrap_or("-");
            let mut below = self.clone();
            below.pointer = format!("{}/{place}", self.pointer);
            below.locator = format!("{}/{name}", self.locator);
            below
        };
        items.iter().enumerate().map(item).collect()
    }

    /// The texts of a list that are known.
    pub(crate) fn words(&self) -> Vec<&'a str> {
        let items = self.known().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).collect()
    }

    /// The members of a map whose values are texts and known.
    pub(crate) fn texts(&self) -> Vec<(&'a str, &'a str)> {
        let members = self.known().and_then(Value::as_object);
        members.into_iter().flatten().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))).collect()
    }

    /// The last name of the way.
    fn name(&self) -> &str {
        self.pointer.rsplit('/').next().unwrap_or_default()
    }
}

/// A typed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field<T> {
    /// Nothing is there.
    Absent,
    /// Something is there that nobody can tell; it has been noted.
    Unclear,
    /// This is there.
    Is(T),
}

impl<T> Field<T> {
    /// The value.
    pub(crate) fn known(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Unclear => None,
        }
    }

    /// This, or the other where nothing is there.
    pub(crate) fn or(self, other: Self) -> Self {
        if matches!(self, Self::Absent) { other } else { self }
    }
}

/// Something bad at a place.
#[derive(Clone, Debug)]
pub(crate) struct Fault<'a> {
    pub(crate) at: At<'a>,
    pub(crate) found: String,
    pub(crate) expected: String,
}

/// Something that nobody can tell.
#[derive(Clone, Debug)]
pub(crate) struct Unclear<'a> {
    pub(crate) at: At<'a>,
    pub(crate) reason: Text,
}

/// What was found in one object so far.
#[derive(Debug, Default)]
pub(crate) struct Faults<'a> {
    pub(crate) bad: Vec<Fault<'a>>,
    pub(crate) unclear: Vec<Unclear<'a>>,
}

impl<'a> Faults<'a> {
    /// Something bad: `found` and `expected` are quoted from the object.
    pub(crate) fn bad(&mut self, at: At<'a>, found: impl Into<String>, expected: impl Into<String>) {
        self.bad.push(Fault { at, found: found.into(), expected: expected.into() });
    }

    /// A setting with a bad value, shown as `name: value`.
    pub(crate) fn set(&mut self, at: At<'a>, value: impl std::fmt::Display, expected: impl Into<String>) {
        let found = format!("{}: {value}", at.name());
        self.bad(at, found, expected);
    }

    /// A setting that is missing.
    pub(crate) fn missing(&mut self, at: At<'a>, expected: impl Into<String>) {
        self.bad(at, "", expected);
    }

    /// A yes or no.
    pub(crate) fn flag(&mut self, at: &At<'a>) -> Field<bool> {
        self.typed(at, "true/false", Value::as_bool)
    }

    /// A text.
    pub(crate) fn text(&mut self, at: &At<'a>) -> Field<&'a str> {
        self.typed(at, "\"…\"", Value::as_str)
    }

    /// A whole number.
    pub(crate) fn number(&mut self, at: &At<'a>) -> Field<i64> {
        self.typed(at, "0…9", Value::as_i64)
    }

    /// The items of a list.
    pub(crate) fn list(&mut self, at: &At<'a>) -> Vec<At<'a>> {
        self.typed(at, "[…]", Value::as_array);
        at.items()
    }

    /// The texts of a list, with their places.
    pub(crate) fn words(&mut self, at: &At<'a>) -> Vec<(At<'a>, &'a str)> {
        let items = self.list(at);
        items.into_iter().filter_map(|item| Some((item.clone(), self.text(&item).known()?))).collect()
    }

    fn typed<T>(&mut self, at: &At<'a>, form: &str, read: impl Fn(&'a Value) -> Option<T>) -> Field<T> {
        let reason = match at.look() {
            Look::Absent => return Field::Absent,
            Look::Unknown(expression) => text!(
                en "{expression} is only known when it is applied",
                fr "{expression} n’est connu qu’à l’application",
                de "{expression} ist erst bei der Anwendung bekannt"
            ),
            Look::Known(value) => match read(value) {
                Some(value) => return Field::Is(value),
                None => {
                    let name = at.name();
                    text!(
                        en "{name} has a value that no API server takes; expected {form}",
                        fr "{name} a une valeur qu’aucun serveur d’API n’accepte ; attendu : {form}",
                        de "{name} hat einen Wert, den kein API-Server annimmt; erwartet: {form}"
                    )
                }
            },
        };
        self.unclear.push(Unclear { at: at.clone(), reason });
        Field::Unclear
    }

    /// Fail before unknown before pass.
    pub(crate) fn verdict(self) -> Verdict {
        if self.bad.is_empty() {
            return self.unclear.into_iter().next().map_or(Verdict::Pass, |unclear| Verdict::unknown(unclear.reason));
        }
        let mut evidence: Vec<Evidence> = self.bad.into_iter().map(Fault::evidence).collect();
        // One place is one finding, whatever else is wrong there.
        let mut seen_at = std::collections::HashSet::new();
        evidence.retain(|proof| seen_at.insert(proof.locator.clone()));
        Verdict::Fail { evidence }
    }
}

impl Fault<'_> {
    fn evidence(self) -> Evidence {
        let place = self.at.piece.place(&self.at.pointer);
        Evidence { locator: self.at.locator, place, found: self.found, expected: self.expected }
    }
}

/// Whether a value inside another is there, known or not.
pub(crate) fn is_set(value: &Value, member: &str) -> bool {
    value.get(member).is_some_and(|value| seen(value) != Look::Absent)
}

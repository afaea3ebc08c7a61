//! Getting one value out of a record, as a page says.

use super::flat::{Flat, NONE, Scalar, Slots};
use super::names::{Fast, Node};
use super::page::CutAt;
use super::value::{self, TimeForm};
use crate::header::LocalTime;
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use vigie_model::event::{FieldKind, Value};
use vigie_model::time::Timestamp;

/// Most texts in one list; the others stay among the unmapped values.
const TEXTS_MAX: usize = 1_000;

/// Where a value comes from and what becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Take {
    pub(super) from: Box<[Node]>,
    pub(super) is: Option<Value>,
    pub(super) kind: FieldKind,
    pub(super) form: Form,
    pub(super) cuts: Box<[(CutAt, Box<str>)]>,
    pub(super) is_strict: bool,
    pub(super) table: Option<Table<Value>>,
    pub(super) steps: Box<[(f64, Value)]>,
    pub(super) otherwise: Option<Value>,
    pub(super) absent: Option<Value>,
    pub(super) all: bool,
    pub(super) join: Option<Box<str>>,
    pub(super) keep: bool,
    pub(super) times: Option<f64>,
    pub(super) or: Option<Box<Self>>,
}

/// What a text has to be, or how it changes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Plain,
    /// An address, else nothing.
    Address,
    /// The name of a machine: what is an address is nothing.
    Host,
    Port,
    BaseName,
    Lower,
    Upper,
    /// What an operation does, by the words of its name: create, read, update or delete.
    Verb,
    HashValues,
    HashNames,
    /// Milliseconds since 1970, as OCSF counts.
    Time(TimeForm),
}

/// Values by the value of a record.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    exact: HashMap<Box<str>, T, BuildHasherDefault<Fast>>,
    patterns: Vec<(Pattern, T)>,
    ignore_case: bool,
}

/// A text with `*` for any text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern {
    begin: Box<str>,
    /// What has to come between, in this order.
    inner: Box<[Box<str>]>,
    end: Box<str>,
}

impl Pattern {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (begin, rest) = text.split_once('*')?;
        let (inner, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        let inner = inner.split('*').filter(|part| !part.is_empty()).map(Into::into).collect();
        Some(Self { begin: begin.into(), inner, end: end.into() })
    }

    pub(super) fn beginning(begin: &str) -> Self {
        Self { begin: begin.into(), inner: Box::default(), end: Box::default() }
    }

    /// How much of a text it says.
    fn length(&self) -> usize {
        self.begin.len() + self.end.len() + self.inner.iter().map(|part| part.len()).sum::<usize>()
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        let rest = text.strip_prefix(&*self.begin).and_then(|rest| rest.strip_suffix(&*self.end));
        let passed = |rest: &str, part: &str| rest.split_once(part).map(|(_, rest)| rest.len());
        rest.and_then(|rest| self.inner.iter().try_fold(rest, |rest, part| rest.get(rest.len() - passed(rest, part)?..)))
            .is_some()
    }
}

impl<T> Table<T> {
    pub(super) fn new(rows: impl IntoIterator<Item = (String, T)>, ignore_case: bool) -> Self {
        let mut table = Self { exact: HashMap::default(), patterns: Vec::new(), ignore_case };
        for (key, value) in rows {
            let key = if ignore_case { key.to_lowercase() } else { key };
            match Pattern::read(&key) {
                Some(pattern) => table.patterns.push((pattern, value)),
                None => drop(table.exact.insert(key.into(), value)),
            }
        }
        // Of several that fit, the one that says more counts.
        table.patterns.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.length()));
        table
    }

    /// The value of a text: its own row, else the first pattern that it fits.
    pub(super) fn get(&self, text: &str) -> Option<&T> {
        let text = self.folded(text);
        self.exact.get(&*text).or_else(|| self.patterns.iter().find(|(pattern, _)| pattern.fits(&text)).map(|(_, value)| value))
    }

    /// The values of all rows that a text fits.
    pub(super) fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = &'t T> {
        let text = self.folded(text);
        let exact = self.exact.get(&*text);
        let fitting = self.patterns.iter().filter(move |(pattern, _)| pattern.fits(&text)).map(|(_, value)| value);
        exact.into_iter().chain(fitting)
    }

    fn folded<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.ignore_case { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
    }
}

impl Take {
    /// The value, and the record's own values marked as taken.
    pub(super) fn value(&self, flat: &mut Flat<'_>, slots: &Slots, local: &mut LocalTime) -> Option<Value> {
        if self.is.is_some() {
            return self.is.clone();
        }
        let value = if self.kind == FieldKind::Texts {
            self.texts(flat, slots, local)
        } else if let Some(between) = &self.join {
            self.joined(flat, slots, between, local)
        } else {
            self.first(flat, slots, local)
        };
        value.or_else(|| self.or.as_ref()?.value(flat, slots, local)).or_else(|| self.absent.clone())
    }

    fn first(&self, flat: &mut Flat<'_>, slots: &Slots, local: &mut LocalTime) -> Option<Value> {
        for node in &self.from {
            let mut at = slots.first(*node);
            while let Some(entry) = flat.values.get_mut(at as usize) {
                if let Some(value) = self.one(&entry.value, self.kind, local) {
                    entry.is_taken |= !self.keep;
                    return Some(value);
                }
                at = entry.next;
            }
        }
        None
    }

    /// A list. A value keeps its place in the record's list, so that lists about the same objects stay parallel.
    fn texts(&self, flat: &mut Flat<'_>, slots: &Slots, local: &mut LocalTime) -> Option<Value> {
        let mut texts: Vec<Box<str>> = Vec::new();
        for node in &self.from {
            let mut at = slots.first(*node);
            let start = texts.len();
            while let Some(entry) = flat.values.get_mut(at as usize) {
                at = entry.next;
                if let Form::HashValues | Form::HashNames = self.form {
                    texts.extend(value::hashes(&entry.value.text(), self.form == Form::HashNames));
                    entry.is_taken |= !self.keep;
                    continue;
                }
                let Some(Value::Text(text)) = self.one(&entry.value, FieldKind::Text, local) else { continue };
                let place = start + entry.item as usize;
                if place >= TEXTS_MAX {
                    break;
                }
                if texts.len() < place {
                    texts.resize(place, Box::default());
                }
                texts.push(text);
                entry.is_taken |= !self.keep;
            }
            if texts.len() > start && !self.all {
                break;
            }
        }
        (!texts.is_empty()).then(|| Value::Texts(texts.into()))
    }

    fn joined(&self, flat: &mut Flat<'_>, slots: &Slots, between: &str, local: &mut LocalTime) -> Option<Value> {
        for node in &self.from {
            let mut whole = String::new();
            let mut at = slots.first(*node);
            while let Some(entry) = flat.values.get_mut(at as usize) {
                at = entry.next;
                let Some(Value::Text(text)) = self.one(&entry.value, FieldKind::Text, local) else { continue };
                if !whole.is_empty() {
                    whole.push_str(between);
                }
                whole.push_str(&text);
                entry.is_taken |= !self.keep;
            }
            if !whole.is_empty() {
                return Some(Value::Text(whole.into()));
            }
        }
        None
    }

    /// What one value of the record becomes.
    fn one(&self, scalar: &Scalar<'_>, kind: FieldKind, local: &mut LocalTime) -> Option<Value> {
        if !self.steps.is_empty() {
            let number = value::number(scalar)?;
            return self.steps.iter().rev().find(|(from, _)| number >= *from).map(|(_, value)| value.clone());
        }
        if let Form::Time(form) = &self.form {
            return value::time(scalar, form, local).map(|time| Value::Integer(time.micros().div_euclid(1_000)));
        }
        if self.table.is_none() && self.otherwise.is_none() && self.cuts.is_empty() && self.form == Form::Plain {
            match kind {
                FieldKind::Integer => return value::integer(scalar, self.times).map(Value::Integer),
                FieldKind::Boolean => return value::boolean(scalar).map(Value::Boolean),
                FieldKind::Text | FieldKind::Texts => {}
            }
        }
        let whole = scalar.text();
        let text = cut(&self.cuts, self.is_strict, whole.trim())?;
        let text: Cow<'_, str> = match self.form {
            Form::Verb => value::verb(text).unwrap_or(text).into(),
            Form::Lower => text.to_lowercase().into(),
            Form::Upper => text.to_uppercase().into(),
            _ => text.into(),
        };
        let text = &*text;
        if let Some(table) = &self.table {
            return table.get(text).or(self.otherwise.as_ref()).cloned();
        }
        if is_nothing(text) {
            return None;
        }
        if let Some(otherwise) = &self.otherwise {
            return Some(otherwise.clone());
        }
        self.formed(text, kind)
    }

    fn formed(&self, text: &str, kind: FieldKind) -> Option<Value> {
        let formed: Cow<'_, str> = match self.form {
            Form::Plain | Form::Verb | Form::Lower | Form::Upper | Form::HashValues | Form::HashNames | Form::Time(_) => {
                text.into()
            }
            Form::Address => value::address(text)?,
            Form::Host if value::address(text).is_some() => return None,
            Form::Host => value::without_port(text).into(),
            Form::Port => return value::port(text).map(Value::Integer),
            Form::BaseName => value::base_name(text).into(),
        };
        match kind {
            FieldKind::Integer => value::integer(&Scalar::Text(formed), self.times).map(Value::Integer),
            FieldKind::Boolean => value::boolean(&Scalar::Text(formed)).map(Value::Boolean),
            FieldKind::Text | FieldKind::Texts => (!is_nothing(&formed)).then(|| Value::Text(formed.into())),
        }
    }
}

/// The part of a text that is meant.
fn cut<'t>(cuts: &[(CutAt, Box<str>)], is_strict: bool, text: &'t str) -> Option<&'t str> {
    cuts.iter().try_fold(text, |text, (at, sign)| {
        let parts = match at {
            CutAt::Part(number) => return text.split(&**sign).nth(number.saturating_sub(1)).filter(|part| !part.is_empty()),
            CutAt::After | CutAt::Before => text.split_once(&**sign),
            CutAt::AfterLast | CutAt::BeforeLast => text.rsplit_once(&**sign),
        };
        match parts {
            Some((before, after)) => Some(if matches!(at, CutAt::After | CutAt::AfterLast) { after } else { before }),
            None if is_strict => None,
            None => Some(text),
        }
    })
}

/// The texts that stand for nothing.
fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "-" | "?" | "(null)" | "null" | "N/A")
}

/// When a record was written.
#[derive(Clone, Debug)]
pub(super) struct TakeTime {
    pub(super) from: Box<[Node]>,
    pub(super) form: TimeForm,
    pub(super) cuts: Box<[(CutAt, Box<str>)]>,
    pub(super) is_strict: bool,
    pub(super) keep: bool,
}

impl TakeTime {
    pub(super) fn value(&self, flat: &mut Flat<'_>, slots: &Slots, local: &mut LocalTime) -> Option<Timestamp> {
        for node in &self.from {
            let at = slots.first(*node);
            if at == NONE {
                continue;
            }
            let Some(entry) = flat.values.get_mut(at as usize) else { continue };
            let time = if self.cuts.is_empty() {
                value::time(&entry.value, &self.form, local)
            } else {
                let whole = entry.value.text();
                let part = cut(&self.cuts, self.is_strict, whole.trim());
                part.and_then(|part| value::time(&Scalar::Text(Cow::Borrowed(part)), &self.form, local))
            };
            if time.is_some() {
                entry.is_taken |= !self.keep;
                return time;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_rows_and_patterns() {
        let rows = [("Create*", 1), ("CreateUser", 2), ("*Policy", 3), ("*Key*", 4), ("a*z", 5), ("auth/*/login/*", 6)];
        let table = Table::new(rows.map(|(key, value)| (key.to_owned(), value)), false);
        for (text, expected) in [
            ("CreateUser", Some(2)),
            ("CreateRole", Some(1)),
            ("PutPolicy", Some(3)),
            ("UpdateKeys", Some(4)),
            ("abcz", Some(5)),
            ("az", Some(5)),
            ("auth/x/login/y", Some(6)),
            ("auth/login", None),
            ("a", None),
            ("createuser", None),
        ] {
            assert_eq!(table.get(text).copied(), expected, "{text}");
        }
        let all: Vec<i32> = table.all("CreateUser").copied().collect();
        assert_eq!(all, [2, 1]);
        let folded = Table::new([("Create*".to_owned(), 1)], true);
        assert_eq!(folded.get("createuser"), Some(&1));
    }
}

//! Expressions of templates: texts in brackets, with functions over parameters, variables and constants.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use vigie_model::configuration::{Look, seen, unknown};

/// The deepest nesting of an expression, and of values.
const DEPTH_MAX: usize = 64;
/// The longest chain of variables that name variables.
const ROUNDS_MAX: usize = 8;
/// The largest text that an expression makes, in bytes.
const TEXT_MAX: usize = 64 * 1024;
/// The most values that one value may bring in.
const COPY_MAX: usize = 2_000;

/// What parameters and variables stand for, by name in small letters.
#[derive(Default)]
pub(super) struct Constants {
    parameters: BTreeMap<String, Value>,
    variables: BTreeMap<String, Value>,
}

impl Constants {
    /// Those of a template that is given values for parameters: `{ "name": { "value": … } }`.
    pub(super) fn of(template: &Value, given: &Map<String, Value>) -> Self {
        let mut constants = Self::default();
        let given: BTreeMap<String, &Value> = given.iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        for (name, parameter) in members(template, "parameters") {
            let name = name.to_ascii_lowercase();
            let value = match given.get(&name) {
                // A reference to a vault has no `value`, and nobody knows it here.
                Some(given) => given.get("value").cloned(),
                None => parameter.get("defaultValue").cloned(),
            };
            constants.parameters.extend(value.map(|value| (name, value)));
        }
        for (name, value) in members(template, "variables").filter(|(name, _)| *name != "copy") {
            constants.variables.insert(name.to_ascii_lowercase(), value.clone());
        }
        for _ in 0..ROUNDS_MAX {
            let before = std::mem::take(&mut constants);
            let known = |(name, value): (&String, &Value)| {
                let mut value = value.clone();
                evaluate(&mut value, &before);
                (name.clone(), value)
            };
            constants.parameters = before.parameters.iter().map(known).collect();
            constants.variables = before.variables.iter().map(known).collect();
            if constants.parameters == before.parameters && constants.variables == before.variables {
                break;
            }
        }
        constants
    }
}

fn members<'a>(template: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    template.get(name).and_then(Value::as_object).into_iter().flatten()
}

/// Puts in what expressions stand for, everywhere in a value.
pub(super) fn evaluate(value: &mut Value, constants: &Constants) {
    evaluate_at(value, constants, 0);
}

fn evaluate_at(value: &mut Value, constants: &Constants, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    if let Look::Unknown(expression) = seen(value) {
        // A variable whose expression needed another variable first.
        if let Some(known) = of_text(&format!("[{expression}]"), constants) {
            *value = known;
        }
        return;
    }
    match value {
        Value::String(text) => {
            if let Some(known) = of_text(text, constants) {
                *value = known;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| evaluate_at(item, constants, depth + 1)),
        Value::Object(members) => {
            repeated(members);
            members.values_mut().for_each(|member| evaluate_at(member, constants, depth + 1));
        }
        _ => {}
    }
}

/// `copy` among properties: what it repeats, once, under the name that it will have.
fn repeated(members: &mut Map<String, Value>) {
    let is_loop = |item: &Value| item.get("name").is_some_and(Value::is_string) && item.get("input").is_some();
    let Some(Value::Array(loops)) = members.get("copy") else { return };
    if !loops.iter().all(is_loop) {
        return;
    }
    let Some(Value::Array(loops)) = members.remove("copy") else { return };
    for item in loops {
        if let Value::String(name) = &item["name"] {
            members.insert(name.clone(), Value::Array(vec![item["input"].clone()]));
        }
    }
}

/// The value of a text that is an expression; none for ordinary texts.
fn of_text(text: &str, constants: &Constants) -> Option<Value> {
    let inside = text.trim().strip_prefix('[')?.strip_suffix(']')?;
    if inside.starts_with('[') {
        return Some(Value::String(text.trim()[1..].to_owned()));
    }
    let mut parser = Parser { text: inside, at: 0, constants };
    let value = parser.expression(0).filter(|_| parser.is_done());
    Some(value.filter(|value| size(value) <= COPY_MAX).unwrap_or_else(|| unknown(inside)))
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// Reads and evaluates an expression at once; none where it is not known.
struct Parser<'a> {
    text: &'a str,
    at: usize,
    constants: &'a Constants,
}

impl Parser<'_> {
    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn is_done(&mut self) -> bool {
        self.space();
        self.at == self.text.len()
    }

    fn take(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn word(&mut self) -> &str {
        self.space();
        let rest = &self.text[self.at..];
        let length = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn expression(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH_MAX {
            return None;
        }
        self.space();
        let rest = &self.text[self.at..];
        let mut value = if rest.starts_with('\'') {
            self.text_constant()?
        } else if rest.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            let length = rest[1..].find(|letter: char| !letter.is_ascii_digit()).map_or(rest.len(), |at| at + 1);
            self.at += length;
            Value::from(rest[..length].parse::<i64>().ok()?)
        } else {
            let name = self.word().to_ascii_lowercase();
            let arguments = self.arguments(depth)?;
            // Further steps may still be read where the function itself is not known, but have no value either.
            call(&name, arguments, self.constants)?
        };
        loop {
            let step = if self.take('.') {
                Value::String(self.word().to_owned())
            } else if self.take('[') {
                let step = self.expression(depth + 1)?;
                if !self.take(']') {
                    return None;
                }
                step
            } else {
                return Some(value);
            };
            value = member(&value, &step)?;
        }
    }

    fn arguments(&mut self, depth: usize) -> Option<Vec<Value>> {
        if !self.take('(') {
            return None;
        }
        let mut arguments = Vec::new();
        while !self.take(')') {
            if !arguments.is_empty() && !self.take(',') {
                return None;
            }
            arguments.push(self.expression(depth + 1)?);
        }
        Some(arguments)
    }

    /// A text between single quotes; two of them are one.
    fn text_constant(&mut self) -> Option<Value> {
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let end = rest.find('\'')?;
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.text[self.at..].starts_with('\'') {
                return Some(Value::String(text));
            }
            text.push('\'');
            self.at += 1;
        }
    }
}

/// A member of an object, by name without regard to case, or of a list.
fn member(value: &Value, step: &Value) -> Option<Value> {
    match (value, step) {
        (Value::Object(members), Value::String(name)) => {
            let found = members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            known(found.1)
        }
        (Value::Array(items), Value::Number(place)) => known(items.get(usize::try_from(place.as_u64()?).ok()?)?),
        _ => None,
    }
}

fn known(value: &Value) -> Option<Value> {
    (!matches!(seen(value), Look::Unknown(_))).then(|| value.clone())
}

fn call(name: &str, arguments: Vec<Value>, constants: &Constants) -> Option<Value> {
    let mut values = arguments.into_iter();
    let mut next = || values.next();
    Some(match name {
        "parameters" | "variables" => {
            let among = if name == "parameters" { &constants.parameters } else { &constants.variables };
            let value = among.get(&next()?.as_str()?.to_ascii_lowercase())?;
            // Not evaluated yet: the next round does.
            if value.as_str().is_some_and(|text| text.starts_with('[') && !text.starts_with("[[")) {
                return None;
            }
            return known(value);
        }
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        "concat" => joined(values.collect())?,
        "format" => formatted(&values.collect::<Vec<_>>())?,
        "string" => Value::String(scalar(&next()?)?),
        "tolower" => Value::String(next()?.as_str()?.to_lowercase()),
        "toupper" => Value::String(next()?.as_str()?.to_uppercase()),
        "int" => match next()? {
            Value::String(text) => Value::from(text.parse::<i64>().ok()?),
            value => value,
        },
        "bool" => match next()? {
            Value::String(text) => Value::Bool(text.eq_ignore_ascii_case("true")),
            value => value,
        },
        "json" => serde_json::from_str(next()?.as_str()?).ok()?,
        "not" => Value::Bool(!next()?.as_bool()?),
        "and" => Value::Bool(values.map(|value| value.as_bool()).collect::<Option<Vec<_>>>()?.into_iter().all(|value| value)),
        "or" => Value::Bool(values.map(|value| value.as_bool()).collect::<Option<Vec<_>>>()?.into_iter().any(|value| value)),
        "equals" => {
            let (left, right) = (next()?, next()?);
            Value::Bool(match (&left, &right) {
                (Value::String(left), Value::String(right)) => left.eq_ignore_ascii_case(right),
                _ => left == right,
            })
        }
        "empty" => match next()? {
            Value::Null => Value::Bool(true),
            Value::String(text) => Value::Bool(text.is_empty()),
            Value::Array(items) => Value::Bool(items.is_empty()),
            Value::Object(members) => Value::Bool(members.is_empty()),
            _ => return None,
        },
        "if" => {
            let (condition, yes, no) = (next()?, next()?, next()?);
            if condition.as_bool()? { yes } else { no }
        }
        "createarray" => Value::Array(values.collect()),
        "createobject" => {
            let mut members = Map::new();
            while let (Some(name), Some(value)) = (next(), next()) {
                members.insert(name.as_str()?.to_owned(), value);
            }
            Value::Object(members)
        }
        // Which one an id is about shows in its parts, not in the subscription that nobody knows here.
        "subscriptionresourceid" | "resourceid" => {
            let parts: Vec<String> = values.map(|value| scalar(&value)).collect::<Option<_>>()?;
            unknown(&format!("{name}({})", json!(parts)))
        }
        _ => return None,
    })
}

fn joined(values: Vec<Value>) -> Option<Value> {
    if values.iter().all(Value::is_array) && !values.is_empty() {
        let items = values.into_iter().flat_map(|value| if let Value::Array(items) = value { items } else { Vec::new() });
        return Some(Value::Array(items.collect()));
    }
    let text = values.iter().map(scalar).collect::<Option<Vec<String>>>()?.concat();
    (text.len() <= TEXT_MAX).then_some(Value::String(text))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `format('{0}-{1}', …)`; formats of numbers and dates are not known here.
fn formatted(values: &[Value]) -> Option<Value> {
    let mut text = String::new();
    let mut rest = values.first()?.as_str()?;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let close = open + rest[open..].find('}')?;
        let place: usize = rest[open + 1..close].parse().ok()?;
        text.push_str(&scalar(values.get(place.checked_add(1)?)?)?);
        if text.len() > TEXT_MAX {
            return None;
        }
        rest = &rest[close + 1..];
    }
    text.push_str(rest);
    Some(Value::String(text))
}

//! Functions of Terraform's language whose result follows from their arguments.

use super::expression::is_whole;
use serde_json::{Map, Value};
use vigie_model::configuration::{Look, seen};

/// The largest text that `format` and `join` make, in bytes.
const TEXT_MAX: usize = 64 * 1024;

/// The value of a call; none where it is not known or not one of these functions. Arguments may hold unknown values.
pub(super) fn call(name: &str, mut arguments: Vec<Value>) -> Option<Value> {
    match name {
        // Parsed rather than as text, so that a policy or a task is judged by its parts.
        "jsonencode" | "sensitive" | "nonsensitive" | "tolist" | "toset" | "tomap" => one(arguments),
        "jsondecode" => match one(arguments)? {
            Value::String(text) => serde_json::from_str(&text).ok(),
            parsed => Some(parsed),
        },
        "concat" | "setunion" => lists(arguments).map(Value::Array),
        "merge" => merged(arguments),
        "flatten" => Some(Value::Array(flat(one(arguments)?, 0)?)),
        "compact" => {
            let kept =
                whole(one(arguments)?)?.as_array()?.iter().filter(|item| !item.is_null() && *item != "").cloned().collect();
            Some(Value::Array(kept))
        }
        "distinct" => {
            let mut kept: Vec<Value> = Vec::new();
            for item in whole(one(arguments)?)?.as_array()? {
                if kept.len() < 1_000 && !kept.contains(item) {
                    kept.push(item.clone());
                }
            }
            Some(Value::Array(kept))
        }
        "coalesce" => first(arguments, |value| !value.is_null() && *value != ""),
        "try" => arguments.into_iter().next().filter(is_whole),
        "lookup" => {
            let fallback = (arguments.len() == 3).then(|| arguments.pop()).flatten();
            let key = arguments.pop()?;
            let map = whole(arguments.pop()?)?;
            map.as_object()?.get(key.as_str()?).cloned().or(fallback)
        }
        "length" => Some(Value::from(match one(arguments)? {
            Value::Array(items) => items.len(),
            value if !is_whole(&value) => return None,
            Value::Object(members) => members.len(),
            Value::String(text) => text.chars().count(),
            _ => return None,
        })),
        "contains" => {
            let wanted = whole(arguments.pop()?)?;
            Some(Value::Bool(whole(one(arguments)?)?.as_array()?.contains(&wanted)))
        }
        "tostring" => Some(Value::String(scalar(&whole(one(arguments)?)?)?)),
        "tobool" => match one(arguments)? {
            Value::Bool(value) => Some(Value::Bool(value)),
            Value::String(text) => text.parse().ok().map(Value::Bool),
            _ => None,
        },
        "tonumber" => match one(arguments)? {
            Value::Number(value) => Some(Value::Number(value)),
            Value::String(text) => text.parse::<i64>().ok().map(Value::from),
            _ => None,
        },
        "lower" => Some(Value::String(one(arguments)?.as_str()?.to_lowercase())),
        "upper" => Some(Value::String(one(arguments)?.as_str()?.to_uppercase())),
        "trimspace" => Some(Value::String(one(arguments)?.as_str()?.trim().to_owned())),
        "join" => {
            let items = whole(arguments.pop()?)?;
            let parts: Vec<String> = items.as_array()?.iter().map(scalar).collect::<Option<_>>()?;
            bounded(parts.join(one(arguments)?.as_str()?))
        }
        "format" => formatted(&arguments),
        _ => None,
    }
}

fn one(arguments: Vec<Value>) -> Option<Value> {
    let mut arguments = arguments.into_iter();
    arguments.next().filter(|value| arguments.next().is_none() && !matches!(seen(value), Look::Unknown(_)))
}

fn whole(value: Value) -> Option<Value> {
    is_whole(&value).then_some(value)
}

fn lists(arguments: Vec<Value>) -> Option<Vec<Value>> {
    let mut all = Vec::new();
    for argument in arguments {
        match argument {
            Value::Array(items) => all.extend(items),
            // A list of which nobody knows the parts is one unknown part.
            value if matches!(seen(&value), Look::Unknown(_)) => all.push(value),
            _ => return None,
        }
    }
    Some(all)
}

fn merged(arguments: Vec<Value>) -> Option<Value> {
    let mut all = Map::new();
    for argument in arguments {
        match whole(argument)? {
            Value::Object(members) => all.extend(members),
            Value::Null => {}
            _ => return None,
        }
    }
    Some(Value::Object(all))
}

fn flat(value: Value, depth: usize) -> Option<Vec<Value>> {
    let Value::Array(items) = value else { return None };
    let mut all = Vec::new();
    for item in items {
        match item {
            Value::Array(_) if depth < 16 => all.extend(flat(item, depth + 1)?),
            item => all.push(item),
        }
    }
    Some(all)
}

/// The first that will do; none when one before it is unknown.
fn first(arguments: Vec<Value>, will_do: impl Fn(&Value) -> bool) -> Option<Value> {
    for argument in arguments {
        let argument = whole(argument)?;
        if will_do(&argument) {
            return Some(argument);
        }
    }
    None
}

/// A text, number or truth value as a template writes it.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

/// `format` with `%s`, `%d`, `%v` and `%%`.
fn formatted(arguments: &[Value]) -> Option<Value> {
    let mut arguments = arguments.iter();
    let pattern = arguments.next()?.as_str()?;
    let mut text = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' => match letters.next()? {
                '%' => text.push('%'),
                's' | 'd' | 'v' => text.push_str(&scalar(arguments.next()?)?),
                _ => return None,
            },
            letter => text.push(letter),
        }
        if text.len() > TEXT_MAX {
            return None;
        }
    }
    Some(Value::String(text))
}

fn bounded(text: String) -> Option<Value> {
    (text.len() <= TEXT_MAX).then_some(Value::String(text))
}

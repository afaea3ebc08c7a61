//! Elasticsearch's `_bulk`: a line that says what to do, then a line with the document.
//!
//! `create` and `index` store; there is nothing here that could be changed or deleted afterwards, and who asks for it is
//! told so for that item. Specified in the API reference of Elasticsearch, "Bulk index or delete documents". A line where
//! an action should stand and none does is set aside, and reading goes on with the next.

use super::Record;
use super::flat::{Members, text};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::Write;

/// Longest name of an index that is repeated in an answer.
const INDEX_MAX: usize = 255;

/// What an action asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Store a new document.
    Create,
    /// Store a document.
    Index,
    /// Change one: refused.
    Update,
    /// Delete one: refused.
    Delete,
    /// A line that names no action.
    Unknown,
}

/// What became of one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// What was asked for.
    pub action: Action,
    /// Where it was to be stored.
    pub index: Cow<'a, str>,
    /// The name that the sender gave it.
    pub id: Option<Cow<'a, str>>,
}

impl Action {
    const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Index | Self::Unknown => "index",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Whether it stores something.
    #[must_use]
    pub const fn stores(self) -> bool {
        matches!(self, Self::Create | Self::Index)
    }
}

/// Takes a body apart; `index` is the one that its address names. Gives one item for each action, in order.
pub fn decode<'a>(body: &'a [u8], index: &'a str, put: &mut impl FnMut(&Record<'_>)) -> Vec<Item<'a>> {
    let mut lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let mut items = Vec::new();
    while let Some(line) = lines.next() {
        let Some(item) = action(line, index) else {
            put(&Record::set_aside(line, "no action of a bulk request"));
            items.push(Item { action: Action::Unknown, index: Cow::Borrowed(index), id: None });
            continue;
        };
        if item.action.stores() {
            let Some(document) = lines.next() else {
                items.push(Item { action: Action::Unknown, ..item });
                break;
            };
            let mut record = Record::of(document);
            record.tell("_index", &*item.index);
            if let Some(id) = &item.id {
                record.tell("_id", &**id);
            }
            put(&record);
        } else if item.action == Action::Update {
            // Its document follows.
            let _passed_over = lines.next();
        }
        items.push(item);
    }
    items
}

/// Takes a single document, as it stands in a request of its own (`POST /INDEX/_doc`).
pub fn document<'a>(body: &[u8], index: &'a str, id: Option<&'a str>, put: &mut impl FnMut(&Record<'_>)) -> Item<'a> {
    let item = Item { action: Action::Index, index: Cow::Borrowed(index), id: id.map(Cow::Borrowed) };
    let document = body.trim_ascii();
    if document.is_empty() {
        return Item { action: Action::Unknown, ..item };
    }
    let mut record = Record::of(document);
    record.tell("_index", index);
    if let Some(id) = id {
        record.tell("_id", id);
    }
    put(&record);
    item
}

/// The answer to a single document, and whether it was stored.
#[must_use]
pub fn answer_one(item: &Item<'_>) -> (String, bool) {
    if !item.action.stores() {
        let error = r#"{"error":{"type":"parse_exception","reason":"request body is required"},"status":400}"#;
        return (error.to_owned(), false);
    }
    let (index, id) = (quoted(&item.index), quoted(item.id.as_deref().unwrap_or_default()));
    let shards = r#"{"total":1,"successful":1,"failed":0}"#;
    (format!(r#"{{"_index":{index},"_id":{id},"_version":1,"result":"created","_shards":{shards}}}"#), true)
}

fn action<'a>(line: &'a [u8], index: &'a str) -> Option<Item<'a>> {
    let Members(members) = serde_json::from_slice(line).ok()?;
    let [(name, about)] = members.as_slice() else { return None };
    let action = match &**name {
        "create" => Action::Create,
        "index" => Action::Index,
        "update" => Action::Update,
        "delete" => Action::Delete,
        _ => return None,
    };
    let Members(about) = serde_json::from_str(RawValue::get(about)).ok()?;
    let mut item = Item { action, index: Cow::Borrowed(index), id: None };
    for (name, value) in about {
        match &*name {
            "_index" => item.index = text(value).filter(|index| index.len() <= INDEX_MAX).unwrap_or(item.index),
            "_id" => item.id = text(value).filter(|id| id.len() <= 512),
            _ => {}
        }
    }
    Some(item)
}

/// The answer: every item with its status, or, for who asks only for what went wrong, the statuses alone.
#[must_use]
pub fn answer(items: &[Item<'_>], took_ms: u128, brief: bool) -> String {
    let errors = items.iter().any(|item| !item.action.stores());
    let mut json = format!("{{\"took\":{took_ms},\"errors\":{errors},\"items\":[");
    for (at, item) in items.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a String does not fail.
        let _infallible = write!(json, "{comma}{{\"{}\":{{", item.action.word());
        if !brief {
            let id = item.id.as_deref().unwrap_or_default();
            let _infallible = write!(json, "\"_index\":{},\"_id\":{},", quoted(&item.index), quoted(id));
        }
        let _infallible = match item.action {
            action if action.stores() && brief => write!(json, "\"status\":201}}}}"),
            action if action.stores() => write!(
                json,
                "\"_version\":1,\"result\":\"created\",\"_shards\":{{\"total\":1,\"successful\":1,\"failed\":0}},\"status\":201}}}}"
            ),
            Action::Unknown => write!(
                json,
                "\"status\":400,\"error\":{{\"type\":\"illegal_argument_exception\",\"reason\":\"no action is named, or its document is missing\"}}}}}}"
            ),
            _ => write!(
                json,
                "\"status\":405,\"error\":{{\"type\":\"illegal_argument_exception\",\"reason\":\"events are stored once and not changed: only create and index\"}}}}}}"
            ),
        };
    }
    json.push_str("]}");
    json
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| "\"\"".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const BODY: &str = "{\"create\":{}}\n{\"message\":\"a\"}\n{\"index\":{\"_index\":\"logs-x\",\"_id\":\"7\"}}\n{\"message\":\"b\"}\n\
        {\"delete\":{\"_id\":\"1\"}}\nnonsense\n{\"create\":{\"_index\":\"last\"}}\n{\"message\": broken\n";

    #[test]
    fn every_action_has_its_item_and_documents_are_kept_as_they_are() {
        let mut seen = Vec::new();
        let items = decode(BODY.as_bytes(), "given", &mut |record| {
            let more: Vec<String> = record.more.iter().map(|(name, value)| format!("{name}={value}")).collect();
            seen.push(format!("{} [{}]", String::from_utf8_lossy(&record.raw), more.join(" ")));
        });
        assert_eq!(
            seen,
            [
                "{\"message\":\"a\"} [_index=given]",
                "{\"message\":\"b\"} [_index=logs-x _id=7]",
                "nonsense []",
                "{\"message\": broken [_index=last]",
            ]
        );
        let answer: Value = serde_json::from_str(&answer(&items, 3, false)).unwrap();
        assert_eq!((&answer["errors"], answer["items"].as_array().unwrap().len()), (&Value::Bool(true), 5));
        assert_eq!(answer["items"][1]["index"]["_id"], "7");
        let statuses: Vec<i64> = answer["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item.as_object().unwrap().values().next().unwrap()["status"].as_i64().unwrap())
            .collect();
        assert_eq!(statuses, [201, 201, 405, 400, 201]);
    }

    #[test]
    fn a_single_document_may_span_lines() {
        let mut seen = Vec::new();
        let item = document(b" {\n \"message\": \"a\"\n}\n", "logs", Some("7"), &mut |record| {
            seen.push(format!("{} {:?}", String::from_utf8_lossy(&record.raw), record.more));
        });
        assert_eq!(seen.len(), 1);
        assert!(
            seen[0].starts_with("{\n \"message\": \"a\"\n} ") && seen[0].contains("logs") && seen[0].contains('7'),
            "{seen:?}"
        );
        let (said, stored) = answer_one(&item);
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&said["result"], &said["_id"], stored), (&Value::from("created"), &Value::from("7"), true));
        assert!(!answer_one(&document(b" \n", "logs", None, &mut |_| ())).1);
    }

    #[test]
    fn an_answer_in_brief_has_statuses_alone() {
        let items = decode(b"{\"create\":{}}\n{}\n", "x", &mut |_| {});
        assert_eq!(answer(&items, 0, true), r#"{"took":0,"errors":false,"items":[{"create":{"status":201}}]}"#);
    }
}

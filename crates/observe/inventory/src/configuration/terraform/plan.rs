//! A plan or a state as `terraform show -json` puts it out (format version 1): resources with all values that the
//! provider knows, those of modules included. A piece's name is the address, so that it is unique.

use super::super::document::Document;
use super::piece;
use serde_json::Value;
use std::collections::HashMap;
use vigie_model::configuration::{Piece, unknown};

/// The deepest nesting of modules.
const MODULES_MAX: usize = 32;

/// The resources of a plan; none for other documents.
pub(in crate::configuration) fn recognise(path: &str, document: &Document) -> Vec<Piece> {
    let body = &document.body;
    if body.get("format_version").is_none() || body.get("terraform_version").is_none() {
        return Vec::new();
    }
    let mut later: HashMap<&str, &Value> = HashMap::new();
    for change in body.get("resource_changes").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(address), Some(after)) = (change["address"].as_str(), change["change"].get("after_unknown")) {
            later.insert(address, after);
        }
    }
    let mut reader = Reader { path, document, later, pieces: Vec::new() };
    for root in ["planned_values", "values"] {
        reader.module(&format!("/{root}/root_module"), 0);
    }
    reader.pieces
}

struct Reader<'a> {
    path: &'a str,
    document: &'a Document,
    /// What is known after the plan is applied, by address.
    later: HashMap<&'a str, &'a Value>,
    pieces: Vec<Piece>,
}

impl Reader<'_> {
    fn module(&mut self, pointer: &str, depth: usize) {
        let Some(module) = self.document.body.pointer(pointer) else { return };
        for place in 0..module["resources"].as_array().map_or(0, Vec::len) {
            self.resource(&format!("{pointer}/resources/{place}"));
        }
        let inner = module["child_modules"].as_array().map_or(0, Vec::len);
        for place in (0..inner).take_while(|_| depth < MODULES_MAX) {
            self.module(&format!("{pointer}/child_modules/{place}"), depth + 1);
        }
    }

    fn resource(&mut self, pointer: &str) {
        let Some(resource) = self.document.body.pointer(pointer) else { return };
        let (Some(kind), Some(address)) = (resource["type"].as_str(), resource["address"].as_str()) else { return };
        let Some(part) = self.document.part(&format!("{pointer}/values")) else { return };
        let kind = if resource["mode"] == "data" { format!("data.{kind}") } else { kind.to_owned() };
        let mut body = part.body;
        if let Some(later) = self.later.get(address) {
            overlay(&mut body, later);
        }
        self.pieces.push(piece(self.path, part.line, &kind, address, body, part.lines));
    }
}

/// Marks what is known only after the plan is applied.
fn overlay(value: &mut Value, later: &Value) {
    match (value, later) {
        (value, Value::Bool(true)) => *value = unknown("(known after apply)"),
        (Value::Object(members), Value::Object(later)) => {
            for (name, later) in later {
                overlay(members.entry(name.clone()).or_insert(Value::Null), later);
            }
        }
        (Value::Array(items), Value::Array(later)) => {
            items.iter_mut().zip(later).for_each(|(item, later)| overlay(item, later));
        }
        _ => {}
    }
}

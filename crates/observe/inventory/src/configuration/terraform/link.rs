//! The second step: what a folder says in one file and uses in another.
//!
//! Variables have the value that the folder's `terraform.tfvars` and `*.auto.tfvars` give them (or the same in JSON), else their default.
//! A module that is called from the same tree by its path has what its callers pass, where they agree. Locals are
//! evaluated until nothing changes. Then `dynamic` blocks become blocks, one for each item where the items are known,
//! else one unknown block.

use super::LABEL;
use super::expression::{Names, evaluated};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use vigie_model::configuration::{Form, Look, Piece, seen};

/// The most rounds: how long a chain of locals and module calls may be.
const ROUNDS_MAX: usize = 8;
/// The most values that are copied in one scan.
const COPIES_MAX: usize = 1_000_000;
/// The most blocks that one `dynamic` block becomes.
const BLOCKS_MAX: usize = 256;

/// Evaluates what hangs on variables and locals.
pub(in crate::configuration) fn link(pieces: &mut [Piece]) {
    let copies = Cell::new(COPIES_MAX);
    let mut folders = folders_of(pieces);
    for _ in 0..ROUNDS_MAX {
        let mut changed = false;
        for piece in pieces.iter_mut().filter(|piece| piece.form == Form::Terraform) {
            if let Some(folder) = folders.get(folder_of(&piece.path)) {
                changed |= resolve(&mut piece.body, &Scope { folder, iterator: None, copies: &copies });
            }
        }
        if !changed {
            break;
        }
        folders = folders_of(pieces);
    }
    for piece in pieces.iter_mut().filter(|piece| piece.form == Form::Terraform) {
        if let Some(folder) = folders.get(folder_of(&piece.path)) {
            Unfolding { folder, copies: &copies, lines: &mut piece.lines }.block(&mut piece.body, "");
        }
    }
}

/// The folder of a file; empty for the root.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What names stand for in one folder.
#[derive(Default)]
struct Folder {
    variables: BTreeMap<String, Value>,
    locals: BTreeMap<String, Value>,
}

fn folders_of(pieces: &[Piece]) -> BTreeMap<String, Folder> {
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    let mut given: BTreeMap<&str, BTreeMap<&str, &Value>> = BTreeMap::new();
    let ours: Vec<&Piece> = pieces.iter().filter(|piece| piece.form == Form::Terraform).collect();
    let callers = callers(&ours);
    let mut values: Vec<&&Piece> = ours.iter().filter(|piece| piece.kind == "tfvars" && is_loaded(&piece.name)).collect();
    // `terraform.tfvars` first, then its JSON, then the others in the order of their names; the last wins.
    values.sort_by_key(|piece| (!piece.name.starts_with("terraform.tfvars"), &piece.name));
    for piece in values {
        given.entry(folder_of(&piece.path)).or_default().extend(members(piece));
    }
    for piece in ours {
        let path = folder_of(&piece.path);
        let folder = folders.entry(path.to_owned()).or_default();
        match piece.kind.as_str() {
            "locals" => folder.locals.extend(members(piece).map(|(name, value)| (name.to_owned(), value.clone()))),
            "variable" => {
                let own = given.get(path).and_then(|given| given.get(piece.name.as_str()).copied());
                let value = match callers.get(path) {
                    Some(calls) => passed(calls, piece),
                    None => own.or_else(|| piece.body.get("default")),
                };
                folder.variables.extend(value.map(|value| (piece.name.clone(), value.clone())));
            }
            _ => {}
        }
    }
    folders
}

fn members(piece: &Piece) -> impl Iterator<Item = (&str, &Value)> {
    piece.body.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// Whether Terraform reads a file of values without being asked.
fn is_loaded(name: &str) -> bool {
    let name = name.strip_suffix(".json").unwrap_or(name);
    name == "terraform.tfvars" || name.ends_with(".auto.tfvars")
}

/// Calls of modules by the folder that they call.
fn callers<'a>(pieces: &[&'a Piece]) -> BTreeMap<String, Vec<&'a Piece>> {
    let mut callers: BTreeMap<String, Vec<&Piece>> = BTreeMap::new();
    for piece in pieces.iter().filter(|piece| piece.kind == "module") {
        let source = piece.body.get("source").and_then(Value::as_str).unwrap_or_default();
        if source.starts_with("./") || source.starts_with("../") {
            let called = joined(folder_of(&piece.path), source);
            callers.entry(called.unwrap_or_default()).or_default().push(piece);
        }
    }
    callers
}

/// A path below another one; none when it leads out of the tree.
fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What all callers pass for a variable, where that is the same.
fn passed<'a>(calls: &[&'a Piece], variable: &'a Piece) -> Option<&'a Value> {
    let value = |call: &&'a Piece| call.body.get(&variable.name).or_else(|| variable.body.get("default"));
    let first = value(calls.first()?)?;
    calls.iter().all(|call| value(call) == Some(first)).then_some(first)
}

struct Scope<'a> {
    folder: &'a Folder,
    /// The iterator of a dynamic block, with its `key` and `value`.
    iterator: Option<(&'a str, &'a Value)>,
    copies: &'a Cell<usize>,
}

impl Names for Scope<'_> {
    fn value(&self, root: &str, name: &str) -> Option<&Value> {
        let found = match (root, self.iterator) {
            (root, Some((iterator, item))) if root == iterator => item.get(name)?,
            ("var", _) => self.folder.variables.get(name)?,
            ("local", _) => self.folder.locals.get(name)?,
            _ => return None,
        };
        (!matches!(seen(found), Look::Unknown(_))).then_some(found)
    }

    fn may_copy(&self, values: usize) -> bool {
        let left = self.copies.get().checked_sub(values);
        self.copies.set(left.unwrap_or(0));
        left.is_some()
    }
}

/// Evaluates the unknown values inside; whether any became known.
fn resolve(value: &mut Value, scope: &Scope<'_>) -> bool {
    if let Look::Unknown(expression) = seen(value) {
        let names = scope.iterator.map_or("", |(iterator, _)| iterator);
        let may_be = ["var.", "local."].iter().any(|root| expression.contains(root));
        let is_worth = may_be || (!names.is_empty() && expression.contains(names));
        let Some(known) = is_worth.then(|| evaluated(expression, scope)).flatten() else { return false };
        let changed = known != *value;
        *value = known;
        return changed;
    }
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| resolve(item, scope) | changed),
        Value::Object(members) => members.values_mut().fold(false, |changed, member| resolve(member, scope) | changed),
        _ => false,
    }
}

/// Makes blocks of dynamic blocks.
struct Unfolding<'a> {
    folder: &'a Folder,
    copies: &'a Cell<usize>,
    lines: &'a mut BTreeMap<String, u32>,
}

impl Unfolding<'_> {
    /// Unfolds a block and what is nested in it.
    fn block(&mut self, value: &mut Value, pointer: &str) {
        match value {
            Value::Object(members) => {
                if let Some(Value::Array(dynamics)) = members.remove("dynamic") {
                    for (place, dynamic) in dynamics.iter().enumerate() {
                        self.dynamic(dynamic, &format!("{pointer}/dynamic/{place}"), members, pointer);
                    }
                }
                for (name, member) in members.iter_mut().filter(|(_, member)| member.is_array() || member.is_object()) {
                    self.block(member, &super::below(pointer, name));
                }
            }
            Value::Array(items) => {
                for (place, item) in items.iter_mut().enumerate() {
                    self.block(item, &format!("{pointer}/{place}"));
                }
            }
            _ => {}
        }
    }

    fn dynamic(&mut self, dynamic: &Value, from: &str, members: &mut Map<String, Value>, pointer: &str) {
        let Some(label) = dynamic.get(LABEL).and_then(Value::as_str) else { return };
        let Some(over) = dynamic.get("for_each") else { return };
        let list = members.entry(label.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        let Value::Array(list) = list else { return };
        let items = match seen(over) {
            Look::Unknown(_) => {
                self.move_lines(from, &format!("{}/{}", super::below(pointer, label), list.len()));
                list.push(over.clone());
                return;
            }
            _ => items(over),
        };
        let iterator = match dynamic.get("iterator").map(seen) {
            Some(Look::Unknown(name)) => name,
            _ => label,
        };
        let content = dynamic.pointer("/content/0").cloned().unwrap_or_else(|| json!({}));
        for item in items.iter().take(BLOCKS_MAX) {
            let mut block = content.clone();
            resolve(&mut block, &Scope { folder: self.folder, iterator: Some((iterator, item)), copies: self.copies });
            self.move_lines(&format!("{from}/content/0"), &format!("{}/{}", super::below(pointer, label), list.len()));
            list.push(block);
        }
    }

    fn move_lines(&mut self, from: &str, to: &str) {
        let below = self.lines.range(from.to_owned()..).take_while(|(at, _)| at.starts_with(from));
        let moved: Vec<(String, u32)> = below.map(|(at, line)| (format!("{to}{}", &at[from.len()..]), *line)).collect();
        self.lines.extend(moved);
    }
}

/// The items over which a dynamic block goes, as its iterator shows them.
fn items(over: &Value) -> Vec<Value> {
    match over {
        Value::Array(items) => items.iter().map(|item| json!({ "key": item, "value": item })).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect(),
        _ => Vec::new(),
    }
}

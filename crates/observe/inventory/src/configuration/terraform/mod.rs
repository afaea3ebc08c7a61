//! Terraform's language: resources, data sources, modules, providers and what their values come from.
//!
//! A file in HCL (`.tf`), in JSON (`.tf.json`) or of values (`.tfvars`, `.tfvars.json`), and the plan as `terraform show -json`
//! puts it out ([`plan`]). A resource is a piece whose kind is its type and whose name is its label; a data source
//! has the kind `data.TYPE`; `module`, `provider`, `terraform`, `variable`, `locals`, `output` and `tfvars` are
//! their own kinds. The body holds attributes and nested blocks alike; nested blocks are always lists, so that one
//! block and several look the same. `dynamic` blocks wait under `dynamic` until [`link`] knows how many there are.
//!
//! Reading is one file at a time: a value that hangs on a variable is an unknown value whose expression [`link`]
//! evaluates once the whole folder is there. Left out: reading other files (`file()`, `templatefile()`), what
//! depends on `each`, `count` or another resource, and for-expressions.

mod expression;
mod functions;
pub(super) mod link;
pub(super) mod plan;

use super::{Unreadable, json};
use expression::{Evaluator, Nobody};
use hcl_edit::Span;
use hcl_edit::structure::{Block, Body, Structure};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use vigie_model::configuration::{Form, Piece, unknown};

/// The most values of one file.
const VALUES_MAX: usize = 200_000;
/// The longest expression that is kept, in bytes; a longer one is cut and stays unknown.
const EXPRESSION_MAX: usize = 16 * 1024;

/// Whether a file is in Terraform's language, by its path in small letters. What `terraform init` fetched is not
/// the team's own.
pub(super) fn is(path: &str) -> bool {
    let ours = [".tf", ".tofu", ".tf.json", ".tfvars", ".tfvars.json"].iter().any(|end| path.ends_with(end));
    ours && !path.split('/').any(|folder| folder == ".terraform")
}

/// The pieces of one file.
pub(super) fn read(path: &str, text: &str) -> Result<Vec<Piece>, Unreadable> {
    if path.to_ascii_lowercase().ends_with(".json") {
        return in_json(path, text);
    }
    let body: Body = hcl_edit::parser::parse_body(text).map_err(|error| Unreadable::Broken(said(&error)))?;
    let mut reader = Reader { path, evaluator: Evaluator::new(text, &Nobody) };
    if path.to_ascii_lowercase().ends_with(".tfvars") {
        let content = reader.body(&body, "");
        let values = reader.piece(1, "tfvars", file_name(path), content);
        return reader.finished(vec![values]);
    }
    let mut pieces = Vec::new();
    for block in body.blocks() {
        pieces.extend(reader.top(block));
    }
    reader.finished(pieces)
}

/// The first line of the parser's message; the rest draws the place.
fn said(error: &hcl_edit::parser::Error) -> String {
    format!("line {}: {}", error.location().line(), error.message())
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Kind and name of a block at the top of a file; none for blocks that declare nothing (`moved`, `import`).
fn kind_and_name(block: &str, labels: &[&str]) -> Option<(String, String)> {
    match (block, labels) {
        ("resource", [kind, name]) => Some(((*kind).to_owned(), (*name).to_owned())),
        ("data" | "ephemeral", [kind, name]) => Some((format!("{block}.{kind}"), (*name).to_owned())),
        ("module" | "provider" | "variable" | "output", [name]) => Some((block.to_owned(), (*name).to_owned())),
        ("terraform" | "locals", []) => Some((block.to_owned(), String::new())),
        _ => None,
    }
}

/// Reads one file.
struct Reader<'a> {
    path: &'a str,
    evaluator: Evaluator<'a>,
}

impl Reader<'_> {
    fn top(&mut self, block: &Block) -> Option<Piece> {
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        let (kind, mut name) = kind_and_name(block.ident.as_str(), &labels)?;
        let line = self.evaluator.line(block.span());
        let content = self.body(&block.body, "");
        if let ("provider", Some(alias)) = (kind.as_str(), content.get("alias").and_then(Value::as_str)) {
            name = format!("{name}.{alias}");
        }
        Some(self.piece(line, &kind, &name, content))
    }

    fn piece(&mut self, line: u32, kind: &str, name: &str, content: Map<String, Value>) -> Piece {
        let lines = std::mem::take(&mut self.evaluator.lines);
        piece(self.path, line, kind, name, Value::Object(content), lines)
    }

    /// Attributes and blocks of a body, whose values stand below `pointer`.
    fn body(&mut self, body: &Body, pointer: &str) -> Map<String, Value> {
        let mut content = Map::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let below = below(pointer, attribute.key.as_str());
                    self.evaluator.mark(&below, attribute.span());
                    let value = self.evaluator.value(&attribute.value, &below);
                    content.insert(attribute.key.as_str().to_owned(), value);
                }
                Structure::Block(block) => self.nested(block, pointer, &mut content),
            }
        }
        content
    }

    fn nested(&mut self, block: &Block, pointer: &str, content: &mut Map<String, Value>) {
        let name = block.ident.as_str();
        let list = content.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        // Of an attribute and blocks of one name, Terraform refuses both.
        let Value::Array(list) = list else { return };
        let place = list.len();
        list.push(Value::Null);
        let here = format!("{}/{place}", below(pointer, name));
        self.evaluator.mark(&here, block.span());
        let mut inside = self.body(&block.body, &here);
        if let Some(label) = block.labels.first() {
            inside.insert(LABEL.to_owned(), Value::String(label.as_str().to_owned()));
        }
        if let Some(Value::Array(list)) = content.get_mut(name) {
            list[place] = Value::Object(inside);
        }
    }

    fn finished(&self, pieces: Vec<Piece>) -> Result<Vec<Piece>, Unreadable> {
        if self.evaluator.is_spent() { Err(Unreadable::Broken(format!("more than {VALUES_MAX} values"))) } else { Ok(pieces) }
    }
}

/// The member of a nested block that holds its label: the type of a `backend`, the name of a `dynamic` block.
const LABEL: &str = "$label";

fn piece(path: &str, line: u32, kind: &str, name: &str, body: Value, lines: BTreeMap<String, u32>) -> Piece {
    Piece { form: Form::Terraform, path: path.to_owned(), line, kind: kind.to_owned(), name: name.to_owned(), body, lines }
}

/// The JSON pointer of a member.
fn below(pointer: &str, name: &str) -> String {
    if name.contains(['~', '/']) {
        return format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    }
    format!("{pointer}/{name}")
}

/// An expression that nobody can evaluate here.
fn unknown_expression(text: &str) -> Value {
    let text = text.trim();
    if text.len() <= EXPRESSION_MAX {
        return unknown(text);
    }
    let cut = (0..=EXPRESSION_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    unknown(&format!("{}…", &text[..cut]))
}

/// `.tf.json`: blocks are objects whose labels are keys; a string is a template.
fn in_json(path: &str, text: &str) -> Result<Vec<Piece>, Unreadable> {
    let mut document = json::read(text)?;
    expression::templates(&mut document.body, 0);
    let mut pieces = Vec::new();
    if path.to_ascii_lowercase().ends_with(".tfvars.json") {
        let values = document.part("").map(|part| piece(path, part.line, "tfvars", file_name(path), part.body, part.lines));
        return Ok(values.into_iter().collect());
    }
    for (block, labels) in [("resource", 2), ("data", 2), ("module", 1), ("provider", 1), ("variable", 1), ("output", 1)] {
        for (names, pointer) in labelled(&document.body, block, labels) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let Some((kind, name)) = kind_and_name(block, &names) else { continue };
            let Some(part) = document.part(&pointer) else { continue };
            pieces.push(piece(path, part.line, &kind, &name, part.body, part.lines));
        }
    }
    for block in ["terraform", "locals"] {
        for (_, pointer) in labelled(&document.body, block, 0) {
            let Some(part) = document.part(&pointer) else { continue };
            pieces.push(piece(path, part.line, block, "", part.body, part.lines));
        }
    }
    Ok(pieces)
}

/// Bodies below a block's name and so many labels; each level may be an object or a list of objects.
fn labelled(body: &Value, block: &str, labels: usize) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    if let Some(value) = body.get(block) {
        descend(value, labels, &mut Vec::new(), format!("/{block}"), &mut found);
    }
    found
}

fn descend(value: &Value, labels: usize, names: &mut Vec<String>, pointer: String, found: &mut Vec<(Vec<String>, String)>) {
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate().filter(|(_, item)| item.is_object()) {
                descend(item, labels, names, format!("{pointer}/{place}"), found);
            }
        }
        Value::Object(_) if labels == names.len() => found.push((names.clone(), pointer)),
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| *name != "//") {
                names.push(name.clone());
                descend(member, labels, names, below(&pointer, name), found);
                names.pop();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;

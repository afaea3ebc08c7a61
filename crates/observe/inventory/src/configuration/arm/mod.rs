//! Azure Resource Manager templates: resources with their parameters and variables put in.
//!
//! A resource is a piece whose kind is its full type (`Microsoft.Sql/servers/firewallRules`) and whose name is its
//! name, parents first. Nested resources are pieces of their own; so are those of nested deployments, under the
//! deployment's name. A parameter has its default value where it has one; expressions are evaluated as far as
//! constants go ([`expression`]), the rest is unknown. What a `copy` loop repeats is read once.
//!
//! Bicep is read as the template that `bicep build` makes of it: its language has loops, conditions, modules,
//! functions and types of its own and no parser kept in Rust; a reader for the easy half would call unknown, or
//! worse overlook, what the other half says.

mod expression;

use super::Unreadable;
use super::document::Document;
use expression::{Constants, evaluate};
use serde_json::{Map, Value};
use vigie_model::configuration::{Form, Look, Piece, seen};

/// The deepest nesting of resources and deployments.
const NESTING_MAX: usize = 8;
/// The most resources of one template.
const RESOURCES_MAX: usize = 10_000;

/// Whether a file is in Bicep, by its path in small letters.
pub(super) fn is_bicep(path: &str) -> bool {
    path.ends_with(".bicep")
}

/// Says how Bicep is read.
pub(super) fn read_bicep(_: &str, _: &str) -> Result<Vec<Piece>, Unreadable> {
    Err(Unreadable::Bicep)
}

/// The resources of a template; none for other documents.
pub(super) fn recognise(path: &str, document: &Document) -> Vec<Piece> {
    let schema = document.body.get("$schema").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    if !schema.contains("deploymenttemplate.json") {
        return Vec::new();
    }
    let mut reader = Reader { path, document, pieces: Vec::new() };
    let constants = Constants::of(&document.body, &Map::new());
    reader.resources("", &constants, &Parent::default(), 0);
    reader.pieces
}

/// What stands around a resource.
#[derive(Clone, Default)]
struct Parent {
    /// The parent's full type.
    kind: String,
    /// The parent's full name.
    name: String,
    /// Names of deployments around.
    deployment: String,
}

struct Reader<'a> {
    path: &'a str,
    document: &'a Document,
    pieces: Vec<Piece>,
}

impl Reader<'_> {
    /// The resources of a template, or those nested in a resource, that stands at a JSON pointer.
    fn resources(&mut self, pointer: &str, constants: &Constants, parent: &Parent, depth: usize) {
        let pointer = format!("{pointer}/resources");
        let steps: Vec<String> = match self.document.body.pointer(&pointer) {
            Some(Value::Array(items)) => (0..items.len()).map(|place| place.to_string()).collect(),
            // Since language version 2.0 resources have symbolic names.
            Some(Value::Object(members)) => members.keys().map(|name| name.replace('~', "~0").replace('/', "~1")).collect(),
            _ => Vec::new(),
        };
        for step in steps {
            self.resource(&format!("{pointer}/{step}"), constants, parent, depth);
        }
    }

    fn resource(&mut self, pointer: &str, constants: &Constants, parent: &Parent, depth: usize) {
        let Some(mut part) = self.document.part(pointer) else { return };
        if depth > NESTING_MAX || self.pieces.len() >= RESOURCES_MAX {
            return;
        }
        let Some(kind) = part.body.get("type").and_then(Value::as_str).map(str::to_owned) else { return };
        // A deployment evaluates what is inside by itself; a nested resource is a piece of its own.
        let nested = part.body.as_object_mut().and_then(|members| members.remove("resources")).is_some();
        let template = kind.eq_ignore_ascii_case("Microsoft.Resources/deployments");
        if template && let Some(Value::Object(members)) = part.body.get_mut("properties") {
            members.remove("template");
        }
        evaluate(&mut part.body, constants);
        if part.body["condition"] == false || part.body["existing"] == true {
            return;
        }
        let own = name(&part.body);
        let is_inside = !parent.kind.is_empty() && !kind.contains('.');
        let kind = if is_inside { format!("{}/{kind}", parent.kind) } else { kind };
        let name = if is_inside { format!("{}/{own}", parent.name) } else { own };
        if template {
            let deployment = format!("{}{name}/", parent.deployment);
            self.deployment(pointer, &part.body, constants, &Parent { deployment, ..Parent::default() }, depth);
            return;
        }
        if nested {
            let parent = Parent { kind: kind.clone(), name: name.clone(), deployment: parent.deployment.clone() };
            self.resources(pointer, constants, &parent, depth + 1);
        }
        self.pieces.push(Piece {
            form: Form::Arm,
            path: self.path.to_owned(),
            line: part.line,
            kind,
            name: format!("{}{name}", parent.deployment),
            body: part.body,
            lines: part.lines,
        });
    }

    /// A nested deployment; with the scope `inner` it sees only the parameters that it is given.
    fn deployment(&mut self, pointer: &str, body: &Value, outer: &Constants, parent: &Parent, depth: usize) {
        let pointer = format!("{pointer}/properties/template");
        let Some(template) = self.document.body.pointer(&pointer) else { return };
        let scope = body.pointer("/properties/expressionEvaluationOptions/scope").and_then(Value::as_str);
        let given = body.pointer("/properties/parameters").and_then(Value::as_object).cloned().unwrap_or_default();
        if scope.is_some_and(|scope| scope.eq_ignore_ascii_case("inner")) {
            let inner = Constants::of(template, &given);
            self.resources(&pointer, &inner, parent, depth + 1);
        } else {
            self.resources(&pointer, outer, parent, depth + 1);
        }
    }
}

/// The name of a resource; an unknown one as its expression.
fn name(body: &Value) -> String {
    match body.get("name").map(seen) {
        Some(Look::Known(Value::String(name))) => name.clone(),
        Some(Look::Unknown(expression)) => expression.to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;

//! Configuration as written down: recipes of images, objects of a cluster, services of a Compose file,
//! resources of a cloud.
//!
//! A [`Piece`] is what somebody declares with one name: one object, one service, one resource, one recipe. Its
//! body is JSON in the words of its own format; a value that is only known when it is applied (a variable, a
//! parameter) is there as [`unknown`], so that nothing passes by looking empty. Reading files is the inventory's,
//! judging them that of `checks`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One declared thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The format it is written in.
    pub form: Form,
    /// The file, below the root that was scanned.
    pub path: String,
    /// The line where it begins, counted from 1.
    pub line: u32,
    /// What sort of thing it is, in the words of the format: `Deployment`, `azurerm_kubernetes_cluster`,
    /// `Microsoft.Storage/storageAccounts`, `service`, `Dockerfile`.
    pub kind: String,
    /// Its name in the file, unique with `kind`: `namespace/name`, a resource's address, a service's name; may be
    /// empty where a file holds only one thing.
    pub name: String,
    /// What is declared.
    pub body: Value,
    /// Lines of values, by JSON pointer (RFC 6901); only those that the reader knows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<String, u32>,
}

/// The formats of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// An object of Kubernetes: a manifest, or what Helm and Kustomize put out.
    Kubernetes,
    /// A service, network or volume of a Compose file.
    Compose,
    /// A resource in Terraform's language.
    Terraform,
    /// A resource of an Azure Resource Manager template.
    Arm,
}

impl Form {
    /// The word used in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dockerfile => "dockerfile",
            Self::Kubernetes => "kubernetes",
            Self::Compose => "compose",
            Self::Terraform => "terraform",
            Self::Arm => "arm",
        }
    }
}

/// What stands at a place of a piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look<'a> {
    /// Nothing.
    Absent,
    /// A value; it may hold unknown ones inside.
    Known(&'a Value),
    /// An expression whose value nobody knows before it is applied.
    Unknown(&'a str),
}

impl<'a> Look<'a> {
    /// The value, where there is one that is known.
    #[must_use]
    pub const fn known(self) -> Option<&'a Value> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }
}

/// The member that marks an unknown value.
const MARK: &str = "$unknown";

/// A value that is only known when it is applied.
#[must_use]
pub fn unknown(expression: &str) -> Value {
    let mut marked = Map::new();
    marked.insert(MARK.to_owned(), Value::String(expression.to_owned()));
    Value::Object(marked)
}

/// What a value is by itself.
#[must_use]
pub fn seen(value: &Value) -> Look<'_> {
    match value.as_object().filter(|members| members.len() == 1).and_then(|members| members.get(MARK)?.as_str()) {
        Some(expression) => Look::Unknown(expression),
        None if value.is_null() => Look::Absent,
        None => Look::Known(value),
    }
}

/// What stands at a JSON pointer; unknown where something on the way is.
#[must_use]
pub fn look<'a>(body: &'a Value, pointer: &str) -> Look<'a> {
    let mut here = seen(body);
    for step in pointer.split('/').skip(1) {
        let Look::Known(value) = here else { return here };
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match value {
            Value::Object(members) => members.get(&step),
            Value::Array(items) => step.parse().ok().and_then(|place: usize| items.get(place)),
            _ => None,
        };
        here = next.map_or(Look::Absent, seen);
    }
    here
}

impl Piece {
    /// What stands at a JSON pointer of the body.
    #[must_use]
    pub fn look(&self, pointer: &str) -> Look<'_> {
        look(&self.body, pointer)
    }

    /// The line of a JSON pointer: its own, or that of the nearest thing around it.
    #[must_use]
    pub fn line_of(&self, pointer: &str) -> u32 {
        let mut around = pointer;
        loop {
            if let Some(line) = self.lines.get(around) {
                return *line;
            }
            let Some(cut) = around.rfind('/') else { return self.line };
            around = &around[..cut];
        }
    }

    /// Where a person finds a JSON pointer now: `deploy/web.yaml:12`.
    #[must_use]
    pub fn place(&self, pointer: &str) -> String {
        format!("{}:{}", self.path, self.line_of(pointer))
    }

    /// What stays the same when lines move: file, kind and name.
    #[must_use]
    pub fn id(&self) -> String {
        let Self { path, kind, name, .. } = self;
        if name.is_empty() { path.clone() } else { format!("{path}#{kind}/{name}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn piece() -> Piece {
        Piece {
            form: Form::Terraform,
            path: "main.tf".into(),
            line: 3,
            kind: "azurerm_storage_account".into(),
            name: "logs".into(),
            body: json!({ "tls": "1.2", "rules": unknown("var.rules"), "none": null, "a/b": [{ "c": 1 }] }),
            lines: BTreeMap::from([("/a~1b".into(), 7)]),
        }
    }

    #[test]
    fn unknown_is_neither_there_nor_absent() {
        let piece = piece();
        assert_eq!(piece.look("/tls"), Look::Known(&json!("1.2")));
        assert_eq!(piece.look("/rules"), Look::Unknown("var.rules"));
        assert_eq!(piece.look("/rules/0/deep"), Look::Unknown("var.rules"));
        assert_eq!(piece.look("/none"), Look::Absent);
        assert_eq!(piece.look("/tls/deeper"), Look::Absent);
        assert_eq!(piece.look("/a~1b/0/c"), Look::Known(&json!(1)));
        assert_eq!(piece.look("/a~1b/9"), Look::Absent);
    }

    #[test]
    fn a_place_is_the_nearest_known_line() {
        let piece = piece();
        assert_eq!(piece.place("/a~1b/0/c"), "main.tf:7");
        assert_eq!(piece.place("/tls"), "main.tf:3");
        assert_eq!(piece.id(), "main.tf#azurerm_storage_account/logs");
    }
}

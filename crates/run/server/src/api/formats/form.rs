//! A page as a form.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vigie_collect::draft::{Draft, Kind, Part};

/// A page as a form: what can be written without knowing how a page is written.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    /// What people call it.
    title: String,
    /// The name of the format: small letters, digits, hyphens.
    format: String,
    /// `json`, `pairs`, `text`.
    #[schema(value_type = String)]
    kind: Kind,
    /// The name of the class of its events.
    class: String,
    /// Their activity; empty for none.
    activity: String,
    /// Of text: lines with named parts.
    lines: Vec<String>,
    /// Of records: the names that tell them from others.
    recognise: Vec<String>,
    /// The values.
    parts: Vec<FormPart>,
}

/// A value of the records and what it becomes.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FormPart {
    name: String,
    /// One of its values.
    #[serde(default)]
    example: String,
    /// An OCSF path, `time`, `host` or `severity`; empty to leave it under its own name.
    target: String,
}

impl From<Draft> for Form {
    fn from(draft: Draft) -> Self {
        let Draft { title, format, kind, class, activity, lines, recognise, parts } = draft;
        let part = |Part { name, example, target }| FormPart { name, example, target };
        Self { title, format, kind, class, activity, lines, recognise, parts: parts.into_iter().map(part).collect() }
    }
}

impl From<Form> for Draft {
    fn from(form: Form) -> Self {
        let Form { title, format, kind, class, activity, lines, recognise, parts } = form;
        let part = |FormPart { name, example, target }| Part { name, example, target };
        Self { title, format, kind, class, activity, lines, recognise, parts: parts.into_iter().map(part).collect() }
    }
}

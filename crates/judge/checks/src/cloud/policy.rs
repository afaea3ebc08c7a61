//! Policies of AWS: who may do what with which resource. Written as JSON, as an object, or as the data source
//! `aws_iam_policy_document` of the same folder.

use super::place::{Judged, find, folder, is, is_one_of, items, not_applicable};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece, look, seen};
use vigie_model::verdict::Verdict;

/// One statement.
struct Statement<'a> {
    /// Where it stands in the piece that is judged; empty for one of another piece.
    pointer: String,
    body: std::borrow::Cow<'a, Value>,
    /// The words of the data source differ from those of JSON.
    is_data: bool,
}

/// What a statement says of one list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Yes,
    No,
    Unknown,
}

impl Statement<'_> {
    fn member(&self, json: &str, data: &str) -> Option<&Value> {
        self.body.get(if self.is_data { data } else { json }).filter(|value| !value.is_null())
    }

    fn allows(&self) -> bool {
        self.member("Effect", "effect").is_none_or(|effect| *effect == "Allow")
    }

    fn has_condition(&self) -> bool {
        self.member("Condition", "condition").is_some()
    }

    /// Whether a list of texts holds `*`.
    fn has_star(&self, json: &str, data: &str) -> Says {
        self.member(json, data).map_or(Says::No, star)
    }

    /// Whether it is for everybody.
    fn is_for_everybody(&self) -> Says {
        let Some(principal) = self.member("Principal", "principals") else { return Says::No };
        if !self.is_data {
            return match seen(principal) {
                Look::Known(Value::Object(kinds)) => kinds.get("AWS").or_else(|| kinds.get("*")).map_or(Says::No, star),
                _ => star(principal),
            };
        }
        let mut unknown = false;
        for principal in principal.as_array().into_iter().flatten() {
            if !principal.get("type").is_some_and(|sort| *sort == "AWS" || *sort == "*") {
                continue;
            }
            match principal.get("identifiers").map_or(Says::No, star) {
                Says::Yes => return Says::Yes,
                Says::Unknown => unknown = true,
                Says::No => {}
            }
        }
        if unknown { Says::Unknown } else { Says::No }
    }
}

fn star(value: &Value) -> Says {
    match seen(value) {
        Look::Unknown(expression) if expression.contains(".arn") || expression.contains("arn:") => Says::No,
        Look::Unknown(_) => Says::Unknown,
        Look::Known(Value::String(text)) if text == "*" => Says::Yes,
        Look::Known(Value::Array(items)) => {
            let all: Vec<Says> = items.iter().map(star).collect();
            let holds = |says| all.contains(&says);
            if holds(Says::Yes) {
                Says::Yes
            } else if holds(Says::Unknown) {
                Says::Unknown
            } else {
                Says::No
            }
        }
        _ => Says::No,
    }
}

/// The statements of the policy in an attribute; what is not known is noted.
fn statements<'a>(judged: &mut Judged<'a>, attribute: &str, around: &'a [Piece]) -> Vec<Statement<'a>> {
    use std::borrow::Cow;
    let piece = judged.piece;
    let pointer = format!("/{attribute}");
    let parsed = match piece.look(&pointer) {
        Look::Known(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(parsed) => {
                let all = parsed.get("Statement").map(list).unwrap_or_default();
                return all
                    .into_iter()
                    .map(|body| Statement { pointer: pointer.clone(), body: Cow::Owned(body.clone()), is_data: false })
                    .collect();
            }
            // AWS refuses it as well, but that is no reason to pass.
            Err(_) => {
                judged.unknown("policy");
                return Vec::new();
            }
        },
        Look::Known(parsed) => parsed,
        Look::Unknown(expression) => return of_data(judged, expression, around),
        Look::Absent => return Vec::new(),
    };
    let all = match parsed.get("Statement").map(seen) {
        Some(Look::Known(Value::Array(items))) => {
            items.iter().enumerate().map(|(place, body)| (format!("{pointer}/Statement/{place}"), body)).collect()
        }
        Some(Look::Known(body)) => vec![(format!("{pointer}/Statement"), body)],
        Some(Look::Unknown(expression)) => {
            judged.unknown(expression);
            Vec::new()
        }
        _ => Vec::new(),
    };
    all.into_iter().map(|(pointer, body)| Statement { pointer, body: Cow::Borrowed(body), is_data: false }).collect()
}

fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        value => vec![value],
    }
}

/// The statements of a data source that an expression names.
fn of_data<'a>(judged: &mut Judged<'a>, expression: &'a str, around: &'a [Piece]) -> Vec<Statement<'a>> {
    let name = expression.strip_prefix("data.aws_iam_policy_document.").and_then(|rest| rest.strip_suffix(".json"));
    let same = |other: &&Piece| {
        is(other, "data.aws_iam_policy_document")
            && Some(other.name.as_str()) == name
            && folder(&other.path) == folder(&judged.piece.path)
    };
    let Some(data) = around.iter().find(same) else {
        judged.unknown(expression);
        return Vec::new();
    };
    of_document(data).into_iter().map(|(_, body)| Statement { pointer: "/policy".to_owned(), body, is_data: true }).collect()
}

fn of_document(data: &Piece) -> Vec<(String, std::borrow::Cow<'_, Value>)> {
    let items = data.look("/statement").known().map(list).unwrap_or_default();
    let known = items.into_iter().filter(|item| matches!(seen(item), Look::Known(_)));
    known.enumerate().map(|(place, body)| (format!("/statement/{place}"), std::borrow::Cow::Borrowed(body))).collect()
}

/// Policies of resources, and the attribute that holds them.
const RESOURCES: &[(&str, &str)] = &[
    ("aws_ecr_repository_policy", "policy"),
    ("aws_kms_key", "policy"),
    ("aws_lambda_layer_version_permission", "principal"),
    ("aws_s3_bucket", "policy"),
    ("aws_s3_bucket_policy", "policy"),
    ("aws_secretsmanager_secret", "policy"),
    ("aws_secretsmanager_secret_policy", "policy"),
    ("aws_sns_topic_policy", "policy"),
    ("aws_sqs_queue", "policy"),
    ("aws_sqs_queue_policy", "policy"),
];

/// A resource that anybody in the world may use.
pub(crate) fn policy_for_everybody(piece: &Piece, around: &[Piece]) -> Verdict {
    let Some((_, attribute)) = RESOURCES.iter().find(|(kind, _)| is_one_of(piece, &[kind])) else { return not_applicable() };
    let mut judged = Judged::of(piece);
    for statement in statements(&mut judged, attribute, around) {
        if !statement.allows() || statement.has_condition() {
            continue;
        }
        match statement.is_for_everybody() {
            Says::Yes => judged.bad(&statement.pointer, "Principal = \"*\"", "arn:aws:iam::123456789012:role/app"),
            Says::Unknown => judged.unknown("Principal"),
            Says::No => {}
        }
    }
    judged.verdict()
}

/// A role that anybody in the world may take.
pub(crate) fn iam_role_for_everybody(piece: &Piece, around: &[Piece]) -> Verdict {
    if !is_one_of(piece, &["aws_iam_role"]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    for statement in statements(&mut judged, "assume_role_policy", around) {
        if statement.allows() && !statement.has_condition() && statement.is_for_everybody() == Says::Yes {
            judged.bad(&statement.pointer, "Principal = \"*\"", "arn:aws:iam::123456789012:root");
        }
    }
    judged.verdict()
}

const POLICIES: [&str; 4] = ["aws_iam_policy", "aws_iam_role_policy", "aws_iam_group_policy", "aws_iam_user_policy"];

/// A policy that allows everything on everything.
pub(crate) fn iam_all_rights(piece: &Piece, around: &[Piece]) -> Verdict {
    const ATTACHMENTS: [&str; 4] = [
        "aws_iam_role_policy_attachment",
        "aws_iam_user_policy_attachment",
        "aws_iam_group_policy_attachment",
        "aws_iam_policy_attachment",
    ];
    let mut judged = Judged::of(piece);
    if is_one_of(piece, &ATTACHMENTS) {
        for found in find(piece, "policy_arn") {
            match found.look {
                Look::Known(value) if value.as_str().is_some_and(|arn| arn.ends_with(":aws:policy/AdministratorAccess")) => {
                    judged.bad_value(&found.pointer, "policy_arn", value, "arn:aws:iam::aws:policy/ReadOnlyAccess");
                }
                Look::Unknown(expression) if !expression.contains(".arn") => judged.unknown(expression),
                _ => {}
            }
        }
        return judged.verdict();
    }
    if !is_one_of(piece, &POLICIES) {
        return not_applicable();
    }
    for statement in statements(&mut judged, "policy", around) {
        let says = (statement.has_star("Action", "actions"), statement.has_star("Resource", "resources"));
        if !statement.allows() || says.0 == Says::No || says.1 == Says::No {
            continue;
        }
        if says == (Says::Yes, Says::Yes) {
            judged.bad(&statement.pointer, "Action = \"*\", Resource = \"*\"", "s3:GetObject");
        } else {
            judged.unknown("Action");
        }
    }
    judged.verdict()
}

/// Rights of one person, which nobody sees among the groups.
pub(crate) fn iam_rights_of_a_user(piece: &Piece, _: &[Piece]) -> Verdict {
    if is_one_of(piece, &["aws_iam_group_policy", "aws_iam_group_policy_attachment"]) {
        return Verdict::Pass;
    }
    if !is_one_of(piece, &["aws_iam_user_policy", "aws_iam_user_policy_attachment"]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    let user = piece.look("/user").known().and_then(Value::as_str).unwrap_or(&piece.name);
    judged.bad("", format!("user = {user}"), "aws_iam_group_policy_attachment");
    judged.verdict()
}

/// A task that has the whole machine.
pub(crate) fn ecs_privileged(piece: &Piece, _: &[Piece]) -> Verdict {
    if !is_one_of(piece, &["aws_ecs_task_definition"]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    for (pointer, container) in super::secret::containers(&mut judged) {
        let name = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        match look(&container, "/privileged") {
            Look::Known(value) if super::place::on(value) => judged.bad(&pointer, format!("{name}: privileged = true"), "false"),
            Look::Unknown(_) => judged.unknown("privileged"),
            _ => {}
        }
    }
    judged.verdict()
}

/// Members that stand for everybody, with a Google account or without one.
pub(crate) fn gcp_role_for_everybody(piece: &Piece, _: &[Piece]) -> Verdict {
    let is_grant = |end: &str| piece.kind.starts_with("google_") && piece.kind.ends_with(end);
    if !(is_grant("_iam_member") || is_grant("_iam_binding")) || !is_one_of(piece, &[&piece.kind]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    for path in ["member", "members"] {
        for (pointer, member) in items(&mut judged, path) {
            if super::place::word(member, &["allUsers", "allAuthenticatedUsers"]) {
                judged.bad_value(&pointer, path, member, "group:team@example.com");
            }
        }
    }
    judged.verdict()
}

/// Owner and Editor of a project.
pub(crate) fn gcp_basic_role(piece: &Piece, _: &[Piece]) -> Verdict {
    let kinds =
        ["google_project_iam_member", "google_project_iam_binding", "google_folder_iam_member", "google_organization_iam_member"];
    let places = kinds.map(|kind| super::place::at(kind, "role", super::place::Absent::Good));
    super::place::setting(
        piece,
        &places,
        |role| !super::place::word(role, &["roles/owner", "roles/editor"]),
        "roles/container.developer",
    )
}

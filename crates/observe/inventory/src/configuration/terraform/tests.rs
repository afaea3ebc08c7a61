//! What is read from Terraform's language, and what the second step makes of it.

use super::*;
use crate::configuration::{link, read as read_any};
use proptest::prelude::*;
use serde_json::json;

fn folder(files: &[(&str, &str)]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = files.iter().flat_map(|(path, text)| read_any(path, text.as_bytes()).unwrap()).collect();
    link(&mut pieces);
    pieces
}

/// The body of a piece.
fn body<'a>(pieces: &'a [Piece], kind: &str, name: &str) -> &'a Value {
    &pieces.iter().find(|piece| piece.kind == kind && piece.name == name).unwrap().body
}

#[test]
fn reads_resources_with_lines() {
    let text = "# one\nresource \"aws_s3_bucket\" \"logs\" {\n  bucket = \"logs\"\n\n  rule {\n    days = 3\n  }\n  rule {\n    \
                days = -1\n    tags = {\n      a = \"b\"\n    }\n  }\n}\n\ndata \"aws_ami\" \"x\" {}\nmoved {\n  from = a.b\n  to = a.c\n}\n";
    let pieces = read("main.tf", text).unwrap();
    assert_eq!(pieces.len(), 2);
    let bucket = &pieces[0];
    assert_eq!((bucket.kind.as_str(), bucket.name.as_str(), bucket.line), ("aws_s3_bucket", "logs", 2));
    assert_eq!(bucket.body, json!({ "bucket": "logs", "rule": [{ "days": 3 }, { "days": -1, "tags": { "a": "b" } }] }));
    let line = |pointer| bucket.line_of(pointer);
    assert_eq!((line("/bucket"), line("/rule/0"), line("/rule/1/days"), line("/rule/1/tags/a")), (3, 5, 9, 11));
    assert_eq!((pieces[1].kind.as_str(), pieces[1].line), ("data.aws_ami", 16));
}

#[test]
fn evaluates_what_is_constant_and_keeps_the_rest() {
    let text = r#"
locals {
  a = "x-${1}-${upper("y")}"
  b = true ? [1, each.value] : null
  c = jsonencode({ Principal = "*", Resource = aws_s3_bucket.b.arn })
  d = file("x")
  e = format("%s-%d%%", "a", 3)
  f = 1 == 1 && !false
  g = [for x in [1] : x]
  h = merge({ a = 1 }, { b = 2 }).b
  i = "pre-${var.x}"
  j = provider::a::b(1)
}"#;
    let pieces = read("main.tf", text).unwrap();
    let expected = json!({
        "a": "x-1-Y",
        "b": [1, unknown("each.value")],
        "c": { "Principal": "*", "Resource": unknown("aws_s3_bucket.b.arn") },
        "d": unknown("file(\"x\")"),
        "e": "a-3%",
        "f": true,
        "g": unknown("[for x in [1] : x]"),
        "h": 2,
        "i": unknown("\"pre-${var.x}\""),
        "j": unknown("provider::a::b(1)"),
    });
    assert_eq!(pieces[0].body, expected);
}

#[test]
fn a_policy_with_holes_is_still_a_policy() {
    let text = "resource \"a\" \"b\" {\n  policy = <<-EOF\n    {\n      \"Principal\": \"*\",\n      \"Resource\": \"${a.c.arn}/*\",\n      \
                \"Size\": ${var.size}\n    }\n  EOF\n}\n";
    let pieces = read("main.tf", text).unwrap();
    let expected = json!({ "policy": { "Principal": "*", "Resource": unknown("${…}/*"), "Size": unknown("${…}") } });
    assert_eq!(pieces[0].body, expected);
}

#[test]
fn variables_and_locals_come_from_the_whole_folder() {
    let pieces = folder(&[
        (
            "a/main.tf",
            "resource \"r\" \"x\" {\n  tls = local.tls\n  size = var.size\n  name = var.name\n  on = local.all.on\n  loop = local.loop\n}\n",
        ),
        ("a/variables.tf", "variable \"size\" {\n  default = 1\n}\nvariable \"name\" {\n  type = string\n}\n"),
        (
            "a/locals.tf",
            "locals {\n  tls = local.deep\n  deep = \"1.${var.size}\"\n  all = { on = true, off = each.value }\n  loop = [local.loop]\n}\n",
        ),
        ("a/b.auto.tfvars", "size = 3\n"),
        ("a/terraform.tfvars", "size = 2\n"),
        ("a/other.tfvars", "name = \"not loaded\"\n"),
        ("b/main.tf", "resource \"r\" \"y\" {\n  size = var.size\n}\n"),
        ("c/main.tf", "variable \"size\" {}\nresource \"r\" \"z\" {\n  size = var.size\n}\n"),
        ("c/terraform.tfvars.json", "{\"size\": [1, {\"of\": \"x\"}], \"more\": null}"),
        ("c/terraform.tfvars", "size = 2\n"),
    ]);
    let expected = json!({ "tls": "1.3", "size": 3, "name": unknown("var.name"), "on": true, "loop": unknown("local.loop") });
    assert_eq!(body(&pieces, "r", "x"), &expected);
    assert_eq!(body(&pieces, "r", "y"), &json!({ "size": unknown("var.size") }));
    assert_eq!(body(&pieces, "r", "z"), &json!({ "size": [1, { "of": "x" }] }));
}

#[test]
fn a_called_module_has_what_its_callers_pass() {
    let module = "variable \"public\" {\n  default = false\n}\nvariable \"tls\" {\n  default = \"1.2\"\n}\nresource \"r\" \"x\" {\n  public = var.public\n  tls = var.tls\n}\n";
    let call = |name: &str, arguments: &str| format!("module \"{name}\" {{\n  source = \"../modules/r\"\n{arguments}\n}}\n");
    let one = folder(&[("modules/r/main.tf", module), ("live/main.tf", &call("a", "  public = true"))]);
    assert_eq!(body(&one, "r", "x"), &json!({ "public": true, "tls": "1.2" }));
    let two = folder(&[
        ("modules/r/main.tf", module),
        ("live/main.tf", &(call("a", "  public = true") + &call("b", "  tls = var.unset"))),
    ]);
    assert_eq!(body(&two, "r", "x"), &json!({ "public": unknown("var.public"), "tls": unknown("var.tls") }));
}

#[test]
fn dynamic_blocks_unfold_where_their_items_are_known() {
    let pieces = folder(&[(
        "main.tf",
        r#"
variable "ports" {
  default = [22, 443]
}
resource "sg" "x" {
  dynamic "ingress" {
    for_each = var.ports
    iterator = it
    content {
      from_port = it.value
      cidr      = each.value
    }
  }
  dynamic "egress" {
    for_each = var.nobody
    content {
      port = egress.value
    }
  }
}
"#,
    )]);
    let expected = json!({
        "ingress": [{ "from_port": 22, "cidr": unknown("each.value") }, { "from_port": 443, "cidr": unknown("each.value") }],
        "egress": [unknown("var.nobody")],
    });
    assert_eq!(body(&pieces, "sg", "x"), &expected);
    let piece = pieces.iter().find(|piece| piece.kind == "sg").unwrap();
    assert_eq!((piece.line_of("/ingress/1/from_port"), piece.line_of("/egress/0")), (10, 14));
}

#[test]
fn reads_json_syntax_and_values() {
    let text = r#"{
  "resource": { "r": { "x": { "tls": "${var.tls}", "rule": { "days": 1 }, "name": "a-${1}" }, "y": [{ "tls": "1" }] } },
  "variable": { "tls": { "default": "1.3" } },
  "provider": { "aws": { "region": "eu" } },
  "terraform": { "backend": { "s3": {} } }
}"#;
    let pieces = folder(&[("main.tf.json", text)]);
    assert_eq!(body(&pieces, "r", "x"), &json!({ "tls": "1.3", "rule": { "days": 1 }, "name": "a-1" }));
    assert_eq!(body(&pieces, "r", "y"), &json!({ "tls": "1" }));
    assert_eq!(body(&pieces, "provider", "aws"), &json!({ "region": "eu" }));
    assert_eq!(pieces.iter().map(|piece| piece.line).collect::<Vec<_>>(), [2, 2, 4, 3, 5]);
}

#[test]
fn reads_plans() {
    let text = r#"{"format_version": "1.2", "terraform_version": "1.9.0",
  "planned_values": {"root_module": {
    "resources": [{"address": "r.x", "mode": "managed", "type": "r", "name": "x",
      "values": {"tls": "1.2", "id": null, "rules": [{"a": 1}]}}],
    "child_modules": [{"address": "module.m", "resources": [
      {"address": "module.m.r.y[0]", "mode": "data", "type": "r", "name": "y", "values": {"b": 2}}]}]}},
  "resource_changes": [{"address": "r.x", "change": {"after_unknown": {"id": true, "rules": [{"c": true}]}}}]}"#;
    let pieces = read_any("plan.json", text.as_bytes()).unwrap();
    let later = unknown("(known after apply)");
    assert_eq!(body(&pieces, "r", "r.x"), &json!({ "tls": "1.2", "id": later, "rules": [{ "a": 1, "c": later }] }));
    assert_eq!(body(&pieces, "data.r", "module.m.r.y[0]"), &json!({ "b": 2 }));
    assert_eq!((pieces[0].line, pieces[0].line_of("/rules/0/a")), (4, 4));
}

#[test]
fn says_what_it_cannot_read() {
    assert!(matches!(read("main.tf", "resource \"a\" {"), Err(Unreadable::Broken(said)) if said.starts_with("line 1: ")));
    assert!(matches!(read("main.tf", &format!("a = {}", "[".repeat(10_000))), Err(Unreadable::Broken(_))));
    assert!(is("x/main.tf") && is("x.auto.tfvars") && !is("x/.terraform/modules/a/main.tf") && !is("main.tfstate"));
}

proptest! {
    #[test]
    fn survives_any_text(text in "[ =\\[\\]{}\"$%.<a1\n-]{0,60}") {
        let mut pieces = read("main.tf", &text).unwrap_or_default();
        link(&mut pieces);
    }
}

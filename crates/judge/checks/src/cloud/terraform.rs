//! Terraform itself: where modules come from and where the state is kept.

use super::place::Absent;
use super::place::{Judged, at, below, items, not_applicable, on, setting, word};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// Whether a source is a folder of the same tree.
fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || source.starts_with('/')
}

/// A module whose content may be another one tomorrow.
pub(crate) fn module_without_version(piece: &Piece, _: &[Piece]) -> Verdict {
    if piece.kind != "module" {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    match piece.look("/source") {
        Look::Known(Value::String(source)) if is_local(source) => return not_applicable(),
        Look::Known(Value::String(source)) => {
            let from_git =
                ["git::", "git@", "github.com/", "bitbucket.org/", "hg::"].iter().any(|start| source.starts_with(start));
            let elsewhere = source.contains("://") || source.contains("::");
            let expected = if from_git { "?ref=v1.2.3" } else { "version = \"1.2.3\"" };
            // Archives from elsewhere say their version in the address, in ways of their own.
            let is_pinned = if from_git { source.contains("ref=") || source.contains("rev=") } else { elsewhere };
            if !is_pinned && (from_git || piece.look("/version") == Look::Absent) {
                judged.bad("/source", format!("source = {source}"), expected);
            }
        }
        Look::Unknown(expression) => judged.unknown(expression),
        _ => {}
    }
    judged.verdict()
}

/// The state, with all secrets in it, travels or is kept in clear text.
pub(crate) fn state_in_clear_text(piece: &Piece, _: &[Piece]) -> Verdict {
    if piece.kind != "terraform" {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    let backends = items(&mut judged, "backend");
    if backends.is_empty() {
        return not_applicable();
    }
    for (pointer, backend) in backends {
        // In JSON the type is a key, in HCL a label.
        let (pointer, kind, body) =
            match (backend.get("$label").and_then(Value::as_str), backend.as_object().and_then(|all| all.iter().next())) {
                (Some(label), _) => (pointer, label.to_owned(), backend),
                (None, Some((label, body))) => (format!("{pointer}/{label}"), label.clone(), body),
                _ => continue,
            };
        for (backend, path) in
            [("s3", "encrypt"), ("http", "address"), ("http", "skip_cert_verification"), ("consul", "scheme"), ("pg", "conn_str")]
        {
            if backend != kind {
                continue;
            }
            for found in below(piece, body, &pointer, path) {
                let Look::Known(value) = found.look else { continue };
                let text = value.as_str().unwrap_or_default();
                let is_bad = match path {
                    "encrypt" => !on(value),
                    "address" => {
                        text.starts_with("http://") && !text.starts_with("http://localhost") && !text.starts_with("http://127.")
                    }
                    "skip_cert_verification" => on(value),
                    "scheme" => word(value, &["http"]),
                    _ => text.contains("sslmode=disable"),
                };
                if is_bad {
                    judged.bad(&found.pointer, format!("{path} ({kind})"), "TLS");
                }
            }
        }
    }
    judged.verdict()
}

/// A provider that takes any certificate of the cluster or vault.
pub(crate) fn provider_without_verification(piece: &Piece, _: &[Piece]) -> Verdict {
    if piece.kind != "provider" {
        return not_applicable();
    }
    let name = piece.name.split('.').next().unwrap_or_default();
    let path = match name {
        "kubernetes" | "rancher2" => "insecure",
        "helm" => "kubernetes.insecure",
        "vault" => "skip_tls_verify",
        "aws" | "minio" => "insecure",
        "docker" => return not_applicable(),
        _ => return not_applicable(),
    };
    setting(piece, &[at("provider", path, Absent::Good)], |value| !on(value), "false")
}

//! Google Kubernetes Engine and storage of Google Cloud. Provider `google` 7.

use super::place::{Absent, Judged, any, at, filled, find, is_one_of, not_applicable, off, on, setting, word};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

const CLUSTER: &str = "google_container_cluster";

/// Autopilot sets much by itself and does not let it be changed.
fn is_autopilot(piece: &Piece) -> bool {
    piece.look("/enable_autopilot").known().is_some_and(on)
}

/// Authorisation of the time before RBAC, beside which RBAC denies nothing.
pub(crate) fn gke_legacy_authorization(piece: &Piece, _: &[Piece]) -> Verdict {
    setting(piece, &[at(CLUSTER, "enable_legacy_abac", Absent::Good)], off, "false")
}

/// Nodes with public addresses.
pub(crate) fn gke_public_nodes(piece: &Piece, _: &[Piece]) -> Verdict {
    setting(piece, &[at(CLUSTER, "private_cluster_config.enable_private_nodes", Absent::Bad)], on, "true")
}

/// The API server answers every address.
pub(crate) fn gke_open_api_server(piece: &Piece, _: &[Piece]) -> Verdict {
    if !is_one_of(piece, &[CLUSTER]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    let private = any(&mut judged, "private_cluster_config.enable_private_endpoint", on);
    let by_name = any(&mut judged, "control_plane_endpoints_config.ip_endpoints_config.enabled", |value| !on(value));
    if private == Some(true) || by_name == Some(true) {
        return Verdict::Pass;
    }
    let path = "master_authorized_networks_config";
    for found in find(piece, &format!("{path}.cidr_blocks.cidr_block")) {
        match found.look {
            Look::Known(value) if word(value, &["0.0.0.0/0", "::/0"]) => {
                judged.bad_value(&found.pointer, "cidr_block", value, "203.0.113.0/24");
            }
            Look::Unknown(expression) => judged.unknown(expression),
            _ => {}
        }
    }
    if private == Some(false) && find(piece, path).iter().all(|found| found.look == Look::Absent) {
        judged.missing("", path, "203.0.113.0/24");
    }
    judged.verdict()
}

/// Pods get their rights from the node, all the same ones.
pub(crate) fn gke_without_workload_identity(piece: &Piece, _: &[Piece]) -> Verdict {
    if is_autopilot(piece) {
        return not_applicable();
    }
    let path = "workload_identity_config.workload_pool";
    setting(piece, &[at(CLUSTER, path, Absent::Bad)], filled, "PROJECT.svc.id.goog")
}

/// Nodes that cannot prove what they booted.
pub(crate) fn gke_without_shielded_nodes(piece: &Piece, _: &[Piece]) -> Verdict {
    setting(piece, &[at(CLUSTER, "enable_shielded_nodes", Absent::Good)], on, "true")
}

/// A certificate that signs in and cannot be taken back.
pub(crate) fn gke_client_certificate(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [at(CLUSTER, "master_auth.client_certificate_config.issue_client_certificate", Absent::Good)];
    setting(piece, &places, off, "false")
}

/// New versions only by hand. A cluster that says nothing is enrolled in Regular today.
pub(crate) fn gke_without_release_channel(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [at(CLUSTER, "release_channel.channel", Absent::Good)];
    setting(piece, &places, |value| !word(value, &["UNSPECIFIED"]), "REGULAR")
}

/// Network policies are accepted and do nothing.
pub(crate) fn gke_without_network_policy(piece: &Piece, _: &[Piece]) -> Verdict {
    if is_autopilot(piece) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    if any(&mut judged, "datapath_provider", |value| word(value, &["ADVANCED_DATAPATH"])) == Some(true) {
        return Verdict::Pass;
    }
    setting(piece, &[at(CLUSTER, "network_policy.enabled", Absent::Bad)], on, "true")
}

/// Rights of single objects beside those of the bucket, which nobody oversees.
pub(crate) fn gcs_object_rights(piece: &Piece, _: &[Piece]) -> Verdict {
    setting(piece, &[at("google_storage_bucket", "uniform_bucket_level_access", Absent::Bad)], on, "true")
}

/// Pods on these nodes may use every right of the project's default service account.
pub(crate) fn gke_all_scopes(piece: &Piece, _: &[Piece]) -> Verdict {
    let kinds = [(CLUSTER, "node_config"), ("google_container_node_pool", "node_config")];
    let kind_names = kinds.map(|(kind, _)| kind);
    if !is_one_of(piece, &kind_names) || is_autopilot(piece) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    // An account of their own narrows what the scope allows.
    if find(piece, "node_config.service_account").iter().any(|found| match found.look {
        Look::Known(value) => filled(value) && !word(value, &["default"]),
        Look::Unknown(_) => true,
        Look::Absent => false,
    }) {
        return Verdict::Pass;
    }
    for found in find(piece, "node_config.oauth_scopes") {
        match found.look {
            Look::Known(Value::Array(scopes)) => {
                for scope in scopes.iter().filter_map(Value::as_str) {
                    if scope == "cloud-platform" || scope.ends_with("/auth/cloud-platform") {
                        judged.bad(&found.pointer, scope.to_owned(), "service_account");
                    }
                }
            }
            Look::Unknown(expression) => judged.unknown(expression),
            _ => {}
        }
    }
    judged.verdict()
}

//! Checks of objects of Kubernetes: one line each in [`CHECKS`], sorted by name. The name is that of the page below
//! `content/checks/kubernetes/` and, with `_` for `-`, of the function.

mod admission;
mod at;
mod containers;
mod control_plane;
mod network;
mod object;
mod pod;
mod pods;
pub mod pss;
mod rbac;
mod secrets;
mod versions;
mod volumes;
mod workloads;

use crate::check::{Check, Judge};
use vigie_model::configuration::Piece;
use vigie_model::finding::FindingKind::{self, Exposure, Misconfiguration, Secret, WeakCrypto};
use vigie_model::verdict::Verdict;

const fn check(name: &'static str, kind: FindingKind, judge: fn(&Piece, &[Piece]) -> Verdict) -> Check {
    Check { name, kind, judge: Judge::Piece(judge) }
}

/// All checks.
pub(crate) static CHECKS: &[Check] = &[
    check("admission-ignored-failure", Misconfiguration, admission::admission_ignored_failure),
    check("admission-namespace-without-standard", Misconfiguration, admission::admission_namespace_without_standard),
    check("admission-policy-without-refusal", Misconfiguration, admission::admission_policy_without_refusal),
    check("admission-privileged-namespace", Misconfiguration, admission::admission_privileged_namespace),
    check("admission-webhook-for-everything", Misconfiguration, admission::admission_webhook_for_everything),
    check("container-without-memory-limit", Misconfiguration, containers::container_without_memory_limit),
    check("container-without-probe", Misconfiguration, containers::container_without_probe),
    check("container-without-requests", Misconfiguration, containers::container_without_requests),
    check("control-plane-allows-everything", Misconfiguration, control_plane::control_plane_allows_everything),
    check("control-plane-anonymous-requests", Misconfiguration, control_plane::control_plane_anonymous_requests),
    check("control-plane-incomplete-authorization", Misconfiguration, control_plane::control_plane_incomplete_authorization),
    check("control-plane-insecure-port", Exposure, control_plane::control_plane_insecure_port),
    check("control-plane-open-address", Misconfiguration, control_plane::control_plane_open_address),
    check("control-plane-open-etcd", Misconfiguration, control_plane::control_plane_open_etcd),
    check("control-plane-plain-etcd", Misconfiguration, control_plane::control_plane_plain_etcd),
    check("control-plane-profiling", Misconfiguration, control_plane::control_plane_profiling),
    check("control-plane-static-tokens", Misconfiguration, control_plane::control_plane_static_tokens),
    check("control-plane-unencrypted-secrets", Misconfiguration, control_plane::control_plane_unencrypted_secrets),
    check("control-plane-unrestricted-kubelets", Misconfiguration, control_plane::control_plane_unrestricted_kubelets),
    check("control-plane-unverified-kubelets", Misconfiguration, control_plane::control_plane_unverified_kubelets),
    check("control-plane-weak-tls", WeakCrypto, control_plane::control_plane_weak_tls),
    check("control-plane-without-audit-log", Misconfiguration, control_plane::control_plane_without_audit_log),
    check("image-latest-tag", Misconfiguration, containers::image_latest_tag),
    check("image-stale-copy", Misconfiguration, containers::image_stale_copy),
    check("image-without-digest", Misconfiguration, containers::image_without_digest),
    check("kubelet-allows-everything", Misconfiguration, control_plane::kubelet_allows_everything),
    check("kubelet-anonymous-requests", Misconfiguration, control_plane::kubelet_anonymous_requests),
    check("kubelet-read-only-port", Exposure, control_plane::kubelet_read_only_port),
    check("network-external-addresses", Misconfiguration, network::network_external_addresses),
    check("network-gateway-without-tls", WeakCrypto, network::network_gateway_without_tls),
    check("network-ingress-for-any-host", Misconfiguration, network::network_ingress_for_any_host),
    check("network-ingress-snippet", Misconfiguration, network::network_ingress_snippet),
    check("network-ingress-without-tls", WeakCrypto, network::network_ingress_without_tls),
    check("network-node-port", Exposure, network::network_node_port),
    check("network-open-egress", Misconfiguration, network::network_open_egress),
    check("network-open-ingress", Misconfiguration, network::network_open_ingress),
    check("network-public-load-balancer", Exposure, network::network_public_load_balancer),
    check("network-without-policy", Misconfiguration, network::network_without_policy),
    check("object-removed-version", Misconfiguration, versions::object_removed_version),
    check("pod-added-capability", Misconfiguration, pods::pod_added_capability),
    check("pod-default-account-token", Misconfiguration, pods::pod_default_account_token),
    check("pod-foreign-selinux-label", Misconfiguration, pods::pod_foreign_selinux_label),
    check("pod-host-ipc", Misconfiguration, pods::pod_host_ipc),
    check("pod-host-network", Misconfiguration, pods::pod_host_network),
    check("pod-host-port", Misconfiguration, pods::pod_host_port),
    check("pod-host-processes", Misconfiguration, pods::pod_host_processes),
    check("pod-kept-capabilities", Misconfiguration, pods::pod_kept_capabilities),
    check("pod-powerful-capability", Misconfiguration, pods::pod_powerful_capability),
    check("pod-privilege-escalation", Misconfiguration, pods::pod_privilege_escalation),
    check("pod-privileged-container", Misconfiguration, pods::pod_privileged_container),
    check("pod-probe-of-another-host", Misconfiguration, pods::pod_probe_of_another_host),
    check("pod-root-user", Misconfiguration, pods::pod_root_user),
    check("pod-shared-processes", Misconfiguration, pods::pod_shared_processes),
    check("pod-unconfined-app-armor", Misconfiguration, pods::pod_unconfined_app_armor),
    check("pod-unconfined-seccomp", Misconfiguration, pods::pod_unconfined_seccomp),
    check("pod-undecided-user", Misconfiguration, pods::pod_undecided_user),
    check("pod-unmasked-proc", Misconfiguration, pods::pod_unmasked_proc),
    check("pod-unsafe-sysctl", Misconfiguration, pods::pod_unsafe_sysctl),
    check("pod-windows-host-process", Misconfiguration, pods::pod_windows_host_process),
    check("pod-without-seccomp", Misconfiguration, pods::pod_without_seccomp),
    check("pod-writable-root-file-system", Misconfiguration, pods::pod_writable_root_file_system),
    check("rbac-certificate-signing", Misconfiguration, rbac::rbac_certificate_signing),
    check("rbac-cluster-admin", Misconfiguration, rbac::rbac_cluster_admin),
    check("rbac-escalation", Misconfiguration, rbac::rbac_escalation),
    check("rbac-impersonation", Misconfiguration, rbac::rbac_impersonation),
    check("rbac-masters-group", Misconfiguration, rbac::rbac_masters_group),
    check("rbac-node-proxy", Misconfiguration, rbac::rbac_node_proxy),
    check("rbac-reading-all-secrets", Misconfiguration, rbac::rbac_reading_all_secrets),
    check("rbac-rights-for-anonymous", Misconfiguration, rbac::rbac_rights_for_anonymous),
    check("rbac-rights-for-default-account", Misconfiguration, rbac::rbac_rights_for_default_account),
    check("rbac-rights-for-everybody", Misconfiguration, rbac::rbac_rights_for_everybody),
    check("rbac-role-for-everything", Misconfiguration, rbac::rbac_role_for_everything),
    check("rbac-shell-in-pods", Misconfiguration, rbac::rbac_shell_in_pods),
    check("rbac-token-creation", Misconfiguration, rbac::rbac_token_creation),
    check("rbac-webhook-changes", Misconfiguration, rbac::rbac_webhook_changes),
    check("rbac-wildcard", Misconfiguration, rbac::rbac_wildcard),
    check("secret-as-environment", Misconfiguration, secrets::secret_as_environment),
    check("secret-endless-token", Secret, secrets::secret_endless_token),
    check("secret-in-config-map", Secret, secrets::secret_in_config_map),
    check("secret-in-environment", Secret, secrets::secret_in_environment),
    check("secret-in-kubeconfig", Secret, secrets::secret_in_kubeconfig),
    check("secret-in-manifest", Secret, secrets::secret_in_manifest),
    check("volume-engine-socket", Misconfiguration, volumes::volume_engine_socket),
    check("volume-git-repository", Misconfiguration, volumes::volume_git_repository),
    check("volume-host-path", Misconfiguration, volumes::volume_host_path),
    check("volume-mounts-reach-the-node", Misconfiguration, volumes::volume_mounts_reach_the_node),
    check("volume-persistent-host-path", Misconfiguration, volumes::volume_persistent_host_path),
    check("volume-sub-path-of-node", Misconfiguration, volumes::volume_sub_path_of_node),
    check("volume-writable-system-path", Misconfiguration, volumes::volume_writable_system_path),
    check("workload-in-default-namespace", Misconfiguration, workloads::workload_in_default_namespace),
    check("workload-on-one-node", Misconfiguration, workloads::workload_on_one_node),
    check("workload-overlapping-runs", Misconfiguration, workloads::workload_overlapping_runs),
    check("workload-single-replica", Misconfiguration, workloads::workload_single_replica),
    check("workload-unmovable", Misconfiguration, workloads::workload_unmovable),
    check("workload-without-disruption-budget", Misconfiguration, workloads::workload_without_disruption_budget),
];

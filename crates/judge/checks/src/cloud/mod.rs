//! Checks of resources of a cloud, in Terraform's language or ARM templates: one line each in [`CHECKS`], sorted by
//! name. The name is that of the page below `content/checks/cloud/` and, with `_` for `-`, of the function.
//!
//! Where the same property has a place in both languages, one table says both ([`place`]). What is absent has the
//! provider's default of today; where versions differ, the check says unknown.

mod aks;
mod aws;
mod azure;
mod database;
mod gcp;
mod network;
mod place;
mod policy;
mod secret;
mod terraform;
mod tls;

use crate::check::{Check, Judge};
use vigie_model::configuration::Piece;
use vigie_model::finding::FindingKind::{self, Exposure, Misconfiguration, Secret, WeakCrypto};
use vigie_model::verdict::Verdict;

const fn check(name: &'static str, kind: FindingKind, judge: fn(&Piece, &[Piece]) -> Verdict) -> Check {
    Check { name, kind, judge: Judge::Piece(judge) }
}

/// All checks.
pub(crate) static CHECKS: &[Check] = &[
    check("acr-admin-account", Misconfiguration, azure::acr_admin_account),
    check("acr-anonymous-pull", Exposure, azure::acr_anonymous_pull),
    check("acr-public-network", Exposure, azure::acr_public_network),
    check("aks-http-application-routing", Misconfiguration, aks::aks_http_application_routing),
    check("aks-local-accounts", Misconfiguration, aks::aks_local_accounts),
    check("aks-nodes-with-public-addresses", Misconfiguration, aks::aks_nodes_with_public_addresses),
    check("aks-open-api-server", Exposure, aks::aks_open_api_server),
    check("aks-secrets-not-rotated", Misconfiguration, aks::aks_secrets_not_rotated),
    check("aks-without-automatic-upgrades", Misconfiguration, aks::aks_without_automatic_upgrades),
    check("aks-without-defender", Misconfiguration, aks::aks_without_defender),
    check("aks-without-entra", Misconfiguration, aks::aks_without_entra),
    check("aks-without-host-encryption", Misconfiguration, aks::aks_without_host_encryption),
    check("aks-without-network-policy", Misconfiguration, aks::aks_without_network_policy),
    check("aks-without-node-image-upgrades", Misconfiguration, aks::aks_without_node_image_upgrades),
    check("aks-without-rbac", Misconfiguration, aks::aks_without_rbac),
    check("app-cors-for-all", Misconfiguration, azure::app_cors_for_all),
    check("app-plain-ftp", Misconfiguration, azure::app_plain_ftp),
    check("app-plain-http", Misconfiguration, azure::app_plain_http),
    check("app-remote-debugging", Misconfiguration, azure::app_remote_debugging),
    check("azure-local-keys", Misconfiguration, azure::azure_local_keys),
    check("azure-owner-role", Misconfiguration, azure::azure_owner_role),
    check("azure-role-with-all-actions", Misconfiguration, azure::azure_role_with_all_actions),
    check("bucket-public", Exposure, aws::bucket_public),
    check("bucket-without-versions", Misconfiguration, aws::bucket_without_versions),
    check("cloudsql-open-to-all", Exposure, database::cloudsql_open_to_all),
    check("container-app-plain-http", Misconfiguration, azure::container_app_plain_http),
    check("database-firewall-for-all", Exposure, database::database_firewall_for_all),
    check("database-firewall-for-azure", Exposure, database::database_firewall_for_azure),
    check("database-plain-text", Misconfiguration, database::database_plain_text),
    check("database-public-network", Exposure, database::database_public_network),
    check("database-without-backups", Misconfiguration, database::database_without_backups),
    check("ebs-unencrypted", Misconfiguration, aws::ebs_unencrypted),
    check("ec2-metadata-without-token", Misconfiguration, aws::ec2_metadata_without_token),
    check("ecr-mutable-tags", Misconfiguration, aws::ecr_mutable_tags),
    check("ecr-without-scan", Misconfiguration, aws::ecr_without_scan),
    check("ecs-privileged", Misconfiguration, policy::ecs_privileged),
    check("efs-unencrypted", Misconfiguration, aws::efs_unencrypted),
    check("eks-open-api-server", Exposure, aws::eks_open_api_server),
    check("eks-without-audit-log", Misconfiguration, aws::eks_without_audit_log),
    check("firewall-open-cluster", Exposure, network::firewall_open_cluster),
    check("firewall-open-database", Exposure, network::firewall_open_database),
    check("firewall-open-remote-desktop", Exposure, network::firewall_open_remote_desktop),
    check("firewall-open-ssh", Exposure, network::firewall_open_ssh),
    check("firewall-open-to-all", Exposure, network::firewall_open_to_all),
    check("gcp-basic-role", Misconfiguration, policy::gcp_basic_role),
    check("gcp-role-for-everybody", Exposure, policy::gcp_role_for_everybody),
    check("gcs-object-rights", Misconfiguration, gcp::gcs_object_rights),
    check("gke-all-scopes", Misconfiguration, gcp::gke_all_scopes),
    check("gke-client-certificate", Misconfiguration, gcp::gke_client_certificate),
    check("gke-legacy-authorization", Misconfiguration, gcp::gke_legacy_authorization),
    check("gke-open-api-server", Exposure, gcp::gke_open_api_server),
    check("gke-public-nodes", Misconfiguration, gcp::gke_public_nodes),
    check("gke-without-network-policy", Misconfiguration, gcp::gke_without_network_policy),
    check("gke-without-release-channel", Misconfiguration, gcp::gke_without_release_channel),
    check("gke-without-shielded-nodes", Misconfiguration, gcp::gke_without_shielded_nodes),
    check("gke-without-workload-identity", Misconfiguration, gcp::gke_without_workload_identity),
    check("iam-all-rights", Misconfiguration, policy::iam_all_rights),
    check("iam-rights-of-a-user", Misconfiguration, policy::iam_rights_of_a_user),
    check("iam-role-for-everybody", Misconfiguration, policy::iam_role_for_everybody),
    check("key-without-rotation", Misconfiguration, aws::key_without_rotation),
    check("load-balancer-old-tls", WeakCrypto, tls::load_balancer_old_tls),
    check("load-balancer-plain-http", Misconfiguration, tls::load_balancer_plain_http),
    check("module-without-version", Misconfiguration, terraform::module_without_version),
    check("old-tls", WeakCrypto, tls::old_tls),
    check("password-written-down", Secret, secret::password_written_down),
    check("policy-for-everybody", Exposure, policy::policy_for_everybody),
    check("provider-with-credentials", Secret, secret::provider_with_credentials),
    check("provider-without-verification", Misconfiguration, terraform::provider_without_verification),
    check("rds-public", Exposure, database::rds_public),
    check("rds-unencrypted", Misconfiguration, database::rds_unencrypted),
    check("rds-without-deletion-protection", Misconfiguration, database::rds_without_deletion_protection),
    check("secret-as-default", Secret, secret::secret_as_default),
    check("secret-in-environment", Secret, secret::secret_in_environment),
    check("sql-without-entra-admin", Misconfiguration, database::sql_without_entra_admin),
    check("state-in-clear-text", Misconfiguration, terraform::state_in_clear_text),
    check("storage-open-network", Exposure, azure::storage_open_network),
    check("storage-plain-http", Misconfiguration, azure::storage_plain_http),
    check("storage-public-blobs", Exposure, azure::storage_public_blobs),
    check("storage-public-container", Exposure, azure::storage_public_container),
    check("storage-shared-keys", Misconfiguration, azure::storage_shared_keys),
    check("storage-without-soft-delete", Misconfiguration, azure::storage_without_soft_delete),
    check("subnet-with-public-addresses", Misconfiguration, aws::subnet_with_public_addresses),
    check("trail-of-one-region", Misconfiguration, aws::trail_of_one_region),
    check("trail-without-validation", Misconfiguration, aws::trail_without_validation),
    check("vault-key-without-expiry", Misconfiguration, azure::vault_key_without_expiry),
    check("vault-open-network", Exposure, azure::vault_open_network),
    check("vault-secret-without-expiry", Misconfiguration, azure::vault_secret_without_expiry),
    check("vault-with-access-policies", Misconfiguration, azure::vault_with_access_policies),
    check("vault-without-logs", Misconfiguration, azure::vault_without_logs),
    check("vault-without-purge-protection", Misconfiguration, azure::vault_without_purge_protection),
    check("vm-password-sign-in", Misconfiguration, azure::vm_password_sign_in),
    check("vm-without-host-encryption", Misconfiguration, azure::vm_without_host_encryption),
];

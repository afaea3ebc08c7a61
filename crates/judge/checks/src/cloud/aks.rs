//! Azure Kubernetes Service. `azurerm` 4 and 5, with the names of 3; ARM interface 2024-02-01 and later.

use super::place::{Absent, Judged, any, at, filled, is, is_one_of, not_applicable, off, on, path_of, setting, word};
use serde_json::Value;
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

const TF: &str = "azurerm_kubernetes_cluster";
const POOL: &str = "azurerm_kubernetes_cluster_node_pool";
const ARM: &str = "Microsoft.ContainerService/managedClusters";
const ARM_POOL: &str = "Microsoft.ContainerService/managedClusters/agentPools";

/// The add-on that publishes services under a zone of Azure's, without a firewall; retired.
pub(crate) fn aks_http_application_routing(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at(TF, "http_application_routing_enabled", Absent::Good),
        at(ARM, "properties.addonProfiles.httpApplicationRouting.enabled", Absent::Good),
    ];
    setting(piece, &places, off, "false")
}

/// Certificates that name no person and that Entra ID cannot take back.
pub(crate) fn aks_local_accounts(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [at(TF, "local_account_disabled", Absent::Bad), at(ARM, "properties.disableLocalAccounts", Absent::Bad)];
    setting(piece, &places, on, "true")
}

/// Nodes that the Internet reaches by themselves.
pub(crate) fn aks_nodes_with_public_addresses(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at(TF, "default_node_pool.node_public_ip_enabled|enable_node_public_ip", Absent::Good),
        at(POOL, "node_public_ip_enabled|enable_node_public_ip", Absent::Good),
        at(ARM, "properties.agentPoolProfiles.enableNodePublicIP", Absent::Good),
        at(ARM_POOL, "properties.enableNodePublicIP", Absent::Good),
    ];
    setting(piece, &places, off, "false")
}

/// Neither a private cluster nor a list of addresses that may come in.
pub(crate) fn aks_open_api_server(piece: &Piece, _: &[Piece]) -> Verdict {
    if !is_one_of(piece, &[TF, ARM]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    let private = [(TF, "private_cluster_enabled"), (ARM, "properties.apiServerAccessProfile.enablePrivateCluster")];
    let ranges =
        [(TF, "api_server_access_profile.authorized_ip_ranges"), (ARM, "properties.apiServerAccessProfile.authorizedIPRanges")];
    let is_private = path_of(piece, &private).and_then(|path| any(&mut judged, path, on));
    // The names before azurerm 4 and before the interface 2019-10-01.
    let old = if is(piece, TF) { "api_server_authorized_ip_ranges" } else { "properties.apiServerAuthorizedIPRanges" };
    let old = any(&mut judged, old, |value| filled(value) && !for_all(value));
    let Some(path) = path_of(piece, &ranges).filter(|_| old != Some(true)) else { return Verdict::Pass };
    let is_narrow = any(&mut judged, path, |value| filled(value) && !for_all(value));
    if is_private == Some(false) && is_narrow == Some(false) {
        judged.missing("", path, "[\"203.0.113.0/24\"]");
    } else if is_private == Some(true) || is_narrow == Some(true) {
        return Verdict::Pass;
    }
    judged.verdict()
}

fn for_all(ranges: &Value) -> bool {
    ranges.as_array().is_some_and(|ranges| ranges.iter().any(|range| range == "0.0.0.0/0" || range == "0.0.0.0"))
}

/// Secrets mounted from a vault that stay as they were when the pod began.
pub(crate) fn aks_secrets_not_rotated(piece: &Piece, _: &[Piece]) -> Verdict {
    let mut judged = Judged::of(piece);
    let provider = [(TF, "key_vault_secrets_provider"), (ARM, "properties.addonProfiles.azureKeyvaultSecretsProvider.enabled")];
    let is_used = path_of(piece, &provider).is_some_and(|path| any(&mut judged, path, filled) != Some(false));
    if !is_used {
        return not_applicable();
    }
    let places = [
        at(TF, "key_vault_secrets_provider.secret_rotation_enabled", Absent::Bad),
        at(ARM, "properties.addonProfiles.azureKeyvaultSecretsProvider.config.enableSecretRotation", Absent::Bad),
    ];
    setting(piece, &places, on, "true")
}

/// New versions of Kubernetes only by hand.
pub(crate) fn aks_without_automatic_upgrades(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at(TF, "automatic_upgrade_channel|automatic_channel_upgrade", Absent::Bad),
        at(ARM, "properties.autoUpgradeProfile.upgradeChannel", Absent::Bad),
    ];
    setting(piece, &places, |value| filled(value) && !word(value, &["none"]), "patch")
}

/// No watch over what runs on the nodes.
pub(crate) fn aks_without_defender(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at(TF, "microsoft_defender", Absent::Bad),
        at(ARM, "properties.securityProfile.defender.securityMonitoring.enabled", Absent::Bad),
    ];
    setting(piece, &places, filled, "microsoft_defender")
}

/// No sign-in with accounts of Entra ID.
pub(crate) fn aks_without_entra(piece: &Piece, _: &[Piece]) -> Verdict {
    let places =
        [at(TF, "azure_active_directory_role_based_access_control", Absent::Bad), at(ARM, "properties.aadProfile", Absent::Bad)];
    setting(piece, &places, filled, "Entra ID")
}

/// Temporary disks and caches of nodes in clear text.
pub(crate) fn aks_without_host_encryption(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at(TF, "default_node_pool.host_encryption_enabled|enable_host_encryption", Absent::Bad),
        at(POOL, "host_encryption_enabled|enable_host_encryption", Absent::Bad),
        at(ARM, "properties.agentPoolProfiles.enableEncryptionAtHost", Absent::Bad),
        at(ARM_POOL, "properties.enableEncryptionAtHost", Absent::Bad),
    ];
    setting(piece, &places, on, "true")
}

/// Network policies are accepted and do nothing.
pub(crate) fn aks_without_network_policy(piece: &Piece, _: &[Piece]) -> Verdict {
    let plugin = [(TF, "network_profile.network_plugin"), (ARM, "properties.networkProfile.networkPlugin")];
    let mut judged = Judged::of(piece);
    // With `none` the team brings a plugin of its own, which may well have policies.
    if path_of(piece, &plugin).is_some_and(|path| any(&mut judged, path, |value| word(value, &["none"])) == Some(true)) {
        return not_applicable();
    }
    let places =
        [at(TF, "network_profile.network_policy", Absent::Bad), at(ARM, "properties.networkProfile.networkPolicy", Absent::Bad)];
    setting(piece, &places, |value| filled(value) && !word(value, &["none"]), "cilium")
}

/// Nodes whose system nobody patches.
pub(crate) fn aks_without_node_image_upgrades(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at(TF, "node_os_upgrade_channel|node_os_channel_upgrade", Absent::Good),
        at(ARM, "properties.autoUpgradeProfile.nodeOSUpgradeChannel", Absent::Unsaid),
    ];
    setting(piece, &places, |value| !word(value, &["none", "unmanaged"]), "NodeImage")
}

/// Whoever has a certificate of the cluster may do everything.
pub(crate) fn aks_without_rbac(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [at(TF, "role_based_access_control_enabled", Absent::Good), at(ARM, "properties.enableRBAC", Absent::Unsaid)];
    setting(piece, &places, on, "true")
}

//! Registries, vaults, storage, applications, machines and roles of Azure. `azurerm` 4 and 5.

use super::place::{
    Absent, Companion, Judged, any, at, companion, filled, find, is, is_one_of, not_applicable, off, on, path_of, setting, word,
};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

const REGISTRY: &str = "azurerm_container_registry";
const ARM_REGISTRY: &str = "Microsoft.ContainerRegistry/registries";
const VAULT: &str = "azurerm_key_vault";
const ARM_VAULT: &str = "Microsoft.KeyVault/vaults";
const STORAGE: &str = "azurerm_storage_account";
const ARM_STORAGE: &str = "Microsoft.Storage/storageAccounts";
const ARM_SITE: &str = "Microsoft.Web/sites";
const MACHINE: &str = "azurerm_linux_virtual_machine";
const ARM_MACHINE: &str = "Microsoft.Compute/virtualMachines";
const ARM_MACHINES: &str = "Microsoft.Compute/virtualMachineScaleSets";

/// One shared password for the whole registry.
pub(crate) fn acr_admin_account(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [at(REGISTRY, "admin_enabled", Absent::Good), at(ARM_REGISTRY, "properties.adminUserEnabled", Absent::Good)];
    setting(piece, &places, off, "false")
}

/// Anybody may pull. The Basic tier cannot do it.
pub(crate) fn acr_anonymous_pull(piece: &Piece, _: &[Piece]) -> Verdict {
    let sku = path_of(piece, &[(REGISTRY, "sku"), (ARM_REGISTRY, "sku.name")]);
    let is_basic = |path| find(piece, path).iter().any(|found| found.look.known().is_some_and(|sku| word(sku, &["basic"])));
    if sku.is_some_and(is_basic) {
        return not_applicable();
    }
    let places =
        [at(REGISTRY, "anonymous_pull_enabled", Absent::Good), at(ARM_REGISTRY, "properties.anonymousPullEnabled", Absent::Good)];
    setting(piece, &places, off, "false")
}

/// Reached from the whole Internet. Only the Premium tier can be closed.
pub(crate) fn acr_public_network(piece: &Piece, _: &[Piece]) -> Verdict {
    if path_of(piece, &[(REGISTRY, "sku"), (ARM_REGISTRY, "sku.name")])
        .is_some_and(|path| find(piece, path).iter().any(|found| found.look.known().is_some_and(|sku| !word(sku, &["premium"]))))
    {
        return not_applicable();
    }
    open_network(
        piece,
        &[(REGISTRY, "public_network_access_enabled"), (ARM_REGISTRY, "properties.publicNetworkAccess")],
        &[(REGISTRY, "network_rule_set.default_action"), (ARM_REGISTRY, "properties.networkRuleSet.defaultAction")],
    )
}

/// Neither closed nor closed by default; a value that is not set means open.
fn open_network(piece: &Piece, access: &[(&'static str, &'static str)], action: &[(&'static str, &'static str)]) -> Verdict {
    let (Some(access), Some(action)) = (path_of(piece, access), path_of(piece, action)) else { return not_applicable() };
    if !is_one_of(piece, &[&piece.kind]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    let closed = any(&mut judged, access, |value| word(value, &["disabled", "securedbyperimeter", "false"]) || *value == false);
    let denied = any(&mut judged, action, |value| word(value, &["deny"]));
    match (closed, denied) {
        (Some(true), _) | (_, Some(true)) => return Verdict::Pass,
        (Some(false), Some(false)) => judged.missing("", action, "Deny"),
        _ => {}
    }
    judged.verdict()
}

/// What was deleted can be destroyed at once.
pub(crate) fn vault_without_purge_protection(piece: &Piece, _: &[Piece]) -> Verdict {
    let places =
        [at(VAULT, "purge_protection_enabled", Absent::Bad), at(ARM_VAULT, "properties.enablePurgeProtection", Absent::Bad)];
    setting(piece, &places, on, "true")
}

/// The vault answers every address.
pub(crate) fn vault_open_network(piece: &Piece, _: &[Piece]) -> Verdict {
    open_network(
        piece,
        &[(VAULT, "public_network_access_enabled"), (ARM_VAULT, "properties.publicNetworkAccess")],
        &[(VAULT, "network_acls.default_action"), (ARM_VAULT, "properties.networkAcls.defaultAction")],
    )
}

/// Access policies know no roles, no limits in time and no single secret.
pub(crate) fn vault_with_access_policies(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        // The second name is that before azurerm 4.42.
        at(VAULT, "rbac_authorization_enabled|enable_rbac_authorization", Absent::Bad),
        // False up to the interface 2025-05-01, true since 2026-02-01.
        at(ARM_VAULT, "properties.enableRbacAuthorization", Absent::Unsaid),
    ];
    setting(piece, &places, on, "true")
}

/// A key that is valid for ever.
pub(crate) fn vault_key_without_expiry(piece: &Piece, _: &[Piece]) -> Verdict {
    let key = ["azurerm_key_vault_key", "Microsoft.KeyVault/vaults/keys"];
    let policy = [(key[0], "rotation_policy.expire_after"), (key[1], "properties.rotationPolicy.attributes.expiryTime")];
    let mut judged = Judged::of(piece);
    if path_of(piece, &policy).is_some_and(|path| any(&mut judged, path, filled) == Some(true)) {
        return Verdict::Pass;
    }
    let places = [at(key[0], "expiration_date", Absent::Bad), at(key[1], "properties.attributes.exp", Absent::Bad)];
    setting(piece, &places, filled, "2027-12-31T00:00:00Z")
}

/// A secret that is valid for ever.
pub(crate) fn vault_secret_without_expiry(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at("azurerm_key_vault_secret", "expiration_date", Absent::Bad),
        at("Microsoft.KeyVault/vaults/secrets", "properties.attributes.exp", Absent::Bad),
    ];
    setting(piece, &places, filled, "2027-12-31T00:00:00Z")
}

/// Nobody sees who read which secret. Only where the settings are in the same folder as the vault.
pub(crate) fn vault_without_logs(piece: &Piece, around: &[Piece]) -> Verdict {
    if !is_one_of(piece, &[VAULT]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    match companion(piece, around, "azurerm_monitor_diagnostic_setting", "target_resource_id") {
        Companion::There(_) => {}
        Companion::Perhaps(expression) => judged.unknown(expression),
        Companion::Missing => judged.missing("", "azurerm_monitor_diagnostic_setting", "target_resource_id"),
    }
    judged.verdict()
}

/// Keys and files travel in clear text.
pub(crate) fn storage_plain_http(piece: &Piece, _: &[Piece]) -> Verdict {
    // Interfaces before 2019-04-01 do not require it.
    let version = piece.look("/apiVersion").known().and_then(Value::as_str);
    let absent = if version.is_some_and(|version| version < "2019-04-01") { Absent::Bad } else { Absent::Good };
    let places = [
        at(STORAGE, "https_traffic_only_enabled|enable_https_traffic_only", Absent::Good),
        at(ARM_STORAGE, "properties.supportsHttpsTrafficOnly", absent),
    ];
    setting(piece, &places, on, "true")
}

/// Containers may be opened to everybody. True by default in azurerm 4, false in 5 and in new accounts.
pub(crate) fn storage_public_blobs(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at(STORAGE, "allow_nested_items_to_be_public", Absent::Unsaid),
        at(ARM_STORAGE, "properties.allowBlobPublicAccess", Absent::Good),
    ];
    setting(piece, &places, off, "false")
}

/// A container that is open to everybody.
pub(crate) fn storage_public_container(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at("azurerm_storage_container", "container_access_type", Absent::Good),
        at("Microsoft.Storage/storageAccounts/blobServices/containers", "properties.publicAccess", Absent::Good),
    ];
    setting(piece, &places, |value| word(value, &["private", "none", ""]), "private")
}

/// Two keys that may do everything and name nobody.
pub(crate) fn storage_shared_keys(piece: &Piece, _: &[Piece]) -> Verdict {
    let places =
        [at(STORAGE, "shared_access_key_enabled", Absent::Bad), at(ARM_STORAGE, "properties.allowSharedKeyAccess", Absent::Bad)];
    setting(piece, &places, off, "false")
}

/// The account answers every address.
pub(crate) fn storage_open_network(piece: &Piece, around: &[Piece]) -> Verdict {
    if is(piece, STORAGE) {
        match companion(piece, around, "azurerm_storage_account_network_rules", "storage_account_id") {
            Companion::There(rules) => {
                return setting(
                    rules,
                    &[at("azurerm_storage_account_network_rules", "default_action", Absent::Bad)],
                    |value| word(value, &["deny"]),
                    "Deny",
                );
            }
            Companion::Perhaps(expression) => {
                let mut judged = Judged::of(piece);
                judged.unknown(expression);
                return judged.verdict();
            }
            Companion::Missing => {}
        }
    }
    open_network(
        piece,
        &[(STORAGE, "public_network_access_enabled"), (ARM_STORAGE, "properties.publicNetworkAccess")],
        &[(STORAGE, "network_rules.default_action"), (ARM_STORAGE, "properties.networkAcls.defaultAction")],
    )
}

/// What is deleted is gone.
pub(crate) fn storage_without_soft_delete(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at(STORAGE, "blob_properties.delete_retention_policy", Absent::Bad),
        at("Microsoft.Storage/storageAccounts/blobServices", "properties.deleteRetentionPolicy.enabled", Absent::Bad),
    ];
    setting(piece, &places, |value| filled(value) && off_is_not_said(value), "7")
}

fn off_is_not_said(value: &Value) -> bool {
    !word(value, &["false"])
}

const APPS: [&str; 9] = [
    "azurerm_linux_web_app",
    "azurerm_windows_web_app",
    "azurerm_linux_web_app_slot",
    "azurerm_windows_web_app_slot",
    "azurerm_linux_function_app",
    "azurerm_windows_function_app",
    "azurerm_linux_function_app_slot",
    "azurerm_windows_function_app_slot",
    "azurerm_function_app_flex_consumption",
];

/// One property of all sorts of applications.
fn app(
    piece: &Piece,
    tf: &'static str,
    arm: &'static str,
    absent: (Absent, Absent),
    good: fn(&Value) -> bool,
    expected: &str,
) -> Verdict {
    let kinds = APPS.iter().map(|kind| at(kind, tf, absent.0));
    let arm = [at(ARM_SITE, arm, absent.1), at("Microsoft.Web/sites/slots", arm, absent.1)];
    setting(piece, &kinds.chain(arm).collect::<Vec<_>>(), good, expected)
}

/// Requests in clear text are answered.
pub(crate) fn app_plain_http(piece: &Piece, _: &[Piece]) -> Verdict {
    app(piece, "https_only", "properties.httpsOnly", (Absent::Bad, Absent::Bad), on, "true")
}

/// Deployment over FTP, password and files in clear text.
pub(crate) fn app_plain_ftp(piece: &Piece, _: &[Piece]) -> Verdict {
    let good = |value: &Value| !word(value, &["AllAllowed"]);
    app(piece, "site_config.ftps_state", "properties.siteConfig.ftpsState", (Absent::Good, Absent::Unsaid), good, "FtpsOnly")
}

/// A debugger may be attached from afar.
pub(crate) fn app_remote_debugging(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = ("site_config.remote_debugging_enabled", "properties.siteConfig.remoteDebuggingEnabled");
    app(piece, places.0, places.1, (Absent::Good, Absent::Good), off, "false")
}

/// Scripts of every site may read the answers.
pub(crate) fn app_cors_for_all(piece: &Piece, _: &[Piece]) -> Verdict {
    let good = |value: &Value| !value.as_array().is_some_and(|origins| origins.iter().any(|origin| origin == "*"));
    let places = ("site_config.cors.allowed_origins", "properties.siteConfig.cors.allowedOrigins");
    app(piece, places.0, places.1, (Absent::Good, Absent::Good), good, "https://app.example.com")
}

/// The ingress of a container app answers in clear text.
pub(crate) fn container_app_plain_http(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [
        at("azurerm_container_app", "ingress.allow_insecure_connections", Absent::Good),
        at("Microsoft.App/containerApps", "properties.configuration.ingress.allowInsecure", Absent::Good),
    ];
    setting(piece, &places, off, "false")
}

/// Passwords over SSH.
pub(crate) fn vm_password_sign_in(piece: &Piece, _: &[Piece]) -> Verdict {
    if is(piece, ARM_MACHINE) || is(piece, ARM_MACHINES) {
        let machine = if is(piece, ARM_MACHINE) { "properties" } else { "properties.virtualMachineProfile" };
        let linux = find(piece, &format!("{machine}.osProfile.linuxConfiguration"));
        if linux.iter().all(|found| matches!(found.look, Look::Absent)) {
            return not_applicable();
        }
    }
    let path = "properties.osProfile.linuxConfiguration.disablePasswordAuthentication";
    let scaled = "properties.virtualMachineProfile.osProfile.linuxConfiguration.disablePasswordAuthentication";
    let places = [
        at(MACHINE, "disable_password_authentication", Absent::Good),
        at("azurerm_linux_virtual_machine_scale_set", "disable_password_authentication", Absent::Good),
        at(ARM_MACHINE, path, Absent::Bad),
        at(ARM_MACHINES, scaled, Absent::Bad),
    ];
    setting(piece, &places, on, "true")
}

/// Temporary disks and caches in clear text.
pub(crate) fn vm_without_host_encryption(piece: &Piece, _: &[Piece]) -> Verdict {
    let tf = [
        MACHINE,
        "azurerm_windows_virtual_machine",
        "azurerm_linux_virtual_machine_scale_set",
        "azurerm_windows_virtual_machine_scale_set",
    ];
    let arm = [
        at(ARM_MACHINE, "properties.securityProfile.encryptionAtHost", Absent::Bad),
        at(ARM_MACHINES, "properties.virtualMachineProfile.securityProfile.encryptionAtHost", Absent::Bad),
    ];
    let places: Vec<_> = tf.iter().map(|kind| at(kind, "encryption_at_host_enabled", Absent::Bad)).chain(arm).collect();
    setting(piece, &places, on, "true")
}

/// The ids of Owner and User Access Administrator, the same in every tenant.
const MASTERS: [&str; 2] = ["8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"];

/// A role that may give itself every other right.
pub(crate) fn azure_owner_role(piece: &Piece, _: &[Piece]) -> Verdict {
    let is_fine = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        !word(value, &["owner", "user access administrator"]) && !MASTERS.iter().any(|id| text.contains(id))
    };
    if is(piece, "Microsoft.Authorization/roleAssignments") {
        // `subscriptionResourceId('…', '8e3a…')` is unknown, but the role in it is not.
        for found in find(piece, "properties.roleDefinitionId") {
            if let Look::Unknown(expression) = found.look
                && let Some(id) = MASTERS.iter().find(|id| expression.contains(**id))
            {
                let mut judged = Judged::of(piece);
                judged.bad(&found.pointer, format!("roleDefinitionId = {id}"), "Contributor");
                return judged.verdict();
            }
        }
    }
    let places = [
        at("azurerm_role_assignment", "role_definition_name", Absent::Good),
        at("azurerm_role_assignment", "role_definition_id", Absent::Good),
        at("Microsoft.Authorization/roleAssignments", "properties.roleDefinitionId", Absent::Good),
    ];
    setting(piece, &places, is_fine, "Contributor")
}

/// A role of the team's own that may do everything.
pub(crate) fn azure_role_with_all_actions(piece: &Piece, _: &[Piece]) -> Verdict {
    let is_fine = |value: &Value| !value.as_array().is_some_and(|actions| actions.iter().any(|action| action == "*"));
    let places = [
        at("azurerm_role_definition", "permissions.actions", Absent::Good),
        at("Microsoft.Authorization/roleDefinitions", "properties.permissions.actions", Absent::Good),
    ];
    setting(piece, &places, is_fine, "Microsoft.ContainerService/*/read")
}

/// Keys that name nobody beside Entra ID: Cosmos DB, Service Bus, Event Hubs.
pub(crate) fn azure_local_keys(piece: &Piece, _: &[Piece]) -> Verdict {
    let bus = "azurerm_servicebus_namespace";
    let hub = "azurerm_eventhub_namespace";
    let enabled = [at(bus, "local_auth_enabled", Absent::Bad), at(hub, "local_authentication_enabled", Absent::Bad)];
    if is_one_of(piece, &[bus, hub]) {
        return setting(piece, &enabled, off, "false");
    }
    if is(piece, "azurerm_cosmosdb_account") {
        // Turned around in azurerm 5.
        let mut judged = Judged::of(piece);
        if any(&mut judged, "local_authentication_enabled", off) == Some(true) {
            return Verdict::Pass;
        }
    }
    let disabled = [
        at("azurerm_cosmosdb_account", "local_authentication_disabled", Absent::Bad),
        at("Microsoft.DocumentDB/databaseAccounts", "properties.disableLocalAuth", Absent::Bad),
        at("Microsoft.ServiceBus/namespaces", "properties.disableLocalAuth", Absent::Bad),
        at("Microsoft.EventHub/namespaces", "properties.disableLocalAuth", Absent::Bad),
    ];
    setting(piece, &disabled, on, "true")
}

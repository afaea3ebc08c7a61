//! Secrets that are written down: in the environment of containers, as passwords of resources, as defaults, in the
//! blocks of providers. What is found is never quoted.

use super::place::{Judged, below, find, is, is_one_of, items, not_applicable};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece, seen};
use vigie_model::verdict::Verdict;

/// What stands instead of a value in evidence.
const MASKED: &str = "…";

/// Whether a name says that its value is a secret.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    let words = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "API_KEY",
        "APIKEY",
        "ACCESS_KEY",
        "PRIVATE_KEY",
        "AUTH_TOKEN",
        "ACCESS_TOKEN",
        "_TOKEN",
    ];
    // Names of where a secret is kept, and of what surrounds it.
    let places = [
        "_FILE",
        "_PATH",
        "_ARN",
        "_NAME",
        "_ID",
        "_URL",
        "_URI",
        "_ENDPOINT",
        "_HEADER",
        "_TTL",
        "_EXPIRY",
        "_LENGTH",
        "_VERSION",
        "_ENABLED",
        "_REF",
        "_KEY_VAULT",
        "_MANAGER",
        "_POLICY",
        "_TYPE",
        "_DIR",
        "_REGION",
        "_ALGORITHM",
        "_AUDIENCE",
        "_ISSUER",
        "_USERNAME",
    ];
    (words.iter().any(|word| name.contains(word)) || name == "TOKEN") && !places.iter().any(|end| name.ends_with(end))
}

/// Whether a text is a secret itself and no reference to one.
fn is_written_down(value: &Value) -> bool {
    let Some(text) = value.as_str().map(str::trim) else { return false };
    let references =
        ["@Microsoft.KeyVault", "arn:", "projects/", "http://", "https://", "/run/secrets", "${", "{{", "$(", "secretref:"];
    let words = ["true", "false", "none", "null", "disabled", "enabled", "required", "optional"];
    text.len() >= 3
        && !references.iter().any(|start| text.starts_with(start))
        && !words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The containers of a task of ECS, written as JSON or as an object.
pub(super) fn containers(judged: &mut Judged<'_>) -> Vec<(String, Value)> {
    let path = "container_definitions";
    let parsed: Vec<(String, Value)> = items(judged, path).into_iter().map(|(pointer, item)| (pointer, item.clone())).collect();
    match parsed.as_slice() {
        [(pointer, Value::String(text))] => match serde_json::from_str::<Value>(text) {
            Ok(Value::Array(items)) => items.into_iter().map(|item| (pointer.clone(), item)).collect(),
            _ => Vec::new(),
        },
        _ => parsed,
    }
}

/// Lists of pairs `name` and `value`.
const PAIRS: &[(&str, &str)] = &[
    ("azurerm_container_app", "template.container.env"),
    ("azurerm_container_app_job", "template.container.env"),
    ("google_cloud_run_service", "template.spec.containers.env"),
    ("google_cloud_run_v2_service", "template.containers.env"),
    ("google_cloud_run_v2_job", "template.template.containers.env"),
    ("Microsoft.App/containerApps", "properties.template.containers.env"),
    ("Microsoft.App/jobs", "properties.template.containers.env"),
    ("Microsoft.ContainerInstance/containerGroups", "properties.containers.properties.environmentVariables"),
    ("Microsoft.Web/sites", "properties.siteConfig.appSettings"),
];

/// Objects whose members are variables.
const MAPS: &[(&str, &str)] = &[
    ("aws_lambda_function", "environment.variables"),
    ("azurerm_container_group", "container.environment_variables"),
    ("azurerm_linux_function_app", "app_settings"),
    ("azurerm_linux_web_app", "app_settings"),
    ("azurerm_windows_function_app", "app_settings"),
    ("azurerm_windows_web_app", "app_settings"),
    ("google_cloudfunctions2_function", "service_config.environment_variables"),
    ("google_cloudfunctions_function", "environment_variables"),
];

/// A secret among the variables of a container or function, where everybody who may look at it reads it.
pub(crate) fn secret_in_environment(piece: &Piece, _: &[Piece]) -> Verdict {
    let mut judged = Judged::of(piece);
    let mut variables: Vec<(String, String, Value)> = Vec::new();
    if let Some((_, path)) = PAIRS.iter().find(|(kind, _)| is_one_of(piece, &[kind])) {
        let pairs = items(&mut judged, path).into_iter().map(|(pointer, pair)| (pointer, pair.clone()));
        variables.extend(pairs.filter_map(pair));
    } else if let Some((_, path)) = MAPS.iter().find(|(kind, _)| is_one_of(piece, &[kind])) {
        for (pointer, map) in items(&mut judged, path) {
            for (name, value) in map.as_object().into_iter().flatten() {
                variables.push((
                    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
                    name.clone(),
                    value.clone(),
                ));
            }
        }
    } else if is_one_of(piece, &["aws_ecs_task_definition"]) {
        for (pointer, container) in containers(&mut judged) {
            let pairs = container.get("environment").and_then(Value::as_array).cloned().unwrap_or_default();
            variables.extend(pairs.into_iter().filter_map(|item| pair((pointer.clone(), item))));
        }
    } else {
        return not_applicable();
    }
    for (pointer, name, value) in variables {
        if is_secret_name(&name) && matches!(seen(&value), Look::Known(_)) && is_written_down(&value) {
            judged.bad(&pointer, format!("{name} = {MASKED}"), "secret");
        }
    }
    judged.verdict()
}

fn pair((pointer, item): (String, Value)) -> Option<(String, String, Value)> {
    Some((pointer, item.get("name")?.as_str()?.to_owned(), item.get("value")?.clone()))
}

/// Passwords of resources that cloud services ask for.
const PASSWORDS: &[(&str, &str)] = &[
    ("aws_db_instance", "password"),
    ("aws_rds_cluster", "master_password"),
    ("aws_elasticache_replication_group", "auth_token"),
    ("aws_secretsmanager_secret_version", "secret_string"),
    ("aws_ssm_parameter", "value"),
    ("azurerm_container_group", "image_registry_credential.password"),
    ("azurerm_key_vault_secret", "value"),
    ("azurerm_kubernetes_cluster", "service_principal.client_secret"),
    ("azurerm_linux_virtual_machine", "admin_password"),
    ("azurerm_windows_virtual_machine", "admin_password"),
    ("azurerm_mssql_server", "administrator_login_password"),
    ("azurerm_mysql_flexible_server", "administrator_password"),
    ("azurerm_postgresql_flexible_server", "administrator_password"),
    ("google_sql_user", "password"),
    ("Microsoft.Compute/virtualMachines", "properties.osProfile.adminPassword"),
    ("Microsoft.ContainerService/managedClusters", "properties.servicePrincipalProfile.secret"),
    ("Microsoft.DBforMySQL/flexibleServers", "properties.administratorLoginPassword"),
    ("Microsoft.DBforPostgreSQL/flexibleServers", "properties.administratorLoginPassword"),
    ("Microsoft.KeyVault/vaults/secrets", "properties.value"),
    ("Microsoft.Sql/servers", "properties.administratorLoginPassword"),
];

/// A password as text in the code, and so in its history and in the state.
pub(crate) fn password_written_down(piece: &Piece, _: &[Piece]) -> Verdict {
    let Some((_, path)) = PASSWORDS.iter().find(|(kind, _)| is_one_of(piece, &[kind])) else { return not_applicable() };
    // Only the secure sort of parameter is said to be secret.
    if is(piece, "aws_ssm_parameter") && !piece.look("/type").known().is_some_and(|sort| *sort == "SecureString") {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    written_down(&mut judged, path);
    judged.verdict()
}

fn written_down(judged: &mut Judged<'_>, path: &str) {
    let mut bad = Vec::new();
    for found in find(judged.piece, path) {
        // An expression is a reference: to a variable, a vault, a generated password. That is as it should be.
        if found.look.known().is_some_and(is_written_down) {
            bad.push(found.pointer);
        }
    }
    for pointer in bad {
        judged.bad(&pointer, format!("{} = {MASKED}", path.rsplit('.').next().unwrap_or(path)), "var.password");
    }
}

/// A variable for a secret whose default is one.
pub(crate) fn secret_as_default(piece: &Piece, _: &[Piece]) -> Verdict {
    if piece.kind != "variable" || !is_secret_name(&piece.name) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    written_down(&mut judged, "default");
    judged.verdict()
}

/// Keys of an account in the block of a provider.
const PROVIDERS: &[(&str, &[&str])] = &[
    ("aws", &["secret_key", "token"]),
    ("azuread", &["client_secret"]),
    ("azurerm", &["client_secret", "client_certificate_password"]),
    ("cloudflare", &["api_token", "api_key"]),
    ("datadog", &["api_key", "app_key"]),
    ("digitalocean", &["token"]),
    ("github", &["token"]),
    ("gitlab", &["token"]),
    ("google", &["credentials", "access_token"]),
    ("google-beta", &["credentials", "access_token"]),
    ("helm", &["kubernetes.token", "kubernetes.password", "kubernetes.client_key"]),
    ("hcloud", &["token"]),
    ("kubernetes", &["token", "password", "client_key"]),
    ("mysql", &["password"]),
    ("postgresql", &["password"]),
    ("scaleway", &["secret_key"]),
    ("vault", &["token"]),
];

/// A provider signs in with a key that stands in the code.
pub(crate) fn provider_with_credentials(piece: &Piece, _: &[Piece]) -> Verdict {
    let name = piece.name.split('.').next().unwrap_or_default();
    let known = PROVIDERS.iter().find(|(known, _)| piece.kind == "provider" && *known == name);
    let Some((_, paths)) = known else { return not_applicable() };
    let mut judged = Judged::of(piece);
    for path in *paths {
        // `credentials` is often the path of a file.
        let is_path = |value: &Value| value.as_str().is_some_and(|text| *path == "credentials" && !text.contains("private_key"));
        let found = below(piece, &piece.body, "", path);
        if !found.iter().any(|found| found.look.known().is_some_and(is_path)) {
            written_down(&mut judged, path);
        }
    }
    judged.verdict()
}

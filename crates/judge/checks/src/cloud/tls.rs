//! Versions of TLS that are no longer sound, and plain HTTP at load balancers.

use super::place::{Absent, Judged, at, find, is_one_of, items, not_applicable, setting, word};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// TLS 1.0 and 1.1, however the service writes them: `1.0`, `TLS1_1`, `TLS_1_0`, `Tls11`.
fn is_old(value: &Value) -> bool {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    matches!(digits.as_str(), "10" | "11" | "1")
}

/// A service that still speaks TLS 1.0 or 1.1. Where nothing is written, 1.2 is today's default everywhere but in
/// Google's policies for load balancers.
pub(crate) fn old_tls(piece: &Piece, _: &[Piece]) -> Verdict {
    const PLACES: &[(&str, &str, Absent)] = &[
        ("azurerm_storage_account", "min_tls_version", Absent::Good),
        ("azurerm_mssql_server", "minimum_tls_version", Absent::Good),
        ("azurerm_redis_cache", "minimum_tls_version", Absent::Good),
        ("azurerm_cosmosdb_account", "minimal_tls_version", Absent::Good),
        ("azurerm_servicebus_namespace", "minimum_tls_version", Absent::Good),
        ("azurerm_eventhub_namespace", "minimum_tls_version", Absent::Good),
        ("azurerm_linux_web_app", "site_config.minimum_tls_version", Absent::Good),
        ("azurerm_windows_web_app", "site_config.minimum_tls_version", Absent::Good),
        ("azurerm_linux_web_app_slot", "site_config.minimum_tls_version", Absent::Good),
        ("azurerm_windows_web_app_slot", "site_config.minimum_tls_version", Absent::Good),
        ("azurerm_linux_function_app", "site_config.minimum_tls_version", Absent::Good),
        ("azurerm_windows_function_app", "site_config.minimum_tls_version", Absent::Good),
        ("google_compute_ssl_policy", "min_tls_version", Absent::Bad),
        ("Microsoft.Storage/storageAccounts", "properties.minimumTlsVersion", Absent::Good),
        ("Microsoft.Sql/servers", "properties.minimalTlsVersion", Absent::Good),
        ("Microsoft.Cache/redis", "properties.minimumTlsVersion", Absent::Good),
        ("Microsoft.DocumentDB/databaseAccounts", "properties.minimalTlsVersion", Absent::Good),
        ("Microsoft.ServiceBus/namespaces", "properties.minimumTlsVersion", Absent::Good),
        ("Microsoft.EventHub/namespaces", "properties.minimumTlsVersion", Absent::Good),
        ("Microsoft.Web/sites", "properties.siteConfig.minTlsVersion", Absent::Good),
        ("Microsoft.Web/sites/slots", "properties.siteConfig.minTlsVersion", Absent::Good),
    ];
    let places: Vec<_> = PLACES.iter().map(|(kind, path, absent)| at(kind, path, *absent)).collect();
    setting(piece, &places, |value| !is_old(value), "1.2")
}

const LISTENERS: [&str; 2] = ["aws_lb_listener", "aws_alb_listener"];

/// A listener that answers in clear text instead of sending browsers to HTTPS.
pub(crate) fn load_balancer_plain_http(piece: &Piece, _: &[Piece]) -> Verdict {
    if !is_one_of(piece, &LISTENERS) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    for found in find(piece, "protocol") {
        match found.look {
            Look::Known(value) if word(value, &["HTTP"]) => {
                let actions = items(&mut judged, "default_action");
                let redirects =
                    |action: &Value| action.get("type").is_some_and(|sort| word(sort, &["redirect", "fixed-response"]));
                if !actions.is_empty() && !actions.iter().any(|(_, action)| redirects(action)) {
                    judged.bad_value(&found.pointer, "protocol", value, "HTTPS");
                }
            }
            Look::Unknown(expression) => judged.unknown(expression),
            _ => {}
        }
    }
    judged.verdict()
}

/// A policy of AWS that still allows TLS 1.0 or 1.1; the default of Terraform's provider is the one of 2016.
pub(crate) fn load_balancer_old_tls(piece: &Piece, _: &[Piece]) -> Verdict {
    if !is_one_of(piece, &LISTENERS) {
        return not_applicable();
    }
    let encrypted =
        find(piece, "protocol").iter().any(|found| found.look.known().is_some_and(|value| word(value, &["HTTPS", "TLS"])));
    if !encrypted {
        return not_applicable();
    }
    setting(
        piece,
        &LISTENERS.map(|kind| at(kind, "ssl_policy", Absent::Bad)),
        is_sound_policy,
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
    )
}

fn is_sound_policy(value: &Value) -> bool {
    let name = value.as_str().unwrap_or_default();
    let old = ["ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-2015-05", "ELBSecurityPolicy-TLS-1-0-2015-04"];
    let weak = ["TLS-1-1-2017-01", "FS-2018-06", "FS-1-1-2019-08", "TLS13-1-0", "TLS13-1-1"];
    !old.contains(&name) && !weak.iter().any(|part| name.contains(part))
}

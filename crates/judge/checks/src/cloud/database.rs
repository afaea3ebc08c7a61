//! Databases and caches of all clouds.

use super::place::{
    Absent, Judged, any, at, filled, find, is, is_one_of, items, not_applicable, off, on, path_of, setting, word,
};
use serde_json::Value;
use std::net::Ipv4Addr;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// The server has a public address, and no list of networks stands before it.
pub(crate) fn database_public_network(piece: &Piece, _: &[Piece]) -> Verdict {
    const PLACES: &[(&str, &str)] = &[
        ("azurerm_mssql_server", "public_network_access_enabled"),
        ("azurerm_postgresql_flexible_server", "public_network_access_enabled"),
        ("azurerm_mysql_flexible_server", "public_network_access"),
        ("azurerm_cosmosdb_account", "public_network_access_enabled"),
        ("azurerm_redis_cache", "public_network_access_enabled"),
        ("Microsoft.Sql/servers", "properties.publicNetworkAccess"),
        ("Microsoft.DBforPostgreSQL/flexibleServers", "properties.network.publicNetworkAccess"),
        ("Microsoft.DBforMySQL/flexibleServers", "properties.network.publicNetworkAccess"),
        ("Microsoft.DocumentDB/databaseAccounts", "properties.publicNetworkAccess"),
        ("Microsoft.Cache/redis", "properties.publicNetworkAccess"),
    ];
    let Some(path) = path_of(piece, PLACES).filter(|_| is_one_of(piece, &[&piece.kind])) else { return not_applicable() };
    let mut judged = Judged::of(piece);
    // What lies in a network of the team's own has no public address; Cosmos DB has its own lists.
    const INSIDE: [&str; 9] = [
        "delegated_subnet_id",
        "subnet_id",
        "is_virtual_network_filter_enabled",
        "ip_range_filter",
        "properties.network.delegatedSubnetResourceId",
        "properties.network.delegatedSubnetArmResourceId",
        "properties.isVirtualNetworkFilterEnabled",
        "properties.ipRules",
        "properties.subnetId",
    ];
    for inside in INSIDE {
        // A subnet that is only known later is one.
        if find(piece, inside).iter().any(|found| match found.look {
            Look::Known(value) => filled(value),
            Look::Unknown(_) => true,
            Look::Absent => false,
        }) {
            return Verdict::Pass;
        }
    }
    if any(&mut judged, path, |value| *value == false || word(value, &["false", "disabled", "securedbyperimeter"])) == Some(false)
    {
        judged.missing("", path, "false");
    }
    judged.verdict()
}

const RULES: [&str; 8] = [
    "azurerm_mssql_firewall_rule",
    "azurerm_postgresql_flexible_server_firewall_rule",
    "azurerm_mysql_flexible_server_firewall_rule",
    "azurerm_postgresql_firewall_rule",
    "azurerm_mysql_firewall_rule",
    "Microsoft.Sql/servers/firewallRules",
    "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules",
    "Microsoft.DBforMySQL/flexibleServers/firewallRules",
];

/// The first and last address of a firewall rule, where they are known.
fn range(judged: &mut Judged<'_>) -> Option<(u32, u32)> {
    let names = match judged.piece.kind.starts_with("azurerm") {
        true => ["start_ip_address", "end_ip_address"],
        false => ["properties.startIpAddress", "properties.endIpAddress"],
    };
    let [start, end] = names.map(|name| {
        let found = find(judged.piece, name).pop()?;
        if let Look::Unknown(expression) = found.look {
            judged.unknown(expression);
        }
        let address: Ipv4Addr = found.look.known()?.as_str()?.parse().ok()?;
        Some(u32::from(address))
    });
    Some((start?, end?))
}

/// A firewall rule for a quarter of the Internet and more.
pub(crate) fn database_firewall_for_all(piece: &Piece, _: &[Piece]) -> Verdict {
    firewall(piece, |start, end| end.checked_sub(start).is_some_and(|width| width >= 1 << 30))
}

/// 0.0.0.0 to 0.0.0.0 stands for every machine in Azure, whoever it belongs to.
pub(crate) fn database_firewall_for_azure(piece: &Piece, _: &[Piece]) -> Verdict {
    firewall(piece, |start, end| (start, end) == (0, 0))
}

fn firewall(piece: &Piece, is_bad: impl Fn(u32, u32) -> bool) -> Verdict {
    if !is_one_of(piece, &RULES) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    if let Some((start, end)) = range(&mut judged).filter(|(start, end)| is_bad(*start, *end)) {
        judged.bad("", format!("{} – {}", Ipv4Addr::from(start), Ipv4Addr::from(end)), "203.0.113.0 – 203.0.113.255");
    }
    judged.verdict()
}

/// A database or cache that also answers without TLS.
pub(crate) fn database_plain_text(piece: &Piece, _: &[Piece]) -> Verdict {
    const CONFIGURATIONS: [&str; 4] = [
        "azurerm_postgresql_flexible_server_configuration",
        "azurerm_mysql_flexible_server_configuration",
        "Microsoft.DBforPostgreSQL/flexibleServers/configurations",
        "Microsoft.DBforMySQL/flexibleServers/configurations",
    ];
    if is_one_of(piece, &CONFIGURATIONS) {
        let name = piece.look("/name").known().and_then(Value::as_str).unwrap_or_default();
        if name.rsplit('/').next() != Some("require_secure_transport") {
            return not_applicable();
        }
        let places = CONFIGURATIONS
            .map(|kind| at(kind, if kind.starts_with("azurerm") { "value" } else { "properties.value" }, Absent::Good));
        return setting(piece, &places, |value| !word(value, &["off", "0"]), "on");
    }
    if is(piece, "google_sql_database_instance") {
        if piece.look("/database_version").known().and_then(Value::as_str).is_some_and(|version| version.starts_with("SQLSERVER"))
        {
            return not_applicable();
        }
        let places = [at("google_sql_database_instance", "settings.ip_configuration.ssl_mode", Absent::Bad)];
        return setting(piece, &places, |value| !word(value, &["ALLOW_UNENCRYPTED_AND_ENCRYPTED"]), "ENCRYPTED_ONLY");
    }
    if is(piece, "aws_elasticache_replication_group") {
        // Valkey encrypts unless told otherwise.
        let valkey = piece.look("/engine").known().is_some_and(|engine| word(engine, &["valkey"]));
        let absent = if valkey { Absent::Good } else { Absent::Bad };
        return setting(piece, &[at("aws_elasticache_replication_group", "transit_encryption_enabled", absent)], on, "true");
    }
    let places = [
        at("azurerm_redis_cache", "non_ssl_port_enabled|enable_non_ssl_port", Absent::Good),
        at("Microsoft.Cache/redis", "properties.enableNonSslPort", Absent::Good),
    ];
    setting(piece, &places, off, "false")
}

/// Only accounts of the server's own, with passwords of their own.
pub(crate) fn sql_without_entra_admin(piece: &Piece, around: &[Piece]) -> Verdict {
    if is(piece, "Microsoft.Sql/servers") {
        let child = format!("{}/", piece.name);
        let apart =
            around.iter().any(|other| is(other, "Microsoft.Sql/servers/administrators") && other.name.starts_with(&child));
        if apart {
            return Verdict::Pass;
        }
    }
    let places = [
        at("azurerm_mssql_server", "azuread_administrator", Absent::Bad),
        at("Microsoft.Sql/servers", "properties.administrators", Absent::Bad),
    ];
    setting(piece, &places, filled, "azuread_administrator")
}

const INSTANCE: &str = "aws_db_instance";
const CLUSTER: &str = "aws_rds_cluster";

/// Disks of the database in clear text.
pub(crate) fn rds_unencrypted(piece: &Piece, _: &[Piece]) -> Verdict {
    // A replica and a restored snapshot are as their source; a serverless cluster is encrypted by default.
    let from = ["replicate_source_db", "snapshot_identifier", "replication_source_identifier"];
    if from.iter().any(|path| find(piece, path).iter().any(|found| found.look != Look::Absent)) {
        return not_applicable();
    }
    let serverless = piece.look("/engine_mode").known().is_some_and(|mode| word(mode, &["serverless"]));
    let absent = if serverless { Absent::Good } else { Absent::Bad };
    setting(piece, &[at(INSTANCE, "storage_encrypted", absent), at(CLUSTER, "storage_encrypted", absent)], on, "true")
}

/// A public address for the database.
pub(crate) fn rds_public(piece: &Piece, _: &[Piece]) -> Verdict {
    let places =
        [at(INSTANCE, "publicly_accessible", Absent::Good), at("aws_rds_cluster_instance", "publicly_accessible", Absent::Good)];
    setting(piece, &places, off, "false")
}

/// No backups that are made by themselves.
pub(crate) fn database_without_backups(piece: &Piece, _: &[Piece]) -> Verdict {
    if is(piece, INSTANCE) && piece.look("/replicate_source_db") != Look::Absent {
        return not_applicable();
    }
    if is(piece, "google_sql_database_instance") {
        if piece.look("/master_instance_name") != Look::Absent {
            return not_applicable();
        }
        let places = [at("google_sql_database_instance", "settings.backup_configuration.enabled", Absent::Bad)];
        return setting(piece, &places, on, "true");
    }
    // A cluster keeps one day by default, an instance none.
    let places = [at(INSTANCE, "backup_retention_period", Absent::Bad), at(CLUSTER, "backup_retention_period", Absent::Good)];
    setting(piece, &places, |value| *value != 0 && !word(value, &["0"]), "7")
}

/// One call deletes the database.
pub(crate) fn rds_without_deletion_protection(piece: &Piece, _: &[Piece]) -> Verdict {
    let places = [at(INSTANCE, "deletion_protection", Absent::Bad), at(CLUSTER, "deletion_protection", Absent::Bad)];
    setting(piece, &places, on, "true")
}

/// Cloud SQL takes connections from every address.
pub(crate) fn cloudsql_open_to_all(piece: &Piece, _: &[Piece]) -> Verdict {
    if !is_one_of(piece, &["google_sql_database_instance"]) {
        return not_applicable();
    }
    let mut judged = Judged::of(piece);
    for (pointer, network) in items(&mut judged, "settings.ip_configuration.authorized_networks") {
        for found in super::place::below(piece, network, &pointer, "value") {
            match found.look {
                Look::Known(value) if word(value, &["0.0.0.0/0", "::/0"]) => {
                    judged.bad_value(&found.pointer, "value", value, "203.0.113.0/24");
                }
                Look::Unknown(expression) => judged.unknown(expression),
                _ => {}
            }
        }
    }
    judged.verdict()
}

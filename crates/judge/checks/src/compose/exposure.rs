//! Checks of ports, and of secrets that a file carries. Values of secrets are never shown.

use super::view::{of_member, of_service, pairs, ports, value_of};
use crate::secretish::{MASK, is_name, is_pair, is_value};
use serde_json::Value;
use vigie_model::configuration::{Look, Piece};
use vigie_model::verdict::Verdict;

/// Ports on which data stores listen by default.
const DATA_STORES: [u64; 25] = [
    1433, 1521, 2181, 2379, 3306, 5432, 5433, 5984, 6379, 6380, 7474, 7687, 8086, 8123, 8529, 9042, 9092, 9200, 9300, 11211,
    26257, 27017, 27018, 28015, 33060,
];

fn of_open_ports(piece: &Piece, bad: impl Fn(u64) -> bool) -> Verdict {
    of_member(piece, "ports", |tally| {
        for port in ports(piece, tally) {
            if port.is_open() && bad(port.inside) {
                tally.bad(&port.pointer, format!("/ports/{}", port.inside), port.shown, format!("127.0.0.1:…:{}", port.inside));
            }
        }
    })
}

/// A data store that every machine around reaches.
pub(crate) fn data_store_published(piece: &Piece, _: &[Piece]) -> Verdict {
    of_open_ports(piece, |port| DATA_STORES.contains(&port))
}

/// A port of remote access that every machine around reaches.
pub(crate) fn remote_access_published(piece: &Piece, _: &[Piece]) -> Verdict {
    of_open_ports(piece, |port| matches!(port, 22 | 23 | 2375 | 3389 | 5900 | 5901))
}

/// A secret in plain text in the environment.
pub(crate) fn secret_in_environment(piece: &Piece, _: &[Piece]) -> Verdict {
    secrets(piece, "environment", "/environment")
}

/// A secret among the arguments of a build.
pub(crate) fn secret_in_build_argument(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "build", |tally| {
        for (pointer, name, look) in pairs(piece, "/build/args") {
            let given = match look {
                Look::Known(_) => value_of(name, look).is_some_and(|value| is_pair(name, &value)),
                // Whatever it is in the end, it stays in the history of the image.
                Look::Unknown(_) => is_name(name),
                Look::Absent => false,
            };
            if given {
                tally.bad(&pointer, format!("/build/args/{name}"), format!("{name}={MASK}"), "build: {secrets: […]}");
            }
        }
    })
}

fn secrets(piece: &Piece, member: &str, pointer: &str) -> Verdict {
    of_member(piece, member, |tally| {
        for (at, name, look) in pairs(piece, pointer) {
            if value_of(name, look).is_some_and(|value| is_pair(name, &value)) {
                tally.bad(&at, format!("{pointer}/{name}"), format!("{name}={MASK}"), "secrets: […]");
            }
        }
    })
}

/// A password among the arguments of the program.
pub(crate) fn secret_in_command(piece: &Piece, _: &[Piece]) -> Verdict {
    const OPTIONS: [&str; 7] =
        ["--password", "--requirepass", "--token", "--secret", "--rpc-secret", "--masterauth", "--api-key"];
    of_service(piece, |tally| {
        for member in ["command", "entrypoint"] {
            let pointer = format!("/{member}");
            let words: Vec<&str> = match tally.known(&pointer) {
                Some(Value::String(line)) => line.split_whitespace().collect(),
                Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
                _ => continue,
            };
            for (at, word) in words.iter().enumerate() {
                let (name, value) = word.split_once('=').unwrap_or((word, words.get(at + 1).copied().unwrap_or_default()));
                if OPTIONS.contains(&name) && is_value(value) && !value.starts_with('-') && !value.contains('$') {
                    tally.bad(&pointer, format!("{pointer}/{name}"), format!("{name} {MASK}"), "secrets: […]");
                }
            }
        }
    })
}

/// A data store that asks nobody for a password.
pub(crate) fn data_store_without_password(piece: &Piece, _: &[Piece]) -> Verdict {
    of_member(piece, "environment", |tally| {
        for (at, name, look) in pairs(piece, "/environment") {
            let Some(value) = value_of(name, look).map(|value| value.to_ascii_lowercase()) else { continue };
            let on = matches!(value.as_str(), "yes" | "true" | "1" | "on");
            let open = match name {
                "POSTGRES_HOST_AUTH_METHOD" => value == "trust",
                "xpack.security.enabled" | "DISABLE_SECURITY_PLUGIN" => on == (name == "DISABLE_SECURITY_PLUGIN"),
                _ => name.contains("ALLOW_EMPTY") && name.contains("PASSWORD") && on,
            };
            if open {
                tally.bad(&at, format!("/environment/{name}"), format!("{name}={value}"), "");
            }
        }
    })
}

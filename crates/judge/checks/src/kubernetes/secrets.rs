//! Secrets that stand in manifests. Values never leave this module.

use super::at::{At, Faults};
use super::object::judged;
use super::pod;
use vigie_model::configuration::Piece;
use vigie_model::verdict::Verdict;

/// Words in the names of settings that hold a secret.
const NAMES: [&str; 11] =
    ["password", "passwd", "passphrase", "secret", "token", "apikey", "privatekey", "accesskey", "credential", "pwd", "authkey"];
/// Ends of names that only speak of one.
const ABOUT: [&str; 22] = [
    "file",
    "path",
    "dir",
    "name",
    "url",
    "uri",
    "endpoint",
    "host",
    "ttl",
    "expiry",
    "expiration",
    "duration",
    "timeout",
    "length",
    "header",
    "enabled",
    "required",
    "type",
    "policy",
    "ref",
    "issuer",
    "audience",
];
/// Values that stand for one that is put in later, or for none.
const PLACEHOLDERS: [&str; 12] =
    ["xxx", "***", "...", "<", "{{", "$", "redacted", "placeholder", "example", "replace", "your-", "none"];

/// What a name and a value look like when the value is a secret.
fn is_secret(name: &str, value: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let names_one = NAMES.iter().any(|word| name.contains(word)) && !ABOUT.iter().any(|end| name.ends_with(end));
    names_one && is_literal(value)
}

/// Whether a value is meant as it stands.
fn is_literal(value: &str) -> bool {
    let value = value.trim();
    let small = value.to_ascii_lowercase();
    let is_word =
        matches!(small.as_str(), "true" | "false" | "null" | "yes" | "no" | "default" | "disabled" | "enabled" | "optional");
    let elsewhere = small.starts_with('/') || small.starts_with("file:") || small.contains("://") && !has_password(value);
    let stands_for = PLACEHOLDERS.iter().any(|word| small.starts_with(word));
    value.len() >= 4 && !is_word && !elsewhere && !stands_for && !value.contains('\n')
}

/// `scheme://user:password@host`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let Some((user, _)) = rest.split('/').next().and_then(|host| host.rsplit_once('@')) else { return false };
    user.split_once(':').is_some_and(|(_, password)| password.len() >= 4 && !password.starts_with(['$', '<', '{', '*']))
}

fn told<'a>(faults: &mut Faults<'a>, at: At<'a>, name: &str) {
    faults.bad(at, format!("{name}: ********"), "secretKeyRef");
}

/// A secret as the value of a variable.
pub(crate) fn secret_in_environment(piece: &Piece, _: &[Piece]) -> Verdict {
    pod::judged(piece, |pod, faults| {
        for container in pod.containers(faults) {
            for variable in faults.list(&container.to("env")) {
                let (name, value) = (variable.to("name").word(), variable.to("value").word());
                if is_secret(name, value) || has_password(value) {
                    told(faults, variable.to("value"), name);
                }
            }
        }
    })
}

/// A secret in something that nobody treats as one.
pub(crate) fn secret_in_config_map(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "ConfigMap")], |map, faults| {
        let data = map.at("data");
        for (name, value) in data.texts() {
            if is_secret(name, value) || value.contains(" PRIVATE KEY-----") || !value.contains('\n') && has_password(value) {
                told(faults, data.member(name), name);
            }
        }
    })
}

/// A Secret with its data, in a file that is passed around.
pub(crate) fn secret_in_manifest(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "Secret")], |secret, faults| {
        // SOPS leaves the object and its names, and encrypts the values.
        if secret.at("sops").is_set() {
            return;
        }
        for list in ["data", "stringData"] {
            let at = secret.at(list);
            for (name, value) in at.texts() {
                let stands_for = PLACEHOLDERS.iter().any(|word| value.trim().to_ascii_lowercase().starts_with(word));
                if !value.trim().is_empty() && !stands_for && !value.starts_with("ENC[") {
                    told(faults, at.member(name), name);
                }
            }
        }
        faults.bad.iter_mut().for_each(|fault| fault.expected.clear());
    })
}

/// Secrets as variables, which are passed on to every child.
pub(crate) fn secret_as_environment(piece: &Piece, _: &[Piece]) -> Verdict {
    pod::judged(piece, |pod, faults| {
        for container in pod.containers(faults) {
            for variable in faults.list(&container.to("env")) {
                let at = variable.to("valueFrom/secretKeyRef");
                if at.is_set() {
                    let name = variable.to("name").word();
                    faults.bad(at, name, "volumeMounts");
                }
            }
            for source in faults.list(&container.to("envFrom")) {
                let at = source.to("secretRef");
                if at.is_set() {
                    let name = at.to("name").word();
                    let locator = format!("{}/envFrom/{name}", container.locator);
                    faults.bad(At { locator, ..at }, name, "volumeMounts");
                }
            }
        }
    })
}

/// A token of an account without an end.
pub(crate) fn secret_endless_token(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "Secret")], |secret, faults| {
        let at = secret.at("type");
        if at.word() == "kubernetes.io/service-account-token" {
            faults.set(at, "kubernetes.io/service-account-token", "");
        }
    })
}

/// Keys and tokens in a kubeconfig.
pub(crate) fn secret_in_kubeconfig(piece: &Piece, _: &[Piece]) -> Verdict {
    judged(piece, &[("", "Config")], |config, faults| {
        for user in faults.list(&config.at("users")) {
            for member in ["token", "client-key-data", "password"] {
                let at = user.to("user").to(member);
                let value = at.word();
                let stands_for = PLACEHOLDERS.iter().any(|word| value.to_ascii_lowercase().starts_with(word));
                if !value.is_empty() && !stands_for {
                    told(faults, at, member);
                }
            }
        }
        faults.bad.iter_mut().for_each(|fault| fault.expected.clear());
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_secrets_from_what_speaks_of_them() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter22"),
            ("apiToken", "abcd1234"),
            ("client-secret", "s3cr3t-s3cr3t"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
        ] {
            assert!(is_secret(name, value), "{name}");
        }
        for (name, value) in [
            ("DB_PASSWORD_FILE", "/run/secrets/db"),
            ("SECRET_NAME", "db-credentials"),
            ("TOKEN_TTL", "3600"),
            ("DB_PASSWORD", "$(FROM_VAULT)"),
            ("DB_PASSWORD", "<set me>"),
            ("DB_PASSWORD", ""),
            ("TOKEN_URL", "https://id.example.org/token"),
            ("USE_TOKEN", "true"),
            ("TOKEN", "/var/run/secrets/token"),
            ("MONKEY", "banana"),
        ] {
            assert!(!is_secret(name, value), "{name}");
        }
        assert!(has_password("postgres://app:hunter22@db:5432/app"));
        assert!(!has_password("postgres://app:$(PASSWORD)@db/app") && !has_password("https://example.org/a@b:c"));
    }
}

//! Credentials that `docker login` and `podman login` left on this machine.
//!
//! Formats: Docker's `config.json` and containers-auth.json(5): credentials in base64, an identity token, or the
//! name of a helper program that has them (<https://github.com/docker/docker-credential-helpers>). Looked up
//! for one registry, kept only while it is asked, never shown: [`Secret`] has no way to be printed.

use super::HELPER_TIME;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use vigie_kit::files;
use vigie_kit::process::{self, Limits};

/// The largest file that is read.
const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The largest answer of a helper.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// What helpers call the user when the secret is an identity token.
const TOKEN_USER: &str = "<token>";

/// Something that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for where it must go.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// How to sign in to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A user and a password, or what takes its place.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token with which tokens are fetched.
    Token(Secret),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct File {
    auths: HashMap<String, Entry>,
    cred_helpers: HashMap<String, String>,
    creds_store: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Helped {
    username: String,
    secret: String,
}

/// The credentials for a registry, from a given file or from the usual places.
pub(crate) fn find(registry: &str, file: Option<&Path>) -> Option<Credentials> {
    let places = file.map_or_else(usual_places, |file| vec![file.to_owned()]);
    places.iter().find_map(|place| {
        let bytes = files::read_bounded(place, BYTES_MAX).ok()?;
        match serde_json::from_slice::<File>(&bytes) {
            Ok(file) => file.credentials(registry),
            Err(error) => {
                // Never the content: it has secrets in it.
                tracing::warn!(file = %place.display(), line = error.line(), "a file of credentials makes no sense");
                None
            }
        }
    })
}

fn usual_places() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME");
    let config = variable("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
    let docker = variable("DOCKER_CONFIG").or_else(|| home.as_ref().map(|home| home.join(".docker")));
    [
        variable("REGISTRY_AUTH_FILE"),
        docker.map(|folder| folder.join("config.json")),
        variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
        config.map(|folder| folder.join("containers/auth.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl File {
    fn credentials(&self, registry: &str) -> Option<Credentials> {
        let is = |key: &str| host_of(key) == host_of(registry);
        let helper = self.cred_helpers.iter().find(|(key, _)| is(key)).map(|(key, helper)| (helper.as_str(), key.clone()));
        let store = || {
            let key = self.auths.keys().find(|key| is(key)).cloned();
            let hub = if host_of(registry) == "docker.io" { "https://index.docker.io/v1/" } else { registry };
            Some((self.creds_store.as_str(), key.unwrap_or_else(|| hub.to_owned()))).filter(|(store, _)| !store.is_empty())
        };
        helper
            .or_else(store)
            .and_then(|(helper, key)| ask_helper(helper, &key))
            .or_else(|| self.auths.iter().filter(|(key, _)| is(key)).find_map(|(_, entry)| entry.credentials()))
    }
}

impl Entry {
    fn credentials(&self) -> Option<Credentials> {
        if !self.identitytoken.is_empty() {
            return Some(Credentials::Token(Secret(self.identitytoken.clone())));
        }
        if !self.username.is_empty() {
            return Some(Credentials::Password { user: self.username.clone(), password: Secret(self.password.clone()) });
        }
        let auth = self.auth.trim();
        let bytes = STANDARD.decode(auth).or_else(|_| STANDARD_NO_PAD.decode(auth)).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (user, password) = text.split_once(':')?;
        let password = password.trim_end_matches('\0');
        (!user.is_empty()).then(|| Credentials::Password { user: user.to_owned(), password: Secret(password.to_owned()) })
    }
}

/// The host of a key: keys are hosts, addresses, or hosts with a part of a repository.
fn host_of(key: &str) -> &str {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    match rest.split('/').next().unwrap_or_default() {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

fn ask_helper(helper: &str, key: &str) -> Option<Credentials> {
    let right =
        !helper.is_empty() && helper.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if !right {
        return None;
    }
    let program = format!("docker-credential-{helper}");
    let limits = Limits { time: HELPER_TIME, stdout_max: ANSWER_BYTES_MAX };
    match process::run_with_input(&program, &["get"], key.as_bytes(), limits) {
        Ok(output) if output.status.success() => {
            let Helped { username, secret } = serde_json::from_slice(&output.stdout).ok()?;
            let secret = Some(Secret(secret)).filter(|secret| !secret.0.is_empty())?;
            Some(if username == TOKEN_USER {
                Credentials::Token(secret)
            } else {
                Credentials::Password { user: username, password: secret }
            })
        }
        // A helper that has nothing for this registry says so by its status.
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(program, %error, "a helper for credentials could not be asked");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(registry: &str) -> Option<Credentials> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.json");
        let text = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "ZXZhOnB3OjE="}, "r.example:5000": {"identitytoken": "t"},
                       "empty.example": {}, "odd.example": {"auth": "%%%"}}, "credHelpers": {"h.example": "../evil"}}"#;
        std::fs::write(&path, text).unwrap();
        find(registry, Some(&path))
    }

    #[test]
    fn credentials_are_found_by_host() {
        let password = Credentials::Password { user: "eva".into(), password: Secret("pw:1".into()) };
        assert_eq!(found("docker.io"), Some(password.clone()));
        assert_eq!(found("r.example:5000"), Some(Credentials::Token(Secret("t".into()))));
        for registry in ["r.example", "empty.example", "odd.example", "h.example", "other"] {
            assert_eq!(found(registry), None, "{registry}");
        }
        assert!(!format!("{password:?}").contains("pw"));
    }
}

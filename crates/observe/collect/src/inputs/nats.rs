//! The tables `[[collect.nats]]`.

use super::kafka::Start;
use super::secret::Place;
use super::{Environment, named, tenant_of, tls, wrong};
use crate::source::nats::{Login, Settings};
use serde::Deserialize;
use std::path::PathBuf;
use vigie_kit::problem::Problem;
use vigie_model::text;

const TABLE: &str = "[[collect.nats]]";

/// Longest names of streams and consumers.
const NAME_MAX: usize = 255;

/// A stream of NATS JetStream.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatsInput {
    /// What the cluster is called in the name of the source; needed where two have a stream of the same name.
    pub name: Option<String>,
    /// Servers to begin with, `nats://host:4222` or `tls://host:4222`; the others are learned from them.
    pub urls: Vec<String>,
    /// The stream.
    pub stream: String,
    /// Subjects of it, with `*` and `>`; without any, all. Several need a server of 2.10 or later.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// The durable consumer, made when it is not there.
    #[serde(default = "durable")]
    pub durable: String,
    /// Where a consumer that is made begins.
    #[serde(default)]
    pub start: Start,
    /// Authorities to believe instead of Mozilla's list, PEM; says that TLS is spoken.
    pub ca_file: Option<PathBuf>,
    /// Our certificate, PEM, where the servers want one.
    pub cert_file: Option<PathBuf>,
    /// Its key, PEM.
    pub key_file: Option<PathBuf>,
    /// The user.
    pub user: Option<String>,
    /// The variable with the password.
    pub password_env: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// The variable with a token, instead of user and password.
    pub token_env: Option<String>,
    /// The file with a token.
    pub token_file: Option<PathBuf>,
    /// The file that `nsc` writes for a user, `.creds`, instead of these.
    pub credentials_file: Option<PathBuf>,
    /// Whose records these are.
    pub tenant: Option<String>,
}

fn durable() -> String {
    "vigie".into()
}

impl NatsInput {
    /// The settings of its source.
    pub(super) fn resolve(&self, environment: Environment<'_>) -> Result<Settings, Problem> {
        let name = named(TABLE, self.name.as_ref())?;
        self.check()?;
        let files = tls::Files {
            table: TABLE,
            ca: self.ca_file.as_deref(),
            cert: self.cert_file.as_deref(),
            key: self.key_file.as_deref(),
        };
        let is_tls = files.any() || self.urls.iter().any(|url| url.starts_with("tls://"));
        Ok(Settings {
            source: name.map_or_else(|| format!("nats:{}", self.stream), |name| format!("nats:{name}/{}", self.stream)).into(),
            urls: self.urls.clone(),
            stream: self.stream.clone(),
            subjects: self.subjects.clone(),
            durable: self.durable.clone(),
            start: self.start,
            tls: if is_tls { Some(files.client()?) } else { None },
            login: self.login(environment)?,
            tenant: tenant_of(TABLE, self.tenant.as_ref())?,
        })
    }

    fn check(&self) -> Result<(), Problem> {
        // A password in an address would show in the log.
        let is_url = |url: &String| {
            let rest = url.strip_prefix("nats://").or_else(|| url.strip_prefix("tls://"));
            rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['@', '/', '?', '#', ' ']))
        };
        if self.urls.is_empty() || !self.urls.iter().all(is_url) {
            return Err(wrong(
                TABLE,
                "urls",
                text!(
                    en "a list such as [\"nats://host:4222\"] is wanted, without user and password",
                    fr "une liste telle que [\"nats://hôte:4222\"] est attendue, sans utilisateur ni mot de passe",
                    de "gebraucht wird eine Liste wie [\"nats://host:4222\"], ohne Benutzer und Passwort",
                ),
            ));
        }
        let is_name = |name: &str| {
            let forbidden = |c: char| c.is_whitespace() || c.is_control() || ".*>/\\".contains(c);
            !name.is_empty() && name.len() <= NAME_MAX && !name.contains(forbidden)
        };
        for (key, name) in [("stream", &self.stream), ("durable", &self.durable)] {
            if !is_name(name) {
                return Err(wrong(
                    TABLE,
                    key,
                    text!(
                        en "a name without spaces, dots, `*`, `>` and slashes is wanted",
                        fr "un nom sans espaces, points, `*`, `>` ni barres obliques est attendu",
                        de "gebraucht wird ein Name ohne Leerzeichen, Punkte, `*`, `>` und Schrägstriche",
                    ),
                ));
            }
        }
        if self.subjects.iter().any(|subject| subject.is_empty() || subject.contains(char::is_whitespace)) {
            return Err(wrong(
                TABLE,
                "subjects",
                text!(
                    en "a list of subjects is wanted, such as [\"logs.>\"]",
                    fr "une liste de sujets est attendue, par exemple [\"logs.>\"]",
                    de "gebraucht wird eine Liste von Subjects, etwa [\"logs.>\"]",
                ),
            ));
        }
        Ok(())
    }

    fn login(&self, environment: Environment<'_>) -> Result<Login, Problem> {
        let place = |key, variable: &'_ Option<String>, file: &'_ Option<PathBuf>| -> Result<_, Problem> {
            Place { table: TABLE, key, variable: variable.as_deref(), file: file.as_deref() }.read(environment)
        };
        if let Some(user) = &self.user {
            let password = Place {
                table: TABLE,
                key: "password",
                variable: self.password_env.as_deref(),
                file: self.password_file.as_deref(),
            };
            return Ok(Login::Password(user.clone(), password.of_user(user, environment)?));
        }
        if let Some(token) = place("token", &self.token_env, &self.token_file)? {
            return Ok(Login::Token(token));
        }
        Ok(place("credentials", &None, &self.credentials_file)?.map_or(Login::None, Login::Credentials))
    }
}

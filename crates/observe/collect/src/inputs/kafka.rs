//! The tables `[[collect.kafka]]`.

use super::secret::Place;
use super::{Environment, Hidden, named, tenant_of, tls, wrong};
use crate::source::kafka::{Cluster, Settings};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use vigie_kit::problem::Problem;
use vigie_model::text;

const TABLE: &str = "[[collect.kafka]]";

/// Longest name of a topic, as Kafka has it.
const TOPIC_MAX: usize = 249;

/// Topics of one Kafka cluster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaInput {
    /// What the cluster is called in the names of its sources; needed where there are several.
    pub name: Option<String>,
    /// Brokers to begin with, `host:port`; the others are learned from them.
    pub brokers: Vec<String>,
    /// The topics; each is a source.
    pub topics: Vec<String>,
    /// Where the very first start begins.
    #[serde(default)]
    pub start: Start,
    /// Whether to speak TLS; naming a file below says so, too.
    #[serde(default)]
    pub tls: bool,
    /// Authorities to believe instead of Mozilla's list, PEM.
    pub ca_file: Option<PathBuf>,
    /// Our certificate, PEM, where the brokers want one.
    pub cert_file: Option<PathBuf>,
    /// Its key, PEM.
    pub key_file: Option<PathBuf>,
    /// The user of SASL.
    pub user: Option<String>,
    /// The variable with the password.
    pub password_env: Option<String>,
    /// The file with the password.
    pub password_file: Option<PathBuf>,
    /// How the password is proved.
    #[serde(default)]
    pub mechanism: Mechanism,
    /// Whose records these are.
    pub tenant: Option<String>,
}

/// Where the very first start begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// With the oldest record there is.
    #[default]
    Oldest,
    /// With what comes from now on.
    Newest,
}

/// How a password is proved by SASL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// SCRAM with SHA-512: the password itself is not sent.
    #[default]
    ScramSha512,
    /// SCRAM with SHA-256.
    ScramSha256,
    /// The password as it is: only within TLS.
    Plain,
}

impl KafkaInput {
    /// The settings of a source for each topic.
    pub(super) fn resolve(&self, environment: Environment<'_>) -> Result<Vec<Settings>, Problem> {
        let name = named(TABLE, self.name.as_ref())?;
        self.check()?;
        let files = tls::Files {
            table: TABLE,
            ca: self.ca_file.as_deref(),
            cert: self.cert_file.as_deref(),
            key: self.key_file.as_deref(),
        };
        let tls = if self.tls || files.any() { Some(files.client()?) } else { None };
        let cluster = Arc::new(Cluster { brokers: self.brokers.clone(), tls, sasl: self.sasl(environment)? });
        let tenant = tenant_of(TABLE, self.tenant.as_ref())?;
        let source = |topic: &str| match &name {
            Some(name) => format!("kafka:{name}/{topic}").into(),
            None => format!("kafka:{topic}").into(),
        };
        let of_topic = |topic: &String| Settings {
            source: source(topic),
            cluster: cluster.clone(),
            topic: topic.clone(),
            start: self.start,
            tenant: tenant.clone(),
        };
        Ok(self.topics.iter().map(of_topic).collect())
    }

    fn check(&self) -> Result<(), Problem> {
        let is_address =
            |broker: &String| broker.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if self.brokers.is_empty() || !self.brokers.iter().all(is_address) {
            return Err(wrong(
                TABLE,
                "brokers",
                text!(
                    en "a list of HOST:PORT is wanted, such as [\"kafka-1:9092\"]",
                    fr "une liste de HÔTE:PORT est attendue, par exemple [\"kafka-1:9092\"]",
                    de "gebraucht wird eine Liste von HOST:PORT, etwa [\"kafka-1:9092\"]",
                ),
            ));
        }
        let is_topic = |topic: &String| {
            let of_topic = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            !topic.is_empty() && topic.len() <= TOPIC_MAX && topic.bytes().all(of_topic)
        };
        if self.topics.is_empty() || !self.topics.iter().all(is_topic) {
            return Err(wrong(
                TABLE,
                "topics",
                text!(
                    en "a list of names of topics is wanted, such as [\"audit\"]",
                    fr "une liste de noms de topics est attendue, par exemple [\"audit\"]",
                    de "gebraucht wird eine Liste von Namen von Topics, etwa [\"audit\"]",
                ),
            ));
        }
        Ok(())
    }

    fn sasl(&self, environment: Environment<'_>) -> Result<Option<(Mechanism, String, Hidden)>, Problem> {
        let Some(user) = &self.user else { return Ok(None) };
        let place =
            Place { table: TABLE, key: "password", variable: self.password_env.as_deref(), file: self.password_file.as_deref() };
        Ok(Some((self.mechanism, user.clone(), place.of_user(user, environment)?)))
    }
}

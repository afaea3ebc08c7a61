//! What is fetched from elsewhere: brokers and stores of others, as `vigie.toml` names them; and from where listeners
//! take something.
//!
//! These are the tables as a person writes them. [`Inputs::resolve`] reads what they point to (secrets, certificates)
//! and gives what sources need; nothing is connected to here. A secret stands in a file or in the environment, never
//! in the tables.

mod allow;
mod kafka;
mod nats;
mod objects;
mod secret;
mod tls;

pub(crate) use allow::Allow;
pub use allow::AllowInput;
pub use kafka::{KafkaInput, Mechanism, Start};
pub use nats::NatsInput;
pub use objects::ObjectsInput;
pub use secret::Hidden;
pub use tls::with_client_certificates;

use crate::source;
use crate::tenants::Tenants;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::event::{LABEL_MAX, Label, Labels};
use vigie_model::lang::Text;
use vigie_model::text;

/// Finds a variable of the environment.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The table `collect` of `vigie.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Inputs {
    /// Topics of Kafka.
    pub kafka: Vec<KafkaInput>,
    /// Streams of NATS JetStream.
    pub nats: Vec<NatsInput>,
    /// Objects in buckets, containers and folders.
    pub objects: Vec<ObjectsInput>,
    /// From which networks listeners take something.
    pub allow: AllowInput,
}

/// The same with everything that was pointed to.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    pub(crate) kafka: Vec<source::kafka::Settings>,
    pub(crate) nats: Vec<source::nats::Settings>,
    pub(crate) objects: Vec<source::objects::Settings>,
    pub(crate) allow: Allow,
}

impl Inputs {
    /// Reads secrets and certificates, and checks what can be checked without a connection.
    ///
    /// # Errors
    /// A [`Problem`] that names the table when something is missing in it, cannot be read, or stands twice.
    pub fn resolve(&self, environment: Environment<'_>) -> Result<Resolved, Problem> {
        let mut names = BTreeSet::new();
        let mut resolved = Resolved { allow: self.allow.resolve()?, ..Resolved::default() };
        for input in &self.kafka {
            for settings in input.resolve(environment)? {
                unique(&mut names, &settings.source)?;
                resolved.kafka.push(settings);
            }
        }
        for input in &self.nats {
            let settings = input.resolve(environment)?;
            unique(&mut names, &settings.source)?;
            resolved.nats.push(settings);
        }
        for input in &self.objects {
            let settings = input.resolve()?;
            unique(&mut names, &settings.source)?;
            resolved.objects.push(settings);
        }
        Ok(resolved)
    }
}

/// What all records of an input belong to: its own tenant, or everybody's.
pub(crate) fn labels(tenant: Option<&Arc<str>>, tenants: &Tenants) -> Labels {
    match tenant {
        Some(tenant) => [(Label::Tenant, &**tenant)].into_iter().collect(),
        None => tenants.labels(""),
    }
}

/// Source names are what positions are stored under: each only once.
fn unique(names: &mut BTreeSet<Arc<str>>, name: &Arc<str>) -> Result<(), Problem> {
    if names.insert(name.clone()) {
        return Ok(());
    }
    let said = text!(
        en "Two inputs in the settings are called {name}",
        fr "Deux entrées des réglages s’appellent {name}",
        de "Zwei Eingänge in den Einstellungen heißen {name}",
    );
    Err(Problem::new(Kind::Settings, said).hint(text!(
        en "give one of them a `name` of its own",
        fr "donnez à l’une d’elles son propre `name`",
        de "geben Sie einem von ihnen einen eigenen `name`",
    )))
}

fn tenant_of(table: &str, tenant: Option<&String>) -> Result<Option<Arc<str>>, Problem> {
    let Some(tenant) = tenant.map(|tenant| tenant.trim()) else { return Ok(None) };
    if tenant.is_empty() || tenant.len() > LABEL_MAX {
        return Err(wrong(
            table,
            "tenant",
            text!(
                en "a name of at most {LABEL_MAX} bytes is wanted",
                fr "un nom d’au plus {LABEL_MAX} octets est attendu",
                de "gebraucht wird ein Name von höchstens {LABEL_MAX} Bytes",
            ),
        ));
    }
    Ok(Some(tenant.into()))
}

/// A name that stands in the name of a source: short, without what separates there.
fn named(table: &str, name: Option<&String>) -> Result<Option<String>, Problem> {
    let Some(name) = name else { return Ok(None) };
    let sound =
        !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if sound {
        return Ok(Some(name.clone()));
    }
    Err(wrong(
        table,
        "name",
        text!(
            en "letters, digits, `-`, `_` and `.` make a name, at most 64",
            fr "un nom se compose de lettres, chiffres, `-`, `_` et `.`, au plus 64",
            de "ein Name besteht aus Buchstaben, Ziffern, `-`, `_` und `.`, höchstens 64",
        ),
    ))
}

/// A value of a table makes no sense.
fn wrong(table: &str, key: &str, hint: Text) -> Problem {
    let said = text!(
        en "`{key}` in {table} of the settings makes no sense",
        fr "`{key}` dans {table} des réglages n’a pas de sens",
        de "`{key}` in {table} der Einstellungen ergibt keinen Sinn",
    );
    Problem::new(Kind::Settings, said).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<Resolved, String> {
        let inputs: Inputs = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        inputs.resolve(&|name| (name == "PASSWORD").then(|| "hush".to_owned())).map_err(|problem| problem.said.en)
    }

    #[test]
    fn a_topic_is_a_source_of_its_own() {
        let resolved = resolve(
            "[[kafka]]\nbrokers = ['b:9092']\ntopics = ['a', 'b']\n[[kafka]]\nname = 'x'\nbrokers = ['c:1']\ntopics = ['a']",
        );
        let names: Vec<String> = resolved.unwrap().kafka.iter().map(|settings| settings.source.to_string()).collect();
        assert_eq!(names, ["kafka:a", "kafka:b", "kafka:x/a"]);
    }

    #[test]
    fn networks_are_read_or_refused() {
        let allow = resolve("[allow]\ngelf = ['10.0.0.0/8', '192.0.2.7']\n").unwrap().allow;
        let admits = |peer: &str| allow.gelf.admits(peer.parse().unwrap(), "gelf");
        assert!(admits("10.1.2.3") && admits("192.0.2.7") && !admits("192.0.2.8"));
        assert!(allow.netflow.admits("192.0.2.8".parse().unwrap(), "netflow"), "where nothing stands everybody may");
        for list in ["[]", "['10.0.0.0/33']", "['web-1']"] {
            let said = resolve(&format!("[allow]\nnetflow = {list}\n")).unwrap_err();
            assert_eq!(said, "`netflow` in [collect.allow] of the settings makes no sense");
        }
        assert!(resolve("[allow]\nkafka = ['10.0.0.0/8']\n").unwrap_err().starts_with("unknown field"));
    }

    #[test]
    fn secrets_are_found_and_not_shown() {
        let table = "[[kafka]]\nbrokers = ['b:9092']\ntopics = ['a']\nuser = 'eva'\npassword_env = 'PASSWORD'";
        let shown = format!("{:?}", resolve(table).unwrap());
        assert!(shown.contains("eva") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (more, expected) in [
            ("", "missing field `brokers`"),
            ("brokers = []\ntopics = ['a']", "`brokers` in [[collect.kafka]] of the settings makes no sense"),
            ("brokers = ['b']\ntopics = ['a']", "`brokers` in [[collect.kafka]] of the settings makes no sense"),
            ("brokers = ['b:1']\ntopics = ['a', 'a']", "Two inputs in the settings are called kafka:a"),
            ("brokers = ['b:1']\ntopics = ['a b']", "`topics` in [[collect.kafka]] of the settings makes no sense"),
            (
                "brokers = ['b:1']\ntopics = ['a']\nuser = 'eva'",
                "There is no password for eva in [[collect.kafka]] of the settings",
            ),
            ("brokers = ['b:1']\ntopics = ['a']\nuser = 'eva'\npassword_env = 'NONE'", "The variable NONE is not set"),
            ("brokers = ['b:1']\ntopics = ['a']\nuser = 'eva'\npassword_file = '/nonexistent'", "/nonexistent cannot be read"),
            ("brokers = ['b:1']\ntopics = ['a']\nname = 'x/y'", "`name` in [[collect.kafka]] of the settings makes no sense"),
            ("brokers = ['b:1']\ntopics = ['a']\nca_file = '/nonexistent'\ntls = true", "/nonexistent cannot be read"),
        ] {
            let said = resolve(&format!("[[kafka]]\n{more}")).map(|_| ()).unwrap_err();
            assert!(said.starts_with(expected), "{more}: {said}");
        }
        assert!(resolve("[[kafka]]\nbrokers = ['b:1']\ntopics = ['a']\npassword = 'x'").is_err(), "a secret does not stand here");
        for (more, expected) in [
            ("urls = ['nats://eva:hush@b:1']\nstream = 'a'", "`urls` in [[collect.nats]] of the settings makes no sense"),
            ("urls = ['b:1']\nstream = 'a'", "`urls` in [[collect.nats]] of the settings makes no sense"),
            ("urls = ['nats://b:1']\nstream = 'a.b'", "`stream` in [[collect.nats]] of the settings makes no sense"),
            (
                "urls = ['nats://b:1']\nstream = 'a'\nuser = 'eva'",
                "There is no password for eva in [[collect.nats]] of the settings",
            ),
            ("urls = ['nats://b:1']\nstream = 'a'\ntoken_env = 'NONE'", "The variable NONE is not set"),
        ] {
            let said = resolve(&format!("[[nats]]\n{more}")).map(|_| ()).unwrap_err();
            assert!(said.starts_with(expected) && !said.contains("hush"), "{more}: {said}");
        }
        let nats = resolve("[[nats]]\nurls = ['tls://b:1']\nstream = 'AUDIT'\ntoken_env = 'PASSWORD'").unwrap().nats.remove(0);
        assert_eq!((&*nats.source, nats.tls.is_some(), &*nats.durable), ("nats:AUDIT", true, "vigie"));
    }
}

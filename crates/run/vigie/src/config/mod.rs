//! `vigie.toml`: what is set once and stays.
//!
//! Every key has an argument of `vigie up` or belongs to a source that is fetched from; docs/settings.md lists them, made from
//! here. What is said nearer to the start counts: an argument before its variable of the environment, that before this
//! file, the file before the default. Unknown keys are refused. No secret stands here, only where one is.

mod over;
#[cfg(test)]
mod page;
mod values;

use crate::args::{Args, Level, UpArgs, Verb};
use clap::{CommandFactory, FromArgMatches};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use values::{OrNone, Ratio, Url, Written};
use vigie_collect::inputs::{AllowInput, KafkaInput, NatsInput, ObjectsInput};
use vigie_kit::data_dir::SETTINGS;
use vigie_kit::files;
use vigie_kit::nearest::nearest;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::lang::Text;
use vigie_model::text;
use vigie_server::{Opening, TenantOf};

/// Larger files are not read.
const BYTES_MAX: u64 = 1024 * 1024;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    listen: Listen,
    collect: Collect,
    lake: Lake,
    enrich: Enrich,
    advisories: Advisories,
    scan: Scan,
    telemetry: Telemetry,
}

/// Addresses on which something is received.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Listen {
    console: Option<SocketAddr>,
    intake: Option<SocketAddr>,
    syslog: Option<OrNone<SocketAddr>>,
    syslog_tls: Option<SocketAddr>,
    syslog_tls_client_ca: Option<PathBuf>,
    gelf: Option<SocketAddr>,
    netflow: Option<SocketAddr>,
    forward: Option<SocketAddr>,
    forward_key_file: Option<PathBuf>,
}

/// Where events come from by themselves, and whose they are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Collect {
    local_logs: Option<bool>,
    follow: Vec<PathBuf>,
    tenants: Vec<Written<TenantOf>>,
    // The lists of `vigie_collect::inputs::Inputs`, one by one: serde refuses no unknown key of what it flattens.
    kafka: Vec<KafkaInput>,
    nats: Vec<NatsInput>,
    objects: Vec<ObjectsInput>,
    allow: AllowInput,
}

/// Where events are kept, and how long.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Lake {
    store: Option<Url>,
    cache_mib: Option<u64>,
    keep_days: Option<u32>,
    keep_class: BTreeMap<String, u32>,
}

/// What events are enriched with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Enrich {
    geoip: Vec<PathBuf>,
}

/// Vulnerability data.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Advisories {
    feeds: Option<Url>,
}

/// What images are scanned with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Scan {
    yara: Vec<PathBuf>,
}

/// What is told of Vigie itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Telemetry {
    log: Option<Level>,
    otlp_endpoint: Option<Url>,
    trace_ratio: Option<Ratio>,
}

impl Config {
    /// The file that is named, or the one in the data folder, where there is one.
    pub(crate) fn read(named: Option<&Path>, data: &Path) -> Result<Self, Problem> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => match data.join(SETTINGS) {
                path if path.exists() => path,
                _ => return Ok(Self::default()),
            },
        };
        let bytes = files::read_bounded(&path, BYTES_MAX).map_err(Explain::explain)?;
        parse(&String::from_utf8_lossy(&bytes), &path)
    }
}

/// What a platform on a data folder is opened with.
pub(crate) fn opening(args: &UpArgs) -> Opening {
    Opening {
        keep_days: args.keep_days,
        keep_classes: args.keep_class.iter().cloned().collect(),
        lake_store: args.lake_store.clone(),
        lake_cache_bytes: args.lake_cache_mib.saturating_mul(1 << 20),
        yara: args.yara.clone(),
        geoip: args.geoip.clone(),
        feeds: None,
    }
}

/// The same for whoever opens the stores without `vigie up`: where the files of events are stands in the file and in the
/// environment only.
pub(crate) fn opening_of(data: &Path) -> Result<Opening, Problem> {
    let matches = Args::command().try_get_matches_from(["vigie", "up"]).map_err(refused)?;
    let Verb::Up(mut args) = Args::from_arg_matches(&matches).map_err(refused)?.verb else { return Ok(Opening::default()) };
    let up = matches.subcommand_matches("up").unwrap_or(&matches);
    args.over(Config::read(args.config.as_deref(), data)?, up, &|name| std::env::var(name).ok());
    Ok(opening(&args))
}

/// A variable of the environment has a value that makes no sense.
fn refused(error: clap::Error) -> Problem {
    let told = error.to_string();
    let why = told.lines().next().unwrap_or_default().trim_start_matches("error: ");
    Problem::new(Kind::Settings, Text::same(why)).because(error)
}

fn parse(text: &str, path: &Path) -> Result<Config, Problem> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
        let (path, why) = (path.display(), error.message());
        let said = text!(
            en "{path} is not understood at line {line}: {why}",
            fr "{path} n’est pas compris à la ligne {line} : {why}",
            de "{path} ist in Zeile {line} nicht zu verstehen: {why}",
        );
        Problem::new(Kind::Settings, said).hint(hint(why))
    })
}

/// What may have been meant instead of a key that nobody knows; the parser names those that are known.
fn hint(why: &str) -> Text {
    let mut names = why.split('`').skip(1).step_by(2);
    let unknown = names.next().filter(|_| why.starts_with("unknown field"));
    match unknown.and_then(|unknown| nearest(unknown, names)) {
        Some(known) => text!(
            en "did you mean `{known}`? docs/settings.md lists all keys",
            fr "vouliez-vous dire `{known}` ? docs/settings.md énumère toutes les clés",
            de "meinten Sie `{known}`? docs/settings.md nennt alle Schlüssel",
        ),
        None => text!(
            en "docs/settings.md lists the tables and their keys",
            fr "docs/settings.md énumère les tables et leurs clés",
            de "docs/settings.md nennt die Tabellen und ihre Schlüssel",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::lang::Lang;

    fn told(text: &str) -> String {
        parse(text, Path::new("v.toml")).err().map(|problem| problem.told(Lang::En)).unwrap_or_default()
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_what_may_have_been_meant() {
        assert_eq!(told(""), "");
        assert_eq!(told("[[collect.kafka]]\nbrokers = ['b:9092']\ntopics = ['t']\n"), "");
        let said = told("[[collect.kafka]]\nbrokers = ['b:9092']\ntopic = 't'\n");
        assert!(said.starts_with("v.toml is not understood at line 3: unknown field `topic`"), "{said}");
        assert!(said.contains("hint: did you mean `topics`?"), "{said}");
        assert!(told("[lake]\nstores = 's3://b'").contains("did you mean `store`?"));
        assert!(told("[telemetri]\n").contains("did you mean `telemetry`?"));
        assert!(told("[enrich]\ngeo_ip = []").contains("did you mean `geoip`?"));
        assert!(told("[lake]\nxyz = 1").contains("hint: docs/settings.md lists the tables"));
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for (text, why) in [
            ("[listen]\nconsole = 'localhost'", "socket address"),
            ("[listen]\nsyslog = 'off'", "socket address"),
            ("[telemetry]\ntrace_ratio = 1.5", "a number from 0 to 1"),
            ("[telemetry]\nlog = 'loud'", "unknown variant `loud`"),
            ("[telemetry]\notlp_endpoint = 'https://eva:hush@c:4318'", "no user and no password"),
            ("[lake]\nstore = 's3://eva:hush@b'", "no user and no password"),
            ("[lake]\nkeep_days = -1", "invalid value"),
            ("[collect]\ntenants = ['a=']", "TENANT or TOKEN=TENANT"),
        ] {
            let said = told(text);
            assert!(said.contains(why) && said.contains("line 2") && !said.contains("hush"), "{text}: {said}");
        }
    }
}

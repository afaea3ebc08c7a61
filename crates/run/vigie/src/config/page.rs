//! docs/settings.md, made from the arguments and the tables, so that it cannot say anything else than they do.

use super::*;
use crate::args::UpArgs;
use clap::{Arg, Command};
use std::fmt::Write;
use vigie_testkit::check_golden;

/// The head of the page. The example in it has every key once, and is read by a test.
const HEAD: &str = include_str!("page.txt");

/// A key with an argument: its table, its name, the argument, the default where the argument does not say it.
type Key = (&'static str, &'static str, &'static str, &'static str);

const KEYS: &[Key] = &[
    ("listen", "console", "listen", ""),
    ("listen", "intake", "intake", "none"),
    ("listen", "syslog", "syslog", ""),
    ("listen", "syslog_tls", "syslog_tls", "none"),
    ("listen", "syslog_tls_client_ca", "syslog_tls_client_ca", "none"),
    ("listen", "gelf", "gelf", "none"),
    ("listen", "netflow", "netflow", "none"),
    ("listen", "forward", "forward", "none"),
    ("listen", "forward_key_file", "forward_key_file", "none"),
    ("collect", "local_logs", "no_local_logs", "`true`"),
    ("collect", "follow", "follow", "`[]`"),
    ("collect", "tenants", "tenant", "`[]`"),
    ("lake", "store", "lake_store", "the data directory"),
    ("lake", "cache_mib", "lake_cache_mib", ""),
    ("lake", "keep_days", "keep_days", ""),
    ("lake", "keep_class", "keep_class", "`{}`"),
    ("enrich", "geoip", "geoip", "`[]`"),
    ("advisories", "feeds", "feeds", ""),
    ("scan", "yara", "yara", "`[]`"),
    ("telemetry", "log", "log", ""),
    ("telemetry", "otlp_endpoint", "otlp_endpoint", "none"),
    ("telemetry", "trace_ratio", "trace_ratio", "1"),
];

/// What is said of a key besides, or instead of what its argument says.
const MORE: &[(&str, &str)] = &[
    ("listen.syslog", "Address on which syslog is received, by UDP and TCP, or `\"none\"`: that is `--no-syslog`"),
    ("collect.local_logs", "Whether the journal and the usual log files are read"),
    ("collect.follow", "Log files to follow, or patterns such as `/srv/**/*.log`, without those of `!PATTERN`"),
    ("collect.tenants", "Whose records come in, `TENANT`, or those that come with a token, `TOKEN=TENANT` (the token’s name)"),
    ("lake.keep_class", "The same for events of single OCSF classes"),
    ("enrich.geoip", "Databases of addresses in MaxMind’s format (.mmdb): events say where addresses are and whose networks"),
    (
        "scan.yara",
        "Files or folders of YARA rules that images are scanned with, besides ours and those of the data folder’s yara",
    ),
];

/// A key of a list of tables: its name, its default, what it says.
type Row = (&'static str, &'static str, &'static str);

const KAFKA: &[Row] = &[
    (
        "name",
        "none",
        "What the cluster is called in the names of its sources, `kafka:NAME/TOPIC`; needed where there are several",
    ),
    ("brokers", "needed", "Brokers to begin with, `host:port`; the others are learned from them"),
    ("topics", "needed", "The topics; each is a source"),
    ("start", "`\"oldest\"`", "Where the very first start begins: `\"oldest\"` or `\"newest\"`"),
    ("tls", "`false`", "Whether to speak TLS; naming a file below says so, too"),
    ("ca_file", "Mozilla’s list", "Authorities to believe, PEM"),
    ("cert_file", "none", "Our certificate, PEM, where the brokers want one"),
    ("key_file", "none", "Its key, PEM"),
    ("user", "none", "The user of SASL"),
    ("password_env", "none", "The variable with the password"),
    ("password_file", "none", "The file with the password"),
    ("mechanism", "`\"scram-sha-512\"`", "How the password is proved; also `\"scram-sha-256\"` and `\"plain\"`"),
    ("tenant", "none", "Whose records these are"),
];

const NATS: &[Row] = &[
    ("name", "none", "What the cluster is called in the name of the source; needed where two have a stream of the same name"),
    ("urls", "needed", "Servers to begin with, `nats://host:4222` or `tls://host:4222`; the others are learned from them"),
    ("stream", "needed", "The stream"),
    ("subjects", "`[]`", "Subjects of it, with `*` and `>`; without any, all. Several need a server of 2.10 or later"),
    ("durable", "`\"vigie\"`", "The durable consumer, made when it is not there"),
    ("start", "`\"oldest\"`", "Where a consumer that is made begins: `\"oldest\"` or `\"newest\"`"),
    ("ca_file", "Mozilla’s list", "Authorities to believe, PEM; says that TLS is spoken"),
    ("cert_file", "none", "Our certificate, PEM, where the servers want one"),
    ("key_file", "none", "Its key, PEM"),
    ("user", "none", "The user"),
    ("password_env", "none", "The variable with the password"),
    ("password_file", "none", "The file with the password"),
    ("token_env", "none", "The variable with a token, instead of user and password"),
    ("token_file", "none", "The file with a token"),
    ("credentials_file", "none", "The file that `nsc` writes for a user, `.creds`, instead of these"),
    ("tenant", "none", "Whose records these are"),
];

const OBJECTS: &[Row] = &[
    ("name", "its address", "What it is called in the name of its source"),
    ("url", "needed", "`s3://bucket/prefix`, `az://account/container/prefix`, `gs://bucket/prefix` or `file:///folder`"),
    ("start", "`\"oldest\"`", "Where the very first start begins: `\"oldest\"` or `\"newest\"`"),
    ("every_seconds", "60", "Seconds between two looks"),
    ("late_minutes", "60", "Minutes by which an object may show later than the time it carries"),
    ("settle_minutes", "0", "Minutes for which an object must not have changed before it is read"),
    ("ordered", "`false`", "Whether names sort by time: then old ones are not listed again and again"),
    ("tenant", "none", "Whose records these are"),
];

/// From which networks each listener takes something.
const ALLOW: &[Row] = &[
    ("syslog", "everywhere", "Who may send syslog over UDP and TCP"),
    ("syslog_tls", "everywhere", "Who may send syslog over TLS"),
    ("gelf", "everywhere", "Who may send GELF over UDP and TCP"),
    ("netflow", "everywhere", "Who may send NetFlow and IPFIX"),
    ("forward", "everywhere", "Who may speak Fluent’s forward protocol"),
];

/// The lists of tables, with the keys that each needs.
const LISTS: &[(&str, &[Row], &str)] = &[
    ("kafka", KAFKA, "brokers = ['b:9092']\ntopics = ['t']"),
    ("nats", NATS, "urls = ['nats://b:4222']\nstream = 's'"),
    ("objects", OBJECTS, "url = 's3://b'"),
];

const TABLES: &[(&str, &str)] = &[
    ("listen", "Addresses on which something is received."),
    ("collect", "Where events come from by themselves, and whose they are."),
    ("lake", "Where events are kept, and how long ([keeping-events.md](keeping-events.md))."),
    ("enrich", "What events are enriched with ([enrichment.md](enrichment.md))."),
    ("advisories", "Vulnerability data ([offline.md](offline.md))."),
    ("scan", "What images are scanned with ([malware.md](malware.md))."),
    ("telemetry", "What is told of Vigie itself ([metrics.md](metrics.md))."),
];

fn up() -> Command {
    let mut all = Args::command();
    all.build();
    all.find_subcommand("up").cloned().unwrap()
}

fn argument<'c>(up: &'c Command, id: &str) -> &'c Arg {
    up.get_arguments().find(|argument| argument.get_id() == id).unwrap_or_else(|| panic!("there is no argument {id}"))
}

/// The names that a parser knows at a place: it lists them when it meets another.
fn known(text: &str) -> Vec<String> {
    let error = toml::from_str::<Config>(text).map(|_| ()).unwrap_err();
    assert!(error.message().starts_with("unknown field"), "{error}");
    error.message().split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

fn page() -> String {
    let (up, mut page) = (up(), HEAD.to_owned());
    for (table, says) in TABLES {
        let head = "| Key | Default | Argument | Variable | |\n|---|---|---|---|---|";
        writeln!(page, "\n## `[{table}]`\n\n{says}\n\n{head}").unwrap();
        for (of, key, id, default) in KEYS.iter().filter(|(of, ..)| of == table) {
            let argument = argument(&up, id);
            let own: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
            let default = if default.is_empty() { format!("`{}`", own.join(",")) } else { (*default).to_owned() };
            let variable = argument.get_env().map_or_else(String::new, |name| format!("`{}`", name.to_string_lossy()));
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let path = format!("{of}.{key}");
            let says = MORE.iter().find(|(at, _)| *at == path).map_or(help, |(_, says)| (*says).to_owned());
            let says = says.replace('|', "\\|");
            writeln!(page, "| `{key}` | {default} | `--{}` | {variable} | {says} |", argument.get_long().unwrap()).unwrap();
        }
    }
    let lists = LISTS.iter().map(|(list, rows, _)| (format!("[[collect.{list}]]"), "", *rows));
    let networks = "Networks, and single addresses, for each listener ([sending-events.md](sending-events.md#who-may-send-without-a-token)).\n\n";
    for (table, says, rows) in std::iter::once(("[collect.allow]".to_owned(), networks, ALLOW)).chain(lists) {
        writeln!(page, "\n## `{table}`\n\n{says}| Key | Default | |\n|---|---|---|").unwrap();
        for (key, default, says) in rows {
            writeln!(page, "| `{key}` | {default} | {says} |").unwrap();
        }
    }
    page
}

#[test]
fn the_page_says_what_the_program_knows() {
    check_golden("../../../docs/settings.md", &page());
}

#[test]
fn the_page_has_every_key_and_no_other() {
    let tables: Vec<String> = TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(known("zzz = 0"), tables);
    for (table, _) in TABLES {
        let mut keys: Vec<&str> = KEYS.iter().filter(|(of, ..)| of == table).map(|(_, key, ..)| *key).collect();
        if *table == "collect" {
            keys.extend(LISTS.iter().map(|(list, ..)| *list).chain(["allow"]));
        }
        let known = if keys.len() == 1 { one(table) } else { known(&format!("[{table}]\nzzz = 0")) };
        assert_eq!(known, keys, "{table}");
    }
    let keys: Vec<&str> = ALLOW.iter().map(|(key, ..)| *key).collect();
    assert_eq!(known("[collect.allow]\nzzz = 0"), keys);
    for (list, rows, needed) in LISTS {
        let keys: Vec<&str> = rows.iter().map(|(key, ..)| *key).collect();
        assert_eq!(known(&format!("[[collect.{list}]]\n{needed}\nzzz = 0")), keys, "{list}");
    }
}

/// The key of a table that has one.
fn one(table: &str) -> Vec<String> {
    known(&format!("[{table}]\nzzz = 0"))
}

#[test]
fn every_argument_that_stays_has_a_key() {
    // These are about one start: where the data are, which file this is, and what switches something off that has a key.
    const OF_ONE_START: &[&str] = &["data", "config", "no_syslog", "help", "version"];
    let up = up();
    let without: Vec<&str> =
        up.get_arguments().map(|argument| argument.get_id().as_str()).filter(|id| !OF_ONE_START.contains(id)).collect();
    let left: Vec<&&str> = without.iter().filter(|id| !KEYS.iter().any(|(_, _, of, _)| of == *id)).collect();
    assert!(left.is_empty(), "no key for {left:?}");
}

fn example() -> Config {
    let example = HEAD.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    parse(example, Path::new("settings.md")).unwrap_or_else(|problem| panic!("{}", problem.said.en))
}

fn started(arguments: &[&str], config: Config, variables: &[(&str, &str)]) -> UpArgs {
    let matches = Args::command().try_get_matches_from([&["vigie", "up"], arguments].concat()).unwrap();
    let Verb::Up(mut args) = Args::from_arg_matches(&matches).unwrap().verb else { panic!("another verb") };
    let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    args.over(config, matches.subcommand_matches("up").unwrap(), &variable);
    *args
}

#[test]
fn what_the_file_says_arrives() {
    let args = started(&[], example(), &[]);
    let address = |text: &str| text.parse::<SocketAddr>().ok();
    assert_eq!(Some(args.listen), address("0.0.0.0:8443"));
    assert_eq!((args.intake, Some(args.syslog), args.no_syslog), (address("0.0.0.0:8080"), address("0.0.0.0:5514"), false));
    assert_eq!((args.syslog_tls, args.gelf), (address("0.0.0.0:6514"), address("0.0.0.0:12201")));
    assert_eq!((args.netflow, args.forward), (address("0.0.0.0:2055"), address("0.0.0.0:24224")));
    assert_eq!(args.syslog_tls_client_ca.unwrap(), Path::new("/etc/vigie/senders.pem"));
    assert_eq!(args.inputs.allow.syslog.unwrap(), ["10.0.0.0/8", "192.0.2.7"]);
    assert_eq!(args.forward_key_file.unwrap(), Path::new("/etc/vigie/forward.key"));
    assert_eq!((args.no_local_logs, args.follow.len(), args.tenant.len()), (true, 2, 2));
    assert_eq!(args.lake_store.as_deref(), Some("s3://logs/vigie"));
    assert_eq!((args.lake_cache_mib, args.keep_days), (20_480, 180));
    assert_eq!(args.keep_class, [("authentication".to_owned(), 400), ("network_activity".to_owned(), 14)]);
    assert_eq!((args.geoip.len(), args.yara.len(), &*args.feeds), (1, 1, "/srv/osv"));
    assert_eq!(args.otlp_endpoint.as_deref(), Some("http://localhost:4318"));
    assert_eq!((args.trace_ratio, args.log_in_file), (Some(0.05), Some(Level::Info)));
    assert_eq!((args.inputs.kafka.len(), args.inputs.nats.len(), args.inputs.objects.len()), (1, 1, 1));
}

#[test]
fn what_is_said_nearer_to_the_start_counts() {
    let told = ["--listen", "127.0.0.1:1", "--keep-class", "base_event=3", "--no-syslog", "--trace-ratio", "1", "--log", "error"];
    let args = started(&told, example(), &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://other:4318")]);
    assert_eq!(args.listen.port(), 1);
    assert_eq!(args.keep_class, [("base_event".to_owned(), 3)], "a list replaces a list");
    assert!(args.no_syslog);
    assert_eq!((args.trace_ratio, args.log_in_file), (Some(1.0), None));
    assert_eq!(args.otlp_endpoint, None, "the variable is followed");
    assert_eq!(args.keep_days, 180, "the rest is as the file has it");

    let none = || parse("[listen]\nsyslog = 'none'", Path::new("v")).unwrap();
    assert!(started(&[], none(), &[]).no_syslog);
    let args = started(&["--syslog", "127.0.0.1:2"], none(), &[]);
    assert_eq!((args.no_syslog, args.syslog.port()), (false, 2));
    let args = started(&[], Config::default(), &[]);
    assert_eq!((args.keep_days, args.no_local_logs, args.lake_store), (90, false, None));
}

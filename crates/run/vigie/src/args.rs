//! What can be typed. The doc comment of each item is its English help; the other languages are in
//! [`crate::help`], where a test holds that none is missing.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use vigie_checks::pss::Policy;
use vigie_collect::inputs::Inputs;
use vigie_model::image::Platform;
use vigie_model::severity::Severity;
use vigie_server::TenantOf;

/// The lookout over your containers and hosts
#[derive(Parser)]
#[command(name = "vigie", version, max_term_width = 100, arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// What to do
    #[command(subcommand)]
    pub(crate) verb: Verb,

    /// Folder in which everything is kept
    #[arg(long, global = true, value_name = "DIR", env = "VIGIE_DATA")]
    pub(crate) data: Option<PathBuf>,

    /// How much to tell about what happens inside
    #[arg(long, global = true, value_name = "LEVEL", env = "VIGIE_LOG", default_value = "warn")]
    pub(crate) log: Level,
}

/// How much is told on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Start the platform on this machine
    Up(Box<UpArgs>),
    /// Look once and tell what was found
    Scan(Box<ScanArgs>),
    /// List, show, decide about and export findings
    Findings(FindingsArgs),
    /// Search events
    Search(SearchArgs),
    /// List, show, save and remove searches that are kept, and let them alert
    Searches(SearchesArgs),
    /// Import, update and show vulnerability data
    Db(DbArgs),
    /// Make, list and revoke tokens for pipelines and other programs
    Token(TokenArgs),
    /// Say what of the stored events must stay, and what must go
    Lake(LakeArgs),
    /// List, check and try what log formats are read by, and show what is not understood
    Parsers(ParsersArgs),
    /// Check the audit trail and the stored events
    Audit(AuditArgs),
    /// Tell the version
    Version(VersionArgs),
}

#[derive(ClapArgs)]
pub(crate) struct UpArgs {
    /// Address of the console and of the HTTP API
    #[arg(long, value_name = "ADDR", env = "VIGIE_LISTEN", default_value = "127.0.0.1:8443")]
    pub(crate) listen: SocketAddr,
    /// Address on which shippers are received without TLS, besides the one of the console
    #[arg(long, value_name = "ADDR", env = "VIGIE_INTAKE")]
    pub(crate) intake: Option<SocketAddr>,
    /// Address on which syslog is received, by UDP and TCP
    #[arg(long, value_name = "ADDR", env = "VIGIE_SYSLOG", default_value = "127.0.0.1:5514")]
    pub(crate) syslog: SocketAddr,
    /// Address on which syslog is received over TLS, usually on port 6514
    #[arg(long, value_name = "ADDR", env = "VIGIE_SYSLOG_TLS")]
    pub(crate) syslog_tls: Option<SocketAddr>,
    /// File with the authorities whose certificates senders of syslog over TLS must bring; without it everybody may send
    #[arg(long, value_name = "FILE", env = "VIGIE_SYSLOG_TLS_CLIENT_CA")]
    pub(crate) syslog_tls_client_ca: Option<PathBuf>,
    /// Address on which GELF is received, by UDP and TCP, usually on port 12201
    #[arg(long, value_name = "ADDR", env = "VIGIE_GELF")]
    pub(crate) gelf: Option<SocketAddr>,
    /// Address on which NetFlow and IPFIX are received, usually on port 2055
    #[arg(long, value_name = "ADDR", env = "VIGIE_NETFLOW")]
    pub(crate) netflow: Option<SocketAddr>,
    /// Address on which Fluentd and Fluent Bit are received, usually on port 24224
    #[arg(long, value_name = "ADDR", env = "VIGIE_FORWARD")]
    pub(crate) forward: Option<SocketAddr>,
    /// File with the shared key that Fluentd and Fluent Bit must know
    #[arg(long, value_name = "FILE", env = "VIGIE_FORWARD_KEY_FILE")]
    pub(crate) forward_key_file: Option<PathBuf>,
    /// Receive no syslog
    #[arg(long)]
    pub(crate) no_syslog: bool,
    /// Follow this log file too, or those of a pattern such as '/srv/**/*.log', without those of '!PATTERN'; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) follow: Vec<PathBuf>,
    /// Do not read the journal and the usual log files
    #[arg(long)]
    pub(crate) no_local_logs: bool,
    /// File with settings that stay; without it vigie.toml of the data folder, where there is one
    #[arg(long, value_name = "FILE", env = "VIGIE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Whose records come in, or those that come with a token; may be given several times
    #[arg(long, value_name = "[TOKEN=]TENANT")]
    pub(crate) tenant: Vec<TenantOf>,
    /// Days after which events are removed
    #[arg(long, value_name = "DAYS", env = "VIGIE_KEEP_DAYS", default_value_t = 90)]
    pub(crate) keep_days: u32,
    /// The same for events of one OCSF class, such as authentication=400; may be given several times
    #[arg(long, value_name = "CLASS=DAYS", value_parser = class_days)]
    pub(crate) keep_class: Vec<(String, u32)>,
    /// Object storage for the files of events: s3://BUCKET/FOLDER, az://ACCOUNT/CONTAINER/FOLDER, gs://BUCKET/FOLDER or file:///DIRECTORY; credentials come from the environment
    #[arg(long, value_name = "URL", env = "VIGIE_LAKE_STORE")]
    pub(crate) lake_store: Option<String>,
    /// MiB of those files that are kept in the data directory, too, to be read faster
    #[arg(long, value_name = "MIB", env = "VIGIE_LAKE_CACHE_MIB", default_value_t = 10_240)]
    pub(crate) lake_cache_mib: u64,
    /// Where vulnerability data is renewed from, once a day: the address or folder that has ECOSYSTEM/all.zip, or `none`
    #[arg(long, value_name = "URL|DIR", env = "VIGIE_DB_FROM", default_value = FEEDS)]
    pub(crate) feeds: String,
    /// File or folder of YARA rules that images are scanned with, besides ours and those of the data folder's yara; may be given several times
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) yara: Vec<PathBuf>,
    /// Database of addresses in MaxMind's format (.mmdb): events say where addresses are and whose networks; may be given several times
    #[arg(long, value_name = "FILE", env = "VIGIE_GEOIP", value_delimiter = ',', num_args = 1..)]
    pub(crate) geoip: Vec<PathBuf>,
    /// Receiver of OTLP over HTTP that gets traces of Vigie itself, such as http://localhost:4318; OTEL_EXPORTER_OTLP_* say more
    #[arg(long, value_name = "URL", env = "VIGIE_OTLP_ENDPOINT")]
    pub(crate) otlp_endpoint: Option<String>,
    /// Part of the traces that begin here and are sent: 0 none, 1 all
    #[arg(long, value_name = "RATIO", env = "VIGIE_TRACE_RATIO", value_parser = ratio)]
    pub(crate) trace_ratio: Option<f64>,
    /// What events are fetched from: only the file of settings says it.
    #[arg(skip)]
    pub(crate) inputs: Inputs,
    /// How much to tell, as the file says.
    #[arg(skip)]
    pub(crate) log_in_file: Option<Level>,
}

/// A number from 0 to 1.
fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err("a number from 0 to 1".to_owned()),
    }
}

/// The public bucket of OSV.
const FEEDS: &str = "https://osv-vulnerabilities.storage.googleapis.com";

#[derive(ClapArgs)]
pub(crate) struct ScanArgs {
    #[command(subcommand)]
    pub(crate) target: ScanTarget,
}

#[derive(Subcommand)]
pub(crate) enum ScanTarget {
    /// Look at this machine
    Host(ScanHostArgs),
    /// Look into a container image: an archive, an OCI layout
    Image(ScanImageArgs),
    /// Look into a folder: the root of an installed system, or a source tree
    Fs(ScanFsArgs),
    /// Look into a Git repository: the files it tracks, and secrets in all of its history
    Repo(ScanRepoArgs),
    /// Judge the components that another tool listed: CycloneDX or SPDX
    Sbom(ScanSbomArgs),
    /// Judge objects of Kubernetes: manifests, or what `helm template` and `kustomize build` put out
    K8s(ScanK8sArgs),
}

#[derive(ClapArgs)]
pub(crate) struct ScanImageArgs {
    /// The image: FILE, FILE#NAME:TAG, FOLDER or FOLDER@sha256:DIGEST
    #[arg(value_name = "IMAGE")]
    pub(crate) image: String,
    /// Which of several platforms, such as linux/arm64
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<Platform>,
    /// Read every layer anew
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// An image that the base may be replaced by: what that would change is told; may be given several times
    #[arg(long, value_name = "IMAGE")]
    pub(crate) base_candidate: Vec<String>,
    #[command(flatten)]
    pub(crate) sought: SoughtArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
}

#[derive(ClapArgs)]
pub(crate) struct ScanFsArgs {
    /// The folder
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) sought: SoughtArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
}

#[derive(ClapArgs)]
pub(crate) struct ScanRepoArgs {
    /// A folder of the repository
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Only secrets in what the next commit brings; for a pre-commit hook
    #[arg(long, conflicts_with_all = ["no_history", "scanners", "to"])]
    pub(crate) staged: bool,
    /// Leave the history out
    #[arg(long)]
    pub(crate) no_history: bool,
    #[command(flatten)]
    pub(crate) sought: SoughtArgs,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
}

/// What a scan looks for.
#[derive(ClapArgs)]
pub(crate) struct SoughtArgs {
    /// What to look for, separated by commas; everything but licences, unless said
    #[arg(long, value_enum, value_name = "KINDS", value_delimiter = ',')]
    pub(crate) scanners: Vec<Scanner>,
    /// File or folder of YARA rules that files are scanned with, besides ours; may be given several times
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) yara: Vec<PathBuf>,
    /// TOML file with the licences to allow, to review and to deny; licences are then looked at, too
    #[arg(long, value_name = "FILE", env = "VIGIE_LICENCE_POLICY")]
    pub(crate) licence_policy: Option<PathBuf>,
}

/// By what secrets are known again.
#[derive(ClapArgs)]
pub(crate) struct KeyArgs {
    /// File with the key by which secrets are told from each other; by default one in the data folder
    #[arg(long, value_name = "FILE", env = "VIGIE_FINGERPRINT_KEY")]
    pub(crate) fingerprint_key: Option<PathBuf>,
}

/// What can be looked for; the words are those of `findings list --kind`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Scanner {
    /// Packages with known weaknesses
    #[value(aliases = ["vulnerabilities", "vuln"])]
    Vulnerability,
    /// Packages known to be malicious, and files that rules take for it
    #[value(aliases = ["malicious"])]
    Malware,
    /// Images and configuration that are not set up safely
    #[value(aliases = ["misconfigurations", "misconfig", "config"])]
    Misconfiguration,
    /// Keys, tokens and passwords
    #[value(aliases = ["secrets"])]
    Secret,
    /// Licences that a policy does not allow
    #[value(aliases = ["licences", "license", "licenses"])]
    Licence,
}

#[derive(ClapArgs)]
pub(crate) struct ScanSbomArgs {
    /// The file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) sought: SoughtArgs,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
}

#[derive(ClapArgs)]
pub(crate) struct ScanK8sArgs {
    /// A file, a folder, or `-` for standard input
    #[arg(value_name = "FILE|DIR|-")]
    pub(crate) target: PathBuf,
    /// Only the Pod Security Standards: privileged, baseline or restricted, such as restricted@v1.30; exit with 1 when a pod violates them
    #[arg(long, value_name = "LEVEL[@VERSION]", conflicts_with = "to")]
    pub(crate) pss: Option<Policy>,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
}

/// What every scan asks about its answer.
#[derive(ClapArgs)]
pub(crate) struct ShownArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = ScanFormat::Table)]
    pub(crate) format: ScanFormat,
    /// Exit with 1 when there is a finding of this severity or worse
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
    /// Only vulnerabilities that an update repairs
    #[arg(long)]
    pub(crate) only_fixed: bool,
    /// Only findings that are not in this file, the JSON of an earlier scan
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// VEX document that says what does not apply: OpenVEX, CSAF or CycloneDX; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) vex: Vec<PathBuf>,
    /// List of what to ignore, with reasons; by default .vigieignore of the folder
    #[arg(long, value_name = "FILE")]
    pub(crate) ignore_file: Option<PathBuf>,
    /// List what VEX and the list take away
    #[arg(long)]
    pub(crate) show_suppressed: bool,
    /// Say why this finding is there, or why it is not, and nothing else: a vulnerability by any of its names, a rule, or a finding
    #[arg(long, value_name = "ID", conflicts_with = "to")]
    pub(crate) explain: Option<String>,
    #[command(flatten)]
    pub(crate) to: ToArgs,
}

/// Where a scan is recorded.
#[derive(ClapArgs)]
pub(crate) struct ToArgs {
    /// Record what was seen on the platform at this address, such as https://vigie.example.org:8443, too
    #[arg(long, value_name = "URL")]
    pub(crate) to: Option<String>,
    /// File with the token for --to; else the variable VIGIE_TOKEN holds it
    #[arg(long, value_name = "FILE", env = "VIGIE_TOKEN_FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// PEM file with the certificates to trust for --to, instead of the system's
    #[arg(long, value_name = "FILE", env = "VIGIE_CA")]
    pub(crate) ca: Option<PathBuf>,
    /// Let --to send token and scan unencrypted to another machine
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// What to call that which is scanned, where it has no name of its own that others know
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Form of a scan's answer.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// Comma-separated values
    Csv,
    /// SARIF 2.1.0
    Sarif,
    /// CycloneDX 1.6, with vulnerabilities
    Cyclonedx,
    /// SPDX 2.3
    Spdx,
    /// GitLab container scanning
    GitlabContainer,
    /// GitLab dependency scanning
    GitlabDependency,
    /// GitLab secret detection
    GitlabSecret,
    /// Annotations of GitHub Actions
    Github,
    /// OpenVEX 0.2
    Openvex,
    /// JUnit XML
    Junit,
    /// One HTML file
    Html,
    /// Markdown
    Markdown,
}

#[derive(ClapArgs)]
pub(crate) struct ScanHostArgs {
    /// Root of the file system to look at, such as a mounted disk
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub(crate) root: PathBuf,
    #[command(flatten)]
    pub(crate) shown: ShownArgs,
    /// Tell of checks that passed too
    #[arg(long)]
    pub(crate) all: bool,
}

/// Form of an answer.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
    /// Comma-separated values
    Csv,
}

#[derive(ClapArgs)]
pub(crate) struct FindingsArgs {
    #[command(subcommand)]
    pub(crate) verb: FindingsVerb,
}

#[derive(Subcommand)]
pub(crate) enum FindingsVerb {
    /// List findings, most urgent first
    List(FindingsListArgs),
    /// Show one finding with its evidence and history
    Show(FindingsShowArgs),
    /// Accept findings, or mark them as not affected or false
    Decide(FindingsDecideArgs),
    /// Write all findings that match
    Export(FindingsExportArgs),
}

/// Which findings.
#[derive(ClapArgs)]
pub(crate) struct FilterArgs {
    /// active, open, in_progress, fixed, accepted, not_affected, false_positive or all
    #[arg(long, default_value = "active")]
    pub(crate) state: String,
    /// One or more severities, separated by commas
    #[arg(long, value_name = "SEVERITIES")]
    pub(crate) severity: Option<String>,
    /// vulnerability, misconfiguration, detection …
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Text that the finding contains
    #[arg(long)]
    pub(crate) text: Option<String>,
    /// Only what an update repairs
    #[arg(long)]
    pub(crate) fixable: bool,
    /// Only what is known to be exploited
    #[arg(long)]
    pub(crate) kev: bool,
}

#[derive(ClapArgs)]
pub(crate) struct FindingsListArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// priority, severity, first_seen, last_seen or title
    #[arg(long, default_value = "priority")]
    pub(crate) sort: String,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Exit with 1 when there is a finding of this severity or worse
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,
}

#[derive(ClapArgs)]
pub(crate) struct FindingsShowArgs {
    /// Id of the finding, or enough of its beginning
    pub(crate) id: String,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct FindingsDecideArgs {
    /// Ids of findings
    pub(crate) ids: Vec<String>,
    /// All findings of this rule or vulnerability
    #[arg(long, value_name = "ID")]
    pub(crate) subject: Option<String>,
    /// All findings of this package, by purl without version
    #[arg(long, value_name = "PURL")]
    pub(crate) package: Option<String>,
    /// accept, false_positive or not_affected
    #[arg(long)]
    pub(crate) ruling: String,
    /// Why it is not affected, in VEX's words
    #[arg(long, value_name = "WORD")]
    pub(crate) justification: Option<String>,
    /// Why, for those who read it later
    #[arg(long)]
    pub(crate) reason: String,
    /// Day on which the decision ends
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) until: String,
}

#[derive(ClapArgs)]
pub(crate) struct FindingsExportArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Form of the file
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct SearchArgs {
    /// What to look for: words, field:value, AND, OR, NOT
    #[arg(default_value = "")]
    pub(crate) query: Vec<String>,
    /// Ask this saved search; what is said besides narrows it
    #[arg(long, value_name = "NAME")]
    pub(crate) saved: Option<String>,
    /// Only tell how many
    #[arg(long)]
    pub(crate) count: bool,
    /// Count the values of a name instead: user, host, src_endpoint.ip, namespace …
    #[arg(long, value_name = "NAME", conflicts_with = "count")]
    pub(crate) top: Option<String>,
    /// From this time on, such as 2026-11-21T08:00:00Z or 24h; by default a day ago, or as the saved search says
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Up to this time; by default now
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Answer after so long with what was found until then, such as 10s
    #[arg(long, value_name = "DURATION")]
    pub(crate) deadline: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = std::num::NonZeroUsize::MIN.saturating_add(49))]
    pub(crate) limit: std::num::NonZeroUsize,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = SearchFormat::Table)]
    pub(crate) format: SearchFormat,
}

/// Form of the answer of a search.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchFormat {
    /// For people
    Table,
    /// For programs
    Json,
    /// Comma-separated values
    Csv,
    /// All events that match, whatever `--limit` says, as an Apache Parquet file
    Parquet,
}

#[derive(ClapArgs)]
pub(crate) struct SearchesArgs {
    #[command(subcommand)]
    pub(crate) verb: SearchesVerb,
}

#[derive(Subcommand)]
pub(crate) enum SearchesVerb {
    /// List the saved searches
    List(SearchesListArgs),
    /// Show a saved search
    Show(SearchesShowArgs),
    /// Save a search
    Save(SearchesSaveArgs),
    /// Let a shared search alert, or let it no more
    Alert(SearchesAlertArgs),
    /// Remove a saved search
    Remove(SearchesRemoveArgs),
}

#[derive(ClapArgs)]
pub(crate) struct SearchesListArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct SearchesShowArgs {
    /// Its name or its id
    #[arg(value_name = "NAME|ID")]
    pub(crate) search: String,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct SearchesSaveArgs {
    /// What to call it
    pub(crate) name: String,
    /// The query
    pub(crate) query: Vec<String>,
    /// The window: so long up to now, such as 15m, 24h, 7d
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    pub(crate) last: String,
    /// Columns to show, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Everybody who reads events sees it
    #[arg(long)]
    pub(crate) shared: bool,
    /// Replace the one that has this name
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(ClapArgs)]
#[command(group(clap::ArgGroup::new("when").required(true).args(["at_least", "fewer_than", "off"])))]
pub(crate) struct SearchesAlertArgs {
    /// Its name or its id
    #[arg(value_name = "NAME|ID")]
    pub(crate) search: String,
    /// When there are so many events in a window, or more
    #[arg(long, value_name = "N")]
    pub(crate) at_least: Option<u64>,
    /// When there are fewer: something has gone silent
    #[arg(long, value_name = "N")]
    pub(crate) fewer_than: Option<u64>,
    /// No more
    #[arg(long)]
    pub(crate) off: bool,
    /// Width of a window, such as 5m
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    pub(crate) within: String,
    /// Count for each value of a name by itself: user, host …
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// How often a window ends; by default each follows the one before
    #[arg(long, value_name = "DURATION")]
    pub(crate) every: Option<String>,
    /// How long after its end a window is judged: events that come later are not counted
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    pub(crate) lag: Option<String>,
    /// How bad it is
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) severity: Option<Severity>,
}

#[derive(ClapArgs)]
pub(crate) struct SearchesRemoveArgs {
    /// Its name or its id
    #[arg(value_name = "NAME|ID")]
    pub(crate) search: String,
}

#[derive(ClapArgs)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    pub(crate) verb: DbVerb,
}

#[derive(Subcommand)]
pub(crate) enum DbVerb {
    /// Build the data from files: OSV zips, CISA KEV, EPSS, trackers; or take up a signed bundle
    Import(DbImportArgs),
    /// Fetch the data and build it
    Update(DbUpdateArgs),
    /// Tell what data there is and how old it is
    Status(DbStatusArgs),
    /// Write the data as a signed bundle for machines without network
    Export(DbExportArgs),
    /// Make a key to sign bundles with
    Key(DbKeyArgs),
}

#[derive(ClapArgs)]
pub(crate) struct DbImportArgs {
    /// Files and folders
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Key that bundles must be signed with, or a file that holds it; may be given several times
    #[arg(long, value_name = "KEY|FILE", env = "VIGIE_DB_TRUST", value_delimiter = ',')]
    pub(crate) trust: Vec<String>,
}

#[derive(ClapArgs)]
pub(crate) struct DbExportArgs {
    /// The bundle to write
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// File with the key to sign with, as `db key` makes it
    #[arg(long, value_name = "FILE", env = "VIGIE_DB_KEY")]
    pub(crate) key: PathBuf,
}

#[derive(ClapArgs)]
pub(crate) struct DbKeyArgs {
    /// The key file to write
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(ClapArgs)]
pub(crate) struct DbUpdateArgs {
    /// Where from: the address or folder that has ECOSYSTEM/all.zip
    #[arg(long, value_name = "URL|DIR", env = "VIGIE_DB_FROM", default_value = FEEDS)]
    pub(crate) from: String,
    /// Ecosystem to fetch, such as Debian or PyPI; by default that of this machine
    #[arg(long, value_name = "NAME")]
    pub(crate) ecosystem: Vec<String>,
}

#[derive(ClapArgs)]
pub(crate) struct DbStatusArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) verb: TokenVerb,
}

#[derive(Subcommand)]
pub(crate) enum TokenVerb {
    /// Make a token and write it to standard output, this once
    Create(TokenCreateArgs),
    /// List tokens, with their last use
    List(TokenListArgs),
    /// Revoke a token: it opens nothing from now on
    Revoke(TokenRevokeArgs),
}

#[derive(ClapArgs)]
pub(crate) struct TokenCreateArgs {
    /// What to call it
    pub(crate) name: String,
    /// What it may do: send_scans, send_events, read_findings …; several separated by commas
    #[arg(long, value_name = "WORDS", value_delimiter = ',', default_value = "send_scans")]
    pub(crate) permission: Vec<String>,
    /// Days that it lives, at most 365
    #[arg(long, value_name = "DAYS", default_value_t = 90)]
    pub(crate) days: u32,
}

#[derive(ClapArgs)]
pub(crate) struct TokenListArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct TokenRevokeArgs {
    /// Its name or its id
    #[arg(value_name = "NAME|ID")]
    pub(crate) token: String,
}

#[derive(ClapArgs)]
pub(crate) struct ParsersArgs {
    #[command(subcommand)]
    pub(crate) verb: ParsersVerb,
}

#[derive(Subcommand)]
pub(crate) enum ParsersVerb {
    /// List the formats that are read: by parsers, by pages of ours, by pages of yours
    List(ParsersListArgs),
    /// Check a page of yours, and that it reads its samples
    Check(ParsersCheckArgs),
    /// Show what becomes of some records
    Test(ParsersTestArgs),
    /// Write a first page for lines that nothing reads
    Draft(ParsersDraftArgs),
    /// Show what of each source was understood, and lines that were not
    Coverage(ParsersCoverageArgs),
}

#[derive(ClapArgs)]
pub(crate) struct ParsersListArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct ParsersCheckArgs {
    /// The pages, such as till.toml; its samples are till.log or till.json beside it, or in a folder samples there
    #[arg(value_name = "PAGE", required = true)]
    pub(crate) pages: Vec<PathBuf>,
}

#[derive(ClapArgs)]
pub(crate) struct ParsersTestArgs {
    /// The records: a file, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) records: PathBuf,
    /// Try this page of yours beside all others
    #[arg(long, value_name = "PAGE")]
    pub(crate) page: Option<PathBuf>,
    /// Read them as if they stood in this file, such as /var/log/audit/audit.log
    #[arg(long, value_name = "PATH", conflicts_with = "page")]
    pub(crate) path: Option<PathBuf>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// `vigie parsers draft`
#[derive(ClapArgs)]
pub(crate) struct ParsersDraftArgs {
    /// The lines: a file, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) records: PathBuf,
    /// The name of the format
    #[arg(long, value_name = "NAME", default_value = "own")]
    pub(crate) name: String,
}

#[derive(ClapArgs)]
pub(crate) struct ParsersCoverageArgs {
    /// Only sources whose name has this in it
    #[arg(value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// A class and its days.
fn class_days(text: &str) -> Result<(String, u32), String> {
    let (class, days) = text.split_once('=').ok_or("CLASS=DAYS")?;
    Ok((class.to_owned(), days.parse().map_err(|error| format!("{error}"))?))
}

#[derive(ClapArgs)]
pub(crate) struct LakeArgs {
    #[command(subcommand)]
    pub(crate) verb: LakeVerb,
}

#[derive(Subcommand)]
pub(crate) enum LakeVerb {
    /// Keep events from being dropped or erased
    Hold(LakeHoldArgs),
    /// Erase events for good, and leave a proof
    Erase(LakeEraseArgs),
    /// List the proofs of erasures
    Erasures(LakeErasuresArgs),
    /// Keep a Delta log over the files of events, by which Spark, Trino, DuckDB and others read them as one table
    Delta(LakeDeltaArgs),
}

#[derive(ClapArgs)]
pub(crate) struct LakeHoldArgs {
    #[command(subcommand)]
    pub(crate) verb: LakeHoldVerb,
}

#[derive(Subcommand)]
pub(crate) enum LakeHoldVerb {
    /// Place a hold
    Add(LakeHoldAddArgs),
    /// List holds, and what each of them keeps
    List(LakeHoldListArgs),
    /// Release a hold: the next retention drops what it kept
    Release(LakeHoldReleaseArgs),
}

#[derive(ClapArgs)]
pub(crate) struct LakeHoldAddArgs {
    /// What to call it
    pub(crate) name: String,
    /// The events that it covers, as in a search; all of them when nothing is said
    pub(crate) query: Vec<String>,
    /// Why they must stay
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Only events of this OCSF class, such as authentication
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Only events from this time on, such as 2026-11-21T08:00:00Z or 24h
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// When it ends by itself
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct LakeHoldListArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct LakeHoldReleaseArgs {
    /// Its name
    pub(crate) name: String,
    /// Why it is released
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

#[derive(ClapArgs)]
pub(crate) struct LakeDeltaArgs {
    /// Remove the log; the files stay as they are
    #[arg(long)]
    pub(crate) stop: bool,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct LakeEraseArgs {
    /// The events, as in a search
    #[arg(required = true)]
    pub(crate) query: Vec<String>,
    /// Why: the number of the request, say
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Do it; without, it is only told what would be erased
    #[arg(long)]
    pub(crate) yes: bool,
    /// Only events from this time on, such as 2026-11-21T08:00:00Z or 24h
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<String>,
    /// Keep the query in the proof as it is, although it names the subject
    #[arg(long)]
    pub(crate) keep_query: bool,
    /// Leave out events under a hold instead of refusing
    #[arg(long)]
    pub(crate) spare_held: bool,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct LakeErasuresArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    pub(crate) verb: AuditVerb,
}

#[derive(Subcommand)]
pub(crate) enum AuditVerb {
    /// Walk the chains of hashes, read all files of events, and tell whether they are whole
    Verify(AuditVerifyArgs),
}

#[derive(ClapArgs)]
pub(crate) struct AuditVerifyArgs {
    /// Only write the heads of both chains, to be kept elsewhere
    #[arg(long)]
    pub(crate) head: bool,
    /// A head of the events' chain that was kept: it must still be in it
    #[arg(long, value_name = "HASH")]
    pub(crate) expect: Option<String>,
    /// Do not read the files of events
    #[arg(long)]
    pub(crate) links_only: bool,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

#[derive(ClapArgs)]
pub(crate) struct VersionArgs {
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

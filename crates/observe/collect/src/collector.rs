//! Starts the sources, and ends them.

use crate::config::CollectConfig;
use crate::delivery::{Delivery, Outbox};
use crate::dialect::Dialect;
use crate::reader::Reader;
use crate::source::{Desk, Given, Stop, file, journald, syslog};
use crate::state::SourceState;
use crate::stats::{SourceReport, SourceStats};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use vigie_kit::clock::Clock;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// Most files followed at the same time.
pub const FILES_MAX: usize = 256;

/// How often patterns are looked at for new files.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Finds the stored position of a source by its name.
pub type Positions = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

/// Why collecting could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address for syslog cannot be listened on.
    #[error("cannot listen for syslog on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        #[source]
        source: io::Error,
    },
}

/// Running sources.
pub struct Handle {
    stats: Arc<Mutex<Vec<Arc<SourceStats>>>>,
    tasks: JoinSet<()>,
    syslog: Option<SocketAddr>,
}

/// What is common to all sources.
#[derive(Clone)]
struct Common {
    config: CollectConfig,
    positions: Positions,
    clock: Arc<dyn Clock>,
    sender: mpsc::Sender<Delivery>,
    stop: watch::Receiver<bool>,
    stats: Arc<Mutex<Vec<Arc<SourceStats>>>>,
}

/// Starts all sources of a configuration.
///
/// Each goes on at its stored position. They end when `stop` becomes true or is dropped, or when the
/// receiver is.
///
/// # Errors
/// [`StartError`] when the address for syslog cannot be bound; nothing is started then.
pub async fn spawn(
    config: CollectConfig,
    positions: Positions,
    clock: Arc<dyn Clock>,
    sender: mpsc::Sender<Delivery>,
    stop: watch::Receiver<bool>,
) -> Result<Handle, StartError> {
    let sockets = match config.syslog {
        Some(address) => {
            let bound = syslog::Sockets::bind(address).await;
            Some(bound.map_err(|source| StartError::Bind { address, source })?)
        }
        None => None,
    };
    let syslog = sockets.as_ref().and_then(|sockets| sockets.address().ok());
    let common = Common { config, positions, clock, sender, stop, stats: Arc::default() };
    let mut tasks = JoinSet::new();
    common.start_journal(&mut tasks);
    if let Some(sockets) = sockets {
        // A record from the network without host speaks of whoever sent it.
        let udp = common.given(syslog::UDP_NAME.into(), Dialect::Syslog, "");
        let tcp = common.given(syslog::TCP_NAME.into(), Dialect::Syslog, "");
        tasks.spawn(syslog::read_udp(sockets.udp, udp));
        tasks.spawn(syslog::read_tcp(sockets.tcp, tcp));
    }
    for (path, state) in &common.config.set_aside {
        common.stats_of(source_name(path).into()).set_state(state.clone());
    }
    let stats = common.stats.clone();
    let mut followed = BTreeSet::new();
    common.follow_new(&mut followed, &mut tasks);
    if common.config.files.iter().any(|path| has_wildcard(path)) {
        tasks.spawn(common.watch(followed));
    }
    Ok(Handle { stats, tasks, syslog })
}

impl Handle {
    /// The sources, in the order they were started.
    #[must_use]
    pub fn stats(&self) -> Vec<Arc<SourceStats>> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the sources count and do at this moment.
    #[must_use]
    pub fn reports(&self) -> Vec<SourceReport> {
        self.stats().iter().map(|stats| stats.report()).collect()
    }

    /// A way to ask for the reports that outlives this handle.
    #[must_use]
    pub fn reporter(&self) -> impl Fn() -> Vec<SourceReport> + Clone + Send + Sync + 'static {
        let stats = self.stats.clone();
        move || stats.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|stats| stats.report()).collect()
    }

    /// Where syslog is listened for.
    #[must_use]
    pub const fn syslog_address(&self) -> Option<SocketAddr> {
        self.syslog
    }

    /// Waits until all sources have ended. They are told to by the `stop` they were started with;
    /// meanwhile deliveries must still be received.
    pub async fn finished(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a source ended in a way it must not");
            }
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("reports", &self.reports()).finish_non_exhaustive()
    }
}

impl Common {
    fn stats_of(&self, source: Arc<str>) -> Arc<SourceStats> {
        let stats = Arc::new(SourceStats::new(source));
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).push(stats.clone());
        stats
    }

    fn given(&self, source: Arc<str>, dialect: Dialect, host: &str) -> Given {
        let stats = self.stats_of(source.clone());
        let reader = Reader::new(source.clone(), dialect, self.config.zone.clone(), host.into());
        let outbox = Outbox::new(self.sender.clone(), stats.clone(), (self.positions)(&source));
        let desk = Desk { reader, clock: self.clock.clone(), stats };
        Given { desk, outbox, stop: Stop::new(self.stop.clone()) }
    }

    fn start_journal(&self, tasks: &mut JoinSet<()>) {
        if !self.config.journald {
            let stats = self.stats_of(journald::NAME.into());
            stats.set_state(SourceState::Absent { what: "systemd-journald".into() });
            return;
        }
        // auditd's own file has the records whole; the journal has them again.
        let without_audit = self.config.files.iter().any(|path| Dialect::of(path) == Dialect::Audit);
        let journal = journald::Journal { program: self.config.journalctl.clone(), without_audit };
        let given = self.given(journald::NAME.into(), Dialect::Syslog, &self.config.host);
        tasks.spawn(journald::read(journal, given));
    }

    /// Starts to follow the files of the patterns that are not followed yet.
    fn follow_new(&self, followed: &mut BTreeSet<PathBuf>, tasks: &mut JoinSet<()>) {
        for path in self.config.files.iter().flat_map(|pattern| file::paths(pattern)) {
            if followed.len() >= FILES_MAX || !followed.insert(path.clone()) {
                continue;
            }
            let given = self.given(source_name(&path).into(), Dialect::of(&path), &self.config.host);
            tasks.spawn(file::follow(path, given));
        }
    }

    /// Looks for new files until told to stop, then waits for those it found.
    async fn watch(self, mut followed: BTreeSet<PathBuf>) {
        let mut tasks = JoinSet::new();
        let mut stop = Stop::new(self.stop.clone());
        while !stop.stopped_within(LOOK_EVERY).await && !self.sender.is_closed() {
            self.follow_new(&mut followed, &mut tasks);
        }
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a source ended in a way it must not");
            }
        }
    }
}

fn source_name(path: &Path) -> String {
    format!("file:{}", path.display())
}

fn has_wildcard(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().iter().any(|byte| matches!(byte, b'*' | b'?')))
}

impl Explain for StartError {
    fn explain(self) -> Problem {
        match self {
            Self::Bind { address, source } => {
                let problem = Problem::new(
                    Kind::Environment,
                    text!(
                        en "cannot listen for syslog on {address}",
                        fr "impossible d'écouter le syslog sur {address}",
                        de "auf {address} kann nicht auf Syslog gelauscht werden",
                    ),
                );
                bind_hint(problem, source.kind()).because(source)
            }
        }
    }
}

fn bind_hint(problem: Problem, kind: io::ErrorKind) -> Problem {
    match kind {
        io::ErrorKind::AddrInUse => problem.hint(text!(
            en "another program uses this port; choose another one with --syslog ADDR",
            fr "un autre programme utilise ce port ; choisissez-en un autre avec --syslog ADDR",
            de "ein anderes Programm benutzt diesen Port; wählen Sie mit --syslog ADDR einen anderen",
        )),
        io::ErrorKind::PermissionDenied => problem.hint(text!(
            en "ports below 1024 are for root; choose one above, such as 5514",
            fr "les ports inférieurs à 1024 sont réservés à root ; choisissez-en un plus élevé, par exemple 5514",
            de "Ports unter 1024 sind root vorbehalten; wählen Sie einen höheren, etwa 5514",
        )),
        io::ErrorKind::AddrNotAvailable => problem.hint(text!(
            en "this machine does not have this address; 127.0.0.1:5514 listens for this machine only",
            fr "cette machine n'a pas cette adresse ; 127.0.0.1:5514 n'écoute que pour cette machine",
            de "dieser Rechner hat diese Adresse nicht; 127.0.0.1:5514 lauscht nur für diesen Rechner",
        )),
        _ => problem,
    }
}

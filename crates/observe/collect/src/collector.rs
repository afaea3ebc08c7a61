//! Starts the sources, and ends them.

use crate::config::CollectConfig;
use crate::delivery::{Delivery, Outbox};
use crate::dialect::Dialect;
use crate::inputs;
use crate::intake::{Intake, Sources};
use crate::listeners::{Addresses, Listeners};
use crate::reader::Reader;
use crate::source::{Desk, Given, Pauses, Stop, file, flow, journald, kafka, nats, objects, syslog};
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
pub const FILES_MAX: usize = 1_024;

/// How often patterns are looked at for new files.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Finds the stored position of a source by its name.
pub type Positions = Arc<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

/// Why collecting could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("cannot listen for {what} on {address}")]
    Bind {
        /// What is to be heard there.
        what: &'static str,
        /// Where the address is given.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// The system's words.
        #[source]
        source: io::Error,
    },
}

/// Running sources.
pub struct Handle {
    stats: Sources,
    intake: Intake,
    tasks: JoinSet<()>,
    addresses: Addresses,
}

/// What is common to all sources.
#[derive(Clone)]
struct Common {
    config: CollectConfig,
    positions: Positions,
    clock: Arc<dyn Clock>,
    sender: mpsc::Sender<Delivery>,
    stop: watch::Receiver<bool>,
    stats: Sources,
    /// The files that are followed, by the paths they really have.
    followed: Arc<Mutex<BTreeSet<PathBuf>>>,
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
    let mut listeners = Listeners::bind(&config).await?;
    let addresses = listeners.addresses();
    let common = Common { config, positions, clock, sender, stop, stats: Arc::default(), followed: Arc::default() };
    let mut tasks = JoinSet::new();
    common.start_journal(&mut tasks);
    if let Some(sockets) = listeners.syslog.take() {
        // A record from the network without host speaks of whoever sent it.
        let udp = common.given(syslog::UDP_NAME, Dialect::Syslog, "");
        let tcp = common.given(syslog::TCP_NAME, Dialect::Syslog, "");
        let allowed = &common.config.inputs.allow.syslog;
        tasks.spawn(syslog::read_udp(sockets.udp, allowed.clone(), udp));
        tasks.spawn(syslog::read_tcp(sockets.tcp, allowed.clone(), tcp));
    }
    if let (Some(listener), Some((_, settings))) = (listeners.syslog_tls.take(), &common.config.syslog_tls) {
        let given = common.given(syslog::TLS_NAME, Dialect::Syslog, "");
        tasks.spawn(syslog::read_tls(listener, settings.clone(), common.config.inputs.allow.syslog_tls.clone(), given));
    }
    if let Some(socket) = listeners.netflow.take() {
        let allowed = common.config.inputs.allow.netflow.clone();
        tasks.spawn(flow::read(socket, allowed, common.given(flow::NAME, Dialect::Syslog, "")));
    }
    common.start_inputs(&mut tasks);
    // Who names a file wants it read, whatever else tells the same.
    for (path, state) in common.config.set_aside.iter().filter(|(path, _)| !common.config.files.contains(path)) {
        common.stats_of(&source_name(path)).set_state(state.clone());
    }
    let stats = common.stats.clone();
    let (zone, pages) = (common.config.zone.clone(), common.config.pages.clone());
    let intake = Intake::new(common.sender.clone(), common.clock.clone(), zone, pages, stats.clone());
    let intake = intake.of_tenants(common.config.tenants.clone());
    listeners.start(&common.config, &intake, &Stop::new(common.stop.clone()), &mut tasks);
    common.follow_new(file::paths(&common.config.files), &mut tasks);
    if common.config.files.iter().any(|path| file::is_pattern(path)) {
        tasks.spawn(common.watch());
    }
    Ok(Handle { stats, intake, tasks, addresses })
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

    /// A way to ask for the sources themselves that outlives this handle.
    pub fn sources(&self) -> impl Fn() -> Vec<Arc<SourceStats>> + Clone + Send + Sync + 'static {
        let stats = self.stats.clone();
        move || stats.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where syslog is listened for.
    #[must_use]
    pub const fn syslog_address(&self) -> Option<SocketAddr> {
        self.addresses.syslog
    }

    /// Where something is listened for.
    #[must_use]
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Where shippers bring what they have. It is to be closed before whoever receives deliveries waits for their end.
    #[must_use]
    pub fn intake(&self) -> Intake {
        self.intake.clone()
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
    fn stats_of(&self, source: &str) -> Arc<SourceStats> {
        let stats = Arc::new(SourceStats::new(source));
        self.stats.lock().unwrap_or_else(PoisonError::into_inner).push(stats.clone());
        stats
    }

    fn given(&self, source: &str, dialect: Dialect, host: &str) -> Given {
        let stats = self.stats_of(source);
        let source = stats.source().clone();
        let reader = Reader::new(source.clone(), dialect, self.config.zone.clone(), host.into())
            .with_pages(self.config.pages.clone())
            .labelled(self.config.tenants.labels(""));
        let outbox = Outbox::new(self.sender.clone(), stats.clone(), (self.positions)(&source));
        let desk = Desk { reader, clock: self.clock.clone(), stats };
        Given { desk, outbox, stop: Stop::new(self.stop.clone()) }
    }

    fn start_journal(&self, tasks: &mut JoinSet<()>) {
        if !self.config.journald {
            let stats = self.stats_of(journald::NAME);
            stats.set_state(SourceState::Absent { what: "systemd-journald".into() });
            return;
        }
        // auditd's own file has the records whole; the journal has them again.
        let without_audit = self.config.files.iter().any(|path| Dialect::of(path) == Dialect::Audit);
        let journal = journald::Journal { program: self.config.journalctl.clone(), without_audit, pauses: Pauses::new() };
        let given = self.given(journald::NAME, Dialect::Syslog, &self.config.host);
        tasks.spawn(journald::read(journal, given));
    }

    /// Starts what is fetched from brokers and stores.
    fn start_inputs(&self, tasks: &mut JoinSet<()>) {
        for settings in &self.config.inputs.kafka {
            let given = self.of_input(&settings.source, settings.tenant.as_ref());
            tasks.spawn(kafka::read(settings.clone(), given));
        }
        for settings in &self.config.inputs.nats {
            let given = self.of_input(&settings.source, settings.tenant.as_ref());
            tasks.spawn(nats::read(settings.clone(), given));
        }
        for settings in &self.config.inputs.objects {
            let given = self.of_input(&settings.source, settings.tenant.as_ref());
            tasks.spawn(objects::read(settings.clone(), self.config.pages.clone(), given));
        }
    }

    fn of_input(&self, source: &str, tenant: Option<&Arc<str>>) -> Given {
        let mut given = self.given(source, Dialect::Syslog, "");
        given.desk.reader = given.desk.reader.labelled(inputs::labels(tenant, &self.config.tenants));
        given
    }

    /// Starts to follow the files of the patterns that are not followed yet.
    fn follow_new(&self, paths: Vec<PathBuf>, tasks: &mut JoinSet<()>) {
        for path in paths {
            let named = self.config.files.contains(&path);
            let path = file::real(path);
            let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
            if followed.len() >= FILES_MAX || !followed.insert(path.clone()) {
                continue;
            }
            drop(followed);
            let mut given = self.given(&source_name(&path), Dialect::of(&path), &self.config.host);
            if let Some(container) = file::container_of(&path) {
                given.desk.reader = given.desk.reader.of_container(container);
            }
            // A file that a pattern found is let go when it is gone: containers come and go.
            let (follow, sources, all, stats) = (
                if named { file::Gone::Wait } else { file::Gone::End },
                self.stats.clone(),
                self.followed.clone(),
                given.desk.stats.clone(),
            );
            tasks.spawn(async move {
                if file::follow(path.clone(), given, follow).await {
                    all.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
                    sources.lock().unwrap_or_else(PoisonError::into_inner).retain(|own| !Arc::ptr_eq(own, &stats));
                }
            });
        }
    }

    /// Looks for new files until told to stop, then waits for those it found.
    async fn watch(self) {
        let mut tasks = JoinSet::new();
        let mut stop = Stop::new(self.stop.clone());
        while !stop.stopped_within(LOOK_EVERY).await && !self.sender.is_closed() {
            let ended = std::iter::from_fn(|| tasks.try_join_next()).filter_map(Result::err);
            ended.for_each(|error| tracing::error!(%error, "a source ended in a way it must not"));
            // Walking through folders takes its time on a slow disk.
            let own = self.clone();
            if let Ok(paths) = tokio::task::spawn_blocking(move || file::paths(&own.config.files)).await {
                self.follow_new(paths, &mut tasks);
            }
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

impl Explain for StartError {
    fn explain(self) -> Problem {
        match self {
            Self::Bind { what, flag, address, source } => {
                let problem = Problem::new(
                    Kind::Environment,
                    text!(
                        en "cannot listen for {what} on {address}",
                        fr "impossible d’écouter {what} sur {address}",
                        de "auf {address} kann nicht auf {what} gelauscht werden",
                    ),
                );
                bind_hint(problem, flag, source.kind()).because(source)
            }
        }
    }
}

fn bind_hint(problem: Problem, flag: &str, kind: io::ErrorKind) -> Problem {
    match kind {
        io::ErrorKind::AddrInUse => problem.hint(text!(
            en "another program uses this port; choose another one with {flag} ADDR",
            fr "un autre programme utilise ce port ; choisissez-en un autre avec {flag} ADDR",
            de "ein anderes Programm benutzt diesen Port; wählen Sie mit {flag} ADDR einen anderen",
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs::{self, OpenOptions};
    use std::io::Write;
    use vigie_model::event::Event;
    use vigie_model::lang::Lang;
    use vigie_testkit::FakeClock;

    /// A running collector and what was made durable of it.
    struct Running {
        handle: Handle,
        stop: watch::Sender<bool>,
        receiver: mpsc::Receiver<Delivery>,
        stored: BTreeMap<String, Vec<u8>>,
    }

    impl Running {
        async fn new(config: CollectConfig, stored: BTreeMap<String, Vec<u8>>) -> Self {
            let (sender, receiver) = mpsc::channel(4);
            let (stop, stopped) = watch::channel(false);
            let clock = Arc::new(FakeClock::at("2026-11-21T12:00:00Z"));
            let known = stored.clone();
            let positions: Positions = Arc::new(move |source| known.get(source).cloned());
            let handle = spawn(config, positions, clock, sender, stopped).await.unwrap();
            Self { handle, stop, receiver, stored }
        }

        /// Receives, stores and acknowledges at least so many events.
        async fn receive(&mut self, count: usize) -> Vec<Event> {
            let mut events = Vec::new();
            while events.len() < count {
                let Delivery { batch, ack, .. } = self.receiver.recv().await.unwrap();
                if let Some(checkpoint) = batch.checkpoint {
                    self.stored.insert(checkpoint.source.to_string(), checkpoint.position);
                }
                events.extend(batch.events);
                ack.send(()).unwrap();
            }
            events
        }

        /// Stops; what was delivered and not acknowledged is not stored.
        async fn stop(mut self) -> BTreeMap<String, Vec<u8>> {
            self.stop.send_replace(true);
            self.receiver.close();
            while self.receiver.recv().await.is_some() {}
            self.handle.finished().await;
            self.stored
        }
    }

    fn append(path: &Path, text: &str) {
        OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[tokio::test]
    async fn files_are_followed_across_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.log");
        append(&path, "Nov 21 08:30:00 web-1 sshd[842]: Invalid user x from 192.0.2.7 port 1\nNov 21 08:30:01 web-1 su: half");
        let config = CollectConfig {
            files: vec![folder.path().join("*.log")],
            zone: jiff::tz::TimeZone::UTC,
            ..CollectConfig::nothing("here")
        };
        let mut running = Running::new(config.clone(), BTreeMap::new()).await;
        let events = running.receive(1).await;
        assert_eq!(events[0].time.to_string(), "2026-11-21T08:30:00Z");
        assert_eq!(&*events[0].origin.source, format!("file:{}", path.display()));
        let stored = running.stop().await;
        append(&path, " a line\nnext\n");
        let mut running = Running::new(config, stored).await;
        let events = running.receive(2).await;
        assert_eq!(events[0].raw, b"Nov 21 08:30:01 web-1 su: half a line");
        assert_eq!(&*events[1].origin.host, "here");
        let report = running.handle.reports().into_iter().find(|report| report.source.starts_with("file:")).unwrap();
        assert_eq!((report.received, report.unparsed, report.behind_bytes, report.state.word()), (2, 2, 0, "running"));
        running.stop().await;
    }

    #[tokio::test]
    async fn containers_are_found_and_forgotten() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("var/log/pods/shop_web-7d4b9c6f5d-x2x7k_u-1/nginx");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("0.log");
        append(&path, "2026-11-21T08:30:00.5Z stdout P one \n2026-11-21T08:30:00.6Z stdout F record\n");
        let mut running = Running::new(CollectConfig::usual(root.path(), "node-1"), BTreeMap::new()).await;
        let event = running.receive(1).await.remove(0);
        assert_eq!(event.text(vigie_model::event::ocsf::field::MESSAGE), Some("one record"));
        let labels: Vec<String> = event.origin.labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
        assert_eq!(labels, ["namespace=shop", "workload=web"]);
        let name = source_name(&fs::canonicalize(&path).unwrap());
        let is_shown = |running: &Running| running.handle.reports().iter().any(|report| *report.source == *name);
        assert!(is_shown(&running));
        fs::remove_dir_all(root.path().join("var/log/pods/shop_web-7d4b9c6f5d-x2x7k_u-1")).unwrap();
        while is_shown(&running) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        running.stop().await;
    }

    #[tokio::test]
    async fn a_refused_batch_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        append(&folder.path().join("a.log"), "one\n");
        let config = CollectConfig { files: vec![folder.path().join("a.log")], ..CollectConfig::nothing("here") };
        let mut running = Running::new(config, BTreeMap::new()).await;
        drop(running.receiver.recv().await.unwrap());
        assert_eq!(running.receive(1).await[0].raw, b"one");
        running.stop().await;
    }

    #[tokio::test]
    async fn sources_that_are_not_read_are_shown_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let aside = SourceState::SetAside { by: "journald".into() };
        let config = CollectConfig {
            set_aside: vec![(folder.path().join("syslog"), aside.clone()), (folder.path().join("named"), aside)],
            files: vec![folder.path().join("named")],
            ..CollectConfig::nothing("here")
        };
        fs::write(folder.path().join("named"), "").unwrap();
        let running = Running::new(config, BTreeMap::new()).await;
        let words: Vec<_> = running.handle.reports().iter().map(|report| report.state.word()).collect();
        assert_eq!(words.len(), 3);
        assert_eq!(words[..2], ["absent", "set_aside"]);
        running.stop().await;
    }

    #[tokio::test]
    async fn a_port_in_use_is_one_sentence_and_a_hint() {
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let config = CollectConfig { syslog: Some(address), ..CollectConfig::nothing("here") };
        let (sender, _receiver) = mpsc::channel(1);
        let (_stop, stopped) = watch::channel(false);
        let clock = Arc::new(FakeClock::at("2026-11-21T12:00:00Z"));
        let error = spawn(config, Arc::new(|_| None), clock, sender, stopped).await.unwrap_err();
        let told = error.explain().told(Lang::En);
        assert_eq!(
            told,
            format!(
                "cannot listen for syslog on {address}\nhint: another program uses this port; choose another one with --syslog ADDR"
            )
        );
    }
}

//! A running platform: listeners, sources, rounds, and their orderly end.

use crate::platform::Platform;
use crate::{api, detection, enrichment, intake, local, tls};
use axum::Router;
use axum_server::Handle;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use vigie_collect::inputs::{Resolved, with_client_certificates};
use vigie_collect::{Addresses, CollectConfig, Delivery, Handle as Sources, Tenants};
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::text;

/// Deliveries that wait for a place; each holds at most one batch.
const DELIVERIES_WAITING: usize = 64;
/// How long open requests may take at the end.
const LAST_REQUESTS: Duration = Duration::from_secs(2);

/// What a person can choose at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address of the console and of the HTTP API.
    pub listen: SocketAddr,
    /// Address on which shippers are received without TLS, besides `listen`.
    pub intake: Option<SocketAddr>,
    /// Address on which syslog is received.
    pub syslog: Option<SocketAddr>,
    /// Address on which syslog is received over TLS, and a file of authorities where senders must bring a certificate.
    pub syslog_tls: Option<(SocketAddr, Option<PathBuf>)>,
    /// Address on which GELF is received, by UDP and TCP.
    pub gelf: Option<SocketAddr>,
    /// Address on which NetFlow and IPFIX are received.
    pub netflow: Option<SocketAddr>,
    /// Address on which Fluent's forward protocol is received, and the key that senders must know.
    pub forward: Option<(SocketAddr, Option<String>)>,
    /// Log files to follow beside the usual ones.
    pub follow: Vec<PathBuf>,
    /// Whether the journal and the usual log files are read.
    pub local_logs: bool,
    /// Whose records come from where.
    pub tenants: Tenants,
    /// Brokers and stores that events are fetched from.
    pub inputs: Resolved,
}

/// A platform that runs.
pub struct Running {
    platform: Arc<Platform>,
    address: SocketAddr,
    set_up_link: Option<String>,
    handle: Handle<SocketAddr>,
    shippers: Option<SocketAddr>,
    sources: Sources,
    intake: tokio::task::JoinHandle<()>,
    tasks: JoinSet<()>,
    troubles: Vec<Problem>,
}

impl Running {
    /// Starts listening, collecting, detecting and making rounds.
    ///
    /// # Errors
    /// A [`Problem`] when an address is taken or the certificate cannot be used.
    pub async fn start(platform: Arc<Platform>, settings: Settings) -> Result<Self, Problem> {
        let listener = bind(settings.listen)?;
        let address = listener.local_addr().map_err(|error| refused(settings.listen, error))?;
        let host = host_name();
        let tls = tls::settings(&platform.dir().tls(), &host, platform.clock.as_ref()).await?;
        let of_tls = tls::without_http(&tls);
        let mut tasks = JoinSet::new();
        let handle = Handle::new();
        let (router, _api, _rules) = api::router(platform.clone());
        let served = axum_server::from_tcp_rustls(listener, tls).map_err(|error| refused(settings.listen, error))?;
        let service = crate::with_console(router, platform.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let serving = served.handle(handle.clone()).serve(service);
        tasks.spawn(async move { report("console", serving.await) });
        tasks.spawn(serve_locally(platform.clone())?);
        let mut shippers = None;
        if let Some(address) = settings.intake {
            let listener = bind(address)?;
            shippers = Some(listener.local_addr().map_err(|error| refused(address, error))?);
            tasks.spawn(serve_shippers(platform.clone(), listener).map_err(|error| refused(address, error))?);
        }
        let troubles = first_look(&platform).await;
        let (sender, deliveries) = mpsc::channel(DELIVERIES_WAITING);
        let intake = tokio::spawn(vigie_pipeline::run(platform.pipeline(), deliveries));
        let sources = collect(&platform, &settings, of_tls, sender).await?;
        platform.set_sources(Box::new(sources.sources()));
        platform.set_intake(sources.intake());
        tasks.spawn(detection::run(platform.clone()));
        tasks.spawn(enrichment::run(platform.clone()));
        for round in platform.rounds() {
            tasks.spawn(round.clone().keep_going(platform.clone()));
        }
        let set_up_link = set_up_link(&platform, address)?;
        Ok(Self { platform, address, set_up_link, handle, shippers, sources, intake, tasks, troubles })
    }

    /// The address of the console.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address on which syslog is received.
    #[must_use]
    pub const fn syslog_address(&self) -> Option<SocketAddr> {
        self.sources.syslog_address()
    }

    /// The address on which shippers are received without TLS.
    #[must_use]
    pub const fn intake_address(&self) -> Option<SocketAddr> {
        self.shippers
    }

    /// Where else something is received.
    #[must_use]
    pub const fn addresses(&self) -> Addresses {
        self.sources.addresses()
    }

    /// The one-time link of the first start.
    #[must_use]
    pub fn set_up_link(&self) -> Option<&str> {
        self.set_up_link.as_deref()
    }

    /// What did not work at the start and does not keep the platform from running.
    #[must_use]
    pub fn troubles(&self) -> &[Problem] {
        &self.troubles
    }

    /// Stops: sources first, then what they delivered is written, then the rest.
    pub async fn stop(mut self) {
        self.platform.tell_sources_to_stop();
        self.sources.finished().await;
        report("intake", self.intake.await);
        self.platform.tell_to_stop();
        self.handle.graceful_shutdown(Some(LAST_REQUESTS));
        while let Some(ended) = self.tasks.join_next().await {
            report("task", ended);
        }
        // The socket's file is of no use to anybody now; the next start would replace it as well.
        report("socket", std::fs::remove_file(self.platform.socket()));
    }
}

/// The first events are enriched as the later ones.
async fn first_look(platform: &Arc<Platform>) -> Vec<Problem> {
    let platform = platform.clone();
    tokio::task::spawn_blocking(move || enrichment::look(&platform)).await.unwrap_or_default()
}

fn report<T, E: std::fmt::Display>(what: &str, outcome: Result<T, E>) {
    if let Err(error) = outcome {
        tracing::error!(what, %error, "ended with an error");
    }
}

async fn collect(
    platform: &Arc<Platform>,
    settings: &Settings,
    tls: Arc<rustls::ServerConfig>,
    sender: mpsc::Sender<Delivery>,
) -> Result<Sources, Problem> {
    let host = host_name();
    let mut config = if settings.local_logs { CollectConfig::usual(Path::new("/"), host) } else { CollectConfig::nothing(host) };
    config.files.extend(settings.follow.iter().cloned());
    config.syslog = settings.syslog;
    config.pages = platform.formats.pages().clone();
    config.syslog_tls = match &settings.syslog_tls {
        Some((address, Some(authorities))) => Some((*address, with_client_certificates(&tls, authorities)?)),
        Some((address, None)) => Some((*address, tls)),
        None => None,
    };
    config.tenants = settings.tenants.clone();
    config.inputs = settings.inputs.clone();
    config.gelf = settings.gelf;
    config.netflow = settings.netflow;
    config.forward = settings.forward.clone().map(|(address, key)| (address, key.map(Arc::from)));
    let lake = platform.lake.clone();
    let positions = Arc::new(move |source: &str| lake.checkpoint(source));
    vigie_collect::spawn(config, positions, platform.clock.clone(), sender, platform.stop_sources())
        .await
        .map_err(Explain::explain)
}

fn serve_locally(platform: Arc<Platform>) -> Result<impl Future<Output = ()> + Send, Problem> {
    let path = platform.socket();
    let listener = local::listen(&path).map_err(|error| {
        let path = path.display();
        Problem::new(
            Kind::Environment,
            text!(
                en "The local socket {path} cannot be made",
                fr "Le socket local {path} ne peut pas être créé",
                de "Der lokale Socket {path} lässt sich nicht anlegen",
            ),
        )
        .because(error)
    })?;
    let router: Router = local::router(platform.clone());
    Ok(async move {
        let serving = axum::serve(listener, router).with_graceful_shutdown(platform.stopping());
        report("local socket", serving.await);
    })
}

fn serve_shippers(platform: Arc<Platform>, listener: TcpListener) -> std::io::Result<impl Future<Output = ()> + Send> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let service = intake::alone(platform.clone()).into_make_service_with_connect_info::<SocketAddr>();
    Ok(async move {
        let serving = axum::serve(listener, service).with_graceful_shutdown(platform.stopping());
        // Who keeps a connection open must not keep us from ending.
        tokio::select! {
            served = async { serving.await } => report("shippers", served),
            () = async { platform.stopping().await; tokio::time::sleep(LAST_REQUESTS).await } => {}
        }
    })
}

fn bind(address: SocketAddr) -> Result<TcpListener, Problem> {
    let listener = TcpListener::bind(address).map_err(|error| refused(address, error))?;
    listener.set_nonblocking(true).map_err(|error| refused(address, error))?;
    Ok(listener)
}

fn refused(address: SocketAddr, error: std::io::Error) -> Problem {
    let said = match error.kind() {
        std::io::ErrorKind::AddrInUse => text!(
            en "The address {address} is in use by another program",
            fr "L’adresse {address} est déjà utilisée par un autre programme",
            de "Die Adresse {address} ist von einem anderen Programm belegt",
        ),
        std::io::ErrorKind::PermissionDenied => text!(
            en "This user may not listen on {address}",
            fr "Cet utilisateur n’a pas le droit d’écouter sur {address}",
            de "Dieser Benutzer darf auf {address} nicht lauschen",
        ),
        _ => text!(
            en "Nothing can listen on {address}",
            fr "Impossible d’écouter sur {address}",
            de "Auf {address} kann nicht gelauscht werden",
        ),
    };
    let hint = text!(
        en "choose another one with --listen, --intake or --syslog; `ss -lntp` shows who has it",
        fr "choisissez-en une autre avec --listen, --intake ou --syslog ; `ss -lntp` montre qui l’occupe",
        de "wählen Sie mit --listen, --intake oder --syslog eine andere; `ss -lntp` zeigt, wer sie hat",
    );
    Problem::new(Kind::Environment, said).hint(hint).because(error)
}

/// The link that lets the first administrator in, also kept in the data directory for whoever
/// starts us without seeing what we say.
fn set_up_link(platform: &Platform, address: SocketAddr) -> Result<Option<String>, Problem> {
    let file = platform.dir().set_up();
    if !platform.access.needs_set_up().map_err(Explain::explain)? {
        if file.exists() {
            report("set-up link", std::fs::remove_file(&file));
        }
        return Ok(None);
    }
    let token = platform.access.new_set_up_token().map_err(Explain::explain)?;
    // After the `#`, so that it reaches no log of any proxy.
    let link = format!("https://{address}/set-up#{}", token.reveal());
    vigie_kit::files::write_atomic(&file, format!("{link}\n").as_bytes(), 0o600).map_err(Explain::explain)?;
    Ok(Some(link))
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

//! The sockets that others send to, bound before anything is started.

use crate::collector::StartError;
use crate::config::CollectConfig;
use crate::intake::Intake;
use crate::source::{LEAVE_MAX, Stop, flow, forward, gelf, syslog};
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

/// Where something is listened for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Syslog over UDP and TCP.
    pub syslog: Option<SocketAddr>,
    /// Syslog over TLS.
    pub syslog_tls: Option<SocketAddr>,
    /// GELF over UDP and TCP.
    pub gelf: Option<SocketAddr>,
    /// NetFlow and IPFIX.
    pub netflow: Option<SocketAddr>,
    /// Fluent's forward protocol.
    pub forward: Option<SocketAddr>,
}

/// Bound sockets that nobody reads yet.
pub(crate) struct Listeners {
    pub(crate) syslog: Option<syslog::Sockets>,
    pub(crate) syslog_tls: Option<TcpListener>,
    gelf: Option<gelf::Sockets>,
    pub(crate) netflow: Option<UdpSocket>,
    forward: Option<TcpListener>,
}

impl Listeners {
    pub(crate) async fn bind(config: &CollectConfig) -> Result<Self, StartError> {
        let tls = config.syslog_tls.as_ref().map(|(address, _)| *address);
        let forward = config.forward.as_ref().map(|(address, _)| *address);
        Ok(Self {
            syslog: bound("syslog", "--syslog", config.syslog, syslog::Sockets::bind).await?,
            syslog_tls: bound("syslog", "--syslog-tls", tls, TcpListener::bind).await?,
            gelf: bound("GELF", "--gelf", config.gelf, gelf::Sockets::bind).await?,
            netflow: bound("NetFlow", "--netflow", config.netflow, flow::bind).await?,
            forward: bound("Fluent", "--forward", forward, TcpListener::bind).await?,
        })
    }

    pub(crate) fn addresses(&self) -> Addresses {
        let of = |listener: &Option<TcpListener>| listener.as_ref()?.local_addr().ok();
        Addresses {
            syslog: self.syslog.as_ref().and_then(|sockets| sockets.address().ok()),
            syslog_tls: of(&self.syslog_tls),
            gelf: self.gelf.as_ref().and_then(|sockets| sockets.address().ok()),
            netflow: self.netflow.as_ref().and_then(|socket| socket.local_addr().ok()),
            forward: of(&self.forward),
        }
    }

    /// Starts those whose records go through the intake.
    pub(crate) fn start(self, config: &CollectConfig, intake: &Intake, stop: &Stop, tasks: &mut JoinSet<()>) {
        if let Some(sockets) = self.gelf {
            let reading = sockets.read(config.inputs.allow.gelf.clone(), intake.clone(), stop.clone());
            tasks.spawn(until_too_late(gelf::TCP_NAME, reading, stop.clone()));
        }
        if let (Some(listener), Some((_, key))) = (self.forward, &config.forward) {
            let senders = forward::Senders { key: key.clone(), allowed: config.inputs.allow.forward.clone() };
            let reading = forward::read(listener, senders, config.host.clone(), intake.clone(), stop.clone());
            tasks.spawn(until_too_late(forward::NAME, reading, stop.clone()));
        }
    }
}

/// Reads until told to stop, and at most a while longer.
async fn until_too_late(source: &'static str, reading: impl Future<Output = ()>, mut stop: Stop) {
    let too_late = async {
        stop.stopped().await;
        tokio::time::sleep(LEAVE_MAX).await;
    };
    tokio::select! {
        () = reading => {}
        () = too_late => tracing::warn!(source, "the last records from the network were not acknowledged in time"),
    }
}

async fn bound<S, F: Future<Output = io::Result<S>>>(
    what: &'static str,
    flag: &'static str,
    address: Option<SocketAddr>,
    bind: impl FnOnce(SocketAddr) -> F,
) -> Result<Option<S>, StartError> {
    let Some(address) = address else { return Ok(None) };
    bind(address).await.map(Some).map_err(|source| StartError::Bind { what, flag, address, source })
}

//! Connections: records one after another.
//!
//! Each connection has a task that cuts the stream and waits when the queue is full; then its
//! sender waits as well.

use super::super::Allowed;
use super::super::accept::accept;
use super::{Chunk, Stop, TCP_NAME, TLS_NAME};
use crate::frame::OctetFramer;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::CertificateDer;

/// How much is read at once.
const READ: usize = 16 * 1024;

/// How long the handshake of TLS may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// Where records wait to be parsed; each connection has one of these queues.
pub(super) struct Lanes {
    senders: Vec<mpsc::Sender<Chunk>>,
    next: usize,
}

impl Lanes {
    pub(super) const fn new(senders: Vec<mpsc::Sender<Chunk>>) -> Self {
        Self { senders, next: 0 }
    }

    /// The lane of the next connection.
    fn next(&mut self) -> mpsc::Sender<Chunk> {
        let lane = self.next % self.senders.len();
        self.next = lane + 1;
        self.senders[lane].clone()
    }
}

/// Accepts connections until told to stop.
pub(super) async fn listen(listener: TcpListener, allowed: Allowed, mut lanes: Lanes, stop: Stop) {
    let mut hear = |stream, peer, stop| hear(stream, Peer::at(peer), lanes.next(), stop);
    accept(listener, TCP_NAME, allowed, stop, &mut hear).await;
}

/// The same over TLS.
pub(super) async fn listen_tls(listener: TcpListener, tls: TlsAcceptor, allowed: Allowed, mut lanes: Lanes, stop: Stop) {
    accept(listener, TLS_NAME, allowed, stop, |stream, peer, stop| {
        let (shaking, sender) = (tls.accept(stream), lanes.next());
        async move {
            match tokio::time::timeout(HANDSHAKE_MAX, shaking).await {
                Ok(Ok(stream)) => {
                    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                    let peer = Peer { name: shown.map(name_of), ..Peer::at(peer) };
                    hear(stream, peer, sender, stop).await;
                }
                Ok(Err(error)) => tracing::warn!(%peer, %error, "a syslog connection over TLS did not come about"),
                Err(_) => tracing::warn!(%peer, "a syslog connection over TLS took too long"),
            }
        }
    })
    .await;
}

/// Who is at the other end.
struct Peer {
    address: SocketAddr,
    /// As its certificate calls it, where one was asked for.
    name: Option<Arc<str>>,
}

impl Peer {
    const fn at(address: SocketAddr) -> Self {
        Self { address, name: None }
    }

    /// An empty chunk of its records.
    fn chunk(&self) -> Chunk {
        Chunk { peer_name: self.name.clone(), ..Chunk::default() }
    }
}

/// The first name for machines in a certificate, else its fingerprint (RFC 5425 §4.2.1 knows both).
fn name_of(certificate: &CertificateDer<'_>) -> Arc<str> {
    let read = webpki::EndEntityCert::try_from(certificate).ok();
    let name = read.as_ref().and_then(|read| read.valid_dns_names().next());
    let fingerprint = || Sha256::digest(certificate).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    name.map_or_else(|| format!("sha256:{}", fingerprint()).into(), Arc::from)
}

/// Hears one connection to its end.
async fn hear(mut stream: impl AsyncRead + Unpin, peer: Peer, sender: mpsc::Sender<Chunk>, mut stop: Stop) {
    let mut framer = OctetFramer::default();
    let mut buffer = vec![0; READ];
    loop {
        let read = tokio::select! {
            biased;
            () = stop.stopped() => break,
            read = stream.read(&mut buffer) => read,
        };
        match read {
            Ok(0) => break,
            Ok(length) => framer.push(buffer.get(..length).unwrap_or_default()),
            Err(error) => {
                tracing::debug!(peer = %peer.address, %error, "a syslog connection broke");
                break;
            }
        }
        match pass_on(&mut framer, &peer, &sender).await {
            Passed::On => {}
            Passed::Nobody => return,
            Passed::Senseless => break,
        }
    }
    let mut last = peer.chunk();
    if let Some(piece) = framer.finish() {
        last.push(piece, peer.address.ip());
    }
    // Nobody may receive any more at the very end.
    drop(sender.send(last).await);
}

/// What became of the records read.
enum Passed {
    On,
    Nobody,
    Senseless,
}

async fn pass_on(framer: &mut OctetFramer, peer: &Peer, sender: &mpsc::Sender<Chunk>) -> Passed {
    let address: IpAddr = peer.address.ip();
    loop {
        let mut chunk = peer.chunk();
        let mut outcome = Passed::On;
        while !chunk.is_full() {
            match framer.next_piece() {
                Ok(Some(piece)) => chunk.push(piece, address),
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(peer = %address, %error, "a syslog connection is closed");
                    outcome = Passed::Senseless;
                    break;
                }
            }
        }
        if chunk.frames.is_empty() {
            return outcome;
        }
        if sender.send(chunk).await.is_err() {
            return Passed::Nobody;
        }
        if matches!(outcome, Passed::Senseless) {
            return outcome;
        }
    }
}

//! Syslog from the network, over UDP and TCP on one address.
//!
//! A sender learns nothing of durability: syslog has no acknowledgement. What can be done is done:
//! over TCP nothing more is read while the receiver is slow, so the sender waits; over UDP the
//! system's buffer is made large, and what the system drops is counted. Records wait in a queue of
//! [`QUEUE_MAX`] chunks, so the memory is bounded whatever the number of senders.

mod drops;
mod tcp;
mod udp;

pub use tcp::CONNECTIONS_MAX;

use super::{Desk, Feed, Given, Stop, pump};
use crate::delivery::Batch;
use crate::frame::Piece;
use crate::state::SourceState;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

/// The sources' names.
pub const UDP_NAME: &str = "syslog/udp";
/// See [`UDP_NAME`].
pub const TCP_NAME: &str = "syslog/tcp";

/// Most chunks of records that wait to be parsed.
pub const QUEUE_MAX: usize = 64;

/// Bytes of records in a chunk; the record that reaches it is the last one.
const CHUNK: usize = 64 * 1024;

/// Bound sockets that nobody reads yet.
pub(crate) struct Sockets {
    pub(crate) udp: UdpSocket,
    pub(crate) tcp: TcpListener,
}

/// A record or a part of one, and who sent it.
struct Frame {
    bytes: Vec<u8>,
    continues: bool,
    cut: bool,
    peer: IpAddr,
}

/// Records on their way to be parsed.
type Chunk = Vec<Frame>;

impl Sockets {
    /// Binds both; with port 0, both to the port that the system chose for TCP.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let udp = UdpSocket::bind(tcp.local_addr()?).await?;
        udp::enlarge_buffer(&udp);
        Ok(Self { udp, tcp })
    }

    /// The address bound.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// Reads datagrams until told to stop.
pub(crate) async fn read_udp(socket: UdpSocket, given: Given) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let ear = tokio::spawn(udp::listen(socket, sender, given.desk.stats.clone(), given.stop.clone()));
    carry(receiver, given).await;
    drop(ear.await);
}

/// Reads connections until told to stop.
pub(crate) async fn read_tcp(listener: TcpListener, given: Given) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let ear = tokio::spawn(tcp::listen(listener, sender, given.desk.stats.clone(), given.stop.clone()));
    carry(receiver, given).await;
    drop(ear.await);
}

/// Parses and delivers what the ears hear, until they are closed and all is said.
async fn carry(receiver: mpsc::Receiver<Chunk>, given: Given) {
    let Given { desk, mut outbox, stop: _ } = given;
    let stats = desk.stats.clone();
    stats.set_state(SourceState::Running);
    let mut feed = Frames { receiver, waiting: VecDeque::new(), desk };
    // The ears are told to stop; what they heard before is still delivered.
    let (never, mut stop) = Stop::never();
    while let Err(why) = pump(&mut feed, &mut outbox, &mut stop).await {
        // A refused batch cannot be read again: it is counted and the next is carried.
        tracing::warn!(source = %stats.source(), %why, "records from the network were not accepted");
        if feed.receiver.is_closed() || why == crate::delivery::Undelivered::Closed {
            break;
        }
    }
    drop(never);
    // The last batch is still out: it counts as acknowledged only when it is.
    if let Err(why) = outbox.settle().await {
        tracing::warn!(source = %stats.source(), %why, "the last records from the network were not accepted");
    }
    stats.set_state(SourceState::Stopped);
}

/// Records from the network, parsed in the order they came.
struct Frames {
    receiver: mpsc::Receiver<Chunk>,
    waiting: VecDeque<Frame>,
    desk: Desk,
}

impl Feed for Frames {
    async fn listen(&mut self) -> io::Result<bool> {
        match self.receiver.recv().await {
            Some(chunk) => {
                self.waiting.extend(chunk);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn drain(&mut self, batch: &mut Batch) {
        while batch.has_room() {
            let Some(frame) = self.waiting.pop_front() else { return };
            if frame.continues {
                self.desk.stats.cut(1);
            }
            let piece = Piece { bytes: &frame.bytes, continues: frame.continues, cut: frame.cut };
            let mut event = self.desk.reader.record(piece, self.desk.clock.now());
            let peer = frame.peer.to_canonical().to_string();
            if event.origin.host.is_empty() {
                event.origin.host = Arc::from(peer.as_str());
            }
            event.unmapped.push(("peer".into(), peer));
            self.desk.stats.count(&event);
            batch.push(event);
        }
    }
}

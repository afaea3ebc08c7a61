//! Syslog from the network, over UDP and TCP on one address, over TLS on another.
//!
//! A sender learns nothing of durability: syslog has no acknowledgement. What can be done is done:
//! over TCP nothing more is read while the receiver is slow, so the sender waits; over UDP the
//! system's buffer is made large, and what the system drops is counted. Records wait in queues of
//! [`QUEUE_MAX`] chunks in all, so the memory is bounded whatever the number of senders.
//!
//! Connections are spread over [`lanes`], which parse and deliver side by side; the records of one connection stay in one
//! lane and so in their order. Datagrams have one.

pub(crate) mod drops;
mod tcp;
mod udp;

pub use super::accept::CONNECTIONS_MAX;
pub(crate) use udp::enlarge_buffer;

use super::{Allowed, Desk, End, Feed, Given, LEAVE_MAX, Stop, pump};
use crate::delivery::{Batch, Outbox, Undelivered};
use crate::frame::Piece;
use crate::state::SourceState;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::sync::Arc;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::rustls::ServerConfig;

/// The sources' names.
pub const UDP_NAME: &str = "syslog/udp";
/// See [`UDP_NAME`].
pub const TCP_NAME: &str = "syslog/tcp";
/// See [`UDP_NAME`].
pub const TLS_NAME: &str = "syslog/tls";

/// Most chunks of records that wait to be parsed.
pub const QUEUE_MAX: usize = 64;

/// Most lanes of one listener.
const LANES_MAX: usize = 8;

/// Bytes of memory in a chunk; the record that reaches it is the last one.
const CHUNK: usize = 64 * 1024;

/// What a record costs besides its bytes: a flood of empty ones must not fill the memory.
const FRAME_COST: usize = 64;

/// Bound sockets that nobody reads yet.
pub(crate) struct Sockets {
    pub(crate) udp: UdpSocket,
    pub(crate) tcp: TcpListener,
}

/// Records on their way to be parsed, one after another in one piece of memory.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    frames: Vec<Frame>,
    /// Who sent all of them, where a certificate says it.
    peer_name: Option<Arc<str>>,
}

/// A record or a part of one, and who sent it.
#[derive(Clone, Copy)]
struct Frame {
    /// Where its bytes end; they start where those of the frame before end.
    end: usize,
    continues: bool,
    cut: bool,
    peer: IpAddr,
}

impl Chunk {
    fn push(&mut self, piece: Piece<'_>, peer: IpAddr) {
        self.bytes.extend_from_slice(piece.bytes);
        self.frames.push(Frame { end: self.bytes.len(), continues: piece.continues, cut: piece.cut, peer });
    }

    /// Whether no more should go in.
    const fn is_full(&self) -> bool {
        self.bytes.len() + self.frames.len() * FRAME_COST >= CHUNK
    }
}

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
pub(crate) async fn read_udp(socket: UdpSocket, allowed: Allowed, given: Given) {
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    let ear = tokio::spawn(udp::listen(socket, allowed, sender, given.desk.stats.clone(), given.stop.clone()));
    carry(vec![receiver], given).await;
    drop(ear.await);
}

/// Reads connections until told to stop.
pub(crate) async fn read_tcp(listener: TcpListener, allowed: Allowed, given: Given) {
    let (senders, receivers) = lanes();
    let ear = tokio::spawn(tcp::listen(listener, allowed, senders, given.stop.clone()));
    carry(receivers, given).await;
    drop(ear.await);
}

/// Reads connections over TLS (RFC 5425) until told to stop.
pub(crate) async fn read_tls(listener: TcpListener, settings: Arc<ServerConfig>, allowed: Allowed, given: Given) {
    let (senders, receivers) = lanes();
    let ear = tokio::spawn(tcp::listen_tls(listener, settings.into(), allowed, senders, given.stop.clone()));
    carry(receivers, given).await;
    drop(ear.await);
}

/// Queues to parse from side by side: one for each processor.
fn lanes() -> (tcp::Lanes, Vec<mpsc::Receiver<Chunk>>) {
    let count = std::thread::available_parallelism().map_or(1, NonZero::get).min(LANES_MAX);
    let (senders, receivers) = (0..count).map(|_| mpsc::channel(QUEUE_MAX.div_ceil(count))).unzip();
    (tcp::Lanes::new(senders), receivers)
}

/// Parses and delivers what the ears hear, until they are closed and all is said; at most a while
/// longer than it is told to.
async fn carry(receivers: Vec<mpsc::Receiver<Chunk>>, mut given: Given) {
    let stats = given.desk.stats.clone();
    stats.set_state(SourceState::Running);
    let mut lanes = JoinSet::new();
    for receiver in receivers {
        let Given { desk, outbox, .. } = given.another();
        lanes.spawn(carry_all(Frames { receiver, chunk: Chunk::default(), next: 0, at: 0, peer: None, desk }, outbox));
    }
    let all = async { while lanes.join_next().await.is_some() {} };
    let too_late = async {
        given.stop.stopped().await;
        tokio::time::sleep(LEAVE_MAX).await;
    };
    tokio::select! {
        () = all => {}
        () = too_late => tracing::warn!(source = %stats.source(), "the last records from the network were not acknowledged in time"),
    }
    stats.set_state(SourceState::Stopped);
}

async fn carry_all(mut feed: Frames, mut outbox: Outbox) {
    // The ears are told to stop; what they heard before is still delivered.
    let (never, mut stop) = Stop::never();
    loop {
        let carried = pump(&mut feed, &mut outbox, &mut stop).await;
        let settled = outbox.settle().await;
        match carried.and(settled.map(|()| End::Said)) {
            Ok(_) => break,
            Err(Undelivered::Closed) => break,
            // It cannot be read again: it is counted, and the next is carried.
            Err(why) => tracing::warn!(%why, "records from the network were not accepted"),
        }
    }
    drop(never);
}

/// Records from the network, parsed in the order they came.
struct Frames {
    receiver: mpsc::Receiver<Chunk>,
    /// What is being parsed, the frame that is next, and where its bytes start.
    chunk: Chunk,
    next: usize,
    at: usize,
    /// Who sent the last one, and as a text.
    peer: Option<(IpAddr, String)>,
    desk: Desk,
}

impl Frames {
    fn next_frame(&mut self) -> Option<(Frame, std::ops::Range<usize>)> {
        let frame = *self.chunk.frames.get(self.next)?;
        let range = self.at..frame.end;
        (self.next, self.at) = (self.next + 1, frame.end);
        Some((frame, range))
    }
}

impl Feed for Frames {
    async fn listen(&mut self) -> io::Result<bool> {
        match self.receiver.recv().await {
            Some(chunk) => {
                (self.chunk, self.next, self.at) = (chunk, 0, 0);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn drain(&mut self, batch: &mut Batch) {
        let (already, now) = (batch.events.len(), self.desk.clock.now());
        while batch.has_room() {
            let Some((frame, range)) = self.next_frame() else { break };
            if frame.continues {
                self.desk.stats.cut(1);
            }
            let piece = Piece { bytes: &self.chunk.bytes[range], continues: frame.continues, cut: frame.cut };
            let (_, peer) = match self.peer.take() {
                Some(known) if known.0 == frame.peer => self.peer.insert(known),
                _ => self.peer.insert((frame.peer, frame.peer.to_canonical().to_string())),
            };
            self.desk.reader.sent_or_aside(piece, now, &mut |mut event| {
                if event.origin.host.is_empty() {
                    event.origin_mut().host = Arc::from(peer.as_str());
                }
                event.unmapped.push("peer", &*peer);
                if let Some(name) = &self.chunk.peer_name {
                    event.unmapped.push("peer_name", name);
                }
                batch.push(event);
            });
        }
        self.desk.stats.count_all(&batch.events[already..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::LINE_MAX;
    use crate::source::testing::{Bench, Received};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpStream;

    async fn sockets() -> (Sockets, SocketAddr) {
        let sockets = Sockets::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = sockets.address().unwrap();
        (sockets, address)
    }

    #[tokio::test]
    async fn datagrams_become_events_and_say_who_sent_them() {
        let (sockets, address) = sockets().await;
        let mut bench = Bench::new(UDP_NAME, None);
        let task = tokio::spawn(read_udp(sockets.udp, Allowed::default(), bench.given()));
        let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let records: [&[u8]; 3] =
            [b"<38>Nov 21 08:30:00 web-1 sshd[842]: Invalid user x from 192.0.2.7 port 1\n", b"no header caf\xe9", b"\n"];
        for record in records {
            sender.send_to(record, address).await.unwrap();
        }
        let events: Vec<_> = bench.receive(2).await.into_iter().map(|received| received.0).collect();
        assert_eq!((&*events[0].origin.format, &*events[0].origin.host), ("sshd", "web-1"));
        assert_eq!((&*events[1].origin.format, &*events[1].origin.host), ("", "127.0.0.1"));
        assert_eq!(events[1].raw, b"no header caf\xe9");
        assert!(events[1].unmapped.contains("peer", "127.0.0.1"));
        bench.stop();
        task.await.unwrap();
        let report = bench.stats.report();
        assert_eq!((report.received, report.parsed, report.unparsed, report.acknowledged), (2, 1, 1, 2));
    }

    #[tokio::test]
    async fn streams_carry_both_framings_long_records_and_a_last_one_without_end() {
        let (sockets, address) = sockets().await;
        let mut bench = Bench::new(TCP_NAME, None);
        let task = tokio::spawn(read_tcp(sockets.tcp, Allowed::default(), bench.given()));
        let long = "z".repeat(LINE_MAX + 5);
        let stream = format!("<13>Nov 21 08:30:00 a app: one\n21 <13>1 - b app - - - x{long}\nlast");
        let mut sender = TcpStream::connect(address).await.unwrap();
        sender.write_all(stream.as_bytes()).await.unwrap();
        sender.shutdown().await.unwrap();
        let events: Vec<_> = bench.receive(5).await.into_iter().map(|received| received.0).collect();
        assert_eq!((&*events[0].origin.host, &*events[1].origin.host), ("a", "b"));
        assert_eq!([&events[2].raw[..], &events[3].raw[..]].concat(), long.as_bytes());
        assert_eq!(events[4].raw, b"last");
        bench.stop();
        task.await.unwrap();
        assert_eq!(bench.stats.report().cut, 1);
    }

    #[tokio::test]
    async fn who_is_not_allowed_is_not_heard() {
        let (sockets, address) = sockets().await;
        let bench = (Bench::new(UDP_NAME, None), Bench::new(TCP_NAME, None));
        let allowed = Allowed::only(vec!["192.0.2.0/24".parse().unwrap()]);
        let udp = tokio::spawn(read_udp(sockets.udp, allowed.clone(), bench.0.given()));
        let tcp = tokio::spawn(read_tcp(sockets.tcp, allowed, bench.1.given()));
        UdpSocket::bind("127.0.0.1:0").await.unwrap().send_to(b"<13>Nov 21 08:30:00 a app: one", address).await.unwrap();
        let mut sender = TcpStream::connect(address).await.unwrap();
        drop(sender.write_all(b"<13>Nov 21 08:30:00 a app: two\n").await);
        let mut answer = [0];
        assert!(matches!(tokio::io::AsyncReadExt::read(&mut sender, &mut answer).await, Ok(0) | Err(_)), "hung up on");
        bench.0.stop();
        bench.1.stop();
        udp.await.unwrap();
        tcp.await.unwrap();
        assert_eq!((bench.0.stats.report().received, bench.1.stats.report().received), (0, 0));
    }

    #[tokio::test]
    async fn a_sender_waits_while_the_receiver_does_and_nothing_is_lost() {
        let (sockets, address) = sockets().await;
        let mut bench = Bench::new(TCP_NAME, None);
        let task = tokio::spawn(read_tcp(sockets.tcp, Allowed::default(), bench.given()));
        let count = 60_000;
        let sending = tokio::spawn(async move {
            let mut sender = TcpStream::connect(address).await.unwrap();
            for number in 0..count {
                sender.write_all(format!("<13>Nov 21 08:30:00 a app: {number} {}\n", "x".repeat(400)).as_bytes()).await.unwrap();
            }
        });
        // Nobody receives: the system's buffers and our queue fill up, the sender does not get done.
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
        assert!(!sending.is_finished());
        let received = bench.receive(count).await;
        sending.await.unwrap();
        for (number, event) in received.into_iter().enumerate() {
            assert!(event.message().starts_with(&format!("{number} x")));
        }
        bench.stop();
        task.await.unwrap();
        assert_eq!(bench.stats.report().acknowledged, count as u64);
    }

    #[tokio::test]
    async fn a_count_that_cannot_be_true_closes_the_connection_and_no_other() {
        let (sockets, address) = sockets().await;
        let mut bench = Bench::new(TCP_NAME, None);
        let task = tokio::spawn(read_tcp(sockets.tcp, Allowed::default(), bench.given()));
        let mut other = TcpStream::connect(address).await.unwrap();
        let mut bad = TcpStream::connect(address).await.unwrap();
        bad.write_all(b"999999999 x").await.unwrap();
        let mut answer = [0];
        assert!(matches!(tokio::io::AsyncReadExt::read(&mut bad, &mut answer).await, Ok(0) | Err(_)));
        other.write_all(b"<13>Nov 21 08:30:00 a app: still here\n").await.unwrap();
        let messages: Vec<_> = bench.receive(2).await.into_iter().map(Received::message).collect();
        assert!(messages.contains(&"still here".to_owned()), "{messages:?}");
        bench.stop();
        task.await.unwrap();
    }
}

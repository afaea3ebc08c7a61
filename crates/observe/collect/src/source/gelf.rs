//! GELF over UDP and TCP, on one address.
//!
//! Neither tells its sender anything: over TCP nothing more is read while the lake is slow, so the sender waits; over UDP
//! the system's buffer is made large, and what it drops is counted, as are messages of which a part never came.

use super::accept::accept;
use super::syslog::{drops, enlarge_buffer};
use super::{Allowed, Stop};
use crate::intake::body::{guess, unpack};
use crate::intake::gelf::{self, Chunks};
use crate::intake::{From, Intake, Record, Refused};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// The sources' names.
pub const UDP_NAME: &str = "gelf/udp";
/// See [`UDP_NAME`].
pub const TCP_NAME: &str = "gelf/tcp";

/// Longest message over UDP, unpacked.
pub const MESSAGE_MAX: usize = 1024 * 1024;

/// Longest message over TCP; each connection may hold as much.
pub const TCP_MESSAGE_MAX: usize = 256 * 1024;

/// How much is read of a connection at once.
const READ: usize = 64 * 1024;

/// Bytes of datagrams that are taken in together.
const TOGETHER: usize = 1024 * 1024;

/// How often the system is asked what it dropped.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// What a datagram costs besides its bytes: a flood of small ones must not fill the memory.
const DATAGRAM_COST: usize = 64;

/// Bound sockets that nobody reads yet.
pub(crate) struct Sockets {
    udp: UdpSocket,
    tcp: TcpListener,
}

impl Sockets {
    /// Binds both; with port 0, both to the port that the system chose for TCP.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let udp = UdpSocket::bind(tcp.local_addr()?).await?;
        enlarge_buffer(&udp);
        Ok(Self { udp, tcp })
    }

    /// The address bound.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Reads both until told to stop.
    pub(crate) async fn read(self, allowed: Allowed, intake: Intake, stop: Stop) {
        let connections = {
            let intake = intake.clone();
            let hear = move |stream, peer, stop| hear(stream, peer, intake.clone(), stop);
            accept(self.tcp, TCP_NAME, allowed.clone(), stop.clone(), hear)
        };
        tokio::join!(datagrams(self.udp, allowed, intake.clone(), stop), connections);
    }
}

fn from(protocol: &'static str, peer: String) -> From {
    From { protocol, sender: String::new(), peer, keeps: false }
}

/// Hears datagrams until told to stop.
async fn datagrams(socket: UdpSocket, allowed: Allowed, intake: Intake, mut stop: Stop) {
    let inode = rustix::fs::fstat(&socket).map(|stat| stat.st_ino).unwrap_or_default();
    let (mut known, mut chunks) = (0, Chunks::default());
    let mut ask = tokio::time::interval(ASK_EVERY);
    let mut buffer = vec![0; u16::MAX.into()];
    loop {
        let first = tokio::select! {
            biased;
            () = stop.stopped() => return,
            _ = ask.tick() => {
                let now = drops::dropped(&drops::table(), inode).unwrap_or(known);
                intake.lost(UDP_NAME, now.saturating_sub(known) + chunks.lost());
                known = now;
                continue;
            }
            heard = socket.recv_from(&mut buffer) => heard,
        };
        let mut messages = Vec::new();
        let (mut bytes, mut next) = (0, first);
        while let Ok((length, peer)) = next {
            bytes += length + DATAGRAM_COST;
            if allowed.admits(peer.ip(), UDP_NAME) {
                let peer = peer.ip().to_canonical().to_string();
                let whole = chunks.take(buffer.get(..length).unwrap_or_default(), &peer, intake.now());
                messages.extend(whole.map(|whole| (peer, whole)));
            }
            next = if bytes < TOGETHER { socket.try_recv_from(&mut buffer) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        // Events say who sent them.
        for messages in messages.chunk_by(|(one, _), (other, _)| one == other) {
            if !all_taken(&intake, messages).await {
                return;
            }
        }
    }
}

/// Takes messages of one sender in; false when nothing is taken any more.
async fn all_taken(intake: &Intake, messages: &[(String, Vec<u8>)]) -> bool {
    let peer = messages.first().map(|(peer, _)| peer.clone()).unwrap_or_default();
    let messages: Vec<Vec<u8>> = messages.iter().map(|(_, message)| message.clone()).collect();
    let bytes = messages.iter().map(Vec::len).sum();
    let taken = intake.take(from(UDP_NAME, peer), bytes, move |taking| {
        for message in messages {
            match unpack(guess(&message), &message, MESSAGE_MAX) {
                Ok(message) => gelf::decode(&message, &mut |record| taking.put(record)),
                Err(_) => taking.put(&Record::set_aside(&message, "a packed message that is damaged or too large")),
            }
        }
    });
    told(taken.await)
}

/// Hears one connection to its end: messages with a NUL behind each.
async fn hear(mut stream: TcpStream, peer: SocketAddr, intake: Intake, mut stop: Stop) {
    let peer = peer.ip().to_canonical().to_string();
    let (mut waiting, mut buffer) = (Vec::new(), vec![0; READ]);
    loop {
        let read = tokio::select! {
            biased;
            () = stop.stopped() => break,
            read = stream.read(&mut buffer) => read.unwrap_or_default(),
        };
        waiting.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let whole = match waiting.iter().rposition(|byte| *byte == 0) {
            Some(end) => end + 1,
            None if read == 0 || waiting.len() > TCP_MESSAGE_MAX => waiting.len(),
            None => continue,
        };
        let rest = waiting.split_off(whole);
        let messages = std::mem::replace(&mut waiting, rest);
        let taken = intake.take(from(TCP_NAME, peer.clone()), messages.len(), move |taking| {
            for message in messages.split(|byte| *byte == 0) {
                gelf::decode(message, &mut |record| taking.put(record));
            }
        });
        if !told(taken.await) || read == 0 {
            return;
        }
    }
}

fn told(taken: Result<(), Refused>) -> bool {
    match taken {
        Ok(()) => true,
        Err(Refused::Closed) => false,
        Err(why) => {
            tracing::warn!(%why, "messages from the network were not accepted");
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::testing::House;
    use std::io::Write;
    use tokio::io::AsyncWriteExt;
    use vigie_model::event::ocsf::field;

    #[tokio::test]
    async fn messages_over_udp_and_tcp() {
        let sockets = Sockets::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = sockets.address().unwrap();
        let mut house = House::new();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let task = tokio::spawn(sockets.read(Allowed::default(), house.intake.clone(), Stop::new(stopped)));

        let message = br#"{"version":"1.1","host":"app-1","short_message":"it broke","level":3}"#;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(message).unwrap();
        let packed = gzip.finish().unwrap();
        let (first, second) = packed.split_at(packed.len() / 2);
        let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for (number, part) in [(1, second), (0, first)] {
            let datagram = [&[0x1e, 0x0f], &[7; 8][..], &[number, 2], part].concat();
            sender.send_to(&datagram, address).await.unwrap();
        }
        let event = house.events(1).await.remove(0);
        assert_eq!(
            (&*event.origin.source, &*event.origin.host, event.text(field::MESSAGE)),
            (UDP_NAME, "app-1", Some("it broke"))
        );
        assert_eq!(event.raw, message);

        let mut stream = TcpStream::connect(address).await.unwrap();
        let others = b"\0{\"short_message\":\"second\"}\0{\"short_message\":\"last\"}";
        stream.write_all(&[&message[..], others].concat()).await.unwrap();
        drop(stream);
        let events = house.events(3).await;
        let messages: Vec<_> = events.iter().map(|event| event.text(field::MESSAGE).unwrap_or_default()).collect();
        assert_eq!(messages, ["it broke", "second", "last"]);
        stop.send_replace(true);
        task.await.unwrap();
    }
}

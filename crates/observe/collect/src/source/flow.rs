//! NetFlow and IPFIX from the network, over UDP.
//!
//! Exporters learn nothing of durability. The system's buffer is made large; what it drops, and what the reader of flows
//! had to let go, is counted as lost.

use super::syslog::{drops, enlarge_buffer};
use super::{Allowed, Given};
use crate::delivery::{Batch, Undelivered};
use crate::flow::Flows;
use crate::state::SourceState;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;

/// The source's name.
pub const NAME: &str = "netflow";

/// How often the system is asked what it dropped.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// Binds the socket.
pub(crate) async fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(address).await?;
    enlarge_buffer(&socket);
    Ok(socket)
}

/// Reads datagrams of allowed senders until told to stop.
pub(crate) async fn read(socket: UdpSocket, allowed: Allowed, mut given: Given) {
    given.desk.stats.set_state(SourceState::Running);
    let inode = rustix::fs::fstat(&socket).map(|stat| stat.st_ino).unwrap_or_default();
    let mut flows = Flows::new(given.desk.stats.source().clone()).labelled(given.desk.reader.labels().clone());
    let (mut known, mut let_go) = (0, 0);
    let mut ask = tokio::time::interval(ASK_EVERY);
    let mut buffer = vec![0; u16::MAX.into()];
    loop {
        let first = tokio::select! {
            biased;
            () = given.stop.stopped() => break,
            _ = ask.tick() => {
                let (now, counts) = (drops::dropped(&drops::table(), inode).unwrap_or(known), flows.counts());
                let gone = counts.dropped + counts.unreadable + counts.refused;
                given.desk.stats.lost(now.saturating_sub(known) + gone.saturating_sub(let_go));
                (known, let_go) = (now, gone);
                continue;
            }
            heard = socket.recv_from(&mut buffer) => heard,
        };
        let mut batch = Batch::default();
        let mut next = first;
        while let Ok((length, peer)) = next {
            if allowed.admits(peer.ip(), NAME) {
                let datagram = buffer.get(..length).unwrap_or_default();
                for event in flows.datagram_or_aside(datagram, peer.ip().to_canonical(), given.desk.clock.now()) {
                    given.desk.stats.count(&event);
                    batch.push(event);
                }
            }
            next = if batch.has_room() { socket.try_recv_from(&mut buffer) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        match given.outbox.send(batch).await {
            Ok(()) => {}
            Err(Undelivered::Closed) => break,
            // It cannot be read again: it is counted, and the next is carried.
            Err(why) => tracing::warn!(%why, "flows from the network were not accepted"),
        }
    }
    given.take_leave().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::testing::Bench;

    #[tokio::test]
    async fn datagrams_become_flows() {
        let socket = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = socket.local_addr().unwrap();
        let mut bench = Bench::new(NAME, None);
        let task = tokio::spawn(read(socket, Allowed::default(), bench.given()));
        // Version 5: 24 bytes of header, 48 of each record.
        let mut datagram = vec![0; 24 + 48];
        datagram[..4].copy_from_slice(&[0, 5, 0, 1]);
        datagram[8..12].copy_from_slice(&1_795_249_800u32.to_be_bytes());
        datagram[24..32].copy_from_slice(&[192, 0, 2, 1, 192, 0, 2, 2]);
        datagram[24 + 38] = 6;
        let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        sender.send_to(&datagram, address).await.unwrap();
        let event = bench.receive(1).await.remove(0).0;
        assert_eq!((&*event.origin.format, &*event.origin.host), ("netflow5", "127.0.0.1"));
        bench.stop();
        task.await.unwrap();
        assert_eq!(bench.stats.report().acknowledged, 1);
    }
}

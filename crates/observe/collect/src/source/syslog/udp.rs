//! Datagrams: one record each.

use super::super::Allowed;
use super::drops::{dropped, table};
use super::{Chunk, Stop, UDP_NAME};
use crate::frame::{LINE_MAX, Piece};
use crate::stats::SourceStats;
use rustix::net::sockopt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

/// Size asked for the system's buffer: some ten thousand records.
const BUFFER: usize = 8 * 1024 * 1024;

/// How often the system is asked what it dropped.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// Asks for a large buffer; beyond the system's limit only root gets it.
pub(crate) fn enlarge_buffer(socket: &UdpSocket) {
    let forced = sockopt::set_socket_recv_buffer_size_force(socket, BUFFER);
    if let Err(error) = forced.or_else(|_| sockopt::set_socket_recv_buffer_size(socket, BUFFER)) {
        tracing::info!(%error, "the buffer of a socket stays as it is");
    }
}

/// Hears datagrams of allowed senders until told to stop.
pub(super) async fn listen(
    socket: UdpSocket,
    allowed: Allowed,
    sender: mpsc::Sender<Chunk>,
    stats: Arc<SourceStats>,
    mut stop: Stop,
) {
    let inode = rustix::fs::fstat(&socket).map(|stat| stat.st_ino).unwrap_or_default();
    let mut known = 0;
    let mut ask = tokio::time::interval(ASK_EVERY);
    let mut buffer = vec![0; LINE_MAX];
    loop {
        tokio::select! {
            biased;
            () = stop.stopped() => break,
            _ = ask.tick() => {
                if let Some(now) = dropped(&table(), inode) {
                    stats.lost(now.saturating_sub(known));
                    known = now;
                }
            }
            heard = socket.recv_from(&mut buffer) => match heard {
                Ok(first) => {
                    let chunk = take_in(&socket, &allowed, &mut buffer, first);
                    if sender.send(chunk).await.is_err() {
                        break;
                    }
                }
                // An answer of the network to something never sent: nothing to do with the next datagram.
                Err(error) => tracing::debug!(%error, "a datagram could not be read"),
            }
        }
    }
}

/// The datagram read, and those that are there already.
fn take_in(socket: &UdpSocket, allowed: &Allowed, buffer: &mut [u8], first: (usize, SocketAddr)) -> Chunk {
    let mut chunk = Chunk::default();
    let mut next = Ok(first);
    while let Ok((length, peer)) = next {
        let record = buffer.get(..length).unwrap_or_default();
        let record = record.trim_ascii_end();
        if !record.is_empty() && allowed.admits(peer.ip(), UDP_NAME) {
            chunk.push(Piece { bytes: record, continues: false, cut: false }, peer.ip());
        }
        next = if chunk.is_full() { Err(io::ErrorKind::WouldBlock.into()) } else { socket.try_recv_from(buffer) };
    }
    chunk
}

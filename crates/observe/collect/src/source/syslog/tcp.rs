//! Connections: records one after another.
//!
//! Each connection has a task that cuts the stream and waits when the queue is full; then its
//! sender waits as well.

use super::{CHUNK, Chunk, FRAME_COST, Frame, Stop};
use crate::frame::{OctetFramer, Piece};
use crate::stats::SourceStats;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

/// Most connections at the same time; further ones are closed at once.
pub const CONNECTIONS_MAX: usize = 512;

/// How much is read at once.
const READ: usize = 16 * 1024;

/// Pause after a connection could not be accepted, as when all descriptors are in use.
const PAUSE: Duration = Duration::from_millis(500);

/// Accepts connections until told to stop.
pub(super) async fn listen(listener: TcpListener, sender: mpsc::Sender<Chunk>, stats: Arc<SourceStats>, mut stop: Stop) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.stopped() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a syslog connection could not be accepted");
                if stop.stopped_within(PAUSE).await {
                    break;
                }
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            tracing::warn!(%peer, limit = CONNECTIONS_MAX, source = %stats.source(), "too many syslog connections: closed");
            continue;
        };
        let (sender, stop) = (sender.clone(), stop.clone());
        tokio::spawn(async move {
            hear(stream, peer, sender, stop).await;
            drop(place);
        });
    }
}

/// Hears one connection to its end.
async fn hear(mut stream: TcpStream, peer: SocketAddr, sender: mpsc::Sender<Chunk>, mut stop: Stop) {
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
                tracing::debug!(%peer, %error, "a syslog connection broke");
                break;
            }
        }
        match pass_on(&mut framer, peer.ip(), &sender).await {
            Passed::On => {}
            Passed::Nobody => return,
            Passed::Senseless => break,
        }
    }
    let last = framer.finish().map(|piece| frame(piece, peer.ip()));
    // Nobody may receive any more at the very end.
    drop(sender.send(last.into_iter().collect()).await);
}

/// What became of the records read.
enum Passed {
    On,
    Nobody,
    Senseless,
}

async fn pass_on(framer: &mut OctetFramer, peer: IpAddr, sender: &mpsc::Sender<Chunk>) -> Passed {
    loop {
        let mut chunk = Vec::new();
        let mut bytes = 0;
        let mut outcome = Passed::On;
        while bytes < CHUNK {
            match framer.next_piece() {
                Ok(Some(piece)) => {
                    bytes += piece.bytes.len() + FRAME_COST;
                    chunk.push(frame(piece, peer));
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::warn!(%peer, %error, "a syslog connection is closed");
                    outcome = Passed::Senseless;
                    break;
                }
            }
        }
        if chunk.is_empty() {
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

fn frame(piece: Piece<'_>, peer: IpAddr) -> Frame {
    Frame { bytes: piece.bytes.to_vec(), continues: piece.continues, cut: piece.cut, peer }
}

//! Connections that come in, each served by a task of its own, up to a limit.

use super::{Allowed, Stop};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Most connections of one listener at the same time; further ones are closed at once.
pub const CONNECTIONS_MAX: usize = 512;

/// Pause after a connection could not be accepted, as when all descriptors are in use.
const PAUSE: Duration = Duration::from_millis(500);

/// Accepts connections of allowed senders until told to stop, then waits for those that are served: `serve` is to end soon by itself.
pub(crate) async fn accept<F>(
    listener: TcpListener,
    what: &'static str,
    allowed: Allowed,
    mut stop: Stop,
    mut serve: impl FnMut(TcpStream, SocketAddr, Stop) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut served = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.stopped() => break,
            Some(_ended) = served.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, what, "a connection could not be accepted");
                if stop.stopped_within(PAUSE).await {
                    break;
                }
                continue;
            }
        };
        if !allowed.admits(peer.ip(), what) {
            continue;
        }
        let Ok(place) = places.clone().try_acquire_owned() else {
            tracing::warn!(%peer, limit = CONNECTIONS_MAX, what, "too many connections: closed");
            continue;
        };
        let serving = serve(stream, peer, stop.clone());
        served.spawn(async move {
            serving.await;
            drop(place);
        });
    }
    while served.join_next().await.is_some() {}
}

//! The local door: the same API over a Unix socket in the data directory.
//!
//! Only the user who owns the data directory can open it (mode 0600 in a folder of mode 0700), and
//! that user can do everything anyway; so requests that come this way need no sign-in. The command
//! line uses it while a platform runs, and calls [`router`] directly while none does.

use crate::api;
use crate::api::LocalPeer;
use crate::platform::Platform;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::{Extension, Router};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use tokio::net::{UnixListener, UnixStream};

/// The socket's name in the data directory.
pub const SOCKET: &str = "vigie.sock";

/// The API for callers who own the data.
pub fn router(platform: Arc<Platform>) -> Router {
    api::router(platform).0.layer(Extension(LocalPeer))
}

/// Listens on a socket file, replacing one that a killed process left behind: the data directory
/// is locked by now, so nobody listens there.
///
/// # Errors
/// When the file cannot be made.
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Asks the platform that listens on a socket file.
///
/// # Errors
/// When nobody listens there, or the answer breaks off or is larger than `bytes_max`.
pub async fn ask(socket: &Path, request: Request<Body>, bytes_max: usize) -> io::Result<(StatusCode, Vec<u8>)> {
    let response = open(socket, request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), bytes_max).collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    Ok((status, body))
}

/// Asks the platform that listens on a socket file; the answer is read by whoever gets it. The connection ends with it.
///
/// # Errors
/// When nobody listens there.
pub async fn open(socket: &Path, request: Request<Body>) -> io::Result<Response<Incoming>> {
    let stream = UnixStream::connect(socket).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(io::Error::other)
}

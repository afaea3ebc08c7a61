//! Fetching files over HTTP: bounded, resumable, checked.
//!
//! For vulnerability data. A download goes to `<target>.part`; what was received stays there when
//! the connection breaks, and the next attempt or the next start asks for the rest, provided the
//! server's validator is the same. Only a complete file that matches its checksum takes the target's
//! place, in one step. Plain `http` is allowed because mirrors in closed networks are common; what is
//! fetched is checked by its consumer in any case.
//!
//! Certificates are checked against the system's list where there is one, since that is where an
//! administrator adds a company's own authority or removes one; else against Mozilla's, built in.
//! Proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.

mod answer;
mod download;
mod error;
mod roots;

pub use answer::Answer;
pub use download::{Download, Fetched, Progress, Wanted};
pub use error::HttpError;

use crate::retry::Retry;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use ureq::http::Response;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

const CONNECT_TIME_MAX: Duration = Duration::from_secs(15);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
const SILENCE_TIME_MAX: Duration = Duration::from_secs(60);
const REDIRECTS_MAX: u32 = 5;
const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Fetches things; cheap to clone, connections are shared.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
    retry: Retry,
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Retry::default())
    }
}

impl Client {
    /// A client that tries again like this what failed on the way.
    #[must_use]
    pub fn new(retry: Retry) -> Self {
        Self::trusting(roots::trusted(), retry)
    }

    /// A client that trusts the certificates in this file and no others.
    ///
    /// # Errors
    /// [`HttpError::NoAuthority`] when the file cannot be read or holds no certificate.
    pub fn with_authority(certificates: &Path, retry: Retry) -> Result<Self, HttpError> {
        let roots = roots::bundle(certificates).ok_or_else(|| HttpError::NoAuthority { path: certificates.to_owned() })?;
        Ok(Self::trusting(roots, retry))
    }

    fn trusting(roots: RootCerts, retry: Retry) -> Self {
        let tls = TlsConfig::builder().root_certs(roots).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
            // A status is an answer, and a range of compressed bytes is of no use.
            .http_status_as_error(false)
            .accept_encoding("identity")
            .max_redirects(REDIRECTS_MAX)
            .max_response_header_size(HEADER_BYTES_MAX)
            .timeout_connect(Some(CONNECT_TIME_MAX))
            .timeout_recv_response(Some(ANSWER_TIME_MAX))
            .timeout_per_read(Some(SILENCE_TIME_MAX))
            .build();
        Self { agent: config.new_agent(), retry }
    }

    /// Fetches a small body of at most `bytes_max` into memory.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub fn get(&self, url: &str, bytes_max: u64) -> Result<Vec<u8>, HttpError> {
        check_url(url)?;
        self.retry.run(|| outcome(self.get_once(url, bytes_max)))
    }

    fn get_once(&self, url: &str, bytes_max: u64) -> Result<Vec<u8>, HttpError> {
        let response = self.ask(url, &[])?;
        if response.status() != 200 {
            return Err(HttpError::status(url, response.status().as_u16()));
        }
        let mut bytes = Vec::new();
        let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
        reader.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(|source| HttpError::broken(url, source))?;
        if bytes.len() as u64 > bytes_max {
            return Err(HttpError::TooLarge { url: error::shown(url), max: bytes_max });
        }
        Ok(bytes)
    }

    fn ask(&self, url: &str, headers: &[(&str, &str)]) -> Result<Response<Body>, HttpError> {
        let mut request = self.agent.get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.call().map_err(|source| HttpError::unanswered(url, source))
    }
}

fn check_url(url: &str) -> Result<(), HttpError> {
    let known = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
    if known { Ok(()) } else { Err(HttpError::BadUrl { url: error::shown(url) }) }
}

/// Whether to go on trying after this result.
fn outcome<T>(result: Result<T, HttpError>) -> ControlFlow<Result<T, HttpError>, HttpError> {
    match result {
        Err(error) if error.is_passing() => {
            tracing::info!(%error, "a transfer failed and may be tried again");
            ControlFlow::Continue(error)
        }
        done => ControlFlow::Break(done),
    }
}

#[cfg(test)]
mod tests;

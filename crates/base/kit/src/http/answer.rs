//! Conversations: a request with headers of one's own, an answer whose body is read as it comes.
//!
//! For services with a protocol on top of HTTP, such as registries. A status is an answer here, not an error,
//! unless it says that the server is busy for now. Headers that say who asks are not sent to another host that a
//! server redirects to; a server that was asked over `https` cannot redirect to `http`.

use super::error::HttpError;
use super::{Client, check_url, outcome};
use std::fmt;
use std::io::Read;
use std::time::Duration;
use ureq::Body;
use ureq::http::Response;

/// Statuses of a server that may answer in a moment.
const BUSY: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// What a server answered; its body has not been read.
pub struct Answer {
    response: Response<Body>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({})", self.response.status())
    }
}

impl Client {
    /// Asks for something with these headers, again where the server is busy.
    ///
    /// # Errors
    /// When there is no answer, or only that of a busy server.
    pub fn open(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, HttpError> {
        check_url(url)?;
        self.retry.run(|| outcome(self.open_once(url, headers)))
    }

    fn open_once(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, HttpError> {
        let mut request = self.agent.get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.config().https_only(url.starts_with("https://")).build();
        answered(url, request.call())
    }

    /// Sends a form.
    ///
    /// # Errors
    /// When there is no answer, or only that of a busy server.
    pub fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<Answer, HttpError> {
        check_url(url)?;
        let post = || answered(url, self.agent.post(url).send_form(fields.iter().copied()));
        self.retry.run(|| outcome(post()))
    }
}

impl Client {
    /// Sends a body with these headers, again where the server is busy or the way to it broke. The server is asked
    /// for leave first (RFC 9110 §10.1.1), so that a refusal is heard before the body is on its way. A redirection is
    /// an answer: what was meant for one server is not sent to another.
    ///
    /// # Errors
    /// When there is no answer, or only that of a busy server.
    pub fn post(&self, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, HttpError> {
        check_url(url)?;
        let post = || {
            let mut request = self.agent.post(url).header("expect", "100-continue");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.config().max_redirects(0).https_only(url.starts_with("https://")).build();
            answered(url, request.send(body))
        };
        self.retry.run(|| outcome(post()))
    }
}

impl Client {
    /// Sends a small body at once, for at most this time each try; else as [`Client::post`].
    ///
    /// # Errors
    /// When there is no answer in time, or only that of a busy server.
    pub fn post_within(&self, time: Duration, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, HttpError> {
        check_url(url)?;
        let post = || {
            let mut request = self.agent.post(url);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let config = request.config().max_redirects(0).https_only(url.starts_with("https://"));
            answered(url, config.timeout_global(Some(time)).build().send(body))
        };
        self.retry.run(|| outcome(post()))
    }
}

fn answered(url: &str, result: Result<Response<Body>, ureq::Error>) -> Result<Answer, HttpError> {
    let response = result.map_err(|source| HttpError::unanswered(url, source))?;
    let status = response.status().as_u16();
    if BUSY.contains(&status) { Err(HttpError::status(url, status)) } else { Ok(Answer { response }) }
}

impl Answer {
    /// Its status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header, where it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// All headers of one name.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.response.headers().get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// The body, to be read as it comes and as long as it is.
    pub fn into_body(self) -> impl Read + Send + 'static {
        self.response.into_body().into_with_config().limit(u64::MAX).reader()
    }
}

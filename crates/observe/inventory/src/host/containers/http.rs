//! The little of HTTP/1.1 that asking a container engine over its socket takes.
//!
//! One request on one connection, which the engine closes after its answer (RFC 9112); the answer is read to
//! its end within limits and then parsed. No redirects, no compression, no keep-alive.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use vigie_kit::clock::Clock;

/// How long one step on the connection may take.
const STEP_TIME: Duration = Duration::from_secs(2);
/// How long an answer may take as a whole, in seconds.
const ANSWER_SECONDS_MAX: i64 = 5;
/// The largest answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[from] io::Error),
    /// It took too long.
    #[error("no answer within {ANSWER_SECONDS_MAX} s")]
    TooSlow,
    /// The answer is too large.
    #[error("the answer is larger than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    /// What came is no HTTP.
    #[error("the answer is not HTTP: {0}")]
    Malformed(&'static str),
    /// The engine said no.
    #[error("the engine answered with status {0}")]
    Status(u16),
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status of RFC 9110 §15.
    pub status: u16,
    /// What the server calls itself, in lower case.
    pub server: String,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

/// Asks for a path; an answer is one with status 200.
pub(super) fn get(socket: &Path, path: &str, clock: &dyn Clock) -> Result<Answer, HttpError> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(STEP_TIME))?;
    stream.set_write_timeout(Some(STEP_TIME))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\r\n")?;
    let deadline = clock.now().plus_seconds(ANSWER_SECONDS_MAX);
    let mut answer = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(HttpError::TooSlow),
            Err(error) => return Err(error.into()),
        }
        if answer.len() > ANSWER_BYTES_MAX {
            return Err(HttpError::TooLarge);
        }
        if clock.now() > deadline {
            return Err(HttpError::TooSlow);
        }
    }
    let answer = parse_answer(&answer)?;
    if answer.status == 200 { Ok(answer) } else { Err(HttpError::Status(answer.status)) }
}

/// Reads a whole answer.
///
/// # Errors
/// [`HttpError::Malformed`] when it is not HTTP/1 or was cut off.
pub fn parse_answer(bytes: &[u8]) -> Result<Answer, HttpError> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or(HttpError::Malformed("its head has no end"))?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let body = &bytes[end + 4..];
    let status = head.lines().next().filter(|line| line.starts_with("HTTP/1.")).and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|code| code.parse().ok()).ok_or(HttpError::Malformed("it has no status"))?;
    let header = |name: &str| {
        let mut fields = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let answer = |body| Answer { status, server: header("server").unwrap_or_default(), body };
    if header("transfer-encoding").is_some_and(|coding| coding.ends_with("chunked")) {
        return join_chunks(body).map(answer);
    }
    match header("content-length").map(|length| length.parse::<usize>()) {
        None => Ok(answer(body.to_vec())),
        Some(Ok(length)) if length <= body.len() => Ok(answer(body[..length].to_vec())),
        Some(_) => Err(HttpError::Malformed("its body was cut off")),
    }
}

/// Chunks of RFC 9112 §7.1; trailers are not looked at.
fn join_chunks(mut bytes: &[u8]) -> Result<Vec<u8>, HttpError> {
    const BAD: HttpError = HttpError::Malformed("its chunks do not fit together");
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n").ok_or(BAD)?;
        let size = String::from_utf8_lossy(&bytes[..end]);
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| BAD)?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Ok(body);
        }
        let (chunk, rest) = bytes.split_at_checked(size).ok_or(BAD)?;
        body.extend_from_slice(chunk);
        bytes = rest.strip_prefix(b"\r\n").ok_or(BAD)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(text: &str) -> Result<(u16, String), String> {
        let answer = parse_answer(text.as_bytes()).map_err(|error| error.to_string());
        answer.map(|answer| (answer.status, String::from_utf8(answer.body).unwrap()))
    }

    #[test]
    fn reads_all_three_sorts_of_bodies() {
        let length = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]tail";
        let close = "HTTP/1.0 404 Not Found\r\n\r\nnone";
        let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2;x=y\r\n[1\r\nb\r\n,2,3,4,5,6]\r\n0\r\n\r\n";
        assert_eq!(said(length), Ok((200, "[]".into())));
        assert_eq!(said(close), Ok((404, "none".into())));
        assert_eq!(said(chunks), Ok((200, "[1,2,3,4,5,6]".into())));
    }

    #[test]
    fn refuses_what_is_cut_off_or_no_http() {
        for text in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n[]",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]",
        ] {
            assert!(said(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn survives_any_answer(tail: Vec<u8>, chunked: bool) {
            let coding = if chunked { "Transfer-Encoding: chunked\r\n" } else { "" };
            let mut bytes = format!("HTTP/1.1 200 OK\r\n{coding}\r\n").into_bytes();
            bytes.extend(&tail);
            drop(parse_answer(&bytes));
            drop(parse_answer(&tail));
        }
    }
}

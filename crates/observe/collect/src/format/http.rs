//! What access logs have in common: the request line, and how it was answered.

use crate::header::number;
use crate::meaning::Meaning;
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::http_activity as activity;
use vigie_model::event::ocsf::field;

/// HTTP Activity (4002) of a request line: `GET /path?query HTTP/1.1`.
///
/// Anything may stand in such a line; one that is no request is kept whole, as an activity that is unknown.
pub(super) fn request(format: &'static str, line: &str) -> Meaning {
    let mut words = line.splitn(2, ' ');
    let (method, rest) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (target, version) = rest.rsplit_once(" HTTP/").unwrap_or((rest, ""));
    if !is_method(method) || target.is_empty() {
        let mut meaning = Meaning::new(format, Class::HttpActivity, activity::UNKNOWN);
        if line != "-" {
            meaning.keep_text("request", line);
        }
        return meaning;
    }
    let mut meaning = method_and_target(format, method, target);
    meaning.set_text(field::HTTP_REQUEST_VERSION, version);
    meaning
}

/// HTTP Activity of a method and what it was asked for: a path, or a whole URL.
pub(super) fn method_and_target(format: &'static str, method: &str, target: &str) -> Meaning {
    let mut meaning = Meaning::new(format, Class::HttpActivity, activity_of(method));
    meaning.set_text(field::HTTP_REQUEST_HTTP_METHOD, method).set_text(field::HTTP_REQUEST_URL_URL_STRING, target);
    if method == "CONNECT" {
        authority(&mut meaning, target);
        return meaning;
    }
    let path = match target.split_once("://") {
        Some((scheme, rest)) if !target.starts_with('/') => {
            let at = rest.find(['/', '?']).unwrap_or(rest.len());
            let (host, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
            meaning.set_text(field::HTTP_REQUEST_URL_SCHEME, scheme);
            authority(&mut meaning, host.rsplit('@').next().unwrap_or(host));
            path
        }
        _ => target,
    };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    meaning.set_text(field::HTTP_REQUEST_URL_PATH, path).set_text(field::HTTP_REQUEST_URL_QUERY_STRING, query);
    meaning
}

/// `www.example.com:443`
pub(super) fn authority(meaning: &mut Meaning, host: &str) {
    let (host, port) = super::words::host_port(host);
    meaning.set_text(field::HTTP_REQUEST_URL_HOSTNAME, host).set_some(field::HTTP_REQUEST_URL_PORT, port);
}

/// How it was answered: below 400 it worked.
pub(super) fn answered(meaning: &mut Meaning, code: &str, bytes: &str) {
    let code = number(code).filter(|code| (100..1000).contains(code));
    meaning.set_some(field::HTTP_RESPONSE_CODE, code).set_some(field::HTTP_RESPONSE_LENGTH, number(bytes));
    match code {
        Some(code) if code >= 400 => meaning.failed(""),
        Some(_) => meaning.succeeded(),
        None => meaning,
    };
}

/// `1.234` seconds, or milliseconds where there is no fraction: the duration in ms.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.')?;
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let mut millis = digits.map(|digit| digit.is_ascii_digit().then(|| i64::from(digit - b'0')));
    Some(number(whole)? * 1000 + millis.try_fold(0, |sum, digit| Some(sum * 10 + digit?))?)
}

fn is_method(word: &str) -> bool {
    (2..=20).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'))
}

fn activity_of(method: &str) -> u8 {
    match method {
        "GET" => activity::GET,
        "POST" => activity::POST,
        "PUT" => activity::PUT,
        "DELETE" => activity::DELETE,
        "HEAD" => activity::HEAD,
        "OPTIONS" => activity::OPTIONS,
        "PATCH" => activity::PATCH,
        "CONNECT" => activity::CONNECT,
        "TRACE" => activity::TRACE,
        _ => activity::OTHER,
    }
}

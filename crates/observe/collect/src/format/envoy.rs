//! Envoy's access log in its default form, and in Istio's.
//!
//! `[2026-11-21T08:30:00.310Z] "POST /api HTTP/2" 204 - 154 0 226 100 "192.0.2.7" "agent" "cc21…"
//! "www.example.com" "10.0.2.1:80"` → HTTP Activity (4002); a line without request is a connection that Envoy
//! passed on, Network Activity (4001). Istio puts details between flags and sizes and addresses behind.

use super::http::{self, answered};
use super::words::{Words, given, host_port, unescaped};
use crate::header::{Clock, Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "envoy";

/// Reads a line.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (time, rest) = clock.iso(text.strip_prefix('[')?)?;
    let mut words = Words(rest.strip_prefix("] ").filter(|rest| rest.starts_with('"'))?);
    let asked = words.next()?;
    let (code, flags) = (words.next().filter(|code| number(code).is_some())?, words.value());
    let (mut details, mut count, mut word) = (["", "", ""], 0, words.next()?);
    // Istio puts three words there, before 1.8 two.
    for detail in &mut details {
        if number(word).is_some() {
            break;
        }
        (*detail, count) = (given(word), count + 1);
        word = words.next()?;
    }
    let (received, sent, duration) = (word, words.next()?, words.next()?);
    let upstream_time = words.next()?;
    // Whatever else an administrator writes has other columns.
    if ![received, sent, duration, upstream_time].into_iter().all(is_count) || !words.rest().starts_with('"') {
        return None;
    }
    let (reason, failure) = match (count, details) {
        (3, [reason, _, failure]) => (reason, failure),
        (2, [_, failure, _]) => ("", failure),
        (0, _) => ("", ""),
        _ => return None,
    };
    let (forwarded, agent, id, host, upstream) = (words.value(), words.value(), words.value(), words.value(), words.value());
    let is_request = asked.contains(" HTTP/") && asked != "- - -" && asked != "- - HTTP/1.1";
    let mut meaning = if is_request {
        http::request(FORMAT, &unescaped(asked))
    } else {
        Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC)
    };
    meaning.set_some(field::DURATION, number(duration));
    if is_request {
        answered(&mut meaning, code, sent);
        meaning.set_text(field::HTTP_REQUEST_USER_AGENT, &unescaped(agent)).set_text(field::HTTP_REQUEST_UID, id);
        meaning.set_some(field::HTTP_REQUEST_BODY_LENGTH, number(received));
        http::authority(&mut meaning, host);
    } else {
        meaning.set_some(field::TRAFFIC_BYTES_OUT, number(received)).set_some(field::TRAFFIC_BYTES_IN, number(sent));
    }
    let _cluster = words.next();
    let _local = words.next();
    let (_downstream_local, remote) = (words.next(), words.value());
    let (remote, port) = host_port(remote);
    // What a proxy before this one says of the client is nearer to it than the connection.
    let client = forwarded.split(',').next().unwrap_or_default().trim();
    if client.is_empty() {
        meaning.endpoint(SOURCE, remote, port);
    } else {
        meaning.endpoint(SOURCE, client, None);
    }
    if let (Some((host, port)), false) = (Some(host_port(upstream.trim_start_matches("tcp://"))), upstream.is_empty()) {
        meaning.endpoint(DESTINATION, host, port);
    }
    meaning.set_text(field::STATUS_CODE, flags).set_text(field::STATUS_DETAIL, reason).keep_text("upstream_failure", failure);
    Some((Line { time: Some(time), message: asked, ..Line::default() }, meaning))
}

/// A number of octets or milliseconds, or the `-` for none.
fn is_count(word: &str) -> bool {
    word == "-" || number(word).is_some()
}

//! HAProxy: requests, connections, errors of handshakes, and servers that go down and up.
//!
//! The formats `httplog`, `httpslog`, `tcplog` and the error format of its manual (§8.2); health of servers as
//! Application Lifecycle (6002), requests HTTP Activity (4002), connections Network Activity (4001).

use super::http::{self, answered};
use super::own_log::{START, STOP, lifecycle};
use super::words::{Words, address_port, given};
use crate::header::{Line, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::network_activity;
use vigie_model::event::ocsf::field;

const FORMAT: &str = "haproxy";

pub(super) fn parse(line: &Line<'_>) -> Option<Meaning> {
    traffic(line.message).or_else(|| connect(line.message)).or_else(|| health(line.message))
}

/// `192.0.2.7:50022 [21/Nov/2026:08:30:00.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- …`
fn traffic(text: &str) -> Option<Meaning> {
    let (client, rest) = text.split_once(" [")?;
    let (_, rest) = rest.split_once("] ")?;
    if client.contains(' ') {
        return None;
    }
    let mut words = Words(rest);
    let frontend = words.next()?;
    if let Some(listener) = frontend.strip_suffix(':') {
        let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::FAIL);
        meaning.failed(words.rest()).keep("frontend", listener);
        return Some(from(meaning, client));
    }
    let (backend, timers) = (words.next()?, words.next()?);
    let mut meaning = match timers.matches('/').count() {
        4 => requested(&mut words, timers)?,
        2 => connected(&mut words, timers)?,
        _ => return None,
    };
    let (pool, server) = backend.split_once('/').unwrap_or((backend, ""));
    meaning.keep("frontend", frontend.trim_end_matches('~')).keep("backend", pool);
    if !server.starts_with('<') {
        meaning.keep_text("server", server);
    }
    Some(from(meaning, client))
}

/// `200 2750 - - ---- 1/1/1/1/0 0/0 {captured} {headers} "GET / HTTP/1.1"`, behind it what httpslog adds.
fn requested(words: &mut Words<'_>, timers: &str) -> Option<Meaning> {
    let (code, bytes) = (words.next()?, words.next()?);
    let (_request_cookie, _response_cookie, state) = (words.next()?, words.next()?, words.next()?);
    let (_connections, _queues) = (words.next()?, words.next()?);
    let mut captured = "";
    while words.rest().starts_with('{') {
        let headers = words.next()?;
        captured = if captured.is_empty() { headers } else { captured };
    }
    let asked =
        if words.rest().starts_with('"') { words.next().unwrap_or_else(|| words.rest().trim_matches('"')) } else { words.rest() };
    let mut meaning = http::request(FORMAT, asked);
    if asked == "<BADREQ>" {
        meaning.failed("no request that can be read");
    }
    answered(&mut meaning, code, bytes.trim_start_matches('+'));
    meaning.set_some(field::DURATION, timers.rsplit('/').next().and_then(|total| number(total.trim_start_matches('+'))));
    ended(&mut meaning, state);
    meaning.keep_text("captured", captured);
    Some(meaning)
}

/// `212 -- 0/0/0/0/3 0/0`
fn connected(words: &mut Words<'_>, timers: &str) -> Option<Meaning> {
    let (bytes, state) = (words.next()?, words.next()?);
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::TRAFFIC);
    meaning.set_some(field::TRAFFIC_BYTES_IN, number(bytes.trim_start_matches('+')));
    meaning.set_some(field::DURATION, timers.rsplit('/').next().and_then(|total| number(total.trim_start_matches('+'))));
    ended(&mut meaning, state);
    Some(meaning)
}

/// How a session ended: who ended it and in which phase; `--` is as it should be.
fn ended(meaning: &mut Meaning, state: &str) {
    meaning.set_text(field::STATUS_CODE, state.trim_matches('-'));
}

/// `Connect from 192.0.2.7:50022 to 198.51.100.1:80 (www/HTTP)`
fn connect(text: &str) -> Option<Meaning> {
    let (client, rest) = text.strip_prefix("Connect from ")?.split_once(" to ")?;
    let (server, frontend) = rest.split_once(" (")?;
    let mut meaning = Meaning::new(FORMAT, Class::NetworkActivity, network_activity::OPEN);
    let (host, port) = address_port(server);
    meaning.endpoint(DESTINATION, host, port).keep("frontend", frontend.trim_end_matches(')'));
    Some(from(meaning, client))
}

/// `Server bck/srv1 is DOWN, reason: Layer4 connection problem, …`, `Proxy web started.`
fn health(text: &str) -> Option<Meaning> {
    let text = text.strip_prefix("Backup ").unwrap_or(text);
    if let Some((server, rest)) =
        ["Server ", "Health check for server "].iter().find_map(|start| text.strip_prefix(start)?.split_once(' '))
    {
        let is_up = rest.starts_with("is UP") || rest.starts_with("succeeded") || rest.contains("status: 3/3 UP");
        let mut meaning = lifecycle(FORMAT, if is_up { START } else { STOP }, server);
        if is_up {
            meaning.succeeded();
        } else {
            meaning.failed(rest.trim_end_matches('.'));
        }
        return Some(meaning);
    }
    if let Some((name, rest)) = text.strip_prefix("Proxy ").and_then(|rest| rest.split_once(' ')) {
        let mut meaning = lifecycle(FORMAT, if rest.starts_with("started") { START } else { STOP }, name);
        meaning.set_text(field::STATUS_DETAIL, rest.trim_end_matches('.'));
        return Some(meaning);
    }
    let name =
        text.strip_prefix("backend ").or_else(|| text.strip_prefix("proxy "))?.strip_suffix(" has no server available!")?;
    let mut meaning = lifecycle(FORMAT, STOP, name);
    meaning.failed("no server available");
    Some(meaning)
}

fn from(mut meaning: Meaning, client: &str) -> Meaning {
    let client = given(client);
    // Behind a socket's `unix:` stands the number of the listener.
    if client.starts_with("unix:") {
        return meaning;
    }
    let (host, port) = address_port(client);
    meaning.endpoint(SOURCE, host, port);
    meaning
}

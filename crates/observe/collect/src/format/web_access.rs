//! Access logs in the form of NCSA: nginx, Apache, Caddy, Traefik and whoever imitates them.
//!
//! `192.0.2.7 - eva [21/Nov/2026:08:30:00 +0100] "GET / HTTP/1.1" 200 612 "referrer" "agent"`: the
//! `common` form ends after the size. Before it may stand the name of the server asked
//! (`vhost_combined`), behind it what an administrator adds: the forms of ingress-nginx and Traefik are
//! read, of others what stands in quotes and seconds is kept as `more`. HTTP Activity (4002).

use super::http::{self, answered};
use super::words::{Words, given, host_port, unescaped};
use crate::header::{Clock, Line, number};
use crate::meaning::{Meaning, SOURCE};
use vigie_model::event::ocsf::field;

const FORMAT: &str = "web-access";

/// How far into a line its time may stand: a user may have a long name, and no more than that.
const TIME_MAX: usize = 512;

/// Whether a line has the form, and where its time begins.
fn time_at(text: &str) -> Option<usize> {
    let head = text.as_bytes().get(..text.len().min(TIME_MAX))?;
    let is_time = |at: usize| {
        let bytes = head.get(at..)?;
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_date = matches!(digits, 1 | 2) && bytes.get(digits) == Some(&b'/') && bytes.get(digits + 4) == Some(&b'/');
        is_date.then_some(())
    };
    let mut from = 0;
    while let Some(at) = head.get(from..)?.iter().position(|byte| *byte == b'[') {
        let at = from + at;
        if at > 0 && head.get(at - 1) == Some(&b' ') && is_time(at + 1).is_some() {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Reads a line of a file, or the message of a line that came over syslog.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    // Cheap before dear: two blanks before the bracket, and none of them far.
    let (who, rest) = text.split_at_checked(time_at(text)?)?;
    let (time, rest) = clock.common(rest.strip_prefix('[')?)?;
    let mut words = Words(rest.strip_prefix(']')?);
    if !words.rest().starts_with('"') {
        return None;
    }
    let asked = words.next()?;
    let (code, bytes) = (words.next()?, words.next()?);
    if code.len() != 3 || number(code).is_none() {
        return None;
    }
    let mut meaning = http::request(FORMAT, &unescaped(asked));
    answered(&mut meaning, code, bytes);
    client(&mut meaning, who.trim_end())?;
    if words.rest().starts_with('"') {
        meaning.set_text(field::HTTP_REQUEST_REFERRER, words.value());
        meaning.set_text(field::HTTP_REQUEST_USER_AGENT, &unescaped(words.value()));
        more(&mut meaning, words);
    } else {
        meaning.keep_text("more", words.rest());
    }
    Some((Line { time: Some(time), message: asked, ..Line::default() }, meaning))
}

/// `[www.example.com:80 ]192.0.2.7[ , 198.51.100.1] - eva`
fn client(meaning: &mut Meaning, who: &str) -> Option<()> {
    let is_address = |word: &str| word.parse::<std::net::IpAddr>().is_ok();
    let (first, rest) = who.split_once(' ')?;
    let (second, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let (vhost, host, mut rest) = if is_address(second.trim_end_matches(','))
        && !is_address(first)
        && !first.ends_with(',')
        && first.split(',').all(|part| !is_address(part))
    {
        (first, second, after)
    } else {
        ("", first, rest)
    };
    // What proxies hand on may be a list: the client, and who passed it on.
    let (host, passed_on) = host.split_once(',').unwrap_or((host, ""));
    let mut proxies: Vec<Box<str>> = passed_on.split(',').filter(|part| is_address(part)).map(Into::into).collect();
    let mut goes_on = host.len() < first.len() && first.ends_with(',') || second.ends_with(',') && !vhost.is_empty();
    while goes_on && let Some((next, after)) = rest.split_once(' ') {
        goes_on = next.ends_with(',');
        let next = next.trim_end_matches(',');
        if !is_address(next) {
            break;
        }
        proxies.push(next.into());
        rest = after;
    }
    if !proxies.is_empty() {
        meaning.set(field::SRC_ENDPOINT_INTERMEDIATE_IPS, proxies.into_boxed_slice());
    }
    if !vhost.is_empty() {
        let (name, port) = host_port(vhost);
        meaning.set_text(field::DST_ENDPOINT_HOSTNAME, name).set_some(field::DST_ENDPOINT_PORT, port);
    }
    if given(host).is_empty() || host == "unix:" {
        // Over a socket there is no other end.
    } else {
        let (host, port) = host_port(host);
        meaning.endpoint(SOURCE, host, port);
    }
    // The identity of RFC 1413 that nobody asks for, and a user that may hold blanks.
    let (_, user) = rest.split_once(' ').unwrap_or(("", rest));
    meaning.set_text(field::ACTOR_USER_NAME, given(user.trim()).trim_matches('"'));
    Some(())
}

/// What stands behind the user agent.
fn more(meaning: &mut Meaning, words: Words<'_>) {
    let rest = words.rest();
    if rest.is_empty() {
        return;
    }
    if ingress(meaning, words).or_else(|| traefik(meaning, words)).is_none() {
        meaning.keep("more", rest);
    }
}

/// ingress-nginx: `512 0.003 [shop-web-80] [] 10.0.0.7:8080 612 0.003 200 3fa7…`
fn ingress(meaning: &mut Meaning, mut words: Words<'_>) -> Option<()> {
    let (length, time) = (number(words.next()?)?, http::seconds(words.next()?)?);
    let service = words.rest().starts_with('[').then(|| words.next())??;
    let _alternative = words.rest().starts_with('[').then(|| words.next())??;
    let upstream = words.value();
    let (_length, _time, _code) = (words.next()?, words.next()?, words.next()?);
    meaning.set(field::HTTP_REQUEST_LENGTH, length).set(field::DURATION, time);
    meaning.set_text(field::HTTP_REQUEST_UID, words.value());
    meaning.keep_text("upstream_name", service).keep_text("upstream", upstream);
    Some(())
}

/// Traefik: `42 "web@docker" "http://10.0.0.7:8080" 3ms`
fn traefik(meaning: &mut Meaning, mut words: Words<'_>) -> Option<()> {
    let count = number(words.next()?)?;
    let router = words.rest().starts_with('"').then(|| words.next())??;
    let server = words.rest().starts_with('"').then(|| words.next())??;
    let time = number(words.rest().strip_suffix("ms")?)?;
    meaning.set(field::DURATION, time).keep("request_count", count.to_string());
    meaning.keep_text("router", given(router)).keep_text("upstream", given(server));
    Some(())
}

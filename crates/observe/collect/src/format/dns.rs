//! Name servers: BIND's named, Unbound, dnsmasq.
//!
//! Queries and answers are DNS Activity (4003), the servers' course Application Lifecycle (6002), what else they say about
//! themselves is left. Sources: BIND's `lib/ns/query.c`, `client.c`, `xfrout.c` and its manual's "logging", Unbound's
//! `util/log.c` and `util/net_help.c`, dnsmasq's `src/cache.c` (`log_query`).

use super::own_log::{self, RESTART, START, STOP, course, lifecycle};
use super::words::between;
use crate::header::{Clock, Line, epoch, number};
use crate::meaning::{DESTINATION, Meaning, SOURCE};
use vigie_model::event::Class;
use vigie_model::event::ocsf::activity::dns_activity;
use vigie_model::event::ocsf::{action_id, field};

/// Reads a line of a file of named: `21-Nov-2026 08:30:00.123 queries: info: client …`.
pub(super) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Option<(Line<'a>, Meaning)> {
    let (time, rest) = clock.day_first(text)?;
    let message = rest.strip_prefix(' ')?;
    let meaning = named(message)?;
    Some((Line { time: Some(time), program: "named", message, ..Line::default() }, meaning))
}

/// Reads a line of a file of Unbound: `[1795249800] unbound[842:0] info: 192.0.2.7 example.com. A IN`.
pub(super) fn read_unbound(text: &str) -> Option<(Line<'_>, Meaning)> {
    let (seconds, rest) = text.strip_prefix('[')?.split_once("] unbound[")?;
    let (pid, message) = rest.split_once("] ")?;
    let pid = number(pid.split(':').next()?);
    Some((Line { time: epoch(seconds), program: "unbound", pid, message, ..Line::default() }, unbound(message)?))
}

/// Reads the message of a line that came over syslog.
pub(super) fn parse(program: &str, line: &Line<'_>) -> Option<Meaning> {
    let text = line.message.trim();
    match program {
        "dnsmasq" => dnsmasq(text),
        "unbound" => unbound(text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(text, |(_, rest)| rest)),
        _ => named(text),
    }
}

fn asked(format: &'static str, activity: u8, name: &str, kind: &str) -> Meaning {
    let mut meaning = Meaning::new(format, Class::DnsActivity, activity);
    meaning.set_text(field::QUERY_HOSTNAME, name.trim_end_matches('.')).set_text(field::QUERY_TYPE, kind);
    meaning
}

/// `[queries: info: ]client @0x7f 192.0.2.7#50022 (example.com): [view x: ]query: example.com IN A +E(0)K (198.51.100.1)`
pub(super) fn named(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "named";
    let at = text.find("client ").filter(|at| *at < 48);
    let Some(rest) = at.and_then(|at| text.get(at + 7..)) else { return named_itself(text) };
    let rest = rest.strip_prefix('@').and_then(|rest| rest.split_once(' ')).map_or(rest, |(_, rest)| rest);
    let (client, rest) = rest.split_once('#')?;
    let (port, mut rest) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
    let mut signer = "";
    if let Some((key, after)) = rest.strip_prefix("/key ").and_then(|rest| rest.split_once([':', ' '])) {
        (signer, rest) = (key, after);
    }
    let named_in_brackets = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (zone, rest) = named_in_brackets.unwrap_or(("", rest));
    let rest = rest.trim_start_matches([':', ' ']);
    let rest = rest.strip_prefix("view ").and_then(|rest| rest.split_once(": ")).map_or(rest, |(_, rest)| rest);
    let mut meaning = if let Some(query) = rest.strip_prefix("query: ") {
        let mut words = query.split(' ');
        let (name, class, kind, flags) = (words.next()?, words.next()?, words.next()?, words.next().unwrap_or_default());
        let mut meaning = asked(FORMAT, dns_activity::QUERY, name, kind);
        meaning.set_text(field::QUERY_CLASS, class).keep_text("flags", flags);
        let server = words.next().unwrap_or_default();
        meaning.endpoint(DESTINATION, server.trim_matches(['(', ')']), None);
        meaning
    } else {
        // `query (cache) 'example.com/A/IN' denied`, `zone transfer 'example.com/AXFR/IN' denied`, `update 'example.com/IN' denied`
        let mut parts = between(rest, "'", "'").unwrap_or(zone).split('/');
        let (name, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let is_denied = rest.contains("denied") || rest.contains("REFUSED") || rest.contains("rate limit");
        let activity =
            if rest.starts_with("query") || rest.contains("transfer") { dns_activity::QUERY } else { dns_activity::OTHER };
        let mut meaning = asked(FORMAT, activity, name, if kind == "IN" { "" } else { kind });
        if is_denied {
            meaning.set(field::ACTION_ID, action_id::DENIED).failed(rest);
        } else {
            meaning.set_text(field::STATUS_DETAIL, rest);
        }
        meaning
    };
    meaning.endpoint(SOURCE, client, number(port)).keep_text("key", signer);
    Some(meaning)
}

fn named_itself(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "named";
    let marks = [("starting BIND ", START), ("reloading configuration succeeded", RESTART)];
    let activity = course(text, &marks).or(match text {
        "running" | "all zones loaded" => Some(START),
        "exiting" | "shutting down" => Some(STOP),
        _ => None,
    });
    if let Some(activity) = activity {
        let mut meaning = lifecycle(FORMAT, activity, "named");
        meaning.succeeded().set_text(
            field::APP_VERSION,
            text.strip_prefix("starting ").and_then(|rest| rest.split(' ').nth(1)).unwrap_or_default(),
        );
        return Some(meaning);
    }
    // `error (network unreachable) resolving 'example.com/A/IN': 198.51.100.1#53`
    if let Some(rest) = between(text, " resolving '", "'") {
        let mut parts = rest.split('/');
        let mut meaning = asked(FORMAT, dns_activity::RESPONSE, parts.next()?, parts.next().unwrap_or_default());
        meaning.failed(text.split(" resolving '").next().unwrap_or_default());
        let server = text.rsplit(' ').next().unwrap_or_default();
        let (host, port) = server.split_once('#').unwrap_or(("", ""));
        meaning.endpoint(DESTINATION, host, number(port));
        return Some(meaning);
    }
    let is_zone = text.starts_with("zone ")
        || text.starts_with("transfer of '")
        || text.starts_with("received notify")
        || text.starts_with("received control channel command");
    is_zone.then(|| {
        own_log::said(
            FORMAT,
            if text.contains("fail") || text.contains("refused") || text.contains("expired") { "warning" } else { "info" },
        )
    })
}

/// `info: 192.0.2.7 example.com. A IN[ NOERROR 0.012 0 45]`
fn unbound(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "unbound";
    let (level, rest) = text.split_once(": ")?;
    let mut words = rest.split(' ');
    if let (Some(host), Some(name), Some(kind), Some(class)) = (words.next(), words.next(), words.next(), words.next())
        && host.parse::<std::net::IpAddr>().is_ok()
    {
        let code = words.next().unwrap_or_default();
        let mut meaning = asked(FORMAT, if code.is_empty() { dns_activity::QUERY } else { dns_activity::RESPONSE }, name, kind);
        meaning.set_text(field::QUERY_CLASS, class).set_text(field::RCODE, code).endpoint(SOURCE, host, None);
        meaning.set_some(field::DURATION, words.next().and_then(super::http::seconds));
        return Some(meaning);
    }
    if let Some(activity) = course(rest, &[("start of service", START), ("service stopped", STOP)]) {
        let mut meaning = lifecycle(FORMAT, activity, "unbound");
        meaning.succeeded();
        return Some(meaning);
    }
    super::level::severity(level).map(|_| own_log::said(FORMAT, level))
}

/// `query[A] example.com from 192.0.2.7`, `reply example.com is 198.51.100.1`, `forwarded example.com to 198.51.100.53`
fn dnsmasq(text: &str) -> Option<Meaning> {
    const FORMAT: &str = "dnsmasq";
    if let Some(activity) =
        course(text, &[("started, version ", START), ("exiting on receipt of SIGTERM", STOP), ("started, cache disabled", START)])
    {
        let mut meaning = lifecycle(FORMAT, activity, "dnsmasq");
        meaning.succeeded();
        return Some(meaning);
    }
    // With `log-queries=extra` a serial number and the client stand in front.
    let mut words = text.split(' ');
    let mut verb = words.next()?;
    let mut client = "";
    if number(verb).is_some() {
        client = words.next()?.split('/').next()?;
        verb = words.next()?;
    }
    let (name, joint, value) = (words.next()?, words.next()?, words.next()?);
    let mut meaning = match (verb.split('[').next()?, joint) {
        ("query", "from") => {
            let mut meaning = asked(FORMAT, dns_activity::QUERY, name, between(verb, "[", "]").unwrap_or_default());
            client = value;
            meaning.set(field::QUERY_CLASS, "IN");
            meaning
        }
        ("forwarded", "to") => {
            let mut meaning = asked(FORMAT, dns_activity::TRAFFIC, name, "");
            meaning.endpoint(DESTINATION, value, None);
            meaning
        }
        ("reply" | "cached" | "config" | "DHCP" | "validation" | "special", "is") => answer(FORMAT, name, value),
        (path, "is") if path.starts_with('/') => answer(FORMAT, name, value),
        _ => return None,
    };
    meaning.endpoint(SOURCE, client, None).keep("how", verb);
    Some(meaning)
}

fn answer(format: &'static str, name: &str, value: &str) -> Meaning {
    let mut meaning = asked(format, dns_activity::RESPONSE, name, "");
    if value.starts_with("NXDOMAIN") || value.starts_with("NODATA") {
        meaning.set(field::RCODE, value);
    } else {
        let data: Box<[Box<str>]> = Box::new([value.into()]);
        meaning.set(field::ANSWERS_RDATA, data);
    }
    meaning
}

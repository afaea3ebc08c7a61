//! Lines that are known by their form, because no header says who wrote them.
//!
//! Programs that keep a file of their own write neither host nor name. The first bytes choose what is tried, so
//! that a line of another form costs a few comparisons. A form is strict: it has a time at its place, or something
//! that nobody else writes.

use super::{
    apache, dns, envoy, exchange, exim, ftp, iis, level, mongodb, mysql, nginx, panels, postgres, redis, samba, sqlserver, squid,
    web_access,
};
use crate::header::{Clock, Line};
use crate::meaning::Meaning;

/// A line and what it means.
type Read<'a> = Option<(Line<'a>, Meaning)>;

/// Reads a whole record, if it has a form of its own.
pub(crate) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    let text = text.trim_start_matches(' ');
    let bytes = text.as_bytes();
    let at = |at: usize| bytes.get(at).copied().unwrap_or_default();
    match at(0) {
        b'[' => bracket(text, clock),
        b'0'..=b'9' if at(2) == b'-' && at(6) == b'-' => dns::read(text, clock),
        b'0'..=b'9' => match (at(4), at(6), at(8)) {
            (b'-', _, _) => dated(text, clock),
            (b'/', _, _) => nginx::read(text, clock),
            (_, b' ', _) => mysql::read_old(text, clock),
            (_, _, b' ') => mysql::read_audit(text, clock).or_else(|| numbered(text, clock)),
            _ => numbered(text, clock),
        },
        b':' | b'-' => web_access::read(text, clock),
        b'a'..=b'z' | b'A'..=b'Z' => word(text, clock),
        _ => None,
    }
}

/// A line that begins with digits that are no date: an address, seconds since 1970, a process id.
fn numbered<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes().get(digits) {
        Some(b'.') if digits >= 9 => squid::read(text),
        Some(b':') => redis::read(text, clock).or_else(|| web_access::read(text, clock)),
        _ => web_access::read(text, clock),
    }
}

/// `[…`
fn bracket<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    let bytes = text.as_bytes();
    if bytes.get(1).is_some_and(u8::is_ascii_digit) {
        return match (bytes.get(5), bytes.get(11)) {
            (Some(b'-'), Some(b'T')) => envoy::read(text, clock),
            (Some(b'-'), _) => panels::read_cpanel(text, clock),
            (Some(b'/'), _) => samba::read(text, clock),
            _ => redis::read(text, clock).or_else(|| dns::read_unbound(text)),
        };
    }
    apache::read(text, clock)
}

/// `2026-11-21…`
fn dated<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    let Some((time, rest)) = clock.iso(text) else {
        return mysql::read_padded(text, clock);
    };
    match rest.as_bytes().first()? {
        b',' => return postgres::csv(text, time).or_else(|| exchange::read(time, rest)),
        b' ' if !is_syslog(rest) => {}
        _ => return None,
    }
    iis::read(text)
        .or_else(|| mysql::entry(rest, Some(time)))
        .or_else(|| mongodb::read(time, rest))
        .or_else(|| sqlserver::read(time, rest))
        .or_else(|| postgres::read(time, rest))
        .or_else(|| exim::read(time, rest))
}

/// Whether host and program of a syslog header follow a time: ` web-1 sshd[842]: `.
fn is_syslog(rest: &str) -> bool {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let (Some(host), Some(program)) = (words.next(), words.next()) else { return false };
    let Some(name) = program.strip_suffix(':') else { return false };
    !host.starts_with('[') && !host.ends_with(']') && level::severity(host).is_none() && level::severity(name).is_none()
}

/// A line that begins with a letter: not one of syslog, which begins with a month.
fn word<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    let bytes = text.as_bytes();
    if bytes.get(3) == Some(&b' ') && bytes.first().is_some_and(u8::is_ascii_uppercase) {
        return match text.get(..3)? {
            "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun" => ftp::read(text, clock),
            _ => None,
        };
    }
    if text.starts_with("client ") {
        return dns::named(text).map(|meaning| (Line { message: text, ..Line::default() }, meaning));
    }
    if text.starts_with("proftpd[") {
        // A version of ProFTPD that puts no colon behind its name.
        let message = text.split_once("] ")?.1;
        let line = Line { program: "proftpd", message, ..Line::default() };
        return ftp::parse("proftpd", &line).map(|meaning| (line, meaning));
    }
    web_access::read(text, clock)
}

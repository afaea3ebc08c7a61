//! Lines that are known by their form, because no header says who wrote them.
//!
//! Programs that keep a file of their own write neither host nor name. The first bytes choose what is tried, so
//! that a line of another form costs a few comparisons. A form is strict: it has a time at its place, or something
//! that nobody else writes.

use super::{
    apache, app_log, asterisk, audit, dns, envoy, exchange, exim, ftp, gitlab, guards, iis, keycloak, level, mongodb, mysql,
    nginx, panels, postgres, proxifier, redis, samba, sqlserver, squid, web_access,
};
use crate::header::{Clock, Line};
use crate::meaning::Meaning;

/// A line and what it means.
type Read<'a> = Option<(Line<'a>, Meaning)>;

/// How pairs begin that carry a level.
const LOGFMT: [&str; 6] = ["time=", "ts=", "t=", "level=", "lvl=", "msg="];

/// Months that are written in full; the others are as in syslog.
const MONTHS: [&str; 12] = [
    "January ",
    "February ",
    "March ",
    "April ",
    "May ",
    "June ",
    "July ",
    "August ",
    "September ",
    "October ",
    "November ",
    "December ",
];

/// Reads a whole record, if it has a form of its own.
pub(crate) fn read<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    let text = text.trim_start_matches(' ');
    let bytes = text.as_bytes();
    let at = |at: usize| bytes.get(at).copied().unwrap_or_default();
    match at(0) {
        b'[' => bracket(text, clock),
        b'0'..=b'9' if at(2) == b'-' && at(6) == b'-' => day_first(text, clock),
        b'0'..=b'9' if at(2) == b'/' => app_log::read_short(text, clock).or_else(|| guards::read_alert(text, clock)),
        b'0'..=b'9' => match (at(4), at(6), at(8)) {
            (b'-', _, _) => dated(text, clock),
            (b'/', _, _) => slashed(text, clock),
            (_, b' ', _) => {
                mysql::read_old(text, clock).or_else(|| app_log::read_short(text, clock)).or_else(|| numbered(text, clock))
            }
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
        Some(b' ') => app_log::read_cluster(text),
        _ => web_access::read(text, clock),
    }
}

/// `21-Nov-2026 …`
fn day_first<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    dns::read(text, clock).or_else(|| {
        let (time, rest) = clock.day_first(text)?;
        app_log::read(time, rest)
    })
}

/// `2026/11/21 …`
fn slashed<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    nginx::read(text, clock).or_else(|| {
        let (time, rest) = clock.slashed(text)?;
        guards::read_wazuh(time, rest).or_else(|| app_log::read(time, rest))
    })
}

/// `[…`
fn bracket<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    let bytes = text.as_bytes();
    if bytes.get(1).is_some_and(u8::is_ascii_digit) {
        return match (bytes.get(3), bytes.get(5), bytes.get(11)) {
            (_, Some(b'-'), Some(b'T')) => envoy::read(text, clock).or_else(|| app_log::read_bracket(text, clock)),
            (_, Some(b'-'), _) => panels::read_cpanel(text, clock)
                .or_else(|| asterisk::read(text, clock))
                .or_else(|| app_log::read_bracket(text, clock)),
            (_, Some(b'/'), _) => samba::read(text, clock),
            (Some(b'-'), _, _) => app_log::read_bracket(text, clock),
            (Some(b'.'), _, _) => proxifier::read(text, clock),
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
        b',' if rest.starts_with(", ") => return app_log::read(time, rest),
        b',' => return postgres::csv(text, time).or_else(|| exchange::read(time, rest)),
        // MySQL's general log.
        b'\t' => return mysql::entry(rest, Some(time)),
        b' ' if !is_syslog(rest) => {}
        _ => return None,
    }
    iis::read(text)
        .or_else(|| mysql::entry(rest, Some(time)))
        .or_else(|| mongodb::read(time, rest))
        .or_else(|| sqlserver::read(time, rest))
        .or_else(|| postgres::read(time, rest))
        .or_else(|| guards::read_fail2ban(time, rest))
        .or_else(|| exim::read(time, rest))
        .or_else(|| keycloak::read(time, rest))
        .or_else(|| app_log::read(time, rest))
}

/// Whether host and program of a syslog header follow a time: ` web-1 sshd[842]: `.
fn is_syslog(rest: &str) -> bool {
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let (Some(host), Some(program)) = (words.next(), words.next()) else { return false };
    let Some(name) = program.strip_suffix(':') else { return false };
    !host.starts_with('[')
        && !name.starts_with('[')
        && !host.ends_with(']')
        && level::severity(host).is_none()
        && level::severity(name).is_none()
}

/// A line that begins with a letter: not one of syslog, which begins with a month.
fn word<'a>(text: &'a str, clock: &mut Clock<'_>) -> Read<'a> {
    let bytes = text.as_bytes();
    if bytes.get(3) == Some(&b' ') && bytes.first().is_some_and(u8::is_ascii_uppercase) {
        return match text.get(..3)? {
            "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun" => ftp::read(text, clock).or_else(|| {
                let (time, rest) = clock.ctime(text)?;
                guards::read_response(time, rest).or_else(|| guards::read_clamav(time, rest))
            }),
            _ => None,
        };
    }
    if bytes.get(1).is_some_and(u8::is_ascii_digit) && matches!(bytes.first(), Some(b'I' | b'W' | b'E' | b'F')) {
        return app_log::read_klog(text, clock);
    }
    if bytes.get(4) == Some(&b'[') {
        return app_log::read_logrus(text, clock);
    }
    if bytes.get(1) == Some(&b',') {
        return app_log::read_ruby(text, clock);
    }
    if text.starts_with("type=") || text.starts_with("node=") {
        return audit::formed(text);
    }
    if LOGFMT.iter().any(|start| text.starts_with(start)) {
        return app_log::read_logfmt(text, clock);
    }
    if text.starts_with("Started ") {
        return gitlab::read_rails(text, clock);
    }
    if MONTHS.iter().any(|month| text.starts_with(month)) {
        return gitlab::read(text, clock);
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

//! Syslog headers: RFC 5424, RFC 3164, and what programs really write.
//!
//! `<34>1 2026-11-21T08:30:00Z web-1 sshd 842 - [a b="c"] text` · `<38>Nov 21 08:30:00 web-1
//! sshd[842]: text` · the same without priority, as in files · with an ISO time, as rsyslog writes
//! since Debian 12 · without host, as over `/dev/log` · with a year. RFC 3164 describes what was
//! seen, not a format: where it is ambiguous, a first word that ends in `:` or `]:` is the program.

use super::time::{Civil, LocalTime, number};
use super::zone::{Zone, read_zone};
use super::{Cow, Line};
use crate::seek::Seek;
use vigie_model::time::Timestamp;

/// Longest name of a program that is taken for one; RFC 5424 allows 48.
const PROGRAM_MAX: usize = 64;

/// Longest host name, as in the DNS.
const HOST_MAX: usize = 255;

/// Most parameters read out of the structured data of one record.
const PARAMETERS_MAX: usize = 128;

/// Reads a record. What has no header that makes sense is all message.
pub(crate) fn parse<'a>(text: &'a str, received: Timestamp, local: &mut LocalTime) -> Line<'a> {
    let (priority, rest) = read_priority(text);
    let mut line = if let Some(line) = read_5424(rest, local) { line } else { read_3164(rest, received, local) };
    line.facility = priority.map(|priority| priority / 8);
    line.severity = priority.map(|priority| priority % 8);
    line
}

/// `<34>`: facility × 8 + severity, at most 191.
fn read_priority(text: &str) -> (Option<u8>, &str) {
    let read = || {
        let (digits, rest) = text.strip_prefix('<')?.cut(">")?;
        let priority = number(digits).filter(|_| digits.len() <= 3)?;
        Some((u8::try_from(priority).ok().filter(|priority| *priority <= 191)?, rest))
    };
    read().map_or((None, text), |(priority, rest)| (Some(priority), rest))
}

fn read_5424<'a>(text: &'a str, local: &mut LocalTime) -> Option<Line<'a>> {
    let rest = text.strip_prefix("1 ")?;
    let mut words = rest.splitn(6, ' ');
    let time = words.next()?;
    let (host, program, pid, id) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let rest = words.next()?;
    let mut line = Line {
        time: if time == "-" { None } else { Some(read_time(time, local)?.0) },
        host: given(host).filter(|host| host.len() <= HOST_MAX),
        program: given(program).unwrap_or_default(),
        pid: number(pid),
        ..Line::default()
    };
    if let (Some(pid), None) = (given(pid), line.pid) {
        line.more.push((Cow::Borrowed("procid"), Cow::Borrowed(pid)));
    }
    if let Some(id) = given(id) {
        line.more.push((Cow::Borrowed("msgid"), Cow::Borrowed(id)));
    }
    let message = if let Some(rest) = rest.strip_prefix('-') {
        rest
    } else if is_structured(rest) {
        read_structured(rest, &mut line.more)?
    } else {
        rest
    };
    // rsyslog puts the blank behind the tag of RFC 3164 in front of the message.
    let message = message.trim_start_matches([' ', '\t']);
    line.message = message.strip_prefix('\u{feff}').unwrap_or(message);
    Some(line)
}

fn given(word: &str) -> Option<&str> {
    (word != "-" && !word.is_empty()).then_some(word)
}

/// Check Point writes `[action:"Accept"; …]` where structured data belongs: that is the message.
fn is_structured(text: &str) -> bool {
    let id = text.split([' ', ']']).next().unwrap_or_default();
    !(text.starts_with('[') && id.has(":\""))
}

/// `[id name="value" …][id …]`, with `\"`, `\\` and `\]` in values. Gives what follows.
fn read_structured<'a>(text: &'a str, more: &mut Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Option<&'a str> {
    let mut rest = text;
    while let Some(element) = rest.strip_prefix('[') {
        let end = element.find([' ', ']'])?;
        let (id, mut inside) = element.split_at_checked(end)?;
        while let Some(parameter) = inside.strip_prefix(' ') {
            let (name, quoted) = parameter.cut("=\"")?;
            let (value, after) = read_quoted(quoted)?;
            if more.len() < PARAMETERS_MAX {
                more.push((Cow::Owned(format!("{id}.{name}")), value));
            }
            inside = after;
        }
        rest = inside.strip_prefix(']')?;
    }
    (rest.len() < text.len()).then_some(rest)
}

fn read_quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut escaped = false;
    let mut any = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        any |= escaped;
        is_end
    })?;
    let (value, rest) = text.split_at_checked(end)?;
    let value = if any {
        let plain = value.replace("\\\"", "\"").replace("\\]", "]").replace("\\\\", "\\");
        Cow::Owned(plain)
    } else {
        Cow::Borrowed(value)
    };
    Some((value, rest.strip_prefix('"')?))
}

fn read_3164<'a>(text: &'a str, received: Timestamp, local: &mut LocalTime) -> Line<'a> {
    let mut zone = None;
    let Some((time, rest)) = read_any_time(text, received, local, &mut zone) else {
        let (program, pid, message) = read_program(text).unwrap_or(("", None, text));
        return Line { program, pid, message, ..Line::default() };
    };
    let more = zone.map(|zone| (Cow::Borrowed("time_zone"), Cow::Borrowed(zone))).into_iter().collect();
    let rest = rest.trim_start_matches(' ');
    let (first, after) = rest.cut(" ").unwrap_or((rest, ""));
    if first.ends_with(':') || first.len() > HOST_MAX || !is_name(first) {
        let (program, pid, message) = read_program(rest).unwrap_or(("", None, rest));
        return Line { time: Some(time), program, pid, message, more, ..Line::default() };
    }
    let after = after.trim_start_matches(' ');
    let (program, pid, message) = read_program(after).unwrap_or(("", None, after));
    Line { time: Some(time), host: given(sender(first)), program, pid, message, more, ..Line::default() }
}

/// `collector->192.0.2.1`, as archives of a manager write: who sent it, or whose file it was.
fn sender(host: &str) -> &str {
    host.cut("->").map_or(host, |(collector, from)| if from.contains('/') { collector } else { from })
}

/// Whether a word may name a host or a program: pairs, lists and JSON are the message already, and so is what a tab parts.
fn is_name(word: &str) -> bool {
    !word.bytes().any(|byte| matches!(byte, b'=' | b',' | b'"' | b'{' | b'<' | b'|' | b'\x00'..=b' ' | b'\x7f'))
}

/// `sshd[842]: text` → program, process id, message.
fn read_program(text: &str) -> Option<(&str, Option<i64>, &str)> {
    let (tag, message) = text.cut(":")?;
    // Routers put the number of the record there.
    if tag.bytes().all(|byte| byte.is_ascii_digit())
        || tag.starts_with('[')
        || tag.len() > PROGRAM_MAX
        || tag.bytes().any(|byte| byte.is_ascii_whitespace())
        || !is_name(tag.split('(').next().unwrap_or(tag))
    {
        return None;
    }
    let (program, pid) = match tag.strip_suffix(']').and_then(|tag| tag.rcut("[")) {
        Some((program, pid)) if number(pid).is_some() => (program, number(pid)),
        _ => (tag, None),
    };
    // Templates of rsyslog write a blank of their own before the one that is part of the message.
    Some((program, pid, message.trim_start_matches([' ', '\t'])))
}

/// A time of RFC 3164, with or without year and zone, or an ISO time. Gives what follows, and the name of a zone that means
/// several.
fn read_any_time<'a>(
    text: &'a str,
    received: Timestamp,
    local: &mut LocalTime,
    several: &mut Option<&'static str>,
) -> Option<(Timestamp, &'a str)> {
    let (civil, rest) = if text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        if let Some((civil, rest)) = Civil::read_iso(text) {
            if let Some((offset, rest)) = read_offset(rest) {
                return Some((civil.at_offset(offset)?, rest));
            }
            (civil, rest)
        } else {
            read_year_first(text)?
        }
    } else {
        // Some devices mark an unsynchronised clock with `*` or `.`.
        let text = text.trim_start_matches(['*', '.', ' ']);
        Civil::read_syslog(text).or_else(|| read_year_third(text))?
    };
    let (zone, rest) = zone_behind(rest).map_or((None, rest), |(zone, rest)| (Some(zone), rest));
    let time = match zone {
        Some(Zone::Offset(offset)) if civil.year == 0 => civil.latest_at(offset, received),
        Some(Zone::Offset(offset)) => civil.at_offset(offset),
        _ if civil.year == 0 => local.latest(civil, received),
        _ => local.at(civil),
    };
    if let Some(Zone::Ambiguous(name)) = zone {
        *several = Some(name);
    }
    Some((time?, rest.strip_prefix(':').unwrap_or(rest)))
}

/// A zone behind a time: ` UTC: %ASA-6-302013: …`, ` CET host %SYS-5-CONFIG_I: …`. A word with the program behind it is the
/// host, whatever it is called.
fn zone_behind(rest: &str) -> Option<(Zone, &str)> {
    let rest = rest.strip_prefix(' ')?;
    let is_offset = match rest.as_bytes().first()? {
        b'+' | b'-' => true,
        b'A'..=b'Z' => false,
        _ => return None,
    };
    let (zone, after) = read_zone(rest)?;
    if after.starts_with(':') || is_offset {
        return Some((zone, after));
    }
    let next = after.strip_prefix(' ')?.trim_start_matches(' ').split(' ').next()?;
    (next.starts_with('%') || !next.ends_with(':')).then_some((zone, after))
}

/// `Nov 21 2026 08:30:00.123 …`, as Cisco's devices write.
fn read_year_third(text: &str) -> Option<(Civil, &str)> {
    let (month, rest) = text.cut(" ").filter(|(month, _)| month.len() == 3)?;
    let (day, rest) = rest.trim_start_matches(' ').cut(" ")?;
    let (year, rest) = rest.cut(" ")?;
    let year = number(year).filter(|year| (1970..=9999).contains(year))?;
    let (civil, rest) = Civil::read_syslog_parts(month, day, rest)?;
    Some((Civil { year: i16::try_from(year).ok()?, ..civil }, rest))
}

/// `2026 Nov 21 08:30:00 host …`, as NX-OS writes, and `2026:11:21-08:30:00 host …`, as Sophos UTM does.
pub(crate) fn read_year_first(text: &str) -> Option<(Civil, &str)> {
    if text.as_bytes().get(4) == Some(&b':') && text.as_bytes().get(10) == Some(&b'-') {
        let (date, clock) = (text.get(..10)?.replace(':', "-"), text.get(11..19)?);
        let stamp = format!("{date} {clock}");
        let (civil, _) = Civil::read_iso(&stamp)?;
        return Some((civil, text.get(19..)?));
    }
    let (year, rest) = text.cut(" ").filter(|(year, _)| year.len() == 4)?;
    let year = number(year).filter(|year| (1970..=9999).contains(year))?;
    let (civil, rest) = Civil::read_syslog(rest)?;
    Some((Civil { year: i16::try_from(year).ok()?, ..civil }, rest))
}

/// An ISO time with offset, or without and local. Gives what follows.
fn read_time<'a>(text: &'a str, local: &mut LocalTime) -> Option<(Timestamp, &'a str)> {
    let (civil, rest) = Civil::read_iso(text)?;
    match read_offset(rest) {
        Some((offset, rest)) => Some((civil.at_offset(offset)?, rest)),
        None => Some((local.at(civil)?, rest)),
    }
}

/// `Z`, `+01:00`, `-0700`, `+01`: seconds east of Greenwich.
pub(crate) fn read_offset(text: &str) -> Option<(i64, &str)> {
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        return Some((0, rest));
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = number(text.get(1..3)?)?;
    let rest = text.get(3..)?;
    let minutes = |rest: &str| rest.get(..2).and_then(number);
    let (minutes, rest) = if let Some(after) = rest.strip_prefix(':') {
        (minutes(after)?, after.get(2..)?)
    } else {
        match minutes(rest) {
            Some(minutes) => (minutes, rest.get(2..)?),
            None => (0, rest),
        }
    };
    Some((sign * (hours * 3600 + minutes * 60), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        let received = Timestamp::parse("2026-11-21T08:30:05Z").unwrap();
        let mut local = LocalTime::new(TimeZone::UTC);
        let line = parse(text, received, &mut local);
        let time = line.time.map(|time| time.to_string()).unwrap_or_default();
        let pid = line.pid.map(|pid| pid.to_string()).unwrap_or_default();
        let priority = line.facility.map(|facility| format!("{facility}.{}", line.severity.unwrap())).unwrap_or_default();
        let more: Vec<String> = line.more.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let seen = [&time, line.host.unwrap_or_default(), line.program, &pid, &priority, &more.join(","), line.message].join("|");
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn reads_the_dialects_of_rfc_3164() {
        check("<38>Nov 21 08:30:00 web-1 sshd[842]: text: a", "2026-11-21T08:30:00Z|web-1|sshd|842|4.6||text: a");
        check("Nov  1 08:30:00 web-1 su(pam_unix)[1]: x", "2026-11-01T08:30:00Z|web-1|su(pam_unix)|1|||x");
        check("<13>Nov 21 08:30:00 eva: over /dev/log", "2026-11-21T08:30:00Z||eva||1.5||over /dev/log");
        check(
            "2026-11-21T09:30:00.123456+01:00 web-1 kernel: [  1.5] usb",
            "2026-11-21T08:30:00.123456Z|web-1|kernel||||[  1.5] usb",
        );
        check("2026-11-21 00:30:00.5-0800  localhost sshd[9]: x", "2026-11-21T08:30:00.5Z|localhost|sshd|9|||x");
        check("<189>Nov 21 2026 08:30:00: %LINK-3: down", "2026-11-21T08:30:00Z||%LINK-3||23.5||down");
        check(
            "Nov 21 08:30:00 web-1 last message repeated 2 times",
            "2026-11-21T08:30:00Z|web-1||||||last message repeated 2 times".replace("||||||", "|||||").as_str(),
        );
        check("Nov 21 08:30:00 web-1 sudo:     eva : TTY=x", "2026-11-21T08:30:00Z|web-1|sudo||||eva : TTY=x");
    }

    #[test]
    fn reads_rfc_5424() {
        check(
            r#"<165>1 2026-11-21T08:30:00.003Z web-1 evntslog 42 ID47 [a@1 iut="3" s="\"x\" \]"][b@2 c="d"] text"#,
            r#"2026-11-21T08:30:00.003Z|web-1|evntslog|42|20.5|msgid=ID47,a@1.iut=3,a@1.s="x" ],b@2.c=d|text"#,
        );
        check("<34>1 - - su - - - \u{feff}'su root' failed", "||su||4.2||'su root' failed");
        check("<34>1 2026-11-21T08:30:00Z h p - - -", "2026-11-21T08:30:00Z|h|p||4.2||");
    }

    #[test]
    fn what_has_no_header_is_all_message() {
        check("just words", "||||||just words");
        check("<999>x", "||||||<999>x");
        check("", "||||||");
        check("<34>1 yesterday h p - - - x", "||||4.2||1 yesterday h p - - - x");
        check("<34>1 2026-11-21T08:30:00Z h p - - [a b=\"c", "||||4.2||1 2026-11-21T08:30:00Z h p - - [a b=\"c");
        check("app: text", "||app||||text");
        check("polkitd(authority=local): text", "||polkitd(authority=local)||||text");
    }

    #[test]
    fn pairs_lists_and_json_are_no_names() {
        check("Nov 21 08:30:00 date=2026-11-21 time=08: 30", "2026-11-21T08:30:00Z||||||date=2026-11-21 time=08: 30");
        check("Nov 21 08:30:00 1,2026/11/21 08:30:00,x", "2026-11-21T08:30:00Z||||||1,2026/11/21 08:30:00,x");
        check(r#"{"a":1}"#, r#"||||||{"a":1}"#);
        check(
            r#"<134>1 2026-11-21T08:30:00Z h CheckPoint 42 - [action:"Accept"; a:"b"]"#,
            r#"2026-11-21T08:30:00Z|h|CheckPoint|42|16.6||[action:"Accept"; a:"b"]"#,
        );
        check("1 2026-11-21T08:30:00Z h p - - - text", "2026-11-21T08:30:00Z|h|p||||text");
        check("2026 Nov 21 08:30:00 h %X-5-Y: text", "2026-11-21T08:30:00Z|h|%X-5-Y||||text");
        check("2026-11-21 08:30:00\t   42 Query\tselect 1", "2026-11-21T08:30:00Z||||||\t   42 Query\tselect 1");
    }

    #[test]
    fn zones_of_devices_are_part_of_the_time() {
        check("<189>2026 Nov 21 08:30:00.5 CET: %X-5-Y: text", "2026-11-21T07:30:00.5Z||%X-5-Y||23.5||text");
        check("<189>*Nov 21 08:30:00.5 EST: %X-5-Y: text", "2026-11-21T13:30:00.5Z||%X-5-Y||23.5||text");
        check("Nov 21 2026 03:30:00.123 EST: %X-5-Y: text", "2026-11-21T08:30:00.123Z||%X-5-Y||||text");
        check("Nov  2 2026 08:30:00 UTC fw-1 : %X-5-Y: text", "2026-11-02T08:30:00Z|fw-1|||||: %X-5-Y: text");
        check("2026-11-21 09:30:00 +0100 web-1 sshd[842]: text", "2026-11-21T08:30:00Z|web-1|sshd|842|||text");
        check("Nov 21 09:30:00 CET %X-5-Y: text", "2026-11-21T08:30:00Z||%X-5-Y||||text");
        check("Nov 21 08:30:00 CST: %X-5-Y: text", "2026-11-21T08:30:00Z||%X-5-Y|||time_zone=CST|text");
        // A host may be called so.
        check("Nov 21 08:30:00 MSK sshd[842]: text", "2026-11-21T08:30:00Z|MSK|sshd|842|||text");
        check("Nov 21 08:30:00 EST1 text", "2026-11-21T08:30:00Z|EST1|||||text");
    }

    proptest! {
        #[test]
        fn nothing_panics(text: String, start in "(<[0-9]{1,3}>)?(1 )?(2026-11-21T08:30:00)?(Nov 21 08:30:00)?[ \\[\"\\\\a=\\]+:.é-]{0,20}") {
            let mut local = LocalTime::new(TimeZone::UTC);
            let text = format!("{start}{text}");
            let line = parse(&text, Timestamp::EPOCH, &mut local);
            prop_assert!(text.ends_with(line.message));
        }
    }
}

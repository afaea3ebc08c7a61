//! Times as devices write them inside their messages.

use crate::header::syslog::read_year_first;
use crate::header::{Civil, When, Zone, number, read_zone};
use crate::meaning::Meaning;
use vigie_model::time::Timestamp;

/// A date (`2026-11-21`, `2026/11/21`) and a time of day in two texts, with an offset if there is one.
pub(crate) fn date_and_time(date: &str, time: &str, offset: &str) -> Option<When> {
    let mut parts = date.trim().split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let mut parts = time.split(':').map(str::trim);
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (second, fraction) = second.split_once(['.', ',']).unwrap_or((second, ""));
    let mut digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let micros = digits.try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0')))?;
    let civil = Civil {
        year: i16::try_from(number(year)?).ok()?,
        month: i8::try_from(number(month)?).ok()?,
        day: i8::try_from(number(day)?).ok()?,
        hour: i8::try_from(number(hour)?).ok()?,
        minute: i8::try_from(number(minute)?).ok()?,
        second: i8::try_from(number(second)?).ok()?,
        micros,
    };
    zoned(civil, offset)
}

/// A time with the zone that follows it, or nothing for the local one; a name that is not understood is local, too.
fn zoned(civil: Civil, zone: &str) -> Option<When> {
    match zone_of(zone) {
        Some(offset) if civil.year == 0 => Some(When::Latest(civil, offset)),
        Some(offset) => civil.at_offset(offset).map(When::At),
        None => Some(When::Local(civil)),
    }
}

/// Seconds east of Greenwich; names in any case, as administrators write them.
fn zone_of(zone: &str) -> Option<i64> {
    let zone = zone.trim().trim_end_matches(':');
    let read = |zone: &str| match read_zone(zone)? {
        (Zone::Offset(offset), _) => Some(offset),
        (Zone::Ambiguous(_), _) => None,
    };
    let is_small = zone.len() <= 5 && zone.bytes().any(|byte| byte.is_ascii_lowercase());
    if is_small { read(&zone.to_ascii_uppercase()) } else { read(zone) }
}

/// Sets when an event was by a time that CEF and LEEF allow, and keeps the name of a zone that means several. False for
/// what is no time.
pub(crate) fn set(meaning: &mut Meaning, text: &str) -> bool {
    let Some(when) = any(text) else { return false };
    if matches!(when, When::Local(_)) {
        let name = text.trim().rsplit(' ').next().unwrap_or_default();
        if name.len() <= 5 && name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            meaning.keep_text("time_zone", name);
        }
    }
    meaning.when = Some(when);
    true
}

/// What stands before the tag of a message of Cisco's: `29: router-1: *Oct  6 03:32:04.114 UTC: `, `Nov 21 2026 08:30:00 EST: `,
/// `2026 Nov 21 08:30:00.123 CET: `. The time, marked where the clock is not set, and the name.
pub(crate) fn before_tag(meaning: &mut Meaning, before: &str) {
    for part in before.split(": ") {
        let part = part.trim_matches([' ', '*', '.', ':']);
        if part.is_empty() || part.bytes().all(|byte| byte.is_ascii_digit()) || set(meaning, part) {
            continue;
        }
        if part.starts_with(|sign: char| sign.is_ascii_alphabetic()) && !part.contains([' ', '[']) {
            meaning.host = Some(part.into());
        }
    }
}

/// Seconds since 1970, or a thousand times, a million times, a milliard times as many.
pub(crate) fn epoch(text: &str) -> Option<When> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number: i64 = whole.parse().ok().filter(|number| *number > 0)?;
    Some(When::At(match whole.len() {
        9 | 10 => {
            let micros = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
            let micros = micros.fold(0_i64, |sum, digit| sum * 10 + i64::from(digit.wrapping_sub(b'0') % 10));
            Timestamp::from_seconds(number).plus_micros(micros)
        }
        12 | 13 => Timestamp::from_micros(number.checked_mul(1000)?),
        15 | 16 => Timestamp::from_micros(number),
        18 | 19 => Timestamp::from_micros(number / 1000),
        _ => return None,
    }))
}

/// Any time that CEF and LEEF allow: since 1970, ISO, `Nov 21 2026 08:30:00.123 CET`, without year.
pub(crate) fn any(text: &str) -> Option<When> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return epoch(text);
    }
    if let Some((civil, rest)) = Civil::read_iso(text) {
        return zoned(civil, rest);
    }
    if let Some((civil, rest)) = Civil::read_syslog(text) {
        // `Nov 21 08:30:00 2026`, as ctime(3) writes behind the weekday.
        let year = number(rest.trim()).and_then(|year| i16::try_from(year).ok()).unwrap_or(0);
        return zoned(Civil { year, ..civil }, if year == 0 { rest } else { "" });
    }
    if let Some((civil, rest)) = read_year_first(text) {
        return zoned(civil, rest);
    }
    let (month, rest) = text.split_once(' ')?;
    let (day, rest) = rest.trim_start_matches(' ').split_once(' ')?;
    let (year, rest) = rest.split_once(' ')?;
    let year = i16::try_from(number(year.trim_end_matches(','))?).ok()?;
    let (civil, rest) = Civil::read_syslog_parts(month, day.trim_end_matches(','), rest)?;
    zoned(Civil { year, ..civil }, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::LocalTime;
    use jiff::tz::TimeZone;

    #[test]
    fn reads_the_times_of_devices() {
        let mut local = LocalTime::new(TimeZone::UTC);
        let received = Timestamp::parse("2026-11-22T00:00:00Z").unwrap();
        for (text, expected) in [
            ("1795249800", "2026-11-21T08:30:00Z"),
            ("1795249800123", "2026-11-21T08:30:00.123Z"),
            ("1795249800123456789", "2026-11-21T08:30:00.123456Z"),
            ("Nov 21 2026 08:30:00", "2026-11-21T08:30:00Z"),
            ("Nov 21 2026 08:30:00.5 UTC", "2026-11-21T08:30:00.5Z"),
            ("Nov 21 08:30:00", "2026-11-21T08:30:00Z"),
            ("2026-11-21T08:30:00.000+01:00", "2026-11-21T07:30:00Z"),
            ("2026-11-21 08:30:00", "2026-11-21T08:30:00Z"),
            ("Nov 21 2026 09:30:00.123 CET", "2026-11-21T08:30:00.123Z"),
            ("Nov  2 2026 09:30:00.000 GMT+01:00", "2026-11-02T08:30:00Z"),
            ("Nov 21 03:30:00 est", "2026-11-21T08:30:00Z"),
            ("2026 Nov 21 03:30:00.5 EST", "2026-11-21T08:30:00.5Z"),
            ("2026-11-21 08:30:00 CST", "2026-11-21T08:30:00Z"),
        ] {
            let time = any(text).and_then(|when| when.timestamp(&mut local, received)).unwrap();
            assert_eq!(time.to_string(), expected, "{text}");
        }
        assert!(any("yesterday").is_none() && any("1").is_none() && any("").is_none());
        let time = date_and_time("2026-11-21", "08: 30: 00", "+0200").unwrap().timestamp(&mut local, received).unwrap();
        assert_eq!(time.to_string(), "2026-11-21T06:30:00Z");
    }
}

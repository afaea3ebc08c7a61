//! Times as programs write them that keep a file of their own.
//!
//! Web servers, databases and C's `ctime` each have their form. A time without zone is local; a zone
//! that is a word is believed where it means one only ([`super::zone`]); else it is local, and the word is remembered.

use super::time::{Civil, LocalTime, month, number, read_fraction, small};
use super::zone::{Zone, named, read_zone};
use super::{Cow, Line};
use vigie_model::time::Timestamp;

/// The name of a zone that means several, among the values that have no field.
const ZONE: &str = "time_zone";

/// Reads times: knows the zone of the machine and when the record came.
#[derive(Debug)]
pub(crate) struct Clock<'z> {
    received: Timestamp,
    local: &'z mut LocalTime,
    /// The name of a zone that means several, of the time that was read last.
    ambiguous: Option<&'static str>,
}

impl<'z> Clock<'z> {
    pub(crate) const fn new(received: Timestamp, local: &'z mut LocalTime) -> Self {
        Self { received, local, ambiguous: None }
    }

    /// The same line with what its time says that could not be believed.
    pub(crate) fn noted<'a>(&self, mut line: Line<'a>) -> Line<'a> {
        if let Some(zone) = self.ambiguous {
            line.more.push((Cow::Borrowed(ZONE), Cow::Borrowed(zone)));
        }
        line
    }

    /// `2026-11-21 08:30:00.123456 +01:00`, with `T` or a blank, with a comma, with or without zone. Gives
    /// what follows, its blanks with it.
    pub(crate) fn iso<'a>(&mut self, text: &'a str) -> Option<(Timestamp, &'a str)> {
        let (civil, rest) = Civil::read_iso(text)?;
        self.with_zone(civil, rest)
    }

    /// `21/Nov/2026:08:30:00 +0100`, as web servers write it. Gives what follows.
    pub(crate) fn common<'a>(&mut self, text: &'a str) -> Option<(Timestamp, &'a str)> {
        let (day, rest) = text.split_once('/')?;
        let (name, rest) = rest.split_once('/')?;
        let (year, rest) = rest.split_once(':')?;
        let (clock, rest) = read_clock(rest)?;
        let civil = Civil { year: read_year(year)?, month: month(name)?, day: small(number(day)?)?, ..clock };
        self.with_zone(civil, rest)
    }

    /// `2026/11/21 08:30:00`, as nginx and Go write it. Gives what follows.
    pub(crate) fn slashed<'a>(&mut self, text: &'a str) -> Option<(Timestamp, &'a str)> {
        let (date, rest) = text.split_once(' ')?;
        let mut parts = date.split('/');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let (clock, rest) = read_clock(rest)?;
        let civil = Civil { year: read_year(year)?, month: small(number(month)?)?, day: small(number(day)?)?, ..clock };
        Some((self.local.at(civil)?, rest))
    }

    /// `Sat Nov 21 08:30:00.123 2026`, as C's `ctime` writes it, also with a zone before the year. Gives what
    /// follows.
    pub(crate) fn ctime<'a>(&mut self, text: &'a str) -> Option<(Timestamp, &'a str)> {
        let (weekday, rest) = text.split_once(' ')?;
        if !matches!(weekday, "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat" | "Sun") {
            return None;
        }
        let (civil, rest) = Civil::read_syslog(rest)?;
        let rest = rest.strip_prefix(' ')?;
        let (word, after) = split_word(rest);
        let (zone, year, rest) = match read_year(word) {
            Some(year) => ("", year, after),
            None => {
                let (year, after) = split_word(after.strip_prefix(' ')?);
                (word, read_year(year)?, after)
            }
        };
        let civil = Civil { year, ..civil };
        Some((self.in_zone(civil, named(zone))?, rest))
    }

    /// `21 Nov 2026 08:30:00.123`, also with hyphens between day, month and year, and without year. Gives what
    /// follows.
    pub(crate) fn day_first<'a>(&mut self, text: &'a str) -> Option<(Timestamp, &'a str)> {
        let (day, rest) = text.split_once([' ', '-'])?;
        let (name, rest) = rest.split_once([' ', '-'])?;
        let (day, month) = (small(number(day)?)?, month(name)?);
        let (word, after) = split_word(rest);
        let Some(year) = read_year(word) else {
            let (clock, rest) = read_clock(rest)?;
            return Some((self.local.latest(Civil { month, day, ..clock }, self.received)?, rest));
        };
        let (clock, rest) = read_clock(after.strip_prefix(' ')?)?;
        self.with_zone(Civil { year, month, day, ..clock }, rest)
    }

    /// A time with the zone that follows it, if one does.
    fn with_zone<'a>(&mut self, civil: Civil, rest: &'a str) -> Option<(Timestamp, &'a str)> {
        let zone = rest.strip_prefix(' ').unwrap_or(rest);
        // A minus that no digits follow is one between words; a name has a blank before it.
        let is_offset = matches!(zone.as_bytes().first(), Some(b'Z' | b'z' | b'+' | b'-'));
        match read_zone(zone).filter(|_| is_offset || zone.len() < rest.len()) {
            Some((zone, after)) => Some((self.in_zone(civil, Some(zone))?, after)),
            None => Some((self.in_zone(civil, None)?, rest)),
        }
    }

    fn in_zone(&mut self, civil: Civil, zone: Option<Zone>) -> Option<Timestamp> {
        match zone {
            Some(Zone::Offset(offset)) => civil.at_offset(offset),
            Some(Zone::Ambiguous(name)) => {
                self.ambiguous = Some(name);
                self.local.at(civil)
            }
            None => self.local.at(civil),
        }
    }
}

/// Reads `08:30:00`, also with a fraction; the date is 0. Gives what follows.
pub(crate) fn read_clock(text: &str) -> Option<(Civil, &str)> {
    let text = text.trim_start_matches(' ');
    let (hour, rest) = text.split_once(':')?;
    let part = |from: usize, to: usize| rest.get(from..to).and_then(number);
    if rest.as_bytes().get(2) != Some(&b':') {
        return None;
    }
    let hour = small(number(hour)?)?;
    let (minute, second) = (small(part(0, 2)?)?, small(part(3, 5)?)?);
    let (micros, rest) = read_fraction(rest.get(5..)?);
    Some((Civil { year: 0, month: 0, day: 0, hour, minute, second, micros }, rest))
}

/// A time of seconds since 1970, with a fraction.
pub(crate) fn epoch(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !(9..=11).contains(&seconds.len()) {
        return None;
    }
    let seconds: i64 = seconds.bytes().all(|byte| byte.is_ascii_digit()).then(|| seconds.parse().ok())??;
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let mut micros = digits.map(|digit| digit.is_ascii_digit().then(|| i64::from(digit - b'0')));
    let micros = micros.try_fold(0, |sum, digit| Some(sum * 10 + digit?))?;
    Some(Timestamp::from_seconds(seconds).plus_micros(micros))
}

fn read_year(digits: &str) -> Option<i16> {
    i16::try_from(number(digits).filter(|year| (1970..=9999).contains(year))?).ok()
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.find([' ', ']', '|', ',']).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn check(form: &str, text: &str, expected: &str) {
        let received = Timestamp::parse("2026-11-21T08:30:05Z").unwrap();
        let mut local = LocalTime::new(TimeZone::get("Europe/Paris").unwrap());
        let mut clock = Clock::new(received, &mut local);
        let seen = match form {
            "iso" => clock.iso(text),
            "common" => clock.common(text),
            "slashed" => clock.slashed(text),
            "ctime" => clock.ctime(text),
            _ => clock.day_first(text),
        };
        let seen = seen.map(|(time, rest)| format!("{time}|{rest}")).unwrap_or_default();
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn reads_what_programs_write() {
        check("iso", "2026-11-21 08:30:00.5 UTC [842] x", "2026-11-21T08:30:00.5Z| [842] x");
        check("iso", "2026-11-21 08:30:00,123 - name", "2026-11-21T07:30:00.123Z| - name");
        check("iso", "2026-11-21 08:30:00 +0400] x", "2026-11-21T04:30:00Z|] x");
        check("iso", "2026-11-21T08:30:00Z x", "2026-11-21T08:30:00Z| x");
        check("iso", "2026-11-21 08:30:00 CET x", "2026-11-21T07:30:00Z| x");
        check("iso", "2026-11-21 08:30:00.123 EST [842] x", "2026-11-21T13:30:00.123Z| [842] x");
        check("iso", "2026-11-21 08:30:00.123 -03,x", "2026-11-21T11:30:00.123Z|,x");
        check("iso", "2026-07-21 08:30:00 GMT+02:00 x", "2026-07-21T06:30:00Z| x");
        check("iso", "2026-11-21 08:30:00 CST [842] x", "2026-11-21T07:30:00Z| [842] x");
        check("iso", "2026-11-21 08:30:00 LOG: x", "2026-11-21T07:30:00Z| LOG: x");
        check("iso", "2026-11-21T08:30:00CET x", "2026-11-21T07:30:00Z|CET x");
        check("ctime", "Sat Nov  7 03:17:27 EST 2026 x", "2026-11-07T08:17:27Z| x");
        check("ctime", "Sat Nov  7 03:17:27 Ort 2026 x", "2026-11-07T02:17:27Z| x");
        check("common", "1/Apr/2026:00:00:01 -0500] x", "2026-04-01T05:00:01Z|] x");
        check("slashed", "2026/11/21 08:30:00 [error]", "2026-11-21T07:30:00Z| [error]");
        check("ctime", "Sat Nov 21 08:30:00.25 2026] x", "2026-11-21T07:30:00.25Z|] x");
        check("ctime", "Sat Nov  7 03:17:27 UTC 2026 x", "2026-11-07T03:17:27Z| x");
        check("ctime", "Nov 21 08:30:00 2026", "");
        check("day_first", "21 Nov 2026 08:30:00.123 * x", "2026-11-21T07:30:00.123Z| * x");
        check("day_first", "20 Nov 08:30:00 # x", "2026-11-20T07:30:00Z| # x");
        check("day_first", "21-Nov-2026 08:30:00 UTC] x", "2026-11-21T08:30:00Z|] x");
        assert_eq!(epoch("1795249800.123").unwrap().to_string(), "2026-11-21T08:30:00.123Z");
        assert_eq!(epoch("1795249800.1x"), None);
        assert_eq!(epoch("12"), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[0-9A-Za-z/: ,.+\\-é]{0,40}") {
            let mut local = LocalTime::new(TimeZone::UTC);
            let mut clock = Clock::new(Timestamp::EPOCH, &mut local);
            for read in [Clock::iso, Clock::common, Clock::slashed, Clock::ctime, Clock::day_first] {
                if let Some((_, rest)) = read(&mut clock, &text) {
                    prop_assert!(text.ends_with(rest));
                }
            }
            epoch(&text);
        }
    }
}

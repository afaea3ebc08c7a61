//! Times as log lines write them, and which of them are believed.
//!
//! A time without zone is local; one without year is the latest that is not in the future. Parsing
//! is done by hand, because it is on the path of every line; the zone's rules come from jiff, and
//! the answer for a minute is kept for the next line.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use vigie_model::time::Timestamp;

/// How far ahead of its reception a record may claim to be: clocks differ, zones are set wrongly.
const FUTURE_MAX_SECONDS: i64 = 24 * 3600;

/// A record that claims to be older was written by a machine without a clock: 2000-01-01.
const PAST_MIN: Timestamp = Timestamp::from_seconds(946_684_800);

/// Leap days come at most eight years apart.
const YEARS_BACK_MAX: i16 = 8;

/// A time as written, without zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i16,
    pub(crate) month: i8,
    pub(crate) day: i8,
    pub(crate) hour: i8,
    pub(crate) minute: i8,
    /// 60 in a leap second.
    pub(crate) second: i8,
    pub(crate) micros: i32,
}

/// Times in the zone of the machine.
#[derive(Clone, Debug)]
pub(crate) struct LocalTime {
    zone: TimeZone,
    /// The minute asked for last, and its beginning in seconds since 1970.
    minute: Option<(Civil, i64)>,
}

/// A time that a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// With its zone.
    At(Timestamp),
    /// Without zone; year 0 is the latest that fits.
    Local(Civil),
    /// Without year, so many seconds east of Greenwich: the latest that fits.
    Latest(Civil, i64),
}

impl When {
    /// The time it means; nothing when there is no such time.
    pub(crate) fn timestamp(self, local: &mut LocalTime, received: Timestamp) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Local(civil) if civil.year == 0 => local.latest(civil, received),
            Self::Local(civil) => local.at(civil),
            Self::Latest(civil, offset) => civil.latest_at(offset, received),
        }
    }
}

/// A record's time, if it can be believed; else the time of its reception and what it said.
pub(crate) fn settle(said: Option<Timestamp>, received: Timestamp) -> (Timestamp, Option<Timestamp>) {
    match said {
        None => (received, None),
        Some(time) if time > received.plus_seconds(FUTURE_MAX_SECONDS) || time < PAST_MIN => (received, Some(time)),
        Some(time) => (time, None),
    }
}

impl LocalTime {
    pub(crate) const fn new(zone: TimeZone) -> Self {
        Self { zone, minute: None }
    }

    /// A local time. One that the clocks skipped is taken as if they had not.
    pub(crate) fn at(&mut self, civil: Civil) -> Option<Timestamp> {
        let minute = Civil { second: 0, micros: 0, ..civil };
        let start = match self.minute {
            Some((known, start)) if known == minute => start,
            _ => {
                let local = DateTime::new(civil.year, civil.month, civil.day, civil.hour, civil.minute, 0, 0).ok()?;
                let start = self.zone.to_ambiguous_timestamp(local).compatible().ok()?.as_second();
                self.minute = Some((minute, start));
                start
            }
        };
        civil.within(start)
    }

    /// A local time without year: the latest that is not in the future.
    pub(crate) fn latest(&mut self, civil: Civil, received: Timestamp) -> Option<Timestamp> {
        let bound = received.plus_seconds(FUTURE_MAX_SECONDS);
        if let Some((known, start)) = self.minute {
            let year = known.year;
            let this = Civil { year, second: 0, micros: 0, ..civil };
            let next_year = start + 365 * 86_400;
            if this == known && start <= bound.seconds() && next_year > bound.seconds() {
                return civil.within(start);
            }
        }
        let latest_year = self.zone.to_datetime(jiff::Timestamp::from_second(bound.seconds()).ok()?).year();
        (0..=YEARS_BACK_MAX).filter_map(|back| self.at(Civil { year: latest_year - back, ..civil })).find(|time| *time <= bound)
    }
}

impl Civil {
    /// This time at an offset from UTC in seconds.
    pub(crate) fn at_offset(self, offset: i64) -> Option<Timestamp> {
        if !(1..=12).contains(&self.month) || !(1..=days_in(self.year, self.month)).contains(&self.day) {
            return None;
        }
        let days = days_since_1970(i64::from(self.year), i64::from(self.month), i64::from(self.day));
        let seconds = days * 86_400 + i64::from(self.hour) * 3600 + i64::from(self.minute) * 60;
        self.within(seconds - offset)
    }

    /// This time without year at an offset from UTC in seconds: the latest that is not in the future.
    pub(crate) fn latest_at(self, offset: i64, received: Timestamp) -> Option<Timestamp> {
        let bound = received.plus_seconds(FUTURE_MAX_SECONDS);
        let year = jiff::Timestamp::from_second(bound.seconds() + offset).ok()?.to_zoned(TimeZone::UTC).year();
        let mut times = (0..=YEARS_BACK_MAX).filter_map(|back| Self { year: year - back, ..self }.at_offset(offset));
        times.find(|time| *time <= bound)
    }

    /// The time of this second in a minute that starts then.
    fn within(self, minute: i64) -> Option<Timestamp> {
        let is_time = (0..24).contains(&self.hour) && (0..60).contains(&self.minute) && (0..=60).contains(&self.second);
        is_time.then(|| Timestamp::from_seconds(minute + i64::from(self.second)).plus_micros(i64::from(self.micros)))
    }

    /// Reads `2026-11-21T08:30:00.123456`, also with a space or a comma; gives what follows.
    pub(crate) fn read_iso(text: &str) -> Option<(Self, &str)> {
        let bytes = text.as_bytes();
        let is_there = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|byte| expected.contains(byte));
        if !(is_there(4, b"-") && is_there(7, b"-") && is_there(10, b"T t") && is_there(13, b":") && is_there(16, b":")) {
            return None;
        }
        let part = |from: usize, to: usize| text.get(from..to).and_then(number);
        let civil = Self {
            year: i16::try_from(part(0, 4)?).ok()?,
            month: small(part(5, 7)?)?,
            day: small(part(8, 10)?)?,
            hour: small(part(11, 13)?)?,
            minute: small(part(14, 16)?)?,
            second: small(part(17, 19)?)?,
            micros: 0,
        };
        let (micros, rest) = read_fraction(text.get(19..)?);
        Some((Self { micros, ..civil }, rest))
    }

    /// Reads `Nov 21 08:30:00`, also with a padded day and a fraction; the year is 0. Gives what follows.
    pub(crate) fn read_syslog(text: &str) -> Option<(Self, &str)> {
        let rest = text.get(3..)?.strip_prefix(' ')?;
        let (day, rest) = rest.trim_start_matches(' ').split_once(' ')?;
        Self::read_syslog_parts(text.get(..3)?, day, rest)
    }

    /// Reads a month, a day and `08:30:00`, with a fraction; the year is 0. Gives what follows.
    pub(crate) fn read_syslog_parts<'a>(name: &str, day: &str, rest: &'a str) -> Option<(Self, &'a str)> {
        let month = month(name)?;
        let part = |from: usize, to: usize| rest.get(from..to).and_then(number);
        if rest.as_bytes().get(2) != Some(&b':') || rest.as_bytes().get(5) != Some(&b':') {
            return None;
        }
        let civil = Self {
            year: 0,
            month,
            day: small(number(day)?)?,
            hour: small(part(0, 2)?)?,
            minute: small(part(3, 5)?)?,
            second: small(part(6, 8)?)?,
            micros: 0,
        };
        let (micros, rest) = read_fraction(rest.get(8..)?);
        Some((Self { micros, ..civil }, rest))
    }
}

/// A number of plain digits, at most nine.
pub(crate) fn number(digits: &str) -> Option<i64> {
    let bytes = digits.as_bytes();
    let is_number = !bytes.is_empty() && bytes.len() <= 9 && bytes.iter().all(u8::is_ascii_digit);
    is_number.then(|| bytes.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
}

pub(super) fn small(number: i64) -> Option<i8> {
    i8::try_from(number).ok()
}

pub(super) fn month(name: &str) -> Option<i8> {
    const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let place = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
    i8::try_from(place + 1).ok()
}

/// The decimals after the seconds, in µs; what is finer is dropped.
pub(super) fn read_fraction(text: &str) -> (i32, &str) {
    let Some(fraction) = text.strip_prefix(['.', ',']) else { return (0, text) };
    let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return (0, text);
    }
    let digits = fraction.bytes().take(length).chain(std::iter::repeat(b'0')).take(6);
    let micros = digits.fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    (micros, fraction.get(length..).unwrap_or_default())
}

const fn days_in(year: i16, month: i8) -> i8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last day of a year.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn latest(zone: &str, line: &str, received: &str) -> Option<String> {
        let mut local = LocalTime::new(TimeZone::get(zone).unwrap());
        let (civil, _) = Civil::read_syslog(line)?;
        local.latest(civil, time(received)).map(|time| time.to_string())
    }

    #[test]
    fn the_year_is_the_latest_that_is_not_in_the_future() {
        for (line, received, expected) in [
            ("Nov 21 08:30:00 h", "2026-11-21T07:30:01Z", "2026-11-21T07:30:00Z"),
            ("Dec 31 23:59:59 h", "2027-01-01T00:00:05Z", "2026-12-31T22:59:59Z"),
            // The sender's clock is ahead: still this year's end, or the next year's beginning.
            ("Jan  1 00:00:10 h", "2026-12-31T22:59:00Z", "2026-12-31T23:00:10Z"),
            ("Nov 23 08:30:00 h", "2026-11-21T07:30:01Z", "2025-11-23T07:30:00Z"),
            ("Feb 29 12:00:00 h", "2026-11-21T07:30:01Z", "2024-02-29T11:00:00Z"),
            ("Jul  1 12:00:00.25 h", "2026-11-21T07:30:01Z", "2026-07-01T10:00:00.25Z"),
        ] {
            assert_eq!(latest("Europe/Paris", line, received).as_deref(), Some(expected), "{line}");
        }
        assert_eq!(latest("UTC", "Feb 30 12:00:00 h", "2026-11-21T07:30:01Z"), None);
        assert_eq!(latest("UTC", "Nov 21 24:00:00 h", "2026-11-21T07:30:01Z"), None);
    }

    #[test]
    fn the_minute_that_is_kept_does_not_outlive_its_year() {
        let mut local = LocalTime::new(TimeZone::UTC);
        let (civil, _) = Civil::read_syslog("Nov 21 08:30:00 h").unwrap();
        assert_eq!(local.latest(civil, time("2026-11-21T08:30:00Z")), Some(time("2026-11-21T08:30:00Z")));
        assert_eq!(local.latest(civil, time("2026-11-22T08:30:00Z")), Some(time("2026-11-21T08:30:00Z")));
        assert_eq!(local.latest(civil, time("2027-11-21T08:30:00Z")), Some(time("2027-11-21T08:30:00Z")));
        assert_eq!(local.latest(civil, time("2026-01-01T00:00:00Z")), Some(time("2025-11-21T08:30:00Z")));
    }

    #[test]
    fn hours_that_clocks_skip_or_repeat_are_some_time() {
        assert_eq!(latest("Europe/Paris", "Mar 29 02:30:00 h", "2026-11-21T00:00:00Z").unwrap(), "2026-03-29T01:30:00Z");
        assert_eq!(latest("Europe/Paris", "Oct 25 02:30:00 h", "2026-11-21T00:00:00Z").unwrap(), "2026-10-25T00:30:00Z");
    }

    #[test]
    fn what_cannot_be_true_gives_way_to_the_reception() {
        let now = time("2026-11-21T08:30:00Z");
        for (said, expected) in [
            ("2026-11-22T08:29:59Z", true),
            ("2026-11-22T08:30:01Z", false),
            ("9999-01-01T00:00:00Z", false),
            ("2019-01-01T00:00:00Z", true),
            ("1970-01-01T00:00:12Z", false),
        ] {
            let said = time(said);
            assert_eq!(settle(Some(said), now), if expected { (said, None) } else { (now, Some(said)) });
        }
        assert_eq!(settle(None, now), (now, None));
    }

    proptest! {
        #[test]
        fn dates_agree_with_the_library(seconds in -30_000_000_000i64..200_000_000_000, micros in 0i64..1_000_000) {
            let time = Timestamp::from_seconds(seconds).plus_micros(micros);
            let zoned = jiff::Timestamp::from_microsecond(time.micros()).unwrap().to_zoned(TimeZone::UTC);
            let text = zoned.strftime("%Y-%m-%d %H:%M:%S.%6fZ").to_string();
            let (civil, rest) = Civil::read_iso(&text).unwrap();
            prop_assert_eq!(rest, "Z");
            prop_assert_eq!(civil.at_offset(0), Some(time));
        }

        #[test]
        fn nothing_panics(text: String) {
            let _ = Civil::read_iso(&text);
            let _ = Civil::read_syslog(&text);
        }
    }
}

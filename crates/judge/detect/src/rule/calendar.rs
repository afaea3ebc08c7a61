//! The parts of a point in time that Sigma's time modifiers ask for, in UTC.
//!
//! "It is not designed to handle timezone or format conversions" (Sigma 2.1.0, "Time Modifiers"): a
//! text without an offset is taken as UTC, a number as seconds or milliseconds since 1970. A text of
//! digits is such a number only where it has as many as these have today: `7` or `20240710` in a text
//! is no time. Weeks are those of ISO 8601.

use vigie_model::time::{Day, Timestamp};

/// A part of a date or of a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimePart {
    /// 0–59.
    Minute,
    /// 0–23.
    Hour,
    /// 1–31.
    Day,
    /// 1–53.
    Week,
    /// 1–12.
    Month,
    /// The year.
    Year,
}

impl TimePart {
    /// This part of a point in time.
    pub(crate) fn of(self, time: Timestamp) -> i64 {
        let minutes = time.seconds().div_euclid(60);
        let (year, month, day) = date(time.day());
        match self {
            Self::Minute => minutes.rem_euclid(60),
            Self::Hour => minutes.div_euclid(60).rem_euclid(24),
            Self::Day => day,
            Self::Week => week(time.day()),
            Self::Month => month,
            Self::Year => year,
        }
    }
}

/// The point in time of a text: RFC 3339, or the same without offset and with a space for the `T`; or
/// a number.
pub(crate) fn time_of_text(text: &str) -> Option<Timestamp> {
    // Seconds from 1973 on, milliseconds from 2001 on.
    if matches!(text.len(), 9 | 10 | 13) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(time_of_number).ok();
    }
    if let Ok(time) = Timestamp::parse(text) {
        return Some(time);
    }
    Timestamp::parse(&format!("{}Z", text.trim())).ok()
}

/// The point in time of a number: milliseconds where it would otherwise be far in the future.
pub(crate) fn time_of_number(number: i64) -> Timestamp {
    const LAST_SECOND: i64 = 1_000_000_000_000;
    let seconds = if number > LAST_SECOND { number / 1000 } else { number };
    Timestamp::from_seconds(seconds)
}

/// Year, month and day of a day (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn date(day: Day) -> (i64, i64, i64) {
    let shifted = day.number() + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The ISO week: that of the Thursday of the same week, counted from its 1 January.
fn week(day: Day) -> i64 {
    let since_monday = (day.number() + 3).rem_euclid(7);
    let thursday = day.number() - since_monday + 3;
    let (year, ..) = date(Day::from_number(thursday));
    let mut first = thursday;
    while date(Day::from_number(first - 7)).0 == year {
        first -= 7;
    }
    (thursday - first) / 7 + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_of_known_times() {
        let parts = |text: &str| {
            let time = time_of_text(text).unwrap();
            [TimePart::Year, TimePart::Month, TimePart::Week, TimePart::Day, TimePart::Hour, TimePart::Minute]
                .map(|part| part.of(time))
        };
        assert_eq!(parts("2026-11-21T08:30:00Z"), [2026, 11, 47, 21, 8, 30]);
        assert_eq!(parts("2024-02-29 23:59:59"), [2024, 2, 9, 29, 23, 59]);
        assert_eq!(parts("2021-01-03T00:00:00+02:00"), [2021, 1, 53, 2, 22, 0]);
        assert_eq!(parts("2024-12-30T00:00:00"), [2024, 12, 1, 30, 0, 0]);
        assert_eq!(parts("1969-12-31T23:59:00Z"), [1969, 12, 1, 31, 23, 59]);
        for text in ["noon", "7", "20240710", "202407101430"] {
            assert_eq!(time_of_text(text), None, "{text}");
        }
        assert_eq!(time_of_text("1720614600"), Some(time_of_number(1_720_614_600)));
        assert_eq!(time_of_text("1720614600000"), Some(time_of_number(1_720_614_600)));
        assert_eq!(time_of_number(1_720_614_600), time_of_number(1_720_614_600_000));
    }

    proptest! {
        #[test]
        fn dates_read_back_as_shown(days in -700_000..2_900_000i64) {
            let (year, month, day) = date(Day::from_number(days));
            prop_assert_eq!(format!("{year:04}-{month:02}-{day:02}"), Day::from_number(days).to_string());
        }
    }
}

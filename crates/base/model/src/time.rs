//! Points in time and days, as every room stores and compares them.
//!
//! [`Timestamp`] is a whole number of microseconds since 1970-01-01T00:00:00Z, signed, so that it
//! is the same number in the database, in a Parquet column and in an event. Reading the clock is
//! not done here: see `vigie-kit`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Microseconds since 1970-01-01T00:00:00Z.
///
/// Shown and serialised as RFC 3339 in UTC with as many decimals as it needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Why a text is not a point in time.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a time such as 2026-11-21T08:30:00Z")]
pub struct NotATime {
    text: String,
    #[source]
    source: jiff::Error,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The earliest and latest values that can be shown as RFC 3339.
    pub const MIN: Self = Self(-377_705_023_201_000_000);
    /// See [`Timestamp::MIN`].
    pub const MAX: Self = Self(253_402_207_200_999_999);

    /// A time from microseconds since the epoch, held within [`Timestamp::MIN`] and [`Timestamp::MAX`].
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// A time from whole seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This time moved by a number of microseconds; stops at the representable ends.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// This time moved by a number of seconds; stops at the representable ends.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        self.plus_micros(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds from `earlier` to this time; negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The UTC day this time falls on.
    #[must_use]
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(86_400_000_000))
    }

    /// Reads an RFC 3339 time with any offset.
    ///
    /// # Errors
    /// [`NotATime`] when the text is not RFC 3339.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        text.parse::<jiff::Timestamp>()
            .map(|parsed| Self::from_micros(parsed.as_microsecond()))
            .map_err(|source| NotATime { text: text.to_owned(), source })
    }

    fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A UTC day, counted from 1970-01-01. Shown and serialised as `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(i64);

impl Day {
    /// The day that is this many days after 1970-01-01.
    #[must_use]
    pub const fn from_number(days: i64) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The first moment of this day.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(86_400_000_000))
    }

    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`NotATime`] when the text is not a date.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        let wrong = |source| NotATime { text: text.to_owned(), source };
        let date: jiff::civil::Date = text.parse().map_err(wrong)?;
        let start = date.to_zoned(jiff::tz::TimeZone::UTC).map_err(wrong)?;
        Ok(Timestamp::from_micros(start.timestamp().as_microsecond()).day())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zoned = self.start().to_jiff().to_zoned(jiff::tz::TimeZone::UTC);
        zoned.date().fmt(f)
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_and_reads_rfc_3339() {
        let time = Timestamp::parse("2026-11-21T09:30:00.25+01:00").unwrap();
        assert_eq!(time.to_string(), "2026-11-21T08:30:00.25Z");
        assert_eq!(time.day().to_string(), "2026-11-21");
        assert_eq!(Day::parse("1969-12-31").unwrap().number(), -1);
        assert!(Timestamp::parse("yesterday").is_err());
    }

    proptest! {
        #[test]
        fn every_time_survives_its_text(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let time = Timestamp::from_micros(micros);
            prop_assert_eq!(Timestamp::parse(&time.to_string()).unwrap(), time);
        }

        #[test]
        fn arithmetic_never_leaves_the_range(a: i64, b: i64) {
            let moved = Timestamp::from_micros(a).plus_micros(b);
            prop_assert!(moved >= Timestamp::MIN && moved <= Timestamp::MAX);
        }
    }
}

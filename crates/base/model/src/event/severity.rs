//! OCSF `severity_id`: how bad the source says an event is. Not a finding's severity.

use serde::{Deserialize, Serialize};

/// OCSF `severity_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSeverity {
    /// The source does not say.
    #[default]
    Unknown,
    /// Nothing to do.
    Informational,
    /// Whoever reads it decides.
    Low,
    /// Something to do, not now.
    Medium,
    /// Something to do now.
    High,
    /// Something to do now, and the reach is wide.
    Critical,
    /// Something to do, too late.
    Fatal,
    /// Another scale.
    Other,
}

impl EventSeverity {
    /// All severities by rising number.
    pub const ALL: [Self; 8] =
        [Self::Unknown, Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical, Self::Fatal, Self::Other];

    /// OCSF's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Informational => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
            Self::Critical => 5,
            Self::Fatal => 6,
            Self::Other => 99,
        }
    }

    /// OCSF's word in small letters, as queries write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
            Self::Fatal => "fatal",
            Self::Other => "other",
        }
    }

    /// The severity of a number; unknown numbers are [`EventSeverity::Other`].
    #[must_use]
    pub fn from_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|severity| severity.number() == number).unwrap_or(Self::Other)
    }

    /// From a syslog severity (RFC 5424 §6.2.1): 0 emergency to 7 debug.
    #[must_use]
    pub const fn from_syslog(severity: u8) -> Self {
        match severity {
            0 => Self::Fatal,
            1 | 2 => Self::Critical,
            3 => Self::High,
            4 => Self::Medium,
            5 => Self::Low,
            6 | 7 => Self::Informational,
            _ => Self::Unknown,
        }
    }
}

//! How bad a thing is when it is real: five steps, the words used everywhere.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Severity, ordered from harmless to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing to repair.
    Info,
    /// CVSS 0.1–3.9.
    Low,
    /// CVSS 4.0–6.9.
    Medium,
    /// CVSS 7.0–8.9.
    High,
    /// CVSS 9.0–10.0.
    Critical,
}

/// Why a text is not a severity.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a severity: use critical, high, medium, low or info")]
pub struct NotASeverity(String);

impl Severity {
    /// All severities, worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word used in files, flags, columns and addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The number stored in databases: 0 (info) to 4 (critical).
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The severity of a stored number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.number() == number)
    }

    /// The qualitative rating of a CVSS v3 or v4 score (FIRST, CVSS v3.1 §5). 0.0 is info.
    #[must_use]
    pub fn from_cvss(score: f64) -> Self {
        match score {
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            _ => Self::Info,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Severity {
    type Err = NotASeverity;

    fn from_str(text: &str) -> Result<Self, NotASeverity> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.word().eq_ignore_ascii_case(text))
            .ok_or_else(|| NotASeverity(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_order_agree() {
        for severity in Severity::ALL {
            assert_eq!(severity.word().parse::<Severity>().unwrap(), severity);
            assert_eq!(Severity::from_number(severity.number()), Some(severity));
        }
        assert!(Severity::ALL.is_sorted_by(|worse, better| worse > better));
        assert!("urgent".parse::<Severity>().is_err());
    }

    #[test]
    fn follows_the_cvss_bands() {
        let bands = [(0.0, "info"), (0.1, "low"), (3.9, "low"), (4.0, "medium"), (7.0, "high"), (9.0, "critical")];
        for (score, word) in bands {
            assert_eq!(Severity::from_cvss(score).word(), word, "{score}");
        }
    }
}

//! What to do first: severity × exploitation × exposure × whether the code runs.
//!
//! A priority is a number from 0 to 100. It is for ordering work, so every input that is not known
//! counts as its cautious middle, and the reasons travel with the number so that a person can
//! disagree. The formula, all factors multiplied and cut at 100:
//!
//! | input | factor |
//! |---|---|
//! | severity | CVSS base × 8 (at least 6) where known, else critical 76, high 62, medium 42, low 20, info 4 |
//! | exploitation | in CISA KEV 1.30 (known ransomware use 1.40); else 0.70 + 0.55 × √EPSS; EPSS unknown 0.90 |
//! | exposure | reachable from the internet 1.15, from the network 1.00, this machine only 0.85, unknown 1.00 |
//! | runs | the code is loaded by a running process 1.10, it is not 0.80, unknown 1.00 |
//!
//! Malware counts as exploited: it is what the attack left behind.
//!
//! EPSS enters by its square root because its values are small: 0.01 is already ten times the median.

use crate::severity::Severity;
use serde::{Deserialize, Serialize};

/// 0 (leave it) to 100 (now).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(u8);

/// What is known of how and where a weakness is used.
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Circumstances {
    /// CVSS base score, 0.0–10.0.
    pub cvss: Option<f64>,
    /// Whether CISA lists the vulnerability as exploited.
    pub known_exploited: KnownExploited,
    /// EPSS probability of exploitation within 30 days, 0.0–1.0.
    pub epss: Option<f64>,
    /// From where the asset can be reached.
    pub exposure: Exposure,
    /// Whether the affected code is loaded by a running process.
    pub runs: Option<bool>,
}

/// Membership in CISA's catalogue of known exploited vulnerabilities (KEV).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownExploited {
    /// Not listed.
    #[default]
    No,
    /// Listed.
    Yes,
    /// Listed, with known use in ransomware campaigns.
    Ransomware,
}

/// From where a thing can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// Nobody looked.
    #[default]
    Unknown,
    /// Only from the machine itself.
    Local,
    /// From its network.
    Network,
    /// From the internet.
    Internet,
}

/// What a priority is multiplied from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Factors {
    /// By severity and CVSS, 4 to 80.
    pub severity: f64,
    /// By exploitation, 0.70 to 1.40.
    pub exploitation: f64,
    /// By exposure, 0.85 to 1.15.
    pub exposure: f64,
    /// By whether the code runs, 0.80 to 1.10.
    pub runs: f64,
}

impl Factors {
    /// The factors of the formula.
    #[must_use]
    pub fn of(severity: Severity, circumstances: &Circumstances) -> Self {
        Self {
            severity: base(severity, circumstances.cvss),
            exploitation: exploitation(circumstances),
            exposure: exposure(circumstances.exposure),
            runs: runs(circumstances.runs),
        }
    }
}

impl Priority {
    /// The priority of a weakness of this severity under these circumstances.
    #[must_use]
    pub fn of(severity: Severity, circumstances: &Circumstances) -> Self {
        let Factors { severity, exploitation, exposure, runs } = Factors::of(severity, circumstances);
        Self::from_number(severity * exploitation * exposure * runs)
    }

    /// A priority from a stored number; values outside 0–100 are cut.
    #[must_use]
    pub fn from_stored(number: i64) -> Self {
        Self(u8::try_from(number.clamp(0, 100)).unwrap_or(100))
    }

    /// 0 to 100.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    fn from_number(number: f64) -> Self {
        // In range by the clamp; NaN becomes 0.
        Self(number.clamp(0.0, 100.0).round() as u8)
    }
}

/// Keeps a vulnerability with the lowest scores above a mere note.
const LOWEST_SCORED: f64 = 6.0;

fn base(severity: Severity, cvss: Option<f64>) -> f64 {
    match (cvss, severity) {
        // A vendor's severity may overrule the score; the score only refines within its word.
        (Some(score), severity) if Severity::from_cvss(score) == severity => (score * 8.0).max(LOWEST_SCORED),
        (_, Severity::Critical) => 76.0,
        (_, Severity::High) => 62.0,
        (_, Severity::Medium) => 42.0,
        (_, Severity::Low) => 20.0,
        (_, Severity::Info) => 4.0,
    }
}

fn exploitation(circumstances: &Circumstances) -> f64 {
    match (circumstances.known_exploited, circumstances.epss) {
        (KnownExploited::Ransomware, _) => 1.40,
        (KnownExploited::Yes, _) => 1.30,
        (KnownExploited::No, Some(epss)) => 0.70 + 0.55 * epss.clamp(0.0, 1.0).sqrt(),
        (KnownExploited::No, None) => 0.90,
    }
}

const fn exposure(exposure: Exposure) -> f64 {
    match exposure {
        Exposure::Internet => 1.15,
        Exposure::Network | Exposure::Unknown => 1.0,
        Exposure::Local => 0.85,
    }
}

const fn runs(runs: Option<bool>) -> f64 {
    match runs {
        Some(true) => 1.10,
        None => 1.0,
        Some(false) => 0.80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_circumstances() -> impl Strategy<Value = Circumstances> {
        let exploited = prop_oneof![Just(KnownExploited::No), Just(KnownExploited::Yes), Just(KnownExploited::Ransomware)];
        let exposure =
            prop_oneof![Just(Exposure::Unknown), Just(Exposure::Local), Just(Exposure::Network), Just(Exposure::Internet)];
        (proptest::option::of(0.0..=10.0), exploited, proptest::option::of(0.0..=1.0), exposure, any::<Option<bool>>()).prop_map(
            |(cvss, known_exploited, epss, exposure, runs)| Circumstances { cvss, known_exploited, epss, exposure, runs },
        )
    }

    fn any_severity() -> impl Strategy<Value = Severity> {
        proptest::sample::select(&Severity::ALL[..])
    }

    #[test]
    fn examples_read_as_a_person_would_rank_them() {
        let quiet = Circumstances { epss: Some(0.0004), exposure: Exposure::Local, ..Circumstances::default() };
        let burning = Circumstances {
            cvss: Some(9.8),
            known_exploited: KnownExploited::Ransomware,
            exposure: Exposure::Internet,
            runs: Some(true),
            ..Circumstances::default()
        };
        assert_eq!(Priority::of(Severity::Critical, &burning).number(), 100);
        assert_eq!(Priority::of(Severity::Critical, &quiet).number(), 46);
        assert_eq!(Priority::of(Severity::Medium, &Circumstances::default()).number(), 38);
    }

    proptest! {
        #[test]
        fn being_exploited_never_lowers_it(severity in any_severity(), c in any_circumstances()) {
            let unlisted = Circumstances { known_exploited: KnownExploited::No, ..c };
            let listed = Circumstances { known_exploited: KnownExploited::Yes, ..c };
            prop_assert!(Priority::of(severity, &listed) >= Priority::of(severity, &unlisted));
        }

        #[test]
        fn wider_exposure_never_lowers_it(severity in any_severity(), c in any_circumstances()) {
            let at = |exposure| Priority::of(severity, &Circumstances { exposure, ..c });
            prop_assert!(at(Exposure::Internet) >= at(Exposure::Network));
            prop_assert!(at(Exposure::Network) >= at(Exposure::Local));
        }

        #[test]
        fn a_worse_severity_never_lowers_it(c in any_circumstances()) {
            let numbers: Vec<_> = Severity::ALL.map(|severity| Priority::of(severity, &c).number()).into();
            prop_assert!(numbers.is_sorted_by(|worse, better| worse >= better), "{:?}", numbers);
        }
    }
}

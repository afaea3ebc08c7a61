//! The numbers under which words are stored. They never change: databases are full of them.

use crate::history::Change;
use serde::{Deserialize, Serialize};
use vigie_model::asset::{AssetKind, Criticality, RelationKind};
use vigie_model::finding::FindingKind;
use vigie_model::life::{Justification, State};
use vigie_model::priority::{Exposure, KnownExploited};
use vigie_model::severity::Severity;
use vigie_model::time::Timestamp;
use vigie_model::verdict::Verdict;

/// A state without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateName {
    /// Nobody has taken it up.
    Open,
    /// Somebody works on it.
    InProgress,
    /// A later look no longer found it.
    Fixed,
    /// Its risk is accepted for a time.
    Accepted,
    /// The weakness cannot be used here.
    NotAffected,
    /// The tool was wrong.
    FalsePositive,
}

impl StateName {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::InProgress, Self::Fixed, Self::Accepted, Self::NotAffected, Self::FalsePositive];

    /// The word used in columns and addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Fixed => "fixed",
            Self::Accepted => "accepted",
            Self::NotAffected => "not_affected",
            Self::FalsePositive => "false_positive",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it asks for work.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Open | Self::InProgress)
    }
}

impl From<State> for StateName {
    fn from(state: State) -> Self {
        match state {
            State::Open => Self::Open,
            State::InProgress => Self::InProgress,
            State::Fixed => Self::Fixed,
            State::Accepted { .. } => Self::Accepted,
            State::NotAffected { .. } => Self::NotAffected,
            State::FalsePositive => Self::FalsePositive,
        }
    }
}

/// A stored state with its details, or none where they are missing.
pub(crate) fn state(name: StateName, until: Option<Timestamp>, justification: Option<Justification>) -> Option<State> {
    Some(match name {
        StateName::Open => State::Open,
        StateName::InProgress => State::InProgress,
        StateName::Fixed => State::Fixed,
        StateName::Accepted => State::Accepted { until: until? },
        StateName::NotAffected => State::NotAffected { justification: justification? },
        StateName::FalsePositive => State::FalsePositive,
    })
}

/// A word that is stored as a number.
pub(crate) trait Code: Copy + PartialEq + Sized + 'static {
    /// Word and number, one line each.
    const NUMBERS: &'static [(Self, i64)];

    fn number(self) -> i64 {
        // Complete by a test over each list.
        Self::NUMBERS.iter().find(|(word, _)| *word == self).map_or(-1, |(_, number)| *number)
    }

    fn from_number(number: i64) -> Option<Self> {
        Self::NUMBERS.iter().find(|(_, of_word)| *of_word == number).map(|(word, _)| *word)
    }
}

macro_rules! codes {
    ($type:ty: $($word:ident = $number:literal),* $(,)?) => {
        impl Code for $type {
            const NUMBERS: &'static [(Self, i64)] = &[$((<$type>::$word, $number)),*];
        }
    };
}

codes!(StateName: Open = 0, InProgress = 1, Fixed = 2, Accepted = 3, NotAffected = 4, FalsePositive = 5);
codes!(FindingKind: Vulnerability = 0, Misconfiguration = 1, Exposure = 2, WeakCrypto = 3, Secret = 4,
    Licence = 5, Malware = 6, PolicyViolation = 7, Detection = 8, Pentest = 9);
codes!(Severity: Info = 0, Low = 1, Medium = 2, High = 3, Critical = 4);
codes!(KnownExploited: No = 0, Yes = 1, Ransomware = 2);
codes!(AssetKind: Host = 0, Container = 1, Image = 2, Workload = 3, Namespace = 4, Cluster = 5, Registry = 6,
    Repository = 7, Endpoint = 8, Identity = 9, CloudResource = 10);
codes!(Criticality: Low = 0, Normal = 1, High = 2, Vital = 3);
codes!(Exposure: Unknown = 0, Local = 1, Network = 2, Internet = 3);
codes!(RelationKind: RunsOn = 0, BuiltFrom = 1, DeployedAs = 2, Exposes = 3);
codes!(Justification: ComponentNotPresent = 0, VulnerableCodeNotPresent = 1, VulnerableCodeNotInExecutePath = 2,
    VulnerableCodeCannotBeControlledByAdversary = 3, InlineMitigationsAlreadyExist = 4);
codes!(Change: Opened = 0, Reopened = 1, Fixed = 2, Started = 3, Stopped = 4, Accepted = 5, NotAffected = 6,
    FalsePositive = 7, RulingEnded = 8, SeverityChanged = 9, PriorityChanged = 10);

/// The number of a verdict's outcome.
pub(crate) const fn outcome(verdict: &Verdict) -> i64 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Fail { .. } => 1,
        Verdict::NotApplicable { .. } => 2,
        Verdict::Unknown { .. } => 3,
    }
}

/// Where a finding is counted and sorted: all that filters ask for most, in one number.
///
/// Bits from the lowest: 1 fixable, 1 known to be exploited, 3 severity, 4 kind, 3 state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bucket {
    pub(crate) state: StateName,
    pub(crate) kind: FindingKind,
    pub(crate) severity: Severity,
    pub(crate) known_exploited: bool,
    pub(crate) fixable: bool,
}

impl Bucket {
    pub(crate) fn number(self) -> i64 {
        (self.state.number() << 9)
            | (self.kind.number() << 5)
            | (Code::number(self.severity) << 2)
            | (i64::from(self.known_exploited) << 1)
            | i64::from(self.fixable)
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Some(Self {
            state: StateName::from_number(number >> 9)?,
            kind: FindingKind::from_number((number >> 5) & 0b1111)?,
            severity: <Severity as Code>::from_number((number >> 2) & 0b111)?,
            known_exploited: (number >> 1) & 1 == 1,
            fixable: number & 1 == 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete<T: Code + std::fmt::Debug>(all: &[T]) {
        assert_eq!(T::NUMBERS.len(), all.len());
        for word in all {
            assert_eq!(T::from_number(word.number()), Some(*word), "{word:?}");
        }
        assert_eq!(T::from_number(-1), None);
    }

    #[test]
    fn every_word_has_a_number() {
        complete(&StateName::ALL);
        complete(&FindingKind::ALL);
        complete(&Severity::ALL);
        complete(&[KnownExploited::No, KnownExploited::Yes, KnownExploited::Ransomware]);
        complete(&AssetKind::ALL);
        complete(&[Criticality::Low, Criticality::Normal, Criticality::High, Criticality::Vital]);
        complete(&[Exposure::Unknown, Exposure::Local, Exposure::Network, Exposure::Internet]);
        complete(&[RelationKind::RunsOn, RelationKind::BuiltFrom, RelationKind::DeployedAs, RelationKind::Exposes]);
        complete(&Justification::ALL);
        complete(&Change::ALL);
        for severity in Severity::ALL {
            assert_eq!(Code::number(severity), i64::from(severity.number()), "one number everywhere");
        }
    }

    #[test]
    fn every_bucket_survives_its_number() {
        let mut numbers = std::collections::BTreeSet::new();
        for state in StateName::ALL {
            assert_eq!(StateName::from_word(state.word()), Some(state));
            for kind in FindingKind::ALL {
                for severity in Severity::ALL {
                    for (known_exploited, fixable) in [(false, false), (false, true), (true, false), (true, true)] {
                        let bucket = Bucket { state, kind, severity, known_exploited, fixable };
                        assert_eq!(Bucket::from_number(bucket.number()), Some(bucket));
                        assert!(numbers.insert(bucket.number()));
                    }
                }
            }
        }
    }
}

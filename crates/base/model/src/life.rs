//! The life of a finding: which states there are and what moves it from one to the next.
//!
//! [`State::after`] is total: every state answers every signal. Who sent the signal, when and why
//! is history and kept by the ledger.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// Nobody has taken it up.
    Open,
    /// Somebody works on it.
    InProgress,
    /// A later look no longer found it.
    Fixed,
    /// Its risk is accepted for a time.
    Accepted {
        /// When the acceptance ends.
        until: Timestamp,
    },
    /// The weakness cannot be used here.
    NotAffected {
        /// Why, in VEX's words.
        justification: Justification,
    },
    /// The tool was wrong.
    FalsePositive,
}

/// Why a product is not affected: the status justifications of OpenVEX 0.2 and CSAF 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Justification {
    /// The component is not part of the product.
    ComponentNotPresent,
    /// The vulnerable code is not part of the component.
    VulnerableCodeNotPresent,
    /// The vulnerable code is never run.
    VulnerableCodeNotInExecutePath,
    /// An attacker cannot control what reaches the vulnerable code.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Mitigations built in prevent the use.
    InlineMitigationsAlreadyExist,
}

impl Justification {
    /// All justifications, in the order of the specification.
    pub const ALL: [Self; 5] = [
        Self::ComponentNotPresent,
        Self::VulnerableCodeNotPresent,
        Self::VulnerableCodeNotInExecutePath,
        Self::VulnerableCodeCannotBeControlledByAdversary,
        Self::InlineMitigationsAlreadyExist,
    ];

    /// VEX's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ComponentNotPresent => "component_not_present",
            Self::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Self::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Self::VulnerableCodeCannotBeControlledByAdversary => "vulnerable_code_cannot_be_controlled_by_adversary",
            Self::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
        }
    }

    /// The justification of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|justification| justification.word() == word)
    }
}

/// What a person or a policy decides about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ruling")]
pub enum Ruling {
    /// The risk is accepted until a time.
    Accept {
        /// When the acceptance ends.
        until: Timestamp,
    },
    /// The weakness cannot be used here.
    NotAffected {
        /// Why.
        justification: Justification,
    },
    /// The tool was wrong.
    FalsePositive,
}

/// Something that may move a finding on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "signal")]
pub enum Signal {
    /// A run found it.
    Seen,
    /// A run that looked for it did not find it.
    Gone,
    /// Somebody takes it up.
    Start,
    /// Somebody lays it down again.
    Stop,
    /// A decision covers it.
    Ruled(Ruling),
    /// The decision that covered it has expired or was withdrawn.
    RulingEnded,
}

/// What a signal does to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It moves to another state.
    To(State),
    /// It stays as it is.
    Stays,
    /// The signal makes no sense in this state.
    Refused(Refusal),
}

/// Why a signal is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody can work on what is no longer there.
    #[error("the finding is fixed")]
    AlreadyFixed,
    /// A decision stands and must be withdrawn first.
    #[error("a decision covers the finding")]
    Decided,
}

impl State {
    /// What a signal does in this state.
    #[must_use]
    pub fn after(self, signal: Signal) -> Outcome {
        match (self, signal) {
            (Self::Fixed, Signal::Seen) => Outcome::To(Self::Open),
            (_, Signal::Seen) => Outcome::Stays,
            (Self::Fixed, Signal::Gone) => Outcome::Stays,
            (_, Signal::Gone) => Outcome::To(Self::Fixed),
            (Self::Open, Signal::Start) => Outcome::To(Self::InProgress),
            (Self::InProgress, Signal::Stop) => Outcome::To(Self::Open),
            (Self::InProgress, Signal::Start) | (Self::Open, Signal::Stop) => Outcome::Stays,
            (Self::Fixed, Signal::Start | Signal::Stop) => Outcome::Refused(Refusal::AlreadyFixed),
            (_, Signal::Start | Signal::Stop) => Outcome::Refused(Refusal::Decided),
            (Self::Fixed, Signal::Ruled(_)) => Outcome::Stays,
            (state, Signal::Ruled(ruling)) => moved(state, Self::ruled(ruling)),
            (Self::Accepted { .. } | Self::NotAffected { .. } | Self::FalsePositive, Signal::RulingEnded) => {
                Outcome::To(Self::Open)
            }
            (Self::Open | Self::InProgress | Self::Fixed, Signal::RulingEnded) => Outcome::Stays,
        }
    }

    /// Whether it asks for work: open or in progress.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Open | Self::InProgress)
    }

    /// Whether a decision put it there.
    #[must_use]
    pub const fn is_decided(self) -> bool {
        matches!(self, Self::Accepted { .. } | Self::NotAffected { .. } | Self::FalsePositive)
    }

    /// The word used in columns and addresses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Fixed => "fixed",
            Self::Accepted { .. } => "accepted",
            Self::NotAffected { .. } => "not_affected",
            Self::FalsePositive => "false_positive",
        }
    }

    /// The state a ruling leads to.
    #[must_use]
    pub const fn ruled(ruling: Ruling) -> Self {
        match ruling {
            Ruling::Accept { until } => Self::Accepted { until },
            Ruling::NotAffected { justification } => Self::NotAffected { justification },
            Ruling::FalsePositive => Self::FalsePositive,
        }
    }
}

fn moved(from: State, to: State) -> Outcome {
    if from == to { Outcome::Stays } else { Outcome::To(to) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_ruling() -> impl Strategy<Value = Ruling> {
        prop_oneof![
            any::<i64>().prop_map(|micros| Ruling::Accept { until: Timestamp::from_micros(micros) }),
            proptest::sample::select(&Justification::ALL[..]).prop_map(|justification| Ruling::NotAffected { justification }),
            Just(Ruling::FalsePositive),
        ]
    }

    fn any_state() -> impl Strategy<Value = State> {
        prop_oneof![Just(State::Open), Just(State::InProgress), Just(State::Fixed), any_ruling().prop_map(State::ruled)]
    }

    fn any_signal() -> impl Strategy<Value = Signal> {
        prop_oneof![
            Just(Signal::Seen),
            Just(Signal::Gone),
            Just(Signal::Start),
            Just(Signal::Stop),
            any_ruling().prop_map(Signal::Ruled),
            Just(Signal::RulingEnded),
        ]
    }

    fn settled(state: State, signal: Signal) -> State {
        match state.after(signal) {
            Outcome::To(next) => next,
            Outcome::Stays | Outcome::Refused(_) => state,
        }
    }

    proptest! {
        #[test]
        fn every_state_answers_every_signal_and_never_moves_to_itself(state in any_state(), signal in any_signal()) {
            prop_assert_ne!(state.after(signal), Outcome::To(state));
        }

        #[test]
        fn the_same_signal_twice_changes_nothing_more(state in any_state(), signal in any_signal()) {
            let once = settled(state, signal);
            prop_assert_eq!(settled(once, signal), once);
        }

        #[test]
        fn what_is_gone_is_fixed_and_what_comes_back_is_open(state in any_state()) {
            let gone = settled(state, Signal::Gone);
            prop_assert_eq!(gone, State::Fixed);
            prop_assert_eq!(settled(gone, Signal::Seen), State::Open);
        }

        #[test]
        fn only_a_ruling_hides_a_finding(state in any_state(), signal in any_signal()) {
            let next = settled(state, signal);
            if next.is_decided() && !state.is_decided() {
                prop_assert!(matches!(signal, Signal::Ruled(_)));
            }
        }

        #[test]
        fn no_decision_outlives_its_end(ruling in any_ruling()) {
            prop_assert_eq!(settled(State::ruled(ruling), Signal::RulingEnded), State::Open);
        }
    }
}

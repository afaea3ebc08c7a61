//! What a judge says of one rule and one asset: four outcomes, never three.

use crate::lang::Text;
use serde::{Deserialize, Serialize};

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Verdict {
    /// It is as it should be.
    Pass,
    /// It is not, and this is the proof: one entry for each place, at least one.
    Fail {
        /// The places.
        evidence: Vec<Evidence>,
    },
    /// The question does not arise here.
    NotApplicable {
        /// Why, in one clause.
        reason: Text,
    },
    /// Nobody can tell from the facts at hand.
    Unknown {
        /// Why, in one clause.
        reason: Text,
    },
}

/// The proof of a failure at one place.
///
/// `found` and `expected` quote settings, values and modes as they are written on the system, so
/// they need no translation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// What the failure hangs on and what stays the same when it is reworded or moves by a line:
    /// a keyword, a path, an account. Part of the finding's identity.
    pub locator: String,
    /// Where a person finds it now: `/etc/ssh/sshd_config:32`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What was found, quoted.
    pub found: String,
    /// What should be there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
}

impl Verdict {
    /// Pass when there is no evidence, else fail with it.
    #[must_use]
    pub fn from_evidence(evidence: Vec<Evidence>) -> Self {
        if evidence.is_empty() { Self::Pass } else { Self::Fail { evidence } }
    }

    /// An outcome that says why the question does not arise.
    #[must_use]
    pub const fn not_applicable(reason: Text) -> Self {
        Self::NotApplicable { reason }
    }

    /// An outcome that says why nobody can tell.
    #[must_use]
    pub const fn unknown(reason: Text) -> Self {
        Self::Unknown { reason }
    }

    /// The word for tables: `pass`, `fail`, `not_applicable`, `unknown`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail { .. } => "fail",
            Self::NotApplicable { .. } => "not_applicable",
            Self::Unknown { .. } => "unknown",
        }
    }
}

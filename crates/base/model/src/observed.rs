//! A fact, or the reason why there is none.
//!
//! Whoever looks at a machine sees some things, sees others in part, and is kept from the rest. A
//! judge must tell these apart: what could not be read is `unknown`, never `pass`.

use crate::lang::Text;
use crate::text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The outcome of looking for something.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observed<T> {
    /// Nobody looked.
    #[default]
    NotLooked,
    /// All of it was seen.
    Seen(T),
    /// Some of it was seen; the gaps say what was not.
    Partly {
        /// What was seen.
        value: T,
        /// What was not, at least one.
        missing: Vec<Gap>,
    },
    /// It is not there, and that is certain: no SSH server is installed.
    Absent,
    /// It could not be seen.
    Unseen(Gap),
}

/// Something that could not be seen, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Gap {
    /// What: a path, a command, a socket.
    pub what: String,
    /// The sort of obstacle.
    pub why: Obstacle,
    /// The system's or parser's own words, for the log.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Why something could not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// The system refuses this user.
    NotPermitted,
    /// It was expected and is missing.
    Missing,
    /// It is there and makes no sense.
    Unreadable,
    /// It took too long or was too large.
    BeyondLimit,
    /// The tool that shows it failed.
    Failed,
}

impl<T> Observed<T> {
    /// What was seen, whole or in part.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Seen(value) | Self::Partly { value, .. } => Some(value),
            Self::NotLooked | Self::Absent | Self::Unseen(_) => None,
        }
    }

    /// What could not be seen.
    pub fn gaps(&self) -> &[Gap] {
        match self {
            Self::Partly { missing, .. } => missing,
            Self::Unseen(gap) => std::slice::from_ref(gap),
            Self::NotLooked | Self::Seen(_) | Self::Absent => &[],
        }
    }

    /// A value with the gaps met on the way: whole when there were none.
    pub fn with_gaps(value: T, missing: Vec<Gap>) -> Self {
        if missing.is_empty() { Self::Seen(value) } else { Self::Partly { value, missing } }
    }
}

impl Gap {
    /// A gap with the words of the system.
    pub fn new(what: impl Into<String>, why: Obstacle, detail: impl Into<String>) -> Self {
        Self { what: what.into(), why, detail: detail.into() }
    }

    /// The gap as a clause for people: `/etc/shadow is not readable for this user`.
    #[must_use]
    pub fn said(&self) -> Text {
        let what = &self.what;
        match self.why {
            Obstacle::NotPermitted => text!(
                en "{what} may not be read by this user",
                fr "{what} n’est pas lisible par cet utilisateur",
                de "{what} darf dieser Benutzer nicht lesen",
            ),
            Obstacle::Missing => text!(en "{what} is missing", fr "{what} est introuvable", de "{what} fehlt"),
            Obstacle::Unreadable => text!(
                en "{what} makes no sense",
                fr "{what} est incompréhensible",
                de "{what} ist unverständlich",
            ),
            Obstacle::BeyondLimit => text!(
                en "{what} is too large or took too long",
                fr "{what} est trop volumineux ou trop lent",
                de "{what} ist zu groß oder dauerte zu lange",
            ),
            Obstacle::Failed => text!(en "{what} failed", fr "{what} a échoué", de "{what} ist fehlgeschlagen"),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Obstacle::NotPermitted => "not permitted",
            Obstacle::Missing => "missing",
            Obstacle::Unreadable => "unreadable",
            Obstacle::BeyondLimit => "beyond a limit",
            Obstacle::Failed => "failed",
        };
        write!(f, "{}: {why}", self.what)
    }
}

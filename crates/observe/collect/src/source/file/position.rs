//! How far a followed file has been read: the checkpoint of a file source.
//!
//! Usually one place; two or more while lines may still come to a file that was rotated away. Kept
//! as JSON, so that an administrator can read it.

use super::identity::Identity;
use serde::{Deserialize, Serialize};

/// All places of one followed path, oldest file first. Empty: the path led nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) files: Vec<Place>,
}

/// How far one file has been read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    #[serde(flatten)]
    pub(super) identity: Identity,
    /// Bytes read.
    pub(super) offset: u64,
    /// Whether the next byte belongs to a line whose first piece was already given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) continues: bool,
}

impl Position {
    /// The position of stored bytes; none when they are not one of ours.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The bytes to store.
    pub(super) fn write(&self) -> Vec<u8> {
        // Plain numbers and texts: writing them to memory cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

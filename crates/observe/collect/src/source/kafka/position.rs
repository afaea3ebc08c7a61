//! How far a topic has been read: the offset that each partition goes on with.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The next offset of each partition. Kept as JSON, so that an administrator can read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) partitions: BTreeMap<i32, i64>,
}

impl Position {
    /// The position of stored bytes; none when they are not one of ours.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The bytes to store.
    pub(super) fn write(&self) -> Vec<u8> {
        // Plain numbers: writing them to memory cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_was_written() {
        let position = Position { partitions: [(0, 7), (3, 9_000_000_000)].into() };
        assert_eq!(position.write(), br#"{"partitions":{"0":7,"3":9000000000}}"#);
        assert_eq!(Position::read(&position.write()), Some(position));
        assert_eq!(Position::read(b"x"), None);
    }
}

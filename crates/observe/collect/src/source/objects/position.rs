//! Which objects were read, and how far the one that is being read.

use crate::frame::Within;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use vigie_objects::Object;

/// Most objects that are remembered one by one. Those beyond are remembered by their time alone.
const DONE_MAX: usize = 4_096;

/// All of it. Kept as JSON, so that an administrator can read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Whatever was written up to this time, in µs, was read, or is older than we are.
    pub(super) from: i64,
    /// Names up to this one need not be listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
    /// Objects of after that time that were read, by their fingerprints, and when they were written.
    #[serde(default)]
    done: BTreeMap<String, i64>,
    /// The object that is being read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) current: Option<Current>,
}

/// How far an object was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Current {
    fingerprint: String,
    pub(super) place: Place,
}

/// A place in an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Bytes that were given, unpacked.
    pub(super) offset: u64,
    /// Whether the next byte belongs to a record whose beginning was given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) continues: bool,
    /// Where in a list it stands; none in lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) within: Option<Within>,
    /// Whether the object is packed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) packed: bool,
}

/// What tells an object, and a content of it, from all others.
pub(super) fn fingerprint(object: &Object) -> String {
    let mut hash = Sha256::new().chain_update(&object.key).chain_update([0]);
    match &object.etag {
        Some(etag) => hash.update(etag),
        None => hash.update(format!("{} {}", object.size, object.modified.micros())),
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Position {
    /// Before anything that was written after this time, in µs.
    pub(super) fn beginning(from: i64) -> Self {
        Self { from, ..Self::default() }
    }

    /// The position of stored bytes; none when they are not one of ours.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The bytes to store.
    pub(super) fn write(&self) -> Vec<u8> {
        // Numbers and texts: writing them to memory cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Whether an object is still to be read.
    pub(super) fn is_new(&self, object: &Object) -> bool {
        object.modified.micros() > self.from && !self.done.contains_key(&fingerprint(object))
    }

    /// How far an object was read before.
    pub(super) fn place_of(&self, object: &Object) -> Option<Place> {
        let current = self.current.as_ref()?;
        (current.fingerprint == fingerprint(object)).then_some(current.place)
    }

    /// An object was read up to a place.
    pub(super) fn moved(&mut self, fingerprint: &str, place: Place) {
        match &mut self.current {
            Some(current) if current.fingerprint == fingerprint => current.place = place,
            current => *current = Some(Current { fingerprint: fingerprint.to_owned(), place }),
        }
    }

    /// An object is done with; nothing that was written up to `until` will show any more.
    pub(super) fn finished(&mut self, object: &Object, until: i64) {
        let fingerprint = fingerprint(object);
        if self.current.as_ref().is_some_and(|current| current.fingerprint == fingerprint) {
            self.current = None;
        }
        self.done.insert(fingerprint, object.modified.micros());
        self.advance(until);
        while self.done.len() > DONE_MAX {
            let Some(oldest) = self.done.values().copied().min() else { break };
            self.advance(oldest);
        }
    }

    fn advance(&mut self, until: i64) {
        if until > self.from {
            self.from = until;
            self.done.retain(|_, modified| *modified > until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vigie_model::time::Timestamp;

    fn object(key: &str, seconds: i64) -> Object {
        Object { key: key.into(), size: 1, etag: Some("e".into()), modified: Timestamp::from_micros(seconds * 1_000_000) }
    }

    #[test]
    fn late_objects_are_new_and_read_ones_are_not() {
        let mut position = Position::beginning(0);
        position.moved(&fingerprint(&object("b", 100)), Place { offset: 7, ..Place::default() });
        assert_eq!(position.place_of(&object("b", 100)).map(|place| place.offset), Some(7));
        position.finished(&object("b", 100), 40_000_000);
        assert!(!position.is_new(&object("b", 100)) && position.is_new(&object("a", 41)) && !position.is_new(&object("a", 40)));
        let replaced = Object { etag: Some("f".into()), ..object("b", 100) };
        assert!(position.is_new(&replaced));
        assert_eq!(Position::read(&position.write()), Some(position));
    }

    #[test]
    fn remembers_a_bounded_number_of_objects() {
        let mut position = Position::beginning(0);
        for number in 1..=5_000 {
            position.finished(&object(&number.to_string(), number), 0);
        }
        assert_eq!((position.done.len(), position.from), (DONE_MAX, (5_000 - DONE_MAX as i64) * 1_000_000));
        assert!(position.write().len() < 200_000);
    }
}

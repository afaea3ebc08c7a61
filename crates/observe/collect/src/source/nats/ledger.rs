//! Which messages are where: arrived, handed over, durable, acknowledged.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is stored with a batch. Kept as JSON, so that an administrator can read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// When the stream was made, in seconds.
    made_at: i64,
    /// Numbers of messages that are durable and perhaps not acknowledged: first and last of each run.
    durable: Vec<(u64, u64)>,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    New,
    /// Its events are durable, or on their way.
    Repeated,
}

/// The messages of one connection.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    made_at: i64,
    /// Of earlier connections: durable, perhaps not acknowledged.
    old: BTreeSet<u64>,
    /// Arrived and not yet handed over.
    new: BTreeMap<u64, String>,
    /// Handed over; durable with the next answer.
    out: BTreeMap<u64, String>,
    /// Durable of old, and delivered again.
    repeated: BTreeMap<u64, String>,
}

impl Ledger {
    /// Goes on with what was stored, if it is about the same stream.
    pub(super) fn resume(stored: Option<&[u8]>, made_at: i64, floor: u64) -> Self {
        let stored: Position = stored.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let mut old = BTreeSet::new();
        if stored.made_at == made_at {
            for (first, last) in stored.durable {
                let first = first.max(floor.saturating_add(1));
                old.extend((first..=last).take(super::PENDING_MAX * 4));
            }
        }
        Self { made_at, old, ..Self::default() }
    }

    /// Takes note of a message.
    pub(super) fn arrived(&mut self, sequence: u64, reply: &str) -> Arrival {
        if self.old.contains(&sequence) {
            self.repeated.insert(sequence, reply.to_owned());
            return Arrival::Repeated;
        }
        if let Some(known) = self.new.get_mut(&sequence).or_else(|| self.out.get_mut(&sequence)) {
            reply.clone_into(known);
            return Arrival::Repeated;
        }
        self.new.insert(sequence, reply.to_owned());
        Arrival::New
    }

    /// Messages that are not acknowledged.
    pub(super) fn waiting(&self) -> usize {
        self.new.len() + self.out.len() + self.repeated.len()
    }

    /// Whether something is to be handed over.
    pub(super) fn has_news(&self) -> bool {
        !self.new.is_empty()
    }

    /// Whether something came again that is durable.
    pub(super) fn has_repeated(&self) -> bool {
        !self.repeated.is_empty()
    }

    /// What arrived is handed over: the position to store with it.
    pub(super) fn hand_over(&mut self) -> Vec<u8> {
        self.out.append(&mut self.new);
        let mut durable: Vec<(u64, u64)> = Vec::new();
        for sequence in self.old.iter().copied().chain(self.out.keys().copied()).collect::<BTreeSet<u64>>() {
            match durable.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(sequence) => *last = sequence,
                _ => durable.push((sequence, sequence)),
            }
        }
        // Plain numbers: writing them to memory cannot fail.
        serde_json::to_vec(&Position { made_at: self.made_at, durable }).unwrap_or_default()
    }

    /// Where to say that messages are durable; those handed over are, when this is asked.
    pub(super) fn durable(&self) -> Vec<String> {
        self.out.values().chain(self.repeated.values()).cloned().collect()
    }

    /// They are acknowledged: the server will not deliver them again.
    pub(super) fn acknowledged(&mut self) {
        self.out.clear();
        for sequence in std::mem::take(&mut self.repeated).keys() {
            self.old.remove(sequence);
        }
    }

    /// Where to speak about what is not acknowledged.
    pub(super) fn outstanding(&self) -> Vec<String> {
        self.out.values().chain(self.new.values()).cloned().collect()
    }

    /// The server would have delivered again by now what it did not know to be acknowledged.
    pub(super) fn forget_old(&mut self) {
        self.old.retain(|sequence| self.repeated.contains_key(sequence));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_durable_is_not_new_again() {
        let mut ledger = Ledger::resume(None, 7, 0);
        for sequence in [1, 2, 3, 9] {
            assert_eq!(ledger.arrived(sequence, "r"), Arrival::New);
        }
        assert_eq!(ledger.arrived(2, "r2"), Arrival::Repeated);
        let stored = ledger.hand_over();
        assert_eq!(stored, br#"{"made_at":7,"durable":[[1,3],[9,9]]}"#);
        assert_eq!(ledger.durable(), ["r", "r2", "r", "r"]);
        // Killed before they were acknowledged, of which the server knows up to 2.
        let mut ledger = Ledger::resume(Some(&stored), 7, 2);
        assert_eq!((ledger.arrived(3, "again"), ledger.arrived(4, "x")), (Arrival::Repeated, Arrival::New));
        assert!(ledger.has_repeated() && ledger.has_news());
        assert_eq!(ledger.hand_over(), br#"{"made_at":7,"durable":[[3,4],[9,9]]}"#);
        ledger.acknowledged();
        ledger.forget_old();
        ledger.arrived(10, "y");
        assert_eq!(ledger.hand_over(), br#"{"made_at":7,"durable":[[10,10]]}"#);
        // Another stream has other messages under these numbers.
        assert_eq!(Ledger::resume(Some(&stored), 8, 0).arrived(3, "r"), Arrival::New);
        assert_eq!(Ledger::resume(Some(b"x"), 8, 0).arrived(3, "r"), Arrival::New);
    }
}

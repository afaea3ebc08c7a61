//! Searches that go on, as far as their callers gave them an id: who asked may see how far they have come, and end them
//! with what they have found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use vigie_lake::Cancel;

/// Most searches with an id at a time.
const RUNNING_MAX: usize = 1_000;

/// By who asked and the id that they gave.
type Running = HashMap<(String, String), Cancel>;

/// The searches with an id that go on. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct RunningSearches(Arc<Mutex<Running>>);

/// A search with an id; it has none any more when this is dropped.
pub(crate) struct Entered {
    running: RunningSearches,
    key: (String, String),
}

impl RunningSearches {
    /// Gives a search an id for as long as the answer is kept; none when the id is taken, or there are too many.
    pub(crate) fn enter(&self, who: &str, id: &str, cancel: &Cancel) -> Option<Entered> {
        let key = (who.to_owned(), id.to_owned());
        let mut running = self.lock();
        if running.len() >= RUNNING_MAX || running.contains_key(&key) {
            return None;
        }
        running.insert(key.clone(), cancel.clone());
        Some(Entered { running: self.clone(), key })
    }

    /// The search that somebody gave this id.
    pub(crate) fn get(&self, who: &str, id: &str) -> Option<Cancel> {
        self.lock().get(&(who.to_owned(), id.to_owned())).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_that_of_its_caller_and_free_afterwards() {
        let running = RunningSearches::default();
        let (one, two) = (Cancel::new(), Cancel::new());
        let entered = running.enter("ada", "1", &one).unwrap();
        assert!(running.enter("ada", "1", &two).is_none());
        let _others = running.enter("eva", "1", &two).unwrap();
        running.get("ada", "1").unwrap().cancel();
        assert!(one.is_cancelled() && !two.is_cancelled());
        drop(entered);
        assert!(running.get("ada", "1").is_none() && running.get("eva", "1").is_some());
    }
}

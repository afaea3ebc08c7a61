//! Looking after files on object storage: those that are to go there, and those that may still arrive.

use crate::lake::{Core, Lake};
use crate::store::StoreStatus;
use std::sync::atomic::Ordering;

/// Seconds after which an answer of object storage says nothing of now any more.
const LOOK_SECONDS: i64 = 300;

impl Lake {
    /// How it goes with the object storage that the files are on; nothing when they are on this machine.
    #[must_use]
    pub fn store_status(&self) -> Option<StoreStatus> {
        self.core().store.as_ref().map(|store| store.status())
    }

    /// The same, having asked whether anybody answers, unless that is known from the last minutes: when no events come,
    /// nobody else asks.
    #[must_use]
    pub fn look_at_store(&self) -> Option<StoreStatus> {
        let store = self.core().store.as_ref()?;
        store.look(self.core().clock.now(), LOOK_SECONDS);
        Some(store.status())
    }
}

impl Core {
    /// Sends what is still on this machine, and removes there what should not be there. Goes on with the next
    /// call when nobody answers.
    pub(crate) fn tend_store(&self) {
        let Some(store) = &self.store else { return };
        if !self.settled.load(Ordering::Acquire) {
            if !self.count_waiting() || !store.probe() || !self.settle() {
                return;
            }
            self.settled.store(true, Ordering::Release);
            // What was committed before a stop and not told.
            self.follow_in_delta();
        }
        if store.answers() {
            self.clean_up();
        }
    }

    /// Counts the files that were written before there was object storage; false when nobody can say.
    fn count_waiting(&self) -> bool {
        let (Some(store), Ok(files)) = (&self.store, self.catalogue.files()) else { return false };
        store.waiting(files.all().iter().filter(|file| store.is_here(&file.path)).count() as u64);
        true
    }

    /// Sends the files that were written before there was object storage; false when not all are there.
    fn settle(&self) -> bool {
        let (Some(store), Ok(files)) = (&self.store, self.catalogue.files()) else { return false };
        let mut sent = 0_u64;
        for file in files.all() {
            if self.signals.is_closing() {
                return false;
            }
            let _alone = self.rewriting_alone();
            // A merge or an erasure may have taken its place meanwhile.
            if !self.catalogue.files().is_ok_and(|now| now.all().iter().any(|known| known.number == file.number)) {
                continue;
            }
            match store.settle(&file.path) {
                Ok(was_here) => {
                    sent += u64::from(was_here);
                    store.waiting(store.status().waiting_files.saturating_sub(u64::from(was_here)));
                }
                Err(error) => {
                    tracing::warn!(path = file.path, %error, "a file could not be sent to object storage; it stays here until it can");
                    return false;
                }
            }
        }
        if sent > 0 {
            tracing::info!(files = sent, "files of this machine were sent to object storage");
        }
        true
    }
}

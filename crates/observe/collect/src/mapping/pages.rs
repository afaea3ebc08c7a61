//! The pages in use, which may change while sources are read by them.

use super::Mappings;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A set of pages that all readers of a program share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pages(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    current: RwLock<Arc<Mappings>>,
    /// How often the set was replaced: what a reader looks at for each record.
    changes: AtomicU64,
}

impl Pages {
    /// The set as it is.
    #[must_use]
    pub fn current(&self) -> Arc<Mappings> {
        self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another set in its place: every record read from now on is read by that.
    pub fn replace(&self, mappings: Arc<Mappings>) {
        *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = mappings;
        self.0.changes.fetch_add(1, Ordering::Release);
    }

    /// How often it was replaced.
    pub(super) fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::Acquire)
    }
}

impl From<Arc<Mappings>> for Pages {
    fn from(mappings: Arc<Mappings>) -> Self {
        Self(Arc::new(Shared { current: RwLock::new(mappings), changes: AtomicU64::new(0) }))
    }
}

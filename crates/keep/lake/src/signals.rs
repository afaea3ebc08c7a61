//! What the threads of the lake tell each other: new events, work for the sealer, the end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The signals.
pub(crate) struct Signals {
    state: Mutex<State>,
    arrived: Condvar,
    sealer: Condvar,
    /// So many events after the last sealing the sealer is woken.
    wake_after: u64,
}

struct State {
    next_id: u64,
    sealed_to: u64,
    closing: bool,
}

impl Signals {
    pub(crate) const fn new(next_id: u64, wake_after: u64) -> Self {
        let state = State { next_id, sealed_to: next_id, closing: false };
        Self { state: Mutex::new(state), arrived: Condvar::new(), sealer: Condvar::new(), wake_after }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Events up to before this number are durable.
    pub(crate) fn durable(&self, next_id: u64) {
        let mut state = self.state();
        state.next_id = next_id;
        let wake = next_id - state.sealed_to >= self.wake_after;
        drop(state);
        self.arrived.notify_all();
        if wake {
            self.sealer.notify_all();
        }
    }

    /// The number of the next event.
    pub(crate) fn next_id(&self) -> u64 {
        self.state().next_id
    }

    /// Everything that was closed is sealed.
    pub(crate) fn sealed(&self) {
        let mut state = self.state();
        state.sealed_to = state.next_id;
    }

    /// Waits until there is an event after this one; says whether there is.
    pub(crate) fn wait_after(&self, id: u64, timeout: Duration) -> bool {
        let none = |state: &mut State| state.next_id <= id.saturating_add(1) && !state.closing;
        let waited = self.arrived.wait_timeout_while(self.state(), timeout, none);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.next_id > id.saturating_add(1)
    }

    /// Waits for work for the sealer, or until it is time to look; false at the end.
    pub(crate) fn wait_for_work(&self, timeout: Duration) -> bool {
        let idle = |state: &mut State| !state.closing && state.next_id - state.sealed_to < self.wake_after;
        let waited = self.sealer.wait_timeout_while(self.state(), timeout, idle);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.closing
    }

    /// Waits so long; false at the end.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let open = |state: &mut State| !state.closing;
        let waited = self.sealer.wait_timeout_while(self.state(), time, open);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !state.closing
    }

    /// Whether this is the end.
    pub(crate) fn is_closing(&self) -> bool {
        self.state().closing
    }

    pub(crate) fn close(&self) {
        self.state().closing = true;
        self.arrived.notify_all();
        self.sealer.notify_all();
    }
}

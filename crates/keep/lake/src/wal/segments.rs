//! The segments that hold what is not yet in files: written by the committer, read by searches,
//! dropped by the sealer.
//!
//! Holds: numbers ascend, and event ids ascend with them; all numbers are above the low water.

use super::segment::Segment;
use std::sync::{Arc, PoisonError, RwLock};

/// The segments, shared.
pub(crate) struct Segments(RwLock<State>);

#[derive(Clone)]
struct State {
    segments: Vec<Arc<Segment>>,
    low_water: u64,
}

/// The segments at one moment. What is in files up to the low water and what is in these segments
/// are together every event, each once.
pub(crate) struct Unsealed {
    pub(crate) segments: Vec<Arc<Segment>>,
    pub(crate) low_water: u64,
}

impl Segments {
    pub(crate) fn new(segments: Vec<Arc<Segment>>, low_water: u64) -> Self {
        Self(RwLock::new(State { segments, low_water }))
    }

    /// The segments now.
    pub(crate) fn now(&self) -> Unsealed {
        let State { segments, low_water } = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        Unsealed { segments, low_water }
    }

    /// Up to which number everything is in files.
    pub(crate) fn low_water(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).low_water
    }

    pub(crate) fn add(&self, segment: Arc<Segment>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).segments.push(segment);
    }

    /// Forgets the segments up to this number, in one step with raising the low water; gives them.
    pub(crate) fn drop_through(&self, number: u64) -> Vec<Arc<Segment>> {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let sealed = state.segments.partition_point(|segment| segment.number() <= number);
        let kept = state.segments.split_off(sealed);
        state.low_water = state.low_water.max(number);
        std::mem::replace(&mut state.segments, kept)
    }
}

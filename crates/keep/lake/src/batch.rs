//! What is handed to the lake at once.

use vigie_model::event::Event;

/// Events of one source and the position that this source has reached with them.
///
/// Both become durable together or not at all: after a crash the source starts again at exactly the
/// position that belongs to the events that are there.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Batch {
    /// The events, in the order in which they get their numbers.
    pub events: Vec<Event>,
    /// Where the source goes on from after these events, for sources that can.
    pub checkpoint: Option<Checkpoint>,
}

/// A source's position, in its own form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The source's name.
    pub source: String,
    /// Its position; only the source reads it.
    pub position: Vec<u8>,
}

//! One layer, or one tree of files, read in one pass.
//!
//! [`read`] lets a tar layer stream by; [`collect::Collector`] is told of each entry, whoever found it, and
//! offers files to the readers of package formats ([`crate::packages`]) and to watchers ([`crate::watch`]);
//! [`facts::LayerFacts`] is what remains. Nothing is known here of other layers: see `image::merge`.
//!
//! Holds: whatever a layer contains, its reading ends with facts. What could not be read is a gap beside the
//! rest. Nothing is written but files of our own in [`scratch::Scratch`]; memory does not grow with the layer.

mod collect;
pub mod facts;
mod quality;
mod read;
pub mod scratch;

pub(crate) use collect::{Again, Collector, Incoming};
pub use facts::{FileFacts, LayerFacts};
pub(crate) use quality::cache_folder;
pub use read::{Expected, read};
pub(crate) use read::{obstacle, unread};
pub use scratch::{NoScratch, Scratch};

use crate::watch::Watch;

/// The most files, directories and links of one layer; what comes behind is not looked at.
pub const ENTRIES_MAX: u64 = 20_000_000;

/// Who wants to see the files of a layer.
#[derive(Clone, Copy)]
pub struct Readers<'a> {
    /// Where large files are put for a moment.
    pub scratch: &'a Scratch,
    /// Others besides the readers of packages.
    pub watches: &'a [&'a dyn Watch],
    /// Asked often: whether to leave the rest unread.
    pub stop: Stop<'a>,
}

/// Whether to leave the rest unread; nothing stops, else.
pub type Stop<'a> = Option<&'a (dyn Fn() -> bool + Sync)>;

impl Readers<'_> {
    /// Whether somebody wants the reading to end.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.is_some_and(|stop| stop())
    }
}

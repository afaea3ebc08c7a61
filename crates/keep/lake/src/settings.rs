//! How the lake is run.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vigie_model::event::Class;

/// How the lake is run. Every value has a default that suits one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The size at which a segment of the write-ahead log is closed and sealed, in bytes.
    pub segment_bytes: u64,
    /// Events are sealed when there are so many of them in the log …
    pub seal_events: u64,
    /// … or when the oldest has been there for so many seconds and there are enough for a file that
    /// is worth it.
    pub seal_after_seconds: u32,
    /// Free space on the disk below which no event is taken, in bytes: sealing needs room, too.
    pub reserve_bytes: u64,
    /// How files are merged.
    pub compaction: Compaction,
    /// How long events are kept.
    pub retention: Retention,
}

/// How small files become large ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compaction {
    /// Seconds between two looks for files to be merged; 0 never merges any by itself.
    pub every_seconds: u32,
    /// Seconds that a file is left alone after it was written, and a day after it ended.
    pub after_seconds: u32,
    /// Events of a merged file at most; files with more than half of them are left as they are.
    pub rows: u64,
    /// Bytes of the files that are merged into one at most.
    pub bytes: u64,
}

/// How long events are kept, counted from their receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days for events of every class that is not named below; 0 keeps them for good.
    pub days: u32,
    /// Days by class, under OCSF's name such as `authentication`; 0 keeps them for good.
    pub classes: BTreeMap<String, u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            seal_events: 256 * 1024,
            seal_after_seconds: 300,
            reserve_bytes: 256 << 20,
            compaction: Compaction::default(),
            retention: Retention::default(),
        }
    }
}

impl Default for Compaction {
    fn default() -> Self {
        Self { every_seconds: 30, after_seconds: 3600, rows: 1 << 20, bytes: 256 << 20 }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 365, classes: BTreeMap::new() }
    }
}

impl Retention {
    /// The classes with days of their own. Names nobody knows are given back as they are.
    pub(crate) fn by_class(&self) -> Result<Vec<(Class, u32)>, String> {
        let known =
            |(name, days): (&String, &u32)| Class::from_name(name).map(|class| (class, *days)).ok_or_else(|| name.clone());
        self.classes.iter().map(known).collect()
    }
}

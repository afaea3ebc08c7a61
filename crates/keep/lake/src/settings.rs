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
    /// Where files are, when they are not on this machine.
    pub store: StoreSettings,
}

/// Object storage for the files of events. The log and the catalogue stay on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// Its address, such as `s3://bucket/folder`; nothing keeps files on this machine. It holds no secret: see
    /// `vigie-objects`.
    pub address: Option<String>,
    /// Bytes of files that are kept on this machine, too, to be read faster.
    pub cache_bytes: u64,
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
    /// Days for which what was done to files is listed one by one; then a base stands for it. 0 lists it for good.
    pub chain_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_bytes: 48 << 20,
            seal_events: 256 * 1024,
            seal_after_seconds: 300,
            reserve_bytes: 256 << 20,
            compaction: Compaction::default(),
            retention: Retention::default(),
            store: StoreSettings::default(),
        }
    }
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { address: None, cache_bytes: 10 << 30 }
    }
}

impl Default for Compaction {
    fn default() -> Self {
        Self { every_seconds: 30, after_seconds: 3600, rows: 1 << 20, bytes: 256 << 20 }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 365, classes: BTreeMap::new(), chain_days: 400 }
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

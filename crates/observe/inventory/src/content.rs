//! One file as it passes by, wherever it comes from: a layer, a folder, an archive.

use std::path::Path;

/// What is known of a file before its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta<'a> {
    /// Below the root, without a leading `/`.
    pub path: &'a str,
    /// Bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
}

impl<'a> Meta<'a> {
    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Whether anybody may execute it.
    #[must_use]
    pub const fn executable(&self) -> bool {
        self.mode & 0o111 != 0
    }
}

/// What sort of tree a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// An installed system or an image: what is installed counts, lock files do not.
    Installed,
    /// A source tree: lock files count, what happens to be installed in it does not.
    Source,
}

/// All bytes of a file: in memory, or mapped from where a large one was put.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// The same bytes as a file of this machine, for readers that need one (SQLite).
    pub file: Option<&'a Path>,
}

impl<'a> Content<'a> {
    /// Bytes in memory.
    #[must_use]
    pub const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, file: None }
    }
}

//! Secrets at rest: keys, tokens and passwords in files, images and histories.
//!
//! One pass over the bytes looks for the keywords of all rules ([`keywords`]); only where one stands
//! is the rule's pattern tried, in a bounded window, and what it finds must survive boundaries,
//! entropy, placeholders, exceptions and the checksum or structure of its format ([`verify`]). The
//! rules are pages of the catalogue, family `secrets`.
//!
//! Deliberately absent: asking a service whether a token is still good. A scanner that sends what it
//! finds over the network is a leak by itself.
//!
//! Holds: the secret never leaves this module, neither in a result nor in an error nor in `Debug`;
//! what leaves is a mask and a keyed fingerprint. Memory is bounded whatever a file's size. Nothing
//! found depends on how a file was cut into pieces.

mod archive;
mod checksum;
mod config;
mod file;
mod files;
mod finding;
pub(crate) mod keywords;
mod manifest;
mod mark;
mod password;
mod pem;
mod redact;
mod rules;
#[cfg(test)]
mod tests;
mod verify;
mod watch;

pub use config::{environment, history};
pub use file::FileScan;
pub use finding::occurrences;
pub use mark::FingerprintKey;
pub use redact::redact;
pub use watch::{of_remark, unseen};

use rules::Rules;
use std::fmt;
use std::sync::Arc;
use vigie_catalogue::Entry;
use vigie_model::secret::Secret;

/// Finds secrets; cheap to clone, one for all threads.
#[derive(Clone)]
pub struct Scanner {
    shared: Arc<Shared>,
}

struct Shared {
    rules: Rules,
    key: FingerprintKey,
}

impl fmt::Debug for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scanner").field("rules", &self.shared.rules.rules.len()).finish()
    }
}

impl Scanner {
    /// A scanner with some of the catalogue's rules.
    #[must_use]
    pub fn new(entries: impl IntoIterator<Item = &'static Entry>, key: FingerprintKey) -> Self {
        Self { shared: Arc::new(Shared { rules: Rules::of(entries), key }) }
    }

    /// A scanner with all rules of the catalogue.
    #[must_use]
    pub fn with_all_rules(key: FingerprintKey) -> Self {
        Self::new(vigie_catalogue::all(), key)
    }

    /// Whether a file of this name is looked into at all.
    #[must_use]
    pub fn wants(&self, path: &str) -> bool {
        files::is_wanted(path)
    }

    /// Begins a file; none where its name says that nothing is to be found in it.
    #[must_use]
    pub fn begin(&self, path: &str, size: u64) -> Option<FileScan> {
        (size > 0 && files::is_wanted(path)).then(|| FileScan::new(self, path, size))
    }

    /// Scans a file that is all there, in memory or mapped.
    #[must_use]
    pub fn scan_bytes(&self, path: &str, bytes: &[u8]) -> Vec<Secret> {
        if files::is_wanted(path) { file::whole(self, path, bytes, true) } else { Vec::new() }
    }
}

//! Others who look at files as they pass by: for secrets, licences, malware.
//!
//! A layer is decompressed once; whoever wants to see its files is told of each and gets the bytes of those
//! it wants, chunk by chunk, in the order of the archive. What a watcher finds is kept beside the packages,
//! in the same cache, and merged by the same rules. Holds: a watcher never delays or stops the others'
//! reading; it sees no file twice and none but whole ones, unless the layer ends within.

use crate::content::{Meta, Setting};
use serde_json::Value;

/// Makes watchers, one for each layer or thread.
pub trait Watch: Sync {
    /// Its name, under which its remarks are found again.
    fn name(&self) -> &'static str;

    /// Changes with everything that changes what it finds: its rules, its version. What is remembered of a
    /// layer counts only when this is the same.
    fn version(&self) -> String;

    /// A watcher that has seen nothing yet.
    fn start(&self, setting: Setting) -> Box<dyn Watcher + '_>;
}

/// Watches files pass.
pub trait Watcher {
    /// A file comes; whether its bytes are wanted.
    fn file(&mut self, meta: &Meta<'_>) -> bool;

    /// Bytes of the wanted file; chunks have any length.
    fn bytes(&mut self, chunk: &[u8]);

    /// The wanted file has ended; what was found in it, in a form of the watcher's own.
    fn end(&mut self) -> Vec<Value>;
}

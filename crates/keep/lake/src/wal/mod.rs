//! The write-ahead log: what makes an event durable before its source is told so.
//!
//! Segments of about 64 MB hold records, one for each batch ([`format`]). One thread commits
//! ([`Committer`]): it takes what is waiting, writes it as one group, syncs once and tells everybody
//! ([`Log::commit`]). What is in the log and not yet in files is searched through the index of each
//! [`Segment`]. Holds, and shown against a model of a failing disk in `tests`:
//!
//! - what was acknowledged is there after any stop;
//! - of a batch all events are there or none;
//! - an event id is given once.
//!
//! After a failed sync nothing is known of the file (the system may have dropped the pages and
//! forgotten the error), so a segment that failed once is never written again, and the next one
//! remembers where it ends. Segments grow instead of being preallocated: a disk that is nearly full
//! is noticed either way, and a small installation stays small.

mod committer;
mod format;
pub(crate) mod fuzz;
mod log;
mod recovery;
mod replay;
mod segment;
mod segments;

#[cfg(test)]
mod tests;

pub(crate) use committer::{Committer, Refused};
pub(crate) use log::{CommitError, Log, LogSettings, Record};
pub(crate) use recovery::{LogError, Recovery};
pub(crate) use segment::{Entry, RecordError, Segment};
pub(crate) use segments::{Segments, Unsealed};

//! Seams to the world: everything that reads a clock, a file, a process or a socket goes through here.
//!
//! Rooms above take these as arguments, so that tests can put a fake in their place and a reader
//! finds every effect by one search. What is here knows nothing of findings or events. Each error
//! [explains](problem::Explain) itself in one sentence and a hint, in every language.
//!
//! This crate alone may contain `unsafe`, and only in `files/map.rs`: a memory map is unsafe by its
//! nature, and the vulnerability data is too large to be read into memory at every start.

pub mod clock;
pub mod data_dir;
pub mod files;
pub mod http;
pub mod nearest;
pub mod problem;
pub mod process;
pub mod retry;
pub mod telemetry;

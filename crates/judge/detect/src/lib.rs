//! Something wrong? Sigma rules and correlations over events.
//!
//! Events in, occurrences of findings out. A [`RuleSet`] reads Sigma documents ([`rule`]); a
//! [`Detector`] binds them to log sources ([`engine`]), matches each event, and keeps what
//! correlations need ([`correlation`]). What ships is in `content/detections`, the tables that join
//! log sources to events in `content/parsers/sigma`.
//!
//! A judge: no clock, no file, no socket. Time is the time of the events; the state of correlations
//! is handed out as bytes and taken back, so a live run, a replay over stored events and a test give
//! the same answer. What a rule could not do it says ([`Notice`], [`RuleReport`]).

mod binding;
pub mod correlation;
mod detector;
pub mod engine;
pub mod finding;
pub mod rule;
pub mod sample;

pub use correlation::{Notice, NoticeKind, RestoreError, Settings};
pub use detector::Detector;
pub use engine::{Index, RuleReport, RuleState, Sources};
pub use rule::{Lists, Refusal, RuleInfo, RuleSet};

#[cfg(test)]
mod referee;
#[cfg(test)]
mod tests;

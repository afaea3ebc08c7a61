//! What is said: logs and audit trails, as events.
//!
//! Sources read the journal, log files and syslog from the network, [`inputs`] names brokers and stores that are
//! fetched from, [`intake`] takes what shippers bring; each record becomes one OCSF [`Event`](vigie_model::event::Event), in batches that are
//! acknowledged once they are durable.
//! Nothing is dropped on the way: when the receiver is slow, the sources wait. What no parser
//! understands is kept and counted. Nothing here judges, stores or opens a database.
//!
//! The way of a record: [`source`] → [`frame`] (where it ends) → [`header`] (when, where, which
//! program) → [`format`](mod@format) or [`mapping`] (what it means) → [`delivery`].

mod collector;
mod config;
#[cfg(test)]
mod conformance;
mod container;
pub mod coverage;
pub mod delivery;
pub mod dialect;
pub mod draft;
pub mod flow;
pub mod format;
pub mod frame;
pub mod habit;
pub mod header;
pub mod inputs;
pub mod intake;
mod listeners;
pub mod mapping;
pub mod meaning;
pub mod packed;
pub mod reader;
mod seek;
pub mod source;
mod state;
mod stats;
mod tenants;
pub mod trial;
mod windows;

pub use collector::{FILES_MAX, Handle, Positions, StartError, spawn};
pub use config::CollectConfig;
pub use container::Container;
pub use coverage::CoverageReport;
pub use delivery::{Batch, Checkpoint, Delivery};
pub use intake::Intake;
pub use listeners::Addresses;
pub use state::SourceState;
pub use stats::{SourceReport, SourceStats};
pub use tenants::{NotATenant, TenantOf, Tenants};

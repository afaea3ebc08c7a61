//! What tests share: a clock that stands still, a small world of files, golden texts, lines of JSON,
//! databases of addresses.
//!
//! For `[dev-dependencies]` only. A helper here fails by panicking with a message that shows what
//! differs, since that is how a test fails.
#![expect(clippy::panic, reason = "a test helper reports its failure by panicking")]

mod clock;
mod golden;
mod json;
mod mmdb;
mod world;

pub use clock::FakeClock;
pub use golden::{check_golden, check_text};
pub use json::{from_json_lines, json_lines};
pub use mmdb::mmdb;
pub use world::World;

//! What is there: hosts at rest, as facts.
//!
//! [`host::observe`] looks at one machine and fills [`vigie_model::host::HostFacts`]; [`packages`] reads the
//! databases of package managers wherever their bytes come from. Nothing is judged here, and nothing is changed on the
//! machine. Each reader is a function over bytes with named limits; files, links and directories are only touched through
//! [`world::World`], so that tests and mounted images have a root of their own.
//!
//! Holds: looking never fails as a whole. What could not be seen is a gap beside what was.

pub mod configuration;
pub mod content;
pub mod host;
pub mod image;
pub mod layer;
pub mod packages;
pub mod repository;
pub mod sbom;
pub mod secrets;
pub mod tree;
pub mod walk;
pub mod watch;
pub mod world;

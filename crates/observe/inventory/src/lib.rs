//! What is there, at rest, as facts.
//!
//! [`host::observe`] looks at one machine and fills [`vigie_model::host::HostFacts`]. [`mod@image`] reads container images
//! from registries, archives, layouts and the engines of this machine, [`tree`] folders, [`repository`] the history of
//! Git, [`sbom`] what another tool listed; all of them show each file once to the readers of [`packages`] and to
//! whoever [`watch`]es: for [`secrets`], for [`malware`], for [`licences`], for [`configuration`]. Nothing is judged here, and nothing is changed on the
//! machine. Each reader is a function over bytes with named limits; files, links and directories of a host are only
//! touched through [`world::World`], so that tests and mounted disks have a root of their own.
//!
//! Holds: looking never fails as a whole. What could not be seen is a gap beside what was.

pub mod configuration;
pub mod content;
pub mod host;
pub mod image;
pub mod layer;
pub mod licences;
pub mod malware;
pub mod packages;
pub mod repository;
pub mod sbom;
pub mod secrets;
pub mod tree;
pub mod walk;
pub mod watch;
pub mod world;

//! Known broken? Vulnerability data, and which installed packages they speak of.
//!
//! [`import`] builds one compact file from public feeds, [`Advisories`] reads it in place and matches
//! packages against it. Pure: bytes and readers come in, matches come out; which files, when to
//! download and what to swap is decided by the caller. Version orders are those of
//! [`vigie_model::version`].
//!
//! ```
//! use vigie_advisories::{Advisories, import::Importer};
//! use vigie_model::{package::Package, time::Timestamp};
//!
//! let record = r#"{"id":"DEBIAN-CVE-2024-0001","affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},
//!     "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.15-1"}]}]}]}"#;
//! let mut importer = Importer::new(Timestamp::EPOCH);
//! importer.add_osv_json("record.json", record.as_bytes())?;
//! let mut file = Vec::new();
//! importer.finish(&mut file)?;
//!
//! let advisories = Advisories::open(file)?;
//! let openssl = Package {
//!     ecosystem: "Debian:12".into(),
//!     name: "openssl".into(),
//!     version: "3.0.14-1".into(),
//!     architecture: None,
//!     source: None,
//! };
//! let matches = advisories.match_packages(&[openssl])?;
//! assert_eq!(matches[0].vulnerability.id, "CVE-2024-0001");
//! assert_eq!(matches[0].fixed.as_deref(), Some("3.0.15-1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod advisories;
pub mod bundle;
mod file;
pub mod ignore;
pub mod import;
mod matching;
mod span;
mod status;
#[cfg(test)]
mod tests;
pub mod vex;

pub use advisories::{Advisories, Cvss, Vulnerability};
pub use file::texts::Description;
pub use file::{Damaged, OpenError};
pub use matching::{InstalledPackage, Match, Range, RatedBy, RuledVersion, Ruling, subject};
pub use status::{EcosystemStatus, Status};

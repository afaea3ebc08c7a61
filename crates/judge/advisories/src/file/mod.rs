//! The compact file: all vulnerability data in one sorted, front-coded, checksummed byte string.
//!
//! Written once by [`crate::import`], read in place (usually memory-mapped) by
//! [`crate::Advisories`]. It is an index, not an archive: whatever is in it can be built again from
//! the feeds, so a reader refuses any version but its own and there is no migration.
//!
//! # Layout
//!
//! All fixed integers are little-endian; *varint* is unsigned LEB128; *text* is a varint length and
//! UTF-8 bytes. The file is a header and the sections in the order of [`Section`], back to back.
//!
//! | header | |
//! |---|---|
//! | magic | 8 bytes `VIGIEADV` |
//! | version | u32, [`VERSION`] |
//! | sections | u32, how many |
//! | per section | offset u64, length u64, CRC-32 u32 |
//! | checksum | CRC-32 u32 of all header bytes before it |
//!
//! | section | content |
//! |---|---|
//! | Status | JSON of [`crate::Status`] |
//! | Packages | [`names`] table of `ecosystem NUL package`; the index is the package's number |
//! | Rows | [`blobs`] table by package number: what affects it, see [`rows`] |
//! | Ids | [`names`] table of canonical vulnerability ids; the index is the vulnerability's number |
//! | Vulnerabilities | [`blobs`] table by vulnerability number, see [`vulnerability`] |
//! | Vectors | [`names`] table of CVSS vectors |
//! | Texts | [`blobs`] table of zlib streams, see [`texts`] |
//!
//! # What holds
//!
//! [`Sections::open`] checks every checksum, so a damaged file is refused as a whole. A file that was
//! made to harm may have fitting checksums: therefore every later read checks its bounds too and
//! answers [`Damaged`], never panics, and never allocates more than the file's own length suggests.

pub(crate) mod blobs;
pub(crate) mod bytes;
mod error;
pub(crate) mod names;
pub(crate) mod rows;
mod sections;
pub(crate) mod texts;
pub(crate) mod vulnerability;

pub use error::{Damaged, OpenError};
pub(crate) use sections::{Section, Sections, write};

/// The version of the layout that this code writes and reads.
pub(crate) const VERSION: u32 = 2;

const MAGIC: [u8; 8] = *b"VIGIEADV";

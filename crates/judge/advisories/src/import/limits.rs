//! What an importer takes before it says no. Feeds are foreign bytes; each limit is far above what
//! the real ones have.

/// One record, unpacked. The largest real ones (kernel records of distributions) stay below 2 MiB.
pub const RECORD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Files in one zip. OSV's largest ecosystem has about 300,000.
pub const ZIP_MEMBERS_MAX: usize = 2_000_000;
/// All records of one zip, unpacked.
pub const ZIP_BYTES_MAX: u64 = 32 * 1024 * 1024 * 1024;
/// How many times larger than packed a record may be, once it is larger than [`RATIO_FREE_BYTES`].
pub const RATIO_MAX: u64 = 200;
/// Below this size the ratio does not matter.
pub const RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// Affected packages of one record.
pub const AFFECTED_MAX: usize = 50_000;
/// Events (introduced, fixed, …) of one range.
pub const EVENTS_MAX: usize = 10_000;
/// Versions listed one by one for one affected package.
pub const LISTED_VERSIONS_MAX: usize = 100_000;
/// Different versions that all records together name for one package.
pub const PACKAGE_VERSIONS_MAX: usize = 65_536;
/// Other names of one record.
pub const NAMES_MAX: usize = 1_000;
/// Other names kept for one vulnerability.
pub const ALIASES_KEPT: usize = 64;
/// An id.
pub const ID_BYTES_MAX: usize = 128;
/// The name of an ecosystem or a package.
pub const NAME_BYTES_MAX: usize = 512;
/// A version.
pub const VERSION_BYTES_MAX: usize = 256;
/// Characters kept of what a vulnerability is.
pub const SUMMARY_CHARS_MAX: usize = 500;
/// References kept of one record.
pub const REFERENCES_KEPT: usize = 10;
/// A reference.
pub const REFERENCE_BYTES_MAX: usize = 1_000;
/// The catalogue of known exploited vulnerabilities, unpacked.
pub const KEV_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The scores of EPSS, unpacked.
pub const EPSS_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// A file of a vendor or of the NVD, unpacked. Debian's tracker has about 70 MB, a year of the NVD 250.
pub const VENDOR_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Entries of KEV or EPSS.
pub const FEED_ENTRIES_MAX: usize = 5_000_000;
/// Problems kept with their names for each source; all are counted.
pub const PROBLEMS_KEPT: usize = 20;

//! How bad a match is, and who says so.
//!
//! In this order: critical for a package that is itself malicious, whatever anybody says; what the
//! vendor of the package says (a distribution knows how it builds and uses the code); the best CVSS
//! rating of any record of the vulnerability; the worst word of any other vendor; high when CISA lists
//! it as exploited; else medium, and [`RatedBy::Nobody`] says that this is a guess. Being exploited does not otherwise raise the severity: it raises the priority.

use crate::advisories::Vulnerability;
use vigie_model::priority::KnownExploited;
use vigie_model::severity::Severity;

/// Who rates a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RatedBy {
    /// The vendor of the package, or the database that its record is from.
    Vendor,
    /// A CVSS score.
    Cvss,
    /// The vendor of another package with the same vulnerability.
    OtherVendor,
    /// The package itself is malicious.
    Malice,
    /// Nobody, but it is exploited.
    Exploitation,
    /// Nobody.
    Nobody,
}

pub(super) fn of(vendor: Option<Severity>, vulnerability: &Vulnerability) -> (Severity, RatedBy) {
    let cvss = vulnerability.cvss.as_ref().map(|cvss| cvss.severity);
    match (vendor, cvss, vulnerability.vendor_severity) {
        _ if vulnerability.is_malware() => (Severity::Critical, RatedBy::Malice),
        (Some(severity), _, _) => (severity, RatedBy::Vendor),
        (None, Some(severity), _) => (severity, RatedBy::Cvss),
        (None, None, Some(severity)) => (severity, RatedBy::OtherVendor),
        (None, None, None) if vulnerability.known_exploited != KnownExploited::No => (Severity::High, RatedBy::Exploitation),
        (None, None, None) => (Severity::Medium, RatedBy::Nobody),
    }
}

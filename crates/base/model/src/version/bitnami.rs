//! Versions of Bitnami packages: semantic versions whose revision does not count.
//!
//! Bitnami writes `15.2.0-3` for the third packaging of 15.2.0: not a pre-release, and the same code.
//! Its advisories speak of `15.2.0`. What follows a `-` and is no number is a pre-release.

use super::{digits, semver};
use std::cmp::Ordering;

/// Compares two versions.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    semver::compare(without_revision(a), without_revision(b))
}

fn without_revision(version: &str) -> &str {
    let version = version.trim_ascii();
    let is_revision = |text: &str| digits::are_all(text.strip_prefix('r').unwrap_or(text).as_bytes());
    match version.rsplit_once('-') {
        Some((before, revision)) if is_revision(revision) => before,
        _ => version,
    }
}

#[cfg(test)]
mod tests {
    use crate::version::tests::check;

    #[test]
    fn orders_as_bitnami_does() {
        check(
            super::compare,
            "
            15.2.0-3 = 15.2.0
            15.2.0-r3 = 15.2.0-1
            15.2.0-3 < 15.2.1
            1.0.0-rc.1 < 1.0.0
            1.0.0-rc.1-2 = 1.0.0-rc.1
            ",
        );
    }
}
